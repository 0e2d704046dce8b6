//! The keys of everything, and what opens them (protocol §8.1).
//!
//! `vault.hdr` seals the two keys of the profile under a key-encryption key, which comes from the
//! passphrase by Argon2id (RFC 9106), or, without a passphrase, from the random file `vault.key`.
//! Changing the passphrase seals the same two keys anew.

use std::{io, path::Path};

use argon2::{Algorithm, Argon2, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::files::{self, Copies};
use crate::proto::{
    crypto::{aead, kdf},
    secret::Secret,
};

/// The keys of a profile.
pub(super) struct Keys {
    /// From which the keys of all records come.
    pub(super) records: Secret<32>,
    /// Seals the keyring.
    pub(super) keyring: Secret<32>,
}

impl Keys {
    pub(super) fn random() -> Result<Self, VaultError> {
        Ok(Self {
            records: random_secret()?,
            keyring: random_secret()?,
        })
    }
}

/// Why the keys cannot be had.
#[derive(Debug)]
pub(super) enum VaultError {
    /// A passphrase is needed.
    NeedsPassphrase,
    /// It is not this one.
    WrongPassphrase,
    /// The header or the key file is not what was written.
    Damaged(&'static str),
    /// A later version made it.
    Newer,
    /// The disk refuses, or chance.
    Io(io::Error),
}

impl From<io::Error> for VaultError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

/// What Argon2id costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// KiB of memory.
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// RFC 9106's second recommendation, below which no header is made.
    const LEAST: Self = Self {
        memory: 64 * 1024,
        passes: 3,
        lanes: 4,
    };

    /// Only for tests: nothing is protected by it.
    #[cfg(test)]
    pub(super) const NONE: Self = Self {
        memory: 64,
        passes: 1,
        lanes: 1,
    };

    /// What takes this machine about three quarters of a second, between the least and 512 MiB.
    ///
    /// Measured as processor time of one pass over the least: that is a property of the machine and
    /// not of the moment.
    pub(super) fn calibrated() -> Self {
        let least = Self::LEAST;
        let before = processor_time_ms();
        let _ = least.derive("calibration", &[0; 16]);
        let spent = processor_time_ms().saturating_sub(before).max(1);
        let mut cost = least;
        let mut estimate = spent;
        while estimate.saturating_mul(2) <= 1000 && cost.memory < 512 * 1024 {
            cost.memory *= 2;
            estimate = estimate.saturating_mul(2);
        }
        cost
    }

    /// What a damaged or hostile header cannot ask for.
    fn is_bearable(self) -> bool {
        self.memory <= 2 * 1024 * 1024 && self.passes <= 64 && (1..=64).contains(&self.lanes)
    }

    fn derive(self, passphrase: &str, salt: &[u8; 16]) -> Option<Secret<32>> {
        let params = Params::new(self.memory, self.passes, self.lanes, Some(32)).ok()?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let text: Zeroizing<String> = Zeroizing::new(passphrase.nfkc().collect());
        let mut done = Ok(());
        let key = Secret::filled_by(|out| {
            done = argon.hash_password_into(text.as_bytes(), salt, out);
        });
        done.ok().map(|()| key)
    }
}

/// Processor time of this thread, in milliseconds.
fn processor_time_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let ms = time
        .tv_sec
        .saturating_mul(1000)
        .saturating_add(time.tv_nsec / 1_000_000);
    ms.try_into().unwrap_or(0)
}

/// What opens a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    KeyFile,
    Passphrase(Cost),
}

/// `vault.hdr`.
#[derive(Clone, Debug)]
pub(super) struct Header {
    protection: Protection,
    salt: [u8; 16],
    nonce: [u8; 24],
    sealed: Vec<u8>,
}

/// `magic ‖ version`.
const MAGIC: &[u8; 8] = b"BXVAULT1";

