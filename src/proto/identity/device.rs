//! This installation.

use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Account, Certificate};
use crate::{
    proto::{
        crypto::{
            dh::NoiseSecret,
            sign::{Signature, SigningKey},
        },
        id::{DeviceId, PersonId},
        secret::{self, Secret},
        time::Timestamp,
    },
    wire::{codec::Malformed, id::PeerId},
};

/// The secrets of this device: `DS` signs, `DX` agrees on keys, `NK` is the node on the network.
#[derive(Debug)]
pub struct Device {
    signing: SigningKey,
    noise: NoiseSecret,
    node: Secret<32>,
    node_key: SigningKey,
    certificate: Certificate,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Record {
    #[n(0)]
    signing: Secret<32>,
    #[n(1)]
    noise: Secret<32>,
    #[n(2)]
    node: Secret<32>,
    #[cbor(n(3), with = "minicbor::bytes")]
    certificate: Vec<u8>,
}

impl Device {
    /// Makes a device of a person. It is valid once it stands in the person's device list.
    pub fn create(account: &Account, number: u32, now: Timestamp, rng: &mut dyn CryptoRng) -> Self {
        let signing = SigningKey::from_secret(Secret::random(rng));
        let noise = NoiseSecret::random(rng);
        let node = Secret::random(rng);
        let keys = (signing.verifying_key(), noise.public());
        Self {
            node_key: SigningKey::from_secret(node.clone()),
            certificate: Certificate::create(account.person(), number, keys, now),
            signing,
            noise,
            node,
        }
    }

    /// Its id.
    pub fn id(&self) -> DeviceId {
        self.certificate.id
    }

    /// Whose it is.
    pub fn person(&self) -> PersonId {
        self.certificate.person
    }

    /// Its node on the network.
    pub fn peer(&self) -> PeerId {
        PeerId(*self.node_key.verifying_key().as_bytes())
    }

    /// Its public keys.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The seed of `NK`, for libp2p.
    pub fn node_secret(&self) -> &Secret<32> {
        &self.node
    }

    /// `DX`, for snow.
    pub(in crate::proto) fn noise(&self) -> &NoiseSecret {
        &self.noise
    }

    /// Signs with `DS`.
    pub(in crate::proto) fn sign(&self, name: &str, message: &[u8]) -> Signature {
        self.signing.sign(name, message)
    }

    /// Signs a node record with `NK`: proof that this device holds it.
    pub(super) fn sign_as_node(&self, body: &[u8]) -> Signature {
        self.node_key.sign("node-pop", body)
    }

    /// What is remembered of this device.
    pub fn to_record(&self) -> Zeroizing<Vec<u8>> {
        secret::encode(&Record {
            signing: self.signing.to_secret(),
            noise: self.noise.secret().clone(),
            node: self.node.clone(),
            certificate: self.certificate.body().to_vec(),
        })
    }

    /// Reads a record. One whose keys are not those of its certificate is refused.
    pub fn from_record(record: &[u8]) -> Result<Self, Malformed> {
        let record: Record = secret::decode(record)?;
        let certificate = Certificate::parse(&record.certificate).map_err(|_| Malformed)?;
        let device = Self {
            signing: SigningKey::from_secret(record.signing),
            noise: NoiseSecret::from_secret(record.noise),
            node_key: SigningKey::from_secret(record.node.clone()),
            node: record.node,
            certificate,
        };
        let fits = device.signing.verifying_key() == device.certificate.ds
            && device.noise.public() == device.certificate.dx;
        if fits { Ok(device) } else { Err(Malformed) }
    }
}
