//! The part of a chat's history that is in memory.
//!
//! One run of messages without a hole, in display order, that grows at both ends as pages come and
//! is cut at the far end, so that a chat of any length costs the same memory.

mod order;

use std::collections::VecDeque;

use crate::{
    gui::disk::{Chosen, stem},
    node::{
        ChatId, DeliveryState, FileId, MessageId, PersonId, Timestamp,
        view::{FileInfo, Message, MessageKind, PageOf},
    },
};

/// Messages asked for at a time.
pub const PAGE: usize = 200;

/// Messages kept while the newest are shown; twice as many are kept while reading further up.
pub const KEEP: usize = 2000;

/// Messages that may arrive while the newest page is on its way.
const STASH: usize = 512;

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The newest messages, in place of what is there.
    Latest,
    /// Those before what is there.
    Older,
    /// Those after what is there.
    Newer,
}

/// A message of mine that is not yet on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Tells it from the others.
    pub number: u64,
    /// What it says.
    pub text: String,
    /// What it answers.
    pub reply_to: Option<MessageId>,
    /// Who is named in it.
    pub mentions: Vec<PersonId>,
    /// The file that it sends.
    pub file: Option<Chosen>,
    /// When I said it.
    pub at: Timestamp,
    /// What it is called, once it is on disk and only its event is still to come.
    pub stored: Option<MessageId>,
    /// Why it could not be kept, if it could not.
    pub failed: Option<String>,
}

/// The open chat's messages.
#[derive(Debug)]
pub struct Timeline {
    chat: ChatId,
    messages: VecDeque<Message>,
    pending: Vec<Pending>,
    stash: Vec<Message>,
    loading: Option<Side>,
    at_start: bool,
    at_end: bool,
    /// How many unread messages there were when the chat was opened.
    unread: u32,
    divider: Option<MessageId>,
    following: bool,
    below: u32,
    /// Where the view is to go, and a number that tells one wish from the next.
    goal: Option<(MessageId, u64)>,
    /// Whether the places of those in memory may be wrong.
    unsure: bool,
    revision: u64,
}

impl Timeline {
    /// An empty one; its first page is still to be asked for.
    pub fn new(chat: ChatId, unread: u32) -> Self {
        Self {
            chat,
            messages: VecDeque::new(),
            pending: Vec::new(),
            stash: Vec::new(),
            loading: None,
            at_start: false,
            at_end: false,
            unread,
            divider: None,
            following: true,
            below: 0,
            goal: None,
            unsure: false,
            revision: 0,
        }
    }

    /// Whose messages these are.
    pub fn chat(&self) -> ChatId {
        self.chat
    }

    /// The messages in memory, in display order.
    pub fn messages(&self) -> &VecDeque<Message> {
        &self.messages
    }

    /// My messages that are not yet on disk, oldest first. They stand after all others.
    pub fn pending(&self) -> &[Pending] {
        &self.pending
    }

    /// Whether there is nothing before the first one.
    pub fn at_start(&self) -> bool {
        self.at_start
    }

    /// Whether there is nothing after the last one.
    pub fn at_end(&self) -> bool {
        self.at_end
    }

    /// Whether a page is on its way.
    pub fn loading(&self) -> Option<Side> {
        self.loading
    }

    /// Whether the first page is still on its way.
    pub fn is_opening(&self) -> bool {
        self.messages.is_empty() && !self.at_end
    }

    /// The first message that was unread when the chat was opened.
    pub fn divider(&self) -> Option<MessageId> {
        self.divider
    }

    /// Messages that came while the end was out of sight.
    pub fn below(&self) -> u32 {
        self.below
    }

    /// Changes with everything that is shown.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// A message that is in memory.
    pub fn get(&self, id: MessageId) -> Option<&Message> {
        self.position(id).and_then(|at| self.messages.get(at))
    }

    /// Where the view is to go, and a number that tells one wish from the next.
    pub fn goal(&self) -> Option<(MessageId, u64)> {
        self.goal
    }

    /// Wants the view to go to a message. Says whether it is in memory.
    pub fn go_to(&mut self, id: MessageId) -> bool {
        if self.position(id).is_none() {
            return false;
        }
        self.touch();
        self.goal = Some((id, self.revision));
        true
    }

    /// Begins anew at a message; those before and after it are still to be asked for.
    pub fn jump(&mut self, message: Message) {
        let id = message.message_id;
        self.messages = [message].into();
        self.stash.clear();
        self.loading = None;
        self.at_start = false;
        self.at_end = false;
        self.following = false;
        self.go_to(id);
    }

