//! What the tests of this layer share.

use ed25519_dalek::{Signer, SigningKey};

use crate::wire::{
    frame,
    id::TopicKey,
    limits,
    mailbox::{Auth, BlobGet, BlobPut, Fetch, Lease, Link, release_to_sign},
};

/// A channel whose key the test knows.
pub(crate) struct Channel {
    pub(crate) topic: TopicKey,
    key: SigningKey,
}

/// The day on which tests happen.
pub(crate) const TODAY: u16 = 690;

/// The clock of tests.
pub(crate) fn today() -> u16 {
    TODAY
}

impl Channel {
    pub(crate) fn new(seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        Self {
            topic: TopicKey(key.verifying_key().to_bytes()),
            key,
        }
    }

    /// A valid frame of the smallest size; different for each number.
    pub(crate) fn frame(&self, day: u16, number: u32) -> Vec<u8> {
        let mut frame = frame::header(false, day).to_vec();
        frame.extend_from_slice(&number.to_be_bytes());
        frame.resize(limits::BUCKETS[0] + limits::FRAME_OVERHEAD - 64, 0);
        let signed = [b"betwixt1:frame\0", &self.topic.0[..], &frame].concat();
        let signature = self.key.sign(&signed);
        frame.extend_from_slice(&signature.to_bytes());
        frame
    }

    /// What a member asks of a relay.
    pub(crate) fn lease(&self, link: &Link, ttl_s: u32) -> Lease {
        let mut lease = Lease {
            topic: self.topic,
            ttl_s,
            readers: 0,
            auth: [0; 64],
        };
        lease.auth = self.auth(&lease.to_sign(link));
        lease
    }

    /// What a member signs to end its lease.
    pub(crate) fn release(&self, link: &Link) -> Auth {
        self.auth(&release_to_sign(&self.topic, link))
    }

    /// What a member signs to read: of a fetch or of a watch.
    pub(crate) fn fetch(&self, link: &Link, after: u64, watched: bool) -> Fetch {
        let mut fetch = Fetch {
            topic: self.topic,
            after,
            max: 64,
            reader: [1; 16],
            auth: [0; 64],
        };
        let message = if watched {
            fetch.to_sign_as_watch(link)
        } else {
            fetch.to_sign(link)
        };
        fetch.auth = self.auth(&message);
        fetch
    }

    /// What a member signs to put a file.
    pub(crate) fn put(&self, link: &Link, mut put: BlobPut) -> BlobPut {
        put.topic = self.topic;
        put.auth = self.auth(&put.to_sign(link));
        put
    }

    /// What a member signs to get a file.
    pub(crate) fn get(&self, link: &Link, blob: [u8; 32], reader: u8) -> BlobGet {
        let mut get = BlobGet {
            topic: self.topic,
            blob,
            reader: [reader; 16],
            auth: [0; 64],
        };
        get.auth = self.auth(&get.to_sign(link));
        get
    }

    fn auth(&self, message: &[u8]) -> Auth {
        let signed = [b"betwixt1:relay-auth\0", message].concat();
        self.key.sign(&signed).to_bytes()
    }
}
