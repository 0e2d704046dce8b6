//! Files of the index as they lie on disk: blocks that are sealed one by one, so that any part can be
//! read alone.
//!
//! Each file is written once, under a key of its own, which is used for nothing else; the number of a
//! block is its nonce, and the length of the file, which is kept with the key, says which block is the
//! last. So no block can be changed, moved, left out or taken from another file.

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read, Write},
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tantivy::{
    HasLen,
    directory::{AntiCallToken, FileHandle, OwnedBytes, TerminatingWrite},
};
use zeroize::Zeroizing;

use crate::{
    disk::files,
    proto::{crypto::aead, secret::Secret},
};

/// Bytes in a block. Larger ones make what is read little of slower, smaller ones what is read much of.
const BLOCK: usize = 16 * 1024;
const SEALED: u64 = (BLOCK + aead::TAG) as u64;

/// Up to so many bytes a file is kept in memory as it lies on disk, and none is held open for it: there are some
/// seven files to a segment, most of them short, and as many segments twice while two of them are being joined.
const HELD: u64 = 4 * SEALED;

/// Opened blocks that are kept, in each of two halves: 16 MiB together at most.
const KEPT: usize = 512;

/// A block of a file.
type BlockOf = (u64, u64);

/// A block that was opened.
type Block = Arc<Zeroizing<Vec<u8>>>;

/// Opened blocks that were asked for lately.
#[derive(Default)]
pub(super) struct Cache {
    halves: Mutex<[BTreeMap<BlockOf, Block>; 2]>,
}

impl Cache {
    fn get(&self, block: BlockOf) -> Option<Block> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *halves;
        if let Some(found) = young.get(&block) {
            return Some(found.clone());
        }
        let found = old.remove(&block)?;
        young.insert(block, found.clone());
        Some(found)
    }

    fn put(&self, block: BlockOf, opened: Block) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *halves;
        if young.len() >= KEPT {
            *old = std::mem::take(young);
        }
        young.insert(block, opened);
    }
}

/// The sealed blocks of a file.
enum Blocks {
    Held(Vec<u8>),
    Open(File),
}

impl Blocks {
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        match self {
            Self::Open(file) => file.read_exact_at(bytes, at),
            Self::Held(held) => {
                let from = usize::try_from(at).ok();
                let part = from.and_then(|from| held.get(from..)?.get(..bytes.len()));
                bytes.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }
}

/// A file that can be read.
pub(super) struct Sealed {
    blocks: Blocks,
    key: Secret<32>,
    len: usize,
    /// No two files of one run have the same.
    number: u64,
    cache: Arc<Cache>,
    /// Set when something is not what was written.
    damaged: Arc<AtomicBool>,
}

impl Sealed {
    pub(super) fn open(
        path: &Path,
        key: Secret<32>,
        len: usize,
        (number, cache, damaged): (u64, Arc<Cache>, Arc<AtomicBool>),
    ) -> io::Result<Self> {
        let file = File::open(path)?;
        let sealed = len + len.div_ceil(BLOCK) * aead::TAG;
        let blocks = if sealed as u64 <= HELD {
            let mut held = Vec::with_capacity(sealed);
            file.take(sealed as u64).read_to_end(&mut held)?;
            Blocks::Held(held)
        } else {
            Blocks::Open(file)
        };
        Ok(Self {
            blocks,
            key,
            len,
            number,
            cache,
            damaged,
        })
    }

    fn block(&self, number: u64, keep: bool) -> io::Result<Block> {
        if let Some(block) = self.cache.get((self.number, number)) {
            return Ok(block);
        }
        let opened = self.read_block(number).inspect_err(|_| {
            self.damaged.store(true, Ordering::Release);
        })?;
        let opened = Arc::new(opened);
        if keep {
            self.cache.put((self.number, number), opened.clone());
        }
        Ok(opened)
    }

    fn read_block(&self, number: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        let start = usize::try_from(number)
            .ok()
            .and_then(|n| n.checked_mul(BLOCK));
        let rest = start.and_then(|start| self.len.checked_sub(start));
        let plain = rest.ok_or(io::ErrorKind::UnexpectedEof)?.min(BLOCK);
        let mut sealed = vec![0; plain + aead::TAG];
        self.blocks.read_exact_at(&mut sealed, number * SEALED)?;
        let opened = aead::xopen(&self.key, &nonce(number), AD, &sealed);
        opened.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a block does not open"))
    }
}

impl FileHandle for Sealed {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.end > self.len || range.start > range.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = Vec::with_capacity(range.len());
        // What is read as a whole is kept by who reads it.
        let keep = range.len() < BLOCK * 4;
        let mut at = range.start;
        while at < range.end {
            let block = self.block((at / BLOCK) as u64, keep)?;
            let from = at % BLOCK;
            let to = block.len().min(from + (range.end - at));
            let part = block.get(from..to).filter(|part| !part.is_empty());
            bytes.extend_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
            at += to - from;
        }
        Ok(OwnedBytes::new(bytes))
    }
}

