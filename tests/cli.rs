//! The commands for people.

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
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};

use process::{Node, Pair, run};
use serde_json::{Value, json};

fn said(output: &std::process::Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn help_teaches_and_version_is_the_version() {
    let dir = tempfile::tempdir().unwrap();

    let help = said(&run(dir.path(), &["--help"]));

    for verb in [
        "rpc",
        "relay",
        "demo",
        "id",
        "restore",
        "send",
        "call",
        "log",
        "search",
        "Examples:",
    ] {
        assert!(help.contains(verb), "{help}");
    }
    let version = said(&run(dir.path(), &["--version"]));
    assert_eq!(
        version.trim(),
        format!("betwixt {}", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn id_says_who_one_is_with_and_without_a_running_instance() {
    let dir = tempfile::tempdir().unwrap();

    let alone = said(&run(dir.path(), &["id"]));
    let node = Node::start(dir.path());
    let asked = said(&run(dir.path(), &["id"]));

    assert!(alone.contains(&node.person()), "{alone}");
    assert!(
        asked.contains(&node.person()) && asked.contains("/ip4/127.0.0.1/tcp/"),
        "{asked}"
    );
}

#[test]
fn messages_are_sent_and_printed_through_the_running_instance() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair { ada, mut ben, chat } = Pair::befriend(a.path(), b.path());

    let sent = said(&run(
        a.path(),
        &["send", "--to", "ben", "Hello\u{1b}[31m from a terminal"],
    ));

    assert_eq!(sent.trim(), "sent");
    ben.event(json!({"type": "message", "outgoing": false}));
    let log = said(&run(b.path(), &["log", "--person", "Ada"]));
    assert!(
        log.contains("Ada: Hello") && log.contains(" UTC  "),
        "{log}"
    );
    assert!(!log.contains('\u{1b}'), "{log}");
    let by_chat = said(&run(b.path(), &["log", "--chat", &chat]));
    assert_eq!(by_chat, log);
    let all = said(&run(b.path(), &["log"]));
    assert!(all.starts_with("== Ada =="), "{all}");
    let found = said(&run(b.path(), &["search", "from:ada", "TERMINAL", "hel*"]));
    assert!(
        found.contains("Ada, in Ada: Hello") && found.lines().count() == 1,
        "{found}"
    );
    assert!(!found.contains('\u{1b}'), "{found}");
    let lines = said(&run(
        b.path(),
        &[
            "search", "--json", "--from", "Ada", "--chat", &chat, "terminal",
        ],
    ));
    let found: Value = serde_json::from_str(lines.trim()).unwrap();
    assert_eq!(found["message"]["chat_id"], chat);
    assert_eq!(said(&run(b.path(), &["search", "nothing-like-that"])), "");
    let wrong = run(b.path(), &["search", "has:teeth"]);
    assert_eq!(wrong.status.code(), Some(1));
    let sentence = String::from_utf8(wrong.stderr).unwrap();
    assert!(sentence.contains("folder, mention or reply"), "{sentence}");
    drop(ada);
}

#[test]
fn a_group_is_named_by_its_name_and_anything_can_be_asked_for() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair { ada, mut ben, .. } = Pair::befriend(a.path(), b.path());
    let call = |method: &str, params: &Value| {
        let output = run(a.path(), &["call", method, &params.to_string()]);
        let answer: Value = serde_json::from_str(said(&output).trim()).unwrap();
        answer
    };
    let params = json!({"name": "Herons", "members": [ben.person()]});
    let group = call("chat.create", &params)["chat_id"].clone();
    ben.event(json!({"type": "chat", "what": "created"}));

    let sent = said(&run(a.path(), &["send", "--to", "herons", "By the river"]));

    assert_eq!(sent.trim(), "sent");
    ben.event(json!({"type": "message", "chat_id": group, "text": "By the river"}));
    said(&run(a.path(), &["send", "--to", "Herons", "Not there"]));
    let params = json!({"chat_id": group, "limit": 1});
    let newest = call("message.list", &params)[0]["message_id"].clone();
    call(
        "message.delete",
        &json!({"message_id": newest, "for": "all"}),
    );
    let log = said(&run(a.path(), &["log", "--chat", "Herons"]));
    let lines: Vec<&str> = log.lines().collect();
    assert!(
        lines[0].contains("me: [") && !log.contains("[system]"),
        "{log}"
    );
    assert!(
        lines[lines.len() - 2].ends_with("me: By the river"),
        "{log}"
    );
    assert!(lines[lines.len() - 1].ends_with("me: [deleted]"), "{log}");
    let last = said(&run(
        a.path(),
        &["log", "--chat", "Herons", "--last", "2", "--json"],
    ));
    let last: Vec<Value> = last
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(last.len(), 2, "{last:?}");
    assert_eq!(last[0]["text"], "By the river");
    let found = said(&run(b.path(), &["search", "--chat", "Herons", "river"]));
    assert!(found.contains("Ada, in Herons: By the river"), "{found}");

    let same = json!({"name": "Ben", "members": []});
    call("chat.create", &same);
    let unclear = run(a.path(), &["send", "--to", "Ben", "Hello"]);
    assert_eq!(unclear.status.code(), Some(1));
    let why = String::from_utf8(unclear.stderr).unwrap();
    assert!(
        why.contains("1 group and a contact have that name"),
        "{why}"
    );
    let unknown = run(a.path(), &["call", "message.sing"]);
    assert_eq!(unknown.status.code(), Some(1));
    let why = String::from_utf8(unknown.stderr).unwrap();
    assert!(why.contains("There is no method `message.sing`"), "{why}");
    for wrong in [
        &["call", "chat.list", "[]"][..],
        &["prove", "3f0a"],
        &["get", "3f0a"],
    ] {
        assert_eq!(run(a.path(), wrong).status.code(), Some(2), "{wrong:?}");
    }
    drop(ada);
}

#[test]
fn messages_are_sent_and_printed_without_a_running_instance() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair { ada, mut ben, .. } = Pair::befriend(a.path(), b.path());
    assert_eq!(ada.stop(), 0);
    let address = ben.address();

    let sent = run(
        a.path(),
        &["send", "--to", "Ben", "Hello", "--dial", &address],
    );

    assert_eq!(said(&sent).trim(), "delivered");
    ben.event(json!({"type": "message", "text": "Hello"}));
    let log = said(&run(a.path(), &["log", "--person", "Ben"]));
    assert!(log.contains("me: Hello"), "{log}");
}

#[test]
fn an_account_is_restored_from_its_words_and_its_contacts_go_on() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());
    let person = ben.person();
    let words = ben.ok("node.recovery", json!({}))["words"].clone();
    let words = words.as_str().unwrap().to_owned();
    assert_eq!(ben.stop(), 0);
    ada.ok(
        "message.send",
        json!({"chat_id": chat, "text": "while you were away"}),
    );
    let c = tempfile::tempdir().unwrap();
    let new = c.path().join("new");

    let wrong = restore(&new, "one two three");
    let restored = restore(&new, &words);
    let again = restore(&new, &words);

    let error = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(error.contains("24 recovery words"), "{error}");
    let said = said(&restored);
    assert!(
        said.contains("Ben") && said.contains(&person) && said.contains("not in the words"),
        "{said}"
    );
    let error = String::from_utf8(again.stderr).unwrap();
    assert_eq!(again.status.code(), Some(2));
    assert!(error.contains("There is a person in"), "{error}");

    let address = ada.address();
    let mut ben = Node::start_with(&new, &["--dial", &address]);
    assert_eq!(ben.person(), person);
    let adas = ada.person();
    ben.event(json!({"type": "nearby", "person_id": adas, "present": true}));
    ben.ok("contact.add", json!({"person_id": adas}));
    process::contact(&mut ben, &adas, &Value::Null);
    ben.event(json!({"type": "message", "text": "while you were away"}));
    ben.ok(
        "message.send",
        json!({"chat_id": chat, "text": "here I am"}),
    );
    ada.event(json!({"type": "message", "text": "here I am", "sender": person}));
}

