//! The key agreement: `Noise_N` to the device, then `Noise_Xpsk0` to its prekey (protocol §3.2).
//!
//! One message from the initiator; the responder needs no state of its own and may be away. snow
//! computes; its states live inside one function call and are dropped at the first error.

use minicbor::{Decode, Encode};
use rand_core::CryptoRng;

use self::compound::{Bound, InitiatorKeys, ResponderKeys, Use};
use super::{
    card::{Token, TokenId},
    crypto::{
        dh::{DhPublic, NoisePublic},
        kdf,
    },
    id::{DeviceId, PersonId, SessionId},
    identity::{Certificate, Device},
    prekey::{OwnPrekey, Prekey, SUITE_1},
    secret::Secret,
    time::Timestamp,
};
use crate::wire::{codec, limits};

mod compound;
mod one_shot;
mod resolver;

pub use one_shot::{open_once, prekey_of, seal_once};

/// What the initiator says under the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct InitPayload {
    /// The initiator's device. Its id is a hash of its certificate, hence of its account.
    #[n(0)]
    pub device: DeviceId,
    /// The number of its account's device list.
    #[n(1)]
    pub list_seq: u64,
    /// 1 and the highest generation that the initiator has seen between the two devices; at most
    /// [`limits::GENERATION`].
    #[n(2)]
    pub generation: u32,
    /// When the session began, as the initiator says.
    #[n(3)]
    pub created: Timestamp,
}

/// What an initiator needs.
#[derive(Clone, Copy, Debug)]
pub struct Initiate<'a> {
    /// This device.
    pub device: &'a Device,
    /// The device to write to.
    pub peer: &'a Certificate,
    /// A prekey of that device.
    pub prekey: &'a Prekey,
    /// The right to be heard, at first contact.
    pub token: Option<&'a Token>,
    /// What to say under the handshake.
    pub payload: InitPayload,
}

/// An initiation to send, and what both sides have after it.
#[derive(Debug)]
pub struct Initiated {
    /// Goes before every message of the session until the first reply.
    pub init: Vec<u8>,
    /// The session's secrets.
    pub session: SessionSecrets,
    /// The responder's first ratchet key.
    pub ratchet: DhPublic,
    /// The session's generation.
    pub generation: u32,
}

/// What a responder needs.
#[derive(Clone, Copy, Debug)]
pub struct Respond<'a> {
    /// This device.
    pub device: &'a Device,
    /// This person.
    pub person: PersonId,
    /// The prekey that the initiation names.
    pub prekey: &'a OwnPrekey,
    /// The token that the initiation names.
    pub token: Option<&'a Token>,
}

/// An initiation that was read. Nothing is to be remembered of it before [`Responded::is_from`] has
/// said yes and the first message of the session has opened.
#[derive(Debug)]
pub struct Responded {
    /// What the initiator says.
    pub payload: InitPayload,
    /// The key with which the initiator proved itself.
    pub initiator_dx: NoisePublic,
    /// Of the messages; accepted once only for as long as the prekey lives.
    pub replay_hash: [u8; 32],
    /// The session's secrets.
    pub secrets: SessionSecrets,
}

/// What a handshake gives to a session.
#[derive(Debug)]
pub struct SessionSecrets {
    /// `SK`.
    pub sk: Secret<32>,
    /// `session_id`.
    pub id: SessionId,
}

/// The beginning of an initiation, which anybody can read: what the responder has to look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitHeader {
    /// The suite; 1.
    pub suite: u8,
    /// The prekey that the initiator used.
    pub prekey_id: u32,
    /// The token that the initiator has.
    pub token_id: Option<TokenId>,
    /// Of the messages: [`Responded::replay_hash`].
    pub replay_hash: [u8; 32],
}

/// Why there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The initiation has not the form of one, or is of another suite.
    #[error("not an initiation")]
    Malformed,
    /// The prekey, token or device are not those that the initiation or each other name.
    #[error("the keys do not belong together")]
    Mismatch,
    /// The initiation is not to these keys, or was altered.
    #[error("the initiation does not open with these keys")]
    Refused,
}

/// Bytes of [`Parts::header`].
const HEADER: usize = 13;
/// Bytes of the message of `Noise_N`: an ephemeral key and a tag.
const M1: usize = 48;
/// Bytes to which the payload is padded.
const PAYLOAD: usize = 48;
/// Bytes of the message of `Noise_Xpsk0`: an ephemeral key, a sealed static key, the sealed payload.
const M2: usize = 32 + 48 + PAYLOAD + 16;
/// Bytes of an initiation of suite 1.
pub const INIT: usize = HEADER + M1 + 2 + M2;

