//! What the person asks for in groups.

use super::{ChatChange, Engine, EngineEvent, GroupChat, Place, Turn};
use crate::{
    proto::{
        chat::{
            epoch::Epochs,
            group::{Group, GroupState, NotAllowed, Right},
            membership::{Change, Op, Policy, Role, SetMeta, SetRole},
        },
        engine::{
            Replied,
            acts::stays,
            command::{CommandError, ErrorKind, GroupRole, History, Reply},
            commands::{invalid, no_chat},
        },
        id::{ChatId, PersonId},
        identity::DeviceList,
        outbox::Cargo,
        record::{Class, Write},
        session::SessionSet,
        text::clean_name,
    },
    wire::limits,
};

impl Engine {
    pub(in crate::proto::engine) fn create_group(
        &mut self,
        turn: &mut Turn<'_>,
        name: &str,
        members: &[PersonId],
    ) -> Replied {
        let name = group_name(name)?;
        let own = self.person();
        let mut people: Vec<PersonId> = members.to_vec();
        people.sort_unstable();
        people.dedup();
        people.retain(|person| *person != own);
        if people.len() >= limits::MEMBERS {
            return Err(too_many());
        }
        let lists = people
            .iter()
            .map(|person| self.list_of_invited(turn, person));
        let lists = lists.collect::<Result<Vec<DeviceList>, CommandError>>()?;
        let policy = Policy {
            history: 0,
            receipts: true,
            timer_s: 0,
            max_epoch_age_s: 0,
            predecessor: None,
        };
        let (device, list) = (&self.own.device, &self.own.list);
        let group = Group::create(device, list, name, policy, turn.now).map_err(refused)?;
        let chat = group.chat();
        let state = GroupState::new(chat, Place::Member, turn.now);
        let held = GroupChat::new(group, Epochs::default(), state);
        self.groups.insert(chat, held);
        self.dirty.groups.insert(chat);
        let create = crate::wire::sync::OpId(chat.0);
        self.keep_op(turn, &chat, &create);
        for list in &lists {
            self.act(turn, &chat, Change::AddMember(list.bytes().to_vec().into()))?;
        }
        let made = self.make_epoch(turn, &chat, Vec::new());
        self.learn_lists(turn, &chat);
        let others = self.others_of(&chat);
        self.admit_members(turn, &chat, &others);
        if let Some(made) = made {
            self.welcome(turn, &chat, &people, &made);
        }
        turn.emit(EngineEvent::Chat {
            chat,
            what: ChatChange::Created,
        });
        Ok(Reply::Chat { chat_id: chat })
    }

    /// Somebody can be invited whose devices and keys are known: a contact, or a member of a group
    /// that we are in.
    fn list_of_invited(
        &self,
        turn: &Turn<'_>,
        person: &PersonId,
    ) -> Result<DeviceList, CommandError> {
        let known = self.people.get(person);
        let known = known.filter(|_| self.is_contact(person) || self.shares_group(person));
        let Some(known) = known else {
            return Err(CommandError::new(
                ErrorKind::NotFound,
                "Only contacts can be added to a group. Add the person as a contact first.",
            ));
        };
        let list = known.devices.clone().filter(|_| !known.contact.conflict);
        let has_keys = list.as_ref().is_some_and(|list| {
            let mut devices = list.devices().iter();
            devices.any(|device| {
                let session = self.sessions.get(&device.id);
                known.prekey_of(&device.id, turn.now).is_some()
                    || session.and_then(SessionSet::active).is_some()
            })
        });
        match list {
            Some(list) if has_keys => Ok(list),
            _ => Err(CommandError::new(
                ErrorKind::Conflict,
                "The keys of this person are not here yet, or too old. Try again when they have been \
                 online.",
            )),
        }
    }

