//! Newcomers: what they are given, and what this device makes of being one.

use zeroize::Zeroizing;

use super::{ChatChange, Engine, EngineEvent, GroupChat, LACKING_MS, Place, Turn};
use crate::{
    proto::{
        chat::{
            content::{Body, Opaque},
            epoch::Made,
            group::{GroupState, Invited, Welcome},
            membership::{Change, Epoch},
            seal::{SealChunk, seal_context, seals_hash},
        },
        engine::pairing::NO_CONTEXT,
        handshake::{open_once, prekey_of},
        id::{ChatId, DeviceId, PersonId},
        outbox::Cargo,
        secret::Secret,
        time::{MINUTE, Timestamp},
    },
    wire::sync::OpId,
};

/// Until it is tried again to invite somebody to whom nothing led.
const INVITE_AGAIN_MS: u64 = MINUTE;

impl Engine {
    /// Gives people who were just added what they need. Those who are no contacts are told in a group
    /// that they are in with us.
    pub(super) fn welcome(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        newcomers: &[PersonId],
        made: &Made,
    ) {
        let epoch = made.op.id();
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let roster = held.group.roster().devices.iter();
        let devices: Vec<(u16, PersonId, DeviceId)> = (0u16..)
            .zip(roster)
            .filter(|(_, device)| newcomers.contains(&device.person))
            .map(|(index, device)| (index, device.person, device.device))
            .collect();
        for (index, person, device) in &devices {
            let Some(seal) = seal_for(&made.chunks, *index) else {
                self.note_invited(turn.now, chat, *device, false);
                continue;
            };
            let Some(held) = self.groups.get(chat) else {
                return;
            };
            let mut is_told = true;
            for part in Welcome::parts(&held.group, epoch, &seal) {
                let body = Opaque::new(Zeroizing::new(part.encode()));
                is_told &= self.send_welcome(turn, chat, (*person, *device), Body::Welcome(body));
            }
            self.note_invited(turn.now, chat, *device, is_told);
        }
        let devices: Vec<DeviceId> = devices.into_iter().map(|(_, _, device)| device).collect();
        self.tell_all_cards(turn, chat, &devices);
    }

    /// `false`: nothing leads to the device now.
    fn send_welcome(
        &mut self,
        turn: &mut Turn<'_>,
        to: &ChatId,
        (person, device): (PersonId, DeviceId),
        body: Body,
    ) -> bool {
        if self.is_apart(to, &device) {
            return self.send_apart(turn, *to, (person, device), body);
        }
        if self.is_contact(&person) {
            let chat = self.chat_with(&person);
            let content = super::super::pairing::control(body, turn.now).encode();
            let pairwise = self.seal_pairwise(turn, device, &NO_CONTEXT, &content);
            return pairwise.is_some_and(|pairwise| {
                self.send_pairwise(turn, chat, device, pairwise, Cargo::Control)
            });
        }
        let shared = self.where_met(to, &person, &device);
        shared.is_some_and(|shared| {
            self.send_to_member(turn, shared, (person, device), body, Cargo::Control)
        })
    }

    /// Of the other groups that this device and another are in, that where they can be told something and
    /// have been longest with us: they may not know yet that they are in the others.
    fn where_met(&self, chat: &ChatId, person: &PersonId, device: &DeviceId) -> Option<ChatId> {
        let shared = self.groups.iter().filter(|(shared, held)| {
            let leads = || self.epoch_with(shared, device).is_some();
            *shared != chat && held.is_member() && held.has(person) && leads()
        });
        let shared = shared.min_by_key(|(_, held)| held.group.joined_at(person));
        shared.map(|(shared, _)| *shared)
    }

    /// A device was invited, or could not be: then it is tried again.
    fn note_invited(&mut self, now: Timestamp, chat: &ChatId, device: DeviceId, is_told: bool) {
        let Some(held) = self.group_mut(chat) else {
            return;
        };
        if is_told {
            if let Some(uninvited) = held.state.uninvited.as_mut() {
                uninvited.remove(&device);
            }
        } else {
            held.state.uninvited.get_or_insert_default().insert(device);
            held.invite_at = Some(now.plus(INVITE_AGAIN_MS));
        }
    }

