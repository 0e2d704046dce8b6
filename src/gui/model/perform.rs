//! What the person wants changes the model, and becomes commands and questions.

use super::{
    Asked, Model, Referred, Want, Writing,
    nav::{Dialog, Pane, Place},
    people::is_incoming_request,
    timeline::{Pending, Side, Timeline},
    viewed::Viewed,
};
use crate::{
    gui::{
        action::Action,
        bridge::Request,
        desktop::Wish,
        link::Link,
        strings::{tr, tr_name},
    },
    node::{
        ChatId, Command, MessageId, PersonId, SettingsChange, Timestamp,
        view::{NodeCommand, Query},
    },
};

impl Model {
    /// Does what the person wants.
    pub fn perform(&mut self, action: Action, now: Timestamp) {
        match action {
            Action::Go(place) => {
                self.nav.go(place);
                if place == Place::Settings {
                    self.want(&[Want::Files]);
                }
            }
            Action::OpenChat(chat) => self.open_chat(chat),
            Action::NextChat { up } => self.next_chat(up),
            Action::Find(wanted) => self.perform_find(wanted),
            Action::OpenPerson(person) => self.open_person(person),
            Action::Talk(person) => self.open_direct(person),
            Action::Greet(person) => {
                let (link, person_id) = (None, Some(person));
                self.command(
                    Command::AddContact { link, person_id },
                    Asked::Greeted(person),
                );
            }
            Action::OpenVerify(person) => {
                self.nav.open(Pane::Verify(person));
                self.ask_safety();
            }
            Action::Back if self.nav.dialog().is_some() => self.close_dialog(),
            Action::Back => {
                self.nav.back();
                self.follow_nav();
            }
            Action::Show(dialog) => self.show_or_pick(dialog),
            Action::CloseDialog => self.close_dialog(),
            Action::Send {
                chat,
                text,
                mentions,
            } => {
                let reply_to = match self.writing.remove(&chat) {
                    Some(Writing::Answer(message)) => Some(message.message_id),
                    Some(Writing::Change(_)) | None => None,
                };
                self.send(chat, text, (reply_to, mentions), now);
            }
            Action::AskLink(link) => self.ask_link(link, now),
            Action::OpenLink => {
                self.opens = self.link.take().map(|link| link.target);
                self.close_dialog();
            }
            Action::On(message, wanted) => self.perform_on(message, wanted, now),
            Action::File(wanted) => self.perform_with_file(wanted, now),
            Action::Sound(wanted) => self.perform_with_sound(wanted, now),
            Action::WriteNew(chat) => {
                self.writing.remove(&chat);
            }
            Action::AnswerOutside { chat, text } => self.answer_outside(chat, &text, now),
            Action::Retry { number } => self.retry(number, now),
            Action::Discard { number } => {
                if let Some(timeline) = &mut self.timeline {
                    timeline.take_back(number);
                }
            }
            Action::Typing { chat, typing } => {
                if self.typing.tell(chat, typing, now) {
                    let chat_id = chat;
                    self.command(Command::SetTyping { chat_id, typing }, Asked::Quiet);
                }
            }
            Action::Follow(following) => {
                if let Some(timeline) = &mut self.timeline {
                    timeline.set_following(following);
                }
            }
            Action::Disappear(chat_id, seconds) => {
                self.close_dialog();
                let command = Command::SetChat {
                    chat_id,
                    name: None,
                    topic: None,
                    members_may_add: None,
                    muted: None,
                    pinned: None,
                    disappear_after_s: Some(seconds),
                };
                self.change(command, &[Want::Chats]);
            }
            Action::Seen(message) => self.mark_seen(message),
            Action::Load(side) => self.load(side),
            Action::Accept(person_id) => {
                self.change(Command::AcceptContact { person_id }, PEOPLE);
            }
            Action::Remove(person_id) => {
                self.change(Command::RemoveContact { person_id }, PEOPLE);
                self.leave(person_id);
            }
            Action::Block(person_id) => {
                self.change(Command::BlockContact { person_id }, PEOPLE);
                self.leave(person_id);
            }
            Action::Unblock(person_id) => {
                self.change(Command::UnblockContact { person_id }, PEOPLE);
            }
            Action::Verify { person, same } => self.verify(person, same),
            Action::Differs(person) => self.differs(person),
            Action::Mute(chat_id, muted) => self.set_chat(chat_id, Some(muted), None),
            Action::Pin(chat_id, pinned) => self.set_chat(chat_id, None, Some(pinned)),
            Action::CreateGroup { name, members } => self.create_group(name, members),
            Action::InGroup(chat, wanted) => self.perform_in_group(chat, wanted),
            Action::Invite => {
                self.invite = None;
                self.dialog.waiting = true;
                let (ttl_s, uses) = (None, None);
                self.command(Command::CreateInvite { ttl_s, uses }, Asked::Invite);
            }
            Action::Add { link } => {
                self.dialog.waiting = true;
                self.dialog.refused = None;
                let (link, person_id) = (Some(link), None);
                self.command(Command::AddContact { link, person_id }, Asked::Added);
            }
            Action::ChoosePicture => self.read_picture(Wish::Choose),
            Action::ReadPicture(source) => self.read_picture(Wish::Read(source)),
            Action::Rename(name) => {
                self.close_dialog();
                self.me.name.clone_from(&name);
                self.set_profile(Some(name), None);
            }
            Action::NextAvatar => {
                self.me.avatar = self.me.avatar.wrapping_add(1);
                self.set_profile(None, Some(self.me.avatar));
            }
            Action::Set(change) => self.set(change),
            Action::Look(appearance) => {
                self.appearance = appearance;
                self.outbox.push(Request::Remember(appearance));
            }
            Action::Unlock(passphrase) => {
                self.unlocking = true;
                self.unlock_failed = None;
                let passphrase = passphrase.as_str().to_owned();
                self.node_command(NodeCommand::Unlock { passphrase }, Asked::Unlock);
            }
            Action::Lock => self.node_command(NodeCommand::Lock, Asked::Change(&[Want::Node])),
            Action::Passphrase { current, new } => {
                self.dialog.waiting = true;
                self.dialog.refused = None;
                let plain = |text: zeroize::Zeroizing<String>| text.as_str().to_owned();
                let (current, new) = (current.map(plain), new.map(plain));
                self.node_command(
                    NodeCommand::SetPassphrase { current, new },
                    Asked::Passphrase,
                );
            }
            Action::Recovery { passphrase } => {
                self.dialog.waiting = true;
                self.dialog.refused = None;
                let passphrase = passphrase.map(|text| text.as_str().to_owned());
                self.node_command(NodeCommand::Recovery { passphrase }, Asked::Recovery);
            }
            Action::Copy(text) => {
                self.clipboard = Some(text.into());
                self.clipboard_until = None;
                self.say(tr("toast-copied"), now);
            }
            Action::Copied => self.say(tr("toast-copied"), now),
            Action::CopySecret(text) => {
                self.clipboard = Some(text);
                self.clipboard_until = Some(now.plus(CLIPBOARD));
                self.say(tr("toast-copied-secret"), now);
            }
            Action::DismissNotice => {
                self.notices.pop();
            }
            Action::DismissOffer => {
                self.appearance.greeted = true;
                self.outbox.push(Request::Remember(self.appearance));
            }
        }
        self.mind_spoken();
        self.ask_wanted();
    }

