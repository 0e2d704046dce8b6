//! How soon two strangers on one network see each other, and talk: real processes, found by mDNS.
//!
//!     cargo bench --no-default-features --bench lan
//!
//! Hosts are network namespaces on one bridge; it needs root and iproute2, and says so.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::panic, clippy::indexing_slicing)]

#[path = "../tests/hosts/mod.rs"]
mod hosts;
#[path = "../tests/process/mod.rs"]
mod process;

use std::time::{Duration, Instant};

use hosts::Lan;
use process::{Node, PATIENCE};
use serde_json::json;

/// Each with two fresh profiles.
const ROUNDS: usize = 10;

fn main() {
    let Some(lan) = Lan::up("bxbench", 2) else {
        return;
    };
    let (mut listed, mut read) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (seen, talked) = meet(&lan);
        println!(
            "round {round}: each listed by the other {seen:>6.0?}, first message {talked:>6.0?}"
        );
        listed.push(seen);
        read.push(talked);
    }
    median("both list each other, after the second start", listed);
    median("first message shown, with request and acceptance", read);
}

/// Two people who have never been there: when both list each other, and when the second reads what
/// the first said, both counted from the second's start.
fn meet(lan: &Lan) -> (Duration, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let mut ada = lan.start(1, &folder.path().join("ada"), "Ada");
    std::thread::sleep(Duration::from_secs(3));

    let start = Instant::now();
    let mut ben = lan.start(2, &folder.path().join("ben"), "Ben");
    let (a, b) = (ada.person(), ben.person());
    listed(&mut ada, &b);
    listed(&mut ben, &a);
    let seen = start.elapsed();

    ben.ok("contact.add", json!({"person_id": a}));
    let chat = process::befriended(&mut ada, &mut ben);
    ada.ask("message.send", json!({"chat_id": chat, "text": "hello"}));
    ben.event(json!({"type": "message", "text": "hello"}));
    let read = start.elapsed();
    assert_eq!((ada.stop(), ben.stop()), (0, 0));
    (seen, read)
}

/// Waits until a person is in the list of those nearby.
fn listed(node: &mut Node, person: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let people = node.ok("people.nearby", json!({}));
        let people = people.as_array().unwrap();
        if people.iter().any(|found| found["person_id"] == person) {
            return;
        }
        assert!(Instant::now() < deadline, "nobody nearby");
        node.wait_event(Duration::from_millis(10));
    }
}

fn median(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{what:<50} median {median:>6.0?}  most {most:>6.0?}");
}
