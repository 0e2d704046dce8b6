//! What goes out: contents sealed for each device, frames into the outbox and on their way.

use minicbor::bytes::ByteVec;
use zeroize::Zeroizing;

use super::{
    Effect, Engine, Turn,
    event::{DeliveryState, EngineEvent},
    pairing::{NO_CONTEXT, control},
};
use crate::{
    proto::{
        channel::{Channel, Kind, Pairwise},
        chat::{
            acts,
            content::{Body, ChannelSet, Profile},
            direct::{DirectMessage, part_context},
            group::numbered,
            state::ChannelSecret,
        },
        contact::Standing,
        id::{ChatId, DeviceId, PersonId},
        outbox::{Cargo, Waiting},
        record::{Class, MessageRow, Receipt, Write},
    },
    wire::{
        direct::Direct,
        frame::frame_id,
        id::{FrameId, TopicKey},
    },
};

/// Messages read back from the store at once, to be sealed.
const LOADED_AT_ONCE: usize = 64;

/// Messages waiting in the outbox up to which more are sealed.
const SEALED_AHEAD: usize = 1024;

/// A frame that is in the outbox, and on the direct streams that there are.
pub(super) struct Sent {
    pub(super) topic: TopicKey,
    pub(super) frame: Vec<u8>,
    /// It is for somebody whom only its topic reaches.
    pub(super) publish: bool,
    /// Everybody whom it is for has a direct stream.
    all_direct: bool,
}

impl Engine {
    /// Seals a content of the timeline for every device of the other person. `false` if there is
    /// no session yet, or nothing may be sent: then it waits in the chat as unsealed.
    pub(super) fn send_message(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        counter: u32,
        content: &[u8],
    ) -> bool {
        let Some(person) = self.chats.get(&chat).map(|held| held.person) else {
            return false;
        };
        if !self.may_send_to(&person) {
            return false;
        }
        let devices = self.devices_with_session(&person);
        if devices.is_empty() {
            return false;
        }
        let own = self.device();
        let sealed = DirectMessage::seal_content(&chat, &own, counter, content, turn.rng);
        let context = part_context(&chat);
        let mut parts = Vec::new();
        for device in &devices {
            let key = sealed.part.expose();
            if let Some(pairwise) = self.seal_pairwise(turn, *device, &context, key) {
                parts.push((*device, pairwise));
            }
        }
        if parts.is_empty() {
            return false;
        }
        let to: Vec<DeviceId> = parts.iter().map(|(device, _)| *device).collect();
        let body = DirectMessage::encode(&own, counter, &parts, &sealed.ciphertext);
        self.send_frame(
            turn,
            chat,
            (Kind::DirectMessage, &body),
            to,
            Cargo::Message { counter },
        )
    }

    fn devices_with_session(&self, person: &PersonId) -> Vec<DeviceId> {
        let has = |device: &DeviceId| {
            self.sessions
                .get(device)
                .is_some_and(|set| set.active().is_some())
        };
        self.devices_of(person).into_iter().filter(has).collect()
    }

    /// Seals a message in the active session with a device, and asks for a fresh session when the
    /// old one has gone long without an answer (protocol §3.4).
    pub(super) fn seal_pairwise(
        &mut self,
        turn: &mut Turn<'_>,
        device: DeviceId,
        context: &[u8; 32],
        plaintext: &[u8],
    ) -> Option<Vec<u8>> {
        let set = self.sessions.get_mut(&device)?;
        let sealed = set.seal(turn.rng, turn.now, context, plaintext).ok()?;
        let stale = set.needs_fresh(turn.now);
        self.dirty.sessions.insert(device);
        if stale {
            let list = self.people.values().find(|known| {
                known
                    .devices
                    .as_ref()
                    .is_some_and(|list| list.device(&device).is_some())
            });
            if let Some(person) = list.map(|known| known.contact.person) {
                self.renew(turn, person, device, false);
            }
        }
        Some(sealed)
    }

