//! The examples do what they say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "it is a test"
)]

mod process;

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use process::Node;
use serde_json::{Value, json};

/// Ends with the test.
struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Has a conversation with a bot that the command starts.
fn echoes(command: &mut Command) {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ada = Node::start(a.path());
    command
        .arg(env!("CARGO_BIN_EXE_betwixt"))
        .arg("--profile")
        .arg(b.path());
    command.args([
        "--no-mdns",
        "--listen",
        "/ip4/127.0.0.1/tcp/0",
        "--dial",
        &ada.address(),
    ]);
    let _bot = Bot(command.stdout(Stdio::null()).spawn().unwrap());

    let echo = ada.event(json!({"type": "nearby", "name": "Echo", "present": true}));
    let person = echo["person_id"].as_str().unwrap().to_owned();
    ada.ok("contact.add", json!({"person_id": person}));
    process::contact(&mut ada, &person, &Value::Null);
    let chat = ada.ok("chat.direct", json!({"person_id": person}))["chat_id"].clone();
    let sent = ada.ok(
        "message.send",
        json!({"chat_id": chat, "text": "Is there anybody?"}),
    );

    let id = sent["message_id"].clone();
    ada.event(json!({"type": "status", "message_id": id, "state": "read"}));
    let echo = ada.event(json!({"type": "message", "outgoing": false}));
    assert_eq!(echo["text"], "Is there anybody?");
}

#[test]
fn the_python_bot_echoes() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("NOT RUN: there is no python3");
        return;
    }
    echoes(Command::new("python3").arg("examples/echo_bot.py"));
}

#[test]
fn the_rust_bot_echoes() {
    let bot = Path::new(env!("CARGO_BIN_EXE_betwixt")).with_file_name("examples/echo_bot");
    if !bot.exists() {
        // Cargo builds the examples with all tests, but not with some.
        eprintln!("NOT RUN: {} was not built", bot.display());
        return;
    }
    echoes(&mut Command::new(bot));
}
