//! Protocol §4.3 read plainly: every entry's past as a set, everything decided anew, no memory.

use super::{super::super::Act, id, person};
use crate::proto::chat::membership::{Log, Role, SetMeta};

/// An entry, with the places of its parents.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) author: u8,
    pub(super) kind: Kind,
    pub(super) parents: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// By the first of so many owners.
    Create(u8),
    Add(u8),
    Remove(u8),
    Promote(u8),
    Demote(u8),
    Leave,
    Open,
    Close,
    Name(u8),
    Timer(u8),
}

impl Kind {
    /// Whom it is done to.
    pub(super) fn target(self) -> Option<u8> {
        match self {
            Self::Add(of) | Self::Remove(of) | Self::Promote(of) | Self::Demote(of) => Some(of),
            _ => None,
        }
    }

    pub(super) fn act(self) -> Act {
        let meta = SetMeta::default();
        match self {
            Self::Create(_) => unreachable!("made by itself"),
            Self::Add(of) => Act::Add(person(of)),
            Self::Remove(of) => Act::Remove(person(of)),
            Self::Promote(of) => Act::Promote(person(of)),
            Self::Demote(of) => Act::Demote(person(of)),
            Self::Leave => Act::Leave,
            Self::Open => Act::Settings(SetMeta {
                add_by: Some(1),
                ..meta
            }),
            Self::Close => Act::Settings(SetMeta {
                add_by: Some(0),
                ..meta
            }),
            Self::Name(n) => Act::Settings(SetMeta {
                name: Some(n.to_string()),
                ..meta
            }),
            Self::Timer(n) => Act::Settings(SetMeta {
                timer_s: Some(n.into()),
                ..meta
            }),
        }
    }
}

impl Step {
    pub(super) fn create(owners: u8) -> Self {
        Self {
            author: 0,
            kind: Kind::Create(owners),
            parents: Vec::new(),
        }
    }
}

/// What follows from a history of at most 64 entries. Sets of places are bits.
pub(super) struct Naive {
    owners: u8,
    past: Vec<u64>,
    depth: Vec<u32>,
    counts: u64,
    /// Of those, what owners did, and leaving.
    first: u64,
}

impl Naive {
    pub(super) fn owners(steps: &[Step]) -> Vec<u8> {
        match steps[0].kind {
            Kind::Create(owners) => (0..owners).collect(),
            _ => unreachable!("a history begins"),
        }
    }

    pub(super) fn resolve(steps: &[Step]) -> Self {
        let mut naive = Self::unresolved(steps);
        naive.decide(steps);
        naive
    }

    /// Knows who follows whom, and not yet what counts.
    pub(super) fn unresolved(steps: &[Step]) -> Self {
        let (mut past, mut depth) = (Vec::new(), Vec::new());
        for step in steps {
            let follows = |set: u64, p: &u32| set | past[*p as usize] | 1 << p;
            let deep = step.parents.iter().map(|p| depth[*p as usize] + 1).max();
            let set = step.parents.iter().fold(0, follows);
            past.push(set);
            depth.push(deep.unwrap_or(0));
        }
        let owners = Self::owners(steps).len();
        Self {
            owners: u8::try_from(owners).unwrap(),
            past,
            depth,
            counts: 0,
            first: 0,
        }
    }

    /// Decides what counts, whatever was decided before.
    pub(super) fn decide(&mut self, steps: &[Step]) {
        self.counts = 1;
        for (at, step) in steps.iter().enumerate() {
            if step.kind == Kind::Leave {
                self.counts |= 1 << at;
            }
        }
        let leaves = self.counts;
        for (at, step) in steps.iter().enumerate() {
            let kept = self.places(leaves).all(|l| {
                steps[l].kind != Kind::Leave || steps[l].author != step.author || self.before(at, l)
            });
            if self.own(step) && self.ranked(step) && kept {
                self.counts |= 1 << at;
            }
        }
        self.first = self.counts;
        for (at, step) in steps.iter().enumerate() {
            if self.admin_act(at, step, steps) {
                self.counts |= 1 << at;
            }
        }
        let second = self.counts;
        for (at, step) in steps.iter().enumerate() {
            if self.counts & 1 << at == 0 && self.member_act(at, step, steps, second) {
                self.counts |= 1 << at;
            }
        }
    }

