//! One sealed file, or the part of it that is here.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    bits::Bits,
    have::{read_have, write_have},
};
use crate::{
    disk::files,
    wire::{
        blob::{Shape, blob_id, first_of, page_hash, page_of},
        limits,
    },
};

/// Whether what is missing of a file is to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It is.
    Wanted,
    /// Later.
    Paused,
    /// No, and what was here is gone.
    Cancelled,
}

/// Why chunks were not taken.
#[derive(Debug)]
pub enum PutError {
    /// They are not what the list says.
    Wrong,
    /// The disk refuses.
    Disk(io::Error),
}

impl From<io::Error> for PutError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// A sealed file. Its functions wait for the disk.
pub struct Blob {
    id: [u8; 32],
    shape: Shape,
    pages: Vec<u8>,
    data: File,
    list: File,
    paths: Paths,
    state: Mutex<State>,
    /// Held while what is here is noted.
    noting: Mutex<()>,
}

struct State {
    have: Bits,
    /// Pages of which the hashes are here.
    known: Bits,
    wish: Wish,
    whole: bool,
    /// Chunks written since this was last noted, and since it was last made sure.
    unnoted: u32,
    unsure: u32,
}

/// Where the files of a blob lie.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    stem: PathBuf,
}

impl Paths {
    pub(crate) fn new(dir: &Path, name: &str) -> Self {
        Self {
            stem: dir.join(name),
        }
    }

    pub(crate) fn whole(&self) -> PathBuf {
        self.stem.with_extension("blob")
    }

    pub(crate) fn list(&self) -> PathBuf {
        self.stem.with_extension("list")
    }

    pub(crate) fn part(&self) -> PathBuf {
        self.stem.with_extension("part")
    }

    pub(crate) fn have(&self) -> PathBuf {
        self.stem.with_extension("have")
    }

    /// What else is known of a file; nothing of that is known here.
    pub(crate) fn told(&self) -> PathBuf {
        self.stem.with_extension("told")
    }

    fn near(&self) -> PathBuf {
        self.stem.with_extension("near")
    }

    /// Removes all of it.
    pub(crate) fn remove(&self) -> io::Result<()> {
        for path in [
            self.have(),
            self.near(),
            self.told(),
            self.part(),
            self.whole(),
            self.list(),
        ] {
            match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        files::sync_dir(self.stem.parent().unwrap_or(Path::new(".")))
    }
}

impl Blob {
    /// Begins a file of which nothing is here but the list of its pages.
    pub(crate) fn begin(
        (id, shape): ([u8; 32], Shape),
        pages: &[u8],
        paths: Paths,
    ) -> io::Result<Self> {
        paths.remove()?;
        let data = files::open_private(&paths.part())?;
        data.set_len(shape.size())?;
        let list = files::open_private(&paths.list())?;
        list.write_all_at(pages, 0)?;
        list.sync_all()?;
        let state = State {
            have: Bits::none(shape.chunks()),
            known: Bits::none(count(shape)),
            wish: Wish::Wanted,
            whole: false,
            unnoted: 0,
            unsure: 0,
        };
        let blob = Self {
            id,
            shape,
            pages: pages.to_vec(),
            data,
            list,
            paths,
            state: Mutex::new(state),
            noting: Mutex::new(()),
        };
        blob.make_sure()?;
        Ok(blob)
    }

    /// Opens what is here of a file; `None` if that is nothing, or damaged.
    pub(crate) fn open(id: [u8; 32], paths: Paths) -> io::Result<Option<Self>> {
        let whole = paths.whole().try_exists()?;
        let (shape, have, wish) = if whole {
            let Some(shape) = Shape::of(fs::metadata(paths.whole())?.len()) else {
                return Ok(None);
            };
            (shape, Bits::none(0), Wish::Wanted)
        } else {
            let Some((wish, shape, have)) = read_have(&paths)? else {
                return Ok(None);
            };
            (shape, have, wish)
        };
        let data = if whole { paths.whole() } else { paths.part() };
        if wish == Wish::Cancelled || !data.try_exists()? || !paths.list().try_exists()? {
            return Ok(None);
        }
        let data = files::open_private(&data)?;
        let list = files::open_private(&paths.list())?;
        let mut pages = vec![0; shape.pages() * 32];
        if list.read_exact_at(&mut pages, 0).is_err() || blob_id(shape.size(), &pages) != id {
            return Ok(None);
        }
        let state = State {
            have,
            known: Bits::none(count(shape)),
            wish,
            whole,
            unnoted: 0,
            unsure: 0,
        };
        let blob = Self {
            id,
            shape,
            pages,
            data,
            list,
            paths,
            state: Mutex::new(state),
            noting: Mutex::new(()),
        };
        if !whole {
            blob.recover()?;
        }
        Ok(Some(blob))
    }

