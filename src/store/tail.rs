//! The end of a log, kept while sled opens it.
//!
//! sled opens a log by reading it from its last snapshot on. The first place that it cannot read it
//! takes for the end, and overwrites what lies behind: right after a crash, when nothing but the
//! unfinished lies there; but one damaged sector costs everything since the last start. So that part
//! of the log is copied before, and looked at when the database turns out to be older than it was.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::files;

/// sled writes its log in pieces of this length, each with a header.
const SEGMENT: u64 = 512 * 1024;

/// `crc32 ‖ lsn ‖ stable lsn`, the latter two exclusive-or'ed with [`MASK`].
const HEADER: usize = 20;
const MASK: u64 = 0x7fff_ffff_ffff_ffff;

/// Longer ends are not copied: opening must not take much longer for it.
const LONGEST: u64 = 256 << 20;

/// Room that is not taken for it.
const SPARED: u64 = 256 << 20;

/// Copies the part of the log in `generation` that sled will read. Nothing is copied when it is
/// long, or when there is not much room: then it goes without.
pub(super) fn keep(dir: &Path, generation: &Path) -> io::Result<()> {
    let log = match File::open(generation.join("db")) {
        Ok(log) => log,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    let from = snapshot_lsn(generation)? / SEGMENT * SEGMENT;
    let len = log.metadata()?.len();
    let mut segments = Vec::new();
    for at in (0..len.div_ceil(SEGMENT)).map(|n| n * SEGMENT) {
        if may_be_read(&log, at, from)? {
            segments.push(at);
        }
    }
    let size = SEGMENT.saturating_mul(segments.len().try_into().unwrap_or(u64::MAX));
    if size > LONGEST || files::free_space(dir)? < size.saturating_add(SPARED) {
        return Ok(());
    }
    let mut tail = files::open_private(&free_name(dir)?)?;
    let mut segment = Vec::new();
    for at in segments {
        segment.resize(SEGMENT.min(len - at).try_into().unwrap_or(0), 0);
        log.read_exact_at(&mut segment, at)?;
        tail.write_all(&segment)?;
    }
    Ok(())
}

/// The copies that are there: usually none or one, and more when opening ended in a crash.
pub(super) fn all(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("tail-") {
            all.push(entry.path());
        }
    }
    Ok(all)
}

/// Removes the copies.
pub(super) fn remove(dir: &Path) -> io::Result<()> {
    all(dir)?.into_iter().try_for_each(fs::remove_file)
}

/// How far the log had come when the newest snapshot was made.
fn snapshot_lsn(generation: &Path) -> io::Result<u64> {
    let mut newest = 0;
    for entry in fs::read_dir(generation)? {
        let name = entry?.file_name();
        let lsn = name.to_str().and_then(|name| name.strip_prefix("snap."));
        let lsn = lsn.and_then(|lsn| u64::from_str_radix(lsn, 16).ok());
        newest = newest.max(lsn.unwrap_or(0));
    }
    Ok(newest)
}

/// Whether sled will read a segment; a header that makes no sense may have been damaged.
fn may_be_read(log: &File, at: u64, from: u64) -> io::Result<bool> {
    let mut header = [0; HEADER];
    match log.read_exact_at(&mut header, at) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        other => other?,
    }
    let lsn = header
        .iter()
        .skip(4)
        .take(8)
        .rev()
        .fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
    let lsn = lsn ^ MASK;
    Ok(lsn >= from || !lsn.is_multiple_of(SEGMENT))
}

fn free_name(dir: &Path) -> io::Result<PathBuf> {
    for n in 1..u32::MAX {
        let path = dir.join(format!("tail-{n}"));
        if !path.try_exists()? {
            return Ok(path);
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
