//! Authenticated encryption: ChaCha20-Poly1305 (RFC 8439) and XChaCha20-Poly1305
//! (draft-irtf-cfrg-xchacha-03). The 16-byte tag follows the ciphertext.

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, XChaCha20Poly1305, aead::AeadInOut};
use zeroize::Zeroizing;

use crate::proto::secret::Secret;

/// Bytes of the tag.
pub const TAG: usize = 16;

/// Seals with ChaCha20-Poly1305. A key must never be used twice with one nonce.
pub fn seal(key: &Secret<32>, nonce: &[u8; 12], ad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let cipher = ChaCha20Poly1305::new(key.expose().into());
    seal_with(&cipher, nonce.into(), ad, plaintext)
}

/// Opens what [`seal`] sealed; `None` when it is anything else.
pub fn open(
    key: &Secret<32>,
    nonce: &[u8; 12],
    ad: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = ChaCha20Poly1305::new(key.expose().into());
    open_with(&cipher, nonce.into(), ad, sealed)
}

/// Seals with XChaCha20-Poly1305; random nonces are long enough here.
pub fn xseal(key: &Secret<32>, nonce: &[u8; 24], ad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    seal_with(&cipher, nonce.into(), ad, plaintext)
}

/// Opens what [`xseal`] sealed; `None` when it is anything else.
pub fn xopen(
    key: &Secret<32>,
    nonce: &[u8; 24],
    ad: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    open_with(&cipher, nonce.into(), ad, sealed)
}

fn seal_with<A: AeadInOut>(
    cipher: &A,
    nonce: &chacha20poly1305::aead::Nonce<A>,
    ad: &[u8],
    plaintext: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(plaintext.len() + TAG);
    out.extend_from_slice(plaintext);
    match cipher.encrypt_inout_detached(nonce, ad, out.as_mut_slice().into()) {
        Ok(tag) => out.extend_from_slice(&tag),
        // Only above 256 GiB. Nobody can open nothing.
        Err(_) => out.clear(),
    }
    out
}

fn open_with<A: AeadInOut>(
    cipher: &A,
    nonce: &chacha20poly1305::aead::Nonce<A>,
    ad: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (text, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG)?)?;
    let mut out = Zeroizing::new(text.to_vec());
    let tag = tag.try_into().ok()?;
    cipher
        .decrypt_inout_detached(nonce, ad, out.as_mut_slice().into(), tag)
        .ok()?;
    Some(out)
}