    /// The last message that somebody else wrote.
    pub fn last_incoming(&self) -> Option<&Message> {
        self.messages.iter().rev().find(|message| is_heard(message))
    }

    /// Whether the end is in sight, as the view last said.
    pub fn set_following(&mut self, following: bool) {
        self.following = following;
        if following {
            self.below = 0;
            self.trim_front();
        }
    }

    /// The page to ask for, unless one is on its way or there is none on that side.
    pub fn ask(&mut self, side: Side) -> Option<PageOf> {
        let nothing_there = match side {
            Side::Latest => false,
            Side::Older => self.at_start,
            Side::Newer => self.at_end,
        };
        if self.loading.is_some() && side != Side::Latest || nothing_there {
            return None;
        }
        let (mut before, mut after) = (None, None);
        match side {
            Side::Latest => {}
            Side::Older => before = Some(self.messages.front()?.message_id),
            Side::Newer => after = Some(self.messages.back()?.message_id),
        }
        self.loading = Some(side);
        Some(PageOf {
            chat_id: self.chat,
            before,
            after,
            limit: Some(PAGE.max(self.unread.min(1000) as usize)),
        })
    }

    /// Takes a page that was asked for. `limit` is how many were asked for.
    pub fn loaded(&mut self, side: Side, limit: usize, page: Vec<Message>) {
        if self.loading == Some(side) {
            self.loading = None;
        }
        let whole = page.len() >= limit;
        match side {
            Side::Latest => {
                self.messages = page.into();
                self.at_start = !whole;
                self.at_end = true;
                self.place_divider();
            }
            Side::Older => {
                for message in page.into_iter().rev() {
                    if self.position(message.message_id).is_none() {
                        self.messages.push_front(message);
                    }
                }
                self.at_start = !whole;
                while self.messages.len() > 2 * KEEP {
                    self.messages.pop_back();
                    self.at_end = false;
                }
            }
            Side::Newer => {
                for message in page {
                    if self.position(message.message_id).is_none() {
                        self.messages.push_back(message);
                    }
                }
                self.at_end = !whole;
                while self.messages.len() > 2 * KEEP {
                    self.messages.pop_front();
                    self.at_start = false;
                }
            }
        }
        if self.at_end {
            for message in std::mem::take(&mut self.stash) {
                self.place(message);
            }
        }
        let arrived: Vec<MessageId> = self.pending.iter().filter_map(|said| said.stored).collect();
        for id in arrived {
            if self.position(id).is_some() {
                self.pending.retain(|pending| pending.stored != Some(id));
            }
        }
        self.touch();
    }

    /// A page could not be had.
    pub fn not_loaded(&mut self) {
        self.loading = None;
        self.touch();
    }

    /// Takes a message that is new or shows differently. Returns whether it is new here.
    pub fn message(&mut self, message: Message) -> bool {
        if message.outgoing && message.kind != MessageKind::System {
            self.forget_pending(&message);
        }
        self.touch();
        if self.position(message.message_id).is_some() {
            self.shown_anew(message);
            return false;
        }
        if !self.is_new(&message) {
            // It shows differently, and will come with its page.
            return false;
        }
        let incoming = is_heard(&message);
        if self.at_end {
            self.doubt(&message);
            self.place(message);
            if self.following {
                self.trim_front();
            } else if self.messages.len() > 2 * KEEP {
                self.messages.truncate(2 * KEEP);
                self.at_end = false;
            }
        } else if self.loading.is_some() && self.stash.len() < STASH {
            self.stash.push(message);
        } else if self.loading.is_none() {
            self.stash.clear();
        }
        if incoming && !self.following {
            self.below = self.below.saturating_add(1);
        }
        true
    }

    /// A message that is in memory shows differently. All of a run moved as it did.
    pub fn shown_anew(&mut self, message: Message) {
        let held = self.position(message.message_id);
        let Some(was) = held
            .and_then(|at| self.messages.get(at))
            .map(|held| held.seq)
        else {
            return;
        };
        for other in &mut self.messages {
            other.seq = (other.seq + message.seq).saturating_sub(was);
        }
        if let Some(at) = self.position(message.message_id)
            && let Some(held) = self.messages.get_mut(at)
        {
            *held = message;
        }
        self.touch();
    }

    /// A message is gone. If it was not in memory: one to ask for again, which says how far the
    /// others moved.
    pub fn removed(&mut self, id: MessageId) -> Option<MessageId> {
        self.touch();
        self.stash.retain(|message| message.message_id != id);
        let Some(index) = self.position(id) else {
            return self.messages.back().map(|last| last.message_id);
        };
        self.messages.remove(index);
        for later in self.messages.range_mut(index..) {
            later.seq = later.seq.saturating_sub(1);
        }
        None
    }

