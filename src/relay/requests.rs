//! What clients ask (protocol §6.2). What concerns the disk is answered later, by the keeper of the
//! mailboxes.

use std::time::Duration;

use ed25519_dalek::Signer;
use libp2p::{
    request_response::{self, ResponseChannel},
    swarm::ConnectionId,
};
use subtle::ConstantTimeEq;
use tokio::time::Instant;

use super::{
    mailbox::{Answer, Ask},
    server::Server,
    watches::{self, Found, WatchId},
};
use crate::{
    net::{check::Verdict, exchange, gossip, relays::hello_mac},
    wire::{
        frame,
        id::{FrameId, PeerId, TopicKey},
        limits,
        mailbox::{
            Custody, Fetch, Lease, Link, Put, Refusal, RelayLimits, RelayReply, RelayRequest,
            custody_to_sign,
        },
    },
};

/// For whom the keeper does something.
pub(super) enum Ticket {
    /// One who asked.
    Client(ResponseChannel<RelayReply>),
    /// One who leased; whether the topic is forwarded for them, until when.
    Lease(ResponseChannel<RelayReply>, Option<u64>),
    /// One who waits.
    Watch(WatchId),
}

type Channel = ResponseChannel<RelayReply>;

impl Server {
    pub(super) fn handle_request(&mut self, event: exchange::Event<RelayRequest, RelayReply>) {
        if let request_response::Event::Message {
            connection_id,
            message:
                request_response::Message::Request {
                    request, channel, ..
                },
            ..
        } = event
        {
            match self.admit_request(connection_id, &request, Instant::now()) {
                Ok(peer) => self.carry_out((connection_id, peer), request, channel),
                Err(reply) => self.send(channel, reply),
            }
        }
    }

    pub(super) fn send(&mut self, channel: Channel, reply: RelayReply) {
        if let RelayReply::Refused(refusal) = &reply {
            self.stats.refused(*refusal);
        }
        // Fails if the client is gone.
        let _ = self
            .swarm
            .behaviour_mut()
            .relay()
            .send_response(channel, reply);
    }

    fn refuse(&mut self, channel: Channel, refusal: Refusal) {
        self.send(channel, RelayReply::Refused(refusal));
    }

    /// Who asks, if they may; else the answer.
    fn admit_request(
        &mut self,
        id: ConnectionId,
        request: &RelayRequest,
        now: Instant,
    ) -> Result<PeerId, RelayReply> {
        let refused = |refusal| Err(RelayReply::Refused(refusal));
        let weight = match request {
            RelayRequest::Put { frames } => frames.len(),
            RelayRequest::Watch { topics, .. } => topics.len(),
            _ => 0,
        };
        let Some(client) = self.clients.asking(id, weight, now) else {
            return refused(Refusal::TooFast);
        };
        let peer = client.peer;
        if matches!(request, RelayRequest::Challenge) {
            let mut challenge = [0; 32];
            if getrandom::fill(&mut challenge).is_err() {
                return refused(Refusal::Full);
            }
            client.challenge = Some(challenge);
            client.has_shown_token = false;
            return Err(RelayReply::Challenge {
                challenge,
                time: (self.now)(),
                limits: self.limits(),
                store: self.keeper.as_ref().map(super::mailbox::Keeper::instance),
            });
        }
        let Some(challenge) = client.challenge else {
            return refused(Refusal::NotAllowed);
        };
        if let RelayRequest::Hello { mac } = request {
            client.has_shown_token = self.token.as_ref().is_none_or(|token| {
                let expected = hello_mac(token, self.local, peer, &challenge);
                expected.ct_eq(mac).into()
            });
            return if client.has_shown_token {
                Err(RelayReply::Done)
            } else {
                refused(Refusal::NotAllowed)
            };
        }
        let link = Link {
            relay: self.local,
            client: peer,
            challenge,
        };
        let let_in = self.token.is_none() || client.has_shown_token;
        if let_in && request.authorised(&link) {
            Ok(peer)
        } else {
            refused(Refusal::NotAllowed)
        }
    }

