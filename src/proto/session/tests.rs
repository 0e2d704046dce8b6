use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use super::*;
use crate::proto::{
    crypto::dh::DhSecret,
    handshake::SessionSecrets,
    known::{known, known_array},
    people::{CTX, NOW, Person, Scripted, alice, bob},
    secret,
};

const ZEROS: [u8; 32] = [0; 32];
const A: DeviceId = DeviceId([b'A'; 16]);
const B: DeviceId = DeviceId([b'B'; 16]);

/// A secret of the known answers: 32 equal bytes.
fn known_dh(byte: u8) -> DhSecret {
    DhSecret::from_secret(Secret::new([byte; 32]))
}

/// The initiator of the known answers.
fn known_initiator() -> Session {
    let initiated = Initiated {
        init: known("handshake", "init"),
        session: SessionSecrets {
            sk: Secret::new(known_array("handshake", "sk")),
            id: SessionId(known_array("handshake", "sid")),
        },
        ratchet: known_dh(0x34).public(),
        generation: 1,
    };
    Session::initiated(initiated, A, B)
}

/// The responder of the known answers.
fn known_responder() -> Session {
    let sk = Secret::new(known_array("handshake", "sk"));
    Session {
        ours: B,
        theirs: A,
        init: None,
        ratchet: Ratchet::of_responder(sk, known_dh(0x34)),
        ..known_initiator()
    }
}

/// The two sessions of the known answers, without the initiation before each message.
pub(in crate::proto) fn reference() -> (Session, Session) {
    let ours = Session {
        init: None,
        ..known_initiator()
    };
    (ours, known_responder())
}

/// Two sessions that have each opened a message of the other.
fn talking() -> (Session, Session, ChaCha20Rng) {
    let (mut ours, mut theirs) = (known_initiator(), known_responder());
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    for _ in 0..2 {
        let there = ours.seal(&mut rng, NOW, &CTX, b"there").unwrap();
        theirs.open(NOW, &there, &CTX).unwrap();
        let back = theirs.seal(&mut rng, NOW, &CTX, b"back").unwrap();
        ours.open(NOW, &back, &CTX).unwrap();
    }
    (ours, theirs, rng)
}

fn copy(session: &Session) -> Session {
    secret::decode(&secret::encode(session)).unwrap()
}

#[test]
fn messages_are_byte_for_byte_those_of_the_reference() {
    let salt: &[u8] = &[b'S'; 16];
    let (mut ours, mut theirs) = (known_initiator(), known_responder());

    let mut chance = Scripted::new(&[&[0x66; 32], salt, salt]);
    let first = ours.seal(&mut chance, NOW, &ZEROS, b"hello bob").unwrap();
    let second = ours
        .seal(&mut chance, NOW, &[9; 32], b"are you there?")
        .unwrap();
    assert_eq!(first, known("double_ratchet", "pairwise"));
    let body = |message| SessionSet::split(message).unwrap().body;
    assert_eq!(body(&first), known("double_ratchet", "msg"));
    assert_eq!(body(&second), known("double_ratchet", "msg1"));

    assert_eq!(
        theirs.open(NOW, &first, &ZEROS).unwrap().as_slice(),
        b"hello bob"
    );
    let mut chance = Scripted::new(&[&[0x67; 32], salt]);
    let reply = theirs.seal(&mut chance, NOW, &ZEROS, b"yes").unwrap();
    assert_eq!(body(&reply), known("double_ratchet", "reply"));

    assert_eq!(ours.open(NOW, &reply, &ZEROS).unwrap().as_slice(), b"yes");
    let mut chance = Scripted::new(&[&[0x68; 32], salt]);
    let third = ours.seal(&mut chance, NOW, &ZEROS, b"good").unwrap();
    assert_eq!(body(&third), known("double_ratchet", "msg2"));
    assert_eq!(third[0], PLAIN);
    assert_eq!(
        theirs.open(NOW, &third, &ZEROS).unwrap().as_slice(),
        b"good"
    );
    assert_eq!(
        theirs.open(NOW, &second, &[9; 32]).unwrap().as_slice(),
        b"are you there?"
    );
}

#[test]
fn a_message_opens_once_and_only_where_it_belongs() {
    let (mut ours, mut theirs, mut rng) = talking();
    let message = ours.seal(&mut rng, NOW, &CTX, b"text").unwrap();

    assert_eq!(
        theirs.open(NOW, &message, &ZEROS),
        Err(OpenError::Unreadable)
    );
    assert_eq!(ours.open(NOW, &message, &CTX), Err(OpenError::Unreadable));
    let mut elsewhere = Session {
        theirs: DeviceId([b'C'; 16]),
        ..copy(&theirs)
    };
    assert_eq!(
        elsewhere.open(NOW, &message, &CTX),
        Err(OpenError::Unreadable)
    );
    let mut other = Session {
        id: SessionId([0; 16]),
        ..copy(&theirs)
    };
    assert_eq!(other.open(NOW, &message, &CTX), Err(OpenError::Unreadable));

    assert_eq!(
        theirs.open(NOW, &message, &CTX).unwrap().as_slice(),
        b"text"
    );
    assert_eq!(theirs.open(NOW, &message, &CTX), Err(OpenError::Unreadable));
}

