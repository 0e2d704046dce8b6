//! A group's membership log: the layouts of its changes (protocol §4.2), and what follows from a set
//! of them ([`Log`], §4.3).
//!
//! `op = [op_body bstr, sig(DS, "op", op_body)]`, and a change's payload is a byte string that holds the
//! CBOR of its kind, so that kinds of later versions can be carried.

mod change;
mod log;
mod past;
mod rules;
mod settings;

use std::fmt;

use minicbor::{Decode, Encode, bytes::ByteVec};

pub use change::{Change, Create, Epoch, Policy, SetMeta, SetRole};
pub use log::{Act, Changed, Entry, Known, Listed, Log, Role, Standing};
pub use settings::Settings;

use crate::{
    proto::{
        crypto::kdf,
        id::{ChatId, DeviceId, PersonId},
        time::Timestamp,
    },
    wire::{
        codec::{self, Malformed},
        limits,
        sync::OpId,
    },
};

/// One change of a group, as its author signed it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Op {
    /// An encoded [`OpBody`]: what is signed, hashed, and never encoded again.
    #[n(0)]
    pub body: ByteVec,
    /// By the author's device.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// What a change says, and its place in the log.
#[derive(Clone, PartialEq, Eq)]
pub struct OpBody {
    /// The group; zeros in the change that creates it.
    pub chat: ChatId,
    /// The author's device.
    pub device: DeviceId,
    /// The author.
    pub author: PersonId,
    /// Counts the changes of that device.
    pub seq: u64,
    /// All heads that the author knew, at most [`limits::OP_PARENTS`].
    pub parents: Vec<OpId>,
    /// When it was made.
    pub created: Timestamp,
    /// What changes.
    pub change: Change,
}

impl Op {
    /// The change's name, and the group's if it creates one: `H(L("op") ‖ op_body)`.
    pub fn id(&self) -> OpId {
        OpId(kdf::hash(&[&kdf::label("op"), &self.body]))
    }

    /// The bytes of the change.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a change of at most [`limits::OP`] bytes. The signature is not checked.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        codec::from_slice(bytes, limits::OP)
    }
}

/// The body of a frame of kind 3.
pub fn encode_ops(ops: &[Op]) -> Vec<u8> {
    let ops: Vec<ByteVec> = ops.iter().map(|op| op.encode().into()).collect();
    codec::to_vec(&ops)
}

/// Reads the body of a frame of kind 3.
pub fn decode_ops(body: &[u8]) -> Result<Vec<Op>, Malformed> {
    let ops: Vec<ByteVec> = codec::from_slice(body, limits::FRAME)?;
    ops.iter().map(|op| Op::decode(op)).collect()
}

impl OpBody {
    /// What is signed.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(&Layout {
            version: VERSION,
            chat: self.chat,
            device: self.device,
            author: self.author,
            seq: self.seq,
            parents: self.parents.clone(),
            created: self.created,
            kind: self.change.kind(),
            payload: self.change.encode().into(),
        })
    }

    /// Reads the body of a change. Verify its signature first.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let layout: Layout = codec::from_slice(bytes, limits::OP)?;
        if layout.version != VERSION || layout.parents.len() > limits::OP_PARENTS {
            return Err(Malformed);
        }
        Ok(Self {
            chat: layout.chat,
            device: layout.device,
            author: layout.author,
            seq: layout.seq,
            parents: layout.parents,
            created: layout.created,
            change: Change::decode(layout.kind, &layout.payload)?,
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Layout {
    #[n(0)]
    version: u8,
    #[n(1)]
    chat: ChatId,
    #[n(2)]
    device: DeviceId,
    #[n(3)]
    author: PersonId,
    #[n(4)]
    seq: u64,
    #[n(5)]
    parents: Vec<OpId>,
    #[n(6)]
    created: Timestamp,
    #[n(7)]
    kind: u8,
    #[n(8)]
    payload: ByteVec,
}

const VERSION: u8 = 1;

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Op").field(&self.id()).finish()
    }
}

impl fmt::Debug for OpBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpBody")
            .field("chat", &self.chat)
            .field("kind", &self.change.kind())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
