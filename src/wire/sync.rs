//! What members of a chat tell each other to be complete, on the direct stream (protocol §6.1).
//!
//! Two members find out in which epochs one has messages that the other lacks, by reconciling sets
//! (negentropy, protocol version 1), tell each other which messages of those they have, and give
//! them to each other with the signatures of their authors.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::limits;

/// The name of a change of a group's membership (`op_id`, protocol §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct OpId(#[cbor(with = "minicbor::bytes")] pub [u8; 32]);

/// A message as its author signed it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct HistoryRecord {
    /// The message in its place (`sctx`, protocol §4.7).
    #[n(0)]
    pub context: ByteVec,
    /// The author's signature.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: Option<[u8; 64]>,
}

impl std::fmt::Debug for HistoryRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HistoryRecord")
    }
}

/// One step of two members who compare what they have of a group. Each answer is made from what is
/// there when the question comes: who answers remembers nothing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Step {
    /// Which epochs differ? At most [`limits::NEGENTROPY`] bytes.
    #[n(0)]
    Compare(#[n(0)] ByteVec),
    /// Answer to [`Step::Compare`].
    #[n(1)]
    Compared(#[n(0)] ByteVec),
    /// In these epochs we differ: what is here of them, and the items that are only with you.
    #[n(2)]
    Differ {
        /// What the asker has of the epochs that only it summed up so.
        #[n(0)]
        here: Vec<EpochRuns>,
        /// What the other summed up so, at most [`limits::SYNC_ITEMS`].
        #[n(1)]
        there: Vec<Item>,
    },
    /// Answer to [`Step::Differ`]: what is here of those epochs.
    #[n(3)]
    Runs(#[n(0)] Vec<EpochRuns>),
    /// Give me these messages.
    #[n(4)]
    Get(#[n(0)] Vec<EpochRuns>),
    /// Answer to [`Step::Get`]: as many as fit.
    #[n(5)]
    Given {
        /// How many of the messages that were asked for were looked for, in the order in which they
        /// were.
        #[n(0)]
        looked: u32,
        /// Those of them that there are.
        #[n(1)]
        records: Vec<HistoryRecord>,
        /// Those that were here and are erased.
        #[n(2)]
        gone: Vec<EpochRuns>,
    },
}

/// The hash over what somebody has of an epoch (protocol §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Item(#[cbor(with = "minicbor::bytes")] pub [u8; 32]);

/// Some messages of an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EpochRuns {
    /// The epoch.
    #[n(0)]
    pub epoch: OpId,
    /// By their authors.
    #[n(1)]
    pub devices: Vec<DeviceRuns>,
}

/// Some messages of one device in an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct DeviceRuns {
    /// The place of the device in the epoch's roster.
    #[n(0)]
    pub index: u16,
    /// Their numbers.
    #[n(1)]
    pub spans: Vec<Span>,
}

/// Numbers from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct Span {
    /// The first.
    #[n(0)]
    pub first: u32,
    /// The last.
    #[n(1)]
    pub last: u32,
}

impl Step {
    /// Whether its lists are within their limits.
    pub fn is_within(&self) -> bool {
        match self {
            Self::Compare(bytes) | Self::Compared(bytes) => bytes.len() <= limits::NEGENTROPY,
            Self::Differ { here, there } => are_ordered(here) && there.len() <= limits::SYNC_ITEMS,
            Self::Runs(runs) | Self::Get(runs) => are_ordered(runs),
            Self::Given { records, gone, .. } => {
                records.len() <= limits::SYNC_RECORDS && are_ordered(gone)
            }
        }
    }
}

fn are_ordered(runs: &[EpochRuns]) -> bool {
    let spans = runs.iter().flat_map(|epoch| &epoch.devices);
    spans.flat_map(|device| &device.spans).all(Span::is_ordered)
}

impl Span {
    /// Whether the first is not after the last.
    pub fn is_ordered(&self) -> bool {
        self.first <= self.last
    }
}
