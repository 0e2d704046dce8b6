//! Sealing a file: read once, kept under the name that follows from what it became.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::FileExt,
    sync::mpsc,
    thread,
};

use super::{
    cipher::{Cipher, PIECE},
    shelf::{NoRoom, Shelf},
};
use crate::{
    blobs::Paths,
    disk::files,
    proto::secret::Secret,
    wire::{
        blob::{Shape, blob_id, page_hash},
        limits,
    },
};

/// What a message has to say of a file that was sealed.
pub struct Sealed {
    /// Its name among holders.
    pub blob: [u8; 32],
    /// Bytes of the file.
    pub size: u64,
    /// Bytes of it as it is carried.
    pub sealed_size: u64,
    /// Opens its chunks.
    pub file_key: Secret<32>,
    /// Begins the nonce of each chunk.
    pub prefix: [u8; 19],
    /// BLAKE3 of the file.
    pub hash: [u8; 32],
}

/// Why a file was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No file is so large.
    #[error("a file has at most 256 GiB")]
    TooLarge,
    /// There is no room.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// It became shorter or longer meanwhile.
    #[error("the file changed while it was read")]
    Changed,
    /// Nobody wants it any more.
    #[error("it was cancelled")]
    Cancelled,
    /// The disk refuses.
    #[error("{0}")]
    Disk(#[from] io::Error),
}

impl Shelf {
    /// Seals a file of so many bytes, and keeps it. `going_on` is told how far that is, and stops it by
    /// answering `false`. It takes a while, and is gone after the next start unless a message names it.
    pub fn seal(
        &self,
        from: impl Read,
        size: u64,
        going_on: impl FnMut(u64) -> bool,
    ) -> Result<Sealed, SealError> {
        let shape = Shape::sealing(size).ok_or(SealError::TooLarge)?;
        let mut secret = [0; 32 + 19 + 16];
        getrandom::fill(&mut secret).map_err(io::Error::from)?;
        let (key, rest) = secret.split_first_chunk::<32>().ok_or(SealError::Changed)?;
        let (prefix, name) = rest.split_first_chunk::<19>().ok_or(SealError::Changed)?;
        let file_key = Secret::new(*key);
        let prefix = *prefix;
        // Unlike any name that a file gets: it is nobody's until it is renamed.
        let paths = self.paths_named(&format!("new-{}", data_encoding::HEXLOWER.encode(name)));
        zeroize::Zeroize::zeroize(&mut secret);
        let room = self.reserve(shape.size())?;
        let making = Making {
            sealing: Sealing {
                shape,
                cipher: Cipher::new(&file_key, prefix, shape.chunks()),
                hashes: Vec::new(),
                plain: blake3::Hasher::new(),
            },
            data: files::open_private(&paths.part())?,
        };
        match making.run(from, size, going_on) {
            Ok(made) => {
                let blob = self.shelve(&made, &paths)?;
                room.keep(blob);
                Ok(Sealed {
                    blob,
                    size,
                    sealed_size: shape.size(),
                    file_key,
                    prefix,
                    hash: made.hash,
                })
            }
            Err(error) => {
                let _ = paths.remove();
                Err(error)
            }
        }
    }

    /// Gives what was made its name.
    fn shelve(&self, made: &Made, paths: &Paths) -> Result<[u8; 32], SealError> {
        let pages: Vec<u8> = made
            .hashes
            .chunks(limits::BLOB_PAGE * 32)
            .flat_map(page_hash)
            .collect();
        let blob = blob_id(made.shape.size(), &pages);
        let list = files::open_private(&paths.list())?;
        list.write_all_at(&pages, 0)?;
        list.write_all_at(&made.hashes, pages.len() as u64)?;
        list.sync_all()?;
        let own = self.paths_of(&blob);
        fs::rename(paths.list(), own.list())?;
        // Last: where this is, the rest is too.
        fs::rename(paths.part(), own.whole())?;
        files::sync_dir(self.dir())?;
        Ok(blob)
    }
}

struct Making {
    sealing: Sealing,
    data: File,
}

