//! Groups: what is known of them, who may do what in them, and what the person wants.

use super::{
    Asked, DialogState, Face, Model, Want,
    nav::{Dialog, Pane},
};
use crate::{
    gui::{
        action::GroupAction,
        strings::{Argument, tr_with},
    },
    node::{
        ChatId, Command, CommandError, MessageId, PersonId, Timestamp,
        view::{ChatInfo, ChatKind, ChatSummary, Member, Message, MessageKind, Place, Query, Role},
    },
};

/// What I may do in a group. The node decides; this is so that nothing is offered in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    rank: Option<Rank>,
    members_may_add: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Member,
    Admin,
    Owner,
}

impl Rank {
    fn of(member: &Member) -> Self {
        match (member.owner, member.role) {
            (true, _) => Self::Owner,
            (false, Role::Admin) => Self::Admin,
            (false, Role::Member) => Self::Member,
        }
    }
}

impl Rights {
    /// Whether I may add people.
    pub fn add(&self) -> bool {
        self.settings() || self.rank.is_some() && self.members_may_add
    }

    /// Whether I may change its name and who may add people.
    pub fn settings(&self) -> bool {
        self.rank >= Some(Rank::Admin)
    }

    /// Whether I may remove somebody.
    pub fn remove(&self, member: &Member) -> bool {
        self.settings() && Some(Rank::of(member)) < self.rank
    }

    /// Whether I may make somebody an admin, or a plain member again.
    pub fn role(&self, member: &Member) -> bool {
        self.rank == Some(Rank::Owner) && !member.owner
    }
}

impl Model {
    /// What is known of a group.
    pub fn group(&self, chat: ChatId) -> Option<&ChatInfo> {
        self.groups.get(&chat)
    }

    /// Whether a chat is one of more than two people.
    pub fn is_group(&self, chat: ChatId) -> bool {
        self.chat(chat).is_some_and(is_group)
    }

    /// Where I stand in a chat.
    pub fn place_in(&self, chat: ChatId) -> Place {
        self.group(chat).map_or(Place::Member, |info| info.place)
    }

    /// Whether I never went to a group: it stays out of the list. Of one that was declined before the
    /// window opened, nothing tells that but that nobody spoke.
    pub fn is_declined(&self, chat: &ChatSummary) -> bool {
        if self.place_in(chat.chat_id) != Place::Gone {
            return false;
        }
        let said = |last: &Message| last.kind != MessageKind::System;
        self.declined.contains(&chat.chat_id) || !chat.last.as_ref().is_some_and(said)
    }

    /// What I may do in a group.
    pub fn rights(&self, info: &ChatInfo) -> Rights {
        if info.place != Place::Member {
            return Rights::default();
        }
        let mut members = info.members.iter();
        let me = members.find(|member| Some(member.person_id) == self.me.person_id);
        Rights {
            rank: me.map(Rank::of),
            members_may_add: info.members_may_add,
        }
    }

    /// Somebody's name; of somebody unknown, the beginning of their id.
    pub fn name_of(&self, person: PersonId) -> String {
        let face = self.face(person).filter(|face| !face.name.is_empty());
        face.map_or_else(
            || person.to_string().chars().take(8).collect(),
            |face| face.name.to_owned(),
        )
    }

    /// The first few people of a group other than me, and how many more there are.
    pub fn people_line(&self, info: &ChatInfo) -> String {
        let others = info.members.iter();
        let others = others.filter(|member| {
            let person = Some(member.person_id);
            person != self.me.person_id && person != info.invited_by
        });
        let names: Vec<&str> = others.map(|member| member.name.as_str()).collect();
        let (named, more) = names.split_at(names.len().min(NAMED));
        let people = named.join(", ");
        if more.is_empty() {
            return people;
        }
        let arguments = [
            ("people", Argument::Text(&people)),
            ("count", Argument::Count(more.len() as u64)),
        ];
        tr_with("people-and-more", &arguments)
    }

