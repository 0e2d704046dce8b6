use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::proto::{
    crypto::dh::DhSecret,
    identity::{Device, DeviceList},
    known::known,
    people::{NOW, alice, bob, known_person},
    secret::{self, Secret},
    time::{HOUR, MINUTE},
};

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn signed(device: &Device, body: &Body) -> Vec<u8> {
    let body = codec::to_vec(body);
    Signed {
        signature: device.sign("prekey", &body),
        body,
    }
    .encode()
}

#[test]
fn a_prekey_is_byte_for_byte_that_of_the_reference() {
    let (account, device) = known_person();
    let list = DeviceList::first(&account, &device, NOW);
    let record = (
        7,
        Kind::Medium,
        Secret::new([0xc5; 32]),
        Secret::new([0xc6; 32]),
        NOW,
    );
    let prekey = OwnPrekey::from_record(&secret::encode(&record)).unwrap();

    let bytes = prekey.sign(&device);

    assert_eq!(bytes, known("identity", "prekey"));
    let theirs = Prekey::verify(&bytes, &list, NOW).unwrap();
    assert_eq!(theirs.body(), known("identity", "prekey_body"));
    assert_eq!(theirs.body(), prekey.body(device.id()));
    assert_eq!(theirs.bytes(), bytes);
    assert_eq!((theirs.id(), theirs.kind()), (7, Kind::Medium));
    assert_eq!(theirs.device(), device.id());
    assert_eq!(theirs.noise(), prekey.noise().public());
    assert_eq!(theirs.ratchet(), prekey.ratchet().public());
}

#[test]
fn a_prekey_that_offers_suite_2_as_well_is_read() {
    let (account, device) = known_person();
    let list = DeviceList::first(&account, &device, NOW);

    let prekey = Prekey::verify(&known("identity", "prekey_suite_2"), &list, NOW).unwrap();

    assert_eq!((prekey.id(), prekey.kind()), (8, Kind::OneTime));
}

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    let alice = alice();
    let bytes = alice.prekey.sign(&alice.device);
    for index in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[index] ^= 1;

        assert!(
            Prekey::verify(&bytes, &alice.list, NOW).is_err(),
            "byte {index}"
        );
    }
}

#[test]
fn a_prekey_of_another_device_is_refused() {
    let (alice, bob) = (alice(), bob());
    let forged = alice.prekey.sign(&bob.device);

    assert_eq!(
        Prekey::verify(&forged, &alice.list, NOW),
        Err(Rejected::Foreign)
    );
}

#[test]
fn a_prekey_ends_with_its_time() {
    let alice = alice();
    let bytes = alice.prekey.sign(&alice.device);
    let end = NOW.plus(LIFETIME);

    assert!(Prekey::verify(&bytes, &alice.list, end).is_ok());
    assert_eq!(
        Prekey::verify(&bytes, &alice.list, end.plus(1)),
        Err(Rejected::Expired)
    );
}

#[test]
fn keys_of_low_order_and_other_suites_are_refused() {
    let alice = alice();
    let good = || Body {
        version: VERSION,
        device: alice.device.id(),
        id: 1,
        kind: Kind::OneTime,
        noise: *alice.prekey.noise().public().as_bytes(),
        ratchet: DhSecret::from_secret(Secret::new([1; 32])).public(),
        created: NOW,
        not_after: NOW,
        suites: 1,
        kem: KemKey(None),
    };
    let verify = |body: &Body| Prekey::verify(&signed(&alice.device, body), &alice.list, NOW);
    assert!(verify(&good()).is_ok());

    let mut one = [0; 32];
    one[0] = 1;
    let bad = Body {
        noise: one,
        ..good()
    };
    assert_eq!(verify(&bad), Err(Rejected::Key));
    let bad = Body {
        ratchet: DhPublic([0; 32]),
        ..good()
    };
    assert_eq!(verify(&bad), Err(Rejected::Key));
    let bad = Body {
        suites: 2,
        ..good()
    };
    assert_eq!(verify(&bad), Err(Rejected::Malformed));
    let bad = Body {
        version: 2,
        ..good()
    };
    assert_eq!(verify(&bad), Err(Rejected::Malformed));
    let bad = Body {
        kem: KemKey(Some(vec![0; 3].into())),
        ..good()
    };
    assert_eq!(verify(&bad), Err(Rejected::Malformed));
}

#[test]
fn a_record_gives_the_prekey_back() {
    let (alice, mut rng) = (alice(), rng());
    let mut prekeys = OwnPrekeys::default();
    prekeys.handle_timeout(NOW, &mut rng);
    prekeys.handle_timeout(NOW.plus(8 * DAY), &mut rng);
    let one_time = prekeys.make_one_time(NOW, &mut rng).unwrap().id();

    for id in prekeys.ids().chain([one_time]).collect::<Vec<_>>() {
        let prekey = prekeys.get(id).unwrap();
        let again = OwnPrekey::from_record(&prekey.to_record()).unwrap();
        assert_eq!(again.sign(&alice.device), prekey.sign(&alice.device));
        assert_eq!(again.erase_at(), prekey.erase_at());
        assert_eq!(again.to_record(), prekey.to_record());
    }
}

