//! What is done to messages, and messages that disappear (ADR 0013).
//!
//! The engine holds no messages. The one that something is to be done to comes with the command; what
//! acts of others make of messages, the store works out from the rows.

use super::{
    Engine, Replied, Turn,
    command::{Command, CommandError, DeleteFor, ErrorKind, Reply},
    commands::{invalid, no_chat},
    event::{ChatChange, EngineEvent},
    saying::sendable,
};
use crate::{
    proto::{
        chat::{
            acts::{self, Shape, TOMBSTONE},
            chosen::Stay,
            content::{Body, Content, Delete, Edit, Pin, React, Timer},
            membership::Role,
        },
        expiry::{self, Entry},
        id::{ChatId, DeviceId, MessageId, PersonId},
        record::{Class, MessageRow, Write},
        text::is_emoji,
    },
    wire::limits,
};

/// Messages that disappear in one turn; the next turn comes at once.
const ERASED_AT_ONCE: usize = 64;

impl Engine {
    /// Does something to a message.
    pub(super) fn on_act(
        &mut self,
        turn: &mut Turn<'_>,
        command: Command,
        target: Option<&MessageRow>,
    ) -> Replied {
        let target = target.ok_or_else(no_message)?;
        let message = target.id;
        let body = match command {
            Command::DeleteMessage {
                from: DeleteFor::Me,
                ..
            } => {
                self.erase(turn, target);
                return Ok(Reply::Done {});
            }
            Command::DeleteMessage {
                from: DeleteFor::All,
                ..
            } => {
                self.may_delete(target)?;
                if target.content == TOMBSTONE {
                    return Ok(Reply::Done {});
                }
                Body::Delete(Delete { message })
            }
            Command::EditMessage { text, .. } => {
                let text = sendable(&text)?;
                self.may_edit(turn, target)?;
                Body::Edit(Edit { message, text })
            }
            Command::ReactMessage { emoji, on, .. } => {
                if !is_emoji(&emoji) {
                    return Err(invalid("Choose one emoji."));
                }
                is_not_deleted(target)?;
                Body::React(React { message, emoji, on })
            }
            Command::PinMessage { on, .. } => {
                is_not_deleted(target)?;
                Body::Pin(Pin { message, on })
            }
            _ => return Err(no_message()),
        };
        self.writable(&target.chat)?;
        self.put(turn, target.chat, body)?;
        Ok(Reply::Done {})
    }

    fn may_edit(&self, turn: &Turn<'_>, target: &MessageRow) -> Result<(), CommandError> {
        if target.sender != self.person() {
            return Err(forbidden("Only who wrote a message can edit it."));
        }
        is_not_deleted(target)?;
        let content = Content::decode(&target.content);
        if !content.is_ok_and(|content| matches!(content.body, Body::Text(_))) {
            return Err(invalid("This message has no text that could be edited."));
        }
        let thread = self.thread(&target.chat).ok_or_else(no_chat)?;
        // What the edit will say of itself, and others will judge it by.
        let created = thread.created_now(turn.now);
        if acts::is_editable(target.created, created) {
            Ok(())
        } else {
            Err(forbidden(
                "A message can be edited for a day after it was sent. Write another one.",
            ))
        }
    }

    fn may_delete(&self, target: &MessageRow) -> Result<(), CommandError> {
        if target.sender == self.person() || self.moderates(&target.chat) {
            return Ok(());
        }
        Err(forbidden(
            "Only who wrote a message can delete it for everyone. You can delete it for yourself.",
        ))
    }

    /// Whether what I say in a chat may delete what others said: an owner's or admin's may in a group.
    fn moderates(&self, chat: &ChatId) -> bool {
        let role = self
            .groups
            .get(chat)
            .and_then(|h| h.group.role(&self.person()));
        role.is_some_and(|role| role >= Role::Admin)
    }

    /// Removes a message from this device.
    fn erase(&mut self, turn: &mut Turn<'_>, target: &MessageRow) {
        let (chat, message) = (target.chat, target.id);
        turn.write(Write::Erase(message));
        if self.expiring.remove(&message).is_some() {
            turn.write(Write::Delete(Class::Expiry, message.0.to_vec()));
        }
        turn.emit(EngineEvent::Removed { chat, message });
        let Some(thread) = self.thread(&chat).filter(|_| !target.outgoing) else {
            return;
        };
        let read = thread.read.get(&target.device);
        let is_unread = read.is_none_or(|read| *read < target.counter);
        if is_unread
            && thread.unread > 0
            && let Some(thread) = self.thread_mut(&chat)
        {
            thread.unread = thread.unread.saturating_sub(1);
            let what = ChatChange::Unread;
            turn.emit(EngineEvent::Chat { chat, what });
        }
    }

    /// Chooses how long what is said in a chat of two stays, for both.
    pub(super) fn set_stay(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        seconds: u32,
    ) -> Result<(), CommandError> {
        stays(seconds)?;
        let held = self.chats.get(&chat).ok_or_else(no_chat)?;
        if held.thread.timer_s() == seconds {
            return Ok(());
        }
        self.writable(&chat)?;
        self.put(turn, chat, Body::Timer(Timer { seconds }))?;
        Ok(())
    }

