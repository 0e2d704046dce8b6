//! Files between real processes: whole, resumed, shared, refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "it is a test"
)]

mod process;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use process::{Node, PATIENCE, Pair, befriended, betwixt, run};
use serde_json::{Value, json};
use tempfile::tempdir;

/// Bytes that do not repeat.
fn content(seed: u64, size: usize) -> Vec<u8> {
    let mut out = vec![0; size];
    blake3::Hasher::new()
        .update(&seed.to_be_bytes())
        .finalize_xof()
        .fill(&mut out);
    out
}

fn written(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// Sends a file; its message and itself.
fn send(node: &mut Node, chat: &str, path: &Path) -> (String, String) {
    let params = json!({"chat_id": chat, "path": path, "caption": "look"});
    let sent = node.ok("file.send", params);
    let text = |field: &str| sent[field].as_str().unwrap().to_owned();
    (text("message_id"), text("file_id"))
}

/// Waits until a file is in a state.
#[track_caller]
fn transfer(node: &mut Node, file: &str, state: &str) -> Value {
    node.event(json!({"type": "transfer", "file_id": file, "state": state}))
}

/// Waits until a message that names a file is there.
#[track_caller]
fn arrived(node: &mut Node, message: &str) -> Value {
    node.event(json!({"type": "message", "message_id": message}))["file"].clone()
}

/// Saves a file that is here, and reads it.
fn saved(node: &mut Node, message: &str, dir: &Path) -> Vec<u8> {
    let fetched = node.ok("file.fetch", json!({"message_id": message, "path": dir}));
    fs::read(fetched["path"].as_str().unwrap()).unwrap()
}

/// How many bytes of files a profile holds.
fn held(profile: &Path) -> u64 {
    let entries = fs::read_dir(profile.join("blobs")).unwrap();
    entries
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum()
}

#[test]
fn a_small_file_of_a_contact_comes_by_itself_and_a_large_one_when_asked_for() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let mut pair = Pair::befriend(a.path(), b.path());
    let small = content(1, 3_000_000);
    let path = written(dir.path(), "photo \u{202e}gpj.exe", &small);

    let (message, file) = send(&mut pair.ada, &pair.chat, &path);

    let offer = arrived(&mut pair.ben, &message);
    assert_eq!(offer["file_id"], file.as_str());
    assert_eq!(offer["name"], "photo gpj.exe");
    assert_eq!(offer["extension"], "exe");
    assert_eq!(offer["size"], 3_000_000);
    transfer(&mut pair.ben, &file, "here");
    let given = transfer(&mut pair.ada, &file, "given");
    assert_eq!(given["person_id"], pair.ben.person());
    let row = pair.ben.ok("message.get", json!({"message_id": message}));
    assert_eq!(
        (&row["kind"], &row["text"]),
        (&json!("file"), &json!("look"))
    );
    assert_eq!(
        (&row["file"]["state"], &row["file"]["have"]),
        (&json!("here"), &json!(3_000_000))
    );
    assert!(saved(&mut pair.ben, &message, dir.path()) == small);
    assert!(dir.path().join("photo gpj.exe").exists());
    assert!(saved(&mut pair.ben, &message, dir.path()) == small);
    assert!(dir.path().join("photo gpj (2).exe").exists());

    let large = content(2, 40_000_000);
    let path = written(dir.path(), "large.bin", &large);
    let (message, file) = send(&mut pair.ada, &pair.chat, &path);
    assert_eq!(arrived(&mut pair.ben, &message)["state"], "offered");
    let to = dir.path().join("saved");
    let fetched = pair
        .ben
        .ok("file.fetch", json!({"message_id": message, "path": to}));
    assert!(fetched["path"].is_null());
    assert_eq!(transfer(&mut pair.ben, &file, "saved")["path"], json!(to));
    assert!(fs::read(&to).unwrap() == large);
    let again = pair
        .ben
        .refused("file.fetch", json!({"message_id": message, "path": to}));
    assert_eq!(again, "conflict", "nothing is replaced");

    let list = pair.ben.ok("file.list", json!({}));
    assert_eq!(list["files"].as_array().unwrap().len(), 2);
    assert!(list["used"].as_u64().unwrap() > 43_000_000);
}

#[test]
fn a_file_goes_with_its_message() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let mut pair = Pair::befriend(a.path(), b.path());
    let path = written(dir.path(), "secret.txt", &content(3, 1_000_000));
    let (message, file) = send(&mut pair.ada, &pair.chat, &path);
    transfer(&mut pair.ben, &file, "here");
    assert!(held(a.path()) > 1_000_000 && held(b.path()) > 1_000_000);

    pair.ada.ok(
        "message.delete",
        json!({"message_id": message, "for": "all"}),
    );

    let deadline = Instant::now() + PATIENCE;
    while held(a.path()) + held(b.path()) > 0 {
        assert!(
            Instant::now() < deadline,
            "{} {}",
            held(a.path()),
            held(b.path())
        );
        pair.ben.wait_event(Duration::from_millis(50));
    }
    let refused = pair
        .ben
        .refused("file.fetch", json!({"message_id": message}));
    assert_eq!(refused, "invalid");
}

#[test]
fn nothing_of_a_file_can_be_read_in_a_profile() {
    let (dir, a, b) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let mut pair = Pair::befriend(a.path(), b.path());
    let said = b"canary-in-a-coal-mine ".repeat(10_000);
    let path = written(dir.path(), "canary-name.txt", &said);
    let (message, file) = send(&mut pair.ada, &pair.chat, &path);
    transfer(&mut pair.ben, &file, "here");
    assert!(saved(&mut pair.ben, &message, dir.path()) == said);
    assert_eq!(pair.ada.stop() + pair.ben.stop(), 0);

    let mut files = vec![a.path().to_owned(), b.path().to_owned()];
    let mut looked_at = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let bytes = fs::read(&path).unwrap_or_default();
        looked_at += bytes.len();
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!has(b"canary"), "{}", path.display());
        assert!(!has(file.as_bytes()), "{}", path.display());
        assert!(!path.to_string_lossy().contains(&file[..16]));
    }
    assert!(looked_at > 400_000);
}
