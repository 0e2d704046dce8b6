//! A file that shows to anybody what became of a message (`betwixt prove`, `betwixt verify`).
//!
//! ```text
//! proof = "betwixt proof\n" ‖ [body bstr, sig(64)]          sig = Ed25519(author's DS, L("proof") ‖ body)
//! body  = [1, made_at, author's device_list, context, sig or null, device, counter,
//!          [[device_list, [delivery…]]…], [person…], [[relay, custody, [frame id…], place]…]]
//! ```
//!
//! It needs neither a profile nor a network: the lists in it say which keys are whose, and a person is
//! their key. Its last signature is its maker's, so that no byte of it can be changed. That a frame which
//! a relay holds carries the message is the maker's word alone: who could check it could also read the chat.

mod check;
#[cfg(test)]
mod tests;

use minicbor::{Decode, Encode, bytes::ByteVec};

pub use check::{Flaw, Verified, verify};

use super::{
    delivery::Delivery,
    id::{ChatId, DeviceId, MessageId, PersonId},
    identity::{Device, DeviceList},
    time::Timestamp,
};
use crate::wire::{codec, id::FrameId, id::PeerId};

/// What every proof begins with.
const MAGIC: &[u8] = b"betwixt proof\n";

/// The largest proof that is read: all of a large group, each with several receipts.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;

const LABEL: &str = "proof";

/// What a proof is made of.
#[derive(Debug)]
pub struct Proof {
    /// When it is made.
    pub made_at: Timestamp,
    /// Who wrote the message and makes the proof.
    pub author: DeviceList,
    /// What was said, and where.
    pub said: Said,
    /// Who has it, and what their devices signed: those that say it of this message.
    pub delivered: Vec<(DeviceList, Vec<Delivery>)>,
    /// For whom it was beside them.
    pub outstanding: Vec<PersonId>,
    /// What relays signed that they hold.
    pub kept: Vec<Kept>,
}

/// A message in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// In a group: what its author signed (protocol §4.7).
    InGroup {
        /// `sctx`
        context: Vec<u8>,
        /// The author's signature.
        signature: [u8; 64],
    },
    /// In a chat of two (protocol §4.9).
    Directly {
        /// The chat.
        chat: ChatId,
        /// The author's device.
        device: DeviceId,
        /// How many it wrote there before.
        counter: u32,
        /// The content.
        content: Vec<u8>,
    },
}

/// A relay's word for frames of one answer, and which of them carries the message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Kept {
    /// The relay.
    #[n(0)]
    pub relay: PeerId,
    /// Until when it holds them, in milliseconds since the Unix epoch.
    #[n(1)]
    pub until: Timestamp,
    /// Its signature.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub signature: [u8; 64],
    /// All frames that it signed, in its order.
    #[n(3)]
    pub frames: Vec<FrameId>,
    /// Which of them.
    #[n(4)]
    pub frame: FrameId,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Outer {
    #[cbor(n(0), with = "minicbor::bytes")]
    body: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    signature: [u8; 64],
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Body {
    #[n(0)]
    version: u8,
    #[n(1)]
    made_at: Timestamp,
    #[n(2)]
    author: ByteVec,
    #[n(3)]
    said: Layout,
    #[n(4)]
    delivered: Vec<Recipient>,
    #[n(5)]
    outstanding: Vec<PersonId>,
    #[n(6)]
    kept: Vec<Kept>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Recipient {
    #[n(0)]
    list: ByteVec,
    #[n(1)]
    deliveries: Vec<Delivery>,
}

/// [`Said`] as it lies in the file.
#[derive(Encode, Decode)]
enum Layout {
    #[n(0)]
    InGroup {
        #[n(0)]
        context: ByteVec,
        #[cbor(n(1), with = "minicbor::bytes")]
        signature: [u8; 64],
    },
    #[n(1)]
    Directly {
        #[n(0)]
        chat: ChatId,
        #[n(1)]
        device: DeviceId,
        #[n(2)]
        counter: u32,
        #[n(3)]
        content: ByteVec,
    },
}

impl Proof {
    /// The file, signed by the device that wrote the message.
    pub fn sign(self, device: &Device) -> Vec<u8> {
        let said = match self.said {
            Said::InGroup { context, signature } => Layout::InGroup {
                context: context.into(),
                signature,
            },
            Said::Directly {
                chat,
                device,
                counter,
                content,
            } => Layout::Directly {
                chat,
                device,
                counter,
                content: content.into(),
            },
        };
        let delivered = self.delivered.into_iter();
        let delivered = delivered.map(|(list, deliveries)| Recipient {
            list: list.bytes().to_vec().into(),
            deliveries,
        });
        let body = codec::to_vec(&Body {
            version: 1,
            made_at: self.made_at,
            author: self.author.bytes().to_vec().into(),
            said,
            delivered: delivered.collect(),
            outstanding: self.outstanding,
            kept: self.kept,
        });
        let signature = device.sign(LABEL, &body);
        let outer = codec::to_vec(&Outer { body, signature });
        [MAGIC, &outer].concat()
    }
}

impl Said {
    /// The message's name.
    pub fn id(&self) -> MessageId {
        use super::chat::{direct, sender_chain};
        match self {
            Self::InGroup { context, .. } => sender_chain::message_id(context),
            Self::Directly {
                chat,
                device,
                counter,
                content,
            } => direct::message_id(chat, device, *counter, content),
        }
    }
}
