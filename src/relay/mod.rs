//! A relay: a node that forwards topics between peers that cannot reach each other.
//!
//! It knows a topic by its name only, which is the key that its frames are signed with. Whoever
//! shows with that key that it belongs to a topic gets it forwarded; what is inside stays sealed.
//! Nothing is stored, and it cannot name the layers that could open anything (`tests/layers.rs`).

mod behaviour;
mod clients;
mod key;
mod leases;
mod server;
#[cfg(test)]
mod tests;

use std::{io, path::PathBuf};

pub use crate::net::NetError;
use crate::net::{
    address,
    behaviour::{listen, swarm},
    gossip::{self, Mesh},
};

/// What a relay is started with.
#[derive(Clone)]
pub struct Settings {
    /// Where its key is kept; made if it is not there.
    pub directory: PathBuf,
    /// Multiaddrs to listen on.
    pub listen: Vec<String>,
    /// Whoever does not know it is not let in; without it everybody is.
    pub token: Option<[u8; 16]>,
    /// Days since 2024-01-01 UTC.
    pub today: fn() -> u16,
    /// Milliseconds since 1970.
    pub now: fn() -> u64,
}

/// Why a relay does not run, as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The network refuses.
    #[error(transparent)]
    Network(#[from] NetError),
    /// The key cannot be read, made or kept.
    #[error("the relay's key {path} cannot be used: {reason}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: io::Error,
    },
}

/// Runs a relay until the future is dropped, and tells each of its full addresses as it becomes
/// known: what clients are given with `--relay`, with the token if there is one.
///
/// # Errors
///
/// [`RelayError`], before it has begun.
pub async fn run(settings: Settings, on_address: impl FnMut(&str)) -> Result<(), RelayError> {
    let secret = key::load_or_create(&settings.directory)?;
    let keypair = address::keypair(&secret)?;
    let local = address::local_peer(&secret)?;
    let behaviour = behaviour::Behaviour::new(gossip::behaviour(Mesh::RELAY)?);
    let mut swarm = swarm(&keypair, behaviour)?;
    for text in &settings.listen {
        listen(&mut swarm, text)?;
    }
    Box::pin(server::Server::new(local, swarm, &settings).run(on_address)).await;
    Ok(())
}
