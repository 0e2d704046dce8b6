//! Relays: they forward leased topics between all hosts, keep what these carry, and can go away, forget
//! and lie.

mod keeping;

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Serialize};

use super::world::World;
use crate::{
    proto::{engine::Input, time::Timestamp},
    wire::{
        frame::{frame_id, is_ephemeral},
        id::{FrameId, PeerId, TopicKey},
        limits::{self, GOSSIP_COPY_MS},
        mailbox::{Fetch, Lease, Link, PutStatus, RelayLimits, RelayRequest},
    },
};

/// How a relay lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lie {
    /// It signs for what it does not keep: half of all frames.
    Drops,
    /// It gives frames in another order than they came.
    Reorders,
    /// It keeps everything twice.
    Doubles,
    /// It signs for other frames than those it was given.
    SignsFalsely,
    /// It says that nothing is there.
    SaysEmpty,
    /// It lets nobody lease anything.
    Refuses,
}

/// All of them.
pub const LIES: [Lie; 6] = [
    Lie::Drops,
    Lie::Reorders,
    Lie::Doubles,
    Lie::SignsFalsely,
    Lie::SaysEmpty,
    Lie::Refuses,
];

pub struct Relay {
    key: SigningKey,
    pub peer: PeerId,
    pub up: bool,
    pub lie: Option<Lie>,
    /// Which database it keeps frames in.
    store: [u8; 16],
    /// How often it was begun: the challenges differ.
    life: u8,
    /// What it keeps: of each topic the frames with their places.
    kept: BTreeMap<TopicKey, Vec<(u64, Vec<u8>)>>,
    /// Until when it carries a topic for a host.
    leases: BTreeMap<(TopicKey, usize), Timestamp>,
    /// Who waits for something new.
    watches: BTreeMap<usize, Vec<Fetch>>,
    /// What it takes for copies, until when; and what each host does.
    copies: BTreeMap<FrameId, Timestamp>,
    own_copies: BTreeMap<(usize, FrameId), Timestamp>,
}

impl Relay {
    pub fn new(number: u8) -> Self {
        let key = SigningKey::from_bytes(&[0x80 | number; 32]);
        Self {
            peer: PeerId(key.verifying_key().to_bytes()),
            key,
            up: false,
            lie: None,
            store: [number; 16],
            life: 0,
            kept: BTreeMap::new(),
            leases: BTreeMap::new(),
            watches: BTreeMap::new(),
            copies: BTreeMap::new(),
            own_copies: BTreeMap::new(),
        }
    }

    fn tells(&self, lie: Lie) -> bool {
        self.lie == Some(lie)
    }

    fn is_leased(&self, host: usize, topic: TopicKey, now: Timestamp) -> bool {
        let until = self.leases.get(&(topic, host));
        until.is_some_and(|until| *until > now)
    }

    /// Who leased a topic.
    fn hearers(&self, topic: TopicKey) -> Vec<usize> {
        let leases = self.leases.range((topic, 0)..=(topic, usize::MAX));
        leases.map(|((_, host), _)| *host).collect()
    }

    fn limits() -> RelayLimits {
        RelayLimits {
            lease_s: limits::LEASE_S,
            topic_bytes: 1 << 20,
            topic_frames: 10_000,
            topics: 1024,
            gossip: true,
        }
    }
}

impl World {
    /// A relay begins, or begins anew. What it keeps is on its disk.
    pub fn relay_up(&mut self, which: usize) {
        let Some(relay) = self.relays.get_mut(which).filter(|relay| !relay.up) else {
            return;
        };
        relay.up = true;
        relay.life = relay.life.wrapping_add(1);
        for host in 0..self.hosts.len() {
            self.let_in_at(which, host);
        }
    }

    /// A relay goes away.
    pub fn relay_down(&mut self, which: usize) {
        let Some(relay) = self.relays.get_mut(which).filter(|relay| relay.up) else {
            return;
        };
        relay.up = false;
        relay.watches.clear();
        relay.copies.clear();
        let peer = relay.peer;
        for host in 0..self.hosts.len() {
            self.input(host, Input::Disconnected(peer));
        }
    }

    /// A relay loses its disk.
    pub fn relay_loses_all(&mut self, which: usize) {
        self.relay_down(which);
        if let Some(relay) = self.relays.get_mut(which) {
            relay.kept.clear();
            relay.leases.clear();
            relay.store = relay.store.map(|byte| byte.wrapping_add(0x10));
        }
        self.relay_up(which);
    }

    pub fn relay_lies(&mut self, which: usize, lie: Option<Lie>) {
        if let Some(relay) = self.relays.get_mut(which) {
            relay.lie = lie;
        }
    }

    /// A host is connected to the relays.
    pub(super) fn let_in(&mut self, host: usize) {
        for which in 0..self.relays.len() {
            self.let_in_at(which, host);
        }
    }

    fn let_in_at(&mut self, which: usize, host: usize) {
        let relay = self.relays.get(which).filter(|relay| relay.up);
        if let Some(relay) = relay
            && self.up(host).is_some()
        {
            let input = Input::RelayChallenge {
                relay: relay.peer,
                challenge: [relay.life; 32],
                limits: Relay::limits(),
                store: Some(relay.store),
            };
            self.later(5, host, input);
        }
    }

