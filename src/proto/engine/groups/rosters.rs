//! For whom an epoch is, looked up once.

use std::{collections::BTreeMap, sync::Arc};

use super::GroupChat;
use crate::{
    proto::{
        chat::{epoch::RosterDevice, membership::Change},
        id::{DeviceId, PersonId},
    },
    wire::sync::OpId,
};

/// The devices of each epoch that was asked for. Epochs that follow each other share them.
#[derive(Default)]
pub(super) struct Rosters(BTreeMap<OpId, Arc<[RosterDevice]>>);

impl Rosters {
    /// Whose device it was in any of these.
    pub(super) fn person_of(&self, device: &DeviceId) -> Option<PersonId> {
        let mut all = self.0.values();
        all.find_map(|devices| {
            let at = devices.binary_search_by_key(device, |held| held.device);
            devices.get(at.ok()?).map(|held| held.person)
        })
    }
}

/// Whom one member may give what was said, or get it from.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    /// This person.
    pub(super) own: PersonId,
    /// The other.
    pub(super) other: PersonId,
}

impl GroupChat {
    /// The devices for which an epoch is, sorted by their ids. `None`: there is no such epoch, or it
    /// does not count and its keys are not here.
    pub(super) fn devices_of(&mut self, epoch: &OpId) -> Option<Arc<[RosterDevice]>> {
        let keys = self.epochs.get(epoch);
        if keys.is_none() && self.group.counts(epoch) != Some(true) {
            return None;
        }
        if let Some(devices) = self.rosters.0.get(epoch) {
            return Some(devices.clone());
        }
        let devices = match keys {
            Some(keys) => keys.devices().into(),
            None => self.roster_by_log(epoch)?,
        };
        self.rosters.0.insert(*epoch, Arc::clone(&devices));
        Some(devices)
    }

    /// What the author of an epoch knew. Between an epoch and one that follows nothing else nobody
    /// came or went.
    fn roster_by_log(&self, epoch: &OpId) -> Option<Arc<[RosterDevice]>> {
        let mut at = *epoch;
        loop {
            let body = self.group.body(&at)?;
            if !matches!(body.change, Change::Epoch(_)) {
                return None;
            }
            let [parent] = body.parents[..] else {
                break;
            };
            let before = self.group.body(&parent)?;
            if !matches!(before.change, Change::Epoch(_)) {
                break;
            }
            if let Some(devices) = self.rosters.0.get(&parent) {
                return Some(devices.clone());
            }
            at = parent;
        }
        Some(self.group.roster_before(&at)?.devices.into())
    }

    /// Whether two people were both in the group in an epoch, so that one may give the other what was
    /// said in it.
    pub(super) fn is_between(&mut self, epoch: &OpId, pair: Pair) -> Option<Arc<[RosterDevice]>> {
        let floor = self.state.floor;
        if floor.is_some_and(|floor| !self.group.follows(epoch, &floor)) {
            return None;
        }
        let devices = self.devices_of(epoch)?;
        let has = |person: &PersonId| devices.iter().any(|device| device.person == *person);
        (has(&pair.own) && has(&pair.other)).then_some(devices)
    }
}

/// The place of a device in a roster.
pub(super) fn index_in(devices: &[RosterDevice], device: &DeviceId) -> Option<u16> {
    let at = devices.binary_search_by_key(device, |held| held.device);
    u16::try_from(at.ok()?).ok()
}
