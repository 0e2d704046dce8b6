//! Which devices a person has.

use std::collections::BTreeSet;

use minicbor::{
    Decode, Encode,
    bytes::{ByteArray, ByteVec},
};

use super::{Account, Certificate, Device, Rejected, VERSION, claimed_id};
use crate::{
    proto::{
        crypto::{kdf, sign::VerifyingKey},
        id::{DeviceId, PersonId},
        time::Timestamp,
    },
    wire::{codec, limits},
};

/// A verified device list, with the bytes in which it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceList {
    person: PersonId,
    seq: u64,
    issued: Timestamp,
    devices: Vec<Certificate>,
    bytes: Vec<u8>,
}

/// How one list stands to another of the same person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOrder {
    /// It replaces the other.
    Newer,
    /// The other stays.
    Older,
    /// They are the same bytes.
    Same,
    /// The account signed two lists with one number, or the lists are of two people: somebody else
    /// may hold the account key. Nothing is sent to the account until it is verified again.
    Conflict,
}

/// `device_list`.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Outer {
    #[cbor(n(0), with = "minicbor::bytes")]
    body: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    signature: [u8; 64],
    /// Each device's own signature over its certificate, in the order of the certificates.
    #[n(2)]
    proofs: Vec<ByteArray<64>>,
}

/// `list_body`.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Body {
    #[n(0)]
    version: u8,
    #[n(1)]
    person: PersonId,
    #[n(2)]
    seq: u64,
    /// The hash of the body of the list before; zeros in the first.
    #[cbor(n(3), with = "minicbor::bytes")]
    previous: [u8; 32],
    #[n(4)]
    issued: Timestamp,
    #[n(5)]
    certificates: Vec<ByteVec>,
    #[n(6)]
    revoked: Vec<Revocation>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Revocation {
    #[n(0)]
    device: DeviceId,
    #[n(1)]
    at: Timestamp,
}

impl DeviceList {
    /// The list of a person with one device, who has had no other.
    pub fn first(account: &Account, device: &Device, now: Timestamp) -> Self {
        Self::of_one(account, device, 1, now)
    }

    /// The list of a person with one device who may have had others, of which nothing is known any
    /// more. Its number, the time, is higher than that of any list made before (protocol §2.5).
    pub fn restored(account: &Account, device: &Device, now: Timestamp) -> Self {
        Self::of_one(account, device, now.0.max(2), now)
    }

    fn of_one(account: &Account, device: &Device, seq: u64, now: Timestamp) -> Self {
        let body = Body {
            version: VERSION,
            person: account.person(),
            seq,
            previous: [0; 32],
            issued: now,
            certificates: vec![device.certificate().body().to_vec().into()],
            revoked: Vec::new(),
        };
        Self::sign(account, &body, &[device])
    }

    /// The next list, with one device more; the devices have signed for themselves. `None`: it has as many
    /// as a list holds, or that one.
    pub fn with(&self, account: &Account, device: &Device, now: Timestamp) -> Option<Self> {
        let (mut body, mut proofs) = self.next(account, now)?;
        if body.certificates.len() >= limits::DEVICES || self.device(&device.id()).is_some() {
            return None;
        }
        let certificate = device.certificate().body();
        body.certificates.push(certificate.to_vec().into());
        proofs.push(device.sign("device-pop", certificate).into());
        Self::signed(account, &body, proofs)
    }

    /// The next list, in which a device is revoked. `None`: it is not in this one, or the only one.
    pub fn without(&self, account: &Account, device: &DeviceId, now: Timestamp) -> Option<Self> {
        let (mut body, mut proofs) = self.next(account, now)?;
        let kept: Vec<bool> = body
            .certificates
            .iter()
            .map(|bytes| Certificate::parse(bytes).is_ok_and(|held| held.id != *device))
            .collect();
        self.device(device)?;
        let mut keeps = kept.iter();
        body.certificates
            .retain(|_| keeps.next().is_some_and(|kept| *kept));
        let mut keeps = kept.iter();
        proofs.retain(|_| keeps.next().is_some_and(|kept| *kept));
        if body.certificates.is_empty() {
            return None;
        }
        // Of more than fit the oldest is forgotten: it is on no list either.
        if body.revoked.len() >= limits::REVOCATIONS {
            body.revoked.remove(0);
        }
        let (device, at) = (*device, now);
        body.revoked.push(Revocation { device, at });
        Self::signed(account, &body, proofs)
    }

    /// What follows this list, as long as nothing changes.
    fn next(&self, account: &Account, now: Timestamp) -> Option<(Body, Vec<ByteArray<64>>)> {
        let outer: Outer = codec::from_slice(&self.bytes, limits::DEVICE_LIST).ok()?;
        let mut body: Body = codec::from_slice(&outer.body, limits::DEVICE_LIST).ok()?;
        if account.person() != self.person {
            return None;
        }
        body.seq = self.seq.checked_add(1)?;
        body.previous = kdf::hash(&[&outer.body]);
        body.issued = now;
        Some((body, outer.proofs))
    }

