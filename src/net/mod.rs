//! Carrying bytes between peers over libp2p.
//!
//! `net` knows who may be spoken to and how to reach them; it knows no key of a chat and no
//! content. Everything it is told comes as a [`NetCommand`], everything that happens goes out as a
//! [`NetEvent`]. Strangers reach the hello protocol only; gossip and the direct stream are open to
//! peers that were authorised (protocol §5.7).

pub mod address;
pub(crate) mod admission;
pub(crate) mod behaviour;
pub(crate) mod blob;
pub(crate) mod check;
mod command;
mod connections;
mod direct;
mod driver;
mod event;
pub(crate) mod exchange;
mod framing;
pub(crate) mod gate;
pub(crate) mod gossip;
mod heard;
mod hints;
mod mailbox;
mod muxer;
mod nearby;
mod ports;
pub(crate) mod relays;
mod seats;
mod settings;
mod supervisor;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod visits;

use std::time::Duration;

use behaviour::Behaviour;
pub use blob::{BlobStream, Blobs, BlobsIn};
pub use command::NetCommand;
use driver::{Driver, Ends, Plan, Routes};
pub use event::{Kept, NetEvent};
pub use heard::NetEvents;
use hints::Hints;
pub(crate) use muxer::Network;
pub use ports::Ports;
use ports::Taken;
pub use seats::{Seat, Seats};
pub use settings::{DEFAULT_LISTEN, NetError, Settings};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout},
};

use crate::wire::id::{Address, PeerId};

/// Which relays are named, and where, as [`Settings::relays`] does; without their tokens.
///
/// # Errors
///
/// [`NetError::Relay`], [`NetError::Relays`]
pub fn named_relays(texts: &[String]) -> Result<Vec<(PeerId, Address)>, NetError> {
    let named = relays::parse_all(texts)?;
    Ok(named.into_iter().map(|(peer, at, _)| (peer, at)).collect())
}

/// A running node on the network. Dropping it stops the node.
pub struct Net {
    local: PeerId,
    commands: mpsc::Sender<NetCommand>,
    routes: Routes,
    blobs: Option<(Blobs, BlobsIn)>,
    driver: JoinHandle<()>,
}

/// Starts a node within the current tokio runtime: it listens when this returns.
///
/// # Errors
///
/// A sentence for whoever started the program: an address that cannot be read or listened on.
pub fn start(settings: Settings) -> Result<(Net, NetEvents), NetError> {
    let Settings {
        node_secret,
        listen,
        ports,
        mdns,
        dial,
        relays,
        today,
    } = settings;
    let keypair = address::keypair(&node_secret)?;
    let id = keypair.public().to_peer_id();
    let local = address::from_libp2p(&id).ok_or(NetError::Key)?;
    let hints = dial
        .iter()
        .map(|text| address::parse(text).map_err(|_| NetError::Address(text.clone())))
        .collect::<Result<Vec<_>, NetError>>()?;
    let relays = relays::parse_all(&relays)?;

    let network = Network::default();
    let mut swarm = behaviour::swarm(&keypair, Behaviour::new(id, mdns)?, &network)?;
    let mut taken = Vec::new();
    for text in &listen {
        if let Some(fixed) = ports.fix(text) {
            if behaviour::listen(&mut swarm, &fixed).is_ok() {
                continue;
            }
            tracing::warn!("another program has {fixed}; it is taken when it is free again");
            taken.push(fixed);
        }
        behaviour::listen(&mut swarm, text)?;
    }

    let blobs = blob::ends(swarm.behaviour_mut().blobs().new_control());
    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (events, receiver) = mpsc::channel(EVENTS);
    let routes = Routes::default();
    let ends = Ends {
        commands: inbox,
        events,
        routes: routes.clone(),
    };
    let plan = Plan {
        today,
        hints: Hints::new(hints, Instant::now()),
        taken: Taken::new(taken, Instant::now()),
        relays,
        network,
    };
    let driver = Driver::new(local, swarm, ends, plan);
    let net = Net {
        local,
        commands,
        routes,
        blobs,
        driver: tokio::spawn(driver.run()),
    };
    Ok((net, NetEvents::new(receiver)))
}

impl Net {
    /// Who this node is on the network.
    pub fn local_peer(&self) -> PeerId {
        self.local
    }

    /// The streams of the file protocol, for whoever asks first.
    pub fn blobs(&mut self) -> Option<(Blobs, BlobsIn)> {
        self.blobs.take()
    }

    /// Tells the node to do something. Never waits: `false` means that it was dropped, because the
    /// peer has no direct stream, or it or the node is slow.
    pub fn send(&self, command: NetCommand) -> bool {
        match command {
            NetCommand::Send(peer, message) => self.routes.send(peer, message),
            command => self.commands.try_send(command).is_ok(),
        }
    }

    /// Closes all connections and ends, within two seconds. Events are then no longer delivered;
    /// what was sent before is written first, as far as peers take it.
    pub async fn stop(self) {
        let Self {
            commands, driver, ..
        } = self;
        let ended = async {
            let _ = commands.send(NetCommand::Stop).await;
            let _ = driver.await;
        };
        let _ = timeout(LONGEST_STOP, ended).await;
    }
}

/// Commands that wait for the node.
const COMMANDS: usize = 4096;

/// Events that wait for whoever drives the node, beside what peers say on their direct streams. While it is
/// full nothing more is taken from the network.
const EVENTS: usize = 512;

const LONGEST_STOP: Duration = Duration::from_secs(2);