    fn own(&self, step: &Step) -> bool {
        step.author < self.owners
    }

    /// Whether it is an act of rank, and not on an owner.
    fn ranked(&self, step: &Step) -> bool {
        match step.kind {
            Kind::Add(of) | Kind::Remove(of) | Kind::Promote(of) | Kind::Demote(of) => {
                of >= self.owners
            }
            Kind::Open | Kind::Close | Kind::Name(_) | Kind::Timer(_) => true,
            Kind::Create(_) | Kind::Leave => false,
        }
    }

    fn admin_act(&self, at: usize, step: &Step, steps: &[Step]) -> bool {
        let past = self.past[at];
        let role = matches!(step.kind, Kind::Promote(_) | Kind::Demote(_));
        if self.own(step) || role || !self.ranked(step) {
            return false;
        }
        if !self.is_admin(step.author, past, steps) {
            return false;
        }
        if self
            .places(self.first)
            .any(|t| self.takes(t, step.author, steps) && self.beside(t, at))
        {
            return false;
        }
        if let Kind::Remove(of) = step.kind {
            let granted = |g: usize| steps[g].kind == Kind::Promote(of) && self.beside(g, at);
            return !self.is_admin(of, past, steps) && !self.places(self.first).any(granted);
        }
        true
    }

    fn member_act(&self, at: usize, step: &Step, steps: &[Step], second: u64) -> bool {
        let Kind::Add(of) = step.kind else {
            return false;
        };
        let past = self.past[at];
        let closed = |c: usize| steps[c].kind == Kind::Close && self.beside(c, at);
        let gone = |t: usize| Self::outs(t, step.author, steps) && self.beside(t, at);
        of >= self.owners
            && !self.own(step)
            && self.present(step.author, past, steps)
            && self.last(past & second, steps, |k| {
                matches!(k, Kind::Open | Kind::Close)
            }) == Some(Kind::Open)
            && !self
                .places(second)
                .any(|other| closed(other) || gone(other))
    }

    /// The winner of the settings of a kind.
    fn last(&self, set: u64, steps: &[Step], of: impl Fn(Kind) -> bool + Clone) -> Option<Kind> {
        let all = self.places(set).filter(|at| of(steps[*at].kind));
        let last = all
            .clone()
            .filter(|at| !all.clone().any(|other| self.before(*at, other)));
        last.max_by_key(|at| {
            let name = id(u32::try_from(*at).unwrap());
            (self.own(&steps[*at]), self.depth[*at], name)
        })
        .map(|at| steps[at].kind)
    }

    fn present(&self, of: u8, within: u64, steps: &[Step]) -> bool {
        let seen = self.counts & within;
        self.places(seen)
            .filter(|a| self.ups(*a, of, steps))
            .any(|a| {
                self.places(seen)
                    .all(|r| !Self::outs(r, of, steps) || self.before(r, a))
            })
    }

    fn is_admin(&self, of: u8, within: u64, steps: &[Step]) -> bool {
        let seen = self.first & within;
        self.places(seen)
            .filter(|g| steps[*g].kind == Kind::Promote(of))
            .any(|g| {
                self.places(seen)
                    .all(|t| !self.takes(t, of, steps) || self.before(t, g))
            })
    }

    fn ups(&self, at: usize, of: u8, steps: &[Step]) -> bool {
        at == 0 && of < self.owners
            || steps[at].kind == Kind::Add(of)
            || steps[at].kind == Kind::Promote(of)
    }

    fn outs(at: usize, of: u8, steps: &[Step]) -> bool {
        let step = &steps[at];
        step.kind == Kind::Remove(of) || step.kind == Kind::Leave && step.author == of
    }

    fn takes(&self, at: usize, of: u8, steps: &[Step]) -> bool {
        let step = &steps[at];
        step.kind == Kind::Leave && step.author == of
            || self.own(step) && (step.kind == Kind::Remove(of) || step.kind == Kind::Demote(of))
    }

    fn before(&self, one: usize, other: usize) -> bool {
        self.past[other] & 1 << one != 0
    }

    fn beside(&self, one: usize, other: usize) -> bool {
        one != other && !self.before(one, other) && !self.before(other, one)
    }

    fn places(&self, set: u64) -> impl Iterator<Item = usize> + Clone + use<> {
        (0..self.past.len()).filter(move |at| set & 1 << at != 0)
    }