    /// A member's face, also of somebody who has gone since.
    pub(super) fn face_in_groups(&self, person: PersonId) -> Option<Face<'_>> {
        let mut members = self.groups.values().flat_map(|info| &info.members);
        let member = members.find(|member| member.person_id == person);
        if let Some(member) = member.or_else(|| self.gone.get(&person)) {
            return Some(Face {
                person,
                avatar: member.avatar,
                name: &member.name,
            });
        }
        let mut former = self.groups.values().flat_map(|info| &info.former);
        let former = former.find(|former| former.person_id == person)?;
        Some(Face {
            person,
            avatar: former.avatar,
            name: &former.name,
        })
    }

    /// Takes what the node knows of a chat.
    pub(super) fn know_chat(&mut self, info: ChatInfo) {
        if self.chat(info.chat_id).is_none() {
            return;
        }
        self.pins.insert(info.chat_id, info.pinned_messages.clone());
        if info.kind != ChatKind::Group {
            return;
        }
        if let Some(before) = self.groups.insert(info.chat_id, info) {
            // Their messages still need a name.
            for member in before.members {
                self.gone.insert(member.person_id, member);
            }
        }
    }

    /// In what is read nobody waits for me any more.
    pub(super) fn follow_named(&mut self) {
        for row in &self.chats {
            let last = row.last.as_ref();
            if row.unread == 0 {
                self.named.remove(&row.chat_id);
            } else if last.is_some_and(|last| last.mentioned && !last.outgoing) {
                self.named.insert(row.chat_id);
            }
        }
    }

    /// The groups that are in the list, and no others, are known.
    pub(super) fn follow_groups(&mut self) {
        let listed: Vec<ChatId> = self
            .chats
            .iter()
            .filter(|chat| is_group(chat))
            .map(id_of)
            .collect();
        self.groups.retain(|chat, _| listed.contains(chat));
        for chat in listed {
            if !self.groups.contains_key(&chat) {
                self.want(&[Want::Chat(chat)]);
            }
        }
    }

    /// Asks again for the groups in which somebody is.
    pub(super) fn want_groups(&mut self, is_in: impl Fn(&ChatInfo) -> bool) {
        let groups = self.groups.values().filter(|info| is_in(info));
        let wants: Vec<Want> = groups.map(|info| Want::Chat(info.chat_id)).collect();
        self.want(&wants);
    }

    /// A chat is gone from this device: nothing of it stays open.
    pub(super) fn forget_chat(&mut self, chat: ChatId) {
        self.chats.retain(|row| row.chat_id != chat);
        self.groups.remove(&chat);
        self.pins.remove(&chat);
        self.writing.remove(&chat);
        let open = match self.nav.pane() {
            Pane::Chat(open) | Pane::Group(open) => open == chat,
            Pane::Empty | Pane::Person(_) | Pane::Verify(_) | Pane::Settings => false,
        };
        if open {
            self.nav.open(Pane::Empty);
            self.follow_nav();
        }
    }

    /// Founds a group.
    pub(super) fn create_group(&mut self, name: String, members: Vec<PersonId>) {
        self.dialog = DialogState {
            waiting: true,
            refused: None,
        };
        self.command(Command::CreateGroup { name, members }, Asked::Founded);
    }

    /// Does what the person wants in a group.
    pub(super) fn perform_in_group(&mut self, chat_id: ChatId, wanted: GroupAction) {
        match wanted {
            GroupAction::Open => {
                self.nav.open(Pane::Group(chat_id));
                self.want(&[Want::Chat(chat_id)]);
            }
            GroupAction::Join => self.change_group(chat_id, Command::JoinGroup { chat_id }),
            GroupAction::Decline => {
                self.declined.insert(chat_id);
                let open = self.nav.chat() == Some(chat_id);
                if open {
                    self.nav.open(Pane::Empty);
                    self.follow_nav();
                }
                self.change_group(chat_id, Command::LeaveGroup { chat_id });
            }
            GroupAction::Leave => self.change_group(chat_id, Command::LeaveGroup { chat_id }),
            GroupAction::Delete => {
                self.close_dialog();
                self.command(Command::DeleteChat { chat_id }, Asked::Deleted(chat_id));
            }
            GroupAction::Add(people, history) => {
                let commands = people.into_iter();
                let commands = commands.map(|person_id| Command::AddMember {
                    chat_id,
                    person_id,
                    history,
                });
                self.ask_in_dialog(Dialog::AddMembers(chat_id), chat_id, commands.collect());
            }
            GroupAction::Remove(person_id) => {
                self.change_group(chat_id, Command::RemoveMember { chat_id, person_id });
            }
            GroupAction::SetRole(person_id, role) => {
                let command = Command::SetRole {
                    chat_id,
                    person_id,
                    role,
                };
                self.change_group(chat_id, command);
            }
            GroupAction::Describe { name, topic } => {
                // Each is a change of its own, that everybody sees.
                let mut commands = Vec::new();
                if name.is_some() {
                    commands.push(set(chat_id, name, None, None));
                }
                if topic.is_some() {
                    commands.push(set(chat_id, None, topic, None));
                }
                self.ask_in_dialog(Dialog::Describe(chat_id), chat_id, commands);
            }
            GroupAction::MembersMayAdd(may) => {
                if let Some(info) = self.groups.get_mut(&chat_id) {
                    info.members_may_add = may;
                }
                self.change_group(chat_id, set(chat_id, None, None, Some(may)));
            }
        }
    }

    fn change_group(&mut self, chat: ChatId, command: Command) {
        self.close_dialog();
        self.command(command, Asked::InGroup(chat));
    }

    /// The dialog stays until all is done, with what was written in it.
    fn ask_in_dialog(&mut self, dialog: Dialog, chat: ChatId, commands: Vec<Command>) {
        if commands.is_empty() {
            return self.close_dialog();
        }
        self.dialog = DialogState {
            waiting: true,
            refused: None,
        };
        for command in commands {
            self.command(command, Asked::InDialog(dialog, chat));
        }
    }

    /// Something that a dialog asked for was done or refused.
    pub(super) fn dialog_answered(
        &mut self,
        dialog: Dialog,
        chat: ChatId,
        refused: Option<CommandError>,
        now: Timestamp,
    ) {
        self.want(&[Want::Chats, Want::Chat(chat)]);
        if self.nav.dialog() != Some(dialog) {
            if let Some(error) = refused {
                self.complain(error.message, now);
            }
            return;
        }
        if let Some(error) = refused {
            self.dialog.refused = Some(error.message);
        }
        let more = |asked: &Asked| matches!(asked, Asked::InDialog(of, _) if *of == dialog);
        self.dialog.waiting = self.asked.values().any(more);
        if !self.dialog.waiting && self.dialog.refused.is_none() {
            self.close_dialog();
        }
    }

    /// Asks how far the message has come that the dialog is about.
    pub(super) fn ask_receipts(&mut self, message_id: MessageId) {
        self.query(Query::Receipts { message_id }, Asked::Receipts(message_id));
    }

    /// Asks for the texts that the message had which the dialog is about.
    pub(super) fn ask_history(&mut self, message_id: MessageId) {
        self.query(Query::History { message_id }, Asked::History(message_id));
    }
}

