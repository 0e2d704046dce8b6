//! The task that owns the relay's swarm.

use std::{collections::BTreeSet, time::Duration};

use futures::StreamExt;
use libp2p::{
    Swarm,
    gossipsub::{self, MessageAcceptance},
    ping,
    request_response::{self, ResponseChannel},
    swarm::{ConnectionId, SwarmEvent},
};
use subtle::ConstantTimeEq;
use tokio::time::{Instant, sleep_until};

use super::{
    Settings,
    behaviour::{Behaviour, BehaviourEvent},
    clients::Clients,
    leases::Leases,
};
use crate::{
    net::{
        address,
        check::{Checker, Verdict},
        exchange, gossip,
        relays::hello_mac,
    },
    wire::{
        id::{PeerId, TopicKey},
        limits,
        mailbox::{Lease, Link, Refusal, RelayLimits, RelayReply, RelayRequest},
    },
};

/// Everything a running relay holds.
pub(super) struct Server {
    local: PeerId,
    swarm: Swarm<Behaviour>,
    token: Option<[u8; 16]>,
    now: fn() -> u64,
    checker: Checker,
    clients: Clients,
    leases: Leases,
    /// Peers whose connections are closed so that they come back through the gate, and when.
    admitting: Vec<(Instant, PeerId)>,
    told: BTreeSet<String>,
}

impl Server {
    pub(super) fn new(local: PeerId, swarm: Swarm<Behaviour>, settings: &Settings) -> Self {
        Self {
            local,
            swarm,
            token: settings.token,
            now: settings.now,
            checker: Checker::new(settings.today),
            clients: Clients::default(),
            leases: Leases::default(),
            admitting: Vec::new(),
            told: BTreeSet::new(),
        }
    }

    pub(super) async fn run(mut self, mut on_address: impl FnMut(&str)) {
        let mut last = Instant::now();
        loop {
            let due = self.admitting.iter().map(|(at, _)| *at).min();
            let next = due.map_or(last + TICK, |due| due.min(last + TICK));
            tokio::select! {
                event = self.swarm.select_next_some() => self.handle_swarm(event, &mut on_address),
                () = sleep_until(next) => {
                    last = Instant::now();
                    self.tick(last);
                }
            }
        }
    }

    fn tick(&mut self, now: Instant) {
        let (topics, clients) = self.leases.expire(now);
        for topic in topics {
            self.forget(topic);
        }
        for client in clients {
            self.expel(client);
        }
        for peer in self.clients.overdue(now) {
            tracing::debug!(%peer, "a client takes part in a topic without a lease");
            self.expel(peer);
        }
        for connection in self.clients.overstaying(now) {
            self.swarm.close_connection(connection);
        }
        let due = |(at, _): &(Instant, PeerId)| *at <= now;
        let ready: Vec<PeerId> = self
            .admitting
            .iter()
            .filter(|it| due(it))
            .map(|it| it.1)
            .collect();
        self.admitting.retain(|it| !due(it));
        for peer in ready {
            for connection in self.clients.outside_gate(peer) {
                self.swarm.close_connection(connection);
            }
        }
    }

