//! What is remembered, as the engine sees it: records by class and key, messages, seen frames.
//!
//! The engine writes; the store seals, commits, and gives everything back. Records are small and
//! loaded whole at start; messages, seen frames and receipts are many, and only queried.

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::{
    id::{ChatId, DeviceId, MessageId, PersonId},
    time::Timestamp,
};
use crate::wire::id::FrameId;

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
}

/// One change of what is remembered.
#[derive(Clone, Debug)]
pub enum Write {
    /// Sets a record.
    Put(Class, Vec<u8>, Zeroizing<Vec<u8>>),
    /// Removes a record.
    Delete(Class, Vec<u8>),
    /// Adds a message to its chat's timeline. A message that is there already stays as it is.
    Message(Box<MessageRow>),
    /// Somebody has a message of ours, or has read messages.
    Receipt(Receipt),
    /// A frame was taken in; it is a duplicate from now on, for ever.
    Seen(FrameId),
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
    /// The encoded content (protocol §5.3); `proto::chat::content` reads it.
    #[cbor(n(9), with = "minicbor::bytes")]
    pub content: Vec<u8>,
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
