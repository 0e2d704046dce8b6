//! A relay: a node that forwards topics between peers that cannot reach each other, and keeps what
//! they carry for those who are not there.
//!
//! It knows a topic by its name only, which is the key that its frames are signed with. Whoever
//! shows with that key that it belongs to a topic gets it forwarded and kept; what is inside stays
//! sealed, and it cannot name the layers that could open anything (`tests/layers.rs`).

mod behaviour;
mod clients;
mod files;
mod key;
mod leases;
mod mailbox;
mod metrics;
mod requests;
mod server;
mod stats;
#[cfg(test)]
mod tests;
mod watches;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use ed25519_dalek::SigningKey;

pub use self::{files::FileQuotas, mailbox::Quotas};
pub use crate::net::NetError;
use crate::net::{
    Network, address,
    behaviour::{listen, swarm},
    gossip::{self, Mesh},
};

/// What a relay is started with.
#[derive(Clone)]
pub struct Settings {
    /// Where its key and its mailboxes are; made if they are not there.
    pub directory: PathBuf,
    /// Multiaddrs to listen on.
    pub listen: Vec<String>,
    /// Whoever does not know it is not let in; without it everybody is.
    pub token: Option<[u8; 16]>,
    /// Whether topics are forwarded by gossip. Clients see all of a relay's topics then.
    pub gossip: bool,
    /// How much is kept; none: nothing is.
    pub mailboxes: Option<Quotas>,
    /// How much is kept of files, where mailboxes are; none: nothing is.
    pub files: Option<FileQuotas>,
    /// Where numbers and health are told, on this machine only.
    pub metrics: Option<SocketAddr>,
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
    /// The mailboxes cannot be opened.
    #[error(
        "the mailboxes in {path} cannot be opened: {reason}. Make room or mend the disk; what is \
         damaged may be moved away, clients then put again what has not arrived"
    )]
    Mailboxes {
        /// The directory.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The files that are kept cannot be opened.
    #[error("the files in {path} cannot be opened: {reason}. Make room or mend the disk")]
    Files {
        /// The directory.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// Numbers cannot be told there.
    #[error("numbers cannot be told at {address}: {reason}")]
    Metrics {
        /// Where.
        address: SocketAddr,
        /// Why.
        reason: String,
    },
}

/// Runs a relay until it is to stop, and tells each of its full addresses as it becomes known: what
/// clients are given with `--relay`, with the token if there is one.
///
/// # Errors
///
/// [`RelayError`], before it has begun.
pub async fn run(
    settings: Settings,
    stop: impl Future<Output = ()>,
    on_address: impl FnMut(&str),
) -> Result<(), RelayError> {
    let secret = key::load_or_create(&settings.directory)?;
    let keypair = address::keypair(&secret)?;
    let local = address::local_peer(&secret)?;
    let behaviour = behaviour::Behaviour::new(gossip::behaviour(Mesh::RELAY)?);
    let mut swarm = swarm(&keypair, behaviour, &Network::default())?;
    for text in &settings.listen {
        listen(&mut swarm, text)?;
    }
    let stats = Arc::new(stats::Stats::default());
    let metrics = match settings.metrics {
        Some(address) => Some(metrics::serve(address, Arc::clone(&stats)).await?),
        None => None,
    };
    let kept = match settings.mailboxes {
        Some(quotas) => {
            let directory = settings.directory.join("mailboxes");
            let (now, stats) = (settings.now, Arc::clone(&stats));
            let open = move || mailbox::Keeper::start(&directory, quotas, now, stats);
            let opened = tokio::task::spawn_blocking(open).await;
            let bug = |_| RelayError::Mailboxes {
                path: settings.directory.clone(),
                reason: "a bug was met".into(),
            };
            Some(opened.map_err(bug)??)
        }
        None => None,
    };
    let shelf = match settings.files.filter(|_| kept.is_some()) {
        Some(quotas) => {
            let path = settings.directory.join("files");
            let opened = files::Shelf::open(&path, quotas, settings.now, Arc::clone(&stats));
            Some(opened.map_err(|reason| RelayError::Files { path, reason })?)
        }
        None => None,
    };
    tracing::info!(
        peer = %address::peer_text(local),
        keeps = kept.is_some(),
        keeps_files = shelf.is_some(),
        gossip = settings.gossip,
        open_to_all = settings.token.is_none(),
        "the relay runs"
    );
    let key = SigningKey::from_bytes(&secret);
    let server = server::Server::new((local, key), swarm, (kept, shelf), (&settings, stats));
    Box::pin(server.run(stop, on_address)).await;
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    tracing::info!("the relay has stopped");
    Ok(())
}
