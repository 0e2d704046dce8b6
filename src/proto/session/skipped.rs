//! Keys of messages that were overtaken by later ones, until those messages come or it is too late.

use minicbor::{Decode, Encode};

use super::ratchet::Place;
use crate::{
    proto::{
        crypto::dh::DhPublic,
        secret::Secret,
        time::{DAY, Timestamp},
    },
    wire::limits,
};

/// At most [`limits::SKIPPED_KEYS`], in the order in which they were skipped, none older than 14
/// days.
#[derive(Debug, Default, Encode, Decode)]
#[cbor(transparent)]
pub(super) struct SkippedKeys(#[n(0)] Vec<SkippedKey>);

#[derive(Debug, Encode, Decode)]
#[cbor(array)]
struct SkippedKey {
    #[n(0)]
    chain: DhPublic,
    #[n(1)]
    number: u32,
    #[n(2)]
    key: Secret<32>,
    #[n(3)]
    since: Timestamp,
}

/// How long a message may be overtaken.
const LIFETIME: u64 = 14 * DAY;

impl SkippedKeys {
    /// The key of the message at a place.
    pub(super) fn find(&self, place: &Place) -> Option<&Secret<32>> {
        let index = self.position(place)?;
        self.0.get(index).map(|skipped| &skipped.key)
    }

    /// Erases the key of a message that came after all.
    pub(super) fn remove(&mut self, place: &Place) {
        if let Some(index) = self.position(place) {
            self.0.remove(index);
        }
    }

    /// Keeps further keys; the oldest have to go when there are too many.
    pub(super) fn add(&mut self, passed: Vec<(Place, Secret<32>)>, now: Timestamp) {
        self.0
            .extend(passed.into_iter().map(|(place, key)| SkippedKey {
                chain: place.key,
                number: place.number,
                key,
                since: now,
            }));
        let over = self.0.len().saturating_sub(limits::SKIPPED_KEYS);
        self.0.drain(..over);
    }

    /// Erases what has waited too long; says whether there was any.
    pub(super) fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.0.len();
        self.0.retain(|skipped| now.since(skipped.since) < LIFETIME);
        self.0.len() != before
    }

    /// How many are kept.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The place of the one that was skipped last.
    pub(super) fn last(&self) -> Option<Place> {
        self.0.last().map(|skipped| Place {
            key: skipped.chain,
            previous: 0,
            number: skipped.number,
        })
    }

    /// When [`SkippedKeys::expire`] next has work.
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.0.iter().map(|key| key.since.plus(LIFETIME)).min()
    }

    fn position(&self, place: &Place) -> Option<usize> {
        self.0
            .iter()
            .position(|skipped| skipped.number == place.number && skipped.chain == place.key)
    }
}
