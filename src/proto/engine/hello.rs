//! What anybody may ask of this node, and what it answers.

use std::{collections::btree_map::Entry, net::IpAddr};

use super::{
    Effect, Engine, Known, Origin, Turn,
    event::{ChatChange, EngineEvent, WarningKind},
    input::Ticket,
    requests::FirstWord,
};
use crate::{
    proto::{
        card::bundle_proof_fits,
        channel::Channel,
        chat::state::DirectChat,
        contact::{Contact, Learnt, Standing},
        id::{ChatId, DeviceId, PersonId},
        identity::{Certificate, DeviceList, ListOrder, NodeRecord, ProfileCard},
        prekey::Prekey,
        time::Timestamp,
    },
    wire::{
        frame::{Window, check},
        hello::{HelloReply, HelloRequest, Intro},
        id::PeerId,
        limits,
    },
};

impl Engine {
    pub(super) fn on_hello(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        ip: Origin,
        ticket: Ticket,
        request: HelloRequest,
    ) {
        let reply = self
            .answer(turn, from, ip, request)
            .unwrap_or(HelloReply::Refused);
        turn.effect(Effect::Answer(ticket, Box::new(reply)));
    }

    fn answer(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        ip: Origin,
        request: HelloRequest,
    ) -> Option<HelloReply> {
        let now = turn.now;
        if self.is_blocked_node(&from) {
            return None;
        }
        // Strangers who are not on the same private network learn nothing, and are not heard.
        let nearby = self.own.profile.nearby && ip.is_some_and(is_private);
        match request {
            HelloRequest::GetProfile => {
                let seen = nearby || self.is_contact_node(&from);
                (seen && self.hello_rate.allow(from, now)).then(|| HelloReply::Profile {
                    device_list: self.own.list.bytes().to_vec().into(),
                    node_record: self.node_record(now).bytes().to_vec().into(),
                    profile: self.profile_card().bytes().to_vec().into(),
                })
            }
            HelloRequest::Announce {
                device_list,
                node_record,
                profile,
            } => {
                let heard = (nearby || self.is_contact_node(&from))
                    && self.hello_rate.allow(from, now)
                    && self.on_profile(turn, from, &device_list, &node_record, &profile);
                heard.then_some(HelloReply::Received)
            }
            HelloRequest::GetBundle { nonce, proof } => {
                self.bundle_for(turn, from, nearby, (&nonce, proof.as_ref()))
            }
            HelloRequest::Intro(intro) => self.on_intro(turn, from, nearby, &intro),
        }
    }

    fn is_contact_node(&self, peer: &PeerId) -> bool {
        self.nodes
            .get(peer)
            .is_some_and(|(person, _)| self.is_contact(person))
    }

    fn is_blocked_node(&self, peer: &PeerId) -> bool {
        let known = self.nodes.get(peer).map(|(person, _)| *person);
        known
            .or_else(|| self.nearby.person_at(peer))
            .and_then(|person| self.people.get(&person))
            .is_some_and(|known| known.contact.blocked)
    }

    fn bundle_for(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        nearby: bool,
        (nonce, proof): (&[u8; 16], Option<&[u8; 32]>),
    ) -> Option<HelloReply> {
        if !self.request_rate.allow(from, turn.now) {
            return None;
        }
        let own = self.peer();
        let invited = proof.is_some_and(|proof| {
            self.invites
                .values()
                .filter(|invite| invite.is_open(turn.now))
                .any(|invite| bundle_proof_fits(&invite.token, from, own, nonce, proof))
        });
        let known = self
            .nodes
            .get(&from)
            .is_some_and(|(person, _)| self.is_met(person));
        if !(invited || known || proof.is_none() && nearby) {
            return None;
        }
        let prekey = self.fresh_prekey(turn)?;
        Some(HelloReply::Bundle {
            device_list: self.own.list.bytes().to_vec().into(),
            node_record: self.node_record(turn.now).bytes().to_vec().into(),
            prekey: prekey.into(),
            profile: self.profile_card().bytes().to_vec().into(),
        })
    }

