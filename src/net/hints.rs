//! Addresses from the command line: dialled until each was reached once.

use std::{collections::BTreeMap, time::Duration};

use libp2p::swarm::ConnectionId;
use tokio::time::Instant;

use crate::wire::id::{Address, PeerId};

/// Addresses that somebody typed.
#[derive(Debug)]
pub(crate) struct Hints {
    waiting: BTreeMap<usize, Hint>,
}

#[derive(Debug)]
struct Hint {
    peer: Option<PeerId>,
    address: Address,
    state: State,
    wait: Duration,
}

#[derive(Debug)]
enum State {
    Due(Instant),
    Dialling(ConnectionId),
}

impl Hints {
    pub(crate) fn new(addresses: Vec<(Option<PeerId>, Address)>, now: Instant) -> Self {
        let hint = |(peer, address)| Hint {
            peer,
            address,
            state: State::Due(now),
            wait: FIRST_WAIT,
        };
        Self {
            waiting: addresses.into_iter().map(hint).enumerate().collect(),
        }
    }

    /// What to dial now. Each is due again soon, unless [`Hints::dialling`] says how it goes on.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<(usize, Option<PeerId>, Address)> {
        let mut due = Vec::new();
        for (number, hint) in &mut self.waiting {
            if matches!(hint.state, State::Due(at) if at <= now) {
                hint.state = State::Due(now + hint.wait);
                hint.wait = hint.wait.saturating_mul(2).min(LONGEST_WAIT);
                due.push((*number, hint.peer, hint.address.clone()));
            }
        }
        due
    }

    /// The address is being dialled.
    pub(crate) fn dialling(&mut self, number: usize, connection: ConnectionId) {
        if let Some(hint) = self.waiting.get_mut(&number) {
            hint.state = State::Dialling(connection);
        }
    }

    /// The address was reached, or its peer is connected anyway.
    pub(crate) fn reached(&mut self, connection: ConnectionId, peer: PeerId) {
        self.waiting.retain(|_, hint| {
            let dialled = matches!(hint.state, State::Dialling(id) if id == connection);
            !dialled && hint.peer != Some(peer)
        });
    }

    /// It was not.
    pub(crate) fn failed(&mut self, connection: ConnectionId, now: Instant) {
        for hint in self.waiting.values_mut() {
            if matches!(hint.state, State::Dialling(id) if id == connection) {
                hint.state = State::Due(now + hint.wait);
            }
        }
    }

    /// When [`Hints::take_due`] next has work, if ever.
    pub(crate) fn next(&self) -> Option<Instant> {
        let due = self.waiting.values().filter_map(|hint| match hint.state {
            State::Due(at) => Some(at),
            State::Dialling(_) => None,
        });
        due.min()
    }
}

const FIRST_WAIT: Duration = Duration::from_secs(1);

const LONGEST_WAIT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_dialled_until_it_is_reached() {
        let now = Instant::now();
        let id = ConnectionId::new_unchecked(1);
        let address = Address(vec![1]);
        let mut hints = Hints::new(vec![(None, address.clone())], now);

        assert_eq!(hints.take_due(now), [(0, None, address.clone())]);
        hints.dialling(0, id);
        assert_eq!(hints.next(), None);
        hints.failed(id, now);
        let next = hints.next().unwrap();
        assert_eq!(hints.take_due(next), [(0, None, address)]);
        hints.dialling(0, id);
        hints.reached(id, PeerId([1; 32]));

        assert_eq!(hints.next(), None);
        assert!(hints.waiting.is_empty());
    }
}
