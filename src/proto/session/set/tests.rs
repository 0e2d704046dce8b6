use proptest::prelude::*;

use super::*;
use crate::proto::people::{CTX, NOW, Person, alice, bob, person};

/// Two people, and the sessions of each with the other.
struct Pair {
    people: [Person; 2],
    sets: [SessionSet; 2],
}

impl Pair {
    fn new() -> Self {
        let (alice, bob) = (alice(), bob());
        Self {
            sets: [alice.sessions_with(&bob), bob.sessions_with(&alice)],
            people: [alice, bob],
        }
    }

    /// Person `who` begins a session.
    fn begin(&mut self, who: usize) {
        let generation = self.sets[who].next_generation();
        let [alice, bob] = &mut self.people;
        let (me, other) = if who == 0 { (alice, bob) } else { (bob, alice) };
        let initiated = me.initiate(other, generation);
        self.sets[who].start(initiated, NOW);
    }

    fn seal(&mut self, who: usize, text: &[u8]) -> Vec<u8> {
        self.people[who].seal(&mut self.sets[who], text)
    }

    fn open(&mut self, who: usize, message: &[u8]) -> Result<Vec<u8>, OpenError> {
        let [alice, bob] = &mut self.people;
        let (me, other) = if who == 0 { (alice, bob) } else { (bob, alice) };
        me.open(&mut self.sets[who], other, message)
    }

    /// `who` says something, and the other hears it.
    fn say(&mut self, who: usize, text: &[u8]) {
        let message = self.seal(who, text);
        assert_eq!(self.open(1 - who, &message).as_deref(), Ok(text));
    }

    /// As [`Pair::say`]; whoever cannot read begins anew (protocol §3.5, reset).
    fn say_in_the_end(&mut self, who: usize, resets: &mut usize) {
        let message = self.seal(who, b"in the end");
        if self.open(1 - who, &message).is_err() {
            *resets += 1;
            self.begin(1 - who);
            self.say(1 - who, b"I cannot read");
        }
    }

    fn active(&self, who: usize) -> Option<[u8; 16]> {
        self.sets[who].active().map(|session| session.id().0)
    }
}

#[test]
fn two_who_never_met_talk_after_one_message() {
    let mut pair = Pair::new();
    pair.begin(0);

    let first = pair.seal(0, b"hello");
    let second = pair.seal(0, b"are you there?");
    assert_eq!(pair.open(1, &second).unwrap(), b"are you there?");
    assert_eq!(pair.open(1, &first).unwrap(), b"hello");
    pair.say(1, b"yes");

    let third = pair.seal(0, b"good");
    assert_eq!(SessionSet::split(&third).unwrap().init, None);
    assert_eq!(pair.open(1, &third).unwrap(), b"good");
}

#[test]
fn without_a_session_nothing_is_sealed() {
    let mut pair = Pair::new();
    let alice = &mut pair.people[0];

    let refused = pair.sets[0].seal(&mut alice.rng, NOW, &CTX, b"text");

    assert_eq!(refused, Err(SealError::NoSession));
    assert!(pair.sets[0].needs_fresh(NOW));
}

#[test]
fn an_initiation_whose_message_does_not_open_leaves_no_session() {
    let mut pair = Pair::new();
    pair.begin(0);
    let good = pair.seal(0, b"hello");
    let mut bad = good.clone();
    *bad.last_mut().unwrap() ^= 1;
    let state = pair.sets[1].to_record();

    assert_eq!(pair.open(1, &bad), Err(OpenError::Unreadable));
    assert_eq!(pair.sets[1].to_record(), state);

    assert_eq!(pair.open(1, &good).unwrap(), b"hello");
}

