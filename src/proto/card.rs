//! The contact card: what one person gives another, as a link or a QR code, to become contacts
//! (protocol §2.3).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use minicbor::{Decode, Encode};

use super::{
    crypto::{
        kdf::{self, hmac, hmac_matches, label},
        sign::VerifyingKey,
    },
    id::PersonId,
    time::{MINUTE, Timestamp},
};
use crate::wire::{
    id::{Address, PeerId, byte_id, hex},
    limits,
};

/// A contact card.
///
/// ```text
/// card = 0x01 ‖ ak_pub(32) ‖ nk_pub(32) ‖ token(16) ‖ expires u32 (minutes) ‖
///        n u8 ‖ n × (len u8 ‖ multiaddr) ‖ [relay card]
/// ```
///
/// The relay card, if there is one, is all that follows the addresses: 1 to
/// [`limits::RELAY_CARD`] bytes, which are the CBOR array of protocol §6.2. It is kept as it came.
///
/// The card is not signed: the account key, obtained out of band, is the trust anchor. A lie in any
/// other field can only prevent contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Who gives the card.
    pub person: PersonId,
    /// Their node.
    pub peer: PeerId,
    /// The right to be heard.
    pub token: Token,
    /// When the token ends; whole minutes in the encoded form.
    pub expires: Timestamp,
    /// Where the node may be reached; those above [`limits::ADDRESSES`] in number or 255 bytes in
    /// length are left out of the encoded form.
    pub addresses: Vec<Address>,
    /// The relay card, opaque.
    pub relay: Option<Vec<u8>>,
}

/// The right to make first contact: enters the psk of the handshake. Random; usually for one use.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Token(#[cbor(with = "minicbor::bytes")] pub [u8; 16]);

byte_id!(
    /// Names a [`Token`] without giving it away.
    TokenId, 8, hex
);

/// Text that is no contact card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Something else.
    #[error("This is not a Betwixt invite: copy all of one, which begins with {LINK} or {QR}.")]
    NotACard,
    /// Not whole, or altered.
    #[error("This invite is damaged or not complete: copy all of it and try again.")]
    Damaged,
    /// Of a version to come.
    #[error("This invite was made by a newer Betwixt: update Betwixt to use it.")]
    Newer,
}

/// What comes before the base64url of a card, RFC 4648 §5 without padding. Whatever follows `#`
/// never reaches a web server.
const LINK: &str = "betwixt://c/#";

/// What comes before the base45 of a card (RFC 9285), so that the QR code is in alphanumeric mode.
const QR: &str = "BX1:";

/// The version that begins a card.
const VERSION: u8 = 1;

impl Card {
    /// The card as a link.
    pub fn to_link(&self) -> String {
        format!("{LINK}{}", BASE64URL_NOPAD.encode(&self.to_bytes()))
    }

    /// The card as the text of a QR code.
    pub fn to_qr_text(&self) -> String {
        format!("{QR}{}", base45::encode(self.to_bytes()))
    }

