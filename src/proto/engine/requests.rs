//! Contact requests: asking somebody, being asked, and agreeing (protocol §2.3).

use super::{
    Engine, Known, Turn,
    asks::Purpose,
    event::EngineEvent,
    pairing::{Bundle, NO_CONTEXT, control},
};
use crate::{
    proto::{
        card::{Token, bundle_proof},
        channel::{Channel, Kind},
        chat::{
            content::{Body, ChannelSet, Content},
            direct::DirectMessage,
            state::ChannelSecret,
        },
        contact::{Asking, Standing},
        handshake::InitHeader,
        id::{ChatId, DeviceId, PersonId},
        identity::Certificate,
        outbox::Cargo,
        record::Write,
        secret::Secret,
        session::SessionSet,
    },
    wire::{
        frame::frame_id,
        hello::{HelloReply, HelloRequest, Intro},
        id::{Address, FrameId, PeerId},
        limits,
    },
};

/// What the pairwise message of a contact request says.
pub(super) enum FirstWord {
    /// The secret of the chat's channel.
    Channel(ChannelSecret),
    /// The same as one that was taken in before.
    Again,
}

impl Engine {
    /// Begins to ask somebody to be a contact.
    pub(super) fn begin_request(
        &mut self,
        turn: &mut Turn<'_>,
        person: PersonId,
        (peer, addresses): (PeerId, Vec<Address>),
        token: Option<Token>,
    ) {
        let now = turn.now;
        let shown = self.nearby.name_of(&person);
        let known = self
            .people
            .entry(person)
            .or_insert_with(|| Known::stranger(person, now));
        known.contact.standing = Standing::Outgoing;
        known.contact.asking = Some(Asking {
            token: token.map(|token| Secret::new(token.0)),
            peer,
            addresses,
            pairwise: None,
            received: false,
        });
        if let Some((name, avatar)) = shown.filter(|_| known.contact.name.is_empty()) {
            known.contact.name = name;
            known.contact.avatar = avatar;
        }
        self.dirty.people.insert(person);
        let chat = self.open_chat(turn, person);
        let secret = Secret::random(turn.rng);
        if let Some(held) = self.chat_mut(&chat)
            && held.channels.is_empty()
        {
            held.learn_channel(ChannelSecret {
                seq: 1,
                secret,
                since: now,
            });
        }
        self.listen(turn, &chat);
        turn.emit(EngineEvent::Contact(person));
        self.asks.settle(&person);
        self.ask_again(turn, person);
    }

    /// Asks a contact anew if the record of the chat could not be read: nothing is heard or said without its
    /// channel. Who has us as a contact agrees by itself.
    pub(super) fn ask_for_channel(&mut self, turn: &mut Turn<'_>, person: PersonId) {
        let chat = self.chats.get(&self.chat_with(&person));
        if !self.is_contact(&person) || chat.is_none_or(|chat| !chat.channels.is_empty()) {
            return;
        }
        let known = self.people.get(&person);
        let node = known.and_then(|known| known.nodes.first());
        if let Some((peer, addresses)) = node.map(|n| (n.peer(), n.addresses().to_vec())) {
            self.begin_request(turn, person, (peer, addresses), None);
        }
    }

    /// The next step of a contact request that is not answered: for keys, or the request itself.
    pub(super) fn ask_again(&mut self, turn: &mut Turn<'_>, person: PersonId) {
        let Some(asking) = self
            .people
            .get(&person)
            .and_then(|known| known.contact.asking.clone())
        else {
            self.asks.settle(&person);
            return;
        };
        if asking.pairwise.is_some() {
            if asking.received && !self.asks.attached.contains_key(&person) {
                self.asks.settle(&person);
            } else {
                self.send_intro(turn, person);
            }
            return;
        }
        let mut nonce = [0; 16];
        turn.rng.fill_bytes(&mut nonce);
        let proof = asking
            .token
            .as_ref()
            .map(|token| bundle_proof(&Token(*token.expose()), self.peer(), asking.peer, &nonce));
        let request = HelloRequest::GetBundle { nonce, proof };
        let to = (asking.peer, self.where_is(&person, &asking));
        self.ask(turn, Purpose::Request(person), to, request, Vec::new());
        self.asks.later(person, turn.now);
    }

