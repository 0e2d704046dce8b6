//! All mailboxes: what is kept, for whom, and how much of it.
//!
//! Changes are staged, and count for those who ask later in the same batch; they are on disk after
//! [`Mailboxes::commit`]. What is over a quota is refused. Nothing is ever put out for something new.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Quotas,
    log::{Log, Room},
    rows::{self, Head, Leased},
};
use crate::{
    disk::tree::{Change, DiskError, Tree},
    wire::{
        id::{FrameId, PeerId, TopicKey},
        limits,
        mailbox::{Fetch, Mailbox, Placed, PutStatus, ReaderId},
    },
};

/// The mailboxes of one database.
pub(super) struct Mailboxes {
    pub(super) tree: Tree,
    pub(super) instance: [u8; 16],
    pub(super) quotas: Quotas,
    pub(super) topics: BTreeMap<TopicKey, Log>,
    pub(super) clients: BTreeMap<PeerId, Usage>,
    pub(super) leases: usize,
    pub(super) bytes: u64,
    pub(super) frames: u64,
    pub(super) staged: Vec<Change>,
    /// Topics whose log changed.
    pub(super) touched: BTreeSet<TopicKey>,
    /// Frames of this batch.
    pub(super) fresh: BTreeMap<(TopicKey, FrameId), u64>,
    /// Where the next look for what has expired begins.
    pub(super) looked: Option<TopicKey>,
}

/// What a client uses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) leases: usize,
    /// Of the topics that are counted against it.
    pub(super) bytes: u64,
}

/// There is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// What became of a frame, and until when it is held if it is.
pub(super) type Kept = (PutStatus, Option<u64>);

impl Mailboxes {
    /// Which database this is.
    pub(super) fn instance(&self) -> [u8; 16] {
        self.instance
    }

    /// How many topics, frames and bytes there are.
    pub(super) fn counts(&self) -> (u64, u64, u64) {
        let topics = u64::try_from(self.topics.len()).unwrap_or(u64::MAX);
        (topics, self.frames, self.bytes)
    }

    /// Keeps what a topic carries for a client, until a time; says until when.
    pub(super) fn lease(
        &mut self,
        client: PeerId,
        topic: TopicKey,
        wanted: Leased,
        now: u64,
    ) -> Result<u64, Full> {
        let usage = self.clients.get(&client).copied().unwrap_or_default();
        let log = self.topics.get(&topic);
        let held = log.and_then(|log| log.leases.get(&client)).copied();
        let holders = log.map_or(0, |log| log.leases.len());
        let no_room = held.is_none()
            && (usage.leases >= self.quotas.topics_each
                || self.leases >= LEASES
                || holders >= LEASES_OF_TOPIC)
            || log.is_none() && self.topics.len() >= self.quotas.topics
            || !self.clients.contains_key(&client) && self.clients.len() >= CLIENTS;
        if no_room {
            return Err(Full);
        }
        if let Some(held) = held
            && held.readers == wanted.readers
            && held.until > now
            && held.until.saturating_add(SLACK_MS) >= wanted.until
        {
            // As good as this one, and on disk.
            return Ok(held.until.min(wanted.until));
        }
        let log = self.topics.entry(topic).or_insert_with(|| {
            self.touched.insert(topic);
            Log::new(client, now)
        });
        if log.leases.insert(client, wanted).is_none() {
            self.leases += 1;
            self.clients.entry(client).or_default().leases += 1;
        }
        let row = crate::wire::codec::to_vec(&wanted);
        self.staged.push((rows::lease(&topic, &client), Some(row)));
        self.hand_over(topic);
        Ok(wanted.until)
    }

    /// Ends a client's lease.
    pub(super) fn release(&mut self, client: PeerId, topic: TopicKey) {
        let Some(log) = self.topics.get_mut(&topic) else {
            return;
        };
        if log.leases.remove(&client).is_none() {
            return;
        }
        self.leases = self.leases.saturating_sub(1);
        self.staged.push((rows::lease(&topic, &client), None));
        if let Some(usage) = self.clients.get_mut(&client) {
            usage.leases = usage.leases.saturating_sub(1);
        }
        self.hand_over(topic);
        self.forget_client(client);
    }

