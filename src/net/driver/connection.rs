//! Connections: made, kept, closed.

use std::time::Duration;

use libp2p::{
    core::ConnectedPoint,
    ping,
    swarm::{ConnectionId, DialError, dial_opts::DialOpts},
};
use tokio::time::Instant;

use super::Driver;
use crate::{
    net::{NetEvent, address, connections::Connection, gossip, supervisor::Bond, visits},
    wire::id::{Address, PeerId},
};

impl Driver {
    pub(super) fn authorise(
        &mut self,
        (peer, addresses): (PeerId, Vec<Address>),
        bond: Bond,
        now: Instant,
    ) {
        let Some(id) = address::to_libp2p(peer) else {
            return;
        };
        if peer == self.local {
            return;
        }
        self.swarm.behaviour_mut().authorise(id);
        let connected = self.connections.is_connected(peer);
        self.supervisor
            .want((peer, addresses), bond, connected, now);
        if !self.connections.outside_gate(peer).is_empty() {
            self.reopening.insert(peer, now + LAST_ANSWERS);
            self.close_reopening(now);
        }
    }

    pub(super) fn revoke(&mut self, peer: PeerId) {
        self.supervisor.forget(peer);
        self.reopening.remove(&peer);
        if let Some(id) = address::to_libp2p(peer) {
            self.swarm.behaviour_mut().revoke(&id);
            // Fails if there is no connection.
            let _ = self.swarm.disconnect_peer_id(id);
        }
    }

    /// Closes connections made before the gate was opened, once the answers that are under way on
    /// them have left. The peer is then dialled at once.
    pub(super) fn close_reopening(&mut self, now: Instant) {
        let ready: Vec<PeerId> = self
            .reopening
            .iter()
            .filter(|(peer, latest)| **latest <= now || !self.tickets.is_busy(**peer))
            .map(|(peer, _)| *peer)
            .collect();
        for peer in ready {
            self.reopening.remove(&peer);
            for connection in self.connections.outside_gate(peer) {
                self.close(connection);
            }
        }
    }

    /// Closes a connection, once.
    pub(super) fn close(&mut self, connection: ConnectionId) {
        if self.connections.close(connection) {
            self.swarm.close_connection(connection);
        }
    }

    /// Dials somebody who is not authorised.
    pub(super) fn visit(&mut self, peer: Option<PeerId>, addresses: &[Address], now: Instant) {
        match peer {
            Some(peer) if self.connections.is_connected(peer) => {}
            Some(peer) => {
                // Too many at once: whoever asked will ask again.
                let _ = self.visits.add(peer, addresses, None, now);
            }
            None => {
                for address in addresses.iter().filter_map(address::to_multiaddr).take(4) {
                    if self.visits.may_dial(now) {
                        let opts = DialOpts::unknown_peer_id()
                            .address(address)
                            .allocate_new_port();
                        // Fails later, or is not an address.
                        let _ = self.swarm.dial(opts.build());
                    }
                }
            }
        }
    }

    pub(super) fn dial_wanted(&mut self, peer: PeerId, addresses: &[Address], now: Instant) {
        let Some(opts) = Self::dial_opts(peer, addresses) else {
            return;
        };
        match self.swarm.dial(opts) {
            Ok(()) => {}
            // Connected, or being dialled for another reason: either way we will hear of it.
            Err(DialError::DialPeerConditionFalse(_)) => {
                if self.connections.is_connected(peer) {
                    self.supervisor.connected(peer, None);
                }
            }
            Err(_) => self.supervisor.failed(peer, now),
        }
    }

    pub(super) fn dial(&mut self, peer: PeerId, addresses: &[Address]) {
        let Some(opts) = Self::dial_opts(peer, addresses) else {
            return;
        };
        match self.swarm.dial(opts) {
            Ok(()) | Err(DialError::DialPeerConditionFalse(_)) => {}
            Err(_) => self.visit_failed(peer),
        }
    }

