//! Messages of the direct stream, `/betwixt/direct/1`, between authorised peers.
//!
//! Each peer opens one stream to the other and writes messages on it, each as a big-endian u32
//! length and that many bytes of CBOR. It is the path on which everything that must arrive goes.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{
    codec::{self, Malformed},
    id::{FrameId, TopicKey},
    limits,
    sync::OpId,
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
        };
        if within { Ok(message) } else { Err(Malformed) }
    }
}
