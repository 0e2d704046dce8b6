//! Where sealed files are kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use data_encoding::HEXLOWER;

use super::told::Told;
use crate::{
    blobs::{Bits, Blob, Paths, Wish, read_have, write_have},
    disk::files,
    proto::secret::Secret,
    wire::blob::{Shape, blob_id},
};

/// The sealed files of a profile. Clones are the same shelf; its functions wait for the disk.
#[derive(Clone)]
pub struct Shelf(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    key: Secret<32>,
    state: Mutex<State>,
    /// Held while it is noted who has a file.
    telling: Mutex<()>,
}

struct State {
    /// What all files together may take.
    quota: u64,
    /// What is here.
    held: BTreeMap<[u8; 32], Held>,
    /// Bytes of what is here and of what is being made.
    used: u64,
}

struct Held {
    size: u64,
    standing: Standing,
    /// What was here when that was last known; none: it was not looked at yet.
    bytes: Option<u64>,
    open: Weak<Blob>,
    /// Of what was sent: who has it.
    told: Option<Told>,
}

/// How much of a file is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All of it.
    Whole,
    /// Some, and whether the rest is to be fetched.
    Part(Wish),
}

/// Why a file cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// All files together are to stay below a limit.
    #[error("the files that are kept would take more than {0} bytes together")]
    Quota(u64),
    /// The disk is nearly full.
    #[error("the disk has too little room: a gibibyte is to stay free")]
    Disk,
}

impl Shelf {
    /// Opens the directory, and makes it if need be.
    pub fn open(dir: &Path, key: Secret<32>) -> io::Result<Self> {
        files::make_private_dir(dir)?;
        Ok(Self(Arc::new(Inner {
            dir: dir.to_owned(),
            key,
            state: Mutex::new(State {
                quota: QUOTA,
                held: BTreeMap::new(),
                used: 0,
            }),
            telling: Mutex::new(()),
        })))
    }

    /// Limits what all files together may take.
    pub fn set_quota(&self, bytes: u64) {
        self.state().quota = bytes;
    }

    /// What they may take.
    pub fn quota(&self) -> u64 {
        self.state().quota
    }

    /// Finds the files with these names, and removes all others, unless it is uncertain that these are all.
    /// Only once, before anything else.
    pub fn keep_only(
        &self,
        blobs: impl IntoIterator<Item = [u8; 32]>,
        certain: bool,
    ) -> io::Result<()> {
        let names: BTreeMap<String, [u8; 32]> = blobs
            .into_iter()
            .map(|blob| (self.name_of(&blob), blob))
            .collect();
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(&self.0.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().unwrap_or_default();
            let (stem, end) = name.split_once('.').unwrap_or((name, ""));
            match names.get(stem) {
                Some(blob) if !end.ends_with("tmp") => {
                    found.insert(*blob);
                }
                _ if certain => {
                    let _ = fs::remove_file(entry.path());
                }
                _ => {}
            }
        }
        for blob in found {
            let paths = self.paths_of(&blob);
            let held = match fs::metadata(paths.whole()) {
                Ok(whole) => Some(((whole.len(), Some(whole.len())), Standing::Whole)),
                Err(_) => read_have(&paths)?.map(|(wish, shape, _)| {
                    let size = match wish {
                        Wish::Wanted | Wish::Paused => shape.size(),
                        Wish::Cancelled => 0,
                    };
                    ((size, None), Standing::Part(wish))
                }),
            };
            match held {
                Some((size, standing)) => {
                    self.hold(blob, size, standing);
                    let told = Told::read(&paths.told())?;
                    if let Some(held) = self.state().held.get_mut(&blob) {
                        held.told = told;
                    }
                }
                None => paths.remove()?,
            }
        }
        files::sync_dir(&self.0.dir)
    }

    /// How much is here of a file; `None`: nothing, and nobody wanted it.
    pub fn standing(&self, blob: &[u8; 32]) -> Option<Standing> {
        Some(self.state().held.get(blob)?.standing)
    }

