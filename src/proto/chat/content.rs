//! What is said in a chat (protocol §5.3).
//!
//! `content = [kind u16, prev|null, [parent…]≤4, created u64 ms, expire_s u32, body bstr]`. The body
//! is a byte string that holds the CBOR of its kind, so that a kind which this version does not know
//! is carried as it is. The layout of a kind never changes: another layout is another kind.

mod attachment;
mod control;
mod media;
mod message;
mod opaque;
mod receipt;

use std::fmt;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

pub use attachment::{Attachment, Folder, Manifest, Thumbnail};
pub use control::{ChannelSet, GroupChange, HistoryRequest, Prekeys, Profile, RekeyRequest, Timer};
pub use media::Media;
pub use message::{Delete, Edit, Pin, React, Text};
pub use opaque::Opaque;
pub use receipt::{Receipt, ReceiptKind, Upto};

use crate::{
    proto::{id::MessageId, secret, time::Timestamp},
    wire::{codec::Malformed, limits},
};

/// One thing said, and its place among others.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The message that this device said before it in this chat.
    pub prev: Option<MessageId>,
    /// The newest messages that the author had seen, at most [`limits::PARENTS`].
    pub parents: Vec<MessageId>,
    /// When it was said, later than everything the author had seen: [`super::order`].
    pub created: Timestamp,
    /// How long it is to be kept after it was read, in seconds; 0: for ever.
    pub expire_s: u32,
    /// What is said.
    pub body: Body,
}

/// What is said.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A text message.
    Text(Text),
    /// Another text for a message.
    Edit(Edit),
    /// A message is taken back.
    Delete(Delete),
    /// An emoji at a message.
    React(React),
    /// How far messages were delivered or read.
    Receipt(Receipt),
    /// A file; as other kinds a folder, and one that is heard or watched.
    Attachment(Box<Attachment>),
    /// How long messages are kept from now on.
    Timer(Timer),
    /// The secret of the direct chat's channel.
    ChannelSet(ChannelSet),
    /// The sender could not read the receiver's messages and began a new session.
    ResetNotice,
    /// The sender could not open the secret of an epoch.
    RekeyRequest(RekeyRequest),
    /// One-time prekeys for the receiver.
    Prekeys(Prekeys),
    /// All that a new member of a group needs.
    Welcome(Opaque),
    /// History may be had from the sender.
    HistoryOffer(Opaque),
    /// The sender's name and avatar.
    Profile(Profile),
    /// A message is pinned, or no longer.
    Pin(Pin),
    /// Messages of a group as their authors signed them.
    Records(Opaque),
    /// Messages of before the sender came are asked for.
    HistoryRequest(HistoryRequest),
    /// A change of a group, as its line in the timeline. It is never sent.
    GroupChange(GroupChange),
    /// Something that a later version knows.
    Unknown {
        /// Its number.
        kind: u16,
        /// Its bytes.
        bytes: Opaque,
    },
}

