//! The keys of one epoch: its channel, and a chain for each device.
//!
//! Kept as one record for what stays and one for each [`BLOCK`] chains, so that a message rewrites
//! little; what a chain has left behind is in no record any more.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    EpochSecret, RosterDevice,
    chain::{Advance, Chain},
};
use crate::{
    proto::{
        channel::Channel,
        chat::sender_chain::{GroupHeader, GroupPlace, message_id},
        crypto::sign::VerifyingKey,
        id::{ChatId, DeviceId, MessageId, PersonId},
        identity::Device,
        secret::{self, Secret},
        time::Timestamp,
    },
    wire::{codec::Malformed, sync::OpId},
};

/// Chains in one record.
pub const BLOCK: usize = 16;

/// What a member holds of an epoch.
pub struct EpochKeys {
    head: Head,
    channel: Channel,
    chains: Vec<Chain>,
    /// The chains that hold keys of overtaken messages.
    overtaken: BTreeSet<usize>,
    /// Of devices whose messages opened the signing keys: to read one takes a tenth of opening.
    authors: BTreeMap<usize, VerifyingKey>,
    dirty: BTreeSet<u16>,
}

/// What does not change with messages.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct Head {
    #[n(0)]
    chat: ChatId,
    #[n(1)]
    id: OpId,
    #[cbor(n(2), with = "minicbor::bytes")]
    roster_hash: [u8; 32],
    #[n(3)]
    devices: Vec<RosterDevice>,
    #[n(4)]
    channel: Secret<32>,
    /// When this device learnt it.
    #[n(5)]
    since: Timestamp,
    /// Which epochs it takes the place of.
    #[n(6)]
    replaces: Vec<OpId>,
    /// Since when another takes its place.
    #[n(7)]
    replaced: Option<Timestamp>,
    /// Since when this device's own chain is not used: a copy of this device may use it.
    #[n(8)]
    burned: Option<Timestamp>,
}

/// A record of an epoch; without a value it is to be removed.
pub type Record = (Vec<u8>, Option<Zeroizing<Vec<u8>>>);

/// The number of the record that holds what stays.
const HEAD: u16 = u16::MAX;

/// What an epoch is, beside its secret.
pub(super) struct Begin {
    pub(super) chat: ChatId,
    pub(super) id: OpId,
    pub(super) roster_hash: [u8; 32],
    pub(super) devices: Vec<RosterDevice>,
    pub(super) replaces: Vec<OpId>,
    pub(super) since: Timestamp,
}

/// A message as it is to be put into a frame of kind 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The body of the frame.
    pub body: Vec<u8>,
    /// The message's name.
    pub id: MessageId,
    /// Its number in the epoch.
    pub counter: u32,
    /// This device's signature: proof for others.
    pub signature: [u8; 64],
}

/// A message that opened, and whose signature holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its name.
    pub id: MessageId,
    /// The epoch.
    pub epoch: OpId,
    /// Who wrote it.
    pub person: PersonId,
    /// On which device.
    pub device: DeviceId,
    /// Its number in the epoch.
    pub counter: u32,
    /// What it says.
    pub content: Zeroizing<Vec<u8>>,
    /// The author's signature: proof for others.
    pub signature: [u8; 64],
}

impl EpochKeys {
    /// The keys that follow from an epoch's secret. The secret is to be erased after this.
    pub(super) fn begin(begin: Begin, random: &Secret<32>) -> Self {
        let secret = EpochSecret::derive(random, &begin.id, &begin.chat);
        let chains = begin
            .devices
            .iter()
            .map(|device| Chain::new(secret.chain(&device.device)))
            .collect();
        let channel = secret.channel();
        let mut keys = Self {
            channel: Channel::from_secret(&channel),
            head: Head {
                chat: begin.chat,
                id: begin.id,
                roster_hash: begin.roster_hash,
                devices: begin.devices,
                channel,
                since: begin.since,
                replaces: begin.replaces,
                replaced: None,
                burned: None,
            },
            chains,
            overtaken: BTreeSet::new(),
            authors: BTreeMap::new(),
            dirty: BTreeSet::new(),
        };
        keys.dirty.insert(HEAD);
        keys.dirty.extend(keys.blocks());
        keys
    }

    /// The epoch's name.
    pub fn id(&self) -> OpId {
        self.head.id
    }

    /// Where it is spoken.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// For which devices it is, in their order.
    pub fn devices(&self) -> &[RosterDevice] {
        &self.head.devices
    }

