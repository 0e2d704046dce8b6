//! Layouts of a group message (protocol §4.7). The chain that gives its key is not here.
//!
//! ```text
//! gm_header = op_id(16) ‖ sender_idx u16 ‖ counter u32 ‖ salt(16)
//! sctx      = chat_id ‖ op_id(32) ‖ device_id(16) ‖ counter u32 ‖ content
//! mid       = H(L("mid") ‖ sctx)                 sig = Ed25519(DS, L("gm-sig") ‖ sctx)
//! key‖nonce = HKDF(salt, mk, L("gm") ‖ chat_id)
//! gm        = gm_header ‖ ChaCha20-Poly1305(key, nonce, content ‖ sig,
//!                                           L("gm-ad") ‖ chat_id ‖ op_id ‖ device_id ‖ gm_header)
//! ```

use zeroize::Zeroizing;

use crate::{
    proto::{
        crypto::{aead, kdf},
        id::{ChatId, DeviceId, MessageId},
        secret::Secret,
    },
    wire::sync::OpId,
};

/// What stands before a sealed group message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupHeader {
    /// The first 16 bytes of the epoch's name.
    pub epoch: [u8; 16],
    /// The sender's place in the roster.
    pub sender: u16,
    /// How many messages the sender wrote in this epoch before.
    pub counter: u32,
    /// Random: enters the key, so that a restored state cannot use a key twice.
    pub salt: [u8; 16],
}

/// Where a group message belongs. It is part of the name and of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupPlace {
    /// The group.
    pub chat: ChatId,
    /// The epoch.
    pub epoch: OpId,
    /// The sender's device.
    pub device: DeviceId,
    /// How many messages the sender wrote in this epoch before.
    pub counter: u32,
}

/// Bytes of a [`GroupHeader`].
pub const HEADER: usize = 38;

impl GroupHeader {
    /// The bytes of the header.
    pub fn encode(&self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        let parts = [
            &self.epoch[..],
            &self.sender.to_be_bytes(),
            &self.counter.to_be_bytes(),
            &self.salt,
        ];
        for (to, from) in out.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        out
    }

    /// Takes the body of a frame of kind 1 apart, into header and sealed content.
    pub fn parse(body: &[u8]) -> Option<(Self, &[u8])> {
        let (epoch, rest) = body.split_first_chunk::<16>()?;
        let (sender, rest) = rest.split_first_chunk::<2>()?;
        let (counter, rest) = rest.split_first_chunk::<4>()?;
        let (salt, sealed) = rest.split_first_chunk::<16>()?;
        let header = Self {
            epoch: *epoch,
            sender: u16::from_be_bytes(*sender),
            counter: u32::from_be_bytes(*counter),
            salt: *salt,
        };
        (sealed.len() >= SIGNATURE + aead::TAG).then_some((header, sealed))
    }
}

impl GroupPlace {
    /// `sctx`: what the author signs under the label `gm-sig`.
    pub fn context(&self, content: &[u8]) -> Vec<u8> {
        let counter = self.counter.to_be_bytes();
        [
            &self.chat.0[..],
            &self.epoch.0,
            &self.device.0,
            &counter,
            content,
        ]
        .concat()
    }

    /// Takes a signed context apart, into place and content.
    pub fn split(context: &[u8]) -> Option<(Self, &[u8])> {
        let (chat, rest) = context.split_first_chunk::<32>()?;
        let (epoch, rest) = rest.split_first_chunk::<32>()?;
        let (device, rest) = rest.split_first_chunk::<16>()?;
        let (counter, content) = rest.split_first_chunk::<4>()?;
        let place = Self {
            chat: ChatId(*chat),
            epoch: OpId(*epoch),
            device: DeviceId(*device),
            counter: u32::from_be_bytes(*counter),
        };
        Some((place, content))
    }

    /// The body of a frame of kind 1.
    pub fn seal(
        &self,
        header: &GroupHeader,
        message_key: &Secret<32>,
        content: &[u8],
        signature: &[u8; SIGNATURE],
    ) -> Vec<u8> {
        let (key, nonce) = self.keys(header, message_key);
        let plaintext = Zeroizing::new([content, signature].concat());
        let sealed = aead::seal(&key, &nonce, &self.ad(header), &plaintext);
        [&header.encode()[..], &sealed].concat()
    }

