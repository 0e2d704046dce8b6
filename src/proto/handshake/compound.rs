//! The two Noise messages and what ties them together, byte for byte (protocol §3.2).

use snow::{Builder, HandshakeState};
use zeroize::{Zeroize, Zeroizing};

use super::{HandshakeError, SessionSecrets, resolver::Resolver};
use crate::proto::{
    card::Token,
    crypto::{
        dh::{NoisePublic, NoiseSecret},
        kdf::{derive, derive_n, hash, label},
    },
    id::{PersonId, SessionId},
    secret::Secret,
};

const N: &str = "Noise_N_25519_ChaChaPoly_SHA256";
const XPSK0: &str = "Noise_Xpsk0_25519_ChaChaPoly_SHA256";

/// What a pair of messages is for: names that keep one use from being taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A session begins.
    Session,
    /// A secret is carried, once.
    OneShot,
}

impl Use {
    /// The names under which the first and the second prologue and the psk are made.
    fn names(self) -> [&'static str; 3] {
        match self {
            Self::Session => ["hs-n", "hs-x", "hs-psk"],
            Self::OneShot => ["os-n", "os-x", "os-psk"],
        }
    }
}

/// What both sides must agree on for the handshake to succeed.
pub(super) struct Bound<'a> {
    /// What the messages are for.
    pub(super) purpose: Use,
    /// `hdr`
    pub(super) header: &'a [u8],
    /// The responder's account. Without it, somebody who certifies the responder's key as their own
    /// could pass the initiator's words off as meant for them.
    pub(super) person: &'a PersonId,
    /// The responder's `cert_body`.
    pub(super) certificate: &'a [u8],
    /// `prekey_body`
    pub(super) prekey: &'a [u8],
    /// Known to both at first contact.
    pub(super) token: Option<&'a Token>,
}

/// The keys of an initiator.
pub(super) struct InitiatorKeys<'a> {
    /// `DX_A`
    pub(super) device: &'a NoiseSecret,
    /// `DX_B`
    pub(super) peer: NoisePublic,
    /// `PK_B`
    pub(super) prekey: NoisePublic,
    /// `e1` and `e2`: fresh, random.
    pub(super) ephemerals: (Secret<32>, Secret<32>),
}

/// The keys of a responder.
#[derive(Clone, Copy)]
pub(super) struct ResponderKeys<'a> {
    /// `DX_B`
    pub(super) device: &'a NoiseSecret,
    /// `PK_B`
    pub(super) prekey: &'a NoiseSecret,
}

/// What an initiator has at the end.
pub(super) struct Written {
    pub(super) m1: Vec<u8>,
    pub(super) m2: Vec<u8>,
    pub(super) secrets: SessionSecrets,
}

/// What a responder has at the end.
pub(super) struct Read {
    pub(super) payload: Zeroizing<Vec<u8>>,
    pub(super) initiator: NoisePublic,
    pub(super) secrets: SessionSecrets,
}

/// Writes both messages.
pub(super) fn write(
    bound: &Bound<'_>,
    keys: InitiatorKeys<'_>,
    payload: &[u8],
) -> Result<Written, HandshakeError> {
    let (e1, e2) = keys.ephemerals;
    let prologue = bound.prologue_1();
    let mut first = builder(N, Some(e1), &prologue)?
        .remote_public_key(keys.peer.as_bytes())?
        .build_initiator()?;
    let m1 = write_message(&mut first, &[])?;
    let first = Finished::of(&mut first)?;

    let psk = first.psk(bound);
    let prologue = bound.prologue_2(&first.hash);
    let mut second = builder(XPSK0, Some(e2), &prologue)?
        .local_private_key(keys.device.secret().expose())?
        .remote_public_key(keys.prekey.as_bytes())?
        .psk(0, psk.expose())?
        .build_initiator()?;
    let m2 = write_message(&mut second, payload)?;
    let secrets = Finished::of(&mut second)?.session();
    Ok(Written { m1, m2, secrets })
}

