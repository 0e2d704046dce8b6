//! Kinds 1 to 4 and 15: text, and what is done to messages.

use minicbor::{Decode, Encode};

use crate::{
    proto::id::{MessageId, PersonId},
    wire::limits,
};

/// A text message: `[text, reply_to|null, [person…]]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Text {
    /// At most [`limits::TEXT`] bytes, made by [`crate::proto::text::clean_text`].
    #[n(0)]
    pub text: String,
    /// The message that this one answers.
    #[n(1)]
    pub reply_to: Option<MessageId>,
    /// People who are named in it, at most [`limits::MENTIONS`].
    #[n(2)]
    pub mentions: Vec<PersonId>,
}

/// Another text for a message of one's own: `[mid, text]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Edit {
    /// The message.
    #[n(0)]
    pub message: MessageId,
    /// The new text, as in [`Text`].
    #[n(1)]
    pub text: String,
}

/// A message is taken back: `[mid]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Delete {
    /// The message.
    #[n(0)]
    pub message: MessageId,
}

/// An emoji at a message: `[mid, emoji, on]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct React {
    /// The message.
    #[n(0)]
    pub message: MessageId,
    /// At most [`limits::EMOJI`] bytes, not empty.
    #[n(1)]
    pub emoji: String,
    /// Set, or taken away.
    #[n(2)]
    pub on: bool,
}

/// A message is kept in everybody's view of the chat, or no longer: `[mid, on]`.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Pin {
    /// The message.
    #[n(0)]
    pub message: MessageId,
    /// Pinned, or taken off.
    #[n(1)]
    pub on: bool,
}

impl Text {
    pub(super) fn within_limits(&self) -> bool {
        self.text.len() <= limits::TEXT && self.mentions.len() <= limits::MENTIONS
    }
}

impl Edit {
    pub(super) fn within_limits(&self) -> bool {
        self.text.len() <= limits::TEXT
    }
}

impl React {
    pub(super) fn within_limits(&self) -> bool {
        (1..=limits::EMOJI).contains(&self.emoji.len())
    }
}
