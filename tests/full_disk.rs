//! A disk that is full, and one that may only be read: a sentence, nothing lost, and on it goes.
//!
//! Needs root, to make such disks; says so when it is not run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a test"
)]

mod process;

use std::{
    fs,
    io::{BufRead as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use process::{Node, PATIENCE, Pair, run};
use serde_json::{Value, json};

#[test]
fn a_relay_on_a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::mount() else { return };
    let folder = tempfile::tempdir().unwrap();
    let Pair { ada, ben, chat } =
        Pair::befriend(&folder.path().join("ada"), &folder.path().join("ben"));
    assert_eq!((ada.stop(), ben.stop()), (0, 0));
    let config = folder.path().join("relay.toml");
    fs::write(
        &config,
        "listen = [\"/ip4/127.0.0.1/tcp/0\"]\n[quota]\nmin_free_mib = 8\n",
    )
    .unwrap();
    let mut relay = Command::new(env!("CARGO_BIN_EXE_betwixt"))
        .arg("--profile")
        .arg(disk.path())
        .args(["relay", "--config"])
        .arg(&config)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    std::io::BufReader::new(relay.stdout.take().unwrap())
        .read_line(&mut address)
        .unwrap();
    fs::write(folder.path().join("ada/config.toml"), "listen = []\n").unwrap();
    let mut command = process::betwixt(&folder.path().join("ada"));
    let mut ada = Node::of(command.args(["--relay", address.trim(), "rpc"]));
    let say = |ada: &mut Node, text: &str| {
        let sent = ada.ok("message.send", json!({"chat_id": chat, "text": text}));
        sent["message_id"].clone()
    };
    let first = say(&mut ada, "there is room");
    ada.event(json!({"type": "status", "message_id": first, "state": "sent"}));

    disk.fill(60 << 20);
    let second = say(&mut ada, "there is none");
    let warning = ada.event(json!({"type": "warning", "kind": "network"}));
    let text = warning["text"].as_str().unwrap();
    assert!(text.contains("has no room for more"), "{text}");
    let receipts = ada.ok("message.receipts", json!({"message_id": second}));
    assert_eq!(receipts[0]["state"], "queued");

    disk.make_room();
    let third = say(&mut ada, "there is some again");
    ada.event(json!({"type": "status", "message_id": third, "state": "sent"}));
    relay.kill().unwrap();
    relay.wait().unwrap();
}

/// A small disk in memory.
struct Disk {
    dir: tempfile::TempDir,
}

impl Disk {
    /// Mounts it. `None`, and a word about why, where that cannot be done.
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=100m", "tmpfs"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self { dir });
        }
        eprintln!("NOT RUN: it needs root, to mount a small disk");
        None
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("profile")
    }

    /// Takes room away, so much or all.
    fn fill(&self, bytes: usize) {
        let mut file = fs::File::create(self.filler()).unwrap();
        let block = [7; 1 << 14];
        for _ in 0..bytes.div_ceil(block.len()) {
            if file.write_all(&block).is_err() {
                return;
            }
        }
    }

    fn filler(&self) -> PathBuf {
        self.dir.path().join("filler")
    }

    fn make_room(&self) {
        fs::remove_file(self.filler()).unwrap();
        let deadline = Instant::now() + PATIENCE;
        let free = || {
            let stat = rustix::fs::statvfs(self.dir.path()).unwrap();
            stat.f_bavail * stat.f_frsize
        };
        // Another test may be starting a process just now, which has the file open until it runs.
        while free() < 80 << 20 {
            assert!(Instant::now() < deadline, "the room does not come back");
            std::thread::yield_now();
        }
    }

    fn remount(&self, how: &str) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(self.dir.path())
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("-l")
            .arg(self.dir.path())
            .status();
    }
}

/// Less than this has to be left (64 MiB), of 100.
const TOO_MUCH: usize = 50 << 20;

fn texts(node: &mut Node, chat: &str) -> Vec<String> {
    let page = node.ok("message.list", json!({"chat_id": chat, "limit": 1000}));
    let texts = page.as_array().unwrap().iter();
    texts
        .map(|message| message["text"].as_str().unwrap().to_owned())
        .collect()
}