    /// The people who may be named in a chat, each once.
    pub(super) fn mentionable(
        &self,
        chat: &ChatId,
        mut people: Vec<PersonId>,
    ) -> Result<Vec<PersonId>, CommandError> {
        let mut seen = std::collections::BTreeSet::new();
        people.retain(|person| seen.insert(*person));
        if people.len() > limits::MENTIONS {
            return Err(invalid("Mention at most 16 people in one message."));
        }
        let other = self.chats.get(chat).map(|held| held.person);
        let group = self.groups.get(chat);
        let is_here = |person: &PersonId| {
            *person == self.person()
                || Some(*person) == other
                || group.is_some_and(|held| held.has(person))
        };
        if people.iter().all(is_here) {
            Ok(people)
        } else {
            Err(invalid("Only people who are in the chat can be mentioned."))
        }
    }

    /// A content of the timeline was taken in or said: what it means beside being kept.
    pub(super) fn noted(&mut self, turn: &mut Turn<'_>, row: &MessageRow, content: &Content) {
        let chat = row.chat;
        match acts::shape_of(&content.body) {
            Shape::Message => {
                self.note_expiry(turn, row, content.expire_s);
                turn.emit(EngineEvent::Message(row.id));
            }
            Shape::Act(on) => {
                turn.emit(EngineEvent::Message(on));
                if let Body::Pin(_) = content.body {
                    let thread = self.thread_mut(&chat);
                    let changed = thread.is_some_and(|thread| thread.take_pin(row.id, content));
                    self.chose(turn, chat, changed);
                }
            }
            Shape::Quiet => {
                if let Body::Timer(timer) = content.body {
                    let stay = Stay::new(row.created, row.id, timer.seconds);
                    let held = self.chat_mut(&chat);
                    let changed = held.is_some_and(|held| held.thread.choose_stay(stay));
                    self.chose(turn, chat, changed);
                }
            }
            Shape::Gone => {}
        }
    }

    #[expect(clippy::unused_self, reason = "beside its siblings")]
    fn chose(&self, turn: &mut Turn<'_>, chat: ChatId, changed: bool) {
        if changed {
            let what = ChatChange::Settings;
            turn.emit(EngineEvent::Chat { chat, what });
        }
    }

    fn note_expiry(&mut self, turn: &mut Turn<'_>, row: &MessageRow, seconds: u32) {
        if seconds == 0 {
            return;
        }
        let entry = Entry {
            chat: row.chat,
            device: row.device,
            counter: row.counter,
            seconds,
            begun: row.outgoing.then_some(turn.now),
        };
        if self.expiring.add(row.id, entry) {
            write_expiry(turn, &row.id, &entry);
        }
    }

    /// Messages were read: from now on their time runs.
    pub(super) fn begin_expiry(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        counters: &[(DeviceId, u32)],
    ) {
        for (device, counter) in counters {
            for (id, entry) in self.expiring.read(chat, *device, *counter, turn.now) {
                write_expiry(turn, &id, &entry);
            }
        }
    }

    /// Erases what is due.
    pub(super) fn handle_expiry(&mut self, turn: &mut Turn<'_>) {
        let due = self.expiring.handle_timeout(turn.now, ERASED_AT_ONCE);
        for (message, chat) in due {
            turn.write(Write::Erase(message));
            turn.write(Write::Delete(Class::Expiry, message.0.to_vec()));
            turn.emit(EngineEvent::Removed { chat, message });
        }
    }

    /// The messages of a chat are gone.
    pub(super) fn forget_expiry(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        for message in self.expiring.forget(chat) {
            turn.write(Write::Delete(Class::Expiry, message.0.to_vec()));
        }
    }

    /// Reads back a message that disappears.
    pub(super) fn restore_expiry(&mut self, key: &[u8], record: &[u8]) -> Option<()> {
        let id = MessageId(key.try_into().ok()?);
        self.expiring.add(id, Entry::decode(record).ok()?);
        Some(())
    }
}

/// Whether messages can be kept for so long.
pub(super) fn stays(seconds: u32) -> Result<(), CommandError> {
    let range = expiry::SHORTEST_S..=expiry::LONGEST_S;
    if seconds == 0 || range.contains(&seconds) {
        return Ok(());
    }
    Err(invalid(
        "Choose a disappear_after_s from 5 seconds to a year, or 0 to keep messages.",
    ))
}

fn write_expiry(turn: &mut Turn<'_>, id: &MessageId, entry: &Entry) {
    let (key, record) = (id.0.to_vec(), entry.encode().into());
    turn.write(Write::Put(Class::Expiry, key, record));
}

fn is_not_deleted(target: &MessageRow) -> Result<(), CommandError> {
    if target.content == TOMBSTONE {
        let text = "This message was deleted.";
        return Err(CommandError::new(ErrorKind::Conflict, text));
    }
    Ok(())
}

fn forbidden(text: &str) -> CommandError {
    CommandError::new(ErrorKind::Forbidden, text)
}

pub(super) fn no_message() -> CommandError {
    let text = "There is no message with that message_id here.";
    CommandError::new(ErrorKind::NotFound, text)
}