/// Begins a session with a device.
pub fn initiate(
    initiate: Initiate<'_>,
    rng: &mut dyn CryptoRng,
) -> Result<Initiated, HandshakeError> {
    let Initiate {
        device,
        peer,
        prekey,
        token,
        payload,
    } = initiate;
    if prekey.device() != peer.id || payload.device != device.id() {
        return Err(HandshakeError::Mismatch);
    }
    let header = write_header(prekey.id(), token);
    let bound = Bound {
        purpose: Use::Session,
        header: &header,
        person: &peer.person,
        certificate: peer.body(),
        prekey: prekey.body(),
        token,
    };
    let keys = InitiatorKeys {
        device: device.noise(),
        peer: peer.dx,
        prekey: prekey.noise(),
        ephemerals: (Secret::random(rng), Secret::random(rng)),
    };
    let written = compound::write(&bound, keys, &payload.padded())?;
    Ok(Initiated {
        init: Parts {
            header: &header,
            m1: &written.m1,
            m2: &written.m2,
        }
        .join(),
        session: written.secrets,
        ratchet: prekey.ratchet(),
        generation: payload.generation,
    })
}

/// Reads an initiation. The caller has looked up the prekey and the token with
/// [`InitHeader::parse`], and refuses a [`InitHeader::replay_hash`] that it has accepted before.
pub fn respond(respond: Respond<'_>, init: &[u8]) -> Result<Responded, HandshakeError> {
    let Respond {
        device,
        person,
        prekey,
        token,
    } = respond;
    let parts = Parts::split(init).ok_or(HandshakeError::Malformed)?;
    let named = InitHeader::parse(init)?;
    if named.prekey_id != prekey.id() || named.token_id != token.map(Token::id) {
        return Err(HandshakeError::Mismatch);
    }
    let prekey_body = prekey.body(device.id());
    let bound = Bound {
        purpose: Use::Session,
        header: parts.header,
        person: &person,
        certificate: device.certificate().body(),
        prekey: &prekey_body,
        token,
    };
    let keys = ResponderKeys {
        device: device.noise(),
        prekey: prekey.noise(),
    };
    let read = compound::read(&bound, keys, parts.m1, parts.m2)?;
    Ok(Responded {
        payload: InitPayload::from_padded(&read.payload).ok_or(HandshakeError::Malformed)?,
        initiator_dx: read.initiator,
        replay_hash: named.replay_hash,
        secrets: read.secrets,
    })
}

impl InitHeader {
    /// Reads the header of an initiation of suite 1.
    pub fn parse(init: &[u8]) -> Result<Self, HandshakeError> {
        let parts = Parts::split(init).ok_or(HandshakeError::Malformed)?;
        let read = || -> Option<Self> {
            let (suite, rest) = parts.header.split_first()?;
            let (prekey_id, token_id) = rest.split_first_chunk()?;
            let token_id = token_id.try_into().ok()?;
            Some(Self {
                suite: *suite,
                prekey_id: u32::from_be_bytes(*prekey_id),
                token_id: (token_id != [0; 8]).then_some(TokenId(token_id)),
                replay_hash: kdf::hash(&[parts.m1, parts.m2]),
            })
        };
        match read() {
            Some(header) if header.suite == SUITE_1 => Ok(header),
            _ => Err(HandshakeError::Malformed),
        }
    }
}

impl Responded {
    /// Whether the initiator is this device: the handshake was made with its key, and names it.
    pub fn is_from(&self, certificate: &Certificate) -> bool {
        self.payload.device == certificate.id && self.initiator_dx == certificate.dx
    }
}

impl InitPayload {
    fn padded(&self) -> [u8; PAYLOAD] {
        let mut out = [0; PAYLOAD];
        let encoded = codec::to_vec(self);
        out.iter_mut()
            .zip(encoded)
            .for_each(|(to, from)| *to = from);
        out
    }

    fn from_padded(bytes: &[u8]) -> Option<Self> {
        let payload: Self = minicbor::decode(bytes).ok()?;
        let strict = payload.padded() == *bytes && payload.generation <= limits::GENERATION;
        strict.then_some(payload)
    }
}

/// `init = hdr ‖ m1 ‖ u16(len m2) ‖ m2`; the KEM's ciphertext of suite 2 stands before the length.
struct Parts<'a> {
    header: &'a [u8],
    m1: &'a [u8],
    m2: &'a [u8],
}

impl<'a> Parts<'a> {
    fn split(init: &'a [u8]) -> Option<Self> {
        let (header, rest) = init.split_at_checked(HEADER)?;
        let (m1, rest) = rest.split_at_checked(M1)?;
        let (len, m2) = rest.split_first_chunk()?;
        let fits = m2.len() == M2 && usize::from(u16::from_be_bytes(*len)) == M2;
        fits.then_some(Self { header, m1, m2 })
    }

    fn join(&self) -> Vec<u8> {
        let len = u16::try_from(self.m2.len()).unwrap_or(u16::MAX);
        [self.header, self.m1, &len.to_be_bytes(), self.m2].concat()
    }
}

/// `hdr = suite u8 ‖ pk_id u32 ‖ token_id(8)`.
fn write_header(prekey_id: u32, token: Option<&Token>) -> Vec<u8> {
    let token_id = token.map_or([0; 8], |token| token.id().0);
    [&[SUITE_1], &prekey_id.to_be_bytes()[..], &token_id].concat()
}

#[cfg(test)]
mod tests;
