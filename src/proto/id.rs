//! Public identifiers of people, devices, chats and messages.

use std::{borrow::Cow, fmt, str::FromStr};

use minicbor::{Decode, Encode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::wire::id::{base32, byte_id, from_base32, from_hex, hex};

/// Text that is not an identifier of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}: expected {form}")]
pub struct NotAnId {
    kind: &'static str,
    form: &'static str,
}

/// A [`byte_id`] that also has one text form, for faces: parsed, serialised, and described.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $encode:path, $decode:path, $kind:literal, $form:literal) => {
        byte_id!($(#[$doc])* $name, $len, $encode);

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let bytes = $decode(text).and_then(|bytes| bytes.try_into().ok());
                bytes.map(Self).ok_or(NotAnId { kind: $kind, form: $form })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $form })
            }
        }
    };
}

text_id!(
    /// A person: the Ed25519 public key of their account (`ak_pub`, protocol §2.1).
    PersonId, 32, base32, from_base32, "person_id", "52 characters of lower-case base32"
);

text_id!(
    /// A chat (protocol §4.1).
    ChatId, 32, hex, from_hex, "chat_id", "64 lower-case hex digits"
);

text_id!(
    /// A message (`mid`, protocol §4.7 and §4.9).
    MessageId, 32, hex, from_hex, "message_id", "64 lower-case hex digits"
);

text_id!(
    /// A file: its name among holders (`blob_id`, protocol §7).
    FileId, 32, hex, from_hex, "file_id", "64 lower-case hex digits"
);

byte_id!(
    /// One installation of a person (`device_id`, protocol §2.2).
    DeviceId, 16, hex
);

byte_id!(
    /// A pairwise session (protocol §3.2).
    SessionId, 16, hex
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_id_is_52_characters_and_round_trips() {
        let id = PersonId([0xab; 32]);

        let text = id.to_string();

        assert_eq!(text.len(), 52);
        assert_eq!(text.parse(), Ok(id));
        assert!(text.to_uppercase().parse::<PersonId>().is_err());
    }
}
