//! Chats, and who is in them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Message, RequestState};
use crate::node::{ChatId, MessageId, PersonId, Timestamp};

/// The kinds of chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    /// Two people.
    Direct,
    /// More.
    Group,
}

/// A row of `chat.list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatSummary {
    /// Which chat.
    pub chat_id: ChatId,
    /// What kind.
    pub kind: ChatKind,
    /// Its name; of a direct chat, the other's.
    pub name: String,
    /// Of a direct chat: the other.
    pub person_id: Option<PersonId>,
    /// Messages not yet read.
    pub unread: u32,
    /// The last message in display order.
    pub last: Option<Message>,
    /// No notifications.
    pub muted: bool,
    /// Stays on top.
    pub pinned: bool,
    /// Nothing is known to be missing.
    pub complete: bool,
    /// How many messages are known to be missing.
    pub missing: u32,
    /// The other side asked for contact and waits for an answer.
    pub request: Option<RequestState>,
    /// How many seconds after reading what is said now disappears; 0: never.
    pub disappear_after_s: u32,
}

/// Result of `chat.info`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatInfo {
    /// Which chat.
    pub chat_id: ChatId,
    /// What kind.
    pub kind: ChatKind,
    /// Its name.
    pub name: String,
    /// Its topic, if somebody set one.
    pub topic: Option<String>,
    /// Of a group: the number of key epochs so far.
    pub epoch: u32,
    /// Who invites me, while I have not accepted.
    #[serde(default)]
    pub invited_by: Option<PersonId>,
    /// Whether I am in it.
    #[serde(default)]
    pub place: Place,
    /// Of a group: whether plain members may add people.
    #[serde(default)]
    pub members_may_add: bool,
    /// Of a group: messages that came after their authors were removed, and are not shown.
    #[serde(default)]
    pub after_removal: Vec<Missing>,
    /// Of a group: people one of whose devices was copied or set back to an older state.
    #[serde(default)]
    pub forked: Vec<PersonId>,
    /// Who is in it.
    pub members: Vec<Member>,
    /// Of a group: people who are known only from groups and are not in this one, maybe no longer.
    /// Their messages may still stand in it.
    #[serde(default)]
    pub former: Vec<Former>,
    /// Nothing is known to be missing.
    pub complete: bool,
    /// From whom messages are known to be missing.
    pub missing: Vec<Missing>,
    /// How many seconds after reading what is said now disappears; 0: never.
    pub disappear_after_s: u32,
    /// The pinned messages, the last pinned first, at most 32.
    pub pinned_messages: Vec<MessageId>,
}

/// Where I stand in a chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In it.
    #[default]
    Member,
    /// Invited to a group by somebody who is no contact: `chat.accept` or `chat.leave`.
    Invited,
    /// No longer in the group; the history stays.
    Gone,
}

/// Somebody in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Who.
    pub person_id: PersonId,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they founded the group: an admin whom nobody removes.
    #[serde(default)]
    pub owner: bool,
    /// Their avatar number.
    #[serde(default)]
    pub avatar: u32,
    /// Since when.
    pub joined_at: Timestamp,
}

/// Somebody who is not in a group, and may have been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Former {
    /// Who.
    pub person_id: PersonId,
    /// Their name.
    pub name: String,
    /// Their avatar number.
    pub avatar: u32,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Add and remove.
    Admin,
    /// Read and write.
    Member,
}

/// Messages of somebody known to be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// Whose.
    pub person_id: PersonId,
    /// How many.
    pub count: u32,
    /// Whether somebody who is connected has any of them, as far as that is known: then they are being
    /// fetched.
    #[serde(default)]
    pub available: bool,
}
