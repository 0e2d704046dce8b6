//! When messages disappear.
//!
//! It says *which* messages are due. It neither erases nor sleeps. Time is counted from sending for
//! one's own messages and from reading for others', on the clock of this device alone; a clock that
//! is before the time at which counting began was set back, and what was counted on it is due at once.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::{
    id::{ChatId, DeviceId, MessageId},
    time::{SECOND, Timestamp},
};
use crate::wire::codec::{self, Malformed};

/// The shortest time after which messages of a chat may disappear, in seconds.
pub const SHORTEST_S: u32 = 5;

/// The longest: a year.
pub const LONGEST_S: u32 = 365 * 24 * 60 * 60;

/// Messages that disappear.
#[derive(Debug, Default)]
pub struct Expiring {
    entries: BTreeMap<MessageId, Entry>,
    /// Those that were not read.
    waiting: BTreeSet<Waits>,
    /// The others by when they are due, and by when their time began.
    due: BTreeSet<(Timestamp, MessageId)>,
    begun: BTreeSet<(Timestamp, MessageId)>,
}

/// A message that disappears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Entry {
    /// Its chat.
    #[n(0)]
    pub chat: ChatId,
    /// Its author's device.
    #[n(1)]
    pub device: DeviceId,
    /// Its counter there.
    #[n(2)]
    pub counter: u32,
    /// How long it stays, in seconds.
    #[n(3)]
    pub seconds: u32,
    /// Since when that is counted.
    #[n(4)]
    pub begun: Option<Timestamp>,
}

impl Entry {
    /// Its record.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads its record.
    pub fn decode(record: &[u8]) -> Result<Self, Malformed> {
        codec::from_slice(record, LONGEST_RECORD)
    }

    fn waits(&self, id: MessageId) -> Waits {
        (self.chat, self.device, self.counter, id)
    }

    fn due(&self) -> Option<Timestamp> {
        let ms = u64::from(self.seconds) * SECOND;
        self.begun.map(|begun| begun.plus(ms))
    }
}

/// A message that was not read, by whose it is.
type Waits = (ChatId, DeviceId, u32, MessageId);

/// Two ids, numbers, and what is around them.
const LONGEST_RECORD: usize = 128;

impl Expiring {
    /// Adds a message. `false` if it is here already, and then it stays as it is.
    pub fn add(&mut self, id: MessageId, entry: Entry) -> bool {
        if self.entries.contains_key(&id) {
            return false;
        }
        self.entries.insert(id, entry);
        if let (Some(begun), Some(due)) = (entry.begun, entry.due()) {
            self.begun.insert((begun, id));
            self.due.insert((due, id));
        } else {
            self.waiting.insert(entry.waits(id));
        }
        true
    }

    /// Messages of a device up to a counter were read `now`. Those whose time begins, as they are from
    /// now on.
    pub fn read(
        &mut self,
        chat: ChatId,
        device: DeviceId,
        counter: u32,
        now: Timestamp,
    ) -> Vec<(MessageId, Entry)> {
        let first = (chat, device, 0, MessageId([0; 32]));
        let last = (chat, device, counter, MessageId([255; 32]));
        let read = self.waiting.range(first..=last);
        let ids: Vec<MessageId> = read.map(|(_, _, _, id)| *id).collect();
        let mut changed = Vec::new();
        for id in ids {
            if let Some(mut entry) = self.remove(&id) {
                entry.begun = Some(now);
                self.add(id, entry);
                changed.push((id, entry));
            }
        }
        changed
    }

    /// Forgets a message.
    pub fn remove(&mut self, id: &MessageId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.waiting.remove(&entry.waits(*id));
        if let (Some(begun), Some(due)) = (entry.begun, entry.due()) {
            self.begun.remove(&(begun, *id));
            self.due.remove(&(due, *id));
        }
        Some(entry)
    }

    /// Forgets the messages of a chat, and says which.
    pub fn forget(&mut self, chat: &ChatId) -> Vec<MessageId> {
        let of = self.entries.iter().filter(|(_, entry)| entry.chat == *chat);
        let ids: Vec<MessageId> = of.map(|(id, _)| *id).collect();
        for id in &ids {
            self.remove(id);
        }
        ids
    }

