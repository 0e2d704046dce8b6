use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

use super::*;

const LINK: Link = Link {
    relay: PeerId([1; 32]),
    client: PeerId([2; 32]),
    challenge: [3; 32],
};

#[test]
fn a_signature_holds_for_its_request_on_its_connection_only() {
    let request = RelayRequest::Lease(lease(60));
    assert!(request.authorised(&LINK));

    for other in [
        Link {
            relay: PeerId([9; 32]),
            ..LINK
        },
        Link {
            client: PeerId([9; 32]),
            ..LINK
        },
        Link {
            challenge: [9; 32],
            ..LINK
        },
    ] {
        assert!(!request.authorised(&other));
    }
    let longer = RelayRequest::Lease(Lease {
        ttl_s: 61,
        ..lease(60)
    });
    assert!(!longer.authorised(&LINK));
}

#[test]
fn a_signature_for_a_fetch_does_not_allow_a_watch() {
    let mut fetch = Fetch {
        topic: topic(),
        after: 5,
        max: 10,
        reader: [4; 16],
        auth: [0; 64],
    };
    fetch.auth = sign(&fetch.to_sign(&LINK));
    let watch = RelayRequest::Watch {
        topics: vec![fetch.clone()],
        wait_s: 1,
    };

    assert!(!watch.authorised(&LINK));
    assert!(RelayRequest::Fetch(fetch).authorised(&LINK));
}

#[test]
fn all_of_a_watch_must_be_signed() {
    let mut good = Fetch {
        topic: topic(),
        after: 5,
        max: 10,
        reader: [4; 16],
        auth: [0; 64],
    };
    good.auth = sign(&good.to_sign_as_watch(&LINK));
    let bad = Fetch {
        after: 6,
        ..good.clone()
    };

    let one = RelayRequest::Watch {
        topics: vec![good.clone()],
        wait_s: 1,
    };
    let both = RelayRequest::Watch {
        topics: vec![good, bad],
        wait_s: 1,
    };

    assert!(one.authorised(&LINK));
    assert!(!both.authorised(&LINK));
}

#[test]
fn a_release_and_an_acknowledgement_are_signed_too() {
    let release = RelayRequest::Release {
        topic: topic(),
        auth: sign(&release_to_sign(&topic(), &LINK)),
    };
    let mut ack = Ack {
        topic: topic(),
        reader: [4; 16],
        upto: 9,
        auth: [0; 64],
    };
    ack.auth = sign(&ack.to_sign(&LINK));

    assert!(release.authorised(&LINK));
    assert!(RelayRequest::Ack(ack.clone()).authorised(&LINK));
    assert!(!RelayRequest::Ack(Ack { upto: 10, ..ack }).authorised(&LINK));
}

#[test]
fn putting_and_getting_a_file_is_signed_for_that_file() {
    let mut put = BlobPut {
        topic: topic(),
        blob: [6; 32],
        size: 17,
        pages: vec![1; 32].into(),
        readers: 1,
        auth: [0; 64],
    };
    put.auth = sign(&put.to_sign(&LINK));
    let mut get = BlobGet {
        topic: topic(),
        blob: [6; 32],
        reader: [4; 16],
        auth: [0; 64],
    };
    get.auth = sign(&get.to_sign(&LINK));

    assert!(RelayRequest::BlobPut(put.clone()).authorised(&LINK));
    assert!(RelayRequest::BlobGet(get.clone()).authorised(&LINK));
    let more = BlobPut {
        readers: 2,
        ..put.clone()
    };
    let other = BlobPut {
        blob: [7; 32],
        ..put.clone()
    };
    assert!(!RelayRequest::BlobPut(more).authorised(&LINK));
    assert!(!RelayRequest::BlobPut(other).authorised(&LINK));
    let other = BlobGet {
        blob: [7; 32],
        ..get.clone()
    };
    assert!(!RelayRequest::BlobGet(other).authorised(&LINK));
    let stolen = BlobGet {
        auth: put.auth,
        ..get
    };
    assert!(!RelayRequest::BlobGet(stolen).authorised(&LINK));
    assert!(round_trips(&RelayRequest::BlobPut(put.clone())));
    let short = BlobPut { size: 16, ..put };
    assert!(!round_trips(&RelayRequest::BlobPut(short)));
}