    fn signed(account: &Account, body: &Body, proofs: Vec<ByteArray<64>>) -> Option<Self> {
        let body = codec::to_vec(body);
        let outer = Outer {
            signature: account.sign_list(&body),
            body,
            proofs,
        };
        Self::verify(&codec::to_vec(&outer)).ok()
    }

    /// Whether it may have taken the place of others that are not known here.
    pub fn is_restored(&self) -> bool {
        self.seq > 1
    }

    /// Signs a list of `devices`, which are those of `body`.
    fn sign(account: &Account, body: &Body, devices: &[&Device]) -> Self {
        let body_bytes = codec::to_vec(body);
        let proofs = devices
            .iter()
            .map(|device| {
                device
                    .sign("device-pop", device.certificate().body())
                    .into()
            })
            .collect();
        let outer = Outer {
            signature: account.sign_list(&body_bytes),
            body: body_bytes,
            proofs,
        };
        let certificates = devices.iter().map(|device| device.certificate().clone());
        Self {
            person: body.person,
            seq: body.seq,
            issued: body.issued,
            devices: valid_devices(certificates, &body.revoked),
            bytes: codec::to_vec(&outer),
        }
    }

    /// Verifies a list of at most [`limits::DEVICE_LIST`] bytes.
    pub fn verify(bytes: &[u8]) -> Result<Self, Rejected> {
        Self::read(bytes, true)
    }

    /// Reads a list that was verified before it was kept. Its signatures are not looked at again.
    pub fn read_verified(bytes: &[u8]) -> Result<Self, Rejected> {
        Self::read(bytes, false)
    }

    fn read(bytes: &[u8], verify: bool) -> Result<Self, Rejected> {
        let outer: Outer = codec::from_slice(bytes, limits::DEVICE_LIST)?;
        if verify {
            let account = VerifyingKey::parse(&claimed_id(&outer.body, 1)?).ok_or(Rejected::Key)?;
            account
                .verify("device-list", &outer.body, &outer.signature)
                .map_err(|_| Rejected::Signature)?;
        }

        let body: Body = codec::from_slice(&outer.body, limits::DEVICE_LIST)?;
        let bounded = (1..=limits::DEVICES).contains(&body.certificates.len())
            && body.revoked.len() <= limits::REVOCATIONS
            && body.certificates.len() == outer.proofs.len();
        if body.version != VERSION || !bounded {
            return Err(Rejected::Malformed);
        }
        let mut certificates = Vec::with_capacity(body.certificates.len());
        for (certificate, proof) in body.certificates.iter().zip(&outer.proofs) {
            let read = Certificate::parse(certificate)?;
            if verify {
                verify_certificate(&read, proof, &body.person)?;
            }
            certificates.push(read);
        }
        let ids: BTreeSet<_> = certificates.iter().map(|c| c.id).collect();
        if ids.len() != certificates.len() {
            return Err(Rejected::Malformed);
        }
        Ok(Self {
            person: body.person,
            seq: body.seq,
            issued: body.issued,
            devices: valid_devices(certificates, &body.revoked),
            bytes: bytes.to_vec(),
        })
    }

    /// How this list stands to `other`, which is of the same person: `received.compare(&held)` is
    /// [`ListOrder::Newer`] when the received one is to be taken.
    pub fn compare(&self, other: &Self) -> ListOrder {
        if self.person != other.person {
            return ListOrder::Conflict;
        }
        match self.seq.cmp(&other.seq) {
            std::cmp::Ordering::Greater => ListOrder::Newer,
            std::cmp::Ordering::Less => ListOrder::Older,
            std::cmp::Ordering::Equal if self.bytes == other.bytes => ListOrder::Same,
            std::cmp::Ordering::Equal => ListOrder::Conflict,
        }
    }

    /// `device_list`, as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whose it is.
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// Its number; the highest counts.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// When it was signed, as it says.
    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    /// The devices that are valid: not those revoked.
    pub fn devices(&self) -> &[Certificate] {
        &self.devices
    }

    /// A valid device.
    pub fn device(&self, id: &DeviceId) -> Option<&Certificate> {
        self.devices.iter().find(|device| device.id == *id)
    }
}

fn verify_certificate(
    certificate: &Certificate,
    proof: &ByteArray<64>,
    person: &PersonId,
) -> Result<(), Rejected> {
    if certificate.person != *person {
        return Err(Rejected::Foreign);
    }
    certificate
        .ds
        .verify("device-pop", certificate.body(), proof)
        .map_err(|_| Rejected::Signature)
}

fn valid_devices(
    certificates: impl IntoIterator<Item = Certificate>,
    revoked: &[Revocation],
) -> Vec<Certificate> {
    certificates
        .into_iter()
        .filter(|certificate| revoked.iter().all(|gone| gone.device != certificate.id))
        .collect()
}

#[cfg(test)]
mod tests;
