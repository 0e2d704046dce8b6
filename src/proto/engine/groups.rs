//! Groups: who is in them with us, on which channels they are heard, and what is due in them.

mod apart;
mod brakes;
mod cards;
mod commands;
mod copies;
mod history;
mod live;
mod ops;
mod records;
mod rosters;
mod saying;
mod spread;
mod sync;
mod taking;
mod telling;
mod welcome;

pub(super) use brakes::Brakes;
pub(super) use commands::group_name;
pub use history::Asked;
pub use sync::Fetch;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use zeroize::Zeroizing;

use super::{
    Effect, Engine, Turn,
    event::{ChatChange, EngineEvent},
};
use crate::{
    proto::{
        channel::Channel,
        chat::{
            epoch::Epochs,
            group::{Group, GroupState, Place},
            membership::Role,
        },
        id::{ChatId, DeviceId, MessageId, PersonId},
        record::{Class, Write},
        time::{MINUTE, SECOND, Timestamp},
    },
    wire::{
        id::{PeerId, TopicKey},
        sync::OpId,
    },
};

/// Until the secret of an epoch that did not come is asked for: it may be on its way.
const LACKING_MS: u64 = 15 * SECOND;

/// Until it is asked for again.
const LACKING_AGAIN_MS: u64 = 10 * MINUTE;

/// Somebody who asks for a new epoch gets one this often (protocol §4.6).
const ANSWERED_MS: u64 = 10 * MINUTE;

/// When somebody has left, an owner or admin makes the next epoch within this time.
const REKEY_MS: u32 = 10_000;

/// Nodes of people who are in no group with us any more stay connected for this long, so that both
/// sides hear of it.
const PARTING_MS: u64 = MINUTE;

/// Whoever leaves is reachable for this long, so that the others hear of it.
const LEAVING_MS: u64 = 10 * MINUTE;

/// A group, and what is only known while the program runs.
pub(super) struct GroupChat {
    pub(super) group: Group,
    pub(super) epochs: Epochs,
    pub(super) state: GroupState,
    /// When to make an epoch though there is nothing to say.
    rekey_at: Option<Timestamp>,
    /// When to try again to invite those to whom nothing led.
    invite_at: Option<Timestamp>,
    /// When to tell some members which changes are here.
    spread_at: Option<Timestamp>,
    /// Epochs whose secret has not come, and when to ask for it.
    lacking: BTreeMap<OpId, Timestamp>,
    /// When somebody last got a new epoch for asking.
    answered: BTreeMap<PersonId, Timestamp>,
    /// Devices of members that hear none of our channels, as they say.
    apart: BTreeMap<DeviceId, apart::Apart>,
    /// Of those that do the epoch on whose channel they said they can be told things.
    told_on: BTreeMap<DeviceId, OpId>,
    /// When to look for what those did not hear.
    unheard_at: Option<Timestamp>,
    /// What this device said, by number, when nobody heard it: it is said again to whom it meets.
    said_apart: BTreeSet<u32>,
    /// By epoch, who may take messages of others back.
    moderators: BTreeMap<OpId, BTreeSet<PersonId>>,
    /// What the last messages of members refer to, oldest first. A message that comes late and is among
    /// them was there before its author was removed (protocol §4.8).
    referred: VecDeque<MessageId>,
    /// After this device was set back: when to ask for what followed, and how often yet.
    following: Option<(Timestamp, u32)>,
    /// For whom epochs are.
    rosters: rosters::Rosters,
    /// What other members have.
    sync: sync::Sync,
}

/// References that are remembered.
const REFERRED: usize = 256;

impl GroupChat {
    pub(super) fn new(group: Group, epochs: Epochs, state: GroupState) -> Self {
        let invite_at = state.uninvited.as_ref().map(|_| state.thread.since);
        Self {
            group,
            epochs,
            state,
            rekey_at: None,
            invite_at,
            spread_at: None,
            lacking: BTreeMap::new(),
            answered: BTreeMap::new(),
            apart: BTreeMap::new(),
            told_on: BTreeMap::new(),
            unheard_at: None,
            said_apart: BTreeSet::new(),
            moderators: BTreeMap::new(),
            referred: VecDeque::new(),
            following: None,
            rosters: rosters::Rosters::default(),
            sync: sync::Sync::default(),
        }
    }

