//! Kinds 7 to 14 without files: what programs tell each other.

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    proto::{
        id::{ChatId, MessageId},
        secret::Secret,
    },
    wire::{limits, sync::OpId},
};

/// How long messages are kept from now on: `[seconds]`.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Timer {
    /// Seconds after a message was read; 0: for ever.
    #[n(0)]
    pub seconds: u32,
}

/// The secret of a direct chat's channel: `[seq, secret]` (protocol §4.1).
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ChannelSet {
    /// The highest counts; among equals the smallest SHA-256 of the secret.
    #[n(0)]
    pub seq: u64,
    /// From which [`crate::proto::channel::Channel`] is made.
    #[n(1)]
    pub secret: Secret<32>,
}

/// The sender could not open the secret of an epoch: `[chat, epoch|null]` (protocol §4.6).
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RekeyRequest {
    /// The group.
    #[n(0)]
    pub chat: ChatId,
    /// The epoch; left out when the sender knows of none.
    #[n(1)]
    pub epoch: Option<OpId>,
}

/// Asks for messages of before the sender came: `[chat, before|null]` (protocol §4.10).
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct HistoryRequest {
    /// The group.
    #[n(0)]
    pub chat: ChatId,
    /// Those before this message; left out: the newest.
    #[n(1)]
    pub before: Option<MessageId>,
}

/// Signed one-time prekeys for the receiver: `[[prekey…]]` (protocol §3.3).
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Prekeys {
    /// At most [`limits::PREKEYS`] of at most [`limits::PREKEY`] bytes each.
    #[n(0)]
    pub prekeys: Vec<ByteVec>,
}

/// The sender's name and avatar: `[signed profile card]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Profile {
    /// At most [`limits::PROFILE`] bytes; the card's own module reads it.
    #[n(0)]
    pub card: ByteVec,
}

/// A change of a group, in the timeline of this device only: `[op_body]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct GroupChange {
    /// An encoded [`crate::proto::chat::membership::OpBody`], whose signature was checked.
    #[n(0)]
    pub op: ByteVec,
}

impl Prekeys {
    pub(super) fn within_limits(&self) -> bool {
        self.prekeys.len() <= limits::PREKEYS
            && self.prekeys.iter().all(|p| p.len() <= limits::PREKEY)
    }
}

impl Profile {
    pub(super) fn within_limits(&self) -> bool {
        self.card.len() <= limits::PROFILE
    }
}
