//! What can happen to the engine.

use std::net::IpAddr;

use super::{Asked, Fetch, command::Command};
use crate::{
    proto::{
        chat::content::Attachment,
        id::{ChatId, DeviceId, MessageId, PersonId},
        record::MessageRow,
        time::Timestamp,
    },
    wire::{
        direct::{Direct, Receipt},
        hello::{HelloReply, HelloRequest},
        id::{Address, FrameId, PeerId, TopicKey},
        mailbox::{Custody, PutStatus, RelayLimits},
    },
};

/// Ties a [`Command`] to its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

/// Ties a hello request of ours to its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub u64);

/// Ties a hello request of a stranger to our answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A face asks for something.
    Command(CommandId, Command),
    /// `message.read`, with what only the store can tell.
    Read {
        /// The command.
        id: CommandId,
        /// Where.
        chat: ChatId,
        /// The last message read.
        up_to: MessageId,
        /// For each other device, the highest counter among the messages at or before it.
        counters: Vec<(DeviceId, u32)>,
        /// Incoming messages after it.
        unread_left: u32,
    },
    /// `message.prove`, with what only the store can tell.
    Prove {
        /// The command.
        id: CommandId,
        /// The message as it is kept; none if there is none that is shown.
        message: Option<Box<MessageRow>>,
        /// For each recipient the receipts ([`crate::proto::delivery::Delivery`]) that may be of it.
        signed: Vec<(PersonId, Vec<Vec<u8>>)>,
    },
    /// Something is to be done to a message, with what only the store can tell.
    Act {
        /// The command.
        id: CommandId,
        /// What: one that has a [`Command::target`].
        command: Command,
        /// The message as it is kept; none if there is none that is shown.
        target: Option<Box<MessageRow>>,
    },
    /// `file.send`, once the file is sealed.
    Offer {
        /// The command.
        id: CommandId,
        /// Where.
        chat: ChatId,
        /// What is said of the file.
        attachment: Box<Attachment>,
    },
    /// An authorised peer said something on its direct stream.
    Direct {
        /// Who.
        from: PeerId,
        /// What. A frame has been checked from outside (length, version, day, topic signature).
        message: Direct,
        /// For a frame: whether the store has seen it before.
        seen: bool,
    },
    /// A topic carried a frame, checked from outside as above.
    Gossip {
        /// The topic.
        topic: TopicKey,
        /// The frame.
        frame: Vec<u8>,
        /// Whether the store has seen it before.
        seen: bool,
    },
    /// A connection to a peer is up; it is the only one.
    Connected {
        /// Who.
        peer: PeerId,
        /// Where they are.
        address: Address,
        /// Whether gossip and the direct stream are open on it.
        authorised: bool,
    },
    /// The last connection to a peer is gone.
    Disconnected(PeerId),
    /// mDNS found a node.
    Discovered(PeerId, Vec<Address>),
    /// mDNS no longer hears a node.
    Lost(PeerId),
    /// A peer subscribed to a topic.
    Subscribed(PeerId, TopicKey),
    /// A peer no longer takes part in a topic.
    Unsubscribed(PeerId, TopicKey),
    /// A relay of ours is connected and lets us in, until [`Input::Disconnected`].
    RelayChallenge {
        /// The relay.
        relay: PeerId,
        /// What leases are signed over on this connection.
        challenge: [u8; 32],
        /// What it allows.
        limits: RelayLimits,
        /// Which database it keeps frames in; none: it keeps none.
        store: Option<[u8; 16]>,
    },
    /// A relay answered a request for what it keeps, or did not.
    Fetched {
        /// The relay.
        relay: PeerId,
        /// Whether it was asked to say so as soon as there is something.
        watched: bool,
        /// The topics, and after which place.
        asked: Vec<(TopicKey, u64)>,
        /// What there is; none if it refused or did not answer.
        found: Option<Vec<Found>>,
    },
    /// A relay answered [`super::Effect::Deposit`], or did not.
    Deposited {
        /// The relay.
        relay: PeerId,
        /// Those of the frames that were given to it.
        frames: Vec<FrameId>,
        /// What became of each; none if it refused or did not answer.
        statuses: Option<Vec<PutStatus>>,
        /// Its word that it holds those of them that are there.
        custody: Option<Custody>,
    },
    /// A relay answered a lease.
    Leased {
        /// The relay.
        relay: PeerId,
        /// The channel.
        topic: TopicKey,
        /// Until when, by the relay's clock; `None` if it refused or did not answer.
        until: Option<Timestamp>,
    },
    /// We listen at these addresses now (all of them, not only what is new).
    Listening(Vec<Address>),
    /// A stranger, or anybody, asks over the hello protocol.
    Hello {
        /// Who.
        from: PeerId,
        /// From where, for rates.
        ip: Option<IpAddr>,
        /// For the answer.
        ticket: Ticket,
        /// What.
        request: HelloRequest,
    },
    /// The answer to a request of ours, or none.
    Answered {
        /// Which request.
        ask: AskId,
        /// The answer; `None` when the peer could not be asked or did not answer.
        reply: Option<HelloReply>,
    },
    /// The message that [`super::effect::Effect::Load`] asked for; `None` if there is none.
    Loaded(ChatId, u32, Option<Box<MessageRow>>),
    /// The message that [`super::effect::Effect::LoadSaid`] asked for.
    Said(Box<MessageRow>),
    /// Of the messages of [`super::effect::Effect::Sift`] those that are not on the disk.
    Sifted(Vec<MessageRow>),
    /// The answer to [`super::effect::Effect::SiftGiven`].
    SiftedGiven {
        /// In which group.
        chat: ChatId,
        /// Who gave them.
        from: PersonId,
        /// The messages that are not on the disk.
        rows: Vec<MessageRow>,
        /// Device and number of those that are.
        here: Vec<(DeviceId, u32)>,
    },
    /// What a member asked for, as [`Fetch::read`] gives it.
    ToGive(Fetch, Vec<Option<MessageRow>>),
    /// What [`super::effect::Effect::LoadHistory`] asked for: messages, the newest first, each followed by
    /// the acts on it.
    History(Asked, Vec<MessageRow>),
    /// The names of the messages that [`super::effect::Effect::LoadIds`] asked for; none for those that
    /// are not on the disk.
    Ids(ChatId, DeviceId, Vec<(u32, Option<MessageId>)>),
    /// An authorised peer signed that it has messages of ours.
    Receipt {
        /// Who.
        from: PeerId,
        /// What.
        receipt: Receipt,
        /// For each message its counter, if this device wrote it in that chat.
        own: Vec<Option<u32>>,
    },
    /// Time has passed: [`super::Engine::poll_timeout`] is due.
    Timeout,
}

/// What a relay kept of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The topic.
    pub topic: TopicKey,
    /// Frames in order, checked from outside, each with whether the store has seen it before.
    pub frames: Vec<(Vec<u8>, bool)>,
    /// The place of the last frame that came, whether or not it was any good.
    pub upto: u64,
    /// The place of the newest frame that is there.
    pub head: u64,
}

/// Names a frame without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameName {
    /// The channel.
    pub topic: TopicKey,
    /// The frame.
    pub id: FrameId,
}
