//! Hash, MAC and key derivation: SHA-256, HMAC-SHA-256 (RFC 2104), HKDF-SHA-256 (RFC 5869).

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::proto::secret::Secret;

/// Begins every label.
const PROTOCOL: &[u8] = b"betwixt1:";

/// `L(name)`: `betwixt1:`, the name, a zero byte. The names are in appendix B of the protocol.
pub fn label(name: &str) -> Vec<u8> {
    [PROTOCOL, name.as_bytes(), &[0]].concat()
}

/// `KDF(label, ikm, salt, ctx)` of 32 bytes: HKDF-SHA-256 with info `L(label) ‖ ctx`.
pub fn derive(label: &str, ikm: &[u8], salt: &[u8], ctx: &[u8]) -> Secret<32> {
    derive_n(label, ikm, salt, ctx)
}

/// [`derive()`] with another length of output.
pub fn derive_n<const N: usize>(label: &str, ikm: &[u8], salt: &[u8], ctx: &[u8]) -> Secret<N> {
    const { assert!(N <= LONGEST_OUTPUT) };
    Secret::filled_by(|out| hkdf(salt, ikm, &[PROTOCOL, label.as_bytes(), &[0], ctx], out))
}

/// Where HKDF-SHA-256 ends.
const LONGEST_OUTPUT: usize = 255 * 32;

/// HKDF-SHA-256 for at most [`LONGEST_OUTPUT`] bytes.
pub(super) fn hkdf(salt: &[u8], ikm: &[u8], info: &[&[u8]], out: &mut [u8]) {
    let hkdf = Hkdf::<Sha256>::new(Some(salt), ikm);
    // Fails only for a longer output.
    let _ = hkdf.expand_multi_info(info, out);
}

/// `H(parts)`: SHA-256 of the concatenation.
pub fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// SHA-512 of the concatenation. For the safety number only.
pub fn hash_512(parts: &[&[u8]]) -> [u8; 64] {
    let mut hash = Sha512::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// `HMAC(key, parts)`: HMAC-SHA-256 of the concatenation.
pub fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    mac(key, parts).finalize().into_bytes().into()
}

/// Whether `tag` is the [`hmac()`], decided in constant time.
pub fn hmac_matches(key: &[u8], parts: &[&[u8]], tag: &[u8; 32]) -> bool {
    mac(key, parts).verify(tag.into()).is_ok()
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    // RFC 2104: a key longer than a block is hashed, a shorter one padded with zeros.
    let mut block = Zeroizing::new([0u8; 64]);
    let hashed = Zeroizing::new(if key.len() > block.len() {
        hash(&[key])
    } else {
        [0; 32]
    });
    let key = if key.len() > block.len() {
        hashed.as_slice()
    } else {
        key
    };
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    mac
}