    /// Over them.
    pub fn roster_hash(&self) -> &[u8; 32] {
        &self.head.roster_hash
    }

    /// When this device learnt it.
    pub fn since(&self) -> Timestamp {
        self.head.since
    }

    /// Since when another takes its place.
    pub fn replaced(&self) -> Option<Timestamp> {
        self.head.replaced
    }

    /// Another takes its place.
    pub(super) fn replace(&mut self, now: Timestamp) {
        if self.head.replaced.is_none() {
            self.head.replaced = Some(now);
            self.dirty.insert(HEAD);
        }
    }

    /// Whether this device says nothing more in it.
    pub fn is_burned(&self) -> bool {
        self.head.burned.is_some()
    }

    /// This device's own chain may be at another place in a copy of it: nothing more is sealed with it.
    pub(super) fn burn(&mut self, now: Timestamp) {
        if self.head.burned.is_none() {
            self.head.burned = Some(now);
            self.dirty.insert(HEAD);
        }
    }

    /// Whether the key of a message was used, or is gone: it was there before, or another was under its
    /// number.
    pub fn is_used(&self, header: &GroupHeader) -> bool {
        let chain = self.chains.get(usize::from(header.sender));
        chain.is_some_and(|chain| {
            let mut skipped = chain.skipped().iter();
            header.counter < chain.next()
                && !skipped.any(|skipped| skipped.counter == header.counter)
        })
    }

    /// How many messages are known to have been said in it.
    pub fn said(&self) -> u64 {
        self.chains
            .iter()
            .map(|chain| u64::from(chain.next()))
            .sum()
    }

    /// Seals a content of this device. The state must be on disk before the result leaves this
    /// device. `None` if this device is not in the epoch, or its chain is used up or burned.
    pub fn seal(
        &mut self,
        device: &Device,
        content: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Option<Sealed> {
        let index = self.index_of(&device.id()).filter(|_| !self.is_burned())?;
        let (counter, key) = self.chains.get_mut(index)?.advance()?;
        self.touch(index);
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let header = GroupHeader {
            epoch: short(&self.head.id),
            sender: u16::try_from(index).ok()?,
            counter,
            salt,
        };
        let place = self.place(device.id(), counter);
        let context = place.context(content);
        let signature = device.sign("gm-sig", &context);
        Some(Sealed {
            body: place.seal(&header, &key, content, &signature),
            id: message_id(&context),
            counter,
            signature,
        })
    }

    /// Opens a message. Nothing changes unless the author's own signature holds: every member has
    /// every chain.
    pub(super) fn open(
        &mut self,
        header: &GroupHeader,
        sealed: &[u8],
        now: Timestamp,
    ) -> Option<Opened> {
        let index = usize::from(header.sender);
        let device = *self.head.devices.get(index)?;
        let (key, advance) = self.chains.get(index)?.key_for(header.counter, now)?;
        let place = self.place(device.device, header.counter);
        let (content, signature) = place.open(header, &key, sealed)?;
        let context = place.context(&content);
        let held = self.authors.get(&index).copied();
        let author = held.or_else(|| VerifyingKey::parse(&device.ds))?;
        author.verify("gm-sig", &context, &signature).ok()?;
        self.authors.insert(index, author);
        self.commit(index, advance);
        Some(Opened {
            id: message_id(&context),
            epoch: self.head.id,
            person: device.person,
            device: device.device,
            counter: header.counter,
            content,
            signature,
        })
    }

    fn commit(&mut self, index: usize, advance: Advance) {
        if let Some(chain) = self.chains.get_mut(index) {
            chain.commit(advance);
            self.touch(index);
        }
    }

    fn place(&self, device: DeviceId, counter: u32) -> GroupPlace {
        GroupPlace {
            chat: self.head.chat,
            epoch: self.head.id,
            device,
            counter,
        }
    }

    /// The place of a device among those of the epoch.
    pub fn index_of(&self, device: &DeviceId) -> Option<usize> {
        let devices = &self.head.devices;
        devices
            .binary_search_by_key(device, |held| held.device)
            .ok()
    }

    /// How many keys of overtaken messages are held.
    pub(super) fn skipped(&self) -> usize {
        self.overtaken().map(|chain| chain.skipped().len()).sum()
    }

    /// Since when the oldest of them is held.
    pub(super) fn oldest_skipped(&self) -> Option<Timestamp> {
        let all = self.overtaken().flat_map(Chain::skipped);
        all.map(|skipped| skipped.since).min()
    }

    fn overtaken(&self) -> impl Iterator<Item = &Chain> {
        let indices = self.overtaken.iter();
        indices.filter_map(|index| self.chains.get(*index))
    }

    /// Erases the oldest of them.
    pub(super) fn erase_oldest_skipped(&mut self) {
        let oldest = self.oldest_skipped();
        let first = |index: &usize| Some(self.chains.get(*index)?.skipped().first()?.since);
        let index = self.overtaken.iter().find(|index| first(index) == oldest);
        if let Some(index) = index.copied() {
            if let Some(chain) = self.chains.get_mut(index) {
                chain.erase_oldest();
            }
            self.touch(index);
        }
    }

    /// Erases those that have been held since before a time.
    pub(super) fn erase_skipped_before(&mut self, time: Timestamp) {
        for index in self.overtaken.iter().copied().collect::<Vec<_>>() {
            let chain = self.chains.get_mut(index);
            if chain.is_some_and(|chain| chain.erase_skipped_before(time)) {
                self.touch(index);
            }
        }
    }

    /// A chain has changed.
    fn touch(&mut self, index: usize) {
        let chain = self.chains.get(index);
        if chain.is_some_and(|chain| !chain.skipped().is_empty()) {
            self.overtaken.insert(index);
        } else {
            self.overtaken.remove(&index);
        }
        self.dirty.extend(u16::try_from(index / BLOCK));
    }

    fn blocks(&self) -> std::ops::Range<u16> {
        0..u16::try_from(self.chains.len().div_ceil(BLOCK)).unwrap_or(HEAD)
    }

    /// What has changed since this was last asked.
    pub(super) fn take_dirty(&mut self) -> Vec<Record> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty
            .into_iter()
            .map(|number| {
                let value = if number == HEAD {
                    secret::encode(&self.head)
                } else {
                    let from = usize::from(number) * BLOCK;
                    let block: Vec<&Chain> = self.chains.iter().skip(from).take(BLOCK).collect();
                    secret::encode(&block)
                };
                (self.key(number), Some(value))
            })
            .collect()
    }

