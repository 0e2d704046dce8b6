//! What happens between two people who reach each other only through a relay, told with engines in
//! a simulated world.

#![allow(
    clippy::indexing_slicing,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use betwixt::proto::{
    engine::{
        command::{Command, SettingsChange},
        event::{DeliveryState, EngineEvent},
    },
    id::ChatId,
};
use world::{Links, World};

const HOUR: u64 = 3_600_000;

/// Two contacts whose only way to each other is a relay.
fn relayed(seed: u64, links: Links) -> (World, usize, usize, ChatId) {
    let mut world = World::new(seed, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.run(5_000);
    world.part(alice, bob, true);
    world.links = links;
    world.relay_between(&[alice, bob]);
    world.run(2_000);
    (world, alice, bob, chat)
}

fn online(world: &World, host: usize, other: usize) -> bool {
    let person = world.hosts[other].person;
    let contact = world.engine(host).contact(&person);
    contact.is_some_and(|contact| contact.online)
}

fn nothing_waits(world: &World) -> bool {
    (0..world.hosts.len()).all(|host| world.engine(host).waiting() == 0)
}

fn count_states(world: &World, host: usize, wanted: DeliveryState) -> u32 {
    let count = |event: &EngineEvent| match event {
        EngineEvent::Status {
            state, counters, ..
        } if *state == wanted => counters.end() - counters.start() + 1,
        _ => 0,
    };
    world.hosts[host].events.iter().map(count).sum()
}

#[test]
fn two_who_cannot_reach_each_other_talk_through_a_relay() {
    let (mut world, alice, bob, chat) = relayed(1, Links::GOOD);
    assert!(online(&world, alice, bob) && online(&world, bob, alice));
    for host in [alice, bob] {
        world.hosts[host].events.clear();
    }

    for n in 0..50 {
        world.say(alice, chat, &format!("from Alice {n}")).unwrap();
        world.say(bob, chat, &format!("from Bob {n}")).unwrap();
    }
    world.run_until(10_000, nothing_waits);

    world.assert_agree(alice, bob);
    assert_eq!(world.texts(bob, chat).len(), 100);
    for host in [alice, bob] {
        assert_eq!(count_states(&world, host, DeliveryState::Delivered), 50);
        let up_to = world.timeline(host, chat).last().unwrap().id;
        let read = Command::ReadMessages {
            chat_id: chat,
            up_to,
        };
        world.command(host, read).unwrap().unwrap();
    }
    world.run_until(10_000, nothing_waits);
    for host in [alice, bob] {
        assert_eq!(count_states(&world, host, DeliveryState::Read), 50);
    }
}

#[test]
fn typing_and_presence_go_through_a_relay_and_end_with_it() {
    let (mut world, alice, bob, chat) = relayed(2, Links::GOOD);
    world.hosts[bob].events.clear();

    let typing = Command::SetTyping {
        chat_id: chat,
        typing: true,
    };
    world.command(alice, typing).unwrap().unwrap();
    world.run(1_000);
    assert!(world.engine(bob).chat(&chat).unwrap().typing);
    world.run(6_000);
    assert!(!world.engine(bob).chat(&chat).unwrap().typing);

    world.crash(alice);
    world.run(13_000);
    assert!(!online(&world, bob, alice));
    world.restart(alice);
    world.run(1_000);
    assert!(online(&world, bob, alice), "at once when she is back");
    assert!(online(&world, alice, bob), "and she sees him at once");
}

#[test]
fn who_hides_their_presence_is_not_seen_and_still_gets_messages_at_once() {
    let (mut world, alice, bob, chat) = relayed(3, Links::GOOD);
    let hide = SettingsChange {
        presence: Some(false),
        ..SettingsChange::default()
    };
    world
        .command(bob, Command::SetSettings(hide))
        .unwrap()
        .unwrap();
    world.run(100);
    assert!(!online(&world, alice, bob));

    world.crash(bob);
    world.say(alice, chat, "for later").unwrap();
    world.run(3 * HOUR);
    world.restart(bob);
    world.run(1_000);

    assert!(!online(&world, alice, bob));
    assert_eq!(world.texts(bob, chat), ["for later"]);
    assert_eq!(world.engine(alice).waiting(), 0);
}

#[test]
fn everything_arrives_over_a_bad_network_and_a_relay_that_comes_and_goes() {
    for seed in 10..20 {
        let (mut world, alice, bob, chat) = relayed(seed, Links::BAD);
        let mut said = 0;
        for n in 0..150 {
            let (from, other) = if n % 3 == 0 {
                (alice, bob)
            } else {
                (bob, alice)
            };
            if world.is_up(from) {
                world.say(from, chat, &format!("{n}")).unwrap();
                said += 1;
            }
            world.run(200);
            match n {
                40 | 110 => world.relay_down(),
                50 | 120 => world.relay_up(),
                70 | 91 => {
                    world.crash(other);
                    world.wake_later(other, 3_000);
                }
                _ => {}
            }
        }
        world.run_until(5 * 60_000, nothing_waits);
        world.assert_agree(alice, bob);
        assert_eq!(world.texts(alice, chat).len(), said, "seed {seed}");
    }
}

#[test]
fn leases_are_renewed_in_time_and_not_more_often_than_needed() {
    let (mut world, alice, _, chat) = relayed(4, Links::GOOD);
    let before = world.relay.asked;

    for _ in 0..50 {
        world.run(HOUR / 10);
        let now = world.now;
        assert!(world.relay.leases.len() >= 2);
        assert!(world.relay.leases.values().all(|until| *until > now));
    }
    let asked = world.relay.asked - before;
    assert!(asked <= 25, "{asked} in five hours");

    let other = world.timeline(alice, chat);
    assert!(other.is_empty());
}

#[test]
fn refused_leases_are_asked_for_ever_more_rarely_and_granted_ones_work_at_once() {
    let mut world = World::new(5, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.run(5_000);
    world.part(alice, bob, true);
    world.relay.refuses = true;
    world.relay_between(&[alice, bob]);
    world.say(alice, chat, "through a wall").unwrap();

    world.run(2 * HOUR);
    let asked = world.relay.asked;
    assert!((10..60).contains(&asked), "{asked}");
    assert!(world.texts(bob, chat).is_empty());
    world.relay.refuses = false;
    world.relay_down();
    world.relay_up();
    world.run(2_000);

    assert_eq!(world.texts(bob, chat), ["through a wall"]);
    assert_eq!(world.engine(alice).waiting(), 0);
}

#[test]
fn a_new_contact_s_topic_is_leased_and_a_removed_one_s_is_released() {
    let mut world = World::new(6, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    world.relay_between(&[alice]);
    world.run(1_000);
    assert_eq!(world.relay.asked, 0);

    world.befriend(alice, bob);
    world.run(1_000);
    assert_eq!(world.relay.leases.len(), 1);
    let person_id = world.hosts[bob].person;
    world
        .command(alice, Command::RemoveContact { person_id })
        .unwrap()
        .unwrap();

    assert!(world.relay.leases.is_empty());
}

#[test]
fn a_relay_sees_no_message_of_two_who_are_connected_directly() {
    let mut world = World::new(7, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.relay_between(&[alice, bob]);
    world.run(5_000);
    let before = world.relay.carried;

    for n in 0..20 {
        world.say(alice, chat, &format!("{n}")).unwrap();
    }
    world.run(5_000);

    assert_eq!(world.texts(bob, chat).len(), 20);
    assert_eq!(world.relay.carried, before);
    world.part(alice, bob, true);
    world.say(alice, chat, "and now it does").unwrap();
    world.run(2_000);
    assert_eq!(world.texts(bob, chat).len(), 21);
    assert_eq!(world.engine(alice).waiting(), 0);
}

#[test]
fn a_relay_that_repeats_what_it_saw_makes_nobody_present() {
    let (mut world, alice, bob, chat) = relayed(8, Links::GOOD);
    world.say(bob, chat, "once").unwrap();
    world.run(20_000);
    world.crash(bob);
    world.run(15_000);
    assert!(!online(&world, alice, bob));
    let replays = world.relay.seen.clone();

    for _ in 0..10 {
        for (topic, frame) in &replays {
            world.deliver(alice, *topic, frame);
        }
        world.run(3_000);
        assert!(!online(&world, alice, bob));
    }
    assert_eq!(world.texts(alice, chat), ["once"]);
}
