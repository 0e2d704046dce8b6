use proptest::prelude::*;

use super::*;
use crate::proto::{
    known::{known, known_array},
    people::{NOW, Person, alice, bob, person},
};

const TOKEN: Token = Token([7; 16]);

fn payload(alice: &Person) -> InitPayload {
    InitPayload {
        device: alice.device.id(),
        list_seq: 1,
        generation: 1,
        created: NOW,
    }
}

fn init_with(alice: &mut Person, bob: &Person, token: Option<&Token>) -> Initiated {
    let prekey = bob.public_prekey();
    let request = Initiate {
        device: &alice.device,
        peer: bob.device.certificate(),
        prekey: &prekey,
        token,
        payload: payload(alice),
    };
    initiate(request, &mut alice.rng).unwrap()
}

fn respond_with(
    bob: &Person,
    token: Option<&Token>,
    init: &[u8],
) -> Result<Responded, HandshakeError> {
    let request = Respond {
        device: &bob.device,
        person: bob.account.person(),
        prekey: &bob.prekey,
        token,
    };
    respond(request, init)
}

#[test]
fn both_sides_have_the_same_secrets() {
    let (mut alice, bob) = (alice(), bob());
    for token in [None, Some(&TOKEN)] {
        let initiated = init_with(&mut alice, &bob, token);
        let responded = respond_with(&bob, token, &initiated.init).unwrap();

        assert_eq!(initiated.init.len(), INIT);
        assert_eq!(INIT, 207);
        assert_eq!(responded.secrets.sk, initiated.session.sk);
        assert_eq!(responded.secrets.id, initiated.session.id);
        assert_eq!(responded.payload, payload(&alice));
        assert!(responded.is_from(alice.device.certificate()));
    }
}

#[test]
fn the_payload_is_padded_as_in_the_reference() {
    let payload = InitPayload {
        device: DeviceId(known_array("identity", "device_id")),
        list_seq: 1,
        generation: 5,
        created: NOW,
    };

    assert_eq!(payload.padded().as_slice(), known("init_payload", "padded"));
    assert_eq!(InitPayload::from_padded(&payload.padded()), Some(payload));
}

#[test]
fn the_longest_payload_fits() {
    let payload = InitPayload {
        device: DeviceId([0xff; 16]),
        list_seq: u64::MAX,
        generation: limits::GENERATION,
        created: Timestamp(u64::MAX),
    };

    assert_eq!(InitPayload::from_padded(&payload.padded()), Some(payload));
}

#[test]
fn a_payload_with_dirty_padding_or_too_high_a_generation_is_refused() {
    let good = payload(&alice());
    let mut dirty = good.padded();
    dirty[47] = 1;
    let high = InitPayload {
        generation: limits::GENERATION + 1,
        ..good
    };

    assert_eq!(InitPayload::from_padded(&dirty), None);
    assert_eq!(InitPayload::from_padded(&high.padded()), None);
}

#[test]
fn the_header_tells_what_to_look_up() {
    let (mut alice, bob) = (alice(), bob());
    let plain = init_with(&mut alice, &bob, None).init;
    let with_token = init_with(&mut alice, &bob, Some(&TOKEN)).init;

    let header = InitHeader::parse(&plain).unwrap();
    assert_eq!((header.suite, header.prekey_id), (1, bob.prekey.id()));
    assert_eq!(header.token_id, None);
    let header = InitHeader::parse(&with_token).unwrap();
    assert_eq!(header.token_id, Some(TOKEN.id()));
}

#[test]
fn the_replay_hash_is_that_of_the_two_messages() {
    let (mut alice, bob) = (alice(), bob());
    let init = init_with(&mut alice, &bob, None).init;
    let expected = kdf::hash(&[&init[13..61], &init[63..]]);

    assert_eq!(InitHeader::parse(&init).unwrap().replay_hash, expected);
    for _ in 0..3 {
        let responded = respond_with(&bob, None, &init).unwrap();
        assert_eq!(responded.replay_hash, expected);
    }
    let other = init_with(&mut alice, &bob, None).init;
    assert_ne!(InitHeader::parse(&other).unwrap().replay_hash, expected);
}

