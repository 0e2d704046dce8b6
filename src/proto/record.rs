//! What is remembered, as the engine sees it: records by class and key, messages, seen frames.
//!
//! The engine writes; the store seals, commits, and gives everything back. Records are small and
//! loaded whole at start; messages, seen frames and receipts are many, and only queried.

pub mod memory;

use std::ops::Range;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::{
    id::{ChatId, DeviceId, MessageId, PersonId},
    time::Timestamp,
};
use crate::wire::{id::FrameId, sync::OpId};

/// What kind of thing a record is. The number enters the sealing of the record and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// The account seed and key. One record, empty key.
    Account = 1,
    /// This device's keys and certificate. One record, empty key.
    Device = 2,
    /// Own profile and settings. One record, empty key.
    Profile = 3,
    /// Key: person id.
    Contact = 4,
    /// Sessions with one device, under the ratchet-state key. Key: device id.
    Sessions = 5,
    /// Own prekeys with their secrets, under the ratchet-state key. Key: u32 prekey id.
    Prekey = 6,
    /// Invite tokens of ours. Key: token id.
    Invite = 7,
    /// Key: chat id.
    Chat = 8,
    /// A frame that waits for acknowledgements. Key: frame id.
    Outbox = 9,
    /// Hashes of initiations that were accepted. Key: hash.
    Replay = 10,
    /// A change of a group, as it was signed. Key: chat id, u32 place.
    Op = 11,
    /// Keys of a group's epoch, under the ratchet-state key. Key: chat id, epoch, u16 number.
    Epoch = 12,
    /// What is known of a group beside its changes, keys and messages. Key: chat id.
    Group = 13,
    /// A message that disappears some time. Key: message id.
    Expiry = 14,
    /// Where the file of a message is to be saved once it is here: [`SavingRow`]. Key: message id.
    Saving = 15,
    /// How far this device has come in a mailbox. Key: relay, topic.
    Mailbox = 20,
    /// Frames that came from mailboxes and are to be acknowledged there. Key: topic.
    Owed = 21,
    /// What a relay signed that it holds. Key: relay, u64 time, first frame.
    Custody = 22,
    /// A record that could not be read: its class, its key. Under the ratchet-state key, because it may be of
    /// any class.
    Aside = 23,
}

/// All classes.
pub const CLASSES: [Class; 19] = [
    Class::Account,
    Class::Device,
    Class::Profile,
    Class::Contact,
    Class::Sessions,
    Class::Prekey,
    Class::Invite,
    Class::Chat,
    Class::Outbox,
    Class::Replay,
    Class::Op,
    Class::Epoch,
    Class::Group,
    Class::Expiry,
    Class::Saving,
    Class::Mailbox,
    Class::Owed,
    Class::Custody,
    Class::Aside,
];

/// One change of what is remembered.
#[derive(Clone, Debug)]
pub enum Write {
    /// Sets a record.
    Put(Class, Vec<u8>, Zeroizing<Vec<u8>>),
    /// Removes a record.
    Delete(Class, Vec<u8>),
    /// Adds a message to its chat's timeline, or an act to the message that it is on, here already or
    /// not. What is there already stays as it is. What is deleted for all, and acts that can never
    /// count, are kept without what they said: [`crate::proto::chat::acts`].
    Message(Box<MessageRow>),
    /// Takes a message, and all acts on it, out of the timeline and erases what they said. Its id stays
    /// known, so that it does not come back.
    Erase(MessageId),
    /// Somebody has a message of ours, or has read messages.
    Receipt(Receipt),
    /// Somebody's device signed that messages of ours are on its disk.
    Delivery {
        /// Where.
        chat: ChatId,
        /// The device of ours that wrote them.
        device: DeviceId,
        /// Whose device signed.
        person: PersonId,
        /// The highest counter among them.
        counter: u32,
        /// The [`super::delivery::Delivery`].
        signed: Vec<u8>,
    },
    /// A frame was taken in; it is a duplicate from now on, for ever.
    Seen(FrameId),
    /// Removes all messages of a chat, and how far messages of the devices that wrote in it have
    /// come with these people. Frames that were taken in stay duplicates.
    Forget {
        /// The chat.
        chat: ChatId,
        /// Who else is in it.
        people: Vec<PersonId>,
    },
}

