//! Accepts every contact request and says everything back.
//!
//!     cargo run --example echo_bot -- target/release/betwixt --profile /tmp/echo

#![allow(
    clippy::indexing_slicing,
    reason = "a field that is missing from JSON is null"
)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use anyhow::Context as _;
use serde_json::{Value, json};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().unwrap_or_else(|| "betwixt".into());
    let mut node = Command::new(program)
        .args(arguments)
        .arg("rpc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = node.stdin.take().context("no standard input")?;
    let output = BufReader::new(node.stdout.take().context("no standard output")?);
    let mut ids = 1..;
    let mut ask = |method: &str, params: Value| {
        let id = ids.next();
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        writeln!(input, "{request}")
    };

    for line in output.lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let said = &line["params"];
        if line["method"] == "ready" {
            ask("profile.set", json!({ "name": "Echo" }))?;
        } else if said["type"] == "contact" && said["contact"]["request"] == "incoming" {
            ask("contact.accept", json!({ "person_id": said["person_id"] }))?;
        } else if said["type"] == "message" && said["outgoing"] == false && said["kind"] == "text" {
            let chat = &said["chat_id"];
            ask(
                "message.read",
                json!({ "chat_id": chat, "up_to": said["message_id"] }),
            )?;
            ask(
                "message.send",
                json!({ "chat_id": chat, "text": said["text"] }),
            )?;
        }
    }
    anyhow::ensure!(node.wait()?.success(), "betwixt failed");
    Ok(())
}
