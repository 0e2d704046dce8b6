//! What a face may ask the engine to do, what it answers, and how it refuses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::proto::{
    id::{ChatId, MessageId, PersonId},
    time::Timestamp,
};

/// Something a face asks for. The serde form is the interface of `docs/rpc.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", content = "params", deny_unknown_fields)]
pub enum Command {
    /// Changes what others see of me.
    #[serde(rename = "profile.set")]
    SetProfile {
        /// The new name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Another number is another pattern of my avatar.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        avatar: Option<u32>,
    },
    /// Changes privacy settings; those that are not named stay.
    #[serde(rename = "settings.set")]
    SetSettings(SettingsChange),
    /// Makes an invite.
    #[serde(rename = "contact.invite")]
    CreateInvite {
        /// How long it lasts, in seconds; 7 days when not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_s: Option<u32>,
        /// How many people may use it; 1 when not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uses: Option<u16>,
    },
    /// Asks somebody to become a contact: by invite link, or somebody nearby by id.
    #[serde(rename = "contact.add")]
    AddContact {
        /// An invite link or QR text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        /// Somebody nearby.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person_id: Option<PersonId>,
    },
    /// Accepts a contact request.
    #[serde(rename = "contact.accept")]
    AcceptContact {
        /// Who asked.
        person_id: PersonId,
    },
    /// Hears nothing more of somebody.
    #[serde(rename = "contact.block")]
    BlockContact {
        /// Whom to block.
        person_id: PersonId,
    },
    /// Takes a block back.
    #[serde(rename = "contact.unblock")]
    UnblockContact {
        /// Whom to unblock.
        person_id: PersonId,
    },
    /// Removes a contact; the history stays. Or declines a request, of which nothing stays.
    #[serde(rename = "contact.remove")]
    RemoveContact {
        /// Whom to remove.
        person_id: PersonId,
    },
    /// Records that the safety number was compared, or takes that back.
    #[serde(rename = "contact.verify")]
    VerifyContact {
        /// Whose number was compared.
        person_id: PersonId,
        /// Whether it was the same.
        verified: bool,
    },
    /// The one direct chat with somebody, made if there is none.
    #[serde(rename = "chat.direct")]
    OpenDirectChat {
        /// With whom.
        person_id: PersonId,
    },
    /// Founds a group.
    #[serde(rename = "chat.create")]
    CreateGroup {
        /// Its name.
        name: String,
        /// Who is in it besides me: contacts.
        members: Vec<PersonId>,
    },
    /// Adds somebody to a group.
    #[serde(rename = "chat.add")]
    AddMember {
        /// The group.
        chat_id: ChatId,
        /// A contact.
        person_id: PersonId,
        /// What they get of what was said before: `"none"`, `"all"` (the newest 10000), or how many of
        /// the newest messages.
        #[serde(default, skip_serializing_if = "History::is_none")]
        history: History,
    },
    /// Removes somebody from a group. What is said from then on they cannot read.
    #[serde(rename = "chat.remove")]
    RemoveMember {
        /// The group.
        chat_id: ChatId,
        /// A member.
        person_id: PersonId,
    },
    /// Makes a member an admin of a group, or a plain member again.
    #[serde(rename = "chat.role")]
    SetRole {
        /// The group.
        chat_id: ChatId,
        /// A member.
        person_id: PersonId,
        /// What they are from now on.
        role: GroupRole,
    },
    /// Accepts an invitation to a group by somebody who is no contact.
    #[serde(rename = "chat.accept")]
    JoinGroup {
        /// The group.
        chat_id: ChatId,
    },
    /// Leaves a group, or declines an invitation to one. The history stays.
    #[serde(rename = "chat.leave")]
    LeaveGroup {
        /// The group.
        chat_id: ChatId,
    },
    /// Removes a chat and its history from this device; a group is left first.
    #[serde(rename = "chat.delete")]
    DeleteChat {
        /// Which chat.
        chat_id: ChatId,
    },
    /// Changes settings of a chat: `muted` and `pinned` only I see, the others everybody in it.
    #[serde(rename = "chat.set")]
    SetChat {
        /// Which chat.
        chat_id: ChatId,
        /// The name of a group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What a group is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
        /// Whether plain members of a group may add people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        members_may_add: Option<bool>,
        /// No notifications.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        muted: Option<bool>,
        /// Stays on top of the list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pinned: Option<bool>,
        /// Messages said from now on, by everybody in the chat, disappear so many seconds after they
        /// were read, and from the author's devices after they were sent: 5 s to a year; 0: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disappear_after_s: Option<u32>,
    },
    /// Says something.
    #[serde(rename = "message.send")]
    SendMessage {
        /// Where.
        chat_id: ChatId,
        /// UTF-8, at most 16 KiB.
        text: String,
        /// The message that this one answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<MessageId>,
        /// People of the chat who are named in it, at most 16.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<PersonId>,
    },
    /// Gives a message of mine another text, for everybody, within a day after it was said.
    #[serde(rename = "message.edit")]
    EditMessage {
        /// Which.
        message_id: MessageId,
        /// UTF-8, at most 16 KiB.
        text: String,
    },
    /// Takes a message away: from this device, or, if it is mine, from everybody.
    #[serde(rename = "message.delete")]
    DeleteMessage {
        /// Which.
        message_id: MessageId,
        /// From whom.
        #[serde(rename = "for")]
        from: DeleteFor,
    },
    /// Puts an emoji of mine at a message, or takes it away.
    #[serde(rename = "message.react")]
    ReactMessage {
        /// Which.
        message_id: MessageId,
        /// One emoji, at most 32 bytes.
        emoji: String,
        /// Whether it is to be there.
        on: bool,
    },
    /// Pins a message for everybody in the chat, or takes it off.
    #[serde(rename = "message.pin")]
    PinMessage {
        /// Which.
        message_id: MessageId,
        /// Whether it is to be pinned.
        on: bool,
    },
    /// Makes a file that shows to anybody what became of a message that this device wrote.
    #[serde(rename = "message.prove")]
    ProveMessage {
        /// Which.
        message_id: MessageId,
    },
    /// Marks everything up to a message as read.
    #[serde(rename = "message.read")]
    ReadMessages {
        /// Where.
        chat_id: ChatId,
        /// The last message that was read, in display order.
        up_to: MessageId,
    },
    /// Says that I am, or am no longer, typing. Repeat it with every key; it ends by itself after 5 s.
    #[serde(rename = "typing.set")]
    SetTyping {
        /// Where.
        chat_id: ChatId,
        /// Whether I am.
        typing: bool,
    },
}

