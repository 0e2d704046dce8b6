//! What is remembered of a group beside its log, its keys and its messages.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    proto::{
        chat::{
            group::{Copies, History},
            thread::Thread,
        },
        counters::Counters,
        id::{ChatId, DeviceId, MessageId, PersonId},
        time::Timestamp,
    },
    wire::{
        codec::{self, Malformed},
        sync::{OpId, Span},
    },
};

/// Where this device stands in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Place {
    /// In it: heard and spoken in.
    #[n(0)]
    Member,
    /// Invited by somebody who is no contact; nothing is heard or said until that is accepted.
    #[n(1)]
    Invited(#[n(0)] PersonId),
    /// On the way out: the others are being told.
    #[n(2)]
    Leaving(#[n(0)] Timestamp),
    /// No longer in it; the history stays.
    #[n(3)]
    Gone,
}

/// The record of a group ([`crate::proto::record::Class::Group`]).
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(array)]
pub struct GroupState {
    /// Which.
    #[n(0)]
    pub chat: ChatId,
    /// Where this device stands in it.
    #[n(1)]
    pub place: Place,
    /// What came, and what was read.
    #[n(2)]
    pub thread: Thread,
    /// For each other member: up to which of our counters they have read.
    #[n(3)]
    pub read_by: BTreeMap<PersonId, u32>,
    /// How many messages this device said in each epoch, by the epoch's place in the log.
    #[n(4)]
    pub sent: BTreeMap<u32, u32>,
    /// Messages whose authors had been removed when they came, oldest first (protocol §4.8): at most
    /// [`ASIDE`].
    #[n(5)]
    pub aside: Vec<Aside>,
    /// How many more such messages came than are kept.
    #[n(6)]
    pub dropped: u32,
    /// Devices that were copied or set back, if any ever was.
    #[n(7)]
    pub copies: Option<Copies>,
    /// History of before somebody came, if any was ever offered.
    #[n(8)]
    pub history: Option<History>,
    /// Since when the invitation is declined: it is shown no more, and forgotten once the others know.
    #[n(9)]
    pub declined: Option<Timestamp>,
    /// Messages of this device that it said and does not have, because it was set back or lost them.
    #[n(10)]
    pub lost: Option<Counters>,
    /// The change since which this person is in the group again: of what was said before, it asks
    /// nobody, because the chat may have been deleted here since.
    #[n(11)]
    pub floor: Option<OpId>,
    /// By device, messages of this one that were given up before it acknowledged them.
    #[n(12)]
    pub given_up: Option<BTreeMap<DeviceId, Counters>>,
    /// Devices of members that this device added and could not invite: nothing leads to them yet.
    #[n(13)]
    pub uninvited: Option<BTreeSet<DeviceId>>,
}

/// A message that came after its author's removal, and to which no member refers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Aside {
    /// The message.
    #[n(0)]
    pub id: MessageId,
    /// Who wrote it.
    #[n(1)]
    pub author: PersonId,
    /// The row that it would have.
    #[n(2)]
    pub row: ByteVec,
}

/// Messages of removed people that are kept aside.
pub const ASIDE: usize = 64;

/// Runs of counters, and texts kept aside, are what can make the record grow.
const MAX_RECORD: usize = 4 * 1024 * 1024;

impl GroupState {
    /// A group that is new here.
    pub fn new(chat: ChatId, place: Place, now: Timestamp) -> Self {
        Self {
            chat,
            place,
            thread: Thread::new(now),
            read_by: BTreeMap::new(),
            sent: BTreeMap::new(),
            aside: Vec::new(),
            dropped: 0,
            copies: None,
            history: None,
            declined: None,
            lost: None,
            floor: None,
            given_up: None,
            uninvited: None,
        }
    }

    /// The history that is offered and asked for, to be changed.
    pub fn history_mut(&mut self) -> &mut History {
        self.history.get_or_insert_default()
    }

    /// Whether this device is known to have been copied or set back.
    pub fn is_own_noticed(&self) -> bool {
        let copies = self.copies.as_ref();
        copies.is_some_and(Copies::is_own_noticed)
    }

    /// What is known of devices that were copied, to be added to.
    pub fn copies_mut(&mut self) -> &mut Copies {
        self.copies.get_or_insert_default()
    }

    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a record.
    pub fn decode(record: &[u8]) -> Result<Self, Malformed> {
        let state: Self = codec::from_slice(record, MAX_RECORD)?;
        let given_up = state.given_up.iter().flat_map(BTreeMap::values);
        let mut own = state.lost.iter().chain(given_up);
        if state.thread.is_valid() && own.all(Counters::is_valid) {
            Ok(state)
        } else {
            Err(Malformed)
        }
    }

