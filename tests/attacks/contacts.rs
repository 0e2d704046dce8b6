//! What contacts, and strangers between them, can do.

use std::collections::BTreeSet;

use betwixt::{
    proto::{
        channel::Kind,
        chat::{
            content::{Body, Delete, Edit},
            direct::DirectMessage,
        },
        contact::Standing,
        engine::{Input, command::Command, input::Ticket},
        record::Class,
    },
    wire::{
        direct::Direct,
        frame::{Window, check},
        hello::HelloRequest,
        id::TopicKey,
    },
};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::{
    hostile::{channel_of, content, frame_on, says_to},
    world::{Links, World},
};

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

#[test]
fn a_contact_who_edits_or_deletes_what_the_other_said_changes_nothing() {
    let mut world = World::new(13, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    let [message, other] =
        [alice, bob].map(|host| world.say(host, chat, "as it was said").unwrap());
    world.run(5_000);
    let now = world.now;
    let text = "never said".to_owned();
    for body in [
        Body::Edit(Edit { message, text }),
        Body::Delete(Delete { message }),
    ] {
        says_to(&mut world, (bob, alice), &content(now, body));
    }

    for host in [alice, bob] {
        let shown = world.shown(host, message).unwrap();
        assert_eq!(
            (shown.text.as_str(), shown.deleted),
            ("as it was said", false)
        );
    }
    // With the right it counts.
    says_to(
        &mut world,
        (bob, alice),
        &content(now, Body::Delete(Delete { message: other })),
    );
    assert!(world.shown(alice, other).unwrap().deleted);
}

#[test]
fn a_contact_who_sends_what_nobody_can_open_gets_few_new_sessions_and_is_heard_as_ever() {
    let mut world = World::new(14, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.say(bob, chat, "hello").unwrap();
    world.run(20_000);
    let channel = channel_of(&world, bob, chat);
    let (alices, bobs) = (world.engine(alice).device(), world.engine(bob).device());
    let mut rng = ChaCha20Rng::seed_from_u64(14);
    let asked = world.asked;

    // An hour of it.
    for n in 0..720 {
        let mut pairwise = vec![0; 160];
        rng.fill_bytes(&mut pairwise);
        pairwise[0] = 0;
        let mut sealed = vec![0; 80];
        rng.fill_bytes(&mut sealed);
        let parts = [(alices, pairwise)];
        let body = DirectMessage::encode(&bobs, 1_000 + n, &parts, &sealed);
        let frame = frame_on(&channel, world.now, Kind::DirectMessage, &body, &mut rng);
        world.hear(alice, bob, frame);
        world.run(5_000);
    }

    // After 10 minutes, and 20 more, and no sooner than 40 after that.
    let asked = world.asked - asked;
    assert!((1..=3).contains(&asked), "{asked}");
    for (host, other) in [(alice, bob), (bob, alice)] {
        let text = format!("{host} goes on");
        world.say(host, chat, &text).unwrap();
        world.run(5_000);
        assert_eq!(world.texts(other, chat).last().unwrap(), &text);
    }
    assert_eq!(world.texts(alice, chat).len(), 3);
    assert_eq!(world.engine(alice).chat(&chat).unwrap().missing, 0);
}
