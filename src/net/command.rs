//! What the node can be told.

use crate::wire::{
    direct::Direct,
    hello::{HelloReply, HelloRequest},
    id::{Address, PeerId, TopicKey},
    mailbox::{Auth, Lease, RelayRequest},
};

/// One thing to do. None of them is answered, except by what then happens.
#[derive(Clone, Debug)]
pub enum NetCommand {
    /// Say something on the direct stream to a peer. Dropped if the stream is not open or its queue
    /// is full.
    Send(PeerId, Direct),
    /// Publish a frame on its topic.
    Publish(TopicKey, Vec<u8>),
    /// Take part in a topic.
    Subscribe(TopicKey),
    /// No longer take part in a topic.
    Unsubscribe(TopicKey),
    /// Open gossip and the direct stream to a peer and keep a connection to it. Said again it
    /// replaces the addresses and, if there is no connection, dials at once.
    Authorise(PeerId, Vec<Address>),
    /// The same for somebody whom only a group is shared with: a large one is not dialled as a whole.
    AuthoriseMember(PeerId, Vec<Address>),
    /// Close gossip and the direct stream to a peer, and its connections.
    Revoke(PeerId),
    /// Dial once somebody who is not authorised.
    Dial(Option<PeerId>, Vec<Address>),
    /// Ask a peer over the hello protocol, dialling these addresses if there is no connection.
    /// Always followed by one [`super::NetEvent::Answered`].
    Ask {
        /// Ties the answer to it.
        ask: u64,
        /// Whom.
        to: PeerId,
        /// Where to dial.
        addresses: Vec<Address>,
        /// What.
        request: HelloRequest,
    },
    /// Answer a hello request.
    Answer {
        /// Which one, from [`super::NetEvent::Hello`].
        ticket: u64,
        /// What.
        reply: HelloReply,
    },
    /// Announce this node by mDNS and look for others, or do neither.
    Announce(bool),
    /// Ask a relay to carry a topic (protocol §6.2). Always followed by one
    /// [`super::NetEvent::Leased`].
    Lease {
        /// The relay, from [`super::NetEvent::RelayChallenge`].
        relay: PeerId,
        /// What, signed for this relay, this node and that challenge
        /// ([`crate::wire::mailbox::Link`]).
        lease: Lease,
    },
    /// Tell a relay to no longer carry a topic for us.
    Release {
        /// The relay.
        relay: PeerId,
        /// The channel.
        topic: TopicKey,
        /// See [`crate::wire::mailbox::release_to_sign`].
        auth: Auth,
    },
    /// Ask a relay for what it keeps, tell it what is on our disk, or give it frames: a fetch, a watch, an
    /// acknowledgement or a put. A fetch and a watch are followed by one [`super::NetEvent::Fetched`], a
    /// put by one [`super::NetEvent::Deposited`].
    AskRelay {
        /// The relay.
        relay: PeerId,
        /// What, signed as a lease is.
        request: RelayRequest,
    },
    /// Close all connections and end.
    Stop,
}
