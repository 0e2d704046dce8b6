//! Kind 5: how far messages were delivered or read.

use minicbor::{Decode, Encode};

use crate::{proto::id::DeviceId, wire::limits};

/// `[kind, [[device, epoch16, upto]…]]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Receipt {
    /// How far.
    #[n(0)]
    pub kind: ReceiptKind,
    /// For each device that wrote messages, at most [`limits::RECEIPTS`].
    #[n(1)]
    pub upto: Vec<Upto>,
}

/// What happened to the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ReceiptKind {
    /// They are on the disk of the receipt's author.
    #[n(1)]
    Delivered,
    /// The person has seen them.
    #[n(2)]
    Read,
}

/// Messages of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Upto {
    /// The device that wrote them.
    #[n(0)]
    pub device: DeviceId,
    /// The first 16 bytes of the epoch's name; zeros in a direct chat.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub epoch: [u8; 16],
    /// The counter of the last of them.
    #[n(2)]
    pub counter: u32,
}

impl Receipt {
    pub(super) fn within_limits(&self) -> bool {
        self.upto.len() <= limits::RECEIPTS
    }
}
