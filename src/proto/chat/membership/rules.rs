//! Which entries of a membership log count, and who is in the group then (protocol §4.3).
//!
//! Ranks are strict: what an owner does stands above what admins do at the same time, and that above
//! what plain members do. What takes somebody's rights away also takes what they did at the same
//! time, so that nobody helps themselves by putting an entry before its time.

use std::collections::BTreeMap;

use super::{
    log::{Act, Log, Role, Standing},
    past::Past,
};
use crate::proto::id::{DeviceId, PersonId};

/// What the entries that count did to one person: places in the log.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Trail {
    /// What makes them a member: additions and promotions.
    adds: Vec<u32>,
    /// What makes them an admin.
    grants: Vec<u32>,
    /// What ends their membership: removals, and their own leaving.
    outs: Vec<u32>,
    /// What ends their being an admin: removals and demotions by owners, and their own leaving.
    takes: Vec<u32>,
    /// Their own leaving.
    leaves: Vec<u32>,
}

/// The devices of each person, as the lists in the log have them.
pub(super) type Rolls = BTreeMap<PersonId, Roll>;

/// The devices of one person.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Roll {
    /// For each device the lowest number of a list that has it.
    first: BTreeMap<DeviceId, u64>,
    /// The person's own updates.
    updates: Vec<u32>,
    /// For each device that such an update revokes: the updates with the lowest list that does.
    revoked: BTreeMap<DeviceId, Vec<u32>>,
}

/// Which entries the rules look at: all, or those that one follows.
type Within<'a> = Option<&'a Past>;

impl Log {
    /// Decides everything anew.
    pub(super) fn resolve(&mut self) {
        self.trails.clear();
        self.candidates = super::settings::Candidates::default();
        for placed in &mut self.placed {
            placed.counts = false;
        }
        self.rolls.clear();
        for at in self.all() {
            self.note_lists(at);
        }
        for rule in [Self::unranked, Self::owner, Self::admin, Self::member] {
            for at in self.all() {
                if self.get(at).is_some_and(|placed| !placed.counts) && rule(self, at) {
                    self.set_counts(at, true);
                }
            }
        }
    }

    /// Whether an entry counts, everything before it being decided and nothing following it.
    pub(super) fn decide(&self, at: u32) -> bool {
        self.unranked(at) || self.owner(at) || self.admin(at) || self.member(at)
    }

    /// The beginning, leaving, and what the ranks do not matter for.
    fn unranked(&self, at: u32) -> bool {
        let Some(placed) = self.get(at) else {
            return false;
        };
        match placed.act {
            Act::Create(..) => at == 0,
            Act::Leave | Act::Devices | Act::Other => !self.is_revoked(at),
            Act::Add(_) | Act::Remove(_) | Act::Promote(_) | Act::Demote(_) | Act::Settings(_) => {
                false
            }
        }
    }

    /// What an owner does counts, unless it is done to an owner or after or beside their leaving.
    fn owner(&self, at: u32) -> bool {
        let Some(placed) = self.get(at) else {
            return false;
        };
        let ranked = match &placed.act {
            Act::Add(person) | Act::Remove(person) | Act::Promote(person) | Act::Demote(person) => {
                !self.owners.contains(person)
            }
            Act::Settings(_) => true,
            Act::Create(..) | Act::Leave | Act::Devices | Act::Other => false,
        };
        ranked
            && self.owners.contains(&placed.author)
            && !self.is_revoked(at)
            && self.all_follow(at, |trail| &trail.leaves, &placed.author)
    }

    /// What an admin does counts if an owner had made them one, and took nothing away at the same
    /// time. Admins remove plain members only: not who is made an admin at the same time either.
    fn admin(&self, at: u32) -> bool {
        let Some(placed) = self.get(at) else {
            return false;
        };
        let past = Some(&placed.past);
        let ranked = match &placed.act {
            Act::Add(person) => !self.owners.contains(person),
            Act::Remove(person) => {
                !self.owners.contains(person)
                    && !self.is_admin(person, past)
                    && self.none_beside(at, |trail| &trail.grants, person)
            }
            Act::Settings(_) => true,
            Act::Create(..)
            | Act::Promote(_)
            | Act::Demote(_)
            | Act::Leave
            | Act::Devices
            | Act::Other => false,
        };
        ranked
            && !self.owners.contains(&placed.author)
            && !self.is_revoked(at)
            && self.is_admin(&placed.author, past)
            && self.none_beside(at, |trail| &trail.takes, &placed.author)
    }