impl HasLen for Sealed {
    fn len(&self) -> usize {
        self.len
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").finish_non_exhaustive()
    }
}

/// What is done with a file that is whole: its key and its length.
pub(super) type Finished = Box<dyn FnOnce(Secret<32>, usize) + Send + Sync>;

/// A file that is being written.
pub(super) struct Sealing {
    path: PathBuf,
    file: File,
    key: Secret<32>,
    /// What does not fill a block yet.
    rest: Zeroizing<Vec<u8>>,
    written: u64,
    len: usize,
    finished: Option<Finished>,
}

impl Sealing {
    pub(super) fn begin(path: PathBuf, key: Secret<32>, finished: Finished) -> io::Result<Self> {
        Ok(Self {
            file: files::open_private(&path)?,
            path,
            key,
            rest: Zeroizing::new(Vec::with_capacity(BLOCK)),
            written: 0,
            len: 0,
            finished: Some(finished),
        })
    }

    fn write_block(&mut self) -> io::Result<()> {
        let sealed = aead::xseal(&self.key, &nonce(self.written), AD, &self.rest);
        self.file.write_all(&sealed)?;
        self.written += 1;
        self.rest.clear();
        Ok(())
    }
}

impl Write for Sealing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (taken, _) = bytes.split_at(bytes.len().min(BLOCK - self.rest.len()));
        self.rest.extend_from_slice(taken);
        self.len += taken.len();
        if self.rest.len() == BLOCK {
            self.write_block()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for Sealing {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        if !self.rest.is_empty() {
            self.write_block()?;
        }
        self.file.sync_data()?;
        if let Some(finished) = self.finished.take() {
            finished(self.key.clone(), self.len);
        }
        Ok(())
    }
}

impl Drop for Sealing {
    fn drop(&mut self) {
        // Nobody asks for half a file; what cannot be removed now is at the next start.
        if self.finished.is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

const AD: &[u8] = b"search";

/// The key is of this one file, which is written once.
fn nonce(block: u64) -> [u8; 24] {
    let mut nonce = [0; 24];
    if let Some(head) = nonce.first_chunk_mut() {
        *head = block.to_be_bytes();
    }
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dir: &Path, bytes: &[u8]) -> (PathBuf, Secret<32>) {
        let path = dir.join("file");
        let key = Secret::new([7; 32]);
        let mut file = Sealing::begin(path.clone(), key.clone(), Box::new(|_, _| ())).unwrap();
        file.write_all(bytes).unwrap();
        file.terminate().unwrap();
        (path, key)
    }

    fn opened(path: &Path, key: &Secret<32>, len: usize) -> (Sealed, Arc<AtomicBool>) {
        let damaged = Arc::new(AtomicBool::new(false));
        let with = (1, Arc::default(), damaged.clone());
        (Sealed::open(path, key.clone(), len, with).unwrap(), damaged)
    }

    #[test]
    fn any_part_is_read_alone_and_is_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        for (len, held) in [(BLOCK * 3 + 100, true), (BLOCK * 4 + 100, false)] {
            let bytes: Vec<u8> = (0..=250).cycle().take(len).collect();
            let (path, key) = written(dir.path(), &bytes);

            let (file, damaged) = opened(&path, &key, len);

            assert_eq!(matches!(file.blocks, Blocks::Held(_)), held);
            let ends = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK * 3, len];
            for from in ends {
                for to in ends.into_iter().filter(|to| *to >= from) {
                    let read = file.read_bytes(from..to).unwrap();
                    assert_eq!(read.as_slice(), &bytes[from..to], "{from}..{to}");
                }
            }
            assert!(file.read_bytes(0..len + 1).is_err());
            assert!(!damaged.load(Ordering::Relaxed));
            let on_disk = std::fs::read(&path).unwrap();
            assert!(!on_disk.windows(16).any(|window| window == &bytes[..16]));
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_changed_moved_or_missing_byte_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        for blocks in [2, 6] {
            let bytes = vec![5; BLOCK * blocks];
            let (path, key) = written(dir.path(), &bytes);
            let whole = std::fs::read(&path).unwrap();
            let (first, second) = whole.split_at(whole.len() / 2);
            let mut changed = whole.clone();
            changed[BLOCK / 2] ^= 1;
            let moved = [second, first].concat();
            let short = first.to_vec();

            for bad in [changed, moved, short] {
                std::fs::write(&path, bad).unwrap();
                let (file, damaged) = opened(&path, &key, bytes.len());

                assert!(file.read_bytes(0..bytes.len()).is_err());
                assert!(damaged.load(Ordering::Relaxed));
            }
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn what_is_never_finished_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("half");
        let mut file =
            Sealing::begin(path.clone(), Secret::new([1; 32]), Box::new(|_, _| ())).unwrap();
        file.write_all(&vec![1; BLOCK * 2]).unwrap();
        assert!(path.exists());

        drop(file);

        assert!(!path.exists());
    }
}