    /// Whether this device hears and speaks here.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state.place, Place::Member | Place::Leaving(_))
    }

    /// Whether this device speaks here: whoever leaves says nothing more to members, who would not take it.
    pub(super) fn is_member(&self) -> bool {
        self.state.place == Place::Member
    }

    /// Whether somebody is in it.
    pub(super) fn has(&self, person: &PersonId) -> bool {
        self.group.role(person).is_some()
    }

    /// Whether a message is of a device that somebody who is in it has.
    fn is_heard(&self, row: &crate::proto::record::MessageRow) -> bool {
        let list = self
            .group
            .list(&row.sender)
            .filter(|_| self.has(&row.sender));
        list.is_some_and(|list| list.device(&row.device).is_some())
    }

    /// Whether somebody could take messages of others back when an epoch was made.
    fn moderates(&mut self, epoch: &OpId, person: &PersonId) -> bool {
        if !self.moderators.contains_key(epoch) {
            let moderators = self.group.moderators_before(epoch).unwrap_or_default();
            self.moderators.insert(*epoch, moderators);
        }
        self.moderators
            .get(epoch)
            .is_some_and(|moderators| moderators.contains(person))
    }

    /// Whether somebody may be given a new epoch because they ask: now and then. If so, it counts as
    /// given.
    fn may_answer(&mut self, person: PersonId, now: Timestamp) -> bool {
        let may = !self.was_answered(&person, now);
        if may {
            self.answered.insert(person, now);
        }
        may
    }

    /// Whether somebody was given an epoch a short time ago.
    fn was_answered(&self, person: &PersonId, now: Timestamp) -> bool {
        let at = self.answered.get(person);
        at.is_some_and(|at| now.since(*at) < ANSWERED_MS && *at <= now)
    }

    /// A member's message refers to these.
    fn refer(&mut self, ids: &[MessageId]) {
        for id in ids {
            if !self.referred.contains(id) {
                self.referred.push_back(*id);
            }
        }
        let over = self.referred.len().saturating_sub(REFERRED);
        self.referred.drain(..over);
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        let leaving = match self.state.place {
            Place::Leaving(since) => Some(since.plus(LEAVING_MS)),
            Place::Member | Place::Invited(_) | Place::Gone => None,
        };
        let lacking = self.lacking.values().min().copied();
        let following = self.following.map(|(at, _)| at);
        let keys = self.epochs.poll_timeout();
        let apart = self.apart.values().map(|apart| apart.due).min();
        let history = self.state.history.as_ref();
        let history = history.and_then(|history| history.coming?.due());
        let all = [
            keys,
            apart,
            self.rekey_at,
            self.invite_at,
            self.unheard_at,
            self.spread_at,
            lacking,
            leaving,
            following,
            history,
        ];
        all.into_iter().flatten().min()
    }
}

impl Engine {
    /// Whether somebody is in a group with us.
    pub(super) fn is_co_member(&self, person: &PersonId) -> bool {
        self.groups
            .values()
            .any(|held| held.is_open() && held.has(person))
    }

    /// Whether this person is in a group in which we are too, and say things: who leaves is not listened to.
    pub(super) fn shares_group(&self, person: &PersonId) -> bool {
        let mut groups = self.groups.values();
        groups.any(|held| held.is_member() && held.has(person))
    }

    /// Whether anything of a person's nodes is listened to, in whichever chat.
    pub(super) fn is_met(&self, person: &PersonId) -> bool {
        self.is_heard(person) || self.is_co_member(person) || self.parting.contains_key(person)
    }

    /// A group, to be changed.
    pub(super) fn group_mut(&mut self, chat: &ChatId) -> Option<&mut GroupChat> {
        let held = self.groups.get_mut(chat)?;
        self.dirty.groups.insert(*chat);
        Some(held)
    }

    /// The other devices of a group's present members.
    pub(super) fn devices_in(&self, chat: &ChatId) -> Vec<DeviceId> {
        let own = self.device();
        let Some(held) = self.groups.get(chat) else {
            return Vec::new();
        };
        let devices = held.group.roster().devices.iter();
        devices
            .map(|device| device.device)
            .filter(|device| *device != own)
            .collect()
    }

