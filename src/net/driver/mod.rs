//! The task that owns the swarm.
//!
//! It never waits for a peer and never for the node: events that cannot be delivered wait in a
//! queue, and while that is full nothing more is taken from the swarm.

mod connection;
mod gossip;
mod hello;
mod relay;
mod stream;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::pending,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use futures::StreamExt;
use hello::Tickets;
use libp2p::{
    Swarm,
    swarm::{ConnectionId, SwarmEvent, dial_opts::DialOpts, dial_opts::PeerCondition},
};
use relay::Sent;
use stream::Streams;
use tokio::{
    sync::{Semaphore, mpsc},
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    NetCommand, NetEvent, Network, Taken, address,
    behaviour::{Behaviour, BehaviourEvent},
    check::Checker,
    connections::Connections,
    direct::Queue,
    heard::Told,
    hints::Hints,
    nearby::{self, Change},
    relays::{Named, Relays},
    supervisor::{Bond, Supervisor},
    visits::Visits,
};
use crate::wire::{
    direct::Direct,
    id::{Address, PeerId, TopicKey},
    mailbox::RelayRequest,
};

/// The direct stream of each peer that has one: what is sent goes straight to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes(Arc<RwLock<BTreeMap<PeerId, (ConnectionId, Queue)>>>);

/// How a driver is spoken with.
pub(crate) struct Ends {
    pub(crate) commands: mpsc::Receiver<NetCommand>,
    pub(crate) events: mpsc::Sender<Told>,
    pub(crate) routes: Routes,
}

/// What a driver was told in advance.
pub(crate) struct Plan {
    pub(crate) today: fn() -> u16,
    pub(crate) hints: Hints,
    pub(crate) relays: Vec<Named>,
    pub(crate) taken: Taken,
    pub(crate) network: Network,
}

/// Everything a running node holds.
pub(crate) struct Driver {
    local: PeerId,
    swarm: Swarm<Behaviour>,
    commands: mpsc::Receiver<NetCommand>,
    events: mpsc::Sender<Told>,
    /// Events that wait for room.
    pending: VecDeque<Told>,
    /// What each peer carried to us and the node has not taken has so many places.
    places: BTreeMap<libp2p::PeerId, Arc<Semaphore>>,
    checker: Arc<Checker>,
    routes: Routes,
    connections: Connections,
    /// What the node was told of each connected peer: whether its direct stream is open.
    told: BTreeMap<PeerId, bool>,
    supervisor: Supervisor,
    visits: Visits,
    hints: Hints,
    taken: Taken,
    /// On which the connections depend.
    network: Network,
    tickets: Tickets,
    relays: Relays,
    sent: Sent,
    streams: Streams,
    topics: BTreeSet<TopicKey>,
    /// Peers whose connections are closed to be made anew through the gate, at the latest then.
    reopening: BTreeMap<PeerId, Instant>,
}

impl Routes {
    /// Hands a message to a peer's stream; `false` if it has none or is slow.
    pub(crate) fn send(&self, peer: PeerId, message: Direct) -> bool {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        routes
            .get(&peer)
            .is_some_and(|(_, queue)| queue.send(message))
    }

    fn has(&self, peer: PeerId) -> bool {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        routes.contains_key(&peer)
    }

    /// The connection that the peer's route was on before, if it had one.
    fn set(&self, peer: PeerId, connection: ConnectionId, queue: Queue) -> Option<ConnectionId> {
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let older = routes.insert(peer, (connection, queue));
        older.map(|(connection, _)| connection)
    }

    /// Takes a peer's route away if it is on this connection.
    fn remove(&self, peer: PeerId, connection: ConnectionId) -> bool {
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_this = routes.get(&peer).is_some_and(|(id, _)| *id == connection);
        if is_this {
            routes.remove(&peer);
        }
        is_this
    }

