//! What the engine knows, for those who show it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Engine, command::Settings, groups::GroupChat};
use crate::{
    proto::{
        chat::{
            group::{Copies, Place},
            membership::Role,
            state::DirectChat,
        },
        contact::{Contact, Standing},
        id::{ChatId, DeviceId, MessageId, PersonId},
        outbox::Cargo,
        safety::SafetyNumber,
        secret::Secret,
        time::Timestamp,
    },
    wire::{
        id::{Address, PeerId},
        sync::OpId,
    },
};

/// A contact or a request.
#[derive(Clone, Debug)]
pub struct ContactState {
    /// Who.
    pub person: PersonId,
    /// How we stand.
    pub standing: Standing,
    /// Their own name, not yet made safe to show.
    pub name: String,
    /// Their avatar number.
    pub avatar: u32,
    /// The safety number was compared.
    pub verified: bool,
    /// Nothing of them is heard.
    pub blocked: bool,
    /// One of their nodes is connected, or they said so through a relay.
    pub online: bool,
    /// When they last were.
    pub last_seen: Option<Timestamp>,
}

/// How somebody nearby was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// By mDNS.
    Mdns,
    /// By an address that somebody gave.
    Dial,
}

/// Somebody nearby.
#[derive(Clone, Debug)]
pub struct NearbyState {
    /// Who.
    pub person: PersonId,
    /// Their node.
    pub peer: PeerId,
    /// Their own name, not yet made safe to show.
    pub name: String,
    /// Their avatar number.
    pub avatar: u32,
    /// How they were found.
    pub found: Found,
}

/// A direct chat.
#[derive(Clone, Debug)]
pub struct ChatState {
    /// Which.
    pub chat: ChatId,
    /// The other person.
    pub person: PersonId,
    /// Incoming messages that were not read.
    pub unread: u32,
    /// No notifications.
    pub muted: bool,
    /// On top.
    pub pinned: bool,
    /// Messages of the other's that are known to be missing.
    pub missing: u32,
    /// Whether a device of theirs is connected, which gives them.
    pub is_other_here: bool,
    /// Since when.
    pub since: Timestamp,
    /// How many seconds after reading what is said now disappears; 0: never.
    pub disappear_after_s: u32,
    /// The pinned messages, the last pinned first; some may not be here.
    pub pinned_messages: Vec<MessageId>,
    /// The other is typing.
    pub typing: bool,
}

/// A group.
#[derive(Clone, Debug)]
pub struct GroupStanding {
    /// Which.
    pub chat: ChatId,
    /// Where this device stands in it.
    pub place: Place,
    /// Its name, not yet made safe to show.
    pub name: String,
    /// What it is for.
    pub topic: String,
    /// How long messages are kept, in seconds; 0: for ever.
    pub timer_s: u32,
    /// The pinned messages, the last pinned first.
    pub pinned_messages: Vec<MessageId>,
    /// Whether plain members may add people.
    pub members_add: bool,
    /// How many epochs there were.
    pub epoch: u32,
    /// Who is in it.
    pub members: Vec<GroupMember>,
    /// Incoming messages that were not read.
    pub unread: u32,
    /// No notifications.
    pub muted: bool,
    /// On top.
    pub pinned: bool,
    /// By author, messages that are known to be missing.
    pub missing: Vec<MissingFrom>,
    /// By author, messages that came after their removal and are not shown.
    pub aside: Vec<(PersonId, u32)>,
    /// Since when it is known here.
    pub since: Timestamp,
    /// Who is typing.
    pub typing: Vec<PersonId>,
    /// People with a device that signed two things under one number: copied, or set back.
    pub forked: Vec<PersonId>,
}

/// Messages of somebody that are known to be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingFrom {
    /// Whose.
    pub person: PersonId,
    /// How many.
    pub count: u32,
    /// Whether somebody who is connected has any of them, as far as that is known.
    pub is_here: bool,
}

/// Somebody in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Who.
    pub person: PersonId,
    /// What they are.
    pub role: Role,
    /// Since when, as the change says by which they are.
    pub joined_at: Timestamp,
}