    /// A host is gone. What was leased to have it kept stays leased.
    pub(super) fn put_out(&mut self, host: usize) {
        for relay in &mut self.relays {
            relay.watches.remove(&host);
            relay.own_copies.retain(|(held, _), _| *held != host);
        }
    }

    fn which(&self, relay: PeerId) -> Option<usize> {
        self.relays.iter().position(|it| it.peer == relay)
    }

    /// One over the challenge of an earlier life is not signed well.
    fn is_signed(&self, which: usize, host: usize, request: &RelayRequest) -> bool {
        let (Some(relay), Some(held)) = (self.relays.get(which), self.hosts.get(host)) else {
            return false;
        };
        request.authorised(&Link {
            relay: relay.peer,
            client: held.peer,
            challenge: [relay.life; 32],
        })
    }

    pub(super) fn asked_for_lease(&mut self, host: usize, peer: PeerId, lease: Lease) {
        let Some(which) = self.which(peer) else {
            return;
        };
        let topic = lease.topic;
        let ttl = u64::from(lease.ttl_s) * 1000;
        let request = RelayRequest::Lease(lease);
        self.says(host, &request.encode());
        let is_good = self.is_signed(which, host, &request);
        let until = self.now.plus(ttl);
        let Some(relay) = self.relays.get_mut(which) else {
            return;
        };
        let grants = is_good && relay.up && !relay.tells(Lie::Refuses);
        if grants {
            relay.leases.insert((topic, host), until);
            let takes_part = self.hosts.get(host);
            if takes_part.is_some_and(|held| held.topics.contains(&topic)) {
                self.later(3, host, Input::Subscribed(peer, topic));
            }
        }
        let leased = Input::Leased {
            relay: peer,
            topic,
            until: grants.then_some(until),
        };
        self.later(2, host, leased);
    }

    pub(super) fn released(&mut self, host: usize, relay: PeerId, topic: TopicKey) {
        let which = self.which(relay);
        if let Some(relay) = which.and_then(|which| self.relays.get_mut(which)) {
            relay.leases.remove(&(topic, host));
        }
    }

    /// Hands a frame to the relays.
    pub(super) fn publish_to_relays(&mut self, host: usize, topic: TopicKey, frame: &[u8]) {
        for which in 0..self.relays.len() {
            self.publish_at(which, host, topic, frame);
        }
    }

    /// A relay forwards a frame if it holds leases, and the frame is no copy.
    fn publish_at(&mut self, which: usize, host: usize, topic: TopicKey, frame: &[u8]) {
        let now = self.now;
        let id = frame_id(frame);
        let copy_until = now.plus(GOSSIP_COPY_MS);
        let loss = self.network.links.loss;
        let Some(relay) = self.relays.get_mut(which) else {
            return;
        };
        let is_copy = |until: Option<&Timestamp>| until.is_some_and(|until| *until > now);
        if !relay.up || !relay.is_leased(host, topic, now) {
            return;
        }
        if is_copy(relay.own_copies.get(&(host, id))) {
            return;
        }
        relay.own_copies.insert((host, id), copy_until);
        if self.network.chance(loss) || is_copy(relay.copies.get(&id)) {
            return;
        }
        relay.copies.insert(id, copy_until);
        if !self.network.passes(topic, frame, now) {
            return;
        }
        let hearers = relay.hearers(topic);
        if !is_ephemeral(frame) {
            self.keep_at(which, topic, frame);
        }
        for other in hearers {
            let relay = self.relays.get(which);
            let hears = relay.is_some_and(|relay| relay.is_leased(other, topic, now));
            if other != host && hears && self.up(other).is_some() && !self.network.chance(loss) {
                self.deliver(other, topic, frame);
            }
        }
    }

    fn keep_at(&mut self, which: usize, topic: TopicKey, frame: &[u8]) -> PutStatus {
        if !self.network.passes(topic, frame, self.now) {
            return PutStatus::Invalid;
        }
        let Some(relay) = self.relays.get_mut(which) else {
            return PutStatus::Invalid;
        };
        let status = relay.keep(topic, frame);
        if status == PutStatus::Stored {
            let waiting = relay.watches.iter();
            let waiting = waiting.filter(|(_, asked)| asked.iter().any(|it| it.topic == topic));
            let waiting: Vec<usize> = waiting.map(|(host, _)| *host).collect();
            for host in waiting {
                let asked = self
                    .relays
                    .get_mut(which)
                    .and_then(|it| it.watches.remove(&host));
                if let Some(asked) = asked {
                    let found = self.kept_after(which, &asked);
                    self.tell_found(host, which, (true, &asked), Some(found), 1);
                }
            }
        }
        status
    }

    fn sign(&self, which: usize, message: &[u8]) -> Option<[u8; 64]> {
        let relay = self.relays.get(which)?;
        Some(relay.key.sign(message).to_bytes())
    }
}
