//! Changes that follow others which have not come.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    proto::chat::membership::Op,
    wire::{limits, sync::OpId},
};

/// At most [`limits::OPS_WAITING`]; the oldest go first, and can be asked for again.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    ops: BTreeMap<OpId, (Op, Vec<OpId>)>,
    arrival: VecDeque<OpId>,
    /// By what they wait for.
    by_missing: BTreeMap<OpId, BTreeSet<OpId>>,
}

impl Waiting {
    /// Keeps a change until these have come.
    pub(super) fn add(&mut self, id: OpId, op: Op, missing: Vec<OpId>) {
        if self.ops.contains_key(&id) {
            return;
        }
        for parent in &missing {
            self.by_missing.entry(*parent).or_default().insert(id);
        }
        self.ops.insert(id, (op, missing));
        self.arrival.push_back(id);
        while self.ops.len() > limits::OPS_WAITING {
            let Some(oldest) = self.arrival.pop_front() else {
                break;
            };
            self.take(&oldest);
        }
    }

    /// Gives back what waited for a change, and for nothing else as far as is known here.
    pub(super) fn arrived(&mut self, parent: &OpId) -> Vec<Op> {
        let Some(waiting) = self.by_missing.remove(parent) else {
            return Vec::new();
        };
        let mut ready = Vec::new();
        for id in waiting {
            let Some((_, missing)) = self.ops.get_mut(&id) else {
                continue;
            };
            missing.retain(|other| other != parent);
            if missing.is_empty() {
                ready.extend(self.take(&id));
            }
        }
        self.arrival.retain(|id| self.ops.contains_key(id));
        ready
    }

    /// What is waited for and does not wait itself.
    pub(super) fn missing(&self) -> Vec<OpId> {
        let missing = self.by_missing.keys();
        let first = missing.filter(|id| !self.ops.contains_key(id));
        first.copied().collect()
    }

    fn take(&mut self, id: &OpId) -> Option<Op> {
        let (op, missing) = self.ops.remove(id)?;
        for parent in missing {
            if let Some(waiting) = self.by_missing.get_mut(&parent) {
                waiting.remove(id);
                if waiting.is_empty() {
                    self.by_missing.remove(&parent);
                }
            }
        }
        Some(op)
    }
}
