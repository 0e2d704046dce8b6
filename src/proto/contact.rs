//! A person we know, or who asked to be known.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{
    id::PersonId,
    identity::{DeviceList, NodeRecord},
    prekey::Prekey,
    secret::Secret,
    time::Timestamp,
};
use crate::wire::{
    codec::{self, Malformed},
    id::{Address, PeerId},
};

/// How we stand with somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Standing {
    /// Both agreed.
    #[n(0)]
    Contact,
    /// They asked; we have not answered.
    #[n(1)]
    Incoming,
    /// We asked; they have not answered.
    #[n(2)]
    Outgoing,
    /// Neither: known only to be blocked, or removed with its history kept.
    #[n(3)]
    Stranger,
}

/// A person, and all that their own signed objects say of them.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub struct Contact {
    /// Who.
    #[n(0)]
    pub person: PersonId,
    /// How we stand.
    #[n(1)]
    pub standing: Standing,
    /// The safety number was compared.
    #[n(2)]
    pub verified: bool,
    /// Nothing of them is heard.
    #[n(3)]
    pub blocked: bool,
    /// Their own name for themselves, not yet made safe to show.
    #[n(4)]
    pub name: String,
    /// Their avatar number.
    #[n(5)]
    pub avatar: u32,
    /// The date of the profile card that name and avatar are from.
    #[n(6)]
    pub profile_of: Timestamp,
    /// The newest device list, as received; empty while none came.
    #[n(7)]
    pub device_list: ByteVec,
    /// The newest node record of each device, as received.
    #[n(8)]
    pub node_records: Vec<ByteVec>,
    /// When one of their nodes was last connected.
    #[n(9)]
    pub last_seen: Option<Timestamp>,
    /// While we ask: what is needed to ask again.
    #[n(10)]
    pub asking: Option<Asking>,
    /// Two different device lists had the same number: nothing is sent until that is cleared up
    /// (protocol §2.2).
    #[n(11)]
    pub conflict: bool,
    /// Since when they are known.
    #[n(12)]
    pub since: Timestamp,
    /// The newest prekey of each device that many may use, as received.
    #[n(13)]
    pub prekeys: Option<Vec<ByteVec>>,
    /// The newest profile card, as received.
    #[n(14)]
    pub card: Option<ByteVec>,
}

/// A contact request of ours that is not answered.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub struct Asking {
    /// The invite's token, if there was an invite.
    #[n(0)]
    pub token: Option<Secret<16>>,
    /// Their node.
    #[n(1)]
    pub peer: PeerId,
    /// Where it may be.
    #[n(2)]
    pub addresses: Vec<Address>,
    /// The first pairwise message, made once their keys were known. It is sent again as it is.
    #[n(3)]
    pub pairwise: Option<ByteVec>,
    /// Their node has it on disk.
    #[n(4)]
    pub received: bool,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contact")
            .field("person", &self.person)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asking")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// What came of an offered device list or node record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learnt {
    /// It is newer; ours was replaced.
    New,
    /// Nothing new.
    Nothing,
    /// It contradicts what we hold.
    Conflict,
}

/// A contact's record is far below this.
const MAX_RECORD: usize = 64 * 1024;

impl Contact {
    /// Somebody new.
    pub fn new(person: PersonId, standing: Standing, now: Timestamp) -> Self {
        Self {
            person,
            standing,
            verified: false,
            blocked: false,
            name: String::new(),
            avatar: 0,
            profile_of: Timestamp(0),
            device_list: Vec::new().into(),
            node_records: Vec::new(),
            last_seen: None,
            asking: None,
            conflict: false,
            since: now,
            prekeys: None,
            card: None,
        }
    }

    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a record.
    pub fn decode(record: &[u8]) -> Result<Self, Malformed> {
        codec::from_slice(record, MAX_RECORD)
    }

    /// The newest device list, if one is known. It was verified when it came.
    pub fn devices(&self) -> Option<DeviceList> {
        DeviceList::read_verified(&self.device_list).ok()
    }

    /// The nodes of the devices on this list, by their newest records.
    pub fn nodes(&self, list: &DeviceList, now: Timestamp) -> Vec<NodeRecord> {
        let held = self.node_records.iter();
        held.filter_map(|bytes| NodeRecord::verify(bytes, list, now).ok())
            .collect()
    }

    /// The same with the list with which they were kept.
    pub fn kept_nodes(&self, list: &DeviceList, now: Timestamp) -> Vec<NodeRecord> {
        let held = self.node_records.iter();
        held.filter_map(|bytes| NodeRecord::read_verified(bytes, list, now).ok())
            .collect()
    }

    /// The prekeys of the devices on this list that can still be used.
    pub fn prekeys(&self, list: &DeviceList, now: Timestamp) -> Vec<Prekey> {
        let held = self.prekeys.iter().flatten();
        held.filter_map(|bytes| Prekey::verify(bytes, list, now).ok())
            .collect()
    }

    /// The same with the list with which they were kept.
    pub fn kept_prekeys(&self, list: &DeviceList, now: Timestamp) -> Vec<Prekey> {
        let held = self.prekeys.iter().flatten();
        held.filter_map(|bytes| Prekey::read_verified(bytes, list, now).ok())
            .collect()
    }
}