    /// Opens a chat and asks for its newest messages.
    pub(super) fn open_chat(&mut self, chat: ChatId) {
        self.nav.open(Pane::Chat(chat));
        self.follow_nav();
    }

    /// Asks for the direct chat with somebody, to open it.
    pub(super) fn open_direct(&mut self, person_id: PersonId) {
        match self.chat_with(person_id) {
            Some(chat) => self.open_chat(chat),
            None => self.command(Command::OpenDirectChat { person_id }, Asked::Chat),
        }
    }

    /// Asks for a page of the open chat.
    pub(super) fn load(&mut self, side: Side) {
        let Some(page) = self
            .timeline
            .as_mut()
            .and_then(|timeline| timeline.ask(side))
        else {
            return;
        };
        let asked = Asked::Page(page.chat_id, side, page.limit.unwrap_or_default());
        self.query(Query::Messages(page), asked);
    }

    /// Closes the dialog, and forgets what it showed.
    pub(super) fn close_dialog(&mut self) {
        self.nav.close_dialog();
        self.dialog = super::DialogState::default();
        self.recovery = None;
        self.receipts = None;
        self.history = None;
        self.link = None;
        self.handed = None;
        self.files.close();
    }

    /// Nothing is opened before somebody has seen where it leads.
    fn ask_link(&mut self, link: String, now: Timestamp) {
        if link
            .get(..INVITE.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(INVITE))
        {
            self.show(Dialog::Add);
            self.handed = Some(link);
        } else if let Some(link) = Link::of(&link) {
            self.show(Dialog::Link);
            self.link = Some(link);
        } else {
            self.complain(tr("link-none"), now);
        }
    }

