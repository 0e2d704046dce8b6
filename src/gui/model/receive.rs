//! What the node says changes the model.

use zeroize::Zeroizing;

use super::{
    Asked, EVERYTHING, Invite, Model, Stage, Want,
    nav::{Dialog, Pane},
    timeline::{Side, Timeline, is_heard},
};
use crate::{
    gui::{bridge::Update, refusal, scan::Refusal, strings::tr},
    node::{
        ChatChange, ChatId, CommandError, MessageId, Reply, Timestamp, WarningKind,
        view::{Answer, ChatSummary, Event, Member, Message, NodeInfo, Query, RequestState},
    },
};

impl Model {
    /// Takes what the node says.
    pub fn receive(&mut self, update: Update, now: Timestamp) {
        match update {
            Update::Started => self.want(&[Want::Node]),
            Update::Stopped { why, damaged } => {
                self.forget();
                let why = refusal::words(why);
                self.stage = Stage::Stopped { why, damaged };
            }
            Update::Event(event) => self.event(event, now),
            Update::Reply(ticket, reply) => {
                if let Some(asked) = self.asked.remove(&ticket) {
                    self.reply(asked, reply, now);
                }
            }
            Update::Looked(ticket, found) => {
                if let Some(asked) = self.asked.remove(&ticket) {
                    self.looked(&asked, found);
                }
            }
            Update::Weighed(path, weight) => self.files.weighed(&path, weight),
            Update::Heard(heard) => self.heard(heard, now),
            Update::Watched(Ok(())) => {}
            Update::Proved(saved) => self.proved(saved, now),
            Update::Watched(Err(why)) => self.complain(why, now),
            Update::Viewed(message, shots) => self.files.view(message, shots),
            Update::Decoded(file, picture) => self.files.decoded(file, picture),
            Update::Answer(ticket, answer) => {
                if let Some(asked) = self.asked.remove(&ticket) {
                    self.answer(asked, answer, now);
                }
            }
        }
        self.ask_wanted();
    }

    fn event(&mut self, event: Event, now: Timestamp) {
        match event {
            Event::Message(message) => self.message(*message, now),
            Event::Removed {
                chat_id,
                message_id,
            } => {
                self.refer_nowhere(chat_id, message_id);
                self.found_no_more(message_id);
                let open = self.timeline.as_mut();
                if let Some(timeline) = open.filter(|timeline| timeline.chat() == chat_id)
                    && let Some(message_id) = timeline.removed(message_id)
                {
                    self.query(Query::Message { message_id }, Asked::Quiet);
                }
                self.want(&[Want::Chats]);
                self.want_storage();
            }
            Event::Status {
                message_id, state, ..
            } => {
                if let Some(timeline) = &mut self.timeline {
                    timeline.status(message_id, state);
                }
                let shown = self.chats.iter_mut().filter_map(|chat| chat.last.as_mut());
                for last in shown.filter(|last| last.message_id == message_id) {
                    last.state = last.state.max(state);
                }
                if self.nav.dialog() == Some(Dialog::About(message_id)) {
                    self.ask_receipts(message_id);
                }
            }
            Event::Typing {
                chat_id,
                person_id,
                typing,
            } => self.typing.set(chat_id, person_id, typing, now),
            Event::Presence { person_id, online } => {
                if let Some(contact) = self.contacts.get_mut(&person_id) {
                    contact.online = online;
                    contact.last_seen = Some(now);
                }
            }
            Event::Nearby { .. } => self.want(&[Want::Nearby]),
            Event::Contact { person_id, contact } => {
                let asks = contact.as_ref().and_then(|contact| contact.request);
                let before = match contact {
                    Some(contact) => self.contacts.insert(person_id, contact),
                    None => self.contacts.remove(&person_id),
                };
                let asked = before.and_then(|contact| contact.request);
                if asks == Some(RequestState::Incoming) && asked != asks {
                    self.tell_request(person_id);
                }
                if self.safety.as_ref().is_some_and(|(of, _)| *of == person_id) {
                    self.safety = None;
                    self.ask_safety();
                }
                self.want(&[Want::Nearby, Want::Chats]);
                let is_in = |member: &Member| member.person_id == person_id;
                self.want_groups(|info| info.members.iter().any(is_in));
            }
            Event::Chat { chat_id, what } => match what {
                ChatChange::Deleted => self.forget_chat(chat_id),
                ChatChange::Unread => self.want(&[Want::Chats]),
                ChatChange::Created
                | ChatChange::Settings
                | ChatChange::Members
                | ChatChange::Completeness => {
                    self.want(&[Want::Chats]);
                    self.want_groups(|info| info.chat_id == chat_id);
                    if self.pins.contains_key(&chat_id) {
                        self.want(&[Want::Chat(chat_id)]);
                    }
                }
            },
            Event::Transfer(transfer) => self.transfer(*transfer, now),
            Event::Warning { kind, text } => self.warn(kind, text, now),
            Event::Node(me) => self.node(*me),
            Event::Missed { .. } => {
                self.want(EVERYTHING);
                self.want_groups(|_| true);
                self.load(Side::Latest);
            }
        }
    }

