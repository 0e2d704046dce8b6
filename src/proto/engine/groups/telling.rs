//! What goes out in groups: frames on the channels of epochs, new epochs with their secrets sealed to
//! each device, and what only one member is told.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteVec;
use rand_core::CryptoRng;

use super::{Effect, Engine, GroupChat, LACKING_AGAIN_MS, Place, Turn};
use crate::{
    proto::{
        channel::{Channel, Kind, Pairwise},
        chat::{
            content::{Body, RekeyRequest},
            epoch::{Made, RosterDevice, ToSeal},
            membership::{Change, Op, encode_ops},
            seal::SealChunk,
        },
        crypto::kdf,
        engine::{Known, pairing::control},
        handshake::{self, InitPayload, Initiate, seal_once},
        id::{ChatId, DeviceId, PersonId},
        identity::{Certificate, Device, DeviceList},
        outbox::Cargo,
        session::SessionSet,
        time::Timestamp,
    },
    wire::{limits, sync::OpId},
};

/// What is said in a group and to whom: the kind of the frame, its body, and the devices that have to
/// acknowledge it.
type Said<'a> = (Kind, &'a [u8], Vec<DeviceId>);

/// Who asks for an epoch, and on the channel of which; on none if there is none in common.
#[derive(Clone, Copy)]
pub(super) struct Asker {
    pub(super) device: DeviceId,
    pub(super) on: Option<OpId>,
    /// The session with it began a moment ago, with a prekey that is used up by that.
    pub(super) is_fresh: bool,
}

/// Bytes of changes in one frame: the bucket of 32 KiB.
const OPS: usize = 32_000;

/// What is needed to seal the secret of an epoch to others.
struct Sealing<'a> {
    now: Timestamp,
    device: &'a Device,
    list_seq: u64,
    people: &'a BTreeMap<PersonId, Known>,
    sessions: &'a mut BTreeMap<DeviceId, SessionSet>,
    /// With which device the session is as young as a prekey would be.
    fresh: Option<DeviceId>,
}

impl Sealing<'_> {
    /// Seals the secret to a device: in the session with it and to its newest prekey, or with the
    /// beginning of a session (protocol §4.5).
    fn seal(
        &mut self,
        certificate: &Certificate,
        wanted: &ToSeal<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Option<Vec<u8>> {
        let (own, device, now) = (self.device.id(), certificate.id, self.now);
        let known = self.people.get(&certificate.person)?;
        let prekey = known.prekey_of(&device, now);
        let sessions = self.sessions.entry(device);
        let set = sessions.or_insert_with(|| SessionSet::new(own, device));
        let is_young = self.fresh == Some(device) || !known.has_prekey_of(&device);
        if is_young && set.active().is_some() {
            // Somebody who became a contact a moment ago, or came back: the session is as young as a prekey
            // would be.
            let secret = wanted.secret.expose();
            return set.seal(rng, now, wanted.context, secret).ok();
        }
        let prekey = prekey?;
        if set.active().is_some() {
            let once = seal_once(self.device, certificate, prekey, wanted.secret, rng).ok()?;
            return set.seal(rng, now, wanted.context, &once).ok();
        }
        let payload = InitPayload {
            device: own,
            list_seq: self.list_seq,
            generation: set.next_generation(),
            created: now,
        };
        let initiate = Initiate {
            device: self.device,
            peer: certificate,
            prekey,
            token: None,
            payload,
        };
        let initiated = handshake::initiate(initiate, rng).ok()?;
        set.start(initiated, now);
        set.seal(rng, now, wanted.context, wanted.secret.expose())
            .ok()
    }
}

