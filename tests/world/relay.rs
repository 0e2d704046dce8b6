//! Relays in the simulated world: they forward leased topics between the hosts that use them, keep what
//! these carry, and can refuse, go away, forget, and lie.

use std::collections::{BTreeMap, BTreeSet};

use betwixt::{
    proto::{
        engine::{Input, input::Found},
        time::Timestamp,
    },
    wire::{
        frame::{Window, check, frame_id, is_ephemeral},
        id::{FrameId, PeerId, TopicKey},
        limits::{self, GOSSIP_COPY_MS},
        mailbox::{
            Ack, Custody, Fetch, Lease, Link, PutStatus, RelayLimits, RelayRequest, custody_to_sign,
        },
    },
};
use ed25519_dalek::{Signer, SigningKey};

use super::World;

/// A relay, as the world sees it.
pub struct Relay {
    key: SigningKey,
    pub peer: PeerId,
    /// The hosts that use it.
    clients: BTreeSet<usize>,
    pub up: bool,
    /// Whether it refuses all leases.
    pub refuses: bool,
    /// Whether it forwards.
    pub gossips: bool,
    /// Which database it keeps frames in, if it does.
    pub store: Option<[u8; 16]>,
    /// What it keeps: of each topic the frames with their places.
    pub kept: BTreeMap<TopicKey, Vec<(u64, Vec<u8>)>>,
    /// How many frames of a topic it has room for.
    pub room: usize,
    /// Of 1,000 frames that it signs for, how many it does not keep.
    pub drops: u32,
    /// It gives them in another order than they came.
    pub reorders: bool,
    /// It keeps everything twice.
    pub doubles: bool,
    /// It answers so much later, in milliseconds.
    pub delays: u64,
    /// It signs for another frame than the ones it was given.
    pub signs_falsely: bool,
    /// It says that nothing is there.
    pub says_empty: bool,
    /// How often it was begun: the challenges differ.
    life: u8,
    /// Until when it carries a topic for a host.
    pub leases: BTreeMap<(usize, TopicKey), Timestamp>,
    /// The readers of each lease.
    pub readers: BTreeMap<(usize, TopicKey), u8>,
    /// How far readers said that they have come.
    pub acked: BTreeMap<(TopicKey, [u8; 16]), u64>,
    /// Who waits for something new.
    watches: BTreeMap<usize, Vec<Fetch>>,
    /// Leases that were asked for.
    pub asked: u32,
    /// Fetches, and frames that were put.
    pub fetches: u32,
    pub puts: u32,
    /// Requests whose signature does not hold.
    pub ill_signed: u32,
    /// Frames it forwarded that are more than signs.
    pub carried: u32,
    /// Everything it ever saw.
    pub seen: Vec<(TopicKey, Vec<u8>)>,
    /// What it takes for copies, until when; and what each host does.
    copies: BTreeMap<FrameId, Timestamp>,
    own_copies: BTreeMap<(usize, FrameId), Timestamp>,
}

/// What a relay gives of a topic: frames, the place of the last one and of the newest that is there.
type Given = (TopicKey, Vec<Vec<u8>>, u64, u64);

impl Relay {
    pub fn new(seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        Self {
            peer: PeerId(key.verifying_key().to_bytes()),
            key,
            clients: BTreeSet::new(),
            up: false,
            refuses: false,
            gossips: true,
            store: None,
            kept: BTreeMap::new(),
            room: 10_000,
            drops: 0,
            reorders: false,
            doubles: false,
            delays: 0,
            signs_falsely: false,
            says_empty: false,
            life: 0,
            leases: BTreeMap::new(),
            readers: BTreeMap::new(),
            acked: BTreeMap::new(),
            watches: BTreeMap::new(),
            asked: 0,
            fetches: 0,
            puts: 0,
            ill_signed: 0,
            carried: 0,
            seen: Vec::new(),
            copies: BTreeMap::new(),
            own_copies: BTreeMap::new(),
        }
    }

    fn keep(&mut self, topic: TopicKey, frame: &[u8]) -> PutStatus {
        if self.store.is_none() || is_ephemeral(frame) {
            return PutStatus::Invalid;
        }
        if !self.leases.keys().any(|(_, leased)| *leased == topic) {
            return PutStatus::NotLeased;
        }
        let kept = self.kept.entry(topic).or_default();
        if kept.iter().any(|(_, held)| held == frame) {
            return PutStatus::Known;
        }
        if kept.len() >= self.room {
            return PutStatus::Full;
        }
        for _ in 0..=usize::from(self.doubles) {
            let seq = kept.last().map_or(1, |(seq, _)| seq + 1);
            kept.push((seq, frame.to_vec()));
        }
        PutStatus::Stored
    }

