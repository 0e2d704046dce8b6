//! Public identifiers of nodes, channels and frames.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use minicbor::{Decode, Encode};

/// Makes a byte-array newtype that is a CBOR byte string and prints in the given encoding.
macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $encode:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(with = "minicbor::bytes")] pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&$encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
    };
}
pub(crate) use byte_id;

byte_id!(
    /// A node on the network: its Ed25519 public key (`NK` in the protocol), from which libp2p's
    /// peer id is made. Nodes with another kind of key are not spoken to.
    PeerId, 32, hex
);

byte_id!(
    /// A channel: the Ed25519 public key under which its frames are signed. Its name is its topic.
    TopicKey, 32, hex
);

byte_id!(
    /// The SHA-256 of a whole frame.
    FrameId, 32, hex
);

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Base32 in lower case without padding (RFC 4648 §6).
pub(crate) fn base32(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

/// The inverse of [`base32`]; `None` for anything that it does not produce.
pub(crate) fn from_base32(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE32_NOPAD
        .decode(text.to_ascii_uppercase().as_bytes())
        .ok()?;
    (base32(&bytes) == text).then_some(bytes)
}

/// The inverse of [`hex`]; `None` for anything that it does not produce.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER.decode(text.as_bytes()).ok()
}

impl PeerId {
    /// libp2p's binary form: the identity multihash of the protobuf-encoded public key
    /// (libp2p specs, `peer-ids.md`). This is what MACs over peer ids cover.
    pub fn to_multihash(self) -> [u8; 38] {
        let mut out = [0; 38];
        let (prefix, key) = out.split_at_mut(6);
        prefix.copy_from_slice(&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20]);
        key.copy_from_slice(&self.0);
        out
    }
}

impl TopicKey {
    /// The gossipsub topic of the channel: `bx1/` and 52 characters of lower-case base32.
    pub fn topic_name(&self) -> String {
        format!("bx1/{}", base32(&self.0))
    }

    /// The channel that a topic names, if it is one of ours.
    pub fn from_topic_name(name: &str) -> Option<Self> {
        let bytes = from_base32(name.strip_prefix("bx1/")?)?;
        Some(Self(bytes.try_into().ok()?))
    }
}

/// Where a node may be reached: a multiaddr in its binary form, without the peer id.
/// Opaque outside `net`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Address(#[cbor(with = "minicbor::bytes")] pub Vec<u8>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_name_round_trips() {
        let key = TopicKey([7; 32]);

        assert_eq!(TopicKey::from_topic_name(&key.topic_name()), Some(key));
        assert_eq!(TopicKey::from_topic_name("bx1/x"), None);
        assert_eq!(
            TopicKey::from_topic_name(&key.topic_name().to_uppercase()),
            None
        );
    }
}
