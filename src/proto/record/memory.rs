//! A store in memory, with the queries of the one on disk.
//!
//! The disk of simulated worlds, and the model that the store on disk is compared with.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::{
    Class, MessageRow, PageBounds, ReadMarks, ReadUpTo, Receipt, ReceiptTimes, Stored, Write,
};
use crate::{
    proto::{
        chat::acts::{self, GONE, Shape, TOMBSTONE},
        counters::Counters,
        id::{ChatId, DeviceId, MessageId, PersonId},
        time::Timestamp,
    },
    wire::id::FrameId,
};

/// Everything that was written, and nothing else. A clone is a copy of the disk.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    records: BTreeMap<(Class, Vec<u8>), Zeroizing<Vec<u8>>>,
    /// Messages, acts, and what is left of those that were erased.
    rows: BTreeMap<MessageId, MessageRow>,
    /// What is shown, in display order.
    chats: BTreeMap<ChatId, Vec<Place>>,
    counters: BTreeMap<(ChatId, DeviceId, u32), BTreeSet<Place>>,
    /// By the message that they are on.
    acts: BTreeMap<(ChatId, MessageId), BTreeSet<MessageId>>,
    seen: BTreeSet<FrameId>,
    delivered: BTreeMap<(ChatId, DeviceId, PersonId, u32), Timestamp>,
    read: BTreeMap<(ChatId, DeviceId, PersonId), ReadMarks>,
    signed: BTreeMap<(ChatId, DeviceId, PersonId, u32), Vec<u8>>,
}

/// Where a message stands among those of its chat.
type Place = (Timestamp, MessageId);

impl Memory {
    /// Applies a batch.
    pub fn commit(&mut self, batch: Vec<Write>) {
        for write in batch {
            match write {
                Write::Put(class, key, value) => {
                    self.records.insert((class, key), value);
                }
                Write::Delete(class, key) => {
                    self.records.remove(&(class, key));
                }
                Write::Message(row) => self.add(*row),
                Write::Erase(id) => self.erase(&id),
                Write::Receipt(receipt) => self.note(&receipt),
                Write::Delivery {
                    chat,
                    device,
                    person,
                    counter,
                    signed,
                } => {
                    let place = (chat, device, person, counter);
                    self.signed.entry(place).or_insert(signed);
                }
                Write::Seen(frame) => {
                    self.seen.insert(frame);
                }
                Write::Forget { chat, people } => self.forget(chat, &people),
            }
        }
    }

    /// All records of a class with their keys, ascending by key.
    pub fn records(&self, class: Class) -> Vec<(Vec<u8>, Zeroizing<Vec<u8>>)> {
        self.records
            .range((class, Vec::new())..)
            .take_while(|((of, _), _)| *of == class)
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect()
    }

    /// One record.
    pub fn record(&self, class: Class, key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.records.get(&(class, key.to_vec())).cloned()
    }

    /// Whether a frame was taken in before.
    pub fn seen(&self, frame: &FrameId) -> bool {
        self.seen.contains(frame)
    }

    /// Whether a message is here, shown or not, or was and is erased.
    pub fn holds(&self, id: &MessageId) -> bool {
        self.rows.contains_key(id)
    }

    /// One message that is shown.
    pub fn message(&self, id: &MessageId) -> Option<Stored> {
        let row = self.rows.get(id)?;
        self.at(row.chat, self.rank(row.chat, id)?)
    }

    /// The acts on a message that may count.
    pub fn acts(&self, chat: ChatId, on: MessageId) -> Vec<MessageRow> {
        let ids = self.acts.get(&(chat, on)).into_iter().flatten();
        ids.filter_map(|id| self.rows.get(id).cloned()).collect()
    }

    /// Some messages of a chat, in display order. A bound that is not in the chat: none.
    pub fn page(&self, chat: ChatId, bounds: PageBounds) -> Vec<Stored> {
        let rank = |bound: Option<MessageId>| match bound {
            Some(id) => self.rank(chat, &id).map(Some),
            None => Some(None),
        };
        let (Some(before), Some(after)) = (rank(bounds.before), rank(bounds.after)) else {
            return Vec::new();
        };
        bounds
            .ranks(self.shown(chat).len(), before, after)
            .filter_map(|rank| self.at(chat, rank))
            .collect()
    }

    /// The last message of a chat in display order.
    pub fn last(&self, chat: ChatId) -> Option<Stored> {
        self.at(chat, self.shown(chat).len().checked_sub(1)?)
    }

    /// The message of a device with this counter, if it is shown; of several, the first in display
    /// order.
    pub fn message_at(&self, chat: ChatId, device: DeviceId, counter: u32) -> Option<MessageId> {
        let places = self.counters.get(&(chat, device, counter));
        let shown = |(_, id): &&Place| self.rank(chat, id).is_some();
        places.into_iter().flatten().find(shown).map(|(_, id)| *id)
    }

