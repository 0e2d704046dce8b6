//! Files at relays: what opens a stream of `/betwixt/relay-blob/1` (protocol §6.2, ADR 0033).
//!
//! What follows on the stream are the requests of the file protocol ([`crate::wire::blob`]), of this file only.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{Auth, ReaderId};
use crate::wire::{blob::Shape, id::TopicKey};

/// A file that a relay shall keep for those who read a topic. Every piece of it can be checked against the
/// list of its pages, and that against its name, without any key (protocol §7).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BlobPut {
    /// For whom.
    #[n(0)]
    pub topic: TopicKey,
    /// Which file.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub blob: [u8; 32],
    /// Its encrypted bytes.
    #[n(2)]
    pub size: u64,
    /// The hash of each page, one after the other.
    #[n(3)]
    pub pages: ByteVec,
    /// How many readers there are beside who puts it, when it may go once all of them have it; 0: never early.
    #[n(4)]
    pub readers: u8,
    /// Over the fields before it but the size and the pages, which the name covers.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub auth: Auth,
}

/// A file that a relay keeps, for somebody who reads the topic.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BlobGet {
    /// From which mailbox.
    #[n(0)]
    pub topic: TopicKey,
    /// Which file.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub blob: [u8; 32],
    /// Who reads.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub reader: ReaderId,
    /// Over the fields before it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub auth: Auth,
}

/// What a relay has of a file.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct KeptBlob {
    /// Until when it is kept, in milliseconds since the Unix epoch, by the relay's clock.
    #[n(0)]
    pub until: u64,
    /// A bit for each chunk, the first in the lowest bit of the first byte; nothing stands for all of them.
    #[n(1)]
    pub have: ByteVec,
    /// How many readers have said that they have all of it.
    #[n(2)]
    pub taken: u8,
}

impl BlobPut {
    /// As many pages as the size has, if there can be such a file.
    pub(super) fn within_limits(&self) -> bool {
        Shape::of(self.size).is_some_and(|shape| shape.pages() * 32 == self.pages.len())
    }
}
