//! The epochs that a member holds: in which one to speak, when to make another, when to forget
//! (protocol §4.6).

use std::collections::BTreeMap;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    commitment,
    keys::{Begin, EpochKeys, Opened, Record, Sealed, short},
};
use crate::{
    proto::{
        channel::Channel,
        chat::{
            group::Group,
            membership::{Change, Op},
            seal::{SealChunk, seal_context, seals_hash},
            sender_chain::GroupHeader,
        },
        id::{ChatId, DeviceId},
        identity::Device,
        secret::Secret,
        time::{DAY, SECOND, Timestamp},
    },
    wire::{codec::Malformed, limits, sync::OpId},
};

/// All epochs of one group that this device holds keys of.
#[derive(Debug, Default)]
pub struct Epochs {
    held: BTreeMap<OpId, EpochKeys>,
    removed: Vec<Record>,
}

/// Why another epoch is to be made before anything more is said, or soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// None that is held is for exactly those who are in the group.
    Members,
    /// The one in use is old.
    Age,
    /// Much was said in the one in use.
    Use,
}

/// An epoch that this device has made, and holds.
#[derive(Debug)]
pub struct Made {
    /// The change that says so, which the group has taken in.
    pub op: Op,
    /// The bodies of the frames of kind 4 with the seals.
    pub chunks: Vec<Vec<u8>>,
    /// Its channel.
    pub channel: Channel,
    /// For whom there was no way to seal it: they will ask.
    pub unsealed: Vec<super::RosterDevice>,
}

/// What is to be sealed to one device.
#[derive(Debug)]
pub struct ToSeal<'a> {
    /// To which device.
    pub device: &'a super::RosterDevice,
    /// The context of the pairwise message.
    pub context: &'a [u8; 32],
    /// The secret of the epoch: in a session it goes as a one-shot, without one directly with the
    /// initiation.
    pub secret: &'a Secret<32>,
}

/// Why an epoch is not made or taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EpochError {
    /// The change is not there, or makes no epoch.
    #[error("no such epoch")]
    Unknown,
    /// It is not for those whom its author knew to be in the group, or its author was not.
    #[error("not for those who were in the group")]
    Roster,
    /// The secret is another than the one that the change commits to.
    #[error("not the secret of this epoch")]
    Secret,
    /// This device may not make one now.
    #[error("no epoch can be made")]
    NotAllowed,
}

/// How long the channel of an epoch is listened to after another took its place.
const REPLACED: u64 = 7 * DAY;

/// How long a message may be overtaken.
const SKIPPED: u64 = 14 * DAY;

/// Up to so many devices epochs are short.
const SMALL: usize = 256;

/// How old an epoch becomes, and how many messages it carries, in small groups and in large ones.
const SHORT: (u64, u64) = (7 * DAY, 1000);
const LONG: (u64, u64) = (30 * DAY, 5000);

/// Messages that one device of a roster waits longer than the one before it.
const STEP: u64 = 16;

/// What a frame of seals holds at most: the bucket of 32 KiB without its length and kind.
const CHUNK: usize = 32_768 - 5;

/// Bytes of a chunk before its seals.
const CHUNK_HEADER: usize = 20;

impl Epochs {
    /// In which epoch to speak: of those that are for exactly who is in the group, and that no other
    /// takes the place of, the one with the smallest name. All who hold the same agree, but for devices
    /// that were copied: they say nothing more in what they held then.
    pub fn speaking(&self, group: &Group) -> Option<OpId> {
        let hash = &group.roster().hash;
        self.held
            .values()
            .find(|keys| {
                keys.replaced().is_none() && keys.roster_hash() == hash && !keys.is_burned()
            })
            .map(EpochKeys::id)
    }