    /// Reads a link or the text of a QR code, as people paste it: in any case where case does not
    /// matter, broken into lines, in quotes or angle brackets.
    pub fn parse(text: &str) -> Result<Self, CardError> {
        if text.len() > LONGEST_TEXT {
            return Err(CardError::NotACard);
        }
        let around = |c: char| c.is_whitespace() || "<>\"'“”‘’`".contains(c);
        let text = text.trim_matches(around);
        let bytes = if let Some(rest) = after(text, QR) {
            // A space is a digit of base45, but never the last.
            let digits: String = rest.chars().filter(|c| !"\r\n\t".contains(*c)).collect();
            base45::decode(digits.to_uppercase()).map_err(|_| CardError::Damaged)?
        } else {
            let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let rest = after(&text, LINK).ok_or(CardError::NotACard)?;
            let digits = rest.trim_end_matches(['=', '.', ',']);
            BASE64URL_NOPAD
                .decode(digits.as_bytes())
                .map_err(|_| CardError::Damaged)?
        };
        Self::from_bytes(&bytes)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let minutes = u32::try_from(self.expires.0 / MINUTE).unwrap_or(u32::MAX);
        let addresses: Vec<(u8, &[u8])> = self
            .addresses
            .iter()
            .filter_map(|a| Some((u8::try_from(a.0.len()).ok()?, a.0.as_slice())))
            .take(limits::ADDRESSES)
            .collect();
        let mut out = vec![VERSION];
        out.extend(self.person.0);
        out.extend(self.peer.0);
        out.extend(self.token.0);
        out.extend(minutes.to_be_bytes());
        out.extend(u8::try_from(addresses.len()));
        for (len, address) in addresses {
            out.push(len);
            out.extend(address);
        }
        out.extend(self.relay.iter().flatten());
        out
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, CardError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Self::read(rest).ok_or(CardError::Damaged),
            Some((0, _)) | None => Err(CardError::Damaged),
            Some(_) => Err(CardError::Newer),
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > limits::CONTACT_CARD {
            return None;
        }
        let (person, rest) = bytes.split_first_chunk()?;
        let (peer, rest) = rest.split_first_chunk()?;
        let (token, rest) = rest.split_first_chunk()?;
        let (minutes, rest) = rest.split_first_chunk()?;
        let (count, mut rest) = rest.split_first()?;
        if usize::from(*count) > limits::ADDRESSES {
            return None;
        }
        let mut addresses = Vec::with_capacity(usize::from(*count));
        for _ in 0..*count {
            let (len, after) = rest.split_first()?;
            let (address, after) = after.split_at_checked(usize::from(*len))?;
            addresses.push(Address(address.to_vec()));
            rest = after;
        }
        if rest.len() > limits::RELAY_CARD {
            return None;
        }
        VerifyingKey::parse(person)?;
        VerifyingKey::parse(peer)?;
        Some(Self {
            person: PersonId(*person),
            peer: PeerId(*peer),
            token: Token(*token),
            expires: Timestamp(u64::from(u32::from_be_bytes(*minutes)) * MINUTE),
            addresses,
            relay: (!rest.is_empty()).then(|| rest.to_vec()),
        })
    }
}

/// Longer than any card, with room for line breaks.
const LONGEST_TEXT: usize = 4 * limits::CONTACT_CARD;

/// What follows `prefix`, compared without regard to case.
fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

impl Token {
    /// Names it: `H(L("token-id") ‖ token)[0..8]`.
    pub fn id(&self) -> TokenId {
        let hash = kdf::hash(&[&label("token-id"), &self.0]);
        let mut id = [0; 8];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        TokenId(id)
    }

    /// What of it enters the psk: `H(L("token") ‖ token)`.
    pub(super) fn psk_part(&self) -> [u8; 32] {
        kdf::hash(&[&label("token"), &self.0])
    }
}

/// Does not print the token.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Proves, to the one peer who can check it, that the asking peer has the token:
/// `HMAC(token, L("bundle") ‖ asking ‖ answering ‖ nonce)`, with the peer ids in libp2p's binary
/// form.
pub fn bundle_proof(
    token: &Token,
    asking: PeerId,
    answering: PeerId,
    nonce: &[u8; 16],
) -> [u8; 32] {
    hmac(
        &token.0,
        &bundle_parts(asking, answering, nonce)
            .each_ref()
            .map(AsRef::as_ref),
    )
}

/// Whether `proof` is the [`bundle_proof`], decided in constant time.
pub fn bundle_proof_fits(
    token: &Token,
    asking: PeerId,
    answering: PeerId,
    nonce: &[u8; 16],
    proof: &[u8; 32],
) -> bool {
    let parts = bundle_parts(asking, answering, nonce);
    hmac_matches(&token.0, &parts.each_ref().map(AsRef::as_ref), proof)
}

fn bundle_parts(asking: PeerId, answering: PeerId, nonce: &[u8; 16]) -> [Vec<u8>; 4] {
    [
        label("bundle"),
        asking.to_multihash().to_vec(),
        answering.to_multihash().to_vec(),
        nonce.to_vec(),
    ]
}

#[cfg(test)]
mod tests;