impl Content {
    /// The bytes of the content.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        secret::encode(&Layout {
            kind: self.body.kind(),
            prev: self.prev,
            parents: self.parents.clone(),
            created: self.created,
            expire_s: self.expire_s,
            body: Opaque::new(self.body.encode()),
        })
    }

    /// Reads a content of at most [`limits::CONTENT`] bytes; refuses whatever is above a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > limits::CONTENT {
            return Err(Malformed);
        }
        let layout: Layout = secret::decode(bytes)?;
        if layout.parents.len() > limits::PARENTS {
            return Err(Malformed);
        }
        Ok(Self {
            prev: layout.prev,
            parents: layout.parents,
            created: layout.created,
            expire_s: layout.expire_s,
            body: Body::decode(layout.kind, layout.body)?,
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Layout {
    #[n(0)]
    kind: u16,
    #[n(1)]
    prev: Option<MessageId>,
    #[n(2)]
    parents: Vec<MessageId>,
    #[n(3)]
    created: Timestamp,
    #[n(4)]
    expire_s: u32,
    #[n(5)]
    body: Opaque,
}

impl Body {
    /// The number of the kind. Numbers are never given twice.
    pub fn kind(&self) -> u16 {
        match self {
            Self::Text(_) => 1,
            Self::Edit(_) => 2,
            Self::Delete(_) => 3,
            Self::React(_) => 4,
            Self::Receipt(_) => 5,
            Self::Attachment(attachment) if attachment.media.is_some() => 18,
            Self::Attachment(attachment) if attachment.folder.is_some() => 20,
            Self::Attachment(_) => 6,
            Self::Timer(_) => 7,
            Self::ChannelSet(_) => 8,
            Self::ResetNotice => 9,
            Self::RekeyRequest(_) => 10,
            Self::Prekeys(_) => 11,
            Self::Welcome(_) => 12,
            Self::HistoryOffer(_) => 13,
            Self::Profile(_) => 14,
            Self::Pin(_) => 15,
            Self::Records(_) => 16,
            Self::HistoryRequest(_) => 17,
            Self::GroupChange(_) => LOCAL,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Text(text) => secret::encode(text),
            Self::Edit(edit) => secret::encode(edit),
            Self::Delete(delete) => secret::encode(delete),
            Self::React(react) => secret::encode(react),
            Self::Receipt(receipt) => secret::encode(receipt),
            Self::Attachment(attachment) => secret::encode(attachment),
            Self::Timer(timer) => secret::encode(timer),
            Self::ChannelSet(set) => secret::encode(set),
            Self::ResetNotice => Zeroizing::new(EMPTY.to_vec()),
            Self::RekeyRequest(request) => secret::encode(request),
            Self::Prekeys(prekeys) => secret::encode(prekeys),
            Self::Profile(profile) => secret::encode(profile),
            Self::Pin(pin) => secret::encode(pin),
            Self::GroupChange(change) => secret::encode(change),
            Self::HistoryRequest(request) => secret::encode(request),
            Self::Welcome(bytes)
            | Self::HistoryOffer(bytes)
            | Self::Records(bytes)
            | Self::Unknown { bytes, .. } => bytes.to_bytes(),
        }
    }

    fn decode(kind: u16, bytes: Opaque) -> Result<Self, Malformed> {
        Ok(match kind {
            1 => Self::Text(read(&bytes, Text::within_limits)?),
            2 => Self::Edit(read(&bytes, Edit::within_limits)?),
            3 => Self::Delete(read(&bytes, |_: &Delete| true)?),
            4 => Self::React(read(&bytes, React::within_limits)?),
            5 => Self::Receipt(read(&bytes, Receipt::within_limits)?),
            6 => Self::Attachment(Box::new(read(&bytes, |file: &Attachment| {
                file.folder.is_none() && file.media.is_none() && file.within_limits()
            })?)),
            7 => Self::Timer(read(&bytes, |_: &Timer| true)?),
            8 => Self::ChannelSet(read(&bytes, |_: &ChannelSet| true)?),
            9 if bytes.expose() == EMPTY => Self::ResetNotice,
            9 => return Err(Malformed),
            10 => Self::RekeyRequest(read(&bytes, |_: &RekeyRequest| true)?),
            11 => Self::Prekeys(read(&bytes, Prekeys::within_limits)?),
            12 => Self::Welcome(bytes),
            13 => Self::HistoryOffer(bytes),
            14 => Self::Profile(read(&bytes, Profile::within_limits)?),
            15 => Self::Pin(read(&bytes, |_: &Pin| true)?),
            16 => Self::Records(bytes),
            17 => Self::HistoryRequest(read(&bytes, |_: &HistoryRequest| true)?),
            18 => Self::Attachment(Box::new(read(&bytes, |file: &Attachment| {
                file.media.is_some() && file.folder.is_none() && file.within_limits()
            })?)),
            20 => Self::Attachment(Box::new(read(&bytes, |folder: &Attachment| {
                folder.folder.is_some() && folder.media.is_none() && folder.within_limits()
            })?)),
            LOCAL => Self::GroupChange(read(&bytes, |_: &GroupChange| true)?),
            kind => Self::Unknown { kind, bytes },
        })
    }
}

fn read<T>(bytes: &Opaque, within_limits: impl Fn(&T) -> bool) -> Result<T, Malformed>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let body: T = secret::decode(bytes.expose())?;
    if within_limits(&body) {
        Ok(body)
    } else {
        Err(Malformed)
    }
}

/// The kind of what is only kept: no other number is like it.
const LOCAL: u16 = 0x8000;

/// The array without elements.
const EMPTY: &[u8] = &[0x80];

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("created", &self.created)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// Shows the kind only.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({})", self.kind())
    }
}

#[cfg(test)]
mod tests;