#[test]
fn a_session_is_accepted_only_from_the_device_that_it_names() {
    let mut pair = Pair::new();
    let carol = person(3);
    pair.begin(0);
    let message = pair.seal(0, b"hello");
    let [alice, bob] = &pair.people;
    let init = SessionSet::split(&message).unwrap().init.unwrap();
    let accept = |initiator| Accept {
        responded: bob.respond(init),
        initiator,
        prekey: &bob.prekey,
    };

    let carols = carol.device.certificate();
    let mut with_carol = bob.sessions_with(&carol);
    for set in [&mut pair.sets[1], &mut with_carol] {
        let refused = set.accept(accept(carols), NOW, &message, &CTX);
        assert_eq!(refused, Err(OpenError::Foreign));
    }
    let alices = alice.device.certificate();
    let refused = with_carol.accept(accept(alices), NOW, &message, &CTX);
    assert_eq!(refused, Err(OpenError::Foreign));
    assert!(with_carol.active().is_none() && pair.sets[1].active().is_none());
}

#[test]
fn an_initiation_must_be_the_one_that_came_with_the_message() {
    let mut pair = Pair::new();
    pair.begin(0);
    let first = pair.seal(0, b"hello");
    pair.begin(0);
    let second = pair.seal(0, b"again");
    let [alice, bob] = &pair.people;
    let init = SessionSet::split(&first).unwrap().init.unwrap();
    let accept = Accept {
        responded: bob.respond(init),
        initiator: alice.device.certificate(),
        prekey: &bob.prekey,
    };

    let refused = pair.sets[1].accept(accept, NOW, &second, &CTX);

    assert_eq!(refused, Err(OpenError::Malformed));
}

/// Both begin at once. Every order in which two people can say four things each, on lines that are
/// up to three turns slow in each direction.
#[test]
fn two_who_begin_at_once_converge() {
    let mut orders = 0;
    for order in 0..1u32 << 8 {
        if order.count_ones() != 4 {
            continue;
        }
        for delays in 0..16 {
            converge(order, [delays % 4, delays / 4]);
            orders += 1;
        }
    }
    assert_eq!(orders, 70 * 16);
}

/// Says things in an `order`, a bit for each turn, with messages that take `delays` turns.
fn converge(order: u32, delays: [usize; 2]) {
    let mut pair = Pair::new();
    pair.begin(0);
    pair.begin(1);
    let mut lines: [Vec<(usize, u8, Vec<u8>)>; 2] = [Vec::new(), Vec::new()];
    for turn in 0..12u8 {
        if turn < 8 {
            let who = usize::from(order >> turn & 1 == 1);
            let due = usize::from(turn) + delays[who];
            let message = pair.seal(who, &[turn]);
            lines[1 - who].push((due, turn, message));
        }
        for (who, line) in lines.iter_mut().enumerate() {
            let arrived = line
                .iter()
                .take_while(|(due, ..)| *due <= usize::from(turn));
            let arrived = arrived.count();
            for (_, said, message) in line.drain(..arrived) {
                assert_eq!(pair.open(who, &message).as_deref(), Ok(&[said][..]));
            }
        }
    }
    assert_eq!(lines.map(|line| line.len()), [0, 0]);
    let what = format!("{order:08b} {delays:?}");
    assert_eq!(pair.active(0), pair.active(1), "{what}");

    for who in [0, 1, 0, 1] {
        pair.say(who, b"more");
        assert_eq!(pair.active(0), pair.active(1), "{what}");
    }
    let message = pair.seal(0, b"last");
    assert_eq!(SessionSet::split(&message).unwrap().init, None, "{what}");
}

#[test]
fn a_session_of_a_higher_generation_takes_over_and_the_old_one_still_opens() {
    let mut pair = Pair::new();
    pair.begin(0);
    pair.say(0, b"hello");
    pair.say(1, b"yes");
    let old = pair.active(0);
    let on_its_way = pair.seal(1, b"crossing");

    pair.begin(0);
    assert_eq!(pair.sets[0].next_generation(), 3);
    assert_ne!(pair.active(0), old);
    pair.say(0, b"anew");

    assert_eq!(pair.active(0), pair.active(1));
    assert_eq!(pair.sets[1].next_generation(), 3);
    assert_eq!(pair.open(0, &on_its_way).unwrap(), b"crossing");
}

