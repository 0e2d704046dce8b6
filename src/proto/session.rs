//! Pairwise sessions: a double ratchet between two devices (protocol §3.4), and the few that two
//! devices may have at once (§3.5).
//!
//! Authenticate, then change state: [`Session::open`] derives beside the state, and takes the result
//! over only after the tag has verified.

use minicbor::{Decode, Encode, bytes::ByteVec};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use self::ratchet::{Place, Ratchet};
use super::{
    crypto::{
        aead,
        dh::DhPublic,
        kdf::{derive_n, label},
    },
    handshake::{Initiated, Responded},
    id::{DeviceId, SessionId},
    prekey::OwnPrekey,
    secret::Secret,
    time::{DAY, Timestamp},
};

mod ratchet;
mod reset;
mod set;
mod skipped;

pub use reset::ResetBackoff;
pub use set::{Accept, Pairwise, Records, SessionSet, Skipped};

/// One session of this device with another.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
pub struct Session {
    #[n(0)]
    id: SessionId,
    #[n(1)]
    ours: DeviceId,
    #[n(2)]
    theirs: DeviceId,
    #[n(3)]
    generation: u32,
    /// Goes with every message until the peer has answered.
    #[n(4)]
    init: Option<ByteVec>,
    /// The hash of the initiation that began the session, if the peer did.
    #[cbor(n(5), with = "minicbor::bytes")]
    accepted: Option<[u8; 32]>,
    #[n(6)]
    ratchet: Ratchet,
    /// Messages sent since the peer last took a step of the ratchet.
    #[n(7)]
    unanswered: u32,
    /// When the first of them was sent.
    #[n(8)]
    waiting_since: Option<Timestamp>,
}

/// Why nothing was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There is no session with the device.
    #[error("no session with this device")]
    NoSession,
    /// The session can seal no more.
    #[error("the session is used up")]
    Exhausted,
}

/// Why a message did not open. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It has not the form of a message.
    #[error("not a message")]
    Malformed,
    /// It begins with an initiation from which there is no session: respond to it first.
    #[error("it begins a session that is not known")]
    UnknownInit,
    /// The initiation is from another device than the one named.
    #[error("another device began this session")]
    Foreign,
    /// More messages are missing before it than may be skipped.
    #[error("too many messages are missing before it")]
    TooFarAhead,
    /// No key fits: it was altered, was opened before, is of a session that is gone, or of another
    /// device.
    #[error("no key opens it")]
    Unreadable,
}

/// Bytes of `hdr = ratchet_pub(32) ‖ pn u32 ‖ n u32 ‖ salt(16)`.
const HEADER: usize = 56;

/// The first byte of a message that stands alone.
const PLAIN: u8 = 0;

/// The first byte of a message that begins with an initiation.
const WITH_INIT: u8 = 1;

/// As many messages without an answer, or as long, and a session is to be replaced: a chain without
/// steps does not heal.
const UNANSWERED: u32 = 500;
const UNANSWERED_FOR: u64 = 7 * DAY;

impl Session {
    /// The session of an initiator.
    fn initiated(initiated: Initiated, ours: DeviceId, theirs: DeviceId) -> Self {
        Self {
            id: initiated.session.id,
            ours,
            theirs,
            generation: initiated.generation,
            init: Some(initiated.init.into()),
            accepted: None,
            ratchet: Ratchet::of_initiator(initiated.session.sk, initiated.ratchet),
            unanswered: 0,
            waiting_since: None,
        }
    }

    /// The session of a responder, who cannot seal before it has opened a message.
    fn responded(responded: Responded, prekey: &OwnPrekey, ours: DeviceId) -> Self {
        Self {
            id: responded.secrets.id,
            ours,
            theirs: responded.payload.device,
            generation: responded.payload.generation,
            init: None,
            accepted: Some(responded.replay_hash),
            ratchet: Ratchet::of_responder(responded.secrets.sk, prekey.ratchet().clone()),
            unanswered: 0,
            waiting_since: None,
        }
    }

    /// Its id.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Its generation: the session of the highest is used.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether it has been used for so long without an answer that a new one is due.
    pub fn needs_fresh(&self, now: Timestamp) -> bool {
        let waited = |since: Timestamp| now.since(since) >= UNANSWERED_FOR;
        self.unanswered >= UNANSWERED || self.waiting_since.is_some_and(waited)
    }

