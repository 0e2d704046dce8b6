//! What it takes to start a node, and why that can fail.

use std::{path::PathBuf, thread};

use tokio::{
    runtime::{self, Handle as Runtime},
    sync::oneshot,
};
use zeroize::Zeroizing;

use super::{
    handle::{Handle, handle},
    lifecycle,
};

/// What a node needs to know before it starts.
#[derive(Clone, Default)]
pub struct NodeSettings {
    /// Where everything is kept.
    pub profile: PathBuf,
    /// Opens a protected profile. Without it such a profile starts locked.
    pub passphrase: Option<Zeroizing<String>>,
    /// Multiaddrs to listen at.
    pub listen: Vec<String>,
    /// Where others are told to dial, if that is somewhere else.
    pub announce: Option<String>,
    /// Multiaddrs of nodes to dial, with or without their peer id.
    pub dial: Vec<String>,
    /// Multiaddrs of relays to use, with their peer id.
    pub relays: Vec<String>,
    /// Find and be found on this network.
    pub mdns: bool,
    /// Go on the network at all.
    pub online: bool,
    /// What may be done with files unasked.
    pub files: FileRules,
    /// Make the profile, which must be new, from these.
    pub restore: Option<Restore>,
}

/// What may be done with files unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRules {
    /// The largest file of a contact that is fetched without being asked for, in bytes.
    pub unasked: u64,
    /// What all files together may take, in bytes.
    pub quota: u64,
    /// Bytes a second that files may come and go with; 0: as fast as it goes.
    pub rate: u64,
}

impl Default for FileRules {
    fn default() -> Self {
        Self {
            unasked: 5 << 20,
            quota: 32 << 30,
            rate: 0,
        }
    }
}

/// What a person who lost everything else is made of.
#[derive(Clone)]
pub struct Restore {
    /// The recovery words.
    pub words: Zeroizing<String>,
    /// What others are to call them; a random name if there is none.
    pub name: Option<String>,
}

/// Why a node did not start. Each sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting makes no sense.
    #[error("{0}")]
    Usage(String),
    /// Another process has the profile.
    #[error(
        "The profile {profile} is in use by process {pid}. Close it first, or choose another with \
         --profile DIR."
    )]
    InUse {
        /// Which profile.
        profile: String,
        /// Which process, if that is known.
        pid: String,
    },
    /// Words restore an account into a new profile only.
    #[error(
        "There is a person in the profile {0} already, and nothing was changed. Restore into a new \
         one, with --profile DIR."
    )]
    Inhabited(String),
    /// The passphrase is not the one.
    #[error("That passphrase does not open the profile {0}. Nothing was changed; try again.")]
    WrongPassphrase(String),
    /// The store is damaged.
    #[error(
        "The profile is damaged: {0}. Nothing was overwritten. Copy its directory to a safe place, then \
         try again or go back to a copy."
    )]
    Damaged(String),
    /// The disk refuses.
    #[error("The profile cannot be opened: {0}")]
    Storage(String),
    /// The network refuses.
    #[error("The network cannot be used: {0}")]
    Network(String),
}

impl StartError {
    /// The exit code of the process, as `docs/rpc.md` promises.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Inhabited(_) => 2,
            Self::InUse { .. } => 3,
            Self::WrongPassphrase(_) => 4,
            Self::Damaged(_) => 5,
            Self::Storage(_) | Self::Network(_) => 1,
        }
    }
}

/// A node that runs, to learn how it ended.
pub struct Running(oneshot::Receiver<Result<(), NodeError>>);

impl Running {
    /// Returns when the node has ended, and why, unless it was asked to.
    pub async fn ended(self) -> Result<(), NodeError> {
        self.0.await.unwrap_or(Err(NodeError::Bug))
    }
}

/// Why a node ended without being asked to. Started again it goes on from what is on disk.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The disk refuses.
    #[error(
        "Betwixt stopped because the disk failed: {0}. What was confirmed is safe. Look at the disk, \
         then start again."
    )]
    Storage(String),
    /// It panicked.
    #[error("Betwixt stopped because of a bug. What was confirmed is safe; start it again.")]
    Bug,
}

/// Starts a node. Its network runs within the current tokio runtime, and its loop on a thread of its own,
/// which may wait for the disk where it is. A protected profile without its passphrase starts locked.
///
/// # Errors
///
/// Nothing was changed then, and nothing runs.
pub async fn start(mut settings: NodeSettings) -> Result<(Handle, Running), StartError> {
    let net = Runtime::current();
    let state = lifecycle::begin(&mut settings, &net).await?;
    crate::config::write_template(&settings.profile);
    let (handle, ends) = handle();
    let (done, ended) = oneshot::channel();
    let turns = runtime::Builder::new_current_thread().enable_time().build();
    let turns = turns.map_err(|error| StartError::Storage(error.to_string()))?;
    let run = move || {
        let ended = turns.block_on(lifecycle::run(settings, ends, state, net));
        turns.shutdown_background();
        // Nobody may want to know.
        let _ = done.send(ended);
    };
    let spawned = thread::Builder::new().name("node".into()).spawn(run);
    spawned.map_err(|error| StartError::Storage(error.to_string()))?;
    Ok((handle, Running(ended)))
}