#[test]
fn garbage_does_not_move_the_state() {
    let (mut ours, mut theirs, mut rng) = talking();
    let good = ours.seal(&mut rng, NOW, &CTX, b"text").unwrap();
    let state = secret::encode(&theirs);

    for round in 0..10_000 {
        let message = garbage(round, &good, &mut rng);
        assert!(theirs.open(NOW, &message, &CTX).is_err());
        if round % 100 == 0 {
            assert_eq!(secret::encode(&theirs), state, "{round}");
        }
    }

    assert_eq!(secret::encode(&theirs), state);
    assert_eq!(theirs.open(NOW, &good, &CTX).unwrap().as_slice(), b"text");
}

/// Random bytes, random ratchet keys with plausible numbers, and good messages that were altered.
fn garbage(round: usize, good: &[u8], rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut message = good.to_vec();
    match round % 4 {
        0 => {
            message = vec![0; usize::try_from(rng.next_u32() % 300).unwrap()];
            rng.fill_bytes(&mut message);
        }
        1 => {
            rng.fill_bytes(&mut message[1..33]);
            message[33..41].fill(0);
            message[40] = 3;
        }
        2 => {
            message[37..41].fill(0);
            message[39] = 2;
        }
        _ => {
            let index = usize::try_from(rng.next_u32()).unwrap() % message.len();
            message[index] ^= 1 << (rng.next_u32() % 8);
        }
    }
    message
}

/// Forward secrecy: whoever takes a copy of both states reads nothing that was opened before.
#[test]
fn a_copied_state_opens_nothing_that_was_sent_before() {
    let (mut ours, mut theirs, mut rng) = talking();
    let mut recorded = Vec::new();
    for n in 0..20 {
        let (from, to) = if n % 5 < 3 {
            (&mut ours, &mut theirs)
        } else {
            (&mut theirs, &mut ours)
        };
        let message = from.seal(&mut rng, NOW, &CTX, b"text").unwrap();
        to.open(NOW, &message, &CTX).unwrap();
        recorded.push(message);

        for message in &recorded {
            for state in [&ours, &theirs] {
                assert!(copy(state).open(NOW, message, &CTX).is_err(), "after {n}");
            }
        }
    }
}

/// Post-compromise security: a copied state is worthless after one round trip.
#[test]
fn a_copied_state_opens_nothing_after_one_round_trip() {
    let (mut ours, mut theirs, mut rng) = talking();
    let mut stolen = copy(&ours);

    let before = theirs.seal(&mut rng, NOW, &CTX, b"one").unwrap();
    assert!(copy(&stolen).open(NOW, &before, &CTX).is_ok());
    ours.open(NOW, &before, &CTX).unwrap();
    let there = ours.seal(&mut rng, NOW, &CTX, b"two").unwrap();
    theirs.open(NOW, &there, &CTX).unwrap();
    let back = theirs.seal(&mut rng, NOW, &CTX, b"three").unwrap();

    stolen.open(NOW, &before, &CTX).unwrap();
    assert!(stolen.open(NOW, &back, &CTX).is_err());
    assert!(ours.open(NOW, &back, &CTX).is_ok());
}

/// The hedge: a state that was set back seals under other keys than before.
#[test]
fn two_copies_of_a_state_do_not_share_a_key() {
    let (mut ours, _, mut rng) = talking();
    let mut again = copy(&ours);
    let zeros = [0; 64];

    let one = ours.seal(&mut rng, NOW, &CTX, &zeros).unwrap();
    let two = again.seal(&mut rng, NOW, &CTX, &zeros).unwrap();

    assert_ne!(one[57..], two[57..]);
}

#[test]
fn the_initiation_goes_with_every_message_until_the_first_answer() {
    let (mut ours, mut theirs) = (known_initiator(), known_responder());
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let init = known("handshake", "init");
    for _ in 0..3 {
        let message = ours.seal(&mut rng, NOW, &CTX, b"hello").unwrap();
        let split = SessionSet::split(&message).unwrap();
        assert_eq!(split.init, Some(init.as_slice()));
        theirs.open(NOW, &message, &CTX).unwrap();
    }

    let answer = theirs.seal(&mut rng, NOW, &CTX, b"yes").unwrap();
    ours.open(NOW, &answer, &CTX).unwrap();

    let message = ours.seal(&mut rng, NOW, &CTX, b"good").unwrap();
    assert_eq!(SessionSet::split(&message).unwrap().init, None);
}

#[test]
fn a_responder_cannot_seal_before_it_has_opened() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);

    let refused = known_responder().seal(&mut rng, NOW, &CTX, b"text");

    assert_eq!(refused, Err(SealError::NoSession));
}

