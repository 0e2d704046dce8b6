//! Diffie–Hellman: X25519 (RFC 7748), with results that the other side alone chose refused.
//!
//! Two roles, two types: [`NoiseSecret`] is used inside snow only, [`DhSecret`] in the ratchet only.

use std::fmt;

use minicbor::{
    Decode, Decoder, Encode, Encoder,
    decode::Error as DecodeError,
    encode::{Error as EncodeError, Write},
};
use rand_core::CryptoRng;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::proto::secret::Secret;

/// A secret ratchet key with its public half.
#[derive(Clone)]
pub struct DhSecret {
    secret: Secret<32>,
    public: DhPublic,
}

/// A public ratchet key, as received. [`dh`] refuses those of low order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct DhPublic(#[cbor(with = "minicbor::bytes")] pub [u8; 32]);

impl DhSecret {
    /// The key made from these bytes (RFC 7748 clamps them at use).
    pub fn from_secret(secret: Secret<32>) -> Self {
        Self {
            public: DhPublic(x25519_public(&secret)),
            secret,
        }
    }

    /// A fresh key.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self::from_secret(Secret::random(rng))
    }

    /// The public half.
    pub fn public(&self) -> DhPublic {
        self.public
    }

    /// The secret half, for records.
    pub(in crate::proto) fn secret(&self) -> &Secret<32> {
        &self.secret
    }
}

impl fmt::Debug for DhSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DhSecret")
    }
}

impl fmt::Debug for DhPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DhPublic({})", crate::wire::id::hex(&self.0))
    }
}

impl<C> Encode<C> for DhSecret {
    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        self.secret.encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for DhSecret {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
        Secret::decode(d, ctx).map(Self::from_secret)
    }
}

/// The shared secret; `None` when the public key is of low order, so that the result would not
/// depend on our secret (RFC 7748 §6.1).
pub fn dh(ours: &DhSecret, theirs: &DhPublic) -> Option<Secret<32>> {
    x25519(&ours.secret, &theirs.0)
}

/// The function itself, for [`dh`] and for snow.
pub(in crate::proto) fn x25519(ours: &Secret<32>, theirs: &[u8; 32]) -> Option<Secret<32>> {
    let ours = StaticSecret::from(*ours.expose());
    let shared = ours.diffie_hellman(&PublicKey::from(*theirs));
    shared
        .was_contributory()
        .then(|| Secret::filled_by(|out| out.copy_from_slice(shared.as_bytes())))
}

/// The public half of a secret, for [`DhSecret`] and for snow.
pub(in crate::proto) fn x25519_public(secret: &Secret<32>) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(*secret.expose())).to_bytes()
}

/// A secret key of the handshake: a device's `DX` or a prekey's `PK`.
#[derive(Clone, Debug)]
pub struct NoiseSecret(DhSecret);

/// The public half of a [`NoiseSecret`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoisePublic(DhPublic);

impl NoiseSecret {
    /// The key made from these bytes.
    pub fn from_secret(secret: Secret<32>) -> Self {
        Self(DhSecret::from_secret(secret))
    }

    /// A fresh key.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self(DhSecret::random(rng))
    }

    /// The public half.
    pub fn public(&self) -> NoisePublic {
        NoisePublic(self.0.public())
    }

    /// The secret half, for records and for snow.
    pub(in crate::proto) fn secret(&self) -> &Secret<32> {
        self.0.secret()
    }
}

impl NoisePublic {
    /// Reads a public key; `None` for one of low order (there are twelve such encodings).
    pub fn parse(bytes: [u8; 32]) -> Option<Self> {
        // Clamped secrets are multiples of the cofactor: they send the points of low order, and
        // no others, to zero.
        let any = Secret::new([1; 32]);
        x25519(&any, &bytes).map(|_| Self(DhPublic(bytes)))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}
