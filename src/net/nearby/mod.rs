//! mDNS, within bounds.
//!
//! libp2p's behaviour believes every record of the local network: its list has no end, each record
//! lives as long as its sender says, up to 136 years, and every address is offered for dialling. So
//! it is wrapped: what it finds goes through a [`Neighbours`] table with a bound, its addresses are
//! used only where we say so, and when it is flooded it is thrown away and made anew.

mod neighbours;

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::ListenerId, transport::PortUse},
    mdns,
    multiaddr::Protocol,
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerOutEvent,
        ToSwarm,
        behaviour::{ExpiredListenAddr, NewListenAddr},
        dummy,
    },
};
pub(crate) use neighbours::Change;
use neighbours::Neighbours;
use tokio::time::{Instant, Sleep, sleep_until};

/// Looks for nodes on the local network and lets them find this one.
pub(crate) struct Nearby {
    local: PeerId,
    on: bool,
    /// IPv4 and IPv6: libp2p's does one of them.
    inner: [Option<mdns::tokio::Behaviour>; 2],
    /// When to make them, after the addresses have settled or a flood has passed.
    start: Option<Pin<Box<Sleep>>>,
    listening: Vec<(ListenerId, Multiaddr)>,
    neighbours: Neighbours,
    /// When to forget those that were not heard again after a new start.
    expiry: Option<Pin<Box<Sleep>>>,
    events: VecDeque<Event>,
}

/// What was found out.
#[derive(Debug)]
pub(crate) enum Event {
    /// Somebody came, moved or went.
    Change(Change),
    /// mDNS does not work on this machine.
    Unavailable(std::io::Error),
}

impl Nearby {
    pub(crate) fn new(local: PeerId, on: bool) -> Self {
        Self {
            local,
            on,
            inner: [None, None],
            start: None,
            listening: Vec::new(),
            neighbours: Neighbours::new(),
            expiry: None,
            events: VecDeque::new(),
        }
    }

    /// Announces and looks, or does neither. Off, nothing is sent and nobody is nearby.
    pub(crate) fn set_on(&mut self, on: bool) {
        if self.on == on {
            return;
        }
        self.on = on;
        if on {
            self.start_in(Duration::ZERO);
        } else {
            self.inner = [None, None];
            self.start = None;
            self.expiry = None;
            let gone = self.neighbours.clear();
            self.events.extend(gone.into_iter().map(Event::Change));
        }
    }

    /// Whether a node is here, by what it claims.
    pub(crate) fn knows(&self, peer: crate::wire::id::PeerId) -> bool {
        self.neighbours.contains(peer)
    }

    fn start_in(&mut self, wait: Duration) {
        if self.on {
            self.start = Some(Box::pin(sleep_until(Instant::now() + wait)));
        }
    }

    /// Makes the behaviours, which ask at once. They are told where we listen before they are first
    /// polled: they answer their own first question too, and so others hear of us with it.
    fn begin(&mut self) {
        self.start = None;
        self.neighbours.begin(Instant::now() + TTL);
        self.expiry = Some(Box::pin(sleep_until(Instant::now() + TTL)));
        for (inner, enable_ipv6) in self.inner.iter_mut().zip([false, true]) {
            *inner = None;
            if !self
                .listening
                .iter()
                .any(|(_, address)| suits(address, enable_ipv6))
            {
                continue;
            }
            let config = mdns::Config {
                ttl: TTL,
                query_interval: QUERY,
                enable_ipv6,
            };
            match mdns::tokio::Behaviour::new(config, self.local) {
                Ok(mut behaviour) => {
                    for (listener_id, addr) in &self.listening {
                        behaviour.on_swarm_event(FromSwarm::NewListenAddr(NewListenAddr {
                            listener_id: *listener_id,
                            addr,
                        }));
                    }
                    *inner = Some(behaviour);
                }
                Err(error) => self.events.push_back(Event::Unavailable(error)),
            }
        }
    }

    /// Takes in what one of the behaviours found.
    fn take(&mut self, event: mdns::Event) {
        let now = Instant::now();
        match event {
            mdns::Event::Discovered(found) => {
                for (peer, address) in found {
                    let Ok(change) = self.neighbours.found(peer, &address, now) else {
                        tracing::debug!("mDNS is flooded, it pauses");
                        self.inner = [None, None];
                        self.start_in(PAUSE);
                        return;
                    };
                    self.events.extend(change.map(Event::Change));
                }
            }
            mdns::Event::Expired(gone) => {
                for (peer, address) in gone {
                    let change = self.neighbours.expired(peer, &address);
                    self.events.extend(change.map(Event::Change));
                }
            }
        }
    }

    /// One thing that a behaviour wants, without its wish that others dial what it found.
    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<mdns::Event> {
        for inner in self.inner.iter_mut().flatten() {
            while let Poll::Ready(action) = inner.poll(cx) {
                if let ToSwarm::GenerateEvent(event) = action {
                    return Poll::Ready(event);
                }
            }
        }
        Poll::Pending
    }
}

impl NetworkBehaviour for Nearby {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Event;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::NewListenAddr(NewListenAddr { listener_id, addr }) => {
                if self.listening.len() >= LISTENING {
                    return;
                }
                self.listening.push((listener_id, addr.clone()));
                if suits(addr, false) || suits(addr, true) {
                    // A new interface: say so and ask there, as soon as all of them are known.
                    self.start_in(SETTLE);
                }
            }
            FromSwarm::ExpiredListenAddr(ExpiredListenAddr { listener_id, addr }) => {
                self.listening
                    .retain(|(id, address)| (*id, address) != (listener_id, addr));
                for inner in self.inner.iter_mut().flatten() {
                    inner.on_swarm_event(event);
                }
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

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Event, Infallible>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(ToSwarm::GenerateEvent(event));
            }
            if is_over(&mut self.start, cx) {
                self.begin();
                continue;
            }
            if is_over(&mut self.expiry, cx) {
                self.expiry = None;
                let gone = self.neighbours.expire(Instant::now());
                self.events.extend(gone.into_iter().map(Event::Change));
                continue;
            }
            match self.poll_inner(cx) {
                Poll::Ready(event) => self.take(event),
                Poll::Pending if self.events.is_empty() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
    }
}

fn is_over(sleep: &mut Option<Pin<Box<Sleep>>>, cx: &mut Context<'_>) -> bool {
    sleep
        .as_mut()
        .is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready())
}

/// Whether others can be told this address: loopback is no use to them.
fn suits(address: &Multiaddr, ipv6: bool) -> bool {
    match address.iter().next() {
        Some(Protocol::Ip4(ip)) => !ipv6 && !ip.is_loopback(),
        Some(Protocol::Ip6(ip)) => ipv6 && !ip.is_loopback(),
        _ => false,
    }
}

/// How long others believe what we announce.
const TTL: Duration = Duration::from_mins(1);

/// How often somebody on the network asks; every node hears the answers and then need not.
const QUERY: Duration = Duration::from_secs(20);

/// The addresses of all interfaces come one after the other.
const SETTLE: Duration = Duration::from_millis(50);

/// How long nobody is listened to after a flood.
const PAUSE: Duration = Duration::from_secs(5);

/// Listen addresses that are told.
const LISTENING: usize = 64;
