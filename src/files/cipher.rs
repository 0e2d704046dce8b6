//! The encryption of a file: XChaCha20-Poly1305 in the STREAM construction (protocol §7).
//!
//! The nonce of a chunk is the file's prefix, the chunk's number, and whether it is the last: chunks can be
//! neither exchanged nor left out, and the end cannot be cut off.

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::AeadInOut};

use crate::proto::secret::Secret;

/// Bytes of a file in one chunk.
pub(super) const PIECE: usize = 64 * 1024;

/// Bytes that a chunk has more.
pub(super) const TAG: usize = 16;

/// Seals and opens the chunks of one file.
pub(super) struct Cipher {
    aead: XChaCha20Poly1305,
    prefix: [u8; 19],
    last: u32,
}

/// A chunk that is not of this file, or not at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign;

impl Cipher {
    /// Of a file of so many chunks.
    pub(super) fn new(key: &Secret<32>, prefix: [u8; 19], chunks: u32) -> Self {
        Self {
            aead: XChaCha20Poly1305::new(key.expose().into()),
            prefix,
            last: chunks.saturating_sub(1),
        }
    }

    /// Seals a chunk in its place: the last [`TAG`] bytes become the tag of those before.
    pub(super) fn seal(&self, index: u32, chunk: &mut [u8]) {
        let Some(at) = chunk.len().checked_sub(TAG) else {
            return;
        };
        let (text, tag) = chunk.split_at_mut(at);
        let nonce = self.nonce(index);
        // Fails only above 256 GiB.
        if let Ok(made) = self
            .aead
            .encrypt_inout_detached((&nonce).into(), b"", text.into())
        {
            tag.copy_from_slice(&made);
        }
    }

    /// Opens a chunk in its place: what was sealed are the bytes before its tag.
    pub(super) fn open<'a>(&self, index: u32, chunk: &'a mut [u8]) -> Result<&'a [u8], Foreign> {
        let at = chunk.len().checked_sub(TAG).ok_or(Foreign)?;
        let (text, tag) = chunk.split_at_mut(at);
        let tag = (&*tag).try_into().map_err(|_| Foreign)?;
        let nonce = self.nonce(index);
        self.aead
            .decrypt_inout_detached((&nonce).into(), b"", (&mut *text).into(), tag)
            .map_err(|_| Foreign)?;
        Ok(text)
    }

    fn nonce(&self, index: u32) -> [u8; 24] {
        let mut nonce = [0; 24];
        let (prefix, rest) = nonce.split_at_mut(19);
        prefix.copy_from_slice(&self.prefix);
        let (number, last) = rest.split_at_mut(4);
        number.copy_from_slice(&index.to_be_bytes());
        last.fill(u8::from(index == self.last));
        nonce
    }
}
