//! What happens in groups, told with engines in a simulated world.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what goes wrong in a test is a failed test"
)]

mod world;

use std::collections::BTreeSet;

use betwixt::{
    proto::{
        chat::{
            content::{Body, Content},
            group::Place,
            membership::Role,
            sender_chain::{GroupPlace, message_id},
        },
        engine::{
            Asked, Input,
            command::{Command, DeleteFor, ErrorKind, GroupRole, History},
            event::{DeliveryState, EngineEvent},
        },
        id::{ChatId, DeviceId, MessageId},
        record::Class,
    },
    wire::{direct::Direct, id::TopicKey},
};
use world::{Links, World};

/// Alice, who knows the others, who do not know each other.
fn hub(seed: u64, others: &[&str]) -> (World, Vec<usize>) {
    let mut world = World::new(seed, Links::GOOD);
    let mut all = vec![world.join("Alice")];
    for name in others {
        let other = world.join(name);
        world.befriend(all[0], other);
        all.push(other);
    }
    (world, all)
}

fn texts(world: &World, host: usize, chat: ChatId) -> Vec<String> {
    let all = world.texts(host, chat).into_iter();
    all.filter(|text| !text.is_empty()).collect()
}

#[test]
fn a_founded_group_is_there_for_all_and_everybody_hears_everybody() {
    let (mut world, all) = hub(1, &["Bob", "Carol"]);

    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    for host in &all {
        assert!(world.is_in(*host, chat));
        let name = world.hosts[*host].name.clone();
        world.say(*host, chat, &format!("{name} is here")).unwrap();
        world.run(1_000);
    }
    world.run(10_000);

    world.assert_group_agrees(chat, &all);
    let expected = ["Alice is here", "Bob is here", "Carol is here"];
    for host in &all {
        assert_eq!(texts(&world, *host, chat), expected);
        assert_eq!(world.engine(*host).waiting(), 0);
        let group = world.engine(*host).group(&chat).unwrap();
        assert_eq!((group.members.len(), group.epoch), (3, 1));
    }
}

#[test]
fn messages_are_delivered_and_read_by_each() {
    let (mut world, all) = hub(2, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);

    let id = world.say(all[1], chat, "Hello").unwrap();
    world.run(5_000);
    read(&mut world, all[0], chat, id);
    world.run(5_000);

    let reached = |person, state| {
        let events = world.hosts[all[1]].events.iter();
        events
            .filter(|event| {
                matches!(event, EngineEvent::Status { person: p, state: s, .. }
                    if *p == person && *s == state)
            })
            .count()
    };
    let (alice, carol) = (world.hosts[all[0]].person, world.hosts[all[2]].person);
    assert_eq!(reached(alice, DeliveryState::Delivered), 1);
    assert_eq!(reached(carol, DeliveryState::Delivered), 1);
    assert_eq!(reached(alice, DeliveryState::Read), 1);
    assert_eq!(reached(carol, DeliveryState::Read), 0);
}

#[test]
fn what_has_not_come_is_not_read_with_what_came_after_it() {
    let (mut world, all) = hub(10, &["Bob", "Carol"]);
    let herons = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);

    for chat in [herons, world.chat(all[0], all[1])] {
        world.links.full = 1000;
        world.links.loss = 1000;
        world.say(all[0], chat, "one").unwrap();
        world.run(50);
        world.links = Links::GOOD;
        let two = world.say(all[0], chat, "two").unwrap();
        world.run(100);
        assert_eq!(texts(&world, all[1], chat), ["two"]);
        read(&mut world, all[1], chat, two);
        world.run(100);
        let bob = world.hosts[all[1]].person;
        let rows = world.timeline(all[0], chat).into_iter();
        let mut said = rows.filter(|row| row.device != DeviceId([0; 16]));
        let one = said.next().unwrap().counter;
        let is_shown = |world: &World| {
            let mut events = world.hosts[all[0]].events.iter();
            events.any(|event| {
                matches!(event, EngineEvent::Status { chat: of, counters, person, state }
                    if *of == chat && counters.contains(&one) && *person == bob
                        && *state == DeliveryState::Read)
            })
        };
        assert!(!is_shown(&world), "it is not there");

        world.run(20_000);
        assert_eq!(texts(&world, all[1], chat), ["one", "two"]);
        read(&mut world, all[1], chat, two);
        world.run(5_000);

        assert!(is_shown(&world));
    }
}