/// Reads both messages.
pub(super) fn read(
    bound: &Bound<'_>,
    keys: ResponderKeys<'_>,
    m1: &[u8],
    m2: &[u8],
) -> Result<Read, HandshakeError> {
    let prologue = bound.prologue_1();
    let mut first = builder(N, None, &prologue)?
        .local_private_key(keys.device.secret().expose())?
        .build_responder()?;
    read_message(&mut first, m1)?;
    let first = Finished::of(&mut first)?;

    let psk = first.psk(bound);
    let prologue = bound.prologue_2(&first.hash);
    let mut second = builder(XPSK0, None, &prologue)?
        .local_private_key(keys.prekey.secret().expose())?
        .psk(0, psk.expose())?
        .build_responder()?;
    let payload = read_message(&mut second, m2)?;
    let initiator = second
        .get_remote_static()
        .and_then(|key| NoisePublic::parse(key.try_into().ok()?))
        .ok_or(HandshakeError::Refused)?;
    let secrets = Finished::of(&mut second)?.session();
    Ok(Read {
        payload,
        initiator,
        secrets,
    })
}

impl Bound<'_> {
    fn prologue_1(&self) -> Vec<u8> {
        let [name, _, _] = self.purpose.names();
        let mut out = label(name);
        out.extend(self.header);
        for part in [&self.person.0, self.certificate, self.prekey] {
            // LP: the parts are bounded by wire::limits.
            out.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend(part);
        }
        out
    }

    /// Suite 1 has no KEM: its ciphertext is empty.
    fn prologue_2(&self, h1: &[u8; 32]) -> Vec<u8> {
        let [_, name, _] = self.purpose.names();
        [label(name).as_slice(), h1, &hash(&[])].concat()
    }
}

/// A finished handshake: its hash and the raw split, which is input to key derivation only.
struct Finished {
    hash: [u8; 32],
    split: Secret<64>,
}

impl Finished {
    fn of(state: &mut HandshakeState) -> Result<Self, HandshakeError> {
        if !state.is_handshake_finished() {
            return Err(HandshakeError::Refused);
        }
        let hash = state.get_handshake_hash();
        let hash = hash.try_into().map_err(|_| HandshakeError::Refused)?;
        let (mut one, mut two) = state.dangerously_get_raw_split();
        let split = Secret::filled_by(|split| {
            let both = one.iter().chain(&two);
            split
                .iter_mut()
                .zip(both)
                .for_each(|(to, from)| *to = *from);
        });
        one.zeroize();
        two.zeroize();
        Ok(Self { hash, split })
    }

    /// What `Noise_N` gives to `Noise_Xpsk0`.
    fn psk(&self, bound: &Bound<'_>) -> Secret<32> {
        let [_, _, name] = bound.purpose.names();
        let token = Zeroizing::new(bound.token.map_or([0; 32], Token::psk_part));
        let no_kem = [0; 32];
        let ikm = Secret::<128>::filled_by(|ikm| {
            let all = self.split.expose().iter().chain(&no_kem).chain(&*token);
            ikm.iter_mut().zip(all).for_each(|(to, from)| *to = *from);
        });
        derive(name, ikm.expose(), &self.hash, &hash(&[]))
    }

    /// What the whole gives to the session.
    fn session(&self) -> SessionSecrets {
        let id = derive_n::<16>("dr-sid", self.split.expose(), &self.hash, &[]);
        SessionSecrets {
            sk: derive("dr-sk", self.split.expose(), &self.hash, &[]),
            id: SessionId(*id.expose()),
        }
    }
}

fn builder<'a>(
    pattern: &str,
    ephemeral: Option<Secret<32>>,
    prologue: &'a [u8],
) -> Result<Builder<'a>, snow::Error> {
    let resolver = Box::new(Resolver { ephemeral });
    Builder::with_resolver(pattern.parse()?, resolver).prologue(prologue)
}

fn write_message(state: &mut HandshakeState, payload: &[u8]) -> Result<Vec<u8>, HandshakeError> {
    let mut out = vec![0; payload.len() + LONGEST_OVERHEAD];
    let len = state.write_message(payload, &mut out)?;
    out.truncate(len);
    Ok(out)
}

fn read_message(
    state: &mut HandshakeState,
    message: &[u8],
) -> Result<Zeroizing<Vec<u8>>, HandshakeError> {
    let mut out = Zeroizing::new(vec![0; message.len()]);
    let len = state.read_message(message, &mut out)?;
    out.truncate(len);
    Ok(out)
}

/// What a message of our patterns has beside its payload: two keys and two tags.
const LONGEST_OVERHEAD: usize = 96;

/// snow's reasons are not passed on: they would be an oracle.
impl From<snow::Error> for HandshakeError {
    fn from(_: snow::Error) -> Self {
        Self::Refused
    }
}

#[cfg(test)]
mod tests;
