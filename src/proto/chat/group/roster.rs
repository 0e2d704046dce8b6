//! The devices of a group's members, now and as the author of a change knew them (protocol §4.4).

use std::collections::{BTreeMap, BTreeSet};

use super::Group;
use crate::{
    proto::{
        chat::{
            epoch::{self, RosterDevice},
            membership::{Role, Standing},
        },
        id::PersonId,
        identity::DeviceList,
    },
    wire::sync::OpId,
};

/// The devices of all members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Sorted by their ids.
    pub devices: Vec<RosterDevice>,
    /// Over them: [`epoch::roster_hash`].
    pub hash: [u8; 32],
}

impl Group {
    /// The devices of all members.
    pub fn roster(&self) -> &Roster {
        self.roster
            .get_or_init(|| self.roster_of(self.log.members(), |_| true))
    }

    /// The devices of all members, as the author of a change knew them.
    pub fn roster_before(&self, id: &OpId) -> Option<Roster> {
        let place = self.log.place_of(id)?;
        let parents = self.body(id)?.parents;
        let newest = u32::try_from(self.ops.len()).ok()?.checked_sub(1)?;
        if place == newest && self.log.past_len(id) == Some(self.ops.len().saturating_sub(1)) {
            return Some(self.roster().clone());
        }
        let log = self.log.as_of(&parents)?;
        let known = self.log.known(&parents);
        Some(self.roster_of(log.members(), |place| known.contains(place)))
    }

    /// Owners and admins, as the author of a change knew them: they may take messages of others back.
    pub fn moderators_before(&self, id: &OpId) -> Option<BTreeSet<PersonId>> {
        let moderators = |members: &BTreeMap<PersonId, Standing>| {
            let all = members.iter().filter(|(_, held)| held.role >= Role::Admin);
            all.map(|(person, _)| *person).collect()
        };
        let parents = self.body(id)?.parents;
        if self.log.past_len(id) == Some(self.ops.len().saturating_sub(1)) {
            return Some(moderators(self.log.members()));
        }
        Some(moderators(self.log.as_of(&parents)?.members()))
    }

    fn roster_of(
        &self,
        members: &BTreeMap<PersonId, Standing>,
        known: impl Fn(u32) -> bool,
    ) -> Roster {
        let mut devices: Vec<RosterDevice> = members
            .keys()
            .filter_map(|person| self.lists.newest(person, &known))
            .flat_map(DeviceList::devices)
            .map(|device| RosterDevice {
                device: device.id,
                ds: *device.ds.as_bytes(),
                dx: *device.dx.as_bytes(),
                person: device.person,
            })
            .collect();
        devices.sort_unstable_by_key(|device| device.device);
        let hash = epoch::roster_hash(&devices);
        Roster { devices, hash }
    }
}
