//! Two devices of one person (protocol §2.5), at the level of engines: linking one has no face yet.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use betwixt::proto::{
    engine::{
        command::{Command, Reply},
        event::{DeliveryState, EngineEvent},
    },
    id::{ChatId, MessageId},
};
use world::{Links, World};

/// Alice with two devices, both of which Bob knows, and their chat.
fn three(seed: u64) -> (World, [usize; 3], ChatId) {
    let mut world = World::new(seed, Links::GOOD);
    let (one, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(one, bob);
    let two = world.add_device(one);
    assert_eq!(world.hosts[one].person, world.hosts[two].person);
    assert_ne!(world.engine(one).device(), world.engine(two).device());
    world.run(5_000);
    let bobs = world.hosts[bob].person;
    let add = Command::AddContact {
        link: None,
        person_id: Some(bobs),
    };
    world.command(two, add).unwrap().unwrap();
    world.run_until(60_000, |world| world.are_contacts(two, bob));
    world.run(5_000);
    (world, [one, two, bob], chat)
}

fn has(world: &World, host: usize, chat: ChatId, text: &str) -> bool {
    let texts = world.texts(host, chat);
    texts.iter().filter(|shown| *shown == text).count() == 1
}

/// How far a message came with whom, as its author is told: each step once.
fn steps(world: &World, author: usize, chat: ChatId, id: MessageId) -> Vec<DeliveryState> {
    let counter = world.hosts[author].disk.row(&id).unwrap().counter;
    let of = |event: &EngineEvent| match event {
        EngineEvent::Status {
            chat: of,
            counters,
            state,
            ..
        } if *of == chat && counters.contains(&counter) => Some(*state),
        _ => None,
    };
    let mut steps: Vec<_> = world.hosts[author].events.iter().filter_map(of).collect();
    steps.dedup();
    steps
}

fn read(world: &mut World, host: usize, chat: ChatId, up_to: MessageId) {
    let read = Command::ReadMessages {
        chat_id: chat,
        up_to,
    };
    let reply = world.command(host, read).unwrap().unwrap();
    assert!(matches!(reply, Reply::Done {}));
    world.run(5_000);
}

#[test]
fn both_devices_of_a_contact_hear_and_are_heard_and_receipts_are_of_the_person() {
    // Whichever channel is the better one.
    for seed in 1..=6 {
        both_hear_and_are_heard(seed);
    }
}

fn both_hear_and_are_heard(seed: u64) {
    let (mut world, [one, two, bob], chat) = three(seed);

    let id = world.say(bob, chat, "to both").unwrap();
    world.run(5_000);
    assert!(has(&world, one, chat, "to both") && has(&world, two, chat, "to both"));
    assert_eq!(steps(&world, bob, chat, id), [DeliveryState::Delivered]);
    // Read on one is read; on the other it is nothing new.
    read(&mut world, one, chat, id);
    read(&mut world, two, chat, id);
    let both = [DeliveryState::Delivered, DeliveryState::Read];
    assert_eq!(steps(&world, bob, chat, id), both);

    // One device is enough for it to be delivered, and the other gets it when it is there.
    world.crash(two);
    let id = world.say(bob, chat, "while one is off").unwrap();
    world.run(5_000);
    assert_eq!(steps(&world, bob, chat, id), [DeliveryState::Delivered]);
    world.restart(two);
    world.run(20_000);
    assert!(has(&world, two, chat, "while one is off"));

    for (host, text) in [(one, "from the first"), (two, "from the second")] {
        let id = world.say(host, chat, text).unwrap();
        world.run(5_000);
        assert!(has(&world, bob, chat, text));
        assert_eq!(steps(&world, host, chat, id), [DeliveryState::Delivered]);
    }
    let senders = world.timeline(bob, chat).into_iter();
    let hers = senders.filter(|row| row.sender == world.hosts[one].person);
    assert_eq!(hers.count(), 2, "both are Alice");
    world.run(60_000);
    for host in [one, two, bob] {
        assert_eq!(world.engine(host).chat(&chat).unwrap().missing, 0);
        let waits: Vec<_> = world.engine(host).waits().collect();
        assert!(waits.is_empty(), "seed {seed}, host {host}: {waits:?}");
    }
}

#[test]
fn a_device_that_is_revoked_hears_nothing_more_and_the_other_goes_on() {
    let (mut world, [one, two, bob], chat) = three(2);
    world.say(bob, chat, "to both").unwrap();
    world.run(5_000);
    let topics = world.hosts[two].topics.clone();

    world.revoke(one, two);
    world.run(10_000);
    world.say(bob, chat, "to the first").unwrap();
    world.say(two, chat, "I am still here").unwrap();
    world.run(60_000);

    assert!(has(&world, two, chat, "to both"));
    assert!(has(&world, one, chat, "to the first"));
    assert!(!has(&world, two, chat, "to the first"));
    assert!(!has(&world, bob, chat, "I am still here"));
    assert!(!world.hosts[bob].allowed.contains(&world.hosts[two].peer));
    assert!(world.hosts[bob].allowed.contains(&world.hosts[one].peer));
    let new = world.hosts[bob].topics.difference(&topics).count();
    assert!(new > 0, "there is a channel that it never knew");
    world.say(one, chat, "and on").unwrap();
    world.run(5_000);
    assert!(has(&world, bob, chat, "and on"));
    // Nor after everybody started again, with everything that it can show.
    for host in [one, two, bob] {
        world.crash(host);
        world.restart(host);
    }
    world.run(60_000);
    world.say(bob, chat, "still to the first").unwrap();
    world.run(60_000);
    assert!(has(&world, one, chat, "still to the first"));
    assert!(!has(&world, two, chat, "still to the first"));
    assert!(!world.hosts[bob].allowed.contains(&world.hosts[two].peer));
}

#[test]
fn in_a_group_both_devices_hear_and_are_heard_until_one_is_revoked() {
    let (mut world, [one, two, bob], _) = three(3);
    let carol = world.join("Carol");
    world.befriend(bob, carol);
    let chat = world.found(bob, "Herons", &[one, carol]);
    world.run(60_000);
    for host in [one, two, carol] {
        assert!(world.is_in(host, chat), "{host}");
    }
    let group = world.engine(bob).group(&chat).unwrap();
    assert_eq!(group.members.len(), 3, "people, not devices");

    for (host, text) in [(one, "1"), (two, "2"), (bob, "3"), (carol, "4")] {
        let id = world.say(host, chat, text).unwrap();
        world.run(60_000);
        for other in [one, two, bob, carol] {
            assert!(has(&world, other, chat, text), "{text} at {other}");
        }
        let (people, _) = world.engine(host).recipients(&chat);
        assert_eq!(people.len(), 2, "{text} is for two people");
        let own = world.hosts[host].person;
        let row = world.hosts[host].disk.row(&id).unwrap().clone();
        assert!(!people.contains(&own) && row.sender == own);
    }
    // What the one said is shown on the other as said by oneself, and is not unread.
    let on_two = world.timeline(two, chat);
    let own = world.hosts[two].person;
    let mine: Vec<bool> = on_two
        .iter()
        .filter(|row| row.sender == own && row.signed.is_some())
        .map(|row| row.outgoing)
        .collect();
    assert_eq!(mine, [true, true]);
    assert_eq!(world.engine(two).group(&chat).unwrap().unread, 2);

    world.revoke(one, two);
    world.run(60_000);
    for (host, text) in [(one, "5"), (bob, "6"), (carol, "7")] {
        world.say(host, chat, text).unwrap();
        world.run(60_000);
        for other in [one, bob, carol] {
            assert!(has(&world, other, chat, text), "{text} at {other}");
        }
        assert!(
            !has(&world, two, chat, text),
            "{text} is not for the revoked one"
        );
    }
    let before = world.texts(bob, chat).len();
    let send = Command::SendMessage {
        chat_id: chat,
        text: "8".to_owned(),
        reply_to: None,
        mentions: Vec::new(),
    };
    let _ = world.command(two, send);
    world.run(60_000);
    for other in [one, bob, carol] {
        assert!(!has(&world, other, chat, "8"));
    }
    assert_eq!(world.texts(bob, chat).len(), before);
    world.assert_group_agrees(chat, &[one, bob, carol]);
}
