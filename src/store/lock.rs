//! One profile, one process.

use std::{
    fs::{File, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::Path,
};

use super::files;

/// The profile is ours as long as this lives.
#[derive(Debug)]
pub(super) struct ProfileLock {
    /// Holds the lock of the operating system, which ends with the process, however that ends.
    file: File,
}

/// Why the profile is not ours.
#[derive(Debug)]
pub(super) enum NotLocked {
    /// Another process has it.
    InUse(Option<u32>),
    /// The disk refuses.
    Io(io::Error),
}

impl ProfileLock {
    /// Takes the lock, and leaves our process id for others to read.
    pub(super) fn take(dir: &Path) -> Result<Self, NotLocked> {
        let mut file = files::open_private(&dir.join("betwixt.lock")).map_err(NotLocked::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(NotLocked::InUse(pid(&mut file))),
            Err(TryLockError::Error(e)) => return Err(NotLocked::Io(e)),
        }
        let mut sign = || {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        // On a full disk nobody learns our process id. That is all.
        let _ = sign();
        Ok(Self { file })
    }

    /// A number that a copy of the profile on the same disk does not have.
    pub(super) fn inode(&self) -> u64 {
        self.file.metadata().map_or(0, |meta| meta.ino())
    }
}

fn pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_to_ask_learns_who_was_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = ProfileLock::take(dir.path()).unwrap();

        match ProfileLock::take(dir.path()) {
            Err(NotLocked::InUse(pid)) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("{other:?}"),
        }
        drop(first);

        ProfileLock::take(dir.path()).unwrap();
    }
}
