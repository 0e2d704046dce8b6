//! Members find and give each other what one of them lacks, told with engines in a simulated world.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use std::collections::BTreeSet;

use betwixt::{
    proto::{
        chat::content::{Body, Content},
        engine::{
            command::{Command, DeleteFor, History},
            event::{ChatChange, DeliveryState, EngineEvent},
        },
        id::{ChatId, MessageId},
        record::{Class, memory::Memory},
        time::{DAY, MINUTE, SECOND},
    },
    wire::{
        direct::Direct,
        sync::{DeviceRuns, EpochRuns, Span, Step},
    },
};
use world::{Links, World};

/// A group of people who all know each other, founded by the first.
fn group(seed: u64, people: usize) -> (World, Vec<usize>, ChatId) {
    let mut world = World::new(seed, Links::GOOD);
    let all: Vec<usize> = (0..people)
        .map(|n| world.join(&format!("person {n}")))
        .collect();
    for a in 0..people {
        for b in a + 1..people {
            world.befriend(all[a], all[b]);
        }
    }
    world.run(2 * SECOND);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(10 * SECOND);
    for host in &all {
        assert!(world.is_in(*host, chat), "{}", world.hosts[*host].name);
    }
    (world, all, chat)
}

/// What was said, without the lines about changes.
fn texts(world: &World, host: usize, chat: ChatId) -> Vec<String> {
    let rows = world.timeline(host, chat).into_iter();
    let rows = rows.filter_map(|row| match Content::decode(&row.content).ok()?.body {
        Body::Text(text) => Some(text.text),
        _ => None,
    });
    rows.collect()
}

fn say(world: &mut World, host: usize, chat: ChatId, text: &str) -> MessageId {
    let id = world.say(host, chat, text).unwrap();
    world.run(50);
    id
}

/// Days pass, in steps in each of which all timers may run.
fn days(world: &mut World, days: u64) {
    for _ in 0..days {
        world.now = world.now.plus(DAY);
        world.run(10 * SECOND);
    }
}

fn missing(world: &World, host: usize, chat: ChatId) -> Vec<(usize, u32, bool)> {
    let group = world.engine(host).group(&chat).unwrap();
    let host = |person| world.hosts.iter().position(|h| h.person == person).unwrap();
    let missing = group.missing.iter();
    missing
        .map(|from| (host(from.person), from.count, from.is_here))
        .collect()
}

/// The steps of comparisons in what was recorded.
fn steps(recorded: &[Direct]) -> Vec<&Step> {
    let steps = recorded.iter().filter_map(|message| match message {
        Direct::Sync { step, .. } => Some(step),
        _ => None,
    });
    steps.collect()
}

/// Cuts somebody off from some others, or not.
fn part(world: &mut World, one: usize, others: &[usize], parted: bool) {
    for other in others {
        world.part(one, *other, parted);
    }
}

#[test]
fn five_hundred_messages_of_somebody_who_went_come_from_a_third_within_ten_seconds() {
    let (mut world, all, chat) = group(1, 3);
    let [alice, bob, carol] = all[..] else {
        panic!()
    };
    say(&mut world, carol, chat, "see you");
    world.run(5 * SECOND);
    world.crash(carol);
    for n in 0..500 {
        say(&mut world, alice, chat, &format!("message {n}"));
    }
    world.run(10 * SECOND);
    world.crash(alice);
    world.run(MINUTE);
    world.hosts[carol].events.clear();

    world.restart(carol);
    let began = world.now;
    // While they come it is said how many are missing, of whom, and that somebody has them.
    world.run_until(10 * SECOND, |world| {
        let lacks = missing(world, carol, chat);
        matches!(lacks[..], [(of, count, true)] if of == alice && (1..=500).contains(&count))
    });
    world.run_until(10 * SECOND, |world| texts(world, carol, chat).len() == 501);
    assert!(world.now.since(began) < 10 * SECOND);
    println!("complete after {} ms", world.now.since(began));

    world.run(SECOND);
    world.assert_group_agrees(chat, &[bob, carol]);
    assert_eq!(world.engine(carol).group(&chat).unwrap().unread, 500);
    // Each is told of, as if it had come late; and it was seen that they were missing.
    let events = &world.hosts[carol].events;
    let is_message = |event: &&EngineEvent| matches!(event, EngineEvent::Message(_));
    assert_eq!(events.iter().filter(is_message).count(), 500);
    let what = ChatChange::Completeness;
    assert!(events.contains(&EngineEvent::Chat { chat, what }));
    assert_eq!(missing(&world, carol, chat), []);
}

