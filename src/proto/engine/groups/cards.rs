//! What members tell each other of their devices: keys, nodes, names (frame kind 10).

use super::{ChatChange, Engine, EngineEvent, Turn};
use crate::{
    proto::{
        channel::Kind,
        chat::{epoch::EpochKeys, group::MemberCard},
        contact::Learnt,
        engine::{Known, hello::learn_profile},
        id::{ChatId, DeviceId, PersonId},
        identity::{DeviceList, NodeRecord, ProfileCard},
        outbox::Cargo,
        prekey::Prekey,
        time::Timestamp,
    },
    wire::sync::OpId,
};

/// What a card said that was not known.
#[derive(Default)]
struct News {
    /// A node, or where it is.
    moved: bool,
    /// How the person shows.
    renamed: bool,
}

impl Engine {
    /// Tells everybody in a group of this device.
    pub(super) fn tell_own_card(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let to = self.devices_in(chat);
        self.tell_own_card_to(turn, chat, &to);
    }

    /// The same, to some.
    pub(super) fn tell_own_card_to(&mut self, turn: &mut Turn<'_>, chat: &ChatId, to: &[DeviceId]) {
        if let Some(card) = self.own_card(turn.now) {
            self.tell_cards(turn, chat, &[card], to, Cargo::SoftState);
        }
    }

    /// The same in all groups: this device moved, or has another name or prekey. Whoever leaves a group is
    /// nobody's member there, and is not told any more who else has gone.
    pub(in crate::proto::engine) fn tell_own_cards(&mut self, turn: &mut Turn<'_>) {
        let ours = self.groups.iter().filter(|(_, held)| held.is_member());
        for chat in ours.map(|(chat, _)| *chat).collect::<Vec<_>>() {
            self.tell_own_card(turn, &chat);
        }
    }

    /// Tells newcomers of everybody in a group, this device and each other among them.
    pub(super) fn tell_all_cards(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        newcomers: &[DeviceId],
    ) {
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let own = self.device();
        let others = held.group.roster().devices.iter();
        let others = others.filter(|d| d.device != own);
        let cards = others.filter_map(|d| self.card_of(&d.person, &d.device, turn.now));
        let cards: Vec<MemberCard> = self.own_card(turn.now).into_iter().chain(cards).collect();
        self.tell_cards(turn, chat, &cards, newcomers, Cargo::Control);
    }

    fn tell_cards(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        cards: &[MemberCard],
        to: &[DeviceId],
        cargo: Cargo,
    ) {
        let Some(epoch) = self.any_epoch(chat) else {
            return;
        };
        for body in MemberCard::frames(cards) {
            let said = (Kind::MemberCards, body.as_slice(), to.to_vec());
            self.send_in_epoch(turn, (*chat, epoch), said, cargo);
        }
    }

    /// The epoch in use, or the newest that no other has taken the place of.
    pub(super) fn any_epoch(&self, chat: &ChatId) -> Option<OpId> {
        let held = self.groups.get(chat)?;
        held.epochs.speaking(&held.group).or_else(|| {
            let used = held.epochs.all().filter(|keys| keys.replaced().is_none());
            used.max_by_key(|keys| keys.since()).map(EpochKeys::id)
        })
    }

    fn own_card(&self, now: Timestamp) -> Option<MemberCard> {
        Some(MemberCard {
            person: self.person(),
            prekey: self.medium_prekey()?.into(),
            node_record: self.node_record(now).bytes().to_vec().into(),
            profile: self.profile_card().bytes().to_vec().into(),
        })
    }

    fn card_of(&self, person: &PersonId, device: &DeviceId, now: Timestamp) -> Option<MemberCard> {
        let known = self.people.get(person)?;
        let node = known.nodes.iter().find(|node| node.device() == *device)?;
        Some(MemberCard {
            person: *person,
            prekey: known.prekey_of(device, now)?.bytes().to_vec().into(),
            node_record: node.bytes().to_vec().into(),
            profile: known.contact.card.clone()?,
        })
    }

    /// Takes cards of members; those that do not hold are left out. `false` if it is no such frame.
    pub(super) fn take_cards(&mut self, turn: &mut Turn<'_>, chat: &ChatId, body: &[u8]) -> bool {
        let Ok(cards) = MemberCard::decode_all(body) else {
            return false;
        };
        let own = self.person();
        let (mut moved, mut renamed) = (false, false);
        for card in cards {
            let is_member = self.groups.get(chat).is_some_and(|h| h.has(&card.person));
            if is_member && card.person != own {
                let news = self.take_card(turn, &card);
                moved |= news.moved;
                renamed |= news.renamed;
            }
        }
        if moved {
            self.refresh_paths(turn.now, Some(*chat));
        }
        if renamed {
            let what = ChatChange::Members;
            turn.emit(EngineEvent::Chat { chat: *chat, what });
        }
        true
    }

    fn take_card(&mut self, turn: &mut Turn<'_>, card: &MemberCard) -> News {
        let now = turn.now;
        let known = self.people.get(&card.person);
        let Some(known) = known.filter(|known| !known.has_card(card)) else {
            return News::default();
        };
        let Some(list) = &known.devices else {
            return News::default();
        };
        let node = NodeRecord::verify(&card.node_record, list, now);
        let prekey = Prekey::verify(&card.prekey, list, now);
        let profile = ProfileCard::verify(&card.profile, list);
        let (Ok(node), Ok(prekey), Ok(profile)) = (node, prekey, profile) else {
            return News::default();
        };
        if prekey.device() != node.device() {
            return News::default();
        }
        let Some(known) = self.person_mut(&card.person) else {
            return News::default();
        };
        let moved = known.learn_node(&node, now) == Learnt::New;
        known.learn_prekey(&prekey, now);
        let before = (known.contact.name.clone(), known.contact.avatar);
        learn_profile(&mut known.contact, &profile);
        let renamed = before != (known.contact.name.clone(), known.contact.avatar);
        if moved {
            self.index(&card.person);
            self.admit_member(turn, &card.person);
        }
        if renamed {
            self.show_contact(turn, &card.person);
            turn.emit(EngineEvent::Contact(card.person));
        }
        News { moved, renamed }
    }

    /// Takes the device list of a member, as the group's changes carry it.
    pub(super) fn learn_list(&mut self, turn: &mut Turn<'_>, list: &DeviceList) {
        let (now, person) = (turn.now, list.person());
        if person == self.person() {
            return;
        }
        let known = self
            .people
            .entry(person)
            .or_insert_with(|| Known::stranger(person, now));
        let before: Vec<_> = known.nodes.iter().map(|n| (n.peer(), n.device())).collect();
        match known.learn_devices(list, now) {
            Learnt::New => {
                self.dirty.people.insert(person);
                if !before.is_empty() {
                    self.drop_devices(turn, person, &before);
                }
                self.index(&person);
            }
            Learnt::Conflict => self.note_conflict(turn, &person),
            Learnt::Nothing => {}
        }
    }
}
