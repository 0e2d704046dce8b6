//! Groups of real processes on a real network: hosts made of network namespaces on one bridge.
//!
//! Needs root and iproute2; says so when it is not run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::panic,
    reason = "it is a test"
)]

mod hosts;
mod process;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use hosts::Lan;
use process::{Node, PATIENCE};
use serde_json::{Value, json};

/// Messages said by each of the five at once.
const EACH: usize = 200;

/// The same where packets are lost.
const EACH_OF_A_BAD_LAN: usize = 20;

#[test]
fn five_people_talk_in_a_group_all_at_once_and_hold_the_same_history() {
    let Some(lan) = Lan::up("bxg", 5) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut all = five(&lan, folder.path());
    let chat = found(&mut all);

    let held = talk_all_at_once(&mut all, &chat, EACH);

    let last = held.last().unwrap().clone();
    let author = (0..5)
        .find(|at| {
            let message = all[*at].ok("message.get", json!({"message_id": last}));
            message["outgoing"] == true
        })
        .unwrap();
    for at in (0..5).filter(|at| *at != author) {
        all[at].ok("message.read", json!({"chat_id": chat, "up_to": last}));
    }
    wait_until(|| all[author].ok("message.get", json!({"message_id": last}))["state"] == "read");
    let receipts = all[author].ok("message.receipts", json!({"message_id": last}));
    assert_eq!(receipts.as_array().unwrap().len(), 4);

    for node in all {
        assert_eq!(node.stop(), 0);
    }
    let mut all = start(&lan, folder.path());
    for node in &mut all {
        assert_eq!(
            &texts(node, &chat).0,
            &held,
            "the history survives a restart"
        );
    }
    all[3].ok(
        "message.send",
        json!({"chat_id": chat, "text": "back again"}),
    );
    for node in &mut all {
        wait_for_texts(node, &chat, held.len() + 1);
    }
}

#[test]
fn a_member_who_is_removed_while_away_hears_nothing_more_and_a_newcomer_hears_the_rest() {
    let Some(lan) = Lan::up("bxh", 5) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut all = five(&lan, folder.path());
    let newcomer = all[4].person();
    let four: Vec<String> = all[1..4].iter().map(Node::person).collect();
    let chat = all[0].ok("chat.create", json!({"name": "Herons", "members": four}));
    let chat = chat["chat_id"].as_str().unwrap().to_owned();
    for node in &mut all[..4] {
        wait_for_members(node, &chat, 4);
    }
    all[1].ok("message.send", json!({"chat_id": chat, "text": "before"}));
    for node in &mut all[..4] {
        wait_for_texts(node, &chat, 1);
    }

    let removed = all[3].person();
    let away = all.remove(3);
    assert_eq!(away.stop(), 0);
    all[0].ok(
        "chat.remove",
        json!({"chat_id": chat, "person_id": removed}),
    );
    all[0].ok("chat.add", json!({"chat_id": chat, "person_id": newcomer}));
    for node in &mut all {
        wait_for_members(node, &chat, 4);
    }
    all[2].ok("message.send", json!({"chat_id": chat, "text": "after"}));
    for (node, count) in all.iter_mut().zip([2, 2, 2, 1]) {
        wait_for_texts(node, &chat, count);
    }

    let mut back = lan.start(4, &folder.path().join("4"), "Person 4");
    wait_until(|| back.ok("chat.info", json!({"chat_id": chat}))["place"] == "gone");
    assert_eq!(texts(&mut back, &chat).1, ["before"]);
    assert_eq!(
        back.refused("message.send", json!({"chat_id": chat, "text": "again?"})),
        "forbidden"
    );
    all[3].ok("message.send", json!({"chat_id": chat, "text": "thanks"}));
    for (node, count) in all.iter_mut().zip([3, 3, 3, 2]) {
        wait_for_texts(node, &chat, count);
    }
    assert_eq!(texts(&mut back, &chat).1, ["before"]);
    let reference = texts(&mut all[0], &chat).0;
    assert_eq!(reference, texts(&mut all[1], &chat).0);
    assert_eq!(reference[1..], texts(&mut all[3], &chat).0);
}