    /// Who has a file that was sent, as far as that was noted.
    pub fn told(&self, blob: &[u8; 32]) -> Option<Told> {
        self.state().held.get(blob)?.told.clone()
    }

    /// Notes something of a file that was sent. It is on disk when this returns; nothing, if there is no such file.
    pub fn tell(
        &self,
        blob: &[u8; 32],
        change: impl FnOnce(&mut Told),
    ) -> io::Result<Option<Told>> {
        let _telling = self
            .0
            .telling
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.standing(blob).is_none() {
            return Ok(None);
        }
        let before = self.told(blob);
        let mut told = before.clone().unwrap_or_default();
        change(&mut told);
        if before.as_ref() != Some(&told) {
            told.write(&self.paths_of(blob).told())?;
            if let Some(held) = self.state().held.get_mut(blob) {
                held.told = Some(told.clone());
            }
        }
        Ok(Some(told))
    }

    /// How many encrypted bytes are here of a file.
    pub fn bytes(&self, blob: &[u8; 32]) -> u64 {
        let known = self.state().held.get_mut(blob).map(|held| {
            if let Some(open) = held.open.upgrade() {
                held.bytes = Some(open.bytes());
            }
            held.bytes
        });
        match known {
            None => 0,
            Some(Some(bytes)) => bytes,
            // After a start: opening it tells.
            Some(None) => match self.find(blob) {
                Ok(Some(open)) => open.bytes(),
                Ok(None) | Err(_) => 0,
            },
        }
    }

    /// What all files take, in bytes.
    pub fn used(&self) -> u64 {
        self.state().used
    }

    /// The names of the files of which something is here.
    pub fn names(&self) -> Vec<[u8; 32]> {
        self.state().held.keys().copied().collect()
    }

    /// A file of which something is here.
    pub fn find(&self, blob: &[u8; 32]) -> io::Result<Option<Arc<Blob>>> {
        let mut state = self.state();
        let Some(held) = state.held.get_mut(blob) else {
            return Ok(None);
        };
        if let Some(open) = held.open.upgrade() {
            return Ok(Some(open));
        }
        let found = Blob::open(*blob, self.paths_of(blob))?.map(Arc::new);
        if let Some(found) = &found {
            held.bytes = Some(found.bytes());
            held.open = Arc::downgrade(found);
        }
        Ok(found)
    }

    /// Begins a file of which the list is here; `None`: it is not that file's list.
    pub fn begin(
        &self,
        blob: [u8; 32],
        shape: Shape,
        pages: &[u8],
    ) -> Result<Option<Arc<Blob>>, super::SealError> {
        if blob_id(shape.size(), pages) != blob || pages.len() != shape.pages() * 32 {
            return Ok(None);
        }
        let before = self.take(&blob);
        let room = self.reserve(shape.size()).inspect_err(|_| {
            // What is wanted stays so.
            if let Some(before) = before {
                self.hold(blob, (before.size, before.bytes), before.standing);
            }
        })?;
        let begun = Arc::new(Blob::begin((blob, shape), pages, self.paths_of(&blob))?);
        room.keep_as(blob, Standing::Part(Wish::Wanted), Arc::downgrade(&begun));
        Ok(Some(begun))
    }

    /// Changes whether the rest of a file is wanted. Of one that is cancelled nothing stays but that.
    pub fn set_wish(&self, blob: &[u8; 32], shape: Shape, wish: Wish) -> io::Result<()> {
        if self.standing(blob) == Some(Standing::Whole) {
            return Ok(());
        }
        if let Some(open) = self.find(blob)?
            && wish != Wish::Cancelled
        {
            open.set_wish(wish)?;
            self.stand(blob, Standing::Part(wish));
            return Ok(());
        }
        let paths = self.paths_of(blob);
        paths.remove()?;
        self.forget(blob);
        write_have(&paths, wish, shape, &Bits::none(shape.chunks()))?;
        self.hold(*blob, (0, Some(0)), Standing::Part(wish));
        Ok(())
    }

