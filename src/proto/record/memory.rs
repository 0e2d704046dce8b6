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
        id::{ChatId, DeviceId, MessageId, PersonId},
        time::Timestamp,
    },
    wire::id::FrameId,
};

/// Everything that was written, and nothing else. A clone is a copy of the disk.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    records: BTreeMap<(Class, Vec<u8>), Zeroizing<Vec<u8>>>,
    /// In display order.
    chats: BTreeMap<ChatId, Vec<MessageRow>>,
    places: BTreeMap<MessageId, (ChatId, Timestamp)>,
    seen: BTreeSet<FrameId>,
    delivered: BTreeMap<(ChatId, DeviceId, PersonId, u32), Timestamp>,
    read: BTreeMap<(ChatId, DeviceId, PersonId), ReadMarks>,
}

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
                Write::Receipt(receipt) => self.note(&receipt),
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

    /// One message.
    pub fn message(&self, id: &MessageId) -> Option<Stored> {
        let (chat, _) = self.places.get(id)?;
        self.at(*chat, self.rank(*chat, id)?)
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
            .ranks(self.rows(chat).len(), before, after)
            .filter_map(|rank| self.at(chat, rank))
            .collect()
    }

    /// The last message of a chat in display order.
    pub fn last(&self, chat: ChatId) -> Option<Stored> {
        self.at(chat, self.rows(chat).len().checked_sub(1)?)
    }

    /// The message of a device with this counter; of several, the first in display order.
    pub fn message_at(&self, chat: ChatId, device: DeviceId, counter: u32) -> Option<MessageId> {
        let found = |row: &&MessageRow| row.device == device && row.counter == counter;
        self.rows(chat).iter().find(found).map(|row| row.id)
    }

    /// What reading up to a message means; none if it is not in the chat.
    pub fn read_counters(&self, chat: ChatId, up_to: MessageId) -> Option<ReadUpTo> {
        let rank = self.rank(chat, &up_to)?;
        let mut counters = BTreeMap::<DeviceId, u32>::new();
        let mut unread_left: u32 = 0;
        for (at, row) in self
            .rows(chat)
            .iter()
            .enumerate()
            .filter(|(_, row)| !row.outgoing)
        {
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
        if self.places.contains_key(&row.id) {
            return;
        }
        self.places.insert(row.id, (row.chat, row.created));
        let rows = self.chats.entry(row.chat).or_default();
        let rank = rows.partition_point(|at| (at.created, at.id) < (row.created, row.id));
        rows.insert(rank, row);
    }

    fn forget(&mut self, chat: ChatId, people: &[PersonId]) {
        let rows = self.chats.remove(&chat).unwrap_or_default();
        let devices: BTreeSet<DeviceId> = rows.iter().map(|row| row.device).collect();
        for row in &rows {
            self.places.remove(&row.id);
        }
        let gone = |of: &ChatId, device: &DeviceId, person: &PersonId| {
            *of == chat && devices.contains(device) && people.contains(person)
        };
        self.delivered
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

    fn rows(&self, chat: ChatId) -> &[MessageRow] {
        self.chats.get(&chat).map_or(&[], Vec::as_slice)
    }

    fn rank(&self, chat: ChatId, id: &MessageId) -> Option<usize> {
        let (of, created) = self.places.get(id)?;
        let rows = self.rows(chat);
        let rank = rows.partition_point(|row| (row.created, row.id) < (*created, *id));
        (*of == chat).then_some(rank)
    }

    fn at(&self, chat: ChatId, rank: usize) -> Option<Stored> {
        Some(Stored {
            row: self.rows(chat).get(rank)?.clone(),
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
