//! Members find and give each other what one of them lacks, told with engines in a simulated world.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use betwixt::proto::{
    id::ChatId,
    time::{DAY, MINUTE, SECOND},
};
use world::{Links, World};

/// A group of people who all know each other, founded by the first.
fn group(seed: u64, people: usize) -> (World, Vec<usize>, ChatId) {
    let mut world = World::new(seed, Links::GOOD);
    let all: Vec<usize> = (0..people).map(|n| world.join(&format!("person {n}"))).collect();
    for a in 0..people {
        for b in a + 1..people {
            world.befriend(all[a], all[b]);
        }
    }
    world.run(2 * SECOND);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(10 * SECOND);
    for host in &all {
        assert!(world.is_in(*host, chat), "{}", world.hosts[*host].name);
    }
    (world, all, chat)
}

fn is_complete(world: &World, host: usize, chat: ChatId, count: usize) -> bool {
    world.texts(host, chat).iter().filter(|text| !text.is_empty()).count() == count
}

#[test]
fn five_hundred_messages_of_somebody_who_went_come_from_a_third_within_ten_seconds() {
    let (mut world, all, chat) = group(1, 3);
    let [alice, bob, carol] = all[..] else { panic!() };
    world.say(carol, chat, "see you").unwrap();
    world.run(5 * SECOND);
    world.crash(carol);
    for n in 0..500 {
        world.say(alice, chat, &format!("message {n}")).unwrap();
        world.run(200);
    }
    world.run(10 * SECOND);
    world.crash(alice);
    world.run(MINUTE);

    world.restart(carol);
    world.run_until(10 * SECOND, |world| is_complete(world, carol, chat, 501));

    world.run(SECOND);
    world.assert_group_agrees(chat, &[bob, carol]);
    assert_eq!(world.engine(carol).group(&chat).unwrap().unread, 500);
    let _ = DAY;
}
