//! Who mDNS says is nearby, within bounds. Everything in it is a claim.

use std::{collections::BTreeMap, time::Duration};

use libp2p::{Multiaddr, multiaddr::Protocol};
use tokio::time::Instant;

use crate::{
    net::address,
    wire::{
        id::{Address, PeerId},
        limits,
    },
};

/// Peers and where they say they are.
#[derive(Debug)]
pub(crate) struct Neighbours {
    peers: BTreeMap<PeerId, Vec<Claim>>,
    /// Records that the behaviour holds; it never says when it refreshes one.
    records: usize,
    window: Instant,
    new_in_window: usize,
}

#[derive(Debug)]
struct Claim {
    address: Address,
    /// Set when the behaviour that knew it is gone, until the new one hears it again.
    expires: Option<Instant>,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A peer is here, at all of these addresses.
    Found(PeerId, Vec<Address>),
    /// A peer is no longer heard.
    Lost(PeerId),
}

/// More records than an honest network has: the behaviour must be thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crowd;

impl Neighbours {
    pub(crate) fn new() -> Self {
        Self {
            peers: BTreeMap::new(),
            records: 0,
            window: Instant::now(),
            new_in_window: 0,
        }
    }

    /// A new behaviour begins with nothing: what it does not hear by `expires` is gone.
    pub(crate) fn begin(&mut self, expires: Instant) {
        self.records = 0;
        self.new_in_window = 0;
        for claim in self.peers.values_mut().flatten() {
            claim.expires = Some(expires);
        }
    }

    pub(crate) fn contains(&self, peer: PeerId) -> bool {
        self.peers.contains_key(&peer)
    }

    /// The behaviour has a new record.
    pub(crate) fn found(
        &mut self,
        peer: libp2p::PeerId,
        address: &Multiaddr,
        now: Instant,
    ) -> Result<Option<Change>, Crowd> {
        self.count(now)?;
        let (Some(peer), Some(address)) = (address::from_libp2p(&peer), acceptable(address)) else {
            return Ok(None);
        };
        if !self.peers.contains_key(&peer) && self.peers.len() >= limits::NEARBY {
            return Ok(None);
        }
        let claims = self.peers.entry(peer).or_default();
        if let Some(known) = claims.iter_mut().find(|claim| claim.address == address) {
            known.expires = None;
            return Ok(None);
        }
        if claims.len() >= CLAIMS {
            // A node that is started again and again leaves its old addresses behind.
            claims.remove(0);
        }
        claims.push(Claim {
            address,
            expires: None,
        });
        let addresses = claims.iter().map(|claim| claim.address.clone()).collect();
        Ok(Some(Change::Found(peer, addresses)))
    }

    /// The behaviour dropped a record.
    pub(crate) fn expired(&mut self, peer: libp2p::PeerId, address: &Multiaddr) -> Option<Change> {
        self.records = self.records.saturating_sub(1);
        let peer = address::from_libp2p(&peer)?;
        let address = address::from_multiaddr(address);
        self.peers
            .get_mut(&peer)?
            .retain(|claim| claim.address != address);
        self.drop_empty(peer)
    }

    /// Forgets what no behaviour has heard since [`Neighbours::begin`].
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Change> {
        let peers: Vec<PeerId> = self.peers.keys().copied().collect();
        for claims in self.peers.values_mut() {
            claims.retain(|claim| claim.expires.is_none_or(|at| at > now));
        }
        peers
            .into_iter()
            .filter_map(|peer| self.drop_empty(peer))
            .collect()
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) -> Vec<Change> {
        let peers = std::mem::take(&mut self.peers);
        self.records = 0;
        peers.into_keys().map(Change::Lost).collect()
    }

    fn drop_empty(&mut self, peer: PeerId) -> Option<Change> {
        if !self.peers.get(&peer)?.is_empty() {
            return None;
        }
        self.peers.remove(&peer);
        Some(Change::Lost(peer))
    }

    fn count(&mut self, now: Instant) -> Result<(), Crowd> {
        if now >= self.window + Duration::from_secs(1) {
            self.window = now;
            self.new_in_window = 0;
        }
        self.records = self.records.saturating_add(1);
        self.new_in_window = self.new_in_window.saturating_add(1);
        if self.new_in_window > NEW_PER_SECOND || self.records > RECORDS {
            return Err(Crowd);
        }
        Ok(())
    }
}

/// An address as it may stand in a record: TCP on a private network, without anything else. A
/// link-local IPv6 address cannot be dialled without its zone, which a record does not carry.
fn acceptable(address: &Multiaddr) -> Option<Address> {
    let address = address::from_multiaddr(address);
    let parsed = address::to_multiaddr(&address)?;
    let mut parts = parsed.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) if ip.is_private() || ip.is_link_local() => Some(()),
        Protocol::Ip6(ip) if ip.is_unique_local() => Some(()),
        _ => None,
    };
    let port = match parts.next()? {
        Protocol::Tcp(port) if port >= 1024 => Some(()),
        _ => None,
    };
    let end = parts.next().is_none();
    (ip.is_some() && port.is_some() && end).then_some(address)
}

/// Addresses of one peer.
const CLAIMS: usize = 4;

/// Records of a network that is not hostile.
const RECORDS: usize = 1024;

