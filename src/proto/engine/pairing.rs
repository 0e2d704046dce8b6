//! How two devices come to share a session, renew it, and begin anew (protocol §3.2–§3.5).

use zeroize::Zeroizing;

use super::{
    Engine, Turn,
    asks::Purpose,
    event::{EngineEvent, WarningKind},
};
use crate::{
    proto::{
        card::Token,
        chat::{
            content::{Body, Content},
            direct::chat_id,
        },
        handshake::{self, InitHeader, InitPayload, Initiate, Respond},
        id::{ChatId, DeviceId, PersonId},
        identity::{Certificate, DeviceList, NodeRecord, ProfileCard},
        outbox::Cargo,
        prekey::Prekey,
        record::{Class, Write},
        session::{Accept, SessionSet},
        time::{SECOND, Timestamp},
    },
    wire::{
        codec,
        hello::{HelloReply, HelloRequest},
    },
};

/// The context of a pairwise message that belongs to no other: zeros (protocol §3.4).
pub(super) const NO_CONTEXT: [u8; 32] = [0; 32];

/// Until a device with which there is no session is asked for keys again: as often as anybody may
/// ask it (protocol §2.3).
const KEYS_AGAIN_MS: u64 = 15 * SECOND;

/// Verified keys of somebody's device, fresh from its node.
pub(super) struct Bundle {
    pub(super) list: DeviceList,
    pub(super) node: NodeRecord,
    pub(super) prekey: Prekey,
    pub(super) card: ProfileCard,
}

impl Bundle {
    pub(super) fn read(reply: Option<HelloReply>, now: Timestamp) -> Option<Self> {
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

    /// Begins a session with a device and seals a first message in it.
    pub(super) fn initiate(
        &mut self,
        turn: &mut Turn<'_>,
        list: &DeviceList,
        prekey: &Prekey,
        token: Option<&Token>,
        first: &[u8],
    ) -> Option<Vec<u8>> {
        self.begin_session(turn, list, prekey, token)?;
        let set = self.sessions.get_mut(&prekey.device())?;
        set.seal(turn.rng, turn.now, &NO_CONTEXT, first).ok()
    }

    /// Begins a session with a device.
    pub(super) fn begin_session(
        &mut self,
        turn: &mut Turn<'_>,
        list: &DeviceList,
        prekey: &Prekey,
        token: Option<&Token>,
    ) -> Option<()> {
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
        Some(())
    }

    /// Takes in a pairwise message that begins a session (protocol §3.2): the session, its replay
    /// hash and the end of a one-time prekey are remembered together, and only if the message opens.
    pub(super) fn respond(
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

    /// A contact's device is connected: without a session that seals, one is begun.
    pub(super) fn meet_stranger(&mut self, turn: &Turn<'_>, device: DeviceId) {
        let active = self.sessions.get(&device).and_then(SessionSet::active);
        if active.is_none() {
            self.strangers.entry(device).or_insert(turn.now);
        }
    }

    pub(super) fn handle_strangers(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let due = self.strangers.iter().filter(|(_, due)| **due <= now);
        let due: Vec<DeviceId> = due.map(|(device, _)| *device).collect();
        for device in due {
            let active = self.sessions.get(&device).and_then(SessionSet::active);
            let peer = self.reachable(&device).filter(|_| active.is_none());
            let person = peer.and_then(|peer| self.nodes.get(&peer)).map(|(p, _)| *p);
            match person.filter(|person| self.is_contact(person)) {
                Some(person) => {
                    self.strangers.insert(device, now.plus(KEYS_AGAIN_MS));
                    self.renew(turn, person, device, true);
                }
                None => {
                    self.strangers.remove(&device);
                }
            }
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
            .is_some_and(|known| known.contact.conflict || !known.has_device(&device))
        {
            return;
        }
        let active = self.sessions.get(&device).and_then(SessionSet::active);
        let unreadable = reset && active.is_some();
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
        self.send_pairwise(turn, chat, device, pairwise, Cargo::Control);
        if unreadable {
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
        self.seal_all_again(turn, &device);
        turn.emit(EngineEvent::Warning {
            kind: WarningKind::SessionReset,
            text: "A contact could not open our messages and began a new encrypted session. \
                   What they miss is sent again."
                .to_owned(),
        });
        self.greet(turn, person);
        self.flush_unsealed(turn, &person);
    }

    /// Takes back what waits for a device, which cannot read or does not hear it: it is sealed anew
    /// in the session and on the channel that there are now.
    pub(super) fn seal_all_again(&mut self, turn: &mut Turn<'_>, device: &DeviceId) {
        let waiting = self.outbox.waiting_for(device).into_iter();
        // What goes in groups is not sealed in the session, or made anew when it is asked for.
        let direct = waiting.filter(|(_, chat, _)| !self.groups.contains_key(chat));
        for (id, chat, cargo) in direct.collect::<Vec<_>>() {
            self.outbox.remove(&id);
            turn.write(Write::Delete(Class::Outbox, id.0.to_vec()));
            self.seal_again(chat, cargo);
        }
        self.renew_records(turn, device);
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