    /// What a device said with this counter, shown or not; of several, the first in display order.
    pub fn row_at(&self, chat: ChatId, device: DeviceId, counter: u32) -> Option<MessageRow> {
        let places = self.counters.get(&(chat, device, counter))?;
        self.rows.get(&places.first()?.1).cloned()
    }

    /// By device, the counters of the messages of a chat that are here, or were and are erased.
    pub fn counters(&self, chat: ChatId) -> BTreeMap<DeviceId, Counters> {
        let mut by: BTreeMap<DeviceId, Counters> = BTreeMap::new();
        for (of, device, counter) in self.counters.keys() {
            if *of == chat {
                by.entry(*device).or_default().insert(*counter);
            }
        }
        by
    }

    /// What reading up to a message means; none if it is not in the chat.
    pub fn read_counters(&self, chat: ChatId, up_to: MessageId) -> Option<ReadUpTo> {
        let rank = self.rank(chat, &up_to)?;
        let mut counters = BTreeMap::<DeviceId, u32>::new();
        let mut unread_left: u32 = 0;
        let rows = self.shown(chat).iter().map(|(_, id)| self.rows.get(id));
        for (at, row) in rows.flatten().enumerate().filter(|(_, row)| !row.outgoing) {
            if at <= rank {
                let highest = counters.entry(row.device).or_default();
                *highest = row.counter.max(*highest);
            } else {
                unread_left = unread_left.saturating_add(1);
            }
        }
        Some(ReadUpTo {
            counters: counters.into_iter().collect(),
            unread_left,
        })
    }

    /// A message as it is kept, shown or not, or what is left of it.
    pub fn row(&self, id: &MessageId) -> Option<&MessageRow> {
        self.rows.get(id)
    }

    /// What somebody signed of messages that a device of ours wrote in a chat, as far as it may be of the
    /// one with a counter.
    pub fn deliveries(
        &self,
        chat: ChatId,
        device: DeviceId,
        person: PersonId,
        counter: u32,
    ) -> Vec<Vec<u8>> {
        let first = (chat, device, person, counter);
        let last = (chat, device, person, u32::MAX);
        let signed = self.signed.range(first..=last);
        signed.map(|(_, signed)| signed.clone()).collect()
    }

    /// How far a message of ours has come with somebody.
    pub fn receipts(
        &self,
        chat: ChatId,
        device: DeviceId,
        counter: u32,
        person: PersonId,
    ) -> ReceiptTimes {
        let marks = self.read.get(&(chat, device, person));
        ReceiptTimes {
            delivered: self
                .delivered
                .get(&(chat, device, person, counter))
                .copied(),
            read: marks.and_then(|marks| marks.read_at(counter)),
        }
    }

    fn add(&mut self, row: MessageRow) {
        let (id, chat) = (row.id, row.chat);
        if self.rows.contains_key(&id) {
            match acts::shape(&row.content) {
                Shape::Gone => self.erase(&id),
                Shape::Message if row.content == TOMBSTONE => self.blank(&id),
                Shape::Message | Shape::Act(_) | Shape::Quiet => {}
            }
            return;
        }
        let place = (row.created, id);
        self.counters
            .entry((chat, row.device, row.counter))
            .or_default()
            .insert(place);
        let shape = acts::shape(&row.content);
        self.rows.insert(id, row);
        match shape {
            Shape::Message => {
                let shown = self.chats.entry(chat).or_default();
                let rank = shown.partition_point(|at| *at < place);
                shown.insert(rank, place);
                self.settle(chat, id);
            }
            Shape::Act(on) => {
                self.acts.entry((chat, on)).or_default().insert(id);
                self.settle(chat, on);
            }
            Shape::Quiet | Shape::Gone => {}
        }
    }

    /// Erases what does not count, after a message or an act on it has come.
    fn settle(&mut self, chat: ChatId, id: MessageId) {
        let acts = self.acts(chat, id);
        let target = self.rows.get(&id).filter(|row| row.chat == chat);
        let superfluous = acts::superfluous(target, &acts);
        if target.is_some_and(|target| acts::is_deleted(target, &acts)) {
            self.blank(&id);
        }
        for act in superfluous {
            self.erase(&act);
        }
    }

    /// Erases what a message said that is shown.
    fn blank(&mut self, id: &MessageId) {
        if let Some(row) = self.rows.get_mut(id)
            && acts::shape(&row.content) == Shape::Message
        {
            row.content = TOMBSTONE.to_vec();
        }
    }

    fn erase(&mut self, id: &MessageId) {
        let Some(row) = self.rows.get_mut(id) else {
            return;
        };
        let content = std::mem::replace(&mut row.content, GONE.to_vec());
        let chat = row.chat;
        let place = (row.created, *id);
        match acts::shape(&content) {
            Shape::Message => {
                if let Some(shown) = self.chats.get_mut(&chat) {
                    shown.retain(|at| *at != place);
                }
                for act in self.acts.remove(&(chat, *id)).unwrap_or_default() {
                    self.erase(&act);
                }
            }
            Shape::Act(on) => {
                if let Some(acts) = self.acts.get_mut(&(chat, on)) {
                    acts.remove(id);
                }
            }
            Shape::Quiet | Shape::Gone => {}
        }
    }

