//! Files that nobody else may read, replaced whole or not at all.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// Makes a directory that only its owner may enter, whatever the umask, and its parents.
pub(crate) fn make_private_dir(dir: &Path) -> io::Result<()> {
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => fs::set_permissions(dir, Permissions::from_mode(0o700))?,
    }
    sync_dir(dir)?;
    // The name of the directory lives in its parent.
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
        _ => sync_dir(Path::new(".")),
    }
}

/// Closes everything in a directory of ours to others, and the directory itself.
pub(crate) fn close_to_others(dir: &Path) -> io::Result<()> {
    tighten(dir, 0o700)?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            close_to_others(&entry.path())?;
        } else if kind.is_file() {
            tighten(&entry.path(), 0o600)?;
        }
    }
    Ok(())
}

fn tighten(path: &Path, mode: u32) -> io::Result<()> {
    if fs::metadata(path)?.mode() & 0o777 == mode {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Opens a file of ours for reading and writing, and makes it if need be.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Makes what was written in a directory survive a loss of power.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Replaces a file: afterwards it holds all of `bytes`, or all of what it held before. What it held
/// before is overwritten, as far as the disk allows that (protocol §8.3).
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let old = OpenOptions::new().write(true).open(path).ok();
    let fresh = with_suffix(path, ".tmp");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))?;
    // The new content is in force; a failure to blot out the old one changes nothing about that.
    let _ = old.map(blot_out);
    Ok(())
}

/// Removes a file after overwriting it, as far as the disk allows that.
pub(crate) fn destroy(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => blot_out(file)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    }
    fs::remove_file(path)?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

fn blot_out(mut file: File) -> io::Result<()> {
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    io::copy(&mut io::repeat(0).take(len), &mut file)?;
    file.sync_all()
}

/// What two copies of a small file, each with its checksum, say.
#[derive(Debug)]
pub(crate) enum Copies {
    /// There is neither.
    Missing,
    /// What is there is not what was written.
    Damaged,
    /// At least one copy is whole.
    Whole {
        /// Its content.
        bytes: Vec<u8>,
        /// Both copies are there and equal.
        intact: bool,
    },
}

/// Largest file that is read whole.
const COPY_LIMIT: u64 = 64 * 1024 * 1024;

/// Bytes of SHA-256 behind the content of a copy.
const CHECKSUM: usize = 8;

/// Reads what [`write_copies`] wrote; the first copy counts when both are whole.
pub(crate) fn read_copies(path: &Path) -> io::Result<Copies> {
    let first = read_copy(path)?;
    let second = read_copy(&second_copy(path))?;
    Ok(match (first, second) {
        (Copy::Missing, Copy::Missing) => Copies::Missing,
        (Copy::Whole(bytes), second) => {
            let intact = matches!(second, Copy::Whole(second) if second == bytes);
            Copies::Whole { bytes, intact }
        }
        (_, Copy::Whole(bytes)) => Copies::Whole {
            bytes,
            intact: false,
        },
        _ => Copies::Damaged,
    })
}

/// Replaces both copies of a small file, one after the other: one of them is whole at any time.
pub(crate) fn write_copies(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut checked = zeroize::Zeroizing::new(Vec::with_capacity(bytes.len() + CHECKSUM));
    checked.extend_from_slice(bytes);
    checked.extend(Sha256::digest(bytes).iter().take(CHECKSUM));
    replace(path, &checked)?;
    replace(&second_copy(path), &checked)
}

/// Removes both copies of a small file.
pub(crate) fn destroy_copies(path: &Path) -> io::Result<()> {
    destroy(path)?;
    destroy(&second_copy(path))
}

fn second_copy(path: &Path) -> PathBuf {
    with_suffix(path, ".copy")
}

enum Copy {
    Missing,
    Damaged,
    Whole(Vec<u8>),
}

fn read_copy(path: &Path) -> io::Result<Copy> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Copy::Missing),
        Err(e) => return Err(e),
    };
    if !file.metadata()?.is_file() {
        return Ok(Copy::Damaged);
    }
    let mut bytes = Vec::new();
    file.take(COPY_LIMIT).read_to_end(&mut bytes)?;
    let Some((content, checksum)) = bytes.split_last_chunk::<CHECKSUM>() else {
        return Ok(Copy::Damaged);
    };
    if !Sha256::digest(content).starts_with(checksum) {
        return Ok(Copy::Damaged);
    }
    bytes.truncate(bytes.len() - CHECKSUM);
    Ok(Copy::Whole(bytes))
}

/// Moves a file or directory to a name beside it that is not taken yet, and says which.
pub(crate) fn set_aside(path: &Path, as_name: &str) -> io::Result<PathBuf> {
    let dir = path.parent().unwrap_or(Path::new("."));
    for n in 1..u32::MAX {
        let aside = dir.join(format!("{as_name}-{n}"));
        if !aside.try_exists()? {
            fs::rename(path, &aside)?;
            sync_dir(dir)?;
            return Ok(aside);
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Bytes that a directory and all in it take on disk.
pub(crate) fn size_on_disk(dir: &Path) -> io::Result<u64> {
    let mut size: u64 = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let of = match entry.metadata() {
            Ok(meta) if meta.is_dir() => size_on_disk(&entry.path())?,
            Ok(meta) => meta.blocks().saturating_mul(512),
            // It went away while we looked.
            Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
            Err(e) => return Err(e),
        };
        size = size.saturating_add(of);
    }
    Ok(size)
}

/// Bytes that we may still write on the disk of a directory.
pub(crate) fn free_space(dir: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Reserves room in a file that is given up when the disk is full.
pub(crate) fn reserve(path: &Path, len: u64) -> io::Result<()> {
    let file = open_private(path)?;
    if file.metadata()?.blocks().saturating_mul(512) >= len {
        return Ok(());
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, len)?;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    io::copy(&mut io::repeat(0).take(len), &mut &file)?;
    file.sync_all()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_is_new_whole_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");

        replace(&path, b"old and longer").unwrap();
        let before = File::open(&path).unwrap();
        replace(&path, b"new").unwrap();

        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let mut old = String::new();
        { before }.read_to_string(&mut old).unwrap();
        assert_eq!(old, "\0".repeat(14), "what it held before is blotted out");
    }

    #[test]
    fn one_whole_copy_is_enough_and_a_damaged_one_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        assert!(matches!(read_copies(&path).unwrap(), Copies::Missing));
        write_copies(&path, b"secret").unwrap();

        for damaged in [path.clone(), second_copy(&path)] {
            write_copies(&path, b"secret").unwrap();
            let mut bytes = fs::read(&damaged).unwrap();
            bytes[2] ^= 1;
            fs::write(&damaged, bytes).unwrap();

            match read_copies(&path).unwrap() {
                Copies::Whole { bytes, intact } => {
                    assert_eq!(bytes, b"secret");
                    assert!(!intact);
                }
                other => panic!("{other:?}"),
            }
        }

        fs::write(&path, b"").unwrap();
        fs::remove_file(second_copy(&path)).unwrap();
        assert!(matches!(read_copies(&path).unwrap(), Copies::Damaged));
    }

    #[test]
    fn what_is_set_aside_never_replaces_anything() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gen-1");

        for n in 1..=2 {
            fs::create_dir(&path).unwrap();
            let aside = set_aside(&path, "db.broken").unwrap();
            assert_eq!(aside, dir.path().join(format!("db.broken-{n}")));
        }
    }
}
