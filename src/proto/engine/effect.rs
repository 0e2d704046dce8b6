//! What the engine wants done.
//!
//! The node commits every [`Effect::Write`] of a batch durably before it releases any of the others.

use super::{
    Asked, Fetch,
    command::{CommandError, Reply},
    event::EngineEvent,
    input::{AskId, CommandId, Ticket},
};
use crate::{
    proto::{
        id::{ChatId, DeviceId, PersonId},
        record::{MessageRow, Write},
    },
    wire::{
        direct::Direct,
        hello::{HelloReply, HelloRequest},
        id::{Address, FrameId, PeerId, TopicKey},
        mailbox::{Auth, Lease, RelayRequest},
    },
};

/// One thing to do.
#[derive(Debug)]
pub enum Effect {
    /// Remember.
    Write(Write),
    /// Say something on the direct stream to a peer. Dropped if the peer is not connected or slow.
    Send(PeerId, Direct),
    /// Send a frame from the outbox on the direct stream to a peer.
    SendStored(PeerId, FrameId),
    /// Publish a frame on its topic.
    Publish(TopicKey, Vec<u8>),
    /// Publish a frame from the outbox on its topic.
    PublishStored(FrameId),
    /// Take part in a topic.
    Subscribe(TopicKey),
    /// No longer take part in a topic.
    Unsubscribe(TopicKey),
    /// Open gossip and the direct stream to a peer, and keep a connection to it.
    Authorise(PeerId, Vec<Address>),
    /// Close gossip and the direct stream to a peer, and its connection.
    Revoke(PeerId),
    /// Dial once somebody who is not authorised.
    Dial(Option<PeerId>, Vec<Address>),
    /// Ask a peer over the hello protocol, dialling these addresses if need be.
    Ask {
        /// Ties the answer to it.
        ask: AskId,
        /// Whom.
        to: PeerId,
        /// Where to dial if there is no connection.
        addresses: Vec<Address>,
        /// What.
        request: Box<HelloRequest>,
        /// Frames from the outbox to put into the request if it is an introduction, in this order,
        /// as many as fit [`crate::wire::limits::HELLO`].
        attach: Vec<FrameId>,
    },
    /// Answer a hello request.
    Answer(Ticket, Box<HelloReply>),
    /// Ask a relay to carry a topic.
    Lease {
        /// The relay.
        relay: PeerId,
        /// What, signed.
        lease: Lease,
    },
    /// Tell a relay to no longer carry a topic for us.
    Release {
        /// The relay.
        relay: PeerId,
        /// The channel.
        topic: TopicKey,
        /// Signed with the topic's key.
        auth: Auth,
    },
    /// Ask a relay for what it keeps, or tell it what is on our disk: a fetch, a watch or an
    /// acknowledgement.
    AskRelay(PeerId, RelayRequest),
    /// Give frames to a relay to keep, as many as one request takes.
    Deposit {
        /// The relay.
        relay: PeerId,
        /// Frames of the outbox.
        stored: Vec<FrameId>,
        /// Others, with their topics.
        made: Vec<(TopicKey, Vec<u8>)>,
    },
    /// Announce this node by mDNS and look for others, or do neither.
    Announce(bool),
    /// Read the message that this device wrote in a chat under a counter, and give it back as
    /// [`super::input::Input::Loaded`].
    Load(ChatId, u32),
    /// Read the message that a device of somebody else wrote in a chat under a counter, and give it
    /// back as [`super::input::Input::Said`], if it is there.
    LoadSaid {
        /// The chat.
        chat: ChatId,
        /// The device.
        device: DeviceId,
        /// The counter.
        counter: u32,
    },
    /// Read the names of what a device of somebody else wrote in a chat under these counters:
    /// [`super::input::Input::Ids`].
    LoadIds(ChatId, DeviceId, Vec<u32>),
    /// Say which of these messages are not on the disk: [`super::input::Input::Sifted`].
    Sift(Vec<MessageRow>),
    /// The same for messages that a member gave: [`super::input::Input::SiftedGiven`].
    SiftGiven {
        /// In which group.
        chat: ChatId,
        /// Who gave them.
        from: PersonId,
        /// The messages.
        rows: Vec<MessageRow>,
    },
    /// Read messages for a member, with [`Fetch::read`]: [`super::input::Input::ToGive`].
    LoadToGive(Fetch),
    /// Read at most [`crate::wire::limits::HISTORY_PART`] messages, and the acts on them, and give them
    /// back as [`super::input::Input::History`]. If the message before which they are is gone: the newest.
    LoadHistory(Asked),
    /// Tell the faces.
    Emit(EngineEvent),
    /// Answer a command.
    Reply(CommandId, Result<Reply, CommandError>),
}
