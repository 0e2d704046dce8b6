//! What the engine tells the node has happened. The node adds what only the store knows
//! (a message's text) and tells the faces.

use std::ops::RangeInclusive;

use crate::proto::id::{ChatId, MessageId, PersonId};

/// How far a message of ours has come with one person.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// On our disk only.
    Queued,
    /// On the disk of another node that signed so, but not of the person's.
    Sent,
    /// On the person's disk.
    Delivered,
    /// Seen by the person.
    Read,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineEvent {
    /// A message is new, or shows differently.
    Message(MessageId),
    /// A message is gone from this device.
    Removed {
        /// Where it was.
        chat: ChatId,
        /// Which.
        message: MessageId,
    },
    /// Messages that this device wrote came further.
    Status {
        /// Where.
        chat: ChatId,
        /// Their counters.
        counters: RangeInclusive<u32>,
        /// With whom.
        person: PersonId,
        /// How far.
        state: DeliveryState,
    },
    /// Somebody is, or is no longer, typing.
    Typing {
        /// Where.
        chat: ChatId,
        /// Who.
        person: PersonId,
        /// Whether they are.
        typing: bool,
    },
    /// A contact came or went.
    Presence {
        /// Who.
        person: PersonId,
        /// Whether they are here.
        online: bool,
    },
    /// Somebody nearby came, went, or changed their name.
    Nearby {
        /// Who.
        person: PersonId,
        /// Their own name for themselves, made safe to show.
        name: String,
        /// Whether they are here.
        present: bool,
    },
    /// A contact, a request, or what is known of one changed.
    Contact(PersonId),
    /// A chat changed otherwise than by a message.
    Chat {
        /// Which.
        chat: ChatId,
        /// What about it.
        what: ChatChange,
    },
    /// Something the person should know.
    Warning {
        /// For programs.
        kind: WarningKind,
        /// A sentence.
        text: String,
    },
}

/// What changed about a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChatChange {
    /// It is new.
    Created,
    /// Muted, pinned; how long messages stay; which messages are pinned; a group's name and settings.
    Settings,
    /// Who is in it, or what they may do or are called.
    Members,
    /// It is gone from this device.
    Deleted,
    /// The number of unread messages.
    Unread,
    /// Messages are missing, or no longer.
    Completeness,
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// Two different device lists of one account with the same number.
    AccountConflict,
    /// A session with a contact was renewed, because the other side could not read ours.
    SessionReset,
    /// This profile looks older than what others hold of it.
    RolledBack,
    /// The disk is nearly or wholly full, or refuses writes.
    Storage,
    /// The network refuses to work.
    Network,
}
