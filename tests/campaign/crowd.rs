//! Many who come and go (row 14), and much at once for somebody who does not read (row 15).

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdout, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{
    chance, length,
    process::{Node, PATIENCE, Pair, befriended, betwixt},
};

#[test]
fn people_who_come_and_go_all_have_what_anybody_said_in_the_end() {
    let people = usize::try_from(length("BETWIXT_CAMPAIGN_PEOPLE", 4)).unwrap();
    let rounds = length("BETWIXT_CAMPAIGN_ROUNDS", 5);
    let folder = tempfile::tempdir().unwrap();
    let profile = |n: usize| folder.path().join(n.to_string());
    let begun = Instant::now();
    let mut first = Node::start(&profile(0));
    let address = first.address();
    let a = first.person();
    let start = |n: usize| Node::start_with(&profile(n), &["--dial", &address]);
    let mut all = Vec::new();
    for n in 1..people {
        let mut other = start(n);
        let name = json!({"name": format!("Person {n}")});
        other.ok("profile.set", name);
        other.event(json!({"type": "nearby", "person_id": a, "present": true}));
        other.ok("contact.add", json!({"person_id": a}));
        befriended(&mut first, &mut other);
        all.push(Some(other));
    }
    let members: Vec<String> = all.iter().flatten().map(Node::person).collect();
    let chat = first.ok("chat.create", json!({"name": "Herons", "members": members}));
    let chat = chat["chat_id"].as_str().unwrap().to_owned();
    all.insert(0, Some(first));
    for node in all.iter_mut().flatten() {
        wait_until(|| {
            let info = node.call("chat.info", json!({"chat_id": chat}));
            info.is_ok_and(|info| info["members"].as_array().unwrap().len() == people)
        });
    }
    println!(
        "crowd: {people} are in one group after {:?}",
        begun.elapsed()
    );

    let mut chance = chance::seed();
    let (mut kills, mut stops, mut starts) = (0, 0, 0);
    let mut answered = BTreeSet::new();
    let mut attempts = 0;
    for _ in 0..rounds {
        // A third comes or goes in each.
        for (n, place) in all.iter_mut().enumerate() {
            if chance.below(3) > 0 {
                continue;
            }
            match place.take() {
                None => {
                    *place = Some(start(n));
                    starts += 1;
                }
                Some(node) if chance.below(2) == 0 => {
                    drop(node);
                    kills += 1;
                }
                Some(node) => {
                    assert_eq!(node.stop(), 0, "{n}");
                    stops += 1;
                }
            }
        }
        let mut asked = Vec::new();
        for (n, node) in all.iter_mut().enumerate() {
            if let Some(node) = node {
                let text = format!("{attempts} of {n}");
                attempts += 1;
                asked.push((
                    n,
                    node.ask("message.send", json!({"chat_id": chat, "text": text})),
                ));
            }
        }
        for (n, id) in asked {
            let answer = all[n].as_mut().unwrap().answer(id).unwrap();
            answered.insert(answer["message_id"].as_str().unwrap().to_owned());
        }
    }
    let ended = Instant::now();
    for (n, place) in all.iter_mut().enumerate() {
        if place.is_none() {
            *place = Some(start(n));
            starts += 1;
        }
    }
    let deadline = ended + 5 * PATIENCE;
    let held = loop {
        let histories: Vec<Vec<String>> = all
            .iter_mut()
            .flatten()
            .map(|node| history(&mut |params| node.ok("message.list", params), &chat).0)
            .collect();
        let complete = |ids: &Vec<String>| answered.iter().all(|id| ids.contains(id));
        if histories
            .iter()
            .all(|ids| complete(ids) && *ids == histories[0])
        {
            break histories.into_iter().next().unwrap();
        }
        let counts: Vec<usize> = histories.iter().map(Vec::len).collect();
        assert!(
            Instant::now() < deadline,
            "{counts:?} of {}",
            answered.len()
        );
        std::thread::sleep(Duration::from_millis(500));
    };
    let ids: BTreeSet<&String> = held.iter().collect();
    assert_eq!(ids.len(), held.len(), "something is there twice");
    println!(
        "crowd: {people} processes, {rounds} rounds, {kills} kills, {stops} stops, {starts} starts: \
         {} answered, all of them in all histories in one order {:?} after the last came back",
        answered.len(),
        ended.elapsed()
    );
    assert!(kills + stops > 0 && starts > 0 && !answered.is_empty());
}