    fn carry_out(
        &mut self,
        (id, peer): (ConnectionId, PeerId),
        request: RelayRequest,
        channel: Channel,
    ) {
        let now = Instant::now();
        match request {
            RelayRequest::Lease(lease) => self.lease(peer, &lease, channel, now),
            RelayRequest::Release { topic, .. } => {
                if self.leases.release(peer, topic) {
                    self.forget(topic);
                }
                if let Some(keeper) = &self.keeper {
                    // If it is not taken, the lease runs out.
                    let _ = keeper.ask(Ask::Release {
                        client: peer,
                        topic,
                    });
                }
                self.send(channel, RelayReply::Done);
            }
            RelayRequest::Put { frames } => self.put(frames, channel, now),
            RelayRequest::Fetch(fetch) => {
                let ticket = Ticket::Client(channel);
                let topics = vec![fetch];
                self.ask(Ask::Fetch { ticket, topics });
            }
            RelayRequest::Ack(ack) => self.ask(Ask::Ack {
                ticket: Ticket::Client(channel),
                topic: ack.topic,
                reader: ack.reader,
                upto: ack.upto,
            }),
            RelayRequest::Watch { topics, wait_s } if self.keeper.is_some() => {
                let until = now + watches::wait(wait_s);
                let (watch, before) = self.watches.insert(id, channel, topics.clone(), until);
                if let Some(before) = before {
                    self.send(before, RelayReply::Frames(Vec::new()));
                }
                self.look(watch, topics);
            }
            RelayRequest::Watch { .. }
            | RelayRequest::Challenge
            | RelayRequest::Hello { .. }
            | RelayRequest::BlobPut(_)
            | RelayRequest::BlobGet(_) => self.refuse(channel, Refusal::Unsupported),
        }
    }

    /// Whether a client may put or get a file on a stream of its own: who holds a lease of the topic here, and
    /// signs so on a connection that is let in.
    pub(super) fn may_open(
        &mut self,
        peer: PeerId,
        request: &RelayRequest,
        now: Instant,
    ) -> Result<(), Refusal> {
        let topic = match request {
            RelayRequest::BlobPut(put) => put.topic,
            RelayRequest::BlobGet(get) => get.topic,
            _ => return Err(Refusal::Unsupported),
        };
        let local = self.local;
        let signed = self.clients.of(peer).find_map(|(id, client)| {
            let let_in = self.token.is_none() || client.has_shown_token;
            let link = Link {
                relay: local,
                client: peer,
                challenge: client.challenge.filter(|_| let_in)?,
            };
            request.authorised(&link).then_some(id)
        });
        let connection = signed.ok_or(Refusal::NotAllowed)?;
        if self.clients.asking(connection, FILE_WEIGHT, now).is_none() {
            return Err(Refusal::TooFast);
        }
        if self.leases.holds(peer, topic) {
            Ok(())
        } else {
            Err(Refusal::NotHere)
        }
    }

    fn look(&mut self, watch: WatchId, topics: Vec<Fetch>) {
        let ticket = Ticket::Watch(watch);
        self.ask(Ask::Fetch { ticket, topics });
    }

    /// Asks the keeper. If it has too much to do, the client hears that.
    fn ask(&mut self, ask: Ask<Ticket>) {
        let not_taken = match &self.keeper {
            Some(keeper) => keeper.ask(ask).err(),
            None => Some(ask),
        };
        let refusal = if self.keeper.is_some() {
            Refusal::TooFast
        } else {
            Refusal::Unsupported
        };
        match not_taken {
            Some(
                Ask::Lease { ticket, .. }
                | Ask::Put { ticket, .. }
                | Ask::Fetch { ticket, .. }
                | Ask::Ack { ticket, .. },
            ) => self.refuse_ticket(ticket, refusal),
            Some(Ask::Release { .. } | Ask::Heard { .. }) | None => {}
        }
    }

    fn refuse_ticket(&mut self, ticket: Ticket, refusal: Refusal) {
        match ticket {
            Ticket::Client(channel) | Ticket::Lease(channel, None) => self.refuse(channel, refusal),
            Ticket::Lease(channel, Some(until)) => self.send(channel, RelayReply::Leased(until)),
            // It looks again when its time is over.
            Ticket::Watch(watch) => {
                self.watches.found(watch, Vec::new());
            }
        }
    }

    /// Forwards a topic for whoever has shown that it belongs to it, shows it gossip, and has what it
    /// carries kept.
    fn lease(&mut self, peer: PeerId, lease: &Lease, channel: Channel, now: Instant) {
        let ttl = Duration::from_secs(lease.ttl_s.min(limits::LEASE_S).into());
        let granted = self.leases.grant(peer, lease.topic, now + ttl, now);
        if granted.is_ok() && self.gossip {
            let gossip = self.swarm.behaviour_mut().gossip();
            gossip::subscribe(gossip, lease.topic);
        }
        // Else it may take part in the topic; it only is not forwarded.
        self.clients.explained(peer, lease.topic);
        let ttl_ms = u64::from(lease.ttl_s).saturating_mul(1000);
        let until = granted.is_ok().then(|| (self.now)().saturating_add(ttl_ms));
        if until.is_some() || self.keeper.is_some() {
            self.admit(peer, now);
        }
        if self.keeper.is_none() {
            let full = RelayReply::Refused(Refusal::Full);
            return self.send(channel, until.map_or(full, RelayReply::Leased));
        }
        self.ask(Ask::Lease {
            ticket: Ticket::Lease(channel, until),
            client: peer,
            topic: lease.topic,
            ttl_ms,
            readers: lease.readers,
        });
    }