    fn clear(&self) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl Driver {
    pub(crate) fn new(local: PeerId, swarm: Swarm<Behaviour>, ends: Ends, plan: Plan) -> Self {
        let Ends {
            commands,
            events,
            routes,
        } = ends;
        let Plan {
            today,
            hints,
            relays,
            taken,
            network,
        } = plan;
        let mut driver = Self {
            local,
            swarm,
            commands,
            events,
            pending: VecDeque::new(),
            places: BTreeMap::new(),
            checker: Arc::new(Checker::new(today)),
            routes,
            connections: Connections::new(local),
            told: BTreeMap::new(),
            supervisor: Supervisor::new(local),
            visits: Visits::new(Instant::now()),
            hints,
            taken,
            network,
            tickets: Tickets::default(),
            relays: Relays::new(local, &relays),
            sent: Sent::new(),
            streams: Streams::default(),
            topics: BTreeSet::new(),
            reopening: BTreeMap::new(),
        };
        driver.use_relays(relays);
        driver
    }

    /// Runs until it is stopped or nobody listens any more.
    pub(crate) async fn run(mut self) {
        loop {
            self.deliver();
            self.tick(Instant::now());
            let due = self.next();
            tokio::select! {
                () = room(&self.events), if !self.pending.is_empty() || self.streams.are_waiting() => {}
                command = self.commands.recv() => match command {
                    Some(NetCommand::Stop) | None => break,
                    Some(command) => self.handle_command(command),
                },
                event = self.swarm.select_next_some(), if self.pending.len() < PENDING => {
                    self.handle_swarm(event);
                }
                ended = self.streams.ended() => self.handle_stream_end(ended),
                () = until(due) => {}
                () = self.events.closed() => break,
            }
        }
        Box::pin(self.stop()).await;
    }

    fn handle_command(&mut self, command: NetCommand) {
        let now = Instant::now();
        match command {
            NetCommand::Send(peer, message) => {
                self.routes.send(peer, message);
            }
            NetCommand::Publish(topic, frame) => self.publish(topic, frame),
            NetCommand::Subscribe(topic) => self.subscribe(topic),
            NetCommand::Unsubscribe(topic) => self.unsubscribe(topic),
            NetCommand::Authorise(peer, addresses) => {
                self.authorise((peer, addresses), Bond::Contact, now);
            }
            NetCommand::AuthoriseMember(peer, addresses) => {
                self.authorise((peer, addresses), Bond::Member, now);
            }
            NetCommand::Revoke(peer) => self.revoke(peer),
            NetCommand::Dial(peer, addresses) => self.visit(peer, &addresses, now),
            NetCommand::Ask {
                ask,
                to,
                addresses,
                request,
            } => self.ask(ask, to, &addresses, request, now),
            NetCommand::Answer { ticket, reply } => self.answer(ticket, reply),
            NetCommand::Announce(on) => self.swarm.behaviour_mut().nearby().set_on(on),
            NetCommand::Lease { relay, lease } => {
                self.ask_relay(relay, RelayRequest::Lease(lease));
            }
            NetCommand::Release { relay, topic, auth } => {
                self.ask_relay(relay, RelayRequest::Release { topic, auth });
            }
            NetCommand::AskRelay { relay, request } => self.ask_relay(relay, request),
            NetCommand::Stop => {}
        }
    }

    fn handle_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.handle_behaviour(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => self.connected(peer_id, connection_id, &endpoint),
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                ..
            } => self.disconnected(peer_id, connection_id),
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                peer_id,
                error,
            } => {
                tracing::debug!(?peer_id, %error, "could not connect");
                self.dial_failed(peer_id, connection_id);
            }
            SwarmEvent::IncomingConnectionError { error, .. } => {
                tracing::debug!(%error, "an incoming connection failed");
            }
            SwarmEvent::NewListenAddr { .. } => {
                self.listening();
                self.supervisor.network_changed(Instant::now());
            }
            SwarmEvent::ExpiredListenAddr { .. } | SwarmEvent::ListenerClosed { .. } => {
                self.network.changed(Instant::now());
                self.listening();
            }
            SwarmEvent::ListenerError { error, .. } => {
                tracing::debug!(%error, "a listener failed to take a connection");
            }
            _ => {}
        }
    }

    fn handle_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Limits(never) | BehaviourEvent::Admission(never) => match never {},
            BehaviourEvent::Ping(event) => self.handle_ping(&event),
            BehaviourEvent::Nearby(event) => self.handle_nearby(event),
            BehaviourEvent::Gossip(event) => self.handle_gossip(event),
            BehaviourEvent::Direct(event) => self.handle_direct(event),
            BehaviourEvent::Blobs(()) => {}
            BehaviourEvent::Hello(event) => self.handle_hello(event),
            BehaviourEvent::Relay(event) => self.handle_relay(event),
        }
    }

    fn handle_nearby(&mut self, event: nearby::Event) {
        match event {
            nearby::Event::Change(Change::Found(peer, addresses)) => {
                self.supervisor.found(peer, &addresses, Instant::now());
                self.tell(NetEvent::Discovered(peer, addresses));
            }
            nearby::Event::Change(Change::Lost(peer)) => {
                self.supervisor.lost(peer);
                self.tell(NetEvent::Lost(peer));
            }
            nearby::Event::Unavailable(error) => self.tell(NetEvent::Warning(format!(
                "People nearby cannot be found, because this system does not let mDNS be used \
                 ({error}). Invite links and addresses still work."
            ))),
        }
    }

    fn listening(&mut self) {
        let addresses: Vec<Address> = self
            .swarm
            .listeners()
            .map(address::from_multiaddr)
            .collect();
        // Only the newest state counts.
        self.pending
            .retain(|event| !matches!(event, Told::Event(NetEvent::Listening(_))));
        self.tell(NetEvent::Listening(addresses));
    }

    /// Tells the node, as soon as it takes events.
    fn tell(&mut self, event: NetEvent) {
        self.pending.push_back(Told::Event(event));
    }

    /// Tells the node unless it is far behind: for what a peer can repeat or resend.
    fn tell_if_room(&mut self, event: NetEvent) -> bool {
        let room = self.pending.len() < BEHIND;
        if room {
            self.tell(event);
        }
        room
    }

    /// Tells the node what a peer carried to us, unless much of that waits already: others would wait behind it.
    fn tell_carried(&mut self, by: libp2p::PeerId, event: NetEvent) {
        let places = self
            .places
            .entry(by)
            .or_insert_with(|| Arc::new(Semaphore::new(CARRIED)));
        if let Ok(place) = Arc::clone(places).try_acquire_owned()
            && self.pending.len() < BEHIND
        {
            self.pending.push_back(Told::Carried(event, place));
        }
    }

    fn deliver(&mut self) {
        while let Some(event) = self.pending.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(
                    mpsc::error::TrySendError::Full(event)
                    | mpsc::error::TrySendError::Closed(event),
                ) => {
                    self.pending.push_front(event);
                    return;
                }
            }
        }
        // What peers say is read only after the node heard that they are connected.
        self.streams.start(&self.checker, &self.events);
    }

    fn tick(&mut self, now: Instant) {
        self.tickets.forget(now);
        self.taken.retry(&mut self.swarm, now);
        self.close_reopening(now);
        for connection in self.connections.superfluous(now) {
            // What was said on it is read first.
            if self.streams.is_idle(connection) || self.connections.is_old(connection, now) {
                self.close(connection);
            }
        }
        for connection in self.connections.overstaying(now) {
            self.close(connection);
        }
        let connected = self.connections.peers();
        for (peer, addresses) in self.supervisor.take_due(connected, now) {
            self.dial_wanted(peer, &addresses, now);
        }
        for (peer, addresses) in self.visits.take_due(now) {
            self.dial(peer, &addresses);
        }
        for question in self.visits.expire(now) {
            self.unanswered(question.ask);
        }
        for (hint, peer, address) in self.hints.take_due(now) {
            self.dial_hint(hint, peer, &address, now);
        }
    }

    fn next(&self) -> Option<Instant> {
        [
            self.connections.next(),
            self.supervisor.next(),
            self.visits.next(),
            self.hints.next(),
            self.taken.next(),
            self.tickets.next(),
            self.reopening.values().min().copied(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Where a peer may be dialled, as libp2p wants it. From a new port each time: from the listening
    /// port two that dial each other at once would make one connection of which each thinks that
    /// it dialled.
    fn dial_opts(peer: PeerId, addresses: &[Address]) -> Option<DialOpts> {
        let addresses = addresses.iter().filter_map(address::to_multiaddr).collect();
        let opts = DialOpts::peer_id(address::to_libp2p(peer)?)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(addresses)
            .allocate_new_port()
            .build();
        Some(opts)
    }

    /// Says goodbye: lets streams finish what waits, then closes all connections.
    async fn stop(mut self) {
        self.routes.clear();
        let _ = timeout(LAST_WORDS, self.streams.finish(&mut self.swarm)).await;
        let peers: Vec<libp2p::PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let closed = async {
            while self.swarm.connected_peers().next().is_some() {
                self.swarm.select_next_some().await;
            }
        };
        let _ = timeout(GOODBYE, closed).await;
    }
}

/// Waits until the node takes an event, or none any more.
async fn room(events: &mpsc::Sender<Told>) {
    let _ = events.reserve().await;
}

async fn until(due: Option<Instant>) {
    match due {
        // A moment at least: whatever is due and cannot be done must not spin.
        Some(due) if due <= Instant::now() => sleep(MOMENT).await,
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

/// Events that may wait for the node before the swarm stops.
const PENDING: usize = 1024;

/// Above this many waiting events gossip and hello requests are dropped: the rest keeps the
/// connections up while the node is busy.
const BEHIND: usize = 256;

/// Frames that one peer carried to us, and that may wait: a relay carries those of everybody.
const CARRIED: usize = 256;

const MOMENT: Duration = Duration::from_millis(20);

/// How long what waits may take to be written when the node stops.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How long connections may take to close.
const GOODBYE: Duration = Duration::from_secs(1);
