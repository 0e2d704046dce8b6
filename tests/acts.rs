//! What is done to messages, and messages that disappear, told with engines in a simulated world.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use betwixt::proto::{
    engine::{
        command::{Command, CommandError, DeleteFor, ErrorKind, Reply},
        event::EngineEvent,
    },
    id::{ChatId, MessageId},
    record::Class,
    time::{DAY, HOUR, SECOND, Timestamp},
};
use world::{Crash, Links, Shown, World};

fn edit(message_id: MessageId, text: &str) -> Command {
    let text = text.to_owned();
    Command::EditMessage { message_id, text }
}

fn delete(message_id: MessageId, from: DeleteFor) -> Command {
    Command::DeleteMessage { message_id, from }
}

fn react(message_id: MessageId, emoji: &str, on: bool) -> Command {
    Command::ReactMessage {
        message_id,
        emoji: emoji.to_owned(),
        on,
    }
}

fn disappear(chat_id: ChatId, seconds: u32) -> Command {
    Command::SetChat {
        name: None,
        topic: None,
        members_may_add: None,
        chat_id,
        muted: None,
        pinned: None,
        disappear_after_s: Some(seconds),
    }
}

fn ok(world: &mut World, host: usize, command: Command) {
    assert_eq!(world.command(host, command).unwrap(), Ok(Reply::Done {}));
}

fn refused(world: &mut World, host: usize, command: Command) -> ErrorKind {
    let CommandError { kind, message } = world.command(host, command).unwrap().unwrap_err();
    assert!(message.ends_with('.'), "{message}");
    kind
}

fn read(world: &mut World, host: usize, chat_id: ChatId, up_to: MessageId) {
    ok(world, host, Command::ReadMessages { chat_id, up_to });
}

