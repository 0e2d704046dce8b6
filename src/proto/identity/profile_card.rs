//! What a person calls themselves.

use minicbor::{Decode, Encode};

use super::{Device, DeviceList, Rejected, Signed, VERSION, claimed_id};
use crate::{
    proto::{
        id::{DeviceId, PersonId},
        time::Timestamp,
    },
    wire::{codec, limits},
};

/// A verified profile card, with the bytes in which it came: a name and an avatar, signed by a
/// device of the person. The name is theirs to choose; it is to be made safe before it is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ProfileCard {
    body: Body,
    bytes: Vec<u8>,
}

/// `[1, ak_pub, device_id, name, avatar, created]`. The device is named so that a verifier knows
/// which `DS` signed.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Body {
    #[n(0)]
    version: u8,
    #[n(1)]
    person: PersonId,
    #[n(2)]
    device: DeviceId,
    #[n(3)]
    name: String,
    #[n(4)]
    avatar: u32,
    #[n(5)]
    created: Timestamp,
}

impl ProfileCard {
    /// Signs a name, cut to [`limits::NAME`] bytes, and an avatar.
    pub fn create(
        device: &Device,
        person: PersonId,
        name: &str,
        avatar: u32,
        now: Timestamp,
    ) -> Self {
        let end = name.floor_char_boundary(limits::NAME);
        let body = Body {
            version: VERSION,
            person,
            device: device.id(),
            name: name.get(..end).unwrap_or_default().to_owned(),
            avatar,
            created: now,
        };
        let body_bytes = codec::to_vec(&body);
        let signed = Signed {
            signature: device.sign("profile", &body_bytes),
            body: body_bytes,
        };
        Self {
            body,
            bytes: signed.encode(),
        }
    }

    /// Verifies a card of the person of `list`, of at most [`limits::PROFILE`] bytes.
    pub fn verify(bytes: &[u8], list: &DeviceList) -> Result<Self, Rejected> {
        let signed = Signed::decode(bytes, limits::PROFILE)?;
        let device = DeviceId(claimed_id(&signed.body, 2)?);
        list.device(&device)
            .ok_or(Rejected::Foreign)?
            .ds
            .verify("profile", &signed.body, &signed.signature)
            .map_err(|_| Rejected::Signature)?;

        let body: Body = codec::from_slice(&signed.body, limits::PROFILE)?;
        if body.version != VERSION || body.name.len() > limits::NAME {
            return Err(Rejected::Malformed);
        }
        if body.person != list.person() {
            return Err(Rejected::Foreign);
        }
        Ok(Self {
            body,
            bytes: bytes.to_vec(),
        })
    }

    /// The signed card, as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Who it is.
    pub fn person(&self) -> PersonId {
        self.body.person
    }

    /// The device that signed.
    pub fn device(&self) -> DeviceId {
        self.body.device
    }

    /// What they call themselves.
    pub fn name(&self) -> &str {
        &self.body.name
    }

    /// The number of their avatar.
    pub fn avatar(&self) -> u32 {
        self.body.avatar
    }

    /// When it was signed, as it says; the latest counts.
    pub fn created(&self) -> Timestamp {
        self.body.created
    }
}

impl std::fmt::Debug for ProfileCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProfileCard")
            .field("person", &self.body.person)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
