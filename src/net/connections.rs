//! Which connections there are, and which of two to one peer stays.

use std::{collections::BTreeMap, time::Duration};

use libp2p::swarm::ConnectionId;
use tokio::time::Instant;

use crate::wire::id::{Address, PeerId};

/// All connections, by peer.
#[derive(Debug)]
pub(crate) struct Connections {
    local: PeerId,
    peers: BTreeMap<PeerId, Vec<Connection>>,
}

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    /// Where the peer is; if it dialled us, not where it listens.
    pub(crate) address: Address,
    pub(crate) we_dialled: bool,
    pub(crate) since: Instant,
    /// Whether it was made through the gate.
    pub(crate) gated_in: bool,
    /// Whether it is being closed.
    pub(crate) closing: bool,
}

impl Connections {
    pub(crate) fn new(local: PeerId) -> Self {
        Self {
            local,
            peers: BTreeMap::new(),
        }
    }

    /// Adds a connection; `true` if it is the first to this peer.
    pub(crate) fn insert(&mut self, peer: PeerId, connection: Connection) -> bool {
        let connections = self.peers.entry(peer).or_default();
        connections.push(connection);
        connections.len() == 1
    }

    /// Takes a connection out.
    pub(crate) fn remove(&mut self, peer: PeerId, id: ConnectionId) -> Option<Connection> {
        let connections = self.peers.get_mut(&peer)?;
        let place = connections.iter().position(|other| other.id == id)?;
        let connection = connections.remove(place);
        if connections.is_empty() {
            self.peers.remove(&peer);
        }
        Some(connection)
    }

    /// How many peers are connected.
    pub(crate) fn peers(&self) -> usize {
        self.peers.len()
    }

    pub(crate) fn is_connected(&self, peer: PeerId) -> bool {
        self.peers.contains_key(&peer)
    }

    /// Where the other end of a connection is.
    pub(crate) fn address_of(&self, peer: PeerId, id: ConnectionId) -> Option<&Address> {
        let mut all = self.peers.get(&peer)?.iter();
        let connection = all.find(|connection| connection.id == id)?;
        Some(&connection.address)
    }

    /// The connection of this peer through the gate that will stay.
    pub(crate) fn preferred(&self, peer: PeerId) -> Option<&Connection> {
        let open = self.of(peer).filter(|connection| connection.gated_in);
        open.reduce(|best, other| {
            if self.is_better(peer, other, best) {
                other
            } else {
                best
            }
        })
    }

    /// Whether whoever dialled the newer had lost the older, and with it what was under way: both are there at
    /// once also when both sides dial.
    pub(crate) fn was_lost(&self, peer: PeerId, older: ConnectionId, newer: ConnectionId) -> bool {
        let since = |id| {
            let mut all = self.peers.get(&peer)?.iter();
            all.find(|connection| connection.id == id)
                .map(|connection| connection.since)
        };
        match (since(older), since(newer)) {
            (Some(older), Some(newer)) => newer.saturating_duration_since(older) > SETTLED,
            _ => false,
        }
    }

    /// The connections of this peer that were made before the gate was open to it.
    pub(crate) fn outside_gate(&self, peer: PeerId) -> Vec<ConnectionId> {
        let outside = self.of(peer).filter(|connection| !connection.gated_in);
        outside.map(|connection| connection.id).collect()
    }

    /// Says that a connection is being closed; `false` if that was known, or there is none.
    pub(crate) fn close(&mut self, id: ConnectionId) -> bool {
        let mut all = self.peers.values_mut().flatten();
        match all.find(|connection| connection.id == id) {
            Some(connection) => !std::mem::replace(&mut connection.closing, true),
            None => false,
        }
    }

    /// Whether a superfluous connection has been given all the time it gets.
    pub(crate) fn is_old(&self, id: ConnectionId, now: Instant) -> bool {
        let mut all = self.peers.iter().filter_map(|(peer, connections)| {
            let newest = connections
                .iter()
                .map(|connection| connection.since)
                .max()?;
            let mine = connections.iter().any(|connection| connection.id == id);
            mine.then(|| newest + self.patience(*peer) + DRAINED)
        });
        all.next().is_none_or(|end| end <= now)
    }

    /// Connections of strangers that keep themselves alive without end.
    pub(crate) fn overstaying(&self, now: Instant) -> Vec<ConnectionId> {
        let strangers = self
            .peers
            .values()
            .flatten()
            .filter(|c| !c.gated_in && !c.closing);
        let late = strangers.filter(|connection| now >= connection.since + VISIT);
        late.map(|connection| connection.id).collect()
    }

    fn of(&self, peer: PeerId) -> impl Iterator<Item = &Connection> {
        let all = self.peers.get(&peer).into_iter().flatten();
        all.filter(|connection| !connection.closing)
    }

    /// Which connections to close now, because there is a better one to the same peer.
    ///
    /// Of two that were made within a second of each other (both sides dialled) the one stays that
    /// the smaller id dialled; else the newer, because whoever dialled it had lost the older. Both
    /// sides come to the same answer; so that they do not act on different clocks, the smaller id
    /// acts and the other only if it does not.
    pub(crate) fn superfluous(&self, now: Instant) -> Vec<ConnectionId> {
        let mut out = Vec::new();
        for peer in self.peers.keys() {
            let settled = |other: &&Connection| now >= other.since + self.patience(*peer);
            for connection in self.of(*peer).filter(settled) {
                let mut others = self.of(*peer).filter(settled);
                if others.any(|other| self.is_better(*peer, other, connection)) {
                    out.push(connection.id);
                }
            }
        }
        out
    }