    /// That a log came to the same.
    pub(super) fn compare(&self, log: &Log, steps: &[Step]) {
        for at in 0..steps.len() {
            let counts = log.counts(&id(u32::try_from(at).unwrap()));
            assert_eq!(
                counts,
                Some(self.counts & 1 << at != 0),
                "entry {at} of {steps:?}"
            );
        }
        let people = 1 + steps
            .iter()
            .map(|s| s.author.max(s.kind.target().unwrap_or(0)))
            .max()
            .unwrap_or(0);
        let mut present = 0;
        for of in 0..people.max(self.owners) {
            let expected = self.present(of, u64::MAX, steps).then(|| {
                if of < self.owners {
                    Role::Owner
                } else if self.is_admin(of, u64::MAX, steps) {
                    Role::Admin
                } else {
                    Role::Member
                }
            });
            present += usize::from(expected.is_some());
            assert_eq!(log.role(&person(of)), expected, "person {of} of {steps:?}");
        }
        assert_eq!(log.members().len(), present, "nobody else: {steps:?}");
        let settings = log.settings();
        let name = self.last(self.counts, steps, |k| matches!(k, Kind::Name(_)));
        let timer = self.last(self.counts, steps, |k| matches!(k, Kind::Timer(_)));
        let open = self.last(self.counts, steps, |k| {
            matches!(k, Kind::Open | Kind::Close)
        });
        let is_name = match name {
            Some(Kind::Name(n)) => settings.name == n.to_string(),
            _ => settings.name == "first",
        };
        assert!(is_name, "{}: {steps:?}", settings.name);
        let expected = match timer {
            Some(Kind::Timer(n)) => n.into(),
            _ => 0,
        };
        assert_eq!(settings.timer_s, expected, "{steps:?}");
        assert_eq!(settings.members_add, open == Some(Kind::Open), "{steps:?}");
    }

    /// That nothing counts which nobody with the right allowed, nor which was done beside or after
    /// the end of that right. Said of the result, not of the way to it.
    pub(super) fn check_powers(&self, steps: &[Step]) {
        for at in self.places(self.counts) {
            let step = &steps[at];
            let who = step.author;
            if !self.ranked(step) {
                continue;
            }
            if self.own(step) {
                let left = |t: usize| steps[t].kind == Kind::Leave && steps[t].author == who;
                let after = self
                    .places(self.counts)
                    .filter(|t| left(*t))
                    .all(|t| self.before(at, t));
                assert!(after, "an owner who left: {steps:?}");
                continue;
            }
            assert!(
                !matches!(step.kind, Kind::Promote(_) | Kind::Demote(_)),
                "{steps:?}"
            );
            let granted: Vec<usize> = self
                .places(self.counts & self.past[at])
                .filter(|g| self.own(&steps[*g]) && steps[*g].kind == Kind::Promote(who))
                .collect();
            let mut ended = self
                .places(self.counts)
                .filter(|t| self.takes(*t, who, steps));
            let as_admin = ended
                .all(|t| self.before(at, t) || granted.iter().any(|g| self.before(t, *g)))
                && !granted.is_empty();
            let opened = self
                .places(self.counts & self.past[at])
                .any(|g| steps[g].kind == Kind::Open);
            let as_member = matches!(step.kind, Kind::Add(_)) && opened;
            assert!(
                as_admin || as_member,
                "entry {at} without the right: {steps:?}"
            );
            for t in self
                .places(self.counts)
                .filter(|t| Self::outs(*t, who, steps))
            {
                let again = self
                    .places(self.counts & self.past[at])
                    .any(|a| self.ups(a, who, steps) && self.before(t, a));
                let fine = self.before(at, t) || self.before(t, at) && again || {
                    // An admin's removal of somebody who had been an admin in its past is void, so
                    // what is left is an admin's removal of a plain member beside a later grant.
                    !self.own(&steps[t]) && as_admin
                };
                assert!(fine, "entry {at} beside or after a removal: {steps:?}");
            }
            if let Kind::Remove(of) = step.kind {
                let equal = self
                    .places(self.first)
                    .any(|g| steps[g].kind == Kind::Promote(of) && self.beside(g, at));
                assert!(!equal && of >= self.owners, "an equal removed: {steps:?}");
            }
        }
    }
}