    /// What a picture showed that somebody chose.
    pub fn picture_read(&mut self, read: Result<String, Refusal>) {
        if self.nav.dialog() != Some(Dialog::Add) {
            return;
        }
        self.dialog.waiting = false;
        match read {
            Ok(text) => self.handed = Some(text),
            Err(refusal) => self.dialog.refused = refusal.words(),
        }
    }

    fn message(&mut self, message: Message, now: Timestamp) {
        self.refer_anew(&message);
        if message.deleted {
            self.found_no_more(message.message_id);
        }
        if message.deleted && self.pins(message.chat_id).contains(&message.message_id) {
            self.want(&[Want::Chat(message.chat_id)]);
        }
        if self.nav.dialog() == Some(Dialog::About(message.message_id)) {
            self.ask_history(message.message_id);
        }
        if !message.outgoing {
            self.typing.set(message.chat_id, message.sender, false, now);
        }
        let open = self.timeline.as_mut();
        let is_new = match open.filter(|timeline| timeline.chat() == message.chat_id) {
            Some(timeline) => timeline.message(message.clone()),
            None => true,
        };
        if self.timeline.as_ref().is_some_and(Timeline::is_unsure) {
            self.want(&[Want::Order, Want::Chats]);
        }
        let row = self
            .chats
            .iter_mut()
            .find(|chat| chat.chat_id == message.chat_id);
        let Some(chat) = row else {
            self.want(&[Want::Chats]);
            return;
        };
        let last = chat.last.as_ref();
        let newer = last.is_none_or(|last| message.seq > last.seq);
        let same = last.is_some_and(|last| message.message_id == last.message_id);
        if newer && !same && message.given_by.is_some() {
            // It moves what was known as the last one.
            self.want(&[Want::Chats]);
            return;
        }
        let told = (is_new && newer && !same && is_heard(&message)).then(|| message.clone());
        if told.is_some() {
            chat.unread = chat.unread.saturating_add(1);
            if message.mentioned {
                self.named.insert(message.chat_id);
            }
        }
        if newer || same {
            chat.last = Some(message);
        }
        sort(&mut self.chats);
        if let Some(message) = told {
            self.tell_message(&message);
        }
    }

    fn warn(&mut self, kind: WarningKind, text: String, now: Timestamp) {
        let next = match kind {
            WarningKind::SessionReset => return self.say(refusal::words(text), now),
            WarningKind::AccountConflict => tr("notice-next-conflict"),
            WarningKind::RolledBack => tr("notice-next-rolled-back"),
            WarningKind::Storage => tr("notice-next-storage"),
            WarningKind::Network => tr("notice-next-network"),
        };
        self.notify(refusal::words(text), next);
    }

    fn node(&mut self, me: NodeInfo) {
        let was = std::mem::replace(&mut self.me, me);
        if self.me.locked {
            if self.stage != Stage::Locked {
                self.forget();
            }
            return;
        }
        let opened = self.stage != Stage::Open || was.person_id != self.me.person_id;
        self.stage = Stage::Open;
        self.unlocking = false;
        self.unlock_failed = None;
        if opened {
            self.want(&[Want::Settings, Want::Nearby, Want::Contacts, Want::Chats]);
        }
    }

