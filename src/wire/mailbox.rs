//! Requests and replies of the relay protocol, `/betwixt/relay/1` (protocol §6.2).
//!
//! A relay keeps frames of the topics that were leased to it, and knows nothing of what is in them.
//! An [`Auth`] proves that somebody in the chat asks, on this connection, exactly this, and not who.
//!
//! Who does what on the client's side, when a relay is used for forwarding:
//!
//! ```text
//! net    connects, asks Challenge, and if the relay was named with a token says Hello
//!        → RelayChallenge{relay, challenge} to the node, anew after every connection
//! proto  for each topic that it takes part in: Lease{…}, signed with the topic's key over
//!        Lease::to_sign(Link{relay, client: this node, challenge}), label `relay-auth`
//! net    asks Lease → Leased{relay, topic, until or none} to the node
//! proto  subscribes later to another topic: another Lease, over the same challenge
//! ```
//!
//! A relay lets a client into gossip with its first lease, and then closes the connection on which
//! it was asked, so that the next one is made through the gate (protocol §5.7): the client is back
//! within half a second, gets another challenge and leases again. A client whose subscription no
//! lease explains within ten seconds is put out.

mod auth;
mod custody;
mod keeping;

use minicbor::{Decode, Encode, bytes::ByteVec};

pub use auth::{Auth, Link, release_to_sign};
pub use custody::{Custody, custody_to_sign};
pub use keeping::{BlobGet, BlobPut, KeptBlob};

use super::{
    codec::{self, Malformed},
    id::{Address, PeerId, TopicKey},
    limits,
};

/// A random name under which one device acknowledges on one topic.
pub type ReaderId = [u8; 16];

/// What a client asks of a relay.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RelayRequest {
    /// First on a connection: what to sign, and what the relay allows.
    #[n(0)]
    Challenge,
    /// Shows the right to use a relay that is not open to all.
    #[n(1)]
    Hello {
        /// `HMAC(access_token, L("relay-hello") ‖ relay ‖ client ‖ challenge)`.
        #[cbor(n(0), with = "minicbor::bytes")]
        mac: [u8; 32],
    },
    /// Keep what this topic carries.
    #[n(2)]
    Lease(#[n(0)] Lease),
    /// Take these frames of leased topics; the topic of each stands before it.
    #[n(3)]
    Put {
        /// At most [`limits::RELAY_PUT`].
        #[n(0)]
        frames: Vec<Put>,
    },
    /// Give what came after a place.
    #[n(4)]
    Fetch(#[n(0)] Fetch),
    /// What came up to a place is on the reader's disk.
    #[n(5)]
    Ack(#[n(0)] Ack),
    /// Give what came after a place as soon as there is something.
    #[n(6)]
    Watch {
        /// At most [`limits::RELAY_WATCH`].
        #[n(0)]
        topics: Vec<Fetch>,
        /// How long to wait, at most [`limits::RELAY_WAIT_S`].
        #[n(1)]
        wait_s: u8,
    },
    /// Ends this client's lease.
    #[n(7)]
    Release {
        /// Of which topic.
        #[n(0)]
        topic: TopicKey,
        /// Over no arguments but the topic.
        #[cbor(n(1), with = "minicbor::bytes")]
        auth: Auth,
    },
    /// Keep a file: first on a stream of its own, over which its chunks come.
    #[n(8)]
    BlobPut(#[n(0)] BlobPut),
    /// Give a file: first on a stream of its own, over which its chunks go.
    #[n(9)]
    BlobGet(#[n(0)] BlobGet),
}

/// A topic that a relay shall keep.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Lease {
    /// Which topic.
    #[n(0)]
    pub topic: TopicKey,
    /// For how many seconds, at most [`limits::LEASE_S`].
    #[n(1)]
    pub ttl_s: u32,
    /// How many readers there are, when a frame that all of them have may go early; 0: never early.
    #[n(2)]
    pub readers: u8,
    /// Over the fields before it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub auth: Auth,
}

/// One frame for a relay.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Put {
    /// Its topic.
    #[n(0)]
    pub topic: TopicKey,
    /// All of it.
    #[n(1)]
    pub frame: ByteVec,
}

/// What came on a topic after a place.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Fetch {
    /// Which topic.
    #[n(0)]
    pub topic: TopicKey,
    /// The place: 0 is before everything.
    #[n(1)]
    pub after: u64,
    /// How many frames, at most [`limits::RELAY_FETCH`].
    #[n(2)]
    pub max: u16,
    /// Who reads.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub reader: ReaderId,
    /// Over the fields before it.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub auth: Auth,
}

/// What came up to a place is safe.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Ack {
    /// Which topic.
    #[n(0)]
    pub topic: TopicKey,
    /// Who reads.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub reader: ReaderId,
    /// The place.
    #[n(2)]
    pub upto: u64,
    /// Over the fields before it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub auth: Auth,
}

