//! What is remembered beside the database, so that a database that went back in time is noticed.
//!
//! `state` holds two slots that are written in turn, after each commit and without waiting for the
//! disk: it may lag behind the database, never run ahead of it. A database behind `state` was rolled
//! back or emptied. It also holds the inode of the lock file, which a copy of the profile does not
//! have, and what the node was not yet told of.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use super::files;
use crate::proto::crypto::kdf;

/// What one slot says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Remembered {
    /// Number of the last commit.
    pub(super) commit: u64,
    /// Of the lock file.
    pub(super) inode: u64,
    /// [`SALVAGED`] and the like.
    pub(super) flags: u64,
}

/// The database was saved from damage, and the node has not committed since.
pub(super) const SALVAGED: u64 = 1;
/// The database went back in time, and the node has not committed since.
pub(super) const ROLLED_BACK: u64 = 2;
/// The profile is a copy, and the node has not committed since.
pub(super) const COPIED: u64 = 4;
/// Damage was met: the database must be salvaged when it is opened next.
pub(super) const DAMAGED: u64 = 8;

/// The file.
#[derive(Debug)]
pub(super) struct State {
    file: File,
    serial: u64,
    now: Remembered,
}

/// `magic(8) ‖ serial ‖ commit ‖ inode ‖ flags ‖ 8 bytes of SHA-256`, in a sector of its own.
const SLOT: usize = 48;
const SECTOR: u64 = 512;
const MAGIC: &[u8; 8] = b"BXSTATE1";

impl State {
    /// Reads the file, or makes it. None is remembered when there is none, or it is damaged.
    pub(super) fn open(dir: &Path) -> io::Result<(Self, Option<Remembered>)> {
        let file = files::open_private(&dir.join("state"))?;
        let newest = [0, 1]
            .into_iter()
            .filter_map(|slot| read(&file, slot))
            .max_by_key(|s| s.0);
        let (serial, now) = newest.unwrap_or_default();
        let state = Self { file, serial, now };
        Ok((state, newest.map(|(_, remembered)| remembered)))
    }

    /// What was written last.
    pub(super) fn now(&self) -> Remembered {
        self.now
    }

    /// Writes, without waiting for the disk.
    pub(super) fn write(&mut self, now: Remembered) -> io::Result<()> {
        self.serial = self.serial.saturating_add(1);
        self.now = now;
        let mut slot = Vec::with_capacity(SLOT);
        slot.extend(MAGIC);
        for number in [self.serial, now.commit, now.inode, now.flags] {
            slot.extend(number.to_be_bytes());
        }
        slot.extend(kdf::hash(&[&slot]).iter().take(8));
        self.file.write_all_at(&slot, self.serial % 2 * SECTOR)
    }

    /// Writes, and waits for the disk.
    pub(super) fn write_durably(&mut self, now: Remembered) -> io::Result<()> {
        self.write(now)?;
        self.file.sync_all()
    }
}

fn read(file: &File, slot: u64) -> Option<(u64, Remembered)> {
    let mut bytes = [0; SLOT];
    file.read_exact_at(&mut bytes, slot * SECTOR).ok()?;
    let (content, checksum) = bytes.split_last_chunk::<8>()?;
    if !kdf::hash(&[content]).starts_with(checksum) {
        return None;
    }
    let mut numbers = content.strip_prefix(MAGIC)?;
    let mut number = || {
        let (head, rest) = numbers.split_first_chunk()?;
        numbers = rest;
        Some(u64::from_be_bytes(*head))
    };
    let serial = number()?;
    let remembered = Remembered {
        commit: number()?,
        inode: number()?,
        flags: number()?,
    };
    Some((serial, remembered))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_write_leaves_what_was_written_before() {
        let dir = tempfile::tempdir().unwrap();
        let (mut state, before) = State::open(dir.path()).unwrap();
        assert_eq!(before, None);
        for commit in 1..=5 {
            state
                .write(Remembered {
                    commit,
                    ..Remembered::default()
                })
                .unwrap();
        }
        let newest = State::open(dir.path()).unwrap().1.unwrap();
        assert_eq!(newest.commit, 5);

        state.file.write_all_at(b"torn", SECTOR + 10).unwrap();

        assert_eq!(State::open(dir.path()).unwrap().1.unwrap().commit, 4);
    }
}
