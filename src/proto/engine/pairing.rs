//! How two devices come to share a session: contact requests, their acceptance, renewal and reset
//! (protocol §2.3, §3.2–§3.5).

use zeroize::Zeroizing;

use super::{
    Engine, Turn,
    asks::Purpose,
    event::{EngineEvent, WarningKind},
};
use crate::{
    proto::{
        card::{Token, bundle_proof},
        channel::{Channel, Kind},
        chat::{
            content::{Body, ChannelSet, Content},
            direct::{DirectMessage, chat_id},
            state::ChannelSecret,
        },
        contact::{Asking, Standing},
        handshake::{self, InitHeader, InitPayload, Initiate, Respond},
        id::{ChatId, DeviceId, PersonId},
        identity::{Certificate, DeviceList, NodeRecord, ProfileCard},
        prekey::Prekey,
        record::{Class, Write},
        secret::Secret,
        session::{Accept, SessionSet},
        time::Timestamp,
    },
    wire::{
        codec,
        frame::frame_id,
        hello::{HelloReply, HelloRequest, Intro},
        id::{Address, FrameId, PeerId},
        limits,
    },
};

/// The context of a pairwise message that belongs to no other: zeros (protocol §3.4).
pub(super) const NO_CONTEXT: [u8; 32] = [0; 32];

/// What the pairwise message of a contact request says.
pub(super) enum FirstWord {
    /// The secret of the chat's channel.
    Channel(ChannelSecret),
    /// The same as one that was taken in before.
    Again,
}

/// Verified keys of somebody's device, fresh from its node.
struct Bundle {
    list: DeviceList,
    node: NodeRecord,
    prekey: Prekey,
    card: ProfileCard,
}

impl Bundle {
    fn read(reply: Option<HelloReply>, now: Timestamp) -> Option<Self> {
        let Some(HelloReply::Bundle {
            device_list,
            node_record,
            prekey,
            profile,
        }) = reply
        else {
            return None;
        };
        let list = DeviceList::verify(&device_list).ok()?;
        let node = NodeRecord::verify(&node_record, &list, now).ok()?;
        let prekey = Prekey::verify(&prekey, &list, now).ok()?;
        let card = ProfileCard::verify(&profile, &list).ok()?;
        (prekey.device() == node.device()).then_some(Self {
            list,
            node,
            prekey,
            card,
        })
    }
}