    /// A topic is counted against somebody who holds a lease, if anybody does.
    fn hand_over(&mut self, topic: TopicKey) {
        let Some(log) = self.topics.get_mut(&topic) else {
            return;
        };
        if log.leases.contains_key(&log.payer) {
            return;
        }
        let Some(heir) = log.leases.keys().next().copied() else {
            return;
        };
        let (before, bytes) = (std::mem::replace(&mut log.payer, heir), log.bytes);
        self.touched.insert(topic);
        if let Some(usage) = self.clients.get_mut(&before) {
            usage.bytes = usage.bytes.saturating_sub(bytes);
        }
        let usage = self.clients.entry(heir).or_default();
        usage.bytes = usage.bytes.saturating_add(bytes);
        self.forget_client(before);
    }

    fn forget_client(&mut self, client: PeerId) {
        let unused = |usage: &Usage| usage.leases == 0 && usage.bytes == 0;
        if self.clients.get(&client).is_some_and(unused) {
            self.clients.remove(&client);
        }
    }

    /// Keeps a frame, which was checked from outside. `room`: whether the disk has any.
    pub(super) fn put(
        &mut self,
        topic: TopicKey,
        id: FrameId,
        bytes: &[u8],
        (now, room): (u64, bool),
    ) -> Result<Kept, DiskError> {
        let ttl = self.quotas.keep_ms;
        let log = self.topics.get(&topic);
        if log.is_none_or(|log| !log.is_leased(now)) {
            return Ok((PutStatus::NotLeased, None));
        }
        if let Some(received) = self.known(&topic, &id)? {
            return Ok((PutStatus::Known, Some(received.saturating_add(ttl))));
        }
        let cost = cost(bytes.len());
        let Some(log) = self.topics.get_mut(&topic) else {
            return Ok((PutStatus::NotLeased, None));
        };
        let usage = self.clients.get(&log.payer).copied().unwrap_or_default();
        let of_topic = Room {
            bytes: self.quotas.topic_bytes,
            frames: self.quotas.topic_frames,
        };
        if !room
            || !log.has_room(&of_topic, cost)
            || usage.bytes.saturating_add(cost) > self.quotas.client_bytes
            || self.bytes.saturating_add(cost) > self.quotas.bytes
        {
            return Ok((PutStatus::Full, None));
        }
        let seq = log.append(now, cost);
        let head = Head {
            received: now,
            id,
            len: bytes.len(),
        };
        let payer = log.payer;
        for (key, row) in rows::split(&topic, seq, &head, bytes) {
            self.staged.push((key, Some(row)));
        }
        let place = Some(seq.to_be_bytes().to_vec());
        self.staged.push((rows::known(&topic, &id), place));
        self.fresh.insert((topic, id), now);
        self.touched.insert(topic);
        self.bytes = self.bytes.saturating_add(cost);
        self.frames = self.frames.saturating_add(1);
        let usage = self.clients.entry(payer).or_default();
        usage.bytes = usage.bytes.saturating_add(cost);
        Ok((PutStatus::Stored, Some(now.saturating_add(ttl))))
    }

    /// When a frame came, if it is here.
    fn known(&self, topic: &TopicKey, id: &FrameId) -> Result<Option<u64>, DiskError> {
        if let Some(received) = self.fresh.get(&(*topic, *id)) {
            return Ok(Some(*received));
        }
        let Some(place) = self.tree.get(&rows::known(topic, id))? else {
            return Ok(None);
        };
        let seq = place.first_chunk().map(|seq| u64::from_be_bytes(*seq));
        let seq = seq.ok_or_else(|| DiskError::Damaged("a place cannot be read".into()))?;
        self.received(topic, seq)
    }

    pub(super) fn received(&self, topic: &TopicKey, seq: u64) -> Result<Option<u64>, DiskError> {
        Ok(self.head(topic, seq)?.map(|head| head.received))
    }

