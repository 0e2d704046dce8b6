//! The protocols of a relay.

use libp2p::{
    PeerId,
    connection_limits::{self, ConnectionLimits},
    ping,
    swarm::{ConnectionId, NetworkBehaviour},
};

use crate::{
    net::{
        admission::{Admission, Places},
        behaviour::ping_config,
        exchange,
        gate::Gated,
        gossip,
    },
    wire::{
        limits,
        mailbox::{RelayReply, RelayRequest},
    },
};

/// The protocols of a relay. Those that refuse connections stand first.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    limits: connection_limits::Behaviour,
    admission: Admission,
    ping: ping::Behaviour,
    gossip: Gated<gossip::Behaviour>,
    blobs: Gated<libp2p_stream::Behaviour>,
    relay: exchange::Behaviour<RelayRequest, RelayReply>,
}

impl Behaviour {
    pub(super) fn new(gossip: gossip::Behaviour) -> Self {
        let limits = ConnectionLimits::default()
            .with_max_pending_incoming(Some(PENDING))
            .with_max_established(Some(limits::RELAY_CONNECTIONS))
            .with_max_established_per_peer(Some(limits::CONNECTIONS_PER_PEER));
        Self {
            limits: connection_limits::Behaviour::new(limits),
            admission: Admission::new(PLACES),
            ping: ping::Behaviour::new(ping_config()),
            gossip: Gated::new(gossip),
            blobs: Gated::new(libp2p_stream::Behaviour::new()),
            relay: exchange::relay_server(),
        }
    }

    /// Shows a client gossip and streams of files, and keeps its connection, from the next one on.
    pub(super) fn admit(&mut self, peer: PeerId) {
        self.admission.allow(peer);
        self.gossip.allow(peer);
        self.blobs.allow(peer);
    }

    /// Takes that back.
    pub(super) fn expel(&mut self, peer: &PeerId) {
        self.admission.forbid(peer);
        self.gossip.forbid(peer);
        self.blobs.forbid(peer);
    }

    /// Whether a connection was made through the gate.
    pub(super) fn is_gated_in(&self, connection: ConnectionId) -> bool {
        self.gossip.is_open(connection)
    }

    pub(super) fn blobs(&mut self) -> &mut libp2p_stream::Behaviour {
        self.blobs.inner_mut()
    }

    pub(super) fn gossip(&mut self) -> &mut gossip::Behaviour {
        self.gossip.inner_mut()
    }

    pub(super) fn relay(&mut self) -> &mut exchange::Behaviour<RelayRequest, RelayReply> {
        &mut self.relay
    }
}

/// Those who have not shown anything yet may take a quarter of all places; whoever holds a lease is
/// no stranger.
const PLACES: Places = Places {
    strangers: 64,
    per_ip: 8,
    per_subnet: 32,
    rate: 10,
};

/// Connections that are being made.
const PENDING: u32 = 64;
