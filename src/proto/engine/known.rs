//! A person, and what their signed objects say, read once.

use crate::proto::{
    contact::{Contact, Learnt, Standing},
    id::{DeviceId, PersonId},
    identity::{DeviceList, NodeRecord},
    prekey::Prekey,
    time::Timestamp,
};

/// A person, and what their signed objects say.
pub(super) struct Known {
    pub(super) contact: Contact,
    pub(super) devices: Option<DeviceList>,
    pub(super) nodes: Vec<NodeRecord>,
    /// The newest of each device that can be used.
    pub(super) prekeys: Vec<Prekey>,
}

impl Known {
    /// Reads what a contact's signed objects say.
    pub(super) fn of(contact: Contact, now: Timestamp) -> Self {
        let devices = contact.devices();
        let nodes = contact.nodes(now);
        let prekeys = contact.prekeys(now);
        Self {
            contact,
            devices,
            nodes,
            prekeys,
        }
    }

    /// Reads the signed objects again after they changed.
    pub(super) fn refresh(&mut self, now: Timestamp) {
        self.devices = self.contact.devices();
        self.nodes = self.contact.nodes(now);
        self.prekeys = self.contact.prekeys(now);
    }

    /// Somebody of whom nothing but a reason to remember them is known.
    pub(super) fn stranger(person: PersonId, now: Timestamp) -> Self {
        Self {
            contact: Contact::new(person, Standing::Stranger, now),
            devices: None,
            nodes: Vec::new(),
            prekeys: Vec::new(),
        }
    }

    /// The newest prekey of a device, if it can still be used.
    pub(super) fn prekey_of(&self, device: &DeviceId, now: Timestamp) -> Option<&Prekey> {
        let held = self.prekeys.iter();
        held.filter(|prekey| prekey.device() == *device && prekey.not_after() > now)
            .max_by_key(|prekey| prekey.created())
    }

    /// Whether a prekey of a device has ever come.
    pub(super) fn has_prekey_of(&self, device: &DeviceId) -> bool {
        self.prekeys.iter().any(|prekey| prekey.device() == *device)
    }

    /// Takes a verified prekey of one of the person's devices.
    pub(super) fn learn_prekey(&mut self, prekey: &Prekey, now: Timestamp) -> bool {
        let is_new = self.contact.learn_prekey(prekey, now) == Learnt::New;
        if is_new {
            self.prekeys = self.contact.prekeys(now);
        }
        is_new
    }
}
