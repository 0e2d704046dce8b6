//! Who is connected, what each was asked to sign, and how fast it asks.

use std::{collections::BTreeMap, time::Duration};

use libp2p::swarm::ConnectionId;
use tokio::time::Instant;

use crate::{
    net::admission::Bucket,
    wire::id::{PeerId, TopicKey},
};

/// All connections of clients.
#[derive(Debug, Default)]
pub(super) struct Clients {
    connections: BTreeMap<ConnectionId, Client>,
    /// Subscriptions without a lease, and until when one may come.
    unexplained: BTreeMap<(PeerId, TopicKey), Instant>,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) peer: PeerId,
    /// What it has to sign, once it has asked.
    pub(super) challenge: Option<[u8; 32]>,
    /// Whether it has shown the token.
    pub(super) has_shown_token: bool,
    /// Whether it was made through the gate.
    pub(super) gated_in: bool,
    since: Instant,
    pace: Bucket,
    frames: Bucket,
}

impl Clients {
    pub(super) fn insert(&mut self, id: ConnectionId, peer: PeerId, gated_in: bool, now: Instant) {
        let client = Client {
            peer,
            challenge: None,
            has_shown_token: false,
            gated_in,
            since: now,
            pace: Bucket::full(BURST, now),
            frames: Bucket::full(FRAMES_BURST, now),
        };
        self.connections.insert(id, client);
    }

    /// Takes a connection out; `true` if it was the peer's last.
    pub(super) fn remove(&mut self, id: ConnectionId) -> bool {
        let Some(client) = self.connections.remove(&id) else {
            return false;
        };
        let is_last = !self.is_connected(client.peer);
        if is_last {
            self.unexplained.retain(|(peer, _), _| *peer != client.peer);
        }
        is_last
    }

    /// A connection that asks something that concerns so many frames or topics; `None` if it asks too
    /// fast, or is gone.
    pub(super) fn asking(
        &mut self,
        id: ConnectionId,
        weight: usize,
        now: Instant,
    ) -> Option<&mut Client> {
        let client = self.connections.get_mut(&id)?;
        let allowed = client.pace.take(RATE, BURST, now)
            && (0..weight).all(|_| client.frames.take(FRAMES, FRAMES_BURST, now));
        allowed.then_some(client)
    }

    /// The connections of a peer.
    pub(super) fn of(&self, peer: PeerId) -> impl Iterator<Item = (ConnectionId, &Client)> {
        let all = self.connections.iter();
        all.filter(move |(_, client)| client.peer == peer)
            .map(|(id, client)| (*id, client))
    }

    /// How many connections there are.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.connections.len()).unwrap_or(u64::MAX)
    }

    /// The connections of a peer that were made before it was let in.
    pub(super) fn outside_gate(&self, peer: PeerId) -> Vec<ConnectionId> {
        let outside = self.connections.iter();
        let outside = outside.filter(|(_, client)| client.peer == peer && !client.gated_in);
        outside.map(|(id, _)| *id).collect()
    }

    /// Connections that have stayed for long without ever being let in.
    pub(super) fn overstaying(&self, now: Instant) -> Vec<ConnectionId> {
        let outside = self.connections.iter().filter(|(_, it)| !it.gated_in);
        let late = outside.filter(|(_, client)| now >= client.since + VISIT);
        late.map(|(id, _)| *id).collect()
    }

    /// A peer takes part in a topic for which it has no lease. `false` if there are too many such.
    pub(super) fn unexplained(&mut self, peer: PeerId, topic: TopicKey, now: Instant) -> bool {
        let known = self.unexplained.contains_key(&(peer, topic));
        if !known && self.unexplained.len() >= UNEXPLAINED {
            return false;
        }
        let until = now + EXPLANATION;
        self.unexplained.entry((peer, topic)).or_insert(until);
        true
    }

    /// A peer has a lease for the topic, or no longer takes part in it.
    pub(super) fn explained(&mut self, peer: PeerId, topic: TopicKey) {
        self.unexplained.remove(&(peer, topic));
    }

    /// Peers that did not explain themselves in time.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<PeerId> {
        let late = self.unexplained.iter().filter(|(_, until)| **until <= now);
        let mut peers: Vec<PeerId> = late.map(|((peer, _), _)| *peer).collect();
        peers.dedup();
        self.unexplained
            .retain(|(peer, _), _| !peers.contains(peer));
        peers
    }

    fn is_connected(&self, peer: PeerId) -> bool {
        self.connections.values().any(|client| client.peer == peer)
    }
}

/// Requests of one connection in a second, after a burst of [`BURST`]: a lease for every topic, and
/// some.
const RATE: u32 = 50;

const BURST: u32 = 1200;

/// Frames that one connection puts, and topics that it watches, in a second, after a burst of
/// [`FRAMES_BURST`].
const FRAMES: u32 = 400;

const FRAMES_BURST: u32 = 4000;

/// How long a connection may stay without a lease.
const VISIT: Duration = Duration::from_mins(1);

/// How long a subscription may wait for its lease (protocol §6.2).
const EXPLANATION: Duration = Duration::from_secs(10);

/// Subscriptions that wait for one.
const UNEXPLAINED: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerId = PeerId([1; 32]);
    const TOPIC: TopicKey = TopicKey([7; 32]);

    #[tokio::test]
    async fn a_subscription_that_no_lease_explains_is_overdue_after_ten_seconds() {
        let now = Instant::now();
        let mut clients = Clients::default();
        clients.unexplained(PEER, TOPIC, now);
        clients.unexplained(PEER, TopicKey([8; 32]), now);
        clients.explained(PEER, TopicKey([8; 32]));

        assert!(clients.overdue(now + Duration::from_secs(9)).is_empty());
        assert_eq!(clients.overdue(now + EXPLANATION), [PEER]);
        assert!(clients.overdue(now + EXPLANATION).is_empty());
    }

    #[tokio::test]
    async fn only_who_was_let_in_may_stay() {
        let now = Instant::now();
        let ids = [1, 2].map(ConnectionId::new_unchecked);
        let mut clients = Clients::default();
        clients.insert(ids[0], PEER, false, now);
        clients.insert(ids[1], PEER, true, now);

        assert_eq!(clients.overstaying(now), []);
        assert_eq!(clients.overstaying(now + VISIT), [ids[0]]);
    }

    #[tokio::test]
    async fn a_connection_may_ask_so_fast_and_no_faster() {
        let now = Instant::now();
        let id = ConnectionId::new_unchecked(1);
        let mut clients = Clients::default();
        clients.insert(id, PEER, false, now);

        let burst = (0..5000)
            .take_while(|_| clients.asking(id, 0, now).is_some())
            .count();

        assert_eq!(burst, 1200);
        assert!(clients.remove(id));
        assert!(clients.asking(id, 0, now).is_none());
    }
}
