//! Attacks of `docs/protocol.md`, section 9, and of `docs/reliability.md`, by peers that have what a peer
//! has and more, on engines in a simulated world. Each fails for the attacker.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "what goes wrong in a test is a failed test"
)]

mod contacts;
mod floods;
mod history;
mod hostile;
mod members;
mod middle;
mod names;
mod versions;
#[path = "../world/mod.rs"]
mod world;

use betwixt::proto::{
    engine::command::{Command, GroupRole},
    id::ChatId,
};
use world::World;

/// Alice, who knows all others, and a group of all of them, of which Carol is an admin.
fn group(world: &mut World, names: &[&str]) -> (Vec<usize>, ChatId) {
    let all: Vec<usize> = names.iter().map(|name| world.join(name)).collect();
    for other in &all[1..] {
        world.befriend(all[0], *other);
    }
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    let role = Command::SetRole {
        chat_id: chat,
        person_id: world.hosts[all[2]].person,
        role: GroupRole::Admin,
    };
    world.command(all[0], role).unwrap().unwrap();
    world.run(5_000);
    (all, chat)
}