    /// Invites those to whom nothing led, if by now something does: they became contacts, or are in another
    /// group with us.
    pub(super) fn invite_again(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let now = turn.now;
        let Some(held) = self.group_mut(chat) else {
            return;
        };
        let uninvited = held.state.uninvited.take().unwrap_or_default();
        if uninvited.is_empty() || !held.is_member() {
            return;
        }
        let met = |device: &DeviceId| Some((self.person_of(chat, device)?, *device));
        // Who is heard here, or gone, is invited no more.
        let heard = &self.groups.get(chat).map(|held| &held.told_on);
        let mut waiting: Vec<(PersonId, DeviceId)> = uninvited.iter().filter_map(met).collect();
        waiting.retain(|(_, device)| heard.is_none_or(|heard| !heard.contains_key(device)));
        let leads = |(person, device): &&(PersonId, DeviceId)| {
            self.is_contact(person) || self.where_met(chat, person, device).is_some()
        };
        let ready: Vec<PersonId> = waiting.iter().filter(leads).map(|(who, _)| *who).collect();
        if let Some(held) = self.group_mut(chat).filter(|_| !waiting.is_empty()) {
            let waiting = waiting.into_iter().map(|(_, device)| device);
            held.state.uninvited = Some(waiting.collect());
            held.invite_at = Some(now.plus(INVITE_AGAIN_MS));
        }
        if !ready.is_empty()
            && let Some(made) = self.make_epoch(turn, chat, Vec::new())
        {
            self.welcome(turn, chat, &ready, &made);
        }
    }

    /// Somebody left a group: what they were told there of others that they are in, and did not take, they
    /// are told again once something else leads to them.
    pub(super) fn note_uninvited(&mut self, now: Timestamp, left: &ChatId, device: &DeviceId) {
        let own = self.person();
        let waiting = self.outbox.waiting_for(device);
        let is_told = |of: &ChatId| waiting.iter().any(|(_, at, _)| at == of);
        if !is_told(left) {
            return;
        }
        let others = self.groups.iter().filter(|(chat, held)| {
            *chat != left && held.is_member() && !held.told_on.contains_key(device) && is_told(chat)
        });
        let ours = others.filter(|(chat, held)| {
            let person = self.person_of(chat, device);
            let standing = person.and_then(|person| held.group.members().get(&person));
            let added = standing.and_then(|standing| held.group.body(&standing.since));
            added.is_some_and(|body| body.author == own)
        });
        for chat in ours.map(|(chat, _)| *chat).collect::<Vec<_>>() {
            self.note_invited(now, &chat, *device, false);
        }
    }

    /// A part of an invitation to a group came from somebody.
    pub(in crate::proto::engine) fn take_welcome(
        &mut self,
        turn: &mut Turn<'_>,
        from: PersonId,
        bytes: &[u8],
    ) {
        let Ok(part) = Welcome::decode(bytes) else {
            return;
        };
        let own = self.device();
        if let Some(invited) = self.invitations.take(from, own, part) {
            self.on_invited(turn, from, invited);
        }
    }

