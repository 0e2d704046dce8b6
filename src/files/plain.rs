//! Opening a sealed file.

use std::io::{self, Write};

use super::cipher::Cipher;
use crate::{
    blobs::Blob,
    proto::secret::Secret,
    wire::{blob::Shape, limits},
};

/// What the message says that is needed to open a file.
pub struct Opening<'a> {
    /// Bytes of the file.
    pub size: u64,
    /// Opens its chunks.
    pub file_key: &'a Secret<32>,
    /// Begins the nonce of each chunk.
    pub prefix: [u8; 19],
    /// BLAKE3 of the file.
    pub hash: [u8; 32],
}

/// Why a file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Some of it is not here.
    #[error("not all of the file is here")]
    Missing,
    /// It is not what the message says.
    #[error("the file is not what its message says")]
    Foreign,
    /// The disk refuses.
    #[error("{0}")]
    Disk(#[from] io::Error),
}

impl Blob {
    /// Writes the file as it was. What was written before an error is not the file.
    pub fn open_into(&self, opening: &Opening<'_>, out: &mut impl Write) -> Result<(), OpenError> {
        let shape = self.shape();
        if Shape::sealing(opening.size) != Some(shape) {
            return Err(OpenError::Foreign);
        }
        let cipher = Cipher::new(opening.file_key, opening.prefix, shape.chunks());
        let mut plain = blake3::Hasher::new();
        let mut left = opening.size;
        let mut buffer = Vec::new();
        let round = u32::from(limits::BLOB_RANGE);
        let mut first = 0;
        while first < shape.chunks() {
            let count = round.min(shape.chunks() - first);
            if !self.read(first, count, &mut buffer)? {
                return Err(OpenError::Missing);
            }
            for (chunk, sealed) in (first..).zip(buffer.chunks_mut(limits::BLOB_CHUNK)) {
                let text = cipher.open(chunk, sealed).map_err(|_| OpenError::Foreign)?;
                let of_file = usize::try_from(left).unwrap_or(usize::MAX).min(text.len());
                let (text, padding) = text.split_at(of_file);
                if padding.iter().any(|byte| *byte != 0) {
                    return Err(OpenError::Foreign);
                }
                plain.update(text);
                out.write_all(text)?;
                left -= of_file as u64;
            }
            first += count;
        }
        if left > 0 || *plain.finalize().as_bytes() != opening.hash {
            return Err(OpenError::Foreign);
        }
        Ok(())
    }
}
