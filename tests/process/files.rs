//! Files of running nodes: sent, waited for, saved.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Node, PATIENCE};

/// Bytes that do not repeat.
pub fn content(seed: u64, size: usize) -> Vec<u8> {
    let mut out = vec![0; size];
    blake3::Hasher::new()
        .update(&seed.to_be_bytes())
        .finalize_xof()
        .fill(&mut out);
    out
}

/// Sends a file; its message and itself.
pub fn send(node: &mut Node, chat: &str, path: &Path) -> (String, String) {
    let params = json!({"chat_id": chat, "path": path, "caption": "look"});
    let sent = node.ok("file.send", params);
    let text = |field: &str| sent[field].as_str().unwrap().to_owned();
    (text("message_id"), text("file_id"))
}

/// Waits until a file is in a state.
#[track_caller]
pub fn transfer(node: &mut Node, file: &str, state: &str) -> Value {
    node.event(json!({"type": "transfer", "file_id": file, "state": state}))
}

/// Waits until a message that names a file is there.
#[track_caller]
pub fn arrived(node: &mut Node, message: &str) -> Value {
    node.event(json!({"type": "message", "message_id": message}))["file"].clone()
}

/// Saves a file that is here, and reads it.
pub fn saved(node: &mut Node, message: &str, to: &Path) -> Vec<u8> {
    let fetched = node.ok("file.fetch", json!({"message_id": message, "path": to}));
    fs::read(fetched["path"].as_str().unwrap()).unwrap()
}

/// What a node says of the file of a message.
pub fn info(node: &mut Node, message: &str) -> Value {
    node.ok("message.get", json!({"message_id": message}))["file"].clone()
}

/// How many bytes of the file of a message are here.
pub fn have(node: &mut Node, message: &str) -> u64 {
    info(node, message)["have"].as_u64().unwrap()
}

/// Waits until so many bytes of a file have come, or all of them.
pub fn wait_for(node: &mut Node, message: &str, bytes: u64) -> u64 {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let here = have(node, message);
        if here >= bytes {
            return here;
        }
        assert!(Instant::now() < deadline, "{here} of {bytes}");
        node.wait_event(Duration::from_millis(20));
    }
}

/// Limits how fast files leave a profile.
pub fn slow_down(profile: &Path, kib: u64) {
    let rate = format!("file_rate_kib = {kib}\n");
    fs::create_dir_all(profile).unwrap();
    fs::write(profile.join("config.toml"), rate).unwrap();
}