    fn on_invited(&mut self, turn: &mut Turn<'_>, from: PersonId, invited: Invited) {
        let (chat, own) = (invited.group.chat(), self.person());
        let place = if self.is_contact(&from) {
            Place::Member
        } else {
            Place::Invited(from)
        };
        let invitations = self.groups.values();
        let waiting = invitations.filter(|h| matches!(h.state.place, Place::Invited(_)));
        if place != Place::Member && waiting.count() >= INVITED {
            return;
        }
        let ops = invited.group.unknown_to(&[], usize::MAX);
        if let Some(held) = self.groups.get_mut(&chat) {
            // In it before, or an older invitation.
            let was_open = held.state.place == Place::Member;
            self.take_ops(turn, &chat, ops);
            if let Some(held) = self.groups.get_mut(&chat)
                && !was_open
                && held.has(&own)
            {
                held.state.place = place;
                held.state.declined = None;
            }
        } else {
            let mut state = GroupState::new(chat, place, turn.now);
            if invited.group.was_left_by(&own) && !self.own.list.is_restored() {
                // What was said before was deleted here.
                let standing = invited.group.members().get(&own);
                state.floor = standing.map(|standing| standing.since);
            }
            let held = GroupChat::new(invited.group, super::Epochs::default(), state);
            self.groups.insert(chat, held);
            for op in ops {
                self.keep_op(turn, &chat, &op.id());
            }
            turn.emit(EngineEvent::Chat {
                chat,
                what: ChatChange::Created,
            });
        }
        self.dirty.groups.insert(chat);
        self.learn_lists(turn, &chat);
        self.open_seal(turn, &chat, &invited.epoch, &invited.seal);
        self.enter(turn, &chat);
        self.rejoin(turn, &chat, &invited.epoch);
        self.sync_anew(turn, &chat);
    }

    /// Begins to hear a group that this device is in.
    pub(super) fn enter(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let is_open = self.groups.get(chat).is_some_and(GroupChat::is_open);
        if is_open {
            self.note_lacking(turn.now, chat);
            self.listen_in_group(turn, chat);
            let others = self.others_of(chat);
            self.admit_members(turn, chat, &others);
            self.tell_own_card(turn, chat);
        }
        let what = ChatChange::Members;
        turn.emit(EngineEvent::Chat { chat: *chat, what });
    }

    /// Notes the newest epoch if its secret is not here.
    pub(super) fn note_lacking(&mut self, now: Timestamp, chat: &ChatId) {
        let Some(held) = self.groups.get_mut(chat).filter(|held| held.is_open()) else {
            return;
        };
        if held.epochs.speaking(&held.group).is_some() {
            return;
        }
        let newest = held.group.newest_epoch();
        if let Some(id) = newest.filter(|id| held.epochs.get(id).is_none()) {
            held.lacking.entry(id).or_insert(now.plus(LACKING_MS));
        }
    }

    /// Some of the seals of an epoch came. `false`: they cannot be taken yet, and are to come again.
    pub(super) fn take_seals(&mut self, turn: &mut Turn<'_>, chat: &ChatId, frame: &[u8]) -> bool {
        let Ok(chunk) = SealChunk::decode(frame) else {
            return false;
        };
        let own = self.device();
        let Some(held) = self.groups.get(chat) else {
            return false;
        };
        let Some(epoch) = held.group.epoch_committing(&chunk.commit) else {
            return false;
        };
        if held.epochs.get(&epoch).is_some() {
            return true;
        }
        let Some(body) = held.group.body(&epoch) else {
            return false;
        };
        let Change::Epoch(change) = body.change else {
            return false;
        };
        if !is_all_of_them(&change, frame) {
            // Its author gave others other seals: another epoch is asked for.
            return true;
        }
        let is_needed = held.epochs.is_due(&held.group, turn.now);
        if !is_needed && !self.brakes.may_make_epoch((*chat, body.author), turn.now) {
            return false;
        }
        let Some(held) = self.groups.get(chat) else {
            return false;
        };
        let Some(roster) = held.group.roster_before(&epoch) else {
            return false;
        };
        let index = roster.devices.iter().position(|d| d.device == own);
        let mut seals = chunk.seals.iter();
        let Some((_, seal)) = seals.find(|(at, _)| Some(usize::from(*at)) == index) else {
            // Of others.
            return true;
        };
        let opened = self.open_seal(turn, chat, &epoch, seal);
        if opened {
            self.listen_in_group(turn, chat);
            self.refresh_paths(turn.now, Some(*chat));
        }
        opened
    }