struct Made {
    shape: Shape,
    hashes: Vec<u8>,
    hash: [u8; 32],
}

impl Making {
    /// Reads and seals on this thread, and writes on another: each takes about as long.
    fn run(
        self,
        from: impl Read,
        size: u64,
        going_on: impl FnMut(u64) -> bool,
    ) -> Result<Made, SealError> {
        let Self { mut sealing, data } = self;
        let shape = sealing.shape;
        let (full, written) = mpsc::sync_channel::<Round>(BUFFERS);
        let (empty, spare) = mpsc::sync_channel(BUFFERS);
        for _ in 0..BUFFERS {
            let _ = empty.send(Vec::new());
        }
        thread::scope(|scope| {
            let writing = scope.spawn(move || {
                for (first, buffer) in written {
                    data.write_all_at(&buffer, shape.offset(first))?;
                    if first.is_multiple_of(SYNCED) {
                        // So that there is little left to do at the end.
                        data.sync_data()?;
                    }
                    // Nobody wants it any more after an error or at the end.
                    let _ = empty.send(buffer);
                }
                data.sync_all()
            });
            let sealed = sealing.run(from, size, (&full, &spare), going_on);
            drop(full);
            let written = writing.join();
            sealed?;
            written.map_err(|_| SealError::Changed)??;
            Ok(sealing.made())
        })
    }
}

/// Sealed chunks that follow each other, and which is the first.
type Round = (u32, Vec<u8>);

/// What only the thread that seals needs.
struct Sealing {
    shape: Shape,
    cipher: Cipher,
    hashes: Vec<u8>,
    plain: blake3::Hasher,
}

impl Sealing {
    fn run(
        &mut self,
        mut from: impl Read,
        size: u64,
        (full, spare): (&mpsc::SyncSender<Round>, &mpsc::Receiver<Vec<u8>>),
        mut going_on: impl FnMut(u64) -> bool,
    ) -> Result<(), SealError> {
        let mut left = size;
        let mut first = 0;
        while first < self.shape.chunks() {
            // Where the other thread has ended, its error is what counts.
            let Ok(mut buffer) = spare.recv() else {
                return Ok(());
            };
            buffer.resize(self.shape.len(first, ROUND), 0);
            for (chunk, sealed) in (first..).zip(buffer.chunks_mut(limits::BLOB_CHUNK)) {
                left = self.fill(&mut from, sealed, left)?;
                self.cipher.seal(chunk, sealed);
                self.hashes.extend(blake3::hash(sealed).as_bytes());
            }
            if full.send((first, buffer)).is_err() {
                return Ok(());
            }
            first = first.saturating_add(ROUND);
            if !going_on(size - left) {
                return Err(SealError::Cancelled);
            }
        }
        if left > 0 || from.read(&mut [0])? > 0 {
            return Err(SealError::Changed);
        }
        Ok(())
    }

    fn made(self) -> Made {
        Made {
            shape: self.shape,
            hashes: self.hashes,
            hash: *self.plain.finalize().as_bytes(),
        }
    }

    /// Reads what goes into a chunk; after the end of the file that is padding. How much is left.
    fn fill(
        &mut self,
        from: &mut impl Read,
        chunk: &mut [u8],
        left: u64,
    ) -> Result<u64, SealError> {
        let text = chunk.len() - super::cipher::TAG;
        let of_file = usize::try_from(left).unwrap_or(usize::MAX).min(text);
        let (read, rest) = chunk.split_at_mut(of_file);
        match from.read_exact(read) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(SealError::Changed),
            Err(e) => return Err(e.into()),
        }
        rest.fill(0);
        self.plain.update(read);
        Ok(left - of_file as u64)
    }
}

/// Chunks that are written at once: 1 MiB.
const ROUND: u32 = 16;

/// Pieces of so many chunks between the two threads.
const BUFFERS: usize = 3;

/// Chunks after which what is there is synced: 64 MiB.
const SYNCED: u32 = 1024;

const _: () = assert!(PIECE + super::cipher::TAG == limits::BLOB_CHUNK);
