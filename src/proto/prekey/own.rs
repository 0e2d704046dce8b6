//! This device's prekeys, with their secrets.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Body, KemKey, Kind, LIFETIME, SUITE_1};
use crate::{
    proto::{
        crypto::dh::{DhSecret, NoiseSecret},
        id::DeviceId,
        identity::{Device, Signed, VERSION},
        secret::{self, Secret},
        time::{DAY, Timestamp},
    },
    wire::{
        codec::{self, Malformed},
        limits,
    },
};

/// One prekey of this device.
#[derive(Clone, Debug)]
pub struct OwnPrekey {
    id: u32,
    kind: Kind,
    noise: NoiseSecret,
    ratchet: DhSecret,
    created: Timestamp,
    superseded: Option<Timestamp>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Record {
    #[n(0)]
    id: u32,
    #[n(1)]
    kind: Kind,
    #[n(2)]
    noise: Secret<32>,
    #[n(3)]
    ratchet: Secret<32>,
    #[n(4)]
    created: Timestamp,
    #[n(5)]
    superseded: Option<Timestamp>,
}

impl OwnPrekey {
    /// A fresh prekey.
    pub fn create(id: u32, kind: Kind, now: Timestamp, rng: &mut dyn CryptoRng) -> Self {
        Self {
            id,
            kind,
            noise: NoiseSecret::random(rng),
            ratchet: DhSecret::random(rng),
            created: now,
            superseded: None,
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// How often it may be used.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// When it was made.
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// Until when others may use it.
    pub fn not_after(&self) -> Timestamp {
        self.created.plus(LIFETIME)
    }

    /// When its secrets are to be erased: a one-time prekey's with its end, a medium-term one's 14
    /// days after another took its place.
    pub fn erase_at(&self) -> Option<Timestamp> {
        match self.kind {
            Kind::OneTime => Some(self.not_after()),
            Kind::Medium => self.superseded.map(|at| at.plus(GRACE)),
        }
    }

    /// `prekey`: what others need.
    pub fn sign(&self, device: &Device) -> Vec<u8> {
        let body = self.body(device.id());
        Signed {
            signature: device.sign("prekey", &body),
            body,
        }
        .encode()
    }

    /// `prekey_body`.
    pub(in crate::proto) fn body(&self, device: DeviceId) -> Vec<u8> {
        codec::to_vec(&Body {
            version: VERSION,
            device,
            id: self.id,
            kind: self.kind,
            noise: *self.noise.public().as_bytes(),
            ratchet: self.ratchet.public(),
            created: self.created,
            not_after: self.not_after(),
            suites: SUITE_1,
            kem: KemKey(None),
        })
    }

    /// `PK`, for snow.
    pub(in crate::proto) fn noise(&self) -> &NoiseSecret {
        &self.noise
    }

    /// `RK`, for the ratchet.
    pub(in crate::proto) fn ratchet(&self) -> &DhSecret {
        &self.ratchet
    }

    /// What is remembered of it.
    pub fn to_record(&self) -> Zeroizing<Vec<u8>> {
        secret::encode(&Record {
            id: self.id,
            kind: self.kind,
            noise: self.noise.secret().clone(),
            ratchet: self.ratchet.secret().clone(),
            created: self.created,
            superseded: self.superseded,
        })
    }

    /// Reads a record.
    pub fn from_record(record: &[u8]) -> Result<Self, Malformed> {
        let record: Record = secret::decode(record)?;
        Ok(Self {
            id: record.id,
            kind: record.kind,
            noise: NoiseSecret::from_secret(record.noise),
            ratchet: DhSecret::from_secret(record.ratchet),
            created: record.created,
            superseded: record.superseded,
        })
    }
}

/// All prekeys of this device: one medium-term one in use, older ones until their grace ends, and
/// one-time ones that nobody has used yet.
#[derive(Debug, Default)]
pub struct OwnPrekeys {
    by_id: BTreeMap<u32, OwnPrekey>,
}

/// What [`OwnPrekeys::handle_timeout`] changed, by number: the caller remembers the first and
/// forgets the second.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PrekeyChanges {
    /// New, or changed.
    pub changed: Vec<u32>,
    /// Gone.
    pub erased: Vec<u32>,
}

impl OwnPrekeys {
    /// The prekeys that were remembered.
    pub fn restore(prekeys: impl IntoIterator<Item = OwnPrekey>) -> Self {
        Self {
            by_id: prekeys.into_iter().map(|p| (p.id, p)).collect(),
        }
    }

    /// The medium-term prekey in use; none before the first [`OwnPrekeys::handle_timeout`].
    pub fn medium(&self) -> Option<&OwnPrekey> {
        self.by_id
            .values()
            .find(|p| p.kind == Kind::Medium && p.superseded.is_none())
    }

    /// A prekey by its number.
    pub fn get(&self, id: u32) -> Option<&OwnPrekey> {
        self.by_id.get(&id)
    }

    /// The numbers of all, in ascending order.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.by_id.keys().copied()
    }

    /// Makes a one-time prekey to hand out. At [`limits::ONE_TIME_PREKEYS`] there is none: the
    /// medium-term one is handed out instead.
    pub fn make_one_time(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) -> Option<&OwnPrekey> {
        let unused = self.by_id.values().filter(|p| p.kind == Kind::OneTime);
        if unused.count() >= limits::ONE_TIME_PREKEYS {
            return None;
        }
        let id = self.add(Kind::OneTime, now, rng);
        self.by_id.get(&id)
    }

    /// Takes a one-time prekey out, because a session began with it. A medium-term one stays.
    pub fn use_up(&mut self, id: u32) -> Option<OwnPrekey> {
        let one_time = self.by_id.get(&id).is_some_and(|p| p.kind == Kind::OneTime);
        if one_time {
            self.by_id.remove(&id)
        } else {
            None
        }
    }

    /// When [`OwnPrekeys::handle_timeout`] next has work.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let rotation = self
            .medium()
            .map_or(Timestamp(0), |p| p.created.plus(ROTATION));
        let erasures = self.by_id.values().filter_map(OwnPrekey::erase_at);
        erasures.chain([rotation]).min()
    }

    /// Puts a new medium-term prekey in the place of one that is a week old, and erases what is to
    /// be erased.
    pub fn handle_timeout(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) -> PrekeyChanges {
        let mut changes = PrekeyChanges::default();
        let current = self.medium().map(|p| (p.id, p.created.plus(ROTATION)));
        if current.is_none_or(|(_, due)| due <= now) {
            if let Some(old) = current.and_then(|(id, _)| self.by_id.get_mut(&id)) {
                old.superseded = Some(now);
                changes.changed.push(old.id);
            }
            changes.changed.push(self.add(Kind::Medium, now, rng));
        }
        self.by_id.retain(|id, prekey| {
            let erased = prekey.erase_at().is_some_and(|at| at <= now);
            if erased {
                changes.erased.push(*id);
            }
            !erased
        });
        changes
    }

    /// Random numbers: a device set back to an older state must not give one number to two prekeys.
    fn add(&mut self, kind: Kind, now: Timestamp, rng: &mut dyn CryptoRng) -> u32 {
        let mut id = rng.next_u32();
        while self.by_id.contains_key(&id) {
            id = id.wrapping_add(1);
        }
        self.by_id.insert(id, OwnPrekey::create(id, kind, now, rng));
        id
    }
}

/// How long a medium-term prekey is handed out.
const ROTATION: u64 = 7 * DAY;

/// How long the secrets of a medium-term prekey outlive it.
const GRACE: u64 = 14 * DAY;
