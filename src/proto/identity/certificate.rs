//! What a device list says of one device.

use minicbor::{Decode, Encode};

use super::{Rejected, VERSION};
use crate::{
    proto::{
        crypto::{
            dh::NoisePublic,
            kdf::{self, label},
            sign::VerifyingKey,
        },
        id::{DeviceId, PersonId},
        time::Timestamp,
    },
    wire::{codec, limits},
};

/// The public keys of a device. Whoever holds one has it from a verified list, or made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The device: a hash of [`Certificate::body`].
    pub id: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// Its number among the devices of the person.
    pub number: u32,
    /// The key with which it signs (`DS`).
    pub ds: VerifyingKey,
    /// The key of its handshakes (`DX`).
    pub dx: NoisePublic,
    /// When it was made.
    pub created: Timestamp,
    body: Vec<u8>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Body {
    #[n(0)]
    version: u8,
    #[n(1)]
    person: PersonId,
    #[n(2)]
    number: u32,
    #[cbor(n(3), with = "minicbor::bytes")]
    ds: [u8; 32],
    #[cbor(n(4), with = "minicbor::bytes")]
    dx: [u8; 32],
    #[n(5)]
    created: Timestamp,
    /// Bits for what a device can do; none is defined.
    #[n(6)]
    caps: u32,
}

impl Certificate {
    /// Certifies keys. Nobody else believes it before it stands in a device list.
    pub(super) fn create(
        person: PersonId,
        number: u32,
        (ds, dx): (VerifyingKey, NoisePublic),
        created: Timestamp,
    ) -> Self {
        let body = codec::to_vec(&Body {
            version: VERSION,
            person,
            number,
            ds: *ds.as_bytes(),
            dx: *dx.as_bytes(),
            created,
            caps: 0,
        });
        Self {
            id: device_id(&body),
            person,
            number,
            ds,
            dx,
            created,
            body,
        }
    }

    /// Reads a body whose signatures are verified, or are about to be.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Rejected> {
        let read: Body = codec::from_slice(body, limits::CERTIFICATE)?;
        if read.version != VERSION {
            return Err(Rejected::Malformed);
        }
        Ok(Self {
            id: device_id(body),
            person: read.person,
            number: read.number,
            ds: VerifyingKey::parse(&read.ds).ok_or(Rejected::Key)?,
            dx: NoisePublic::parse(read.dx).ok_or(Rejected::Key)?,
            created: read.created,
            body: body.to_vec(),
        })
    }

    /// `cert_body`.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

fn device_id(body: &[u8]) -> DeviceId {
    let hash = kdf::hash(&[&label("device-id"), body]);
    let mut id = [0; 16];
    id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    DeviceId(id)
}
