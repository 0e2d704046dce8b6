//! What people of a chat choose for all of them: how long messages stay, which are pinned. The last
//! choice by (`created`, id) counts, so that everybody comes to the same.

use minicbor::{Decode, Encode};

use super::content::{Body, Content};
use crate::proto::{id::MessageId, time::Timestamp};

/// How long messages stay, and what said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Stay {
    #[n(0)]
    created: Timestamp,
    #[n(1)]
    id: MessageId,
    /// Seconds after reading; 0: for ever.
    #[n(2)]
    pub seconds: u32,
}

impl Stay {
    /// A choice that was made at that place.
    pub fn new(created: Timestamp, id: MessageId, seconds: u32) -> Self {
        Self {
            created,
            id,
            seconds,
        }
    }

    /// Whether it was made after another.
    pub fn is_after(&self, other: &Self) -> bool {
        (self.created, self.id) > (other.created, other.id)
    }
}

/// Pinned messages of a chat, with those that were taken off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Pins {
    #[n(0)]
    pins: Vec<Pin>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Pin {
    #[n(0)]
    created: Timestamp,
    #[n(1)]
    id: MessageId,
    #[n(2)]
    message: MessageId,
    #[n(3)]
    on: bool,
}

/// Messages that are shown as pinned.
pub const PINNED: usize = 32;

/// Messages about which a choice is kept: of more the newest.
const KEPT: usize = 256;

impl Pins {
    /// Takes a choice. `false` if it changes nothing.
    pub fn take(&mut self, id: MessageId, content: &Content) -> bool {
        let Body::Pin(pin) = &content.body else {
            return false;
        };
        let new = Pin {
            created: content.created,
            id,
            message: pin.message,
            on: pin.on,
        };
        let place = |pin: &Pin| (pin.created, pin.id);
        let held = self.pins.iter().find(|held| held.message == new.message);
        if held.is_some_and(|held| place(held) >= place(&new)) {
            return false;
        }
        let before = self.messages();
        self.pins.retain(|held| held.message != new.message);
        let at = self.pins.partition_point(|held| place(held) < place(&new));
        self.pins.insert(at, new);
        if self.pins.len() > KEPT {
            self.pins.remove(0);
        }
        before != self.messages()
    }

    /// The pinned messages, the last pinned first, at most [`PINNED`].
    pub fn messages(&self) -> Vec<MessageId> {
        let on = self.pins.iter().rev().filter(|pin| pin.on);
        on.take(PINNED).map(|pin| pin.message).collect()
    }

    /// Whether what was read back can be.
    pub fn is_valid(&self) -> bool {
        self.pins.len() <= KEPT
    }
}