    fn limits(&self) -> RelayLimits {
        RelayLimits {
            lease_s: limits::LEASE_S,
            topic_bytes: u64::from(self.store.is_some()) << 20,
            topic_frames: 10_000,
            topics: 1024,
            gossip: self.gossips,
        }
    }
}

impl World {
    /// Hosts begin to use a relay.
    pub fn relay_between(&mut self, hosts: &[usize]) {
        self.relays[0].clients.extend(hosts);
        self.relay_up();
    }

    /// Hosts begin to use another relay, which keeps what it is given.
    pub fn second_relay_between(&mut self, hosts: &[usize]) {
        let second = u8::try_from(self.relays.len()).expect("few relays");
        let mut relay = Relay::new(0x80 + second);
        relay.store = Some([second; 16]);
        relay.clients.extend(hosts);
        self.relays.push(relay);
        self.begin_relay(self.relays.len() - 1);
    }

    /// The first relay.
    pub fn relay(&mut self) -> &mut Relay {
        &mut self.relays[0]
    }

    /// The relay begins anew. What it keeps is on its disk.
    pub fn relay_up(&mut self) {
        self.begin_relay(0);
    }

    fn begin_relay(&mut self, which: usize) {
        let relay = &mut self.relays[which];
        relay.up = true;
        relay.life += 1;
        for host in relay.clients.clone() {
            self.let_in_at(which, host);
        }
    }

    /// The relay goes away, and forgets who leased what to forward it.
    pub fn relay_down(&mut self) {
        self.end_relay(0);
    }

    pub fn end_relay(&mut self, which: usize) {
        let relay = &mut self.relays[which];
        relay.up = false;
        if relay.store.is_none() {
            relay.leases.clear();
        }
        relay.watches.clear();
        relay.copies.clear();
        let peer = relay.peer;
        for host in relay.clients.clone() {
            self.input(host, Input::Disconnected(peer));
        }
    }

    /// A relay loses its disk.
    pub fn relay_loses_all(&mut self) {
        self.end_relay(0);
        self.relays[0].kept.clear();
        self.relays[0].acked.clear();
        self.relays[0].store = self.relays[0].store.map(|store| [store[0] + 1; 16]);
        self.relay_up();
    }

    /// A host that uses relays is connected to them.
    pub(super) fn let_in(&mut self, host: usize) {
        for which in 0..self.relays.len() {
            self.let_in_at(which, host);
        }
    }

    fn let_in_at(&mut self, which: usize, host: usize) {
        let relay = &self.relays[which];
        if relay.up && relay.clients.contains(&host) && self.is_up(host) {
            let input = Input::RelayChallenge {
                relay: relay.peer,
                challenge: [relay.life; 32],
                limits: relay.limits(),
                store: relay.store,
            };
            self.later(5, host, input);
        }
    }

    /// A host is gone. What was leased to have it kept stays leased.
    pub(super) fn put_out(&mut self, host: usize) {
        for relay in &mut self.relays {
            if relay.store.is_none() {
                relay.leases.retain(|(held, _), _| *held != host);
            }
            relay.watches.remove(&host);
            relay.own_copies.retain(|(held, _), _| *held != host);
        }
    }

    fn which(&self, relay: PeerId) -> usize {
        let at = self.relays.iter().position(|it| it.peer == relay);
        at.expect("there is such a relay")
    }

    fn link(&self, which: usize, host: usize) -> Link {
        Link {
            relay: self.relays[which].peer,
            client: self.hosts[host].peer,
            challenge: [self.relays[which].life; 32],
        }
    }

    fn is_signed(&mut self, which: usize, host: usize, request: &RelayRequest) -> bool {
        let is_good = request.authorised(&self.link(which, host));
        // One over the challenge of an earlier life is not.
        self.relays[which].ill_signed += u32::from(!is_good);
        is_good
    }

    pub(super) fn asked_for_lease(&mut self, host: usize, relay: PeerId, lease: Lease) {
        let which = self.which(relay);
        self.relays[which].asked += 1;
        let (topic, readers) = (lease.topic, lease.readers);
        let ttl = u64::from(lease.ttl_s) * 1000;
        let is_good = self.is_signed(which, host, &RelayRequest::Lease(lease));
        let now = self.now;
        let held = &mut self.relays[which];
        let grants = is_good && held.up && !held.refuses;
        let until = grants.then(|| now.plus(ttl));
        if let Some(until) = until {
            held.leases.insert((host, topic), until);
            held.readers.insert((host, topic), readers);
            let subscribes = held.gossips;
            if subscribes && self.hosts[host].topics.contains(&topic) {
                self.later(3, host, Input::Subscribed(relay, topic));
            }
        }
        let input = Input::Leased {
            relay,
            topic,
            until,
        };
        self.later(2, host, input);
    }