impl Engine {
    /// The one direct chat with a person.
    pub(super) fn chat_with(&self, person: &PersonId) -> ChatId {
        chat_id(&self.person(), person)
    }

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
            .or_insert_with(|| super::Known::stranger(person, now));
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
        standing: Option<Standing>,
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
        if !invited && !expected && !self.own.profile.nearby {
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

    /// Begins a session with a device and seals a first message in it.
    fn initiate(
        &mut self,
        turn: &mut Turn<'_>,
        list: &DeviceList,
        prekey: &Prekey,
        token: Option<&Token>,
        first: &[u8],
    ) -> Option<Vec<u8>> {
        let own = self.device();
        let device = prekey.device();
        let peer = list.device(&device)?;
        let set = self
            .sessions
            .entry(device)
            .or_insert_with(|| SessionSet::new(own, device));
        let payload = InitPayload {
            device: own,
            list_seq: self.own.list.seq(),
            generation: set.next_generation(),
            created: turn.now,
        };
        let initiate = Initiate {
            device: &self.own.device,
            peer,
            prekey,
            token,
            payload,
        };
        let initiated = handshake::initiate(initiate, turn.rng).ok()?;
        set.start(initiated, turn.now);
        self.dirty.sessions.insert(device);
        set.seal(turn.rng, turn.now, &NO_CONTEXT, first).ok()
    }

    /// Takes in a pairwise message that begins a session (protocol §3.2): the session, its replay
    /// hash and the end of a one-time prekey are remembered together, and only if the message opens.
    fn respond(
        &mut self,
        turn: &mut Turn<'_>,
        certificate: &Certificate,
        pairwise: &[u8],
        context: &[u8; 32],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let own = self.device();
        let init = SessionSet::split(pairwise).ok()?.init?;
        let header = InitHeader::parse(init).ok()?;
        if self.replay.contains_key(&header.replay_hash) {
            return None;
        }
        let invite = match header.token_id {
            Some(id) => Some(
                self.invites
                    .get(&id)
                    .filter(|invite| invite.is_open(turn.now))?,
            ),
            None => None,
        };
        let prekey = self.prekeys.get(header.prekey_id)?;
        let respond = Respond {
            device: &self.own.device,
            person: self.own.account.person(),
            prekey,
            token: invite.map(|invite| &invite.token),
        };
        let responded = handshake::respond(respond, init).ok()?;
        let hash = responded.replay_hash;
        let device = certificate.id;
        let mut fresh = None;
        let set = match self.sessions.get_mut(&device) {
            Some(set) => set,
            None => fresh.insert(SessionSet::new(own, device)),
        };
        let accept = Accept {
            responded,
            initiator: certificate,
            prekey,
        };
        let opened = set.accept(accept, turn.now, pairwise, context).ok()?;
        if let Some(set) = fresh {
            self.sessions.insert(device, set);
        }
        self.dirty.sessions.insert(device);
        self.prekeys.use_up(header.prekey_id);
        self.dirty.prekeys.insert(header.prekey_id);
        let until = turn.now.plus(crate::proto::prekey::LIFETIME);
        self.replay.insert(hash, until);
        let until = Zeroizing::new(codec::to_vec(&until));
        turn.write(Write::Put(Class::Replay, hash.to_vec(), until));
        if let Some(id) = header.token_id
            && let Some(invite) = self.invites.get_mut(&id)
        {
            invite.uses_left = invite.uses_left.saturating_sub(1);
            self.dirty.invites.insert(id);
        }
        Some(opened)
    }

    /// Opens a pairwise message of a device of somebody we listen to. One that does not open leads
    /// to a new session, now and then (protocol §3.5).
    pub(super) fn open_pairwise(
        &mut self,
        turn: &mut Turn<'_>,
        person: &PersonId,
        device: DeviceId,
        pairwise: &[u8],
        context: &[u8; 32],
    ) -> Option<Zeroizing<Vec<u8>>> {
        if let Some(set) = self.sessions.get_mut(&device)
            && let Ok(opened) = set.open(turn.now, pairwise, context)
        {
            self.dirty.sessions.insert(device);
            return Some(opened);
        }
        let certificate = self
            .people
            .get(person)?
            .devices
            .as_ref()?
            .device(&device)?
            .clone();
        let begins = SessionSet::split(pairwise).is_ok_and(|split| split.init.is_some());
        if begins && let Some(opened) = self.respond(turn, &certificate, pairwise, context) {
            return Some(opened);
        }
        self.consider_reset(turn, *person, device);
        None
    }

    /// A message of a device could not be opened: ask for keys to begin a new session, at most
    /// once per 10 minutes, doubling.
    fn consider_reset(&mut self, turn: &mut Turn<'_>, person: PersonId, device: DeviceId) {
        let own = self.device();
        if self.reachable(&device).is_none() {
            return;
        }
        let set = self
            .sessions
            .entry(device)
            .or_insert_with(|| SessionSet::new(own, device));
        if set.try_reset(turn.now) {
            self.dirty.sessions.insert(device);
            self.renew(turn, person, device, true);
        }
    }

    /// Asks a contact's connected device for keys.
    pub(super) fn renew(
        &mut self,
        turn: &mut Turn<'_>,
        person: PersonId,
        device: DeviceId,
        reset: bool,
    ) {
        let Some(peer) = self.reachable(&device) else {
            return;
        };
        let mut nonce = [0; 16];
        turn.rng.fill_bytes(&mut nonce);
        let request = HelloRequest::GetBundle { nonce, proof: None };
        let to = (peer, Vec::new());
        let purpose = Purpose::Renew {
            person,
            device,
            reset,
        };
        self.ask(turn, purpose, to, request, Vec::new());
    }

    /// Keys came with which to renew the session with a device.
    pub(super) fn on_renew_answer(
        &mut self,
        turn: &mut Turn<'_>,
        (person, device): (PersonId, DeviceId),
        reset: bool,
        reply: Option<HelloReply>,
    ) {
        let Some(bundle) = Bundle::read(reply, turn.now) else {
            return;
        };
        if bundle.list.person() != person
            || bundle.prekey.device() != device
            || !self.is_heard(&person)
        {
            return;
        }
        self.learn(turn, &bundle.list, &bundle.node, &bundle.card);
        if self
            .people
            .get(&person)
            .is_some_and(|known| known.contact.conflict)
        {
            return;
        }
        let body = if reset {
            Body::ResetNotice
        } else {
            self.profile_body()
        };
        let content = control(body, turn.now).encode();
        let Some(pairwise) = self.initiate(turn, &bundle.list, &bundle.prekey, None, &content)
        else {
            return;
        };
        let chat = self.chat_with(&person);
        self.send_pairwise(
            turn,
            chat,
            device,
            pairwise,
            crate::proto::outbox::Cargo::Control,
        );
        if reset {
            turn.emit(EngineEvent::Warning {
                kind: WarningKind::SessionReset,
                text: "A message could not be opened, so the encrypted session was begun anew. \
                       The sender will send again what is missing."
                    .to_owned(),
            });
        }
        self.flush_unsealed(turn, &person);
    }

    /// The other device could not open what we sent, and has begun a new session: everything that
    /// it has not acknowledged is sealed anew.
    pub(super) fn on_reset_notice(
        &mut self,
        turn: &mut Turn<'_>,
        person: PersonId,
        device: DeviceId,
    ) {
        for (id, chat, cargo) in self.outbox.waiting_for(&device) {
            self.outbox.remove(&id);
            turn.write(Write::Delete(Class::Outbox, id.0.to_vec()));
            self.seal_again(chat, cargo);
        }
        turn.emit(EngineEvent::Warning {
            kind: WarningKind::SessionReset,
            text: "A contact could not open our messages and began a new encrypted session. \
                   What they miss is sent again."
                .to_owned(),
        });
        self.greet(turn, person);
        self.flush_unsealed(turn, &person);
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
        for (_, device) in here {
            self.outbox.connected(device);
            self.set_here(turn, device, person);
        }
    }

    /// Tells somebody who we are and where, in a message that also answers their session.
    pub(super) fn greet(&mut self, turn: &mut Turn<'_>, person: PersonId) {
        let body = self.profile_body();
        self.send_control(turn, &person, body, crate::proto::outbox::Cargo::Profile);
        self.send_soft_state(turn, &person);
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
            .and_then(|held| held.received.get(&device));
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

    /// Whether anything may be sent to a person: not to one who is blocked, or whose account is in
    /// conflict (protocol §2.2).
    pub(super) fn may_send_to(&self, person: &PersonId) -> bool {
        self.people
            .get(person)
            .is_some_and(|known| !known.contact.conflict && !known.contact.blocked)
    }
}

/// A content of no timeline: without causal links.
pub(super) fn control(body: Body, now: Timestamp) -> Content {
    Content {
        prev: None,
        parents: Vec::new(),
        created: now,
        expire_s: 0,
        body,
    }
}
