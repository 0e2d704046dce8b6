//! A group: its signed membership log, and who is in it with which devices (protocol §4.2 to §4.4).
//!
//! [`Group::apply`] takes changes in any order; those that follow what has not come wait for it. A
//! change that is taken in is kept for ever, whether the rules let it count or not; one whose
//! signature or place is wrong is refused, by every member alike, and never kept.

mod act;
mod card;
mod copies;
mod history;
mod lists;
mod read;
mod records;
mod roster;
mod state;
mod waiting;
mod welcome;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::OnceLock,
};

pub use act::{NotAllowed, Right};
pub use card::MemberCard;
pub use copies::Copies;
pub use history::{Coming, History, Offer};
use lists::Lists;
use read::{entry, read, read_lists};
pub use records::{Part, RECORD_OVERHEAD, Records, record_of};
pub use roster::Roster;
pub use state::{ASIDE, Aside, GroupState, Place, numbered, unnumbered};
use waiting::Waiting;
pub use welcome::{Invitations, Invited, Seal, Welcome};

use super::membership::{Change, Changed, Known, Log, Op, OpBody, Role, Settings, Standing};
use crate::{
    proto::{
        crypto::sign::VerifyingKey,
        id::{ChatId, DeviceId, PersonId},
        identity::DeviceList,
        time::Timestamp,
    },
    wire::{codec::Malformed, limits, sync::OpId},
};

/// A group, as one of its members or of those who are invited knows it.
pub struct Group {
    chat: ChatId,
    log: Log,
    /// By their places in the log.
    ops: Vec<Op>,
    lists: Lists,
    /// For each device its changes, by number: number and place.
    numbers: BTreeMap<DeviceId, Vec<(u64, u32)>>,
    waiting: Waiting,
    roster: OnceLock<Roster>,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken in, perhaps with others that had waited for it.
    Applied(Applied),
    /// It was there.
    Known,
    /// It follows changes that have not come: [`Group::missing`].
    Waiting,
    /// It will never be taken in.
    Refused(Refusal),
}

/// Changes that were taken in, and what they led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Their names, in the order in which they are to be kept.
    pub ops: Vec<OpId>,
    /// What is another now.
    pub changed: Changed,
}

/// Why a change is never taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not the one encoding of a change, or above a limit.
    #[error("not a change of a group")]
    Malformed,
    /// It is of another group.
    #[error("of another group")]
    Foreign,
    /// What it follows does not name its author's device.
    #[error("by nobody who was known to the group")]
    Author,
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Signature,
    /// A device list in it is not believed, or of somebody else.
    #[error("a device list in it does not hold")]
    List,
    /// Its number is not the next of its device.
    #[error("not the next change of its device")]
    Number,
    /// The log holds no more.
    #[error("the log is full")]
    Full,
}

impl Group {
    /// The group that a change creates, if it is such a change and holds.
    pub fn begin(create: Op) -> Result<Self, Refusal> {
        Self::found(create, true)
    }

    fn found(create: Op, verify: bool) -> Result<Self, Refusal> {
        let body = read(&create)?;
        let Change::Create(change) = &body.change else {
            return Err(Refusal::Foreign);
        };
        if body.chat != ChatId([0; 32]) || body.seq != 0 || !body.parents.is_empty() {
            return Err(Refusal::Number);
        }
        let carried = read_lists(&body.change, verify)?;
        let named: Vec<PersonId> = carried.iter().map(DeviceList::person).collect();
        let mut owners = change.owners.clone();
        owners.sort_unstable();
        owners.dedup();
        if named != change.owners || owners.len() != named.len() {
            return Err(Refusal::List);
        }
        let author = carried
            .iter()
            .find(|list| list.person() == body.author)
            .and_then(|list| list.device(&body.device))
            .ok_or(Refusal::Author)?;
        if verify {
            author
                .ds
                .verify("op", &create.body, &create.signature)
                .map_err(|_| Refusal::Signature)?;
        }
        let id = create.id();
        let log = Log::begin(entry(id, &body, &carried)).ok_or(Refusal::Author)?;
        let mut lists = Lists::default();
        for list in carried {
            lists.add(list, 0);
        }
        Ok(Self {
            chat: ChatId(id.0),
            log,
            ops: vec![create],
            lists,
            numbers: BTreeMap::from([(body.device, vec![(0, 0)])]),
            waiting: Waiting::default(),
            roster: OnceLock::new(),
        })
    }

