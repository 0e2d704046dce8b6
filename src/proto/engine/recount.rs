//! What is really on a disk that was damaged.

use std::collections::BTreeMap;

use super::{Effect, Engine};
use crate::proto::{
    counters::{BLOCK, Counters},
    id::{ChatId, DeviceId},
    record::Write,
    time::Timestamp,
};

impl Engine {
    /// Of what was loaded the messages of a chat may be lost. What is really here, by device; the rest is
    /// asked for. Call it for each chat before [`Engine::start`], and commit what it leads to.
    pub fn recount(
        &mut self,
        chat: &ChatId,
        here: &BTreeMap<DeviceId, Counters>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let (own, none) = (self.device(), Counters::default());
        if let Some(held) = self.group_mut(chat) {
            let here = here.get(&own).unwrap_or(&none);
            let lost = held.state.own_known().without(here);
            if !lost.is_empty() {
                held.state.lost.get_or_insert_default().add_all(&lost);
            }
        }
        if let Some(thread) = self.thread_mut(chat) {
            for (device, received) in &mut thread.received {
                *received = received.common(here.get(device).unwrap_or(&none));
            }
            for (device, here) in here.iter().filter(|(device, _)| **device != own) {
                let received = thread.received.entry(*device);
                received.or_insert_with(|| here.clone());
            }
        }
        let said = here.get(&own).unwrap_or(&none);
        if let (Some(held), Some(last)) = (self.chats.get_mut(chat), said.last()) {
            // Where the chat's own record is gone, what is here is all that is known of it.
            if held.next_counter <= last {
                held.next_counter = (last / BLOCK).saturating_add(1).saturating_mul(BLOCK);
                held.said.get_or_insert_default().add_all(said);
            }
            self.dirty.chats.insert(*chat);
        }
        let lines = self.lines_of_changes(chat, now).into_iter();
        lines
            .map(|line| Effect::Write(Write::Message(Box::new(line))))
            .collect()
    }

    /// The ids of all chats.
    pub fn chat_ids(&self) -> Vec<ChatId> {
        let chats = self.chats.keys().chain(self.groups.keys());
        chats.copied().collect()
    }
}
