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
    /// Reads a public key; `None` for one of low order.
    pub fn parse(bytes: [u8; 32]) -> Option<Self> {
        // X25519 does not look at the highest bit.
        let [rest @ .., highest] = bytes;
        let is_low = LOW_ORDER.iter().any(|low| {
            let [low @ .., of] = low;
            *low == rest && *of == highest & 0x7f
        });
        (!is_low).then_some(Self(DhPublic(bytes)))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}

/// All encodings of points of low order, on the curve and on its twist, without the highest bit: whatever the
/// secret, X25519 of them is zero (RFC 7748 §6.1). A test holds that against the function itself, which costs
/// as much as a handshake.
const LOW_ORDER: [[u8; 32]; 7] = [
    // 0, 1, and two of order 8.
    small(0),
    small(1),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
    // p - 1, and 0 and 1 once more.
    large(0xec),
    large(0xed),
    large(0xee),
];

const fn small(number: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = number;
    bytes
}

/// `2^255 - 256` and a number.
const fn large(number: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = number;
    bytes[31] = 0x7f;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clamped secrets are multiples of the cofactor: they send the points of low order, and no others, to
    /// zero.
    fn is_low(bytes: &[u8; 32]) -> bool {
        x25519(&Secret::new([1; 32]), bytes).is_none()
    }

    #[test]
    fn public_keys_of_low_order_and_no_others_are_refused() {
        for low in LOW_ORDER {
            for highest in [0, 0x80] {
                let mut bytes = low;
                bytes[31] |= highest;
                assert!(is_low(&bytes), "{bytes:02x?}");
                assert_eq!(NoisePublic::parse(bytes), None, "{bytes:02x?}");
                for at in 0..32 {
                    for by in [1, 0x40, 0xff] {
                        let mut other = bytes;
                        other[at] = other[at].wrapping_add(by);
                        let refused = NoisePublic::parse(other).is_none();
                        assert_eq!(refused, is_low(&other), "{other:02x?}");
                    }
                }
            }
        }
    }
}
