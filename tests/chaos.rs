//! Everything at once that a network and a power socket can do, from a seed. What was answered to
//! its author is on both disks at the end, once, in the same order.
//!
//! `BETWIXT_SEEDS=FIRST..LAST` runs other seeds than the ones of every day.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use std::{env, ops::Range};

use betwixt::proto::engine::{command::Command, event::EngineEvent};
use world::{Crash, Links, World};

/// How many schedules run every day.
const EVERY_DAY: Range<u64> = 0..1_000;

#[test]
fn whatever_happens_on_the_way_both_sides_agree_in_the_end() {
    let seeds = seeds();
    assert!(!seeds.is_empty());
    let halves = [
        seeds.start..seeds.start.midpoint(seeds.end),
        seeds.start.midpoint(seeds.end)..seeds.end,
    ];
    std::thread::scope(|scope| {
        for half in halves {
            scope.spawn(move || half.for_each(chaos));
        }
    });
}

/// One schedule. The seed is printed when it fails.
fn chaos(seed: u64) {
    let told = Told(seed);
    let mut world = World::new(seed, Links::GOOD);
    let people = 2 + usize::try_from(seed % 3).expect("small");
    let hosts: Vec<usize> = (0..people)
        .map(|n| world.join(&format!("person {n}")))
        .collect();
    for a in 0..people {
        for b in a + 1..people {
            world.befriend(hosts[a], hosts[b]);
        }
    }
    world.links = Links {
        delay_ms: u64::from(world.pick(20)),
        jitter_ms: u64::from(world.pick(600)),
        loss: world.pick(400),
        double: world.pick(300),
        full: world.pick(100),
        breaks: world.pick(20),
    };
    for step in 0..60 {
        act(&mut world, &hosts, step);
        let pause = u64::from(world.pick(3_000));
        world.run(pause);
    }
    heal(&mut world, &hosts);
    for a in 0..people {
        for b in a + 1..people {
            world.assert_agree(hosts[a], hosts[b]);
        }
        assert_eq!(
            world.engine(hosts[a]).waiting(),
            0,
            "nothing waits when all is well"
        );
        assert!(
            world
                .engine(hosts[a])
                .chats()
                .iter()
                .all(|chat| chat.missing == 0)
        );
        let warned = |event: &EngineEvent| matches!(event, EngineEvent::Warning { .. });
        assert!(
            !world.hosts[hosts[a]].events.iter().any(warned),
            "no session was lost"
        );
    }
    drop(told);
}

fn act(world: &mut World, hosts: &[usize], step: u32) {
    let people = u32::try_from(hosts.len()).expect("few");
    let a = hosts[world.pick(people) as usize];
    let b = hosts[(a + 1 + world.pick(people - 1) as usize) % hosts.len()];
    match world.pick(20) {
        0 => {
            let parted = world.chance(500);
            world.part(a, b, parted);
        }
        1 => {
            if world.is_up(a) {
                world.crash(a);
                let away = u64::from(world.pick(20_000));
                world.wake_later(a, away);
            }
        }
        2 => {
            let kinds = [
                Crash::BeforeCommit,
                Crash::AfterCommit,
                Crash::DuringRelease(world.pick(4) as usize),
            ];
            let kind = kinds[world.pick(3) as usize];
            let nth = world.pick(6);
            world.crash_at(a, nth, kind);
        }
        3 | 4 => {
            if world.is_up(a) {
                let chat_id = world.chat(a, b);
                if let Some(last) = world.timeline(a, chat_id).last() {
                    let up_to = last.id;
                    world.command(a, Command::ReadMessages { chat_id, up_to });
                }
            }
        }
        _ => {
            if world.is_up(a) {
                let chat = world.chat(a, b);
                world.say(a, chat, &format!("{step}"));
            }
        }
    }
    for host in hosts {
        if !world.is_up(*host) && world.chance(100) {
            world.restart(*host);
        }
    }
}

/// The network mends, everybody comes back, and a minute passes.
fn heal(world: &mut World, hosts: &[usize]) {
    world.links = Links::GOOD;
    world.crash_no_more();
    for a in hosts {
        if !world.is_up(*a) {
            world.restart(*a);
        }
        for b in hosts.iter().filter(|b| *b > a) {
            world.part(*a, *b, false);
        }
    }
    world.run(60_000);
}

#[test]
fn a_crash_at_any_step_of_a_send_or_a_receive_loses_and_doubles_nothing() {
    let mut crashes = 0;
    for who in 0..2 {
        for nth in 0..10 {
            for kind in [
                Crash::BeforeCommit,
                Crash::AfterCommit,
                Crash::DuringRelease(1),
                Crash::DuringRelease(2),
                Crash::DuringRelease(3),
            ] {
                crashes += crash_once(who, nth, kind);
            }
        }
    }
    assert!(crashes > 60, "only {crashes} of the crashes happened");
}

fn crash_once(who: usize, nth: u32, kind: Crash) -> u32 {
    let mut world = World::new(u64::from(nth), Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.crash_at(who, nth, kind);
    for n in 0..3 {
        for host in [alice, bob] {
            if world.is_up(host) {
                world.say(host, chat, &format!("{host} says {n}"));
            }
            world.run(20);
        }
    }
    let crashes = world.hosts[who].crashes;
    for host in [alice, bob] {
        if !world.is_up(host) {
            world.restart(host);
        }
    }
    world.run(24 * 3_600_000);
    world.assert_agree(alice, bob);
    assert_eq!(
        world.engine(alice).waiting() + world.engine(bob).waiting(),
        0
    );
    crashes
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut world = World::new(seed, Links::GOOD);
        let (alice, bob) = (world.join("Alice"), world.join("Bob"));
        let chat = world.befriend(alice, bob);
        world.links = Links::BAD;
        for n in 0..20 {
            world.say(alice, chat, &n.to_string());
            world.run(500);
        }
        (world.now, world.observed)
    };

    assert!(run(7) == run(7));
    assert!(run(7) != run(8));
}

/// Says the seed if the schedule fails.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "seed {}: run again with BETWIXT_SEEDS={0}..{1}",
                self.0,
                self.0 + 1
            );
        }
    }
}

fn seeds() -> Range<u64> {
    let Ok(text) = env::var("BETWIXT_SEEDS") else {
        return EVERY_DAY;
    };
    let parse = |text: &str| text.parse().expect("BETWIXT_SEEDS is FIRST..LAST");
    let (first, last) = text.split_once("..").expect("BETWIXT_SEEDS is FIRST..LAST");
    parse(first)..parse(last)
}
