//! What waits in the outbox, and for whom.

use std::collections::BTreeSet;

use super::{Cargo, Outbox};
use crate::{
    proto::{
        id::{ChatId, DeviceId},
        time::Timestamp,
    },
    wire::id::FrameId,
};

impl Outbox {
    /// Whether a frame still waits for a device.
    pub fn waits_for(&self, id: &FrameId, device: &DeviceId) -> bool {
        self.by_id
            .get(id)
            .and_then(|seq| self.entries.get(seq))
            .is_some_and(|entry| entry.to.contains(device))
    }

    /// Everything that waits for a device, oldest first.
    pub fn waiting_for(&self, device: &DeviceId) -> Vec<(FrameId, ChatId, Cargo)> {
        let Some(lane) = self.lanes.get(device) else {
            return Vec::new();
        };
        let all: BTreeSet<u64> = lane
            .waiting
            .iter()
            .chain(lane.flight.keys())
            .copied()
            .collect();
        all.iter()
            .filter_map(|seq| self.entries.get(seq))
            .map(|entry| (entry.id, entry.chat, entry.cargo))
            .collect()
    }

    /// Everything that waits in a chat, oldest first.
    pub fn waiting_in(&self, chat: &ChatId) -> Vec<FrameId> {
        let of = self.entries.values().filter(|entry| entry.chat == *chat);
        of.map(|entry| entry.id).collect()
    }

    /// The frames that carry messages of a chat, or one of them, with the message's counter and whom
    /// they wait for.
    pub fn messages_in(
        &self,
        chat: &ChatId,
        counter: Option<u32>,
    ) -> Vec<(FrameId, u32, Vec<DeviceId>)> {
        let of = self.entries.values().filter(|entry| entry.chat == *chat);
        let messages = of.filter_map(|entry| match entry.cargo {
            Cargo::Message { counter: of } if counter.is_none_or(|counter| counter == of) => {
                Some((entry.id, of, entry.to.iter().copied().collect()))
            }
            _ => None,
        });
        messages.collect()
    }

    /// The frame that carries a message, if it still waits for a device.
    pub fn frame_of(&self, chat: ChatId, counter: u32, device: &DeviceId) -> Option<FrameId> {
        let lane = self.lanes.get(device)?;
        lane.waiting
            .iter()
            .chain(lane.flight.keys())
            .filter_map(|seq| self.entries.get(seq))
            .find(|entry| entry.chat == chat && entry.cargo == Cargo::Message { counter })
            .map(|entry| entry.id)
    }

    /// How many frames wait.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// What each frame that waits carries, in which chat, since when, and for which devices.
    pub fn waits(&self) -> impl Iterator<Item = (Cargo, ChatId, Timestamp, &BTreeSet<DeviceId>)> {
        let of = self.entries.values();
        of.map(|entry| (entry.cargo, entry.chat, entry.created, &entry.to))
    }

    /// Whether no frame waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
