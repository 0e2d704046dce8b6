//! Putting a file where the person wants it. It never replaces anything, follows no link, and opens nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;
#[cfg(target_os = "linux")]
use rustix::fs::{AtFlags, CWD};

use super::{
    name::harmless,
    plain::{OpenError, Opening},
};
use crate::{blobs::Blob, disk::files};

/// Why a file was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something of that name is there.
    #[error("there is something called {0} already")]
    Taken(String),
    /// The disk refuses.
    #[error("{0}")]
    Disk(#[from] io::Error),
}

impl Blob {
    /// Saves the file into a directory, under the name it claims to have, made harmless; or under the name
    /// that the person chose, which must not be taken. Where it is then.
    pub fn save(
        &self,
        opening: &Opening<'_>,
        claimed: &str,
        to: &Path,
    ) -> Result<PathBuf, SaveError> {
        let name = harmless(claimed);
        let (dir, name) = place(to, &name)?;
        // It gets its name when it is whole, where the disk knows how.
        if let Ok(file) = nameless(dir) {
            self.write_out(opening, &file)?;
            match name_it(&file, to, name) {
                Err(e) if is_taken(&e) => return Err(SaveError::Taken(to.display().to_string())),
                Ok(path) => return Ok(path),
                Err(_) => {}
            }
        }
        let (path, file) = match named(to, name, create) {
            Err(e) if is_taken(&e) => return Err(SaveError::Taken(to.display().to_string())),
            made => made?,
        };
        match self.write_out(opening, &file) {
            Ok(()) => Ok(path),
            Err(error) => {
                // It is ours: it was made a moment ago.
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }

    fn write_out(&self, opening: &Opening<'_>, file: &File) -> Result<(), SaveError> {
        // It takes pieces of 64 KiB as they are.
        let mut out = BufWriter::with_capacity(BUFFER, file);
        self.open_into(opening, &mut out)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        Ok(())
    }
}

/// In which directory something is made, and by what name unless the person chose another, which must not be
/// taken.
pub(super) fn place<'a>(
    to: &'a Path,
    name: &'a str,
) -> Result<(&'a Path, Option<&'a str>), SaveError> {
    if to.is_dir() {
        Ok((to, Some(name)))
    } else if fs::symlink_metadata(to).is_ok() {
        Err(SaveError::Taken(to.display().to_string()))
    } else {
        Ok((to.parent().unwrap_or(Path::new("/")), None))
    }
}

/// Makes something at a place, or, of a name, in it: `name`, `name (2)`, …, the first that is not taken.
pub(super) fn named<T>(
    to: &Path,
    name: Option<&str>,
    make: impl Fn(&Path) -> io::Result<T>,
) -> io::Result<(PathBuf, T)> {
    let Some(name) = name else {
        return Ok((to.to_owned(), make(to)?));
    };
    let at = name.rfind('.').filter(|at| *at > 0).unwrap_or(name.len());
    let (stem, end) = name.split_at(at);
    for n in 1..=MOST {
        let path = to.join(match n {
            1 => name.to_owned(),
            n => format!("{stem} ({n}){end}"),
        });
        match make(&path) {
            Err(e) if is_taken(&e) => {}
            made => return Ok((path, made?)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// A file that has no name yet: where the program or the machine ends, nothing stays of it.
#[cfg(target_os = "linux")]
fn nameless(dir: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .mode(0o600)
        .custom_flags(i32::try_from(OFlags::TMPFILE.bits()).unwrap_or(0))
        .open(dir)
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Gives it a name that is not taken.
#[cfg(target_os = "linux")]
fn name_it(file: &File, to: &Path, name: Option<&str>) -> io::Result<PathBuf> {
    use std::os::fd::AsRawFd;

    let own = format!("/proc/self/fd/{}", file.as_raw_fd());
    let link = |path: &Path| {
        let follow = AtFlags::SYMLINK_FOLLOW;
        Ok(rustix::fs::linkat(CWD, &own, CWD, path, follow)?)
    };
    let (path, ()) = named(to, name, link)?;
    sync_around(&path);
    Ok(path)
}

#[cfg(not(target_os = "linux"))]
fn name_it(_: &File, _: &Path, _: Option<&str>) -> io::Result<PathBuf> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes sure of a name. Not every disk can be asked for that.
pub(super) fn sync_around(path: &Path) {
    let _ = path.parent().map(files::sync_dir);
}

pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0))
        .open(path)
}

pub(super) fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AlreadyExists
}

/// Files of one name in one directory.
const MOST: u32 = 10_000;

const BUFFER: usize = 1 << 20;
