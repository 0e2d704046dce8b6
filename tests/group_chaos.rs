//! Groups under everything at once that a network and a power socket can do, from a seed.
//!
//! `BETWIXT_SEEDS=FIRST..LAST` runs other seeds than the ones of every day.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use std::{collections::BTreeSet, env, ops::Range};

use betwixt::proto::{
    engine::command::{Command, GroupRole, History},
    id::{ChatId, MessageId},
};
use world::{Crash, Links, World};

/// How many schedules of each kind run every day.
const EVERY_DAY: Range<u64> = 0..60;

#[test]
fn what_was_answered_is_with_all_members_once_and_in_one_order() {
    seeds().for_each(talk);
}

#[test]
fn members_who_were_parted_agree_on_who_is_in_it_and_talk_again() {
    seeds().for_each(quarrel);
}

/// Everybody talks, and nobody comes or goes.
fn talk(seed: u64) {
    let told = Told(seed);
    let (mut world, all, chat) = group(seed);
    worsen(&mut world);
    let mut said: BTreeSet<MessageId> = BTreeSet::new();
    for step in 0..50 {
        if !trouble(&mut world, &all) {
            let who = all[world.pick(4) as usize];
            if world.is_up(who) {
                said.extend(world.say(who, chat, &format!("{who} says {step}")));
            }
        }
        let pause = u64::from(world.pick(2_000));
        world.run(pause);
    }
    heal(&mut world, &all);

    world.assert_group_agrees(chat, &all);
    let held: Vec<MessageId> = world.timeline(all[0], chat).iter().map(|m| m.id).collect();
    let distinct: BTreeSet<MessageId> = held.iter().copied().collect();
    assert_eq!(distinct.len(), held.len(), "nothing twice");
    assert!(
        said.is_subset(&distinct),
        "nothing that was answered is lost"
    );
    for host in &all {
        assert_eq!(world.engine(*host).waiting(), 0);
    }
    drop(told);
}

#[test]
fn what_somebody_said_to_one_member_before_they_went_for_ever_is_with_all_who_stay() {
    seeds().for_each(last_words);
}

/// Everybody talks; in the end one says something that only one other hears, and is never seen again.
fn last_words(seed: u64) {
    let told = Told(seed);
    let (mut world, all, chat) = group(seed);
    worsen(&mut world);
    for step in 0..30 {
        if !trouble(&mut world, &all) {
            let who = all[world.pick(4) as usize];
            if world.is_up(who) {
                world.say(who, chat, &format!("{who} says {step}"));
            }
        }
        let pause = u64::from(world.pick(2_000));
        world.run(pause);
    }
    world.crash_no_more();
    let gone = all[world.pick(4) as usize];
    let mut staying: Vec<usize> = all.iter().copied().filter(|host| *host != gone).collect();
    let heard = staying.remove(world.pick(3) as usize);
    for host in [gone, heard] {
        if !world.is_up(host) {
            world.restart(host);
        }
    }
    for other in &staying {
        world.part(gone, *other, true);
        world.part(heard, *other, true);
    }
    world.part(gone, heard, false);
    world.links = Links::GOOD;
    world.run(10_000);
    let mut last = BTreeSet::new();
    for n in 0..3 {
        last.extend(world.say(gone, chat, &format!("last words {n}")));
        world.run(1_000);
    }
    world.run(20_000);
    let holds = |world: &World, host: usize| -> BTreeSet<MessageId> {
        let rows = world.timeline(host, chat);
        rows.iter().map(|row| row.id).collect()
    };
    let heard_all = last.is_subset(&holds(&world, heard));
    world.crash(gone);
    staying.push(heard);
    heal(&mut world, &staying);
    world.run(30 * 60_000);

    for host in &staying {
        if heard_all {
            assert!(last.is_subset(&holds(&world, *host)), "{host}");
        }
    }
    let ids = |host: usize| -> Vec<MessageId> {
        world
            .timeline(host, chat)
            .iter()
            .map(|row| row.id)
            .collect()
    };
    for host in &staying[1..] {
        assert_eq!(ids(staying[0]), ids(*host), "{host}: one set in one order");
    }
    drop(told);
}

