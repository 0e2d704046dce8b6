//! Requests and replies of the sync protocol between members, `/betwixt/sync/1` (protocol §6.1, §6.5).
//!
//! Two members find out which frames of a topic only one of them has, by reconciling sets
//! (negentropy, protocol version 1; timestamp: the frame's day, id: the frame's name), and give
//! them to each other.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{
    codec::{self, Malformed},
    id::{FrameId, TopicKey},
    limits,
};

/// Names a reconciliation on one connection: the nonce of its [`SyncRequest::Open`].
pub type SyncId = [u8; 16];

/// What a member asks another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SyncRequest {
    /// Begins to reconcile a topic, and shows that the asker is in the chat.
    #[n(0)]
    Open {
        /// Which topic.
        #[n(0)]
        topic: TopicKey,
        /// Random.
        #[cbor(n(1), with = "minicbor::bytes")]
        nonce: SyncId,
        /// `HMAC(sync_key, L("sync-a") ‖ topic ‖ asker ‖ asked ‖ nonce)`.
        #[cbor(n(2), with = "minicbor::bytes")]
        mac: [u8; 32],
        /// The first message of the reconciliation.
        #[n(3)]
        negentropy: ByteVec,
    },
    /// Goes on reconciling.
    #[n(1)]
    Reconcile {
        /// Which reconciliation.
        #[cbor(n(0), with = "minicbor::bytes")]
        sync: SyncId,
        /// The next message.
        #[n(1)]
        negentropy: ByteVec,
    },
    /// Give me these frames.
    #[n(2)]
    Get {
        /// Which reconciliation.
        #[cbor(n(0), with = "minicbor::bytes")]
        sync: SyncId,
        /// At most [`limits::SYNC_ITEMS`].
        #[n(1)]
        frames: Vec<FrameId>,
    },
    /// Take these frames.
    #[n(3)]
    Push {
        /// Which reconciliation.
        #[cbor(n(0), with = "minicbor::bytes")]
        sync: SyncId,
        /// At most [`limits::SYNC_ITEMS`], and what fits a request.
        #[n(1)]
        frames: Vec<ByteVec>,
    },
    /// Give me what follows these heads in a group's membership log.
    #[n(4)]
    Log {
        /// The group.
        #[cbor(n(0), with = "minicbor::bytes")]
        chat: [u8; 32],
        /// The names of the newest changes that the asker has, at most [`limits::OP_PARENTS`].
        #[n(1)]
        heads: Vec<OpId>,
    },
    /// Give me these messages, whose frames or keys I never had.
    #[n(5)]
    History {
        /// The chat.
        #[cbor(n(0), with = "minicbor::bytes")]
        chat: [u8; 32],
        /// Which, at most [`limits::SYNC_ITEMS`].
        #[n(1)]
        wanted: Vec<Wanted>,
    },
}

/// The name of a change of a group's membership (`op_id`, protocol §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct OpId(#[cbor(with = "minicbor::bytes")] pub [u8; 32]);

/// Messages that are missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Wanted {
    /// One message, by its name.
    #[n(0)]
    Message(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]),
    /// Those of one device in one epoch (zeros in a direct chat) between two counters, both included.
    #[n(1)]
    Counters {
        /// The device.
        #[cbor(n(0), with = "minicbor::bytes")]
        device: [u8; 16],
        /// The first 16 bytes of the epoch's name.
        #[cbor(n(1), with = "minicbor::bytes")]
        epoch: [u8; 16],
        /// The first.
        #[n(2)]
        from: u32,
        /// The last.
        #[n(3)]
        upto: u32,
    },
}

