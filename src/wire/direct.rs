//! Messages of the direct stream, `/betwixt/direct/1`, between authorised peers.
//!
//! Each peer opens one stream to the other and writes messages on it, each as a big-endian u32
//! length and that many bytes of CBOR. It is the path on which everything that must arrive goes.

use minicbor::{
    Decode, Encode,
    bytes::{ByteArray, ByteVec},
};

use super::{
    codec::{self, Malformed},
    id::{FrameId, TopicKey},
    limits,
    sync::{OpId, Span, Step},
};

/// One message on a direct stream.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Direct {
    /// A sealed frame of a channel.
    #[n(0)]
    Frame {
        /// The channel it belongs to.
        #[n(0)]
        topic: TopicKey,
        /// The whole frame.
        #[n(1)]
        frame: ByteVec,
    },
    /// The sender of this message has these frames safely on disk.
    #[n(1)]
    Held {
        /// At most [`limits::HELD_IDS`].
        #[n(0)]
        frames: Vec<FrameId>,
    },
    /// The sender of this message misses messages of the receiver's own: send them again.
    #[n(2)]
    Want {
        /// The channel.
        #[n(0)]
        topic: TopicKey,
        /// The missing counters of the receiver's device, at most [`limits::WANT_COUNTERS`].
        #[n(1)]
        counters: Vec<u32>,
    },
    /// The sender of this message has these changes of a group and all before them, and takes what
    /// follows.
    #[n(3)]
    Heads {
        /// The group.
        #[cbor(n(0), with = "minicbor::bytes")]
        chat: [u8; 32],
        /// A channel of the group on which the sender can be told.
        #[n(1)]
        topic: TopicKey,
        /// At most [`limits::OP_PARENTS`].
        #[n(2)]
        heads: Vec<OpId>,
    },
    /// A step by which two members of a group find and give each other what one of them lacks.
    #[n(4)]
    Sync {
        /// The group.
        #[cbor(n(0), with = "minicbor::bytes")]
        chat: [u8; 32],
        /// Chosen by who asks; the answer has it too.
        #[n(1)]
        number: u32,
        /// The question or answer.
        #[n(2)]
        step: Step,
    },
    /// The sender of this message has these messages of the receiver's device in the chat of the two.
    #[n(5)]
    Have {
        /// The chat.
        #[cbor(n(0), with = "minicbor::bytes")]
        chat: [u8; 32],
        /// What the sender's own device said under counters before this one it has no more.
        #[n(1)]
        from: u32,
        /// Of the receiver's counters from this one on nothing is said.
        #[n(2)]
        until: u32,
        /// Counters, at most [`limits::HAVE_RUNS`] runs.
        #[n(3)]
        runs: Vec<Span>,
    },
    /// The sender's device signs that messages of the receiver's are on its disk.
    #[n(6)]
    Receipt(#[n(0)] Receipt),
}

/// A signed receipt without what sender and receiver say of it by being who they are: the two devices.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Receipt {
    /// The chat.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub chat: [u8; 32],
    /// When it was signed, in milliseconds since the Unix epoch.
    #[n(1)]
    pub at: u64,
    /// The messages, at most [`limits::DELIVERY`].
    #[n(2)]
    pub messages: Vec<ByteArray<32>>,
    /// By the sender's device.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

impl Direct {
    /// The bytes that follow the length on the stream.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads one message. Lists above their limit are refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let message: Self = codec::from_slice(bytes, limits::DIRECT_MESSAGE)?;
        let within = match &message {
            Self::Frame { frame, .. } => frame.len() <= limits::FRAME,
            Self::Held { frames } => frames.len() <= limits::HELD_IDS,
            Self::Want { counters, .. } => counters.len() <= limits::WANT_COUNTERS,
            Self::Heads { heads, .. } => heads.len() <= limits::OP_PARENTS,
            Self::Sync { step, .. } => step.is_within(),
            Self::Have { runs, .. } => {
                runs.len() <= limits::HAVE_RUNS && runs.iter().all(Span::is_ordered)
            }
            Self::Receipt(receipt) => (1..=limits::DELIVERY).contains(&receipt.messages.len()),
        };
        if within { Ok(message) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::sync::{DeviceRuns, EpochRuns, HistoryRecord, Item};

    fn runs(first: u32, last: u32) -> Vec<EpochRuns> {
        let spans = vec![Span { first, last }];
        vec![EpochRuns {
            epoch: OpId([7; 32]),
            devices: vec![DeviceRuns { index: 3, spans }],
        }]
    }

    fn sync(step: Step) -> Direct {
        Direct::Sync {
            chat: [1; 32],
            number: 2,
            step,
        }
    }

    #[test]
    fn every_step_round_trips() {
        let record = HistoryRecord {
            context: vec![1, 2].into(),
            signature: Some([3; 64]),
        };
        let steps = [
            Step::Compare(vec![0x61].into()),
            Step::Compared(vec![0x61, 0].into()),
            Step::Differ {
                here: runs(0, 4),
                there: vec![Item([5; 32])],
            },
            Step::Runs(runs(1, 1)),
            Step::Get(runs(2, 9)),
            Step::Given {
                looked: 4,
                records: vec![record],
                gone: runs(0, 0),
            },
        ];
        for step in steps {
            let message = sync(step);
            assert_eq!(Direct::decode(&message.encode()), Ok(message));
        }
        let have = Direct::Have {
            chat: [1; 32],
            from: 3,
            until: 9,
            runs: vec![Span { first: 0, last: 4 }],
        };
        assert_eq!(Direct::decode(&have.encode()), Ok(have));
        let receipt = |count| {
            Direct::Receipt(Receipt {
                chat: [1; 32],
                at: 5,
                messages: vec![[2; 32].into(); count],
                signature: [3; 64],
            })
        };
        let most = receipt(limits::DELIVERY);
        assert_eq!(Direct::decode(&most.encode()), Ok(most));
        for count in [0, limits::DELIVERY + 1] {
            assert_eq!(Direct::decode(&receipt(count).encode()), Err(Malformed));
        }
    }

    #[test]
    fn steps_above_a_limit_or_with_a_run_that_ends_before_it_begins_are_refused() {
        let refused = [
            sync(Step::Compare(vec![0; limits::NEGENTROPY + 1].into())),
            sync(Step::Differ {
                here: Vec::new(),
                there: vec![Item([5; 32]); limits::SYNC_ITEMS + 1],
            }),
            sync(Step::Get(runs(2, 1))),
            sync(Step::Given {
                looked: 0,
                records: Vec::new(),
                gone: runs(2, 1),
            }),
            Direct::Have {
                chat: [1; 32],
                from: 3,
                until: 9,
                runs: vec![Span { first: 4, last: 0 }],
            },
            Direct::Have {
                chat: [1; 32],
                from: 3,
                until: 9,
                runs: vec![Span { first: 0, last: 0 }; limits::HAVE_RUNS + 1],
            },
        ];
        for message in refused {
            assert_eq!(Direct::decode(&message.encode()), Err(Malformed));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(message) = Direct::decode(&bytes) {
                prop_assert_eq!(message.encode(), bytes);
            }
        }
    }
}
