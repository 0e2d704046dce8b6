//! Who may connect, and who stays connected.
//!
//! libp2p limits connections as a whole and by peer; floods come from one address, under as many
//! names as it likes. Strangers have few places, authorised peers are never turned away for them.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    net::IpAddr,
    task::{Context, Poll},
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse, upgrade::DeniedUpgrade},
    multiaddr::Protocol,
    swarm::{
        ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
        NetworkBehaviour, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
        handler::ConnectionEvent,
    },
};
use tokio::time::Instant;

use super::address;

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    /// Of peers that are not authorised, in each direction.
    pub(crate) strangers: usize,
    /// From one public address. Of IPv6 a host has a /64, which counts as one.
    pub(crate) per_ip: usize,
    /// From one public subnet: /24 or /48.
    pub(crate) per_subnet: usize,
    /// New ones from one address each second, after a burst of four times as many.
    pub(crate) rate: u32,
}

/// From one address of a private network or this machine: several nodes may share it.
const PER_LOCAL_IP: usize = 64;

/// Addresses whose rate is remembered.
const RATES: usize = 1024;

/// Refuses connections above the limits, and keeps those of authorised peers alive.
pub(crate) struct Admission {
    places: Places,
    allowed: BTreeSet<PeerId>,
    inbound: BTreeMap<ConnectionId, IpAddr>,
    strangers: BTreeMap<ConnectionId, Direction>,
    rates: BTreeMap<IpAddr, Bucket>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

/// A connection is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("too many connections from this address")]
    Address,
    #[error("too many new connections from this address")]
    Rate,
    #[error("too many strangers")]
    Strangers,
    #[error("a peer with a key that is not Ed25519")]
    Key,
}

impl Admission {
    pub(crate) fn new(places: Places) -> Self {
        Self {
            places,
            allowed: BTreeSet::new(),
            inbound: BTreeMap::new(),
            strangers: BTreeMap::new(),
            rates: BTreeMap::new(),
        }
    }

    /// From its next connection on the peer is no stranger.
    pub(crate) fn allow(&mut self, peer: PeerId) {
        self.allowed.insert(peer);
    }

    /// From its next connection on the peer is a stranger.
    pub(crate) fn forbid(&mut self, peer: &PeerId) {
        self.allowed.remove(peer);
    }

    fn check_pending(&mut self, ip: IpAddr, now: Instant) -> Result<(), Refused> {
        let ip = host(ip);
        let same_ip = self.inbound.values().filter(|other| **other == ip).count();
        if is_local(ip) {
            if same_ip >= PER_LOCAL_IP {
                return Err(Refused::Address);
            }
        } else {
            let subnet = subnet(ip);
            let neighbours = self.inbound.values();
            let neighbours = neighbours.filter(|other| self::subnet(**other) == subnet);
            if same_ip >= self.places.per_ip || neighbours.count() >= self.places.per_subnet {
                return Err(Refused::Address);
            }
        }
        if self.rate(ip, now) {
            Ok(())
        } else {
            Err(Refused::Rate)
        }
    }

    fn rate(&mut self, ip: IpAddr, now: Instant) -> bool {
        let (rate, burst) = (self.places.rate, self.places.rate.saturating_mul(4));
        if self.rates.len() >= RATES && !self.rates.contains_key(&ip) {
            self.rates
                .retain(|_, bucket| !bucket.is_full(rate, burst, now));
            if self.rates.len() >= RATES {
                self.rates.pop_first();
            }
        }
        let bucket = self
            .rates
            .entry(ip)
            .or_insert_with(|| Bucket::full(burst, now));
        bucket.take(rate, burst, now)
    }

    fn check_peer(&self, peer: PeerId, direction: Direction) -> Result<Lasting, Refused> {
        if address::from_libp2p(&peer).is_none() {
            return Err(Refused::Key);
        }
        if self.allowed.contains(&peer) {
            return Ok(Lasting(true));
        }
        let others = self.strangers.values().filter(|other| **other == direction);
        if others.count() >= self.places.strangers {
            return Err(Refused::Strangers);
        }
        Ok(Lasting(false))
    }
}

