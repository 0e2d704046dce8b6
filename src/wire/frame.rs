//! The frame (protocol §5.2): the only thing that somebody outside a chat sees.
//!
//! ```text
//! 0   ver   u8 = 1
//! 1   flags u8    bit 0: ephemeral, forward it and never store it; the others are zero
//! 2   day   u16   days since 2024-01-01 UTC
//! 4   nonce 24
//! 28  ct          XChaCha20-Poly1305 over content padded to a bucket
//! -64 sig         Ed25519 under the key that names the topic
//! ```
//!
//! Whoever knows a topic's name can check that a member wrote a frame, and nothing else.

use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

use super::{
    id::{FrameId, TopicKey},
    limits, strict,
};

/// The only version of the layout.
pub const VERSION: u8 = 1;

/// Flag: forwarded, never stored.
pub const EPHEMERAL: u8 = 1;

/// Length of [`Parts::header`].
pub const HEADER: usize = 4;

/// What the signature covers before the topic key and the frame: `L("frame")`.
const LABEL: &[u8] = b"betwixt1:frame\0";

/// Why a frame was refused from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Not a frame of this topic. An honest peer never forwards one.
    #[error("not a frame of this topic")]
    Invalid,
    /// A frame of this topic, but dated outside the window. An honest peer may forward one.
    #[error("a frame dated too long ago or ahead")]
    Date,
}

/// Which days are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// From gossip: at most [`limits::FRAME_DAYS_BACK`] back and [`limits::FRAME_DAYS_AHEAD`] ahead.
    Live,
    /// From a peer that fills a gap: as old as it may be, but not from further ahead.
    Any,
}

/// A frame taken apart. Nothing but lengths, version and flags has been checked.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// Version, flags and day: what the encryption authenticates beside the content.
    pub header: &'a [u8; HEADER],
    /// Of the encryption.
    pub nonce: &'a [u8; 24],
    /// The padded content and its tag.
    pub ciphertext: &'a [u8],
    /// Everything before the signature.
    pub signed: &'a [u8],
    /// The topic's signature.
    pub signature: &'a [u8; 64],
}

impl<'a> Parts<'a> {
    /// Takes a frame apart; `None` if it is not laid out as one.
    pub fn of(frame: &'a [u8]) -> Option<Self> {
        let padded = frame.len().checked_sub(limits::FRAME_OVERHEAD)?;
        if !limits::BUCKETS.contains(&padded) {
            return None;
        }
        let (signed, signature) = frame.split_last_chunk::<64>()?;
        let (header, rest) = signed.split_first_chunk::<HEADER>()?;
        let (nonce, ciphertext) = rest.split_first_chunk::<24>()?;
        let parts = Self {
            header,
            nonce,
            ciphertext,
            signed,
            signature,
        };
        let [version, flags, ..] = *header;
        (version == VERSION && flags & !EPHEMERAL == 0).then_some(parts)
    }

    /// Forwarded, never stored.
    pub fn ephemeral(&self) -> bool {
        let [_, flags, ..] = *self.header;
        flags & EPHEMERAL != 0
    }

    /// When the sender says it made the frame, in days since 2024-01-01 UTC.
    pub fn day(&self) -> u16 {
        let [_, _, high, low] = *self.header;
        u16::from_be_bytes([high, low])
    }
}

/// The first bytes of a frame.
pub fn header(ephemeral: bool, day: u16) -> [u8; HEADER] {
    let [high, low] = day.to_be_bytes();
    [VERSION, u8::from(ephemeral), high, low]
}

/// The smallest bucket that holds `len` bytes, if any does.
pub fn bucket(len: usize) -> Option<usize> {
    limits::BUCKETS.into_iter().find(|bucket| *bucket >= len)
}

/// The key that names a topic, read once for many frames.
#[derive(Clone, Debug)]
pub struct Topic(VerifyingKey);

impl Topic {
    /// Reads a key. `None`: it is none, or of small order, and no frame is of this topic.
    pub fn read(key: &TopicKey) -> Option<Self> {
        let read = VerifyingKey::from_bytes(&key.0).ok()?;
        (!read.is_weak()).then_some(Self(read))
    }

    /// Checks all that can be checked without the chat's keys (protocol §5.6): length, version, flags,
    /// signature (strictly, RFC 8032 §5.1.7 with the cofactorless equation), and day.
    ///
    /// The date is looked at last, so that [`Rejected::Date`] is said of authentic frames only.
    pub fn check(&self, frame: &[u8], today: u16, window: Window) -> Result<FrameId, Rejected> {
        let parts = Parts::of(frame).ok_or(Rejected::Invalid)?;
        let signed = [LABEL, self.0.as_bytes(), parts.signed];
        if !strict::verify(&self.0, &signed, parts.signature) {
            return Err(Rejected::Invalid);
        }
        if within(parts.day(), today, window) {
            Ok(frame_id(frame))
        } else {
            Err(Rejected::Date)
        }
    }
}

/// As [`Topic::check`], of one frame.
pub fn check(
    topic: &TopicKey,
    frame: &[u8],
    today: u16,
    window: Window,
) -> Result<FrameId, Rejected> {
    let topic = Topic::read(topic).ok_or(Rejected::Invalid)?;
    topic.check(frame, today, window)
}

/// Whether the day that bytes carry is within the window, if they are laid out as a frame.
pub fn is_dated(frame: &[u8], today: u16, window: Window) -> bool {
    Parts::of(frame).is_some_and(|parts| within(parts.day(), today, window))
}

/// The name of a frame: the SHA-256 of all its bytes.
pub fn frame_id(frame: &[u8]) -> FrameId {
    FrameId(Sha256::digest(frame).into())
}

