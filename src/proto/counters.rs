//! Which counters of a device have been seen, as few runs as possible.

use minicbor::{Decode, Encode};

/// A set of message counters of one device in one chat, kept as sorted, disjoint, non-adjacent runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Counters(#[n(0)] Vec<Run>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Run {
    #[n(0)]
    first: u32,
    #[n(1)]
    last: u32,
}

/// A device that may have been set back goes on in a later block, at its beginning. What is missing
/// at the end of a block in which no later counter was seen does not count, nor do whole blocks.
pub const BLOCK: u32 = 1 << 16;

/// Runs kept at most: what a peer can make this set grow to by leaving holes.
const MAX_RUNS: usize = 4096;

impl Counters {
    /// Adds a counter. `false` if it was there already, or if it would open more holes than are kept.
    pub fn insert(&mut self, counter: u32) -> bool {
        let after = self.0.partition_point(|run| run.first <= counter);
        let joins_before = match after.checked_sub(1).and_then(|i| self.0.get(i)) {
            Some(run) if run.last >= counter => return false,
            Some(run) => run.last.checked_add(1) == Some(counter),
            None => false,
        };
        let joins_after = self
            .0
            .get(after)
            .is_some_and(|run| counter.checked_add(1) == Some(run.first));
        match (joins_before, joins_after) {
            (true, true) => {
                let next = self.0.remove(after);
                if let Some(run) = self.0.get_mut(after.saturating_sub(1)) {
                    run.last = next.last;
                }
            }
            (true, false) => {
                if let Some(run) = self.0.get_mut(after.saturating_sub(1)) {
                    run.last = counter;
                }
            }
            (false, true) => {
                if let Some(run) = self.0.get_mut(after) {
                    run.first = counter;
                }
            }
            (false, false) => {
                if self.0.len() >= MAX_RUNS {
                    return false;
                }
                self.0.insert(
                    after,
                    Run {
                        first: counter,
                        last: counter,
                    },
                );
            }
        }
        true
    }

    /// Takes a counter out. `false` if it was not there, or if that would open more holes than are
    /// kept.
    pub fn remove(&mut self, counter: u32) -> bool {
        let after = self.0.partition_point(|run| run.first <= counter);
        let Some(at) = after.checked_sub(1) else {
            return false;
        };
        let full = self.0.len() >= MAX_RUNS;
        let Some(run) = self.0.get_mut(at).filter(|run| run.last >= counter) else {
            return false;
        };
        let (first, last) = (run.first, run.last);
        if first == last {
            self.0.remove(at);
        } else if counter == first {
            run.first = counter.saturating_add(1);
        } else if counter == last {
            run.last = counter.saturating_sub(1);
        } else if full {
            return false;
        } else {
            run.last = counter.saturating_sub(1);
            self.0.insert(
                after,
                Run {
                    first: counter.saturating_add(1),
                    last,
                },
            );
        }
        true
    }

    /// Adds all counters from the first to the last. `false` if they would open more holes than are
    /// kept: then nothing changes.
    pub fn insert_run(&mut self, first: u32, last: u32) -> bool {
        if first > last {
            return true;
        }
        // All runs that touch it become one with it.
        let from = self
            .0
            .partition_point(|run| run.last.checked_add(1).is_some_and(|next| next < first));
        let to = self
            .0
            .partition_point(|run| run.first <= last.saturating_add(1));
        let touched = self.0.get(from..to).unwrap_or_default();
        let whole = Run {
            first: touched.first().map_or(first, |run| run.first.min(first)),
            last: touched.last().map_or(last, |run| run.last.max(last)),
        };
        if touched.is_empty() && self.0.len() >= MAX_RUNS {
            return false;
        }
        self.0.splice(from..to.max(from), [whole]);
        true
    }

