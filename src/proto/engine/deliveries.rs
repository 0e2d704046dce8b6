//! Receipts that can be shown to others: what is on this disk is signed for its author, many messages at
//! once, and what others sign is kept until somebody asks for a proof (protocol §6.6, ADR 0022).

use std::collections::{BTreeMap, BTreeSet};

use super::{Effect, Engine, Turn, held};
use crate::{
    proto::{
        chat::thread::Thread,
        counters::Counters,
        crypto::kdf,
        delivery::Delivery,
        id::{ChatId, DeviceId, MessageId},
        record::Write,
        time::{MINUTE, SECOND, Timestamp},
    },
    wire::{
        direct::{Direct, Receipt},
        id::{FrameId, PeerId},
        limits,
    },
};

/// A receipt waits this long for other messages of the same author.
const TOGETHER_MS: u64 = MINUTE;

/// Since its author is here, this long.
const MET_MS: u64 = 3 * SECOND;

/// A receipt without an answer is given again after this time.
const AGAIN_MS: u64 = 30 * SECOND;

/// In larger groups nothing is signed: each message would be a receipt of so many.
const LARGEST_GROUP: usize = 64;

/// What is to be signed, and what was and is not answered. What is owed is in the chats.
#[derive(Default)]
pub(super) struct Deliveries {
    /// When the receipts of a chat for a device are due.
    due: BTreeMap<(ChatId, DeviceId), Timestamp>,
    /// By name: where, for whom, of which messages, and until when an answer is waited for.
    under_way: BTreeMap<FrameId, UnderWay>,
}

struct UnderWay {
    chat: ChatId,
    author: DeviceId,
    counters: Vec<u32>,
    until: Timestamp,
}

impl Deliveries {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let answers = self.under_way.values().map(|it| it.until);
        self.due.values().copied().chain(answers).min()
    }

    fn due_by(&mut self, place: (ChatId, DeviceId), at: Timestamp) {
        let due = self.due.entry(place).or_insert(at);
        *due = at.min(*due);
    }
}

impl Engine {
    /// A message of somebody else's is about to be on this disk.
    pub(super) fn owe_receipt(
        &mut self,
        now: Timestamp,
        chat: ChatId,
        (author, counter): (DeviceId, u32),
    ) {
        if author == self.device() || self.others_in(&chat).len() > LARGEST_GROUP {
            return;
        }
        let Some(thread) = self.thread_mut(&chat) else {
            return;
        };
        let owed = thread.owed.get_or_insert_default();
        if owed.entry(author).or_default().insert(counter) {
            self.deliveries
                .due_by((chat, author), now.plus(TOGETHER_MS));
        }
    }

    /// A device is here: it is told what is owed to it.
    pub(super) fn owed_to(&mut self, now: Timestamp, author: DeviceId) {
        let chats = self.chats.keys().chain(self.groups.keys()).copied();
        let owing: Vec<ChatId> = chats
            .filter(|chat| self.owed_in(chat, &author).is_some())
            .collect();
        for chat in owing {
            self.deliveries.due_by((chat, author), now.plus(MET_MS));
        }
    }

    fn owed_in(&self, chat: &ChatId, author: &DeviceId) -> Option<&Counters> {
        self.thread(chat)?.owed.as_ref()?.get(author)
    }

