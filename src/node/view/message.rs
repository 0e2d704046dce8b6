//! A message, and what is known of it, as faces see them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FileInfo, GroupChange};
use crate::node::{ChatId, DeliveryState, MessageId, PersonId, Timestamp};

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Text.
    Text,
    /// A file.
    File,
    /// A line of the program's own.
    System,
}

/// A message as faces see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Which.
    pub message_id: MessageId,
    /// Where.
    pub chat_id: ChatId,
    /// Who wrote it.
    pub sender: PersonId,
    /// When it was said, as far as that can be believed.
    pub sent_at: Timestamp,
    /// When it reached this device.
    pub received_at: Timestamp,
    /// What it is.
    pub kind: MessageKind,
    /// Its text. Of a newer kind of message that this version cannot show: empty.
    pub text: String,
    /// What it answers.
    pub reply_to: Option<MessageId>,
    /// Who is named in it.
    pub mentions: Vec<PersonId>,
    /// Whether I am.
    pub mentioned: bool,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// Whether it was deleted for everyone.
    pub deleted: bool,
    /// By whom.
    pub deleted_by: Option<PersonId>,
    /// Who reacted, and how.
    pub reactions: Vec<Reaction>,
    /// Its file.
    pub file: Option<FileInfo>,
    /// What it says of a group, for faces in this process that have words of their own; the text says the same.
    #[serde(skip)]
    pub change: Option<GroupChange>,
    /// Whether I wrote it.
    pub outgoing: bool,
    /// The least of all other members' states.
    pub state: DeliveryState,
    /// Somebody whose removal its author did not know of can read it.
    #[serde(default)]
    pub reaches_removed: bool,
    /// Who gave it to us, if it was said before we came to the group.
    #[serde(default)]
    pub given_by: Option<PersonId>,
    /// Its place in the chat's display order, from 0; the same on every member that holds the same
    /// messages.
    pub seq: u64,
}

/// One emoji under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reaction {
    /// Which.
    pub emoji: String,
    /// Whose.
    pub people: Vec<PersonId>,
}

/// A row of `message.receipts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonReceipt {
    /// Who.
    pub person_id: PersonId,
    /// How far it has come with them.
    pub state: ReceiptState,
    /// Since when, if that is known.
    pub at: Option<Timestamp>,
    /// While it is held: how many relays signed that they hold it.
    pub held_by: u32,
}

/// How far a message has come with one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// On our disk only.
    Queued,
    /// Somebody else keeps it for them.
    Held,
    /// On their disk.
    Delivered,
    /// Seen by them.
    Read,
}

/// A row of `message.history`: a text that a message had, or has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edition {
    /// What it said.
    pub text: String,
    /// Since when, as far as that can be believed.
    pub at: Timestamp,
}
