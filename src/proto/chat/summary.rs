//! What somebody has of a group, summed up so that two members find out in which epochs they differ
//! (protocol §6.1).
//!
//! For each epoch one item: a hash over which messages of which devices are here. Two members
//! reconcile their sets of items (negentropy), so that the cost grows with the epochs in which they
//! differ and not with what was ever said.

use std::collections::{BTreeMap, BTreeSet};

use negentropy::{Id, Negentropy, NegentropyStorageVector};

use crate::{
    proto::{crypto::kdf, id::ChatId},
    wire::{
        limits,
        sync::{EpochRuns, Item, OpId},
    },
};

/// All items of somebody, for one other.
#[derive(Debug, Default)]
pub struct Summary {
    storage: NegentropyStorageVector,
    epochs: BTreeMap<Item, OpId>,
}

/// Messages by which two compare at most: enough for more epochs than a log holds.
const TURNS: u32 = 32;

/// Items that one side may claim to have alone, in one comparison: as many as there can be epochs.
const MOST: usize = 1 << 16;

/// Hashes what is here of an epoch. Authors of whom nothing is here are left out.
pub fn item(chat: &ChatId, runs: &EpochRuns) -> Item {
    let mut bytes = kdf::label("sync-item");
    bytes.extend_from_slice(&chat.0);
    bytes.extend_from_slice(&runs.epoch.0);
    for device in &runs.devices {
        bytes.extend_from_slice(&device.index.to_be_bytes());
        let count = u32::try_from(device.spans.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&count.to_be_bytes());
        for span in &device.spans {
            bytes.extend_from_slice(&span.first.to_be_bytes());
            bytes.extend_from_slice(&span.last.to_be_bytes());
        }
    }
    Item(kdf::hash(&[&bytes]))
}

impl Summary {
    /// Sums up what is here, for each epoch with the number of changes before it, on which all agree.
    pub fn of(chat: &ChatId, epochs: impl IntoIterator<Item = (u64, EpochRuns)>) -> Self {
        let mut summary = Self::default();
        for (age, runs) in epochs {
            let item = item(chat, &runs);
            // Fails only after it is sealed.
            let _ = summary.storage.insert(age, Id::from_byte_array(item.0));
            summary.epochs.insert(item, runs.epoch);
        }
        let _ = summary.storage.seal();
        summary
    }

    /// Whether nothing is here.
    pub fn is_empty(&self) -> bool {
        self.epochs.is_empty()
    }

    /// The epoch that an item of this summary is of.
    pub fn epoch(&self, item: &Item) -> Option<OpId> {
        self.epochs.get(item).copied()
    }

    /// All epochs.
    pub fn epochs(&self) -> impl Iterator<Item = OpId> {
        self.epochs.values().copied()
    }

    /// Answers somebody who compares. `None`: it is no such question.
    pub fn answer(&self, question: &[u8]) -> Option<Vec<u8>> {
        self.negentropy()?.reconcile(question).ok()
    }

    fn negentropy(&self) -> Option<Negentropy<'_, NegentropyStorageVector>> {
        let limit = u64::try_from(limits::NEGENTROPY).ok()?;
        Negentropy::borrowed(&self.storage, limit).ok()
    }
}

/// A comparison under way, on the side of who began it.
#[derive(Debug)]
pub struct Comparison {
    summary: Summary,
    here: BTreeSet<Item>,
    there: BTreeSet<Item>,
    turns: u32,
}

/// How a comparison goes on.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// With this question.
    Ask(Vec<u8>),
    /// It is over.
    Done,
    /// The other does not compare.
    Broken,
}

impl Comparison {
    /// Begins one, with the first question.
    pub fn begin(summary: Summary) -> Option<(Self, Vec<u8>)> {
        let question = summary.negentropy()?.initiate().ok()?;
        let comparison = Self {
            summary,
            here: BTreeSet::new(),
            there: BTreeSet::new(),
            turns: 0,
        };
        Some((comparison, question))
    }

    /// Takes an answer.
    pub fn go_on(&mut self, answer: &[u8]) -> Next {
        let (mut here, mut there) = (Vec::new(), Vec::new());
        let next = self.summary.negentropy().and_then(|mut negentropy| {
            negentropy.set_initiator();
            let next = negentropy.reconcile_with_ids(answer, &mut here, &mut there);
            next.ok()
        });
        self.turns = self.turns.saturating_add(1);
        self.here.extend(here.iter().map(|id| Item(id.to_bytes())));
        self.there
            .extend(there.iter().map(|id| Item(id.to_bytes())));
        match next {
            Some(None) => Next::Done,
            Some(Some(question)) if self.turns < TURNS && self.there.len() <= MOST => {
                Next::Ask(question)
            }
            Some(Some(_)) | None => Next::Broken,
        }
    }

    /// The summary on this side.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Items that only this side has.
    pub fn here(&self) -> &BTreeSet<Item> {
        &self.here
    }

    /// Items that only the other has.
    pub fn there(&self) -> &BTreeSet<Item> {
        &self.there
    }
}

/// As many of these as fit into one message.
pub fn fitting(runs: Vec<EpochRuns>) -> Vec<EpochRuns> {
    let mut left = limits::SYNC_RUNS;
    let mut fits = Vec::new();
    for epoch in runs {
        left = left.saturating_sub(EPOCH_BYTES);
        let mut devices = Vec::new();
        for device in epoch.devices {
            let size = DEVICE_BYTES.saturating_add(device.spans.len().saturating_mul(SPAN_BYTES));
            if size <= left {
                left = left.saturating_sub(size);
                devices.push(device);
            } else {
                left = 0;
            }
        }
        if !devices.is_empty() {
            let epoch = epoch.epoch;
            fits.push(EpochRuns { epoch, devices });
        }
        if left == 0 {
            break;
        }
    }
    fits
}

/// At most so many bytes an epoch, a device and a run take, for themselves.
const EPOCH_BYTES: usize = 40;
const DEVICE_BYTES: usize = 8;
const SPAN_BYTES: usize = 11;

#[cfg(test)]
mod tests;
