//! How many streams each peer has open.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::wire::id::PeerId;

/// Places for streams, of which one peer has only some. Clones are the same.
#[derive(Clone)]
pub struct Seats {
    all: usize,
    each: usize,
    taken: Arc<Mutex<BTreeMap<PeerId, usize>>>,
}

/// A place that is free again when this is dropped.
pub struct Seat(Seats, PeerId);

impl Seats {
    /// So many in all, and so many for one peer.
    pub fn new(all: usize, each: usize) -> Self {
        Self {
            all,
            each,
            taken: Arc::default(),
        }
    }

    /// A place for one more stream of a peer, if there is any.
    pub fn take(&self, peer: PeerId) -> Option<Seat> {
        let mut taken = self.taken();
        let all: usize = taken.values().sum();
        let of = taken.get(&peer).copied().unwrap_or(0);
        if of >= self.each || all >= self.all {
            return None;
        }
        taken.insert(peer, of + 1);
        Some(Seat(self.clone(), peer))
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<PeerId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.0.taken();
        if let Some(of) = taken.get_mut(&self.1) {
            *of -= 1;
            if *of == 0 {
                taken.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_many_streams() {
        let seats = Seats::new(32, 4);
        let few: Vec<_> = (0..9).map_while(|_| seats.take(PeerId([1; 32]))).collect();
        assert_eq!(few.len(), 4);
        let all: Vec<_> = (10..60)
            .map_while(|n| seats.take(PeerId([n; 32])))
            .collect();
        assert_eq!(all.len(), 28);

        drop(few);
        drop(all);

        assert!(seats.take(PeerId([1; 32])).is_some());
        assert!(seats.taken().is_empty(), "nothing is kept of who has none");
    }
}