    /// Listens on the channels of a group's epochs, and on no others.
    pub(super) fn listen_in_group(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let mut wanted: BTreeMap<TopicKey, (OpId, Channel)> = BTreeMap::new();
        if held.is_open() {
            for keys in held.epochs.all() {
                let channel = keys.channel().clone();
                wanted.insert(channel.topic(), (keys.id(), channel));
            }
        }
        let held = self.epoch_topics.iter().filter(|(_, (of, _))| of == chat);
        let held: BTreeSet<TopicKey> = held.map(|(topic, _)| *topic).collect();
        for topic in held.iter().filter(|topic| !wanted.contains_key(topic)) {
            self.epoch_topics.remove(topic);
            self.leave_topic(turn, *topic);
        }
        for (topic, (epoch, channel)) in wanted {
            if held.contains(&topic) {
                continue;
            }
            self.epoch_topics.insert(topic, (*chat, epoch));
            self.channels.insert(topic, (*chat, channel));
            turn.effect(Effect::Subscribe(topic));
            self.lease(turn.now, topic);
            self.meet_on(turn.now, chat, (topic, epoch));
        }
    }

    /// Opens gossip and the direct stream to the nodes of members of a group, as far as they are known.
    fn admit_members(&mut self, turn: &mut Turn<'_>, chat: &ChatId, people: &[PersonId]) {
        let Some(held) = self.groups.get(chat).filter(|held| held.is_open()) else {
            return;
        };
        for person in people.iter().filter(|person| held.has(person)) {
            self.admit_member(turn, person);
        }
        self.refresh_paths(turn.now, Some(*chat));
    }

    /// The others in a group.
    fn others_of(&self, chat: &ChatId) -> Vec<PersonId> {
        let own = self.person();
        let members = self.groups.get(chat).map(|held| held.group.members());
        let people = members.into_iter().flat_map(BTreeMap::keys).copied();
        people.filter(|person| *person != own).collect()
    }

    /// The same for one of them.
    pub(super) fn admit_member(&self, turn: &mut Turn<'_>, person: &PersonId) {
        let nodes = self
            .people
            .get(person)
            .map_or(&[][..], |known| &known.nodes);
        for node in nodes {
            turn.effect(Effect::Authorise(node.peer(), node.addresses().to_vec()));
        }
    }

    /// Somebody is no longer in a group with us: what they had as a member ends soon.
    fn part_from(&mut self, now: Timestamp, person: PersonId) {
        if person != self.person() && !self.is_heard(&person) && !self.is_co_member(&person) {
            self.parting.insert(person, now.plus(PARTING_MS));
        }
    }

    /// Closes to somebody what they had as a member of a group, unless another reason is left.
    fn expel_member(&mut self, turn: &mut Turn<'_>, person: &PersonId) {
        self.parting.remove(person);
        if self.is_met(person) {
            return;
        }
        let nodes = self
            .people
            .get(person)
            .map_or(&[][..], |known| &known.nodes);
        for node in nodes {
            turn.effect(Effect::Revoke(node.peer()));
        }
    }

    /// Ends a group here: nothing more is heard or said in it. Its history stays.
    fn end_group(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let Some(held) = self.group_mut(chat) else {
            return;
        };
        let was_open = held.is_open();
        held.state.place = Place::Gone;
        held.state.thread.unread = 0;
        held.epochs.forget();
        held.rekey_at = None;
        held.lacking.clear();
        held.apart.clear();
        let members: Vec<PersonId> = held.group.members().keys().copied().collect();
        self.gaps.remove(chat);
        self.listen_in_group(turn, chat);
        if was_open {
            for person in members {
                self.part_from(turn.now, person);
            }
        }
        turn.emit(EngineEvent::Chat {
            chat: *chat,
            what: ChatChange::Members,
        });
    }

    /// Of an invitation that was declined nothing stays.
    fn forget_declined(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let is_over =
            |held: &GroupChat| held.state.declined.is_some() && held.state.place == Place::Gone;
        if self.groups.get(chat).is_some_and(is_over) {
            self.forget_group(turn, *chat);
        }
    }