    /// The messages in memory are those of the open chat.
    pub(super) fn follow_nav(&mut self) {
        let Some(chat) = self.nav.chat() else {
            // Behind a safety number or settings the chat stays as it was.
            if self.nav.pane() == Pane::Empty {
                self.timeline = None;
            }
            return;
        };
        if self
            .timeline
            .as_ref()
            .is_some_and(|timeline| timeline.chat() == chat)
        {
            return;
        }
        let unread = self.chat(chat).map_or(0, |row| row.unread);
        self.timeline = Some(Timeline::new(chat, unread));
        self.aside.clear();
        self.seek = None;
        self.want(&[Want::Chat(chat)]);
        self.seen = None;
        self.load(Side::Latest);
    }

    fn next_chat(&mut self, up: bool) {
        let shown: Vec<ChatId> = self
            .chats
            .iter()
            .filter(|chat| !is_incoming_request(chat) && !self.is_declined(chat))
            .map(|chat| chat.chat_id)
            .collect();
        let open = self.nav.chat();
        let at = shown.iter().position(|chat| Some(*chat) == open);
        let next = match (at, up) {
            (None, _) => Some(0),
            (Some(at), true) => at.checked_sub(1),
            (Some(at), false) => at.checked_add(1),
        };
        if let Some(chat) = next.and_then(|next| shown.get(next)) {
            self.open_chat(*chat);
        }
    }

    fn open_person(&mut self, person: PersonId) {
        let request = self
            .contacts
            .get(&person)
            .and_then(|contact| contact.request);
        match self.chat_with(person) {
            Some(chat) if request.is_some() => self.open_chat(chat),
            _ => self.nav.open(Pane::Person(person)),
        }
    }

    pub(super) fn show(&mut self, dialog: Dialog) {
        self.close_dialog();
        self.nav.show(dialog);
        if dialog == Dialog::Invite && self.invite.is_none() {
            self.perform(Action::Invite, Timestamp(0));
        }
        if let Dialog::About(message) = dialog {
            if matches!(self.referred(message), Referred::Here(said) if said.outgoing) {
                self.ask_receipts(message);
            }
            self.ask_history(message);
        }
        if let Dialog::Save(_) | Dialog::Attach(_) = dialog {
            self.look_at(std::path::PathBuf::new());
        }
        if let Dialog::Contents(message) = dialog {
            self.ask_contents(message);
        }
        if let Dialog::View(message) = dialog {
            self.files.viewed = Some(Viewed::new(message));
            self.outbox.push(Request::View(message));
        }
    }

    /// Says something: what it answers, and who is named in it.
    pub(super) fn send(
        &mut self,
        chat: ChatId,
        text: String,
        about: (Option<MessageId>, Vec<PersonId>),
        now: Timestamp,
    ) {
        let (reply_to, mentions) = about;
        self.next_ticket += 1;
        let number = self.next_ticket;
        let open = self.timeline.as_mut();
        if let Some(timeline) = open.filter(|timeline| timeline.chat() == chat) {
            timeline.say(Pending {
                number,
                text: text.clone(),
                reply_to,
                mentions: mentions.clone(),
                file: None,
                at: now,
                stored: None,
                failed: None,
            });
            if !timeline.at_end() {
                self.load(Side::Latest);
            }
        }
        let command = Command::SendMessage {
            chat_id: chat,
            text,
            reply_to,
            mentions,
        };
        self.command(command, Asked::Said(chat, number));
        // The message itself says that I stopped typing.
        self.typing.tell(chat, false, now);
    }