    /// A plain member adds somebody, if the settings that it knew said that members may, and nobody
    /// took that or its membership back at the same time.
    fn member(&self, at: u32) -> bool {
        let Some(placed) = self.get(at) else {
            return false;
        };
        let Act::Add(person) = &placed.act else {
            return false;
        };
        let past = Some(&placed.past);
        !self.owners.contains(person)
            && !self.owners.contains(&placed.author)
            && !self.is_revoked(at)
            && self.is_present(&placed.author, past)
            && self.none_beside(at, |trail| &trail.outs, &placed.author)
            && self.members_may_add(&placed.past)
            && !self
                .candidates
                .closings(self)
                .any(|closing| self.concurrent(closing, at))
    }

    /// Whether everything of this kind that happened to a person follows an entry.
    fn all_follow(&self, at: u32, kind: impl Fn(&Trail) -> &Vec<u32>, person: &PersonId) -> bool {
        self.trails
            .get(person)
            .is_none_or(|trail| kind(trail).iter().all(|other| self.precedes(at, *other)))
    }

    /// Whether nothing of this kind happened to a person at the same time as an entry.
    fn none_beside(&self, at: u32, kind: impl Fn(&Trail) -> &Vec<u32>, person: &PersonId) -> bool {
        self.trails
            .get(person)
            .is_none_or(|trail| !kind(trail).iter().any(|other| self.concurrent(*other, at)))
    }

    /// Whether somebody who is no owner is an admin.
    fn is_admin(&self, person: &PersonId, within: Within<'_>) -> bool {
        self.trails.get(person).is_some_and(|trail| {
            self.covering(&trail.grants, &trail.takes, within)
                .next()
                .is_some()
        })
    }

    fn is_present(&self, person: &PersonId, within: Within<'_>) -> bool {
        self.trails.get(person).is_some_and(|trail| {
            self.covering(&trail.adds, &trail.outs, within)
                .next()
                .is_some()
        })
    }

