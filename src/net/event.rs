//! What can happen on the network.

use std::net::IpAddr;

use crate::wire::{
    direct::Direct,
    hello::{HelloReply, HelloRequest},
    id::{Address, FrameId, PeerId, TopicKey},
    mailbox::{Custody, PutStatus, RelayLimits},
};

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum NetEvent {
    /// We listen at these addresses now (all of them, not only what is new).
    Listening(Vec<Address>),
    /// A connection to a peer that is no relay of ours is up. Said again for the same peer when
    /// `authorised` changes, and when a new connection takes the place of one that the peer had lost: what
    /// was said on that may not have arrived.
    Connected {
        /// Who.
        peer: PeerId,
        /// Where they are. A peer that dialled us may not be reachable there.
        address: Address,
        /// Whether the direct stream is open, hence both sides authorised each other.
        authorised: bool,
    },
    /// The last connection to a peer is gone. What it said before may still come.
    Disconnected(PeerId),
    /// An authorised peer said something on its direct stream. A frame has been checked from
    /// outside (length, version, day, topic signature).
    Direct {
        /// Who.
        from: PeerId,
        /// What.
        message: Direct,
    },
    /// A topic of ours carried a frame, checked from outside as above. A frame that the direct
    /// stream brought before is not repeated here.
    Gossip {
        /// The topic.
        topic: TopicKey,
        /// The frame.
        frame: Vec<u8>,
    },
    /// A peer takes part in a topic of ours.
    Subscribed(PeerId, TopicKey),
    /// A peer no longer takes part in a topic of ours.
    Unsubscribed(PeerId, TopicKey),
    /// Anybody asks over the hello protocol. Without an answer within ten seconds the stream is
    /// closed.
    Hello {
        /// Who.
        from: PeerId,
        /// From where, for rates.
        ip: Option<IpAddr>,
        /// For the answer.
        ticket: u64,
        /// What.
        request: HelloRequest,
    },
    /// The answer to a request of ours, or none.
    Answered {
        /// Which request.
        ask: u64,
        /// `None` when the peer could not be reached or did not answer.
        reply: Option<HelloReply>,
    },
    /// mDNS found a node, or new addresses of one: all addresses known of it.
    Discovered(PeerId, Vec<Address>),
    /// mDNS no longer hears a node.
    Lost(PeerId),
    /// A relay of ours is connected and lets us in. It forwards a topic once a lease for it, signed
    /// over this challenge, was accepted; a subscription without one is not tolerated for long. The
    /// challenge holds until [`NetEvent::Disconnected`], and so do the leases made with it.
    RelayChallenge {
        /// The relay.
        relay: PeerId,
        /// Random, chosen by the relay for this connection.
        challenge: [u8; 32],
        /// What it allows.
        limits: RelayLimits,
        /// Which database it keeps frames in; none: it keeps none.
        store: Option<[u8; 16]>,
    },
    /// A relay answered a fetch or a watch.
    Fetched {
        /// The relay.
        relay: PeerId,
        /// Whether it was a watch.
        watched: bool,
        /// The topics, and after which place.
        asked: Vec<(TopicKey, u64)>,
        /// What there is; `None` if it refused or did not answer.
        found: Option<Vec<Kept>>,
    },
    /// A relay answered a put.
    Deposited {
        /// The relay.
        relay: PeerId,
        /// The frames.
        frames: Vec<FrameId>,
        /// What became of each; `None` if it refused or did not answer.
        statuses: Option<Vec<PutStatus>>,
        /// Its word on those that are there, not yet checked.
        custody: Option<Custody>,
    },
    /// A relay answered a lease.
    Leased {
        /// The relay.
        relay: PeerId,
        /// The channel.
        topic: TopicKey,
        /// Until when it carries the topic, in milliseconds since 1970 by its clock; `None` if it
        /// refused or did not answer.
        until: Option<u64>,
    },
    /// Something the person should know, as a sentence.
    Warning(String),
}

/// What a relay keeps of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The topic.
    pub topic: TopicKey,
    /// Frames in order, each checked from outside.
    pub frames: Vec<Vec<u8>>,
    /// The place of the last frame that came, also one that did not pass.
    pub upto: u64,
    /// The place of the newest frame that is there.
    pub head: u64,
}
