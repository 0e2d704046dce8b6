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
        engine::{
            Effect, Engine, Input,
            command::{Command, History},
            event::{EngineEvent, WarningKind},
        },
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
        // What he said before himself he does not get: it is not signed.
        let own = |text: &String| text.starts_with("before") && text.ends_with("of the other");
        alices_texts.retain(|text| !own(text));
        assert_eq!(world.texts(again, chat), alices_texts, "{seed}");
        assert_eq!(alices_texts.len(), 12);
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
        assert_eq!(world.texts(again, chat).len(), 13);
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

    // What Alice said to him before comes again, since she is a contact again.
    assert_eq!(world.texts(again, chat).len(), 6);
    assert_eq!(world.texts(alice, chat).len(), 8);
    assert_eq!(world.engine(again).chat(&chat).unwrap().missing, 0);
}

/// Alice, Bob and Carol in a group; Alice knows the others.
fn group_of_three(seed: u64) -> (World, [usize; 3], ChatId) {
    let mut world = World::new(seed, Links::GOOD);
    let all = ["Alice", "Bob", "Carol"].map(|name| world.join(name));
    world.befriend(all[0], all[1]);
    world.befriend(all[0], all[2]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    for host in all {
        world.say(host, chat, &format!("first of {host}")).unwrap();
        world.run(1_000);
    }
    (world, all, chat)
}

fn rolled_back_warnings(world: &World, host: usize) -> usize {
    let is_it = |event: &&EngineEvent| {
        matches!(
            event,
            EngineEvent::Warning {
                kind: WarningKind::RolledBack,
                ..
            }
        )
    };
    world.hosts[host].events.iter().filter(is_it).count()
}

/// The texts of a group on a host, without lines of changes.
fn texts(world: &World, host: usize, chat: ChatId) -> Vec<String> {
    let all = world.texts(host, chat).into_iter();
    all.filter(|text| !text.is_empty()).collect()
}

/// Under which numbers a person's messages were signed, each time one was.
fn numbers(world: &World, host: usize, chat: ChatId, by: usize) -> Vec<(String, u32)> {
    let rows = world.timeline(host, chat).into_iter();
    let of = rows.filter(|row| row.sender == world.hosts[by].person);
    of.filter_map(|row| Some((format!("{:?}", row.signed?.epoch), row.counter)))
        .collect()
}

#[test]
fn who_deletes_a_group_and_is_added_again_hears_what_it_said_itself_without_a_warning() {
    let (mut world, all, chat) = group_of_three(50);
    let [alice, bob, carol] = all;
    world.run(60_000);
    let delete = Command::DeleteChat { chat_id: chat };
    world.command(bob, delete).unwrap().unwrap();
    world.run(900_000);
    assert!(world.engine(bob).group(&chat).is_none());

    let add = Command::AddMember {
        chat_id: chat,
        person_id: world.hosts[bob].person,
        history: History::All,
    };
    world.command(alice, add).unwrap().unwrap();
    world.run(60_000);
    world.say(bob, chat, "back again").unwrap();
    world.run(60_000);

    world.assert_group_agrees(chat, &[alice, carol]);
    let heard = texts(&world, bob, chat);
    for text in ["first of 0", "first of 1", "first of 2", "back again"] {
        assert_eq!(heard.iter().filter(|t| *t == text).count(), 1, "{heard:?}");
    }
    for host in all {
        assert_eq!(rolled_back_warnings(&world, host), 0);
        assert!(world.engine(host).group(&chat).unwrap().forked.is_empty());
        assert!(texts(&world, host, chat).contains(&"back again".to_owned()));
    }
}

#[test]
fn two_copies_in_a_group_that_do_not_know_it_are_noticed_and_all_that_both_say_is_shown() {
    for seed in 40..46 {
        let (mut world, all, chat) = group_of_three(seed);
        let [alice, bob, carol] = all;
        world.run(60_000);
        let copy = world.hosts[bob].disk.clone();
        world.say(bob, chat, "of the one").unwrap();
        world.run(10_000);

        let one = world.swap(bob, copy);
        // Before he meets anybody who could tell him.
        world.say(bob, chat, "of the other").unwrap();
        world.run(120_000);

        let both = |texts: &[String]| {
            let count = |text: &str| texts.iter().filter(|t| *t == text).count();
            [count("of the one"), count("of the other")] == [1, 1] && texts.len() == 5
        };
        for host in all {
            assert!(both(&texts(&world, host, chat)), "{seed} {host}");
            assert_eq!(world.engine(host).waiting(), 0, "{seed} {host}");
        }
        world.assert_group_agrees(chat, &all);
        let bobs = world.hosts[bob].person;
        for host in [alice, carol] {
            assert_eq!(world.engine(host).group(&chat).unwrap().forked, [bobs]);
        }
        assert_eq!(rolled_back_warnings(&world, bob), 1, "{seed}");
        let clash = numbers(&world, alice, chat, bob);
        let once: BTreeSet<_> = clash.iter().collect();
        assert_eq!(
            clash.len() - once.len(),
            1,
            "the one time before it was noticed"
        );

        // From now on both know: neither gives a number that the other may give.
        let before = world.engine(alice).group(&chat).unwrap().epoch;
        world.say(bob, chat, "the other, anew").unwrap();
        world.run(20_000);
        assert_eq!(world.engine(alice).group(&chat).unwrap().epoch, before + 1);
        let other = world.swap(bob, one);
        world.run(2_000);
        world.say(bob, chat, "the one, anew").unwrap();
        world.run(120_000);
        for host in [alice, carol] {
            let shown = texts(&world, host, chat);
            for text in ["the one, anew", "the other, anew"] {
                assert!(shown.contains(&text.to_owned()), "{seed} {shown:?}");
            }
        }
        let after = numbers(&world, alice, chat, bob);
        let once: BTreeSet<_> = after.iter().collect();
        assert_eq!(after.len() - once.len(), 1, "no more than before");
        world.swap(bob, other);
        world.run(1_200_000);
        world.say(alice, chat, "hello, other").unwrap();
        world.run(60_000);
        let heard = texts(&world, bob, chat);
        assert!(
            heard.contains(&"hello, other".to_owned()),
            "{seed} {heard:?}"
        );
    }
}

#[test]
fn who_is_restored_in_a_group_says_nothing_in_an_old_epoch_and_hears_again_what_was_said() {
    for (seed, links) in [(50, Links::GOOD), (51, Links::BAD), (52, Links::BAD)] {
        let (mut world, all, chat) = group_of_three(seed);
        let [alice, bob, carol] = all;
        world.run(60_000);
        let copy = world.hosts[bob].disk.clone();
        world.links = links;
        for n in 0..3 {
            for host in all {
                world
                    .say(host, chat, &format!("after {n} of {host}"))
                    .unwrap();
            }
            world.run(2_000);
        }
        world.run(60_000);
        let epochs = world.engine(alice).group(&chat).unwrap().epoch;

        world.set_back(bob, copy);
        world.run(20_000);
        world.say(bob, chat, "restored").unwrap();
        world.run(2_000);
        for host in all {
            world.say(host, chat, &format!("anew of {host}")).unwrap();
        }
        world.links = Links::GOOD;
        world.run(300_000);

        assert!(world.engine(alice).group(&chat).unwrap().epoch > epochs);
        let alices = texts(&world, alice, chat);
        assert_eq!(alices.len(), 3 + 9 + 4, "{seed} {alices:?}");
        assert_eq!(texts(&world, carol, chat), alices, "{seed}");
        // What he said himself after the copy too.
        assert_eq!(texts(&world, bob, chat), alices, "{seed}");
        let given = numbers(&world, alice, chat, bob);
        let once: BTreeSet<_> = given.iter().collect();
        assert_eq!(given.len(), once.len(), "no number was given twice");
        for host in all {
            assert_eq!(world.engine(host).waiting(), 0, "{seed} {host}");
        }
    }
}

#[test]
fn a_device_that_hears_itself_begins_anew() {
    let (mut world, all, chat) = group_of_three(60);
    let [alice, bob, carol] = all;
    world.run(60_000);
    let copy = world.hosts[bob].disk.clone();
    world.recorded = Some(Vec::new());
    world.say(bob, chat, "of the one").unwrap();
    world.run(1_000);
    let recorded = world.recorded.take().unwrap();
    world.swap(bob, copy);
    let epoch = world.engine(bob).group(&chat).unwrap().epoch;

    for message in recorded {
        if let Direct::Frame { topic, frame } = message {
            let frame = frame.to_vec();
            let gossip = |frame| Input::Gossip {
                topic,
                frame,
                seen: false,
            };
            world.input(bob, gossip(frame.clone()));
            // What somebody else makes of it is nobody's.
            let mut forged = frame;
            let at = forged.len() / 2;
            forged[at] ^= 1;
            world.input(bob, gossip(forged));
        }
    }
    world.run(1_000);

    assert_eq!(rolled_back_warnings(&world, bob), 1);
    assert!(texts(&world, bob, chat).contains(&"of the one".to_owned()));
    world.say(bob, chat, "of the other").unwrap();
    world.run(10_000);
    world.assert_group_agrees(chat, &all);
    for host in [alice, carol] {
        let group = world.engine(host).group(&chat).unwrap();
        assert_eq!(group.epoch, epoch + 1);
        assert!(group.forked.is_empty(), "no number was given twice");
    }
}