#[test]
fn the_same_chance_gives_the_same_initiation() {
    let bob = bob();

    let one = init_with(&mut alice(), &bob, None).init;
    let two = init_with(&mut alice(), &bob, None).init;

    assert_eq!(one, two);
}

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    let (mut alice, bob) = (alice(), bob());
    let init = init_with(&mut alice, &bob, Some(&TOKEN)).init;
    for index in 0..init.len() {
        let mut init = init.clone();
        init[index] ^= 1;

        assert!(
            respond_with(&bob, Some(&TOKEN), &init).is_err(),
            "byte {index}"
        );
    }
}

#[test]
fn the_suite_cannot_be_changed_on_the_way() {
    let (mut alice, bob) = (alice(), bob());
    let mut init = init_with(&mut alice, &bob, None).init;
    init[0] = 2;

    assert!(matches!(
        respond_with(&bob, None, &init),
        Err(HandshakeError::Malformed)
    ));
}

#[test]
fn ephemeral_keys_of_low_order_are_refused() {
    let (mut alice, bob) = (alice(), bob());
    let init = init_with(&mut alice, &bob, None).init;
    for start in [13, 63] {
        let mut init = init.clone();
        init[start..start + 32].fill(0);

        assert!(matches!(
            respond_with(&bob, None, &init),
            Err(HandshakeError::Refused)
        ));
    }
}

#[test]
fn an_initiation_is_read_only_with_the_token_that_it_names() {
    let (mut alice, bob) = (alice(), bob());
    let plain = init_with(&mut alice, &bob, None).init;
    let with_token = init_with(&mut alice, &bob, Some(&TOKEN)).init;

    for (init, token) in [
        (&plain, Some(&TOKEN)),
        (&with_token, None),
        (&with_token, Some(&Token([8; 16]))),
    ] {
        assert!(matches!(
            respond_with(&bob, token, init),
            Err(HandshakeError::Mismatch)
        ));
    }
}

#[test]
fn an_initiation_to_somebody_else_is_refused() {
    let (mut alice, bob, carol) = (alice(), bob(), person(3));
    let init = init_with(&mut alice, &bob, None).init;

    assert!(respond_with(&carol, None, &init).is_err());
}

#[test]
fn the_prekey_must_be_of_the_device_and_the_payload_of_ours() {
    let (mut alice, bob, carol) = (alice(), bob(), person(3));
    let prekey = bob.public_prekey();
    let good = Initiate {
        device: &alice.device,
        peer: bob.device.certificate(),
        prekey: &prekey,
        token: None,
        payload: payload(&alice),
    };

    for bad in [
        Initiate {
            peer: carol.device.certificate(),
            ..good
        },
        Initiate {
            payload: payload(&carol),
            ..good
        },
    ] {
        assert!(matches!(
            initiate(bad, &mut alice.rng),
            Err(HandshakeError::Mismatch)
        ));
    }
}

/// Mallory makes an initiation with her own key that says it is Alice's.
#[test]
fn a_device_cannot_speak_as_another() {
    let (alice, bob, mut mallory) = (alice(), bob(), person(4));
    let prekey = bob.public_prekey();
    let bound_body = bob.device.certificate();
    let header = write_header(prekey.id(), None);
    let keys = InitiatorKeys {
        device: mallory.device.noise(),
        peer: bound_body.dx,
        prekey: prekey.noise(),
        ephemerals: (
            Secret::random(&mut mallory.rng),
            Secret::random(&mut mallory.rng),
        ),
    };
    let bound = Bound {
        purpose: Use::Session,
        header: &header,
        person: &bob.account.person(),
        certificate: bound_body.body(),
        prekey: prekey.body(),
        token: None,
    };
    let written = compound::write(&bound, keys, &payload(&alice).padded()).unwrap();
    let init = Parts {
        header: &header,
        m1: &written.m1,
        m2: &written.m2,
    }
    .join();

    let responded = respond_with(&bob, None, &init).unwrap();

    assert!(!responded.is_from(alice.device.certificate()));
    assert!(!responded.is_from(mallory.device.certificate()));
}

proptest! {
    #[test]
    fn any_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bob = bob();
        prop_assert!(InitHeader::parse(&bytes).is_err() || bytes.len() == INIT);
        prop_assert!(respond_with(&bob, None, &bytes).is_err());
    }

    #[test]
    fn any_messages_after_a_good_header_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), INIT)) {
        let bob = bob();
        let mut init = bytes;
        init[..HEADER].copy_from_slice(&write_header(bob.prekey.id(), None));
        init[61..63].copy_from_slice(&144u16.to_be_bytes());
        prop_assert!(InitHeader::parse(&init).is_ok());
        prop_assert!(respond_with(&bob, None, &init).is_err());
    }
}