    /// Seals a content of no timeline for every device of a person.
    pub(super) fn send_control(
        &mut self,
        turn: &mut Turn<'_>,
        person: &PersonId,
        body: Body,
        cargo: Cargo,
    ) {
        if !self.may_send_to(person) {
            return;
        }
        let chat = self.chat_with(person);
        let content = control(body, turn.now).encode();
        for device in self.devices_with_session(person) {
            if let Some(pairwise) = self.seal_pairwise(turn, device, &NO_CONTEXT, &content) {
                self.send_pairwise(turn, chat, device, pairwise, cargo);
            }
        }
    }

    /// A device of somebody asked, on a channel of its own. If ours is the better one, it is told that on its
    /// own, since it may know no other; if not, their other devices are told its channel on ours.
    pub(super) fn tell_channel(
        &mut self,
        turn: &mut Turn<'_>,
        (person, asker): (&PersonId, &DeviceId),
        theirs: Option<&ChannelSecret>,
    ) {
        let chat = self.chat_with(person);
        let mut channels = self.chats.get(&chat).into_iter().flat_map(|c| &c.channels);
        let (Some(best), Some(theirs)) = (channels.next(), theirs) else {
            return;
        };
        let is_theirs = best.secret == theirs.secret;
        let on = if is_theirs {
            channels.next()
        } else {
            Some(theirs)
        };
        let Some(on) = on else { return };
        let channel = Channel::from_secret(&on.secret);
        let (seq, secret) = (best.seq, best.secret.clone());
        let body = Body::ChannelSet(ChannelSet { seq, secret });
        let content = control(body, turn.now).encode();
        let from = self.device();
        let devices = self.devices_with_session(person).into_iter();
        let told = devices.filter(|device| (device == asker) != is_theirs);
        for to in told.collect::<Vec<_>>() {
            let sealed = self.seal_pairwise(turn, to, &NO_CONTEXT, &content);
            let Some(pairwise) = sealed.map(ByteVec::from) else {
                continue;
            };
            let body = Pairwise { to, from, pairwise }.encode();
            let what = (Kind::Pairwise, body.as_slice());
            self.send_on(turn, (chat, &channel), what, vec![to], Cargo::Control);
        }
    }

    /// Sends a sealed pairwise message to one device. `false`: the chat has no channel.
    pub(super) fn send_pairwise(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        device: DeviceId,
        pairwise: Vec<u8>,
        cargo: Cargo,
    ) -> bool {
        let from = self.device();
        let body = Pairwise {
            to: device,
            from,
            pairwise: ByteVec::from(pairwise),
        }
        .encode();
        self.send_frame(turn, chat, (Kind::Pairwise, &body), vec![device], cargo)
    }

    /// Seals a frame on the chat's channel, puts it into the outbox and on its way. `false` if the
    /// chat has no channel, or the body is too large for a frame.
    pub(super) fn send_frame(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        (kind, body): (Kind, &[u8]),
        to: Vec<DeviceId>,
        cargo: Cargo,
    ) -> bool {
        let Some(held) = self.chats.get(&chat) else {
            return false;
        };
        let Some(secret) = held.channels.first() else {
            return false;
        };
        let channel = Channel::from_secret(&secret.secret);
        self.send_on(turn, (chat, &channel), (kind, body), to, cargo)
    }