    pub(super) fn dial_hint(
        &mut self,
        hint: usize,
        peer: Option<PeerId>,
        address: &Address,
        now: Instant,
    ) {
        let opts = match peer {
            Some(peer) => Self::dial_opts(peer, std::slice::from_ref(address)),
            None => address::to_multiaddr(address).map(|address| {
                let opts = DialOpts::unknown_peer_id().address(address);
                opts.allocate_new_port().build()
            }),
        };
        let Some(opts) = opts else {
            return;
        };
        let connection = opts.connection_id();
        self.hints.dialling(hint, connection);
        if self.swarm.dial(opts).is_err() {
            self.hints.failed(connection, now);
        }
    }

    pub(super) fn connected(
        &mut self,
        peer: libp2p::PeerId,
        id: ConnectionId,
        endpoint: &ConnectedPoint,
    ) {
        // Admission refuses other keys.
        let Some(peer) = address::from_libp2p(&peer) else {
            return;
        };
        let now = Instant::now();
        let connection = Connection {
            id,
            address: address::from_multiaddr(endpoint.get_remote_address()),
            we_dialled: endpoint.is_dialer(),
            since: now,
            gated_in: self.swarm.behaviour().is_gated_in(id),
            closing: false,
        };
        let address = connection.address.clone();
        let reached = connection.we_dialled.then(|| address.clone());
        // Authorised while it was being made: this one is not through the gate yet.
        if !connection.gated_in && self.supervisor.wants(peer) {
            self.reopening.insert(peer, now + LAST_ANSWERS);
        }
        if connection.gated_in
            && let Some(id) = address::to_libp2p(peer)
        {
            let score = gossip::CONTACT_SCORE;
            self.swarm
                .behaviour_mut()
                .gossip()
                .set_application_score(&id, score);
        }
        self.supervisor.connected(peer, reached);
        self.hints.reached(id, peer);
        if self.connections.insert(peer, connection) {
            self.told.insert(peer, false);
            if !self.relay_connected(peer) {
                self.tell(NetEvent::Connected {
                    peer,
                    address,
                    authorised: false,
                });
            }
        }
        for question in self.visits.take(peer) {
            self.send_question(peer, question);
        }
    }

    pub(super) fn disconnected(&mut self, from: libp2p::PeerId, id: ConnectionId) {
        let Some(peer) = address::from_libp2p(&from) else {
            return;
        };
        let Some(connection) = self.connections.remove(peer, id) else {
            return;
        };
        let read_on = self.supervisor.wants(peer);
        self.streams.drop_connection(id, read_on);
        let was_route = self.routes.remove(peer, id);
        if self.connections.is_connected(peer) {
            if was_route {
                self.streamless(peer);
                self.reopen_stream(peer);
            }
            return;
        }
        self.told.remove(&peer);
        self.places.remove(&from);
        self.relay_disconnected(peer);
        self.tell(NetEvent::Disconnected(peer));
        let now = Instant::now();
        self.supervisor
            .disconnected(peer, connection.we_dialled, now);
        self.reopening.remove(&peer);
        if !connection.gated_in {
            // We closed it to open the gate.
            self.supervisor.redial(peer, now);
        }
    }

    pub(super) fn dial_failed(&mut self, peer: Option<libp2p::PeerId>, id: ConnectionId) {
        let now = Instant::now();
        self.hints.failed(id, now);
        if let Some(peer) = peer.as_ref().and_then(address::from_libp2p) {
            self.supervisor.failed(peer, now);
            self.visit_failed(peer);
        }
    }

    fn visit_failed(&mut self, peer: PeerId) {
        for question in self.visits.take(peer) {
            self.unanswered(question.ask);
        }
    }

    pub(super) fn handle_ping(&mut self, event: &ping::Event) {
        match &event.result {
            Ok(_) | Err(ping::Failure::Unsupported) => {}
            Err(error) => {
                tracing::debug!(peer = %event.peer, %error, "a peer does not answer");
                self.close(event.connection);
            }
        }
    }

    /// When to dial somebody both of us may just have found: one connection is enough.
    pub(super) fn polite(&mut self, peer: PeerId, now: Instant) -> Instant {
        if self.local < peer || !self.swarm.behaviour_mut().nearby().knows(peer) {
            now
        } else {
            now + visits::COURTESY
        }
    }
}

/// How long answers that are under way may hold up the closing of their connection.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