impl Engine {
    /// Puts a frame on the channel of an epoch into the outbox, and on its way.
    pub(super) fn send_in_epoch(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, epoch): (ChatId, OpId),
        (kind, body, to): Said<'_>,
        cargo: Cargo,
    ) -> bool {
        let keys = self.groups.get(&chat).and_then(|h| h.epochs.get(&epoch));
        let Some(channel) = keys.map(|keys| keys.channel().clone()) else {
            return false;
        };
        self.send_on_channel(turn, (chat, &channel), (kind, body, to), cargo)
    }

    pub(super) fn send_on_channel(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, channel): (ChatId, &Channel),
        (kind, body, to): Said<'_>,
        cargo: Cargo,
    ) -> bool {
        if to.is_empty() {
            return true;
        }
        let Some(sent) = self.enqueue(turn, (chat, channel), (kind, body), to, cargo) else {
            return false;
        };
        // Whoever has a direct stream to everybody needs no gossip: it would cost each member a second
        // copy.
        if sent.publish {
            turn.effect(Effect::Publish(sent.topic, sent.frame));
        }
        true
    }

    /// The epoch to speak in now, made if there is none that will do.
    pub(super) fn ensure_epoch(&mut self, turn: &mut Turn<'_>, chat: &ChatId) -> Option<OpId> {
        let own = self.device();
        let held = self.groups.get(chat)?;
        let due = held.epochs.due(&held.group, &own, turn.now);
        let speaking = held.epochs.speaking(&held.group);
        if due.is_none() {
            return speaking;
        }
        let made = self.make_epoch(turn, chat, Vec::new());
        made.map(|made| made.op.id()).or(speaking)
    }

    /// Makes an epoch for those who are in the group now, and tells it, after some changes, to all who
    /// are or were to be spoken to.
    pub(super) fn make_epoch(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        ops: Vec<Op>,
    ) -> Option<Made> {
        self.make_epoch_for(turn, chat, ops, None)
    }

    /// The same for a device that asked for it on the channel of an epoch: it may hear no other.
    pub(super) fn make_epoch_for(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        ops: Vec<Op>,
        asker: Option<Asker>,
    ) -> Option<Made> {
        let before = self.in_use(chat, asker);
        let certificates = self.certificates_in(chat);
        let mut held = self.groups.remove(chat)?;
        self.dirty.groups.insert(*chat);
        let (now, device) = (turn.now, &self.own.device);
        let mut sealing = Sealing {
            now,
            device,
            list_seq: self.own.list.seq(),
            people: &self.people,
            sessions: &mut self.sessions,
            fresh: asker
                .filter(|asker| asker.is_fresh)
                .map(|asker| asker.device),
        };
        let seal = |wanted: ToSeal<'_>, rng: &mut dyn CryptoRng| {
            sealing.seal(certificates.get(&wanted.device.device)?, &wanted, rng)
        };
        let made = held
            .epochs
            .make(&mut held.group, device, now, turn.rng, seal);
        self.dirty.sessions.extend(certificates.into_keys());
        held.rekey_at = None;
        if let (Ok(made), Some(copies)) = (&made, held.state.copies.as_mut()) {
            copies.began_anew(made.op.id());
        }
        self.groups.insert(*chat, held);
        let made = made.ok()?;
        self.keep_op(turn, chat, &made.op.id());
        let mut told = ops;
        told.push(made.op.clone());
        self.tell_ops(turn, chat, &before, &told);
        self.tell_seals(turn, chat, &before, &made);
        self.listen_in_group(turn, chat);
        self.refresh_paths(turn.now, Some(*chat));
        Some(made)
    }

    /// The channels of a group on which there may be members: those of epochs that no other has taken
    /// the place of, with the devices that are there and were not on an earlier one. A device that asks
    /// is on the channel by which it does.
    fn in_use(&self, chat: &ChatId, asker: Option<Asker>) -> Vec<(Channel, Vec<DeviceId>)> {
        let own = self.device();
        let Some(held) = self.groups.get(chat) else {
            return Vec::new();
        };
        let mut met = BTreeSet::from([own]);
        let asking = asker.and_then(|Asker { device, on, .. }| {
            met.insert(device);
            Some((held.epochs.get(&on?)?.channel().clone(), vec![device]))
        });
        let speaking = held.epochs.speaking(&held.group);
        let mut used: Vec<_> = held.epochs.all().collect();
        used.retain(|keys| keys.replaced().is_none());
        used.sort_by_key(|keys| (Some(keys.id()) != speaking, std::cmp::Reverse(keys.since())));
        let used = used.iter().map(|keys| {
            let devices = keys.devices().iter().map(|device| device.device);
            let fresh = devices.filter(|device| met.insert(*device)).collect();
            (keys.channel().clone(), fresh)
        });
        let used: Vec<_> = used.collect();
        asking.into_iter().chain(used).collect()
    }

    /// Tells changes to everybody who may be heard on the channels in use.
    pub(super) fn announce_ops(&mut self, turn: &mut Turn<'_>, chat: &ChatId, ops: &[Op]) {
        let channels = self.in_use(chat, None);
        self.tell_ops(turn, chat, &channels, ops);
    }

    fn tell_ops(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        channels: &[(Channel, Vec<DeviceId>)],
        ops: &[Op],
    ) {
        let told = self.told_of(chat, ops);
        for body in op_frames(ops) {
            for (channel, to) in channels {
                let to = to.iter().filter(|device| told.contains(device));
                let said = (Kind::LogOps, body.as_slice(), to.copied().collect());
                self.send_on_channel(turn, (*chat, channel), said, Cargo::Control);
            }
        }
    }

    /// The devices that changes are told to: of those who are in the group, and of whom they remove.
    /// Who was removed before hears no more.
    fn told_of(&self, chat: &ChatId, ops: &[Op]) -> BTreeSet<DeviceId> {
        let Some(held) = self.groups.get(chat) else {
            return BTreeSet::new();
        };
        let changes = ops.iter().filter_map(|op| held.group.body(&op.id()));
        let removed = changes.filter_map(|body| match body.change {
            Change::RemoveMember(person) => held.group.list(&person),
            _ => None,
        });
        let removed = removed.flat_map(DeviceList::devices).map(|it| it.id);
        let members = held.group.roster().devices.iter().map(|it| it.device);
        members.chain(removed).collect()
    }

    fn tell_seals(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        channels: &[(Channel, Vec<DeviceId>)],
        made: &Made,
    ) {
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let Some(keys) = held.epochs.get(&made.op.id()) else {
            return;
        };
        let roster: Vec<DeviceId> = keys.devices().iter().map(|d| d.device).collect();
        for chunk in &made.chunks {
            let Ok(parsed) = SealChunk::decode(chunk) else {
                continue;
            };
            let devices = parsed.seals.iter();
            let devices = devices.filter_map(|(index, _)| roster.get(usize::from(*index)));
            let for_these: BTreeSet<DeviceId> = devices.copied().collect();
            for (channel, to) in channels {
                let to = to.iter().filter(|device| for_these.contains(device));
                let said = (Kind::EpochSeals, chunk.as_slice(), to.copied().collect());
                self.send_on_channel(turn, (*chat, channel), said, Cargo::Control);
            }
        }
    }

    /// What the devices of a group's members are, by the newest lists in its changes.
    fn certificates_in(&self, chat: &ChatId) -> BTreeMap<DeviceId, Certificate> {
        let Some(held) = self.groups.get(chat) else {
            return BTreeMap::new();
        };
        let lists = held.group.members().keys();
        let lists = lists.filter_map(|person| held.group.list(person));
        lists
            .flat_map(DeviceList::devices)
            .map(|device| (device.id, device.clone()))
            .collect()
    }

    /// Seals a content of no timeline for one device, in a group that both are in. A session is begun
    /// if there is none. `false`: it cannot be, or this device leaves, and nobody would take it.
    pub(super) fn send_to_member(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        (person, device): (PersonId, DeviceId),
        body: Body,
        cargo: Cargo,
    ) -> bool {
        if !self.groups.get(&chat).is_some_and(GroupChat::is_member) {
            return false;
        }
        let Some(epoch) = self.epoch_with(&chat, &device) else {
            return false;
        };
        let content = control(body, turn.now).encode();
        let context = member_context(&chat);
        let Some(pairwise) = self.seal_to_member(turn, (person, device), &context, &content) else {
            return false;
        };
        let from = self.device();
        let pairwise = ByteVec::from(pairwise);
        let to = device;
        let body = Pairwise { to, from, pairwise }.encode();
        let said = (Kind::Pairwise, body.as_slice(), vec![device]);
        self.send_in_epoch(turn, (chat, epoch), said, cargo)
    }

    pub(super) fn seal_to_member(
        &mut self,
        turn: &mut Turn<'_>,
        (person, device): (PersonId, DeviceId),
        context: &[u8; 32],
        content: &[u8],
    ) -> Option<Vec<u8>> {
        let now = turn.now;
        let known = self.people.get(&person).filter(|k| !k.contact.conflict)?;
        let active = self.sessions.get(&device).and_then(SessionSet::active);
        if active.is_none() {
            let list = known.devices.clone()?;
            let prekey = known.prekey_of(&device, now)?.clone();
            self.begin_session(turn, &list, &prekey, None)?;
        }
        let set = self.sessions.get_mut(&device)?;
        self.dirty.sessions.insert(device);
        set.seal(turn.rng, now, context, content).ok()
    }

    /// An epoch in which a device is spoken to: one that it is known to hold, or the one in use if it can be.
    pub(super) fn epoch_with(&self, chat: &ChatId, device: &DeviceId) -> Option<OpId> {
        let held = self.groups.get(chat)?;
        let told_on = held.told_on.get(device).copied();
        let told_on = told_on.filter(|id| {
            let keys = held.epochs.get(id);
            keys.is_some_and(|keys| keys.replaced().is_none())
        });
        let first = told_on.or_else(|| held.epochs.speaking(&held.group));
        let mut all: Vec<_> = held.epochs.all().collect();
        all.sort_by_key(|keys| (Some(keys.id()) != first, std::cmp::Reverse(keys.since())));
        let with = all.iter().find(|keys| keys.index_of(device).is_some());
        with.map(|keys| keys.id())
    }

    /// The secret of an epoch did not come: another epoch is asked for, of its author if that can be
    /// reached, else of anybody who can.
    pub(super) fn ask_for_epoch(&mut self, turn: &mut Turn<'_>, chat: &ChatId, epoch: OpId) {
        let own = self.device();
        let Some(held) = self.group_mut(chat) else {
            return;
        };
        // Nobody answers who left, and what is said from now on is not for them.
        let is_in = held.state.place == Place::Member;
        let is_lacking = is_in && held.epochs.lacks(&held.group, &epoch);
        if !is_lacking {
            held.lacking.remove(&epoch);
            return;
        }
        let again = turn.now.plus(LACKING_AGAIN_MS);
        held.lacking.insert(epoch, again);
        let author = held.group.body(&epoch).map(|body| body.device);
        let mut devices: Vec<RosterDevice> = held.group.roster().devices.clone();
        devices.retain(|d| d.device != own);
        devices.sort_by_key(|d| Some(d.device) != author);
        let request = RekeyRequest {
            chat: *chat,
            epoch: Some(epoch),
        };
        // Who can be reached first, and of them the author.
        devices.sort_by_key(|d| self.reachable(&d.device).is_none());
        for to in devices.iter().take(ASKED) {
            let body = Body::RekeyRequest(request);
            let (person, device) = (to.person, to.device);
            if !self.send_to_member(turn, *chat, (person, device), body, Cargo::Control) {
                self.send_request_directly(turn, (person, device), request);
            }
        }
    }

    /// Asks a contact in the chat with them, because there is no epoch that both hold.
    fn send_request_directly(
        &mut self,
        turn: &mut Turn<'_>,
        (person, _): (PersonId, DeviceId),
        request: RekeyRequest,
    ) {
        if self.is_contact(&person) {
            self.send_control(turn, &person, Body::RekeyRequest(request), Cargo::Control);
        }
    }

    /// A member could not open the secret of an epoch: there is another one, now and then.
    pub(in crate::proto::engine) fn on_rekey_request(
        &mut self,
        turn: &mut Turn<'_>,
        (person, device): (PersonId, DeviceId),
        on: Option<OpId>,
        request: RekeyRequest,
    ) {
        let now = turn.now;
        let Some(held) = self.group_mut(&request.chat) else {
            return;
        };
        if !held.is_member() || !held.has(&person) || !held.may_answer(person, now) {
            return;
        }
        let chat = request.chat;
        let asker = Asker {
            device,
            on,
            is_fresh: false,
        };
        let made = self.make_epoch_for(turn, &chat, Vec::new(), Some(asker));
        match (made, on) {
            (Some(made), None) => self.welcome(turn, &chat, &[person], &made),
            // It may lack what the epoch follows.
            (Some(_), Some(_)) => {
                if let Some(peer) = self.reachable(&device) {
                    self.tell_heads(turn, &chat, peer);
                }
            }
            (None, _) => {}
        }
    }
}

/// The bodies of as few frames of kind 3 as hold some changes.
pub(super) fn op_frames(ops: &[Op]) -> Vec<Vec<u8>> {
    let (mut frames, mut part, mut size) = (Vec::new(), Vec::new(), 0usize);
    for op in ops {
        let length = op.encode().len().saturating_add(3);
        if size.saturating_add(length) > OPS && !part.is_empty() {
            frames.push(encode_ops(&std::mem::take(&mut part)));
            size = 0;
        }
        size = size.saturating_add(length);
        part.push(op.clone());
    }
    if !part.is_empty() {
        frames.push(encode_ops(&part));
    }
    frames
}

/// The context of a pairwise message that goes in a group: `H(L("member") ‖ chat_id)`. Another member
/// cannot carry it into another group, or into the chat of the two.
pub(super) fn member_context(chat: &ChatId) -> [u8; 32] {
    kdf::hash(&[&kdf::label("member"), &chat.0])
}

/// How many members are asked for an epoch at once.
const ASKED: usize = 2;

const _: () = assert!(OPS < limits::FRAME);