    pub(super) fn released(&mut self, host: usize, relay: PeerId, topic: TopicKey) {
        let which = self.which(relay);
        self.relays[which].leases.remove(&(host, topic));
    }

    /// A host asks a relay for what it keeps, or tells it how far it has come.
    pub(super) fn asked_relay(&mut self, host: usize, relay: PeerId, request: RelayRequest) {
        let which = self.which(relay);
        if !self.relays[which].up {
            return;
        }
        let is_good = self.is_signed(which, host, &request);
        let asked = match &request {
            RelayRequest::Fetch(fetch) => vec![fetch.clone()],
            RelayRequest::Watch { topics, .. } => topics.clone(),
            RelayRequest::Ack(Ack {
                topic,
                reader,
                upto,
                ..
            }) => {
                if is_good {
                    let acked = self.relays[which].acked.entry((*topic, *reader));
                    let acked = acked.or_insert(0);
                    assert!(*upto >= *acked, "a place does not go back");
                    *acked = *upto;
                }
                return;
            }
            other => panic!("nobody asks this: {other:?}"),
        };
        let watched = matches!(request, RelayRequest::Watch { .. });
        self.relays[which].fetches += 1;
        if !is_good || self.chance(self.links.loss) {
            self.tell_found(host, which, (watched, &asked), None, 10_000);
            return;
        }
        if watched && self.kept_after(which, &asked).is_empty() {
            if let Some(before) = self.relays[which].watches.insert(host, asked) {
                self.tell_found(host, which, (true, &before), Some(Vec::new()), 1);
            }
            return;
        }
        let found = self.kept_after(which, &asked);
        self.tell_found(host, which, (watched, &asked), Some(found), 1);
    }

    fn tell_found(
        &mut self,
        host: usize,
        which: usize,
        (watched, asked): (bool, &[Fetch]),
        found: Option<Vec<Given>>,
        wait: u64,
    ) {
        let day = self.now.frame_day();
        let found = found.map(|found| {
            let each = found.into_iter().map(|(topic, frames, upto, head)| {
                let passing = frames
                    .into_iter()
                    .filter(|frame| check(&topic, frame, day, Window::Live).is_ok());
                let frames = passing.map(|frame| {
                    let seen = self.hosts[host].disk.seen(&frame_id(&frame));
                    (frame, seen)
                });
                Found {
                    topic,
                    frames: frames.collect(),
                    upto,
                    head,
                }
            });
            each.collect()
        });
        let input = Input::Fetched {
            relay: self.relays[which].peer,
            watched,
            asked: asked.iter().map(|it| (it.topic, it.after)).collect(),
            found,
        };
        let delay = self.delay() + self.relays[which].delays + wait;
        self.later(delay, host, input);
    }

    /// What a relay says that it keeps after places.
    fn kept_after(&mut self, which: usize, asked: &[Fetch]) -> Vec<Given> {
        let mut all = Vec::new();
        for fetch in asked {
            let relay = &self.relays[which];
            let mut kept = relay.kept.get(&fetch.topic).cloned().unwrap_or_default();
            if relay.says_empty {
                kept.clear();
            }
            let head = kept.last().map_or(0, |(seq, _)| *seq);
            if relay.reorders {
                let seqs: Vec<u64> = kept.iter().map(|(seq, _)| *seq).collect();
                kept.reverse();
                kept = seqs
                    .into_iter()
                    .zip(kept)
                    .map(|(seq, (_, f))| (seq, f))
                    .collect();
            }
            let after = kept.into_iter().filter(|(seq, _)| *seq > fetch.after);
            let some: Vec<(u64, Vec<u8>)> = after.take(fetch.max.into()).collect();
            let upto = some.last().map_or(fetch.after, |(seq, _)| *seq);
            if !some.is_empty() || head < fetch.after || asked.len() == 1 {
                let frames = some.into_iter().map(|(_, frame)| frame).collect();
                all.push((fetch.topic, frames, upto, head));
            }
        }
        all
    }

