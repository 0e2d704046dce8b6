//! Real processes on a real network: hosts made of network namespaces on one bridge, found by mDNS.
//!
//! Needs root and iproute2, and tcpdump for the capture; says so when it is not run.

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
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use hosts::{Lan, quiet};
use process::{Node, PATIENCE};
use serde_json::{Value, json};

/// Messages said by each side at once.
const EACH: usize = 1_000;

/// Found in no packet and no file.
const CANARY: &str = "Quetzalcoatlus";

#[test]
fn two_people_on_a_lan_meet_and_talk_and_nobody_else_can_read_it() {
    let Some(lan) = Lan::up("bxa", 2) else { return };
    let folder = tempfile::tempdir().unwrap();
    let capture = Capture::start(&lan, folder.path());
    let mut ada = lan.start(1, &folder.path().join("ada"), &format!("Ada {CANARY}"));
    let mut ben = lan.start(2, &folder.path().join("ben"), &format!("Ben {CANARY}"));

    let chat = befriend(&mut ada, &mut ben);
    talk(&mut ada, &mut ben, &chat);
    let said = history(&mut ada, &chat);
    assert_eq!(said.len(), 2 * EACH);
    assert_eq!(said, history(&mut ben, &chat), "both show the same order");

    assert_eq!(ada.stop(), 0);
    assert_eq!(ben.stop(), 0);
    let mut ada = lan.start(1, &folder.path().join("ada"), &format!("Ada {CANARY}"));
    let mut ben = lan.start(2, &folder.path().join("ben"), &format!("Ben {CANARY}"));
    assert_eq!(
        said,
        history(&mut ada, &chat),
        "the history survives a restart"
    );
    assert_eq!(said, history(&mut ben, &chat));
    let sent = ada.ok(
        "message.send",
        json!({"chat_id": chat, "text": "back again"}),
    );
    ben.event(json!({"type": "message", "text": "back again"}));
    ada.event(json!({"type": "status", "message_id": sent["message_id"], "state": "delivered"}));
    assert_eq!(ada.stop(), 0);
    assert_eq!(ben.stop(), 0);

    if let Some(packets) = capture.and_then(Capture::stop) {
        assert!(packets.len() > 500_000, "the conversation was captured");
        assert!(
            !contains(&packets, CANARY.as_bytes()),
            "a packet is readable"
        );
    }
    let files = all_bytes(folder.path());
    assert!(!contains(&files, CANARY.as_bytes()), "a file is readable");
}

#[test]
fn five_people_on_a_lan_talk_to_one_of_them_at_once() {
    let Some(lan) = Lan::up("bxb", 5) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut hub = lan.start(1, &folder.path().join("1"), "Hub");
    let mut others: Vec<Node> = (2..=5)
        .map(|n| {
            lan.start(
                n,
                &folder.path().join(n.to_string()),
                &format!("Person {n}"),
            )
        })
        .collect();
    let chats: Vec<String> = others
        .iter_mut()
        .map(|other| befriend(&mut hub, other))
        .collect();

    for n in 0..50 {
        for (other, chat) in others.iter_mut().zip(&chats) {
            other.ask(
                "message.send",
                json!({"chat_id": chat, "text": format!("to the hub {n}")}),
            );
            hub.ask(
                "message.send",
                json!({"chat_id": chat, "text": format!("from the hub {n}")}),
            );
        }
    }

    for (other, chat) in others.iter_mut().zip(&chats) {
        let there = wait_for(other, chat, 100);
        assert_eq!(
            there,
            wait_for(&mut hub, chat, 100),
            "both show the same order"
        );
    }
    assert_eq!(hub.stop(), 0);
}

/// Waits until both list each other, and makes them contacts.
fn befriend(ada: &mut Node, ben: &mut Node) -> String {
    let began = Instant::now();
    let (a, b) = (ada.person(), ben.person());
    nearby(ada, &b);
    nearby(ben, &a);
    eprintln!("seen after {} ms", began.elapsed().as_millis());
    ben.ok("contact.add", json!({"person_id": a}));
    let chat = process::befriended(ada, ben);
    eprintln!("befriended after {} ms", began.elapsed().as_millis());
    chat
}