    /// Somebody asks to be a contact (protocol §2.3). Nothing changes unless all of it holds.
    fn on_intro(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        nearby: bool,
        intro: &Intro,
    ) -> Option<HelloReply> {
        let now = turn.now;
        if !self.request_rate.allow(from, now) {
            return None;
        }
        let list = DeviceList::verify(&intro.device_list).ok()?;
        let node = NodeRecord::verify(&intro.node_record, &list, now).ok()?;
        let prekey = Prekey::verify(&intro.prekey, &list, now).ok()?;
        let card = ProfileCard::verify(&intro.profile, &list).ok()?;
        let person = list.person();
        if node.peer() != from || person == self.person() {
            return None;
        }
        let standing = self.people.get(&person).map(|known| known.contact.standing);
        if self
            .people
            .get(&person)
            .is_some_and(|known| known.contact.blocked)
            || self.requests_are_full(&person)
        {
            return None;
        }
        // A device that is gone from a newer list may have kept the older one, and who has the account's
        // key may have made another of the same number.
        let newest = self.people.get(&person).and_then(|k| k.devices.as_ref());
        if newest.is_some_and(|newest| {
            list.compare(newest) != ListOrder::Newer && newest.device(&node.device()).is_none()
        }) {
            self.learn(turn, &list, &node, &card);
            return None;
        }
        let certificate = list.device(&node.device())?.clone();
        let first = self.open_intro(turn, &certificate, &intro.pairwise, (standing, nearby))?;
        let known = self
            .people
            .entry(person)
            .or_insert_with(|| Known::stranger(person, now));
        if standing == Some(Standing::Stranger) || standing.is_none() {
            known.contact.standing = Standing::Incoming;
        }
        self.dirty.people.insert(person);
        self.learn(turn, &list, &node, &card);
        self.learn_prekey(&person, &prekey, now);
        let mut anew = None;
        if let FirstWord::Channel(channel) = first {
            let chat = self.open_chat(turn, person);
            if let Some(held) = self.chat_mut(&chat) {
                held.meet_on(channel.clone());
            }
            self.listen(turn, &chat);
            anew = Some(channel);
        }
        let chat = self.chat_with(&person);
        for frame in &intro.frames {
            self.on_intro_frame(turn, chat, &certificate, frame);
        }
        match standing {
            Some(Standing::Outgoing) => {
                self.tell_channel(turn, (&person, &certificate.id), anew.as_ref());
                self.become_contacts(turn, person);
            }
            Some(Standing::Contact) => {
                self.admit(turn, &person);
                if anew.is_some() {
                    // Somebody who lost everything, or had removed us: they are a contact already.
                    // What was sealed for this device before, it did not hear.
                    self.seal_all_again(turn, &certificate.id);
                    self.tell_channel(turn, (&person, &certificate.id), anew.as_ref());
                    self.greet(turn, person);
                    self.flush_unsealed(turn, &person);
                }
            }
            _ => turn.emit(EngineEvent::Contact(person)),
        }
        Some(HelloReply::Received)
    }

    /// A full list of requests takes no new person.
    fn requests_are_full(&self, person: &PersonId) -> bool {
        let waiting = |known: &&Known| known.contact.standing == Standing::Incoming;
        !self.people.contains_key(person)
            && self.people.values().filter(waiting).count() >= limits::REQUESTS
    }

    /// Takes what verified objects say of somebody we know.
    pub(super) fn learn(
        &mut self,
        turn: &mut Turn<'_>,
        list: &DeviceList,
        node: &NodeRecord,
        card: &ProfileCard,
    ) {
        let now = turn.now;
        let person = list.person();
        let Some(known) = self.people.get_mut(&person) else {
            return;
        };
        let before = (known.contact.name.clone(), known.contact.avatar);
        let old: Vec<(PeerId, DeviceId)> = known
            .nodes
            .iter()
            .map(|node| (node.peer(), node.device()))
            .collect();
        let devices = known.learn_devices(list, now);
        // An older list, or one of two that contradict each other, may have devices that are none of
        // theirs any more: those are strangers.
        let counts = known.has_device(&node.device());
        let nodes = if counts {
            known.learn_node(node, now)
        } else {
            Learnt::Nothing
        };
        if counts {
            learn_profile(&mut known.contact, card);
        }
        let renamed = before != (known.contact.name.clone(), known.contact.avatar);
        if devices == Learnt::Conflict {
            self.note_conflict(turn, &person);
        }
        let moved = devices == Learnt::New || nodes == Learnt::New;
        if !(moved || renamed || devices == Learnt::Conflict) {
            return;
        }
        self.dirty.people.insert(person);
        if devices == Learnt::New {
            self.drop_devices(turn, person, &old);
        }
        if moved {
            self.index(&person);
            self.admit(turn, &person);
        }
        if renamed {
            self.show_contact(turn, &person);
            turn.emit(EngineEvent::Contact(person));
        }
    }