#[test]
fn what_a_third_gave_is_delivered_once_author_and_receiver_meet() {
    for away in [1, 20] {
        let (mut world, all, chat) = group(2, 3);
        let [alice, bob, carol] = all[..] else {
            panic!()
        };
        world.crash(carol);
        let id = say(&mut world, alice, chat, "hello");
        world.run(5 * SECOND);
        // Longer than outboxes and channels last, or not.
        days(&mut world, away);
        let device = world.engine(alice).device();
        world.crash(alice);
        world.restart(carol);
        world.run(5 * MINUTE);
        assert_eq!(texts(&world, carol, chat), ["hello"], "{away}");
        let counter = world.hosts[alice].disk.message(&id).unwrap().row.counter;
        let carols = world.hosts[carol].person;
        let delivered = |world: &World| {
            let disk = &world.hosts[alice].disk;
            disk.receipts(chat, device, counter, carols).delivered
        };
        assert!(delivered(&world).is_none(), "{away}");

        world.hosts[alice].events.clear();
        world.restart(alice);
        world.run(15 * MINUTE);

        assert!(delivered(&world).is_some(), "{away}");
        let told = EngineEvent::Status {
            chat,
            counters: counter..=counter,
            person: carols,
            state: DeliveryState::Delivered,
        };
        assert!(world.hosts[alice].events.contains(&told), "{away}");
        assert_eq!(world.engine(alice).waiting(), 0, "{away}");
        assert_eq!(texts(&world, carol, chat), ["hello"], "{away}: once");
        let _ = bob;
    }
}

#[test]
fn who_was_away_for_sixty_days_is_complete_again() {
    let (mut world, all, chat) = group(3, 3);
    let [alice, bob, carol] = all[..] else {
        panic!()
    };
    say(&mut world, carol, chat, "see you");
    world.crash(carol);
    for week in 0..8 {
        days(&mut world, 8);
        for host in [alice, bob] {
            for n in 0..5 {
                say(
                    &mut world,
                    host,
                    chat,
                    &format!("{host}: {n} of week {week}"),
                );
            }
        }
    }
    world.run(5 * SECOND);
    // One of the two is enough.
    world.crash(alice);

    world.restart(carol);
    world.run(5 * MINUTE);

    assert_eq!(texts(&world, carol, chat).len(), 81);
    world.assert_group_agrees(chat, &[bob, carol]);
    assert_eq!(missing(&world, carol, chat), []);
}

#[test]
fn who_is_set_back_to_a_backup_is_complete_again_with_what_it_said_itself() {
    let (mut world, all, chat) = group(4, 3);
    let [alice, bob, carol] = all[..] else {
        panic!()
    };
    for host in &all {
        say(&mut world, *host, chat, &format!("first of {host}"));
    }
    world.run(MINUTE);
    let copy = world.hosts[carol].disk.clone();
    for n in 0..20 {
        for host in &all {
            say(&mut world, *host, chat, &format!("{n} of {host}"));
        }
    }
    world.run(MINUTE);
    world.crash(alice);

    world.set_back(carol, copy);
    world.run(2 * MINUTE);

    assert_eq!(texts(&world, carol, chat).len(), 63);
    world.assert_group_agrees(chat, &[bob, carol]);
    world.restart(alice);
    world.run(5 * MINUTE);
    world.assert_group_agrees(chat, &all);
}

