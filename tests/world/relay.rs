//! A relay in the simulated world: it forwards leased topics between the hosts that use it, and can
//! refuse, go away, and lie.

use std::collections::{BTreeMap, BTreeSet};

use betwixt::{
    proto::{engine::Input, time::Timestamp},
    wire::{
        frame::{Window, check, frame_id, is_ephemeral},
        id::{FrameId, PeerId, TopicKey},
        limits::GOSSIP_COPY_MS,
        mailbox::{Lease, Link, RelayRequest},
    },
};

use super::World;

/// The relay, as the world sees it.
#[derive(Default)]
pub struct Relay {
    /// The hosts that use it.
    clients: BTreeSet<usize>,
    pub up: bool,
    /// Whether it refuses all leases.
    pub refuses: bool,
    /// How often it was begun: the challenges differ.
    life: u8,
    /// Until when it carries a topic for a host.
    pub leases: BTreeMap<(usize, TopicKey), Timestamp>,
    /// Leases that were asked for.
    pub asked: u32,
    /// Of those, the ones whose signature does not hold.
    pub ill_signed: u32,
    /// Frames it forwarded that are more than signs.
    pub carried: u32,
    /// Everything it ever saw.
    pub seen: Vec<(TopicKey, Vec<u8>)>,
    /// What it takes for copies, until when; and what each host does.
    copies: BTreeMap<FrameId, Timestamp>,
    own_copies: BTreeMap<(usize, FrameId), Timestamp>,
}

/// Who it is.
const PEER: PeerId = PeerId([0xee; 32]);

impl World {
    /// Hosts begin to use a relay.
    pub fn relay_between(&mut self, hosts: &[usize]) {
        self.relay.clients.extend(hosts);
        self.relay_up();
    }

    /// The relay begins anew.
    pub fn relay_up(&mut self) {
        self.relay.up = true;
        self.relay.life += 1;
        for host in self.relay.clients.clone() {
            self.let_in(host);
        }
    }

    /// The relay goes away, and forgets everything.
    pub fn relay_down(&mut self) {
        self.relay.up = false;
        self.relay.leases.clear();
        self.relay.copies.clear();
        for host in self.relay.clients.clone() {
            self.input(host, Input::Disconnected(PEER));
        }
    }

    /// A host that uses the relay is connected to it.
    pub(super) fn let_in(&mut self, host: usize) {
        if self.relay.up && self.relay.clients.contains(&host) {
            let (relay, challenge) = (PEER, [self.relay.life; 32]);
            self.later(5, host, Input::RelayChallenge { relay, challenge });
        }
    }

    /// A host is gone.
    pub(super) fn put_out(&mut self, host: usize) {
        self.relay.leases.retain(|(held, _), _| *held != host);
        self.relay.own_copies.retain(|(held, _), _| *held != host);
    }

    pub(super) fn asked_for_lease(&mut self, host: usize, relay: PeerId, lease: Lease) {
        assert_eq!(relay, PEER, "there is one relay");
        self.relay.asked += 1;
        let topic = lease.topic;
        let link = Link {
            relay,
            client: self.hosts[host].peer,
            challenge: [self.relay.life; 32],
        };
        let ttl = u64::from(lease.ttl_s) * 1000;
        let is_good = RelayRequest::Lease(lease).authorised(&link);
        // One over the challenge of an earlier life is not.
        self.relay.ill_signed += u32::from(!is_good);
        let grants = is_good && self.relay.up && !self.relay.refuses;
        let until = grants.then(|| self.now.plus(ttl));
        if let Some(until) = until {
            let first = self.relay.leases.insert((host, topic), until).is_none();
            if first && self.hosts[host].topics.contains(&topic) {
                self.later(3, host, Input::Subscribed(PEER, topic));
            }
        }
        self.later(
            2,
            host,
            Input::Leased {
                relay,
                topic,
                until,
            },
        );
    }

    pub(super) fn released(&mut self, host: usize, topic: TopicKey) {
        self.relay.leases.remove(&(host, topic));
    }

    /// Hands a frame to the relay, which forwards it if it holds leases, and the frame is no copy.
    pub(super) fn publish_to_relay(&mut self, host: usize, topic: TopicKey, frame: &[u8]) {
        let now = self.now;
        let id = frame_id(frame);
        let is_leased = |relay: &Relay, host| {
            let until = relay.leases.get(&(host, topic));
            until.is_some_and(|until| *until > now)
        };
        if !self.relay.up || !is_leased(&self.relay, host) {
            return;
        }
        let copy_until = now.plus(GOSSIP_COPY_MS);
        let own = self.relay.own_copies.insert((host, id), copy_until);
        if own.is_some_and(|until| until > now) {
            self.relay
                .own_copies
                .insert((host, id), own.unwrap_or_default());
            return;
        }
        if self.chance(self.links.loss) {
            return;
        }
        let copy = self.relay.copies.get(&id).copied();
        if copy.is_some_and(|until| until > now) {
            return;
        }
        self.relay.copies.insert(id, copy_until);
        self.relay.seen.push((topic, frame.to_vec()));
        if check(&topic, frame, now.frame_day(), Window::Live).is_err() {
            return;
        }
        self.relay.carried += u32::from(!is_ephemeral(frame));
        for other in self.relay.clients.clone() {
            if other != host && is_leased(&self.relay, other) && !self.chance(self.links.loss) {
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