/// What happens over 60 days when the machine looks every hour.
#[test]
fn a_medium_term_prekey_is_replaced_weekly_and_erased_two_weeks_later() {
    let mut rng = rng();
    let mut prekeys = OwnPrekeys::default();
    assert_eq!(prekeys.poll_timeout(), Some(Timestamp(0)));
    let mut made = Vec::new();
    let mut erased = Vec::new();
    for hour in 0..60 * 24 {
        let now = NOW.plus(hour * HOUR);
        let due = prekeys.poll_timeout().is_some_and(|at| at <= now);

        let changes = prekeys.handle_timeout(now, &mut rng);

        assert_eq!(due, changes != PrekeyChanges::default(), "{hour}");
        if let Some(id) = changes.changed.last() {
            made.push((hour / 24, *id));
            assert_eq!(prekeys.medium().map(OwnPrekey::id), Some(*id));
        }
        erased.extend(changes.erased.iter().map(|id| (hour / 24, *id)));
    }

    let days = |list: &[(u64, u32)]| list.iter().map(|(day, _)| *day).collect::<Vec<_>>();
    assert_eq!(days(&made), [0, 7, 14, 21, 28, 35, 42, 49, 56]);
    assert_eq!(days(&erased), [21, 28, 35, 42, 49, 56]);
    let ids = |list: &[(u64, u32)]| list.iter().map(|(_, id)| *id).collect::<Vec<_>>();
    assert_eq!(ids(&erased), ids(&made)[..6]);
}

#[test]
fn a_one_time_prekey_is_used_once_and_a_medium_term_one_again_and_again() {
    let mut rng = rng();
    let mut prekeys = OwnPrekeys::default();
    prekeys.handle_timeout(NOW, &mut rng);
    let medium = prekeys.medium().unwrap().id();
    let one_time = prekeys.make_one_time(NOW, &mut rng).unwrap().id();

    assert!(prekeys.use_up(one_time).is_some());
    assert!(prekeys.use_up(one_time).is_none());
    assert!(prekeys.get(one_time).is_none());
    assert!(prekeys.use_up(medium).is_none());
    assert!(prekeys.get(medium).is_some());
}

#[test]
fn strangers_cannot_make_us_hold_one_time_prekeys_without_end() {
    let mut rng = rng();
    let mut prekeys = OwnPrekeys::default();

    for _ in 0..limits::ONE_TIME_PREKEYS {
        assert!(prekeys.make_one_time(NOW, &mut rng).is_some());
    }

    assert!(prekeys.make_one_time(NOW, &mut rng).is_none());
    let changes = prekeys.handle_timeout(NOW.plus(LIFETIME), &mut rng);
    assert_eq!(changes.erased.len(), limits::ONE_TIME_PREKEYS);
    assert!(
        prekeys
            .make_one_time(NOW.plus(LIFETIME), &mut rng)
            .is_some()
    );
}

#[test]
fn what_was_remembered_is_restored() {
    let mut rng = rng();
    let mut prekeys = OwnPrekeys::default();
    prekeys.handle_timeout(NOW, &mut rng);
    prekeys.make_one_time(NOW, &mut rng);
    let records: Vec<_> = prekeys
        .ids()
        .filter_map(|id| Some(prekeys.get(id)?.to_record()))
        .collect();

    let restored = records.iter().map(|r| OwnPrekey::from_record(r).unwrap());
    let mut restored = OwnPrekeys::restore(restored);

    assert_eq!(restored.poll_timeout(), prekeys.poll_timeout());
    assert_eq!(
        restored.medium().map(OwnPrekey::id),
        prekeys.medium().map(OwnPrekey::id)
    );
    let unchanged = restored.handle_timeout(NOW.plus(MINUTE), &mut rng);
    assert_eq!(unchanged, PrekeyChanges::default());
}

proptest! {
    /// Signed by the right device, so that what is inside is read.
    #[test]
    fn any_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let alice = alice();
        prop_assert!(Prekey::verify(&bytes, &alice.list, NOW).is_err());
        prop_assert!(OwnPrekey::from_record(&bytes).is_err());
        let mut body = vec![0x8a, 1, 0x50];
        body.extend(alice.device.id().0);
        body.extend(&bytes);
        let signature = alice.device.sign("prekey", &body);
        let signed = Signed { body, signature }.encode();
        prop_assert!(Prekey::verify(&signed, &alice.list, NOW).is_err());
    }
}
