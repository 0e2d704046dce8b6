//! What happens between two people who reach each other only through a relay, told with engines in
//! a simulated world.

#![allow(
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use std::{env, ops::Range};

use betwixt::proto::{
    engine::{
        command::{Command, SettingsChange},
        event::{DeliveryState, EngineEvent},
    },
    id::ChatId,
};
use world::{Crash, Links, World};

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
    for seed in seeds() {
        let told = Told(seed);
        chaos(seed);
        drop(told);
    }
}

/// Both talk while the relay, the cable between them and they themselves come and go. In the end
/// the relay is there, and sometimes the cable.
fn chaos(seed: u64) {
    let (mut world, alice, bob, chat) = relayed(seed, Links::BAD);
    let keeps = !seed.is_multiple_of(3);
    if keeps {
        world.relay_down();
        world.relay().store = Some([1; 16]);
        world.relay().gossips = seed % 3 == 1;
        world.relay_up();
    }
    let hosts = [alice, bob];
    let mut parted = true;
    for n in 0..120 {
        let who = hosts[world.pick(2) as usize];
        match world.pick(20) {
            0 if world.relay().up => world.relay_down(),
            0 => world.relay_up(),
            1 => {
                parted = !parted;
                world.part(alice, bob, parted);
            }
            2 if world.is_up(who) => {
                let kinds = [
                    Crash::BeforeCommit,
                    Crash::AfterCommit,
                    Crash::DuringRelease(1),
                ];
                let kind = kinds[world.pick(3) as usize];
                let nth = world.pick(4);
                world.crash_at(who, nth, kind);
            }
            3 => world.relay().refuses = !world.relay().refuses,
            5 if keeps => {
                let (drops, doubles, reorders) = (world.pick(600), world.pick(2), world.pick(2));
                let relay = world.relay();
                relay.drops = drops;
                relay.doubles = doubles == 1;
                relay.reorders = reorders == 1;
            }
            6 if keeps && world.relay().up => world.relay_loses_all(),
            4 if world.is_up(who) => {
                if let Some(last) = world.timeline(who, chat).last() {
                    let up_to = last.id;
                    let read = Command::ReadMessages {
                        chat_id: chat,
                        up_to,
                    };
                    // It may crash meanwhile.
                    let _ = world.command(who, read);
                }
            }
            _ if world.is_up(who) => {
                world.say(who, chat, &format!("{n}"));
            }
            _ => {}
        }
        for host in hosts {
            if !world.is_up(host) && world.chance(200) {
                world.restart(host);
            }
        }
        let pause = u64::from(world.pick(1_500));
        world.run(pause);
    }
    world.crash_no_more();
    for host in hosts {
        if !world.is_up(host) {
            world.restart(host);
        }
    }
    world.relay().refuses = false;
    world.relay().drops = 0;
    world.relay().reorders = false;
    world.relay_down();
    if keeps && !world.relay().gossips {
        // What it signed for and did not keep comes when they meet.
        world.part(alice, bob, false);
    }
    world.relay_up();
    world.run_until(5 * 60_000, nothing_waits);
    world.assert_agree(alice, bob);
    assert!(world.texts(alice, chat).len() > 20);
}

/// Says the seed if the schedule fails.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (first, last) = (self.0, self.0 + 1);
            eprintln!("seed {first}: run again with BETWIXT_SEEDS={first}..{last}");
        }
    }
}

/// Those of `BETWIXT_SEEDS=FIRST..LAST`, or as many as take some seconds.
fn seeds() -> Range<u64> {
    let named = env::var("BETWIXT_SEEDS").ok();
    let parse = |text: String| {
        let (first, last) = text.split_once("..")?;
        Some(first.parse().ok()?..last.parse().ok()?)
    };
    named.and_then(parse).unwrap_or(0..60)
}

#[test]
fn leases_are_renewed_in_time_and_not_more_often_than_needed() {
    let (mut world, alice, _, chat) = relayed(4, Links::GOOD);
    let before = world.relay().asked;

    for _ in 0..50 {
        world.run(HOUR / 10);
        let now = world.now;
        assert!(world.relay().leases.len() >= 2);
        assert!(world.relay().leases.values().all(|until| *until > now));
    }
    let asked = world.relay().asked - before;
    assert!(asked <= 25, "{asked} in five hours");
    assert_eq!(world.relay().ill_signed, 0);

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
    world.relay().refuses = true;
    world.relay_between(&[alice, bob]);
    world.say(alice, chat, "through a wall").unwrap();

    world.run(2 * HOUR);
    let asked = world.relay().asked;
    assert!((10..60).contains(&asked), "{asked}");
    assert!(world.texts(bob, chat).is_empty());
    world.relay().refuses = false;
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
    assert_eq!(world.relay().asked, 0);

    world.befriend(alice, bob);
    world.run(1_000);
    assert_eq!(world.relay().leases.len(), 1);
    let person_id = world.hosts[bob].person;
    world
        .command(alice, Command::RemoveContact { person_id })
        .unwrap()
        .unwrap();

    assert!(world.relay().leases.is_empty());
}

#[test]
fn a_relay_sees_no_message_of_two_who_are_connected_directly() {
    let mut world = World::new(7, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.relay_between(&[alice, bob]);
    world.run(5_000);
    let before = world.relay().carried;

    for n in 0..20 {
        world.say(alice, chat, &format!("{n}")).unwrap();
    }
    world.run(5_000);

    assert_eq!(world.texts(bob, chat).len(), 20);
    assert_eq!(world.relay().carried, before);
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
    let replays = world.relay().seen.clone();

    for _ in 0..10 {
        for (topic, frame) in &replays {
            world.deliver(alice, *topic, frame);
        }
        world.run(3_000);
        assert!(!online(&world, alice, bob));
    }
    assert_eq!(world.texts(alice, chat), ["once"]);
}
