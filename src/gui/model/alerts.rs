//! What is told outside of the window.

use super::{Model, Stage, people::is_incoming_request};
use crate::{
    gui::{
        alert::{self, Happened, Hour, What},
        desktop::Wish,
        markup,
        panel::{composer::LONGEST, snippet},
    },
    node::{
        ChatId, Command, PersonId, Timestamp,
        view::{ChatKind, Message, RequestState},
    },
};

/// What matters for it, of the world outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    /// Whether the window has the keyboard.
    pub looked_at: bool,
    /// The time of the person's day.
    pub hour: Hour,
    /// Whether the desktop has a window of its own to choose files.
    pub chooser: bool,
    /// Whether the desktop has a tray.
    pub tray: bool,
}

impl Model {
    /// What is to be shown outside of the window, or no longer.
    pub fn take_wishes(&mut self) -> Vec<Wish> {
        std::mem::take(&mut self.wishes)
    }

    /// A message came that was not there before.
    pub(super) fn tell_message(&mut self, message: &Message) {
        let Some(chat) = self.chat(message.chat_id) else {
            return;
        };
        // A request is told once, and an invitation that was declined never.
        if is_incoming_request(chat) || self.is_declined(chat) {
            return;
        }
        let open = self.nav.chat() == Some(chat.chat_id);
        // Of a file without words its name is told.
        let words = if message.text.is_empty() {
            snippet::words(message)
        } else {
            message.text.chars().take(MOST).collect()
        };
        let (name, author) = (chat.name.clone(), self.name_of(message.sender));
        let words = markup::plain(&words).replace('\n', " ");
        let happened = Happened {
            what: What::Message,
            chat: chat.chat_id,
            name: &name,
            author: &author,
            words: &words,
            group: chat.kind == ChatKind::Group,
            muted: chat.muted,
            named: message.mentioned,
            unread: chat.unread,
            seen: self.around.looked_at && open,
        };
        self.tell(&happened);
    }

    /// Somebody wants to talk.
    pub(super) fn tell_request(&mut self, person: PersonId) {
        let Some(contact) = self.contacts.get(&person) else {
            return;
        };
        let name = contact.name.clone();
        let muted = contact.blocked || contact.request != Some(RequestState::Incoming);
        // Until its chat is known, a click leads to where requests stand.
        let chat = self.chat_with(person).unwrap_or(ChatId(person.0));
        let happened = Happened {
            what: What::Request,
            chat,
            name: &name,
            author: "",
            words: "",
            group: false,
            muted,
            named: false,
            unread: 1,
            seen: self.around.looked_at,
        };
        self.tell(&happened);
    }

    fn tell(&mut self, happened: &Happened<'_>) {
        let note = alert::note(happened, &self.appearance.alerts, self.around.hour);
        if let Some(note) = note {
            self.wish(Wish::Show(note));
        }
    }

    /// Of a chat only the last word counts.
    pub(super) fn wish(&mut self, wish: Wish) {
        let about = |wish: &Wish| match wish {
            Wish::Show(note) => Some(note.chat),
            Wish::Withdraw(chat) => Some(*chat),
            Wish::WithdrawAll
            | Wish::Choose
            | Wish::Read(_)
            | Wish::Tray(_)
            | Wish::Pick(_)
            | Wish::Awake(_) => None,
        };
        let chat = about(&wish);
        self.wishes
            .retain(|held| chat.is_none() || about(held) != chat);
        if self.wishes.len() < AT_ONCE {
            self.wishes.push(wish);
        }
    }

    /// A picture is to be read, for the dialog that takes invites.
    pub(super) fn read_picture(&mut self, wish: Wish) {
        self.dialog.waiting = true;
        self.dialog.refused = None;
        self.wish(wish);
    }

    /// An answer that was written in a notification.
    pub(super) fn answer_outside(&mut self, chat_id: ChatId, text: &str, now: Timestamp) {
        let text = text.trim();
        let Some(chat) = self.chat(chat_id).filter(|_| self.stage == Stage::Open) else {
            return;
        };
        if text.is_empty() || text.len() > LONGEST || !self.can_write(chat) {
            return;
        }
        let last = chat.last.as_ref().map(|last| last.message_id);
        // Who answers has read it.
        if let Some(up_to) = last {
            let command = Command::ReadMessages { chat_id, up_to };
            self.command(command, super::Asked::Quiet);
        }
        self.send(chat_id, text.to_owned(), (None, Vec::new()), now);
    }
}

/// Chats that are told of in one frame.
const AT_ONCE: usize = 32;

/// So much of a message is looked at, in characters.
const MOST: usize = 400;
