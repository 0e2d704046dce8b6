//! The membership log: entries with causal links, and the state that follows from the set of them
//! (protocol §4.3). Who signed what is checked before ([`super::super::group`]); who counts is
//! decided in [`super::rules`].
//!
//! The state is a pure function of the set of entries. An entry that follows all others, as nearly
//! every one does, is decided alone; one that others are concurrent with can undo what was decided
//! before, and then everything is decided anew.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    past::Past,
    rules::{Rolls, Trail},
    settings::{Candidates, Settings},
};
use crate::{
    proto::id::{DeviceId, PersonId},
    wire::sync::OpId,
};

/// A change of a group, as far as the rules look at it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub id: OpId,
    /// Who made it.
    pub author: PersonId,
    /// On which device.
    pub device: DeviceId,
    /// What it follows. Each is in the log before it is added.
    pub parents: Vec<OpId>,
    /// What it changes.
    pub act: Act,
    /// The device lists that it carries.
    pub lists: Vec<Listed>,
}

/// What an entry changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The group begins, with its owners and settings.
    Create(Vec<PersonId>, Settings),
    /// Somebody is a member.
    Add(PersonId),
    /// Somebody no longer is.
    Remove(PersonId),
    /// Somebody is a member and an admin.
    Promote(PersonId),
    /// Somebody no longer is an admin.
    Demote(PersonId),
    /// The author no longer is a member.
    Leave,
    /// The author has another device list.
    Devices,
    /// Settings change.
    Settings(super::SetMeta),
    /// Nothing that the rules look at: a new secret, or what a later version knows.
    Other,
}

/// A device list in an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Whose.
    pub person: PersonId,
    /// Its number.
    pub seq: u64,
    /// Its valid devices.
    pub devices: Vec<DeviceId>,
}

/// What somebody is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads and writes.
    Member,
    /// Adds and removes plain members, and sets.
    Admin,
    /// One of those who founded the group: nobody removes or demotes them.
    Owner,
}

/// Somebody who is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What they are.
    pub role: Role,
    /// The change by which they are in the group.
    pub since: OpId,
}

/// All entries of one group, and what follows from them.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Log {
    pub(super) placed: Vec<Placed>,
    places: BTreeMap<OpId, u32>,
    heads: BTreeSet<u32>,
    pub(super) owners: BTreeSet<PersonId>,
    pub(super) trails: BTreeMap<PersonId, Trail>,
    pub(super) candidates: Candidates,
    pub(super) rolls: Rolls,
    members: BTreeMap<PersonId, Standing>,
    settings: Settings,
}

/// An entry in its place.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Placed {
    pub(super) id: OpId,
    pub(super) author: PersonId,
    pub(super) device: DeviceId,
    pub(super) act: Act,
    pub(super) lists: Vec<Listed>,
    pub(super) parents: Vec<u32>,
    /// What it follows.
    pub(super) past: Past,
    /// The length of the longest way back to the beginning.
    pub(super) depth: u32,
    /// Whether the rules let it change anything.
    pub(super) counts: bool,
}

/// What somebody knows of a log.
#[derive(Clone, Debug)]
pub struct Known(Past);

impl Known {
    /// Whether they know the entry at a place.
    pub fn contains(&self, place: u32) -> bool {
        self.0.contains(place)
    }
}

/// What an added entry changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// These are members now, and were not.
    pub joined: Vec<PersonId>,
    /// These were members, and are not.
    pub left: Vec<PersonId>,
    /// These have another role.
    pub roles: Vec<PersonId>,
    /// The settings are others.
    pub settings: bool,
}

impl Changed {
    /// Adds what another entry changed after it.
    pub fn and(&mut self, then: Self) {
        self.joined.extend(then.joined);
        self.left.extend(then.left);
        self.roles.extend(then.roles);
        self.settings |= then.settings;
    }
}

impl Log {
    /// A log that begins with an entry; `None` if that is not a beginning.
    pub fn begin(first: Entry) -> Option<Self> {
        let Act::Create(owners, _) = &first.act else {
            return None;
        };
        let mut log = Self {
            owners: owners.iter().copied().collect(),
            ..Self::default()
        };
        if !first.parents.is_empty() || !log.owners.contains(&first.author) {
            return None;
        }
        log.place(first);
        log.resolve();
        log.refresh_all();
        Some(log)
    }

