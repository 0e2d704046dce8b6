//! Who is fetched from: a few files at once, and never only those of one sender.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use crate::node::PersonId;

/// The places of files that are fetched at once.
#[derive(Clone)]
pub(super) struct Slots(Arc<Mutex<State>>);

struct State {
    free: usize,
    held: BTreeMap<PersonId, usize>,
    /// Who waits for a place, and where that is told; who came first is first.
    waiting: VecDeque<(PersonId, oneshot::Sender<Slot>)>,
}

/// A place, which is free again when this is dropped.
pub(super) struct Slot {
    slots: Slots,
    sender: PersonId,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            free: FETCHED,
            held: BTreeMap::new(),
            waiting: VecDeque::new(),
        })))
    }

    /// Waits for a place for a file that somebody sent.
    pub(super) async fn take(&self, sender: PersonId) -> Option<Slot> {
        let (give, given) = oneshot::channel();
        self.state().waiting.push_back((sender, give));
        self.grant();
        given.await.ok()
    }

    /// Whether a file of somebody else waits.
    pub(super) fn others_wait(&self, sender: PersonId) -> bool {
        let state = self.state();
        let mut waiting = state.waiting.iter();
        waiting.any(|(who, give)| *who != sender && !give.is_closed())
    }

    /// Gives what is free to those who have least.
    fn grant(&self) {
        while let Some((give, slot)) = self.next() {
            // Who has gone away gives it back by that.
            drop(give.send(slot));
        }
    }

    fn next(&self) -> Option<(oneshot::Sender<Slot>, Slot)> {
        let mut state = self.state();
        state.waiting.retain(|(_, give)| !give.is_closed());
        if state.free == 0 {
            return None;
        }
        let held = |sender: &PersonId| state.held.get(sender).copied().unwrap_or(0);
        let of = state.waiting.iter().map(|(sender, _)| held(sender));
        let least = of.enumerate().min_by_key(|(at, held)| (*held, *at))?;
        let (at, _) = Some(least).filter(|(_, held)| *held < OF_SENDER)?;
        let (sender, give) = state.waiting.remove(at)?;
        state.free -= 1;
        *state.held.entry(sender).or_default() += 1;
        let slots = self.clone();
        Some((give, Slot { slots, sender }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.slots.state();
        state.free += 1;
        if let Some(held) = state.held.get_mut(&self.sender) {
            *held -= 1;
            if *held == 0 {
                state.held.remove(&self.sender);
            }
        }
        drop(state);
        self.slots.grant();
    }
}

/// Files that are fetched at once, from whoever is there.
const FETCHED: usize = 4;

/// Of them, those of one sender: one place is always left to others.
const OF_SENDER: usize = FETCHED - 1;

#[cfg(test)]
mod tests {
    use super::*;

    const A: PersonId = PersonId([1; 32]);
    const B: PersonId = PersonId([2; 32]);
    const C: PersonId = PersonId([3; 32]);

    #[tokio::test]
    async fn one_sender_never_has_all_places_and_who_has_least_is_next() {
        let slots = Slots::new();
        let mut held = Vec::new();
        for _ in 0..OF_SENDER {
            held.push(slots.take(A).await.unwrap());
        }
        let mut more = Box::pin(slots.take(A));
        assert!(futures::poll!(more.as_mut()).is_pending(), "all but one");
        let of_b = slots.take(B).await.unwrap();
        let mut next_b = Box::pin(slots.take(B));
        let mut first_c = Box::pin(slots.take(C));
        assert!(futures::poll!(next_b.as_mut()).is_pending());
        assert!(futures::poll!(first_c.as_mut()).is_pending());
        assert!(slots.others_wait(A) && slots.others_wait(B));

        drop(held.pop());

        assert!(futures::poll!(first_c.as_mut()).is_ready(), "she has none");
        assert!(futures::poll!(more.as_mut()).is_pending());
        drop(next_b);
        drop(of_b);
        assert!(futures::poll!(more.as_mut()).is_ready());
        assert!(!slots.others_wait(A));
    }

    #[tokio::test]
    async fn who_went_away_keeps_no_place() {
        let slots = Slots::new();
        for _ in 0..20 {
            let mut gone = Box::pin(slots.take(A));
            let _ = futures::poll!(gone.as_mut());
        }

        let mut all = Vec::new();
        for sender in [A, B, A, B] {
            all.push(slots.take(sender).await.unwrap());
        }
        assert_eq!(all.len(), FETCHED);
    }
}
