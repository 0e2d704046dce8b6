//! The primitives of suite 1 under the names that the protocol gives them (protocol §0).
//!
//! Nothing outside this directory, `handshake/resolver.rs` and `store/vault.rs` (Argon2id) names a
//! cryptographic crate.

pub mod aead;
pub mod dh;
pub mod kdf;
pub mod sign;

#[cfg(test)]
mod tests;