    /// Opens a sealed content, into content and signature. The signature is not checked.
    pub fn open(
        &self,
        header: &GroupHeader,
        message_key: &Secret<32>,
        sealed: &[u8],
    ) -> Option<(Zeroizing<Vec<u8>>, [u8; SIGNATURE])> {
        let (key, nonce) = self.keys(header, message_key);
        let mut content = aead::open(&key, &nonce, &self.ad(header), sealed)?;
        let (text, signature) = content.split_last_chunk::<SIGNATURE>()?;
        let (length, signature) = (text.len(), *signature);
        content.truncate(length);
        Some((content, signature))
    }

    fn keys(&self, header: &GroupHeader, message_key: &Secret<32>) -> (Secret<32>, [u8; 12]) {
        let both: Secret<44> =
            kdf::derive_n("gm", message_key.expose(), &header.salt, &self.chat.0);
        let mut nonce = [0; 12];
        let key = Secret::filled_by(|key| {
            if let Some((first, last)) = both.expose().split_first_chunk::<32>() {
                key.copy_from_slice(first);
                nonce.copy_from_slice(last);
            }
        });
        (key, nonce)
    }

    fn ad(&self, header: &GroupHeader) -> Vec<u8> {
        let label = kdf::label("gm-ad");
        let header = header.encode();
        [
            &label[..],
            &self.chat.0,
            &self.epoch.0,
            &self.device.0,
            &header,
        ]
        .concat()
    }
}

/// The name of a group message: `H(L("mid") ‖ sctx)`.
pub fn message_id(context: &[u8]) -> MessageId {
    MessageId(kdf::hash(&[&kdf::label("mid"), context]))
}

/// Bytes of a signature.
const SIGNATURE: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLACE: GroupPlace = GroupPlace {
        chat: ChatId([1; 32]),
        epoch: OpId([2; 32]),
        device: DeviceId([3; 16]),
        counter: 4,
    };
    const HEADER: GroupHeader = GroupHeader {
        epoch: [2; 16],
        sender: 5,
        counter: 4,
        salt: [6; 16],
    };

    #[test]
    fn what_was_sealed_opens_in_its_place_only() {
        let key = Secret::new([7; 32]);
        let body = PLACE.seal(&HEADER, &key, b"content", &[8; 64]);

        let (header, sealed) = GroupHeader::parse(&body).unwrap();

        assert_eq!(header, HEADER);
        let (content, signature) = PLACE.open(&header, &key, sealed).unwrap();
        assert_eq!((&content[..], signature), (&b"content"[..], [8; 64]));
        for elsewhere in [
            GroupPlace {
                chat: ChatId([9; 32]),
                ..PLACE
            },
            GroupPlace {
                epoch: OpId([9; 32]),
                ..PLACE
            },
            GroupPlace {
                device: DeviceId([9; 16]),
                ..PLACE
            },
        ] {
            assert!(elsewhere.open(&header, &key, sealed).is_none());
        }
        let later = GroupHeader {
            counter: 5,
            ..header
        };
        assert!(PLACE.open(&later, &key, sealed).is_none());
    }

    #[test]
    fn the_signed_context_differs_with_each_part_of_the_place() {
        let names: std::collections::BTreeSet<_> = [
            PLACE,
            GroupPlace {
                chat: ChatId([9; 32]),
                ..PLACE
            },
            GroupPlace {
                epoch: OpId([9; 32]),
                ..PLACE
            },
            GroupPlace {
                device: DeviceId([9; 16]),
                ..PLACE
            },
            GroupPlace {
                counter: 9,
                ..PLACE
            },
        ]
        .map(|place| message_id(&place.context(b"content")))
        .into();

        assert_eq!(names.len(), 5);
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some((header, sealed)) = GroupHeader::parse(&body) {
                prop_assert_eq!([&header.encode()[..], sealed].concat(), body.clone());
                prop_assert!(PLACE.open(&header, &Secret::new([7; 32]), sealed).is_none());
            }
        }
    }
}
