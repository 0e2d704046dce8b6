//! What is done with messages: answered, changed, pinned, forwarded, found again.

use std::path::PathBuf;

use super::{Asked, Model, Want, timeline::Side};
use crate::{
    gui::{
        action::{Action, MessageAction},
        bridge::Request,
        desktop::Pick,
        model::nav::Dialog,
        strings::{tr, tr_count, tr_name},
    },
    node::{
        ChatId, Command, MessageId, Timestamp,
        view::{ChatSummary, Message, MessageKind, Place, Query},
    },
};

/// What the field under a chat is for, when it is not for something new.
#[derive(Clone, Debug, PartialEq)]
pub enum Writing {
    /// An answer to a message.
    Answer(Message),
    /// Another text for a message of mine.
    Change(Message),
}

/// A message that is shown although it is not in memory with the others.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Aside {
    /// The node was asked for it.
    Asked,
    /// It is not on this device.
    Nowhere,
    /// This is it.
    Here(Box<Message>),
}

/// What is known of a message that another one refers to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Referred<'a> {
    /// Nobody asked yet.
    Unknown,
    /// The answer is on its way.
    Asked,
    /// It is not on this device.
    Nowhere,
    /// This is it.
    Here(&'a Message),
}

impl Model {
    /// What the field under a chat is for, when it is not for something new.
    pub fn writing(&self, chat: ChatId) -> Option<&Writing> {
        self.writing.get(&chat)
    }