    fn retry(&mut self, number: u64, now: Timestamp) {
        let Some(timeline) = &mut self.timeline else {
            return;
        };
        let chat = timeline.chat();
        if let Some(pending) = timeline.take_back(number) {
            if let Some(file) = pending.file {
                return self.send_file(chat, file, pending.text, now);
            }
            let about = (pending.reply_to, pending.mentions);
            self.send(chat, pending.text, about, now);
        }
    }

    fn mark_seen(&mut self, message: MessageId) {
        let Some(chat_id) = self.nav.chat() else {
            return;
        };
        let row = self.chats.iter_mut().find(|chat| chat.chat_id == chat_id);
        let Some(row) = row.filter(|row| !is_incoming_request(row)) else {
            return;
        };
        if self.seen == Some(message) {
            return;
        }
        self.seen = Some(message);
        if row
            .last
            .as_ref()
            .is_some_and(|last| last.message_id == message)
        {
            row.unread = 0;
            self.named.remove(&chat_id);
            self.wish(Wish::Withdraw(chat_id));
        }
        let up_to = message;
        self.command(Command::ReadMessages { chat_id, up_to }, Asked::Quiet);
    }

    fn verify(&mut self, person_id: PersonId, verified: bool) {
        if let Some(contact) = self.contacts.get_mut(&person_id) {
            contact.verified = verified;
        }
        let command = Command::VerifyContact {
            person_id,
            verified,
        };
        self.change(command, PEOPLE);
        if self.nav.pane() == Pane::Verify(person_id) {
            self.nav.back();
            self.follow_nav();
        }
    }

    /// A number that differs is worth more than a toast: somebody may be in between.
    fn differs(&mut self, person: PersonId) {
        let name = self.face(person).map_or("", |face| face.name);
        let words = tr_name("notice-differs", name);
        self.notify(words, tr("notice-next-differs"));
        self.verify(person, false);
    }

    fn set_chat(&mut self, chat_id: ChatId, muted: Option<bool>, pinned: Option<bool>) {
        let row = self.chats.iter_mut().find(|chat| chat.chat_id == chat_id);
        if let Some(row) = row {
            row.muted = muted.unwrap_or(row.muted);
            row.pinned = pinned.unwrap_or(row.pinned);
        }
        let command = Command::SetChat {
            chat_id,
            name: None,
            topic: None,
            members_may_add: None,
            muted,
            pinned,
            disappear_after_s: None,
        };
        self.change(command, &[Want::Chats]);
    }

    fn set_profile(&mut self, name: Option<String>, avatar: Option<u32>) {
        self.change(Command::SetProfile { name, avatar }, &[Want::Node]);
    }

    fn set(&mut self, change: SettingsChange) {
        let settings = &mut self.settings;
        for (setting, to) in [
            (&mut settings.read_receipts, change.read_receipts),
            (&mut settings.typing, change.typing),
            (&mut settings.presence, change.presence),
            (&mut settings.nearby, change.nearby),
        ] {
            *setting = to.unwrap_or(*setting);
        }
        self.change(
            Command::SetSettings(change),
            &[Want::Settings, Want::Nearby],
        );
    }

    pub(super) fn command(&mut self, command: Command, asked: Asked) {
        let ticket = self.ticket(asked);
        self.outbox.push(Request::Command(ticket, command));
    }

    pub(super) fn change(&mut self, command: Command, then: &'static [Want]) {
        self.command(command, Asked::Change(then));
    }

    fn node_command(&mut self, command: NodeCommand, asked: Asked) {
        let ticket = self.ticket(asked);
        self.outbox.push(Request::Node(ticket, command));
    }
}

/// What changes with a contact.
const PEOPLE: &[Want] = &[Want::Contacts, Want::Chats, Want::Nearby];

/// How invites begin.
const INVITE: &str = "betwixt://";

/// How long a copied secret stays in the clipboard, in milliseconds.
const CLIPBOARD: u64 = 30_000;