/// A disk with all records of another, and none of its messages.
fn without_messages(disk: &Memory) -> Memory {
    let mut bare = Memory::default();
    for class in betwixt::proto::record::CLASSES {
        let records = disk.records(class).into_iter();
        let put = |(key, value)| betwixt::proto::record::Write::Put(class, key, value);
        bare.commit(records.map(put).collect());
    }
    bare
}

#[test]
fn who_lost_all_messages_gets_them_again_in_groups_and_of_others_in_chats_of_two() {
    let (mut world, all, chat) = group(5, 3);
    let [alice, bob, carol] = all[..] else {
        panic!()
    };
    let two = world.chat(alice, carol);
    for n in 0..30 {
        for host in &all {
            say(&mut world, *host, chat, &format!("{n} of {host}"));
        }
        say(&mut world, alice, two, &format!("{n} for you"));
        say(&mut world, carol, two, &format!("{n} for Alice"));
    }
    world.run(MINUTE);
    let whole = texts(&world, carol, chat);
    let bare = without_messages(&world.hosts[carol].disk);

    world.lose_messages(carol, bare);
    world.run(5 * MINUTE);

    assert_eq!(texts(&world, carol, chat), whole);
    world.assert_group_agrees(chat, &[alice, bob, carol].map(|host| host));
    // Her own words in a chat of two nobody can give her: they are not signed.
    let mut theirs = texts(&world, alice, two);
    assert_eq!(theirs.len(), 60);
    theirs.retain(|text| text.ends_with("for you"));
    assert_eq!(texts(&world, carol, two), theirs);
    let state = world.engine(carol).chat(&two).unwrap();
    assert_eq!(state.missing, 0);
    let forked = |host: usize| world.engine(host).group(&chat).unwrap().forked;
    assert_eq!(forked(alice), []);
    // And she goes on.
    say(&mut world, carol, chat, "here again");
    say(&mut world, carol, two, "here again");
    world.run(MINUTE);
    world.assert_group_agrees(chat, &all);
    assert_eq!(texts(&world, alice, two).len(), 61);
}

