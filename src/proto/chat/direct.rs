//! Messages of a direct chat (protocol §4.9, ADR 0003).
//!
//! ```text
//! dm   = sender_device(16) ‖ counter u32 ‖ n u8 ‖ n × (device(16) ‖ len u16 ‖ pairwise) ‖ ct
//! ct   = ChaCha20-Poly1305(K, 0^12, content, L("dm-ad") ‖ chat_id ‖ sender_device ‖ counter)
//! mid  = H(L("mid-d") ‖ chat_id ‖ sender_device ‖ counter ‖ content)
//! part = K(32) ‖ H(ct)(32)        sealed in each device's session with ctx = H(L("dm") ‖ chat_id)
//! ```
//!
//! The content is sealed once, its key for each other device of both people. The hash of `ct` in
//! each part stops one of the receiving devices from giving its sibling another content under the
//! sender's name. This module knows no sessions: who opens a part has to check that it came in a
//! session with `sender`.

use std::{collections::BTreeSet, fmt};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    proto::{
        crypto::{aead, kdf},
        id::{ChatId, DeviceId, MessageId, PersonId},
        secret::Secret,
    },
    wire::{codec::Malformed, limits},
};

/// A direct message as it is laid out in a frame.
#[derive(Clone, PartialEq, Eq)]
pub struct DirectMessage<'a> {
    /// The device that says it wrote the message.
    pub sender: DeviceId,
    /// How many contents that device wrote in this chat before.
    pub counter: u32,
    /// For whom it is, at most [`limits::DIRECT_PARTS`] devices, each once.
    pub parts: Vec<Part<'a>>,
    /// The sealed content.
    pub ciphertext: &'a [u8],
}

/// The key of a direct message for one device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// Which device.
    pub device: DeviceId,
    /// The message of its session with the sender.
    pub pairwise: &'a [u8],
}

/// A content, sealed, and what each receiver needs to open it.
pub struct SealedContent {
    /// What to seal for each device in its session, with [`part_context`].
    pub part: Secret<64>,
    /// The sealed content.
    pub ciphertext: Vec<u8>,
    /// The message's name.
    pub message: MessageId,
}

/// A direct message that this part does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the part does not open the message")]
pub struct Unopened;

/// The one direct chat of two people, or of one with themselves: `H(L("direct") ‖ min ‖ max)`.
pub fn chat_id(one: &PersonId, other: &PersonId) -> ChatId {
    let (first, second) = (one.min(other), one.max(other));
    ChatId(kdf::hash(&[&kdf::label("direct"), &first.0, &second.0]))
}

/// The context in which parts are sealed.
pub fn part_context(chat: &ChatId) -> [u8; 32] {
    kdf::hash(&[&kdf::label("dm"), &chat.0])
}

impl<'a> DirectMessage<'a> {
    /// Seals a content under a fresh key.
    pub fn seal_content(
        chat: &ChatId,
        sender: &DeviceId,
        counter: u32,
        content: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> SealedContent {
        let key = Secret::random(rng);
        let ciphertext = aead::seal(&key, &NONCE, &ad(chat, sender, counter), content);
        let hash = kdf::hash(&[&ciphertext]);
        SealedContent {
            part: Secret::filled_by(|part| {
                let (first, second) = part.split_at_mut(32);
                first.copy_from_slice(key.expose());
                second.copy_from_slice(&hash);
            }),
            message: message_id(chat, sender, counter, content),
            ciphertext,
        }
    }

    /// The body of the frame. Parts beyond [`limits::DIRECT_PARTS`] are left out, and a part that is
    /// longer than 65 535 bytes is empty: neither can be made from sessions.
    pub fn encode(
        sender: &DeviceId,
        counter: u32,
        parts: &[(DeviceId, Vec<u8>)],
        ciphertext: &[u8],
    ) -> Vec<u8> {
        let sealed: usize = parts.iter().map(|(_, pairwise)| 18 + pairwise.len()).sum();
        let mut out = Vec::with_capacity(21 + sealed + ciphertext.len());
        out.extend_from_slice(&sender.0);
        out.extend_from_slice(&counter.to_be_bytes());
        let count = parts.len().min(limits::DIRECT_PARTS);
        out.push(u8::try_from(count).unwrap_or(u8::MAX));
        for (device, pairwise) in parts.iter().take(count) {
            let (length, pairwise) = match u16::try_from(pairwise.len()) {
                Ok(length) => (length, &pairwise[..]),
                Err(_) => (0, &[][..]),
            };
            out.extend_from_slice(&device.0);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(pairwise);
        }
        out.extend_from_slice(ciphertext);
        out
    }

    /// Takes the body of a frame apart.
    pub fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let (sender, rest) = body.split_first_chunk::<16>().ok_or(Malformed)?;
        let (counter, rest) = rest.split_first_chunk::<4>().ok_or(Malformed)?;
        let (count, mut rest) = rest.split_first().ok_or(Malformed)?;
        let count = usize::from(*count);
        if count > limits::DIRECT_PARTS {
            return Err(Malformed);
        }
        let mut parts = Vec::with_capacity(count);
        for _ in 0..count {
            let (part, after) = Part::parse(rest).ok_or(Malformed)?;
            parts.push(part);
            rest = after;
        }
        let devices: BTreeSet<_> = parts.iter().map(|part| part.device).collect();
        if devices.len() < count || rest.len() < aead::TAG {
            return Err(Malformed);
        }
        Ok(Self {
            sender: DeviceId(*sender),
            counter: u32::from_be_bytes(*counter),
            parts,
            ciphertext: rest,
        })
    }

    /// The part for a device.
    pub fn part_for(&self, device: &DeviceId) -> Option<&'a [u8]> {
        let part = self.parts.iter().find(|part| part.device == *device)?;
        Some(part.pairwise)
    }

    /// Opens the content with what the session with `sender` made of the part.
    pub fn open_content(
        &self,
        chat: &ChatId,
        part: &[u8],
    ) -> Result<(MessageId, Zeroizing<Vec<u8>>), Unopened> {
        let (key, hash) = part.split_first_chunk::<32>().ok_or(Unopened)?;
        if kdf::hash(&[self.ciphertext]) != hash {
            return Err(Unopened);
        }
        let key = Secret::filled_by(|bytes| bytes.copy_from_slice(key));
        let ad = ad(chat, &self.sender, self.counter);
        let content = aead::open(&key, &NONCE, &ad, self.ciphertext).ok_or(Unopened)?;
        let id = message_id(chat, &self.sender, self.counter, &content);
        Ok((id, content))
    }
}

impl<'a> Part<'a> {
    fn parse(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (device, rest) = bytes.split_first_chunk::<16>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (pairwise, rest) = rest.split_at_checked(length)?;
        let device = DeviceId(*device);
        Some((Self { device, pairwise }, rest))
    }
}

/// Every key seals one content, so the nonce need not differ.
const NONCE: [u8; 12] = [0; 12];

fn ad(chat: &ChatId, sender: &DeviceId, counter: u32) -> Vec<u8> {
    let label = kdf::label("dm-ad");
    [&label[..], &chat.0, &sender.0, &counter.to_be_bytes()].concat()
}

/// The name of a direct message.
pub fn message_id(chat: &ChatId, sender: &DeviceId, counter: u32, content: &[u8]) -> MessageId {
    MessageId(kdf::hash(&[
        &kdf::label("mid-d"),
        &chat.0,
        &sender.0,
        &counter.to_be_bytes(),
        content,
    ]))
}

impl fmt::Debug for DirectMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectMessage")
            .field("sender", &self.sender)
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SealedContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedContent")
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
