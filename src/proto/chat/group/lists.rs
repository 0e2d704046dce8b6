//! The device lists that a group's changes carry.

use std::collections::BTreeMap;

use crate::proto::{
    crypto::{kdf, sign::VerifyingKey},
    id::{DeviceId, PersonId},
    identity::{DeviceList, ListOrder},
};

/// For each person all lists, each with the places of the changes that carry it.
#[derive(Debug, Default)]
pub(super) struct Lists(BTreeMap<PersonId, Vec<Held>>);

#[derive(Debug)]
struct Held {
    list: DeviceList,
    places: Vec<u32>,
}

impl Lists {
    /// Notes the list that the change at a place carries.
    pub(super) fn add(&mut self, list: DeviceList, place: u32) {
        let held = self.0.entry(list.person()).or_default();
        match held.iter_mut().find(|held| held.list == list) {
            Some(same) => same.places.push(place),
            None => held.push(Held {
                list,
                places: vec![place],
            }),
        }
    }

    /// The newest list of a person in changes that are known: the highest number, then the smallest
    /// hash, so that all agree if the account has signed two.
    pub(super) fn newest(
        &self,
        person: &PersonId,
        known: impl Fn(u32) -> bool,
    ) -> Option<&DeviceList> {
        let hash = |list: &DeviceList| kdf::hash(&[list.bytes()]);
        self.known(person, known).max_by(|one, other| {
            let by_hash = || hash(other).cmp(&hash(one));
            one.seq().cmp(&other.seq()).then_with(by_hash)
        })
    }

    /// The signing key of a device that a known list names.
    pub(super) fn key_of(
        &self,
        person: &PersonId,
        device: &DeviceId,
        known: impl Fn(u32) -> bool,
    ) -> Option<VerifyingKey> {
        let mut lists = self.known(person, known);
        lists.find_map(|list| list.device(device).map(|device| device.ds))
    }

    /// Whether there is a known list of a person.
    pub(super) fn knows(&self, person: &PersonId, known: impl Fn(u32) -> bool) -> bool {
        self.known(person, known).next().is_some()
    }

    fn known(
        &self,
        person: &PersonId,
        known: impl Fn(u32) -> bool,
    ) -> impl Iterator<Item = &DeviceList> {
        let held = self.0.get(person).map_or(&[][..], Vec::as_slice);
        held.iter()
            .filter(move |held| held.places.iter().any(|place| known(*place)))
            .map(|held| &held.list)
    }

    /// People with two lists of one number.
    pub(super) fn conflicts(&self) -> Vec<PersonId> {
        let conflict = |held: &[Held]| {
            held.iter().enumerate().any(|(at, one)| {
                let mut others = held.iter().skip(at.saturating_add(1));
                others.any(|other| one.list.compare(&other.list) == ListOrder::Conflict)
            })
        };
        let people = self.0.iter().filter(|(_, held)| conflict(held));
        people.map(|(person, _)| *person).collect()
    }
}