impl Header {
    /// Reads the header; none when there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, VaultError> {
        match files::read_copies(&dir.join(HEADER))? {
            Copies::Missing => Ok(None),
            Copies::Damaged => Err(VaultError::Damaged("vault.hdr")),
            Copies::Whole { bytes, intact } => {
                let header = Self::parse(&bytes)?;
                if !intact {
                    files::write_copies(&dir.join(HEADER), &bytes)?;
                }
                Ok(Some(header))
            }
        }
    }

    pub(super) fn is_protected(&self) -> bool {
        self.protection != Protection::KeyFile
    }

    /// Opens the vault.
    pub(super) fn open(&self, dir: &Path, passphrase: Option<&str>) -> Result<Keys, VaultError> {
        let kek = match self.protection {
            Protection::KeyFile => key_file(dir, &self.salt)?,
            Protection::Passphrase(cost) => {
                let passphrase = passphrase.ok_or(VaultError::NeedsPassphrase)?;
                cost.derive(passphrase, &self.salt)
                    .ok_or(VaultError::Damaged("vault.hdr"))?
            }
        };
        let opened = aead::xopen(&kek, &self.nonce, &self.associated(), &self.sealed);
        let opened = opened.ok_or(if self.is_protected() {
            VaultError::WrongPassphrase
        } else {
            VaultError::Damaged("vault.key")
        })?;
        let Some((records, keyring)) = opened.split_first_chunk::<32>() else {
            return Err(VaultError::Damaged("vault.hdr"));
        };
        let keyring = keyring
            .try_into()
            .map_err(|_| VaultError::Damaged("vault.hdr"))?;
        Ok(Keys {
            records: Secret::new(*records),
            keyring: Secret::new(keyring),
        })
    }

    /// Seals the keys under a passphrase, or under a new key file, and replaces the header.
    pub(super) fn write(
        dir: &Path,
        keys: &Keys,
        passphrase: Option<(&str, Cost)>,
    ) -> Result<Self, VaultError> {
        let mut header = Self {
            protection: passphrase.map_or(Protection::KeyFile, |(_, c)| Protection::Passphrase(c)),
            salt: random()?,
            nonce: random()?,
            sealed: Vec::new(),
        };
        let kek = if let Some((text, cost)) = passphrase {
            let kek = cost.derive(text, &header.salt);
            kek.ok_or(VaultError::Damaged("vault.hdr"))?
        } else {
            let key: Zeroizing<[u8; 32]> = Zeroizing::new(random()?);
            files::write_copies(&dir.join(KEY_FILE), key.as_slice())?;
            key_file(dir, &header.salt)?
        };
        let plain = Zeroizing::new([*keys.records.expose(), *keys.keyring.expose()].concat());
        header.sealed = aead::xseal(&kek, &header.nonce, &header.associated(), &plain);
        header.replace(dir)?;
        // Only now, when nothing needs it any more. If it fails, it is done at the next opening.
        if let Err(e) = header.tidy(dir) {
            tracing::warn!("the key file was not removed: {e:?}");
        }
        Ok(header)
    }

    /// Makes this the header that counts.
    pub(super) fn replace(&self, dir: &Path) -> io::Result<()> {
        files::write_copies(&dir.join(HEADER), &self.to_bytes())
    }

    /// Removes a key file that a crash left behind after the passphrase was set.
    pub(super) fn tidy(&self, dir: &Path) -> Result<(), VaultError> {
        if self.is_protected() {
            files::destroy_copies(&dir.join(KEY_FILE))?;
        }
        Ok(())
    }

    fn associated(&self) -> Vec<u8> {
        let (kind, cost) = match self.protection {
            Protection::KeyFile => (0, NO_COST),
            Protection::Passphrase(cost) => (1, cost),
        };
        let mut out = MAGIC.to_vec();
        out.push(kind);
        for number in [cost.memory, cost.passes, cost.lanes] {
            out.extend(number.to_be_bytes());
        }
        out.extend(self.salt);
        out.extend(self.nonce);
        out
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.associated();
        out.extend_from_slice(&self.sealed);
        out
    }

    fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        let damaged = VaultError::Damaged("vault.hdr");
        let mut rest = bytes;
        if take(&mut rest) != Some(*MAGIC) {
            return Err(if bytes.starts_with(b"BXVAULT") {
                VaultError::Newer
            } else {
                damaged
            });
        }
        let mut parse = || {
            let [kind] = take(&mut rest)?;
            let mut number = || take(&mut rest).map(u32::from_be_bytes);
            let cost = Cost {
                memory: number()?,
                passes: number()?,
                lanes: number()?,
            };
            let protection = match kind {
                0 if cost == NO_COST => Protection::KeyFile,
                1 if cost.is_bearable() => Protection::Passphrase(cost),
                _ => return None,
            };
            Some(Self {
                protection,
                salt: take(&mut rest)?,
                nonce: take(&mut rest)?,
                sealed: rest.to_vec(),
            })
        };
        parse().ok_or(damaged)
    }
}

