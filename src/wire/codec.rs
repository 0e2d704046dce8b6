//! The one encoding: strict CBOR (RFC 8949 §4.2.1 as far as our types use it).
//!
//! A value is accepted only if encoding what was decoded gives the received bytes again. That one
//! rule refuses trailing bytes, indefinite lengths, long-form integers, and missing, extra or
//! duplicate fields.

use minicbor::{Decode, Encode, encode::Write};

/// Bytes that are not the one encoding of a value of the expected type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid encoding")]
pub struct Malformed;

/// Encodes a value.
pub fn to_vec<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to a Vec cannot fail, and our types have no other failure.
    let _ = minicbor::encode(value, &mut out);
    out
}

/// Decodes a value of at most `limit` bytes.
pub fn from_slice<T>(bytes: &[u8], limit: usize) -> Result<T, Malformed>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    if bytes.len() > limit {
        return Err(Malformed);
    }
    let value: T = minicbor::decode(bytes).map_err(|_| Malformed)?;
    // Compared as it is written: a copy would hold whatever secrets the value holds.
    let mut expected = Expected(bytes);
    match minicbor::encode(&value, &mut expected) {
        Ok(()) if expected.0.is_empty() => Ok(value),
        _ => Err(Malformed),
    }
}

/// What an encoder still has to write.
struct Expected<'a>(&'a [u8]);

impl Write for Expected<'_> {
    type Error = Malformed;

    fn write_all(&mut self, written: &[u8]) -> Result<(), Malformed> {
        self.0 = self.0.strip_prefix(written).ok_or(Malformed)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, PartialEq, Encode, Decode)]
    #[cbor(array)]
    struct Sample {
        #[n(0)]
        number: u64,
        #[cbor(n(1), with = "minicbor::bytes")]
        bytes: Vec<u8>,
        #[n(2)]
        list: Vec<u8>,
        #[n(3)]
        last: Option<bool>,
    }

    #[test]
    fn only_the_one_encoding_is_taken() {
        let good = [0x83, 0x07, 0x41, 0xaa, 0x81, 0x01];
        assert!(from_slice::<Sample>(&good, 100).is_ok());

        for (why, bytes) in [
            (
                "trailing byte",
                &[0x83, 0x07, 0x41, 0xaa, 0x81, 0x01, 0x00][..],
            ),
            ("long integer", &[0x83, 0x18, 0x07, 0x41, 0xaa, 0x81, 0x01]),
            ("long length", &[0x83, 0x07, 0x58, 0x01, 0xaa, 0x81, 0x01]),
            (
                "indefinite array",
                &[0x9f, 0x07, 0x41, 0xaa, 0x81, 0x01, 0xff],
            ),
            (
                "indefinite list",
                &[0x83, 0x07, 0x41, 0xaa, 0x9f, 0x01, 0xff],
            ),
            ("missing field", &[0x82, 0x07, 0x41, 0xaa]),
            (
                "null at the end",
                &[0x84, 0x07, 0x41, 0xaa, 0x81, 0x01, 0xf6],
            ),
            (
                "extra field",
                &[0x85, 0x07, 0x41, 0xaa, 0x81, 0x01, 0xf5, 0x00],
            ),
            ("text for bytes", &[0x83, 0x07, 0x61, 0x61, 0x81, 0x01]),
        ] {
            assert_eq!(from_slice::<Sample>(bytes, 100), Err(Malformed), "{why}");
        }
    }

    #[test]
    fn what_is_above_its_limit_is_not_looked_at() {
        let good = [0x83, 0x07, 0x41, 0xaa, 0x81, 0x01];

        assert!(from_slice::<Sample>(&good, 6).is_ok());
        assert_eq!(from_slice::<Sample>(&good, 5), Err(Malformed));
    }

    proptest! {
        #[test]
        fn accepted_bytes_are_the_encoding_of_what_they_gave(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            if let Ok(value) = from_slice::<Sample>(&bytes, 64) {
                prop_assert_eq!(to_vec(&value), bytes);
            }
        }

        #[test]
        fn a_value_round_trips(
            number: u64,
            bytes: Vec<u8>,
            list: Vec<u8>,
            last: Option<bool>,
        ) {
            let value = Sample { number, bytes, list, last };
            prop_assert_eq!(from_slice(&to_vec(&value), usize::MAX), Ok(value));
        }
    }
}