#[test]
fn whoever_is_removed_hears_nothing_from_then_on() {
    let (mut world, all) = hub(3, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    world.say(all[1], chat, "before").unwrap();
    world.run(5_000);

    let remove = Command::RemoveMember {
        chat_id: chat,
        person_id: world.hosts[all[2]].person,
    };
    world.command(all[0], remove).unwrap().unwrap();
    world.run(5_000);
    world.say(all[1], chat, "after").unwrap();
    world.run(30_000);

    world.assert_group_agrees(chat, &all[..2]);
    assert_eq!(texts(&world, all[0], chat), ["before", "after"]);
    assert_eq!(texts(&world, all[2], chat), ["before"]);
    let left = world.engine(all[2]).group(&chat).unwrap();
    assert_eq!(left.place, Place::Gone);
    let say = Command::SendMessage {
        chat_id: chat,
        text: "again?".to_owned(),
        reply_to: None,
        mentions: Vec::new(),
    };
    assert!(world.command(all[2], say).unwrap().is_err());
    assert_eq!(world.engine(all[0]).group(&chat).unwrap().epoch, 2);
}

#[test]
fn somebody_who_is_added_later_hears_what_is_said_from_then_on() {
    let (mut world, all) = hub(4, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..2]);
    world.run(5_000);
    world.say(all[1], chat, "before").unwrap();
    world.run(5_000);

    let add = Command::AddMember {
        chat_id: chat,
        person_id: world.hosts[all[2]].person,
        history: History::None,
    };
    world.command(all[0], add).unwrap().unwrap();
    world.run(5_000);
    world.say(all[1], chat, "after").unwrap();
    world.run(100);
    world.say(all[2], chat, "thanks").unwrap();
    world.run(10_000);

    assert_eq!(texts(&world, all[0], chat), ["before", "after", "thanks"]);
    assert_eq!(texts(&world, all[1], chat), ["before", "after", "thanks"]);
    assert_eq!(texts(&world, all[2], chat), ["after", "thanks"]);
}

#[test]
fn a_member_who_is_no_contact_is_invited_to_one_group_after_another() {
    let (mut world, all) = hub(13, &["Bob", "Carol"]);
    world.found(all[0], "Herons", &all[1..]);
    world.run(20_000);
    let carol = world.hosts[all[2]].person;
    assert!(!world.are_contacts(all[1], all[2]));

    // Bob knows Carol from the Herons only. Where her invitation goes must not depend on names of groups.
    for n in 0..8 {
        let chat = world.found(all[1], &format!("Group {n}"), &all[..1]);
        world.run(2_000);
        let add = Command::AddMember {
            chat_id: chat,
            person_id: carol,
            history: History::None,
        };
        world.command(all[1], add).unwrap().unwrap();
        world.run(5_000);

        let place = world.engine(all[2]).group(&chat).map(|group| group.place);
        assert_eq!(place, Some(Place::Invited(world.hosts[all[1]].person)));
    }
}

#[test]
fn somebody_is_invited_through_a_group_that_another_left_a_moment_ago() {
    let (mut world, all) = hub(14, &["Bob", "Carol", "Dan"]);
    let herons = world.found(all[0], "Herons", &all[1..]);
    let storks = world.found(all[1], "Storks", &all[..1]);
    world.run(20_000);
    let leave = Command::LeaveGroup { chat_id: herons };
    world.command(all[3], leave).unwrap().unwrap();
    world.run(1_000);

    // Nobody has made an epoch without Dan yet.
    assert_eq!(world.engine(all[1]).group(&herons).unwrap().epoch, 1);
    add(&mut world, all[1], storks, all[2], History::None);
    world.run(5_000);

    let place = world.engine(all[2]).group(&storks).map(|group| group.place);
    assert_eq!(place, Some(Place::Invited(world.hosts[all[1]].person)));
}

#[test]
fn whoever_left_the_group_in_which_they_were_invited_is_invited_once_they_are_a_contact() {
    let (mut world, all) = hub(15, &["Bob", "Carol"]);
    let herons = world.found(all[0], "Herons", &all[1..]);
    let storks = world.found(all[1], "Storks", &all[..1]);
    world.run(20_000);
    world.part(all[1], all[0], true);
    world.part(all[1], all[2], true);
    add(&mut world, all[1], storks, all[2], History::None);
    let leave = Command::LeaveGroup { chat_id: herons };
    world.command(all[2], leave).unwrap().unwrap();
    world.run(20_000);
    world.crash(all[2]);
    world.part(all[1], all[0], false);
    world.run(60_000);

    // Bob hears of it by Alice, before Carol heard him.
    assert_eq!(
        world.engine(all[1]).group(&herons).unwrap().members.len(),
        2
    );
    world.crash(all[1]);
    world.restart(all[1]);
    world.restart(all[2]);
    world.part(all[1], all[2], false);
    world.run(60_000);
    assert!(world.engine(all[2]).group(&storks).is_none());
    world.befriend(all[1], all[2]);
    world.run(150_000);

    world.assert_group_agrees(storks, &all);
}