    fn handle_swarm(
        &mut self,
        event: SwarmEvent<BehaviourEvent>,
        on_address: &mut impl FnMut(&str),
    ) {
        match event {
            SwarmEvent::Behaviour(event) => self.handle_behaviour(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                ..
            } => self.connected(&peer_id, connection_id),
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                ..
            } => self.disconnected(&peer_id, connection_id),
            SwarmEvent::NewListenAddr { address, .. } => {
                let address = address::from_multiaddr(&address);
                let mut text = address::full_text(&address, self.local);
                if let Some(token) = &self.token {
                    text = format!("{text}#{}", data_encoding::HEXLOWER.encode(token));
                }
                if self.told.insert(text.clone()) {
                    on_address(&text);
                }
            }
            SwarmEvent::IncomingConnectionError { error, .. } => {
                tracing::debug!(%error, "an incoming connection failed");
            }
            SwarmEvent::ListenerError { error, .. } => {
                tracing::debug!(%error, "a listener failed to take a connection");
            }
            _ => {}
        }
    }

    fn handle_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Limits(never) | BehaviourEvent::Admission(never) => match never {},
            BehaviourEvent::Ping(ping::Event {
                connection,
                result: Err(error),
                ..
            }) if !matches!(error, ping::Failure::Unsupported) => {
                self.swarm.close_connection(connection);
            }
            BehaviourEvent::Ping(_) => {}
            BehaviourEvent::Gossip(event) => self.handle_gossip(event),
            BehaviourEvent::Relay(event) => self.handle_request(event),
        }
    }

    fn connected(&mut self, peer: &libp2p::PeerId, id: ConnectionId) {
        // Admission refuses other keys.
        let Some(peer) = address::from_libp2p(peer) else {
            return;
        };
        let gated_in = self.swarm.behaviour().is_gated_in(id);
        self.clients.insert(id, peer, gated_in, Instant::now());
    }

    fn disconnected(&mut self, peer: &libp2p::PeerId, id: ConnectionId) {
        if self.clients.remove(id)
            && let Some(peer) = address::from_libp2p(peer)
        {
            self.leases.gone(peer, Instant::now());
        }
    }

    fn handle_request(&mut self, event: exchange::Event<RelayRequest, RelayReply>) {
        if let request_response::Event::Message {
            connection_id,
            message:
                request_response::Message::Request {
                    request, channel, ..
                },
            ..
        } = event
        {
            let reply = self.answer(connection_id, &request, Instant::now());
            self.send(channel, reply);
        }
    }

    fn send(&mut self, channel: ResponseChannel<RelayReply>, reply: RelayReply) {
        // Fails if the client is gone.
        let _ = self
            .swarm
            .behaviour_mut()
            .relay()
            .send_response(channel, reply);
    }

    fn answer(&mut self, id: ConnectionId, request: &RelayRequest, now: Instant) -> RelayReply {
        let Some(client) = self.clients.asking(id, now) else {
            return RelayReply::Refused(Refusal::TooFast);
        };
        let peer = client.peer;
        if matches!(request, RelayRequest::Challenge) {
            let mut challenge = [0; 32];
            if getrandom::fill(&mut challenge).is_err() {
                return RelayReply::Refused(Refusal::Full);
            }
            client.challenge = Some(challenge);
            client.has_shown_token = false;
            return RelayReply::Challenge {
                challenge,
                time: (self.now)(),
                limits: LIMITS,
            };
        }
        let Some(challenge) = client.challenge else {
            return RelayReply::Refused(Refusal::NotAllowed);
        };
        if let RelayRequest::Hello { mac } = request {
            client.has_shown_token = self.token.as_ref().is_none_or(|token| {
                let expected = hello_mac(token, self.local, peer, &challenge);
                expected.ct_eq(mac).into()
            });
            return if client.has_shown_token {
                RelayReply::Done
            } else {
                RelayReply::Refused(Refusal::NotAllowed)
            };
        }
        let link = Link {
            relay: self.local,
            client: peer,
            challenge,
        };
        let let_in = self.token.is_none() || client.has_shown_token;
        if !let_in || !request.authorised(&link) {
            return RelayReply::Refused(Refusal::NotAllowed);
        }
        match request {
            RelayRequest::Lease(lease) => self.lease(peer, lease, now),
            RelayRequest::Release { topic, .. } => {
                if self.leases.release(peer, *topic) {
                    self.forget(*topic);
                }
                RelayReply::Done
            }
            RelayRequest::Challenge
            | RelayRequest::Hello { .. }
            | RelayRequest::Put { .. }
            | RelayRequest::Fetch(_)
            | RelayRequest::Ack(_)
            | RelayRequest::Watch { .. }
            | RelayRequest::BlobPut(_)
            | RelayRequest::BlobGet { .. } => RelayReply::Refused(Refusal::Unsupported),
        }
    }

    /// Forwards a topic for whoever has shown that it belongs to it, and shows it gossip.
    fn lease(&mut self, peer: PeerId, lease: &Lease, now: Instant) -> RelayReply {
        let ttl = Duration::from_secs(lease.ttl_s.min(limits::LEASE_S).into());
        match self.leases.grant(peer, lease.topic, now + ttl, now) {
            Ok(true) => {
                let gossip = self.swarm.behaviour_mut().gossip();
                gossip::subscribe(gossip, lease.topic);
            }
            Ok(false) => {}
            Err(_) => {
                // It may take part in the topic; it only is not forwarded.
                self.clients.explained(peer, lease.topic);
                return RelayReply::Refused(Refusal::Full);
            }
        }
        self.clients.explained(peer, lease.topic);
        self.admit(peer, now);
        let ttl_ms = u64::from(lease.ttl_s).saturating_mul(1000);
        RelayReply::Leased((self.now)().saturating_add(ttl_ms))
    }

    /// Lets a client in. It is not, on the connection on which it asked; that one is closed when the
    /// answer has left, and clients come back at once.
    fn admit(&mut self, peer: PeerId, now: Instant) {
        let Some(id) = address::to_libp2p(peer) else {
            return;
        };
        self.swarm.behaviour_mut().admit(id);
        let is_outside = !self.clients.outside_gate(peer).is_empty();
        if is_outside && !self.admitting.iter().any(|(_, other)| *other == peer) {
            self.admitting.push((now + LAST_ANSWERS, peer));
        }
    }

    fn expel(&mut self, peer: PeerId) {
        if let Some(id) = address::to_libp2p(peer) {
            self.swarm.behaviour_mut().expel(&id);
            // Fails if it is not connected.
            let _ = self.swarm.disconnect_peer_id(id);
        }
    }

    fn forget(&mut self, topic: TopicKey) {
        let gossip = self.swarm.behaviour_mut().gossip();
        gossip.unsubscribe(&gossip::topic(topic));
    }

    fn handle_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message {
                propagation_source,
                message_id,
                message,
            } => {
                let acceptance = self.judge(&message);
                let gossip = self.swarm.behaviour_mut().gossip();
                gossip.report_message_validation_result(
                    &message_id,
                    &propagation_source,
                    acceptance,
                );
            }
            gossipsub::Event::Subscribed { peer_id, topic } => {
                let Some(topic) = TopicKey::from_topic_name(topic.as_str()) else {
                    return;
                };
                let Some(peer) = address::from_libp2p(&peer_id) else {
                    return;
                };
                if !self.leases.holds(peer, topic)
                    && !self.clients.unexplained(peer, topic, Instant::now())
                {
                    self.expel(peer);
                }
            }
            gossipsub::Event::Unsubscribed { peer_id, topic } => {
                if let (Some(peer), Some(topic)) = (
                    address::from_libp2p(&peer_id),
                    TopicKey::from_topic_name(topic.as_str()),
                ) {
                    self.clients.explained(peer, topic);
                }
            }
            gossipsub::Event::SlowPeer { .. } | gossipsub::Event::GossipsubNotSupported { .. } => {}
        }
    }

    /// Every hop checks what it forwards (protocol §5.6).
    fn judge(&mut self, message: &gossipsub::Message) -> MessageAcceptance {
        let Some(topic) = TopicKey::from_topic_name(message.topic.as_str()) else {
            return MessageAcceptance::Ignore;
        };
        let now = Instant::now();
        if !self.leases.may_forward(topic, now) {
            return MessageAcceptance::Ignore;
        }
        match self.checker.gossip(&topic, &message.data, now) {
            Verdict::New | Verdict::Known => MessageAcceptance::Accept,
            Verdict::Ignored => MessageAcceptance::Ignore,
            Verdict::Rejected => MessageAcceptance::Reject,
        }
    }
}

/// What clients are told.
const LIMITS: RelayLimits = RelayLimits {
    lease_s: limits::LEASE_S,
    topic_bytes: 0,
    topic_frames: 0,
    // Fits: it is 1,024.
    #[allow(clippy::cast_possible_truncation)]
    topics: limits::TOPICS as u32,
    gossip: true,
};

/// How often leases and subscriptions are looked through.
const TICK: Duration = Duration::from_secs(1);

/// How long the answer to a first lease may take to arrive, and the leases sent with it.
const LAST_ANSWERS: Duration = Duration::from_millis(50);
