//! Invites of ours that somebody may still use.

use minicbor::{Decode, Encode};

use super::{card::Token, time::Timestamp};
use crate::wire::codec::{self, Malformed};

/// The right to be heard, given away as part of a contact card (protocol §2.3).
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub struct Invite {
    /// What the card carries.
    #[n(0)]
    pub token: Token,
    /// When it ends.
    #[n(1)]
    pub expires: Timestamp,
    /// How many people may still use it.
    #[n(2)]
    pub uses_left: u16,
}

/// Invites open at once.
pub const MOST: usize = 256;

/// How long an invite lasts when nothing else is said: 7 days.
pub const DEFAULT_TTL_S: u32 = 7 * 24 * 3600;

/// The longest an invite can last: a year.
pub const LONGEST_TTL_S: u32 = 365 * 24 * 3600;

impl Invite {
    /// Whether it can be used at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.uses_left > 0 && now < self.expires
    }

    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a record.
    pub fn decode(record: &[u8]) -> Result<Self, Malformed> {
        codec::from_slice(record, 256)
    }
}
