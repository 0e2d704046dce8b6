//! The one encoding: strict CBOR (RFC 8949 §4.2.1 as far as our types use it).
//!
//! A value is accepted only if encoding what was decoded gives the received bytes again. That one
//! rule refuses trailing bytes, indefinite lengths, long-form integers, and missing, extra or
//! duplicate fields.

use minicbor::{Decode, Encode};

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
    if to_vec(&value) == bytes {
        Ok(value)
    } else {
        Err(Malformed)
    }
}