impl Engine {
    /// The secret of this node's libp2p identity.
    pub fn node_secret(&self) -> &Secret<32> {
        self.own.device.node_secret()
    }

    /// Who I am.
    pub fn person(&self) -> PersonId {
        self.own.account.person()
    }

    /// This node.
    pub fn peer(&self) -> PeerId {
        self.own.device.peer()
    }

    /// This device.
    pub fn device(&self) -> DeviceId {
        self.own.device.id()
    }

    /// My name.
    pub fn name(&self) -> &str {
        &self.own.profile.name
    }

    /// My avatar number.
    pub fn avatar(&self) -> u32 {
        self.own.profile.avatar
    }

    /// The settings that concern others.
    pub fn settings(&self) -> Settings {
        self.own.profile.settings()
    }

    /// The 24 words from which the account can be restored.
    pub fn recovery_words(&self) -> zeroize::Zeroizing<String> {
        self.own.account.words()
    }

    /// Where we listen.
    pub fn listening(&self) -> &[Address] {
        &self.listening
    }

    /// Contacts, requests and blocked people, by id.
    pub fn contacts(&self) -> Vec<ContactState> {
        let shown = |contact: &Contact| contact.standing != Standing::Stranger || contact.blocked;
        let known = self.people.values().filter(|known| shown(&known.contact));
        known
            .map(|known| self.contact_state(&known.contact))
            .collect()
    }

    /// Somebody we know, also one who was removed.
    pub fn contact(&self, person: &PersonId) -> Option<ContactState> {
        self.people
            .get(person)
            .map(|known| self.contact_state(&known.contact))
    }

    fn contact_state(&self, contact: &Contact) -> ContactState {
        ContactState {
            person: contact.person,
            standing: contact.standing,
            name: contact.name.clone(),
            avatar: contact.avatar,
            verified: contact.verified,
            blocked: contact.blocked,
            online: self.live.is_online(&contact.person),
            last_seen: contact.last_seen,
        }
    }

    /// People nearby, by node.
    pub fn nearby(&self) -> Vec<NearbyState> {
        self.nearby.people()
    }

    /// All chats, by id.
    pub fn chats(&self) -> Vec<ChatState> {
        self.chats
            .values()
            .map(|chat| self.chat_state(chat))
            .collect()
    }

    /// Whether there is such a chat, of whichever kind.
    pub fn has_chat(&self, chat: &ChatId) -> bool {
        self.thread(chat).is_some()
    }

    /// One chat.
    pub fn chat(&self, chat: &ChatId) -> Option<ChatState> {
        self.chats.get(chat).map(|chat| self.chat_state(chat))
    }

    fn chat_state(&self, chat: &DirectChat) -> ChatState {
        ChatState {
            chat: chat.id,
            person: chat.person,
            unread: chat.thread.unread,
            muted: chat.thread.muted,
            pinned: chat.thread.pinned,
            missing: chat.thread.missing(),
            is_other_here: self.is_here(&chat.person),
            since: chat.thread.since,
            disappear_after_s: chat.thread.timer_s(),
            pinned_messages: chat.thread.pinned_messages(),
            typing: !self.live.typing_in(&chat.id).is_empty(),
        }
    }

    /// Whether a device of somebody's is connected.
    fn is_here(&self, person: &PersonId) -> bool {
        let mut devices = self.devices_of(person).into_iter();
        devices.any(|device| self.reachable(&device).is_some())
    }

    /// All groups, by id, but those to which an invitation was declined.
    pub fn groups(&self) -> Vec<GroupStanding> {
        let groups = self.groups.values();
        let groups = groups.filter(|held| held.state.declined.is_none());
        groups.map(|held| self.group_standing(held)).collect()
    }

    /// One group.
    pub fn group(&self, chat: &ChatId) -> Option<GroupStanding> {
        self.groups.get(chat).map(|held| self.group_standing(held))
    }

    /// The ids of all groups.
    pub fn group_ids(&self) -> Vec<ChatId> {
        self.groups.keys().copied().collect()
    }

