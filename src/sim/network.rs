//! What lies between hosts: who is connected to whom, who is parted, and how bad the links are.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

use crate::{
    proto::time::Timestamp,
    wire::{
        frame::{Window, check, frame_id},
        id::{FrameId, TopicKey},
    },
};

/// How bad the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Links {
    /// Milliseconds that anything takes, at least.
    pub delay_ms: u32,
    /// Milliseconds that it takes longer, at random.
    pub jitter_ms: u32,
    /// Of 1,000 gossip frames, hello messages and requests to relays, how many are lost.
    pub loss: u32,
    /// Of 1,000 gossip frames, how many come twice.
    pub double: u32,
    /// Of 1,000 direct messages, how many are dropped by a full queue.
    pub full: u32,
    /// Of 1,000 direct messages, how many break the connection.
    pub breaks: u32,
}

impl Links {
    /// A good network.
    pub const GOOD: Self = Self {
        delay_ms: 1,
        jitter_ms: 2,
        loss: 0,
        double: 0,
        full: 0,
        breaks: 0,
    };
}

impl Default for Links {
    fn default() -> Self {
        Self::GOOD
    }
}

/// Connections and cables, and the chance of the whole world.
pub struct Network {
    pub links: Links,
    rng: ChaCha20Rng,
    /// By host, whom it is connected to, and the number of the connection.
    connections: BTreeMap<usize, BTreeMap<usize, u64>>,
    /// When the last direct message of a connection arrives, for order.
    arrivals: BTreeMap<(usize, usize), Timestamp>,
    parted: BTreeSet<(usize, usize)>,
    /// Hosts below it and those from it on do not reach each other.
    split: Option<usize>,
    /// Frames that were looked at from outside, and on which topic and day they passed.
    passed: BTreeMap<FrameId, (TopicKey, u16)>,
}

/// So many of them are remembered: each is looked at by all who get it, at about the same time.
const PASSED: usize = 4096;

impl Network {
    pub fn new(seed: u64) -> Self {
        Self {
            links: Links::GOOD,
            rng: ChaCha20Rng::seed_from_u64(seed),
            connections: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            parted: BTreeSet::new(),
            split: None,
            passed: BTreeMap::new(),
        }
    }

    /// Whether a frame is one of its topic, and of these days: nobody forwards or takes another.
    pub fn passes(&mut self, topic: TopicKey, frame: &[u8], now: Timestamp) -> bool {
        let day = now.frame_day();
        let id = frame_id(frame);
        if self.passed.get(&id) == Some(&(topic, day)) {
            return true;
        }
        let passes = check(&topic, frame, day, Window::Live).is_ok();
        if passes {
            if self.passed.len() >= PASSED {
                self.passed.clear();
            }
            self.passed.insert(id, (topic, day));
        }
        passes
    }

    /// Chance for a new host.
    pub fn fork(&mut self) -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(self.rng.next_u64())
    }

    /// True `per_mille` times of 1,000.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.rng.next_u32() % 1000 < per_mille
    }

    /// How long something takes now.
    pub fn delay(&mut self) -> u64 {
        let jitter = self.rng.next_u32() % self.links.jitter_ms.saturating_add(1);
        u64::from(self.links.delay_ms) + u64::from(jitter)
    }

    pub fn part(&mut self, a: usize, b: usize) {
        self.parted.insert(pair(a, b));
    }

    pub fn mend(&mut self, a: usize, b: usize) {
        self.parted.remove(&pair(a, b));
    }

    pub fn split(&mut self, at: Option<usize>) {
        self.split = at;
    }

    /// Every cable is whole again; gives those that were cut.
    pub fn mend_all(&mut self) -> BTreeSet<(usize, usize)> {
        self.split = None;
        std::mem::take(&mut self.parted)
    }

    pub fn is_parted(&self, a: usize, b: usize) -> bool {
        let across = self.split.is_some_and(|at| (a < at) != (b < at));
        across || self.parted.contains(&pair(a, b))
    }

    pub fn connect(&mut self, a: usize, b: usize, number: u64) {
        self.connections.entry(a).or_default().insert(b, number);
        self.connections.entry(b).or_default().insert(a, number);
    }

    /// Whether there was a connection.
    pub fn disconnect(&mut self, a: usize, b: usize) -> bool {
        let mut was = false;
        for (host, other) in [(a, b), (b, a)] {
            if let Some(of) = self.connections.get_mut(&host) {
                was |= of.remove(&other).is_some();
            }
            self.arrivals.remove(&(host, other));
        }
        was
    }

    /// The number of the connection between two hosts.
    pub fn connection(&self, a: usize, b: usize) -> Option<u64> {
        self.connections.get(&a)?.get(&b).copied()
    }

    /// Whom a host is connected to.
    pub fn connected(&self, host: usize) -> Vec<usize> {
        let of = self.connections.get(&host);
        of.map(|of| of.keys().copied().collect())
            .unwrap_or_default()
    }

    /// When a direct message that takes so long arrives: not before those that were sent before it.
    pub fn arrival(&mut self, from: usize, to: usize, at: Timestamp) -> Timestamp {
        let last = self.arrivals.entry((from, to)).or_default();
        *last = at.max(*last);
        *last
    }
}

fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}