    pub(in crate::proto::engine) fn add_to_group(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        person: PersonId,
        history: History,
    ) -> Replied {
        let held = self.open_group(&chat)?;
        if held.has(&person) {
            return Err(conflict("This person is in the group already."));
        }
        if !held.group.may(&self.person(), Right::Add) {
            return Err(forbidden("Only admins may add people to this group."));
        }
        let list = self.list_of_invited(turn, &person)?;
        let op = self.act(turn, &chat, Change::AddMember(list.bytes().to_vec().into()))?;
        if let Some(made) = self.make_epoch(turn, &chat, vec![op]) {
            self.welcome(turn, &chat, &[person], &made);
            self.offer_history(turn, &chat, person, history);
        }
        Ok(Reply::Done {})
    }

    pub(in crate::proto::engine) fn remove_from_group(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        person: PersonId,
    ) -> Replied {
        if person == self.person() {
            return Err(invalid("That is you. Leave the group instead."));
        }
        let held = self.open_group(&chat)?;
        if !held.has(&person) {
            return Err(CommandError::new(
                ErrorKind::NotFound,
                "This person is not in the group.",
            ));
        }
        if !held.group.may(&self.person(), Right::Remove(person)) {
            return Err(forbidden(
                "Owners may remove anybody but owners, admins may remove members.",
            ));
        }
        let op = self.act(turn, &chat, Change::RemoveMember(person))?;
        self.make_epoch(turn, &chat, vec![op]);
        Ok(Reply::Done {})
    }

    pub(in crate::proto::engine) fn set_role(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        person: PersonId,
        role: GroupRole,
    ) -> Replied {
        let held = self.open_group(&chat)?;
        let Some(now) = held.group.role(&person) else {
            return Err(CommandError::new(
                ErrorKind::NotFound,
                "This person is not in the group. Add them first.",
            ));
        };
        let wanted = match role {
            GroupRole::Admin => Role::Admin,
            GroupRole::Member => Role::Member,
        };
        if now == wanted || (now == Role::Owner && wanted == Role::Admin) {
            return Ok(Reply::Done {});
        }
        if !held.group.may(&self.person(), Right::Role(person)) {
            return Err(forbidden(
                "Only the owners of a group change roles, and owners stay what they are.",
            ));
        }
        let list = held.group.list(&person).ok_or_else(no_chat)?;
        let change = Change::SetRole(SetRole {
            person,
            role: u8::from(wanted == Role::Admin),
            device_list: list.bytes().to_vec().into(),
        });
        let op = self.act(turn, &chat, change)?;
        self.announce_ops(turn, &chat, &[op]);
        Ok(Reply::Done {})
    }

    /// Changes what everybody in a group sees of it.
    pub(in crate::proto::engine) fn set_meta(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        meta: SetMeta,
    ) -> Result<(), CommandError> {
        if let Some(seconds) = meta.timer_s {
            stays(seconds)?;
        }
        let held = self.open_group(&chat)?;
        if !held.group.may(&self.person(), Right::Settings) {
            return Err(forbidden("Only admins change the settings of this group."));
        }
        let op = self.act(turn, &chat, Change::SetMeta(meta))?;
        self.announce_ops(turn, &chat, &[op]);
        Ok(())
    }

    pub(in crate::proto::engine) fn leave_group(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
    ) -> Replied {
        let held = self.groups.get(&chat).ok_or_else(no_chat)?;
        let invited = matches!(held.state.place, Place::Invited(_));
        if !invited && held.state.place != Place::Member {
            return Err(conflict("You are not in this group any more."));
        }
        let is_in = held.has(&self.person());
        if let Some(held) = self.group_mut(&chat) {
            held.state.declined = invited.then_some(turn.now);
            // Others are told where they hear us, also of an invitation that was declined.
            held.state.place = Place::Leaving(turn.now);
        }
        if !is_in {
            self.end_group(turn, &chat);
            return Ok(Reply::Done {});
        }
        self.tell_no_more(turn, &chat);
        self.listen_in_group(turn, &chat);
        let others = self.others_of(&chat);
        self.admit_members(turn, &chat, &others);
        let op = self.act(turn, &chat, Change::Leave)?;
        self.announce_ops(turn, &chat, &[op]);
        let what = if invited {
            ChatChange::Deleted
        } else {
            ChatChange::Members
        };
        turn.emit(EngineEvent::Chat { chat, what });
        Ok(Reply::Done {})
    }

