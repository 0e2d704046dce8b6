//! What the person asks for.

use super::{
    Engine, Known, Replied, Turn,
    command::{Command, CommandError, ErrorKind, Reply, SettingsChange},
    event::{ChatChange, EngineEvent},
    groups::group_name,
};
use crate::{
    proto::{
        card::{Card, Token},
        chat::membership::SetMeta,
        contact::Standing,
        id::{ChatId, PersonId},
        outbox::Cargo,
        record::{Class, Write},
        text::clean_name,
    },
    wire::limits,
};

impl Engine {
    pub(super) fn on_command(&mut self, turn: &mut Turn<'_>, command: Command) -> Replied {
        match command {
            Command::SetProfile { name, avatar } => self.set_profile(turn, name.as_deref(), avatar),
            Command::SetSettings(change) => {
                self.set_settings(turn, change);
                Ok(Reply::Done {})
            }
            Command::CreateInvite { ttl_s, uses } => self.create_invite(turn, ttl_s, uses),
            Command::AddContact {
                link: Some(link),
                person_id: None,
            } => self.add_by_link(turn, &link),
            Command::AddContact {
                link: None,
                person_id: Some(person),
            } => self.add_nearby(turn, person),
            Command::AddContact { .. } => Err(invalid(
                "Give either an invite link or the id of somebody nearby.",
            )),
            Command::AcceptContact { person_id } => self.accept(turn, person_id),
            Command::BlockContact { person_id } => self.set_blocked(turn, person_id, true),
            Command::UnblockContact { person_id } => self.set_blocked(turn, person_id, false),
            Command::RemoveContact { person_id } => self.remove_contact(turn, person_id),
            Command::VerifyContact {
                person_id,
                verified,
            } => self.set_verified(turn, person_id, verified),
            Command::OpenDirectChat { person_id } => self.open_direct(turn, person_id),
            Command::CreateGroup { name, members } => self.create_group(turn, &name, &members),
            Command::AddMember {
                chat_id,
                person_id,
                history,
            } => self.add_to_group(turn, self.group_id(chat_id)?, person_id, history),
            Command::RemoveMember { chat_id, person_id } => {
                self.remove_from_group(turn, self.group_id(chat_id)?, person_id)
            }
            Command::SetRole {
                chat_id,
                person_id,
                role,
            } => self.set_role(turn, self.group_id(chat_id)?, person_id, role),
            Command::JoinGroup { chat_id } => self.join_group(turn, self.group_id(chat_id)?),
            Command::LeaveGroup { chat_id } => self.leave_group(turn, self.group_id(chat_id)?),
            Command::DeleteChat { chat_id } => self.delete_chat(turn, chat_id),
            Command::SetChat {
                chat_id,
                name,
                topic,
                members_may_add,
                muted,
                pinned,
                disappear_after_s,
            } => {
                let is_group = self.groups.contains_key(&chat_id);
                if let Some(seconds) = disappear_after_s.filter(|_| !is_group) {
                    self.set_stay(turn, chat_id, seconds)?;
                }
                let meta = SetMeta {
                    name,
                    topic,
                    timer_s: disappear_after_s.filter(|_| is_group),
                    add_by: members_may_add.map(u8::from),
                    ..SetMeta::default()
                };
                self.set_chat(turn, chat_id, meta, (muted, pinned))
            }
            Command::SendMessage {
                chat_id,
                text,
                reply_to,
                mentions,
            } => self.say(turn, chat_id, &text, reply_to, mentions),
            Command::EditMessage { .. }
            | Command::DeleteMessage { .. }
            | Command::ReactMessage { .. }
            | Command::PinMessage { .. } => self.on_act(turn, command, None),
            Command::ReadMessages { .. } => Err(CommandError::new(
                ErrorKind::Unsupported,
                "Only the node can tell which messages come before another; ask it with message.read.",
            )),
            Command::ProveMessage { .. } => Err(CommandError::new(
                ErrorKind::Unsupported,
                "Only the node can read the message and its receipts; ask it with message.prove.",
            )),
            Command::SetTyping { chat_id, typing } => {
                self.writable(&chat_id)?;
                self.on_own_typing(turn, chat_id, typing);
                Ok(Reply::Done {})
            }
        }
    }

