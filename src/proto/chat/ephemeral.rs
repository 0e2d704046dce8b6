//! What is said and forgotten (frame kind 5): typing, presence, acknowledgements.

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    proto::{id::DeviceId, time::Timestamp},
    wire::{
        codec::{self, Malformed},
        id::FrameId,
        limits,
    },
};

/// `[device, time, what]`, in a direct chat the whole body of the frame.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Ephemeral {
    /// Which device says it.
    #[n(0)]
    pub device: DeviceId,
    /// When: later than in the device's last sign, else it is a replay (ADR 0007).
    #[n(1)]
    pub time: Timestamp,
    /// What.
    #[n(2)]
    pub what: What,
}

/// What a device says in passing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum What {
    /// The person is, or is no longer, typing.
    #[n(1)]
    Typing(#[n(0)] bool),
    /// The person is, or is about to be no longer, there.
    #[n(2)]
    Presence(#[n(0)] bool),
    /// These frames are on the device's disk. For when there is no direct stream to say it on.
    #[n(3)]
    Held(
        /// At most [`limits::EPHEMERAL_HELD`].
        #[n(0)]
        Vec<FrameId>,
    ),
}

/// In a group: `[body, sig]`, signed by the device's `DS` under the label `eph`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SignedEphemeral {
    /// An encoded [`Ephemeral`].
    #[n(0)]
    pub body: ByteVec,
    /// Over `body`.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

impl Ephemeral {
    /// The body of the frame.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads the body of a frame.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let ephemeral: Self = codec::from_slice(body, BODY)?;
        match &ephemeral.what {
            What::Held(frames) if frames.len() > limits::EPHEMERAL_HELD => Err(Malformed),
            What::Held(_) | What::Typing(_) | What::Presence(_) => Ok(ephemeral),
        }
    }
}

impl SignedEphemeral {
    /// The body of the frame.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads the body of a frame; the signature is not checked.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        codec::from_slice(body, BODY + 80)
    }
}

/// The longest body: a device, a time, names of frames.
const BODY: usize = 40 + limits::EPHEMERAL_HELD * 34;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_round_trips_in_the_written_layout() {
        let frames = vec![FrameId([7; 32]); limits::EPHEMERAL_HELD];
        for (what, tail) in [
            (What::Typing(true), &[0x82, 0x01, 0xf5][..]),
            (What::Presence(false), &[0x82, 0x02, 0xf4]),
            (What::Held(vec![]), &[0x82, 0x03, 0x80]),
            (What::Held(frames), &[7; 32]),
        ] {
            let said = ephemeral(what);

            let bytes = said.encode();

            assert!(bytes.ends_with(tail));
            assert_eq!(Ephemeral::decode(&bytes), Ok(said));
        }
    }

    #[test]
    fn more_frames_than_the_limit_are_refused() {
        let frames = vec![FrameId([7; 32]); limits::EPHEMERAL_HELD + 1];

        let bytes = ephemeral(What::Held(frames)).encode();

        assert_eq!(Ephemeral::decode(&bytes), Err(Malformed));
    }

    #[test]
    fn the_signed_form_round_trips() {
        let signed = SignedEphemeral {
            body: ephemeral(What::Typing(true)).encode().into(),
            signature: [9; 64],
        };

        assert_eq!(SignedEphemeral::decode(&signed.encode()), Ok(signed));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            if let Ok(said) = Ephemeral::decode(&bytes) {
                prop_assert_eq!(said.encode(), bytes.clone());
            }
            let _ = SignedEphemeral::decode(&bytes);
        }
    }

    fn ephemeral(what: What) -> Ephemeral {
        Ephemeral {
            device: DeviceId([1; 16]),
            time: Timestamp(1_700_000_000_000),
            what,
        }
    }
}
