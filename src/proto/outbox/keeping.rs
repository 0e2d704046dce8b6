//! Frames of the outbox that relays may keep for those who are not there.

use super::{Cargo, Outbox, lane::Path};
use crate::{
    proto::{
        id::{ChatId, DeviceId},
        time::Timestamp,
    },
    wire::id::{FrameId, TopicKey},
};

/// How a frame may come to those who have not acknowledged it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// All of them have a direct stream.
    Direct,
    /// The others were heard on its topic lately.
    Heard,
    /// Some are not there, as far as is known.
    Absent,
}

impl Outbox {
    /// The frames of a channel, oldest first.
    pub fn on_topic(&self, topic: &TopicKey) -> Vec<FrameId> {
        let of = self.entries.values().filter(|entry| entry.topic == *topic);
        of.map(|entry| entry.id).collect()
    }

    /// The channel of a frame, if it waits.
    pub fn topic_of(&self, id: &FrameId) -> Option<TopicKey> {
        let seq = self.by_id.get(id)?;
        self.entries.get(seq).map(|entry| entry.topic)
    }

    /// What waits in a chat for devices that are not among these.
    pub fn for_others(&self, chat: &ChatId, devices: &[DeviceId]) -> Vec<(FrameId, DeviceId)> {
        let of = self.entries.values().filter(|entry| entry.chat == *chat);
        let to = of.flat_map(|entry| entry.to.iter().map(|device| (entry.id, *device)));
        to.filter(|(_, device)| !devices.contains(device)).collect()
    }

    /// What a frame that waits carries.
    pub fn cargo_of(&self, id: &FrameId) -> Option<Cargo> {
        let seq = self.by_id.get(id)?;
        self.entries.get(seq).map(|entry| entry.cargo)
    }

    /// When a frame that waits was made.
    pub fn made_at(&self, id: &FrameId) -> Option<Timestamp> {
        let seq = self.by_id.get(id)?;
        self.entries.get(seq).map(|entry| entry.created)
    }

    /// How a frame may come to those whom it waits for.
    pub fn way_of(&self, id: &FrameId, now: Timestamp) -> Option<Way> {
        let entry = self.entries.get(self.by_id.get(id)?)?;
        let ways = entry.to.iter().map(|device| match self.lanes.get(device) {
            Some(lane) if lane.path == Path::Direct => Way::Direct,
            Some(lane) if lane.path == Path::Topic && lane.is_heard(now) => Way::Heard,
            Some(_) | None => Way::Absent,
        });
        ways.max()
    }

    /// The frames with messages of a chat that relays hold, with the counters of the messages.
    pub fn kept_in(&self, chat: &ChatId) -> Vec<(FrameId, u32)> {
        let of = self.entries.values();
        let of = of.filter(|entry| entry.kept && entry.chat == *chat);
        of.filter_map(|entry| match entry.cargo {
            Cargo::Message { counter } => Some((entry.id, counter)),
            Cargo::ReadReceipt
            | Cargo::Profile
            | Cargo::SoftState
            | Cargo::Control
            | Cargo::Records => None,
        })
        .collect()
    }

    /// A relay holds a frame for those who are not there.
    pub fn kept(&mut self, id: &FrameId, now: Timestamp) {
        let Some(seq) = self.by_id.get(id).copied() else {
            return;
        };
        let Some(entry) = self.entries.get_mut(&seq) else {
            return;
        };
        self.quiet = None;
        entry.kept = true;
        for device in &entry.to {
            if let Some(lane) = self.lanes.get_mut(device) {
                lane.spare(seq, now);
            }
        }
    }
}