#[test]
fn whoever_leaves_is_gone_for_all_and_the_keys_are_new() {
    let (mut world, all) = hub(5, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);

    let leave = Command::LeaveGroup { chat_id: chat };
    world.command(all[1], leave).unwrap().unwrap();
    world.run(30_000);
    world.say(all[2], chat, "Bob is gone").unwrap();
    world.run(900_000);

    world.assert_group_agrees(chat, &[all[0], all[2]]);
    assert!(texts(&world, all[1], chat).is_empty());
    assert_eq!(
        world.engine(all[1]).group(&chat).unwrap().place,
        Place::Gone
    );
    let group = world.engine(all[0]).group(&chat).unwrap();
    assert_eq!((group.members.len(), group.epoch), (2, 2));
}

#[test]
fn whoever_left_the_only_group_shared_with_somebody_cannot_invite_them_to_another() {
    let (mut world, all) = hub(7, &["Bob", "Carol"]);
    let herons = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    let storks = world.found(all[1], "Storks", &all[..1]);
    world.run(5_000);
    let carol = world.hosts[all[2]].person;

    let leave = Command::LeaveGroup { chat_id: herons };
    world.command(all[1], leave).unwrap().unwrap();
    let add = Command::AddMember {
        chat_id: storks,
        person_id: carol,
        history: History::None,
    };
    let refused = world.command(all[1], add).unwrap().unwrap_err();
    world.run(30_000);

    // Carol takes nothing more that Bob says in the group that he left: an invitation would wait for ever.
    assert_eq!(refused.kind, ErrorKind::NotFound);
    assert_eq!(world.engine(all[1]).waiting(), 0);
}