/// What a relay answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RelayReply {
    /// No.
    #[n(0)]
    Refused(#[n(0)] Refusal),
    /// Answer to [`RelayRequest::Challenge`].
    #[n(1)]
    Challenge {
        /// Random, for this connection.
        #[cbor(n(0), with = "minicbor::bytes")]
        challenge: [u8; 32],
        /// The relay's clock, in milliseconds since the Unix epoch.
        #[n(1)]
        time: u64,
        /// What the relay allows.
        #[n(2)]
        limits: RelayLimits,
        /// Which database it keeps frames in; none: it keeps none. Places in another one mean
        /// nothing in this one.
        #[cbor(n(3), with = "minicbor::bytes")]
        store: Option<[u8; 16]>,
    },
    /// Answer to [`RelayRequest::Hello`], [`RelayRequest::Ack`], [`RelayRequest::Release`].
    #[n(2)]
    Done,
    /// Answer to [`RelayRequest::Lease`]: kept until, in milliseconds since the Unix epoch.
    #[n(3)]
    Leased(#[n(0)] u64),
    /// Answer to [`RelayRequest::Put`].
    #[n(4)]
    Stored {
        /// One for each frame, in order.
        #[n(0)]
        statuses: Vec<PutStatus>,
        /// Over those of them that are stored or known; none if there are none.
        #[n(1)]
        custody: Option<Custody>,
    },
    /// Answer to [`RelayRequest::Fetch`] (one) and [`RelayRequest::Watch`] (those with news).
    #[n(5)]
    Frames(#[n(0)] Vec<Mailbox>),
    /// Answer to [`RelayRequest::BlobPut`] and [`RelayRequest::BlobGet`].
    #[n(6)]
    Blob(#[n(0)] KeptBlob),
}

/// Why a relay says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Refusal {
    /// No challenge, no token, or a signature that does not verify.
    #[n(0)]
    NotAllowed,
    /// The relay does not keep this topic or chunk.
    #[n(1)]
    NotHere,
    /// A quota is used up.
    #[n(2)]
    Full,
    /// Asked too often.
    #[n(3)]
    TooFast,
    /// Above a limit.
    #[n(4)]
    TooLarge,
    /// This relay stores nothing; it forwards.
    #[n(5)]
    Unsupported,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum PutStatus {
    /// It is on the relay's disk.
    #[n(0)]
    Stored,
    /// It was there.
    #[n(1)]
    Known,
    /// It is no frame of that topic, or too old.
    #[n(2)]
    Invalid,
    /// Nobody leased the topic.
    #[n(3)]
    NotLeased,
    /// A quota is used up.
    #[n(4)]
    Full,
    /// It was forwarded to who is there, and not kept.
    #[n(5)]
    Forwarded,
}

/// What a relay allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RelayLimits {
    /// The longest lease, in seconds.
    #[n(0)]
    pub lease_s: u32,
    /// Bytes kept for one topic; 0: nothing is stored.
    #[n(1)]
    pub topic_bytes: u64,
    /// Frames kept for one topic.
    #[n(2)]
    pub topic_frames: u32,
    /// Topics of one client.
    #[n(3)]
    pub topics: u32,
    /// Whether topics are forwarded by gossip, too.
    #[n(4)]
    pub gossip: bool,
}

/// What came on one topic.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Mailbox {
    /// Which topic.
    #[n(0)]
    pub topic: TopicKey,
    /// Frames with their places, in order, at most [`limits::RELAY_FETCH`].
    #[n(1)]
    pub frames: Vec<Placed>,
    /// The place of the newest frame.
    #[n(2)]
    pub head: u64,
    /// Everything up to this place has expired.
    #[n(3)]
    pub floor: u64,
}

/// A frame and its place in the relay's log of the topic.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Placed {
    /// The place.
    #[n(0)]
    pub seq: u64,
    /// All of the frame.
    #[n(1)]
    pub frame: ByteVec,
}

