//! What relays signed that they hold.
//!
//! A receipt is kept as long as it says: while it lasts it shows that a message was given away in time.
//! Of more than [`MOST`] those that end first go.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::{
    proto::{
        engine::{
            Engine, Turn,
            event::{DeliveryState, EngineEvent},
            relays::Relays,
        },
        id::{ChatId, PersonId},
        outbox::Outbox,
        proof::Kept,
        record::{Class, Write},
        time::{DAY, Timestamp},
    },
    wire::{
        codec,
        id::{FrameId, PeerId},
        limits,
        mailbox::Custody,
    },
};

/// Receipts that are kept.
const MOST: usize = 1024;

/// All receipts that still count.
#[derive(Default)]
pub(super) struct Receipts {
    /// By record key, which begins with the time at which they end.
    all: BTreeMap<Vec<u8>, Receipt>,
    /// Until when a frame is held by each relay.
    held: BTreeMap<FrameId, BTreeMap<PeerId, Timestamp>>,
}

/// One answer of a relay: with this anybody can check it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Receipt {
    #[n(0)]
    relay: PeerId,
    #[n(1)]
    custody: Custody,
    /// In the order that was signed.
    #[n(2)]
    frames: Vec<FrameId>,
}

impl Receipts {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.all
            .values()
            .next()
            .map(|it| Timestamp(it.custody.until))
    }

    /// Takes a record back; the frames it is of.
    pub(super) fn restore(&mut self, key: Vec<u8>, record: &[u8]) -> Option<Vec<FrameId>> {
        let receipt: Receipt = codec::from_slice(record, 256 + limits::RELAY_PUT * 34).ok()?;
        let frames = receipt.frames.clone();
        self.insert(key, receipt);
        Some(frames)
    }

    fn insert(&mut self, key: Vec<u8>, receipt: Receipt) {
        let until = Timestamp(receipt.custody.until);
        for id in &receipt.frames {
            let by = self.held.entry(*id).or_default();
            let at = by.entry(receipt.relay).or_insert(until);
            *at = until.max(*at);
        }
        self.all.insert(key, receipt);
    }

    fn remove(&mut self, key: &[u8]) {
        let Some(receipt) = self.all.remove(key) else {
            return;
        };
        let until = Timestamp(receipt.custody.until);
        for id in &receipt.frames {
            let Some(by) = self.held.get_mut(id) else {
                continue;
            };
            if by.get(&receipt.relay).is_some_and(|at| *at <= until) {
                by.remove(&receipt.relay);
            }
            if by.is_empty() {
                self.held.remove(id);
            }
        }
    }

    /// Whether a relay said that it holds a frame now.
    pub(super) fn holds(&self, relay: &PeerId, id: &FrameId, now: Timestamp) -> bool {
        let until = self.held.get(id).and_then(|by| by.get(relay));
        until.is_some_and(|until| *until > now)
    }

    /// How many relays hold a frame.
    fn count(&self, id: &FrameId) -> usize {
        self.held.get(id).map_or(0, BTreeMap::len)
    }

    /// What relays signed that they hold of a frame: of each the one that lasts longest.
    fn of(&self, frame: FrameId) -> Vec<Kept> {
        let mut longest: BTreeMap<PeerId, Kept> = BTreeMap::new();
        // Those that end first come first.
        for receipt in self.all.values().filter(|it| it.frames.contains(&frame)) {
            let kept = Kept {
                relay: receipt.relay,
                until: Timestamp(receipt.custody.until),
                signature: receipt.custody.signature,
                frames: receipt.frames.clone(),
                frame,
            };
            longest.insert(receipt.relay, kept);
        }
        longest.into_values().collect()
    }

    /// Those that are over or too many.
    fn take_over(&mut self, now: Timestamp) -> Vec<Vec<u8>> {
        let mut gone = Vec::new();
        while let Some((key, first)) = self.all.iter().next() {
            let is_over = Timestamp(first.custody.until) <= now;
            if !is_over && self.all.len() <= MOST {
                break;
            }
            let key = key.clone();
            self.remove(&key);
            gone.push(key);
        }
        gone
    }
}

impl Relays {
    /// What relays signed that they hold of a message of ours that somebody has yet to acknowledge.
    pub(in crate::proto::engine) fn kept_of(
        &self,
        outbox: &Outbox,
        chat: &ChatId,
        counter: u32,
    ) -> Vec<Kept> {
        let frames = outbox.kept_in(chat).into_iter();
        let frames = frames.filter(|(_, of)| *of == counter);
        frames
            .flat_map(|(frame, _)| self.receipts.of(frame))
            .collect()
    }
}

impl Engine {
    /// A relay signed that it holds frames. The signature was checked.
    pub(super) fn note_custody(
        &mut self,
        turn: &mut Turn<'_>,
        relay: PeerId,
        frames: &[FrameId],
        custody: Custody,
    ) {
        let longest = turn
            .now
            .plus(u64::from(limits::LEASE_S).saturating_mul(1000));
        // Whatever its clock says.
        if Timestamp(custody.until) <= turn.now || Timestamp(custody.until) > longest.plus(DAY) {
            return;
        }
        let fresh = frames
            .iter()
            .filter(|id| self.relays.receipts.count(id) == 0);
        let fresh: Vec<FrameId> = fresh.copied().collect();
        let receipt = Receipt {
            relay,
            custody,
            frames: frames.to_vec(),
        };
        let first = frames.first().map(|id| id.0).unwrap_or_default();
        let key = [&custody.until.to_be_bytes()[..], &relay.0, &first].concat();
        let record = Zeroizing::new(codec::to_vec(&receipt));
        turn.write(Write::Put(Class::Custody, key.clone(), record));
        self.relays.receipts.insert(key, receipt);
        for id in frames {
            self.outbox.kept(id, turn.now);
        }
        for id in fresh {
            self.tell_sent(turn, &id);
        }
    }

    /// A message of ours is on the disk of another node.
    fn tell_sent(&self, turn: &mut Turn<'_>, id: &FrameId) {
        let Some((chat, counter, to)) = self.outbox.message_of(id) else {
            return;
        };
        let direct = self.chats.get(&chat).map(|held| held.person);
        let people: BTreeSet<PersonId> = match direct {
            Some(person) => BTreeSet::from([person]),
            None => to
                .iter()
                .filter_map(|device| self.person_of(&chat, device))
                .collect(),
        };
        for person in people {
            turn.emit(EngineEvent::Status {
                chat,
                counters: counter..=counter,
                person,
                state: DeliveryState::Sent,
            });
        }
    }

    pub(super) fn handle_receipts(&mut self, turn: &mut Turn<'_>) {
        for key in self.relays.receipts.take_over(turn.now) {
            turn.write(Write::Delete(Class::Custody, key));
        }
    }

    /// The messages of a chat that this device wrote, that somebody has yet to acknowledge, and that relays
    /// signed that they hold: by counter, how many relays.
    pub fn held_in(&self, chat: &ChatId) -> BTreeMap<u32, usize> {
        let mut held = BTreeMap::new();
        for (id, counter) in self.outbox.kept_in(chat) {
            let relays = self.relays.receipts.count(&id);
            if relays > 0 {
                let most = held.entry(counter).or_insert(0);
                *most = relays.max(*most);
            }
        }
        held
    }
}