    fn answer(&mut self, asked: Asked, answer: Result<Answer, CommandError>, now: Timestamp) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return self.refused(&asked, error, now),
        };
        match (asked, answer) {
            (_, Answer::Node(me)) => self.node(*me),
            (_, Answer::Settings(settings)) => self.settings = settings,
            (_, Answer::Nearby(nearby)) => self.nearby = nearby,
            (_, Answer::Contacts(contacts)) => {
                let rows = contacts
                    .into_iter()
                    .map(|contact| (contact.person_id, contact));
                self.contacts = rows.collect();
            }
            (_, Answer::Chats(chats)) => {
                self.chats = chats;
                self.chats_known = true;
                self.follow_named();
                sort(&mut self.chats);
                self.follow_groups();
            }
            (_, Answer::Chat(info)) => self.know_chat(*info),
            (_, Answer::Files(storage)) => self.files.storage = Some(storage),
            (Asked::Said(chat, number), Answer::FileSent { message_id, .. }) => {
                self.said(chat, number, message_id);
            }
            (Asked::Save(message), Answer::File { .. }) => {
                if self.nav.dialog() == Some(Dialog::Save(message)) {
                    self.close_dialog();
                }
            }
            (Asked::Page(chat, side, limit), Answer::Messages(page)) => {
                let open = self.timeline.as_mut();
                if let Some(timeline) = open.filter(|timeline| timeline.chat() == chat) {
                    timeline.loaded(side, limit, page);
                }
            }
            (Asked::Order(after), Answer::Messages(page)) => {
                let mut messages = page.iter();
                let open = self
                    .timeline
                    .as_mut()
                    .filter(|timeline| messages.all(|message| message.chat_id == timeline.chat()));
                if let Some(timeline) = open {
                    timeline.ordered(after, page);
                    if timeline.is_unsure() {
                        self.want(&[Want::Order]);
                    }
                }
            }
            (Asked::Found(asked), Answer::Results(found)) => {
                self.take_found(&asked, Ok(found), now);
            }
            (Asked::Safety(person), Answer::Safety(safety)) => {
                self.safety = Some((person, safety));
            }
            (Asked::Jump(_), Answer::Message(message)) => self.jump(*message),
            (Asked::Aside(id), Answer::Message(message)) => self.found(id, Some(*message)),
            (Asked::Contents(of), Answer::Contents(contents)) => {
                if self.nav.dialog() == Some(Dialog::Contents(of)) {
                    self.files.contents = Some(Ok(contents));
                }
            }
            (Asked::History(of), Answer::History(editions)) => {
                if self.nav.dialog() == Some(Dialog::About(of)) {
                    self.history = Some((of, editions));
                }
            }
            (_, Answer::Message(message)) => {
                let open = self.timeline.as_mut();
                if let Some(timeline) = open.filter(|held| held.chat() == message.chat_id) {
                    timeline.shown_anew(*message);
                }
            }
            (_, Answer::Recovery { words }) => {
                self.dialog.waiting = false;
                self.dialog.refused = None;
                if self.nav.dialog() == Some(Dialog::Recovery) {
                    self.recovery = Some(Zeroizing::new(words));
                }
            }
            (Asked::Unlock, Answer::Done {}) => self.want(&[Want::Node]),
            (Asked::Passphrase, Answer::Done {}) => {
                self.close_dialog();
                self.say(tr("passphrase-changed"), now);
                self.want(&[Want::Node]);
            }
            (Asked::Change(wants), Answer::Done {} | Answer::File { .. }) => self.want(wants),
            (Asked::Receipts(of), Answer::Receipts(receipts)) => {
                if [Dialog::About(of), Dialog::Prove(of)]
                    .map(Some)
                    .contains(&self.nav.dialog())
                {
                    self.receipts = Some((of, receipts));
                }
            }
            (
                _,
                Answer::Safety(_)
                | Answer::Messages(_)
                | Answer::History(_)
                | Answer::Receipts(_)
                | Answer::Results(_)
                | Answer::SearchState(_)
                | Answer::FileSent { .. }
                | Answer::File { .. }
                | Answer::Content(_)
                | Answer::Contents(_)
                | Answer::Done {},
            ) => {}
        }
    }

    fn reply(&mut self, asked: Asked, reply: Result<Reply, CommandError>, now: Timestamp) {
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => return self.refused(&asked, error, now),
        };
        match (asked, reply) {
            (Asked::Said(chat, number), Reply::Sent { message_id, .. }) => {
                self.said(chat, number, message_id);
            }
            (Asked::Chat, Reply::Chat { chat_id }) => {
                self.want(&[Want::Chats]);
                self.open_chat(chat_id);
            }
            (Asked::Greeted(person), _) => self.open_direct(person),
            (Asked::Invite, Reply::Invite { link, qr_svg }) => {
                self.dialog.waiting = false;
                self.invite = Some(Invite { link, qr_svg });
            }
            (Asked::Added, Reply::Person { person_id }) => {
                self.close_dialog();
                self.want(&[Want::Contacts, Want::Chats]);
                self.open_direct(person_id);
            }
            (Asked::Change(wants), _) => self.want(wants),
            (Asked::Founded, Reply::Chat { chat_id }) => {
                if self.nav.dialog() == Some(Dialog::NewGroup) {
                    self.close_dialog();
                }
                self.want(&[Want::Chats]);
                self.open_chat(chat_id);
            }
            (Asked::InGroup(chat), _) => self.want(&[Want::Chats, Want::Chat(chat)]),
            (Asked::InDialog(dialog, chat), _) => self.dialog_answered(dialog, chat, None, now),
            (Asked::Deleted(chat), _) => self.forget_chat(chat),
            (Asked::Rewritten(chat, message), _) => self.rewritten(chat, message),
            (
                _,
                Reply::Done {}
                | Reply::Invite { .. }
                | Reply::Person { .. }
                | Reply::Chat { .. }
                | Reply::Sent { .. }
                | Reply::Proof { .. },
            ) => {}
        }
    }

    /// A message of mine is on disk.
    fn said(&mut self, chat: ChatId, number: u64, message: MessageId) {
        let open = self.timeline.as_mut();
        if let Some(timeline) = open.filter(|timeline| timeline.chat() == chat) {
            timeline.said(number, message);
        }
    }

    /// What was asked for was refused: said where the person looks.
    fn refused(&mut self, asked: &Asked, mut error: CommandError, now: Timestamp) {
        error.message = refusal::said(&error);
        if let Asked::Found(looking) = asked {
            return self.take_found(looking, Err(error), now);
        }
        match *asked {
            Asked::Said(chat, number) => {
                let open = self.timeline.as_mut();
                match open.filter(|timeline| timeline.chat() == chat) {
                    Some(timeline) => timeline.not_said(number, error.message),
                    None => self.complain(error.message, now),
                }
            }
            Asked::Page(..) => {
                if let Some(timeline) = &mut self.timeline {
                    timeline.not_loaded();
                }
                self.complain(error.message, now);
            }
            Asked::Unlock => {
                self.unlocking = false;
                self.unlock_failed = Some(error.message);
            }
            // The desktop's own window asked where.
            Asked::Save(_) if self.nav.dialog().is_none() => {
                self.dialog.waiting = false;
                self.complain(error.message, now);
            }
            Asked::Added
            | Asked::Invite
            | Asked::Passphrase
            | Asked::Recovery
            | Asked::Founded
            | Asked::Save(_)
            | Asked::Receipts(_) => {
                self.dialog.waiting = false;
                self.dialog.refused = Some(error.message);
            }
            Asked::Change(wants) => {
                // What was shown before the answer must be as it is again.
                self.want(wants);
                self.complain(error.message, now);
            }
            Asked::InGroup(chat) => {
                self.want(&[Want::Chats, Want::Chat(chat)]);
                self.complain(error.message, now);
            }
            Asked::InDialog(dialog, chat) => {
                self.dialog_answered(dialog, chat, Some(error), now);
            }
            Asked::Rewritten(..) => self.not_rewritten(&error.message, now),
            Asked::Contents(of) => {
                if self.nav.dialog() == Some(Dialog::Contents(of)) {
                    self.files.contents = Some(Err(error.message));
                }
            }
            Asked::Aside(id) => self.found(id, None),
            Asked::Jump(_) => self.complain(tr("quote-nowhere"), now),
            Asked::Safety(_) | Asked::Chat | Asked::Greeted(_) | Asked::Deleted(_) => {
                self.complain(error.message, now);
            }
            // A list that cannot be had while the profile is locked is asked for again after.
            Asked::Refresh(_)
            | Asked::History(_)
            | Asked::Order(_)
            | Asked::Found(_)
            | Asked::Looked
            | Asked::Chosen(_)
            | Asked::Quiet => {}
        }
    }

    /// Asks for the safety number that is shown.
    pub(super) fn ask_safety(&mut self) {
        if let Pane::Verify(person_id) = self.nav.pane() {
            let query = Query::Safety { person_id };
            self.query(query, Asked::Safety(person_id));
        }
    }
}

/// Pinned ones first, then the newest.
fn sort(chats: &mut [ChatSummary]) {
    chats.sort_by(|a, b| {
        let newest = |chat: &ChatSummary| chat.last.as_ref().map(|last| last.sent_at);
        b.pinned
            .cmp(&a.pinned)
            .then_with(|| newest(b).cmp(&newest(a)))
            .then_with(|| a.name.cmp(&b.name))
    });
}
