//! The task that owns the relay's swarm.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ed25519_dalek::SigningKey;
use futures::StreamExt;
use libp2p::{
    Swarm,
    gossipsub::{self, MessageAcceptance},
    ping,
    swarm::{ConnectionId, SwarmEvent},
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::{Instant, sleep_until, timeout},
};

use super::{
    Settings,
    behaviour::{Behaviour, BehaviourEvent},
    clients::Clients,
    files::{self, Host, Knock, Shelf},
    leases::Leases,
    mailbox::{Answer, Keeper, Quotas},
    requests::Ticket,
    stats::Stats,
    watches::Watches,
};
use crate::{
    net::{
        BlobStream, BlobsIn, Seats, address, blob,
        check::{Checker, Verdict},
        gossip,
    },
    wire::{
        id::{PeerId, TopicKey},
        limits,
        mailbox::RelayReply,
    },
};

/// Everything a running relay holds.
pub(super) struct Server {
    pub(super) local: PeerId,
    /// The node key, which signs what is taken into custody.
    pub(super) key: SigningKey,
    pub(super) swarm: Swarm<Behaviour>,
    pub(super) token: Option<[u8; 16]>,
    /// Whether topics are forwarded by gossip.
    pub(super) gossip: bool,
    pub(super) now: fn() -> u64,
    pub(super) checker: Checker,
    pub(super) clients: Clients,
    pub(super) leases: Leases,
    pub(super) quotas: Option<Quotas>,
    /// None if nothing is kept.
    pub(super) keeper: Option<Keeper<Ticket>>,
    answers: Option<Receiver<Answer<Ticket>>>,
    /// None if no files are kept.
    files: Option<Files>,
    pub(super) watches: Watches,
    pub(super) stats: Arc<Stats>,
    /// Peers whose connections are closed so that they come back through the gate, and when.
    admitting: Vec<(Instant, PeerId)>,
    told: BTreeSet<String>,
}

/// What keeps mailboxes, and what it says.
pub(super) type Kept = (Keeper<Ticket>, Receiver<Answer<Ticket>>);

/// What keeps files.
struct Files {
    shelf: Shelf,
    incoming: BlobsIn,
    seats: Seats,
    /// What streams are wanted for, and the end that is given to them.
    knocks: Receiver<Knock>,
    knock: Sender<Knock>,
    expire_at: Instant,
}

impl Server {
    pub(super) fn new(
        (local, key): (PeerId, SigningKey),
        mut swarm: Swarm<Behaviour>,
        (kept, shelf): (Option<Kept>, Option<Shelf>),
        (settings, stats): (&Settings, Arc<Stats>),
    ) -> Self {
        let (keeper, answers) = kept.unzip();
        let quotas = settings.mailboxes;
        let control = swarm.behaviour_mut().blobs().new_control();
        let streams = shelf.and_then(|shelf| Some((shelf, blob::kept(control)?)));
        let files = streams.map(|(shelf, incoming)| {
            let (knock, knocks) = channel(KNOCKS);
            Files {
                shelf,
                incoming,
                seats: files::seats(),
                knocks,
                knock,
                expire_at: Instant::now(),
            }
        });
        Self {
            local,
            key,
            swarm,
            token: settings.token,
            gossip: settings.gossip,
            now: settings.now,
            checker: Checker::new(settings.today),
            clients: Clients::default(),
            leases: Leases::new(quotas.map_or(limits::TOPICS, |quotas| quotas.topics)),
            quotas,
            keeper,
            answers,
            files,
            watches: Watches::default(),
            stats,
            admitting: Vec::new(),
            told: BTreeSet::new(),
        }
    }

    /// Runs until it is to stop; then what was taken is committed and answered, and all is closed.
    pub(super) async fn run(
        mut self,
        stop: impl Future<Output = ()>,
        mut on_address: impl FnMut(&str),
    ) {
        let mut last = Instant::now();
        tokio::pin!(stop);
        loop {
            let due = self.admitting.iter().map(|(at, _)| *at).min();
            let next = due.map_or(last + TICK, |due| due.min(last + TICK));
            tokio::select! {
                event = self.swarm.select_next_some() => self.handle_swarm(event, &mut on_address),
                Some(answer) = next_answer(&mut self.answers) => self.handle_answer(answer),
                Some(news) = next_file(&mut self.files) => self.handle_files(news),
                () = sleep_until(next) => {
                    last = Instant::now();
                    self.tick(last);
                }
                () = &mut stop => break,
            }
        }
        self.stop().await;
    }

