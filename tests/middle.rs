//! Somebody in the middle, between real processes: at the addresses of both, and under their names.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "it is a test"
)]

mod process;

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use process::{Node, PATIENCE, Pair, contact};
use serde_json::{Value, json};

/// What is done to what passes.
const FORWARD: usize = 0;
const FLIP: usize = 1;
const DROP: usize = 2;
const SWAP: usize = 3;
const REPEAT: usize = 4;

/// Somebody who stands at an address of somebody else.
#[derive(Clone, Default)]
struct Middle {
    /// What is done, and to the bytes after how many of a connection.
    what: Arc<AtomicUsize>,
    at: Arc<AtomicUsize>,
    /// How often it was done.
    done: Arc<AtomicUsize>,
}

impl Middle {
    /// Takes a port and forwards to another, for as long as the test lasts.
    fn stand(&self, at: u16, to: u16) {
        let listener = TcpListener::bind(("127.0.0.1", at)).unwrap();
        let this = self.clone();
        std::thread::spawn(move || {
            for one in listener.incoming().map_while(Result::ok) {
                let Ok(other) = TcpStream::connect(("127.0.0.1", to)) else {
                    continue;
                };
                let back = (other.try_clone().unwrap(), one.try_clone().unwrap());
                for (from, to) in [(one, other), back] {
                    let this = this.clone();
                    std::thread::spawn(move || this.pass(from, to));
                }
            }
        });
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut part = vec![0; 1 << 16];
        let (mut passed, mut is_done) = (0, false);
        while let Ok(read @ 1..) = from.read(&mut part) {
            let mut bytes = part[..read].to_vec();
            let (what, at) = (
                self.what.load(Ordering::SeqCst),
                self.at.load(Ordering::SeqCst),
            );
            if what != FORWARD && !is_done && passed + read > at {
                is_done = true;
                self.done.fetch_add(1, Ordering::SeqCst);
                let at = at.saturating_sub(passed);
                match what {
                    FLIP => bytes[at] ^= 1,
                    DROP => drop(bytes.remove(at)),
                    SWAP => bytes.rotate_left(read.div_ceil(2)),
                    REPEAT => bytes.extend_from_within(..),
                    _ => unreachable!("there is no more"),
                }
            }
            passed += read;
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = (to.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
    }

    fn does(&self, what: usize, at: usize) {
        self.at.store(at, Ordering::SeqCst);
        self.what.store(what, Ordering::SeqCst);
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }
}

#[test]
fn what_somebody_at_both_addresses_changes_is_never_shown_and_all_arrives_once_they_let_it() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("ada"), folder.path().join("ben"));
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(&a, &b);
    let (old_a, old_b) = (port(&mut ada), port(&mut ben));
    // Both know where the other is: each says one thing there.
    for (n, node) in [&mut ada, &mut ben].into_iter().enumerate() {
        let text = format!("before {n}");
        node.ok("message.send", json!({"chat_id": chat, "text": text}));
    }
    wait_for(&mut ada, &chat, 2);
    wait_for(&mut ben, &chat, 2);
    assert_eq!((ada.stop(), ben.stop()), (0, 0));

    // From here on all that either knows of the other is the address of the one in the middle.
    let middle = Middle::default();
    middle.does(FLIP, 60);
    let hold = [old_a, old_b].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    let (mut ada, mut ben) = (Node::start(&a), Node::start(&b));
    let (new_a, new_b) = (port(&mut ada), port(&mut ben));
    drop(hold);
    middle.stand(old_a, new_a);
    middle.stand(old_b, new_b);

    let mut said = 2;
    for (what, at) in [(FLIP, 5), (FLIP, 60), (FLIP, 250), (SWAP, 0), (REPEAT, 0)] {
        middle.does(what, at);
        let (before, deadline) = (middle.done(), Instant::now() + PATIENCE);
        for node in [&mut ada, &mut ben] {
            let text = format!("{said}: {what} at {at}");
            node.ok("message.send", json!({"chat_id": chat, "text": text}));
            said += 1;
        }
        while middle.done() < before + 2 {
            assert!(Instant::now() < deadline, "nobody comes by: {what} at {at}");
            ada.wait_event(Duration::from_millis(20));
            ben.wait_event(Duration::from_millis(20));
        }
    }
    for node in [&mut ada, &mut ben] {
        node.wait_event(Duration::from_millis(500));
        let heard = node.events().find(|event| {
            event["type"] == "message" && event["outgoing"] == false
                || event["type"] == "status" && event["state"] == "delivered"
        });
        assert_eq!(heard, None, "nothing came through");
    }