fn two(seed: u64) -> (World, usize, usize, ChatId) {
    let mut world = World::new(seed, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    (world, alice, bob, chat)
}

fn text(text: &str) -> Shown {
    Shown {
        text: text.to_owned(),
        deleted: false,
        reactions: Vec::new(),
    }
}

fn tombstone() -> Shown {
    Shown {
        text: String::new(),
        deleted: true,
        reactions: Vec::new(),
    }
}

fn both_show(world: &World, id: MessageId, shown: &Shown) {
    for host in [0, 1] {
        assert_eq!(world.shown(host, id).as_ref(), Some(shown), "host {host}");
    }
}

/// Everything that a host's disk holds of a chat's messages.
fn disk_holds(world: &World, host: usize, chat: ChatId, needle: &str) -> bool {
    let disk = &world.hosts[host].disk;
    let peers = world.hosts.iter().enumerate();
    peers.filter(|(at, _)| world.is_up(*at)).any(|(at, _)| {
        let device = world.engine(at).device();
        (0..100).any(|counter| {
            let row = disk.row_at(chat, device, counter);
            row.is_some_and(|row| {
                row.content
                    .windows(needle.len())
                    .any(|window| window == needle.as_bytes())
            })
        })
    })
}

#[test]
fn an_edit_a_reaction_and_a_deletion_show_on_both_sides() {
    let (mut world, alice, bob, chat) = two(1);
    let id = world.say(alice, chat, "helo").unwrap();
    world.run(1_000);
    let unread = world.engine(bob).chat(&chat).unwrap().unread;

    ok(&mut world, alice, edit(id, "hello"));
    ok(&mut world, bob, react(id, "👍", true));
    world.run(1_000);

    let bobs = world.hosts[bob].person;
    let edited = Shown {
        text: "hello".into(),
        deleted: false,
        reactions: vec![("👍".into(), vec![bobs])],
    };
    both_show(&world, id, &edited);
    assert_eq!(world.texts(bob, chat).len(), 1, "acts are not messages");
    assert_eq!(world.engine(bob).chat(&chat).unwrap().unread, unread);
    assert_eq!(world.engine(bob).chat(&chat).unwrap().missing, 0);
    let told = EngineEvent::Message(id);
    let times = |host: usize| {
        let events = world.hosts[host].events.iter();
        events.filter(|event| **event == told).count()
    };
    assert_eq!(
        (times(alice), times(bob)),
        (3, 3),
        "new, edited, reacted to"
    );

    ok(&mut world, bob, react(id, "👍", false));
    world.run(1_000);
    both_show(&world, id, &text("hello"));
    ok(&mut world, alice, delete(id, DeleteFor::All));
    world.run(1_000);

    both_show(&world, id, &tombstone());
    for host in [alice, bob] {
        assert!(!disk_holds(&world, host, chat, "hel"), "host {host}");
    }
    let again = world.say(bob, chat, "what was that?").unwrap();
    world.run(1_000);
    assert_eq!(world.hosts[alice].disk.message(&again).unwrap().seq, 1);
    world.assert_agree(alice, bob);
}

#[test]
fn what_is_not_allowed_is_refused_with_a_sentence() {
    let (mut world, alice, bob, chat) = two(2);
    let id = world.say(alice, chat, "mine").unwrap();
    world.run(1_000);

    let nothing = MessageId([7; 32]);
    for (host, command, kind) in [
        (bob, edit(id, "yours"), ErrorKind::Forbidden),
        (bob, delete(id, DeleteFor::All), ErrorKind::Forbidden),
        (alice, edit(nothing, "x"), ErrorKind::NotFound),
        (alice, delete(nothing, DeleteFor::Me), ErrorKind::NotFound),
        (alice, edit(id, " \n"), ErrorKind::Invalid),
        (alice, edit(id, &"x".repeat(16_385)), ErrorKind::TooLarge),
        (alice, react(id, "", true), ErrorKind::Invalid),
        (alice, react(id, "👍👍", true), ErrorKind::Invalid),
        (alice, react(id, &"👩‍".repeat(9), true), ErrorKind::Invalid),
        (alice, react(id, " ", true), ErrorKind::Invalid),
        (alice, disappear(chat, 4), ErrorKind::Invalid),
        (alice, disappear(chat, 31_536_001), ErrorKind::Invalid),
        (alice, disappear(ChatId([1; 32]), 60), ErrorKind::NotFound),
    ] {
        assert_eq!(
            refused(&mut world, host, command.clone()),
            kind,
            "{command:?}"
        );
    }
    world.run(DAY + HOUR);
    let late = refused(&mut world, alice, edit(id, "too late"));
    assert_eq!(late, ErrorKind::Forbidden);
    ok(&mut world, alice, delete(id, DeleteFor::All));
    let gone = refused(&mut world, bob, react(nothing, "👍", true));
    assert_eq!(gone, ErrorKind::NotFound);
    assert_eq!(
        refused(&mut world, alice, edit(id, "x")),
        ErrorKind::Conflict
    );
    let react = refused(&mut world, alice, react(id, "👍", true));
    assert_eq!(react, ErrorKind::Conflict);
    world.run(1_000);
    both_show(&world, id, &tombstone());
}

#[test]
fn acts_on_both_sides_of_a_partition_come_to_one_state() {
    for seed in 0..12 {
        let (mut world, alice, bob, chat) = two(seed);
        let hers = world.say(alice, chat, "hers").unwrap();
        let his = world.say(bob, chat, "his").unwrap();
        world.run(2_000);
        world.part(alice, bob, true);
        world.links = Links::BAD;

        for round in 0..15 {
            let host = usize::from(world.chance(500));
            let own = if host == alice { hers } else { his };
            let other = if host == alice { his } else { hers };
            let command = match world.pick(12) {
                0..=2 => edit(own, &format!("{host} says {round}")),
                3 if round > 12 => delete(own, DeleteFor::All),
                4..=6 => react(own, "🎉", world.chance(600)),
                _ => react(other, "🎉", world.chance(600)),
            };
            let _ = world.command(host, command);
            world.run(1_500);
            if round == 8 {
                world.part(alice, bob, false);
            }
        }
        world.links = Links::GOOD;
        world.run(120_000);

        for id in [hers, his] {
            assert_eq!(world.shown(alice, id), world.shown(bob, id), "seed {seed}");
        }
        world.assert_agree(alice, bob);
        assert_eq!(world.engine(alice).waiting(), 0, "seed {seed}");
    }
}

#[test]
fn a_deletion_that_arrives_before_its_message_leaves_nothing_of_it() {
    let (mut world, alice, bob, chat) = two(3);
    world.say(alice, chat, "first").unwrap();
    world.run(1_000);
    let disk = world.hosts[bob].disk.clone();
    let id = world.say(alice, chat, "take this back").unwrap();
    world.run(1_000);
    ok(&mut world, alice, edit(id, "take this back too"));
    world.run(1_000);
    ok(&mut world, alice, delete(id, DeleteFor::All));
    world.run(1_000);
    // Bob's disk knows the acts, and learns of the message after them.
    let rows: Vec<_> = (1..4)
        .map(|counter| {
            let device = world.engine(alice).device();
            world.hosts[alice]
                .disk
                .row_at(chat, device, counter)
                .unwrap()
        })
        .collect();
    assert!(rows[0].content.is_empty(), "the author's copy is erased");

    let mut late = disk;
    let mut original = rows[0].clone();
    original.outgoing = false;
    original.content = b"\x86 whatever it said".to_vec();
    for row in [rows[2].clone(), rows[1].clone(), original] {
        let write = betwixt::proto::record::Write::Message(Box::new(row));
        late.commit(vec![write]);
    }

    let held = late.message(&id).unwrap().row;
    assert!(held.content.is_empty());
    assert_eq!(late.acts(chat, id).len(), 1, "who deleted it");
    both_show(&world, id, &tombstone());
}

#[test]
fn a_message_deleted_before_it_could_be_sent_leaves_no_hole() {
    let mut world = World::new(4, Links::GOOD);
    let (alice, bob) = (world.join("Alice"), world.join("Bob"));
    let chat = world.befriend(alice, bob);
    world.run(1_000);
    world.part(alice, bob, true);
    let ids: Vec<MessageId> = (0..3)
        .map(|n| world.say(alice, chat, &format!("number {n}")).unwrap())
        .collect();
    ok(&mut world, alice, delete(ids[0], DeleteFor::All));
    ok(&mut world, alice, delete(ids[1], DeleteFor::Me));

    // So long that nothing in the outbox is sent any more as it was sealed.
    world.run(20 * DAY);
    world.part(alice, bob, false);
    world.run(600_000);

    assert_eq!(world.engine(bob).chat(&chat).unwrap().missing, 0);
    assert_eq!(world.engine(alice).waiting(), 0);
    assert_eq!(world.texts(bob, chat), ["number 2"]);
    assert!(!disk_holds(&world, bob, chat, "number 0"));
    assert_eq!(world.shown(alice, ids[0]), Some(tombstone()));
    assert_eq!(world.shown(alice, ids[1]), None);
}

#[test]
fn what_i_delete_for_me_stays_away_and_stays_with_the_other() {
    let (mut world, alice, bob, chat) = two(5);
    let first = world.say(alice, chat, "between us").unwrap();
    let second = world.say(alice, chat, "and this").unwrap();
    world.run(1_000);
    ok(&mut world, alice, edit(first, "between us two"));
    world.run(1_000);
    assert_eq!(world.engine(bob).chat(&chat).unwrap().unread, 2);

    ok(&mut world, bob, delete(first, DeleteFor::Me));

    assert_eq!(world.texts(bob, chat), ["and this"]);
    assert_eq!(world.hosts[bob].disk.message(&second).unwrap().seq, 0);
    assert_eq!(world.engine(bob).chat(&chat).unwrap().unread, 1);
    assert!(!disk_holds(&world, bob, chat, "between us"));
    let removed = EngineEvent::Removed {
        chat,
        message: first,
    };
    assert!(world.hosts[bob].events.contains(&removed));
    // Edited, reacted to, and asked for once more: it does not come back.
    ok(&mut world, alice, edit(first, "between us and nobody"));
    ok(&mut world, alice, react(first, "👍", true));
    world.crash(bob);
    world.restart(bob);
    world.run(60_000);
    assert_eq!(world.texts(bob, chat), ["and this"]);
    assert!(!disk_holds(&world, bob, chat, "between us"));
    assert_eq!(world.engine(bob).chat(&chat).unwrap().missing, 0);
    assert_eq!(
        world.shown(alice, first).unwrap().text,
        "between us and nobody"
    );
}

#[test]
fn messages_disappear_after_reading_and_after_sending() {
    let (mut world, alice, bob, chat) = two(6);
    let kept = world.say(alice, chat, "stays").unwrap();
    world.run(1_000);

    ok(&mut world, bob, disappear(chat, 60));
    world.run(1_000);
    for host in [alice, bob] {
        let state = world.engine(host).chat(&chat).unwrap();
        assert_eq!(state.disappear_after_s, 60);
    }
    let id = world.say(alice, chat, "for a moment").unwrap();
    world.run(1_000);
    ok(&mut world, alice, edit(id, "for a short moment"));
    ok(&mut world, bob, react(id, "👍", true));
    world.run(30_000);
    assert!(world.shown(alice, id).is_some());

    world.run(31_000);
    assert_eq!(world.shown(alice, id), None, "a minute after sending");
    assert!(world.shown(bob, id).is_some(), "it was not read");
    world.run(HOUR);
    read(&mut world, bob, chat, id);
    world.run(59_000);
    assert!(world.shown(bob, id).is_some());
    world.run(2_000);

    assert_eq!(world.shown(bob, id), None, "a minute after reading");
    for host in [alice, bob] {
        assert!(!disk_holds(&world, host, chat, "moment"), "host {host}");
        assert_eq!(world.texts(host, chat), ["stays"]);
        assert!(world.hosts[host].disk.records(Class::Expiry).is_empty());
        let removed = EngineEvent::Removed { chat, message: id };
        assert!(world.hosts[host].events.contains(&removed));
        assert_eq!(world.engine(host).chat(&chat).unwrap().missing, 0);
    }
    assert!(world.shown(alice, kept).is_some());

    ok(&mut world, alice, disappear(chat, 0));
    world.run(1_000);
    let after = world.say(bob, chat, "stays too").unwrap();
    world.run(1_000);
    read(&mut world, alice, chat, after);
    world.run(DAY);
    assert_eq!(world.texts(alice, chat), ["stays", "stays too"]);
}

#[test]
fn the_last_choice_of_how_long_messages_stay_counts_on_both_sides() {
    let (mut world, alice, bob, chat) = two(7);
    world.part(alice, bob, true);
    ok(&mut world, alice, disappear(chat, 60));
    world.run(5_000);
    ok(&mut world, bob, disappear(chat, 3_600));
    world.run(5_000);
    world.part(alice, bob, false);
    world.run(60_000);

    for host in [alice, bob] {
        let state = world.engine(host).chat(&chat).unwrap();
        assert_eq!(state.disappear_after_s, 3_600);
    }
}

#[test]
fn a_clock_that_is_set_back_does_not_lengthen_a_message_s_life_nor_does_a_crash() {
    let (mut world, alice, bob, chat) = two(8);
    ok(&mut world, alice, disappear(chat, 3_600));
    let first = world.say(alice, chat, "short").unwrap();
    world.run(1_000);
    read(&mut world, bob, chat, first);
    world.run(10 * 60 * SECOND);
    let second = world.say(bob, chat, "second").unwrap();
    world.run(1_000);
    world.crash(bob);

    world.now = Timestamp(world.now.0 - DAY);
    world.restart(bob);

    assert_eq!(
        world.shown(bob, first),
        None,
        "read on a clock that was later"
    );
    assert_eq!(world.shown(bob, second), None);
    assert!(!disk_holds(&world, bob, chat, "short"));

    let third = world.say(bob, chat, "third").unwrap();
    world.crash(bob);
    world.run(2 * HOUR);
    assert!(world.hosts[bob].disk.message(&third).is_some());
    world.restart(bob);
    assert_eq!(
        world.shown(bob, third),
        None,
        "it was due while the device was off"
    );
}

#[test]
fn a_crash_at_any_step_of_an_act_loses_nothing_that_was_answered() {
    for (n, crash) in [
        Crash::BeforeCommit,
        Crash::AfterCommit,
        Crash::DuringRelease(0),
        Crash::DuringRelease(2),
    ]
    .into_iter()
    .enumerate()
    {
        for victim in [0, 1] {
            let (mut world, alice, bob, chat) = two(20 + u64::try_from(n).unwrap());
            let id = world.say(alice, chat, "text").unwrap();
            world.run(1_000);
            world.crash_at(victim, 0, crash);

            let answered = world.command(alice, edit(id, "edited"));
            world.run(2_000);
            world.crash_no_more();
            if !world.is_up(victim) {
                world.restart(victim);
            }
            world.run(60_000);

            assert_eq!(world.shown(alice, id), world.shown(bob, id));
            if answered.is_some() {
                both_show(&world, id, &text("edited"));
            }
            ok(&mut world, alice, delete(id, DeleteFor::All));
            world.run(60_000);
            both_show(&world, id, &tombstone());
        }
    }
}

#[test]
fn pins_are_the_same_on_both_sides() {
    let (mut world, alice, bob, chat) = two(9);
    let pin = |message_id, on| Command::PinMessage { message_id, on };
    let ids: Vec<MessageId> = (0..3)
        .map(|n| world.say(alice, chat, &n.to_string()).unwrap())
        .collect();
    world.run(1_000);
    ok(&mut world, bob, pin(ids[0], true));
    world.run(1_000);
    ok(&mut world, alice, pin(ids[2], true));
    world.run(1_000);
    ok(&mut world, bob, pin(ids[1], true));
    world.run(1_000);
    ok(&mut world, alice, pin(ids[0], false));
    world.run(1_000);

    for host in [alice, bob] {
        let state = world.engine(host).chat(&chat).unwrap();
        assert_eq!(state.pinned_messages, [ids[1], ids[2]]);
    }
    world.crash(bob);
    world.restart(bob);
    let state = world.engine(bob).chat(&chat).unwrap();
    assert_eq!(state.pinned_messages, [ids[1], ids[2]]);
}

#[test]
fn only_people_of_the_chat_can_be_mentioned() {
    let (mut world, alice, bob, chat) = two(10);
    let carol = world.join("Carol");
    let (others, bobs) = (world.hosts[carol].person, world.hosts[bob].person);
    let send = |mentions| Command::SendMessage {
        chat_id: chat,
        text: "look".into(),
        reply_to: None,
        mentions,
    };

    assert_eq!(
        refused(&mut world, alice, send(vec![others])),
        ErrorKind::Invalid
    );
    let sent = world.command(alice, send(vec![bobs, bobs])).unwrap();

    assert!(matches!(sent, Ok(Reply::Sent { .. })));
}