#[test]
fn much_at_once_for_a_reader_that_sleeps_arrives_once_and_in_order() {
    let count = usize::try_from(length("BETWIXT_CAMPAIGN_BURST", 300)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("ada"), folder.path().join("ben"));
    let Pair { mut ada, ben, chat } = Pair::befriend(&a, &b);
    let address = ada.address();
    assert_eq!(ben.stop(), 0);
    let mut ben = Deaf::start(&b, &address);
    let before = [memory(ada.child.id()), memory(ben.child.id())];

    // His device sleeps, and when it no longer does, who reads what it says still sleeps.
    let pid = Pid::from_child(&ben.child);
    kill_process(pid, Signal::STOP).unwrap();
    let began = Instant::now();
    let asked: Vec<u64> = (0..count)
        .map(|n| {
            let params = json!({"chat_id": chat, "text": n.to_string()});
            ada.ask("message.send", params)
        })
        .collect();
    let ids: Vec<String> = asked
        .into_iter()
        .map(|id| {
            let answer = ada.answer(id).unwrap();
            answer["message_id"].as_str().unwrap().to_owned()
        })
        .collect();
    let answered = began.elapsed();
    kill_process(pid, Signal::CONT).unwrap();
    let woke = Instant::now();
    let mut most = before;
    let last = json!({"message_id": ids[count - 1]});
    let deadline = woke + 10 * PATIENCE;
    loop {
        let row = ada.ok("message.get", last.clone());
        for (most, id) in most.iter_mut().zip([ada.child.id(), ben.child.id()]) {
            *most = memory(id).max(*most);
        }
        if row["state"] == "delivered" {
            break;
        }
        assert!(Instant::now() < deadline, "{row}");
        ada.wait_event(Duration::from_millis(100));
        ada.forget_events();
    }
    let delivered = woke.elapsed();

    let (held, texts) = history(&mut |params| ben.ask("message.list", &params), &chat);
    let expected: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    assert_eq!(texts, expected, "each once, in order");
    assert_eq!(held, ids);
    let own = history(&mut |params| ada.ok("message.list", params), &chat);
    assert_eq!(own, (held, texts), "the same on both sides");
    let more = [0, 1].map(|n| most[n].saturating_sub(before[n]));
    println!(
        "burst: {count} answered after {answered:?}, delivered {delivered:?} after the other woke, once and in \
         order; {} and {} KiB more; its reader was told of {} events and that it missed {}",
        more[0], more[1], ben.events, ben.missed
    );
    // What waits is in memory, and what the database has just written or read.
    assert!(more.iter().all(|more| *more < 256 << 10), "{more:?} KiB");
    let known = ben.missed + ben.messages;
    assert!(known >= u64::try_from(count).unwrap(), "{known}");
}

/// A program whose answers nobody reads until something is asked.
struct Deaf {
    child: Child,
    output: BufReader<ChildStdout>,
    next_id: u64,
    /// What it said meanwhile.
    events: u64,
    messages: u64,
    missed: u64,
}

impl Deaf {
    fn start(profile: &Path, dial: &str) -> Self {
        let mut command = betwixt(profile);
        command.args(["--listen", "/ip4/127.0.0.1/tcp/0", "--dial", dial, "rpc"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        output.read_line(&mut ready).unwrap();
        assert!(ready.contains("\"ready\""), "{ready}");
        Self {
            child,
            output,
            next_id: 1,
            events: 0,
            messages: 0,
            missed: 0,
        }
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let input = self.child.stdin.as_mut().unwrap();
        writeln!(input, "{request}").unwrap();
        loop {
            let mut line = String::new();
            assert!(
                self.output.read_line(&mut line).unwrap() > 0,
                "it has ended"
            );
            let mut line: Value = serde_json::from_str(&line).unwrap();
            if line["id"] == id {
                assert!(line["error"].is_null(), "{line}");
                return line["result"].take();
            }
            self.events += 1;
            match line["params"]["type"].as_str() {
                Some("message") => self.messages += 1,
                Some("missed") => self.missed += line["params"]["count"].as_u64().unwrap(),
                _ => {}
            }
        }
    }
}

impl Drop for Deaf {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The ids and texts of all that was said in a chat, oldest first.
fn history(list: &mut impl FnMut(Value) -> Value, chat: &str) -> (Vec<String>, Vec<String>) {
    let mut rows: Vec<Value> = Vec::new();
    loop {
        let mut params = json!({"chat_id": chat, "limit": 1000});
        if let Some(oldest) = rows.first() {
            params["before"] = oldest["message_id"].clone();
        }
        let page = list(params);
        let page = page.as_array().unwrap();
        rows.splice(0..0, page.iter().cloned());
        if page.len() < 1000 {
            break;
        }
    }
    rows.retain(|row| row["kind"] == "text");
    let field = |name: &str| -> Vec<String> {
        let all = rows
            .iter()
            .map(|row| row[name].as_str().unwrap().to_owned());
        all.collect()
    };
    (field("message_id"), field("text"))
}

#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + 2 * PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to that");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Memory of a process that is in use, in KiB.
fn memory(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.unwrap().trim().strip_suffix(" kB").unwrap();
    kib.parse().unwrap()
}