#[test]
fn requests_above_a_limit_are_refused() {
    let put = |frames, size| RelayRequest::Put {
        frames: vec![
            Put {
                topic: topic(),
                frame: vec![0; size].into()
            };
            frames
        ],
    };
    assert!(round_trips(&put(limits::RELAY_PUT, 10)));
    assert!(!round_trips(&put(limits::RELAY_PUT + 1, 10)));
    assert!(round_trips(&put(1, limits::FRAME)));
    assert!(!round_trips(&put(1, limits::FRAME + 1)));

    assert!(round_trips(&RelayRequest::Lease(lease(limits::LEASE_S))));
    assert!(!round_trips(&RelayRequest::Lease(lease(
        limits::LEASE_S + 1
    ))));

    let watch = |wait_s, topics| RelayRequest::Watch {
        topics: vec![
            Fetch {
                topic: topic(),
                after: 0,
                max: 1,
                reader: [0; 16],
                auth: [0; 64]
            };
            topics
        ],
        wait_s,
    };
    assert!(round_trips(&watch(
        limits::RELAY_WAIT_S,
        limits::RELAY_WATCH
    )));
    assert!(!round_trips(&watch(limits::RELAY_WAIT_S + 1, 1)));
    assert!(!round_trips(&watch(1, limits::RELAY_WATCH + 1)));
}

#[test]
fn every_reply_round_trips() {
    let limits = RelayLimits {
        lease_s: 1,
        topic_bytes: 2,
        topic_frames: 3,
        topics: 4,
        gossip: true,
    };
    let mailbox = Mailbox {
        topic: topic(),
        frames: vec![Placed {
            seq: 8,
            frame: vec![1, 2].into(),
        }],
        head: 8,
        floor: 3,
    };
    for reply in [
        RelayReply::Refused(Refusal::Full),
        RelayReply::Challenge {
            challenge: [5; 32],
            time: 6,
            limits,
            store: Some([6; 16]),
        },
        RelayReply::Done,
        RelayReply::Leased(7),
        RelayReply::Stored {
            statuses: vec![PutStatus::Stored, PutStatus::NotLeased],
            custody: Some(Custody {
                until: 9,
                signature: [8; 64],
            }),
        },
        RelayReply::Frames(vec![mailbox]),
        RelayReply::Blob(KeptBlob {
            until: 9,
            have: vec![5].into(),
            taken: 1,
        }),
    ] {
        assert_eq!(RelayReply::decode(&reply.encode()), Ok(reply));
    }
}

#[test]
fn a_relay_card_round_trips_with_and_without_a_token() {
    for access_token in [None, Some([7; 16])] {
        let card = RelayCard {
            version: 1,
            relay: PeerId([1; 32]),
            addresses: vec![Address(vec![4, 127, 0, 0, 1]); limits::ADDRESSES],
            access_token,
        };

        assert_eq!(RelayCard::decode(&card.encode()), Ok(card.clone()));
        assert!(!format!("{card:?}").contains('7'));

        let newer = RelayCard { version: 2, ..card };
        assert!(RelayCard::decode(&newer.encode()).is_err());
    }
}

proptest! {
    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(request) = RelayRequest::decode(&bytes) {
            request.authorised(&LINK);
            prop_assert_eq!(request.encode(), bytes.clone());
        }
        let _ = RelayReply::decode(&bytes);
        let _ = RelayCard::decode(&bytes);
    }
}

fn round_trips(request: &RelayRequest) -> bool {
    RelayRequest::decode(&request.encode()).as_ref() == Ok(request)
}

fn lease(ttl_s: u32) -> Lease {
    let mut lease = Lease {
        topic: topic(),
        ttl_s,
        readers: 1,
        auth: [0; 64],
    };
    lease.auth = sign(&lease.to_sign(&LINK));
    lease
}

fn topic() -> TopicKey {
    TopicKey(key().verifying_key().to_bytes())
}

fn sign(message: &[u8]) -> Auth {
    key()
        .sign(&[b"betwixt1:relay-auth\0", message].concat())
        .to_bytes()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}
