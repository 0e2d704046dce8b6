//! Which node on the network is a device, and where it may be reached.

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::{Device, DeviceList, Rejected, VERSION, claimed_id};
use crate::{
    proto::{crypto::sign::VerifyingKey, id::DeviceId, time::Timestamp},
    wire::{
        codec,
        id::{Address, PeerId},
        limits,
    },
};

/// A verified node record, with the bytes in which it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRecord {
    device: DeviceId,
    peer: PeerId,
    next_peer: Option<PeerId>,
    seq: u64,
    not_after: Timestamp,
    addresses: Vec<Address>,
    bytes: Vec<u8>,
}

/// `node_record`: signed by the device and by the node, so that neither can claim the other.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Outer {
    #[cbor(n(0), with = "minicbor::bytes")]
    body: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    device_signature: [u8; 64],
    #[cbor(n(2), with = "minicbor::bytes")]
    node_signature: [u8; 64],
}

/// `node_body`.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Body {
    #[n(0)]
    version: u8,
    #[n(1)]
    device: DeviceId,
    #[n(2)]
    peer: PeerId,
    #[n(3)]
    next_peer: Option<PeerId>,
    #[n(4)]
    seq: u64,
    #[n(5)]
    not_after: Timestamp,
    #[n(6)]
    addresses: Vec<Address>,
    /// Relay cards (protocol §6.2), each as a byte string that nothing here reads.
    #[n(7)]
    relays: Vec<ByteVec>,
}

impl NodeRecord {
    /// Signs where this device may be reached. Addresses beyond the limits are left out.
    pub fn create(device: &Device, seq: u64, not_after: Timestamp, addresses: &[Address]) -> Self {
        let addresses: Vec<Address> = addresses
            .iter()
            .filter(|address| address.0.len() <= limits::ADDRESS)
            .take(limits::ADDRESSES)
            .cloned()
            .collect();
        let body = codec::to_vec(&Body {
            version: VERSION,
            device: device.id(),
            peer: device.peer(),
            next_peer: None,
            seq,
            not_after,
            addresses: addresses.clone(),
            relays: Vec::new(),
        });
        let outer = Outer {
            device_signature: device.sign("node", &body),
            node_signature: device.sign_as_node(&body),
            body,
        };
        Self {
            device: device.id(),
            peer: device.peer(),
            next_peer: None,
            seq,
            not_after,
            addresses,
            bytes: codec::to_vec(&outer),
        }
    }

    /// Verifies a record of a device on `list`, of at most [`limits::NODE_RECORD`] bytes.
    pub fn verify(bytes: &[u8], list: &DeviceList, now: Timestamp) -> Result<Self, Rejected> {
        Self::read(bytes, list, now, true)
    }

    /// Reads a record that was verified with this list before it was kept. Its signatures are not looked at
    /// again.
    pub fn read_verified(
        bytes: &[u8],
        list: &DeviceList,
        now: Timestamp,
    ) -> Result<Self, Rejected> {
        Self::read(bytes, list, now, false)
    }

    fn read(
        bytes: &[u8],
        list: &DeviceList,
        now: Timestamp,
        verify: bool,
    ) -> Result<Self, Rejected> {
        let outer: Outer = codec::from_slice(bytes, limits::NODE_RECORD)?;
        let device = DeviceId(claimed_id(&outer.body, 1)?);
        let certificate = list.device(&device).ok_or(Rejected::Foreign)?;
        if verify {
            certificate
                .ds
                .verify("node", &outer.body, &outer.device_signature)
                .map_err(|_| Rejected::Signature)?;
        }

        let body: Body = codec::from_slice(&outer.body, limits::NODE_RECORD)?;
        if verify {
            VerifyingKey::parse(&body.peer.0)
                .ok_or(Rejected::Key)?
                .verify("node-pop", &outer.body, &outer.node_signature)
                .map_err(|_| Rejected::Signature)?;
        }
        let bounded = body.addresses.len() <= limits::ADDRESSES
            && body.addresses.iter().all(|a| a.0.len() <= limits::ADDRESS)
            && body.relays.len() <= limits::RELAYS
            && body.relays.iter().all(|r| r.len() <= limits::RELAY_CARD);
        if body.version != VERSION || !bounded {
            return Err(Rejected::Malformed);
        }
        if body.not_after < now {
            return Err(Rejected::Expired);
        }
        Ok(Self {
            device,
            peer: body.peer,
            next_peer: body.next_peer,
            seq: body.seq,
            not_after: body.not_after,
            addresses: body.addresses,
            bytes: bytes.to_vec(),
        })
    }

    /// `node_record`, as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The device that the node is.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// The node.
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    /// The node that it will be after this one, announced ahead.
    pub fn next_peer(&self) -> Option<PeerId> {
        self.next_peer
    }

    /// Its number; the highest of a device counts.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// When it ends.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Where the node may be reached.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }
}

#[cfg(test)]
mod tests;
