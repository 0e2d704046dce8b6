//! Bytes that nobody else may learn.

use std::{convert::Infallible, fmt};

use minicbor::{
    Decode, Decoder, Encode, Encoder,
    decode::Error as DecodeError,
    encode::{Error as EncodeError, Write},
};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::wire::codec::Malformed;

/// `N` secret bytes: boxed so that moving leaves no copy, erased when dropped, compared in constant
/// time, printed as their name only.
#[derive(Clone)]
pub struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Takes the bytes. The caller's own copy, if it kept one, is the caller's to erase.
    pub fn new(mut bytes: [u8; N]) -> Self {
        let secret = Self(Box::new(bytes));
        bytes.zeroize();
        secret
    }

    /// Fresh random bytes.
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        Self::filled_by(|bytes| rng.fill_bytes(bytes))
    }

    /// Zeros that `fill` turns into a secret, in their final place.
    pub fn filled_by(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self(Box::new([0; N]));
        fill(&mut secret.0);
        secret
    }

    /// The bytes. Whoever copies them has to erase the copy.
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> ZeroizeOnDrop for Secret<N> {}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl<C, const N: usize> Encode<C> for Secret<N> {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.bytes(self.0.as_slice())?.ok()
    }
}

impl<'b, C, const N: usize> Decode<'b, C> for Secret<N> {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        let bytes = d.bytes()?;
        let bytes: &[u8; N] = bytes
            .try_into()
            .map_err(|_| DecodeError::message("secret of another length"))?;
        Ok(Self::filled_by(|secret| secret.copy_from_slice(bytes)))
    }
}

/// Encodes a value that holds secrets, leaving no copy behind. `wire::codec::to_vec` would: a vector
/// that grows does not erase what it leaves.
pub fn encode<T: Encode<()>>(value: &T) -> Zeroizing<Vec<u8>> {
    let mut out = Erasing(Zeroizing::new(Vec::with_capacity(FIRST_CAPACITY)));
    // Writing to memory cannot fail, and our types have no other failure.
    let _ = minicbor::encode(value, &mut out);
    out.0
}

/// Decodes what [`encode`] made, as strictly as `wire::codec::from_slice` does.
pub fn decode<T>(bytes: &[u8]) -> Result<T, Malformed>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let value: T = minicbor::decode(bytes).map_err(|_| Malformed)?;
    if encode(&value).as_slice() == bytes {
        Ok(value)
    } else {
        Err(Malformed)
    }
}

/// Room for most records.
const FIRST_CAPACITY: usize = 1024;

/// Erases the old place whenever it has to move to a larger one.
struct Erasing(Zeroizing<Vec<u8>>);

impl Write for Erasing {
    type Error = Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        let needed = self.0.len().saturating_add(bytes.len());
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.saturating_mul(2)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_its_name_only() {
        assert_eq!(format!("{:?}", Secret::new([7; 32])), "Secret");
    }

    #[test]
    fn a_secret_is_a_byte_string_of_its_exact_length() {
        let secret = Secret::new([7; 4]);

        let encoded = encode(&secret);

        assert_eq!(encoded.as_slice(), [0x44, 7, 7, 7, 7]);
        assert_eq!(decode::<Secret<4>>(&encoded), Ok(secret));
        assert_eq!(decode::<Secret<5>>(&encoded), Err(Malformed));
    }

    #[test]
    fn a_long_record_of_secrets_round_trips() {
        let secrets: Vec<Secret<32>> = (0..200).map(|byte| Secret::new([byte; 32])).collect();

        let encoded = encode(&secrets);

        assert_eq!(decode::<Vec<Secret<32>>>(&encoded), Ok(secrets));
    }
}