fn restore(profile: &std::path::Path, words: &str) -> std::process::Output {
    let mut child = process::betwixt(profile)
        .args(["restore", "--name", "Ben"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, words.as_bytes()).unwrap();
    drop(input);
    child.wait_with_output().unwrap()
}

#[test]
fn whom_nobody_knows_is_nobody() {
    let dir = tempfile::tempdir().unwrap();

    let output = run(dir.path(), &["send", "--to", "Nobody", "Hello"]);

    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error.contains("No contact and no group has the name or id `Nobody`"),
        "{error}"
    );
}

#[test]
fn a_locked_profile_asks_for_its_passphrase() {
    let dir = tempfile::tempdir().unwrap();
    let mut node = Node::start(dir.path());
    node.ok("node.passphrase", json!({"new": "correct horse"}));
    assert_eq!(node.stop(), 0);

    let output = run(dir.path(), &["log"]);

    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(error.contains("--passphrase-file"), "{error}");
}

#[test]
fn nobody_else_can_enter_the_profile_or_its_socket() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let _node = Node::start(&home);

    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    assert_eq!(mode(&home.join("rpc.sock")), 0o600);
    for entry in fs::read_dir(&home).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn the_demo_shows_a_conversation_and_ends() {
    let dir = tempfile::tempdir().unwrap();
    let started = Instant::now();

    let shown = said(&run(dir.path(), &["demo", "--headless"]));

    assert!(started.elapsed().as_secs() < 20);
    assert!(shown.contains("✓✓ read"), "{shown}");
    assert!(
        shown.contains("None of what they said is in them"),
        "{shown}"
    );
}

