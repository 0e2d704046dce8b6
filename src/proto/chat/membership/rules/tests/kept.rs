//! All that a log keeps, with names instead of places: what an entry that is added can be decided by.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::{Log, Settings, Standing};
use crate::{proto::id::PersonId, wire::sync::OpId};

type Names = BTreeSet<OpId>;

/// The same for every order in which the entries came.
#[derive(Debug, PartialEq)]
pub(super) struct Kept {
    entries: BTreeMap<OpId, Fate>,
    heads: Names,
    trails: BTreeMap<PersonId, [Names; 5]>,
    last: Vec<Names>,
    adding: Names,
    members: BTreeMap<PersonId, Standing>,
    settings: Settings,
}

#[derive(Debug, PartialEq)]
struct Fate {
    parents: Names,
    past: Names,
    depth: u32,
    counts: bool,
}

impl Kept {
    /// Of a log without device lists.
    pub(super) fn of(log: &Log) -> Self {
        assert!(log.rolls.is_empty());
        let name = |at: u32| log.placed[at as usize].id;
        let names = |places: &[u32]| -> Names {
            let names: Names = places.iter().map(|at| name(*at)).collect();
            assert_eq!(names.len(), places.len(), "none is kept twice");
            names
        };
        let fate = |(at, placed): (u32, &super::super::super::log::Placed)| {
            assert_eq!(log.place_of(&placed.id), Some(at));
            let past: Vec<u32> = log.all().filter(|at| placed.past.contains(*at)).collect();
            assert_eq!(past.len(), placed.past.len());
            let fate = Fate {
                parents: names(&placed.parents),
                past: names(&past),
                depth: placed.depth,
                counts: placed.counts,
            };
            (placed.id, fate)
        };
        let trails = log.trails.iter().map(|(person, trail)| {
            let all = [
                &trail.adds,
                &trail.grants,
                &trail.outs,
                &trail.takes,
                &trail.leaves,
            ];
            (*person, all.map(|places| names(places)))
        });
        Self {
            entries: (0..).zip(&log.placed).map(fate).collect(),
            heads: log.heads().collect(),
            trails: trails.collect(),
            last: log.candidates.last.iter().map(|l| names(l)).collect(),
            adding: names(&log.candidates.adding),
            members: log.members().clone(),
            settings: log.settings().clone(),
        }
    }
}