    fn set_profile(
        &mut self,
        turn: &mut Turn<'_>,
        name: Option<&str>,
        avatar: Option<u32>,
    ) -> Replied {
        if let Some(name) = name {
            if name.len() > limits::NAME {
                return Err(CommandError::new(
                    ErrorKind::TooLarge,
                    format!(
                        "A name has at most {} bytes; choose a shorter one.",
                        limits::NAME
                    ),
                ));
            }
            let Some(name) = clean_name(name) else {
                return Err(invalid("Choose a name with at least one visible letter."));
            };
            self.own.profile.name = name;
        }
        if let Some(avatar) = avatar {
            self.own.profile.avatar = avatar;
        }
        let changed = &mut self.own.profile.changed;
        *changed = turn.now.max(changed.plus(1));
        self.dirty.own = true;
        let contacts: Vec<PersonId> = self
            .people
            .keys()
            .filter(|person| self.is_contact(person))
            .copied()
            .collect();
        for person in contacts {
            let body = self.profile_body();
            self.send_control(turn, &person, body, Cargo::Profile);
        }
        self.tell_own_cards(turn);
        self.announce_profile(turn);
        Ok(Reply::Done {})
    }

    fn set_settings(&mut self, turn: &mut Turn<'_>, change: SettingsChange) {
        let profile = &mut self.own.profile;
        profile.read_receipts = change.read_receipts.unwrap_or(profile.read_receipts);
        profile.typing = change.typing.unwrap_or(profile.typing);
        let presence = change.presence.filter(|on| *on != profile.presence);
        profile.presence = change.presence.unwrap_or(profile.presence);
        let nearby = change.nearby.filter(|nearby| *nearby != profile.nearby);
        profile.nearby = change.nearby.unwrap_or(profile.nearby);
        self.dirty.own = true;
        match change.presence {
            Some(true) => self.refresh_paths(turn.now, None),
            Some(false) => self.hide_presence(turn),
            None => {}
        }
        if let Some(on) = nearby {
            self.set_nearby(turn, on);
        }
        if let Some(on) = presence {
            self.set_presence(turn, on);
        }
    }

    fn add_by_link(&mut self, turn: &mut Turn<'_>, link: &str) -> Replied {
        let card = Card::parse(link).map_err(|error| invalid(error.to_string()))?;
        if card.expires <= turn.now {
            return Err(invalid("This invite has ended. Ask for a new one."));
        }
        self.may_ask(&card.person)?;
        let at = (card.peer, card.addresses);
        self.request(turn, card.person, at, Some(card.token))
    }

    fn add_nearby(&mut self, turn: &mut Turn<'_>, person: PersonId) -> Replied {
        self.may_ask(&person)?;
        let standing = self.people.get(&person).map(|known| known.contact.standing);
        let asked = matches!(
            standing,
            Some(Standing::Contact | Standing::Outgoing | Standing::Incoming)
        );
        let at = self.nearby.node_of(&person);
        match at {
            Some(at) => self.request(turn, person, at, None),
            None if asked => self.request(turn, person, (self.peer(), Vec::new()), None),
            None => Err(CommandError::new(
                ErrorKind::NotFound,
                "Nobody nearby has this id. Ask the person for an invite link instead.",
            )),
        }
    }

    fn may_ask(&self, person: &PersonId) -> Result<(), CommandError> {
        if *person == self.person() {
            return Err(invalid("That is you. Give the link to somebody else."));
        }
        if self
            .people
            .get(person)
            .is_some_and(|known| known.contact.blocked)
        {
            return Err(CommandError::new(
                ErrorKind::Conflict,
                "This person is blocked. Unblock them first.",
            ));
        }
        Ok(())
    }