    // What is said once they are connected is changed too. By then they may know the honest way.
    middle.does(DROP, 4_000);
    for node in [&mut ada, &mut ben] {
        let text = format!("{said}: {DROP} later");
        node.ok("message.send", json!({"chat_id": chat, "text": text}));
        said += 1;
    }
    let (before, until) = (middle.done(), Instant::now() + Duration::from_secs(5));
    while middle.done() == before && Instant::now() < until {
        ada.wait_event(Duration::from_millis(20));
        ben.wait_event(Duration::from_millis(20));
    }
    middle.does(FORWARD, 0);
    let histories = [&mut ada, &mut ben].map(|node| wait_for(node, &chat, said));
    assert_eq!(histories[0], histories[1], "the same in the same order");
    let own = |all: &[String], n: usize| {
        all.iter()
            .filter(|t| t.starts_with(&format!("{n}: ")))
            .count()
    };
    for n in 2..said {
        assert_eq!(own(&histories[0], n), 1, "{n} of {:?}", histories[0]);
    }
    eprintln!("{} changes on the way, {said} messages", middle.done());
}

#[test]
fn whoever_takes_somebodys_address_and_name_is_somebody_else_and_gets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("ada"), folder.path().join("ben"));
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(&a, &b);
    let (port, to_ben) = (port(&mut ada), ben.address());
    let ada_is = ada.person();
    let genuine = ada.ok("contact.safety", json!({"person_id": ben.person()}));
    assert_eq!(ada.stop(), 0);

    // Another program at the address where Ada was, called as she is, that also comes by itself.
    let listen = format!("/ip4/127.0.0.1/tcp/{port}");
    let mut command = process::betwixt(&folder.path().join("mallory"));
    command.args(["--listen", &listen, "--dial", &to_ben, "rpc"]);
    let mut mallory = Node::of(&mut command);
    mallory.ok("profile.set", json!({"name": "Ada"}));
    let mallory_is = mallory.person();
    ben.event(json!({"type": "nearby", "person_id": mallory_is, "name": "Ada", "present": true}));
    mallory.event(json!({"type": "nearby", "person_id": ben.person(), "present": true}));
    mallory.ok("contact.add", json!({"person_id": ben.person()}));
    contact(&mut ben, &mallory_is, &json!("incoming"));
    let said = ["the herons are back", "at six, at the bridge"];
    for text in said {
        ben.ok("message.send", json!({"chat_id": chat, "text": text}));
    }

    // Time for what would be sent to her, again and again.
    let until = Instant::now() + Duration::from_secs(8);
    while Instant::now() < until {
        ben.wait_event(Duration::from_millis(50));
        mallory.wait_event(Duration::from_millis(50));
    }
    for text in said {
        let leaked = mallory.events().find(|e| e.to_string().contains(text));
        assert_eq!(leaked, None);
    }
    let delivered = ben.events().find(|e| e["state"] == "delivered");
    assert_eq!(delivered, None);
    let real = ben.ok("contact.safety", json!({"person_id": ada_is}));
    let other = ben.ok("contact.safety", json!({"person_id": mallory_is}));
    assert_eq!(real["number"], genuine["number"]);
    assert_ne!(other["number"], genuine["number"]);
    assert_ne!(other["words"], genuine["words"]);
    let contacts = ben.ok("contact.list", json!({}));
    let own = |person: &str| {
        let mut rows = contacts.as_array().unwrap().iter();
        rows.find(|row| row["person_id"] == person).unwrap().clone()
    };
    assert_eq!(own(&ada_is)["request"], Value::Null);
    assert_eq!(own(&mallory_is)["request"], "incoming", "not a contact");

    let mut ada = Node::start_with(&a, &["--dial", &to_ben]);
    let history = wait_for(&mut ada, &chat, said.len());
    assert_eq!(history, said);
    let more = mallory.ok("chat.list", json!({})).to_string();
    assert!(said.iter().all(|text| !more.contains(text)), "{more}");
}

fn port(node: &mut Node) -> u16 {
    let address = node.address();
    let mut parts = address.split('/').skip_while(|part| *part != "tcp");
    parts.nth(1).unwrap().parse().unwrap()
}

/// The texts of a chat once there are so many.
fn wait_for(node: &mut Node, chat: &str, count: usize) -> Vec<String> {
    let deadline = Instant::now() + 2 * PATIENCE;
    loop {
        let list = node.ok("message.list", json!({"chat_id": chat, "limit": 1000}));
        let rows = list.as_array().unwrap().iter();
        let texts: Vec<String> = rows
            .filter_map(|row| Some(row["text"].as_str()?.to_owned()))
            .collect();
        assert!(texts.len() <= count, "{texts:?}");
        if texts.len() == count {
            return texts;
        }
        assert!(Instant::now() < deadline, "{texts:?} of {count}");
        node.wait_event(Duration::from_millis(50));
    }
}