/// New records in one second: more than two hundred people arriving with all their addresses in
/// ten seconds do not make.
const NEW_PER_SECOND: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u32) -> libp2p::PeerId {
        let seed: [u8; 32] = std::array::from_fn(|i| n.to_be_bytes()[i % 4]);
        let key = libp2p::identity::Keypair::ed25519_from_bytes(seed).unwrap();
        key.public().to_peer_id()
    }

    fn at(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    fn found(neighbours: &mut Neighbours, n: u32, address: &str) -> Option<Change> {
        neighbours
            .found(peer(n), &at(address), Instant::now())
            .unwrap()
    }

    fn addresses(change: Option<Change>) -> Vec<String> {
        match change {
            Some(Change::Found(_, all)) => all.iter().map(address::text).collect(),
            _ => Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_peer_is_told_with_all_its_addresses_and_each_once() {
        let mut neighbours = Neighbours::new();
        let (one, two) = ("/ip4/10.0.0.1/tcp/4001", "/ip6/fd77::1/tcp/4001");

        let first = found(&mut neighbours, 1, one);
        let again = found(&mut neighbours, 1, one);
        let second = found(&mut neighbours, 1, two);

        assert_eq!(addresses(first), [one]);
        assert_eq!(again, None);
        assert_eq!(addresses(second), [one, two]);
    }

    #[tokio::test]
    async fn addresses_that_are_not_of_a_private_network_are_not_taken() {
        let mut neighbours = Neighbours::new();

        for address in [
            "/ip4/127.0.0.1/tcp/4001",
            "/ip4/8.8.8.8/tcp/4001",
            "/ip4/224.0.0.251/tcp/4001",
            "/ip4/0.0.0.0/tcp/4001",
            "/ip4/255.255.255.255/tcp/4001",
            "/ip4/10.0.0.1/tcp/80",
            "/ip4/10.0.0.1/udp/4001",
            "/ip4/10.0.0.1/tcp/4001/ws",
            "/ip6/::1/tcp/4001",
            "/ip6/2001:db8::1/tcp/4001",
            "/ip6/ff02::fb/tcp/4001",
            "/ip6/fe80::1/tcp/4001",
            "/dns4/example.org/tcp/4001",
        ] {
            assert_eq!(found(&mut neighbours, 1, address), None, "{address}");
        }
        assert!(neighbours.peers.is_empty());
    }

    #[tokio::test]
    async fn there_are_at_most_256_peers_with_four_addresses_each() {
        let mut neighbours = Neighbours::new();
        let start = Instant::now();

        for n in 0..300_u32 {
            // Slowly enough to be believed.
            let now = start + Duration::from_secs(n.into());
            let address = at("/ip4/10.0.0.1/tcp/4001");
            neighbours.found(peer(n), &address, now).unwrap();
        }
        for port in 5000..5010 {
            let address = at(&format!("/ip4/10.0.0.1/tcp/{port}"));
            let now = start + Duration::from_secs(1000);
            neighbours.found(peer(0), &address, now).unwrap();
        }

        let newest = addresses(found(&mut neighbours, 0, "/ip4/10.0.0.1/tcp/6000"));
        assert_eq!(newest.len(), CLAIMS);
        assert_eq!(newest.last().unwrap(), "/ip4/10.0.0.1/tcp/6000");
        assert_eq!(neighbours.peers.len(), limits::NEARBY);
        assert!(
            neighbours
                .peers
                .values()
                .all(|claims| claims.len() <= CLAIMS)
        );
    }

    #[tokio::test]
    async fn a_flood_and_a_slow_flood_are_noticed() {
        let mut fast = Neighbours::new();
        let mut slow = Neighbours::new();
        let now = Instant::now();
        let address = || at("/ip4/8.8.8.8/tcp/1");

        let taken = (0..1000)
            .take_while(|_| fast.found(peer(1), &address(), now).is_ok())
            .count();
        let slowly = (0..10_000_u32)
            .take_while(|n| {
                let now = now + Duration::from_millis(100) * *n;
                slow.found(peer(1), &address(), now).is_ok()
            })
            .count();

        assert_eq!(taken, NEW_PER_SECOND);
        assert_eq!(slowly, RECORDS);
    }

    #[tokio::test]
    async fn a_peer_is_lost_with_its_last_address() {
        let mut neighbours = Neighbours::new();
        let (one, two) = ("/ip4/10.0.0.1/tcp/4001", "/ip6/fd77::1/tcp/4001");
        found(&mut neighbours, 1, one);
        found(&mut neighbours, 1, two);

        assert_eq!(neighbours.expired(peer(1), &at(one)), None);

        let lost = neighbours.expired(peer(1), &at(two));
        assert!(matches!(lost, Some(Change::Lost(_))));
        assert!(neighbours.peers.is_empty());
    }

    #[tokio::test]
    async fn after_a_new_start_only_those_heard_again_stay() {
        let mut neighbours = Neighbours::new();
        let address = "/ip4/10.0.0.1/tcp/4001";
        found(&mut neighbours, 1, address);
        found(&mut neighbours, 2, address);
        let expires = Instant::now() + Duration::from_mins(1);

        neighbours.begin(expires);
        assert_eq!(found(&mut neighbours, 1, address), None);

        assert_eq!(neighbours.expire(Instant::now()), []);
        let gone = address::from_libp2p(&peer(2)).unwrap();
        assert_eq!(neighbours.expire(expires), [Change::Lost(gone)]);
    }
}