    async fn stop(mut self) {
        if let Some(keeper) = self.keeper.take() {
            // The last commit is waited for, and that the database is closed.
            let mut closed = tokio::task::spawn_blocking(move || keeper.stop());
            loop {
                tokio::select! {
                    Some(answer) = next_answer(&mut self.answers) => self.handle_answer(answer),
                    _ = &mut closed => break,
                }
            }
        }
        while let Some(answer) = self.answers.as_mut().and_then(|it| it.try_recv().ok()) {
            self.handle_answer(answer);
        }
        let late = Instant::now() + Duration::from_secs(u64::from(limits::RELAY_WAIT_S) + 1);
        for channel in self.watches.over(late) {
            self.send(channel, RelayReply::Frames(Vec::new()));
        }
        let last_words = async {
            loop {
                self.swarm.select_next_some().await;
            }
        };
        let _ = timeout(LAST_WORDS, last_words).await;
    }

    fn handle_files(&mut self, news: FileNews) {
        match news {
            FileNews::Stream(peer, stream) => {
                let Some(files) = &self.files else { return };
                if let Some(seat) = files.seats.take(peer) {
                    let host = Host {
                        shelf: files.shelf.clone(),
                        peer,
                        knocks: files.knock.clone(),
                        seat,
                    };
                    tokio::spawn(host.run(stream));
                }
            }
            FileNews::Knock(knock) => {
                let answer = self.may_open(knock.peer, &knock.request, Instant::now());
                // The stream may have ended.
                let _ = knock.answer.send(answer);
            }
        }
    }

    fn tick(&mut self, now: Instant) {
        if let Some(files) = &mut self.files
            && files.expire_at <= now
        {
            files.expire_at = now + EXPIRE;
            let shelf = files.shelf.clone();
            drop(tokio::task::spawn_blocking(move || shelf.expire()));
        }
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
        for channel in self.watches.over(now) {
            self.send(channel, RelayReply::Frames(Vec::new()));
        }
        let topics = self.swarm.behaviour_mut().gossip().topics().count();
        let count = u64::try_from(topics).unwrap_or(u64::MAX);
        self.stats.forwarded_topics.set(count);
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
            BehaviourEvent::Ping(_) | BehaviourEvent::Blobs(()) => {}
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
        self.stats.connections.set(self.clients.len());
    }

    fn disconnected(&mut self, peer: &libp2p::PeerId, id: ConnectionId) {
        self.watches.remove(id);
        let is_last = self.clients.remove(id);
        self.stats.connections.set(self.clients.len());
        if is_last && let Some(peer) = address::from_libp2p(peer) {
            self.leases.gone(peer, Instant::now());
        }
    }

    /// Lets a client in. It is not, on the connection on which it asked; that one is closed when the
    /// answer has left, and clients come back at once.
    pub(super) fn admit(&mut self, peer: PeerId, now: Instant) {
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

    pub(super) fn forget(&mut self, topic: TopicKey) {
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
            Verdict::New | Verdict::Known => {
                self.stats.forwarded_frames.add(1);
                self.heard(topic, &message.data);
                MessageAcceptance::Accept
            }
            Verdict::Ignored => MessageAcceptance::Ignore,
            Verdict::Rejected => MessageAcceptance::Reject,
        }
    }
}

/// How often leases and subscriptions are looked through.
const TICK: Duration = Duration::from_secs(1);

/// How long the answer to a first lease may take to arrive, and the leases sent with it.
const LAST_ANSWERS: Duration = Duration::from_millis(50);

/// How long the last answers may take to leave.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How often it is looked for files that have expired.
const EXPIRE: Duration = Duration::from_secs(5);

/// Streams that wait to be let in.
const KNOCKS: usize = 64;

/// What happens with files.
enum FileNews {
    Stream(PeerId, BlobStream),
    Knock(Knock),
}

/// What happens next with files; nothing, where none are kept.
async fn next_file(files: &mut Option<Files>) -> Option<FileNews> {
    let files = files.as_mut()?;
    tokio::select! {
        stream = files.incoming.next() => stream.map(|(peer, stream)| FileNews::Stream(peer, stream)),
        knock = files.knocks.recv() => knock.map(FileNews::Knock),
    }
}

/// What the keeper says next; nothing, where nothing is kept.
async fn next_answer(answers: &mut Option<Receiver<Answer<Ticket>>>) -> Option<Answer<Ticket>> {
    match answers {
        Some(answers) => answers.recv().await,
        None => None,
    }
}
