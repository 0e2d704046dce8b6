//! One directory, one process: a profile that is ours but not open.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    files, generation,
    keyring::{Keyring, KeyringError},
    lock::{NotLocked, ProfileLock},
    open::{self, UnlockError},
    seal::Sealer,
    store::Store,
    vault::{Cost, Header, Keys, VaultError},
};
use crate::{files::Shelf, proto::crypto::kdf};

/// Where files of messages lie.
const BLOBS: &str = "blobs";

/// A profile's directory, which no other process has. Locked: no key of it is in memory.
#[derive(Debug)]
pub struct Profile {
    dir: PathBuf,
    lock: ProfileLock,
    /// None until the first [`Profile::unlock`] of a new profile.
    header: Option<Header>,
}

/// Why a profile is not ours.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the profile is in use")]
    InUse {
        /// Which process, if it says so.
        pid: Option<u32>,
    },
    /// What is there is not what was written, and cannot be mended. Nothing was changed.
    #[error("{0}")]
    Damaged(String),
    /// It cannot be used here and now. A sentence that says why.
    #[error("{0}")]
    Refused(String),
}

/// Why a profile stays locked, and the profile.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct UnlockFailed {
    /// As it was.
    pub profile: Box<Profile>,
    /// Why.
    #[source]
    pub why: UnlockError,
}

/// A passphrase that protects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a passphrase needs at least {LEAST_CHARACTERS} characters")]
pub struct TooShort;

/// Shortest passphrase, in characters.
pub const LEAST_CHARACTERS: usize = 8;

/// Refuses a passphrase that protects nothing.
pub(super) fn long_enough(passphrase: &str) -> Result<(), TooShort> {
    if passphrase.chars().count() < LEAST_CHARACTERS {
        return Err(TooShort);
    }
    Ok(())
}

