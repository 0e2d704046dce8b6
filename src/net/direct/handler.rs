//! One connection's share of the direct protocol.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use libp2p::{
    StreamProtocol,
    core::upgrade::ReadyUpgrade,
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, Stream, SubstreamProtocol,
        handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};
use tokio::time::{Sleep, sleep};

/// Keeps one outbound stream wanted, and passes every stream on.
pub(crate) struct Handler {
    outbound: Wish,
    /// How long to wait after the next refusal.
    patience: Duration,
    opened: VecDeque<Opened>,
}

/// A stream, or that there is none.
#[derive(Debug)]
pub(crate) enum Opened {
    /// The peer writes on this one.
    Inbound(Stream),
    /// We write on this one.
    Outbound(Stream),
    /// The peer does not let us write: it has not authorised us.
    Refused,
}

/// The last outbound stream broke: open another.
#[derive(Debug)]
pub(crate) struct Reopen;

enum Wish {
    Now,
    Asked,
    Fulfilled,
    Later(Pin<Box<Sleep>>),
}

impl Handler {
    pub(super) fn new() -> Self {
        Self {
            outbound: Wish::Now,
            patience: FIRST_PATIENCE,
            opened: VecDeque::new(),
        }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Reopen;
    type ToBehaviour = Opened;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ())
    }

    /// Authorised peers stay connected.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn on_behaviour_event(&mut self, Reopen: Reopen) {
        if matches!(self.outbound, Wish::Fulfilled) {
            self.outbound = Wish::Later(Box::pin(sleep(FIRST_PATIENCE)));
        }
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: stream,
                ..
            }) => {
                // The newest is the one the peer writes on; more at once are not waited for.
                self.opened
                    .retain(|opened| !matches!(opened, Opened::Inbound(_)));
                self.opened.push_back(Opened::Inbound(stream));
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol: stream,
                ..
            }) => {
                self.outbound = Wish::Fulfilled;
                self.patience = FIRST_PATIENCE;
                self.opened.push_back(Opened::Outbound(stream));
            }
            ConnectionEvent::DialUpgradeError(_) => {
                self.outbound = Wish::Later(Box::pin(sleep(self.patience)));
                self.patience = self.patience.saturating_mul(2).min(LONGEST_PATIENCE);
                self.opened.push_back(Opened::Refused);
            }
            _ => {}
        }
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Opened>> {
        if let Some(opened) = self.opened.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(opened));
        }
        let due = match &mut self.outbound {
            Wish::Now => true,
            Wish::Later(sleep) => sleep.as_mut().poll(cx).is_ready(),
            Wish::Asked | Wish::Fulfilled => false,
        };
        if !due {
            return Poll::Pending;
        }
        self.outbound = Wish::Asked;
        Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
            protocol: SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ()),
        })
    }
}

const PROTOCOL: StreamProtocol = StreamProtocol::new("/betwixt/direct/1");

/// A peer that authorises us closes the connection, so a refusal on this one seldom changes.
const FIRST_PATIENCE: Duration = Duration::from_millis(500);

const LONGEST_PATIENCE: Duration = Duration::from_secs(30);
