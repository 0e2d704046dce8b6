//! Where messages stand when they come in another order than they are shown in.
//!
//! A message says its place as it was when the event was made. Of several that are taken in at once,
//! some before others, the places of those in memory cannot be worked out from that: they are asked
//! for.

use super::Timeline;
use crate::node::{
    MessageId,
    view::{Message, PageOf},
};

impl Timeline {
    /// Whether the order of what is in memory has to be asked for.
    pub fn is_unsure(&self) -> bool {
        self.unsure
    }

    /// A new message is to be placed: it is certain where only at the end.
    pub(super) fn doubt(&mut self, message: &Message) {
        let last = self.messages.back();
        self.unsure |= last.is_some_and(|last| message.seq != last.seq + 1);
    }

    /// What to ask for, so that the order is right again: the latest of what is in memory.
    pub fn ask_order(&mut self) -> Option<(MessageId, PageOf)> {
        if !std::mem::take(&mut self.unsure) {
            return None;
        }
        let count = self.messages.len().saturating_sub(1).min(MOST - NEW);
        let first = self.messages.len().checked_sub(count + 1)?;
        let after = self.messages.get(first)?.message_id;
        let page = PageOf {
            chat_id: self.chat,
            before: None,
            after: Some(after),
            limit: Some(MOST),
        };
        Some((after, page))
    }

    /// Takes the order that was asked for: what follows a message.
    pub fn ordered(&mut self, after: MessageId, page: Vec<Message>) {
        let Some(at) = self.position(after) else {
            // It was removed meanwhile.
            self.unsure = true;
            return;
        };
        let Some(first) = page.first().map(|message| message.seq) else {
            return;
        };
        let held = self.messages.split_off(at + 1);
        // There is no hole before them.
        for (back, message) in (1..).zip(self.messages.iter_mut().rev()) {
            message.seq = first.saturating_sub(back);
        }
        let whole = page.len() < MOST;
        let known = |id| page.iter().any(|message| message.message_id == id);
        let count = if self.at_end { page.len() } else { held.len() };
        // What came after the question was asked.
        let newer: Vec<Message> = held
            .into_iter()
            .filter(|message| !known(message.message_id) && self.at_end)
            .collect();
        self.messages.extend(page.into_iter().take(count));
        self.at_end &= whole;
        if self.at_end {
            for message in newer {
                self.doubt(&message);
                self.place(message);
            }
        }
        self.touch();
    }
}

/// Messages asked for at a time.
const MOST: usize = 1000;

/// Of those, room for what comes meanwhile.
const NEW: usize = 100;
