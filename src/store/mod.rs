//! What is remembered: one encrypted database in one private directory.
//!
//! A [`Profile`] is a directory that is ours; a [`Store`] is a profile that is open. sled holds sealed
//! rows under blinded keys; the keys are in the vault, which a passphrase may protect.
//!
//! ```text
//! betwixt.lock   held while the profile is ours; our process id
//! vault.hdr      the keys of everything, sealed (protocol §8.1)     vault.hdr.copy
//! vault.key      opens vault.hdr when there is no passphrase        vault.key.copy
//! keyring.bin    the ratchet-state key, which must be able to go    keyring.bin.copy
//! records.bin    the records without which nobody is who they were  records.bin.copy
//! CURRENT        which database counts                              CURRENT.copy
//! gen-N/         a database of sled
//! state          how far the database had come
//! search/        which messages have which words, sealed; may be removed at any time
//! tail-N         the end of a log while it is opened
//! blobs/         files of messages (`crate::files`)
//! ballast        room that is given up when the disk is full
//! db.broken-N/   a database that was damaged, after what could be read of it was saved
//! ```

mod asking;
mod backup;
mod carve;
mod compact;
mod database;
mod erase;
mod error;
mod generation;
mod keyring;
mod lock;
mod named;
mod open;
mod profile;
mod query;
mod salvage;
mod seal;
pub mod search;
mod state;
#[expect(
    clippy::module_inception,
    reason = "it is what the layer is named after"
)]
mod store;
mod tail;
mod timeline;
mod unindexed;
mod vault;
mod write;

#[cfg(test)]
mod tests;

use crate::disk::{files, tree};

pub use error::{Opened, PassphraseError, StoreError};
pub use open::UnlockError;
pub use profile::{LEAST_CHARACTERS, OpenError, Profile, TooShort, UnlockFailed};
pub use query::Record;
pub use store::Store;