    /// Whether an epoch whose secret is not here is one that others may speak in: none that is held takes
    /// its place, and there is none in which this device speaks, or whoever holds both speaks in that one.
    pub fn lacks(&self, group: &Group, id: &OpId) -> bool {
        let mut held = self.held.keys();
        if self.held.contains_key(id) || held.any(|held| group.takes_place_of(held, id)) {
            return false;
        }
        match self.speaking(group) {
            None => true,
            Some(speaking) => {
                let change = group.body(id).map(|body| body.change);
                let hash = &group.roster().hash;
                let is_for_all =
                    matches!(change, Some(Change::Epoch(epoch)) if epoch.roster_hash == *hash);
                let is_first = *id < speaking || group.takes_place_of(id, &speaking);
                is_for_all && is_first && group.counts(id) == Some(true)
            }
        }
    }

    /// Whether a device is to make another epoch. When much was said in the one in use, those who speak
    /// do so one a little after the other, in the order of the roster, so that not all do at once.
    pub fn due(&self, group: &Group, device: &DeviceId, now: Timestamp) -> Option<Due> {
        let Some(keys) = self.speaking(group).and_then(|id| self.held.get(&id)) else {
            return Some(Due::Members);
        };
        let (mut age, uses) = if keys.devices().len() <= SMALL {
            SHORT
        } else {
            LONG
        };
        let set = u64::from(group.settings().max_epoch_age_s).saturating_mul(SECOND);
        if set > 0 {
            age = age.min(set);
        }
        let rank = keys.index_of(device).unwrap_or_default() as u64;
        if keys.said() >= uses.saturating_add(rank.saturating_mul(STEP)) {
            Some(Due::Use)
        } else if now.since(keys.since()) >= age {
            Some(Due::Age)
        } else {
            None
        }
    }

    /// Whether anybody has a reason to make another epoch.
    pub fn is_due(&self, group: &Group, now: Timestamp) -> bool {
        // Of no place in the roster: it is the first whose turn it is.
        self.due(group, &DeviceId([0; 16]), now).is_some()
    }

