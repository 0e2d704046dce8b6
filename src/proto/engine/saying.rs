//! Saying something, and having read something.

use super::{
    Engine, Replied, Turn,
    command::{CommandError, ErrorKind, Reply},
    commands::{invalid, no_chat, nobody},
    event::{ChatChange, EngineEvent},
};
use crate::{
    proto::{
        chat::{
            content::{Body, Receipt, ReceiptKind, Text, Upto},
            direct::message_id,
        },
        contact::Standing,
        id::{ChatId, DeviceId, MessageId, PersonId},
        outbox::Cargo,
        record::{MessageRow, Write},
        text::{clean_text, shows_something},
        time::Timestamp,
    },
    wire::limits,
};

impl Engine {
    /// Whether something can be said in a chat now.
    pub(super) fn writable(&self, chat: &ChatId) -> Result<(), CommandError> {
        if self.groups.contains_key(chat) {
            return self.writable_group(chat);
        }
        let held = self.chats.get(chat).ok_or_else(no_chat)?;
        let known = self.people.get(&held.person).ok_or_else(nobody)?;
        let forbidden = |text| Err(CommandError::new(ErrorKind::Forbidden, text));
        if known.contact.blocked {
            return forbidden("You have blocked this person. Unblock them to write.");
        }
        match known.contact.standing {
            Standing::Contact | Standing::Outgoing => Ok(()),
            Standing::Incoming => forbidden("Accept the request before you write."),
            Standing::Stranger => forbidden("This person is no longer a contact. Add them again."),
        }
    }

    pub(super) fn say(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        text: &str,
        reply_to: Option<MessageId>,
        mentions: Vec<PersonId>,
    ) -> Replied {
        self.writable(&chat)?;
        let text = sendable(text)?;
        let mentions = self.mentionable(&chat, mentions)?;
        let body = Body::Text(Text {
            text,
            reply_to,
            mentions,
        });
        let (message_id, sent_at) = self.put(turn, chat, body)?;
        self.end_own_typing(&chat);
        Ok(Reply::Sent {
            message_id,
            sent_at,
        })
    }

    /// Puts a content of ours into the timeline of a chat that is writable, and on its way.
    pub(super) fn put(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        body: Body,
    ) -> Result<(MessageId, Timestamp), CommandError> {
        if self.groups.contains_key(&chat) {
            return self.put_in_group(turn, chat, body);
        }
        let (device, person) = (self.device(), self.person());
        let now = turn.now;
        let Some(held) = self.chat_mut(&chat) else {
            return Err(no_chat());
        };
        let counter = held.next_counter;
        let Some(next) = counter.checked_add(1) else {
            return Err(CommandError::new(
                ErrorKind::Conflict,
                "This device has used up its numbers in this chat. Restore the account on another \
                 device to go on.",
            ));
        };
        let content = held.thread.content(body, now);
        let bytes = content.encode();
        let id = message_id(&chat, &device, counter, &bytes);
        let mut said = held.said().into_owned();
        said.insert(counter);
        held.said = Some(said);
        held.next_counter = next;
        held.thread.said(id, &content, now);
        let row = MessageRow {
            id,
            chat,
            sender: person,
            device,
            counter,
            created: content.created,
            sent_at: now,
            received_at: now,
            outgoing: true,
            content: bytes.to_vec(),
            signed: None,
        };
        if !self.send_message(turn, chat, counter, &bytes)
            && let Some(held) = self.chat_mut(&chat)
        {
            held.unsealed.insert(counter);
        }
        self.noted(turn, &row, &content);
        turn.write(Write::Message(Box::new(row)));
        Ok((id, now))
    }

    /// Marks what was read, and tells its authors if the person wants that.
    pub(super) fn on_read(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        counters: &[(DeviceId, u32)],
        unread_left: u32,
    ) -> Replied {
        let own = self.device();
        let Some(thread) = self.thread_mut(&chat) else {
            return Err(no_chat());
        };
        let unread = thread.unread.min(unread_left);
        let changed = unread != thread.unread;
        thread.unread = unread;
        if changed {
            turn.emit(EngineEvent::Chat {
                chat,
                what: ChatChange::Unread,
            });
        }
        self.begin_expiry(turn, chat, counters);
        let Some(held) = self.chat_mut(&chat) else {
            self.read_in_group(turn, chat, counters);
            return Ok(Reply::Done {});
        };
        let mut news = Vec::new();
        for (device, counter) in counters.iter().filter(|(device, _)| *device != own) {
            let before = held.thread.read.get(device).copied();
            let upto = held.thread.read_up_to(device, *counter);
            if let Some(counter) = upto.filter(|upto| before.is_none_or(|before| before < *upto)) {
                held.thread.read.insert(*device, counter);
                news.push(Upto {
                    device: *device,
                    epoch: [0; 16],
                    counter,
                });
            }
        }
        news.truncate(limits::RECEIPTS);
        let person = held.person;
        if !news.is_empty() && self.own.profile.read_receipts && self.is_contact(&person) {
            let body = Body::Receipt(Receipt {
                kind: ReceiptKind::Read,
                upto: news,
            });
            self.send_control(turn, &person, body, Cargo::ReadReceipt);
        }
        Ok(Reply::Done {})
    }
}

/// A text as it is sent, if it can be.
pub(super) fn sendable(text: &str) -> Result<String, CommandError> {
    let too_large = || {
        CommandError::new(
            ErrorKind::TooLarge,
            format!(
                "A message has at most {} bytes; send it in parts.",
                limits::TEXT
            ),
        )
    };
    let text = clean_text(text).map_err(|_| too_large())?;
    if !shows_something(&text) {
        return Err(invalid("There is nothing to send: write something first."));
    }
    Ok(text)
}
