//! Reading a folder that is to be sent: what is in it, and then the bytes of its files, one after the other.
//!
//! No link is followed, and what is no file and no folder is left out.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    vec,
};

use rustix::fs::OFlags;

use super::listing::{Inner, Listed, Listing};
use crate::wire::limits;

/// What is in a folder. Its files have no hashes yet: those come from reading them.
pub struct Walk {
    listing: Listing,
    paths: Vec<PathBuf>,
    left_out: u32,
}

/// Why a folder cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// There is too much in it.
    #[error("a folder has at most 20,000 files and folders in it, and 256 GiB")]
    TooMuch,
    /// Its folders are too deep in each other, or their names too long.
    #[error("{0} is too deep in it, or called too long")]
    TooDeep(String),
    /// The disk refuses.
    #[error("{0}: {1}")]
    Disk(String, io::Error),
}

impl Walk {
    /// Looks at all that is in a folder.
    pub fn of(root: &Path) -> Result<Self, WalkError> {
        let mut walk = Self {
            listing: Listing::new(Vec::new(), Vec::new()),
            paths: Vec::new(),
            left_out: 0,
        };
        let mut size = 0_u64;
        let mut waiting = vec![(0, root.to_owned(), (0, 0))];
        while let Some((number, path, (depth, bytes))) = waiting.pop() {
            for (name, path, about) in entries(&path)? {
                let count = walk.listing.folders.len() + walk.listing.files.len();
                let way = (depth + 1, bytes + name.len() + 1);
                size = size.saturating_add(if about.is_file() { about.len() } else { 0 });
                if count >= limits::FOLDER_ENTRIES || size > limits::FILE {
                    return Err(WalkError::TooMuch);
                }
                let is_deep = about.is_dir() && way.0 > limits::FOLDER_DEPTH;
                if is_deep || way.1 > limits::FOLDER_PATH || name.len() > limits::FILE_NAME {
                    return Err(WalkError::TooDeep(path.display().to_string()));
                }
                if let Some(folder) = walk.add(number, name, path, &about) {
                    waiting.push((folder.0, folder.1, way));
                }
            }
        }
        Ok(walk)
    }

    /// Adds what is in a folder; the number of another folder, and where that is.
    fn add(
        &mut self,
        parent: u32,
        name: String,
        path: PathBuf,
        about: &fs::Metadata,
    ) -> Option<(u32, PathBuf)> {
        if about.is_dir() {
            self.listing.folders.push(Inner { parent, name });
            let number = u32::try_from(self.listing.folders.len()).ok()?;
            return Some((number, path));
        }
        if about.is_file() {
            self.listing.files.push(Listed {
                parent,
                name,
                size: about.len(),
                hash: [0; 32],
            });
            self.paths.push(path);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
        None
    }

    /// How many links and other things that are no files were left out.
    pub fn left_out(&self) -> u32 {
        self.left_out
    }

    /// How many files there are.
    pub fn files(&self) -> u32 {
        u32::try_from(self.listing.files.len()).unwrap_or(u32::MAX)
    }

    /// The bytes of all files.
    pub fn size(&self) -> u64 {
        self.listing.size().unwrap_or(u64::MAX)
    }

    /// The bytes of all files, to be read.
    pub fn into_bytes(self) -> WalkBytes {
        WalkBytes {
            paths: self.paths.into_iter(),
            listing: self.listing,
            done: 0,
            open: None,
        }
    }
}

/// What is in one folder, by name; what is there only for a moment is not there.
fn entries(path: &Path) -> Result<Vec<(String, PathBuf, fs::Metadata)>, WalkError> {
    let refused = |path: &Path| {
        let path = path.display().to_string();
        move |error| WalkError::Disk(path, error)
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(refused(path))? {
        let path = entry.map_err(refused(path))?.path();
        let about = match fs::symlink_metadata(&path) {
            Ok(about) => about,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(refused(&path)(e)),
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        found.push((name.into_owned(), path, about));
        if found.len() > limits::FOLDER_ENTRIES {
            return Err(WalkError::TooMuch);
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

/// Reads the files of a folder one after the other. A file that is not as long as it was is an error:
/// [`io::ErrorKind::UnexpectedEof`].
pub struct WalkBytes {
    paths: vec::IntoIter<PathBuf>,
    listing: Listing,
    /// Files that are read.
    done: usize,
    open: Option<Reading>,
}

struct Reading {
    file: File,
    left: u64,
    hasher: blake3::Hasher,
}

impl WalkBytes {
    /// The list, after all was read.
    pub fn into_listing(self) -> Listing {
        self.listing
    }

    /// Opens the next file, if there is one.
    fn open(&mut self) -> io::Result<Option<Reading>> {
        let (Some(path), Some(listed)) = (self.paths.next(), self.listing.files.get(self.done))
        else {
            return Ok(None);
        };
        // It may be a link or a pipe by now.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = File::options()
            .read(true)
            .custom_flags(i32::try_from(flags.bits()).unwrap_or(0))
            .open(path)?;
        let about = file.metadata()?;
        if !about.is_file() || about.len() != listed.size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(Reading {
            file,
            left: listed.size,
            hasher: blake3::Hasher::new(),
        }))
    }
}

impl Read for WalkBytes {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut reading = match self.open.take() {
                Some(reading) => reading,
                None => match self.open()? {
                    Some(reading) => reading,
                    None => return Ok(0),
                },
            };
            if reading.left == 0 {
                if reading.file.read(&mut [0])? > 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                if let Some(listed) = self.listing.files.get_mut(self.done) {
                    listed.hash = *reading.hasher.finalize().as_bytes();
                }
                self.done += 1;
                continue;
            }
            let most = usize::try_from(reading.left).unwrap_or(usize::MAX);
            let most = most.min(out.len());
            let part = out.get_mut(..most).unwrap_or_default();
            if part.is_empty() {
                self.open = Some(reading);
                return Ok(0);
            }
            let read = reading.file.read(part)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            reading.hasher.update(part.get(..read).unwrap_or_default());
            reading.left = reading.left.saturating_sub(read as u64);
            self.open = Some(reading);
            return Ok(read);
        }
    }
}