    /// Notes that all of a file is here; whether that is so.
    pub fn finish(&self, blob: &Blob) -> io::Result<bool> {
        let whole = blob.finish()?;
        if whole {
            self.stand(&blob.id(), Standing::Whole);
        }
        Ok(whole)
    }

    /// Removes a file: no message names it any more.
    pub fn remove(&self, blob: &[u8; 32]) -> io::Result<()> {
        if self.forget(blob) {
            self.paths_of(blob).remove()?;
        }
        Ok(())
    }

    pub(super) fn dir(&self) -> &Path {
        &self.0.dir
    }

    pub(super) fn paths_of(&self, blob: &[u8; 32]) -> Paths {
        self.paths_named(&self.name_of(blob))
    }

    pub(super) fn paths_named(&self, name: &str) -> Paths {
        Paths::new(&self.0.dir, name)
    }

    /// Takes room for a file that is about to be made.
    pub(super) fn reserve(&self, size: u64) -> Result<Room<'_>, NoRoom> {
        let free = files::free_space(&self.0.dir).map_err(|_| NoRoom::Disk)?;
        if free < LEAST_FREE.saturating_add(size) {
            return Err(NoRoom::Disk);
        }
        let mut state = self.state();
        let used = state.used.saturating_add(size);
        if used > state.quota {
            return Err(NoRoom::Quota(state.quota));
        }
        state.used = used;
        drop(state);
        Ok(Room { shelf: self, size })
    }

    fn name_of(&self, blob: &[u8; 32]) -> String {
        let name = blake3::keyed_hash(self.0.key.expose(), blob);
        let short = name.as_bytes().first_chunk::<20>().copied();
        HEXLOWER.encode(&short.unwrap_or_default())
    }

    fn hold(&self, blob: [u8; 32], (size, bytes): (u64, Option<u64>), standing: Standing) {
        let mut state = self.state();
        state.used = state.used.saturating_add(size);
        let open = Weak::new();
        let held = Held {
            size,
            standing,
            bytes,
            open,
            told: None,
        };
        if let Some(before) = state.held.insert(blob, held) {
            state.used = state.used.saturating_sub(before.size);
        }
    }

    fn stand(&self, blob: &[u8; 32], standing: Standing) {
        if let Some(held) = self.state().held.get_mut(blob) {
            held.standing = standing;
        }
    }

    /// Whether it was there.
    fn forget(&self, blob: &[u8; 32]) -> bool {
        self.take(blob).is_some()
    }

    fn take(&self, blob: &[u8; 32]) -> Option<Held> {
        let mut state = self.state();
        let held = state.held.remove(blob)?;
        state.used = state.used.saturating_sub(held.size);
        Some(held)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room that is given back unless the file comes to be.
pub(super) struct Room<'a> {
    shelf: &'a Shelf,
    size: u64,
}

impl Room<'_> {
    pub(super) fn keep(self, blob: [u8; 32]) {
        self.keep_as(blob, Standing::Whole, Weak::new());
    }

    fn keep_as(self, blob: [u8; 32], standing: Standing, open: Weak<Blob>) {
        let mut state = self.shelf.state();
        // What was reserved is given back when this is dropped.
        state.used = state.used.saturating_add(self.size);
        let held = Held {
            size: self.size,
            standing,
            bytes: Some(0),
            open,
            told: None,
        };
        if let Some(before) = state.held.insert(blob, held) {
            state.used = state.used.saturating_sub(before.size);
        }
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let mut state = self.shelf.state();
        state.used = state.used.saturating_sub(self.size);
    }
}

/// What all files together may take when nobody says otherwise: 32 GiB.
const QUOTA: u64 = 32 << 30;

/// So much of the disk is left to others.
const LEAST_FREE: u64 = 1 << 30;