/// Sends until it is taken.
fn send(node: &mut Node, chat: &str, text: &str) {
    let deadline = Instant::now() + PATIENCE;
    let message = json!({"chat_id": chat, "text": text});
    while let Err(error) = node.call("message.send", message.clone()) {
        assert_eq!(error["data"]["kind"], "storage", "{error}");
        assert!(Instant::now() < deadline, "{error}");
        node.wait_event(Duration::from_millis(50));
    }
}

#[test]
fn on_a_full_disk_nothing_is_taken_and_nothing_lost_and_with_room_all_goes_on() {
    let Some(disk) = Disk::mount() else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(&disk.path(), elsewhere.path());
    send(&mut ada, &chat, "before");
    ben.event(json!({"type": "message", "text": "before"}));

    disk.fill(TOO_MUCH);
    let message = json!({"chat_id": chat, "text": "refused"});
    assert_eq!(ada.refused("message.send", message), "storage");
    let warning = ada.event(json!({"type": "warning", "kind": "storage"}));
    let said = warning["text"].as_str().unwrap().to_owned();
    assert!(
        said.contains("disk is full") && said.contains("Make room"),
        "{said}"
    );
    send(&mut ben, &chat, "while it was full");
    let texts_then = texts(&mut ada, &chat);
    assert_eq!(texts_then, ["before"], "history is readable, and not more");

    disk.make_room();
    ada.event(json!({"type": "message", "text": "while it was full"}));
    send(&mut ada, &chat, "after");
    ben.event(json!({"type": "message", "text": "after"}));
    assert_eq!(ada.stop(), 0);
    let mut ada = Node::start(&disk.path());
    let all = texts(&mut ada, &chat);
    assert_eq!(all, texts(&mut ben, &chat));
    assert_eq!(all, ["before", "while it was full", "after"]);
}

/// That a start was refused: exit code 1, and one sentence that has these words.
#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` in: {said}");
    }
    assert!(
        !said.contains("panicked") && !said.contains("os error 28"),
        "{said}"
    );
}

#[test]
fn a_disk_without_a_byte_left_keeps_it_from_starting_and_damages_nothing() {
    let Some(disk) = Disk::mount() else { return };
    disk.fill(usize::MAX);
    refused(&run(&disk.path(), &["id"]), &["full", "room"]);
    disk.make_room();
    let mut node = Node::start(&disk.path());
    let person = node.person();
    node.ok("profile.set", json!({"name": "Ada"}));
    node.child.kill().unwrap();
    drop(node);

    disk.fill(usize::MAX);
    let with_old = run(&disk.path(), &["id"]);
    if !with_old.status.success() {
        refused(&with_old, &["full", "room"]);
    }
    disk.make_room();

    let mut node = Node::start(&disk.path());
    assert_eq!(node.person(), person);
    assert_eq!(node.info["name"], "Ada");
    assert_eq!(warnings(&mut node), [""; 0]);
}

#[test]
fn a_first_start_with_little_room_says_so_and_the_next_one_works() {
    let Some(disk) = Disk::mount() else { return };
    disk.fill(TOO_MUCH);

    refused(&run(&disk.path(), &["id"]), &["full"]);

    disk.make_room();
    let mut node = Node::start(&disk.path());
    assert_eq!(warnings(&mut node), [""; 0]);
}

#[test]
fn a_disk_that_may_only_be_read_is_said_to_be_and_left_as_it_is() {
    let Some(disk) = Disk::mount() else { return };
    let mut node = Node::start(&disk.path());
    let person = node.person();
    node.ok("profile.set", json!({"name": "Ada"}));
    assert_eq!(node.stop(), 0);
    let before = listing(&disk.path());

    disk.remount("ro");
    let words = &["cannot be written to", "choose another directory"];
    refused(&run(&disk.path(), &["id"]), words);
    refused(&run(&disk.dir.path().join("new"), &["id"]), words);
    assert_eq!(listing(&disk.path()), before);
    disk.remount("rw");

    let mut node = Node::start(&disk.path());
    assert_eq!(node.person(), person);
    assert_eq!(warnings(&mut node), [""; 0]);
}

fn listing(dir: &Path) -> Vec<(PathBuf, u64)> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let mut all: Vec<_> = entries
        .map(|entry| (entry.path(), entry.metadata().unwrap().len()))
        .collect();
    all.sort();
    all
}

/// What it warned of so far.
fn warnings(node: &mut Node) -> Vec<String> {
    node.ok("node.info", json!({}));
    node.events()
        .filter(|event| event["type"] == "warning")
        .map(|event: &Value| event["text"].to_string())
        .collect()
}
