use proptest::prelude::*;

use super::*;
use crate::proto::{
    known::{known, known_array},
    people::{NOW, alice, bob, known_person},
    time::DAY,
};

const LATER: Timestamp = Timestamp(NOW.0 + 90 * DAY);

fn addresses() -> Vec<Address> {
    ["0401020304061234", "04c0a80105060001"]
        .map(|text| Address(crate::wire::id::from_hex(text).unwrap()))
        .to_vec()
}

#[test]
fn a_record_is_byte_for_byte_that_of_the_reference() {
    let (account, device) = known_person();
    let list = DeviceList::first(&account, &device, NOW);

    let record = NodeRecord::create(&device, 3, LATER, &addresses());

    assert_eq!(record.bytes(), known("identity", "node_record"));
    assert_eq!(NodeRecord::verify(record.bytes(), &list, NOW), Ok(record));
}

#[test]
fn a_record_with_a_next_node_and_a_relay_is_read() {
    let (account, device) = known_person();
    let list = DeviceList::first(&account, &device, NOW);

    let record = NodeRecord::verify(&known("identity", "node_record_2"), &list, NOW).unwrap();

    assert_eq!(record.seq(), 4);
    assert_eq!(record.device(), device.id());
    assert_eq!(record.peer(), device.peer());
    assert!(record.next_peer().is_some_and(|next| next != device.peer()));
    assert_eq!(record.addresses(), addresses());
    assert_eq!(record.not_after(), LATER);
    assert_eq!(
        list.person().0,
        known_array("identity", "ak_pub"),
        "the list of the reference"
    );
}

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    let alice = alice();
    let record = NodeRecord::create(&alice.device, 1, LATER, &addresses());
    for index in 0..record.bytes().len() {
        let mut bytes = record.bytes().to_vec();
        bytes[index] ^= 1;

        assert!(
            NodeRecord::verify(&bytes, &alice.list, NOW).is_err(),
            "byte {index}"
        );
    }
}

#[test]
fn a_record_counts_only_with_the_list_of_its_account() {
    let (alice, bob) = (alice(), bob());
    let record = NodeRecord::create(&alice.device, 1, LATER, &addresses());

    assert_eq!(
        NodeRecord::verify(record.bytes(), &bob.list, NOW),
        Err(Rejected::Foreign)
    );
}

#[test]
fn a_device_cannot_claim_the_node_of_somebody_else() {
    let (alice, bob) = (alice(), bob());
    let body = codec::to_vec(&Body {
        version: VERSION,
        device: alice.device.id(),
        peer: bob.device.peer(),
        next_peer: None,
        seq: 1,
        not_after: LATER,
        addresses: Vec::new(),
        relays: Vec::new(),
    });
    let claim = Outer {
        device_signature: alice.device.sign("node", &body),
        node_signature: alice.device.sign_as_node(&body),
        body,
    };

    assert_eq!(
        NodeRecord::verify(&codec::to_vec(&claim), &alice.list, NOW),
        Err(Rejected::Signature)
    );
}

#[test]
fn a_record_ends_with_its_time() {
    let alice = alice();
    let record = NodeRecord::create(&alice.device, 1, LATER, &[]);

    assert!(NodeRecord::verify(record.bytes(), &alice.list, LATER).is_ok());
    assert_eq!(
        NodeRecord::verify(record.bytes(), &alice.list, LATER.plus(1)),
        Err(Rejected::Expired)
    );
}

#[test]
fn addresses_above_a_limit_are_not_signed_and_not_accepted() {
    let alice = alice();
    let long = Address(vec![1; limits::ADDRESS + 1]);
    let many = vec![Address(vec![1]); limits::ADDRESSES + 1];

    let ours = NodeRecord::create(
        &alice.device,
        1,
        LATER,
        &[std::slice::from_ref(&long), &many].concat(),
    );
    assert_eq!(ours.addresses(), &many[..limits::ADDRESSES]);
    assert_eq!(NodeRecord::verify(ours.bytes(), &alice.list, NOW), Ok(ours));

    for addresses in [vec![long], many] {
        let body = codec::to_vec(&Body {
            version: VERSION,
            device: alice.device.id(),
            peer: alice.device.peer(),
            next_peer: None,
            seq: 1,
            not_after: LATER,
            addresses,
            relays: Vec::new(),
        });
        let theirs = Outer {
            device_signature: alice.device.sign("node", &body),
            node_signature: alice.device.sign_as_node(&body),
            body,
        };
        assert_eq!(
            NodeRecord::verify(&codec::to_vec(&theirs), &alice.list, NOW),
            Err(Rejected::Malformed)
        );
    }
}

proptest! {
    /// Signed by the right device, so that what is inside is read.
    #[test]
    fn any_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let alice = alice();
        prop_assert!(NodeRecord::verify(&bytes, &alice.list, NOW).is_err());
        let mut body = vec![0x88, 1, 0x50];
        body.extend(alice.device.id().0);
        body.extend(&bytes);
        let outer = Outer {
            device_signature: alice.device.sign("node", &body),
            node_signature: alice.device.sign_as_node(&body),
            body,
        };
        prop_assert!(NodeRecord::verify(&codec::to_vec(&outer), &alice.list, NOW).is_err());
    }
}