    /// Those of `ups` that follow all of `downs`: an end wins over a beginning at the same time.
    fn covering<'a>(
        &'a self,
        ups: &'a [u32],
        downs: &'a [u32],
        within: Within<'a>,
    ) -> impl Iterator<Item = u32> + 'a {
        let seen = move |at: u32| within.is_none_or(|past| past.contains(at));
        ups.iter().rev().copied().filter(move |up| {
            seen(*up)
                && downs
                    .iter()
                    .rev()
                    .all(|down| !seen(*down) || self.precedes(*down, *up))
        })
    }

    /// What somebody is now.
    pub(super) fn standing_of(&self, person: &PersonId) -> Option<Standing> {
        let trail = self.trails.get(person)?;
        let since = self
            .covering(&trail.adds, &trail.outs, None)
            .filter_map(|at| self.get(at))
            .min_by_key(|placed| (placed.depth, placed.id))?
            .id;
        let role = if self.owners.contains(person) {
            Role::Owner
        } else if self.is_admin(person, None) {
            Role::Admin
        } else {
            Role::Member
        };
        Some(Standing { role, since })
    }

    /// Notes what an entry that counts did.
    pub(super) fn note(&mut self, at: u32) {
        let Some(placed) = self.get(at) else {
            return;
        };
        let (act, author) = (placed.act.clone(), placed.author);
        let by_owner = self.owners.contains(&author);
        match act {
            Act::Create(owners, _) => {
                for owner in owners {
                    self.trails.entry(owner).or_default().adds.push(at);
                }
            }
            Act::Add(person) => self.trails.entry(person).or_default().adds.push(at),
            Act::Promote(person) => {
                let trail = self.trails.entry(person).or_default();
                trail.adds.push(at);
                trail.grants.push(at);
            }
            Act::Remove(person) => {
                let trail = self.trails.entry(person).or_default();
                trail.outs.push(at);
                if by_owner {
                    trail.takes.push(at);
                }
            }
            Act::Demote(person) => self.trails.entry(person).or_default().takes.push(at),
            Act::Leave => {
                let trail = self.trails.entry(author).or_default();
                trail.outs.push(at);
                trail.takes.push(at);
                trail.leaves.push(at);
            }
            Act::Settings(_) => {
                let mut candidates = std::mem::take(&mut self.candidates);
                candidates.note(self, at);
                self.candidates = candidates;
            }
            Act::Devices | Act::Other => {}
        }
    }

    /// Whether an entry that counts can void others that are concurrent with it.
    pub(super) fn endangers(&self, at: u32) -> bool {
        let Some(placed) = self.get(at) else {
            return false;
        };
        if placed.past.len() == usize::try_from(at).unwrap_or(usize::MAX) {
            return false;
        }
        let beside = || {
            self.all()
                .filter(|other| *other != at && !placed.past.contains(*other))
                .filter_map(|other| self.get(other))
                .filter(|other| other.counts)
        };
        match &placed.act {
            Act::Remove(person) | Act::Demote(person) => beside().any(|e| e.author == *person),
            Act::Leave => beside().any(|other| other.author == placed.author),
            Act::Promote(person) => beside().any(|e| e.act == Act::Remove(*person)),
            Act::Settings(meta) => {
                meta.closes() && beside().any(|other| matches!(other.act, Act::Add(_)))
            }
            Act::Create(..) | Act::Add(_) | Act::Devices | Act::Other => false,
        }
    }

    /// Whether the author's device was revoked: then only what precedes every update that says so
    /// counts, so that who stole a device gains nothing by putting entries before their time.
    fn is_revoked(&self, at: u32) -> bool {
        let Some(placed) = self.get(at) else {
            return true;
        };
        self.rolls
            .get(&placed.author)
            .and_then(|roll| roll.revoked.get(&placed.device))
            .is_some_and(|updates| !updates.iter().all(|update| self.precedes(at, *update)))
    }

    /// Notes the device lists of an entry. `true` if another device is revoked then, or at another
    /// place.
    pub(super) fn note_lists(&mut self, at: u32) -> bool {
        let Some(placed) = self.get(at) else {
            return false;
        };
        let own = (placed.act == Act::Devices).then_some(placed.author);
        let lists = placed.lists.clone();
        let mut changed = false;
        for list in lists {
            let mut roll = self.rolls.remove(&list.person).unwrap_or_default();
            for device in &list.devices {
                let first = roll.first.entry(*device).or_insert(list.seq);
                *first = list.seq.min(*first);
            }
            if own == Some(list.person) {
                roll.updates.push(at);
            }
            let revoked = self.revoked_by(&roll, &list.person);
            changed |= revoked != roll.revoked;
            roll.revoked = revoked;
            self.rolls.insert(list.person, roll);
        }
        changed
    }

    fn revoked_by(&self, roll: &Roll, person: &PersonId) -> BTreeMap<DeviceId, Vec<u32>> {
        let mut revoked = BTreeMap::new();
        for (device, first) in &roll.first {
            let mut lowest: Option<(u64, Vec<u32>)> = None;
            for update in &roll.updates {
                let lists = self.get(*update).map(|placed| placed.lists.iter());
                let Some(list) = lists.and_then(|mut all| all.find(|l| l.person == *person)) else {
                    continue;
                };
                if list.seq <= *first || list.devices.contains(device) {
                    continue;
                }
                match &mut lowest {
                    Some((seq, updates)) if *seq == list.seq => updates.push(*update),
                    Some((seq, _)) if *seq < list.seq => {}
                    _ => lowest = Some((list.seq, vec![*update])),
                }
            }
            if let Some((_, updates)) = lowest {
                revoked.insert(*device, updates);
            }
        }
        revoked
    }
}

#[cfg(test)]
mod tests;
