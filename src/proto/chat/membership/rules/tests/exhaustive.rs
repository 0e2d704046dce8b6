//! All histories of three people up to a size: an owner and two others, in every causal shape, up to
//! renaming the two and reordering what does not matter.
//!
//! Up to five entries each comes in every order in which it can. With six, each of the entries that can
//! come last does, after the five others. Those have come in every order before, and whichever it
//! was, the log kept the same ([`Kept`]), so that each of their orders stands for all.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Entry, Kind, Log, Naive, Step, create, entry, kept::Kept};

/// With the beginning, 4 entries; `BETWIXT_ENTRIES=6` is the long run (`docs/models/README.md`).
#[test]
fn every_small_history_resolves_as_the_rules_say() {
    let entries: usize = std::env::var("BETWIXT_ENTRIES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(4);
    assert!(entries <= ORDERED + 1, "more would say less than it seems");
    let mut shared = Vec::new();
    collect(&History::beginning(), entries.min(SHARED), &mut shared);
    let next = AtomicUsize::new(0);
    let examine = || {
        let mut seen = Seen::default();
        while let Some(history) = shared.get(next.fetch_add(1, Ordering::Relaxed)) {
            seen.examine(history, entries);
        }
        seen
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<Seen> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(examine)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let sum = |of: fn(&Seen) -> u64| parts.iter().map(of).sum::<u64>();
    let (histories, orders, last) = (sum(|s| s.histories), sum(|s| s.orders), sum(|s| s.last));
    println!(
        "{histories} histories of up to {entries} entries; up to {} of them in {orders} orders; \
         {last} times one came last",
        entries.min(ORDERED)
    );
    assert!(histories > 1000 && orders > 1000 && last >= histories);
}

/// Histories of up to so many entries are shared out among the threads, with what follows on them.
const SHARED: usize = 4;

/// Histories of up to so many entries come in every order.
const ORDERED: usize = 5;

/// What was looked at.
#[derive(Default)]
struct Seen {
    /// Sets of entries, each once but for symmetry.
    histories: u64,
    /// Ways in which they came.
    orders: u64,
    /// Pairs of a history and an entry that came last.
    last: u64,
}

#[derive(Clone)]
struct History {
    steps: Vec<Step>,
    depths: Vec<u32>,
}

impl History {
    fn beginning() -> Self {
        Self {
            steps: vec![Step::create(1)],
            depths: vec![0],
        }
    }

    /// With each entry that can be added, whether that is how this history is reached or not.
    fn each_next(&mut self, mut each: impl FnMut(&mut Self, &mut Naive, bool)) {
        let pasts = pasts(&self.steps);
        let before = self.depths.last().copied();
        for parents in antichains(&pasts) {
            let deepest = parents.iter().map(|p| self.depths[*p as usize]).max();
            let depth = 1 + deepest.unwrap_or(0);
            let (author, kind) = (0, Kind::Leave);
            self.depths.push(depth);
            self.steps.push(Step {
                author,
                kind,
                parents,
            });
            let mut naive = Naive::unresolved(&self.steps);
            for (author, kind) in ACTS {
                let [.., last, next] = &mut self.steps[..] else {
                    unreachable!("there is a beginning")
                };
                (next.author, next.kind) = (author, kind);
                // Each causal shape once: by depth, and in one depth by parents and act.
                let order = |step: &Step| (step.author, step.kind);
                let is_in_order = Some(depth) > before
                    || Some(depth) == before
                        && (&last.parents, order(last)) <= (&next.parents, order(next));
                each(self, &mut naive, is_in_order);
            }
            self.steps.pop();
            self.depths.pop();
        }
    }
}

/// A history and all that are reached from it, up to a size.
fn collect(from: &History, entries: usize, into: &mut Vec<History>) {
    into.push(from.clone());
    if from.steps.len() < entries {
        from.clone().each_next(|next, _, is_in_order| {
            if is_in_order && first_is_named_first(&next.steps) {
                collect(next, entries, into);
            }
        });
    }
}

impl Seen {
    /// A history, and those that are reached from it if nobody else has them.
    fn examine(&mut self, history: &History, entries: usize) {
        let steps = &history.steps;
        let naive = Naive::resolve(steps);
        if steps.len() > 1 {
            self.histories += 1;
            naive.check_powers(steps);
        }
        let (mut logs, mut kept) = (Vec::new(), None);
        every_order(steps, &mut vec![0], &mut |order| {
            self.orders += u64::from(steps.len() > 1);
            let log = build(steps, order);
            naive.compare(&log, steps);
            let now = Kept::of(&log);
            if let Some(before) = &kept {
                assert_eq!(before, &now, "{order:?} of {steps:?}");
            }
            kept = Some(now);
            logs.push(log);
        });
        if steps.len() == entries {
            return;
        }
        let at = u32::try_from(steps.len()).unwrap();
        history.clone().each_next(|next, naive, is_in_order| {
            let steps = &next.steps;
            if !first_is_named_first(steps) {
                return;
            }
            naive.decide(steps);
            let step = &steps[steps.len() - 1];
            let mut log = logs[usize::try_from(self.last).unwrap() % logs.len()].clone();
            let entry = entry(at, step.author, step.kind, &step.parents);
            assert!(log.add(entry).is_some());
            naive.compare(&log, steps);
            self.last += 1;
            if !is_in_order || steps.len() <= SHARED {
                return;
            }
            if steps.len() > ORDERED {
                self.histories += 1;
                naive.check_powers(steps);
            } else {
                self.examine(next, entries);
            }
        });
    }
}

fn build(steps: &[Step], order: &[usize]) -> Log {
    let first = Entry {
        lists: Vec::new(),
        ..create(&Naive::owners(steps))
    };
    let mut log = Log::begin(first).unwrap();
    for at in order.iter().filter(|at| **at > 0) {
        let step = &steps[*at];
        let at = u32::try_from(*at).unwrap();
        let entry = entry(at, step.author, step.kind, &step.parents);
        assert!(log.add(entry).is_some());
    }
    log
}

/// Goes on in each way in which what is left can come, each after what it follows.
fn every_order(steps: &[Step], order: &mut Vec<usize>, check: &mut impl FnMut(&[usize])) {
    if order.len() == steps.len() {
        check(order);
        return;
    }
    for at in 1..steps.len() {
        let parents = &steps[at].parents;
        let is_ready = parents.iter().all(|p| order.contains(&(*p as usize)));
        if is_ready && !order.contains(&at) {
            order.push(at);
            every_order(steps, order, check);
            order.pop();
        }
    }
}

/// The two others are alike: the first that is named is 1.
fn first_is_named_first(steps: &[Step]) -> bool {
    let names = |step: &Step| [Some(step.author), step.kind.target()];
    let mut named = steps.iter().skip(1).flat_map(names).flatten();
    named.find(|of| *of > 0).is_none_or(|of| of == 1)
}

/// What the three can do to each other.
const ACTS: [(u8, Kind); 25] = [
    (0, Kind::Leave),
    (0, Kind::Open),
    (0, Kind::Close),
    (0, Kind::Add(1)),
    (0, Kind::Remove(1)),
    (0, Kind::Promote(1)),
    (0, Kind::Demote(1)),
    (0, Kind::Add(2)),
    (0, Kind::Remove(2)),
    (0, Kind::Promote(2)),
    (0, Kind::Demote(2)),
    (1, Kind::Leave),
    (1, Kind::Open),
    (1, Kind::Close),
    (1, Kind::Add(1)),
    (1, Kind::Remove(1)),
    (1, Kind::Add(2)),
    (1, Kind::Remove(2)),
    (2, Kind::Leave),
    (2, Kind::Open),
    (2, Kind::Close),
    (2, Kind::Add(1)),
    (2, Kind::Remove(1)),
    (2, Kind::Add(2)),
    (2, Kind::Remove(2)),
];

fn pasts(steps: &[Step]) -> Vec<u32> {
    let mut pasts: Vec<u32> = Vec::new();
    for step in steps {
        pasts.push(
            step.parents
                .iter()
                .fold(0, |set, p| set | pasts[*p as usize] | 1 << p),
        );
    }
    pasts
}

/// All sets of entries of which none follows another.
fn antichains(pasts: &[u32]) -> Vec<Vec<u32>> {
    let count = u32::try_from(pasts.len()).unwrap();
    (1u32..1 << count)
        .filter(|set| (0..count).all(|at| set & 1 << at == 0 || pasts[at as usize] & set == 0))
        .map(|set| (0..count).filter(|at| set & 1 << at != 0).collect())
        .collect()
}