/// People are added and removed, admins come and go, cables too.
fn quarrel(seed: u64) {
    let told = Told(seed);
    let (mut world, all, chat) = group(seed);
    worsen(&mut world);
    for step in 0..40 {
        if !trouble(&mut world, &all) {
            let who = all[world.pick(4) as usize];
            if world.is_up(who) {
                change(&mut world, &all, who, chat, step);
            }
        }
        let pause = u64::from(world.pick(4_000));
        world.run(pause);
    }
    heal(&mut world, &all);
    // Whoever was away longest has heard by then; the owner is always in it.
    let say = |world: &mut World, text: &str| {
        world.say(all[0], chat, text).expect("the owner is up");
        world.run(60_000);
    };
    say(&mut world, "once more");
    say(&mut world, "and again");

    let members: BTreeSet<_> = {
        let group = world.engine(all[0]).group(&chat).unwrap();
        group.members.iter().map(|member| member.person).collect()
    };
    for host in &all {
        let person = world.hosts[*host].person;
        let texts = world.texts(*host, chat);
        let hears = texts.iter().any(|text| text == "and again");
        assert_eq!(
            hears,
            members.contains(&person),
            "{}",
            world.hosts[*host].name
        );
        if hears {
            let group = world.engine(*host).group(&chat).unwrap();
            let of: BTreeSet<_> = group.members.iter().map(|m| m.person).collect();
            assert_eq!(of, members, "{}", world.hosts[*host].name);
        }
    }
    drop(told);
}

fn change(world: &mut World, all: &[usize], who: usize, chat_id: ChatId, step: u32) {
    let whom = all[world.pick(4) as usize];
    let person_id = world.hosts[whom].person;
    let command = match world.pick(10) {
        0 => Command::RemoveMember { chat_id, person_id },
        1 => Command::AddMember {
            chat_id,
            person_id,
            history: History::None,
        },
        2 => Command::AddMember {
            chat_id,
            person_id,
            history: History::Last(20),
        },
        3 => Command::SetRole {
            chat_id,
            person_id,
            role: GroupRole::Admin,
        },
        4 => Command::SetRole {
            chat_id,
            person_id,
            role: GroupRole::Member,
        },
        5 if who != all[0] => Command::LeaveGroup { chat_id },
        _ => Command::SendMessage {
            chat_id,
            text: format!("{who} says {step}"),
            reply_to: None,
            mentions: Vec::new(),
        },
    };
    // Whoever has no right, or is not in it, is refused; that is no failure.
    let _ = world.command(who, command);
}

/// A group of four who all know each other, founded by the first.
fn group(seed: u64) -> (World, Vec<usize>, ChatId) {
    let mut world = World::new(seed, Links::GOOD);
    let all: Vec<usize> = (0..4).map(|n| world.join(&format!("person {n}"))).collect();
    for a in 0..4 {
        for b in a + 1..4 {
            world.befriend(all[a], all[b]);
        }
    }
    world.run(2_000);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    for host in &all {
        assert!(world.is_in(*host, chat), "{}", world.hosts[*host].name);
    }
    (world, all, chat)
}

fn worsen(world: &mut World) {
    world.links = Links {
        delay_ms: u64::from(world.pick(20)),
        jitter_ms: u64::from(world.pick(600)),
        loss: world.pick(300),
        double: world.pick(300),
        full: world.pick(100),
        breaks: world.pick(20),
    };
}

/// Now and then something breaks. Whether something did.
fn trouble(world: &mut World, all: &[usize]) -> bool {
    for host in all {
        if !world.is_up(*host) && world.chance(100) {
            world.restart(*host);
        }
    }
    let a = all[world.pick(4) as usize];
    let b = all[(a + 1 + world.pick(3) as usize) % 4];
    match world.pick(12) {
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
        _ => return false,
    }
    true
}

/// The network mends, everybody comes back, and some minutes pass.
fn heal(world: &mut World, all: &[usize]) {
    world.links = Links::GOOD;
    world.crash_no_more();
    for a in all {
        if !world.is_up(*a) {
            world.restart(*a);
        }
        for b in all.iter().filter(|b| *b > a) {
            world.part(*a, *b, false);
        }
    }
    world.run(300_000);
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