    /// Asks somebody, unless that is settled already; accepts them if they asked us.
    fn request(
        &mut self,
        turn: &mut Turn<'_>,
        person: PersonId,
        at: (crate::wire::id::PeerId, Vec<crate::wire::id::Address>),
        token: Option<Token>,
    ) -> Replied {
        let known = self.people.get(&person).map(|known| &known.contact);
        let asked_before = known.and_then(|contact| contact.asking.as_ref());
        match known.map(|contact| contact.standing) {
            Some(Standing::Contact) => {}
            Some(Standing::Incoming) => {
                self.accept(turn, person)?;
            }
            Some(Standing::Outgoing) if token.is_none() || asked_before.is_none() => {}
            Some(Standing::Outgoing | Standing::Stranger) | None => {
                self.begin_request(turn, person, at, token);
            }
        }
        Ok(Reply::Person { person_id: person })
    }

    fn accept(&mut self, turn: &mut Turn<'_>, person: PersonId) -> Replied {
        let standing = self.people.get(&person).map(|known| known.contact.standing);
        match standing {
            Some(Standing::Contact) => Ok(Reply::Done {}),
            Some(Standing::Incoming) => {
                self.become_contacts(turn, person);
                Ok(Reply::Done {})
            }
            Some(Standing::Outgoing | Standing::Stranger) | None => Err(CommandError::new(
                ErrorKind::NotFound,
                "This person has not asked to be a contact, or took it back. Add them yourself.",
            )),
        }
    }

    fn set_blocked(&mut self, turn: &mut Turn<'_>, person: PersonId, blocked: bool) -> Replied {
        if person == self.person() {
            return Err(invalid("That is you. Choose somebody else to block."));
        }
        let now = turn.now;
        if !self.people.contains_key(&person) {
            if !blocked || self.nearby.node_of(&person).is_none() {
                return Err(nobody());
            }
            let mut known = Known::stranger(person, now);
            if let Some((name, avatar)) = self.nearby.name_of(&person) {
                known.contact.name = name;
                known.contact.avatar = avatar;
            }
            self.people.insert(person, known);
        }
        if blocked {
            self.expel(turn, &person);
            self.forget_live(turn, &person);
        }
        if let Some(known) = self.person_mut(&person) {
            known.contact.blocked = blocked;
        }
        if !blocked {
            self.admit(turn, &person);
            if self.is_contact(&person) {
                // What the blocked side could still write on is left behind (protocol §4.1).
                let chat = self.chat_with(&person);
                self.renew_channel(turn, chat, &person);
            }
        }
        turn.emit(EngineEvent::Contact(person));
        Ok(Reply::Done {})
    }

    fn remove_contact(&mut self, turn: &mut Turn<'_>, person: PersonId) -> Replied {
        let Some(standing) = self.people.get(&person).map(|known| known.contact.standing) else {
            return Err(nobody());
        };
        self.expel(turn, &person);
        self.forget_live(turn, &person);
        self.asks.settle(&person);
        let chat = self.chat_with(&person);
        for id in self.outbox.waiting_in(&chat) {
            self.outbox.remove(&id);
            turn.write(Write::Delete(Class::Outbox, id.0.to_vec()));
        }
        let is_co_member = self.is_co_member(&person);
        for device in self
            .devices_of(&person)
            .into_iter()
            .filter(|_| !is_co_member)
        {
            self.sessions.remove(&device);
            self.dirty.sessions.insert(device);
        }
        if standing == Standing::Incoming {
            // A request that was declined leaves nothing behind but its frames and initiations,
            // which stay known so that nobody can repeat them.
            self.chats.remove(&chat);
            self.gaps.remove(&chat);
            self.forget_expiry(turn, &chat);
            let people = vec![person];
            turn.write(Write::Forget { chat, people });
        } else if let Some(held) = self.chats.get_mut(&chat) {
            held.channels.clear();
            held.thread.unread = 0;
        }
        self.dirty.chats.insert(chat);
        let forgotten = standing == Standing::Incoming
            && self
                .people
                .get(&person)
                .is_some_and(|known| !known.contact.blocked);
        if forgotten {
            self.people.remove(&person);
            self.dirty.people.insert(person);
            self.index(&person);
        } else if let Some(known) = self.person_mut(&person) {
            known.contact.standing = Standing::Stranger;
            known.contact.verified = false;
            known.contact.asking = None;
        }
        turn.emit(EngineEvent::Contact(person));
        Ok(Reply::Done {})
    }

