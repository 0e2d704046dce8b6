//! All protocols of a node, and the swarm that carries them.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, TransportError,
    connection_limits::{self, ConnectionLimits},
    identity::Keypair,
    multiaddr::Protocol,
    noise, ping,
    swarm::{self, ConnectionId, NetworkBehaviour},
    tcp, yamux,
};

use super::{
    NetError,
    admission::{Admission, Places},
    direct, exchange,
    gate::Gated,
    gossip::{self, Mesh},
    muxer::{Muxer, Network},
    nearby::Nearby,
};
use crate::wire::{
    hello::{HelloReply, HelloRequest},
    limits,
    mailbox::{RelayReply, RelayRequest},
};

/// The protocols of a node.
///
/// Those that refuse connections stand first: the others remember every connection they are asked
/// about.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    limits: connection_limits::Behaviour,
    admission: Admission,
    ping: ping::Behaviour,
    nearby: Nearby,
    gossip: Gated<gossip::Behaviour>,
    direct: Gated<direct::Behaviour>,
    blobs: Gated<libp2p_stream::Behaviour>,
    hello: exchange::Behaviour<HelloRequest, HelloReply>,
    relay: exchange::Behaviour<RelayRequest, RelayReply>,
}

impl Behaviour {
    pub(crate) fn new(local: PeerId, mdns: bool) -> Result<Self, NetError> {
        Ok(Self {
            limits: connection_limits::Behaviour::new(connection_limits()),
            admission: Admission::new(PLACES),
            ping: ping::Behaviour::new(ping_config()),
            nearby: Nearby::new(local, mdns),
            gossip: Gated::new(gossip::behaviour(Mesh::NODE)?),
            direct: Gated::new(direct::Behaviour::default()),
            blobs: Gated::new(libp2p_stream::Behaviour::new()),
            hello: exchange::hello(),
            relay: exchange::relay_client(),
        })
    }

    /// Shows gossip, the direct stream and the file protocol to a peer, from its next connection on.
    pub(crate) fn authorise(&mut self, peer: PeerId) {
        self.admission.allow(peer);
        self.gossip.allow(peer);
        self.direct.allow(peer);
        self.blobs.allow(peer);
    }

    /// Shows gossip to a relay of ours, and lets us open streams of files to it.
    pub(crate) fn use_relay(&mut self, peer: PeerId) {
        self.admission.allow(peer);
        self.gossip.allow(peer);
        self.blobs.allow(peer);
    }

    /// Shows a peer the hello protocol only, from its next connection on.
    pub(crate) fn revoke(&mut self, peer: &PeerId) {
        self.admission.forbid(peer);
        self.gossip.forbid(peer);
        self.direct.forbid(peer);
        self.blobs.forbid(peer);
    }

    /// Whether a connection was made through the gate.
    pub(crate) fn is_gated_in(&self, connection: ConnectionId) -> bool {
        self.gossip.is_open(connection)
    }

    pub(crate) fn nearby(&mut self) -> &mut Nearby {
        &mut self.nearby
    }

    pub(crate) fn gossip(&mut self) -> &mut gossip::Behaviour {
        self.gossip.inner_mut()
    }

    pub(crate) fn direct(&mut self) -> &mut direct::Behaviour {
        self.direct.inner_mut()
    }

    pub(crate) fn blobs(&mut self) -> &mut libp2p_stream::Behaviour {
        self.blobs.inner_mut()
    }

    pub(crate) fn hello(&mut self) -> &mut exchange::Behaviour<HelloRequest, HelloReply> {
        &mut self.hello
    }

    pub(crate) fn relay(&mut self) -> &mut exchange::Behaviour<RelayRequest, RelayReply> {
        &mut self.relay
    }
}

