//! Putting a file where the person wants it. It never replaces anything, follows no link, and opens nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::{
    blob::Blob,
    name::harmless,
    plain::{OpenError, Opening},
};

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
        let (path, file) = if to.is_dir() {
            create_in(to, &harmless(claimed))?
        } else {
            match create(to) {
                Ok(file) => (to.to_owned(), file),
                Err(e) if is_taken(&e) => {
                    return Err(SaveError::Taken(to.display().to_string()));
                }
                Err(e) => return Err(e.into()),
            }
        };
        match self.write_out(opening, file) {
            Ok(()) => Ok(path),
            Err(error) => {
                // It is ours: it was made a moment ago.
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }

    fn write_out(&self, opening: &Opening<'_>, file: File) -> Result<(), SaveError> {
        // It takes pieces of 64 KiB as they are.
        let mut out = BufWriter::with_capacity(BUFFER, file);
        self.open_into(opening, &mut out)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        Ok(())
    }
}

/// Makes a file of a name that is not taken: `name`, `name (2)`, ….
fn create_in(dir: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    let at = name.rfind('.').filter(|at| *at > 0).unwrap_or(name.len());
    let (stem, end) = name.split_at(at);
    for n in 1..=MOST {
        let path = dir.join(match n {
            1 => name.to_owned(),
            n => format!("{stem} ({n}){end}"),
        });
        match create(&path) {
            Err(e) if is_taken(&e) => {}
            made => return Ok((path, made?)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0))
        .open(path)
}

fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AlreadyExists
}

/// Files of one name in one directory.
const MOST: u32 = 10_000;

const BUFFER: usize = 1 << 20;
