use proptest::prelude::*;

use super::*;
use crate::proto::{
    crypto::{kdf, sign::SigningKey},
    known::{known, known_array},
    people::{NOW, Person, alice, bob, known_person, person},
    secret::Secret,
};

fn body(person: &Person) -> Body {
    Body {
        version: VERSION,
        person: person.account.person(),
        seq: 2,
        previous: [7; 32],
        issued: NOW,
        certificates: vec![person.device.certificate().body().to_vec().into()],
        revoked: Vec::new(),
    }
}

/// A list with this body, signed by the right keys.
fn signed(person: &Person, body: &Body) -> Vec<u8> {
    DeviceList::sign(&person.account, body, &[&person.device]).bytes
}

#[test]
fn the_first_list_is_byte_for_byte_that_of_the_reference() {
    let (account, device) = known_person();

    let list = DeviceList::first(&account, &device, Timestamp(1_760_000_000_000));

    assert_eq!(account.person().0, known_array("identity", "ak_pub"));
    assert_eq!(device.id().0, known_array("identity", "device_id"));
    assert_eq!(list.bytes(), known("identity", "device_list"));
    assert_eq!(DeviceList::verify(list.bytes()), Ok(list));
}

#[test]
fn a_certificate_is_byte_for_byte_that_of_the_reference() {
    let (account, device) = known_person();
    let ours = device.certificate();

    let again = Certificate::create(account.person(), 1, (ours.ds, ours.dx), ours.created);

    assert_eq!(again.body(), known("identity", "cert_body"));
    assert_eq!(again, *ours);
}

#[test]
fn the_second_list_of_the_reference_replaces_the_first() {
    let first = DeviceList::verify(&known("identity", "device_list")).unwrap();
    let second = DeviceList::verify(&known("identity", "device_list_2")).unwrap();

    assert_eq!(second.seq(), 2);
    assert_eq!(second.devices(), first.devices());
    assert_eq!(second.compare(&first), ListOrder::Newer);
    assert_eq!(first.compare(&second), ListOrder::Older);
    assert_eq!(first.compare(&first.clone()), ListOrder::Same);
}

#[test]
fn two_lists_with_one_number_are_a_conflict() {
    let alice = alice();
    let mut other = body(&alice);
    other.seq = 1;
    let other = DeviceList::verify(&signed(&alice, &other)).unwrap();

    assert_eq!(alice.list.compare(&other), ListOrder::Conflict);
    assert_eq!(alice.list.compare(&bob().list), ListOrder::Conflict);
}

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    let list = alice().list;
    for index in 0..list.bytes().len() {
        let mut bytes = list.bytes().to_vec();
        bytes[index] ^= 1;

        assert!(DeviceList::verify(&bytes).is_err(), "byte {index}");
    }
}

#[test]
fn a_list_that_another_account_signed_is_refused() {
    let (alice, bob) = (alice(), bob());

    let list = DeviceList::sign(&bob.account, &body(&alice), &[&alice.device]);

    assert_eq!(DeviceList::verify(&list.bytes), Err(Rejected::Signature));
}

#[test]
fn nobody_can_put_a_device_of_somebody_else_on_their_list() {
    let (alice, bob) = (alice(), bob());
    let mut stolen = body(&alice);
    stolen.certificates = vec![bob.device.certificate().body().to_vec().into()];
    let theirs = DeviceList::sign(&alice.account, &stolen, &[&bob.device]);
    assert_eq!(DeviceList::verify(&theirs.bytes), Err(Rejected::Foreign));

    // The same keys under her own account: the proof of possession is missing.
    let keys = (bob.device.certificate().ds, bob.device.certificate().dx);
    let claimed = Certificate::create(alice.account.person(), 1, keys, NOW);
    stolen.certificates = vec![claimed.body().to_vec().into()];
    let hers = DeviceList::sign(&alice.account, &stolen, &[&alice.device]);
    assert_eq!(DeviceList::verify(&hers.bytes), Err(Rejected::Signature));
}

#[test]
fn a_revoked_device_is_no_longer_valid() {
    let alice = alice();
    let mut revoking = body(&alice);
    revoking.revoked = vec![Revocation {
        device: alice.device.id(),
        at: NOW,
    }];

    let list = DeviceList::verify(&signed(&alice, &revoking)).unwrap();

    assert_eq!(list.device(&alice.device.id()), None);
    assert!(list.devices().is_empty());
    assert!(alice.list.device(&alice.device.id()).is_some());
}