    /// Seals a message for the peer, bound to `ctx`. The state must be on disk before the result
    /// leaves this device.
    pub fn seal(
        &mut self,
        rng: &mut dyn CryptoRng,
        now: Timestamp,
        ctx: &[u8; 32],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let (place, message_key) = self.ratchet.next_key(rng)?;
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        self.unanswered = self.unanswered.saturating_add(1);
        self.waiting_since.get_or_insert(now);

        let header = Header { place, salt }.to_bytes();
        let (key, nonce) = self.cipher_key(&message_key, &salt);
        let ad = self.associated(self.ours, self.theirs, &header, ctx);
        let sealed = aead::seal(&key, &nonce, &ad, plaintext);
        let prefix = match &self.init {
            None => vec![PLAIN],
            Some(init) => {
                let len = u16::try_from(init.len()).unwrap_or(u16::MAX);
                [&[WITH_INIT], &len.to_be_bytes()[..], init].concat()
            }
        };
        Ok([prefix.as_slice(), &header, &sealed].concat())
    }

    /// Opens a message of the peer, bound to `ctx`. The initiation with which it may begin is passed
    /// over. If it does not open, nothing changes.
    pub fn open(
        &mut self,
        now: Timestamp,
        message: &[u8],
        ctx: &[u8; 32],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.open_body(now, SessionSet::split(message)?.body, ctx)
    }

    fn open_body(
        &mut self,
        now: Timestamp,
        body: &[u8],
        ctx: &[u8; 32],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (bytes, sealed) = body.split_first_chunk().ok_or(OpenError::Malformed)?;
        let header = Header::from_bytes(bytes).ok_or(OpenError::Malformed)?;
        let (message_key, advance) = self.ratchet.key_for(&header.place)?;
        let (key, nonce) = self.cipher_key(&message_key, &header.salt);
        let ad = self.associated(self.theirs, self.ours, bytes, ctx);
        let plaintext = aead::open(&key, &nonce, &ad, sealed).ok_or(OpenError::Unreadable)?;

        if self.ratchet.commit(advance, now) {
            self.unanswered = 0;
            self.waiting_since = None;
        }
        self.init = None;
        Ok(plaintext)
    }

    /// Whether the ratchet key of a message is one that this session has seen.
    fn knows(&self, body: &[u8]) -> bool {
        body.first_chunk()
            .and_then(Header::from_bytes)
            .is_some_and(|header| self.ratchet.knows(&header.place))
    }

    /// `key ‖ nonce`, with the salt that keeps them apart even after a state was restored.
    fn cipher_key(&self, message_key: &Secret<32>, salt: &[u8; 16]) -> (Secret<32>, [u8; 12]) {
        let both = derive_n::<44>("dr-msg", message_key.expose(), salt, &self.id.0);
        split_key(&both)
    }

    fn associated(
        &self,
        sender: DeviceId,
        receiver: DeviceId,
        header: &[u8; HEADER],
        ctx: &[u8; 32],
    ) -> Vec<u8> {
        let label = label("dr-ad");
        [&label, &self.id.0[..], &sender.0, &receiver.0, header, ctx].concat()
    }
}

/// A derived key and the nonce that follows it.
fn split_key(both: &Secret<44>) -> (Secret<32>, [u8; 12]) {
    let mut nonce = [0; 12];
    let rest = both.expose().iter().skip(32);
    nonce
        .iter_mut()
        .zip(rest)
        .for_each(|(to, from)| *to = *from);
    let key = Secret::filled_by(|key| {
        key.iter_mut()
            .zip(both.expose())
            .for_each(|(to, from)| *to = *from);
    });
    (key, nonce)
}

/// The header of a ratchet message.
struct Header {
    place: Place,
    salt: [u8; 16],
}

impl Header {
    fn to_bytes(&self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        let place = &self.place;
        let (previous, number) = (place.previous.to_be_bytes(), place.number.to_be_bytes());
        let all = place.key.0.iter().chain(&previous).chain(&number);
        let all = all.chain(&self.salt);
        out.iter_mut().zip(all).for_each(|(to, from)| *to = *from);
        out
    }

    fn from_bytes(bytes: &[u8; HEADER]) -> Option<Self> {
        let (key, rest) = bytes.split_first_chunk()?;
        let (previous, rest) = rest.split_first_chunk()?;
        let (number, salt) = rest.split_first_chunk()?;
        Some(Self {
            place: Place {
                key: DhPublic(*key),
                previous: u32::from_be_bytes(*previous),
                number: u32::from_be_bytes(*number),
            },
            salt: salt.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::reference;