    /// When [`Connections::superfluous`] or [`Connections::overstaying`] may next find something.
    pub(crate) fn next(&self) -> Option<Instant> {
        let settled = self.peers.keys().filter_map(|peer| {
            let newest = self.of(*peer).map(|connection| connection.since).max()?;
            (self.of(*peer).count() > 1).then(|| newest + self.patience(*peer))
        });
        let strangers = self
            .peers
            .values()
            .flatten()
            .filter(|c| !c.gated_in && !c.closing);
        let late = strangers.map(|connection| connection.since + VISIT);
        settled.chain(late).min()
    }

    fn patience(&self, peer: PeerId) -> Duration {
        if self.local < peer {
            SETTLED
        } else {
            SETTLED.saturating_mul(3)
        }
    }

    fn is_better(&self, peer: PeerId, one: &Connection, other: &Connection) -> bool {
        let smaller_dialled =
            |connection: &Connection| connection.we_dialled == (self.local < peer);
        let apart = if one.since > other.since {
            one.since - other.since
        } else {
            other.since - one.since
        };
        if apart <= SETTLED && smaller_dialled(one) != smaller_dialled(other) {
            smaller_dialled(one)
        } else {
            (one.since, one.id) > (other.since, other.id)
        }
    }
}

/// After this both sides know of both connections.
const SETTLED: Duration = Duration::from_secs(1);

/// How long a superfluous connection may still be used for what was begun on it.
const DRAINED: Duration = Duration::from_secs(10);

/// How long a stranger may stay at most. Longer than two requests take.
const VISIT: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: PeerId = PeerId([1; 32]);
    const LARGE: PeerId = PeerId([9; 32]);

    fn connection(id: usize, we_dialled: bool, since: Instant) -> Connection {
        Connection {
            id: ConnectionId::new_unchecked(id),
            address: Address(vec![]),
            we_dialled,
            since,
            gated_in: true,
            closing: false,
        }
    }

    fn superfluous(local: PeerId, peer: PeerId, all: &[Connection], after: Duration) -> Vec<usize> {
        let mut connections = Connections::new(local);
        let start = all[0].since;
        for connection in all {
            connections.insert(peer, connection.clone());
        }
        let found = connections.superfluous(start + after);
        let number = |id: ConnectionId| all.iter().position(|c| c.id == id).unwrap();
        found.into_iter().map(number).collect()
    }

    #[tokio::test]
    async fn when_both_dialled_the_smaller_ids_connection_stays_on_both_sides() {
        let now = Instant::now();
        let later = now + Duration::from_millis(20);
        // Connection 0 was dialled by the small one, 1 by the large one.
        let at_small = [connection(0, true, now), connection(1, false, later)];
        let at_large = [connection(0, false, later), connection(1, true, now)];
        let long = Duration::from_secs(4);

        assert_eq!(superfluous(SMALL, LARGE, &at_small, long), [1]);
        assert_eq!(superfluous(LARGE, SMALL, &at_large, long), [1]);
    }

    #[tokio::test]
    async fn a_connection_made_much_later_replaces_the_older_on_both_sides() {
        let now = Instant::now();
        let later = now + Duration::from_mins(1);
        for we_dialled in [true, false] {
            let all = [connection(0, true, now), connection(1, we_dialled, later)];

            for (local, peer) in [(SMALL, LARGE), (LARGE, SMALL)] {
                let found = superfluous(local, peer, &all, Duration::from_secs(70));
                assert_eq!(found, [0]);
            }
        }
    }

    #[tokio::test]
    async fn a_connection_that_comes_much_later_says_that_the_older_was_lost() {
        let start = Instant::now();
        let lost = |after| {
            let mut connections = Connections::new(SMALL);
            connections.insert(LARGE, connection(0, true, start));
            connections.insert(LARGE, connection(1, false, start + after));
            let [older, newer] = [0, 1].map(ConnectionId::new_unchecked);
            connections.was_lost(LARGE, older, newer)
        };

        assert!(lost(Duration::from_secs(2)));
        assert!(!lost(SETTLED), "both dialled");
        assert!(!lost(Duration::ZERO));
    }

    #[tokio::test]
    async fn nothing_is_closed_before_both_sides_know_and_the_smaller_id_acts_first() {
        let now = Instant::now();
        let all = [connection(0, true, now), connection(1, false, now)];
        let after =
            |local, peer, ms| superfluous(local, peer, &all, Duration::from_millis(ms)).len();

        assert_eq!(after(SMALL, LARGE, 900), 0);
        assert_eq!(after(SMALL, LARGE, 1000), 1);
        assert_eq!(after(LARGE, SMALL, 1000), 0);
        assert_eq!(after(LARGE, SMALL, 3000), 1);
    }

    #[tokio::test]
    async fn a_single_connection_stays() {
        let now = Instant::now();
        let all = [connection(0, true, now)];

        assert!(superfluous(SMALL, LARGE, &all, Duration::from_mins(1)).is_empty());
    }
}