    /// What is due in groups though nothing happened.
    pub(super) fn handle_groups(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let due = self
            .groups
            .iter()
            .filter(|(_, held)| held.poll_timeout().is_some_and(|due| due <= now));
        for chat in due.map(|(chat, _)| *chat).collect::<Vec<_>>() {
            self.handle_group(turn, &chat);
        }
        self.handle_later(turn);
        self.handle_sync(turn);
        let parting = self.parting.iter().filter(|(_, at)| **at <= now);
        for person in parting.map(|(person, _)| *person).collect::<Vec<_>>() {
            self.expel_member(turn, &person);
        }
    }

    fn handle_group(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let now = turn.now;
        let Some(held) = self.group_mut(chat) else {
            return;
        };
        held.epochs.handle_timeout(now);
        if let Place::Leaving(since) = held.state.place
            && since.plus(LEAVING_MS) <= now
        {
            self.end_group(turn, chat);
            self.forget_declined(turn, chat);
            return;
        }
        let rekey = held.rekey_at.take_if(|at| *at <= now).is_some();
        let invites = held.invite_at.take_if(|at| *at <= now).is_some();
        let unheard = held.unheard_at.take_if(|at| *at <= now).is_some();
        let spreads = held.spreads(now);
        let lacking: Vec<OpId> = due(&held.lacking, now);
        self.listen_in_group(turn, chat);
        if rekey {
            self.ensure_epoch(turn, chat);
        }
        if invites {
            self.invite_again(turn, chat);
        }
        if unheard {
            self.handle_unheard(turn, chat);
        }
        if spreads {
            self.spread(turn, chat);
        }
        for epoch in lacking {
            self.ask_for_epoch(turn, chat, epoch);
        }
        self.handle_apart(turn, chat);
        self.handle_following(turn, chat);
        self.handle_history(turn, chat);
    }

    /// When something is due in a group.
    pub(super) fn poll_groups(&self) -> Option<Timestamp> {
        let groups = self.groups.values().filter_map(GroupChat::poll_timeout);
        let parting = self.parting.values().copied();
        groups
            .chain(parting)
            .chain(self.brakes.poll_timeout())
            .chain(self.poll_sync())
            .min()
    }

    /// After a start: who is met, what is heard, and which secrets never came.
    pub(super) fn start_groups(&mut self, turn: &mut Turn<'_>) {
        for chat in self.groups.keys().copied().collect::<Vec<_>>() {
            self.note_lacking(turn.now, &chat);
            self.listen_in_group(turn, &chat);
            let others = self.others_of(&chat);
            self.admit_members(turn, &chat, &others);
            self.note_gaps(turn, &chat);
            self.forget_departed(turn, &chat);
            self.watch_unheard(turn.now, &chat);
        }
    }

    /// The records of a group that changed.
    pub(super) fn flush_group(&mut self, chat: &ChatId, writes: &mut Vec<Effect>) {
        let Some(held) = self.groups.get_mut(chat) else {
            writes.push(Effect::Write(Write::Delete(Class::Group, chat.0.to_vec())));
            return;
        };
        let record = Zeroizing::new(held.state.encode());
        let state = Write::Put(Class::Group, chat.0.to_vec(), record);
        let epochs = held.epochs.take_records().into_iter();
        let epochs = epochs.map(|(key, value)| match value {
            Some(value) => Write::Put(Class::Epoch, key, value),
            None => Write::Delete(Class::Epoch, key),
        });
        writes.extend(std::iter::once(state).chain(epochs).map(Effect::Write));
    }

    /// Whether this person may make others epochs without being asked to speak.
    fn leads(&self, chat: &ChatId) -> bool {
        let own = self.person();
        self.groups
            .get(chat)
            .and_then(|held| held.group.role(&own))
            .is_some_and(|role| role >= Role::Admin)
    }

    /// Who is behind a node, if it is that of a member of a group.
    pub(super) fn member_at(&self, chat: &ChatId, peer: &PeerId) -> Option<(PersonId, DeviceId)> {
        let (person, device) = self.nodes.get(peer).copied()?;
        let held = self.groups.get(chat)?;
        (held.is_open() && held.has(&person)).then_some((person, device))
    }
}

fn due(map: &BTreeMap<OpId, Timestamp>, now: Timestamp) -> Vec<OpId> {
    let due = map.iter().filter(|(_, at)| **at <= now);
    due.map(|(id, _)| *id).collect()
}