    /// Addresses for somebody who is not a contact yet: as given, and as seen nearby.
    fn where_is(&self, person: &PersonId, asking: &Asking) -> Vec<Address> {
        let mut addresses = asking.addresses.clone();
        let seen = self
            .nearby
            .node_of(person)
            .filter(|(peer, _)| *peer == asking.peer);
        addresses.extend(seen.map(|(_, addresses)| addresses).unwrap_or_default());
        addresses.sort_unstable();
        addresses.dedup();
        addresses.truncate(limits::ADDRESSES);
        addresses
    }

    /// Keys came with which to write a contact request.
    pub(super) fn on_bundle_answer(
        &mut self,
        turn: &mut Turn<'_>,
        person: PersonId,
        reply: Option<HelloReply>,
    ) {
        let now = turn.now;
        let Some(asking) = self
            .people
            .get(&person)
            .and_then(|known| known.contact.asking.clone())
        else {
            return;
        };
        let bundle = Bundle::read(reply, now)
            .filter(|bundle| bundle.list.person() == person && bundle.node.peer() == asking.peer);
        let Some(bundle) = bundle else { return };
        if asking.pairwise.is_some() {
            return;
        }
        self.learn(turn, &bundle.list, &bundle.node, &bundle.card);
        if !self.devices_of(&person).contains(&bundle.prekey.device()) {
            return;
        }
        let chat = self.chat_with(&person);
        let Some(channel) = self.chats.get(&chat).and_then(|held| held.channels.first()) else {
            return;
        };
        let set = ChannelSet {
            seq: channel.seq,
            secret: channel.secret.clone(),
        };
        let content = control(Body::ChannelSet(set), now);
        let token = asking.token.as_ref().map(|token| Token(*token.expose()));
        let Some(pairwise) = self.initiate(
            turn,
            &bundle.list,
            &bundle.prekey,
            token.as_ref(),
            &content.encode(),
        ) else {
            return;
        };
        if let Some(asking) = self
            .person_mut(&person)
            .and_then(|known| known.contact.asking.as_mut())
        {
            asking.pairwise = Some(pairwise.into());
        }
        self.flush_unsealed(turn, &person);
        self.asks.settle(&person);
        self.send_intro(turn, person);
    }

    /// Sends the contact request, with the first frames of the chat as far as they fit.
    pub(super) fn send_intro(&mut self, turn: &mut Turn<'_>, person: PersonId) {
        let Some(known) = self.people.get(&person) else {
            return;
        };
        let Some(asking) = known.contact.asking.clone() else {
            return;
        };
        let Some(pairwise) = asking.pairwise.clone() else {
            return;
        };
        let attach = self.first_frames(&person);
        let Some(prekey) = self.medium_prekey() else {
            return;
        };
        let intro = Intro {
            device_list: self.own.list.bytes().to_vec().into(),
            node_record: self.node_record(turn.now).bytes().to_vec().into(),
            prekey: prekey.into(),
            profile: self.profile_card().bytes().to_vec().into(),
            pairwise,
            frames: Vec::new(),
        };
        let to = (asking.peer, self.where_is(&person, &asking));
        let request = HelloRequest::Intro(intro);
        if self.ask(turn, Purpose::Intro(person), to, request, attach.clone()) {
            self.asks.attached.insert(person, attach);
        }
        self.asks.later(person, turn.now);
    }

    /// What goes along with a contact request: the first frames that wait for the person.
    fn first_frames(&self, person: &PersonId) -> Vec<FrameId> {
        self.devices_of(person)
            .iter()
            .flat_map(|device| self.outbox.waiting_for(device))
            .map(|(id, _, _)| id)
            .take(limits::INTRO_FRAMES)
            .collect()
    }

