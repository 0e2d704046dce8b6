//! Signatures: Ed25519 (RFC 8032), verified strictly, each over a label and a message.

use std::fmt;

use ed25519_dalek::ed25519::signature::MultipartSigner;

use super::kdf::label;
use crate::{proto::secret::Secret, wire::strict};

/// `sig(K, label, msg)`.
pub type Signature = [u8; 64];

/// The signature is not one of this key over this label and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit")]
pub struct BadSignature;

/// A secret Ed25519 key.
#[derive(Clone)]
pub struct SigningKey(Box<ed25519_dalek::SigningKey>);

/// A public Ed25519 key: canonical, and not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl SigningKey {
    /// The key whose RFC 8032 seed is `secret`.
    #[expect(clippy::needless_pass_by_value, reason = "the secret ends here")]
    pub fn from_secret(secret: Secret<32>) -> Self {
        Self(Box::new(ed25519_dalek::SigningKey::from_bytes(
            secret.expose(),
        )))
    }

    /// The seed.
    pub fn to_secret(&self) -> Secret<32> {
        Secret::filled_by(|seed| seed.copy_from_slice(self.0.as_bytes()))
    }

    /// The public key.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs `L(name) ‖ message`.
    pub fn sign(&self, name: &str, message: &[u8]) -> Signature {
        self.0.multipart_sign(&[&label(name), message]).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl VerifyingKey {
    /// Reads a public key. `None` for what is no point of the curve, is not the one encoding of it,
    /// or is of small order (such a key accepts signatures that nobody made).
    pub fn parse(bytes: &[u8; 32]) -> Option<Self> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).ok()?;
        (is_reduced(bytes) && !key.is_weak()).then_some(Self(key))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Verifies a signature over `L(name) ‖ message`, refusing small-order components and scalars
    /// that are not reduced.
    pub fn verify(
        &self,
        name: &str,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.verify_parts(&[&label(name), message], signature)
    }

    /// Verifies a signature over the parts of a message, without a label.
    pub(super) fn verify_parts(
        &self,
        message: &[&[u8]],
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        if strict::verify(&self.0, message, signature) {
            Ok(())
        } else {
            Err(BadSignature)
        }
    }
}

/// Whether the coordinate in an encoding of a point is below `2^255 - 19`. Of the encodings that are not the
/// one of their point only those that are of small order anyway are left then: they have the sign of a zero.
/// To compress the point and compare would say the same, for the price of an inversion.
fn is_reduced(bytes: &[u8; 32]) -> bool {
    let [lowest, middle @ .., highest] = bytes;
    highest & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff) || *lowest < 0xed
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "VerifyingKey({})",
            crate::wire::id::hex(self.0.as_bytes())
        )
    }
}