    /// Opens the secret of an epoch that is sealed to this device, and takes the epoch.
    fn open_seal(&mut self, turn: &mut Turn<'_>, chat: &ChatId, epoch: &OpId, seal: &[u8]) -> bool {
        let Some(held) = self.groups.get(chat) else {
            return false;
        };
        if held.epochs.get(epoch).is_some() {
            return true;
        }
        let Some(body) = held.group.body(epoch) else {
            return false;
        };
        let Change::Epoch(change) = body.change else {
            return false;
        };
        let context = seal_context(chat, &change.commit, &change.roster_hash);
        let list = held.group.list(&body.author);
        let certificate = list.and_then(|list| list.device(&body.device)).cloned();
        let author = (body.author, body.device);
        let Some(plain) = self.open_pairwise(turn, &author.0, author.1, seal, &context) else {
            return false;
        };
        // From here on the message is used up: it is not to be sent again.
        let secret = match plain.first_chunk::<32>() {
            Some(secret) if plain.len() == 32 => {
                Some(Secret::filled_by(|out| out.copy_from_slice(secret)))
            }
            _ => prekey_of(&plain).and_then(|id| {
                let prekey = self.prekeys.get(id)?;
                open_once(&self.own.device, prekey, certificate.as_ref()?, &plain).ok()
            }),
        };
        let now = turn.now;
        if let (Some(secret), Some(held)) = (secret, self.group_mut(chat))
            && held.epochs.take(&held.group, epoch, &secret, now).is_ok()
        {
            held.lacking.remove(epoch);
            held.rekey_at = None;
            self.consider_epoch(now, chat, epoch);
        }
        true
    }
}

/// Whether the seals in a frame are those that an epoch's change names. Of large groups one frame does
/// not tell.
fn is_all_of_them(change: &Epoch, frame: &[u8]) -> bool {
    usize::from(change.devices) > ONE_FRAME || seals_hash([frame]) == change.seals_hash
}

/// The seals for so many devices are in one frame.
const ONE_FRAME: usize = 48;

/// The seal for the device at a place of the roster.
fn seal_for(chunks: &[Vec<u8>], index: u16) -> Option<Vec<u8>> {
    let mut seals = chunks.iter().flat_map(|chunk| {
        let chunk = SealChunk::decode(chunk);
        chunk.map_or(Vec::new(), |chunk| chunk.seals)
    });
    seals.find(|(at, _)| *at == index).map(|(_, seal)| seal)
}

/// Invitations of people who are no contacts that may wait at once.
const INVITED: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(seals: u16) -> Vec<u8> {
        let seals = (0..seals).map(|at| (at, vec![7; 300])).collect();
        let commit = [1; 16];
        let first = 0;
        let chunk = SealChunk {
            commit,
            first,
            seals,
        };
        chunk.encode().unwrap()
    }

    #[test]
    fn other_seals_than_everybody_gets_are_no_seals_of_the_epoch() {
        let told = frame(5);
        let change = |devices| Epoch {
            superseded: Vec::new(),
            roster_hash: [2; 32],
            devices,
            commit: [1; 32],
            seals_hash: seals_hash([told.as_slice()]),
            suite: 1,
        };

        assert!(is_all_of_them(&change(6), &told));
        assert!(!is_all_of_them(&change(6), &frame(4)), "one is left out");
        let mut other = told.clone();
        *other.last_mut().unwrap() ^= 1;
        assert!(!is_all_of_them(&change(6), &other));
        // Those of large groups are in several frames, which do not all come to everybody.
        assert!(is_all_of_them(&change(200), &other));
    }

    #[test]
    fn the_seals_for_as_many_as_one_frame_is_to_hold_fit() {
        // The longest: a session that was not answered yet, and the secret in two layers.
        let longest = 600;
        let chunk = SealChunk {
            commit: [1; 16],
            first: 0,
            seals: (0..48).map(|at| (at, vec![7; longest])).collect(),
        };

        assert!(chunk.encode().unwrap().len() <= 32_768 - 5);
    }
}