#[test]
fn whoever_left_waits_for_no_answer_to_what_only_members_tell() {
    let (mut world, all) = hub(9, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    let id = world.say(all[2], chat, "Hello").unwrap();
    world.run(5_000);

    // Carol hears of it by Alice, before what Bob told her.
    world.part(all[1], all[2], true);
    read(&mut world, all[1], chat, id);
    let leave = Command::LeaveGroup { chat_id: chat };
    world.command(all[1], leave).unwrap().unwrap();
    world.run(30_000);
    let members = world.engine(all[2]).group(&chat).unwrap().members.len();
    world.part(all[1], all[2], false);
    world.crash(all[1]);
    world.restart(all[1]);
    world.run(60_000);

    assert_eq!(members, 2);
    assert_eq!(world.engine(all[1]).waiting(), 0);
}

#[test]
fn two_admins_who_are_parted_and_remove_each_other_agree_afterwards() {
    let (mut world, all) = hub(6, &["Bob", "Carol", "Dave"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    for admin in [all[1], all[2]] {
        let role = Command::SetRole {
            chat_id: chat,
            person_id: world.hosts[admin].person,
            role: GroupRole::Admin,
        };
        world.command(all[0], role).unwrap().unwrap();
    }
    world.run(20_000);
    for a in [all[0], all[1]] {
        for b in [all[2], all[3]] {
            world.part(a, b, true);
        }
    }
    world.run(1_000);

    // Equals cannot remove each other; each removes Dave or renames instead, and both say things.
    let other = |world: &World, host: usize| world.hosts[host].person;
    let remove = |chat_id, person_id| Command::RemoveMember { chat_id, person_id };
    let refused = world.command(all[1], remove(chat, other(&world, all[2])));
    assert!(refused.unwrap().is_err());
    let gone = remove(chat, other(&world, all[3]));
    world.command(all[1], gone).unwrap().unwrap();
    world.say(all[1], chat, "Dave is gone").unwrap();
    world.say(all[2], chat, "hello Dave").unwrap();
    world.say(all[3], chat, "hello Carol").unwrap();
    world.run(60_000);
    for a in [all[0], all[1]] {
        for b in [all[2], all[3]] {
            world.part(a, b, false);
        }
    }
    world.run(120_000);
    world.say(all[2], chat, "so he is").unwrap();
    world.run(60_000);

    world.assert_group_agrees(chat, &all[..3]);
    let group = world.engine(all[2]).group(&chat).unwrap();
    assert_eq!(group.members.len(), 3);
    assert!(
        group
            .members
            .iter()
            .any(|member| member.role == Role::Owner)
    );
    assert_eq!(
        world.engine(all[3]).group(&chat).unwrap().place,
        Place::Gone
    );
    let last = texts(&world, all[1], chat);
    assert_eq!(last.last().map(String::as_str), Some("so he is"));
}

#[test]
fn a_group_goes_on_after_everybody_starts_again() {
    let (mut world, all) = hub(7, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    world.say(all[0], chat, "one").unwrap();
    world.run(1_000);

    for host in &all {
        world.crash(*host);
    }
    for host in &all {
        world.restart(*host);
    }
    world.run(5_000);
    for host in &all {
        world.say(*host, chat, "two").unwrap();
    }
    world.run(30_000);

    world.assert_group_agrees(chat, &all);
    assert_eq!(texts(&world, all[2], chat).len(), 4);
}

#[test]
fn whoever_was_away_gets_all_of_it_on_coming_back() {
    let (mut world, all) = hub(8, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);

    world.crash(all[2]);
    for n in 0..30 {
        world.say(all[n % 2], chat, &n.to_string()).unwrap();
        world.run(1_000);
    }
    world.restart(all[2]);
    world.run(120_000);

    world.assert_group_agrees(chat, &all);
    assert_eq!(texts(&world, all[2], chat).len(), 30);
}

#[test]
fn in_a_bad_network_nothing_is_lost_or_doubled() {
    for seed in 0..10 {
        let (mut world, all) = hub(100 + seed, &["Bob", "Carol", "Dave"]);
        let chat = world.found(all[0], "Herons", &all[1..]);
        world.run(5_000);
        world.links = Links::BAD;
        for n in 0..20 {
            for host in &all {
                world.say(*host, chat, &format!("{host} {n}")).unwrap();
            }
            world.run(700);
        }
        world.links = Links::GOOD;
        world.run(120_000);

        world.assert_group_agrees(chat, &all);
        assert_eq!(texts(&world, all[3], chat).len(), 80, "seed {seed}");
        for host in &all {
            assert_eq!(world.engine(*host).waiting(), 0, "seed {seed}");
        }
    }
}

/// Whether everybody takes part in a topic.
fn is_of_group(world: &World, all: &[usize], topic: &TopicKey) -> bool {
    all.iter()
        .all(|host| world.hosts[*host].topics.contains(topic))
}

fn rename(world: &mut World, host: usize, chat_id: ChatId, name: &str) {
    let set = Command::SetChat {
        chat_id,
        name: Some(name.to_owned()),
        topic: None,
        members_may_add: None,
        muted: None,
        pinned: None,
        disappear_after_s: None,
    };
    world.command(host, set).unwrap().unwrap();
}

#[test]
fn whoever_asks_for_changes_without_end_gets_them_at_a_rate_and_the_last_answer_later() {
    let (mut world, all) = hub(9, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    for n in 0..300 {
        rename(&mut world, all[0], chat, &format!("Herons {n}"));
    }
    world.run(60_000);

    let topics = &world.hosts[all[1]].topics;
    let topic = *topics
        .iter()
        .find(|topic| is_of_group(&world, &all, topic))
        .unwrap();
    world.recorded = Some(Vec::new());
    let from = world.hosts[all[1]].peer;
    for _ in 0..2_000 {
        let message = Direct::Heads {
            chat: chat.0,
            topic,
            heads: Vec::new(),
        };
        let input = Input::Direct {
            from,
            message,
            seen: false,
        };
        world.input(all[0], input);
    }
    let sent = |world: &World| -> usize {
        let recorded = world.recorded.as_ref().unwrap().iter();
        let frames = recorded.map(|message| match message {
            Direct::Frame { frame, .. } => frame.len(),
            _ => 0,
        });
        frames.sum()
    };
    let at_once = sent(&world);
    world.run(60_000);

    assert!(at_once > 1024 * 1024, "an honest answer is not held back");
    assert!(at_once < 6 * 1024 * 1024, "{at_once}");
    let later = sent(&world) - at_once;
    assert!(later > 64 * 1024, "the last is answered in its time");
    assert!(later < 1024 * 1024, "{later}");
    world.say(all[1], chat, "hello").unwrap();
    world.run(5_000);
    world.assert_group_agrees(chat, &all);
}

#[test]
fn a_flood_of_one_member_is_taken_bit_by_bit_and_others_are_heard_meanwhile() {
    let (mut world, all) = hub(10, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    for n in 0..4_300 {
        world.say(all[1], chat, &format!("flood {n}")).unwrap();
        if n % 100 == 0 {
            world.run(20);
        }
    }
    world.run(2_000);
    world.say(all[2], chat, "may I say something?").unwrap();
    world.run(1_000);

    let shown = texts(&world, all[0], chat);
    assert!(shown.contains(&"may I say something?".to_owned()));
    assert!(shown.len() < 4_200, "{}", shown.len());
    world.run(3_600_000);
    world.assert_group_agrees(chat, &all);
    assert_eq!(texts(&world, all[0], chat).len(), 4_301, "nothing is lost");
    for host in &all {
        assert_eq!(world.engine(*host).waiting(), 0);
    }
}

#[test]
fn epochs_that_nobody_needs_are_taken_six_at_once_and_those_that_are_needed_always() {
    let (mut world, all) = hub(11, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    // Whoever thinks that it was copied makes an epoch before it speaks, whatever others have.
    for n in 0..10 {
        let disk = world.hosts[all[1]].disk.clone();
        world.set_back(all[1], disk);
        world.run(20_000);
        world.say(all[1], chat, &n.to_string()).unwrap();
        world.run(5_000);
    }

    // What is said in the others comes otherwise, later.
    let keys = world.hosts[all[0]].disk.records(Class::Epoch);
    let epochs: BTreeSet<&[u8]> = keys.iter().map(|(key, _)| &key[32..64]).collect();
    assert!((7..=9).contains(&epochs.len()), "{}", epochs.len());
    assert!(texts(&world, all[0], chat).len() >= 6);
    // Whoever is added meanwhile is spoken to at once.
    let dave = world.join("Dave");
    world.befriend(all[0], dave);
    let add = Command::AddMember {
        chat_id: chat,
        person_id: world.hosts[dave].person,
        history: History::None,
    };
    world.command(all[0], add).unwrap().unwrap();
    world.run(5_000);
    world.say(dave, chat, "hello").unwrap();
    world.run(5_000);
    for host in [all[0], all[2]] {
        assert!(texts(&world, host, chat).contains(&"hello".to_owned()));
    }
    world.run(4 * 3_600_000);
    world.assert_group_agrees(chat, &all);
    assert_eq!(texts(&world, all[0], chat).len(), 11, "nothing is lost");
}

/// Alice, Bob and Carol in a group in which each has said something so often, and Dave, whom Alice knows.
fn old_group(seed: u64, times: usize) -> (World, Vec<usize>, usize, ChatId) {
    let (mut world, all) = hub(seed, &["Bob", "Carol", "Dave"]);
    let chat = world.found(all[0], "Herons", &all[1..3]);
    world.run(5_000);
    for n in 0..times {
        for host in &all[..3] {
            world.say(*host, chat, &format!("{n} of {host}")).unwrap();
            world.run(10);
        }
        if n == times / 2 {
            rename(&mut world, all[0], chat, "Storks");
        }
    }
    world.run(10_000);
    (world, all[..3].to_vec(), all[3], chat)
}

fn add(world: &mut World, host: usize, chat: ChatId, other: usize, history: History) {
    let add = Command::AddMember {
        chat_id: chat,
        person_id: world.hosts[other].person,
        history,
    };
    world.command(host, add).unwrap().unwrap();
}

#[test]
fn a_newcomer_gets_as_much_of_what_was_said_as_who_adds_them_chooses() {
    for (history, expected) in [
        (History::None, 0),
        (History::Last(10), 10),
        (History::Last(45), 45),
        (History::All, 60),
        (History::Last(1_000_000), 60),
    ] {
        let (mut world, all, dave, chat) = old_group(20, 20);
        let before = texts(&world, all[1], chat);
        assert_eq!(before.len(), 60);

        add(&mut world, all[0], chat, dave, history);
        world.run(20_000);
        world.say(dave, chat, "thanks").unwrap();
        world.say(all[2], chat, "welcome").unwrap();
        world.run(10_000);

        let mut shown = texts(&world, dave, chat);
        assert_eq!(shown.split_off(expected).len(), 2, "{history:?}");
        assert_eq!(shown, before[60 - expected..], "{history:?}");
        let group = world.engine(dave).group(&chat).unwrap();
        assert!(group.missing.is_empty(), "{history:?}");
        assert_eq!(group.unread, 1, "what was said before is not unread");
        let alice = world.hosts[all[0]].person;
        let given = world.timeline(dave, chat).into_iter();
        let given = given.filter(|row| row.signed.is_some_and(|s| s.given_by == Some(alice)));
        assert_eq!(given.count(), expected, "it is marked");
        for host in [all[0], all[1], all[2], dave] {
            assert_eq!(world.engine(host).waiting(), 0, "{history:?}");
        }
    }
}

#[test]
fn what_was_deleted_or_disappears_is_not_given_and_what_was_edited_or_liked_is_so() {
    let (mut world, all, dave, chat) = old_group(21, 3);
    let ids: Vec<MessageId> = world
        .timeline(all[0], chat)
        .iter()
        .map(|row| row.id)
        .collect();
    let of = |world: &World, text: &str| {
        let at = world.texts(all[0], chat).iter().position(|t| t == text);
        ids[at.unwrap()]
    };
    let (edited, deleted, liked) = (
        of(&world, "0 of 0"),
        of(&world, "1 of 0"),
        of(&world, "2 of 0"),
    );
    let edit = Command::EditMessage {
        message_id: edited,
        text: "edited".to_owned(),
    };
    let delete = Command::DeleteMessage {
        message_id: deleted,
        from: DeleteFor::All,
    };
    let like = Command::ReactMessage {
        message_id: liked,
        emoji: "👍".to_owned(),
        on: true,
    };
    for command in [edit, delete, like] {
        world.command(all[0], command).unwrap().unwrap();
    }
    stay(&mut world, all[0], chat, 3_600);
    world.run(5_000);
    world.say(all[1], chat, "soon gone").unwrap();
    world.run(5_000);
    stay(&mut world, all[0], chat, 0);
    world.run(5_000);

    add(&mut world, all[0], chat, dave, History::All);
    world.run(20_000);

    assert_eq!(world.shown(dave, edited).unwrap().text, "edited");
    assert_eq!(world.shown(dave, liked).unwrap().reactions.len(), 1);
    assert!(world.shown(dave, deleted).is_none());
    let shown = texts(&world, dave, chat);
    assert_eq!(shown.len(), 8, "{shown:?}");
    assert!(!shown.contains(&"soon gone".to_owned()));
}

#[test]
fn history_goes_on_where_it_broke_off() {
    let (mut world, all, dave, chat) = old_group(22, 60);
    let has = |world: &World| texts(world, dave, chat).len();
    add(&mut world, all[0], chat, dave, History::All);
    world.run_until(20_000, |world| {
        world.engine(dave).group(&chat).is_some() && has(world) >= 30
    });
    world.crash(all[0]);
    world.run(60_000);
    let before = has(&world);
    assert!((30..180).contains(&before), "{before}");
    world.crash(dave);
    world.restart(dave);
    world.run(60_000);
    assert_eq!(has(&world), before);

    world.restart(all[0]);
    world.run(300_000);

    assert_eq!(has(&world), 180);
    assert_eq!(texts(&world, dave, chat), texts(&world, all[1], chat));
}

#[test]
fn history_that_its_authors_did_not_sign_is_dropped() {
    let (mut world, all, dave, chat) = old_group(23, 2);
    add(&mut world, all[0], chat, dave, History::Last(6));
    world.run_until(5_000, |world| world.engine(dave).group(&chat).is_some());
    let asked = Asked {
        chat,
        person: world.hosts[dave].person,
        device: world.engine(dave).device(),
        before: None,
    };
    let mut rows = world.timeline(all[0], chat);
    rows.retain(|row| row.signed.is_some());
    rows.reverse();
    for row in &mut rows {
        // What who adds could make up: another text, under a name that fits it.
        let signed = row.signed.unwrap();
        let mut content = Content::decode(&row.content).unwrap();
        let Body::Text(text) = &mut content.body else {
            continue;
        };
        text.text = format!("never said: {}", text.text);
        row.content = content.encode().to_vec();
        let place = GroupPlace {
            chat,
            epoch: signed.epoch,
            device: row.device,
            counter: row.counter & 0xffff,
        };
        row.id = message_id(&place.context(&row.content));
    }
    assert_eq!(rows.len(), 6);

    // It is what he asks for, and comes before the true answer.
    for _ in 0..20 {
        world.input(all[0], Input::History(asked, rows.clone()));
        world.run(1);
    }
    world.run(60_000);

    let shown = texts(&world, dave, chat);
    assert!(
        shown.iter().all(|text| !text.starts_with("never")),
        "{shown:?}"
    );
}

#[test]
fn a_declined_invitation_is_listed_no_more_and_soon_forgotten_and_can_come_again() {
    let (mut world, all) = hub(24, &["Bob", "Carol"]);
    world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    // Bob and Carol only know each other from that group.
    let chat = world.found(all[1], "Storks", &all[2..]);
    world.run(5_000);
    let is_listed = |world: &World| {
        let groups = world.engine(all[2]).groups();
        groups.iter().any(|group| group.chat == chat)
    };
    let bob = world.hosts[all[1]].person;
    let place = world.engine(all[2]).group(&chat).unwrap().place;
    assert_eq!(place, Place::Invited(bob));
    assert!(is_listed(&world));

    let leave = Command::LeaveGroup { chat_id: chat };
    world.command(all[2], leave).unwrap().unwrap();
    assert!(!is_listed(&world));
    world.run(5_000);
    world.crash(all[2]);
    world.restart(all[2]);
    assert!(!is_listed(&world));
    world.run(900_000);

    assert!(world.engine(all[2]).group(&chat).is_none());
    let members = world.engine(all[1]).group(&chat).unwrap().members;
    assert_eq!(members.len(), 1);
    add(&mut world, all[1], chat, all[2], History::None);
    world.run(5_000);
    assert!(is_listed(&world), "asked once more");
}

#[test]
fn a_group_that_is_always_on_goes_on_when_the_prekeys_of_its_beginning_have_expired() {
    let (mut world, all) = hub(25, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    for week in 0..6 {
        for _ in 0..7 {
            world.now = world.now.plus(86_400_000);
            world.run(10_000);
        }
        world.say(all[1], chat, &format!("week {week}")).unwrap();
        world.run(10_000);
    }

    world.assert_group_agrees(chat, &all);
    assert_eq!(texts(&world, all[2], chat).len(), 6);
    assert!(world.engine(all[0]).group(&chat).unwrap().epoch > 4);
}

fn stay(world: &mut World, host: usize, chat_id: ChatId, seconds: u32) {
    let set = Command::SetChat {
        chat_id,
        name: None,
        topic: None,
        members_may_add: None,
        muted: None,
        pinned: None,
        disappear_after_s: Some(seconds),
    };
    world.command(host, set).unwrap().unwrap();
}

fn read(world: &mut World, host: usize, chat: ChatId, up_to: MessageId) {
    let read = Command::ReadMessages {
        chat_id: chat,
        up_to,
    };
    world.command(host, read).unwrap().unwrap();
}

/// Days pass, in steps in each of which all timers may run.
fn days(world: &mut World, days: u64) {
    for _ in 0..days {
        world.now = world.now.plus(86_400_000);
        world.run(10_000);
    }
}

/// Those who stay talk for forty days, and somebody is away.
fn forty_days_without(world: &mut World, away: usize, staying: [usize; 2], chat: ChatId) {
    world.crash(away);
    for week in 0..5 {
        days(world, 8);
        for host in staying {
            world.say(host, chat, &format!("week {week}")).unwrap();
            world.run(5_000);
        }
    }
}

/// All say something, all hear it, and nothing is left over.
fn everybody_talks(world: &mut World, all: &[usize], chat: ChatId) {
    let before: Vec<usize> = all.iter().map(|h| texts(world, *h, chat).len()).collect();
    for host in all {
        world.say(*host, chat, &format!("again {host}")).unwrap();
        world.run(5_000);
    }
    world.run(30_000);
    let expected: Vec<String> = all.iter().map(|host| format!("again {host}")).collect();
    for (host, before) in all.iter().zip(before) {
        assert_eq!(texts(world, *host, chat)[before..], expected, "{host}");
        let group = world.engine(*host).group(&chat).unwrap();
        let first = world.engine(all[0]).group(&chat).unwrap();
        assert_eq!(group.epoch, first.epoch, "all have the same changes");
        assert_eq!((group.members, group.name), (first.members, first.name));
    }
}

#[test]
fn who_was_away_for_forty_days_hears_and_is_heard_again_by_themselves() {
    let (mut world, all) = hub(26, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    everybody_talks(&mut world, &all, chat);

    forty_days_without(&mut world, all[2], [all[0], all[1]], chat);
    rename(&mut world, all[0], chat, "Storks");
    world.run(5_000);
    assert!(world.engine(all[0]).group(&chat).unwrap().epoch > 4);
    world.restart(all[2]);
    world.run(90_000);

    let name = world.engine(all[2]).group(&chat).unwrap().name;
    assert_eq!(name, "Storks");
    everybody_talks(&mut world, &all, chat);
}

#[test]
fn so_it_is_among_those_who_are_no_contacts() {
    // Carol meets Bob and Dave only, whom she knows from the group alone.
    let (mut world, all) = hub(27, &["Bob", "Carol", "Dave"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    everybody_talks(&mut world, &all, chat);
    let [alice, bob, carol, dave] = [all[0], all[1], all[2], all[3]];

    world.crash(alice);
    forty_days_without(&mut world, carol, [bob, dave], chat);
    world.restart(carol);
    world.run(90_000);

    everybody_talks(&mut world, &[bob, carol, dave], chat);
}

#[test]
fn what_is_said_by_somebody_who_does_not_know_yet_that_they_were_away_is_heard_afterwards() {
    // Which of two epochs is the first, and who of two makes the next, differs.
    for seed in 28..36 {
        said_while_apart(seed);
    }
}

#[test]
fn of_many_who_meet_somebody_again_not_all_make_epochs() {
    let (mut world, all) = hub(
        40,
        &["Bob", "Carol", "Dave", "Erin", "Frank", "Grace", "Heidi"],
    );
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(10_000);
    everybody_talks(&mut world, &all, chat);
    forty_days_without(&mut world, all[2], [all[0], all[1]], chat);
    let before = world.engine(all[0]).group(&chat).unwrap().epoch;

    world.restart(all[2]);
    world.run(120_000);

    let made = world.engine(all[0]).group(&chat).unwrap().epoch - before;
    assert!((1..=3).contains(&made), "{made}");
    everybody_talks(&mut world, &all, chat);
}

fn said_while_apart(seed: u64) {
    let (mut world, all) = hub(seed, &["Bob", "Carol"]);
    let chat = world.found(all[0], "Herons", &all[1..]);
    world.run(5_000);
    everybody_talks(&mut world, &all, chat);

    forty_days_without(&mut world, all[2], [all[0], all[1]], chat);
    // She does not know yet, and nobody hears her.
    for other in [all[0], all[1]] {
        world.part(all[2], other, true);
    }
    world.restart(all[2]);
    world.run(5_000);
    world.say(all[2], chat, "Is anybody there?").unwrap();
    world.run(5_000);
    for other in [all[0], all[1]] {
        world.part(all[2], other, false);
    }
    world.run(120_000);

    for host in &all {
        let shown = texts(&world, *host, chat);
        let count = shown.iter().filter(|text| text.starts_with("Is")).count();
        assert_eq!(count, 1, "{seed}: {host} has {shown:?}");
    }
    let id = world.hosts[all[2]].answered.last().copied().unwrap();
    assert!(world.hosts[all[0]].disk.message(&id).is_some());

    // Who lacks the secret of one of the epochs that were made meanwhile has asked for it by then.
    world.run(15 * 60_000);
    everybody_talks(&mut world, &all, chat);
}

#[test]
fn files_of_a_chat_are_for_those_who_are_in_it_and_connected() {
    let (mut world, all) = hub(77, &["Bob", "Carol", "Dave"]);
    let chat = world.found(all[0], "Herons", &all[1..3]);
    world.run(5_000);
    let peers = |hosts: &[usize], world: &World| {
        let mut peers: Vec<_> = hosts.iter().map(|host| world.hosts[*host].peer).collect();
        peers.sort_unstable();
        peers
    };
    let holders = |host: usize, chat, world: &World| {
        let mut peers = world.engine(host).holders(&chat);
        peers.sort_unstable();
        peers
    };
    let with_dave = world.chat(all[0], all[3]);

    assert_eq!(holders(all[0], chat, &world), peers(&all[1..3], &world));
    assert_eq!(holders(all[0], with_dave, &world), peers(&all[3..], &world));
    let (alice, bob, dave) = (
        world.hosts[all[0]].person,
        world.hosts[all[1]].person,
        world.hosts[all[3]].person,
    );
    assert!(world.engine(all[0]).comes_unasked(&chat, &bob), "a contact");
    assert!(
        !world
            .engine(all[1])
            .comes_unasked(&chat, &world.hosts[all[2]].person),
        "no contact"
    );
    assert!(
        !world.engine(all[1]).comes_unasked(&chat, &dave),
        "not in it"
    );
    assert!(world.engine(all[1]).comes_unasked(&chat, &alice));

    let person_id = bob;
    let remove = Command::RemoveMember {
        chat_id: chat,
        person_id,
    };
    world.command(all[0], remove).unwrap().unwrap();
    world
        .command(all[0], Command::BlockContact { person_id: dave })
        .unwrap()
        .unwrap();
    world.run(5_000);

    assert_eq!(holders(all[0], chat, &world), peers(&all[2..3], &world));
    assert_eq!(holders(all[0], with_dave, &world), []);
    assert_eq!(holders(all[1], chat, &world), [], "he is no longer in it");
}