/// Whether bytes are laid out as an ephemeral frame.
pub fn is_ephemeral(frame: &[u8]) -> bool {
    Parts::of(frame).is_some_and(|parts| parts.ephemeral())
}

fn within(day: u16, today: u16, window: Window) -> bool {
    let ahead = today.saturating_add(limits::FRAME_DAYS_AHEAD);
    let back = match window {
        Window::Live => today.saturating_sub(limits::FRAME_DAYS_BACK),
        Window::Any => 0,
    };
    (back..=ahead).contains(&day)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    use super::*;

    const TODAY: u16 = 690;

    #[test]
    fn a_frame_that_its_topic_signed_passes_and_has_the_hash_of_its_bytes_as_name() {
        let (topic, frame) = signed(256, 0, TODAY);

        let id = check(&topic, &frame, TODAY, Window::Live);

        assert_eq!(id, Ok(FrameId(Sha256::digest(&frame).into())));
    }

    #[test]
    fn a_frame_is_not_valid_under_another_topic() {
        let (_, frame) = signed(256, 0, TODAY);
        let other = TopicKey(SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes());

        assert_eq!(
            check(&other, &frame, TODAY, Window::Live),
            Err(Rejected::Invalid)
        );
    }

    #[test]
    fn every_bucket_passes_and_no_other_length_does() {
        for length in limits::BUCKETS {
            let (topic, frame) = signed(length, 0, TODAY);
            assert!(check(&topic, &frame, TODAY, Window::Live).is_ok());

            for wrong in [length - 1, length + 1] {
                let (topic, frame) = signed(wrong, 0, TODAY);
                assert_eq!(
                    check(&topic, &frame, TODAY, Window::Live),
                    Err(Rejected::Invalid)
                );
            }
        }
    }

    #[test]
    fn unknown_flags_and_versions_are_refused_although_signed() {
        for flags in 2..=u8::MAX {
            let (topic, frame) = signed(256, flags, TODAY);
            assert_eq!(
                check(&topic, &frame, TODAY, Window::Live),
                Err(Rejected::Invalid)
            );
        }
        for version in [0, 2, 255] {
            let (topic, frame) = signed_with(256, [version, 0, 2, 178]);
            assert_eq!(
                check(&topic, &frame, TODAY, Window::Live),
                Err(Rejected::Invalid)
            );
        }
    }

    #[test]
    fn gossip_takes_thirty_days_back_and_one_ahead_and_gap_filling_takes_any_day_back() {
        let oldest = TODAY - limits::FRAME_DAYS_BACK;
        let newest = TODAY + limits::FRAME_DAYS_AHEAD;
        for (day, live, any) in [
            (oldest, true, true),
            (oldest - 1, false, true),
            (0, false, true),
            (newest, true, true),
            (newest + 1, false, false),
            (u16::MAX, false, false),
        ] {
            let (topic, frame) = signed(256, 0, day);
            assert_eq!(check(&topic, &frame, TODAY, Window::Live).is_ok(), live);
            assert_eq!(check(&topic, &frame, TODAY, Window::Any).is_ok(), any);
        }
    }

    #[test]
    fn a_clock_before_day_zero_or_after_the_last_day_does_not_overflow() {
        assert!(within(1, 0, Window::Live));
        assert!(within(u16::MAX, u16::MAX, Window::Live));
    }

    #[test]
    fn the_ephemeral_flag_is_read() {
        let (_, kept) = signed(256, 0, TODAY);
        let (_, fleeting) = signed(256, EPHEMERAL, TODAY);

        assert!(!is_ephemeral(&kept));
        assert!(is_ephemeral(&fleeting));
    }

    #[test]
    fn one_flipped_bit_anywhere_is_refused() {
        let (topic, frame) = signed(256, 0, TODAY);
        for at in 0..frame.len() {
            for bit in 0..8 {
                let mut forged = frame.clone();
                forged[at] ^= 1 << bit;
                assert_eq!(
                    check(&topic, &forged, TODAY, Window::Any),
                    Err(Rejected::Invalid),
                    "byte {at} bit {bit}"
                );
            }
        }
    }

    #[test]
    fn a_topic_key_of_small_order_verifies_nothing() {
        let mut topic = TopicKey([0; 32]);
        topic.0[0] = 1;
        // With the identity as key and R, and s = 0, the plain equation holds for every message.
        let mut frame = header(false, TODAY).to_vec();
        frame.resize(256 + limits::FRAME_OVERHEAD - 64, 7);
        frame.extend_from_slice(&topic.0);
        frame.extend_from_slice(&[0; 32]);

        assert_eq!(
            check(&topic, &frame, TODAY, Window::Live),
            Err(Rejected::Invalid)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..700),
            topic: [u8; 32],
        ) {
            prop_assert!(check(&TopicKey(topic), &bytes, TODAY, Window::Any).is_err());
            is_ephemeral(&bytes);
        }
    }

    fn signed(padded: usize, flags: u8, day: u16) -> (TopicKey, Vec<u8>) {
        let [high, low] = day.to_be_bytes();
        signed_with(padded, [VERSION, flags, high, low])
    }

    fn signed_with(padded: usize, header: [u8; 4]) -> (TopicKey, Vec<u8>) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let topic = TopicKey(key.verifying_key().to_bytes());
        let mut frame = header.to_vec();
        frame.resize(padded + limits::FRAME_OVERHEAD - 64, 9);
        let signature = key.sign(&[LABEL, &topic.0, &frame].concat());
        frame.extend_from_slice(&signature.to_bytes());
        (topic, frame)
    }
}