    /// All its records, to be removed.
    pub(super) fn removed(&self) -> Vec<Record> {
        let numbers = self.blocks().chain([HEAD]);
        numbers.map(|number| (self.key(number), None)).collect()
    }

    fn key(&self, number: u16) -> Vec<u8> {
        let number = number.to_be_bytes();
        [&self.head.chat.0[..], &self.head.id.0, &number].concat()
    }

    /// Reads the records of one epoch, with the keys under which they were kept, in their order.
    pub(super) fn restore(records: &[(Vec<u8>, Zeroizing<Vec<u8>>)]) -> Result<Self, Malformed> {
        let (_, head) = records.last().ok_or(Malformed)?;
        let head: Head = secret::decode(head)?;
        let mut chains = Vec::with_capacity(head.devices.len());
        for (_, block) in records.iter().take(records.len().saturating_sub(1)) {
            let block: Vec<Chain> = secret::decode(block)?;
            chains.extend(block);
        }
        let numbered = chains.iter().enumerate();
        let overtaken = numbered.filter(|(_, chain)| !chain.skipped().is_empty());
        let overtaken = overtaken.map(|(index, _)| index).collect();
        let keys = Self {
            channel: Channel::from_secret(&head.channel),
            head,
            chains,
            overtaken,
            authors: BTreeMap::new(),
            dirty: BTreeSet::new(),
        };
        let numbers = keys.blocks().chain([HEAD]);
        let whole = keys.chains.len() == keys.head.devices.len()
            && numbers
                .map(|number| keys.key(number))
                .eq(records.iter().map(|(key, _)| key.clone()));
        if whole { Ok(keys) } else { Err(Malformed) }
    }
}

/// What stands of an epoch's name in a message.
pub(super) fn short(id: &OpId) -> [u8; 16] {
    let mut out = [0; 16];
    out.iter_mut().zip(id.0).for_each(|(to, from)| *to = from);
    out
}

impl fmt::Debug for EpochKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EpochKeys").field(&self.head.id).finish()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl EpochKeys {
    /// The key of a message, as every member can make it.
    pub(super) fn chain_key(&self, index: usize, counter: u32) -> (Secret<32>, Advance) {
        let chain = self.chains.get(index).unwrap();
        chain.key_for(counter, Timestamp(0)).unwrap()
    }

    /// All records are to be written.
    pub(super) fn touch_all(&mut self) {
        self.dirty.insert(HEAD);
        self.dirty.extend(self.blocks());
    }
}
