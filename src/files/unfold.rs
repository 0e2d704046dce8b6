//! Saving a folder: a new one, beside which nothing is touched, and which is there whole or not at all.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    slice,
};

use super::{
    listing::{Layout, Listed, Listing},
    name::harmless,
    plain::{OpenError, Opening},
    save::{SaveError, create, is_taken, named, place, sync_around},
};
use crate::blobs::Blob;

impl Blob {
    /// Saves the files of a folder, of which this is what they say, as [`Blob::save`] saves one.
    /// One after the other: two at once would take each other's half for a rest of before.
    pub fn save_folder(
        &self,
        opening: &Opening<'_>,
        listing: &Listing,
        claimed: &str,
        to: &Path,
    ) -> Result<PathBuf, SaveError> {
        if listing.size() != Some(opening.size) {
            return Err(OpenError::Foreign.into());
        }
        let name = harmless(claimed);
        let (dir, name) = place(to, &name)?;
        let half = dir.join(format!(".betwixt-{}", self.short_name()));
        if fs::symlink_metadata(&half).is_ok_and(|about| about.is_dir()) {
            // Of a program that ended while it wrote.
            fs::remove_dir_all(&half)?;
        }
        match make(&half) {
            Err(e) if is_taken(&e) => return Err(SaveError::Taken(half.display().to_string())),
            made => made?,
        }
        let saved = self
            .unfold(opening, listing, &half)
            .and_then(|()| Ok(named(to, name, |path| give_name(&half, path))?));
        match saved {
            Ok((path, ())) => {
                sync_around(&path);
                Ok(path)
            }
            Err(error) => {
                // It is ours: it was made a moment ago.
                let _ = fs::remove_dir_all(&half);
                Err(match error {
                    SaveError::Disk(e) if is_taken(&e) => {
                        SaveError::Taken(to.display().to_string())
                    }
                    error => error,
                })
            }
        }
    }

    fn unfold(
        &self,
        opening: &Opening<'_>,
        listing: &Listing,
        half: &Path,
    ) -> Result<(), SaveError> {
        let layout = listing.layout();
        for folder in &layout.folders {
            make(&half.join(folder))?;
        }
        let mut out = Unfolding::new(half, listing, &layout);
        let opened = self.open_into(opening, &mut out);
        if out.is_foreign {
            return Err(OpenError::Foreign.into());
        }
        opened?;
        if !out.is_whole()? {
            return Err(OpenError::Foreign.into());
        }
        if out.is_large {
            return Ok(sync_all(half)?);
        }
        for folder in layout.folders.iter().rev() {
            File::open(half.join(folder))?.sync_all()?;
        }
        Ok(File::open(half)?.sync_all()?)
    }
}

/// Gives what is made its name, which must not be taken: only the empty folder that is made for that is
/// replaced.
fn give_name(half: &Path, path: &Path) -> io::Result<()> {
    make(path)?;
    fs::rename(half, path).inspect_err(|_| {
        let _ = fs::remove_dir(path);
    })
}

fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Makes sure of all that was written, and of whatever else others wrote.
#[cfg(target_os = "linux")]
fn sync_all(dir: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(dir)?)?)
}

/// Each file is made sure of by itself.
#[cfg(not(target_os = "linux"))]
fn sync_all(_: &Path) -> io::Result<()> {
    Ok(())
}

/// So many files are made sure of one by one: with all at once one waits for what others write, too.
const FEW: usize = 500;

/// Writes what comes into one file after the other, each checked.
struct Unfolding<'a> {
    half: &'a Path,
    listed: std::iter::Zip<slice::Iter<'a, Listed>, slice::Iter<'a, PathBuf>>,
    open: Option<Writing<'a>>,
    /// There are too many files to make sure of each by itself.
    is_large: bool,
    /// Something is not what the list says.
    is_foreign: bool,
}

struct Writing<'a> {
    file: File,
    left: u64,
    hasher: blake3::Hasher,
    listed: &'a Listed,
}

impl<'a> Unfolding<'a> {
    fn new(half: &'a Path, listing: &'a Listing, layout: &'a Layout) -> Self {
        Self {
            half,
            listed: listing.files.iter().zip(&layout.files),
            open: None,
            is_large: cfg!(target_os = "linux") && listing.files.len() > FEW,
            is_foreign: false,
        }
    }

    /// The file that is to be written to; files without bytes are made on the way.
    fn current(&mut self) -> io::Result<Option<Writing<'a>>> {
        if let Some(open) = self.open.take() {
            return Ok(Some(open));
        }
        while let Some((listed, path)) = self.listed.next() {
            let writing = Writing {
                file: create(&self.half.join(path))?,
                left: listed.size,
                hasher: blake3::Hasher::new(),
                listed,
            };
            if listed.size > 0 {
                return Ok(Some(writing));
            }
            self.close(&writing)?;
        }
        Ok(None)
    }

    fn close(&mut self, written: &Writing<'_>) -> io::Result<()> {
        if !self.is_large {
            written.file.sync_all()?;
        }
        if *written.hasher.finalize().as_bytes() == written.listed.hash {
            return Ok(());
        }
        self.foreign()
    }

    fn foreign<T>(&mut self) -> io::Result<T> {
        self.is_foreign = true;
        Err(io::ErrorKind::InvalidData.into())
    }

    /// Whether nothing is missing.
    fn is_whole(&mut self) -> Result<bool, SaveError> {
        match self.current() {
            Ok(next) => Ok(next.is_none()),
            Err(_) if self.is_foreign => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Write for Unfolding<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let Some(mut open) = self.current()? else {
            return self.foreign();
        };
        let most = usize::try_from(open.left).unwrap_or(usize::MAX);
        let part = bytes.get(..most).unwrap_or(bytes);
        open.file.write_all(part)?;
        open.hasher.update(part);
        open.left -= part.len() as u64;
        if open.left > 0 {
            self.open = Some(open);
        } else {
            self.close(&open)?;
        }
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
