//! Why the store refuses.

use super::{profile::TooShort, tree::DiskError, vault::VaultError};

/// Why something was not remembered, or is not found again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The profile is locked.
    #[error("the profile is locked")]
    Locked,
    /// There is no room for more. Nothing was written; later it may work.
    #[error("the disk is full: only {} MiB are left, and {} are needed", .free >> 20, .needed >> 20)]
    Full {
        /// Bytes that are left.
        free: u64,
        /// Bytes that have to be left.
        needed: u64,
    },
    /// One value is larger than anything that is kept. Nothing was written.
    #[error("a record of {0} bytes is too large to keep")]
    TooLarge(usize),
    /// The disk refused, now or before: the store takes no more writes until it is opened again.
    #[error("the disk failed, nothing more is written: {0}")]
    Failed(String),
    /// What is on disk is not what was written. It is mended when the profile is opened next.
    #[error("the database is damaged: {0}")]
    Damaged(String),
}

impl From<DiskError> for StoreError {
    fn from(e: DiskError) -> Self {
        match e {
            DiskError::Closed => Self::Locked,
            DiskError::Failed(why) => Self::Failed(why),
            DiskError::Damaged(why) => Self::Damaged(why),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(e: std::io::Error) -> Self {
        Self::Failed(e.to_string())
    }
}

/// What there is to warn of after the profile was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The database was damaged. What could be read of it was saved; something may be missing,
    /// and ratchets may be older than what peers know. The damaged one was set aside.
    pub salvaged: bool,
    /// The database is older than this profile has been.
    pub rolled_back: bool,
    /// The profile is a copy: of a backup, or of one that is in use elsewhere.
    pub copied: bool,
}

impl Opened {
    /// Whether anything of ours may be older than what others hold of it.
    pub fn is_suspect(&self) -> bool {
        self.salvaged || self.rolled_back || self.copied
    }
}

/// Why the passphrase stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// The current one is wrong, or missing.
    #[error("the current passphrase is wrong")]
    Wrong,
    /// The new one is too short.
    #[error(transparent)]
    TooShort(#[from] TooShort),
    /// The profile is locked.
    #[error("the profile is locked")]
    Locked,
    /// The disk refused.
    #[error("the passphrase could not be saved: {0}")]
    Failed(String),
}

impl From<VaultError> for PassphraseError {
    fn from(e: VaultError) -> Self {
        match e {
            VaultError::NeedsPassphrase | VaultError::WrongPassphrase => Self::Wrong,
            VaultError::Damaged(file) => Self::Failed(format!("{file} is damaged")),
            VaultError::Newer => Self::Failed("vault.hdr is of a newer version".into()),
            VaultError::Io(e) => Self::Failed(e.to_string()),
        }
    }
}