    /// What is known of a message that another one refers to.
    pub fn referred(&self, id: MessageId) -> Referred<'_> {
        let open = self.timeline.as_ref();
        if let Some(message) = open.and_then(|timeline| timeline.get(id)) {
            return Referred::Here(message);
        }
        match self.aside.get(&id) {
            None => Referred::Unknown,
            Some(Aside::Asked) => Referred::Asked,
            Some(Aside::Nowhere) => Referred::Nowhere,
            Some(Aside::Here(message)) => Referred::Here(message),
        }
    }

    /// The pinned messages of a chat, the last pinned first.
    pub fn pins(&self, chat: ChatId) -> &[MessageId] {
        self.pins.get(&chat).map_or(&[], Vec::as_slice)
    }

    /// Whether I can still give a message another text.
    pub fn can_change(message: &Message, now: Timestamp) -> bool {
        message.outgoing
            && message.kind == MessageKind::Text
            && !message.deleted
            && !message.text.is_empty()
            && now.since(message.sent_at) < CHANGEABLE
    }

    /// The last message of mine that I can still change, in the open chat.
    pub fn last_changeable(&self, now: Timestamp) -> Option<MessageId> {
        let mut said = self.timeline.as_ref()?.messages().iter().rev();
        let last = said.find(|message| message.outgoing && message.kind == MessageKind::Text)?;
        Self::can_change(last, now).then_some(last.message_id)
    }

    /// Whether I can write in a chat.
    pub fn can_write(&self, chat: &ChatSummary) -> bool {
        let other = chat.person_id.and_then(|person| self.contacts.get(&person));
        !super::is_incoming_request(chat)
            && self.place_in(chat.chat_id) == Place::Member
            && !other.is_some_and(|contact| contact.blocked)
    }

    /// Does what the person wants with a message.
    pub(super) fn perform_on(&mut self, id: MessageId, wanted: MessageAction, now: Timestamp) {
        match wanted {
            MessageAction::Answer => self.begin(id, Writing::Answer),
            MessageAction::Change => self.begin(id, Writing::Change),
            MessageAction::Rewrite(text) => {
                let Referred::Here(message) = self.referred(id) else {
                    return;
                };
                let chat = message.chat_id;
                if message.text == text {
                    self.writing.remove(&chat);
                    return;
                }
                let message_id = id;
                let command = Command::EditMessage { message_id, text };
                self.command(command, Asked::Rewritten(chat, id));
            }
            MessageAction::React { emoji, on } => {
                let message_id = id;
                self.close_dialog();
                let command = Command::ReactMessage {
                    message_id,
                    emoji,
                    on,
                };
                self.command(command, Asked::Change(&[]));
            }
            MessageAction::Delete(from) => {
                self.close_dialog();
                let message_id = id;
                let command = Command::DeleteMessage { message_id, from };
                self.command(command, Asked::Change(&[Want::Chats]));
            }
            MessageAction::Pin(on) => {
                let Some(chat) = self.nav.chat() else {
                    return;
                };
                let message_id = id;
                let command = Command::PinMessage { message_id, on };
                self.command(command, Asked::InGroup(chat));
            }
            MessageAction::Forward(chats) => self.forward(id, &chats, now),
            MessageAction::GoTo => self.go_to(id),
            MessageAction::Find => self.find(id),
            MessageAction::AskProof => {
                self.perform(Action::Show(Dialog::Prove(id)), now);
                self.ask_receipts(id);
                self.look_at(PathBuf::new());
            }
            MessageAction::PickProof(name) => self.pick(Pick::Proof(id, name)),
            MessageAction::Prove(path) => {
                self.dialog.waiting = true;
                self.dialog.refused = None;
                self.outbox.push(Request::Prove(id, path));
            }
        }
    }

    fn begin(&mut self, id: MessageId, what: impl Fn(Message) -> Writing) {
        if let Referred::Here(message) = self.referred(id) {
            let message = message.clone();
            self.writing.insert(message.chat_id, what(message));
        }
    }

    /// What a message says is said anew in other chats. Nothing tells where it came from.
    fn forward(&mut self, id: MessageId, chats: &[ChatId], now: Timestamp) {
        self.close_dialog();
        let Referred::Here(message) = self.referred(id) else {
            return;
        };
        let text = message.text.clone();
        for chat in chats {
            self.send(*chat, text.clone(), (None, Vec::new()), now);
        }
        match chats {
            [only] => self.open_chat(*only),
            _ => self.say(tr_count("toast-forwarded", chats.len() as u64), now),
        }
    }

    /// Shows a message among those before and after it.
    pub(super) fn go_to(&mut self, id: MessageId) {
        self.close_dialog();
        let open = self.timeline.as_mut();
        if open.is_some_and(|timeline| timeline.go_to(id)) {
            return;
        }
        let query = Query::Message { message_id: id };
        self.query(query, Asked::Jump(id));
    }

    /// The message to which the view is to go is here. Pages that are on their way lie elsewhere.
    pub(super) fn jump(&mut self, message: Message) {
        self.asked
            .retain(|_, asked| !matches!(asked, Asked::Page(..)));
        let open = self.timeline.as_mut();
        if let Some(timeline) = open.filter(|timeline| timeline.chat() == message.chat_id) {
            timeline.jump(message);
        }
        self.load(Side::Older);
    }

    /// Asks what a message says that another one refers to, once.
    fn find(&mut self, id: MessageId) {
        if self.referred(id) != Referred::Unknown {
            return;
        }
        if self.aside.len() >= ASIDES {
            self.aside.clear();
        }
        self.aside.insert(id, Aside::Asked);
        let query = Query::Message { message_id: id };
        self.query(query, Asked::Aside(id));
    }

    /// What a message that another one refers to says, or that it is not here.
    pub(super) fn found(&mut self, id: MessageId, message: Option<Message>) {
        let known = message.map_or(Aside::Nowhere, |message| Aside::Here(Box::new(message)));
        self.aside.insert(id, known);
    }

    /// A message shows differently: so does whatever refers to it.
    pub(super) fn refer_anew(&mut self, message: &Message) {
        if let Some(aside) = self.aside.get_mut(&message.message_id) {
            *aside = Aside::Here(Box::new(message.clone()));
        }
        if message.deleted {
            self.stop_writing_about(message.message_id);
        }
    }

    /// A message is gone from this device: nothing refers to it any more.
    pub(super) fn refer_nowhere(&mut self, chat: ChatId, id: MessageId) {
        if let Some(aside) = self.aside.get_mut(&id) {
            *aside = Aside::Nowhere;
        }
        if self.pins(chat).contains(&id) {
            self.want(&[Want::Chat(chat)]);
        }
        self.stop_writing_about(id);
    }

    fn stop_writing_about(&mut self, id: MessageId) {
        self.writing.retain(|_, writing| {
            let (Writing::Answer(about) | Writing::Change(about)) = writing;
            about.message_id != id
        });
    }

    /// The new text is kept.
    pub(super) fn rewritten(&mut self, chat: ChatId, id: MessageId) {
        if matches!(self.writing.get(&chat), Some(Writing::Change(of)) if of.message_id == id) {
            self.writing.remove(&chat);
        }
    }

    /// The proof of a message is saved there, or why not.
    pub(super) fn proved(&mut self, saved: Result<String, String>, now: Timestamp) {
        let asks = matches!(self.nav.dialog(), Some(Dialog::Prove(_)));
        match saved {
            Ok(place) => {
                if asks {
                    self.close_dialog();
                }
                self.say(tr_name("file-saved", &place), now);
            }
            Err(why) if asks => {
                self.dialog.waiting = false;
                self.dialog.refused = Some(why);
            }
            Err(why) => self.complain(why, now),
        }
    }

    /// The new text was refused. It stays in the field, to be copied.
    pub(super) fn not_rewritten(&mut self, why: &str, now: Timestamp) {
        self.complain(format!("{} {why}", tr("failed-not-changed")), now);
    }
}

/// How long a message of mine can be changed, in milliseconds (ADR 0013).
const CHANGEABLE: u64 = 24 * 60 * 60 * 1000;

/// Messages that are kept because others refer to them.
const ASIDES: usize = 1000;
