//! The log of one topic, without its frames.

use std::collections::BTreeMap;

use super::rows::{Leased, Meta};
use crate::wire::{id::PeerId, mailbox::ReaderId};

/// It holds the places after `floor`, up to `head`.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) head: u64,
    pub(super) floor: u64,
    pub(super) bytes: u64,
    pub(super) payer: PeerId,
    /// When the oldest frame came.
    pub(super) oldest: Option<u64>,
    pub(super) leases: BTreeMap<PeerId, Leased>,
    /// How far each reader has come.
    pub(super) readers: BTreeMap<ReaderId, u64>,
}

/// What one topic may hold.
pub(super) struct Room {
    pub(super) bytes: u64,
    pub(super) frames: u64,
}

/// Younger frames stay though all readers have them: one who has just lost its place finds them.
const EARLIEST_MS: u64 = 60 * 60 * 1000;

impl Log {
    /// An empty log. Its places begin with the time: if there was a log of this topic before, which was
    /// forgotten, none of its places means anything else in this one.
    pub(super) fn new(payer: PeerId, now: u64) -> Self {
        Self {
            head: now,
            floor: now,
            bytes: 0,
            payer,
            oldest: None,
            leases: BTreeMap::new(),
            readers: BTreeMap::new(),
        }
    }

    pub(super) fn from_meta(meta: &Meta) -> Self {
        Self {
            head: meta.head,
            floor: meta.floor,
            bytes: meta.bytes,
            ..Self::new(meta.payer, 0)
        }
    }

    pub(super) fn meta(&self) -> Meta {
        Meta {
            head: self.head,
            floor: self.floor,
            bytes: self.bytes,
            payer: self.payer,
        }
    }

    /// How many frames there are.
    pub(super) fn len(&self) -> u64 {
        self.head.saturating_sub(self.floor)
    }

    pub(super) fn has_room(&self, room: &Room, cost: u64) -> bool {
        self.len() < room.frames && self.bytes.saturating_add(cost) <= room.bytes
    }

    /// A frame is added: its place.
    pub(super) fn append(&mut self, now: u64, cost: u64) -> u64 {
        self.head = self.head.saturating_add(1);
        self.bytes = self.bytes.saturating_add(cost);
        self.oldest.get_or_insert(now);
        self.head
    }

    /// The oldest frame is gone, and the next came then.
    pub(super) fn drop_oldest(&mut self, cost: u64, next: Option<u64>) {
        self.floor = self.floor.saturating_add(1).min(self.head);
        self.bytes = self.bytes.saturating_sub(cost);
        self.oldest = next;
    }

    pub(super) fn is_leased(&self, now: u64) -> bool {
        self.leases.values().any(|lease| lease.until > now)
    }

    /// The clients whose leases have run out.
    pub(super) fn run_out(&self, now: u64) -> Vec<PeerId> {
        let over = self.leases.iter().filter(|(_, lease)| lease.until <= now);
        over.map(|(client, _)| *client).collect()
    }

    /// How many readers there are, if all who lease it say so.
    pub(super) fn all_readers(&self) -> Option<usize> {
        let mut most = 0;
        for lease in self.leases.values() {
            if lease.readers == 0 {
                return None;
            }
            most = most.max(usize::from(lease.readers));
        }
        (most > 0).then_some(most)
    }

    /// The place up to which all readers have everything.
    fn read_by_all(&self) -> u64 {
        let Some(wanted) = self.all_readers() else {
            return 0;
        };
        let mut places: Vec<u64> = self.readers.values().copied().collect();
        places.sort_unstable_by(|a, b| b.cmp(a));
        places.get(wanted - 1).copied().unwrap_or(0)
    }

    /// Whether the oldest frame may go.
    pub(super) fn may_go(&self, now: u64, keep_ms: u64) -> bool {
        let Some(oldest) = self.oldest.filter(|_| self.len() > 0) else {
            return false;
        };
        let age = now.saturating_sub(oldest);
        age > keep_ms || age >= EARLIEST_MS && self.floor < self.read_by_all()
    }

    /// Nobody leases it, and nothing is in it.
    pub(super) fn is_over(&self) -> bool {
        self.leases.is_empty() && self.len() == 0
    }
}
