//! Keys that must be able to disappear, outside the database (protocol §8.3, §8.4).
//!
//! The database is a log: what was removed from it stays on disk for an unknown time. Ratchet state
//! is therefore sealed under a key that lies here, in a small file that is replaced and overwritten.

use std::{io, path::Path};

use minicbor::{Decode, Encode};

use super::{
    files::{self, Copies},
    vault,
};
use crate::proto::{
    crypto::aead,
    secret::{self, Secret},
};

/// `keyring.bin`.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(super) struct Keyring {
    /// Of the format: 1.
    #[n(0)]
    version: u8,
    /// How often it was written.
    #[n(1)]
    generation: u64,
    /// The ratchet-state key.
    #[n(2)]
    pub(super) ratchet: Secret<32>,
    /// The one that takes its place. While it is here, rows may be under either.
    #[n(3)]
    pub(super) next: Option<Secret<32>>,
}

/// Why there is no keyring.
#[derive(Debug)]
pub(super) enum KeyringError {
    Missing,
    Damaged,
    Newer,
    Io(io::Error),
}

impl From<io::Error> for KeyringError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

const FILE: &str = "keyring.bin";
const VERSION: u8 = 1;
const AD: &[u8] = b"keyring";

impl Keyring {
    pub(super) fn random() -> io::Result<Self> {
        Ok(Self {
            version: VERSION,
            generation: 0,
            ratchet: vault::random_secret()?,
            next: None,
        })
    }

    pub(super) fn read(dir: &Path, key: &Secret<32>) -> Result<Self, KeyringError> {
        let Copies::Whole { bytes, .. } = (match files::read_copies(&dir.join(FILE))? {
            Copies::Missing => return Err(KeyringError::Missing),
            copies => copies,
        }) else {
            return Err(KeyringError::Damaged);
        };
        let (nonce, sealed) = bytes.split_first_chunk().ok_or(KeyringError::Damaged)?;
        let opened = aead::xopen(key, nonce, AD, sealed).ok_or(KeyringError::Damaged)?;
        // The version is the first thing in every version.
        let mut decoder = minicbor::Decoder::new(&opened);
        let version = decoder.array().and_then(|_| decoder.u8());
        if version.is_ok_and(|version| version > VERSION) {
            return Err(KeyringError::Newer);
        }
        secret::decode(&opened).map_err(|_| KeyringError::Damaged)
    }

    /// Replaces the file. The one before is overwritten.
    pub(super) fn write(&mut self, dir: &Path, key: &Secret<32>) -> io::Result<()> {
        self.generation = self.generation.saturating_add(1);
        let nonce: [u8; 24] = vault::random()?;
        let sealed = aead::xseal(key, &nonce, AD, &secret::encode(self));
        files::write_copies(&dir.join(FILE), &[nonce.as_slice(), &sealed].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [5; 32];

    #[test]
    fn a_keyring_is_read_back_whole_and_only_with_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let key = Secret::new(KEY);
        let mut keyring = Keyring::random().unwrap();
        keyring.next = Some(Secret::new([9; 32]));
        keyring.write(dir.path(), &key).unwrap();

        let read = Keyring::read(dir.path(), &key).unwrap();

        assert_eq!(read.ratchet, keyring.ratchet);
        assert_eq!(read.next, keyring.next);
        assert_eq!(read.generation, 1);
        let wrong = Keyring::read(dir.path(), &Secret::new([6; 32]));
        assert!(matches!(wrong, Err(KeyringError::Damaged)));
    }

    #[test]
    fn a_later_version_is_named_as_such() {
        let dir = tempfile::tempdir().unwrap();
        let mut keyring = Keyring::random().unwrap();
        keyring.version = 2;
        keyring.write(dir.path(), &Secret::new(KEY)).unwrap();

        let read = Keyring::read(dir.path(), &Secret::new(KEY));

        assert!(matches!(read, Err(KeyringError::Newer)));
    }
}
