//! What is missing in a group, and who has it.

use std::collections::BTreeMap;

use super::asking::Round;
use crate::proto::{
    counters::Counters,
    engine::{groups::GroupChat, state::MissingFrom},
    id::{DeviceId, PersonId},
};

impl GroupChat {
    /// By author, what is known to be missing: the holes in what came, and what a member says to have
    /// while it is being asked for that. `is_here` says whose devices are connected.
    pub(in crate::proto::engine) fn missing(
        &self,
        is_here: impl Fn(&PersonId) -> bool,
    ) -> Vec<MissingFrom> {
        let mut by: BTreeMap<PersonId, MissingFrom> = BTreeMap::new();
        for (device, missing) in self.missing_by_device() {
            let Some(person) = self.author_of(&device) else {
                continue;
            };
            let from = by.entry(person).or_insert_with(|| MissingFrom {
                person,
                count: 0,
                is_here: is_here(&person),
            });
            let count = u32::try_from(missing.len()).unwrap_or(u32::MAX);
            from.count = from.count.saturating_add(count);
            let mut offers = self.sync.offers.values();
            let is_offered = |of: &BTreeMap<DeviceId, Counters>| {
                let offered = of.get(&device);
                offered.is_some_and(|offered| !offered.common(&missing).is_empty())
            };
            from.is_here |= offers.any(is_offered);
        }
        by.into_values().collect()
    }

    fn missing_by_device(&self) -> BTreeMap<DeviceId, Counters> {
        let mut missing = self.state.thread.holes();
        let coming = self.sync.round.as_ref().map(Round::lacks);
        for (device, lacks) in coming.into_iter().flatten() {
            missing.entry(*device).or_default().add_all(lacks);
        }
        missing
    }

    /// Whose device it is or was.
    fn author_of(&self, device: &DeviceId) -> Option<PersonId> {
        let roster = &self.group.roster().devices;
        let at = roster.binary_search_by_key(device, |held| held.device);
        let now = at.ok().and_then(|at| roster.get(at));
        now.map(|held| held.person)
            .or_else(|| self.rosters.person_of(device))
    }
}
