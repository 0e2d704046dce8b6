//! Which part of a file is asked of whom next.
//!
//! A file is fetched in units of [`UNIT`] chunks. The plan knows which are here, which are on their way and
//! since when, and what each source has; it neither asks nor waits.

use std::collections::BTreeMap;

use crate::{files::Bits, wire::id::PeerId};

/// Chunks of a unit: 1 MiB.
pub(super) const UNIT: u32 = 16;

/// What is still to be fetched of one file.
pub(super) struct Plan {
    chunks: u32,
    have: Bits,
    /// Units that are not whole here, by number.
    missing: BTreeMap<u32, Unit>,
    /// What sources have that have not all of it.
    parts: BTreeMap<PeerId, Bits>,
    /// Whether others fetch it too: then what few have comes first, in no order.
    shared: bool,
    /// Where to begin, so that not everybody begins at the same place.
    start: u32,
}

#[derive(Clone, Copy, Default)]
struct Unit {
    /// Whom it was last asked of, and when, in milliseconds.
    asked: Option<(PeerId, u64)>,
}

/// Chunks that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u32,
    pub(super) count: u32,
}

/// What a source is to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This.
    Ask(Range),
    /// Nothing now; perhaps later.
    Later,
    /// Nothing more: all is here.
    Done,
}

impl Plan {
    /// Of a file of which some chunks are here. `seed` differs between those who fetch the same file.
    pub(super) fn new(have: Bits, shared: bool, seed: u32) -> Self {
        let chunks = have.len();
        let units = chunks.div_ceil(UNIT);
        let is_missing = |unit: &u32| members(*unit, chunks).any(|chunk| !have.has(chunk));
        let missing = (0..units).filter(is_missing);
        Self {
            missing: missing.map(|unit| (unit, Unit::default())).collect(),
            chunks,
            have,
            parts: BTreeMap::new(),
            shared,
            start: if shared && units > 0 { seed % units } else { 0 },
        }
    }

    /// Notes what a source has; `None`: all of it.
    pub(super) fn has(&mut self, peer: PeerId, what: Option<Bits>) {
        match what {
            Some(bits) => self.parts.insert(peer, bits),
            None => self.parts.remove(&peer),
        };
    }

    /// A source is gone: what was asked of it is to be asked of others.
    pub(super) fn lost(&mut self, peer: &PeerId) {
        self.parts.remove(peer);
        for unit in self.missing.values_mut() {
            if unit.asked.is_some_and(|(of, _)| of == *peer) {
                unit.asked = None;
            }
        }
    }

    /// What to ask a source for that may answer with so many chunks at most.
    pub(super) fn next(&mut self, peer: PeerId, most: u32, now: u64) -> Next {
        if self.missing.is_empty() {
            return Next::Done;
        }
        let theirs = self.parts.get(&peer);
        let has_all = theirs.is_none();
        let mut best: Option<(u32, usize)> = None;
        let after = self.missing.range(self.start..);
        let before = self.missing.range(..self.start);
        for (number, unit) in after.chain(before).take(LOOKED_AT) {
            let free = unit
                .asked
                .is_none_or(|(_, at)| now.saturating_sub(at) > STALE_MS);
            let theirs = theirs.is_none_or(|bits| self.wants(*number).all(|chunk| bits.has(chunk)));
            if !free || !theirs {
                continue;
            }
            let rarity = if self.shared {
                self.holders(*number)
            } else {
                0
            };
            if best.is_none_or(|(_, least)| rarity < least) {
                best = Some((*number, rarity));
            }
            if rarity == 0 {
                break;
            }
        }
        let units = self.chunks.div_ceil(UNIT).max(1);
        let Some((number, others)) = best else {
            if self.shared {
                self.start = (self.start + STRIDE) % units;
            }
            return Next::Later;
        };
        // Who has all of it is asked for what nobody else can give.
        if has_all && others > 0 {
            return Next::Later;
        }
        let mut wanted = self.wants(number);
        let Some(first) = wanted.next() else {
            return Next::Later;
        };
        let mut count = 1;
        for chunk in wanted {
            if chunk != first + count || count >= most {
                break;
            }
            count += 1;
        }
        if let Some(unit) = self.missing.get_mut(&number) {
            unit.asked = Some((peer, now));
        }
        if self.shared {
            // Somewhere else, as far from here as a step that meets every unit allows.
            self.start = (number + STRIDE) % units;
        }
        Next::Ask(Range { first, count })
    }