/// A message as it is kept.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct MessageRow {
    /// The message.
    #[n(0)]
    pub id: MessageId,
    /// Its chat.
    #[n(1)]
    pub chat: ChatId,
    /// Its author.
    #[n(2)]
    pub sender: PersonId,
    /// The author's device.
    #[n(3)]
    pub device: DeviceId,
    /// The device's counter in this chat.
    #[n(4)]
    pub counter: u32,
    /// Place in the display order, with the id as tie-break: the author's `created`, which is later
    /// than that of everything the author had seen (docs/protocol.md, order).
    #[n(5)]
    pub created: Timestamp,
    /// When it was said, as far as that can be believed: at most two minutes after `received_at`.
    #[n(6)]
    pub sent_at: Timestamp,
    /// When it reached this device; own messages: when they were said.
    #[n(7)]
    pub received_at: Timestamp,
    /// Written by this person (on any device).
    #[n(8)]
    pub outgoing: bool,
    /// The encoded content (protocol §5.3); `proto::chat::content` reads it. Of what was erased:
    /// [`TOMBSTONE`](crate::proto::chat::acts::TOMBSTONE) or [`GONE`](crate::proto::chat::acts::GONE).
    #[cbor(n(9), with = "minicbor::bytes")]
    pub content: Vec<u8>,
    /// In a group: what its author signed, and what that gives them a right to.
    #[n(10)]
    pub signed: Option<Signed>,
}

/// What is known of the file of a message without reading the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct FileRow {
    /// The message.
    #[n(0)]
    pub message: MessageId,
    /// Its chat.
    #[n(1)]
    pub chat: ChatId,
    /// Its author.
    #[n(2)]
    pub sender: PersonId,
    /// Written by this person.
    #[n(3)]
    pub outgoing: bool,
    /// The file's name among holders.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub blob: [u8; 32],
    /// Bytes of the file, as its author says.
    #[n(5)]
    pub size: u64,
    /// Bytes of it as it is carried, as its author says.
    #[n(6)]
    pub sealed_size: u64,
    /// Of a folder the file that lists it. The other is what its files say.
    #[n(7)]
    pub list: Option<ListRow>,
    /// It is such a file itself, of which faces are told nothing.
    #[cbor(skip)]
    pub is_listing: bool,
}

/// The file that lists what is in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ListRow {
    /// Its name among holders.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub blob: [u8; 32],
    /// Its bytes, as its author says.
    #[n(1)]
    pub size: u64,
    /// Its bytes as it is carried, as its author says.
    #[n(2)]
    pub sealed_size: u64,
}

impl FileRow {
    /// The list of a folder, as a file of the same message.
    pub fn listing(&self) -> Option<Self> {
        let list = self.list?;
        Some(Self {
            blob: list.blob,
            size: list.size,
            sealed_size: list.sealed_size,
            list: None,
            is_listing: true,
            ..*self
        })
    }

    /// The names among holders of all that belongs to it.
    pub fn blobs(&self) -> impl Iterator<Item = [u8; 32]> {
        std::iter::once(self.blob).chain(self.list.map(|list| list.blob))
    }
}

/// Where the file of a message is to be saved once it is here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SavingRow {
    /// Absolute paths, in the order in which they were chosen.
    #[n(0)]
    pub paths: Vec<String>,
}

/// What a message of a group has beside its content.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Signed {
    /// The epoch in which it was said.
    #[n(0)]
    pub epoch: OpId,
    /// By the author's device, over its place and content (protocol §4.7): proof for others.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
    /// Whether its author was an owner or admin by what the epoch follows: the same for everybody.
    #[n(2)]
    pub moderates: bool,
    /// It came after somebody's removal was known here, and was said before its author knew: whoever
    /// was removed can read it.
    #[n(3)]
    pub reaches_removed: bool,
    /// It was said before this person came, and given by this member.
    #[n(4)]
    pub given_by: Option<PersonId>,
}

impl std::fmt::Debug for MessageRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageRow")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A fact about how far messages of ours have come with somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The chat.
    pub chat: ChatId,
    /// The device of ours that wrote the messages.
    pub device: DeviceId,
    /// Its counter in the chat.
    pub counter: u32,
    /// Who has it.
    pub person: PersonId,
    /// `false`: this one message is on the person's disk. `true`: the person has read it and all
    /// before it.
    pub read: bool,
    /// When we learnt it.
    pub at: Timestamp,
}

/// A message and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The message.
    pub row: MessageRow,
    /// Its rank among the messages of its chat, from 0, in the order of `(created, id)`: a pure
    /// function of the set of messages, and so the same on every member that holds the same ones.
    pub seq: u64,
}