    /// The changes of a group that the rules do not let count.
    pub fn void_changes(&self, chat: &ChatId) -> BTreeSet<OpId> {
        let held = self.groups.get(chat);
        held.map(|held| held.group.void().collect())
            .unwrap_or_default()
    }

    /// Whom messages of a group are for, besides this person: who is in it now, and of each epoch that
    /// is held those of them who are in that.
    pub fn recipients(&self, chat: &ChatId) -> (Vec<PersonId>, BTreeMap<OpId, Vec<PersonId>>) {
        let own = self.person();
        let Some(held) = self.groups.get(chat) else {
            return (Vec::new(), BTreeMap::new());
        };
        let others = |mut people: Vec<PersonId>| {
            people.sort_unstable();
            people.dedup();
            people.retain(|person| *person != own && held.has(person));
            people
        };
        let epochs = held.epochs.all().map(|keys| {
            let people = keys.devices().iter().map(|device| device.person);
            (keys.id(), others(people.collect()))
        });
        let members = held.group.members().keys().copied().collect();
        (others(members), epochs.collect())
    }

    fn group_standing(&self, held: &GroupChat) -> GroupStanding {
        let (group, state) = (&held.group, &held.state);
        let settings = group.settings();
        let members = group
            .members()
            .iter()
            .map(|(person, standing)| GroupMember {
                person: *person,
                role: standing.role,
                joined_at: group.joined_at(person).unwrap_or(state.thread.since),
            });
        let mut forked = group.forked();
        forked.extend(state.copies.iter().flat_map(Copies::others));
        let devices = group.roster().devices.iter();
        let forked = devices.filter(|d| forked.contains(&d.device));
        GroupStanding {
            chat: state.chat,
            place: state.place,
            name: settings.name.clone(),
            topic: settings.topic.clone(),
            timer_s: settings.timer_s,
            pinned_messages: state.thread.pinned_messages(),
            members_add: settings.members_add,
            epoch: group.epochs(),
            members: members.collect(),
            unread: state.thread.unread,
            muted: state.thread.muted,
            pinned: state.thread.pinned,
            missing: held.missing(|person| self.is_here(person)),
            aside: state.aside_by_author(),
            since: state.thread.since,
            typing: self.live.typing_in(&state.chat),
            forked: forked.map(|device| device.person).collect(),
        }
    }

    /// People who are only known as members of a group, with their own names for themselves.
    pub fn co_members(&self) -> Vec<(PersonId, String, u32)> {
        let known = self.people.values().map(|known| &known.contact);
        let strangers = known.filter(|c| c.standing == Standing::Stranger && !c.name.is_empty());
        strangers
            .map(|contact| (contact.person, contact.name.clone(), contact.avatar))
            .collect()
    }

    /// The number to compare with somebody, once we know of them.
    pub fn safety(&self, person: &PersonId) -> Option<SafetyNumber> {
        let met = self.people.contains_key(person)
            || self
                .nearby
                .people()
                .iter()
                .any(|found| found.person == *person);
        met.then(|| SafetyNumber::of(self.person(), *person))
    }

    /// How many topics a relay carries for us; `None` if it is not connected or does not let us in.
    pub fn carried_by(&self, relay: &PeerId) -> Option<usize> {
        self.relays.carried(relay)
    }

    /// How many frames wait to be acknowledged.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// Whether a message is kept aside, because its author had left the group when it came.
    pub fn is_aside(&self, chat: &ChatId, id: &MessageId) -> bool {
        let held = self.groups.get(chat);
        held.is_some_and(|held| held.state.aside.iter().any(|aside| aside.id == *id))
    }

    /// What each frame that waits carries, in which chat, since when, and for which devices.
    pub fn waits(&self) -> impl Iterator<Item = (Cargo, ChatId, Timestamp, &BTreeSet<DeviceId>)> {
        self.outbox.waits()
    }

    /// Whether a peer is connected, and whether gossip and the direct stream are open to it.
    pub fn connection(&self, peer: &PeerId) -> Option<(&Address, bool)> {
        self.connected
            .get(peer)
            .map(|up| (&up.address, up.authorised))
    }
}