    /// Its name among holders.
    pub fn id(&self) -> [u8; 32] {
        self.id
    }

    /// What it is called in this profile, in short: a MAC, which tells others nothing.
    pub(crate) fn short_name(&self) -> String {
        let name = self.paths.stem.file_name().unwrap_or_default();
        name.to_string_lossy().chars().take(16).collect()
    }

    /// Its chunks and pages.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The hashes of its pages.
    pub fn pages(&self) -> &[u8] {
        &self.pages
    }

    /// Whether all of it is here.
    pub fn is_whole(&self) -> bool {
        self.state().whole
    }

    /// Whether the rest is wanted.
    pub fn wish(&self) -> Wish {
        self.state().wish
    }

    /// Which chunks are here; of a whole file nothing is said.
    pub fn have(&self) -> Bits {
        self.state().have.clone()
    }

    /// How many encrypted bytes are here.
    pub fn bytes(&self) -> u64 {
        let state = self.state();
        if state.whole {
            return self.shape.size();
        }
        let most = u64::from(state.have.count()) * limits::BLOB_CHUNK as u64;
        most.min(self.shape.size())
    }

    /// Whether the hashes of the chunks of a page are here.
    pub fn knows(&self, page: u32) -> bool {
        let state = self.state();
        state.whole || state.known.has(page)
    }

    /// The hashes of the chunks of a page, if they are here.
    pub fn page(&self, page: u32) -> io::Result<Option<Vec<u8>>> {
        let state = self.state();
        if self.shape.page_len(page) == 0 || !(state.whole || state.known.has(page)) {
            return Ok(None);
        }
        drop(state);
        self.read_page(page).map(Some)
    }

    /// Takes the hashes of the chunks of a page; whether they are that.
    pub fn put_page(&self, page: u32, hashes: &[u8]) -> Result<(), PutError> {
        if hashes.len() != self.shape.page_len(page) || !self.is_page(page, hashes) {
            return Err(PutError::Wrong);
        }
        self.list.write_all_at(hashes, self.page_at(page))?;
        self.state().known.set(page);
        Ok(())
    }

    /// Reads chunks that follow each other into `out`; whether all of them are here.
    pub fn read(&self, first: u32, count: u32, out: &mut Vec<u8>) -> io::Result<bool> {
        let end = first.saturating_add(count);
        if count == 0 || end > self.shape.chunks() {
            return Ok(false);
        }
        {
            let state = self.state();
            if !state.whole && !(first..end).all(|chunk| state.have.has(chunk)) {
                return Ok(false);
            }
        }
        out.resize(self.shape.len(first, count), 0);
        self.data.read_exact_at(out, self.shape.offset(first))?;
        Ok(true)
    }

    /// Takes chunks that follow each other, of pages that are here: each is checked before anything of
    /// them is kept. How many of them are new.
    pub fn put(&self, first: u32, bytes: &[u8]) -> Result<u32, PutError> {
        let count = self.check(first, bytes)?;
        self.data.write_all_at(bytes, self.shape.offset(first))?;
        let mut state = self.state();
        let mut fresh = 0;
        for chunk in first..first.saturating_add(count) {
            fresh += u32::from(state.have.set(chunk));
        }
        state.unnoted += fresh;
        state.unsure += fresh;
        if state.unnoted >= (self.shape.chunks() / 100).clamp(1, NOTED) {
            state.unnoted = 0;
            let near = state.have.bytes().to_vec();
            drop(state);
            // In its place and not synced: what it says is looked at before it is believed.
            files::open_private(&self.paths.near())?.write_all_at(&near, 0)?;
        }
        Ok(fresh)
    }

    /// Whether so much was taken that [`Blob::make_sure`] is due.
    pub fn is_unsure(&self) -> bool {
        self.state().unsure >= SURE
    }

    /// Makes what is here survive a loss of power, and then notes that it does.
    pub fn make_sure(&self) -> io::Result<()> {
        let _noting = self.noting.lock().unwrap_or_else(PoisonError::into_inner);
        let (have, wish) = {
            let mut state = self.state();
            if state.whole {
                return Ok(());
            }
            state.unsure = 0;
            (state.have.clone(), state.wish)
        };
        self.data.sync_data()?;
        self.list.sync_data()?;
        write_have(&self.paths, wish, self.shape, &have)
    }

