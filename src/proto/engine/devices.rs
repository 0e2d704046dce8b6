//! The devices of this person: another one beside this, and one that is given up (protocol §2.5).

use rand_core::CryptoRng;

use super::{Effect, Engine, Turn, asks::Purpose, lifecycle::Who};
use crate::{
    proto::{
        id::{ChatId, DeviceId, PersonId},
        identity::{Account, Device, DeviceList, ListOrder},
        time::Timestamp,
    },
    wire::{hello::HelloRequest, id::PeerId},
};

impl Engine {
    /// Another device of a person whose account and devices are known. Its list is to be taken by the
    /// others: [`Engine::take_own_list`]. Commit the effects before anything else.
    pub fn beside(
        account: Account,
        list: &DeviceList,
        name: Option<String>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Option<(Self, Vec<Effect>)> {
        let numbers = list.devices().iter().map(|device| device.number);
        let number = numbers.max()?.checked_add(1)?;
        let device = Device::create(&account, number, now, rng);
        let list = list.with(&account, &device, now)?;
        Some(Self::make(Who(account, device, list), name, now, rng))
    }

    /// The devices of this person, as far as this one knows.
    pub fn own_list(&self) -> &DeviceList {
        &self.own.list
    }

    /// Gives up one of this person's other devices. `None`: there is no such device.
    pub fn revoke_device(
        &mut self,
        device: &DeviceId,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Option<Vec<Effect>> {
        if *device == self.device() {
            return None;
        }
        let list = self.own.list.without(&self.own.account, device, now)?;
        self.take_own_list(list, now, rng)
    }

    /// Takes a newer list of this person's devices, and tells everybody. `None`: it is not newer, or this
    /// device is not in it.
    pub fn take_own_list(
        &mut self,
        list: DeviceList,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Option<Vec<Effect>> {
        let is_newer = list.compare(&self.own.list) == ListOrder::Newer;
        if !is_newer || list.device(&self.device()).is_none() {
            return None;
        }
        let mut turn = Turn::new(now, rng);
        let before = self.own.list.devices().iter().map(|device| device.id);
        let gone: Vec<DeviceId> = before.filter(|id| list.device(id).is_none()).collect();
        self.own.profile.device_list = list.bytes().to_vec().into();
        self.own.list = list;
        self.dirty.own = true;
        self.tell_own_list_in_groups(&mut turn);
        for device in &gone {
            self.give_up_device(&mut turn, device);
        }
        let here: Vec<PeerId> = self.connected.keys().copied().collect();
        for peer in here {
            self.tell_own_list(&mut turn, peer);
        }
        if !gone.is_empty() {
            self.renew_channels(&mut turn);
        }
        Some(std::mem::take(&mut turn.effects))
    }

    /// Shows a contact's node the devices of this person, if there was ever another list than the first.
    pub(super) fn tell_own_list(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        let person = self.nodes.get(&peer).map(|(person, _)| *person);
        if !self.own.list.is_restored() || !person.is_some_and(|p| self.is_contact(&p)) {
            return;
        }
        let request = HelloRequest::Announce {
            device_list: self.own.list.bytes().to_vec().into(),
            node_record: self.node_record(turn.now).bytes().to_vec().into(),
            profile: self.profile_card().bytes().to_vec().into(),
        };
        let to = (peer, Vec::new());
        self.ask(turn, Purpose::Announce(peer), to, request, Vec::new());
    }

    /// Nothing waits for a device any more, and nothing is sealed for it.
    pub(super) fn give_up_device(&mut self, turn: &mut Turn<'_>, device: &DeviceId) {
        for (id, chat, cargo) in self.outbox.waiting_for(device) {
            self.waits_no_more(turn, &id, device);
            self.seal_again(chat, cargo);
        }
        self.sessions.remove(device);
        self.dirty.sessions.insert(*device);
    }

    /// A device that knew the channels of chats of two is given up: others take their place.
    fn renew_channels(&mut self, turn: &mut Turn<'_>) {
        let chats = self.chats.values().map(|chat| (chat.id, chat.person));
        let chats: Vec<(ChatId, PersonId)> = chats.collect();
        for (chat, person) in chats {
            if self.is_contact(&person) {
                self.renew_channel(turn, chat, &person);
            }
        }
    }
}
