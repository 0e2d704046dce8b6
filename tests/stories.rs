//! What happens between people, told with engines in a simulated world.

#![allow(
    clippy::indexing_slicing,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use betwixt::proto::engine::{
    command::{Command, Reply, SettingsChange},
    event::{DeliveryState, EngineEvent},
};
use world::{Links, World};

#[test]
fn two_people_on_one_network_become_contacts_and_talk() {
    let mut world = World::new(1, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));

    let chat = world.befriend(alice, bob);
    world.say(alice, chat, "Hello Bob").unwrap();
    world.run(1_000);
    world.say(bob, chat, "Hello Alice").unwrap();
    world.run(1_000);

    assert_eq!(world.texts(alice, chat), ["Hello Bob", "Hello Alice"]);
    assert_eq!(world.texts(bob, chat), ["Hello Bob", "Hello Alice"]);
    assert_eq!(world.engine(alice).waiting(), 0);
    assert_eq!(world.engine(bob).waiting(), 0);
}

#[test]
fn a_message_to_somebody_who_has_not_answered_waits_in_their_requests() {
    let mut world = World::new(2, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    world.run(2_000);
    let (one, other) = (world.hosts[alice].person, world.hosts[bob].person);

    let add = Command::AddContact {
        link: None,
        person_id: Some(other),
    };
    world.command(alice, add).unwrap().unwrap();
    let chat = world.chat(alice, bob);
    world.say(alice, chat, "May I?").unwrap();
    world.run(30_000);

    assert_eq!(world.texts(bob, chat), ["May I?"]);
    assert!(!world.are_contacts(alice, bob));
    world
        .command(bob, Command::AcceptContact { person_id: one })
        .unwrap()
        .unwrap();
    world.run(5_000);
    assert!(world.are_contacts(alice, bob));
    world.say(bob, chat, "You may").unwrap();
    world.run(5_000);
    world.assert_agree(alice, bob);
    assert_eq!(world.texts(alice, chat), ["May I?", "You may"]);
    assert_eq!(world.engine(alice).waiting(), 0);
}

#[test]
fn both_asking_at_once_is_both_agreeing() {
    let mut world = World::new(3, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    world.run(2_000);
    let (one, other) = (world.hosts[alice].person, world.hosts[bob].person);

    for (host, person) in [(alice, other), (bob, one)] {
        let add = Command::AddContact {
            link: None,
            person_id: Some(person),
        };
        world.command(host, add).unwrap().unwrap();
    }
    world.run(30_000);

    assert!(world.are_contacts(alice, bob));
    let chat = world.chat(alice, bob);
    world.say(alice, chat, "at once").unwrap();
    world.say(bob, chat, "at once too").unwrap();
    world.run(10_000);
    world.assert_agree(alice, bob);
    assert_eq!(world.texts(alice, chat).len(), 2);
}

#[test]
fn an_invite_brings_together_people_who_hide_from_strangers() {
    let mut world = World::new(4, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    for host in [alice, bob] {
        let hide = SettingsChange {
            nearby: Some(false),
            ..SettingsChange::default()
        };
        world
            .command(host, Command::SetSettings(hide))
            .unwrap()
            .unwrap();
    }
    world.run(2_000);
    assert!(world.engine(alice).nearby().is_empty());

    let invite = Command::CreateInvite {
        ttl_s: None,
        uses: None,
    };
    let Reply::Invite { link, .. } = world.command(bob, invite).unwrap().unwrap() else {
        panic!()
    };
    let add = Command::AddContact {
        link: Some(link.clone()),
        person_id: None,
    };
    world.command(alice, add).unwrap().unwrap();
    world.run(10_000);
    let person_id = world.hosts[alice].person;
    world
        .command(bob, Command::AcceptContact { person_id })
        .unwrap()
        .unwrap();
    world.run(5_000);

    assert!(world.are_contacts(alice, bob));
    let carol = world.join("Carol");
    let again = Command::AddContact {
        link: Some(link),
        person_id: None,
    };
    world.command(carol, again).unwrap().unwrap();
    world.run(60_000);
    let carols = world.hosts[carol].person;
    assert!(
        world.engine(bob).contact(&carols).is_none(),
        "an invite is for one use"
    );
}

#[test]
fn ticks_go_from_delivered_to_read_and_read_ones_can_be_switched_off() {
    let mut world = World::new(5, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);

    let first = world.say(alice, chat, "one").unwrap();
    world.run(2_000);
    assert_eq!(states(&world, alice), [DeliveryState::Delivered]);
    world
        .command(
            bob,
            Command::ReadMessages {
                chat_id: chat,
                up_to: first,
            },
        )
        .unwrap()
        .unwrap();
    world.run(2_000);
    assert_eq!(
        states(&world, alice),
        [DeliveryState::Delivered, DeliveryState::Read]
    );

    let off = SettingsChange {
        read_receipts: Some(false),
        ..SettingsChange::default()
    };
    world
        .command(bob, Command::SetSettings(off))
        .unwrap()
        .unwrap();
    let second = world.say(alice, chat, "two").unwrap();
    world.run(2_000);
    world
        .command(
            bob,
            Command::ReadMessages {
                chat_id: chat,
                up_to: second,
            },
        )
        .unwrap()
        .unwrap();
    world.run(60_000);
    assert_eq!(
        states(&world, alice).last(),
        Some(&DeliveryState::Delivered)
    );
}

#[test]
fn typing_ends_five_seconds_after_the_last_key() {
    let mut world = World::new(6, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);

    for _ in 0..8 {
        world
            .command(
                alice,
                Command::SetTyping {
                    chat_id: chat,
                    typing: true,
                },
            )
            .unwrap()
            .unwrap();
        world.run(500);
    }
    assert_eq!(typing(&world, bob), [true]);
    world.run(4_400);
    assert_eq!(typing(&world, bob), [true]);
    world.run(200);
    assert_eq!(typing(&world, bob), [true, false]);
}

#[test]
fn a_killed_peer_is_away_and_not_typing() {
    let mut world = World::new(7, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    let person = world.hosts[alice].person;
    assert!(world.engine(bob).contact(&person).unwrap().online);
    world
        .command(
            alice,
            Command::SetTyping {
                chat_id: chat,
                typing: true,
            },
        )
        .unwrap()
        .unwrap();
    world.run(100);

    world.crash(alice);
    world.run(100);

    assert!(!world.engine(bob).contact(&person).unwrap().online);
    assert_eq!(typing(&world, bob), [true, false]);
}

#[test]
fn who_does_not_want_to_be_seen_online_is_not_shown_even_when_connected() {
    let mut world = World::new(16, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    let person = world.hosts[alice].person;
    let set = |presence| {
        Command::SetSettings(SettingsChange {
            presence: Some(presence),
            ..SettingsChange::default()
        })
    };
    let shown = |world: &World| world.engine(bob).contact(&person).unwrap();
    assert!(shown(&world).online);

    world.command(alice, set(false)).unwrap().unwrap();
    world.run(1_000);
    assert!(!shown(&world).online);
    world.say(alice, chat, "I am not here").unwrap();
    world.crash(alice);
    world.run(60_000);
    assert_eq!(shown(&world).last_seen, None);
    world.restart(alice);
    world.run(60_000);
    assert!(!shown(&world).online, "nor after a restart");
    assert_eq!(world.texts(bob, chat), ["I am not here"]);

    world.command(alice, set(true)).unwrap().unwrap();
    world.run(1_000);
    assert!(shown(&world).online);
    world.run(60_000);
    assert!(shown(&world).online);
}

#[test]
fn what_was_said_while_the_other_was_away_arrives_when_they_are_back() {
    let mut world = World::new(8, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.crash(bob);

    for n in 0..500 {
        world
            .say(alice, chat, &format!("while you were away {n}"))
            .unwrap();
    }
    world.run(3_600_000);
    world.crash(alice);
    world.restart(alice);
    world.restart(bob);
    world.run(60_000);

    world.assert_agree(alice, bob);
    assert_eq!(world.texts(bob, chat).len(), 500);
    assert_eq!(world.engine(alice).waiting(), 0);
}

#[test]
fn a_new_name_reaches_contacts_and_strangers_nearby_within_a_second() {
    let mut world = World::new(9, Links::GOOD);
    let (alice, bob, carol) = (world.join("Alice"), world.join("Bob"), world.join("Carol"));
    world.befriend(alice, bob);
    world.run(2_000);

    let set = Command::SetProfile {
        name: Some("Alicia".to_owned()),
        avatar: None,
    };
    world.command(alice, set).unwrap().unwrap();
    world.run(1_000);

    let person = world.hosts[alice].person;
    assert_eq!(world.engine(bob).contact(&person).unwrap().name, "Alicia");
    for host in [bob, carol] {
        let nearby = world.engine(host).nearby();
        assert!(
            nearby
                .iter()
                .any(|found| found.person == person && found.name == "Alicia")
        );
    }
}

#[test]
fn a_blocked_person_is_not_heard_until_unblocked() {
    let mut world = World::new(10, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    let person_id = world.hosts[alice].person;

    world
        .command(bob, Command::BlockContact { person_id })
        .unwrap()
        .unwrap();
    world.say(alice, chat, "do you hear me?").unwrap();
    world.run(60_000);
    assert!(world.texts(bob, chat).is_empty());

    world
        .command(bob, Command::UnblockContact { person_id })
        .unwrap()
        .unwrap();
    world.run(60_000);
    assert_eq!(world.texts(bob, chat), ["do you hear me?"]);
}

#[test]
fn a_declined_request_leaves_nothing_and_can_be_made_again() {
    let mut world = World::new(11, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    world.run(2_000);
    let (one, other) = (world.hosts[alice].person, world.hosts[bob].person);
    let add = Command::AddContact {
        link: None,
        person_id: Some(other),
    };
    world.command(alice, add.clone()).unwrap().unwrap();
    let chat = world.chat(alice, bob);
    world.say(alice, chat, "May I?").unwrap();
    world.run(5_000);
    assert_eq!(world.texts(bob, chat), ["May I?"]);

    world
        .command(bob, Command::RemoveContact { person_id: one })
        .unwrap()
        .unwrap();
    assert!(world.engine(bob).contacts().is_empty());
    assert!(world.engine(bob).contact(&one).is_none());
    assert!(world.engine(bob).chats().is_empty());
    assert!(world.texts(bob, chat).is_empty(), "nothing is on the disk");

    // What is sent again, frames and initiation, is known, also after a restart.
    world.say(alice, chat, "Please?").unwrap();
    world.run(600_000);
    world.crash(bob);
    world.restart(bob);
    world.run(600_000);
    assert!(world.engine(bob).contacts().is_empty());
    assert!(world.texts(bob, chat).is_empty());

    world
        .command(alice, Command::RemoveContact { person_id: other })
        .unwrap()
        .unwrap();
    world.command(alice, add).unwrap().unwrap();
    world.say(alice, chat, "Another time?").unwrap();
    world.run(5_000);
    assert_eq!(world.engine(bob).contacts().len(), 1);
    assert_eq!(world.texts(bob, chat), ["Another time?"]);
    world
        .command(bob, Command::AcceptContact { person_id: one })
        .unwrap()
        .unwrap();
    world.say(bob, chat, "Gladly").unwrap();
    world.run(30_000);
    assert_eq!(
        world.texts(alice, chat),
        ["May I?", "Please?", "Another time?", "Gladly"]
    );
    assert_eq!(world.texts(bob, chat), ["Another time?", "Gladly"]);
    assert_eq!(world.engine(bob).chat(&chat).unwrap().missing, 0);
}

#[test]
fn both_take_part_in_the_topic_of_their_chat() {
    let mut world = World::new(13, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));

    world.befriend(alice, bob);

    assert_eq!(world.hosts[alice].topics.len(), 1);
    assert_eq!(world.hosts[alice].topics, world.hosts[bob].topics);
}

#[test]
fn strangers_nearby_do_not_visit_each_other_again_and_again() {
    let mut world = World::new(14, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    world.run(2_000);
    let before = world.asked;

    for _ in 0..60 {
        world.run(10_000);
        world.close_idle(alice, bob);
    }

    assert_eq!(world.engine(alice).nearby().len(), 1);
    assert_eq!(world.engine(bob).nearby().len(), 1);
    let asked = world.asked - before;
    assert!(asked <= 2, "{asked} questions in ten minutes");
}

#[test]
fn strangers_from_the_internet_and_blocked_people_learn_nothing() {
    let mut world = World::new(14, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    world.hosts[alice].ip = "2001:db8::1".parse().unwrap();
    world.run(2_000);
    assert!(world.engine(alice).nearby().is_empty());
    assert_eq!(world.engine(bob).nearby().len(), 1);
    let person_id = world.hosts[alice].person;
    world
        .command(bob, Command::BlockContact { person_id })
        .unwrap()
        .unwrap();

    world.hosts[alice].ip = "192.168.1.7".parse().unwrap();
    for nearby in [false, true] {
        let change = SettingsChange {
            nearby: Some(nearby),
            ..SettingsChange::default()
        };
        world
            .command(alice, Command::SetSettings(change))
            .unwrap()
            .unwrap();
        world.run(5_000);
    }
    assert!(world.engine(alice).nearby().is_empty(), "blocked");
}

#[test]
fn nothing_that_was_said_or_named_crosses_the_network_readable() {
    let mut world = World::new(12, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.observed.clear();

    world.say(alice, chat, "CANARY in the mine").unwrap();
    let set = Command::SetProfile {
        name: Some("CANARY name".to_owned()),
        avatar: None,
    };
    world.command(bob, set).unwrap().unwrap();
    world.run(5_000);

    assert_eq!(world.texts(bob, chat), ["CANARY in the mine"]);
    let found = world.observed.windows(6).any(|bytes| bytes == b"CANARY");
    assert!(!found && world.observed.len() > 1_000);
}

fn states(world: &World, host: usize) -> Vec<DeliveryState> {
    let state = |event: &EngineEvent| match event {
        EngineEvent::Status { state, .. } => Some(*state),
        _ => None,
    };
    world.hosts[host].events.iter().filter_map(state).collect()
}

fn typing(world: &World, host: usize) -> Vec<bool> {
    let typing = |event: &EngineEvent| match event {
        EngineEvent::Typing { typing, .. } => Some(*typing),
        _ => None,
    };
    world.hosts[host].events.iter().filter_map(typing).collect()
}
