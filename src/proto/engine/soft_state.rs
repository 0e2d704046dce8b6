//! Where our node is, told to contacts; and where theirs are.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{Effect, Engine, Turn};
use crate::{
    proto::{
        channel::Kind,
        contact::Learnt,
        id::{DeviceId, PersonId},
        identity::NodeRecord,
        outbox::Cargo,
        prekey::Prekey,
    },
    wire::{codec, id::Address, limits},
};

/// The body of a frame of kind 6: the newest prekey and node record of one device, each signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SoftState {
    /// `prekey`
    #[n(0)]
    pub prekey: ByteVec,
    /// `node_record`
    #[n(1)]
    pub node_record: ByteVec,
}

impl Engine {
    /// We listen elsewhere now: contacts learn it, so that they find us again.
    pub(super) fn on_listening(&mut self, turn: &mut Turn<'_>, mut addresses: Vec<Address>) {
        addresses.sort_unstable();
        addresses.dedup();
        if addresses == self.listening {
            return;
        }
        self.listening = addresses;
        let next = self.own.profile.node_seq.saturating_add(1);
        self.own.profile.node_seq = next.max(turn.now.0);
        self.dirty.own = true;
        self.tell_of_this_device(turn);
    }

    /// Tells contacts and members of groups where this device is, and its newest prekey.
    pub(super) fn tell_of_this_device(&mut self, turn: &mut Turn<'_>) {
        let contacts: Vec<PersonId> = self
            .people
            .keys()
            .filter(|person| self.is_contact(person))
            .copied()
            .collect();
        for person in contacts {
            self.send_soft_state(turn, &person);
        }
        self.tell_own_cards(turn);
    }

    /// Sends our node record and prekey to a contact's devices.
    pub(super) fn send_soft_state(&mut self, turn: &mut Turn<'_>, person: &PersonId) {
        let to: Vec<DeviceId> = self.devices_of(person);
        if to.is_empty() || !self.may_send_to(person) {
            return;
        }
        let Some(prekey) = self.medium_prekey() else {
            return;
        };
        let node_record = self.node_record(turn.now).bytes().to_vec();
        let state = SoftState {
            prekey: prekey.into(),
            node_record: node_record.into(),
        };
        let body = codec::to_vec(&state);
        let chat = self.chat_with(person);
        self.send_frame(turn, chat, (Kind::SoftState, &body), to, Cargo::SoftState);
    }

    /// A contact's node moved, or has a new prekey. `false` if it does not hold.
    pub(super) fn take_soft_state(
        &mut self,
        turn: &mut Turn<'_>,
        person: PersonId,
        body: &[u8],
    ) -> bool {
        let now = turn.now;
        let Ok(state) = codec::from_slice::<SoftState>(body, limits::HELLO) else {
            return false;
        };
        let Some(known) = self.people.get(&person) else {
            return false;
        };
        let Some(list) = known.devices.as_ref() else {
            return false;
        };
        let Ok(node) = NodeRecord::verify(&state.node_record, list, now) else {
            return false;
        };
        let Ok(prekey) = Prekey::verify(&state.prekey, list, now) else {
            return false;
        };
        self.learn_prekey(&person, &prekey, now);
        let Some(known) = self.person_mut(&person) else {
            return false;
        };
        if known.learn_node(&node, now) == Learnt::New {
            self.index(&person);
            turn.effect(Effect::Authorise(node.peer(), node.addresses().to_vec()));
        }
        true
    }
}