    /// A host gives frames to a relay to keep.
    pub(super) fn deposited(
        &mut self,
        host: usize,
        relay: PeerId,
        stored: Vec<FrameId>,
        made: Vec<(TopicKey, Vec<u8>)>,
    ) {
        let which = self.which(relay);
        let outbox = stored.iter().filter_map(|id| self.stored(host, id));
        let frames: Vec<(TopicKey, Vec<u8>)> = made.into_iter().chain(outbox).collect();
        let frames: Vec<_> = frames.into_iter().take(limits::RELAY_PUT).collect();
        let ids: Vec<FrameId> = frames.iter().map(|(_, frame)| frame_id(frame)).collect();
        if !self.relays[which].up || self.chance(self.links.loss) {
            let input = Input::Deposited {
                relay,
                frames: ids,
                statuses: None,
                custody: None,
            };
            self.later(10_000, host, input);
            return;
        }
        let until = self.now.0 + 7 * 24 * 3_600_000;
        let (mut statuses, mut held) = (Vec::new(), Vec::new());
        for (topic, frame) in &frames {
            self.relays[which].puts += 1;
            let status = if self.chance(self.relays[which].drops) {
                PutStatus::Stored
            } else {
                self.keep_at(which, *topic, frame)
            };
            if matches!(status, PutStatus::Stored | PutStatus::Known) {
                held.push(frame_id(frame));
            }
            statuses.push(status);
        }
        if self.relays[which].signs_falsely {
            held = vec![FrameId([9; 32]); held.len()];
        }
        let message = custody_to_sign(relay, until, &held);
        let signature = self.relays[which].key.sign(&message).to_bytes();
        let input = Input::Deposited {
            relay,
            frames: ids,
            statuses: Some(statuses),
            custody: (!held.is_empty()).then_some(Custody { until, signature }),
        };
        let delay = self.delay() + self.relays[which].delays;
        self.later(delay, host, input);
    }

    fn keep_at(&mut self, which: usize, topic: TopicKey, frame: &[u8]) -> PutStatus {
        let day = self.now.frame_day();
        if check(&topic, frame, day, Window::Live).is_err() {
            return PutStatus::Invalid;
        }
        let relay = &mut self.relays[which];
        relay.seen.push((topic, frame.to_vec()));
        let status = relay.keep(topic, frame);
        if status == PutStatus::Stored {
            let waiting = self.relays[which].watches.iter();
            let waiting = waiting.filter(|(_, asked)| asked.iter().any(|it| it.topic == topic));
            let waiting: Vec<usize> = waiting.map(|(host, _)| *host).collect();
            for host in waiting {
                if let Some(asked) = self.relays[which].watches.remove(&host) {
                    let found = self.kept_after(which, &asked);
                    self.tell_found(host, which, (true, &asked), Some(found), 1);
                }
            }
        }
        status
    }

    /// Hands a frame to the relays.
    pub(super) fn publish_to_relay(&mut self, host: usize, topic: TopicKey, frame: &[u8]) {
        for which in 0..self.relays.len() {
            self.publish_at(which, host, topic, frame);
        }
    }

    /// A relay forwards a frame if it holds leases, and the frame is no copy.
    fn publish_at(&mut self, which: usize, host: usize, topic: TopicKey, frame: &[u8]) {
        let now = self.now;
        let id = frame_id(frame);
        let is_leased = |relay: &Relay, host| {
            let until = relay.leases.get(&(host, topic));
            until.is_some_and(|until| *until > now)
        };
        let relay = &mut self.relays[which];
        if !relay.up || !relay.gossips || !is_leased(relay, host) {
            return;
        }
        let copy_until = now.plus(GOSSIP_COPY_MS);
        let own = relay.own_copies.insert((host, id), copy_until);
        if own.is_some_and(|until| until > now) {
            relay.own_copies.insert((host, id), own.unwrap_or_default());
            return;
        }
        if self.chance(self.links.loss) {
            return;
        }
        let relay = &mut self.relays[which];
        let copy = relay.copies.get(&id).copied();
        if copy.is_some_and(|until| until > now) {
            return;
        }
        relay.copies.insert(id, copy_until);
        relay.seen.push((topic, frame.to_vec()));
        if check(&topic, frame, now.frame_day(), Window::Live).is_err() {
            return;
        }
        relay.carried += u32::from(!is_ephemeral(frame));
        if relay.store.is_some() && !is_ephemeral(frame) {
            self.keep_at(which, topic, frame);
        }
        for other in self.relays[which].clients.clone() {
            let is_leased = is_leased(&self.relays[which], other) && self.is_up(other);
            if other != host && is_leased && !self.chance(self.links.loss) {
                self.deliver(other, topic, frame);
            }
        }
    }

    /// The relay says something to a host, new or not.
    pub fn deliver(&mut self, host: usize, topic: TopicKey, frame: &[u8]) {
        if !self.hosts[host].topics.contains(&topic) {
            return;
        }
        let seen = self.hosts[host].disk.seen(&frame_id(frame));
        let frame = frame.to_vec();
        let delay = self.delay();
        self.later(delay, host, Input::Gossip { topic, frame, seen });
    }
}
