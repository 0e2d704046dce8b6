//! People and their devices: keys, and the objects signed with them (protocol §2.1 and §2.2).
//!
//! A signed object is a CBOR array that holds its body as a byte string. The received bytes of the
//! body are what is signed and hashed; they are verified first, then read.

use minicbor::{Decode, Decoder, Encode};

use crate::wire::codec::{self, Malformed};

mod account;
mod certificate;
mod device;
mod device_list;
mod node_record;
mod profile_card;

pub use account::Account;
pub use certificate::Certificate;
pub use device::Device;
pub use device_list::{DeviceList, ListOrder};
pub use node_record::NodeRecord;
pub use profile_card::ProfileCard;

/// The version that begins every signed body.
pub(super) const VERSION: u8 = 1;

/// Why a signed object is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Not the one encoding of such an object, or of another version of it, or above a limit.
    #[error("not such an object")]
    Malformed,
    /// A key in it is not acceptable: not on the curve, of low order, not canonical.
    #[error("a key in it is not acceptable")]
    Key,
    /// A signature does not fit.
    #[error("a signature does not fit")]
    Signature,
    /// It is of another account, or of a device that is not, or no longer, on the account's list.
    #[error("not of a device of this account")]
    Foreign,
    /// Its time is over.
    #[error("its time is over")]
    Expired,
}

impl From<Malformed> for Rejected {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// `[body, sig]`: what most signed objects look like.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(super) struct Signed {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) body: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) signature: [u8; 64],
}

impl Signed {
    /// Reads the outer array of an object of at most `limit` bytes.
    pub(super) fn decode(bytes: &[u8], limit: usize) -> Result<Self, Malformed> {
        codec::from_slice(bytes, limit)
    }

    /// The object.
    pub(super) fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }
}

/// The byte string at `index` of a body that nobody has verified yet: it says whose key is to verify
/// the body. Before it stand the version and byte strings only.
pub(super) fn claimed_id<const N: usize>(body: &[u8], index: usize) -> Result<[u8; N], Rejected> {
    let mut decoder = Decoder::new(body);
    let mut read = || {
        decoder.array()?;
        decoder.u8()?;
        for _ in 1..index {
            decoder.bytes()?;
        }
        decoder.bytes()
    };
    let id = read().map_err(|_: minicbor::decode::Error| Rejected::Malformed)?;
    id.try_into().map_err(|_| Rejected::Malformed)
}
