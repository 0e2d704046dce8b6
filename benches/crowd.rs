//! What members of a group get: real processes over loopback, sealed, with durable commits at everybody.
//!
//!     cargo bench --no-default-features --bench crowd
//!
//! One sender and ten receivers, and 2,000 messages at once; then groups of 5 and of 20, and one message
//! at a time; of 20 also as if two of them had processors of their own. Beside it, in the same run: what the file system's own `fdatasync` takes. The profiles lie
//! in the target folder; say `BENCH_DIR=/some/where` for another file system.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark may"
)]

mod figures;
mod proc;
#[path = "../tests/process/mod.rs"]
mod process;

use std::{
    collections::BTreeSet,
    path::Path,
    time::{Duration, Instant},
};

use figures::{Beside, base, home, percentiles, rate};
use process::{Node, PATIENCE};
use serde_json::{Value, json};
use tempfile::TempDir;

/// At once, to so many.
const BURST: usize = 2000;
const RECEIVERS: usize = 10;
/// One at a time.
const ROUNDS: usize = 100;
const WARM: usize = 10;
/// Between two rounds, so that what follows a message is over before the next.
const REST: Duration = Duration::from_millis(100);

fn main() {
    let base = base();
    println!("aims: 1500 messages/s, p50 of 4 ms");
    let mut crowd = Crowd::gather(&base, 1 + RECEIVERS);
    crowd.hear_burst();
    drop(crowd);
    for members in [5, 20] {
        let mut crowd = Crowd::gather(&base, members);
        crowd.one_at_a_time(&base);
        if members > 5 {
            crowd.as_if_apart(&base);
        }
    }
}

/// A group of running nodes.
struct Crowd {
    nodes: Vec<Node>,
    chat: String,
    _homes: Vec<TempDir>,
}

impl Crowd {
    /// All dial the first, who befriends them and founds a group.
    fn gather(base: &Path, members: usize) -> Self {
        let homes: Vec<TempDir> = (0..members).map(|_| home(base)).collect();
        let mut first = Node::start(homes[0].path());
        let address = first.address();
        first.ok("profile.set", json!({"name": "Person 0"}));
        let mut others = Vec::new();
        for (number, home) in homes.iter().enumerate().skip(1) {
            let mut other = Node::start_with(home.path(), &["--dial", &address]);
            other.ok("profile.set", json!({"name": format!("Person {number}")}));
            befriend(&mut first, &mut other);
            others.push(other);
        }
        let people: Vec<String> = others.iter().map(Node::person).collect();
        let began = Instant::now();
        let chat = first.ok("chat.create", json!({"name": "Herons", "members": people}));
        let chat = chat["chat_id"].as_str().unwrap().to_owned();
        let mut nodes = vec![first];
        nodes.append(&mut others);
        for node in &mut nodes {
            wait_until_in(node, &chat, members);
        }
        println!("\n{members} members, all in after {:.1?}", began.elapsed());
        let mut crowd = Self {
            nodes,
            chat,
            _homes: homes,
        };
        crowd.rest();
        crowd
    }

    /// Lets what follows of having met come to an end.
    fn rest(&mut self) {
        std::thread::sleep(Duration::from_secs(10));
        let ids = self.nodes.iter().map(|node| node.child.id());
        let connections: Vec<usize> = ids.map(proc::connections).collect();
        println!("connections of each: {connections:?}");
        for node in &mut self.nodes {
            node.forget_events();
        }
    }

    fn hear_burst(&mut self) {
        let before = self.cpu();
        let chat = &self.chat;
        let (sender, receivers) = self.nodes.split_first_mut().unwrap();
        let start = Instant::now();
        let times: Vec<(Duration, usize)> = std::thread::scope(|scope| {
            let hearing = receivers
                .iter_mut()
                .map(|node| scope.spawn(move || hear_all(node, chat, start)));
            let hearing: Vec<_> = hearing.collect();
            let ids: Vec<u64> = (0..BURST)
                .map(|n| {
                    let text = format!("burst {n:0294}");
                    sender.ask("message.send", json!({"chat_id": chat, "text": text}))
                })
                .collect();
            for id in ids {
                sender.answer(id).unwrap();
            }
            rate("burst of 2,000, said", BURST, start.elapsed());
            hearing.into_iter().map(|it| it.join().unwrap()).collect()
        });
        let first = times.iter().map(|(took, _)| *took).min().unwrap();
        let last = times.iter().map(|(took, _)| *took).max().unwrap();
        rate("with the first of ten", BURST, first);
        rate("with all ten", BURST, last);
        rate("deliveries, all ten together", BURST * RECEIVERS, last);
        let missed: usize = times.iter().map(|(_, missed)| missed).sum();
        println!("{:<44} {missed:>8}", "events that were read too late");
        self.cost(&before, BURST);
        let chat = &self.chat;
        let held = self.nodes.iter_mut().map(|node| texts(node, chat));
        let lost: usize = held.map(|texts| BURST.saturating_sub(texts.len())).sum();
        println!("{:<44} {lost:>8}", "lost, of all members' copies");
        for (who, node) in [("sender", &self.nodes[0]), ("a receiver", &self.nodes[1])] {
            let most = proc::memory(node.child.id(), "VmHWM");
            println!("{:<44} {most:>8.1} MiB", format!("most memory of {who}"));
        }
    }