    /// How many messages are kept aside, by their authors.
    pub fn aside_by_author(&self) -> Vec<(PersonId, u32)> {
        let mut by: BTreeMap<PersonId, u32> = BTreeMap::new();
        for aside in &self.aside {
            let count = by.entry(aside.author).or_default();
            *count = count.saturating_add(1);
        }
        by.into_iter().collect()
    }

    /// Whether messages of this device were given up before a device acknowledged them.
    pub fn has_given_up(&self, device: &DeviceId) -> bool {
        let given_up = self.given_up.as_ref().and_then(|of| of.get(device));
        given_up.is_some_and(|given_up| !given_up.is_empty())
    }

    /// The messages of this device that are here.
    pub fn own_known(&self) -> Counters {
        let mut known = Counters::default();
        for (place, count) in &self.sent {
            let last = count.checked_sub(1).and_then(|last| numbered(*place, last));
            if let Some((first, last)) = numbered(*place, 0).zip(last) {
                known.insert_run(first, last);
            }
        }
        match &self.lost {
            Some(lost) => known.without(lost),
            None => known,
        }
    }

    /// By the place of the epoch, what is known of each device, this one among them.
    pub fn known_by_epoch(&self, own: DeviceId) -> BTreeMap<u32, BTreeMap<DeviceId, Vec<Span>>> {
        let mut by: BTreeMap<u32, BTreeMap<DeviceId, Vec<Span>>> = BTreeMap::new();
        let mut add = |device: DeviceId, known: &Counters| {
            for (place, span) in known.runs().flat_map(spans) {
                let devices = by.entry(place).or_default();
                devices.entry(device).or_default().push(span);
            }
        };
        for device in self.thread.authors() {
            add(*device, &self.thread.known_of(device));
        }
        add(own, &self.own_known());
        by
    }

    /// Our counters after `before` up to `upto`, as runs within one epoch each.
    pub fn sent_between(&self, before: Option<u32>, upto: u32) -> Vec<(u32, u32)> {
        let runs = self.sent.iter().filter_map(|(place, count)| {
            let first = numbered(*place, 0)?;
            let last = numbered(*place, count.checked_sub(1)?)?;
            let first = before.map_or(first, |before| first.max(before.saturating_add(1)));
            let last = last.min(upto);
            (first <= last).then_some((first, last))
        });
        runs.collect()
    }
}

/// A run of numbers as the runs of each epoch in it.
fn spans((first, last): (u32, u32)) -> impl Iterator<Item = (u32, Span)> {
    let ((from, start), (to, end)) = (unnumbered(first), unnumbered(last));
    (from..=to).map(move |place| {
        let first = if place == from { start } else { 0 };
        let last = if place == to { end } else { LAST };
        (place, Span { first, last })
    })
}

/// The last number in an epoch.
const LAST: u32 = 0xffff;

/// The number of a message in its chat: the place in the log of the epoch that it was said in, and
/// its number there. `None` above what fits: the message is not taken.
///
/// Each device numbers epochs by its own log; the number is not told to anybody.
pub fn numbered(place: u32, counter: u32) -> Option<u32> {
    let (place, counter) = (u16::try_from(place).ok()?, u16::try_from(counter).ok()?);
    Some(u32::from(place) << 16 | u32::from(counter))
}

/// The place of the epoch and the number there: the inverse of [`numbered`].
pub fn unnumbered(number: u32) -> (u32, u32) {
    (number >> 16, number & LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_round_trips() {
        let mut state = GroupState::new(ChatId([1; 32]), Place::Member, Timestamp(5));
        state.sent.insert(3, 2);
        state.place = Place::Invited(PersonId([2; 32]));

        let again = GroupState::decode(&state.encode()).unwrap();

        assert_eq!(again.encode(), state.encode());
        assert_eq!(again.place, state.place);
    }

    #[test]
    fn numbers_order_messages_by_epoch_and_then_by_counter() {
        assert_eq!(numbered(0, 7), Some(7));
        assert_eq!(numbered(2, 1), Some(0x2_0001));
        assert_eq!(unnumbered(0x2_0001), (2, 1));
        assert_eq!(numbered(0x1_0000, 0), None);
        assert_eq!(numbered(0, 0x1_0000), None);
    }

    #[test]
    fn what_was_sent_is_counted_within_each_epoch() {
        let mut state = GroupState::new(ChatId([1; 32]), Place::Member, Timestamp(5));
        state.sent.insert(1, 3);
        state.sent.insert(4, 2);
        let at = |place, counter| numbered(place, counter).unwrap();

        let all = state.sent_between(None, at(4, 0));
        let later = state.sent_between(Some(at(1, 1)), at(9, 0));

        assert_eq!(all, [(at(1, 0), at(1, 2)), (at(4, 0), at(4, 0))]);
        assert_eq!(later, [(at(1, 2), at(1, 2)), (at(4, 0), at(4, 1))]);
    }
}