    /// What only a member tells waits no more: whoever hears first that this person has left would not take
    /// it, and not answer. Changes of the group and messages still go.
    fn tell_no_more(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        for id in self.outbox.waiting_in(chat) {
            let told = self.outbox.cargo_of(&id);
            if let Some(Cargo::ReadReceipt | Cargo::SoftState | Cargo::Records) = told {
                self.outbox.remove(&id);
                turn.write(Write::Delete(Class::Outbox, id.0.to_vec()));
            }
        }
    }

    /// Accepts an invitation.
    pub(in crate::proto::engine) fn join_group(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
    ) -> Replied {
        let held = self.groups.get(&chat).ok_or_else(no_chat)?;
        match held.state.place {
            Place::Member => return Ok(Reply::Done {}),
            Place::Invited(_) => {}
            Place::Leaving(_) | Place::Gone => {
                return Err(conflict(
                    "You are no longer in this group. Ask somebody in it to add you again.",
                ));
            }
        }
        if let Some(held) = self.group_mut(&chat) {
            held.state.place = Place::Member;
        }
        self.enter(turn, &chat);
        Ok(Reply::Done {})
    }

    /// Removes a group and its messages from this device, after leaving it.
    pub(in crate::proto::engine) fn delete_group(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
    ) -> Replied {
        let held = self.groups.get(&chat).ok_or_else(no_chat)?;
        if matches!(held.state.place, Place::Member | Place::Invited(_)) {
            self.leave_group(turn, chat)?;
        }
        self.end_group(turn, &chat);
        self.forget_group(turn, chat);
        Ok(Reply::Done {})
    }

    /// Removes what is here of a group that has ended.
    pub(super) fn forget_group(&mut self, turn: &mut Turn<'_>, chat: ChatId) {
        let Some(mut held) = self.groups.remove(&chat) else {
            return;
        };
        let people = held.state.read_by.keys().copied().collect();
        for (key, _) in held.epochs.take_records() {
            turn.write(Write::Delete(Class::Epoch, key));
        }
        for place in (0u32..).take_while(|place| held.group.op_at(*place).is_some()) {
            let key = [&chat.0[..], &place.to_be_bytes()].concat();
            turn.write(Write::Delete(Class::Op, key));
        }
        self.dirty.groups.insert(chat);
        self.forget_expiry(turn, &chat);
        turn.write(Write::Forget { chat, people });
        turn.emit(EngineEvent::Chat {
            chat,
            what: ChatChange::Deleted,
        });
    }

    fn open_group(&self, chat: &ChatId) -> Result<&GroupChat, CommandError> {
        let held = self.groups.get(chat).ok_or_else(no_chat)?;
        self.writable_group(chat)?;
        Ok(held)
    }

    /// Makes a change of a group, and keeps it.
    pub(super) fn act(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        change: Change,
    ) -> Result<Op, CommandError> {
        let device = &self.own.device;
        let held = self.groups.get_mut(chat).ok_or_else(no_chat)?;
        let (op, applied) = held.group.act(device, change, turn.now).map_err(refused)?;
        self.on_applied(turn, chat, &applied);
        Ok(op)
    }
}

pub(in crate::proto::engine) fn group_name(name: &str) -> Result<String, CommandError> {
    if name.len() > limits::NAME {
        let message = format!(
            "A name has at most {} bytes; choose a shorter one.",
            limits::NAME
        );
        return Err(CommandError::new(ErrorKind::TooLarge, message));
    }
    clean_name(name).ok_or_else(|| invalid("Choose a name with at least one visible letter."))
}

fn refused(why: NotAllowed) -> CommandError {
    match why {
        NotAllowed::Forbidden => forbidden("The rules of this group do not let you do that."),
        NotAllowed::TooLarge => too_many(),
    }
}

fn too_many() -> CommandError {
    let message = format!("A group holds at most {} devices.", limits::MEMBERS);
    CommandError::new(ErrorKind::TooLarge, message)
}

fn forbidden(message: &str) -> CommandError {
    CommandError::new(ErrorKind::Forbidden, message)
}

fn conflict(message: &str) -> CommandError {
    CommandError::new(ErrorKind::Conflict, message)
}