#[test]
fn a_session_without_an_answer_is_to_be_replaced_after_500_messages_or_a_week() {
    let (mut ours, mut theirs, mut rng) = talking();
    assert!(!ours.needs_fresh(NOW.plus(365 * DAY)));
    let first = ours.seal(&mut rng, NOW, &CTX, b"text").unwrap();
    assert!(!ours.needs_fresh(NOW.plus(7 * DAY - 1)));
    assert!(ours.needs_fresh(NOW.plus(7 * DAY)));

    for _ in 1..UNANSWERED {
        assert!(!ours.needs_fresh(NOW));
        ours.seal(&mut rng, NOW, &CTX, b"text").unwrap();
    }
    assert!(ours.needs_fresh(NOW));

    theirs.open(NOW, &first, &CTX).unwrap();
    let answer = theirs.seal(&mut rng, NOW, &CTX, b"yes").unwrap();
    ours.open(NOW, &answer, &CTX).unwrap();
    assert!(!ours.needs_fresh(NOW.plus(365 * DAY)));
}

#[test]
fn pairwise_messages_are_taken_apart_strictly() {
    assert_eq!(SessionSet::split(&[]), Err(OpenError::Malformed));
    assert_eq!(SessionSet::split(&[2, 0, 0]), Err(OpenError::Malformed));
    assert_eq!(SessionSet::split(&[1, 0]), Err(OpenError::Malformed));
    assert_eq!(SessionSet::split(&[1, 0, 2, 7]), Err(OpenError::Malformed));
    let split = SessionSet::split(&[1, 0, 1, 7, 8]).unwrap();
    assert_eq!((split.init, split.body), (Some(&[7][..]), &[8][..]));
    let split = SessionSet::split(&[0, 8]).unwrap();
    assert_eq!((split.init, split.body), (None, &[8][..]));
}

/// What two sessions do with each other's messages on a bad line.
#[derive(Clone, Copy, Debug)]
enum Event {
    Seal {
        by_us: bool,
    },
    Deliver {
        to_us: bool,
        which: usize,
        keep: bool,
    },
    Lose {
        to_us: bool,
        which: usize,
    },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => any::<bool>().prop_map(|by_us| Event::Seal { by_us }),
        3 => (any::<bool>(), 0..8usize, any::<bool>())
            .prop_map(|(to_us, which, keep)| Event::Deliver { to_us, which, keep }),
        1 => (any::<bool>(), 0..8usize).prop_map(|(to_us, which)| Event::Lose { to_us, which }),
    ]
}

/// One side, and the messages on their way to it.
struct End {
    session: Session,
    coming: Vec<(u32, Vec<u8>)>,
    opened: Vec<u32>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Lost, doubled and overtaken messages: each that arrives opens exactly once, to what was said.
    #[test]
    fn a_bad_line_does_no_harm(events in proptest::collection::vec(event(), 1..80)) {
        let (ours, theirs, mut rng) = talking();
        let mut ends = [ours, theirs].map(|session| End { session, coming: Vec::new(), opened: Vec::new() });
        for (number, event) in (0u32..).zip(events) {
            match event {
                Event::Seal { by_us } => {
                    let (from, to) = (usize::from(!by_us), usize::from(by_us));
                    let message = ends[from].session.seal(&mut rng, NOW, &CTX, &number.to_be_bytes());
                    ends[to].coming.push((number, message.unwrap()));
                }
                Event::Deliver { to_us, which, keep } => {
                    let end = &mut ends[usize::from(!to_us)];
                    let Some((said, message)) = end.coming.get(which).cloned() else { continue };
                    let opened = end.session.open(NOW, &message, &CTX);
                    if end.opened.contains(&said) {
                        prop_assert_eq!(opened, Err(OpenError::Unreadable));
                    } else {
                        prop_assert_eq!(opened.unwrap().to_vec(), said.to_be_bytes());
                        end.opened.push(said);
                    }
                    if !keep {
                        end.coming.remove(which);
                    }
                }
                Event::Lose { to_us, which } => {
                    let end = &mut ends[usize::from(!to_us)];
                    if which < end.coming.len() {
                        end.coming.remove(which);
                    }
                }
            }
            if number % 7 == 0 {
                for end in &mut ends {
                    end.session = copy(&end.session);
                }
            }
        }
    }

    #[test]
    fn any_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (mut ours, _, _) = talking();
        prop_assert!(ours.open(NOW, &bytes, &CTX).is_err());
        prop_assert!(SessionSet::from_record(&bytes).is_err());
    }
}

/// The people of other tests, who make their sessions with whole handshakes.
#[test]
fn a_session_of_real_handshakes_is_the_same_on_both_sides() {
    let (mut alice, bob): (Person, Person) = (alice(), bob());
    let initiated = alice.initiate(&bob, 1);
    let responded = bob.respond(&initiated.init);
    let mut ours = Session::initiated(initiated, alice.device.id(), bob.device.id());
    let mut theirs = Session::responded(responded, &bob.prekey, bob.device.id());

    let message = ours.seal(&mut alice.rng, NOW, &CTX, b"text").unwrap();

    assert_eq!(
        theirs.open(NOW, &message, &CTX).unwrap().as_slice(),
        b"text"
    );
    assert_eq!(ours.id(), theirs.id());
}
