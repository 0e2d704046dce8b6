//! The channel (protocol §5.1): a gossipsub topic that is named by a public key, and the keys with
//! which the members of a chat seal, sign and open its frames.

use std::fmt;

use minicbor::{Decode, Encode, bytes::ByteVec};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    crypto::{aead, kdf, sign::SigningKey},
    id::DeviceId,
    secret::Secret,
};
use crate::wire::{
    codec::{self, Malformed},
    frame::{self, Parts},
    id::TopicKey,
    limits, mailbox,
};

/// A channel, as its members hold it.
#[derive(Clone)]
pub struct Channel {
    topic: TopicKey,
    topic_key: SigningKey,
    env_key: Secret<32>,
}

/// What a frame holds (protocol §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A message of a group.
    GroupMessage,
    /// A message of a direct chat: [`super::chat::direct`].
    DirectMessage,
    /// Changes of a group's membership.
    LogOps,
    /// The secret of a new epoch, sealed to each device.
    EpochSeals,
    /// Typing, presence, acknowledgements: [`super::chat::ephemeral`].
    Ephemeral,
    /// The newest prekey and node record of a device.
    SoftState,
    /// A pairwise message to one device: [`Pairwise`].
    Pairwise,
    /// Keys for a first contact, on an invite channel.
    Bundle,
    /// A contact request, on an invite channel.
    Intro,
    /// What members of a group tell of their devices: [`super::chat::group::MemberCard`].
    MemberCards,
    /// Acknowledgements for somebody who is not there, kept by relays: as in `Ephemeral`, and never
    /// acknowledged themselves.
    Held,
    /// Something that a later version knows. It is kept and carried.
    Unknown(u8),
}

/// An opened frame.
#[derive(Clone, PartialEq, Eq)]
pub struct Inner {
    /// What `body` is.
    pub kind: Kind,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// A body that does not fit the largest frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("larger than a frame can hold")]
pub struct TooLarge;

/// A frame that this channel's keys do not open, or that holds something else than a padded body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a frame that this channel can open")]
pub struct Unreadable;

/// A pairwise message to one device (frame kind 7).
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Pairwise {
    /// For which device.
    #[n(0)]
    pub to: DeviceId,
    /// From which device.
    #[n(1)]
    pub from: DeviceId,
    /// The message of their session (protocol §3.4).
    #[n(2)]
    pub pairwise: ByteVec,
}

impl Channel {
    /// The channel with this secret (`CS`): of a group's epoch, of a direct chat, or of an invite.
    pub fn from_secret(secret: &Secret<32>) -> Self {
        let derive = |label| kdf::derive(label, secret.expose(), &[], &[]);
        let topic_key = SigningKey::from_secret(derive("chan-topic"));
        Self {
            topic: TopicKey(*topic_key.verifying_key().as_bytes()),
            topic_key,
            env_key: derive("chan-env"),
        }
    }

    /// The public key that names the channel.
    pub fn topic(&self) -> TopicKey {
        self.topic
    }

    /// Makes a frame: pads, seals and signs.
    pub fn seal(
        &self,
        ephemeral: bool,
        day: u16,
        kind: Kind,
        body: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, TooLarge> {
        let padded = pad(kind, body).ok_or(TooLarge)?;
        let header = frame::header(ephemeral, day);
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);

        let ciphertext = aead::xseal(&self.env_key, &nonce, &self.ad(header), &padded);
        // The topic key stands before the frame only while it is signed.
        let mut signed = Vec::with_capacity(32 + limits::FRAME_OVERHEAD + padded.len());
        for part in [&self.topic.0[..], &header, &nonce, &ciphertext] {
            signed.extend_from_slice(part);
        }
        let signature = self.topic_key.sign("frame", &signed);
        signed.drain(..32);
        signed.extend_from_slice(&signature);
        Ok(signed)
    }

    /// Opens a frame that [`frame::check`] has let pass. The signature is not looked at again.
    pub fn open(&self, frame: &[u8]) -> Result<Inner, Unreadable> {
        let parts = Parts::of(frame).ok_or(Unreadable)?;
        let ad = self.ad(*parts.header);
        let padded =
            aead::xopen(&self.env_key, parts.nonce, &ad, parts.ciphertext).ok_or(Unreadable)?;
        unpad(&padded).ok_or(Unreadable)
    }

    /// Signs what [`mailbox::Link`] makes of a request to a relay.
    pub fn relay_auth(&self, message: &[u8]) -> mailbox::Auth {
        self.topic_key.sign("relay-auth", message)
    }

    fn ad(&self, header: [u8; frame::HEADER]) -> Vec<u8> {
        [&kdf::label("env")[..], &self.topic.0, &header].concat()
    }
}

impl Kind {
    /// The first byte inside a frame.
    pub fn number(self) -> u8 {
        match self {
            Self::GroupMessage => 1,
            Self::DirectMessage => 2,
            Self::LogOps => 3,
            Self::EpochSeals => 4,
            Self::Ephemeral => 5,
            Self::SoftState => 6,
            Self::Pairwise => 7,
            Self::Bundle => 8,
            Self::Intro => 9,
            Self::MemberCards => 10,
            Self::Held => 11,
            Self::Unknown(number) => number,
        }
    }

    /// The kind with this number.
    pub fn from_number(number: u8) -> Self {
        match number {
            1 => Self::GroupMessage,
            2 => Self::DirectMessage,
            3 => Self::LogOps,
            4 => Self::EpochSeals,
            5 => Self::Ephemeral,
            6 => Self::SoftState,
            7 => Self::Pairwise,
            8 => Self::Bundle,
            9 => Self::Intro,
            10 => Self::MemberCards,
            11 => Self::Held,
            other => Self::Unknown(other),
        }
    }
}

impl Pairwise {
    /// The body of the frame.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads the body of a frame.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        codec::from_slice(body, limits::FRAME)
    }
}

/// `u32(len) ‖ kind ‖ body ‖ 0…` up to a bucket; `None` above the largest.
fn pad(kind: Kind, body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let inner = body.len().checked_add(1)?;
    let bucket = frame::bucket(inner.checked_add(4)?)?;
    let mut padded = Zeroizing::new(Vec::with_capacity(bucket));
    padded.extend_from_slice(&u32::try_from(inner).ok()?.to_be_bytes());
    padded.push(kind.number());
    padded.extend_from_slice(body);
    padded.resize(bucket, 0);
    Some(padded)
}

/// The inverse of [`pad`]; `None` for whatever it does not make, so that every content has exactly
/// one frame around it: the smallest bucket, and zeros.
fn unpad(padded: &[u8]) -> Option<Inner> {
    let (length, rest) = padded.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (inner, zeros) = rest.split_at_checked(length)?;
    let (kind, body) = inner.split_first()?;
    let smallest = frame::bucket(length.checked_add(4)?)? == padded.len();
    (smallest && zeros.iter().all(|byte| *byte == 0)).then(|| Inner {
        kind: Kind::from_number(*kind),
        body: body.to_vec(),
    })
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(&self.topic).finish()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Pairwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pairwise")
            .field("to", &self.to)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