    fn head(&self, topic: &TopicKey, seq: u64) -> Result<Option<Head>, DiskError> {
        let prefix = rows::frame(topic, seq);
        let first = self.tree.rows(&prefix, &prefix, 1)?;
        Ok(first.first().and_then(|(_, piece)| rows::head(piece)))
    }

    /// What is on disk of a topic after a place. What is staged is not given.
    pub(super) fn fetch(
        &self,
        fetch: &Fetch,
        budget: &mut usize,
    ) -> Result<Option<Mailbox>, DiskError> {
        let Some(log) = self.topics.get(&fetch.topic) else {
            return Ok(None);
        };
        let mut mailbox = Mailbox {
            topic: fetch.topic,
            frames: Vec::new(),
            head: log.head,
            floor: log.floor,
        };
        if fetch.after >= log.head {
            return Ok(Some(mailbox));
        }
        let most = usize::from(fetch.max).min(limits::RELAY_FETCH);
        let prefix = rows::frames(&fetch.topic);
        let mut from = rows::frame(&fetch.topic, fetch.after.saturating_add(1));
        let (mut seq, mut pieces): (Option<u64>, Vec<Vec<u8>>) = (None, Vec::new());
        'all: while mailbox.frames.len() < most && *budget > 0 {
            let rows = self.tree.rows(&prefix, &from, ROWS)?;
            let is_last = rows.len() < ROWS;
            for (key, piece) in rows {
                let at = rows::seq_of(&key);
                if at != seq {
                    give(&mut mailbox, seq, &std::mem::take(&mut pieces), budget);
                    if mailbox.frames.len() >= most || *budget == 0 {
                        break 'all;
                    }
                    seq = at;
                }
                pieces.push(piece);
                from = [key.as_slice(), &[0]].concat();
            }
            if is_last {
                give(&mut mailbox, seq, &pieces, budget);
                break;
            }
        }
        Ok(Some(mailbox))
    }

    /// A reader has on disk what came up to a place.
    pub(super) fn ack(&mut self, topic: TopicKey, reader: ReaderId, upto: u64) -> Result<(), Full> {
        let Some(log) = self.topics.get_mut(&topic) else {
            return Ok(());
        };
        // Without a number of readers nothing goes early, and nobody need be remembered.
        if log.all_readers().is_none() {
            return Ok(());
        }
        if !log.readers.contains_key(&reader) && log.readers.len() >= READERS {
            return Err(Full);
        }
        let upto = upto.min(log.head);
        let before = log.readers.entry(reader).or_insert(0);
        if upto > *before {
            *before = upto;
            let row = crate::wire::codec::to_vec(&upto);
            self.staged.push((rows::reader(&topic, &reader), Some(row)));
        }
        Ok(())
    }

    /// Takes out what has been here for long, what all readers have, and leases that have run out: some
    /// of it, where there is much. Commit it.
    pub(super) fn expire(&mut self, now: u64) -> Result<(), DiskError> {
        let from = self.looked.take();
        let topics: Vec<TopicKey> = match from {
            Some(from) => self.topics.range(from..).map(|(topic, _)| *topic).collect(),
            None => self.topics.keys().copied().collect(),
        };
        let mut work = EXPIRED_AT_ONCE;
        for topic in topics {
            if work == 0 {
                self.looked = Some(topic);
                break;
            }
            self.expire_topic(topic, now, &mut work)?;
        }
        Ok(())
    }

    fn expire_topic(
        &mut self,
        topic: TopicKey,
        now: u64,
        work: &mut usize,
    ) -> Result<(), DiskError> {
        let Some(log) = self.topics.get(&topic) else {
            return Ok(());
        };
        for client in log.run_out(now) {
            self.release(client, topic);
            *work = work.saturating_sub(1);
        }
        while *work > 0 && self.expire_frame(topic, now)? {
            *work -= 1;
        }
        if self.topics.get(&topic).is_some_and(Log::is_over) {
            self.forget(topic);
        }
        Ok(())
    }

    /// Takes out the oldest frame of a topic, if its time has come.
    fn expire_frame(&mut self, topic: TopicKey, now: u64) -> Result<bool, DiskError> {
        let Some(log) = self.topics.get(&topic) else {
            return Ok(false);
        };
        if !log.may_go(now, self.quotas.keep_ms) {
            return Ok(false);
        }
        let seq = log.floor.saturating_add(1);
        let (payer, head) = (log.payer, self.head(&topic, seq)?);
        let next = self.received(&topic, seq.saturating_add(1))?;
        let cost = head.map_or(0, |head| cost(head.len));
        if let Some(log) = self.topics.get_mut(&topic) {
            log.drop_oldest(cost, next);
        }
        if let Some(head) = head {
            for key in rows::keys(&topic, seq, head.len) {
                self.staged.push((key, None));
            }
            self.staged.push((rows::known(&topic, &head.id), None));
        }
        self.touched.insert(topic);
        self.bytes = self.bytes.saturating_sub(cost);
        self.frames = self.frames.saturating_sub(1);
        if let Some(usage) = self.clients.get_mut(&payer) {
            usage.bytes = usage.bytes.saturating_sub(cost);
        }
        Ok(true)
    }

    /// Nobody leases a topic, and nothing is in it.
    fn forget(&mut self, topic: TopicKey) {
        let Some(log) = self.topics.remove(&topic) else {
            return;
        };
        self.touched.remove(&topic);
        self.staged.push((rows::meta(&topic), None));
        for reader in log.readers.keys() {
            self.staged.push((rows::reader(&topic, reader), None));
        }
        self.forget_client(log.payer);
    }

    /// The disk refuses from now on.
    #[cfg(test)]
    pub(super) fn break_disk(&self) {
        self.tree.fail("a test broke it".into());
    }

    /// Whether anything is staged.
    pub(super) fn is_changed(&self) -> bool {
        !self.staged.is_empty() || !self.touched.is_empty()
    }

    /// Puts all that is staged on disk. After an error nothing is known of what is there, and it has to
    /// be opened again.
    pub(super) fn commit(&mut self) -> Result<(), DiskError> {
        for topic in std::mem::take(&mut self.touched) {
            if let Some(log) = self.topics.get(&topic) {
                let row = crate::wire::codec::to_vec(&log.meta());
                self.staged.push((rows::meta(&topic), Some(row)));
            }
        }
        self.fresh.clear();
        let staged = std::mem::take(&mut self.staged);
        if staged.is_empty() {
            return Ok(());
        }
        self.tree.commit(staged)
    }
}