/// Makes a swarm over TCP with Noise and Yamux.
///
/// # Errors
///
/// What the system refuses.
pub(crate) fn swarm<B: NetworkBehaviour>(
    keypair: &Keypair,
    behaviour: B,
    network: &Network,
) -> Result<Swarm<B>, NetError> {
    let over_tcp = || {
        SwarmBuilder::with_existing_identity(keypair.clone())
            .with_tokio()
            .with_tcp(tcp::Config::new().nodelay(true), noise::Config::new, || {
                muxer(network)
            })
            .map_err(|error| NetError::System(error.to_string()))
    };
    let config = |config: swarm::Config| {
        config
            .with_idle_connection_timeout(IDLE)
            .with_max_negotiating_inbound_streams(NEGOTIATING)
    };
    // Without a usable resolver configuration names cannot be dialled; all else works.
    let swarm = match over_tcp()?.with_dns() {
        Ok(builder) => builder
            .with_behaviour(|_| behaviour)
            .map_err(|never| match never {})?
            .with_swarm_config(config)
            .build(),
        Err(_) => over_tcp()?
            .with_behaviour(|_| behaviour)
            .map_err(|never| match never {})?
            .with_swarm_config(config)
            .build(),
    };
    Ok(swarm)
}

/// Listens, or says in words why it cannot.
///
/// # Errors
///
/// [`NetError::Address`], [`NetError::PortInUse`], [`NetError::Listen`]
pub(crate) fn listen<B: NetworkBehaviour>(
    swarm: &mut Swarm<B>,
    text: &str,
) -> Result<(), NetError> {
    let not_an_address = || NetError::Address(text.to_owned());
    let failed = |error: &io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => NetError::PortInUse(text.to_owned()),
        _ => NetError::Listen {
            address: text.to_owned(),
            reason: error.to_string(),
        },
    };
    let address: Multiaddr = text.parse().map_err(|_| not_an_address())?;
    // libp2p shares its port with any other program of the same user that shares too, such as a
    // second node; what arrives would be dealt out between them. A plain socket shows it.
    let socket = socket_of(&address).ok_or_else(not_an_address)?;
    if socket.port() != 0 {
        TcpListener::bind(socket).map_err(|error| failed(&error))?;
    }
    match swarm.listen_on(address) {
        Ok(_) => Ok(()),
        Err(TransportError::MultiaddrNotSupported(_)) => Err(not_an_address()),
        Err(TransportError::Other(error)) => Err(failed(&error)),
    }
}

fn socket_of(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::V4(ip),
        Protocol::Ip6(ip) => IpAddr::V6(ip),
        _ => return None,
    };
    let Protocol::Tcp(port) = parts.next()? else {
        return None;
    };
    parts.next().is_none().then_some(SocketAddr::new(ip, port))
}

fn muxer(network: &Network) -> Muxer {
    let mut config = yamux::Config::default();
    // Each stream may make us hold 256 KiB.
    config.set_max_num_streams(64);
    let network = network.clone();
    Muxer { config, network }
}

fn connection_limits() -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(32))
        .with_max_pending_outgoing(Some(32))
        .with_max_established_incoming(Some(limits::CONNECTIONS))
        .with_max_established_outgoing(Some(limits::CONNECTIONS))
        .with_max_established(Some(limits::CONNECTIONS))
        .with_max_established_per_peer(Some(limits::CONNECTIONS_PER_PEER))
}

/// How soon a dead connection is noticed.
pub(crate) fn ping_config() -> ping::Config {
    ping::Config::new()
        .with_interval(PING)
        .with_timeout(PING_TIMEOUT)
}

const PLACES: Places = Places {
    strangers: limits::STRANGERS,
    per_ip: 16,
    per_subnet: 32,
    rate: 5,
};

/// After this a connection on which nothing happens is closed, unless the peer is authorised.
const IDLE: Duration = Duration::from_secs(10);

/// Streams that a peer may be negotiating at once.
const NEGOTIATING: usize = 32;

/// Also wakes gossipsub where it sleeps through a message, after one of two connections closed.
const PING: Duration = Duration::from_secs(2);

/// Only so that another ping is sent: a dead connection ends by its silence ([`Network`]).
const PING_TIMEOUT: Duration = Duration::from_secs(5);