#[cfg(not(feature = "gui"))]
#[test]
fn without_a_window_the_program_says_so() {
    let dir = tempfile::tempdir().unwrap();

    for arguments in [&[][..], &["demo"]] {
        let output = run(dir.path(), arguments);

        assert_eq!(output.status.code(), Some(2));
        assert!(
            String::from_utf8(output.stderr)
                .unwrap()
                .contains("without its window")
        );
    }
}

/// Ben signs a minute after a message came, or when he meets Ada again.
#[test]
fn a_proof_is_written_and_holds_without_a_profile_until_a_byte_is_changed() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());
    let params = json!({"chat_id": chat, "text": "The bridge\u{1b}[31m is open"});
    let sent = ada.ok("message.send", params);
    let id = sent["message_id"].as_str().unwrap().to_owned();
    ben.event(json!({"type": "message", "outgoing": false}));
    let person = ben.person();
    ben.stop();
    ada.event(json!({"type": "presence", "online": false}));
    let _ben = Node::start(b.path());
    ada.event(json!({"type": "presence", "online": true}));

    let log = said(&run(a.path(), &["log", "--ids"]));
    assert!(log.contains(&id), "{log}");
    let (file, elsewhere) = (a.path().join("proof"), tempfile::tempdir().unwrap());
    let path = file.to_str().unwrap();
    let deadline = Instant::now() + process::PATIENCE;
    let shown = loop {
        let _ = fs::remove_file(&file);
        assert_eq!(
            said(&run(a.path(), &["prove", &id, "--out", path])).trim(),
            path
        );
        let shown = said(&run(elsewhere.path(), &["verify", path]));
        if shown.contains("delivered to 1 of 1") {
            break shown;
        }
        assert!(Instant::now() < deadline, "{shown}");
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(
        shown.contains(&format!("{person} signed to have it")),
        "{shown}"
    );
    assert!(shown.contains("The bridge\\u{1b}[31m is open"), "{shown}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);

    let again = run(a.path(), &["prove", &id, "--out", path]);
    assert!(!again.status.success(), "a file is never written over");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let changed = run(elsewhere.path(), &["verify", path]);
    assert_eq!(changed.status.code(), Some(1));
    let why = String::from_utf8_lossy(&changed.stderr);
    assert!(why.contains("proves nothing"), "{why}");
}
