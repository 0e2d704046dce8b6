//! Which database counts: `CURRENT` names a directory `gen-N` (reliability rule R10).
//!
//! A database is replaced by filling the next generation, and then by one rename of `CURRENT`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::files::{self, Copies};

/// The generation that counts, if that is known.
pub(super) fn current(dir: &Path) -> io::Result<Option<u32>> {
    let Copies::Whole { bytes, .. } = files::read_copies(&dir.join(CURRENT))? else {
        return Ok(None);
    };
    Ok(std::str::from_utf8(&bytes).ok().and_then(number))
}

/// Makes a generation the one that counts.
pub(super) fn set_current(dir: &Path, generation: u32) -> io::Result<()> {
    files::write_copies(&dir.join(CURRENT), name(generation).as_bytes())
}

/// All generations that are there, ascending.
pub(super) fn all(dir: &Path) -> io::Result<Vec<u32>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            all.extend(entry.file_name().to_str().and_then(number));
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// The directory of a generation.
pub(super) fn path(dir: &Path, generation: u32) -> PathBuf {
    dir.join(name(generation))
}

/// Removes all generations but one: older ones, whose time is over, and one that was never finished.
pub(super) fn remove_others(dir: &Path, keep: u32) -> io::Result<()> {
    for generation in all(dir)? {
        if generation != keep {
            fs::remove_dir_all(path(dir, generation))?;
        }
    }
    files::sync_dir(dir)
}

const CURRENT: &str = "CURRENT";

fn name(generation: u32) -> String {
    format!("gen-{generation}")
}

fn number(text: &str) -> Option<u32> {
    let generation = text.strip_prefix("gen-")?.parse().ok()?;
    (name(generation) == text).then_some(generation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_generation_that_counts_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        for n in [1, 2, 10] {
            fs::create_dir(path(dir.path(), n)).unwrap();
        }
        fs::create_dir(dir.path().join("gen-010")).unwrap();
        assert_eq!(current(dir.path()).unwrap(), None);
        set_current(dir.path(), 2).unwrap();

        remove_others(dir.path(), 2).unwrap();

        assert_eq!(current(dir.path()).unwrap(), Some(2));
        assert_eq!(all(dir.path()).unwrap(), [2]);
        assert!(dir.path().join("gen-010").exists());
    }
}
