#![allow(clippy::all)]
mod world;
use world::{Links, World};
#[test]
fn debug() {
    let mut world = World::new(1, Links::GOOD);
    let a = world.join("Alice"); let b = world.join("Bob"); let c = world.join("Carol");
    world.befriend(a, b); world.befriend(a, c);
    let chat = world.found(a, "Herons", &[b, c]);
    world.run(5_000);
    for h in [a,b,c] { let e = world.engine(h); let g = e.group(&chat).unwrap();
        println!("{h} members {} epoch {} waiting {} topics {:?} allowed {:?}", g.members.len(), g.epoch, e.waiting(), world.hosts[h].topics.len(), world.hosts[h].allowed.len()); }
    world.say(b, chat, "hi");
    for t in 0..6 { world.run(2_000);
    for h in [a,b,c] { let e = world.engine(h); let g = e.group(&chat).unwrap();
        println!("t{t} {h} epoch {} waiting {} missing {:?} texts {:?}", g.epoch, e.waiting(), g.missing, world.texts(h, chat)); } }
}
