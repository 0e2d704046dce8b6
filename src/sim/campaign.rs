//! Many seeds, over all processors.

use std::{
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{
    draw::{Plan, draw},
    play::{Outcome, play},
};

/// Which schedules to run.
#[derive(Clone, Debug)]
pub struct Campaign {
    pub seeds: Range<u64>,
    pub plan: Plan,
    /// How many run at a time.
    pub threads: usize,
}

/// What became of them.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub runs: u64,
    pub steps: u64,
    pub said: u64,
    /// The first violation that was found; after it no other schedule was begun.
    pub violated: Option<Outcome>,
}

/// Runs all, until one violates something.
pub fn run_all(campaign: &Campaign, told: &(dyn Fn(&Outcome) + Sync)) -> Summary {
    let next = AtomicU64::new(campaign.seeds.start);
    let stop = AtomicBool::new(false);
    let summary = Mutex::new(Summary::default());
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !campaign.seeds.contains(&seed) {
                return;
            }
            let outcome = play(&draw(seed, &campaign.plan), false);
            told(&outcome);
            // A poisoned lock holds figures that are as good as before.
            let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
            summary.runs += 1;
            summary.steps += outcome.steps;
            summary.said += u64::try_from(outcome.said).unwrap_or(u64::MAX);
            if outcome.violation.is_some() {
                stop.store(true, Ordering::Relaxed);
                summary.violated.get_or_insert(outcome);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..campaign.threads.max(1) {
            scope.spawn(work);
        }
    });
    summary.into_inner().unwrap_or_else(PoisonError::into_inner)
}
