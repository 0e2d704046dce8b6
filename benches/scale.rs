//! What a group costs its members as it grows: engines in a simulated world without losses, CPU time and bytes
//! over the network for each act, at its author and at the others.
//!
//!     cargo bench --no-default-features --bench scale [-- MEMBERS ...]
//!
//! 250 take four minutes of the processor; most of it is that they become the founder's contacts first.
//!
//! Gossip is counted once at each member; a mesh brings some frames twice. The check of a frame at each hop
//! (one Ed25519 verification) is the network's, and not in it.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark may"
)]

#[path = "../tests/world/mod.rs"]
mod world;

use betwixt::proto::{
    engine::command::{Command, History},
    id::ChatId,
};
use world::{Cost, Links, World};

fn main() {
    let asked: Vec<usize> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let sizes = if asked.is_empty() { vec![8, 32] } else { asked };
    println!(
        "{:>7}  {:<28} {:>12} {:>12} {:>12} {:>11} {:>11} {:>11}",
        "members",
        "act",
        "author",
        "others p50",
        "others most",
        "author",
        "others p50",
        "others most"
    );
    for members in sizes {
        group_of(members);
    }
}

fn group_of(members: usize) {
    let mut world = World::new(1, Links::GOOD);
    world.everybody_is_near = false;
    let all: Vec<usize> = (0..=members)
        .map(|n| world.join(&format!("Person {n}")))
        .collect();
    for other in &all[1..] {
        world.introduce(all[0], *other);
        world.befriend(all[0], *other);
    }
    let (newcomer, all) = (all[members], &all[..members]);
    let mut chat = ChatId([0; 32]);
    measure(&mut world, all, "found it", |world| {
        chat = world.found(all[0], "Herons", &all[1..]);
    });
    // What follows of having met: connections, cards, receipts.
    world.run(600_000);
    assert!(all.iter().all(|host| world.is_in(*host, chat)));

    measure(&mut world, all, "say 300 bytes", |world| {
        world.say(all[0], chat, &"x".repeat(300)).unwrap();
    });
    let name = Command::SetChat {
        chat_id: chat,
        name: Some("Cranes".to_owned()),
        topic: None,
        members_may_add: None,
        muted: None,
        pinned: None,
        disappear_after_s: None,
    };
    measure(&mut world, all, "name it", |world| {
        world.command(all[0], name.clone()).unwrap().unwrap();
    });
    let add = Command::AddMember {
        chat_id: chat,
        person_id: world.hosts[newcomer].person,
        history: History::None,
    };
    world.hosts[newcomer].cost = Cost::default();
    measure(&mut world, all, "add one", |world| {
        let began = world.now;
        world.command(all[0], add.clone()).unwrap().unwrap();
        world.run_until(60_000, |world| world.is_in(newcomer, chat));
        world.say(all[0], chat, "Welcome").unwrap();
        world.run_until(60_000, |world| {
            let texts = world.texts(newcomer, chat);
            texts.iter().any(|text| text == "Welcome")
        });
        let Cost { cpu_ns, bytes } = world.hosts[newcomer].cost;
        println!(
            "{:>7}  the newcomer reads the first message after {} ms of the network, {:.0} ms of its processor, {:.0} kB",
            all.len(),
            world.now.since(began),
            cpu_ns as f64 / 1e6,
            bytes as f64 / 1e3
        );
    });
    let remove = Command::RemoveMember {
        chat_id: chat,
        person_id: world.hosts[newcomer].person,
    };
    measure(&mut world, all, "remove one, and say it", |world| {
        world.command(all[0], remove.clone()).unwrap().unwrap();
        world.say(all[0], chat, "He is gone").unwrap();
    });
}

/// Does something, lets a minute pass, and prints what it cost.
fn measure(world: &mut World, all: &[usize], act: &str, what: impl FnOnce(&mut World)) {
    for host in &mut world.hosts {
        host.cost = Cost::default();
    }
    what(world);
    world.run(60_000);
    let author = world.hosts[all[0]].cost;
    let others = |of: fn(Cost) -> u64| -> (u64, u64) {
        let mut costs: Vec<u64> = all[1..]
            .iter()
            .map(|host| of(world.hosts[*host].cost))
            .collect();
        costs.sort_unstable();
        (costs[costs.len() / 2], costs[costs.len() - 1])
    };
    let ((cpu, cpu_most), (bytes, bytes_most)) = (others(|c| c.cpu_ns), others(|c| c.bytes));
    let ms = |ns: u64| format!("{:.2} ms", ns as f64 / 1e6);
    let kb = |bytes: u64| format!("{:.1} kB", bytes as f64 / 1e3);
    println!(
        "{:>7}  {act:<28} {:>12} {:>12} {:>12} {:>11} {:>11} {:>11}",
        all.len(),
        ms(author.cpu_ns),
        ms(cpu),
        ms(cpu_most),
        kb(author.bytes),
        kb(bytes),
        kb(bytes_most)
    );
}
