//! The ports of last time, so that what was told to others about where we are stays true.

use std::time::Duration;

use libp2p::{Multiaddr, Swarm, multiaddr::Protocol, swarm::NetworkBehaviour};
use tokio::time::Instant;

use super::{address, behaviour};
use crate::wire::id::Address;

/// A TCP port for each family of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// Of IPv4.
    pub ip4: Option<u16>,
    /// Of IPv6.
    pub ip6: Option<u16>,
}

impl Ports {
    /// The first port of each family at which a node listens.
    pub fn of(addresses: &[Address]) -> Self {
        let mut ports = Self::default();
        for address in addresses.iter().filter_map(address::to_multiaddr) {
            let mut parts = address.iter();
            match (parts.next(), parts.next()) {
                (Some(Protocol::Ip4(_)), Some(Protocol::Tcp(port))) => {
                    ports.ip4.get_or_insert(port);
                }
                (Some(Protocol::Ip6(_)), Some(Protocol::Tcp(port))) => {
                    ports.ip6.get_or_insert(port);
                }
                _ => {}
            }
        }
        ports
    }

    /// These, and those of `other` where there is none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            ip4: self.ip4.or(other.ip4),
            ip6: self.ip6.or(other.ip6),
        }
    }

    /// An address to listen at with the port of last time, if it leaves the port open.
    pub(crate) fn fix(self, text: &str) -> Option<String> {
        let mut address: Multiaddr = text.parse().ok()?;
        let Some(Protocol::Tcp(0)) = address.pop() else {
            return None;
        };
        let port = match address.iter().next()? {
            Protocol::Ip4(_) => self.ip4,
            Protocol::Ip6(_) => self.ip6,
            _ => None,
        };
        Some(address.with(Protocol::Tcp(port?)).to_string())
    }
}

/// Addresses that another program has, and that are tried again now and then.
#[derive(Debug)]
pub(crate) struct Taken {
    addresses: Vec<String>,
    due: Instant,
}

/// How often.
const AGAIN: Duration = Duration::from_secs(5);

impl Taken {
    pub(crate) fn new(addresses: Vec<String>, now: Instant) -> Self {
        let due = now + AGAIN;
        Self { addresses, due }
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        (!self.addresses.is_empty()).then_some(self.due)
    }

    /// Listens where that has become possible.
    pub(crate) fn retry<B: NetworkBehaviour>(&mut self, swarm: &mut Swarm<B>, now: Instant) {
        if self.next().is_some_and(|due| due <= now) {
            self.due = now + AGAIN;
            self.addresses
                .retain(|text| behaviour::listen(swarm, text).is_err());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_port_becomes_that_of_last_time_and_a_chosen_one_stays() {
        let at = |text| address::parse(text).unwrap().1;
        let ports = Ports::of(&[
            at("/ip4/127.0.0.1/tcp/4001"),
            at("/ip4/192.168.1.5/tcp/4002"),
        ]);

        assert_eq!(ports.ip4, Some(4001));
        let fixed = ports.fix("/ip4/0.0.0.0/tcp/0");
        assert_eq!(fixed.as_deref(), Some("/ip4/0.0.0.0/tcp/4001"));
        assert_eq!(ports.fix("/ip4/0.0.0.0/tcp/5000"), None);
        assert_eq!(ports.fix("/ip6/::/tcp/0"), None);
        let other = Ports {
            ip4: Some(1),
            ip6: Some(2),
        };
        let both = Ports {
            ip4: Some(4001),
            ip6: Some(2),
        };
        assert_eq!(ports.or(other), both);
    }
}