impl Profile {
    /// Takes a profile, and makes its directory if need be. From here on this process makes no file
    /// that others may read: the umask becomes 077.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
        match fs::metadata(dir) {
            Ok(meta) if !meta.is_dir() => {
                return Err(refused(dir, "is not a directory. Choose another one"));
            }
            Ok(meta) if meta.uid() != rustix::process::geteuid().as_raw() => {
                return Err(refused(dir, "belongs to another user. Choose another one"));
            }
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                files::make_private_dir(dir).map_err(|e| io_refused(dir, &e))?;
            }
            Err(e) => return Err(io_refused(dir, &e)),
        }
        let lock = ProfileLock::take(dir).map_err(|e| match e {
            NotLocked::InUse(pid) => OpenError::InUse { pid },
            NotLocked::Io(e) => io_refused(dir, &e),
        })?;
        files::close_to_others(dir).map_err(|e| io_refused(dir, &e))?;
        Self::with_lock(dir, lock).map_err(|e| match e {
            UnlockError::Damaged(why) => OpenError::Damaged(why),
            UnlockError::Newer => refused(
                dir,
                "was made by a newer version of this program. Use that one",
            ),
            other => refused(dir, &format!("cannot be read: {other}")),
        })
    }

    fn with_lock(dir: &Path, lock: ProfileLock) -> Result<Self, UnlockError> {
        let header = Header::read(dir)?;
        let profile = Self {
            dir: dir.to_owned(),
            lock,
            header,
        };
        // Without its header nothing of a profile can be read. Never begin anew over it.
        if profile.header.is_none() && (!profile.is_new() || !generation::all(dir)?.is_empty()) {
            return Err(UnlockError::Damaged("vault.hdr is missing".into()));
        }
        Ok(profile)
    }

    /// The same profile after it was closed.
    pub(super) fn again(dir: &Path, lock: ProfileLock, header: Header) -> Self {
        Self {
            dir: dir.to_owned(),
            lock,
            header: Some(header),
        }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether nothing was ever kept in it.
    pub fn is_new(&self) -> bool {
        // Written last when a profile is made. Beside it, what would be left if it were lost.
        ["CURRENT", "CURRENT.copy", "state"]
            .iter()
            .all(|name| !self.dir.join(name).exists())
    }

    /// Whether it opens with a passphrase only.
    pub fn is_protected(&self) -> bool {
        self.header.as_ref().is_some_and(Header::is_protected)
    }

    /// Opens the profile. A new one is made here: protected if a passphrase is given.
    ///
    /// Blocks: deriving keys from a passphrase takes about a second, by design.
    pub fn unlock(self, passphrase: Option<&str>) -> Result<Store, UnlockFailed> {
        self.unlock_at(passphrase, Cost::calibrated)
    }

    pub(super) fn unlock_at(
        mut self,
        passphrase: Option<&str>,
        cost: impl FnOnce() -> Cost,
    ) -> Result<Store, UnlockFailed> {
        let opened = self
            .open_vault(passphrase, cost)
            .and_then(|(header, keys)| {
                self.header = Some(header.clone());
                let (keyring, lost) = self.keyring(&keys)?;
                let sealer = Sealer::new(&keys.records, keyring.ratchet.clone());
                if let Some(next) = &keyring.next {
                    sealer.change_ratchet_key(next.clone());
                }
                let inode = self.lock.inode();
                let ready = open::open(&self.dir, &Arc::new(sealer), inode, lost)?;
                let key = kdf::derive("vault-blobs", keys.records.expose(), b"", b"");
                let shelf = Shelf::open(&self.dir.join(BLOBS), key)?;
                let (named, certain) = ready.files()?;
                shelf.keep_only(named, certain)?;
                Ok((header, keys, keyring, (ready, shelf)))
            });
        match opened {
            Ok((header, keys, keyring, ready)) => Ok(Store::begin(
                self.dir, self.lock, header, keys, keyring, ready,
            )),
            Err(why) => Err(UnlockFailed {
                profile: Box::new(self),
                why,
            }),
        }
    }

    fn open_vault(
        &self,
        passphrase: Option<&str>,
        cost: impl FnOnce() -> Cost,
    ) -> Result<(Header, Keys), UnlockError> {
        if let Some(header) = &self.header {
            let keys = header.open(&self.dir, passphrase)?;
            header.tidy(&self.dir)?;
            return Ok((header.clone(), keys));
        }
        let protection = match passphrase {
            Some(passphrase) => {
                long_enough(passphrase)?;
                Some((passphrase, cost()))
            }
            None => None,
        };
        let keys = Keys::random()?;
        let header = Header::write(&self.dir, &keys, protection)?;
        Ok((header, keys))
    }

    /// The keyring, and whether the one there was is lost.
    fn keyring(&self, keys: &Keys) -> Result<(Keyring, bool), UnlockError> {
        let lost = match Keyring::read(&self.dir, &keys.keyring) {
            Ok(keyring) => return Ok((keyring, false)),
            Err(KeyringError::Missing) => !self.is_new(),
            Err(KeyringError::Damaged) => true,
            Err(KeyringError::Newer) => return Err(UnlockError::Newer),
            Err(KeyringError::Io(e)) => return Err(e.into()),
        };
        let mut keyring = Keyring::random()?;
        keyring.write(&self.dir, &keys.keyring)?;
        Ok((keyring, lost))
    }
}

impl From<VaultError> for UnlockError {
    fn from(e: VaultError) -> Self {
        match e {
            VaultError::NeedsPassphrase => Self::NeedsPassphrase,
            VaultError::WrongPassphrase => Self::WrongPassphrase,
            VaultError::Damaged(file) => Self::Damaged(format!("{file} is damaged")),
            VaultError::Newer => Self::Newer,
            VaultError::Io(e) => e.into(),
        }
    }
}

fn refused(dir: &Path, why: &str) -> OpenError {
    OpenError::Refused(format!("{} {why}.", dir.display()))
}

fn io_refused(dir: &Path, e: &io::Error) -> OpenError {
    let why = match e.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "cannot be written to. Change its permissions, or choose another directory".to_owned()
        }
        io::ErrorKind::StorageFull => "lies on a full disk. Make room first".to_owned(),
        _ => format!("cannot be used: {e}"),
    };
    refused(dir, &why)
}
