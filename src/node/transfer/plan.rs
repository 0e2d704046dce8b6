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
    /// Since when sources were asked for nothing.
    spared: BTreeMap<PeerId, u64>,
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
        let chunks = have.size();
        let units = chunks.div_ceil(UNIT);
        let is_missing = |unit: &u32| members(*unit, chunks).any(|chunk| !have.has(chunk));
        let missing = (0..units).filter(is_missing);
        Self {
            missing: missing.map(|unit| (unit, Unit::default())).collect(),
            chunks,
            have,
            parts: BTreeMap::new(),
            spared: BTreeMap::new(),
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
        self.spared.remove(peer);
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
        let has_all = !self.parts.contains_key(&peer);
        let units = self.chunks.div_ceil(UNIT).max(1);
        let Some((first, others)) = self.rarest(peer, now) else {
            if self.shared {
                self.start = (self.start + STRIDE) % units;
            }
            return Next::Later;
        };
        // Who has all of it is asked for what nobody else can give.
        let since = *self.spared.entry(peer).or_insert(now);
        if has_all && others > 0 && now.saturating_sub(since) < SPARED_MS {
            return Next::Later;
        }
        self.spared.remove(&peer);
        let number = first / UNIT;
        let end = members(number, self.chunks).end;
        let fits = |chunk: &u32| {
            self.gives(peer, *chunk) && (!self.shared || self.holders(*chunk) <= others)
        };
        let count = (first..end).take_while(fits).zip(0..most).count();
        let count = u32::try_from(count).unwrap_or(1).max(1);
        if let Some(unit) = self.missing.get_mut(&number) {
            unit.asked = Some((peer, now));
        }
        if self.shared && first + count == end {
            // Somewhere else, as far from here as a step that meets every unit allows.
            self.start = (number + STRIDE) % units;
        }
        Next::Ask(Range { first, count })
    }

    /// Of what a source can give, and was not asked for elsewhere, what the fewest have; and how many do.
    fn rarest(&self, peer: PeerId, now: u64) -> Option<(u32, usize)> {
        let mut best: Option<(u32, usize)> = None;
        let after = self.missing.range(self.start..);
        let before = self.missing.range(..self.start);
        for (number, unit) in after.chain(before).take(LOOKED_AT) {
            if unit
                .asked
                .is_some_and(|(_, at)| now.saturating_sub(at) <= STALE_MS)
            {
                continue;
            }
            for chunk in members(*number, self.chunks) {
                if !self.gives(peer, chunk) {
                    continue;
                }
                let others = if self.shared { self.holders(chunk) } else { 0 };
                if best.is_none_or(|(_, least)| others < least) {
                    best = Some((chunk, others));
                }
                if others == 0 {
                    return best;
                }
            }
        }
        best
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

    /// Whether a chunk is wanted and a source has it.
    fn gives(&self, peer: PeerId, chunk: u32) -> bool {
        let theirs = self.parts.get(&peer);
        !self.have.has(chunk) && theirs.is_none_or(|bits| bits.has(chunk))
    }

    /// How many of those who have a part have this chunk.
    fn holders(&self, chunk: u32) -> usize {
        self.parts.values().filter(|bits| bits.has(chunk)).count()
    }
}

fn members(unit: u32, chunks: u32) -> std::ops::Range<u32> {
    let first = unit.saturating_mul(UNIT);
    first..first.saturating_add(UNIT).min(chunks)
}

/// What was asked for so long ago is asked of another too.
const STALE_MS: u64 = 4_000;

/// Who has all of it is asked all the same when others have given nothing for so long.
const SPARED_MS: u64 = 1_000;

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
    fn a_unit_is_finished_before_another_is_begun_and_parts_of_one_are_taken() {
        let mut plan = Plan::new(Bits::none(16 * 9), true, 4);
        assert_eq!(plan.next(ALL, 4, 0), ask(64, 4));
        plan.took(Range {
            first: 64,
            count: 4,
        });
        assert_eq!(plan.next(ALL, UNIT, 0), ask(68, 12));

        plan.has(SOME, Some(bits(16 * 9, [3, 4, 5, 9])));
        assert_eq!(plan.next(SOME, UNIT, 0), ask(3, 3));
    }

    #[test]
    fn who_has_all_is_spared_what_others_have() {
        let mut plan = Plan::new(Bits::none(48), true, 0);
        plan.has(SOME, Some(bits(48, 0..32)));

        assert_eq!(plan.next(ALL, UNIT, 0), ask(32, 16));
        assert_eq!(plan.next(ALL, UNIT, 0), Next::Later);
        assert_eq!(plan.next(ALL, UNIT, SPARED_MS), ask(16, 16));
        assert_eq!(plan.next(ALL, UNIT, SPARED_MS), Next::Later);
        plan.lost(&SOME);
        assert_eq!(plan.next(ALL, UNIT, SPARED_MS), ask(0, 16));
    }

    #[test]
    fn those_who_fetch_together_begin_at_different_places() {
        let first = |seed| Plan::new(Bits::none(16 * 100), true, seed).next(ALL, UNIT, 0);

        assert_ne!(first(3), first(57));
    }
}