    /// Has frames kept that pass the checks of every hop, and are more than signs.
    fn put(&mut self, frames: Vec<Put>, channel: Channel, now: Instant) {
        if self.keeper.is_none() {
            return self.refuse(channel, Refusal::Unsupported);
        }
        let checked = frames.into_iter().map(|put| {
            let bytes = Vec::from(put.frame);
            let passes = !frame::is_ephemeral(&bytes)
                && match self.checker.gossip(&put.topic, &bytes, now) {
                    Verdict::New | Verdict::Known => true,
                    Verdict::Ignored | Verdict::Rejected => false,
                };
            passes.then(|| (put.topic, frame::frame_id(&bytes), bytes))
        });
        let frames = checked.collect();
        let ticket = Ticket::Client(channel);
        self.ask(Ask::Put { ticket, frames });
    }

    /// A frame passed by gossip: it is kept, if it is more than a sign.
    pub(super) fn heard(&mut self, topic: TopicKey, bytes: &[u8]) {
        if let Some(keeper) = &self.keeper
            && !frame::is_ephemeral(bytes)
        {
            // What is not taken is published again, or put.
            let _ = keeper.ask(Ask::Heard {
                topic,
                id: frame::frame_id(bytes),
                frame: bytes.to_vec(),
            });
        }
    }

    pub(super) fn handle_answer(&mut self, answer: Answer<Ticket>) {
        match answer {
            Answer::Leased(ticket, until) => {
                if let Ticket::Lease(channel, _) | Ticket::Client(channel) = ticket {
                    self.send(channel, RelayReply::Leased(until));
                }
            }
            Answer::Put(ticket, statuses, held, until) => {
                for status in &statuses {
                    self.stats.put(*status);
                }
                let custody = self.sign_custody(&held, until);
                self.reply(ticket, RelayReply::Stored { statuses, custody });
            }
            Answer::Fetched(Ticket::Watch(watch), _, boxes) => {
                match self.watches.found(watch, boxes) {
                    Found::News(channel, boxes) => self.send(channel, RelayReply::Frames(boxes)),
                    Found::Again(topics) => self.look(watch, topics),
                    Found::Nothing => {}
                }
            }
            Answer::Fetched(ticket, asked, boxes) => {
                self.stats.fetches.add(1);
                let reply = if boxes.is_empty() && !asked.is_empty() {
                    RelayReply::Refused(Refusal::NotHere)
                } else {
                    RelayReply::Frames(boxes)
                };
                self.reply(ticket, reply);
            }
            Answer::Acked(ticket) => self.reply(ticket, RelayReply::Done),
            Answer::Refused(ticket, refusal) => self.refuse_ticket(ticket, refusal),
            Answer::News(topics) => {
                for (watch, topics) in self.watches.news(&topics) {
                    self.look(watch, topics);
                }
            }
        }
    }

    fn reply(&mut self, ticket: Ticket, reply: RelayReply) {
        if let Ticket::Client(channel) | Ticket::Lease(channel, _) = ticket {
            self.send(channel, reply);
        }
    }

    /// Our word that frames are held until a time.
    fn sign_custody(&self, held: &[FrameId], until: u64) -> Option<Custody> {
        let message = custody_to_sign(self.local, until, held);
        (!held.is_empty()).then(|| Custody {
            until,
            signature: self.key.sign(&message).to_bytes(),
        })
    }

    /// What clients are told.
    fn limits(&self) -> RelayLimits {
        let quotas = self.quotas.filter(|_| self.keeper.is_some());
        let topics = quotas.map_or(limits::TOPICS, |it| it.topics_each);
        RelayLimits {
            lease_s: limits::LEASE_S,
            topic_bytes: quotas.map_or(0, |it| it.topic_bytes),
            topic_frames: quotas.map_or(0, |it| u32::try_from(it.topic_frames).unwrap_or(u32::MAX)),
            topics: u32::try_from(topics).unwrap_or(u32::MAX),
            gossip: self.gossip,
        }
    }
}

/// A stream of a file counts like so many frames.
const FILE_WEIGHT: usize = 8;
