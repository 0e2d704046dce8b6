//! What is remembered of any chat beside its messages: what came, what is missing, what was read.

use std::{borrow::Cow, collections::BTreeMap};

use minicbor::{Decode, Encode};

use super::{
    chosen::{Pins, Stay},
    content::{Body, Content},
    order,
};
use crate::{
    proto::{
        counters::Counters,
        id::{DeviceId, MessageId},
        time::Timestamp,
    },
    wire::limits,
};

/// The state of a chat's timeline.
///
/// A counter here is a message's number in the chat: in a direct chat the one that it carries, in a
/// group one that says its epoch too.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Thread {
    /// Our last message.
    #[n(0)]
    pub last_own: Option<MessageId>,
    /// The newest messages that no other message we hold refers to, at most [`limits::PARENTS`].
    #[n(1)]
    pub heads: Vec<Head>,
    /// The greatest `created` of any message here, but for those from far ahead: [`order::latest`].
    #[n(2)]
    pub latest: Timestamp,
    /// What came, by author's device.
    #[n(3)]
    pub received: BTreeMap<DeviceId, Counters>,
    /// Incoming messages that were not read.
    #[n(4)]
    pub unread: u32,
    /// No notifications.
    #[n(5)]
    pub muted: bool,
    /// On top of the list.
    #[n(6)]
    pub pinned: bool,
    /// Since when.
    #[n(7)]
    pub since: Timestamp,
    /// For each device of others: up to which counter we have read.
    #[n(8)]
    pub read: BTreeMap<DeviceId, u32>,
    /// For devices of others that wrote before this chat began here: their first counter that
    /// is for us. What lies before is not missing.
    #[n(9)]
    pub begins: BTreeMap<DeviceId, u32>,
    /// How long messages stay, if somebody chose that.
    #[n(10)]
    pub stay: Option<Stay>,
    /// The pinned messages, if there ever was one.
    #[n(11)]
    pub pins: Option<Pins>,
    /// What will never come, by author's device: it was erased before it did. If anything ever was.
    #[n(12)]
    pub gone: Option<BTreeMap<DeviceId, Counters>>,
    /// Messages for which their authors' devices have no signed receipt of ours yet, if there are any.
    #[n(13)]
    pub owed: Option<BTreeMap<DeviceId, Counters>>,
}

/// Runs of messages that will never come, of all devices: what is beyond stays missing.
const GONE_RUNS: usize = 16_384;

/// A message that nothing refers to yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Head {
    /// Its place in the order.
    #[n(0)]
    pub created: Timestamp,
    /// The message.
    #[n(1)]
    pub id: MessageId,
}

impl Thread {
    /// Without messages.
    pub fn new(now: Timestamp) -> Self {
        Self {
            last_own: None,
            heads: Vec::new(),
            latest: Timestamp(0),
            received: BTreeMap::new(),
            unread: 0,
            muted: false,
            pinned: false,
            since: now,
            read: BTreeMap::new(),
            begins: BTreeMap::new(),
            stay: None,
            pins: None,
            gone: None,
            owed: None,
        }
    }

    /// A content said now.
    pub fn content(&self, body: Body, now: Timestamp) -> Content {
        Content {
            prev: self.last_own,
            parents: self.heads.iter().map(|head| head.id).collect(),
            created: self.created_now(now),
            expire_s: self.timer_s(),
            body,
        }
    }

    /// For how many seconds after reading what is said now stays; 0: for ever.
    pub fn timer_s(&self) -> u32 {
        self.stay.map_or(0, |stay| stay.seconds)
    }

    /// Takes a choice of how long messages stay: the last one counts. `false` if it changes nothing.
    pub fn choose_stay(&mut self, stay: Stay) -> bool {
        let before = self.timer_s();
        if self.stay.is_none_or(|held| stay.is_after(&held)) {
            self.stay = Some(stay);
        }
        before != self.timer_s()
    }

    /// Takes a choice of what is pinned. `false` if it changes nothing.
    pub fn take_pin(&mut self, id: MessageId, content: &Content) -> bool {
        let pins = self.pins.get_or_insert_default();
        pins.take(id, content)
    }

    /// The pinned messages, the last pinned first.
    pub fn pinned_messages(&self) -> Vec<MessageId> {
        self.pins.as_ref().map(Pins::messages).unwrap_or_default()
    }

    /// A content was said by this device.
    pub fn said(&mut self, id: MessageId, content: &Content, now: Timestamp) {
        self.last_own = Some(id);
        let created = content.created;
        self.add_head(Head { created, id }, &content.parents, now);
    }

    /// Whether what was read back can be.
    pub fn is_valid(&self) -> bool {
        let gone = self.gone.iter().flat_map(BTreeMap::values);
        let owed = self.owed.iter().flat_map(BTreeMap::values);
        let mut counters = self.received.values().chain(gone).chain(owed);
        counters.all(Counters::is_valid) && self.pins.as_ref().is_none_or(Pins::is_valid)
    }