/// What a member of a group can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupRole {
    /// Adds and removes plain members, and changes the group's settings.
    Admin,
    /// Reads and writes.
    Member,
}

/// From whom a message is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeleteFor {
    /// From this device, with all that it said.
    Me,
    /// From everybody who has it; its place stays.
    All,
}

impl Command {
    /// The message that it does something to, which only the store knows: then
    /// [`super::input::Input::Act`] is the way to the engine.
    pub fn target(&self) -> Option<MessageId> {
        match self {
            Self::EditMessage { message_id, .. }
            | Self::DeleteMessage { message_id, .. }
            | Self::ReactMessage { message_id, .. }
            | Self::PinMessage { message_id, .. } => Some(*message_id),
            Self::SetProfile { .. }
            | Self::SetSettings(_)
            | Self::CreateInvite { .. }
            | Self::AddContact { .. }
            | Self::AcceptContact { .. }
            | Self::BlockContact { .. }
            | Self::UnblockContact { .. }
            | Self::RemoveContact { .. }
            | Self::VerifyContact { .. }
            | Self::OpenDirectChat { .. }
            | Self::CreateGroup { .. }
            | Self::AddMember { .. }
            | Self::RemoveMember { .. }
            | Self::SetRole { .. }
            | Self::JoinGroup { .. }
            | Self::LeaveGroup { .. }
            | Self::DeleteChat { .. }
            | Self::SetChat { .. }
            | Self::SendMessage { .. }
            | Self::ProveMessage { .. }
            | Self::ReadMessages { .. }
            | Self::SetTyping { .. } => None,
        }
    }
}

/// What somebody who is added to a group gets of what was said before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Nothing.
    #[default]
    None,
    /// The newest [`crate::wire::limits::HISTORY`] messages.
    All,
    /// So many of the newest messages.
    #[serde(untagged)]
    Last(u32),
}

impl History {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// A change of the settings that concern others; `None` leaves a setting as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SettingsChange {
    /// Tell authors when I have read their messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_receipts: Option<bool>,
    /// Tell contacts when I am typing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typing: Option<bool>,
    /// Tell contacts when I am online, through relays too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<bool>,
    /// Show my name to people on this network, and them to me.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearby: Option<bool>,
}

/// The settings that concern others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Tell authors when I have read their messages.
    pub read_receipts: bool,
    /// Tell contacts when I am typing.
    pub typing: bool,
    /// Tell contacts when I am online.
    pub presence: bool,
    /// Show my name to people on this network, and them to me.
    pub nearby: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            read_receipts: true,
            typing: true,
            presence: true,
            nearby: true,
        }
    }
}

/// The answer to a [`Command`] that was carried out and is safe on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Reply {
    /// It is done.
    Done {},
    /// Answer to `contact.invite`.
    Invite {
        /// `betwixt://c/#…`
        link: String,
        /// The same as a QR code.
        qr_svg: String,
    },
    /// Answer to `contact.add`.
    Person {
        /// Who was asked.
        person_id: PersonId,
    },
    /// Answer to `chat.direct`.
    Chat {
        /// The chat.
        chat_id: ChatId,
    },
    /// Answer to `message.prove`.
    Proof {
        /// What `betwixt verify` checks, in base64.
        proof: String,
    },
    /// Answer to `message.send`.
    Sent {
        /// The new message.
        message_id: MessageId,
        /// When it was said.
        sent_at: Timestamp,
    },
}

/// Why a command or query was refused: a stable kind, and a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    /// For programs.
    pub kind: ErrorKind,
    /// For people.
    pub message: String,
}

impl CommandError {
    /// A refusal.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

/// The kinds of refusal (`docs/rpc.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// A value is out of its range or form.
    Invalid,
    /// There is no such thing.
    NotFound,
    /// It contradicts what is there.
    Conflict,
    /// The profile is locked.
    Locked,
    /// You may not.
    Forbidden,
    /// Above a limit.
    TooLarge,
    /// The disk refused.
    Storage,
    /// The network refused.
    Network,
    /// This version cannot do that.
    Unsupported,
}