    /// Adds an entry whose parents are in the log. `None` if they are not, if there are none, or if
    /// it is there already.
    pub fn add(&mut self, entry: Entry) -> Option<Changed> {
        let known = entry.parents.iter().all(|id| self.places.contains_key(id));
        if entry.parents.is_empty() || !known || self.places.contains_key(&entry.id) {
            return None;
        }
        let before = self.settings.clone();
        let at = self.place(entry);
        let revoked = self.note_lists(at);
        let counts = self.decide(at);
        self.set_counts(at, counts);
        let touched = self.touched_by(at);
        if revoked || (counts && self.endangers(at)) {
            let old = std::mem::take(&mut self.members);
            self.resolve();
            self.refresh_all();
            return Some(self.changed_since(&old, &before));
        }
        let mut changed = Changed::default();
        for person in touched {
            self.refresh(&person, &mut changed);
        }
        self.settings = self.resolved_settings();
        changed.settings = self.settings != before;
        Some(changed)
    }

    /// Puts an entry behind the others, undecided.
    fn place(&mut self, entry: Entry) -> u32 {
        let at = u32::try_from(self.placed.len()).unwrap_or(u32::MAX);
        let parents: Vec<u32> = entry
            .parents
            .iter()
            .filter_map(|id| self.places.get(id).copied())
            .collect();
        let depth = parents
            .iter()
            .filter_map(|parent| self.get(*parent))
            .map(|parent| parent.depth.saturating_add(1))
            .max();
        let past = Past::of(
            parents
                .iter()
                .filter_map(|parent| Some((*parent, &self.get(*parent)?.past))),
        );
        for parent in &parents {
            self.heads.remove(parent);
        }
        self.heads.insert(at);
        self.places.insert(entry.id, at);
        self.placed.push(Placed {
            id: entry.id,
            author: entry.author,
            device: entry.device,
            act: entry.act,
            lists: entry.lists,
            parents,
            past,
            depth: depth.unwrap_or(0),
            counts: false,
        });
        at
    }

    pub(super) fn get(&self, at: u32) -> Option<&Placed> {
        self.placed.get(usize::try_from(at).ok()?)
    }