    fn forget(&mut self, chat: ChatId, people: &[PersonId]) {
        let of_chat = self.rows.values().filter(|row| row.chat == chat);
        let devices: BTreeSet<DeviceId> = of_chat.map(|row| row.device).collect();
        self.rows.retain(|_, row| row.chat != chat);
        self.chats.remove(&chat);
        self.counters.retain(|(of, _, _), _| *of != chat);
        self.acts.retain(|(of, _), _| *of != chat);
        let gone = |of: &ChatId, device: &DeviceId, person: &PersonId| {
            *of == chat && devices.contains(device) && people.contains(person)
        };
        self.delivered
            .retain(|(of, device, person, _), _| !gone(of, device, person));
        self.signed
            .retain(|(of, device, person, _), _| !gone(of, device, person));
        self.read
            .retain(|(of, device, person), _| !gone(of, device, person));
    }

    fn note(&mut self, receipt: &Receipt) {
        let Receipt {
            chat,
            device,
            person,
            counter,
            read,
            at,
        } = *receipt;
        if read {
            let marks = self.read.entry((chat, device, person)).or_default();
            marks.read(counter, at);
        } else {
            self.delivered
                .entry((chat, device, person, counter))
                .or_insert(at);
        }
    }

    fn shown(&self, chat: ChatId) -> &[Place] {
        self.chats.get(&chat).map_or(&[], Vec::as_slice)
    }

    fn rank(&self, chat: ChatId, id: &MessageId) -> Option<usize> {
        let row = self.rows.get(id).filter(|row| row.chat == chat)?;
        self.shown(chat).binary_search(&(row.created, *id)).ok()
    }

    fn at(&self, chat: ChatId, rank: usize) -> Option<Stored> {
        let (_, id) = self.shown(chat).get(rank)?;
        Some(Stored {
            row: self.rows.get(id)?.clone(),
            seq: rank.try_into().unwrap_or(u64::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u8, created: u64, counter: u32, outgoing: bool) -> MessageRow {
        MessageRow {
            id: MessageId([id; 32]),
            chat: CHAT,
            sender: PersonId([outgoing.into(); 32]),
            device: DeviceId([outgoing.into(); 16]),
            counter,
            created: Timestamp(created),
            sent_at: Timestamp(created),
            received_at: Timestamp(created),
            outgoing,
            content: vec![id],
            signed: None,
        }
    }

    const CHAT: ChatId = ChatId([9; 32]);

    #[test]
    fn the_order_of_messages_does_not_depend_on_the_order_of_arrival() {
        let rows = [
            row(1, 20, 1, false),
            row(2, 10, 1, true),
            row(3, 20, 2, true),
        ];
        let mut forwards = Memory::default();
        let mut backwards = Memory::default();

        forwards.commit(
            rows.iter()
                .cloned()
                .map(|r| Write::Message(Box::new(r)))
                .collect(),
        );
        for row in rows.into_iter().rev() {
            backwards.commit(vec![Write::Message(Box::new(row))]);
        }

        let all = PageBounds {
            limit: 9,
            ..PageBounds::default()
        };
        assert_eq!(forwards.page(CHAT, all), backwards.page(CHAT, all));
        let ids: Vec<_> = forwards
            .page(CHAT, all)
            .iter()
            .map(|m| m.row.id.0[0])
            .collect();
        assert_eq!(ids, [2, 1, 3]);
        assert_eq!(forwards.message(&MessageId([3; 32])).unwrap().seq, 2);
    }

    #[test]
    fn a_message_that_is_there_already_stays_as_it_is() {
        let mut memory = Memory::default();
        memory.commit(vec![Write::Message(Box::new(row(1, 20, 1, false)))]);

        memory.commit(vec![Write::Message(Box::new(row(1, 99, 7, true)))]);

        assert_eq!(memory.last(CHAT).unwrap().row, row(1, 20, 1, false));
    }

    #[test]
    fn reading_up_to_a_message_counts_only_what_others_wrote() {
        let mut memory = Memory::default();
        let rows = [
            row(1, 1, 1, false),
            row(2, 2, 1, true),
            row(3, 3, 2, false),
            row(4, 4, 3, false),
        ];
        memory.commit(
            rows.into_iter()
                .map(|r| Write::Message(Box::new(r)))
                .collect(),
        );

        let read = memory.read_counters(CHAT, MessageId([3; 32])).unwrap();

        assert_eq!(read.counters, [(DeviceId([0; 16]), 2)]);
        assert_eq!(read.unread_left, 1);
        assert_eq!(
            memory.read_counters(ChatId([1; 32]), MessageId([3; 32])),
            None
        );
    }
}
