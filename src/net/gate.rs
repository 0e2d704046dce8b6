//! A protocol that only authorised peers can see (protocol §5.7).
//!
//! To everybody else the node looks as if it did not know the protocol at all. gossipsub's own
//! block list is not enough: it still tells blocked peers our topics.

use std::{
    collections::{BTreeMap, BTreeSet},
    task::{Context, Poll},
};

use either::Either;
use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm,
        behaviour::{ConnectionClosed, ConnectionEstablished},
        dummy,
    },
};

/// Shows the connections of authorised peers to a behaviour, and hides all others from it.
///
/// What is decided when a connection is made holds as long as it lasts: whoever opens the gate to a
/// peer closes its connections, so that the next one is made through the gate.
pub(crate) struct Gated<B> {
    inner: B,
    allowed: BTreeSet<PeerId>,
    open: BTreeMap<ConnectionId, PeerId>,
}

impl<B> Gated<B> {
    pub(crate) fn new(inner: B) -> Self {
        Self {
            inner,
            allowed: BTreeSet::new(),
            open: BTreeMap::new(),
        }
    }

    /// From its next connection on the peer sees the protocol.
    pub(crate) fn allow(&mut self, peer: PeerId) {
        self.allowed.insert(peer);
    }

    /// From its next connection on the peer does not see the protocol.
    pub(crate) fn forbid(&mut self, peer: &PeerId) {
        self.allowed.remove(peer);
    }

    /// Whether the protocol is shown on this connection.
    pub(crate) fn is_open(&self, connection: ConnectionId) -> bool {
        self.open.contains_key(&connection)
    }

    pub(crate) fn inner_mut(&mut self) -> &mut B {
        &mut self.inner
    }

    /// How many connections of this peer, beside `except`, the inner behaviour knows. It must not
    /// hear of the others: gossipsub greets a peer only on its first connection.
    fn others(&self, peer: PeerId, except: ConnectionId) -> usize {
        let open = self.open.iter();
        open.filter(|(id, owner)| **owner == peer && **id != except)
            .count()
    }
}

impl<B: NetworkBehaviour> NetworkBehaviour for Gated<B> {
    type ConnectionHandler = Either<THandler<B>, dummy::ConnectionHandler>;
    type ToSwarm = B::ToSwarm;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.allowed.contains(&peer) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        let handler = self
            .inner
            .handle_established_inbound_connection(connection, peer, local, remote)?;
        self.open.insert(connection, peer);
        Ok(Either::Left(handler))
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.allowed.contains(&peer) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        let handler = self
            .inner
            .handle_established_outbound_connection(connection, peer, address, role, port)?;
        self.open.insert(connection, peer);
        Ok(Either::Left(handler))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(event) => {
                if self.open.contains_key(&event.connection_id) {
                    let event = ConnectionEstablished {
                        other_established: self.others(event.peer_id, event.connection_id),
                        ..event
                    };
                    self.inner
                        .on_swarm_event(FromSwarm::ConnectionEstablished(event));
                }
            }
            FromSwarm::ConnectionClosed(event) => {
                if self.open.remove(&event.connection_id).is_some() {
                    let event = ConnectionClosed {
                        remaining_established: self.others(event.peer_id, event.connection_id),
                        ..event
                    };
                    self.inner
                        .on_swarm_event(FromSwarm::ConnectionClosed(event));
                }
            }
            FromSwarm::AddressChange(event) => {
                if self.open.contains_key(&event.connection_id) {
                    self.inner.on_swarm_event(FromSwarm::AddressChange(event));
                }
            }
            other => self.inner.on_swarm_event(other),
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {
            Either::Left(event) => {
                self.inner
                    .on_connection_handler_event(peer, connection, event);
            }
            Either::Right(event) => match event {},
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.inner
            .poll(cx)
            .map(|action| action.map_in(Either::Left))
    }
}
