//! History that nobody asked for.

use betwixt::{
    proto::{
        chat::{
            content::{Body, Content},
            group::{GroupState, Offer},
        },
        engine::{
            Asked, Input,
            command::{Command, History},
        },
        id::ChatId,
        record::{Class, MessageRow, Write},
    },
    wire::direct::Direct,
};

use crate::{
    hostile::log_of,
    world::{Links, World},
};

/// A hostile host acts as if it had let another have all that was said.
fn offer(world: &mut World, host: usize, chat: ChatId, to: usize) {
    let to = world.hosts[to].person;
    let since = log_of(world, host, chat).members()[&to].since;
    world.crash(host);
    let record = world.hosts[host].disk.record(Class::Group, &chat.0);
    let mut state = GroupState::decode(&record.unwrap()).unwrap();
    state.history_mut().offer(to, Offer::new(since, 10_000));
    let record = state.encode().into();
    let put = Write::Put(Class::Group, chat.0.to_vec(), record);
    world.hosts[host].disk.commit(vec![put]);
    world.restart(host);
    world.run(5_000);
}

fn add(world: &mut World, host: usize, chat_id: ChatId, other: usize, history: History) {
    let add = Command::AddMember {
        chat_id,
        person_id: world.hosts[other].person,
        history,
    };
    world.command(host, add).unwrap().unwrap();
    world.run(10_000);
}

/// What a host could push into one group: what was said there and in another, as it was, moved, and made up.
fn to_push(world: &World, host: usize, chat: ChatId, other: ChatId) -> Vec<Vec<MessageRow>> {
    let said = |chat| -> Vec<MessageRow> {
        let mut rows = world.timeline(host, chat);
        rows.retain(|row| row.signed.is_some());
        rows.reverse();
        assert!(rows.len() >= 4);
        rows
    };
    let (true_ones, foreign) = (said(chat), said(other));
    let epoch = true_ones[0].signed.unwrap().epoch;
    let (mut named, mut moved, mut forged) = (foreign.clone(), foreign.clone(), true_ones.clone());
    for row in &mut named {
        row.chat = chat;
    }
    for row in &mut moved {
        row.chat = chat;
        row.signed.as_mut().unwrap().epoch = epoch;
    }
    for row in &mut forged {
        let mut content = Content::decode(&row.content).unwrap();
        if let Body::Text(text) = &mut content.body {
            "never said".clone_into(&mut text.text);
        }
        row.content = content.encode().to_vec();
    }
    vec![true_ones, foreign, named, moved, forged]
}

#[test]
fn history_that_nobody_asked_for_changes_nothing_whoever_pushes_it() {
    let mut world = World::new(7, Links::GOOD);
    let all = ["Alice", "Bob", "Carol", "Dave"].map(|name| world.join(name));
    let [alice, bob, carol, dave] = all;
    for other in [bob, carol, dave] {
        world.befriend(alice, other);
    }
    let chats = ["Herons", "Storks"].map(|name| world.found(alice, name, &[bob, carol]));
    world.run(5_000);
    for chat in chats {
        for host in [alice, bob, carol] {
            for n in 0..2 {
                world.say(host, chat, &format!("{n} of {host}")).unwrap();
            }
        }
    }
    world.run(5_000);
    let [herons, storks] = chats;
    for chat in chats {
        add(&mut world, alice, chat, dave, History::None);
        world.say(dave, chat, "hello").unwrap();
    }
    world.run(10_000);
    let state = |world: &World| {
        let one = |chat| {
            let group = world.engine(dave).group(&chat).unwrap();
            let counts = (group.unread, group.missing, group.epoch);
            (world.timeline(dave, chat), group.members, counts)
        };
        chats.map(one)
    };
    let before = state(&world);

    // Bob did not add him; Alice did, and he asked her for nothing.
    for pushing in [bob, alice] {
        offer(&mut world, pushing, herons, dave);
        let asked = Asked {
            chat: herons,
            person: world.hosts[dave].person,
            device: world.engine(dave).device(),
            before: None,
        };
        for rows in to_push(&world, pushing, herons, storks) {
            world.recorded = Some(Vec::new());
            world.input(pushing, Input::History(asked, rows));
            world.run(5_000);
            let is_frame = |message: &Direct| matches!(message, Direct::Frame { .. });
            let sent = world.recorded.take().unwrap();
            assert!(sent.iter().any(is_frame), "it was sent");
            assert_eq!(world.engine(pushing).waiting(), 0, "and came");
            assert!(state(&world) == before, "by {pushing}");
        }
    }

    // Asked for, the same is taken.
    let erin = world.join("Erin");
    world.befriend(alice, erin);
    add(&mut world, alice, herons, erin, History::All);
    world.run(10_000);
    let texts = world.texts(erin, herons);
    assert_eq!(texts.iter().filter(|text| text.contains(" of ")).count(), 6);
}