    /// Its runs, ascending: first and last counter of each.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = (u32, u32)> {
        self.0.iter().map(|run| (run.first, run.last))
    }

    /// What of it lies between two counters, both included.
    pub fn within(&self, first: u32, last: u32) -> impl Iterator<Item = (u32, u32)> {
        let from = self.0.partition_point(|run| run.last < first);
        let runs = self.0.iter().skip(from);
        runs.take_while(move |run| run.first <= last)
            .map(move |run| (run.first.max(first), run.last.min(last)))
    }

    /// Adds what is in another set.
    pub fn add_all(&mut self, other: &Self) {
        for (first, last) in other.runs() {
            self.insert_run(first, last);
        }
    }

    /// What of a run is not in the set.
    pub fn not_within(&self, first: u32, last: u32) -> Vec<(u32, u32)> {
        let (mut out, mut next) = (Vec::new(), Some(first));
        for (from, to) in self.within(first, last) {
            if let Some(start) = next.filter(|start| *start < from) {
                out.push((start, from.saturating_sub(1)));
            }
            next = to.checked_add(1);
        }
        out.extend(
            next.filter(|start| *start <= last)
                .map(|start| (start, last)),
        );
        out
    }

    /// Without what is in another set.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let runs = self.runs();
        let left = runs.flat_map(|(first, last)| other.not_within(first, last));
        Self(left.map(|(first, last)| Run { first, last }).collect())
    }

    /// What is in both.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        let runs = self.runs();
        let both = runs.flat_map(|(first, last)| other.within(first, last));
        Self(both.map(|(first, last)| Run { first, last }).collect())
    }

    /// The first `limit` counters in the set.
    pub fn first(&self, limit: usize) -> Vec<u32> {
        self.0
            .iter()
            .flat_map(|run| run.first..=run.last)
            .take(limit)
            .collect()
    }

    /// The first counter of a block that is not in the set and above all that are.
    pub fn next_in_block(&self, first: u32) -> u32 {
        let end = first.saturating_add(BLOCK);
        let within = self
            .0
            .iter()
            .filter(|run| run.first < end && run.last >= first);
        within
            .map(|run| run.last.saturating_add(1))
            .max()
            .map_or(first, |next| next.min(end))
    }

    /// How many counters are in the set.
    pub fn len(&self) -> u64 {
        self.0
            .iter()
            .map(|run| u64::from(run.last.saturating_sub(run.first)) + 1)
            .sum()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a counter is in the set.
    pub fn contains(&self, counter: u32) -> bool {
        let after = self.0.partition_point(|run| run.first <= counter);
        after
            .checked_sub(1)
            .and_then(|i| self.0.get(i))
            .is_some_and(|run| run.last >= counter)
    }

    /// The greatest counter.
    pub fn last(&self) -> Option<u32> {
        self.0.last().map(|run| run.last)
    }

    /// The first counter that is not in the set.
    pub fn first_missing(&self) -> u32 {
        let first = self.0.first().filter(|run| run.first == 0);
        first.map_or(0, |run| run.last.saturating_add(1))
    }

    /// How many counters from `begin` to below the greatest one are missing.
    pub fn missing_count(&self, begin: u32) -> u32 {
        let mut next = begin;
        let mut count = 0_u32;
        for run in &self.0 {
            next = next.max(block_of(run.first));
            count = count.saturating_add(run.first.saturating_sub(next));
            next = next.max(run.last.saturating_add(1));
        }
        count
    }

    /// The missing counters from `begin` to below the greatest one.
    #[must_use]
    pub fn holes(&self, begin: u32) -> Self {
        let (mut next, mut holes) = (begin, Self::default());
        for run in &self.0 {
            next = next.max(block_of(run.first));
            if let Some(last) = run.first.checked_sub(1).filter(|_| next < run.first) {
                holes.insert_run(next, last);
            }
            next = next.max(run.last.saturating_add(1));
        }
        holes
    }

    /// The first `limit` missing counters from `begin` to below the greatest one.
    pub fn missing(&self, begin: u32, limit: usize) -> Vec<u32> {
        let mut next = begin;
        let mut out = Vec::new();
        for run in &self.0 {
            let room = limit.saturating_sub(out.len());
            next = next.max(block_of(run.first));
            out.extend((next..run.first).take(room));
            next = next.max(run.last.saturating_add(1));
        }
        out
    }

    /// Whether what was decoded keeps the invariants.
    pub fn is_valid(&self) -> bool {
        self.0.len() <= MAX_RUNS
            && self.0.iter().all(|run| run.first <= run.last)
            && self
                .0
                .iter()
                .zip(self.0.iter().skip(1))
                .all(|(a, b)| a.last.checked_add(1).is_some_and(|next| next < b.first))
    }
}