/// What is known of one message of ours and one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiptTimes {
    /// When we first learnt that it is on the person's disk.
    pub delivered: Option<Timestamp>,
    /// When we first learnt that the person has read it, or one after it.
    pub read: Option<Timestamp>,
}

/// What [`super::engine::input::Input::Read`] needs to know of a chat and a message in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadUpTo {
    /// For each device of others, ascending by device: its highest counter among the messages at or
    /// before the one that was read, in display order.
    pub counters: Vec<(DeviceId, u32)>,
    /// Incoming messages after it.
    pub unread_left: u32,
}

/// Which messages of a chat: those strictly between `after` and `before`. Of these the first
/// `limit` when `after` is given, else the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageBounds {
    /// Only messages before this one.
    pub before: Option<MessageId>,
    /// Only messages after this one.
    pub after: Option<MessageId>,
    /// At most so many.
    pub limit: usize,
}

impl PageBounds {
    /// The ranks of the page, in a chat of `len` messages, from the ranks of its bounds.
    pub fn ranks(&self, len: usize, before: Option<usize>, after: Option<usize>) -> Range<usize> {
        let end = before.unwrap_or(len).min(len);
        let start = after.map_or(0, |rank| rank.saturating_add(1)).min(end);
        if after.is_some() {
            start..end.min(start.saturating_add(self.limit))
        } else {
            start.max(end.saturating_sub(self.limit))..end
        }
    }
}

/// How far one person has read the messages of one device of ours in one chat, and since when:
/// ascending in both. Bounded: of what was read long ago only a later time is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ReadMarks {
    #[n(0)]
    marks: Vec<(u32, Timestamp)>,
}

/// Marks kept for one person and device; one is made per read receipt, not per message.
const READ_MARKS: usize = 64;

impl ReadMarks {
    /// Everything up to `counter` has been read. `false` if that was known already.
    pub fn read(&mut self, counter: u32, at: Timestamp) -> bool {
        if self.marks.last().is_some_and(|(last, _)| *last >= counter) {
            return false;
        }
        if self.marks.len() >= READ_MARKS {
            self.marks.remove(0);
        }
        self.marks.push((counter, at));
        true
    }

    /// Since when the message with this counter is known to be read.
    pub fn read_at(&self, counter: u32) -> Option<Timestamp> {
        let first = self.marks.partition_point(|(mark, _)| *mark < counter);
        self.marks.get(first).map(|(_, at)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_since_the_first_mark_at_or_after_it() {
        let mut marks = ReadMarks::default();

        assert!(marks.read(3, Timestamp(30)));
        assert!(marks.read(7, Timestamp(70)));
        assert!(
            !marks.read(5, Timestamp(99)),
            "an older mark says nothing new"
        );

        assert_eq!(marks.read_at(1), Some(Timestamp(30)));
        assert_eq!(marks.read_at(3), Some(Timestamp(30)));
        assert_eq!(marks.read_at(4), Some(Timestamp(70)));
        assert_eq!(marks.read_at(8), None);
    }

    #[test]
    fn marks_are_bounded_and_what_they_forget_counts_as_read_later() {
        let mut marks = ReadMarks::default();

        for n in 0..=64 {
            marks.read(n, Timestamp(u64::from(n) + 100));
        }

        assert_eq!(marks.marks.len(), READ_MARKS);
        assert_eq!(marks.read_at(0), Some(Timestamp(101)));
        assert_eq!(marks.read_at(64), Some(Timestamp(164)));
    }

    #[test]
    fn a_page_lies_strictly_between_its_bounds() {
        let page = |limit| PageBounds {
            limit,
            ..PageBounds::default()
        };
        let after = |limit| PageBounds {
            limit,
            after: Some(MessageId([0; 32])),
            before: None,
        };

        assert_eq!(page(3).ranks(10, None, None), 7..10);
        assert_eq!(page(3).ranks(10, Some(5), None), 2..5);
        assert_eq!(after(3).ranks(10, None, Some(5)), 6..9);
        assert_eq!(after(3).ranks(10, Some(8), Some(5)), 6..8);
        assert_eq!(after(3).ranks(10, Some(5), Some(5)), 5..5);
        assert_eq!(after(3).ranks(10, None, Some(9)), 10..10);
        assert_eq!(page(3).ranks(0, None, None), 0..0);
    }
}
