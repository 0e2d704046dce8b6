//! A device's signed word that messages of somebody else are on its disk (delivery receipt).
//!
//! ```text
//! sig = Ed25519(DS, L("delivery") ‖ chat_id ‖ author device(16) ‖ device(16) ‖ u64(at) ‖ mid ‖ …)
//! ```
//!
//! `Held` says the same without a signature, at once and of frames; this one is for showing to others,
//! may come a minute later, and covers many messages with one signature.

use minicbor::{Decode, Encode};

use super::{
    crypto::sign::VerifyingKey,
    id::{ChatId, DeviceId, MessageId},
    identity::Device,
    time::Timestamp,
};
use crate::wire::{codec, direct::Receipt, limits};

/// Messages of one author's device in one chat that are on a device's disk.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Delivery {
    /// The chat.
    #[n(0)]
    pub chat: ChatId,
    /// The device that wrote the messages.
    #[n(1)]
    pub author: DeviceId,
    /// The device that has them, and signed.
    #[n(2)]
    pub device: DeviceId,
    /// When it signed, by its clock.
    #[n(3)]
    pub at: Timestamp,
    /// Which, at least one and at most [`limits::DELIVERY`].
    #[n(4)]
    pub messages: Vec<MessageId>,
    /// Over all before it.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

const LABEL: &str = "delivery";

impl Delivery {
    /// Signs that this device has messages.
    pub fn sign(
        device: &Device,
        chat: ChatId,
        author: DeviceId,
        at: Timestamp,
        messages: Vec<MessageId>,
    ) -> Self {
        let mut delivery = Self {
            chat,
            author,
            device: device.id(),
            at,
            messages,
            signature: [0; 64],
        };
        delivery.signature = device.sign(LABEL, &delivery.to_sign());
        delivery
    }

    /// Whether the device with this key signed it.
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        key.verify(LABEL, &self.to_sign(), &self.signature).is_ok()
    }

    /// What is sent of it to the author's device.
    pub fn to_wire(&self) -> Receipt {
        Receipt {
            chat: self.chat.0,
            at: self.at.0,
            messages: self.messages.iter().map(|id| id.0.into()).collect(),
            signature: self.signature,
        }
    }

    /// What `device` sent to `author`. Its signature is not checked.
    pub fn from_wire(receipt: Receipt, author: DeviceId, device: DeviceId) -> Self {
        let messages = receipt.messages.into_iter();
        Self {
            chat: ChatId(receipt.chat),
            author,
            device,
            at: Timestamp(receipt.at),
            messages: messages.map(|id| MessageId(id.into())).collect(),
            signature: receipt.signature,
        }
    }

    /// Whether it says that a message is on the device's disk.
    pub fn says(&self, message: &MessageId) -> bool {
        self.messages.contains(message)
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads one. Its signature is not checked.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let delivery: Self = codec::from_slice(bytes, limits::DELIVERY * 34 + 256).ok()?;
        delivery.is_within_limits().then_some(delivery)
    }

    pub(super) fn is_within_limits(&self) -> bool {
        (1..=limits::DELIVERY).contains(&self.messages.len())
    }

    fn to_sign(&self) -> Vec<u8> {
        let mut message = Vec::with_capacity(72 + self.messages.len() * 32);
        message.extend_from_slice(&self.chat.0);
        message.extend_from_slice(&self.author.0);
        message.extend_from_slice(&self.device.0);
        message.extend_from_slice(&self.at.0.to_be_bytes());
        for id in &self.messages {
            message.extend_from_slice(&id.0);
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;
    use crate::proto::identity::Account;

    fn device(seed: u8) -> Device {
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        Device::create(&Account::generate(&mut rng), 1, Timestamp(1), &mut rng)
    }

    fn delivery() -> Delivery {
        let messages = vec![MessageId([3; 32]), MessageId([4; 32])];
        let author = DeviceId([2; 16]);
        Delivery::sign(&device(9), ChatId([1; 32]), author, Timestamp(5), messages)
    }

    #[test]
    fn it_is_signed_by_its_device_and_by_no_other() {
        let delivery = delivery();

        assert!(delivery.is_signed_by(&device(9).certificate().ds));
        assert!(!delivery.is_signed_by(&device(8).certificate().ds));
        assert!(delivery.says(&MessageId([4; 32])));
        assert!(!delivery.says(&MessageId([5; 32])));
    }

    #[test]
    fn any_change_of_it_is_seen() {
        let (whole, key) = (delivery().encode(), device(9).certificate().ds);
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            // The name of the device that signed is looked up before the key is known.
            let read = Delivery::decode(&changed);
            assert!(
                read.is_none_or(|read| read.device != device(9).id() || !read.is_signed_by(&key)),
                "byte {at}"
            );
        }
        assert!(Delivery::decode(&whole).unwrap().is_signed_by(&key));
    }

    #[test]
    fn none_and_too_many_messages_are_refused() {
        for count in [0, limits::DELIVERY + 1] {
            let mut delivery = delivery();
            delivery.messages = vec![MessageId([1; 32]); count];
            assert_eq!(Delivery::decode(&delivery.encode()), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(read) = Delivery::decode(&bytes) {
                prop_assert_eq!(read.encode(), bytes);
            }
        }
    }
}
