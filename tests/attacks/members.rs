//! What members of a group can do, and those who were.

use std::collections::BTreeSet;

use betwixt::{
    proto::{
        channel::Kind,
        chat::{
            content::{Body, Delete, Edit, Text},
            group::Place,
            membership::{Change, SetMeta, SetRole},
        },
        contact::Contact,
        engine::{
            Input,
            command::{Command, DeleteFor, History},
        },
        id::ChatId,
        record::Class,
    },
    wire::{direct::Direct, id::TopicKey, sync::OpId},
};
use minicbor::bytes::ByteVec;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::{
    group,
    hostile::{Insider, content, frame_on, parts},
    world::{Links, World},
};

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

/// Somebody's device list, as a host has it.
fn list_of(world: &World, host: usize, other: usize) -> ByteVec {
    let person = world.hosts[other].person;
    let record = world.hosts[host].disk.record(Class::Contact, &person.0);
    Contact::decode(&record.unwrap()).unwrap().device_list
}

#[test]
fn whoever_signs_changes_beyond_their_rights_changes_nothing() {
    let mut world = World::new(10, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol", "Mallory"]);
    let [alice, bob, carol, mallory] = all[..] else {
        panic!("there are four")
    };
    let dave = world.join("Dave");
    world.befriend(alice, dave);
    let persons: Vec<_> = all.iter().map(|host| world.hosts[*host].person).collect();
    let lists = [bob, carol, mallory, dave].map(|other| list_of(&world, alice, other));
    let role = |at: usize, role: u8| {
        let who = [1, 2, 3][at];
        Change::SetRole(SetRole {
            person: persons[who],
            role,
            device_list: lists[at].clone(),
        })
    };
    let set = |name: Option<&str>, add_by| {
        let name = name.map(str::to_owned);
        Change::SetMeta(SetMeta {
            name,
            add_by,
            ..SetMeta::default()
        })
    };
    let members_try = [
        role(2, 1),
        role(1, 0),
        Change::RemoveMember(persons[0]),
        Change::RemoveMember(persons[1]),
        Change::RemoveMember(persons[2]),
        set(Some("Vultures"), None),
        set(None, Some(1)),
        Change::AddMember(lists[3].clone()),
    ];
    // Carol is an admin.
    let admins_try = [
        role(0, 1),
        role(2, 1),
        role(1, 1),
        Change::RemoveMember(persons[0]),
    ];
    let state = |world: &World, host: usize| {
        let group = world.engine(host).group(&chat).unwrap();
        (group.members, group.name, group.members_add)
    };
    let before = state(&world, alice);

    let mut insiders = [mallory, carol].map(|host| Insider::of(&world, host, chat));
    world.crash(mallory);
    world.crash(carol);

    let tries = members_try.into_iter().map(|change| (mallory, change));
    let tries = tries.chain(admins_try.into_iter().map(|change| (carol, change)));
    for (n, (from, change)) in tries.enumerate() {
        let insider = &mut insiders[usize::from(from == carol)];
        let frame = insider.changes(change);
        for host in [alice, bob] {
            world.hear(host, from, frame.clone());
            // And from somebody else.
            world.hear(host, alice + bob - host, frame.clone());
        }
        world.run(3_000);
        for host in [alice, bob] {
            assert_eq!(world.engine(host).void_changes(&chat).len(), n + 1);
            assert_eq!(state(&world, host), before, "attempt {n} at {host}");
        }
    }

    world.run(20_000);
    for host in [alice, bob] {
        world.say(host, chat, "all is as it was").unwrap();
        world.run(2_000);
    }
    world.assert_group_agrees(chat, &[alice, bob]);
    assert!(world.engine(dave).group(&chat).is_none());
    // With the right the same counts.
    let frame = Insider::of(&world, alice, chat).changes(set(Some("Vultures"), None));
    world.hear(bob, alice, frame);
    assert_eq!(state(&world, bob).1, "Vultures");
}

#[test]
fn whoever_edits_or_deletes_what_others_said_in_a_group_changes_nothing() {
    let mut world = World::new(11, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol", "Mallory"]);
    let [alice, bob, carol, mallory] = all[..] else {
        panic!("there are four")
    };
    let ids = [alice, bob].map(|host| world.say(host, chat, "as it was said").unwrap());
    world.run(5_000);
    let now = world.now;
    let mut insiders = [mallory, carol].map(|host| Insider::of(&world, host, chat));
    world.crash(mallory);
    world.crash(carol);
    let mut tell = |world: &mut World, from: usize, body: Body| {
        let insider = &mut insiders[usize::from(from == carol)];
        let frame = insider.says(&content(now, body));
        for host in [alice, bob] {
            world.hear(host, from, frame.clone());
        }
        world.run(1_000);
    };

    for message in ids {
        let text = "never said".to_owned();
        tell(&mut world, mallory, Body::Edit(Edit { message, text }));
        tell(&mut world, mallory, Body::Delete(Delete { message }));
        // Carol is an admin since after this epoch was made.
        let text = "never said".to_owned();
        tell(&mut world, carol, Body::Edit(Edit { message, text }));
        tell(&mut world, carol, Body::Delete(Delete { message }));
    }
    let mine = Body::Text(Text {
        text: "I did say something".to_owned(),
        reply_to: None,
        mentions: Vec::new(),
    });
    tell(&mut world, mallory, mine);
    for host in [alice, bob] {
        let texts = world.texts(host, chat);
        assert!(
            texts.contains(&"I did say something".to_owned()),
            "it is taken in"
        );
        for id in ids {
            let shown = world.shown(host, id).unwrap();
            let is = (shown.text.as_str(), shown.deleted);
            assert_eq!(is, ("as it was said", false));
        }
    }

    // The owner's word counts.
    let delete = Command::DeleteMessage {
        message_id: ids[1],
        from: DeleteFor::All,
    };
    world.command(alice, delete).unwrap().unwrap();
    world.run(5_000);
    assert!(world.shown(bob, ids[1]).unwrap().deleted);
}

/// What somebody has who was told the channel of an epoch, and nothing of its chains.
#[test]
fn whoever_knows_a_channel_and_none_of_the_chains_reads_and_changes_nothing() {
    let mut world = World::new(12, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol"]);
    let (alice, bob) = (all[0], all[1]);
    let channel = Insider::of(&world, bob, chat).channel();
    world.recorded = Some(Vec::new());
    for host in &all {
        world.say(*host, chat, "for members' eyes").unwrap();
        world.run(1_000);
    }
    let recorded = world.recorded.take().unwrap();
    let mut bodies = Vec::new();
    for message in &recorded {
        let Direct::Frame { topic, frame } = message else {
            continue;
        };
        if *topic == channel.topic() {
            let inner = channel.open(frame).unwrap();
            let said = b"for members' eyes";
            assert!(!inner.body.windows(said.len()).any(|seen| seen == said));
            bodies.push(inner.body.clone());
        }
    }
    assert!(bodies.len() >= 3);
    let mut rng = ChaCha20Rng::seed_from_u64(12);
    for n in 0..200 {
        let mut body = vec![0; n];
        rng.fill_bytes(&mut body);
        bodies.push(body);
    }
    let state = |world: &World, host: usize, chat: ChatId| {
        let group = world.engine(host).group(&chat).unwrap();
        let known = (
            group.members,
            group.name,
            group.epoch,
            group.missing,
            group.aside,
        );
        (known, world.timeline(host, chat))
    };
    let before = state(&world, alice, chat);

    for number in 1..=12 {
        for body in &bodies {
            let mut changed = body.clone();
            if let Some(last) = changed.last_mut() {
                *last ^= 1;
            }
            for body in [body, &changed] {
                let kind = Kind::from_number(number);
                let frame = frame_on(&channel, world.now, kind, body, &mut rng);
                let (topic, frame) = parts(&frame);
                let seen = false;
                world.input(alice, Input::Gossip { topic, frame, seen });
            }
        }
    }
    world.run(60_000);
    assert!(state(&world, alice, chat) == before);

    // With the next epoch it is over.
    let leave = Command::LeaveGroup { chat_id: chat };
    world.command(all[2], leave).unwrap().unwrap();
    world.run(5_000);
    world.recorded = Some(Vec::new());
    world.say(bob, chat, "between us").unwrap();
    world.run(5_000);
    assert_eq!(world.texts(alice, chat).last().unwrap(), "between us");
    assert_ne!(
        Insider::of(&world, bob, chat).channel().topic(),
        channel.topic()
    );
}