#[test]
fn two_admins_in_a_partition_remove_whom_they_may_and_all_agree_afterwards() {
    let Some(lan) = Lan::up("bxi", 5) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut all = five(&lan, folder.path());
    let chat = found(&mut all);
    let people: Vec<String> = all.iter().map(Node::person).collect();
    for admin in &people[1..3] {
        let role = json!({"chat_id": chat, "person_id": admin, "role": "admin"});
        all[0].ok("chat.role", role);
    }
    for node in &mut all {
        wait_until(|| role_of(node, &chat, &people[2]) == Some("admin".into()));
    }
    if !lan.part([&[1, 2, 4], &[3, 5]]) {
        return;
    }

    // Neither stands above the other: they cannot remove each other, and try to.
    for (admin, other, member) in [(1, 2, 4), (2, 1, 3)] {
        let remove = |whom: usize| json!({"chat_id": chat, "person_id": people[whom]});
        assert_eq!(
            all[admin].refused("chat.remove", remove(other)),
            "forbidden"
        );
        all[admin].ok("chat.remove", remove(member));
        let text = format!("{admin} removed {member}");
        all[admin].ok("message.send", json!({"chat_id": chat, "text": text}));
    }
    for at in [3, 4] {
        let text = json!({"chat_id": chat, "text": "still here"});
        // Whoever has heard of it in time is refused.
        let _ = all[at].call("message.send", text);
    }
    // The owner takes the role from the one on the other side, who uses it meanwhile: what was done at
    // the same time as its end does not count.
    let member = json!({"chat_id": chat, "person_id": people[2], "role": "member"});
    all[0].ok("chat.role", member);
    all[2].ok("chat.set", json!({"chat_id": chat, "name": "Cranes"}));
    lan.mend();

    let (left, gone) = all.split_at_mut(4);
    for node in &mut *left {
        wait_for_members(node, &chat, 4);
        wait_until(|| role_of(node, &chat, &people[2]) == Some("member".into()));
    }
    for node in &mut *gone {
        wait_until(|| node.ok("chat.info", json!({"chat_id": chat}))["place"] == "gone");
    }
    for (at, node) in left.iter_mut().enumerate() {
        let text = format!("{at} is there");
        node.ok("message.send", json!({"chat_id": chat, "text": text}));
    }
    // "2 removed 3" was said to those who stayed in then, and what 4 said after its removal is shown to
    // those who heard it before they heard of that. All else is the same everywhere.
    let said = |node: &mut Node| -> Vec<(String, String)> {
        let (ids, texts) = texts(node, &chat);
        let all = ids.into_iter().zip(texts);
        all.filter(|(_, text)| text.ends_with("is there") || text == "1 removed 4")
            .collect()
    };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let held: Vec<_> = left.iter_mut().map(said).collect();
        if held.iter().all(|each| each.len() == 5) {
            assert!(held.iter().all(|each| *each == held[0]), "{held:#?}");
            break;
        }
        assert!(Instant::now() < deadline, "{held:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let others: Vec<_> = left.iter_mut().map(|node| texts(node, &chat).1).collect();
    let heard = |at: usize| others[at].iter().any(|text| text == "2 removed 3");
    assert!(heard(0) && heard(1) && heard(2) && !heard(3), "{others:#?}");
    let lines = left[0].ok("message.list", json!({"chat_id": chat, "limit": 100}));
    let void = "Person 3 tried to change the group, which did not count";
    let lines = lines.as_array().unwrap().iter();
    let tried = lines.filter(|line| line["kind"] == "system" && line["text"] == void);
    assert_eq!(tried.count(), 2, "a removal and a name");
    let names: Vec<Value> = left
        .iter_mut()
        .map(|node| node.ok("chat.info", json!({"chat_id": chat}))["name"].clone())
        .collect();
    assert!(names.iter().all(|name| name == "Herons"), "{names:?}");
    for node in gone {
        assert!(said(node).is_empty(), "it hears nothing from then on");
    }
}

#[test]
fn with_thirty_of_a_hundred_packets_lost_throughout_all_hold_the_same_history() {
    let Some(lan) = Lan::up("bxj", 5) else { return };
    let folder = tempfile::tempdir().unwrap();
    if !lan.lose(30) {
        return;
    }
    let mut all = five(&lan, folder.path());
    let chat = found(&mut all);

    talk_all_at_once(&mut all, &chat, EACH_OF_A_BAD_LAN);
}

/// All say so many messages at once, and then show the same in the same order: the ids of all.
fn talk_all_at_once(all: &mut [Node], chat: &str, each: usize) -> Vec<String> {
    let began = Instant::now();
    for n in 0..each {
        for (at, node) in all.iter_mut().enumerate() {
            let text = format!("{at} says {n}");
            node.ask("message.send", json!({"chat_id": chat, "text": text}));
        }
    }
    let expected = all.len() * each;
    let held: Vec<Vec<String>> = all
        .iter_mut()
        .map(|node| wait_for_texts(node, chat, expected))
        .collect();
    eprintln!(
        "{expected} messages were with all after {} ms",
        began.elapsed().as_millis()
    );
    for other in &held {
        assert_eq!(&held[0], other, "the same messages in the same order");
    }
    held.into_iter().next().unwrap()
}

fn start(lan: &Lan, folder: &Path) -> Vec<Node> {
    let one = |n: usize| {
        let profile = folder.join(n.to_string());
        lan.start(n, &profile, &format!("Person {n}"))
    };
    (1..=5).map(one).collect()
}

/// Five processes; the first has all others as contacts.
fn five(lan: &Lan, folder: &Path) -> Vec<Node> {
    let mut all = start(lan, folder);
    let (first, others) = all.split_first_mut().unwrap();
    for other in others {
        befriend(first, other);
    }
    all
}

/// The first founds a group of all.
fn found(all: &mut [Node]) -> String {
    let members: Vec<String> = all[1..].iter().map(Node::person).collect();
    let began = Instant::now();
    let chat = all[0].ok("chat.create", json!({"name": "Herons", "members": members}));
    let chat = chat["chat_id"].as_str().unwrap().to_owned();
    for node in all {
        wait_for_members(node, &chat, 5);
    }
    eprintln!("all are in after {} ms", began.elapsed().as_millis());
    chat
}

fn befriend(ada: &mut Node, ben: &mut Node) {
    let (a, b) = (ada.person(), ben.person());
    nearby(ada, &b);
    nearby(ben, &a);
    ben.ok("contact.add", json!({"person_id": a}));
    process::befriended(ada, ben);
}

fn nearby(node: &mut Node, person: &str) {
    wait_until(|| {
        let people = node.ok("people.nearby", json!({}));
        let mut people = people.as_array().unwrap().iter();
        people.any(|found| found["person_id"] == person)
    });
}

/// Waits until a group has so many members, as a node sees it.
fn wait_for_members(node: &mut Node, chat: &str, count: usize) {
    wait_until(|| {
        let info = node.call("chat.info", json!({"chat_id": chat}));
        info.is_ok_and(|info| {
            info["place"] == "member" && info["members"].as_array().unwrap().len() == count
        })
    });
}

/// The role of somebody, as a node sees it.
fn role_of(node: &mut Node, chat: &str, person: &str) -> Option<String> {
    let info = node.ok("chat.info", json!({"chat_id": chat}));
    let mut members = info["members"].as_array()?.iter();
    let member = members.find(|member| member["person_id"] == person)?;
    Some(member["role"].as_str()?.to_owned())
}

/// Waits until a node has so many texts of a chat; their ids.
fn wait_for_texts(node: &mut Node, chat: &str, count: usize) -> Vec<String> {
    let deadline = Instant::now() + 4 * PATIENCE;
    loop {
        let (ids, _) = texts(node, chat);
        if ids.len() >= count {
            assert_eq!(ids.len(), count);
            return ids;
        }
        if Instant::now() > deadline {
            let info = node.ok("chat.info", json!({"chat_id": chat}));
            panic!("{} of {count} messages; {info:#}", ids.len());
        }
        node.wait_event(Duration::from_millis(20));
    }
}

/// The ids and texts of a chat's messages, without the program's own lines.
fn texts(node: &mut Node, chat: &str) -> (Vec<String>, Vec<String>) {
    let newest = json!({"chat_id": chat, "limit": 1000});
    let mut pages = vec![node.ok("message.list", newest)];
    while let Some(first) = pages.last().and_then(|page| page[0]["message_id"].as_str()) {
        let before = json!({"chat_id": chat, "limit": 1000, "before": first});
        pages.push(node.ok("message.list", before));
    }
    let (mut ids, mut said) = (Vec::new(), Vec::new());
    let messages = pages.iter().rev().filter_map(Value::as_array);
    for message in messages.flatten() {
        keep(message, &mut ids, &mut said);
    }
    (ids, said)
}

fn keep(message: &Value, ids: &mut Vec<String>, said: &mut Vec<String>) {
    if message["kind"] == "text" {
        ids.push(message["message_id"].as_str().unwrap().to_owned());
        said.push(message["text"].as_str().unwrap().to_owned());
    }
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + 4 * PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}