    /// There are two device lists of one number: nothing is sent until that is cleared up.
    pub(super) fn note_conflict(&mut self, turn: &mut Turn<'_>, person: &PersonId) {
        let known = self.people.get_mut(person);
        let Some(known) = known.filter(|known| !known.contact.conflict) else {
            return;
        };
        known.contact.conflict = true;
        known.contact.verified = false;
        self.dirty.people.insert(*person);
        turn.emit(EngineEvent::Warning {
            kind: WarningKind::AccountConflict,
            text: "Two different lists of devices claim to be the same person's. Nothing \
                   more is sent to them until you compare the safety number again."
                .to_owned(),
        });
    }

    /// A newer device list came: what was for devices that are not in it is sealed for those that
    /// are, and the nodes of those that are gone are strangers again.
    pub(super) fn drop_devices(
        &mut self,
        turn: &mut Turn<'_>,
        person: PersonId,
        old: &[(PeerId, DeviceId)],
    ) {
        let devices = self.devices_of(&person);
        let gone = old.iter().filter(|(_, device)| !devices.contains(device));
        let is_less = gone.clone().next().is_some();
        for (peer, device) in gone {
            turn.effect(Effect::Revoke(*peer));
            self.forget_node(turn, *peer);
            self.set_away(turn, *device, person);
            self.outbox.disconnected(*device);
            self.give_up_device(turn, device);
        }
        if let Some(known) = self.person_mut(&person) {
            known.keep_nodes(turn.now);
        }
        let chat = self.chat_with(&person);
        // Whoever is gone knew the channel.
        if is_less && self.is_contact(&person) {
            self.renew_channel(turn, chat, &person);
        }
        self.refresh_paths(turn.now, Some(chat));
    }

    /// Takes a verified prekey of somebody we know.
    pub(super) fn learn_prekey(&mut self, person: &PersonId, prekey: &Prekey, now: Timestamp) {
        if let Some(known) = self.people.get_mut(person)
            && known.learn_prekey(prekey, now)
        {
            self.dirty.people.insert(*person);
        }
    }

    /// A newer profile card of somebody we know came in a chat.
    pub(super) fn on_card(&mut self, turn: &mut Turn<'_>, person: &PersonId, card: &[u8]) {
        let Some(known) = self.people.get(person) else {
            return;
        };
        let Some(list) = known.devices.as_ref() else {
            return;
        };
        let Ok(card) = ProfileCard::verify(card, list) else {
            return;
        };
        let Some(known) = self.person_mut(person) else {
            return;
        };
        if learn_profile(&mut known.contact, &card) {
            self.show_contact(turn, person);
            turn.emit(EngineEvent::Contact(*person));
        }
    }

    /// The chat with a person, made if there is none.
    pub(super) fn open_chat(&mut self, turn: &mut Turn<'_>, person: PersonId) -> ChatId {
        let id = self.chat_with(&person);
        if let Entry::Vacant(vacant) = self.chats.entry(id) {
            vacant.insert(DirectChat::new(id, person, turn.now));
            self.dirty.chats.insert(id);
            turn.emit(EngineEvent::Chat {
                chat: id,
                what: ChatChange::Created,
            });
        }
        id
    }

    /// A frame that came with a contact request: heard, though its sender is not yet.
    fn on_intro_frame(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        certificate: &Certificate,
        bytes: &[u8],
    ) {
        let Some(held) = self.chats.get(&chat) else {
            return;
        };
        let channels: Vec<Channel> = held
            .channels
            .iter()
            .map(|channel| Channel::from_secret(&channel.secret))
            .collect();
        for channel in channels {
            let topic = channel.topic();
            // The outer check, which the network makes for every other frame.
            if check(&topic, bytes, turn.now.frame_day(), Window::Live).is_ok() {
                self.take_intro_message(turn, chat, &channel, certificate.id, bytes);
                return;
            }
        }
    }
}

/// Takes name and avatar of a newer card. `false` if it is not newer.
pub(super) fn learn_profile(contact: &mut Contact, card: &ProfileCard) -> bool {
    if card.created() <= contact.profile_of && contact.profile_of != Timestamp(0) {
        return false;
    }
    card.name().clone_into(&mut contact.name);
    contact.avatar = card.avatar();
    contact.profile_of = card.created();
    contact.card = Some(card.bytes().to_vec().into());
    true
}

/// Whether an address is of the same machine or a private network (RFC 1918, 3927, 4193, 4291).
fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_loopback(),
    }
}
