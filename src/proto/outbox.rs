//! Frames sent but not yet acknowledged by everybody they are for.
//!
//! The outbox says *what* is due *to whom* and *when*. It neither sends nor sleeps, and holds no
//! frame: those are in the store, under [`super::record::Class::Outbox`].
//!
//! Each recipient device has a lane. While the device is connected, at most [`WINDOW`] frames are
//! on their way to it, and each acknowledgement lets the next one go, so that a burst fills neither
//! queues nor memory. While only topics reach it, through a relay, the window is smaller and frames
//! are published no faster than a relay forwards them. While nothing does, they wait.

mod keeping;
mod lane;
mod waits;

use std::collections::{BTreeMap, BTreeSet};

pub use keeping::Way;
pub use lane::WINDOW;
use lane::{Attempt, Lane, Path};
use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{
    id::{ChatId, DeviceId},
    time::{DAY, Timestamp},
};
use crate::wire::{
    codec,
    id::{FrameId, TopicKey},
    limits,
};

/// Until a frame is given up: the keys that open it are gone by then on the other side
/// (protocol §3.4), so what it says has to be sealed anew.
const LIFE_MS: u64 = 14 * DAY;

/// What a frame carries, as far as its fate depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Cargo {
    /// A message of the timeline.
    #[n(0)]
    Message {
        /// Its counter.
        #[n(0)]
        counter: u32,
    },
    /// A read receipt; a newer one to the same device replaces it.
    #[n(1)]
    ReadReceipt,
    /// Our profile; a newer one replaces it.
    #[n(2)]
    Profile,
    /// Where our node is; a newer one replaces it.
    #[n(3)]
    SoftState,
    /// Anything else between devices.
    #[n(4)]
    Control,
    /// Messages of others or of long ago, which are asked for again if they do not come.
    #[n(5)]
    Records,
}

impl Cargo {
    fn replaces_older(self) -> bool {
        matches!(self, Self::ReadReceipt | Self::Profile | Self::SoftState)
    }
}

/// A frame that waits, as it is kept on disk.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Waiting {
    /// The order in which frames were made.
    #[n(0)]
    pub seq: u64,
    /// Its channel.
    #[n(1)]
    pub topic: TopicKey,
    /// Its chat.
    #[n(2)]
    pub chat: ChatId,
    /// What it carries.
    #[n(3)]
    pub cargo: Cargo,
    /// When it was made.
    #[n(4)]
    pub created: Timestamp,
    /// The devices that have not acknowledged it.
    #[n(5)]
    pub to: Vec<DeviceId>,
    /// The frame itself.
    #[n(6)]
    pub frame: ByteVec,
}

impl Waiting {
    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }
}

/// The channel and the frame in a record of [`super::record::Class::Outbox`].
pub fn stored_frame(record: &[u8]) -> Option<(TopicKey, Vec<u8>)> {
    let waiting = decode(record)?;
    Some((waiting.topic, waiting.frame.into()))
}

fn decode(record: &[u8]) -> Option<Waiting> {
    codec::from_slice(record, limits::FRAME + 1024).ok()
}

/// What is left of a frame after an acknowledgement.
#[derive(Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The chat it belongs to.
    pub chat: ChatId,
    /// What it carried.
    pub cargo: Cargo,
    /// Nobody else has to acknowledge it.
    pub finished: bool,
}

/// What to do about frames that are due.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Send these on the direct stream.
    pub send: Vec<(DeviceId, FrameId)>,
    /// Of those the ones that were sent before and not acknowledged: the direct stream may lead
    /// nowhere, because the other side does not know us yet.
    pub again: Vec<(FrameId, ChatId)>,
    /// Publish these on their topics.
    pub publish: Vec<FrameId>,
    /// These are too old; what they said has to be sealed anew.
    pub expired: Vec<Expired>,
}

/// A frame that is given up.
#[derive(Debug, PartialEq, Eq)]
pub struct Expired {
    /// The frame.
    pub id: FrameId,
    /// The chat it belongs to.
    pub chat: ChatId,
    /// What it carried.
    pub cargo: Cargo,
    /// The devices that did not acknowledge it.
    pub to: Vec<DeviceId>,
}

/// All frames that wait for somebody.
#[derive(Debug, Default)]
pub struct Outbox {
    entries: BTreeMap<u64, Entry>,
    by_id: BTreeMap<FrameId, u64>,
    lanes: BTreeMap<DeviceId, Lane>,
    next_seq: u64,
    quiet: Option<Quiet>,
}