#[test]
fn a_state_that_was_set_back_seals_in_no_session_of_then_and_outranks_what_it_forgot() {
    let mut pair = Pair::new();
    pair.begin(0);
    pair.say(0, b"hello");
    pair.say(1, b"hello");
    let record = pair.sets[0].to_record();
    pair.begin(0);
    pair.say(0, b"in a session that is forgotten");
    pair.say(1, b"yes");
    let forgotten = pair.active(1);

    pair.sets[0] = SessionSet::from_record(&record).unwrap();
    pair.sets[0].mistrust(NOW);
    pair.sets[0] = SessionSet::from_record(&pair.sets[0].to_record()).unwrap();

    assert!(pair.active(0).is_none() && pair.sets[0].needs_fresh(NOW));
    let rng = &mut pair.people[0].rng;
    let sealed = pair.sets[0].seal(rng, NOW, &CTX, b"no");
    assert_eq!(sealed, Err(SealError::NoSession));
    pair.begin(0);
    pair.say(0, b"anew");
    pair.say(1, b"yes");
    assert_eq!(pair.active(0), pair.active(1));
    assert_ne!(pair.active(1), forgotten);
}

#[test]
fn a_session_that_seals_no_more_is_erased_after_two_weeks() {
    let mut pair = Pair::new();
    pair.begin(0);
    pair.say(0, b"hello");
    pair.say(1, b"yes");
    let on_its_way = pair.seal(1, b"too late");
    assert_eq!(pair.sets[0].poll_timeout(), None);
    pair.begin(0);

    let end = NOW.plus(14 * DAY);
    assert_eq!(pair.sets[0].poll_timeout(), Some(end));
    assert!(!pair.sets[0].handle_timeout(Timestamp(end.0 - 1)));
    assert!(pair.sets[0].handle_timeout(end));
    assert!(!pair.sets[0].handle_timeout(end));

    assert_eq!(pair.open(0, &on_its_way), Err(OpenError::Unreadable));
    pair.say(0, b"anew");
}

#[test]
fn at_most_five_sessions_are_kept() {
    let mut pair = Pair::new();
    let mut messages = Vec::new();
    for _ in 0..7 {
        pair.begin(0);
        messages.push(pair.seal(0, b"hello"));
    }

    for message in &messages {
        pair.open(1, message).unwrap();
    }

    assert_eq!(pair.sets.each_ref().map(|set| set.sessions.len()), [5, 5]);
    assert_eq!(pair.active(0), pair.active(1));
    pair.say(1, b"yes");
}

/// While Alice is away, Bob begins one session after the other; she still writes in the first.
#[test]
fn the_session_in_which_the_peer_was_heard_outlasts_those_it_never_answered() {
    let mut pair = Pair::new();
    pair.begin(0);
    pair.say(0, b"hello");
    let late = pair.seal(0, b"I am away");
    for _ in 0..10 {
        pair.begin(1);
        pair.seal(1, b"where are you?");
    }

    assert_eq!(pair.sets[1].sessions.len(), limits::SESSIONS);
    assert_eq!(pair.open(1, &late).unwrap(), b"I am away");
}

#[test]
fn a_peer_that_names_the_highest_generation_stops_nobody() {
    let mut pair = Pair::new();
    let [alice, bob] = &mut pair.people;
    let initiated = bob.initiate(alice, limits::GENERATION);
    pair.sets[1].start(initiated, NOW);
    pair.say(1, b"I am the last");

    assert_eq!(pair.sets[0].next_generation(), limits::GENERATION);
    pair.say(0, b"so be it");
    pair.begin(0);
    pair.say(0, b"we go on");
    assert_eq!(pair.active(0), pair.active(1));
}

#[test]
fn a_message_doubled_on_its_way_is_opened_once() {
    let mut pair = Pair::new();
    pair.begin(0);
    let first = pair.seal(0, b"hello");
    let second = pair.seal(0, b"more");

    assert!(pair.open(1, &first).is_ok());
    assert_eq!(pair.open(1, &first), Err(OpenError::Unreadable));
    assert!(pair.open(1, &second).is_ok());
    assert_eq!(pair.open(1, &second), Err(OpenError::Unreadable));
    assert_eq!(pair.sets[1].sessions.len(), 1);
}

