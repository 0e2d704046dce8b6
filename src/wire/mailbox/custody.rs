//! A relay's word that it holds frames until a time.

use ed25519_dalek::{Signature, VerifyingKey};
use minicbor::{Decode, Encode};

use crate::wire::id::{FrameId, PeerId};

/// Signed by the relay's node key over the frames of one answer that are on its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Custody {
    /// Until when, in milliseconds since the Unix epoch, by the relay's clock; sooner only what all
    /// readers of a topic that was leased with a number of readers have acknowledged.
    #[n(0)]
    pub until: u64,
    /// Over [`custody_to_sign`].
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// What the signature covers before all else: `L("custody")`.
const LABEL: &[u8] = b"betwixt1:custody\0";

/// `L("custody") ‖ relay ‖ u64(until) ‖ frame id ‖ …`: those that the answer says are stored or
/// known, in its order.
pub fn custody_to_sign(relay: PeerId, until: u64, frames: &[FrameId]) -> Vec<u8> {
    let mut message = Vec::with_capacity(LABEL.len() + 46 + frames.len() * 32);
    message.extend_from_slice(LABEL);
    message.extend_from_slice(&relay.to_multihash());
    message.extend_from_slice(&until.to_be_bytes());
    for frame in frames {
        message.extend_from_slice(&frame.0);
    }
    message
}

impl Custody {
    /// Whether the relay signed that it holds these frames, in this order.
    pub fn holds(&self, relay: PeerId, frames: &[FrameId]) -> bool {
        let message = custody_to_sign(relay, self.until, frames);
        let signature = Signature::from_bytes(&self.signature);
        !frames.is_empty()
            && VerifyingKey::from_bytes(&relay.0)
                .is_ok_and(|key| key.verify_strict(&message, &signature).is_ok())
    }
}