/// Where no passphrase is asked.
const NO_COST: Cost = Cost {
    memory: 0,
    passes: 0,
    lanes: 0,
};

const HEADER: &str = "vault.hdr";
const KEY_FILE: &str = "vault.key";

fn key_file(dir: &Path, salt: &[u8; 16]) -> Result<Secret<32>, VaultError> {
    let path = dir.join(KEY_FILE);
    let Copies::Whole { bytes, intact } = files::read_copies(&path)? else {
        return Err(VaultError::Damaged("vault.key"));
    };
    let bytes = Zeroizing::new(bytes);
    if !intact {
        files::write_copies(&path, &bytes)?;
    }
    Ok(kdf::derive("vault-kek", &bytes, salt, b""))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*head)
}

/// Bytes of the operating system's chance.
pub(super) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut out = [0; N];
    getrandom::fill(&mut out).map_err(io::Error::other)?;
    Ok(out)
}

/// A secret from the operating system's chance.
pub(super) fn random_secret() -> io::Result<Secret<32>> {
    random().map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_opens_in_any_normal_form_and_no_other_does() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::random().unwrap();
        Header::write(
            dir.path(),
            &keys,
            Some(("caf\u{e9} \u{fb01}ve", Cost::NONE)),
        )
        .unwrap();

        let header = Header::read(dir.path()).unwrap().unwrap();

        let same = header.open(dir.path(), Some("cafe\u{301} five")).unwrap();
        assert_eq!(same.records, keys.records);
        assert_eq!(same.keyring, keys.keyring);
        let wrong = header.open(dir.path(), Some("cafe five"));
        assert!(matches!(wrong, Err(VaultError::WrongPassphrase)));
        assert!(matches!(
            header.open(dir.path(), None),
            Err(VaultError::NeedsPassphrase)
        ));
    }

    #[test]
    fn a_passphrase_takes_the_place_of_the_key_file_and_back() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::random().unwrap();
        let open = Header::write(dir.path(), &keys, None).unwrap();
        assert!(!open.is_protected());
        assert!(dir.path().join("vault.key").exists());

        let shut = Header::write(dir.path(), &keys, Some(("long enough", Cost::NONE))).unwrap();
        assert!(shut.is_protected());
        assert!(!dir.path().join("vault.key").exists());
        assert!(!dir.path().join("vault.key.copy").exists());

        Header::write(dir.path(), &keys, None).unwrap();
        let header = Header::read(dir.path()).unwrap().unwrap();
        assert_eq!(header.open(dir.path(), None).unwrap().records, keys.records);
    }

    #[test]
    fn every_changed_byte_of_a_header_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let header = Header::write(dir.path(), &Keys::random().unwrap(), None).unwrap();
        let bytes = header.to_bytes();

        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let opened = Header::parse(&changed).and_then(|h| h.open(dir.path(), Some("x")));
            assert!(opened.is_err(), "byte {at}");
        }
        for len in 0..bytes.len() {
            let opened = Header::parse(&bytes[..len]).and_then(|h| h.open(dir.path(), None));
            assert!(opened.is_err(), "length {len}");
        }
    }

    #[test]
    fn a_header_of_a_later_version_is_named_as_such() {
        let later = Header::parse(b"BXVAULT2 and whatever comes then");
        assert!(matches!(later, Err(VaultError::Newer)));
    }
}
