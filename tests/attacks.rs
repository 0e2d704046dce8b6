//! Attacks of `docs/protocol.md`, section 9, by peers that have what a peer has and more, on engines in
//! a simulated world. Each fails for the attacker.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use std::collections::BTreeSet;

use betwixt::{
    proto::{
        chat::{
            content::{Body, Content},
            group::{Group, GroupState, Offer, Place},
        },
        contact::Standing,
        engine::{
            Asked, Input,
            command::{Command, GroupRole, History},
            input::Ticket,
        },
        id::ChatId,
        record::{Class, MessageRow, Write},
    },
    wire::{
        direct::Direct,
        frame::{Window, check},
        hello::HelloRequest,
        id::TopicKey,
        sync::OpId,
    },
};
use world::{Links, World};

/// The topics of the chat of two hosts.
fn topics(world: &World, a: usize, b: usize) -> Vec<TopicKey> {
    let topics = &world.hosts[a].topics;
    topics
        .intersection(&world.hosts[b].topics)
        .copied()
        .collect()
}

#[test]
fn a_first_message_that_is_repeated_after_a_restart_asks_for_nothing() {
    let mut world = World::new(1, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    world.run(2_000);
    world.recorded_hellos = Some(Vec::new());
    let (one, other) = (world.hosts[alice].person, world.hosts[bob].person);
    let add = Command::AddContact {
        link: None,
        person_id: Some(other),
    };
    world.command(alice, add).unwrap().unwrap();
    world.run(5_000);
    let chat = world.chat(alice, bob);
    let standing = |world: &World| world.engine(bob).contact(&one).map(|state| state.standing);
    assert_eq!(standing(&world), Some(Standing::Incoming));
    world
        .command(bob, Command::RemoveContact { person_id: one })
        .unwrap()
        .unwrap();
    world.run(1_000);
    let declined = standing(&world);
    assert_ne!(declined, Some(Standing::Incoming));
    let initiations: Vec<HelloRequest> = world
        .recorded_hellos
        .take()
        .unwrap()
        .into_iter()
        .filter(|request| matches!(request, HelloRequest::Intro(_)))
        .collect();
    assert!(!initiations.is_empty());
    assert!(
        !world.hosts[bob].disk.records(Class::Replay).is_empty(),
        "what was taken is remembered on disk"
    );

    world.crash(bob);
    world.restart(bob);
    let mallory = world.join("Mallory");
    for (n, request) in initiations.into_iter().enumerate() {
        for from in [alice, mallory] {
            let repeated = Input::Hello {
                from: world.hosts[from].peer,
                ip: Some(world.hosts[from].ip),
                ticket: Ticket(1_000_000 + n as u64),
                request: request.clone(),
            };
            world.input(bob, repeated);
        }
    }
    world.run(500);

    assert_eq!(standing(&world), declined);
    assert_eq!(world.texts(bob, chat), [""; 0]);
}

#[test]
fn a_contact_who_takes_part_in_the_chat_of_two_others_is_shown_nothing_any_more() {
    let mut world = World::new(2, Links::GOOD);
    let (alice, bob, carol) = (world.join("Alice"), world.join("Bob"), world.join("Carol"));
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    let carols = world.hosts[carol].peer;
    assert!(world.hosts[alice].allowed.contains(&carols));

    let topic = topics(&world, alice, bob)[0];
    assert!(!world.hosts[carol].topics.contains(&topic));
    world.input(alice, Input::Subscribed(carols, topic));

    assert!(!world.hosts[alice].allowed.contains(&carols));
}

#[test]
fn two_contents_under_one_counter_are_two_messages() {
    let mut world = World::new(3, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.say(bob, chat, "what is it?").unwrap();
    world.run(5_000);
    let before = world.hosts[alice].disk.clone();
    world.say(alice, chat, "yes").unwrap();
    world.run(5_000);

    // She goes on from before, and hides that from her own program.
    world.crash(alice);
    world.hosts[alice].disk = before;
    world.restart(alice);
    world.say(alice, chat, "no").unwrap();
    world.run(1_200_000);

    let said = world.timeline(bob, chat);
    let hers: Vec<_> = said
        .iter()
        .filter(|row| row.sender == world.hosts[alice].person)
        .collect();
    assert_eq!(hers.len(), 2, "Bob has both");
    let counters: BTreeSet<_> = hers.iter().map(|row| row.counter).collect();
    let names: BTreeSet<_> = hers.iter().map(|row| row.id).collect();
    assert_eq!((counters.len(), names.len()), (1, 2));
}

#[test]
fn a_contact_who_floods_a_chat_is_stopped_by_blocking() {
    let mut world = World::new(4, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    let person_id = world.hosts[alice].person;
    world.recorded = Some(Vec::new());
    for n in 0..300 {
        world.say(alice, chat, &format!("buy this {n}")).unwrap();
    }
    world.run(10_000);
    assert_eq!(world.texts(bob, chat).len(), 300);

    world
        .command(bob, Command::BlockContact { person_id })
        .unwrap()
        .unwrap();
    world.run(1_000);
    for n in 0..300 {
        world.say(alice, chat, &format!("and that {n}")).unwrap();
    }
    world.run(60_000);

    assert!(!world.hosts[bob].allowed.contains(&world.hosts[alice].peer));
    assert!(world.hosts[bob].topics.is_empty(), "nor is her topic taken");
    // Not even if the network let her.
    let day = world.now.frame_day();
    for message in world.recorded.take().unwrap() {
        let Direct::Frame { topic, frame } = &message else {
            continue;
        };
        assert!(check(topic, frame, day, Window::Live).is_ok());
        let from = world.hosts[alice].peer;
        world.input(
            bob,
            Input::Direct {
                from,
                message,
                seen: false,
            },
        );
    }
    assert_eq!(world.texts(bob, chat).len(), 300);
}

/// Alice, who knows all others, and a group of all of them, of which Carol is an admin.
fn group(world: &mut World, names: &[&str]) -> (Vec<usize>, ChatId) {
    let all: Vec<usize> = names.iter().map(|name| world.join(name)).collect();
    for other in &all[1..] {
        world.befriend(all[0], *other);
    }
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    let role = Command::SetRole {
        chat_id: chat,
        person_id: world.hosts[all[2]].person,
        role: GroupRole::Admin,
    };
    world.command(all[0], role).unwrap().unwrap();
    world.run(5_000);
    (all, chat)
}

#[test]
fn what_was_said_in_a_group_and_comes_again_from_anybody_anywhere_is_nothing_new() {
    let mut world = World::new(5, Links::GOOD);
    world.recorded = Some(Vec::new());
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol"]);
    let other = world.found(all[0], "Cranes", &all[1..]);
    let direct = world.chat(all[0], all[1]);
    for (n, chat) in [chat, other, direct, chat, other].into_iter().enumerate() {
        for host in &all[..2] {
            world.say(*host, chat, &format!("{host} says {n}")).unwrap();
        }
        world.run(1_000);
    }
    world.run(20_000);
    let state = |world: &World| -> Vec<_> {
        let one = |host: &usize| {
            let groups = [chat, other].map(|chat| world.engine(*host).group(&chat).unwrap());
            let seen = groups.map(|group| (group.members, group.name, group.epoch, group.missing));
            let texts = [chat, other, direct].map(|chat| world.texts(*host, chat));
            (seen, texts)
        };
        all.iter().map(one).collect()
    };
    let before = state(&world);
    let said = world.recorded.take().unwrap();
    let frames: Vec<(TopicKey, _)> = said
        .iter()
        .filter_map(|message| match message {
            Direct::Frame { topic, frame } => Some((*topic, frame.clone())),
            _ => None,
        })
        .collect();
    assert!(frames.len() > 30, "{}", frames.len());
    let topics: BTreeSet<TopicKey> = frames.iter().map(|(topic, _)| *topic).collect();

    for round in 0..2 {
        for (host, from) in all
            .iter()
            .flat_map(|host| all.iter().map(move |from| (*host, *from)))
        {
            for message in &said {
                // Also to whoever wrote it, as from themselves.
                world.hear(host, from, message.clone());
            }
            for (_, frame) in &frames {
                for topic in &topics {
                    let (topic, frame) = (*topic, frame.clone());
                    world.hear(host, from, Direct::Frame { topic, frame });
                }
            }
        }
        world.run(20_000);
        assert_eq!(state(&world), before, "round {round}");
        for host in &all {
            world.crash(*host);
            world.restart(*host);
        }
        world.run(20_000);
    }
    world.say(all[2], chat, "and on").unwrap();
    world.run(20_000);
    world.assert_group_agrees(chat, &all);
    assert_eq!(world.texts(all[1], chat).last().unwrap(), "and on");
}

#[test]
fn whoever_was_removed_and_goes_on_as_if_not_is_heard_by_nobody_and_changes_nothing() {
    let mut world = World::new(6, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol", "Dave"]);
    let people: Vec<_> = all.iter().map(|host| world.hosts[*host].person).collect();

    // Carol hears nothing of her removal, and uses her powers and her keys.
    world.deaf.insert(all[2]);
    let remove = |person_id| Command::RemoveMember {
        chat_id: chat,
        person_id,
    };
    world.command(all[0], remove(people[2])).unwrap().unwrap();
    world.run(5_000);
    world.say(all[2], chat, "I am still here").unwrap();
    world.command(all[2], remove(people[1])).unwrap().unwrap();
    let rename = Command::SetChat {
        chat_id: chat,
        name: Some("Vultures".to_owned()),
        topic: None,
        members_may_add: None,
        muted: None,
        pinned: None,
        disappear_after_s: None,
    };
    world.command(all[2], rename).unwrap().unwrap();
    let promote = Command::AddMember {
        chat_id: chat,
        history: History::None,
        person_id: people[0],
    };
    let _ = world.command(all[2], promote);
    world.say(all[2], chat, "and I go on").unwrap();
    world.run(60_000);
    world.say(all[1], chat, "she is gone").unwrap();
    world.run(60_000);
    // Bob, whom Carol told nothing more, hears of what she tried from the others.

    let rest = [all[0], all[1], all[3]];
    world.assert_group_agrees(chat, &rest);
    let heard = |host: usize| -> Vec<String> {
        let all = world.texts(host, chat).into_iter();
        all.filter(|text| !text.is_empty()).collect()
    };
    for host in rest {
        assert_eq!(heard(host), ["she is gone"]);
        let group = world.engine(host).group(&chat).unwrap();
        assert_eq!((group.members.len(), &group.name[..]), (3, "Herons"));
        assert_eq!(world.engine(host).void_changes(&chat).len(), 2);
    }
    assert_eq!(heard(all[2]), ["I am still here", "and I go on"]);

    // Once she listens she knows.
    world.deaf.clear();
    world.crash(all[2]);
    world.restart(all[2]);
    world.run(60_000);
    let group = world.engine(all[2]).group(&chat).unwrap();
    assert_eq!(group.place, Place::Gone);
    assert_eq!(
        world
            .texts(all[2], chat)
            .iter()
            .filter(|t| *t == "she is gone")
            .count(),
        0
    );
}

/// A group as a host has it on its disk.
fn log_of(world: &World, host: usize, chat: ChatId) -> Group {
    let mut ops = world.hosts[host].disk.records(Class::Op);
    ops.retain(|(key, _)| key.starts_with(&chat.0));
    ops.sort_by(|(one, _), (other, _)| one.cmp(other));
    Group::restore(ops.into_iter().map(|(_, op)| op.to_vec())).unwrap()
}

/// A hostile host acts as if it had let another have all that was said.
fn offer(world: &mut World, host: usize, chat: ChatId, to: usize) {
    let to = world.hosts[to].person;
    let since = log_of(world, host, chat).members()[&to].since;
    world.crash(host);
    let record = world.hosts[host].disk.record(Class::Group, &chat.0);
    let mut state = GroupState::decode(&record.unwrap()).unwrap();
    state.history_mut().offer(to, Offer::new(since, 10_000));
    let record = state.encode().into();
    let put = Write::Put(Class::Group, chat.0.to_vec(), record);
    world.hosts[host].disk.commit(vec![put]);
    world.restart(host);
    world.run(5_000);
}

fn add(world: &mut World, host: usize, chat_id: ChatId, other: usize, history: History) {
    let add = Command::AddMember {
        chat_id,
        person_id: world.hosts[other].person,
        history,
    };
    world.command(host, add).unwrap().unwrap();
    world.run(10_000);
}

/// What a host could push into one group: what was said there and in another, as it was, moved, and made up.
fn to_push(world: &World, host: usize, chat: ChatId, other: ChatId) -> Vec<Vec<MessageRow>> {
    let said = |chat| -> Vec<MessageRow> {
        let mut rows = world.timeline(host, chat);
        rows.retain(|row| row.signed.is_some());
        rows.reverse();
        assert!(rows.len() >= 4);
        rows
    };
    let (true_ones, foreign) = (said(chat), said(other));
    let epoch = true_ones[0].signed.unwrap().epoch;
    let (mut named, mut moved, mut forged) = (foreign.clone(), foreign.clone(), true_ones.clone());
    for row in &mut named {
        row.chat = chat;
    }
    for row in &mut moved {
        row.chat = chat;
        row.signed.as_mut().unwrap().epoch = epoch;
    }
    for row in &mut forged {
        let mut content = Content::decode(&row.content).unwrap();
        if let Body::Text(text) = &mut content.body {
            "never said".clone_into(&mut text.text);
        }
        row.content = content.encode().to_vec();
    }
    vec![true_ones, foreign, named, moved, forged]
}

#[test]
fn history_that_nobody_asked_for_changes_nothing_whoever_pushes_it() {
    let mut world = World::new(7, Links::GOOD);
    let all = ["Alice", "Bob", "Carol", "Dave"].map(|name| world.join(name));
    let [alice, bob, carol, dave] = all;
    for other in [bob, carol, dave] {
        world.befriend(alice, other);
    }
    let chats = ["Herons", "Storks"].map(|name| world.found(alice, name, &[bob, carol]));
    world.run(5_000);
    for chat in chats {
        for host in [alice, bob, carol] {
            for n in 0..2 {
                world.say(host, chat, &format!("{n} of {host}")).unwrap();
            }
        }
    }
    world.run(5_000);
    let [herons, storks] = chats;
    for chat in chats {
        add(&mut world, alice, chat, dave, History::None);
        world.say(dave, chat, "hello").unwrap();
    }
    world.run(10_000);
    let state = |world: &World| {
        let one = |chat| {
            let group = world.engine(dave).group(&chat).unwrap();
            let counts = (group.unread, group.missing, group.epoch);
            (world.timeline(dave, chat), group.members, counts)
        };
        chats.map(one)
    };
    let before = state(&world);

    // Bob did not add him; Alice did, and he asked her for nothing.
    for pushing in [bob, alice] {
        offer(&mut world, pushing, herons, dave);
        let asked = Asked {
            chat: herons,
            person: world.hosts[dave].person,
            device: world.engine(dave).device(),
            before: None,
        };
        for rows in to_push(&world, pushing, herons, storks) {
            world.recorded = Some(Vec::new());
            world.input(pushing, Input::History(asked, rows));
            world.run(5_000);
            let is_frame = |message: &Direct| matches!(message, Direct::Frame { .. });
            let sent = world.recorded.take().unwrap();
            assert!(sent.iter().any(is_frame), "it was sent");
            assert_eq!(world.engine(pushing).waiting(), 0, "and came");
            assert!(state(&world) == before, "by {pushing}");
        }
    }

    // Asked for, the same is taken.
    let erin = world.join("Erin");
    world.befriend(alice, erin);
    add(&mut world, alice, herons, erin, History::All);
    world.run(10_000);
    let texts = world.texts(erin, herons);
    assert_eq!(texts.iter().filter(|text| text.contains(" of ")).count(), 6);
}

#[test]
fn whoever_names_channels_that_nobody_knows_gets_one_epoch_in_ten_minutes() {
    let mut world = World::new(8, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol"]);
    let epochs = |world: &World| world.engine(all[0]).group(&chat).unwrap().epoch;
    let before = epochs(&world);
    world.recorded = Some(Vec::new());

    for n in 0..=255 {
        for host in [all[0], all[2]] {
            let heads = Direct::Heads {
                chat: chat.0,
                topic: TopicKey([n; 32]),
                heads: vec![OpId(chat.0)],
            };
            world.hear(host, all[1], heads);
        }
        world.run(1_000);
    }
    world.run(60_000);

    let made = epochs(&world) - before;
    assert!((1..=2).contains(&made), "{made}");
    // What brought Bob back is of use to nobody else, and to him but once.
    let said = world.recorded.take().unwrap();
    for (host, from) in all.iter().flat_map(|h| all.iter().map(move |f| (*h, *f))) {
        for message in said.iter().filter(|m| matches!(m, Direct::Frame { .. })) {
            world.hear(host, from, message.clone());
        }
    }
    world.run(60_000);
    assert_eq!(epochs(&world) - before, made);
    for host in &all {
        world.say(*host, chat, &format!("{host} goes on")).unwrap();
        world.run(5_000);
    }
    world.assert_group_agrees(chat, &all);
    for host in &all {
        assert_eq!(world.engine(*host).waiting(), 0);
    }
}
