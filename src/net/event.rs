//! What can happen on the network.

use std::net::IpAddr;

use crate::wire::{
    direct::Direct,
    hello::{HelloReply, HelloRequest},
    id::{Address, PeerId, TopicKey},
};

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum NetEvent {
    /// We listen at these addresses now (all of them, not only what is new).
    Listening(Vec<Address>),
    /// A connection to a peer that is no relay of ours is up. Said again for the same peer when
    /// `authorised` changes.
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