    /// Makes an epoch for those who are in the group now. `seal` gives the pairwise message for one
    /// other device, or `None` if there are no keys for it.
    pub fn make(
        &mut self,
        group: &mut Group,
        device: &Device,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        mut seal: impl FnMut(ToSeal<'_>, &mut dyn CryptoRng) -> Option<Vec<u8>>,
    ) -> Result<Made, EpochError> {
        let roster = group.roster().clone();
        let count = u16::try_from(roster.devices.len())
            .ok()
            .filter(|count| *count <= limits::ROSTER)
            .ok_or(EpochError::NotAllowed)?;
        let random = Secret::random(rng);
        let commit = commitment(&random, &group.chat(), &roster.hash);
        let context = seal_context(&group.chat(), &commit, &roster.hash);
        let (mut seals, mut unsealed) = (Vec::new(), Vec::new());
        for (index, to) in (0u16..).zip(&roster.devices) {
            if to.device == device.id() {
                continue;
            }
            let wanted = ToSeal {
                device: to,
                context: &context,
                secret: &random,
            };
            match seal(wanted, rng) {
                Some(pairwise) => seals.push((index, pairwise)),
                None => unsealed.push(*to),
            }
        }
        let chunks = chunks(&commit, seals);
        let change = Change::Epoch(super::super::membership::Epoch {
            superseded: self.in_use(),
            roster_hash: roster.hash,
            devices: count,
            commit,
            seals_hash: seals_hash(chunks.iter().map(Vec::as_slice)),
            suite: 1,
        });
        let (op, _) = group
            .act(device, change, now)
            .map_err(|_| EpochError::NotAllowed)?;
        let keys = self.take(group, &op.id(), &random, now)?;
        Ok(Made {
            channel: keys.channel().clone(),
            op,
            chunks,
            unsealed,
        })
    }

    /// The newest epochs that none takes the place of: another takes the place of all of them.
    fn in_use(&self) -> Vec<OpId> {
        let mut used: Vec<&EpochKeys> = self.held.values().collect();
        used.retain(|keys| keys.replaced().is_none());
        used.sort_by_key(|keys| std::cmp::Reverse(keys.since()));
        used.iter()
            .take(limits::SUPERSEDED)
            .map(|k| k.id())
            .collect()
    }

    /// Takes an epoch with its secret, if it is for those whom its author knew to be in the group,
    /// the author among them, and the secret is the one that it commits to.
    pub fn take(
        &mut self,
        group: &Group,
        id: &OpId,
        random: &Secret<32>,
        now: Timestamp,
    ) -> Result<&EpochKeys, EpochError> {
        if !self.held.contains_key(id) {
            let keys = check(group, id, random, now)?;
            self.insert(group, keys, now);
        }
        self.held.get(id).ok_or(EpochError::Unknown)
    }

    /// Of those between two epochs the secret may never have come.
    fn insert(&mut self, group: &Group, mut keys: EpochKeys, now: Timestamp) {
        for other in self.held.values_mut() {
            if group.takes_place_of(&keys.id(), &other.id()) {
                other.replace(now);
            }
            if group.takes_place_of(&other.id(), &keys.id()) {
                keys.replace(now);
            }
        }
        self.held.insert(keys.id(), keys);
    }

    /// Seals a content in an epoch.
    pub fn seal(
        &mut self,
        epoch: &OpId,
        device: &Device,
        content: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Option<Sealed> {
        self.held.get_mut(epoch)?.seal(device, content, rng)
    }

    /// Opens the body of a frame of kind 1 that came on a channel. If it does not open, nothing
    /// changes.
    pub fn open(&mut self, epoch: &OpId, body: &[u8], now: Timestamp) -> Option<Opened> {
        let (header, sealed) = GroupHeader::parse(body)?;
        let keys = self.held.get_mut(epoch)?;
        if header.epoch != short(epoch) {
            return None;
        }
        let opened = keys.open(&header, sealed, now)?;
        while self.held.values().map(EpochKeys::skipped).sum::<usize>() > limits::GROUP_SKIPPED {
            let oldest = self.held.values_mut().filter(|keys| keys.skipped() > 0);
            let oldest = oldest.min_by_key(|keys| keys.oldest_skipped());
            oldest.into_iter().for_each(EpochKeys::erase_oldest_skipped);
        }
        Some(opened)
    }

    /// Nothing more is said by this device in any of the epochs that are held now.
    pub fn burn_all(&mut self, now: Timestamp) {
        self.held.values_mut().for_each(|keys| keys.burn(now));
    }

    /// The same of one.
    pub fn burn(&mut self, id: &OpId, now: Timestamp) {
        if let Some(keys) = self.held.get_mut(id) {
            keys.burn(now);
        }
    }

    /// An epoch.
    pub fn get(&self, id: &OpId) -> Option<&EpochKeys> {
        self.held.get(id)
    }

    /// All that are held: their channels are listened to.
    pub fn all(&self) -> impl Iterator<Item = &EpochKeys> {
        self.held.values()
    }

    /// Erases epochs that others took the place of long ago, and keys of messages that never came.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        let over = |keys: &EpochKeys| keys.replaced().is_some_and(|at| now.since(at) >= REPLACED);
        for (_, keys) in self.held.extract_if(.., |_, keys| over(keys)) {
            self.removed.extend(keys.removed());
        }
        for keys in self.held.values_mut() {
            keys.erase_skipped_before(Timestamp(now.0.saturating_sub(SKIPPED)));
        }
    }

    /// When [`Epochs::handle_timeout`] next has work.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let ends = self
            .held
            .values()
            .filter_map(|k| Some(k.replaced()?.plus(REPLACED)));
        let keys = self.held.values();
        let skipped = keys.filter_map(|k| Some(k.oldest_skipped()?.plus(SKIPPED + 1)));
        ends.chain(skipped).min()
    }

    /// Forgets everything: this device is no longer in the group.
    pub fn forget(&mut self) {
        for (_, keys) in std::mem::take(&mut self.held) {
            self.removed.extend(keys.removed());
        }
    }