    pub(super) fn on_intro_answer(
        &mut self,
        turn: &mut Turn<'_>,
        person: PersonId,
        reply: Option<&HelloReply>,
    ) {
        if reply != Some(&HelloReply::Received) {
            return;
        }
        self.asks.settle(&person);
        if let Some(asking) = self
            .person_mut(&person)
            .and_then(|known| known.contact.asking.as_mut())
        {
            asking.received = true;
        }
        self.admit(turn, &person);
        // What was said since the request was on its way goes in another one.
        let carried = self.asks.attached.remove(&person).unwrap_or_default();
        if carried != self.first_frames(&person) {
            self.send_intro(turn, person);
        }
        turn.emit(EngineEvent::Contact(person));
    }

    /// Opens the pairwise message of a contact request. `None`: it does not hold.
    pub(super) fn open_intro(
        &mut self,
        turn: &mut Turn<'_>,
        certificate: &Certificate,
        pairwise: &[u8],
        (standing, nearby): (Option<Standing>, bool),
    ) -> Option<FirstWord> {
        let init = SessionSet::split(pairwise).ok()?.init?;
        let header = InitHeader::parse(init).ok()?;
        if self.replay.contains_key(&header.replay_hash) {
            // The same request again, from somebody whose reply was lost.
            let known = standing.is_some_and(|standing| standing != Standing::Stranger);
            return known.then_some(FirstWord::Again);
        }
        let invited = header.token_id.is_some();
        let expected = standing.is_some_and(|standing| standing != Standing::Stranger);
        if !invited && !expected && !nearby {
            return None;
        }
        let plaintext = self.respond(turn, certificate, pairwise, &NO_CONTEXT)?;
        let content = Content::decode(&plaintext).ok()?;
        let Body::ChannelSet(set) = content.body else {
            return None;
        };
        let (seq, secret, since) = (set.seq, set.secret, turn.now);
        Some(FirstWord::Channel(ChannelSecret { seq, secret, since }))
    }

    /// A frame that came with a contact request; only a message of the asking device counts.
    pub(super) fn take_intro_message(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        channel: &Channel,
        device: DeviceId,
        bytes: &[u8],
    ) {
        let Ok(inner) = channel.open(bytes) else {
            return;
        };
        let Ok(message) = DirectMessage::parse(&inner.body) else {
            return;
        };
        let held = self
            .chats
            .get(&chat)
            .and_then(|held| held.thread.received.get(&device));
        let taken = held.is_some_and(|counters| {
            counters.contains(message.counter) || counters.len() >= limits::INTRO_FRAMES as u64
        });
        if inner.kind != Kind::DirectMessage || message.sender != device || taken {
            return;
        }
        if self.take_message(turn, chat, &message, bytes) {
            turn.write(Write::Seen(frame_id(bytes)));
        }
    }

    /// Both sides agreed: opens everything, and tells the other side.
    pub(super) fn become_contacts(&mut self, turn: &mut Turn<'_>, person: PersonId) {
        let Some(known) = self.person_mut(&person) else {
            return;
        };
        known.contact.standing = Standing::Contact;
        known.contact.asking = None;
        self.asks.settle(&person);
        self.admit(turn, &person);
        self.greet(turn, person);
        self.flush_unsealed(turn, &person);
        turn.emit(EngineEvent::Contact(person));
        let here: Vec<(PeerId, DeviceId)> = self
            .nodes
            .iter()
            .filter(|(peer, (held, _))| {
                *held == person && self.connected.get(peer).is_some_and(|up| up.authorised)
            })
            .map(|(peer, (_, device))| (*peer, *device))
            .collect();
        for (peer, device) in here {
            self.outbox.connected(device);
            self.set_here(turn, device, person);
            self.meet_stranger(turn, device);
            self.tell_what_is_here(turn, &person, (peer, device));
        }
        self.refresh_paths(turn.now, Some(self.chat_with(&person)));
    }

    /// Tells somebody who we are and where, in a message that also answers their session.
    pub(super) fn greet(&mut self, turn: &mut Turn<'_>, person: PersonId) {
        let body = self.profile_body();
        self.send_control(turn, &person, body, Cargo::Profile);
        self.send_soft_state(turn, &person);
    }
}