    /// The places of all entries.
    pub(super) fn all(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.placed.len()).unwrap_or(u32::MAX)
    }

    /// Whether neither of two entries follows the other.
    pub(super) fn concurrent(&self, one: u32, other: u32) -> bool {
        one != other && !self.precedes(one, other) && !self.precedes(other, one)
    }

    /// Whether `later` follows `earlier`.
    pub(super) fn precedes(&self, earlier: u32, later: u32) -> bool {
        self.get(later)
            .is_some_and(|placed| placed.past.contains(earlier))
    }

    /// Marks whether an entry counts, and notes what it then did.
    pub(super) fn set_counts(&mut self, at: u32, counts: bool) {
        let Some(index) = usize::try_from(at).ok() else {
            return;
        };
        if let Some(placed) = self.placed.get_mut(index) {
            placed.counts = counts;
        }
        if counts {
            self.note(at);
        }
    }

    /// The people whose membership an entry can have changed by itself.
    fn touched_by(&self, at: u32) -> Vec<PersonId> {
        match self.get(at).map(|placed| (&placed.act, placed.author)) {
            Some((
                Act::Add(person) | Act::Remove(person) | Act::Promote(person) | Act::Demote(person),
                _,
            )) => vec![*person],
            Some((Act::Leave, author)) => vec![author],
            Some((Act::Create(..) | Act::Devices | Act::Settings(_) | Act::Other, _)) | None => {
                Vec::new()
            }
        }
    }

    fn refresh(&mut self, person: &PersonId, changed: &mut Changed) {
        let standing = self.standing_of(person);
        let before = match standing {
            Some(standing) => self.members.insert(*person, standing),
            None => self.members.remove(person),
        };
        match (before, standing) {
            (None, Some(_)) => changed.joined.push(*person),
            (Some(_), None) => changed.left.push(*person),
            (Some(old), Some(new)) if old.role != new.role => changed.roles.push(*person),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn refresh_all(&mut self) {
        let people: Vec<PersonId> = self.trails.keys().copied().collect();
        self.members = people
            .into_iter()
            .filter_map(|person| Some((person, self.standing_of(&person)?)))
            .collect();
        self.settings = self.resolved_settings();
    }

    fn changed_since(&self, old: &BTreeMap<PersonId, Standing>, before: &Settings) -> Changed {
        let mut changed = Changed {
            settings: self.settings != *before,
            ..Changed::default()
        };
        for (person, standing) in &self.members {
            match old.get(person) {
                None => changed.joined.push(*person),
                Some(was) if was.role != standing.role => changed.roles.push(*person),
                Some(_) => {}
            }
        }
        let gone = old
            .keys()
            .filter(|person| !self.members.contains_key(person));
        changed.left.extend(gone);
        changed
    }

    /// Who is in the group.
    pub fn members(&self) -> &BTreeMap<PersonId, Standing> {
        &self.members
    }

    /// What somebody is in the group.
    pub fn role(&self, person: &PersonId) -> Option<Role> {
        self.members.get(person).map(|standing| standing.role)
    }

    /// Name and settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The entries that do not count.
    pub fn void(&self) -> impl Iterator<Item = OpId> {
        let void = self.placed.iter().filter(|placed| !placed.counts);
        void.map(|placed| placed.id)
    }

    /// Whether an entry is in the log, and if so whether it counts.
    pub fn counts(&self, id: &OpId) -> Option<bool> {
        let at = self.places.get(id)?;
        self.get(*at).map(|placed| placed.counts)
    }

    /// The entries that none follows.
    pub fn heads(&self) -> impl Iterator<Item = OpId> {
        self.heads
            .iter()
            .filter_map(|at| self.get(*at).map(|placed| placed.id))
    }

    /// The entry whose name begins with these bytes.
    pub fn starting_with(&self, short: &[u8; 16]) -> Option<OpId> {
        let mut first = [0; 32];
        first
            .iter_mut()
            .zip(short)
            .for_each(|(to, from)| *to = *from);
        let (id, _) = self.places.range(OpId(first)..).next()?;
        id.0.starts_with(short).then_some(*id)
    }

    /// The place of an entry.
    pub fn place_of(&self, id: &OpId) -> Option<u32> {
        self.places.get(id).copied()
    }

    /// How many entries an entry follows.
    pub fn past_len(&self, id: &OpId) -> Option<usize> {
        let at = self.places.get(id)?;
        self.get(*at).map(|placed| placed.past.len())
    }

    /// Whether one entry follows another. `false` of what is not in the log.
    pub fn follows(&self, later: &OpId, earlier: &OpId) -> bool {
        let places = (self.places.get(earlier), self.places.get(later));
        matches!(places, (Some(earlier), Some(later)) if self.precedes(*earlier, *later))
    }

    /// The places of all that neither is one of `known` nor precedes one, in an order in which each
    /// comes after what it follows. What is not in the log does not matter.
    pub fn unknown_to(&self, known: &[OpId]) -> Vec<u32> {
        let known = self.known(known);
        self.all().filter(|at| !known.contains(*at)).collect()
    }

    /// What somebody knows who knows these entries and all before them. What is not in the log does
    /// not matter.
    pub fn known(&self, entries: &[OpId]) -> Known {
        let held: Vec<u32> = entries
            .iter()
            .filter_map(|id| self.places.get(id).copied())
            .collect();
        Known(Past::of(
            held.iter()
                .filter_map(|at| Some((*at, &self.get(*at)?.past))),
        ))
    }

    /// The log as somebody had it who knew these entries and all before them.
    pub fn as_of(&self, known: &[OpId]) -> Option<Self> {
        if known.iter().any(|id| !self.places.contains_key(id)) {
            return None;
        }
        let past = self.known(known);
        let mut log = Self {
            owners: self.owners.clone(),
            ..Self::default()
        };
        for placed in self
            .all()
            .filter(|at| past.contains(*at))
            .filter_map(|at| self.get(at))
        {
            let parents = placed.parents.iter().filter_map(|at| self.get(*at));
            log.place(Entry {
                id: placed.id,
                author: placed.author,
                device: placed.device,
                parents: parents.map(|parent| parent.id).collect(),
                act: placed.act.clone(),
                lists: placed.lists.clone(),
            });
        }
        log.resolve();
        log.refresh_all();
        Some(log)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.placed.len()
    }

    /// Never: a log begins with an entry.
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }
}
