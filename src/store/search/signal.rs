//! What the store tells the one who keeps the index, and what who searches waits for.

use std::{
    collections::BTreeSet,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::proto::id::ChatId;

/// Between who commits, who keeps the index and who searches.
#[derive(Default)]
pub(crate) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Chats in which something came.
    fresh: BTreeSet<ChatId>,
    /// Whether there is something to forget.
    forget: bool,
    /// Somebody waits.
    hurry: bool,
    /// The index is to be made anew.
    again: bool,
    stop: bool,
    /// How often something was told, and up to where of that the index is.
    told: u64,
    done: u64,
    /// Messages that came to the index, and that there are.
    indexed: u64,
    messages: u64,
}

/// How much of what was there when it was asked can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether all of it can.
    pub complete: bool,
    /// Messages that the index has, or has seen and left out.
    pub indexed: u64,
    /// Messages that there are.
    pub messages: u64,
}

/// What there is to do.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) fresh: BTreeSet<ChatId>,
    /// Up to where the index is afterwards.
    pub(super) told: u64,
    pub(super) again: bool,
    pub(super) stop: bool,
}

/// How long something that comes waits for more, unless somebody searches. Each commit of the index writes
/// seven files: with a shorter wait it took half the processor time of whoever is in a busy chat.
const PATIENCE: Duration = Duration::from_secs(3);

impl State {
    fn standing(&self, told: u64) -> Standing {
        Standing {
            complete: self.done >= told,
            indexed: self.indexed.min(self.messages),
            messages: self.messages,
        }
    }
}

impl Signal {
    /// Something was committed.
    pub(crate) fn tell(&self, fresh: impl IntoIterator<Item = ChatId>, forget: bool) {
        let mut fresh = fresh.into_iter().peekable();
        if !forget && fresh.peek().is_none() {
            return;
        }
        let mut state = self.state();
        state.fresh.extend(fresh);
        state.forget |= forget;
        state.told += 1;
        self.changed.notify_all();
    }

    /// The index is not what was written.
    pub(super) fn make_anew(&self) {
        let mut state = self.state();
        state.again = true;
        state.told += 1;
        self.changed.notify_all();
    }

    pub(super) fn stop(&self) {
        self.state().stop = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().stop
    }

    /// Waits until there is something to do, at most until `until`.
    pub(super) fn next(&self, until: Option<Instant>) -> Work {
        let mut state = self.state();
        let mut settled: Option<Instant> = None;
        loop {
            let now = Instant::now();
            if state.stop || state.again || until.is_some_and(|until| until <= now) {
                break;
            }
            let wait = if state.forget || !state.fresh.is_empty() {
                let settled = *settled.get_or_insert(now + PATIENCE);
                if state.hurry || settled <= now {
                    break;
                }
                Some(settled)
            } else {
                until
            };
            state = self.wait(state, wait);
        }
        state.forget = false;
        state.hurry = false;
        Work {
            fresh: std::mem::take(&mut state.fresh),
            told: state.told,
            again: std::mem::take(&mut state.again),
            stop: state.stop,
        }
    }

    /// What was taken could not be done, and is to be done again.
    pub(super) fn give_back(&self, work: Work) {
        let mut state = self.state();
        state.fresh.extend(work.fresh);
        state.forget = true;
        state.again |= work.again;
    }

    /// The index is as far as it was told to come.
    pub(super) fn done(&self, told: u64) {
        let mut state = self.state();
        state.done = state.done.max(told);
        self.changed.notify_all();
    }

    /// So much is in the index, of so much.
    pub(super) fn count(&self, indexed: u64, messages: u64) {
        let mut state = self.state();
        (state.indexed, state.messages) = (indexed, messages);
    }

    /// So much more came to the index.
    pub(super) fn counted(&self, more: u64) {
        let mut state = self.state();
        state.indexed = state.indexed.saturating_add(more);
    }

    /// Where nothing can be asked yet.
    pub(super) fn standing_of_none(&self) -> Standing {
        Standing {
            complete: false,
            ..self.state().standing(0)
        }
    }

    /// Waits until all that was committed before is in the index, but not for long.
    pub(super) fn wait_for_now(&self, patience: Duration) -> Standing {
        let until = Instant::now() + patience;
        let mut state = self.state();
        let told = state.told;
        while state.done < told && !state.stop && Instant::now() < until {
            if !state.hurry {
                state.hurry = true;
                self.changed.notify_all();
            }
            state = self.wait(state, Some(until));
        }
        state.standing(told)
    }

    /// Sleeps, unless it is to end.
    pub(super) fn sleep(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.state();
        while !state.stop && Instant::now() < until {
            state = self.wait(state, Some(until));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        until: Option<Instant>,
    ) -> MutexGuard<'a, State> {
        let Some(until) = until else {
            let waited = self.changed.wait(state);
            return waited.unwrap_or_else(PoisonError::into_inner);
        };
        let time = until.saturating_duration_since(Instant::now());
        let waited = self.changed.wait_timeout(state, time);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