fn is_group(chat: &ChatSummary) -> bool {
    chat.kind == ChatKind::Group
}

fn id_of(chat: &ChatSummary) -> ChatId {
    chat.chat_id
}

fn set(
    chat_id: ChatId,
    name: Option<String>,
    topic: Option<String>,
    members_may_add: Option<bool>,
) -> Command {
    Command::SetChat {
        chat_id,
        name,
        topic,
        members_may_add,
        muted: None,
        pinned: None,
        disappear_after_s: None,
    }
}

/// People of a group who are named before the rest is counted.
const NAMED: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::sample::{BEN, MAYA, ME, group_info, member};

    fn rights(me: Rank, members_may_add: bool) -> Rights {
        Rights {
            rank: Some(me),
            members_may_add,
        }
    }

    #[test]
    fn owners_do_everything_but_remove_owners() {
        let mine = rights(Rank::Owner, false);
        let [owner, admin, plain] = [Rank::Owner, Rank::Admin, Rank::Member].map(somebody);

        assert!(mine.add() && mine.settings());
        assert!(mine.remove(&admin) && mine.role(&admin) && mine.remove(&plain));
        assert!(!mine.remove(&owner) && !mine.role(&owner));
    }

    #[test]
    fn admins_remove_plain_members_and_change_no_roles() {
        let mine = rights(Rank::Admin, false);
        let [owner, admin, plain] = [Rank::Owner, Rank::Admin, Rank::Member].map(somebody);

        assert!(mine.add() && mine.settings() && mine.remove(&plain));
        assert!(!mine.remove(&admin) && !mine.remove(&owner) && !mine.role(&plain));
    }

    #[test]
    fn members_only_add_and_only_where_they_may() {
        let [open, closed] = [true, false].map(|may| rights(Rank::Member, may));

        assert!(open.add() && !closed.add() && !Rights::default().add());
        assert!(!open.settings() && !open.remove(&somebody(Rank::Member)));
    }

    #[test]
    fn whoever_has_left_may_nothing() {
        let mut info = group_info(ChatId([9; 32]), &[(ME, "Elin"), (BEN, "Ben")]);
        info.place = Place::Gone;
        let model = Model::default();

        assert_eq!(model.rights(&info), Rights::default());
    }

    #[test]
    fn the_first_few_are_named_and_the_rest_is_counted() {
        let mut model = Model::default();
        model.me.person_id = Some(ME);
        let mut info = group_info(
            ChatId([9; 32]),
            &[(ME, "Elin"), (BEN, "Ben"), (MAYA, "Maya")],
        );
        assert_eq!(model.people_line(&info), "Ben, Maya");

        for number in 20..23 {
            info.members.push(member(PersonId([number; 32]), "Ann"));
        }

        assert_eq!(model.people_line(&info), "Ben, Maya, Ann and 2 others");
    }

    fn somebody(rank: Rank) -> Member {
        Member {
            owner: rank == Rank::Owner,
            role: if rank == Rank::Member {
                Role::Member
            } else {
                Role::Admin
            },
            ..member(BEN, "Ben")
        }
    }
}
