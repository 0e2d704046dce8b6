//! What becomes of conversations when a profile is older than it was, told with engines in a
//! simulated world.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use std::collections::BTreeSet;

use betwixt::{
    proto::{
        engine::{Effect, Engine, Input, command::Command},
        id::{ChatId, SessionId},
        record::{Class, Write},
        session::SessionSet,
    },
    wire::direct::Direct,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use world::{Links, World};

/// Both say something, some times.
fn talk(world: &mut World, (a, b): (usize, usize), chat: ChatId, what: &str, times: usize) {
    for n in 0..times {
        world.say(a, chat, &format!("{what} {n} of one")).unwrap();
        world
            .say(b, chat, &format!("{what} {n} of the other"))
            .unwrap();
        world.run(1_000);
    }
}

/// The session in which a host seals for its only peer.
fn active(world: &World, host: usize) -> SessionId {
    let records = world.hosts[host].disk.records(Class::Sessions);
    let set = SessionSet::from_record(&records[0].1).unwrap();
    set.active().unwrap().id()
}

#[test]
fn a_profile_that_was_set_back_begins_anew_and_what_others_said_comes_back() {
    for (seed, links) in [(1, Links::GOOD), (2, Links::BAD), (3, Links::BAD)] {
        let mut world = World::new(seed, Links::GOOD);
        let (alice, bob) = (world.join("Alice"), world.join("Bob"));
        let chat = world.befriend(alice, bob);
        world.links = links;
        talk(&mut world, (alice, bob), chat, "before", 4);
        world.run(60_000);
        let copy = world.hosts[alice].disk.clone();
        talk(&mut world, (alice, bob), chat, "after", 3);
        world.run(60_000);
        let used = active(&world, alice);

        world.set_back(alice, copy);
        talk(&mut world, (alice, bob), chat, "anew", 3);
        world.run(300_000);

        // What she said herself after the copy only Bob has; everything else both have.
        let lost = |text: &String| text.starts_with("after") && text.ends_with("of one");
        let mut bobs = world.texts(bob, chat);
        assert_eq!(bobs.len(), 20, "{bobs:?}");
        bobs.retain(|text| !lost(text));
        assert_eq!(world.texts(alice, chat), bobs);
        for host in [alice, bob] {
            let state = world.engine(host).chat(&chat).unwrap();
            assert_eq!(state.missing, 0, "nothing seems to be missing");
            assert_eq!(world.engine(host).waiting(), 0, "all is acknowledged");
        }
        // No counter stands for two messages, and no session of then seals again.
        let rows = world.timeline(bob, chat);
        let counters: BTreeSet<_> = rows.iter().map(|row| (row.device, row.counter)).collect();
        assert_eq!(counters.len(), rows.len());
        assert_ne!(active(&world, alice), used);
        assert_eq!(active(&world, alice), active(&world, bob));
    }
}

#[test]
fn a_copied_state_after_a_message_opens_nothing_that_was_sent_before() {
    let mut world = World::new(4, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.recorded = Some(Vec::new());
    talk(&mut world, (alice, bob), chat, "before", 5);
    let before = world.recorded.take().unwrap();
    let mut thief = world.load(bob);
    world.recorded = Some(Vec::new());

    world.say(alice, chat, "after").unwrap();
    world.run(1_000);
    let after = world.recorded.take().unwrap();

    let from = world.hosts[alice].peer;
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    thief.start(world.now, &mut rng);
    let mut opened = |frames: Vec<Direct>, thief: &mut Engine| {
        let take = |message| {
            let input = Input::Direct {
                from,
                message,
                seen: false,
            };
            thief.handle(input, world.now, &mut rng)
        };
        let effects = frames.into_iter().flat_map(take);
        let is_message = |effect: &Effect| matches!(effect, Effect::Write(Write::Message(_)));
        effects.filter(is_message).count()
    };
    assert!(before.len() >= 10);
    assert_eq!(opened(before, &mut thief), 0);
    assert_eq!(opened(after, &mut thief), 1, "it is the state it seems");
}

#[test]
fn a_restored_account_is_the_same_person_to_those_who_know_it() {
    for seed in 10..30 {
        let mut world = World::new(seed, Links::GOOD);
        let (alice, bob) = (world.join("Alice"), world.join("Bob"));
        let chat = world.befriend(alice, bob);
        talk(&mut world, (alice, bob), chat, "before", 4);
        let person_id = world.hosts[bob].person;
        let verify = Command::VerifyContact {
            person_id,
            verified: true,
        };
        world.command(alice, verify).unwrap().unwrap();
        // With 40 days between, the channels are others than at the beginning.
        world.run(40 * 86_400_000);
        let words = world.engine(bob).recovery_words();
        world.crash(bob);
        world.say(alice, chat, "while you were away").unwrap();
        world.run(60_000);

        let again = world.restore("Bob", &words);
        let alices = world.hosts[alice].person;
        assert_eq!(world.hosts[again].person, person_id);
        world.run(5_000);
        let add = Command::AddContact {
            link: None,
            person_id: Some(alices),
        };
        world.command(again, add).unwrap().unwrap();
        world.say(again, chat, "I am back").unwrap();
        world.run_until(60_000, |world| world.are_contacts(alice, again));
        talk(&mut world, (alice, again), chat, "anew", 3);
        world.run(60_000);

        let alice_sees = world.engine(alice).contact(&person_id).unwrap();
        assert!(alice_sees.verified && alice_sees.online, "{seed}");
        let mut alices_texts = world.texts(alice, chat);
        alices_texts.retain(|text| !text.starts_with("before"));
        assert_eq!(world.texts(again, chat), alices_texts, "{seed}");
        assert_eq!(alices_texts.len(), 8);
        for host in [alice, again] {
            assert_eq!(world.engine(host).chat(&chat).unwrap().missing, 0);
            assert_eq!(world.engine(host).waiting(), 0);
        }
        // The old device is not heard any more, nor does it take the account back.
        world.restart(bob);
        world.say(bob, chat, "from the old one").unwrap();
        world.run(600_000);
        assert_eq!(world.texts(alice, chat).len(), 16);
        world.say(alice, chat, "to the new one").unwrap();
        world.run(10_000);
        assert_eq!(world.texts(again, chat).len(), 9);
        assert!(
            !world
                .texts(bob, chat)
                .contains(&"to the new one".to_owned())
        );
    }
}

#[test]
fn whom_nobody_remembers_asks_as_anybody_does() {
    let mut world = World::new(5, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    talk(&mut world, (alice, bob), chat, "before", 2);
    let person_id = world.hosts[bob].person;
    let words = world.engine(bob).recovery_words();
    world
        .command(alice, Command::RemoveContact { person_id })
        .unwrap()
        .unwrap();
    world.crash(bob);

    let again = world.restore("Bob", &words);
    world.befriend(again, alice);
    talk(&mut world, (alice, again), chat, "anew", 2);
    world.run(60_000);

    assert_eq!(world.texts(again, chat).len(), 4);
    assert_eq!(world.texts(alice, chat).len(), 8);
    assert_eq!(world.engine(again).chat(&chat).unwrap().missing, 0);
}
