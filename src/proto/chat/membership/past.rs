//! What an entry of a membership log follows, as a set of places in the log.
//!
//! Entries are numbered as they come, each after those that it follows. A log without partitions
//! is one run of numbers, so most sets are runs; where branches alternate, bits are shorter.

/// The entries that one entry follows, directly or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Past {
    /// Sorted, disjoint, non-adjacent runs: first and last.
    Runs(Box<[(u32, u32)]>),
    /// A bit for each place.
    Bits(Box<[u64]>),
}

impl Past {
    /// The past of an entry with these parents: their places, and theirs.
    pub(super) fn of<'a>(parents: impl IntoIterator<Item = (u32, &'a Self)>) -> Self {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for (place, past) in parents {
            past.each_run(|run| runs.push(run));
            runs.push((place, place));
        }
        runs.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(runs.len());
        for (first, last) in runs {
            match joined.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => joined.push((first, last)),
            }
        }
        let words = joined
            .last()
            .map_or(0, |(_, last)| usize_of(*last) / 64 + 1);
        if joined.len() <= words.max(4) {
            return Self::Runs(joined.into());
        }
        let mut bits = vec![0u64; words];
        for (first, last) in joined {
            for place in first..=last {
                if let Some(word) = bits.get_mut(usize_of(place) / 64) {
                    *word |= 1 << (place % 64);
                }
            }
        }
        Self::Bits(bits.into())
    }

    /// Whether the entry at a place is among them.
    pub(super) fn contains(&self, place: u32) -> bool {
        match self {
            Self::Runs(runs) => {
                let after = runs.partition_point(|(first, _)| *first <= place);
                after
                    .checked_sub(1)
                    .and_then(|at| runs.get(at))
                    .is_some_and(|(_, last)| *last >= place)
            }
            Self::Bits(bits) => bits
                .get(usize_of(place) / 64)
                .is_some_and(|word| word & (1 << (place % 64)) != 0),
        }
    }

    /// How many they are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Runs(runs) => runs
                .iter()
                .map(|(first, last)| usize_of(last.saturating_sub(*first)) + 1)
                .sum(),
            Self::Bits(bits) => bits.iter().map(|word| word.count_ones() as usize).sum(),
        }
    }

    fn each_run(&self, mut each: impl FnMut((u32, u32))) {
        match self {
            Self::Runs(runs) => runs.iter().copied().for_each(each),
            Self::Bits(bits) => {
                for (at, word) in (0u32..).zip(bits) {
                    let (mut rest, mut from) = (*word, at.saturating_mul(64));
                    while rest != 0 {
                        let zeros = rest.trailing_zeros();
                        from = from.saturating_add(zeros);
                        rest >>= zeros;
                        let ones = rest.trailing_ones();
                        each((from, from.saturating_add(ones).saturating_sub(1)));
                        from = from.saturating_add(ones);
                        rest = rest.checked_shr(ones).unwrap_or(0);
                    }
                }
            }
        }
    }
}

fn usize_of(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a set of numbers, in logs that branch as they like.
        #[test]
        fn a_past_is_the_set_of_all_that_the_parents_follow(
            parents in prop::collection::vec(
                prop::collection::vec(any::<prop::sample::Index>(), 1..4), 1..200),
        ) {
            let mut logs: Vec<(Past, BTreeSet<u32>)> = vec![(Past::of([]), BTreeSet::new())];
            for chosen in parents {
                let chosen: BTreeSet<usize> =
                    chosen.iter().map(|index| index.index(logs.len())).collect();
                let past = Past::of(chosen.iter().map(|at| {
                    (u32::try_from(*at).unwrap(), &logs[*at].0)
                }));
                let mut set = BTreeSet::new();
                for at in &chosen {
                    set.insert(u32::try_from(*at).unwrap());
                    set.extend(&logs[*at].1);
                }
                prop_assert_eq!(past.len(), set.len());
                for place in 0..u32::try_from(logs.len() + 70).unwrap() {
                    prop_assert_eq!(past.contains(place), set.contains(&place));
                }
                logs.push((past, set));
            }
        }
    }

    #[test]
    fn two_branches_that_alternate_are_kept_as_bits() {
        let mut log = vec![Past::of([])];
        for at in 1..2000u32 {
            let parent = at.saturating_sub(2);
            let past = Past::of([(parent, &log[parent as usize])]);
            log.push(past);
        }

        assert!(matches!(log[1999], Past::Bits(_)));
        assert!(matches!(
            Past::of([(1999, &log[1999]), (1998, &log[1998])]),
            Past::Runs(_)
        ));
    }
}
