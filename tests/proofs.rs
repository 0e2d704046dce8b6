//! Receipts that prove: who has a message signs so, and the file that shows it holds without anything else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "tests may"
)]

mod world;

use betwixt::{
    proto::{
        engine::command::{Command, CommandError, Reply},
        id::{ChatId, MessageId},
        proof::{Verified, verify},
        time::{MINUTE, SECOND},
    },
    wire::direct::Direct,
};
use data_encoding::BASE64;
use world::{Links, World};

fn prove(world: &mut World, host: usize, message: MessageId) -> Result<Vec<u8>, CommandError> {
    let message_id = message;
    let reply = world.command(host, Command::ProveMessage { message_id });
    reply.unwrap().map(|reply| match reply {
        Reply::Proof { proof } => BASE64.decode(proof.as_bytes()).unwrap(),
        other => panic!("{other:?}"),
    })
}

fn proved(world: &mut World, host: usize, message: MessageId) -> Verified {
    verify(&prove(world, host, message).unwrap()).unwrap()
}

fn group_of(world: &mut World, members: usize) -> ChatId {
    let all: Vec<usize> = (0..members)
        .map(|n| world.join(&format!("Person {n}")))
        .collect();
    for other in &all[1..] {
        world.befriend(0, *other);
    }
    let chat = world.found(0, "Herons", &all[1..]);
    world.run(10 * SECOND);
    chat
}

#[test]
fn a_minute_after_a_message_came_its_author_can_prove_it() {
    let mut world = World::new(1, Links::GOOD);
    let (ada, ben) = (world.join("Ada"), world.join("Ben"));
    let chat = world.befriend(ada, ben);
    let id = world.say(ada, chat, "The bridge is open").unwrap();
    world.run(5 * SECOND);
    let before = proved(&mut world, ada, id);
    assert_eq!(before.outstanding, [world.hosts[ben].person]);

    world.run(MINUTE);

    let shown = proved(&mut world, ada, id);
    assert_eq!(shown.text.as_deref(), Some("The bridge is open"));
    assert_eq!(shown.author, world.hosts[ada].person);
    assert_eq!(shown.delivered.len(), 1);
    assert_eq!(shown.delivered[0].0, world.hosts[ben].person);
    assert!(shown.outstanding.is_empty());
}

#[test]
fn in_a_group_each_member_signs_and_who_was_away_does_when_they_are_back() {
    let mut world = World::new(2, Links::GOOD);
    let chat = group_of(&mut world, 4);
    world.part(0, 3, true);
    world.part(1, 3, true);
    world.part(2, 3, true);
    let id = world.say(0, chat, "All here?").unwrap();
    world.run(2 * MINUTE);

    let shown = proved(&mut world, 0, id);
    assert_eq!(shown.delivered.len(), 2);
    assert_eq!(shown.outstanding, [world.hosts[3].person]);

    for other in 0..3 {
        world.part(other, 3, false);
    }
    world.run(3 * MINUTE);
    assert_eq!(proved(&mut world, 0, id).delivered.len(), 3);
}

#[test]
fn what_is_owed_is_signed_after_a_restart_and_a_lost_answer() {
    let mut world = World::new(3, Links::GOOD);
    let (ada, ben) = (world.join("Ada"), world.join("Ben"));
    let chat = world.befriend(ada, ben);
    let ids: Vec<MessageId> = (0..200)
        .map(|n| world.say(ada, chat, &format!("{n}")).unwrap())
        .collect();
    world.run(10 * SECOND);

    world.crash(ben);
    world.restart(ben);
    world.run(5 * SECOND);
    world.crash(ada);
    world.restart(ada);
    world.run(3 * MINUTE);

    for id in ids {
        assert_eq!(proved(&mut world, ada, id).delivered.len(), 1);
    }
}

#[test]
fn nobody_proves_what_they_did_not_write_or_what_was_deleted() {
    let mut world = World::new(4, Links::GOOD);
    let (ada, ben) = (world.join("Ada"), world.join("Ben"));
    let chat = world.befriend(ada, ben);
    let id = world.say(ada, chat, "Mine").unwrap();
    world.run(2 * MINUTE);

    let others = prove(&mut world, ben, id).unwrap_err();
    assert!(others.message.contains("wrote"), "{others}");
    let none = prove(&mut world, ada, MessageId([9; 32]));
    assert!(none.is_err());
    let delete = Command::DeleteMessage {
        message_id: id,
        from: betwixt::proto::engine::command::DeleteFor::All,
    };
    world.command(ada, delete).unwrap().unwrap();
    let deleted = prove(&mut world, ada, id).unwrap_err();
    assert!(deleted.message.contains("deleted"), "{deleted}");
}

#[test]
fn a_receipt_of_what_was_never_written_here_is_not_kept() {
    let mut world = World::new(5, Links::GOOD);
    let (ada, ben) = (world.join("Ada"), world.join("Ben"));
    let chat = world.befriend(ada, ben);
    world.recorded = Some(Vec::new());
    world.say(ada, chat, "One").unwrap();
    world.run(2 * MINUTE);
    let recorded = world.recorded.take().unwrap();
    let receipt = recorded.into_iter().find_map(|message| match message {
        Direct::Receipt(receipt) => Some(receipt),
        _ => None,
    });
    let receipt = receipt.expect("Ben signed");
    let kept = |world: &World| {
        let device = world.engine(ada).device();
        let disk = &world.hosts[ada].disk;
        disk.deliveries(chat, device, world.hosts[ben].person, 0)
    };
    let before = kept(&world);
    assert_eq!(before.len(), 1);

    // Signed for something else; then as it was, which is here already.
    let mut forged = receipt.clone();
    forged.messages[0] = [7; 32].into();
    world.hear(ada, ben, Direct::Receipt(forged));
    let mut later = receipt.clone();
    later.at += 1;
    world.hear(ada, ben, Direct::Receipt(later));
    world.hear(ada, ben, Direct::Receipt(receipt));
    world.run(SECOND);

    assert_eq!(kept(&world), before);
}

/// 100 messages a minute in a group of 32, each by another member: what acknowledgements and receipts cost
/// of all bytes, and that it is less than a quarter.
#[test]
fn receipts_are_less_than_a_quarter_of_a_busy_group() {
    let mut world = World::new(6, Links::GOOD);
    let chat = group_of(&mut world, 32);
    world.run(10 * MINUTE);
    world.recorded = Some(Vec::new());
    for n in 0..500_usize {
        world.say(n * 7 % 32, chat, &"x".repeat(100)).unwrap();
        world.run(600);
    }
    world.run(3 * MINUTE);

    let (mut all, mut acknowledged, mut signed) = (0, 0, 0);
    for message in world.recorded.take().unwrap() {
        // Four for the length on the stream.
        let bytes = message.encode().len() + 4;
        all += bytes;
        match message {
            Direct::Held { .. } => acknowledged += bytes,
            Direct::Receipt(_) => signed += bytes,
            _ => {}
        }
    }
    let share = |part: usize| 100.0 * part as f64 / all as f64;
    println!(
        "of {all} bytes {:.1} % are acknowledgements, {:.1} % signed receipts",
        share(acknowledged),
        share(signed)
    );
    assert!(share(acknowledged + signed) < 25.0);
    let last = world.timeline(0, chat).into_iter().rev();
    let own = last.filter(|row| row.outgoing).nth(1).unwrap().id;
    assert_eq!(proved(&mut world, 0, own).delivered.len(), 31);
}