    /// Has what is due read from the disk, to be signed.
    pub(super) fn handle_deliveries(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let overdue = self.deliveries.under_way.iter();
        let overdue = overdue.filter(|(_, it)| it.until <= now);
        for id in overdue.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(it) = self.deliveries.under_way.remove(&id) {
                self.deliveries.due_by((it.chat, it.author), now);
            }
        }
        let due = self.deliveries.due.iter().filter(|(_, at)| **at <= now);
        for (chat, author) in due.map(|(place, _)| *place).collect::<Vec<_>>() {
            self.deliveries.due.remove(&(chat, author));
            // Who is not here is told on coming.
            let is_here = self.reachable(&author).is_some();
            let mut waiting = self.deliveries.under_way.values();
            let is_waiting = waiting.any(|it| it.chat == chat && it.author == author);
            if let Some(owed) = self.owed_in(&chat, &author)
                && is_here
                && !is_waiting
            {
                let counters = owed.first(limits::DELIVERY);
                turn.effect(Effect::LoadIds(chat, author, counters));
            }
        }
    }

    /// The names of messages that receipts are owed for; none for what is not here any more.
    pub(super) fn on_ids(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, author): (ChatId, DeviceId),
        found: &[(u32, Option<MessageId>)],
    ) {
        let lost = found.iter().filter(|(_, id)| id.is_none());
        let lost: Vec<u32> = lost.map(|(counter, _)| *counter).collect();
        self.paid(&chat, author, &lost);
        let mut here: Vec<(u32, MessageId)> = found
            .iter()
            .filter_map(|(counter, id)| Some((*counter, (*id)?)))
            .collect();
        here.truncate(limits::DELIVERY);
        let Some(peer) = self.reachable(&author).filter(|_| !here.is_empty()) else {
            return;
        };
        let (counters, ids): (Vec<u32>, Vec<MessageId>) = here.into_iter().unzip();
        let delivery = Delivery::sign(&self.own.device, chat, author, turn.now, ids);
        let under_way = UnderWay {
            chat,
            author,
            counters,
            until: turn.now.plus(AGAIN_MS),
        };
        self.deliveries
            .under_way
            .insert(name_of(&delivery), under_way);
        turn.effect(Effect::Send(peer, Direct::Receipt(delivery.to_wire())));
    }

    /// An author has a receipt. `true` if that was said of one.
    pub(super) fn on_receipt_held(
        &mut self,
        now: Timestamp,
        device: DeviceId,
        id: &FrameId,
    ) -> bool {
        let of = |it: &UnderWay| it.author == device;
        if !self.deliveries.under_way.get(id).is_some_and(of) {
            return false;
        }
        if let Some(it) = self.deliveries.under_way.remove(id) {
            self.paid(&it.chat, it.author, &it.counters);
            if self.owed_in(&it.chat, &it.author).is_some() {
                self.deliveries.due_by((it.chat, it.author), now);
            }
        }
        true
    }

    fn paid(&mut self, chat: &ChatId, author: DeviceId, counters: &[u32]) {
        if counters.is_empty() || self.owed_in(chat, &author).is_none() {
            return;
        }
        if let Some(thread) = self.thread_mut(chat) {
            thread.paid(author, counters);
        }
    }

    /// A device signed that it has messages of ours: `own` are the numbers of those that this device wrote
    /// in that chat.
    pub(super) fn on_receipt(
        &mut self,
        turn: &mut Turn<'_>,
        from: PeerId,
        receipt: Receipt,
        own: &[Option<u32>],
    ) {
        let Some((person, device)) = self.nodes.get(&from).copied() else {
            return;
        };
        if !self.is_met(&person) {
            return;
        }
        let delivery = Delivery::from_wire(receipt, self.device(), device);
        if !self.others_in(&delivery.chat).contains(&device) {
            return;
        }
        let list = self.people.get(&person).and_then(|p| p.devices.as_ref());
        let key = list.and_then(|list| list.device(&device)).map(|it| it.ds);
        if !key.is_some_and(|key| delivery.is_signed_by(&key)) {
            return;
        }
        // Whoever signs for what was never written here, or is no longer known, need not do it again.
        turn.effect(held::held(from, name_of(&delivery)));
        let counters: BTreeSet<u32> = own.iter().copied().flatten().collect();
        if let Some(last) = counters.last()
            && own.iter().all(Option::is_some)
        {
            turn.write(Write::Delivery {
                chat: delivery.chat,
                device: delivery.author,
                person,
                counter: *last,
                signed: delivery.encode(),
            });
        }
    }

    /// The devices of others in a chat.
    fn others_in(&self, chat: &ChatId) -> Vec<DeviceId> {
        match self.chats.get(chat) {
            Some(held) => self.devices_of(&held.person),
            None => self.devices_in(chat),
        }
    }
}

/// By which the author says that a receipt is on its disk.
fn name_of(delivery: &Delivery) -> FrameId {
    FrameId(kdf::hash(&[&delivery.encode()]))
}

impl Thread {
    /// The author's device has receipts for these.
    fn paid(&mut self, author: DeviceId, counters: &[u32]) {
        let Some(owed) = &mut self.owed else {
            return;
        };
        if let Some(of) = owed.get_mut(&author) {
            for counter in counters {
                of.remove(*counter);
            }
            if of.is_empty() {
                owed.remove(&author);
            }
        }
        if owed.is_empty() {
            self.owed = None;
        }
    }
}
