//! The chain of message keys of one device in one epoch (protocol §4.7).

use minicbor::{Decode, Encode};

use crate::{
    proto::{crypto::kdf, secret::Secret, time::Timestamp},
    wire::limits,
};

/// The key from which the next message's comes, and those of messages that were overtaken.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Chain {
    #[n(0)]
    next: u32,
    #[n(1)]
    key: Secret<32>,
    #[n(2)]
    skipped: Vec<Skipped>,
}

/// The key of a message that was overtaken.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Skipped {
    #[n(0)]
    pub(super) counter: u32,
    #[n(1)]
    key: Secret<32>,
    #[n(2)]
    pub(super) since: Timestamp,
}

/// What changes if a message turns out to be authentic.
pub(super) enum Advance {
    /// The key of an overtaken message is used.
    Skipped(u32),
    /// The chain moves on.
    Along(Chain),
}

impl Chain {
    /// The chain that begins with `CK0`.
    pub(super) fn new(key: Secret<32>) -> Self {
        Self {
            next: 0,
            key,
            skipped: Vec::new(),
        }
    }

    /// The number of the next message.
    pub(super) fn next(&self) -> u32 {
        self.next
    }

    /// The key of the next message, given out once. `None` when the chain is used up.
    pub(super) fn advance(&mut self) -> Option<(u32, Secret<32>)> {
        let counter = self.next;
        self.next = counter
            .checked_add(1)
            .filter(|next| *next < limits::CHAIN)?;
        let message_key = Secret::new(kdf::hmac(self.key.expose(), &[&[1]]));
        self.key = Secret::new(kdf::hmac(self.key.expose(), &[&[2]]));
        Some((counter, message_key))
    }

    /// The key of a message, and what changes if it opens that; `None` if the key is gone, or lies
    /// too far ahead.
    pub(super) fn key_for(&self, counter: u32, now: Timestamp) -> Option<(Secret<32>, Advance)> {
        let Some(ahead) = counter.checked_sub(self.next) else {
            let mut skipped = self.skipped.iter();
            let held = skipped.find(|skipped| skipped.counter == counter)?;
            return Some((held.key.clone(), Advance::Skipped(counter)));
        };
        if ahead > limits::GROUP_SKIP {
            return None;
        }
        let mut chain = self.clone();
        while chain.next < counter {
            let (counter, key) = chain.advance()?;
            let since = now;
            chain.skipped.push(Skipped {
                counter,
                key,
                since,
            });
        }
        let (_, key) = chain.advance()?;
        Some((key, Advance::Along(chain)))
    }

    /// Takes over what [`Chain::key_for`] gave for a message that has proved authentic.
    pub(super) fn commit(&mut self, advance: Advance) {
        match advance {
            Advance::Skipped(used) => self.skipped.retain(|skipped| skipped.counter != used),
            Advance::Along(chain) => *self = chain,
        }
    }

    /// How many keys of overtaken messages are held.
    pub(super) fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Erases keys that were skipped before; says whether there were any.
    pub(super) fn erase_skipped_before(&mut self, time: Timestamp) -> bool {
        let before = self.skipped.len();
        self.skipped.retain(|skipped| skipped.since >= time);
        self.skipped.len() != before
    }

    /// Erases the oldest skipped key.
    pub(super) fn erase_oldest(&mut self) {
        if !self.skipped.is_empty() {
            self.skipped.remove(0);
        }
    }
}
