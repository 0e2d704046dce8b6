//! Members and contacts who say more than anybody can read.

use betwixt::{
    proto::{
        channel::Kind,
        chat::content::{Body, Text},
        engine::command::Command,
    },
    wire::{direct::Direct, frame::frame_id, limits},
};

use crate::{
    group,
    hostile::{Insider, content, parts},
    world::{Links, World},
};

fn text(text: String) -> Body {
    Body::Text(Text {
        text,
        reply_to: None,
        mentions: Vec::new(),
    })
}

#[test]
fn a_member_who_says_ten_thousand_things_a_second_delays_nobody_and_is_removed_at_once() {
    let mut world = World::new(50, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol", "Mallory"]);
    let [alice, bob, carol, mallory] = all[..] else {
        panic!("there are four")
    };
    let mut insider = Insider::of(&world, mallory, chat);
    world.crash(mallory);
    let now = world.now;
    let mut flood = |n: u32| insider.says(&content(now, text(format!("buy this {n}"))));
    let frames: Vec<Direct> = (0..10_000).map(&mut flood).collect();
    let more: Vec<Direct> = (0..1_000).map(&mut flood).collect();
    let count = |world: &World, of: &str| {
        let texts = world.texts(alice, chat).into_iter();
        texts.filter(|text| text.starts_with(of)).count()
    };
    let cpu = |world: &World| world.hosts[alice].cost.cpu_ns;

    // A tenth of it in each tenth of a second, and Carol says something after each.
    let mut costs = Vec::new();
    for (n, tenth) in frames.chunks(1_000).enumerate() {
        let before = cpu(&world);
        for frame in tenth {
            world.hear(alice, mallory, frame.clone());
        }
        costs.push(cpu(&world) - before);
        world.say(carol, chat, &format!("honest {n}")).unwrap();
        world.run(100);
        assert_eq!(count(&world, "honest"), n + 1, "within a tenth of a second");
    }

    let most = limits::MESSAGES_OF_AUTHOR as usize;
    let taken = count(&world, "buy");
    assert!((most..most + 50).contains(&taken), "{taken}");
    let (first, last) = (costs[0], costs[9]);
    println!("1,000 taken in {first} ns, 1,000 passed over in {last} ns");
    assert!(last < first, "{last} of {first}");

    let remove = Command::RemoveMember {
        chat_id: chat,
        person_id: world.hosts[mallory].person,
    };
    world.command(alice, remove).unwrap().unwrap();
    for frame in more {
        world.hear(alice, mallory, frame);
    }
    world.run(5_000);
    assert_eq!(count(&world, "buy"), taken, "at once");
    let aside = world.engine(alice).group(&chat).unwrap().aside;
    assert!(aside.iter().map(|(_, count)| *count).sum::<u32>() <= 1_000);
    for host in [alice, bob, carol] {
        world.say(host, chat, &format!("peace of {host}")).unwrap();
    }
    world.run(5_000);
    assert_eq!(count(&world, "peace"), 3);
}

#[test]
fn a_member_who_tells_other_things_without_end_is_looked_at_bit_by_bit_and_fills_no_disk() {
    let mut world = World::new(51, Links::GOOD);
    let (all, chat) = group(&mut world, &["Alice", "Bob", "Carol", "Mallory"]);
    let (alice, carol, mallory) = (all[0], all[2], all[3]);
    let mut insider = Insider::of(&world, mallory, chat);
    world.crash(mallory);
    let most = limits::MESSAGES_OF_AUTHOR as usize;
    let nonsense = minicbor::to_vec(Vec::<minicbor::bytes::ByteVec>::new()).unwrap();
    let frames: Vec<Direct> = (0..most + 1_000)
        .map(|_| insider.frame(Kind::LogOps, &nonsense))
        .collect();
    let unknown = insider.frame(Kind::Unknown(99), b"later");
    let seen = |world: &World, frame: &Direct| {
        let id = frame_id(&parts(frame).1);
        world.hosts[alice].disk.seen(&id)
    };

    for frame in &frames {
        world.hear(alice, mallory, frame.clone());
    }
    world.say(carol, chat, "may I?").unwrap();
    world.run(100);

    assert!(world.texts(alice, chat).contains(&"may I?".to_owned()));
    let looked_at = frames.iter().filter(|frame| seen(&world, frame)).count();
    assert!((most - 200..most + 50).contains(&looked_at), "{looked_at}");
    // It is not lost: what comes again is looked at when there was less.
    world.run(60_000);
    world.hear(alice, mallory, frames.last().unwrap().clone());
    assert!(seen(&world, frames.last().unwrap()));
    world.hear(alice, mallory, unknown.clone());
    assert!(
        !seen(&world, &unknown),
        "of what means nothing nothing stays"
    );
}