    /// `created` for a message written now: later than all that was seen (docs/protocol.md, order).
    pub fn created_now(&self, now: Timestamp) -> Timestamp {
        order::created_after(now, self.latest)
    }

    /// Notes a message, taken in `now`, in the causal heads and in the order.
    pub fn add_head(&mut self, head: Head, refers_to: &[MessageId], now: Timestamp) {
        self.latest = order::latest(self.latest, head.created, now);
        self.heads
            .retain(|held| !refers_to.contains(&held.id) && held.id != head.id);
        self.heads.push(head);
        self.heads
            .sort_by_key(|held| std::cmp::Reverse((held.created, held.id)));
        self.heads.truncate(limits::PARENTS);
    }

    /// What came of a device, and what never will.
    pub fn known_of(&self, device: &DeviceId) -> Cow<'_, Counters> {
        let received = self.received.get(device);
        let gone = self.gone.as_ref().and_then(|gone| gone.get(device));
        match (received, gone) {
            (None, None) => Cow::Owned(Counters::default()),
            (Some(known), None) | (None, Some(known)) => Cow::Borrowed(known),
            (Some(received), Some(gone)) => {
                let mut known = received.clone();
                known.add_all(gone);
                Cow::Owned(known)
            }
        }
    }

    /// The devices of others of which anything is known.
    pub fn authors(&self) -> impl Iterator<Item = &DeviceId> {
        let gone = self.gone.iter().flat_map(BTreeMap::keys);
        let gone = gone.filter(|device| !self.received.contains_key(device));
        self.received.keys().chain(gone)
    }

    /// Messages of a device will never come.
    pub fn give_up(&mut self, device: DeviceId, first: u32, last: u32) {
        let all = self.gone.get_or_insert_default();
        let runs: usize = all.values().map(|gone| gone.runs().count()).sum();
        if runs < GONE_RUNS {
            all.entry(device).or_default().insert_run(first, last);
        }
    }

    /// How many messages of others are known to exist and are not here.
    pub fn missing(&self) -> u32 {
        self.authors()
            .map(|device| self.known_of(device).missing_count(self.begin_of(device)))
            .fold(0, u32::saturating_add)
    }

    /// The messages of each device that are known to exist and are not here.
    pub fn holes(&self) -> BTreeMap<DeviceId, Counters> {
        let holes = self
            .authors()
            .map(|device| (*device, self.known_of(device).holes(self.begin_of(device))));
        holes.filter(|(_, holes)| !holes.is_empty()).collect()
    }

    /// The first `limit` counters of each device of others that are missing.
    pub fn missing_counters(&self, limit: usize) -> Vec<(DeviceId, Vec<u32>)> {
        let missing = self.authors().map(|device| {
            let counters = self.known_of(device).missing(self.begin_of(device), limit);
            (*device, counters)
        });
        missing
            .filter(|(_, counters)| !counters.is_empty())
            .collect()
    }

    /// How far the messages of a device are read by whoever has read the one with a number: what is missing
    /// before it is not, and what follows that can only be told later. `None`: not at all.
    pub fn read_up_to(&self, device: &DeviceId, counter: u32) -> Option<u32> {
        let known = self.known_of(device);
        let missing = known.missing(self.begin_of(device), 1);
        match missing.first().filter(|hole| **hole < counter) {
            Some(hole) => known.within(0, *hole).last().map(|(_, last)| last),
            None => Some(counter),
        }
    }

    fn begin_of(&self, device: &DeviceId) -> u32 {
        self.begins.get(device).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_sorts_after_everything_seen_even_when_the_clock_is_behind() {
        let mut thread = Thread::new(Timestamp(5));
        let head = Head {
            created: Timestamp(9_000),
            id: MessageId([1; 32]),
        };

        thread.add_head(head, &[], Timestamp(10));

        assert_eq!(thread.created_now(Timestamp(10)), Timestamp(9_001));
        assert_eq!(thread.created_now(Timestamp(10_000)), Timestamp(10_000));
    }

    #[test]
    fn heads_are_what_nothing_refers_to() {
        let mut thread = Thread::new(Timestamp(5));
        let head = |n: u8| Head {
            created: Timestamp(n.into()),
            id: MessageId([n; 32]),
        };
        thread.add_head(head(1), &[], Timestamp(10));
        thread.add_head(head(2), &[], Timestamp(10));

        thread.add_head(head(3), &[MessageId([1; 32])], Timestamp(10));

        assert_eq!(thread.heads, [head(3), head(2)]);
    }

    #[test]
    fn what_was_said_before_the_chat_began_here_is_not_missing() {
        let mut thread = Thread::new(Timestamp(5));
        let device = DeviceId([3; 16]);
        for counter in [7, 9] {
            thread.received.entry(device).or_default().insert(counter);
        }
        assert_eq!(thread.missing(), 8);

        thread.begins.insert(device, 7);

        assert_eq!(thread.missing(), 1);
        assert_eq!(thread.missing_counters(5), [(device, vec![8])]);
    }
}