    /// When [`Expiring::handle_timeout`] next has work, if ever.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Takes out what is due by `now`, at most `limit`; the rest is due still.
    pub fn handle_timeout(&mut self, now: Timestamp, limit: usize) -> Vec<(MessageId, ChatId)> {
        let over = self.due.iter().take_while(|(due, _)| *due <= now);
        let ahead = self
            .begun
            .iter()
            .rev()
            .take_while(|(begun, _)| *begun > now);
        let ids: BTreeSet<MessageId> = over.chain(ahead).map(|(_, id)| *id).take(limit).collect();
        let out = ids.into_iter();
        out.filter_map(|id| Some((id, self.remove(&id)?.chat)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: ChatId = ChatId([1; 32]);
    const DEVICE: DeviceId = DeviceId([2; 16]);
    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    fn id(n: u8) -> MessageId {
        MessageId([n; 32])
    }

    fn entry(counter: u32, begun: Option<Timestamp>) -> Entry {
        Entry {
            chat: CHAT,
            device: DEVICE,
            counter,
            seconds: 60,
            begun,
        }
    }

    #[test]
    fn a_message_of_ones_own_is_due_its_time_after_it_was_sent() {
        let mut expiring = Expiring::default();
        expiring.add(id(1), entry(0, Some(NOW)));

        assert_eq!(expiring.poll_timeout(), Some(NOW.plus(60_000)));
        assert_eq!(expiring.handle_timeout(NOW.plus(59_999), 9), []);
        assert_eq!(
            expiring.handle_timeout(NOW.plus(60_000), 9),
            [(id(1), CHAT)]
        );
        assert_eq!(expiring.poll_timeout(), None);
    }

    #[test]
    fn the_time_of_a_received_message_begins_when_it_is_read() {
        let mut expiring = Expiring::default();
        for counter in 0..3 {
            expiring.add(id(counter), entry(counter.into(), None));
        }
        assert_eq!(expiring.poll_timeout(), None);

        let read = expiring.read(CHAT, DEVICE, 1, NOW);

        let read: Vec<MessageId> = read.into_iter().map(|(id, _)| id).collect();
        assert_eq!(read, [id(0), id(1)]);
        assert_eq!(expiring.read(CHAT, DEVICE, 1, NOW.plus(5)), []);
        assert_eq!(expiring.poll_timeout(), Some(NOW.plus(60_000)));
    }

    #[test]
    fn a_message_does_not_live_longer_on_a_clock_that_was_set_back() {
        let mut expiring = Expiring::default();
        expiring.add(id(1), entry(0, Some(NOW)));
        expiring.add(id(2), entry(1, None));

        let due = expiring.handle_timeout(Timestamp(NOW.0 - 1), 9);

        assert_eq!(due, [(id(1), CHAT)]);
    }

    #[test]
    fn a_message_that_comes_again_does_not_begin_anew() {
        let mut expiring = Expiring::default();
        assert!(expiring.add(id(1), entry(0, Some(NOW))));

        assert!(!expiring.add(id(1), entry(0, None)));

        assert_eq!(expiring.poll_timeout(), Some(NOW.plus(60_000)));
    }

    #[test]
    fn no_more_is_taken_out_at_once_than_is_asked_for() {
        let mut expiring = Expiring::default();
        for counter in 0..5 {
            expiring.add(id(counter), entry(counter.into(), Some(NOW)));
        }
        let late = NOW.plus(100_000);

        assert_eq!(expiring.handle_timeout(late, 3).len(), 3);
        assert_eq!(expiring.poll_timeout(), Some(NOW.plus(60_000)));
        assert_eq!(expiring.forget(&CHAT).len(), 2);
        assert_eq!(expiring.poll_timeout(), None);
    }

    #[test]
    fn a_record_round_trips() {
        for entry in [entry(7, None), entry(7, Some(NOW))] {
            assert_eq!(Entry::decode(&entry.encode()), Ok(entry));
        }
    }
}
