//! Prekeys: what somebody needs, beside a device's certificate, to write to it while it is away
//! (protocol §3.3).

use minicbor::{
    Decode, Decoder, Encode, Encoder,
    bytes::ByteVec,
    decode::Error as DecodeError,
    encode::{Error as EncodeError, Write},
};

use super::{
    crypto::dh::{DhPublic, NoisePublic},
    id::DeviceId,
    identity::{DeviceList, Rejected, Signed, VERSION, claimed_id},
    time::{DAY, Timestamp},
};
use crate::wire::{codec, limits};

mod own;

pub use own::{OwnPrekey, OwnPrekeys, PrekeyChanges};

/// How long after it was made a prekey may be used to begin a session.
pub const LIFETIME: u64 = 21 * DAY;

/// How often a prekey may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// By many, until it is replaced after a week.
    #[n(0)]
    Medium,
    /// Once.
    #[n(1)]
    OneTime,
}

/// Suite 1, as a bit of `suites` and as the first byte of an initiation.
pub(super) const SUITE_1: u8 = 1;

/// A verified prekey of somebody's device, with the bytes in which it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prekey {
    device: DeviceId,
    id: u32,
    kind: Kind,
    noise: NoisePublic,
    ratchet: DhPublic,
    not_after: Timestamp,
    created: Timestamp,
    body: Vec<u8>,
    bytes: Vec<u8>,
}

/// `prekey_body`.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Body {
    #[n(0)]
    version: u8,
    #[n(1)]
    device: DeviceId,
    #[n(2)]
    id: u32,
    #[n(3)]
    kind: Kind,
    #[cbor(n(4), with = "minicbor::bytes")]
    noise: [u8; 32],
    #[n(5)]
    ratchet: DhPublic,
    #[n(6)]
    created: Timestamp,
    #[n(7)]
    not_after: Timestamp,
    /// A bit for each suite, the lowest for suite 1.
    #[n(8)]
    suites: u8,
    #[n(9)]
    kem: KemKey,
}

/// The ML-KEM-768 key of suite 2, or null. Not an `Option`, because that is left out at the end of
/// an array.
struct KemKey(Option<ByteVec>);

/// Bytes of an ML-KEM-768 encapsulation key (FIPS 203).
const KEM_KEY: usize = 1184;

impl<C> Encode<C> for KemKey {
    fn encode<W: Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        self.0.encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for KemKey {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
        Option::decode(d, ctx).map(Self)
    }
}

impl Prekey {
    /// Verifies a prekey of a device on `list`, of at most [`limits::PREKEY`] bytes.
    pub fn verify(bytes: &[u8], list: &DeviceList, now: Timestamp) -> Result<Self, Rejected> {
        Self::read(bytes, list, now, true)
    }

    /// Reads a prekey that was verified with this list before it was kept. Its signature is not looked at
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
        let signed = Signed::decode(bytes, limits::PREKEY)?;
        let device = DeviceId(claimed_id(&signed.body, 1)?);
        let certificate = list.device(&device).ok_or(Rejected::Foreign)?;
        if verify {
            certificate
                .ds
                .verify("prekey", &signed.body, &signed.signature)
                .map_err(|_| Rejected::Signature)?;
        }

        let body: Body = codec::from_slice(&signed.body, limits::PREKEY)?;
        let kem_fits = body.kem.0.as_ref().is_none_or(|key| key.len() == KEM_KEY);
        if body.version != VERSION || body.suites & SUITE_1 == 0 || !kem_fits {
            return Err(Rejected::Malformed);
        }
        // The ratchet key is checked in the same way when it is used.
        NoisePublic::parse(body.ratchet.0).ok_or(Rejected::Key)?;
        if body.not_after < now {
            return Err(Rejected::Expired);
        }
        Ok(Self {
            device,
            id: body.id,
            kind: body.kind,
            noise: NoisePublic::parse(body.noise).ok_or(Rejected::Key)?,
            ratchet: body.ratchet,
            not_after: body.not_after,
            created: body.created,
            body: signed.body,
            bytes: bytes.to_vec(),
        })
    }

    /// Whose prekey it is.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// Its number at that device.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// How often it may be used.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// When it was made, as it says; an initiator takes the newest.
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// Until when it may be used.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The responder's key of the handshake (`pk_pub`).
    pub fn noise(&self) -> NoisePublic {
        self.noise
    }

    /// The responder's first ratchet key (`rk_pub`).
    pub fn ratchet(&self) -> DhPublic {
        self.ratchet
    }

    /// `prekey_body`.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// `prekey`, as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests;