/// The first counter of the block of a counter.
fn block_of(counter: u32) -> u32 {
    counter - counter % BLOCK
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn holes_are_named_in_order() {
        let mut counters = Counters::default();
        for counter in [0, 1, 4, 7] {
            assert!(counters.insert(counter));
        }

        assert_eq!(counters.missing(0, 10), [2, 3, 5, 6]);
        assert_eq!(counters.missing(0, 3), [2, 3, 5]);
        assert_eq!(counters.missing_count(0), 4);
        assert_eq!(counters.missing(3, 10), [3, 5, 6]);
        assert_eq!(counters.missing_count(3), 3);
        assert_eq!(counters.holes(3).first(9), [3, 5, 6]);
    }

    #[test]
    fn the_greatest_counter_does_not_overflow() {
        let mut counters = Counters::default();

        assert!(counters.insert(u32::MAX));

        assert!(!counters.insert(u32::MAX));
        assert_eq!(counters.missing_count(0), BLOCK - 1);
        assert_eq!(counters.missing(0, 1), [u32::MAX - (BLOCK - 1)]);
    }

    #[test]
    fn who_goes_on_in_a_later_block_has_left_nothing_out() {
        let mut counters = Counters::default();
        for counter in [0, 2, 3, 5 * BLOCK, 5 * BLOCK + 2] {
            counters.insert(counter);
        }

        assert_eq!(counters.missing(0, 10), [1, 5 * BLOCK + 1]);
        assert_eq!(counters.missing_count(0), 2);
    }

    #[test]
    fn what_follows_in_a_block_is_after_the_last_that_came_in_it() {
        let mut counters = Counters::default();
        for counter in [1, 3, 5 * BLOCK - 1, 5 * BLOCK] {
            counters.insert(counter);
        }

        assert_eq!(counters.next_in_block(0), 4);
        assert_eq!(counters.next_in_block(BLOCK), BLOCK);
        assert_eq!(counters.next_in_block(4 * BLOCK), 5 * BLOCK);
        assert_eq!(counters.next_in_block(5 * BLOCK), 5 * BLOCK + 1);
    }

    proptest! {
        #[test]
        fn runs_are_added_and_taken_apart_as_sets_are(
            one in prop::collection::vec((0..60u32, 0..9u32), 0..12),
            other in prop::collection::vec((0..60u32, 0..9u32), 0..12),
            (from, length) in (0..60u32, 0..20u32),
        ) {
            let build = |runs: &[(u32, u32)]| {
                let (mut counters, mut model) = (Counters::default(), BTreeSet::new());
                for (first, length) in runs {
                    prop_assert!(counters.insert_run(*first, first + length));
                    model.extend(*first..=first + length);
                }
                prop_assert!(counters.is_valid());
                Ok((counters, model))
            };
            let all = |c: &Counters| -> BTreeSet<u32> { c.first(usize::MAX).into_iter().collect() };
            let ((one, in_one), (other, in_other)) = (build(&one)?, build(&other)?);

            prop_assert_eq!(all(&one), in_one.clone());
            let mut both = one.clone();
            both.add_all(&other);
            prop_assert_eq!(all(&both), &in_one | &in_other);
            prop_assert_eq!(all(&one.without(&other)), &in_one - &in_other);
            prop_assert_eq!(all(&one.common(&other)), &in_one & &in_other);
            prop_assert!(one.common(&other).is_valid() && one.without(&other).is_valid());
            let window: BTreeSet<u32> = (from..=from + length).collect();
            let flat = |runs: Vec<(u32, u32)>| -> BTreeSet<u32> {
                runs.into_iter().flat_map(|(first, last)| first..=last).collect()
            };
            prop_assert_eq!(flat(one.within(from, from + length).collect()), &window & &in_one);
            prop_assert_eq!(flat(one.not_within(from, from + length)), &window - &in_one);
        }

        #[test]
        fn it_is_a_set(values in prop::collection::vec((any::<bool>(), 0_u32..64), 0..200)) {
            let mut counters = Counters::default();
            let mut model = BTreeSet::new();
            for (insert, value) in values {
                if insert {
                    prop_assert_eq!(counters.insert(value), model.insert(value));
                } else {
                    prop_assert_eq!(counters.remove(value), model.remove(&value));
                }
                prop_assert_eq!(counters.first(3), model.iter().copied().take(3).collect::<Vec<_>>());
                prop_assert_eq!(counters.is_empty(), model.is_empty());
                prop_assert!(counters.is_valid());
                prop_assert_eq!(counters.last(), model.last().copied());
                let missing: Vec<u32> =
                    (0..model.last().map_or(0, |last| *last)).filter(|c| !model.contains(c)).collect();
                prop_assert_eq!(counters.missing_count(0) as usize, missing.len());
                prop_assert_eq!(counters.missing(0, 1000), missing);
            }
            for value in 0..64 {
                prop_assert_eq!(counters.contains(value), model.contains(&value));
            }
        }
    }
}