    /// From the request that says a message to the event that shows it at each of the others.
    fn one_at_a_time(&mut self, base: &Path) {
        let mut beside = Beside::new(base);
        let (mut each, mut last, mut disk) = (Vec::new(), Vec::new(), Vec::new());
        let mut before = self.cpu();
        for round in 0..WARM + ROUNDS {
            if round == WARM {
                before = self.cpu();
            }
            let times = self.hear(&format!("{round:0300}"));
            let synced = beside.sync();
            std::thread::sleep(REST);
            if round >= WARM {
                last.extend(times.iter().max());
                each.extend(times);
                disk.push(synced);
            }
        }
        percentiles("300-byte text, said to shown, at each", &each);
        percentiles("until it is shown at the last", &last);
        percentiles("fdatasync of 4 KiB, in the same run", &disk);
        self.cost(&before, ROUNDS);
    }

    /// The same for two of them who need not wait for the processors while the others work, as on hosts of
    /// their own.
    fn as_if_apart(&mut self, base: &Path) {
        for node in &self.nodes[2..] {
            proc::step_back(node.child.id());
        }
        println!("all but the sender and one receiver have the lowest priority");
        let mut beside = Beside::new(base);
        let (mut one, mut disk) = (Vec::new(), Vec::new());
        for round in 0..WARM + ROUNDS {
            let times = self.hear(&format!("apart {round:0294}"));
            let synced = beside.sync();
            std::thread::sleep(REST);
            if round >= WARM {
                one.push(times[0]);
                disk.push(synced);
            }
        }
        percentiles("300-byte text, said to shown, at the one", &one);
        percentiles("fdatasync of 4 KiB, in the same run", &disk);
    }

    /// Says something, and how long it took until each of the others showed it.
    fn hear(&mut self, text: &str) -> Vec<Duration> {
        let chat = &self.chat;
        let (sender, receivers) = self.nodes.split_first_mut().unwrap();
        let times = std::thread::scope(|scope| {
            let hearing = receivers.iter_mut().map(|node| {
                scope.spawn(move || {
                    node.event(json!({"type": "message", "text": text}));
                    let heard = Instant::now();
                    node.forget_events();
                    heard
                })
            });
            let hearing: Vec<_> = hearing.collect();
            // All of them wait by then.
            std::thread::sleep(Duration::from_millis(20));
            let start = Instant::now();
            let id = sender.ask("message.send", json!({"chat_id": chat, "text": text}));
            let heard = hearing.into_iter().map(|it| it.join().unwrap());
            let times: Vec<Duration> = heard.map(|at| at.duration_since(start)).collect();
            sender.answer(id).unwrap();
            times
        });
        sender.forget_events();
        times
    }

    /// What each process has used of the processors.
    fn cpu(&self) -> Vec<Duration> {
        let ids = self.nodes.iter().map(|node| node.child.id());
        ids.map(proc::cpu).collect()
    }

    /// What a message has cost of the processors since.
    fn cost(&self, before: &[Duration], messages: usize) {
        let now = self.cpu();
        let used = now
            .iter()
            .zip(before)
            .map(|(now, before)| now.saturating_sub(*before));
        let used: Vec<f64> = used
            .map(|used| used.as_secs_f64() * 1000.0 / messages as f64)
            .collect();
        let others = &used[1..];
        let other = others.iter().sum::<f64>() / others.len() as f64;
        println!(
            "{:<44} {:>8.2} ms at the sender, {other:.2} ms at each other, {:.2} ms in all",
            "processor time of a message",
            used[0],
            used.iter().sum::<f64>()
        );
    }
}

fn befriend(first: &mut Node, other: &mut Node) {
    let (asked, asking) = (first.person(), other.person());
    other.event(json!({"type": "nearby", "person_id": asked, "present": true}));
    first.event(json!({"type": "nearby", "person_id": asking, "present": true}));
    other.ok("contact.add", json!({"person_id": asked}));
    process::befriended(first, other);
}

fn wait_until_in(node: &mut Node, chat: &str, members: usize) {
    let deadline = Instant::now() + 2 * PATIENCE;
    loop {
        let info = node.call("chat.info", json!({"chat_id": chat}));
        let is_in = info.is_ok_and(|info| {
            info["place"] == "member" && info["members"].as_array().unwrap().len() == members
        });
        if is_in {
            return;
        }
        assert!(Instant::now() < deadline, "somebody is not in the group");
        node.wait_event(Duration::from_millis(20));
    }
}

/// Reads events until all of the burst were shown: when that was, and how many were read too late. What
/// such an event would have shown is asked for.
fn hear_all(node: &mut Node, chat: &str, start: Instant) -> (Duration, usize) {
    let (mut shown, mut missed) = (BTreeSet::new(), 0);
    while shown.len() < BURST {
        node.wait_event(Duration::from_millis(100));
        let before = missed;
        for event in node.events() {
            if event["type"] == "message" && event["kind"] == "text" {
                shown.insert(event["message_id"].to_string());
            } else if event["type"] == "missed" {
                missed += usize::try_from(event["count"].as_u64().unwrap()).unwrap();
            }
        }
        node.forget_events();
        if missed > before {
            shown.extend(texts(node, chat));
        }
        assert!(
            start.elapsed() < Duration::from_mins(3),
            "messages are missing, {} of {BURST} are here",
            shown.len()
        );
    }
    (start.elapsed(), missed)
}

/// Which texts of a chat somebody holds.
fn texts(node: &mut Node, chat: &str) -> BTreeSet<String> {
    let (mut texts, mut before) = (BTreeSet::new(), Value::Null);
    loop {
        let params = json!({"chat_id": chat, "limit": 1000, "before": before});
        let page = node.ok("message.list", params);
        let Some(first) = page.get(0) else {
            return texts;
        };
        before = first["message_id"].clone();
        let messages = page.as_array().unwrap().iter();
        let said = messages.filter(|message| message["kind"] == "text");
        texts.extend(said.map(|message| message["message_id"].to_string()));
    }
}
