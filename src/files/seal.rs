//! Sealing a file: read once, kept under the name that follows from what it became.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::FileExt,
};

use super::{
    blob::Paths,
    cipher::{Cipher, PIECE},
    shelf::{NoRoom, Shelf},
};
use crate::{
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
            shape,
            cipher: Cipher::new(&file_key, prefix, shape.chunks()),
            data: files::open_private(&paths.part())?,
            hashes: Vec::new(),
            plain: blake3::Hasher::new(),
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
    shape: Shape,
    cipher: Cipher,
    data: File,
    hashes: Vec<u8>,
    plain: blake3::Hasher,
}

struct Made {
    shape: Shape,
    hashes: Vec<u8>,
    hash: [u8; 32],
}

impl Making {
    fn run(
        mut self,
        mut from: impl Read,
        size: u64,
        mut going_on: impl FnMut(u64) -> bool,
    ) -> Result<Made, SealError> {
        let mut buffer = vec![0; ROUND * limits::BLOB_CHUNK];
        let mut left = size;
        let mut first = 0;
        while first < self.shape.chunks() {
            let round = u32::try_from(ROUND).unwrap_or(1);
            let len = self.shape.len(first, round);
            let Some(out) = buffer.get_mut(..len) else {
                return Err(SealError::Changed);
            };
            for (chunk, sealed) in (first..).zip(out.chunks_mut(limits::BLOB_CHUNK)) {
                left = self.fill(&mut from, sealed, left)?;
                self.cipher.seal(chunk, sealed);
                self.hashes.extend(blake3::hash(sealed).as_bytes());
            }
            self.data.write_all_at(out, self.shape.offset(first))?;
            first = first.saturating_add(round);
            if !going_on(size - left) {
                return Err(SealError::Cancelled);
            }
        }
        if left > 0 || from.read(&mut [0])? > 0 {
            return Err(SealError::Changed);
        }
        self.data.sync_all()?;
        Ok(Made {
            shape: self.shape,
            hashes: self.hashes,
            hash: *self.plain.finalize().as_bytes(),
        })
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
const ROUND: usize = 16;

const _: () = assert!(PIECE + super::cipher::TAG == limits::BLOB_CHUNK);
