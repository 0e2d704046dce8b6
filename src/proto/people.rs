//! Alice, Bob and others, for tests.

use std::{
    collections::{BTreeSet, VecDeque},
    convert::Infallible,
};

use minicbor::bytes::ByteVec;
use rand_chacha::ChaCha20Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};

use super::{
    handshake::{InitPayload, Initiate, Initiated, Respond, Responded, initiate, respond},
    identity::{Account, Device, DeviceList},
    known::known,
    prekey::{Kind, OwnPrekey, Prekey},
    secret::{self, Secret},
    session::{Accept, OpenError, SessionSet},
    time::Timestamp,
};

pub(super) const NOW: Timestamp = Timestamp(1_760_000_000_000);
pub(super) const CTX: [u8; 32] = [9; 32];

/// A person with one device, and what others know of it.
pub(super) struct Person {
    pub(super) account: Account,
    pub(super) device: Device,
    pub(super) list: DeviceList,
    pub(super) prekey: OwnPrekey,
    pub(super) rng: ChaCha20Rng,
    accepted: BTreeSet<[u8; 32]>,
}

pub(super) fn alice() -> Person {
    person(1)
}

pub(super) fn bob() -> Person {
    person(2)
}

pub(super) fn person(seed: u64) -> Person {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let account = Account::generate(&mut rng);
    let device = Device::create(&account, 1, NOW, &mut rng);
    let list = DeviceList::first(&account, &device, NOW);
    let prekey = OwnPrekey::create(7, Kind::Medium, NOW, &mut rng);
    Person {
        account,
        device,
        list,
        prekey,
        rng,
        accepted: BTreeSet::new(),
    }
}

impl Person {
    /// The public form of the prekey, as others hold it.
    pub(super) fn public_prekey(&self) -> Prekey {
        Prekey::verify(&self.prekey.sign(&self.device), &self.list, NOW).unwrap()
    }

    /// No session yet.
    pub(super) fn sessions_with(&self, peer: &Self) -> SessionSet {
        SessionSet::new(self.device.id(), peer.device.id())
    }

    /// Begins a session of a generation.
    pub(super) fn initiate(&mut self, peer: &Self, generation: u32) -> Initiated {
        let prekey = peer.public_prekey();
        let request = Initiate {
            device: &self.device,
            peer: peer.device.certificate(),
            prekey: &prekey,
            token: None,
            payload: InitPayload {
                device: self.device.id(),
                list_seq: self.list.seq(),
                generation,
                created: NOW,
            },
        };
        initiate(request, &mut self.rng).unwrap()
    }

    /// Reads an initiation.
    pub(super) fn respond(&self, init: &[u8]) -> Responded {
        let request = Respond {
            device: &self.device,
            person: self.account.person(),
            prekey: &self.prekey,
            token: None,
        };
        respond(request, init).unwrap()
    }

    /// Opens a message as the engine does: with a session that is there, or else by accepting an
    /// initiation that was not accepted before.
    pub(super) fn open(
        &mut self,
        sessions: &mut SessionSet,
        from: &Self,
        message: &[u8],
    ) -> Result<Vec<u8>, OpenError> {
        match sessions.open(NOW, message, &CTX) {
            Err(OpenError::UnknownInit) => {
                let init = SessionSet::split(message)?.init.unwrap();
                let responded = self.respond(init);
                let hash = responded.replay_hash;
                if self.accepted.contains(&hash) {
                    return Err(OpenError::UnknownInit);
                }
                let accept = Accept {
                    responded,
                    initiator: from.device.certificate(),
                    prekey: &self.prekey,
                };
                let opened = sessions.accept(accept, NOW, message, &CTX);
                if opened.is_ok() {
                    self.accepted.insert(hash);
                }
                opened
            }
            other => other,
        }
        .map(|plaintext| plaintext.to_vec())
    }

    /// Seals a message.
    pub(super) fn seal(&mut self, sessions: &mut SessionSet, plaintext: &[u8]) -> Vec<u8> {
        sessions.seal(&mut self.rng, NOW, &CTX, plaintext).unwrap()
    }
}

/// The device of the known answers (`identity` in `protocol.json`), and its account.
pub(super) fn known_person() -> (Account, Device) {
    let account = Account::from_record(&secret::encode(&Secret::new([0xc0; 32]))).unwrap();
    let record = (
        Secret::new([0xc1; 32]),
        Secret::new([0xc2; 32]),
        Secret::new([0xc3; 32]),
        ByteVec::from(known("identity", "cert_body")),
    );
    let device = Device::from_record(&secret::encode(&record)).unwrap();
    (account, device)
}

/// Chance that is written down beforehand.
pub(super) struct Scripted(VecDeque<u8>);

impl Scripted {
    pub(super) fn new(parts: &[&[u8]]) -> Self {
        Self(parts.concat().into())
    }
}

impl TryRng for Scripted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            *byte = self
                .0
                .pop_front()
                .expect("more chance than was written down");
        }
        Ok(())
    }
}

impl TryCryptoRng for Scripted {}