/// Adds a frame to an answer, if all of it was read.
fn give(mailbox: &mut Mailbox, seq: Option<u64>, pieces: &[Vec<u8>], budget: &mut usize) {
    let frame = seq.and_then(|seq| Some((seq, rows::join(pieces)?)));
    // What is staged is not in the log yet for those who read.
    if let Some((seq, frame)) = frame.filter(|(seq, _)| *seq <= mailbox.head) {
        *budget = budget.saturating_sub(frame.len() + 16);
        let frame = frame.into();
        mailbox.frames.push(Placed { seq, frame });
    }
}

/// What a frame counts for: itself, and what lies around it on disk.
fn cost(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX).saturating_add(256)
}

/// A lease that ends at most this much earlier is as good as a new one, and need not be written.
const SLACK_MS: u64 = 24 * 60 * 60 * 1000;

/// Leases in all.
const LEASES: usize = 131_072;

/// Leases of one topic: as many as a group has devices.
const LEASES_OF_TOPIC: usize = limits::ROSTER as usize;

/// Clients that hold leases, or whose topics are still here.
const CLIENTS: usize = 16_384;

/// Readers of one topic: twice as many as two people have devices.
const READERS: usize = 4 * limits::DEVICES;

/// Rows that are read at once.
const ROWS: usize = 64;

/// What is taken out in one commit.
const EXPIRED_AT_ONCE: usize = 512;