    /// The records that changed since this was last asked. They are ratchet state.
    pub fn take_records(&mut self) -> Vec<Record> {
        let mut records = std::mem::take(&mut self.removed);
        for keys in self.held.values_mut() {
            records.extend(keys.take_dirty());
        }
        records
    }

    /// Reads records back, of whichever groups; each group's epochs come together. What is not whole
    /// is left out: its keys are lost, and another epoch is made.
    pub fn restore(
        records: impl IntoIterator<Item = (Vec<u8>, Zeroizing<Vec<u8>>)>,
    ) -> BTreeMap<ChatId, Self> {
        let mut by_epoch: BTreeMap<[u8; 64], Vec<_>> = BTreeMap::new();
        for (key, value) in records {
            if let Some(epoch) = key.first_chunk::<64>() {
                by_epoch.entry(*epoch).or_default().push((key, value));
            }
        }
        let mut groups: BTreeMap<ChatId, Self> = BTreeMap::new();
        for (epoch, mut records) in by_epoch {
            records.sort_by(|(one, _), (other, _)| one.cmp(other));
            let keys: Result<EpochKeys, Malformed> = EpochKeys::restore(&records);
            if let (Ok(keys), Some(chat)) = (keys, epoch.first_chunk()) {
                let epochs = groups.entry(ChatId(*chat)).or_default();
                epochs.held.insert(keys.id(), keys);
            }
        }
        groups
    }
}

/// The keys of an epoch, if it and its secret hold.
fn check(
    group: &Group,
    id: &OpId,
    random: &Secret<32>,
    now: Timestamp,
) -> Result<EpochKeys, EpochError> {
    let body = group.body(id).ok_or(EpochError::Unknown)?;
    let Change::Epoch(epoch) = body.change else {
        return Err(EpochError::Unknown);
    };
    let roster = group.roster_before(id).ok_or(EpochError::Unknown)?;
    let by_member = roster.devices.iter().any(|d| d.device == body.device);
    let fits = roster.hash == epoch.roster_hash
        && roster.devices.len() == usize::from(epoch.devices)
        && group.counts(id) == Some(true);
    if !by_member || !fits {
        return Err(EpochError::Roster);
    }
    // Both are public values or made from them.
    if commitment(random, &group.chat(), &roster.hash) != epoch.commit {
        return Err(EpochError::Secret);
    }
    let begin = Begin {
        chat: group.chat(),
        id: *id,
        roster_hash: roster.hash,
        devices: roster.devices,
        replaces: epoch.superseded,
        since: now,
    };
    Ok(EpochKeys::begin(begin, random))
}

/// The seals in as few frames as hold them.
fn chunks(commit: &[u8; 32], seals: Vec<(u16, Vec<u8>)>) -> Vec<Vec<u8>> {
    let mut commit_half = [0; 16];
    commit_half
        .iter_mut()
        .zip(commit)
        .for_each(|(to, from)| *to = *from);
    let (mut chunks, mut first) = (Vec::new(), 0u16);
    let (mut part, mut size): (Vec<(u16, Vec<u8>)>, usize) = (Vec::new(), CHUNK_HEADER);
    let mut close = |part: &mut Vec<(u16, Vec<u8>)>| {
        let seals = std::mem::take(part);
        let count = u16::try_from(seals.len()).unwrap_or(u16::MAX);
        let chunk = SealChunk {
            commit: commit_half,
            first,
            seals,
        };
        first = first.saturating_add(count);
        chunks.extend(chunk.encode());
    };
    for (index, pairwise) in seals {
        let length = pairwise.len().saturating_add(4);
        if size.saturating_add(length) > CHUNK && !part.is_empty() {
            close(&mut part);
            size = CHUNK_HEADER;
        }
        size = size.saturating_add(length);
        part.push((index, pairwise));
    }
    if !part.is_empty() {
        close(&mut part);
    }
    chunks
}

#[cfg(test)]
mod tests;