/// Where a relay is, and the right to use it: `[1, PeerId, multiaddrs, access_token|null]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RelayCard {
    /// Always 1.
    #[n(0)]
    pub version: u8,
    /// The relay's node.
    #[n(1)]
    pub relay: PeerId,
    /// Where it listens, at most [`limits::ADDRESSES`].
    #[n(2)]
    pub addresses: Vec<Address>,
    /// For a relay that is not open to all.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub access_token: Option<[u8; 16]>,
}

impl std::fmt::Debug for RelayCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayCard")
            .field("relay", &self.relay)
            .finish_non_exhaustive()
    }
}

impl RelayCard {
    /// The bytes of the card.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a card of at most [`limits::RELAY_CARD`] bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let card: Self = codec::from_slice(bytes, limits::RELAY_CARD)?;
        let within = card.version == 1
            && card.addresses.len() <= limits::ADDRESSES
            && card.addresses.iter().all(|a| a.0.len() <= limits::ADDRESS);
        if within { Ok(card) } else { Err(Malformed) }
    }
}

impl RelayRequest {
    /// The bytes of the request.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a request of at most [`limits::RELAY_MESSAGE`] bytes. Lists above their limit are
    /// refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let request: Self = codec::from_slice(bytes, limits::RELAY_MESSAGE)?;
        if request.within_limits() {
            Ok(request)
        } else {
            Err(Malformed)
        }
    }

    fn within_limits(&self) -> bool {
        match self {
            Self::Challenge
            | Self::Hello { .. }
            | Self::Ack(_)
            | Self::Release { .. }
            | Self::BlobGet(_) => true,
            Self::Lease(lease) => lease.ttl_s <= limits::LEASE_S,
            Self::Put { frames } => {
                frames.len() <= limits::RELAY_PUT
                    && frames.iter().all(|put| put.frame.len() <= limits::FRAME)
            }
            Self::Fetch(fetch) => fetch.within_limits(),
            Self::Watch { topics, wait_s } => {
                topics.len() <= limits::RELAY_WATCH
                    && *wait_s <= limits::RELAY_WAIT_S
                    && topics.iter().all(Fetch::within_limits)
            }
            Self::BlobPut(put) => put.within_limits(),
        }
    }
}

impl Fetch {
    fn within_limits(&self) -> bool {
        usize::from(self.max) <= limits::RELAY_FETCH
    }
}

impl RelayReply {
    /// The bytes of the reply.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a reply of at most [`limits::RELAY_MESSAGE`] bytes. Lists above their limit are refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let reply: Self = codec::from_slice(bytes, limits::RELAY_MESSAGE)?;
        let within = match &reply {
            Self::Refused(_) | Self::Challenge { .. } | Self::Done | Self::Leased(_) => true,
            Self::Stored { statuses, .. } => statuses.len() <= limits::RELAY_PUT,
            Self::Frames(boxes) => {
                boxes.len() <= limits::RELAY_WATCH && boxes.iter().all(Mailbox::within_limits)
            }
            Self::Blob(kept) => kept.have.len() <= limits::BLOB_CHUNKS / 8,
        };
        if within { Ok(reply) } else { Err(Malformed) }
    }
}

impl Mailbox {
    fn within_limits(&self) -> bool {
        self.frames.len() <= limits::RELAY_FETCH
            && self.frames.iter().all(|f| f.frame.len() <= limits::FRAME)
    }
}

#[cfg(test)]
mod tests;