#[test]
fn a_contact_on_a_new_device_gets_what_was_said_to_them_in_its_place_and_nobody_twice() {
    let mut world = World::new(6, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    for n in 0..600 {
        say(&mut world, alice, chat, &format!("{n} of Alice"));
        if n % 20 == 0 {
            say(&mut world, bob, chat, &format!("{n} of Bob"));
        }
    }
    world.run(MINUTE);
    let before: Vec<MessageId> = world.timeline(alice, chat).iter().map(|m| m.id).collect();
    let mut expected = texts(&world, alice, chat);
    expected.retain(|text| text.ends_with("of Alice"));
    let words = world.engine(bob).recovery_words();
    world.crash(bob);

    let again = world.restore("Bob", &words);
    world.run(10 * SECOND);
    world.introduce(alice, again);
    world.run(10 * SECOND);
    let add = Command::AddContact {
        link: None,
        person_id: Some(world.hosts[alice].person),
    };
    world.command(again, add).unwrap().unwrap();
    world.run(5 * MINUTE);

    assert!(world.are_contacts(alice, again));
    assert_eq!(texts(&world, again, chat), expected);
    let after: Vec<MessageId> = world.timeline(alice, chat).iter().map(|m| m.id).collect();
    assert_eq!(after, before);
    assert_eq!(world.engine(again).chat(&chat).unwrap().missing, 0);
    assert_eq!(world.engine(alice).waiting(), 0);
}

#[test]
fn what_was_said_to_a_new_device_before_it_asked_arrives() {
    let mut world = World::new(6, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    say(&mut world, alice, chat, "to the old device");
    world.run(MINUTE);
    let words = world.engine(bob).recovery_words();
    world.crash(bob);

    let again = world.restore("Bob", &words);
    world.run(10 * SECOND);
    world.introduce(alice, again);
    world.run(10 * SECOND);
    // Alice has seen the new device and sealed for it, on a channel that it knows nothing of.
    say(&mut world, alice, chat, "before it asked");
    world.run(10 * SECOND);
    assert_eq!(world.engine(alice).waiting(), 2);
    let add = Command::AddContact {
        link: None,
        person_id: Some(world.hosts[alice].person),
    };
    world.command(again, add).unwrap().unwrap();
    world.run(MINUTE);

    let expected = ["to the old device", "before it asked"];
    assert_eq!(texts(&world, again, chat), expected);
    assert_eq!(world.engine(alice).waiting(), 0);
}

#[test]
fn a_chat_of_two_that_was_deleted_does_not_come_back() {
    let mut world = World::new(7, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    for n in 0..5 {
        say(&mut world, alice, chat, &format!("{n} of Alice"));
        say(&mut world, bob, chat, &format!("{n} of Bob"));
    }
    world.run(MINUTE);
    let delete = Command::DeleteChat { chat_id: chat };
    world.command(bob, delete).unwrap().unwrap();
    world.run(SECOND);

    // Neither on meeting again, nor if the database has to be mended.
    world.crash(bob);
    world.restart(bob);
    world.run(MINUTE);
    assert_eq!(texts(&world, bob, chat), [""; 0]);
    let bare = world.hosts[bob].disk.clone();
    world.lose_messages(bob, bare);
    world.run(MINUTE);
    assert_eq!(texts(&world, bob, chat), [""; 0]);

    say(&mut world, alice, chat, "another");
    world.run(MINUTE);
    assert_eq!(texts(&world, bob, chat), ["another"]);
    assert_eq!(world.engine(bob).chat(&chat).unwrap().missing, 0);
    // Nor does Alice wait for what he deleted, if she loses hers.
    let bare = without_messages(&world.hosts[alice].disk);
    world.lose_messages(alice, bare);
    world.run(MINUTE);
    assert_eq!(world.engine(alice).chat(&chat).unwrap().missing, 0);
}

fn delete_for_all(world: &mut World, host: usize, message_id: MessageId) {
    let from = DeleteFor::All;
    let delete = Command::DeleteMessage { message_id, from };
    world.command(host, delete).unwrap().unwrap();
    world.run(50);
}

#[test]
fn what_was_erased_leaves_no_hole_and_one_member_alone_cannot_say_so() {
    // Whether the author says so, or two others, or one.
    for (seed, staying, is_sure) in [
        (8, vec![0, 1], true),
        (9, vec![1, 2], true),
        (10, vec![1], false),
    ] {
        let (mut world, all, chat) = group(seed, 4);
        let away = all[3];
        let others = [all[0], all[1], all[2]];
        world.crash(away);
        say(&mut world, all[0], chat, "first");
        let gone = say(&mut world, all[0], chat, "not to be said");
        say(&mut world, all[0], chat, "last");
        world.run(5 * SECOND);
        delete_for_all(&mut world, all[0], gone);
        world.run(5 * SECOND);
        for host in others {
            if !staying.contains(&host) {
                world.crash(host);
            }
        }

        world.restart(away);
        world.run(40 * MINUTE);

        let heard: BTreeSet<String> = texts(&world, away, chat).into_iter().collect();
        assert_eq!(heard, BTreeSet::from(["first".into(), "last".into()]));
        let lacks = missing(&world, away, chat);
        // Of the author, whom nobody reaches, and whose message nobody has.
        let expected = if is_sure {
            vec![]
        } else {
            vec![(all[0], 1, false)]
        };
        assert_eq!(lacks, expected, "{seed}");
        // It is sure for ever.
        world.crash(away);
        world.restart(away);
        world.run(MINUTE);
        assert_eq!(missing(&world, away, chat), lacks, "{seed}");
        for host in others.into_iter().filter(|host| !staying.contains(host)) {
            world.restart(host);
        }
        world.run(40 * MINUTE);
        assert_eq!(missing(&world, away, chat), [], "{seed}");
    }
}

#[test]
fn a_message_that_two_said_to_be_erased_is_shown_if_it_comes_after_all() {
    let (mut world, all, chat) = group(11, 4);
    let away = all[3];
    world.crash(away);
    say(&mut world, all[0], chat, "first");
    let id = say(&mut world, all[0], chat, "kept by one");
    say(&mut world, all[0], chat, "last");
    world.run(5 * SECOND);
    // Two delete it for themselves; the author is away.
    for host in [all[1], all[2]] {
        let from = DeleteFor::Me;
        let delete = Command::DeleteMessage {
            message_id: id,
            from,
        };
        world.command(host, delete).unwrap().unwrap();
    }
    world.crash(all[0]);
    world.restart(away);
    world.run(40 * MINUTE);
    assert_eq!(texts(&world, away, chat), ["first", "last"]);
    assert_eq!(missing(&world, away, chat), []);

    world.restart(all[0]);
    world.run(MINUTE);

    assert_eq!(texts(&world, away, chat), ["first", "kept by one", "last"]);
    assert_eq!(world.engine(all[0]).waiting(), 0);
}

#[test]
fn a_newcomer_without_history_gets_nothing_from_before_and_who_was_removed_nothing_at_all() {
    let (mut world, all, chat) = group(12, 4);
    let [alice, bob, carol, dave] = all[..] else {
        panic!()
    };
    say(&mut world, alice, chat, "to all four");
    world.run(5 * SECOND);
    let remove = Command::RemoveMember {
        chat_id: chat,
        person_id: world.hosts[dave].person,
    };
    world.command(alice, remove).unwrap().unwrap();
    world.run(10 * SECOND);
    say(&mut world, bob, chat, "without Dave");
    world.run(5 * SECOND);
    let erin = world.join("Erin");
    world.befriend(alice, erin);
    let add = Command::AddMember {
        chat_id: chat,
        person_id: world.hosts[erin].person,
        history: History::None,
    };
    world.command(alice, add).unwrap().unwrap();
    world.run(10 * SECOND);
    say(&mut world, carol, chat, "with Erin");
    world.run(40 * MINUTE);
    assert_eq!(texts(&world, erin, chat), ["with Erin"]);
    assert_eq!(missing(&world, erin, chat), []);

    // Dave asks all the same, and Erin for what was said before: with what they know.
    let (epochs, _) = world.engine(bob).recipients(&chat);
    assert_eq!(epochs.len(), 3);
    world.recorded = Some(Vec::new());
    let rows = world.timeline(bob, chat);
    let epochs: BTreeSet<_> = rows.iter().filter_map(|r| Some(r.signed?.epoch)).collect();
    let whole = |last| -> Vec<EpochRuns> {
        let devices = (0..5).map(|index| DeviceRuns {
            index,
            spans: vec![Span { first: 0, last }],
        });
        let devices: Vec<_> = devices.collect();
        let all = epochs.iter().map(|epoch| EpochRuns {
            epoch: *epoch,
            devices: devices.clone(),
        });
        all.collect()
    };
    for asker in [dave, erin] {
        for step in [
            Step::Compare(vec![0x61, 0, 0, 2, 0].into()),
            Step::Differ {
                here: whole(0),
                there: Vec::new(),
            },
            Step::Get(whole(9)),
        ] {
            let (chat, number) = (chat.0, 7);
            world.hear(bob, asker, Direct::Sync { chat, number, step });
            world.run(SECOND);
        }
    }
    let recorded = world.recorded.take().unwrap();
    let given: Vec<&Step> = steps(&recorded);
    // To Dave nothing, to Erin that there is one message for her.
    let records: Vec<usize> = given
        .iter()
        .filter_map(|step| match step {
            Step::Given { records, .. } => Some(records.len()),
            _ => None,
        })
        .collect();
    assert_eq!(records.iter().sum::<usize>(), 1, "{given:?}");
    let told = given.iter().map(|step| match step {
        Step::Runs(runs) => runs.len(),
        _ => 0,
    });
    assert_eq!(told.sum::<usize>(), 1, "{given:?}");
    assert_eq!(texts(&world, dave, chat), ["to all four"]);
}

#[test]
fn messages_that_nobody_asked_for_are_dropped() {
    let (mut world, all, chat) = group(13, 3);
    let [alice, bob, carol] = all[..] else {
        panic!()
    };
    world.crash(carol);
    say(&mut world, alice, chat, "hello");
    world.run(5 * SECOND);
    part(&mut world, bob, &[carol], true);
    part(&mut world, alice, &[carol], true);
    world.restart(carol);
    world.recorded = Some(Vec::new());
    part(&mut world, bob, &[carol], false);
    world.run_until(MINUTE, |world| !texts(world, carol, chat).is_empty());
    let recorded = world.recorded.take().unwrap();
    let given = recorded.iter().filter(|message| {
        let Direct::Sync { step, .. } = message else {
            return false;
        };
        matches!(step, Step::Given { .. } | Step::Runs(_) | Step::Compared(_))
    });
    let given: Vec<Direct> = given.cloned().collect();
    assert!(given.len() >= 3);

    // The same again, to a Carol who has asked for nothing, from whom she once did ask.
    let (mut world, all, _) = group(13, 3);
    let [alice, bob, carol] = all[..] else {
        panic!()
    };
    world.crash(carol);
    say(&mut world, alice, chat, "hello");
    world.run(5 * SECOND);
    part(&mut world, bob, &[carol], true);
    part(&mut world, alice, &[carol], true);
    world.restart(carol);
    world.run(SECOND);
    for message in &given {
        world.hear(carol, bob, message.clone());
        world.run(SECOND);
    }
    assert_eq!(texts(&world, carol, chat), [""; 0]);
}

#[test]
fn who_claims_to_have_what_it_has_not_costs_nothing_but_time() {
    let (mut world, all, chat) = group(14, 3);
    let [alice, bob, carol] = all[..] else {
        panic!()
    };
    say(&mut world, alice, chat, "hello");
    world.run(20 * SECOND);
    let rows = world.timeline(bob, chat);
    let epoch = rows.iter().find_map(|row| Some(row.signed?.epoch)).unwrap();
    let devices = (0..3).map(|index| DeviceRuns {
        index,
        spans: vec![Span {
            first: 0,
            last: 60_000,
        }],
    });
    let here = vec![EpochRuns {
        epoch,
        devices: devices.collect(),
    }];
    let records = |world: &World| world.hosts[carol].disk.records(Class::Group)[0].1.len();
    let before = records(&world);
    world.hosts[carol].events.clear();

    let lie = Step::Differ {
        here,
        there: Vec::new(),
    };
    world.recorded = Some(Vec::new());
    for _ in 0..20 {
        let (chat, number, step) = (chat.0, 1, lie.clone());
        world.hear(carol, bob, Direct::Sync { chat, number, step });
        world.run(10);
    }
    world.run(MINUTE);

    // She asks, is not given it, and is as complete as before.
    let asked = world.recorded.take().unwrap();
    let asked = steps(&asked).into_iter();
    let asked = asked.filter(|step| matches!(step, Step::Get(_))).count();
    assert!((1..=20).contains(&asked), "{asked}");
    assert_eq!(missing(&world, carol, chat), []);
    assert!(records(&world) < before + 100);
    // She is given what there is by who has it, all the same.
    part(&mut world, carol, &[alice, bob], true);
    say(&mut world, alice, chat, "more");
    world.run(5 * SECOND);
    world.crash(alice);
    part(&mut world, carol, &[bob], false);
    world.run(MINUTE);
    assert_eq!(texts(&world, carol, chat), ["hello", "more"]);
}

#[test]
fn members_who_have_the_same_say_little_and_only_now_and_then() {
    let (mut world, all, chat) = group(16, 3);
    for n in 0..50 {
        say(&mut world, all[n % 3], chat, &n.to_string());
    }
    world.run(5 * MINUTE);
    world.recorded = Some(Vec::new());

    world.run(60 * MINUTE);

    let recorded = world.recorded.take().unwrap();
    let steps = steps(&recorded);
    // Three who compare each ten minutes, with one question and one answer.
    assert!((12..=40).contains(&steps.len()), "{}", steps.len());
    let is_plain = |step: &&Step| matches!(step, Step::Compare(_) | Step::Compared(_));
    assert!(steps.iter().all(is_plain));
    let bytes: usize = recorded.iter().map(|message| message.encode().len()).sum();
    assert!(bytes < 20_000, "{bytes}");
}

#[test]
fn who_comes_back_to_many_compares_with_sixteen_of_them() {
    let mut world = World::new(17, Links::GOOD);
    let all: Vec<usize> = (0..24)
        .map(|n| world.join(&format!("person {n}")))
        .collect();
    for other in &all[1..] {
        world.befriend(all[0], *other);
    }
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5 * MINUTE);
    part(&mut world, all[23], &all[..23], true);
    say(&mut world, all[1], chat, "hello");
    world.run(MINUTE);
    world.recorded = Some(Vec::new());

    part(&mut world, all[23], &all[..23], false);
    world.run(MINUTE);

    let recorded = world.recorded.take().unwrap();
    let begun = steps(&recorded).into_iter();
    let begun = begun.filter(|step| matches!(step, Step::Compare(_)));
    // A few more by whoever compares now and then.
    let begun = begun.count();
    assert!((10..=20).contains(&begun), "{begun}");
    assert_eq!(texts(&world, all[23], chat), ["hello"]);
}

/// So many messages, said by two while a third is away. The author is gone when it comes back.
#[test]
#[ignore = "takes minutes; measures"]
fn a_hundred_thousand_missing_messages_come_within_a_minute() {
    let count: usize = std::env::var("BETWIXT_MISSING").map_or(100_000, |text| {
        text.parse().expect("BETWIXT_MISSING is a number")
    });
    let (mut world, all, chat) = group(17, 3);
    let [alice, bob, carol] = all[..] else {
        panic!()
    };
    world.run(MINUTE);
    world.crash(carol);
    let filler = "x".repeat(80);
    for n in 0..count {
        say(&mut world, alice, chat, &format!("{n} {filler}"));
    }
    world.run(10 * MINUTE);
    world.crash(alice);
    assert_eq!(texts(&world, bob, chat).len(), count);
    let before = (memory_kib(), world.hosts[bob].cost);
    world.hosts[carol].cost = world::Cost::default();
    let (clock, began) = (std::time::Instant::now(), world.now);

    world.restart(carol);
    let unread = |world: &World| world.engine(carol).group(&chat).unwrap().unread;
    world.run_until(60 * SECOND, |world| unread(world) as usize >= count);

    let cost = world.hosts[carol].cost;
    let gives = world.hosts[bob].cost.cpu_ns - before.1.cpu_ns;
    println!(
        "{count} missing: {} ms of the world's time, {} ms on the clock; engine that gets them {} ms, that gives \
         them {} ms; {} KiB came; memory of all {} KiB before, {} KiB at most",
        world.now.since(began),
        clock.elapsed().as_millis(),
        cost.cpu_ns / 1_000_000,
        gives / 1_000_000,
        cost.bytes / 1024,
        before.0,
        memory_kib(),
    );
    assert_eq!(texts(&world, carol, chat).len(), count);
    assert_eq!(missing(&world, carol, chat), []);
}

/// The most memory that this process ever had, in KiB.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}