    /// Chunks have come and are kept.
    pub(super) fn took(&mut self, range: Range) {
        for chunk in range.first..range.first.saturating_add(range.count) {
            self.have.set(chunk);
        }
        let number = range.first / UNIT;
        if self.wants(number).next().is_none() {
            self.missing.remove(&number);
        } else if let Some(unit) = self.missing.get_mut(&number) {
            unit.asked = None;
        }
    }

    /// Chunks of a unit that are not here.
    fn wants(&self, unit: u32) -> impl Iterator<Item = u32> + '_ {
        members(unit, self.chunks).filter(|chunk| !self.have.has(*chunk))
    }

    /// How many of those who have a part have this.
    fn holders(&self, unit: u32) -> usize {
        let parts = self.parts.values();
        parts
            .filter(|bits| self.wants(unit).all(|chunk| bits.has(chunk)))
            .count()
    }
}

fn members(unit: u32, chunks: u32) -> std::ops::Range<u32> {
    let first = unit.saturating_mul(UNIT);
    first..first.saturating_add(UNIT).min(chunks)
}

/// What was asked for so long ago is asked of another too.
const STALE_MS: u64 = 4_000;

/// Units that are looked at before nothing is asked for.
const LOOKED_AT: usize = 4_096;

/// A prime: steps of it meet all units of a file before one again, unless their number is a multiple.
const STRIDE: u32 = 7_919;

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: PeerId = PeerId([1; 32]);
    const SOME: PeerId = PeerId([2; 32]);
    const OTHER: PeerId = PeerId([3; 32]);

    fn bits(len: u32, of: impl IntoIterator<Item = u32>) -> Bits {
        let mut bits = Bits::none(len);
        of.into_iter().for_each(|at| {
            bits.set(at);
        });
        bits
    }

    fn ask(first: u32, count: u32) -> Next {
        Next::Ask(Range { first, count })
    }

    #[test]
    fn what_is_missing_is_asked_for_in_order_and_nothing_twice() {
        let mut plan = Plan::new(bits(40, (0..16).chain([20, 21])), false, 99);

        assert_eq!(plan.next(ALL, UNIT, 0), ask(16, 4));
        assert_eq!(plan.next(ALL, UNIT, 0), ask(32, 8));
        assert_eq!(plan.next(OTHER, UNIT, 0), Next::Later);
        plan.took(Range {
            first: 16,
            count: 4,
        });
        assert_eq!(plan.next(OTHER, 4, 0), ask(22, 4));
        plan.took(Range {
            first: 22,
            count: 4,
        });
        assert_eq!(plan.next(OTHER, UNIT, 0), ask(26, 6));
        plan.took(Range {
            first: 26,
            count: 6,
        });
        plan.took(Range {
            first: 32,
            count: 8,
        });
        assert_eq!(plan.next(ALL, UNIT, 0), Next::Done);
    }

    #[test]
    fn what_a_lost_or_slow_source_was_asked_for_is_asked_of_another() {
        let mut plan = Plan::new(Bits::none(32), false, 0);
        assert_eq!(plan.next(ALL, UNIT, 0), ask(0, 16));
        assert_eq!(plan.next(OTHER, UNIT, 0), ask(16, 16));

        plan.lost(&ALL);

        assert_eq!(plan.next(OTHER, UNIT, 1), ask(0, 16));
        assert_eq!(plan.next(ALL, UNIT, STALE_MS), Next::Later);
        assert_eq!(plan.next(ALL, UNIT, STALE_MS + 1), ask(16, 16));
    }

    #[test]
    fn a_source_is_only_asked_for_what_it_has() {
        let mut plan = Plan::new(Bits::none(48), true, 0);
        plan.has(SOME, Some(bits(48, 16..32)));

        assert_eq!(plan.next(SOME, UNIT, 0), ask(16, 16));
        assert_eq!(plan.next(SOME, UNIT, 0), Next::Later);
        plan.has(SOME, Some(bits(48, 16..48)));
        assert_eq!(plan.next(SOME, UNIT, 0), ask(32, 16));
    }

    #[test]
    fn who_has_all_is_spared_what_others_have() {
        let mut plan = Plan::new(Bits::none(48), true, 0);
        plan.has(SOME, Some(bits(48, 0..32)));

        assert_eq!(plan.next(ALL, UNIT, 0), ask(32, 16));
        assert_eq!(plan.next(ALL, UNIT, 0), Next::Later);
        plan.lost(&SOME);
        assert!(matches!(plan.next(ALL, UNIT, 0), Next::Ask(_)));
    }

    #[test]
    fn those_who_fetch_together_begin_at_different_places() {
        let first = |seed| Plan::new(Bits::none(16 * 100), true, seed).next(ALL, UNIT, 0);

        assert_ne!(first(3), first(57));
    }
}