#[test]
fn a_record_gives_the_sessions_back_at_every_moment() {
    let mut pair = Pair::new();
    for who in [0, 1, 0, 0, 1] {
        pair.begin(who);
        for _ in 0..2 {
            for set in &mut pair.sets {
                let record = set.to_record();
                *set = SessionSet::from_record(&record).unwrap();
                assert_eq!(set.to_record(), record);
            }
            pair.say(who, b"text");
        }
    }
}

/// What a flush writes, at two thousand skipped keys: without them in a record of their own it was
/// 171 KB for every message.
#[test]
fn a_message_writes_little_however_many_were_overtaken() {
    let mut pair = Pair::new();
    pair.begin(0);
    pair.say(0, b"hello");
    pair.say(1, b"hello");
    let mut overtaken = Vec::new();
    for _ in 0..2 {
        overtaken.extend((0..1_000).map(|_| pair.seal(0, b"late")));
        pair.say(0, b"early");
        pair.say(1, b"yes");
    }

    let first = pair.sets[1].to_records();
    let Skipped::Some(skipped) = first.skipped else {
        panic!("{:?}", first.skipped)
    };
    pair.say(0, b"one more");
    let next = pair.sets[1].to_records();
    assert_eq!(next.skipped, Skipped::Unchanged);
    assert!(next.main.len() < 512, "{}", next.main.len());
    assert!(pair.sets[1].to_record().len() > 150_000);

    let mut again = SessionSet::from_record(&next.main).unwrap();
    again.restore_skipped(&skipped).unwrap();
    assert_eq!(again.to_record(), pair.sets[1].to_record());
    pair.sets[1] = again;
    assert_eq!(pair.sets[1].to_records().skipped, Skipped::Unchanged);
    for message in overtaken {
        assert_eq!(pair.open(1, &message).unwrap(), b"late");
        let skipped = pair.sets[1].to_records().skipped;
        assert_ne!(skipped, Skipped::Unchanged, "a used key is not kept");
    }
    pair.say(0, b"all there");
    assert_eq!(pair.sets[1].to_records().skipped, Skipped::Unchanged);
}

#[test]
fn resets_are_braked() {
    let mut set = Pair::new().sets;
    assert!(set[0].try_reset(NOW));
    assert!(!set[0].try_reset(NOW));
    let mut again = SessionSet::from_record(&set[0].to_record()).unwrap();
    assert!(!again.try_reset(NOW));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Begin anew whenever, lose, double and reorder: what arrives opens at most once, and in the end
    /// both sides seal with the same session. A message is unreadable only when its session had to go
    /// because there were too many, and then one reset heals it.
    #[test]
    fn sessions_begun_at_any_time_do_no_harm(
        turns in proptest::collection::vec((0..2usize, 0..8u8, 0..6usize), 1..40)
    ) {
        let mut pair = Pair::new();
        pair.begin(0);
        let mut begun = 1;
        let mut line: [Vec<(usize, Vec<u8>)>; 2] = [Vec::new(), Vec::new()];
        let mut opened = Vec::new();
        for (number, (who, what, which)) in turns.into_iter().enumerate() {
            match what {
                0 => {
                    pair.begin(who);
                    begun += 1;
                }
                1..4 if pair.sets[who].active().is_some() => {
                    let message = pair.seal(who, &number.to_be_bytes());
                    line[1 - who].push((number, message));
                }
                4..7 => {
                    let Some((said, message)) = line[who].get(which).cloned() else { continue };
                    let got = pair.open(who, &message);
                    if opened.contains(&said) {
                        prop_assert!(got.is_err());
                    } else if let Ok(got) = got {
                        prop_assert_eq!(got, said.to_be_bytes());
                        opened.push(said);
                    } else {
                        prop_assert!(begun > limits::SESSIONS);
                    }
                }
                _ => {
                    if which < line[who].len() {
                        line[who].remove(which);
                    }
                }
            }
            prop_assert!(pair.sets.iter().all(|set| set.sessions.len() <= limits::SESSIONS));
        }
        let mut resets = 0;
        for who in [0, 1, 0, 1] {
            if pair.sets[who].active().is_some() {
                pair.say_in_the_end(who, &mut resets);
            }
        }
        prop_assert_eq!(pair.active(0), pair.active(1));
        prop_assert!(resets == 0 || begun > limits::SESSIONS && resets == 1);
    }
}