fn nearby(node: &mut Node, person: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let people = node.ok("people.nearby", json!({}));
        if people
            .as_array()
            .unwrap()
            .iter()
            .any(|found| found["person_id"] == person)
        {
            return;
        }
        assert!(Instant::now() < deadline, "nobody nearby");
        node.wait_event(Duration::from_millis(20));
    }
}

/// Both say a thousand things at once.
fn talk(ada: &mut Node, ben: &mut Node, chat: &str) {
    for n in 0..EACH {
        for node in [&mut *ada, &mut *ben] {
            node.ask(
                "message.send",
                json!({"chat_id": chat, "text": format!("{CANARY} {n}")}),
            );
        }
    }
    for node in [ada, ben] {
        wait_for(node, chat, 2 * EACH);
    }
}

/// The ids of a chat's messages in display order, once there are so many. Only then is it paged: pages
/// that are read while messages come do not fit together.
fn wait_for(node: &mut Node, chat: &str, count: usize) -> Vec<String> {
    let deadline = Instant::now() + 4 * PATIENCE;
    loop {
        let there = so_many(node, chat);
        if there >= count {
            let ids = history(node, chat);
            assert_eq!(ids.len(), count, "nothing came that nobody said");
            return ids;
        }
        assert!(
            Instant::now() < deadline,
            "{there} of {count} messages came"
        );
        node.wait_event(Duration::from_millis(200));
        node.forget_events();
    }
}

/// How many messages of a chat there are: the newest has the highest number.
fn so_many(node: &mut Node, chat: &str) -> usize {
    let newest = node.ok("message.list", json!({"chat_id": chat, "limit": 1}));
    let newest = newest.as_array().unwrap().last().cloned();
    let seq = newest.map(|message| message["seq"].as_u64().unwrap());
    seq.map_or(0, |seq| usize::try_from(seq).unwrap() + 1)
}

/// The ids of a chat's messages in display order.
fn history(node: &mut Node, chat: &str) -> Vec<String> {
    let newest = node.ok("message.list", json!({"chat_id": chat, "limit": 1000}));
    let newest = newest.as_array().unwrap().clone();
    if newest.is_empty() {
        Vec::new()
    } else {
        older(node, chat, newest)
    }
}

/// All pages before the newest one.
fn older(node: &mut Node, chat: &str, mut all: Vec<Value>) -> Vec<String> {
    loop {
        let before = all[0]["message_id"].clone();
        let params = json!({"chat_id": chat, "before": before, "limit": 1000});
        let mut page = node.ok("message.list", params).as_array().unwrap().clone();
        if page.is_empty() {
            let seqs = all.iter().map(|message| message["seq"].as_u64().unwrap());
            assert!(
                seqs.eq(0..all.len() as u64),
                "seq counts from 0 without holes"
            );
            let ids: Vec<String> = all.iter().map(id).collect();
            assert_eq!(
                ids.iter().collect::<BTreeSet<_>>().len(),
                ids.len(),
                "nothing is doubled"
            );
            return ids;
        }
        page.append(&mut all);
        all = page;
    }
}

fn id(message: &Value) -> String {
    message["message_id"].as_str().unwrap().to_owned()
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(all_bytes(&path));
        } else if path.extension().is_none_or(|extension| extension != "pcap") {
            bytes.extend(fs::read(&path).unwrap_or_default());
        }
    }
    bytes
}

/// Every packet on the bridge.
struct Capture {
    tcpdump: Child,
    file: std::path::PathBuf,
}

impl Capture {
    fn start(lan: &Lan, folder: &Path) -> Option<Self> {
        let file = folder.join("all.pcap");
        let tcpdump = Command::new("ip")
            .args(["netns", "exec", &format!("{}sw", lan.prefix)])
            .args(["tcpdump", "-i", "br0", "-U", "-s", "0", "-Z", "root", "-w"])
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let deadline = Instant::now() + Duration::from_secs(5);
        while !file.exists() {
            if Instant::now() > deadline {
                eprintln!("NOT CAPTURED: it needs tcpdump");
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { tcpdump, file })
    }

    fn stop(mut self) -> Option<Vec<u8>> {
        quiet(Command::new("kill").arg(self.tcpdump.id().to_string()));
        let _ = self.tcpdump.wait();
        fs::read(&self.file).ok()
    }
}
