//! The direct stream, `/betwixt/direct/1`: on it goes everything that must arrive.
//!
//! Each side opens one stream on each connection and writes on it; on the other's it reads. The
//! behaviour only hands streams over: reading and writing are tasks of their own, so that a slow
//! disk or a slow peer stops its own stream and nothing else.

mod handler;
mod inbound;
mod outbound;

use std::{
    collections::VecDeque,
    task::{Context, Poll},
};

pub(crate) use handler::Opened;
use handler::{Handler, Reopen};
pub(crate) use inbound::{Ended, Inbound};
use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler, THandler,
        THandlerInEvent, THandlerOutEvent, ToSwarm,
    },
};
pub(crate) use outbound::{Outbound, Queue, queue};

/// Opens the streams of the direct protocol and accepts those of others.
#[derive(Default)]
pub(crate) struct Behaviour {
    actions: VecDeque<ToSwarm<Event, Reopen>>,
}

/// A stream, or that there is none.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) peer: PeerId,
    pub(crate) connection: ConnectionId,
    pub(crate) opened: Opened,
}

impl Behaviour {
    /// Opens another stream, because the last one on this connection broke.
    pub(crate) fn reopen(&mut self, peer: PeerId, connection: ConnectionId) {
        self.actions.push_back(ToSwarm::NotifyHandler {
            peer_id: peer,
            handler: NotifyHandler::One(connection),
            event: Reopen,
        });
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Event;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new())
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        opened: THandlerOutEvent<Self>,
    ) {
        self.actions.push_back(ToSwarm::GenerateEvent(Event {
            peer,
            connection,
            opened,
        }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        // Filled only by calls after which the swarm polls again.
        self.actions.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}
