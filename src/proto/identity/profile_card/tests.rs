use proptest::prelude::*;

use super::*;
use crate::proto::{
    known::known,
    people::{NOW, Person, alice, bob, known_person},
};

fn signed(person: &Person, body: &Body) -> Vec<u8> {
    let body = codec::to_vec(body);
    Signed {
        signature: person.device.sign("profile", &body),
        body,
    }
    .encode()
}

#[test]
fn a_card_is_byte_for_byte_that_of_the_reference() {
    let (account, device) = known_person();
    let list = DeviceList::first(&account, &device, NOW);

    let card = ProfileCard::create(&device, account.person(), "Zoë", 77, NOW);

    assert_eq!(card.bytes(), known("identity", "profile"));
    let verified = ProfileCard::verify(card.bytes(), &list).unwrap();
    assert_eq!(verified, card);
    assert_eq!((verified.name(), verified.avatar()), ("Zoë", 77));
    assert_eq!(
        (verified.person(), verified.device()),
        (account.person(), device.id())
    );
    assert_eq!(verified.created(), NOW);
}

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    let alice = alice();
    let card = ProfileCard::create(&alice.device, alice.account.person(), "Alice", 1, NOW);
    for index in 0..card.bytes().len() {
        let mut bytes = card.bytes().to_vec();
        bytes[index] ^= 1;

        assert!(
            ProfileCard::verify(&bytes, &alice.list).is_err(),
            "byte {index}"
        );
    }
}

#[test]
fn nobody_can_name_somebody_else() {
    let (alice, bob) = (alice(), bob());
    let card = ProfileCard::create(&bob.device, alice.account.person(), "Alice", 1, NOW);

    assert_eq!(
        ProfileCard::verify(card.bytes(), &alice.list),
        Err(Rejected::Foreign)
    );
    assert_eq!(
        ProfileCard::verify(card.bytes(), &bob.list),
        Err(Rejected::Foreign)
    );
}

#[test]
fn a_long_name_is_cut_by_us_and_refused_from_others() {
    let alice = alice();
    let long = "é".repeat(limits::NAME);

    let ours = ProfileCard::create(&alice.device, alice.account.person(), &long, 1, NOW);
    assert_eq!(ours.name(), "é".repeat(limits::NAME / 2));
    assert!(ProfileCard::verify(ours.bytes(), &alice.list).is_ok());

    let theirs = signed(
        &alice,
        &Body {
            name: "e".repeat(limits::NAME + 1),
            ..ours.body.clone()
        },
    );
    assert_eq!(
        ProfileCard::verify(&theirs, &alice.list),
        Err(Rejected::Malformed)
    );
}

proptest! {
    /// Signed by the right device, so that what is inside is read.
    #[test]
    fn any_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let alice = alice();
        prop_assert!(ProfileCard::verify(&bytes, &alice.list).is_err());
        let mut body = vec![0x86, 1, 0x58, 0x20];
        body.extend(alice.account.person().0);
        body.push(0x50);
        body.extend(alice.device.id().0);
        body.extend(&bytes);
        let signature = alice.device.sign("profile", &body);
        let signed = Signed { body, signature }.encode();
        let verified = ProfileCard::verify(&signed, &alice.list);
        prop_assert!(verified.is_err() || verified.is_ok_and(|card| card.bytes() == signed));
    }
}