#[test]
fn a_list_above_a_limit_is_refused() {
    let alice = alice();
    let one = Revocation {
        device: DeviceId([1; 16]),
        at: NOW,
    };
    let mut many = body(&alice);
    many.revoked = std::iter::repeat_with(|| Revocation { ..one })
        .take(limits::REVOCATIONS)
        .collect();
    assert!(DeviceList::verify(&signed(&alice, &many)).is_ok());
    many.revoked.push(one);
    assert_eq!(
        DeviceList::verify(&signed(&alice, &many)),
        Err(Rejected::Malformed)
    );

    let none = Body {
        certificates: Vec::new(),
        ..body(&alice)
    };
    let empty = DeviceList::sign(&alice.account, &none, &[]);
    assert_eq!(DeviceList::verify(&empty.bytes), Err(Rejected::Malformed));

    let devices: Vec<Device> = (0..=8)
        .map(|number| Device::create(&alice.account, number, NOW, &mut person(50).rng))
        .collect();
    for (count, accepted) in [(limits::DEVICES, true), (limits::DEVICES + 1, false)] {
        let devices: Vec<&Device> = devices.iter().take(count).collect();
        let certificates = devices
            .iter()
            .map(|d| d.certificate().body().to_vec().into());
        let full = Body {
            certificates: certificates.collect(),
            ..body(&alice)
        };
        let list = DeviceList::sign(&alice.account, &full, &devices);
        assert_eq!(DeviceList::verify(&list.bytes).is_ok(), accepted, "{count}");
    }
}

#[test]
fn a_device_may_not_stand_on_a_list_twice() {
    let alice = alice();
    let mut twice = body(&alice);
    twice.certificates.push(twice.certificates[0].clone());

    let list = DeviceList::sign(&alice.account, &twice, &[&alice.device, &alice.device]);

    assert_eq!(DeviceList::verify(&list.bytes), Err(Rejected::Malformed));
}

#[test]
fn a_list_of_another_version_is_refused() {
    let alice = alice();
    let newer = Body {
        version: 2,
        ..body(&alice)
    };

    assert_eq!(
        DeviceList::verify(&signed(&alice, &newer)),
        Err(Rejected::Malformed)
    );
}

/// A certificate is signed properly, but its handshake key is of low order.
#[test]
fn a_handshake_key_of_low_order_is_refused() {
    let alice = alice();
    let ds = SigningKey::from_secret(Secret::new([3; 32]));
    let zeros: &[u8] = &[0; 32];
    let certificate = minicbor::to_vec((
        VERSION,
        alice.account.person(),
        1,
        ByteVec::from(ds.verifying_key().as_bytes().to_vec()),
        ByteVec::from(zeros.to_vec()),
        NOW,
        0,
    ))
    .unwrap();
    let list = codec::to_vec(&Body {
        certificates: vec![certificate.clone().into()],
        ..body(&alice)
    });
    let outer = Outer {
        signature: alice.account.sign_list(&list),
        body: list,
        proofs: vec![ds.sign("device-pop", &certificate).into()],
    };

    assert_eq!(
        DeviceList::verify(&codec::to_vec(&outer)),
        Err(Rejected::Key)
    );
}

#[test]
fn records_of_an_account_and_a_device_give_them_back() {
    let alice = alice();

    let account = Account::from_record(&alice.account.to_record()).unwrap();
    let device = Device::from_record(&alice.device.to_record()).unwrap();

    assert_eq!(account.person(), alice.account.person());
    assert_eq!(account.words(), alice.account.words());
    assert_eq!(device.certificate(), alice.device.certificate());
    assert_eq!(device.peer(), alice.device.peer());
    assert_eq!(
        DeviceList::first(&account, &device, NOW).bytes(),
        alice.list.bytes()
    );
}

#[test]
fn a_device_record_with_the_certificate_of_another_is_refused() {
    let (alice, bob) = (alice(), bob());
    let record = (
        Secret::new([1; 32]),
        alice.device.noise().secret().clone(),
        alice.device.node_secret().clone(),
        ByteVec::from(alice.device.certificate().body().to_vec()),
    );
    assert!(Device::from_record(&crate::proto::secret::encode(&record)).is_err());

    let record = alice.device.to_record();
    let theirs = bob.device.certificate().body();
    let mixed = [&record[..record.len() - theirs.len()], theirs].concat();
    assert!(Device::from_record(&mixed).is_err());
}

#[test]
fn the_words_give_the_account_back_but_not_its_device() {
    let alice = alice();

    let again = Account::from_words(&alice.account.words()).unwrap();

    assert_eq!(again.person(), alice.account.person());
    let device = Device::create(&again, 1, NOW, &mut person(60).rng);
    assert_ne!(device.id(), alice.device.id());
    assert_ne!(
        kdf::hash(&[device.certificate().dx.as_bytes()]),
        kdf::hash(&[alice.device.certificate().dx.as_bytes()])
    );
}

proptest! {
    #[test]
    fn any_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(DeviceList::verify(&bytes).is_err());
        prop_assert!(Account::from_record(&bytes).is_err());
        prop_assert!(Device::from_record(&bytes).is_err());
        let outer = Outer { body: bytes, signature: [0; 64], proofs: Vec::new() };
        prop_assert!(DeviceList::verify(&codec::to_vec(&outer)).is_err());
    }

    /// Signed by the right account, so that what is inside is read.
    #[test]
    fn any_signed_certificate_does_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let alice = alice();
        let odd = Body { certificates: vec![bytes.into()], ..body(&alice) };
        prop_assert!(DeviceList::verify(&signed(&alice, &odd)).is_err());
    }
}