/// Nothing is due between two times, unless something is done to a lane: an acknowledgement of one of
/// many does not look at all of them.
#[derive(Clone, Copy, Debug)]
struct Quiet {
    since: Timestamp,
    until: Option<Timestamp>,
    /// When a device that was heard no longer counts as that. Nothing is due then, but it has to be noted: the
    /// clock may be set back.
    stale: Option<Timestamp>,
}

#[derive(Debug)]
struct Entry {
    id: FrameId,
    topic: TopicKey,
    chat: ChatId,
    cargo: Cargo,
    created: Timestamp,
    to: BTreeSet<DeviceId>,
    /// Whether a relay holds it for those who are not there.
    kept: bool,
}

/// What is to be done with a new frame.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Send it to these devices on the direct stream.
    pub send: Vec<DeviceId>,
    /// Publish it on its topic.
    pub publish: bool,
    /// Every device that it is for has a direct stream.
    pub all_direct: bool,
    /// Older frames that it makes superfluous.
    pub superfluous: Vec<FrameId>,
}

impl Outbox {
    /// The place of the next frame in the order of sending.
    pub fn next_seq(&mut self) -> u64 {
        let seq = self.next_seq;
        self.next_seq = seq.saturating_add(1);
        seq
    }

    /// Takes a record back after a restart. One that cannot be read is `false`.
    pub fn restore(&mut self, id: FrameId, record: &[u8], now: Timestamp) -> bool {
        let Some(waiting) = decode(record) else {
            return false;
        };
        self.next_seq = self.next_seq.max(waiting.seq.saturating_add(1));
        self.add(id, &waiting, now);
        true
    }

    /// Starts waiting for a frame, and says what to do with it at once.
    pub fn add(&mut self, id: FrameId, waiting: &Waiting, now: Timestamp) -> Added {
        self.quiet = None;
        let to: BTreeSet<DeviceId> = waiting.to.iter().copied().collect();
        let mut added = Added {
            all_direct: true,
            ..Added::default()
        };
        if waiting.cargo.replaces_older() {
            added.superfluous = self.superseded(waiting.chat, waiting.cargo, &to);
        }
        for old in &added.superfluous {
            self.remove(old);
        }
        let seq = waiting.seq;
        for device in &to {
            let lane = self.lanes.entry(*device).or_default();
            lane.note_silence(now);
            added.all_direct &= lane.path == Path::Direct;
            let room = lane.waiting.is_empty() && lane.flight.len() < lane.window();
            if room && lane.take_pace(now) {
                lane.flight.insert(seq, Attempt::first(now));
                match lane.path {
                    Path::Direct => added.send.push(*device),
                    Path::None | Path::Topic => added.publish = true,
                }
            } else {
                lane.waiting.insert(seq);
            }
        }
        let (chat, cargo, created) = (waiting.chat, waiting.cargo, waiting.created);
        self.entries.insert(
            seq,
            Entry {
                id,
                topic: waiting.topic,
                chat,
                cargo,
                created,
                to,
                kept: false,
            },
        );
        self.by_id.insert(id, seq);
        added
    }