impl NetworkBehaviour for Admission {
    type ConnectionHandler = Lasting;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let ip = ip_of(remote).ok_or_else(|| ConnectionDenied::new(Refused::Address))?;
        self.check_pending(ip, Instant::now())
            .map_err(ConnectionDenied::new)?;
        self.inbound.insert(connection, host(ip));
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.check_peer(peer, Direction::In).map_err(|refused| {
            self.inbound.remove(&connection);
            ConnectionDenied::new(refused)
        })
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.check_peer(peer, Direction::Out)
            .map_err(ConnectionDenied::new)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(event) if !self.allowed.contains(&event.peer_id) => {
                let direction = if event.endpoint.is_dialer() {
                    Direction::Out
                } else {
                    Direction::In
                };
                self.strangers.insert(event.connection_id, direction);
            }
            FromSwarm::ConnectionClosed(event) => {
                self.inbound.remove(&event.connection_id);
                self.strangers.remove(&event.connection_id);
            }
            FromSwarm::ListenFailure(event) => {
                self.inbound.remove(&event.connection_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

/// Keeps a connection alive, or leaves it to the others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lasting(bool);

impl ConnectionHandler for Lasting {
    type FromBehaviour = Infallible;
    type ToBehaviour = Infallible;
    type InboundProtocol = DeniedUpgrade;
    type OutboundProtocol = DeniedUpgrade;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<DeniedUpgrade> {
        SubstreamProtocol::new(DeniedUpgrade, ())
    }

    fn connection_keep_alive(&self) -> bool {
        self.0
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(
        &mut self,
        _: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>,
    ) {
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<DeniedUpgrade, (), Infallible>> {
        Poll::Pending
    }
}

/// How many may still come before it is too fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    /// In thousandths.
    tokens: u64,
    filled: Instant,
}

impl Bucket {
    pub(crate) fn full(burst: u32, now: Instant) -> Self {
        Self {
            tokens: u64::from(burst).saturating_mul(1000),
            filled: now,
        }
    }

    /// Takes one if there is one, after adding `rate` for each second up to `burst`.
    pub(crate) fn take(&mut self, rate: u32, burst: u32, now: Instant) -> bool {
        self.tokens = self.level(rate, burst, now);
        self.filled = now;
        if let Some(left) = self.tokens.checked_sub(1000) {
            self.tokens = left;
            true
        } else {
            false
        }
    }

    /// When there will be one again.
    pub(crate) fn ready_at(&self, rate: u32) -> Instant {
        let missing = 1000_u64.saturating_sub(self.tokens);
        self.filled + Duration::from_millis(missing.div_ceil(u64::from(rate.max(1))))
    }

    fn is_full(&self, rate: u32, burst: u32, now: Instant) -> bool {
        self.level(rate, burst, now) >= u64::from(burst).saturating_mul(1000)
    }

    fn level(&self, rate: u32, burst: u32, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.filled).as_millis();
        // Tokens for each second are thousandths for each millisecond.
        let added = u64::try_from(elapsed)
            .unwrap_or(u64::MAX)
            .saturating_mul(u64::from(rate));
        let most = u64::from(burst).saturating_mul(1000);
        self.tokens.saturating_add(added).min(most)
    }
}

/// The address at which a connection arrived.
pub(crate) fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(ip.to_canonical()),
        _ => None,
    }
}

/// Whether an address belongs to this machine or to a private network.
pub(crate) fn is_local(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// What one host surely has: an IPv4 address, or the first half of an IPv6 one. Addresses of this
/// machine and of private networks are taken whole.
fn host(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(ip) if !is_local(IpAddr::V6(ip)) => {
            IpAddr::from((u128::from(ip) >> 64 << 64).to_be_bytes())
        }
        ip => ip,
    }
}

/// The first three bytes of IPv4, or the first six of IPv6.
fn subnet(ip: IpAddr) -> (bool, u64) {
    match ip {
        IpAddr::V4(ip) => (false, u64::from(u32::from(ip) >> 8)),
        IpAddr::V6(ip) => (true, u64::try_from(u128::from(ip) >> 80).unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: Places = Places {
        strangers: 2,
        per_ip: 3,
        per_subnet: 5,
        rate: 5,
    };

    fn admission(from: &[&str]) -> Admission {
        let mut admission = Admission::new(PLACES);
        for (n, ip) in from.iter().enumerate() {
            let id = ConnectionId::new_unchecked(n);
            admission.inbound.insert(id, host(ip.parse().unwrap()));
        }
        admission
    }

    fn check(admission: &mut Admission, ip: &str) -> Result<(), Refused> {
        admission.check_pending(ip.parse().unwrap(), Instant::now())
    }

    #[tokio::test]
    async fn one_public_address_gets_few_connections_and_its_subnet_some_more() {
        let same = "203.0.113.1";
        let mut full = admission(&[same, same, same]);
        let mut neighbours = admission(&[same, same, "203.0.113.2", "203.0.113.3", "203.0.113.4"]);

        assert_eq!(check(&mut full, same), Err(Refused::Address));
        assert_eq!(check(&mut full, "203.0.113.9"), Ok(()));
        assert_eq!(check(&mut neighbours, "203.0.113.9"), Err(Refused::Address));
        assert_eq!(check(&mut neighbours, "203.0.114.9"), Ok(()));
    }

    #[tokio::test]
    async fn half_of_an_ipv6_address_is_one_host() {
        let mut full = admission(&["2001:db8::1", "2001:db8::2", "2001:db8::3:4"]);

        assert_eq!(check(&mut full, "2001:db8::5"), Err(Refused::Address));
        assert_eq!(check(&mut full, "2001:db8:0:1::5"), Ok(()));
    }

    #[tokio::test]
    async fn nodes_on_one_private_address_get_more() {
        let mut admission = admission(&["192.168.1.5"; 10]);

        assert_eq!(check(&mut admission, "192.168.1.5"), Ok(()));
    }

    #[tokio::test]
    async fn many_new_connections_from_one_address_are_too_fast() {
        let mut admission = admission(&[]);
        let now = Instant::now();
        let ip: IpAddr = "203.0.113.1".parse().unwrap();

        let burst = (0..100)
            .take_while(|_| admission.check_pending(ip, now).is_ok())
            .count();

        assert_eq!(burst, 20);
        assert_eq!(admission.check_pending(ip, now), Err(Refused::Rate));
        assert_eq!(check(&mut admission, "203.0.113.2"), Ok(()));
        let later = now + Duration::from_millis(200);
        assert_eq!(admission.check_pending(ip, later), Ok(()));
        assert_eq!(admission.check_pending(ip, later), Err(Refused::Rate));
    }

    #[tokio::test]
    async fn the_rates_of_many_addresses_are_forgotten_before_they_fill_the_memory() {
        let (mut admission, now) = (admission(&[]), Instant::now());

        for n in 0..5000_u32 {
            let ip = IpAddr::from((0xcb00_0000 + n).to_be_bytes());
            assert!(admission.rate(ip, now));
        }

        assert_eq!(admission.rates.len(), RATES);
    }

    #[test]
    fn strangers_have_few_places_and_authorised_peers_always_one() {
        let mut admission = admission(&[]);
        let ids = [1, 2].map(ConnectionId::new_unchecked);
        for id in ids {
            admission.strangers.insert(id, Direction::In);
        }
        let peer = address::to_libp2p(crate::wire::id::PeerId([9; 32])).unwrap();

        let stranger = admission.check_peer(peer, Direction::In);
        admission.allow(peer);
        let contact = admission.check_peer(peer, Direction::In);

        assert_eq!(stranger.err(), Some(Refused::Strangers));
        assert!(contact.is_ok_and(|lasting| lasting.connection_keep_alive()));
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let rsa = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";

        let answer = admission(&[]).check_peer(rsa.parse().unwrap(), Direction::In);

        assert_eq!(answer.err(), Some(Refused::Key));
    }
}
