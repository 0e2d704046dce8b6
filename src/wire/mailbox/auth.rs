//! Who may ask a relay for what: signatures by the key of the topic, bound to one connection.

use ed25519_dalek::{Signature, VerifyingKey};
use minicbor::{Encode, bytes::ByteArray};
use sha2::{Digest, Sha256};

use super::{Ack, BlobGet, BlobPut, Fetch, Lease, RelayRequest};
use crate::wire::{
    codec,
    id::{PeerId, TopicKey},
};

/// A signature by the topic's key, under the label `relay-auth`, over what [`Link`] makes of the
/// request.
pub type Auth = [u8; 64];

/// What the signature covers before all else: `L("relay-auth")`.
const LABEL: &[u8] = b"betwixt1:relay-auth\0";

/// One connection between a client and a relay: what makes an [`Auth`] useless anywhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The relay's node.
    pub relay: PeerId,
    /// The client's node.
    pub client: PeerId,
    /// What the relay gave in [`super::RelayReply::Challenge`].
    pub challenge: [u8; 32],
}

impl Link {
    /// `method ‖ relay ‖ client ‖ challenge ‖ H(args)`; what is signed after the label. `method` is
    /// the request's number, `args` the array of its fields without the signature.
    fn message<T: Encode<()>>(&self, method: u8, args: &T) -> Vec<u8> {
        let args: [u8; 32] = Sha256::digest(codec::to_vec(args)).into();
        [
            &[method][..],
            &self.relay.to_multihash(),
            &self.client.to_multihash(),
            &self.challenge,
            &args,
        ]
        .concat()
    }
}

fn signed_by(topic: &TopicKey, message: &[u8], auth: &Auth) -> bool {
    VerifyingKey::from_bytes(&topic.0).is_ok_and(|key| {
        key.verify_strict(&[LABEL, message].concat(), &Signature::from_bytes(auth))
            .is_ok()
    })
}

impl RelayRequest {
    /// Whether every signature in the request holds on this connection. Requests without one hold.
    pub fn authorised(&self, link: &Link) -> bool {
        match self {
            Self::Challenge | Self::Hello { .. } | Self::Put { .. } => true,
            Self::Lease(lease) => signed_by(&lease.topic, &lease.to_sign(link), &lease.auth),
            Self::Fetch(fetch) => signed_by(&fetch.topic, &fetch.to_sign(link), &fetch.auth),
            Self::Ack(ack) => signed_by(&ack.topic, &ack.to_sign(link), &ack.auth),
            Self::Watch { topics, .. } => topics
                .iter()
                .all(|fetch| signed_by(&fetch.topic, &fetch.to_sign_as_watch(link), &fetch.auth)),
            Self::BlobPut(put) => signed_by(&put.topic, &put.to_sign(link), &put.auth),
            Self::BlobGet(get) => signed_by(&get.topic, &get.to_sign(link), &get.auth),
            Self::Release { topic, auth } => signed_by(topic, &release_to_sign(topic, link), auth),
        }
    }
}

impl Lease {
    /// What `auth` signs, after its label.
    pub fn to_sign(&self, link: &Link) -> Vec<u8> {
        link.message(2, &(self.topic, self.ttl_s, self.readers))
    }
}

impl Ack {
    /// What `auth` signs, after its label.
    pub fn to_sign(&self, link: &Link) -> Vec<u8> {
        link.message(5, &(self.topic, ByteArray::from(self.reader), self.upto))
    }
}

impl BlobPut {
    /// What `auth` signs, after its label.
    pub fn to_sign(&self, link: &Link) -> Vec<u8> {
        link.message(8, &(self.topic, ByteArray::from(self.blob), self.readers))
    }
}

impl BlobGet {
    /// What `auth` signs, after its label.
    pub fn to_sign(&self, link: &Link) -> Vec<u8> {
        let (blob, reader) = (ByteArray::from(self.blob), ByteArray::from(self.reader));
        link.message(9, &(self.topic, blob, reader))
    }
}

/// What the `auth` of a [`RelayRequest::Release`] signs, after its label.
pub fn release_to_sign(topic: &TopicKey, link: &Link) -> Vec<u8> {
    link.message(7, &(*topic,))
}

impl Fetch {
    /// What `auth` signs in a [`RelayRequest::Fetch`], after its label.
    pub fn to_sign(&self, link: &Link) -> Vec<u8> {
        self.message(4, link)
    }

    /// What `auth` signs in a [`RelayRequest::Watch`], after its label.
    pub fn to_sign_as_watch(&self, link: &Link) -> Vec<u8> {
        self.message(6, link)
    }

    fn message(&self, method: u8, link: &Link) -> Vec<u8> {
        let reader = ByteArray::from(self.reader);
        link.message(method, &(self.topic, self.after, self.max, reader))
    }
}