    /// Whether a message that is not in memory has only just come. What came earlier and is not in
    /// memory lies beyond it.
    fn is_new(&self, message: &Message) -> bool {
        let newest = self.messages.iter().map(|held| held.received_at).max();
        newest.is_none_or(|newest| message.received_at >= newest)
    }

    /// A message of mine came further.
    pub fn status(&mut self, id: MessageId, state: DeliveryState) {
        let Some(message) = self.position(id).and_then(|at| self.messages.get_mut(at)) else {
            return;
        };
        if state > message.state {
            message.state = state;
            self.touch();
        }
    }

    /// Wherever a file stands. No row is of another height for what is changed.
    pub fn files(&mut self, id: FileId) -> impl Iterator<Item = &mut FileInfo> {
        let files = self.messages.iter_mut().filter_map(|m| m.file.as_mut());
        files.filter(move |file| file.file_id == id)
    }

    /// Shows a message of mine before it is on disk.
    pub fn say(&mut self, pending: Pending) {
        // Who answers has read what was new.
        (self.divider, self.unread) = (None, 0);
        self.pending.push(pending);
        self.touch();
    }

    /// The message is on disk; its event follows or came already.
    pub fn said(&mut self, number: u64, id: MessageId) {
        if self.position(id).is_some() {
            self.pending.retain(|pending| pending.number != number);
        }
        for pending in &mut self.pending {
            if pending.number == number {
                pending.stored = Some(id);
            }
        }
        self.touch();
    }

    /// The message could not be kept.
    pub fn not_said(&mut self, number: u64, why: String) {
        for pending in &mut self.pending {
            if pending.number == number {
                pending.failed = Some(why);
                break;
            }
        }
        self.touch();
    }

    /// Takes a message that could not be kept back, to be said again or thrown away.
    pub fn take_back(&mut self, number: u64) -> Option<Pending> {
        let index = self
            .pending
            .iter()
            .position(|pending| pending.number == number)?;
        self.touch();
        Some(self.pending.remove(index))
    }

    /// The disk answers with an event and a reply, in no promised order. If the event is first, the
    /// oldest of my messages with that text is the one; so none is ever seen twice.
    fn forget_pending(&mut self, message: &Message) {
        let called = message.file.as_ref().map(|file| stem(&file.name));
        let known = |pending: &Pending| pending.stored == Some(message.message_id);
        let alike = |pending: &Pending| {
            pending.stored.is_none()
                && pending.failed.is_none()
                && pending.text == message.text
                && pending.file.as_ref().map(Chosen::stem) == called
        };
        let index = self.pending.iter().position(known);
        if let Some(index) = index.or_else(|| self.pending.iter().position(alike)) {
            self.pending.remove(index);
        }
    }

    /// Puts a new message in its place; those after it move up by one.
    fn place(&mut self, message: Message) {
        if self.position(message.message_id).is_some() {
            return;
        }
        let index = self
            .messages
            .partition_point(|other| other.seq < message.seq);
        if index == 0 && !self.at_start && !self.messages.is_empty() {
            // It belongs before what is in memory, and will come with its page.
            for later in &mut self.messages {
                later.seq += 1;
            }
            return;
        }
        for later in self.messages.range_mut(index..) {
            later.seq += 1;
        }
        self.messages.insert(index, message);
    }

    fn trim_front(&mut self) {
        if self.at_end && self.messages.len() > KEEP {
            let surplus = self.messages.len() - KEEP;
            self.messages.drain(..surplus);
            self.at_start = false;
            self.touch();
        }
    }

    /// The divider stands before the first of the unread messages, and stays there.
    fn place_divider(&mut self) {
        if self.unread == 0 || self.divider.is_some() {
            return;
        }
        let incoming = self
            .messages
            .iter()
            .rev()
            .filter(|message| is_heard(message));
        let first_unread = incoming.take(self.unread as usize).last();
        self.divider = first_unread.map(|message| message.message_id);
    }

    /// Changes are nearly always at the end.
    fn position(&self, id: MessageId) -> Option<usize> {
        self.messages
            .iter()
            .rposition(|message| message.message_id == id)
    }

    fn touch(&mut self) {
        self.revision = self.revision.wrapping_add(1);
    }
}

/// Whether somebody else said it to me. What the program says itself, and what was said before I came, is
/// never unread.
pub fn is_heard(message: &Message) -> bool {
    !message.outgoing && message.kind != MessageKind::System && message.given_by.is_none()
}

#[cfg(test)]
mod tests;
