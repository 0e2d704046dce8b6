//! A secret carried once to a prekey (protocol §4.5): the two messages of a handshake that begins no
//! session, with the secret as what is said under it.
//!
//! `one_shot = hdr ‖ m1 ‖ u16(len m2) ‖ m2`, with names of its own and no token.

use rand_core::CryptoRng;

use super::{
    HEADER, HandshakeError, M1,
    compound::{self, Bound, InitiatorKeys, ResponderKeys, Use},
    write_header,
};
use crate::proto::{
    identity::{Certificate, Device},
    prekey::{OwnPrekey, Prekey, SUITE_1},
    secret::Secret,
};

/// Bytes of the second message: an ephemeral key, a sealed static key, the sealed secret.
const M2: usize = 32 + 48 + 32 + 16;

/// Bytes of a one-shot.
pub const ONE_SHOT: usize = HEADER + M1 + 2 + M2;

/// Seals a secret to a prekey of a device.
pub fn seal_once(
    device: &Device,
    peer: &Certificate,
    prekey: &Prekey,
    secret: &Secret<32>,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, HandshakeError> {
    if prekey.device() != peer.id {
        return Err(HandshakeError::Mismatch);
    }
    let header = write_header(prekey.id(), None);
    let bound = Bound {
        purpose: Use::OneShot,
        header: &header,
        person: &peer.person,
        certificate: peer.body(),
        prekey: prekey.body(),
        token: None,
    };
    let keys = InitiatorKeys {
        device: device.noise(),
        peer: peer.dx,
        prekey: prekey.noise(),
        ephemerals: (Secret::random(rng), Secret::random(rng)),
    };
    let written = compound::write(&bound, keys, secret.expose())?;
    let len = u16::try_from(written.m2.len()).unwrap_or(u16::MAX);
    Ok([&header[..], &written.m1, &len.to_be_bytes(), &written.m2].concat())
}

/// The number of the prekey to which a one-shot is sealed.
pub fn prekey_of(message: &[u8]) -> Option<u32> {
    let (suite, rest) = message.split_first()?;
    let (id, _) = rest.split_first_chunk()?;
    (*suite == SUITE_1 && message.len() == ONE_SHOT).then_some(u32::from_be_bytes(*id))
}

/// Opens a one-shot of `sender` to a prekey of this device.
pub fn open_once(
    device: &Device,
    prekey: &OwnPrekey,
    sender: &Certificate,
    message: &[u8],
) -> Result<Secret<32>, HandshakeError> {
    if prekey_of(message) != Some(prekey.id()) {
        return Err(HandshakeError::Mismatch);
    }
    let parts = || {
        let (header, rest) = message.split_at_checked(HEADER)?;
        let (m1, rest) = rest.split_at_checked(M1)?;
        let (len, m2) = rest.split_first_chunk()?;
        (usize::from(u16::from_be_bytes(*len)) == M2).then_some((header, m1, m2))
    };
    let (header, m1, m2) = parts().ok_or(HandshakeError::Malformed)?;
    let prekey_body = prekey.body(device.id());
    let person = device.person();
    let bound = Bound {
        purpose: Use::OneShot,
        header,
        person: &person,
        certificate: device.certificate().body(),
        prekey: &prekey_body,
        token: None,
    };
    let keys = ResponderKeys {
        device: device.noise(),
        prekey: prekey.noise(),
    };
    let read = compound::read(&bound, keys, m1, m2)?;
    let secret: &[u8; 32] = read
        .payload
        .as_slice()
        .try_into()
        .map_err(|_| HandshakeError::Malformed)?;
    if read.initiator != sender.dx {
        return Err(HandshakeError::Refused);
    }
    Ok(Secret::filled_by(|out| out.copy_from_slice(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{
        crypto::{dh::NoiseSecret, sign::SigningKey},
        id::PersonId,
        known::known,
        people::{alice, bob, person},
    };

    #[test]
    fn a_secret_arrives_once_sealed_and_only_from_whom_it_is_and_where_it_goes() {
        let (mut alice, bob, carol) = (alice(), bob(), person(3));
        let secret = Secret::new([0x77; 32]);
        let (to, prekey) = (bob.device.certificate(), bob.public_prekey());

        let sealed = seal_once(&alice.device, to, &prekey, &secret, &mut alice.rng).unwrap();

        assert_eq!((sealed.len(), ONE_SHOT), (191, 191));
        assert_eq!(prekey_of(&sealed), Some(7));
        let open = |device, own, from, message: &[u8]| open_once(device, own, from, message).ok();
        let (from, others) = (alice.device.certificate(), carol.device.certificate());
        assert_eq!(open(&bob.device, &bob.prekey, from, &sealed), Some(secret));
        assert_eq!(open(&bob.device, &bob.prekey, others, &sealed), None);
        assert_eq!(open(&carol.device, &carol.prekey, from, &sealed), None);
        assert_eq!(open(&bob.device, &carol.prekey, from, &sealed), None);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(open(&bob.device, &bob.prekey, from, &altered), None, "{at}");
        }
    }

    #[test]
    fn a_one_shot_is_byte_for_byte_that_of_the_reference() {
        let key = |byte| NoiseSecret::from_secret(Secret::new([byte; 32]));
        let account = SigningKey::from_secret(Secret::new([0xb0; 32]));
        let person = PersonId(*account.verifying_key().as_bytes());
        let header = write_header(7, None);
        let bound = Bound {
            purpose: Use::OneShot,
            header: &header,
            person: &person,
            certificate: b"cert-body-of-b",
            prekey: b"prekey-body-of-b",
            token: None,
        };
        let (device, peer, prekey) = (key(0x11), key(0x22), key(0x33));
        let keys = InitiatorKeys {
            device: &device,
            peer: peer.public(),
            prekey: prekey.public(),
            ephemerals: (Secret::new([0x44; 32]), Secret::new([0x55; 32])),
        };

        let written = compound::write(&bound, keys, &[0x77; 32]).unwrap();

        let message = [&header[..], &written.m1, &[0, 128], &written.m2].concat();
        assert_eq!(message, known("one_shot", "message"));
    }
}