    fn superseded(&self, chat: ChatId, cargo: Cargo, to: &BTreeSet<DeviceId>) -> Vec<FrameId> {
        let mut out = Vec::new();
        for device in to {
            let Some(lane) = self.lanes.get(device) else {
                continue;
            };
            for seq in lane.waiting.iter().chain(lane.flight.keys()) {
                let Some(entry) = self.entries.get(seq) else {
                    continue;
                };
                if entry.chat == chat && entry.cargo == cargo && entry.to.is_subset(to) {
                    out.push(entry.id);
                }
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    /// The message that a frame carries, and whom it waits for.
    pub fn message_of(&self, id: &FrameId) -> Option<(ChatId, u32, Vec<DeviceId>)> {
        let entry = self.entries.get(self.by_id.get(id)?)?;
        match entry.cargo {
            Cargo::Message { counter } => {
                Some((entry.chat, counter, entry.to.iter().copied().collect()))
            }
            Cargo::ReadReceipt
            | Cargo::Profile
            | Cargo::SoftState
            | Cargo::Control
            | Cargo::Records => None,
        }
    }

    /// A device has a frame on its disk. `None` if nothing waited for that.
    pub fn acknowledged(&mut self, id: &FrameId, device: &DeviceId) -> Option<Acknowledged> {
        let seq = *self.by_id.get(id)?;
        let entry = self.entries.get_mut(&seq)?;
        if !entry.to.remove(device) {
            return None;
        }
        if let Some(lane) = self.lanes.get_mut(device) {
            lane.flight.remove(&seq);
            lane.waiting.remove(&seq);
            if !lane.waiting.is_empty() {
                // There is room for another.
                self.quiet = None;
            }
        }
        let done = Acknowledged {
            chat: entry.chat,
            cargo: entry.cargo,
            finished: entry.to.is_empty(),
        };
        if done.finished {
            self.entries.remove(&seq);
            self.by_id.remove(id);
        }
        Some(done)
    }

    /// Stops waiting for a frame.
    pub fn remove(&mut self, id: &FrameId) {
        self.quiet = None;
        let Some(seq) = self.by_id.remove(id) else {
            return;
        };
        let Some(entry) = self.entries.remove(&seq) else {
            return;
        };
        for device in entry.to {
            if let Some(lane) = self.lanes.get_mut(&device) {
                lane.flight.remove(&seq);
                lane.waiting.remove(&seq);
            }
        }
    }

    /// A device can be reached directly. What was under way is sent again.
    pub fn connected(&mut self, device: DeviceId) {
        self.quiet = None;
        let lane = self.lanes.entry(device).or_default();
        lane.path = Path::Direct;
        lane.call_back();
    }

    /// A device can no longer be reached directly.
    pub fn disconnected(&mut self, device: DeviceId) {
        if let Some(lane) = self.lanes.get_mut(&device)
            && lane.path == Path::Direct
        {
            self.quiet = None;
            lane.path = Path::None;
            lane.call_back();
        }
    }

    /// Whether anybody carries the topics of a device that has no direct stream. When that begins,
    /// what was published in vain goes again.
    pub fn carried(&mut self, device: DeviceId, is_carried: bool, now: Timestamp) {
        let lane = self.lanes.entry(device).or_default();
        match (lane.path, is_carried) {
            (Path::Direct, _) | (Path::None, false) | (Path::Topic, true) => {}
            (Path::None, true) => {
                self.quiet = None;
                lane.path = Path::Topic;
                lane.hurry(now);
            }
            (Path::Topic, false) => {
                self.quiet = None;
                lane.path = Path::None;
            }
        }
    }

    /// A device said something on its topic. If it had not for long, or has just come, what is under
    /// way to it goes again now.
    pub fn heard(&mut self, device: &DeviceId, has_come: bool, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(device) else {
            return;
        };
        self.quiet = None;
        let is_news = lane.hear(now);
        if lane.path == Path::Topic && (is_news || has_come) {
            lane.hurry(now);
        }
    }

    /// Fills the windows of devices that can be reached, and says what is due by `now`.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Due {
        let mut due = Due::default();
        let quiet = self.quiet.filter(|quiet| quiet.since <= now);
        let is_before = |at: Option<Timestamp>| at.is_none_or(|at| now < at);
        if quiet.is_some_and(|quiet| is_before(quiet.until) && is_before(quiet.stale)) {
            return due;
        }
        for (device, lane) in &mut self.lanes {
            let kept = |seq| self.entries.get(&seq).is_some_and(|entry| entry.kept);
            for (seq, again) in lane.take_due(now, kept) {
                let Some(entry) = self.entries.get(&seq) else {
                    continue;
                };
                match lane.path {
                    Path::Direct => {
                        due.send.push((*device, entry.id));
                        due.again.extend(again.then_some((entry.id, entry.chat)));
                    }
                    Path::None | Path::Topic => due.publish.push(entry.id),
                }
            }
        }
        due.publish.sort_unstable();
        due.publish.dedup();
        due.again.sort_unstable();
        due.again.dedup();
        while let Some(entry) = self.entries.values().next() {
            if now.since(entry.created) < LIFE_MS {
                break;
            }
            let id = entry.id;
            due.expired.push(Expired {
                id,
                chat: entry.chat,
                cargo: entry.cargo,
                to: entry.to.iter().copied().collect(),
            });
            self.remove(&id);
        }
        let until = self.next_due();
        let stale = self.lanes.values().filter_map(Lane::stale_at).min();
        self.quiet = Some(Quiet {
            since: now,
            until,
            stale,
        });
        due
    }

    /// When [`Outbox::handle_timeout`] next has work, if ever.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.quiet
            .map_or_else(|| self.next_due(), |quiet| quiet.until)
    }

    fn next_due(&self) -> Option<Timestamp> {
        let lanes = self.lanes.values().filter_map(Lane::poll_timeout);
        let oldest = self
            .entries
            .values()
            .next()
            .map(|entry| entry.created.plus(LIFE_MS));
        lanes.chain(oldest).min()
    }
}

#[cfg(test)]
mod tests;
