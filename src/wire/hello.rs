//! Requests and replies of the hello protocol, `/betwixt/hello/1`: the only thing strangers reach.
//!
//! The signed objects inside are opaque here; `proto` reads them.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{
    codec::{self, Malformed},
    limits,
};

/// What a stranger may ask.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum HelloRequest {
    /// Who is there? Answered only while the person is visible nearby.
    #[n(0)]
    GetProfile,
    /// The keys with which to write to the person. Without a proof it is answered only while nearby.
    #[n(1)]
    GetBundle {
        /// Random.
        #[cbor(n(0), with = "minicbor::bytes")]
        nonce: [u8; 16],
        /// `HMAC(token, L("bundle") ‖ asking peer ‖ answering peer ‖ nonce)`, protocol §2.3.
        #[cbor(n(1), with = "minicbor::bytes")]
        proof: Option<[u8; 32]>,
    },
    /// A contact request.
    #[n(2)]
    Intro(#[n(0)] Intro),
    /// Somebody nearby changed their name or avatar: the same objects as in
    /// [`HelloReply::Profile`], unasked.
    #[n(3)]
    Announce {
        /// `device_list`
        #[n(0)]
        device_list: ByteVec,
        /// `node_record`
        #[n(1)]
        node_record: ByteVec,
        /// The signed profile card.
        #[n(2)]
        profile: ByteVec,
    },
}

/// A contact request: who asks, and the first sealed message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Intro {
    /// The asking account's device list (`device_list`).
    #[n(0)]
    pub device_list: ByteVec,
    /// The asking node's record (`node_record`).
    #[n(1)]
    pub node_record: ByteVec,
    /// A prekey of the asking device (`prekey`).
    #[n(2)]
    pub prekey: ByteVec,
    /// The signed profile card of the asking person.
    #[n(3)]
    pub profile: ByteVec,
    /// A pairwise message that begins with the initiation; its content is the channel set.
    #[n(4)]
    pub pairwise: ByteVec,
    /// Frames of the direct channel that the asker already wrote, at most [`limits::INTRO_FRAMES`].
    #[n(5)]
    pub frames: Vec<ByteVec>,
}

/// What is answered. A request that is refused gets [`HelloReply::Refused`], without a reason.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum HelloReply {
    /// No.
    #[n(0)]
    Refused,
    /// Answer to [`HelloRequest::GetProfile`].
    #[n(1)]
    Profile {
        /// `device_list`
        #[n(0)]
        device_list: ByteVec,
        /// `node_record`
        #[n(1)]
        node_record: ByteVec,
        /// The signed profile card.
        #[n(2)]
        profile: ByteVec,
    },
    /// Answer to [`HelloRequest::GetBundle`].
    #[n(2)]
    Bundle {
        /// `device_list`
        #[n(0)]
        device_list: ByteVec,
        /// `node_record`
        #[n(1)]
        node_record: ByteVec,
        /// A one-time `prekey`.
        #[n(2)]
        prekey: ByteVec,
        /// The signed profile card.
        #[n(3)]
        profile: ByteVec,
    },
    /// The request of an [`Intro`] is on disk and waits for the person; or an announcement was heard.
    #[n(3)]
    Received,
}

impl HelloRequest {
    /// The bytes of the request.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a request of at most [`limits::HELLO`] bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let request: Self = codec::from_slice(bytes, limits::HELLO)?;
        match &request {
            Self::Intro(intro) if intro.frames.len() > limits::INTRO_FRAMES => Err(Malformed),
            _ => Ok(request),
        }
    }
}

impl HelloReply {
    /// The bytes of the reply.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a reply of at most [`limits::HELLO`] bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        codec::from_slice(bytes, limits::HELLO)
    }
}
