//! The primitives that snow computes with: ours, so that a shared secret of low order is refused,
//! keys are erased, and chance comes from the caller (protocol §3.2).

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::AeadInOut};
use sha2::{Digest, Sha256};
use snow::{
    Error,
    params::{CipherChoice, DHChoice, HashChoice},
    resolvers::CryptoResolver,
    types::{Cipher, Dh, Hash, Random},
};

use crate::proto::{
    crypto::{aead::TAG, dh},
    secret::Secret,
};

/// Resolves `25519_ChaChaPoly_SHA256` and nothing else.
pub(super) struct Resolver {
    /// The one ephemeral key that the state may draw. A responder of our patterns draws none.
    pub(super) ephemeral: Option<Secret<32>>,
}

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(OneDraw(self.ephemeral.clone())))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        match choice {
            DHChoice::Curve25519 => Some(Box::new(X25519::default())),
            DHChoice::Curve448 => None,
        }
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        match choice {
            HashChoice::SHA256 => Some(Box::new(Sha(Sha256::new()))),
            _ => None,
        }
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        match choice {
            CipherChoice::ChaChaPoly => Some(Box::new(ChaCha(Secret::new([0; 32])))),
            CipherChoice::AESGCM => None,
        }
    }
}

struct OneDraw(Option<Secret<32>>);

impl Random for OneDraw {
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let drawn = self.0.take().ok_or(Error::Rng)?;
        let out: &mut [u8; 32] = out.try_into().map_err(|_| Error::Rng)?;
        *out = *drawn.expose();
        Ok(())
    }
}

struct X25519 {
    secret: Secret<32>,
    public: [u8; 32],
}

impl Default for X25519 {
    fn default() -> Self {
        Self {
            secret: Secret::new([0; 32]),
            public: [0; 32],
        }
    }
}

impl Dh for X25519 {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        32
    }

    fn priv_len(&self) -> usize {
        32
    }

    fn set(&mut self, private: &[u8]) {
        // snow passes what we gave it, 32 bytes. Zeros in another case would still be no key that
        // anybody agrees on: the handshake fails.
        if let Ok(private) = private.try_into() {
            self.secret = Secret::filled_by(|secret| *secret = private);
            self.public = dh::x25519_public(&self.secret);
        }
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), Error> {
        let mut drawn = Ok(());
        self.secret = Secret::filled_by(|secret| drawn = rng.try_fill_bytes(secret));
        self.public = dh::x25519_public(&self.secret);
        drawn
    }

    fn pubkey(&self) -> &[u8] {
        &self.public
    }

    fn privkey(&self) -> &[u8] {
        self.secret.expose()
    }

    fn dh(&self, public: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let public = public.first_chunk().ok_or(Error::Dh)?;
        let out = out.first_chunk_mut().ok_or(Error::Dh)?;
        let shared = dh::x25519(&self.secret, public).ok_or(Error::Dh)?;
        *out = *shared.expose();
        Ok(())
    }
}

struct Sha(Sha256);

impl Hash for Sha {
    fn name(&self) -> &'static str {
        "SHA256"
    }

    fn block_len(&self) -> usize {
        64
    }

    fn hash_len(&self) -> usize {
        32
    }

    fn reset(&mut self) {
        Digest::reset(&mut self.0);
    }

    fn input(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn result(&mut self, out: &mut [u8]) {
        let hash: [u8; 32] = self.0.finalize_reset().into();
        if let Some(out) = out.first_chunk_mut() {
            *out = hash;
        }
    }
}

struct ChaCha(Secret<32>);

impl ChaCha {
    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(self.0.expose().into())
    }
}

impl Cipher for ChaCha {
    fn name(&self) -> &'static str {
        "ChaChaPoly"
    }

    fn set(&mut self, key: &[u8; 32]) {
        self.0 = Secret::filled_by(|secret| *secret = *key);
    }

    fn encrypt(&self, nonce: u64, ad: &[u8], plaintext: &[u8], out: &mut [u8]) -> usize {
        let Some((text, rest)) = out.split_at_mut_checked(plaintext.len()) else {
            return 0;
        };
        let Some(tag) = rest.first_chunk_mut::<TAG>() else {
            return 0;
        };
        text.copy_from_slice(plaintext);
        match self
            .cipher()
            .encrypt_inout_detached(&nonce_bytes(nonce).into(), ad, text.into())
        {
            Ok(made) => *tag = made.into(),
            Err(_) => return 0,
        }
        plaintext.len() + TAG
    }

    fn decrypt(
        &self,
        nonce: u64,
        ad: &[u8],
        sealed: &[u8],
        out: &mut [u8],
    ) -> Result<usize, Error> {
        let (text, tag) = sealed.split_last_chunk::<TAG>().ok_or(Error::Decrypt)?;
        let out = out.get_mut(..text.len()).ok_or(Error::Decrypt)?;
        out.copy_from_slice(text);
        self.cipher()
            .decrypt_inout_detached(&nonce_bytes(nonce).into(), ad, out.into(), tag.into())
            .map_err(|_| Error::Decrypt)?;
        Ok(text.len())
    }
}

/// Noise §12.3: 32 zero bits and the counter, little-endian.
fn nonce_bytes(counter: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    if let Some(end) = nonce.last_chunk_mut() {
        *end = counter.to_le_bytes();
    }
    nonce
}

#[cfg(test)]
mod tests;