    /// Changes whether the rest is wanted.
    pub fn set_wish(&self, wish: Wish) -> io::Result<()> {
        self.state().wish = wish;
        self.make_sure()
    }

    /// All chunks are here: from now on the file is whole.
    pub fn finish(&self) -> io::Result<bool> {
        let _noting = self.noting.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let state = self.state();
            if state.whole || !state.have.is_full() {
                return Ok(state.whole);
            }
        }
        self.data.sync_all()?;
        self.list.sync_all()?;
        fs::rename(self.paths.part(), self.paths.whole())?;
        let mut state = self.state();
        state.whole = true;
        state.have = Bits::none(0);
        drop(state);
        for path in [self.paths.have(), self.paths.near()] {
            let _ = fs::remove_file(path);
        }
        files::sync_dir(self.paths.stem.parent().unwrap_or(Path::new(".")))?;
        Ok(true)
    }

    /// How many chunks these are, if they are what the list says.
    fn check(&self, first: u32, bytes: &[u8]) -> Result<u32, PutError> {
        let mut hashes = Vec::new();
        let mut page = None;
        let mut count = 0;
        for piece in bytes.chunks(limits::BLOB_CHUNK) {
            let chunk = first.checked_add(count).ok_or(PutError::Wrong)?;
            if piece.len() != self.shape.len(chunk, 1) || piece.is_empty() {
                return Err(PutError::Wrong);
            }
            let of = page_of(chunk);
            if page != Some(of) {
                hashes = self.page(of)?.ok_or(PutError::Wrong)?;
                page = Some(of);
            }
            let at = usize::try_from(chunk - first_of(of)).unwrap_or(usize::MAX);
            let listed = hashes.chunks_exact(32).nth(at);
            if listed != Some(blake3::hash(piece).as_bytes().as_slice()) {
                return Err(PutError::Wrong);
            }
            count += 1;
        }
        Ok(count)
    }

    /// After a start: looks at the pages that are here, and at the chunks of which only a loose note says
    /// that they are.
    fn recover(&self) -> io::Result<()> {
        let mut hashes = Vec::new();
        let mut known = Bits::none(count(self.shape));
        for page in 0..known.size() {
            if let Ok(read) = self.read_page(page)
                && self.is_page(page, &read)
            {
                known.set(page);
            }
        }
        self.state().known = known.clone();
        let near = fs::read(self.paths.near()).unwrap_or_default();
        let near = Bits::read(self.shape.chunks(), &near);
        let sure = self.have();
        let mut piece = Vec::new();
        let mut of = None;
        for chunk in near.iter().flat_map(Bits::ones) {
            let page = page_of(chunk);
            if sure.has(chunk) || !known.has(page) {
                continue;
            }
            if of != Some(page) {
                hashes = self.read_page(page)?;
                of = Some(page);
            }
            piece.resize(self.shape.len(chunk, 1), 0);
            let at = usize::try_from(chunk - first_of(page)).unwrap_or(usize::MAX);
            let read = self
                .data
                .read_exact_at(&mut piece, self.shape.offset(chunk));
            let hash = blake3::hash(&piece);
            if read.is_ok() && hashes.chunks_exact(32).nth(at) == Some(hash.as_bytes().as_slice()) {
                self.state().have.set(chunk);
            }
        }
        // What it was noted for is noted in the list, or has to come again.
        let mut state = self.state();
        let lost: Vec<u32> = state
            .have
            .ones()
            .filter(|chunk| !known.has(page_of(*chunk)))
            .collect();
        for chunk in lost {
            state.have.clear(chunk);
        }
        Ok(())
    }

    fn read_page(&self, page: u32) -> io::Result<Vec<u8>> {
        let mut hashes = vec![0; self.shape.page_len(page)];
        self.list.read_exact_at(&mut hashes, self.page_at(page))?;
        Ok(hashes)
    }

    fn is_page(&self, page: u32, hashes: &[u8]) -> bool {
        let at = usize::try_from(page).unwrap_or(usize::MAX);
        self.pages.chunks_exact(32).nth(at) == Some(page_hash(hashes).as_slice())
    }

    fn page_at(&self, page: u32) -> u64 {
        (self.pages.len() + 32 * limits::BLOB_PAGE * usize::try_from(page).unwrap_or(0)) as u64
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many pages there are.
fn count(shape: Shape) -> u32 {
    u32::try_from(shape.pages()).unwrap_or(0)
}

/// Chunks after which it is noted that they were written, if they are not a hundredth of the file: 2 MiB.
const NOTED: u32 = 32;

/// Chunks after which it is made sure that they stay: 64 MiB.
const SURE: u32 = 1024;
