//! The keys of a group's epoch (protocol §4.4, §4.5): what follows from its secret, and from whom it
//! is for; the epochs that a member holds ([`Epochs`]).

mod chain;
mod held;
mod keys;

use minicbor::{Decode, Encode};

pub use held::{Due, EpochError, Epochs, Made, ToSeal};
pub use keys::{BLOCK, EpochKeys, Opened, Record, Sealed};

use crate::{
    proto::{
        crypto::kdf,
        id::{ChatId, DeviceId, PersonId},
        secret::Secret,
    },
    wire::sync::OpId,
};

/// What an epoch's secret gives; the secret itself is erased once this is made.
pub struct EpochSecret(Secret<32>);

/// A device of a present member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RosterDevice {
    /// Its id; a roster is sorted by it.
    #[n(0)]
    pub device: DeviceId,
    /// Its signing key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub ds: [u8; 32],
    /// Its handshake key.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub dx: [u8; 32],
    /// Whose it is.
    #[n(3)]
    pub person: PersonId,
}

impl EpochSecret {
    /// `ES = KDF("epoch", r, salt = op_id, ctx = chat_id)`
    pub fn derive(random: &Secret<32>, epoch: &OpId, chat: &ChatId) -> Self {
        Self(kdf::derive("epoch", random.expose(), &epoch.0, &chat.0))
    }

    /// `CS`, from which the epoch's channel is made.
    pub fn channel(&self) -> Secret<32> {
        kdf::derive("epoch-chan", self.0.expose(), &[], &[])
    }

    /// `CK0` of a device, the first key of its sender chain.
    pub fn chain(&self, device: &DeviceId) -> Secret<32> {
        kdf::derive("epoch-chain", self.0.expose(), &[], &device.0)
    }
}

/// Ties the author of an epoch to one secret: `HMAC(r, L("epoch-commit") ‖ chat_id ‖ roster_hash)`.
pub fn commitment(random: &Secret<32>, chat: &ChatId, roster_hash: &[u8; 32]) -> [u8; 32] {
    let label = kdf::label("epoch-commit");
    kdf::hmac(random.expose(), &[&label, &chat.0, roster_hash])
}

/// Names the devices that an epoch is for, in the order of their ids:
/// `H(L("roster") ‖ for each: device_id ‖ ds_pub ‖ dx_pub ‖ ak_pub)`.
pub fn roster_hash(roster: &[RosterDevice]) -> [u8; 32] {
    let label = kdf::label("roster");
    let mut parts: Vec<&[u8]> = vec![&label];
    for member in roster {
        parts.extend([
            &member.device.0[..],
            &member.ds,
            &member.dx,
            &member.person.0,
        ]);
    }
    kdf::hash(&parts)
}