/// What a member answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SyncReply {
    /// No.
    #[n(0)]
    Refused,
    /// Answer to [`SyncRequest::Open`].
    #[n(1)]
    Opened {
        /// `HMAC(sync_key, L("sync-b") ‖ topic ‖ asker ‖ asked ‖ nonce)`.
        #[cbor(n(0), with = "minicbor::bytes")]
        mac: [u8; 32],
        /// The answer of the reconciliation.
        #[n(1)]
        negentropy: ByteVec,
    },
    /// Answer to [`SyncRequest::Reconcile`].
    #[n(2)]
    Reconciled(#[n(0)] ByteVec),
    /// Answer to [`SyncRequest::Get`]: those that there are, in the order asked for, as many as fit.
    #[n(3)]
    Frames(#[n(0)] Vec<ByteVec>),
    /// Answer to [`SyncRequest::Push`]: for each frame whether it is on disk now.
    #[n(4)]
    Pushed(#[n(0)] Vec<bool>),
    /// Answer to [`SyncRequest::Log`]: changes, causes first, as many as fit; none when there is
    /// nothing more.
    #[n(5)]
    Ops(#[n(0)] Vec<ByteVec>),
    /// Answer to [`SyncRequest::History`]: a pairwise message that holds the encoded
    /// [`HistoryRecord`]s.
    #[n(6)]
    History(#[n(0)] ByteVec),
}

/// A message as its author signed it. In direct chats there is no signature.
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

impl SyncRequest {
    /// The bytes of the request.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a request of at most [`limits::SYNC_REQUEST`] bytes. Lists above their limit are
    /// refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let request: Self = codec::from_slice(bytes, limits::SYNC_REQUEST)?;
        let within = match &request {
            Self::Open { negentropy, .. } | Self::Reconcile { negentropy, .. } => {
                negentropy.len() <= limits::NEGENTROPY
            }
            Self::Get { frames, .. } => frames.len() <= limits::SYNC_ITEMS,
            Self::Push { frames, .. } => within_frames(frames),
            Self::Log { heads, .. } => heads.len() <= limits::OP_PARENTS,
            Self::History { wanted, .. } => {
                wanted.len() <= limits::SYNC_ITEMS && wanted.iter().all(Wanted::within_limits)
            }
        };
        if within { Ok(request) } else { Err(Malformed) }
    }
}

impl Wanted {
    fn within_limits(&self) -> bool {
        match self {
            Self::Message(_) => true,
            Self::Counters { from, upto, .. } => from <= upto,
        }
    }
}

impl SyncReply {
    /// The bytes of the reply.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a reply of at most [`limits::SYNC_REPLY`] bytes. Lists above their limit are refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let reply: Self = codec::from_slice(bytes, limits::SYNC_REPLY)?;
        let within = match &reply {
            Self::Refused | Self::History(_) => true,
            Self::Opened { negentropy, .. } | Self::Reconciled(negentropy) => {
                negentropy.len() <= limits::NEGENTROPY
            }
            Self::Frames(frames) => within_frames(frames),
            Self::Pushed(statuses) => statuses.len() <= limits::SYNC_ITEMS,
            Self::Ops(ops) => ops.iter().all(|op| op.len() <= limits::OP),
        };
        if within { Ok(reply) } else { Err(Malformed) }
    }
}

fn within_frames(frames: &[ByteVec]) -> bool {
    frames.len() <= limits::SYNC_ITEMS && frames.iter().all(|f| f.len() <= limits::FRAME)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_request_round_trips() {
        for request in [
            SyncRequest::Open {
                topic: TopicKey([1; 32]),
                nonce: [2; 16],
                mac: [3; 32],
                negentropy: vec![0x61].into(),
            },
            SyncRequest::Reconcile {
                sync: [2; 16],
                negentropy: vec![0x61, 0].into(),
            },
            SyncRequest::Get {
                sync: [2; 16],
                frames: vec![FrameId([4; 32]); limits::SYNC_ITEMS],
            },
            SyncRequest::Push {
                sync: [2; 16],
                frames: vec![vec![5; 364].into()],
            },
            SyncRequest::Log {
                chat: [6; 32],
                heads: vec![OpId([7; 32])],
            },
            SyncRequest::History {
                chat: [6; 32],
                wanted: vec![Wanted::Message([8; 32]), counters(1, 2)],
            },
        ] {
            assert_eq!(SyncRequest::decode(&request.encode()), Ok(request));
        }
    }

    #[test]
    fn every_reply_round_trips() {
        for reply in [
            SyncReply::Refused,
            SyncReply::Opened {
                mac: [1; 32],
                negentropy: vec![0x61].into(),
            },
            SyncReply::Reconciled(vec![0x61].into()),
            SyncReply::Frames(vec![vec![1; 364].into(), vec![].into()]),
            SyncReply::Pushed(vec![true, false]),
            SyncReply::Ops(vec![vec![1].into()]),
            SyncReply::History(vec![1].into()),
        ] {
            assert_eq!(SyncReply::decode(&reply.encode()), Ok(reply));
        }
    }

    #[test]
    fn a_history_record_round_trips_with_and_without_a_signature() {
        for signature in [None, Some([9; 64])] {
            let record = HistoryRecord {
                context: vec![1, 2, 3].into(),
                signature,
            };

            let bytes = codec::to_vec(&record);

            assert_eq!(codec::from_slice(&bytes, 200), Ok(record));
        }
    }

    #[test]
    fn requests_above_a_limit_are_refused() {
        let refused = [
            SyncRequest::Reconcile {
                sync: [0; 16],
                negentropy: vec![0; limits::NEGENTROPY + 1].into(),
            },
            SyncRequest::Get {
                sync: [0; 16],
                frames: vec![FrameId([4; 32]); limits::SYNC_ITEMS + 1],
            },
            SyncRequest::Push {
                sync: [0; 16],
                frames: vec![vec![0; limits::FRAME + 1].into()],
            },
            SyncRequest::Log {
                chat: [0; 32],
                heads: vec![OpId([0; 32]); limits::OP_PARENTS + 1],
            },
            SyncRequest::History {
                chat: [0; 32],
                wanted: vec![counters(2, 1)],
            },
        ];
        for request in refused {
            assert_eq!(SyncRequest::decode(&request.encode()), Err(Malformed));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(request) = SyncRequest::decode(&bytes) {
                prop_assert_eq!(request.encode(), bytes.clone());
            }
            if let Ok(reply) = SyncReply::decode(&bytes) {
                prop_assert_eq!(reply.encode(), bytes);
            }
        }
    }

    fn counters(from: u32, upto: u32) -> Wanted {
        Wanted::Counters {
            device: [1; 16],
            epoch: [0; 16],
            from,
            upto,
        }
    }
}