    /// As [`Engine::send_frame`], on a channel of the chat that need not be the best.
    fn send_on(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, channel): (ChatId, &Channel),
        (kind, body): (Kind, &[u8]),
        to: Vec<DeviceId>,
        cargo: Cargo,
    ) -> bool {
        let Some(person) = self.chats.get(&chat).map(|held| held.person) else {
            return false;
        };
        let Some(sent) = self.enqueue(turn, (chat, channel), (kind, body), to, cargo) else {
            return false;
        };
        // Beside a direct stream gossip is a second way, but nothing that a relay need see.
        let beside =
            sent.all_direct && self.has_subscribers(&sent.topic) && !self.has_relay(&sent.topic);
        match self.people.get(&person).map(|known| known.contact.standing) {
            Some(Standing::Contact) if sent.publish || beside => {
                turn.effect(Effect::Publish(sent.topic, sent.frame));
            }
            Some(Standing::Outgoing) => self.send_intro(turn, person),
            _ => {}
        }
        true
    }

    /// Seals a frame, puts it into the outbox, and sends it to whoever has a direct stream. `None` if
    /// the body is too large for a frame.
    pub(super) fn enqueue(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, channel): (ChatId, &Channel),
        (kind, body): (Kind, &[u8]),
        to: Vec<DeviceId>,
        cargo: Cargo,
    ) -> Option<Sent> {
        let day = turn.now.frame_day();
        let frame = channel.seal(false, day, kind, body, turn.rng).ok()?;
        let topic = channel.topic();
        let id = frame_id(&frame);
        let seq = self.outbox.next_seq();
        let frame = ByteVec::from(frame);
        let waiting = Waiting {
            seq,
            topic,
            chat,
            cargo,
            created: turn.now,
            to,
            frame,
        };
        let added = self.outbox.add(id, &waiting, turn.now);
        for old in added.superfluous {
            turn.write(Write::Delete(Class::Outbox, old.0.to_vec()));
        }
        let record = Zeroizing::new(waiting.encode());
        turn.write(Write::Put(Class::Outbox, id.0.to_vec(), record));
        for device in added.send {
            if let Some(peer) = self.reachable(&device) {
                let frame = waiting.frame.clone();
                turn.effect(Effect::Send(peer, Direct::Frame { topic, frame }));
            }
        }
        self.deposit_soon(turn.now, id, topic);
        Some(Sent {
            topic,
            frame: waiting.frame.into(),
            publish: added.publish,
            all_direct: added.all_direct,
        })
    }

    /// A device has a frame of ours on its disk.
    pub(super) fn on_held(
        &mut self,
        turn: &mut Turn<'_>,
        person: PersonId,
        device: DeviceId,
        id: &FrameId,
    ) {
        let Some(done) = self.outbox.acknowledged(id, &device) else {
            return;
        };
        if done.finished {
            turn.write(Write::Delete(Class::Outbox, id.0.to_vec()));
            self.flush_unsealed(turn, &person);
        }
        if let Cargo::Message { counter } = done.cargo {
            let (chat, at) = (done.chat, turn.now);
            let own = self.device();
            let receipt = Receipt {
                chat,
                device: own,
                counter,
                person,
                read: false,
                at,
            };
            turn.write(Write::Receipt(receipt));
            let read = match self.groups.get(&chat) {
                Some(held) => held.state.read_by.get(&person).copied(),
                None => self.chats.get(&chat).and_then(|held| held.read_by_other),
            };
            if read.is_none_or(|read| read < counter) {
                Self::tell_delivered(turn, chat, (counter, counter), person);
            }
        }
    }

    /// Messages of ours are on a person's disk.
    pub(super) fn tell_delivered(
        turn: &mut Turn<'_>,
        chat: ChatId,
        (first, last): (u32, u32),
        person: PersonId,
    ) {
        let state = DeliveryState::Delivered;
        let counters = first..=last;
        turn.emit(EngineEvent::Status {
            chat,
            counters,
            person,
            state,
        });
    }

    /// A device misses messages of ours: what is still in the outbox goes again at once, and what it
    /// once had, before it was set back, is sealed anew.
    pub(super) fn on_want(
        &mut self,
        turn: &mut Turn<'_>,
        (person, device): (PersonId, DeviceId),
        topic: TopicKey,
        counters: &[u32],
    ) {
        let Some((chat, _)) = self.channels.get(&topic) else {
            return;
        };
        let chat = *chat;
        let Some(peer) = self.reachable(&device) else {
            return;
        };
        let place = self.epoch_topics.get(&topic).map(|(_, epoch)| *epoch);
        let place = place.and_then(|epoch| self.groups.get(&chat)?.group.place_of(&epoch));
        for counter in counters {
            if let Some(place) = place {
                let number = numbered(place, *counter);
                let id = number.and_then(|n| self.outbox.frame_of(chat, n, &device));
                if let Some(id) = id {
                    turn.effect(Effect::SendStored(peer, id));
                } else if let Some(number) = number {
                    self.want_said(turn, (chat, number), device);
                }
            } else if let Some(id) = self.outbox.frame_of(chat, *counter, &device) {
                turn.effect(Effect::SendStored(peer, id));
            } else if let Some(held) = self.chat_mut(&chat)
                && held.person == person
                && *counter < held.next_counter
            {
                held.unsealed.insert(*counter);
            }
        }
        self.flush_unsealed(turn, &person);
    }

    pub(super) fn handle_outbox(&mut self, turn: &mut Turn<'_>) {
        let due = self.outbox.handle_timeout(turn.now);
        for (device, id) in due.send {
            if let Some(peer) = self.reachable(&device) {
                turn.effect(Effect::SendStored(peer, id));
            }
        }
        for (id, chat) in due.again {
            if self.groups.contains_key(&chat) && self.is_carried(chat) {
                turn.effect(Effect::PublishStored(id));
            }
        }
        for id in due.publish {
            turn.effect(Effect::PublishStored(id));
        }
        for expired in due.expired {
            turn.write(Write::Delete(Class::Outbox, expired.id.0.to_vec()));
            self.seal_again(expired.chat, expired.cargo);
            self.give_up_in_group(&expired);
        }
    }

    /// A frame is given up; what it said is not.
    pub(super) fn seal_again(&mut self, chat: ChatId, cargo: Cargo) {
        if let Cargo::Message { counter } = cargo
            && let Some(held) = self.chat_mut(&chat)
        {
            held.unsealed.insert(counter);
        }
    }

    /// Reads back messages that were not sealed yet, now that they can be.
    pub(super) fn flush_unsealed(&mut self, turn: &mut Turn<'_>, person: &PersonId) {
        let chat = self.chat_with(person);
        let Some(held) = self.chats.get(&chat) else {
            return;
        };
        if held.unsealed.is_empty()
            || self.loading.iter().any(|(loading, _)| *loading == chat)
            || self.outbox.len() >= SEALED_AHEAD
            || self.devices_with_session(person).is_empty()
            || !self.may_send_to(person)
        {
            return;
        }
        for counter in held.unsealed.first(LOADED_AT_ONCE) {
            self.loading.insert((chat, counter));
            turn.effect(Effect::Load(chat, counter));
        }
    }

    pub(super) fn on_loaded(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        counter: u32,
        row: Option<&MessageRow>,
    ) {
        self.loading.remove(&(chat, counter));
        if let Some(row) = row.filter(|_| self.groups.contains_key(&chat)) {
            self.on_loaded_in_group(turn, row);
        }
        let Some(held) = self.chats.get(&chat) else {
            return;
        };
        let person = held.person;
        if !held.unsealed.contains(counter) {
            return;
        }
        let own = self.device();
        let content = row
            .filter(|row| row.device == own)
            .map(|row| acts::as_sent(row));
        // A message that the store does not have can never be sealed: nothing waits for it.
        let done = content.is_none_or(|content| self.send_message(turn, chat, counter, &content));
        if done && let Some(held) = self.chat_mut(&chat) {
            held.unsealed.remove(counter);
        }
        self.flush_unsealed(turn, &person);
    }

    /// Our profile as a content.
    pub(super) fn profile_body(&self) -> Body {
        Body::Profile(Profile {
            card: ByteVec::from(self.profile_card().bytes().to_vec()),
        })
    }
}
