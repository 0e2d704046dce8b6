use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::proto::{
    people::NOW,
    secret,
    time::{DAY, Timestamp},
};

/// Two sides of which the first has begun and each has heard the other once.
fn talking() -> (Ratchet, Ratchet, ChaCha20Rng) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let prekey = DhSecret::random(&mut rng);
    let sk = Secret::random(&mut rng);
    let mut ours = Ratchet::of_initiator(sk.clone(), prekey.public());
    let mut theirs = Ratchet::of_responder(sk, prekey);
    pass(&mut ours, &mut theirs, &mut rng);
    pass(&mut theirs, &mut ours, &mut rng);
    (ours, theirs, rng)
}

/// One message from one side to the other.
fn pass(from: &mut Ratchet, to: &mut Ratchet, rng: &mut ChaCha20Rng) {
    let (place, key) = from.next_key(rng).unwrap();
    assert_eq!(take(to, &place, NOW), Ok(key));
}

fn take(ratchet: &mut Ratchet, place: &Place, now: Timestamp) -> Result<Secret<32>, OpenError> {
    let (key, advance) = ratchet.key_for(place)?;
    ratchet.commit(advance, now);
    Ok(key)
}

/// Whether the message would open; a wrong key does not open it.
fn opens(ratchet: &Ratchet, (place, key): &(Place, Secret<32>)) -> bool {
    ratchet.key_for(place).is_ok_and(|(found, _)| found == *key)
}

fn send(ratchet: &mut Ratchet, rng: &mut ChaCha20Rng, count: u32) -> Vec<(Place, Secret<32>)> {
    (0..count).map(|_| ratchet.next_key(rng).unwrap()).collect()
}

#[test]
fn a_thousand_messages_may_be_missing_but_not_one_more() {
    let (mut ours, mut theirs, mut rng) = talking();
    let sent = send(&mut ours, &mut rng, limits::SKIP + 2);
    let (place, key) = &sent[1000];
    let (too_far, _) = &sent[1001];

    assert_eq!(theirs.key_for(too_far).err(), Some(OpenError::TooFarAhead));
    assert_eq!(take(&mut theirs, place, NOW).as_ref(), Ok(key));

    assert_eq!(theirs.skipped.len(), 1000);
    for (place, key) in sent.iter().filter(|(other, _)| other != place) {
        assert_eq!(take(&mut theirs, place, NOW).as_ref(), Ok(key));
    }
    assert_eq!(theirs.skipped.len(), 0);
}

#[test]
fn the_rest_of_a_chain_may_come_after_the_next_has_begun() {
    let (mut ours, mut theirs, mut rng) = talking();
    pass(&mut ours, &mut theirs, &mut rng);
    let late = send(&mut ours, &mut rng, 4);
    pass(&mut theirs, &mut ours, &mut rng);
    let next = send(&mut ours, &mut rng, 3);

    assert_eq!(next[2].0.previous, 5);
    assert_eq!(take(&mut theirs, &next[2].0, NOW).as_ref(), Ok(&next[2].1));

    for message in late.iter().chain(&next[..2]) {
        assert!(theirs.knows(&message.0));
        assert_eq!(take(&mut theirs, &message.0, NOW).as_ref(), Ok(&message.1));
        assert!(!opens(&theirs, message));
    }
}

#[test]
fn a_place_beyond_all_numbers_is_refused_without_work() {
    let (mut ours, theirs, mut rng) = talking();
    let (place, _) = ours.next_key(&mut rng).unwrap();
    let refusal = |number, previous| {
        let place = Place {
            previous,
            number,
            ..place
        };
        theirs.key_for(&place).err()
    };

    // If one of them skipped as far as it says, this would not end.
    for _ in 0..100_000 {
        assert_eq!(refusal(limits::CHAIN - 1, 0), Some(OpenError::TooFarAhead));
    }
    assert_eq!(refusal(limits::CHAIN, 0), Some(OpenError::Malformed));
    assert_eq!(refusal(u32::MAX, 0), Some(OpenError::Malformed));
    assert_eq!(refusal(0, u32::MAX), Some(OpenError::Malformed));
    let step = Place {
        key: DhSecret::random(&mut rng).public(),
        number: 0,
        previous: limits::CHAIN - 1,
    };
    assert_eq!(theirs.key_for(&step).err(), Some(OpenError::TooFarAhead));
}