    /// The group from the changes that were kept, in the order of [`Applied::ops`].
    pub fn restore(kept: impl IntoIterator<Item = Vec<u8>>) -> Result<Self, Malformed> {
        let mut kept = kept.into_iter();
        let first = Op::decode(&kept.next().ok_or(Malformed)?)?;
        let mut group = Self::found(first, false).map_err(|_| Malformed)?;
        for bytes in kept {
            let op = Op::decode(&bytes)?;
            group.admit(op, false).map_err(|_| Malformed)?;
        }
        Ok(group)
    }

    /// Takes a change in.
    pub fn apply(&mut self, op: Op) -> Outcome {
        let id = op.id();
        if self.log.counts(&id).is_some() {
            return Outcome::Known;
        }
        let body = match read(&op) {
            Ok(body) => body,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        if body.chat != self.chat {
            return Outcome::Refused(Refusal::Foreign);
        }
        let missing: Vec<OpId> = self.not_held(&body.parents);
        if !missing.is_empty() {
            self.waiting.add(id, op, missing);
            return Outcome::Waiting;
        }
        match self.admit(op, true) {
            Ok(changed) => Outcome::Applied(self.applied(id, changed)),
            Err(refusal) => Outcome::Refused(refusal),
        }
    }

    /// Takes in what had waited for a change.
    fn applied(&mut self, first: OpId, changed: Changed) -> Applied {
        let mut applied = Applied {
            ops: vec![first],
            changed,
        };
        let mut next = 0;
        while let Some(id) = applied.ops.get(next).copied() {
            next += 1;
            for op in self.waiting.arrived(&id) {
                let id = op.id();
                let ready = self.log.counts(&id).is_none()
                    && read(&op).is_ok_and(|body| self.not_held(&body.parents).is_empty());
                if ready && let Ok(changed) = self.admit(op, true) {
                    applied.ops.push(id);
                    applied.changed.and(changed);
                }
            }
        }
        applied
    }

    fn not_held(&self, ids: &[OpId]) -> Vec<OpId> {
        let held = |id: &&OpId| self.log.counts(id).is_none();
        ids.iter().filter(held).copied().collect()
    }

    /// Takes in a change whose parents are there.
    fn admit(&mut self, op: Op, verify: bool) -> Result<Changed, Refusal> {
        let body = read(&op)?;
        let mut distinct = body.parents.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if body.chat != self.chat || distinct.is_empty() || distinct.len() != body.parents.len() {
            return Err(Refusal::Foreign);
        }
        if self.ops.len() >= limits::OPS || body.seq >= limits::OPS_OF_DEVICE {
            return Err(Refusal::Full);
        }
        let known = self.log.known(&body.parents);
        if self.next_number(&body.device, Some(&known)) != body.seq {
            return Err(Refusal::Number);
        }
        let carried = read_lists(&body.change, verify)?;
        let ds = self.author_key(&body, &carried, &known)?;
        if verify {
            ds.verify("op", &op.body, &op.signature)
                .map_err(|_| Refusal::Signature)?;
        }
        let id = op.id();
        let changed = self
            .log
            .add(entry(id, &body, &carried))
            .ok_or(Refusal::Foreign)?;
        let place = self.log.place_of(&id).unwrap_or(u32::MAX);
        let other_lists = !carried.is_empty();
        for list in carried {
            self.lists.add(list, place);
        }
        let numbers = self.numbers.entry(body.device).or_default();
        let after = numbers.partition_point(|(number, _)| *number <= body.seq);
        numbers.insert(after, (body.seq, place));
        self.ops.push(op);
        if other_lists || !changed.joined.is_empty() || !changed.left.is_empty() {
            self.roster = OnceLock::new();
        }
        Ok(changed)
    }

    /// The key of the author's device, which is named by what the change follows, or by the list of
    /// its own person that it carries.
    fn author_key(
        &self,
        body: &OpBody,
        carried: &[DeviceList],
        known: &Known,
    ) -> Result<VerifyingKey, Refusal> {
        let before = |place: u32| known.contains(place);
        let ds = if matches!(body.change, Change::DeviceUpdate(_)) {
            let list = carried.first().filter(|list| list.person() == body.author);
            let device = list.and_then(|list| list.device(&body.device));
            device
                .filter(|_| self.lists.knows(&body.author, before))
                .map(|device| device.ds)
        } else {
            self.lists.key_of(&body.author, &body.device, before)
        };
        ds.ok_or(Refusal::Author)
    }

    /// The number that a device's next change has for somebody who knows this; without, who knows
    /// all.
    fn next_number(&self, device: &DeviceId, known: Option<&Known>) -> u64 {
        let numbers = self.numbers.get(device).map_or(&[][..], Vec::as_slice);
        let mut newest = numbers.iter().rev();
        newest
            .find(|(_, place)| known.is_none_or(|known| known.contains(*place)))
            .map_or(0, |(number, _)| number.saturating_add(1))
    }

    /// Which group.
    pub fn chat(&self) -> ChatId {
        self.chat
    }

    /// Who is in it.
    pub fn members(&self) -> &BTreeMap<PersonId, Standing> {
        self.log.members()
    }

    /// What somebody is in it.
    pub fn role(&self, person: &PersonId) -> Option<Role> {
        self.log.role(person)
    }

    /// Its name and settings.
    pub fn settings(&self) -> &Settings {
        self.log.settings()
    }

    /// The newest device list of somebody who is or was in it.
    pub fn list(&self, person: &PersonId) -> Option<&DeviceList> {
        self.lists.newest(person, |_| true)
    }

    /// A change.
    pub fn op(&self, id: &OpId) -> Option<&Op> {
        let place = usize::try_from(self.log.place_of(id)?).ok()?;
        self.ops.get(place)
    }

    /// What a change says.
    pub fn body(&self, id: &OpId) -> Option<OpBody> {
        OpBody::decode(&self.op(id)?.body).ok()
    }

    /// The change at a place.
    pub fn op_at(&self, place: u32) -> Option<&Op> {
        self.ops.get(usize::try_from(place).ok()?)
    }

    /// The change that was taken in last.
    pub fn newest(&self) -> Option<OpId> {
        self.ops.last().map(Op::id)
    }

    /// The epoch whose name begins with these bytes.
    pub fn epoch_named(&self, short: &[u8; 16]) -> Option<OpId> {
        self.log.starting_with(short)
    }

    /// The newest epoch that counts and is for exactly those who are in the group, as far as its
    /// change says.
    pub fn newest_epoch(&self) -> Option<OpId> {
        let hash = self.roster().hash;
        self.ops.iter().rev().find_map(|op| {
            let body = OpBody::decode(&op.body).ok()?;
            let Change::Epoch(epoch) = body.change else {
                return None;
            };
            let id = op.id();
            (epoch.roster_hash == hash && self.counts(&id) == Some(true)).then_some(id)
        })
    }

    /// Whether an epoch takes the place of another, at once or by way of those between them.
    pub fn takes_place_of(&self, later: &OpId, earlier: &OpId) -> bool {
        let mut left = vec![*later];
        let mut looked_at = BTreeSet::new();
        while let Some(id) = left.pop() {
            let Some(Change::Epoch(epoch)) = self.body(&id).map(|body| body.change) else {
                continue;
            };
            if epoch.superseded.contains(earlier) {
                return true;
            }
            let between = epoch.superseded.into_iter();
            let between = between.filter(|between| self.follows(between, earlier));
            left.extend(between.filter(|between| looked_at.insert(*between)));
        }
        false
    }

    /// The epoch whose commitment begins with these bytes: the newest, if there are several.
    pub fn epoch_committing(&self, commit: &[u8; 16]) -> Option<OpId> {
        self.ops.iter().rev().find_map(|op| {
            let Change::Epoch(epoch) = OpBody::decode(&op.body).ok()?.change else {
                return None;
            };
            epoch.commit.starts_with(commit).then(|| op.id())
        })
    }

    /// How many epochs there were.
    pub fn epochs(&self) -> u32 {
        let is_epoch = |op: &&Op| {
            OpBody::decode(&op.body).is_ok_and(|body| matches!(body.change, Change::Epoch(_)))
        };
        let count = self.ops.iter().filter(is_epoch).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Whether a change says that somebody was removed or left.
    pub fn was_left_by(&self, person: &PersonId) -> bool {
        self.ops.iter().any(|op| {
            OpBody::decode(&op.body).is_ok_and(|body| match body.change {
                Change::RemoveMember(removed) => removed == *person,
                Change::Leave => body.author == *person,
                _ => false,
            })
        })
    }

    /// How many changes a change follows: the same number for everybody.
    pub fn age_of(&self, id: &OpId) -> Option<u64> {
        u64::try_from(self.log.past_len(id)?).ok()
    }

    /// The place of a change among those that are kept.
    pub fn place_of(&self, id: &OpId) -> Option<u32> {
        self.log.place_of(id)
    }

    /// The changes that the rules do not let count.
    pub fn void(&self) -> impl Iterator<Item = OpId> {
        self.log.void()
    }

    /// Whether a change is there, and if so whether the rules let it count.
    pub fn counts(&self, id: &OpId) -> Option<bool> {
        self.log.counts(id)
    }

    /// Whether one change follows another.
    pub fn follows(&self, later: &OpId, earlier: &OpId) -> bool {
        self.log.follows(later, earlier)
    }

    /// The changes that none follows: at most [`limits::OP_PARENTS`], the newest.
    pub fn heads(&self) -> Vec<OpId> {
        let mut heads: Vec<OpId> = self.log.heads().collect();
        let over = heads.len().saturating_sub(limits::OP_PARENTS);
        heads.drain(..over);
        heads
    }

    /// What somebody lacks who has these changes and all before them: in order, at most so many
    /// bytes, at least one change if there is any.
    pub fn unknown_to(&self, heads: &[OpId], bytes: usize) -> Vec<Op> {
        let mut left = bytes;
        let mut out = Vec::new();
        for place in self.log.unknown_to(heads) {
            let Some(op) = usize::try_from(place).ok().and_then(|at| self.ops.get(at)) else {
                continue;
            };
            let length = op.encode().len();
            if length > left && !out.is_empty() {
                break;
            }
            left = left.saturating_sub(length);
            out.push(op.clone());
        }
        out
    }

    /// Changes that others follow and that have not come.
    pub fn missing(&self) -> Vec<OpId> {
        self.waiting.missing()
    }

    /// Devices that gave one number to two changes: copied, or set back to an older state.
    pub fn forked(&self) -> Vec<DeviceId> {
        let twice = |numbers: &[(u64, u32)]| {
            let mut pairs = numbers.iter().zip(numbers.iter().skip(1));
            pairs.any(|((one, _), (next, _))| one == next)
        };
        let forked = self.numbers.iter().filter(|(_, numbers)| twice(numbers));
        forked.map(|(device, _)| *device).collect()
    }

    /// People of whom there are two device lists with one number.
    pub fn conflicts(&self) -> Vec<PersonId> {
        self.lists.conflicts()
    }

    /// When somebody came to be in it, as the change says that they are in it by.
    pub fn joined_at(&self, person: &PersonId) -> Option<Timestamp> {
        let since = self.members().get(person)?.since;
        self.body(&since).map(|body| body.created)
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("chat", &self.chat)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
