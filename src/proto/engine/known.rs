//! A person, and what their signed objects say, read once.

use crate::proto::{
    chat::group::MemberCard,
    contact::{Contact, Learnt, Standing},
    id::{DeviceId, PersonId},
    identity::{DeviceList, ListOrder, NodeRecord},
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
        let list = devices.as_ref();
        let nodes = list.map(|list| contact.kept_nodes(list, now));
        let nodes = nodes.unwrap_or_default();
        let prekeys = list.map(|list| contact.kept_prekeys(list, now));
        let prekeys = prekeys.unwrap_or_default();
        Self {
            contact,
            devices,
            nodes,
            prekeys,
        }
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

    /// Whether a device is in the newest list.
    pub(super) fn has_device(&self, device: &DeviceId) -> bool {
        let devices = self.devices.as_ref();
        devices.is_some_and(|list| list.device(device).is_some())
    }

    /// Takes a verified device list of this person if it is newer (protocol §2.2).
    pub(super) fn learn_devices(&mut self, list: &DeviceList, now: Timestamp) -> Learnt {
        let order = self.devices.as_ref().map(|ours| list.compare(ours));
        match order {
            None | Some(ListOrder::Newer) => {
                self.contact.device_list = list.bytes().to_vec().into();
                self.devices = Some(list.clone());
                // What devices have signed counts if they are in this list, and nothing else is kept: it is
                // read back without its signatures.
                self.nodes = self.contact.nodes(list, now);
                self.prekeys = self.contact.prekeys(list, now);
                self.keep_nodes(now);
                if self.contact.prekeys.is_some() {
                    self.keep_prekeys();
                }
                Learnt::New
            }
            Some(ListOrder::Conflict) => Learnt::Conflict,
            Some(ListOrder::Same | ListOrder::Older) => Learnt::Nothing,
        }
    }

    /// Takes a verified node record of one of the person's devices if it is newer.
    pub(super) fn learn_node(&mut self, node: &NodeRecord, now: Timestamp) -> Learnt {
        let same = |held: &NodeRecord| held.device() == node.device();
        let newer = |held: &NodeRecord| held.seq() >= node.seq() && held.not_after() >= now;
        if self.nodes.iter().any(|held| same(held) && newer(held)) {
            return Learnt::Nothing;
        }
        self.nodes.retain(|held| !same(held));
        self.nodes.push(node.clone());
        self.keep_nodes(now);
        Learnt::New
    }

    /// Forgets records of nodes that do not count any more.
    pub(super) fn keep_nodes(&mut self, now: Timestamp) {
        self.nodes.retain(|node| node.not_after() >= now);
        let nodes = self.nodes.iter().map(|node| node.bytes().to_vec().into());
        self.contact.node_records = nodes.collect();
    }

    /// Takes a verified prekey of one of the person's devices if it is newer. `false` if it is not.
    pub(super) fn learn_prekey(&mut self, prekey: &Prekey, now: Timestamp) -> bool {
        let same = |held: &Prekey| held.device() == prekey.device();
        let newer = |held: &Prekey| held.created() >= prekey.created() && held.not_after() >= now;
        if self.prekeys.iter().any(|held| same(held) && newer(held)) {
            return false;
        }
        self.prekeys
            .retain(|held| !same(held) && held.not_after() >= now);
        self.prekeys.push(prekey.clone());
        self.keep_prekeys();
        true
    }

    fn keep_prekeys(&mut self) {
        let prekeys = self.prekeys.iter().map(|one| one.bytes().to_vec().into());
        self.contact.prekeys = Some(prekeys.collect());
    }

    /// Whether a card says nothing that is not known: it need not be verified again.
    pub(super) fn has_card(&self, card: &MemberCard) -> bool {
        let mut nodes = self.contact.node_records.iter();
        let mut prekeys = self.contact.prekeys.iter().flatten();
        self.contact.card.as_ref() == Some(&card.profile)
            && nodes.any(|node| *node == card.node_record)
            && prekeys.any(|prekey| *prekey == card.prekey)
    }
}