#[test]
fn at_most_two_thousand_keys_are_kept_and_the_oldest_go_first() {
    let (mut ours, mut theirs, mut rng) = talking();
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.extend(send(&mut ours, &mut rng, limits::SKIP + 1));
        let (place, _) = sent.last().unwrap();
        take(&mut theirs, place, NOW).unwrap();
        pass(&mut theirs, &mut ours, &mut rng);
    }

    assert_eq!(theirs.skipped.len(), limits::SKIPPED_KEYS);
    assert!(sent[..1000].iter().all(|message| !opens(&theirs, message)));
    let kept = sent.iter().filter(|message| opens(&theirs, message));
    assert_eq!(kept.count(), limits::SKIPPED_KEYS);
}

#[test]
fn a_skipped_key_is_erased_after_two_weeks() {
    let (mut ours, mut theirs, mut rng) = talking();
    let sent = send(&mut ours, &mut rng, 3);
    take(&mut theirs, &sent[1].0, NOW).unwrap();
    let end = NOW.plus(14 * DAY);
    assert_eq!(theirs.skipped().poll_timeout(), Some(end));
    assert!(!theirs.skipped_mut().expire(Timestamp(end.0 - 1)));

    take(&mut theirs, &sent[2].0, end).unwrap();

    assert_eq!(
        take(&mut theirs, &sent[0].0, end),
        Err(OpenError::Unreadable)
    );
    assert_eq!(theirs.skipped().poll_timeout(), None);
}

/// Nobody who has not seen our newest key can make us take a step.
#[test]
fn a_step_out_of_turn_is_refused() {
    let (_, mut theirs, mut rng) = talking();
    let mut place = Place {
        key: DhSecret::random(&mut rng).public(),
        previous: 0,
        number: 0,
    };
    assert!(theirs.key_for(&place).is_ok(), "it is our peer's turn");

    take(&mut theirs, &place, NOW).unwrap();
    place.key = DhSecret::random(&mut rng).public();

    assert_eq!(theirs.key_for(&place).err(), Some(OpenError::Unreadable));
}

#[test]
fn a_ratchet_key_of_low_order_is_refused() {
    let (_, theirs, _) = talking();
    let place = Place {
        key: DhPublic([0; 32]),
        previous: 0,
        number: 0,
    };

    assert_eq!(theirs.key_for(&place).err(), Some(OpenError::Unreadable));
}

#[test]
fn a_chain_ends_at_its_last_number() {
    let (mut ours, _, mut rng) = talking();
    ours.next_key(&mut rng).unwrap();
    ours.sending.as_mut().unwrap().next = limits::CHAIN - 1;

    assert!(ours.next_key(&mut rng).is_ok());
    assert_eq!(ours.next_key(&mut rng).err(), Some(SealError::Exhausted));
}

#[test]
fn no_two_messages_share_a_key() {
    let (mut ours, mut theirs, mut rng) = talking();
    let mut keys = Vec::new();
    for _ in 0..20 {
        keys.extend(send(&mut ours, &mut rng, 3));
        keys.extend(send(&mut theirs, &mut rng, 2));
        pass(&mut ours, &mut theirs, &mut rng);
        pass(&mut theirs, &mut ours, &mut rng);
    }

    let mut exposed: Vec<_> = keys.iter().map(|(_, key)| *key.expose()).collect();
    exposed.sort_unstable();
    exposed.dedup();
    assert_eq!(exposed.len(), 100);
}

#[test]
fn a_record_gives_the_state_back() {
    let (mut ours, mut theirs, mut rng) = talking();
    let sent = send(&mut ours, &mut rng, 5);
    take(&mut theirs, &sent[3].0, NOW).unwrap();

    let record = secret::encode(&theirs);
    let mut again: Ratchet = secret::decode(&record).unwrap();

    assert_eq!(secret::encode(&again), record);
    assert_eq!(take(&mut again, &sent[1].0, NOW).as_ref(), Ok(&sent[1].1));
}