    fn set_verified(&mut self, turn: &mut Turn<'_>, person: PersonId, verified: bool) -> Replied {
        let Some(known) = self.person_mut(&person) else {
            return Err(nobody());
        };
        known.contact.verified = verified;
        if verified {
            known.contact.conflict = false;
        }
        self.flush_unsealed(turn, &person);
        turn.emit(EngineEvent::Contact(person));
        Ok(Reply::Done {})
    }

    fn open_direct(&mut self, turn: &mut Turn<'_>, person: PersonId) -> Replied {
        if person == self.person() {
            return Err(CommandError::new(
                ErrorKind::Unsupported,
                "A chat with yourself is not possible yet. Choose a contact.",
            ));
        }
        let standing = self.people.get(&person).map(|known| known.contact.standing);
        match standing {
            Some(Standing::Contact | Standing::Incoming | Standing::Outgoing) => Ok(Reply::Chat {
                chat_id: self.open_chat(turn, person),
            }),
            Some(Standing::Stranger) | None => Err(CommandError::new(
                ErrorKind::NotFound,
                "This person is not a contact. Add them first.",
            )),
        }
    }

    /// The chat, if it is a group.
    fn group_id(&self, chat: ChatId) -> Result<ChatId, CommandError> {
        if self.groups.contains_key(&chat) {
            return Ok(chat);
        }
        if self.chats.contains_key(&chat) {
            return Err(invalid("That is a chat of two people, not a group."));
        }
        Err(no_chat())
    }

    /// Removes a chat and its messages from this device.
    fn delete_chat(&mut self, turn: &mut Turn<'_>, chat: ChatId) -> Replied {
        if self.groups.contains_key(&chat) {
            return self.delete_group(turn, chat);
        }
        let Some(held) = self.chat_mut(&chat) else {
            return Err(no_chat());
        };
        // Counters and channels stay: what comes after is another message of the same chat.
        let person = held.person;
        held.thread.unread = 0;
        held.thread.heads.clear();
        held.forget();
        let people = vec![person];
        self.forget_expiry(turn, &chat);
        turn.write(Write::Forget { chat, people });
        turn.emit(EngineEvent::Chat {
            chat,
            what: ChatChange::Deleted,
        });
        Ok(Reply::Done {})
    }

    fn set_chat(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        mut meta: SetMeta,
        (muted, pinned): (Option<bool>, Option<bool>),
    ) -> Replied {
        if self.thread(&chat).is_none() {
            return Err(no_chat());
        }
        if meta != SetMeta::default() {
            let group = self.group_id(chat)?;
            if let Some(name) = &meta.name {
                meta.name = Some(group_name(name)?);
            }
            if meta.topic.as_ref().is_some_and(|t| t.len() > limits::TOPIC) {
                let message = format!("A topic has at most {} bytes.", limits::TOPIC);
                return Err(CommandError::new(ErrorKind::TooLarge, message));
            }
            self.set_meta(turn, group, meta)?;
        }
        let Some(thread) = self.thread_mut(&chat) else {
            return Err(no_chat());
        };
        thread.muted = muted.unwrap_or(thread.muted);
        thread.pinned = pinned.unwrap_or(thread.pinned);
        turn.emit(EngineEvent::Chat {
            chat,
            what: ChatChange::Settings,
        });
        Ok(Reply::Done {})
    }
}

pub(super) fn invalid(message: impl Into<String>) -> CommandError {
    CommandError::new(ErrorKind::Invalid, message)
}

pub(super) fn nobody() -> CommandError {
    CommandError::new(
        ErrorKind::NotFound,
        "Nobody with this id is known here. List contacts and people nearby to see their ids.",
    )
}

pub(super) fn no_chat() -> CommandError {
    CommandError::new(
        ErrorKind::NotFound,
        "There is no such chat. List them to see their ids.",
    )
}
