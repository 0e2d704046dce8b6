//! `betwixt rpc` as its users' programs meet it.

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
    process::Stdio,
    time::{Duration, Instant},
};

use process::{Node, PATIENCE, Pair, befriended, betwixt, run};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

#[test]
fn where_a_node_listens_is_the_same_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut node = Node::start(dir.path());
    let address = node.address();
    assert_eq!(node.stop(), 0);

    assert_eq!(Node::start(dir.path()).address(), address);
}

#[test]
fn a_copied_profile_warns_and_goes_on_in_new_sessions() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());
    let say = |node: &mut Node, text: &str| {
        node.ok("message.send", json!({"chat_id": chat, "text": text}));
    };
    let hears = |node: &mut Node, text: &str| {
        node.event(json!({"type": "message", "text": text, "outgoing": false}))
    };
    say(&mut ada, "before");
    hears(&mut ben, "before");
    assert_eq!(ada.stop(), 0);
    let copy = tempfile::tempdir().unwrap();
    copy_dir(a.path(), copy.path());
    let address = ben.address();
    let mut ada = Node::start_with(a.path(), &["--dial", &address]);
    say(&mut ada, "only in the first");
    hears(&mut ben, "only in the first");
    say(&mut ben, "comes back");
    hears(&mut ada, "comes back");
    assert_eq!(ada.stop(), 0);

    let mut ada = Node::start_with(copy.path(), &["--dial", &address]);
    ada.event(json!({"type": "warning", "kind": "rolled_back"}));
    say(&mut ada, "from the copy");
    hears(&mut ben, "from the copy");
    say(&mut ben, "welcome");
    hears(&mut ada, "welcome");
    hears(&mut ada, "comes back");

    let texts = |node: &mut Node| -> Vec<String> {
        let list = node.ok("message.list", json!({"chat_id": chat}));
        let text = |m: &Value| m["text"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(text).collect()
    };
    let mut bens = texts(&mut ben);
    bens.retain(|text| text != "only in the first");
    assert_eq!(texts(&mut ada), bens);
    assert_eq!(bens.len(), 4);
}

#[test]
fn the_first_line_says_who_and_where_the_node_is() {
    let dir = tempfile::tempdir().unwrap();

    let mut node = Node::start(dir.path());

    let info = node.info.clone();
    assert_eq!(node.person().len(), 52);
    assert!(
        info["peer_id"].as_str().unwrap().starts_with("12D3Koo"),
        "{info}"
    );
    assert!(!info["name"].as_str().unwrap().is_empty());
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(info["protected"], false);
    assert_eq!(info["locked"], false);
    let address = node.address();
    let peer = info["peer_id"].as_str().unwrap();
    assert!(
        address.starts_with("/ip4/127.0.0.1/tcp/") && address.ends_with(peer),
        "{address}"
    );
}

#[test]
fn two_people_meet_and_talk() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());

    let nearby = ben.ok("people.nearby", json!({}));
    assert_eq!(nearby[0]["person_id"], ada.person());
    assert_eq!(nearby[0]["contact"], true);
    assert_eq!(nearby[0]["via"], "dial");
    let safety = ada.ok("contact.safety", json!({"person_id": ben.person()}));
    assert_eq!(
        safety,
        ben.ok("contact.safety", json!({"person_id": ada.person()}))
            .with_qr(&safety)
    );
    assert_eq!(safety["number"].as_str().unwrap().len(), 60);

    for (from, to, text) in [(0, 1, "Hello Ben"), (1, 0, "Hello Ada, grüß dich 👋")] {
        let (from, to) = pick(&mut ada, &mut ben, from, to);
        to.ok("typing.set", json!({"chat_id": chat, "typing": true}));
        from.event(json!({"type": "typing", "chat_id": chat, "typing": true}));
        let sent = from.ok("message.send", json!({"chat_id": chat, "text": text}));
        let id = sent["message_id"].as_str().unwrap();
        let message = to.event(json!({"type": "message", "message_id": id}));
        assert_eq!(message["text"], text);
        assert_eq!(message["sender"], from.person());
        assert_eq!(message["outgoing"], false);
        let person = to.person();
        from.event(
            json!({"type": "status", "message_id": id, "state": "delivered", "person_id": person}),
        );
        to.ok("message.read", json!({"chat_id": chat, "up_to": id}));
        from.event(
            json!({"type": "status", "message_id": id, "state": "read", "person_id": person}),
        );
        let receipts = from.ok("message.receipts", json!({"message_id": id}));
        assert_eq!(receipts[0]["state"], "read");
        assert_eq!(
            from.ok("message.get", json!({"message_id": id}))["state"],
            "read"
        );
    }
    let texts = |history: &Value| {
        let rows = history.as_array().unwrap();
        rows.iter()
            .map(|row| (row["message_id"].clone(), row["seq"].clone()))
            .collect::<Vec<_>>()
    };
    let of_ada = ada.ok("message.list", json!({"chat_id": chat}));
    let of_ben = ben.ok("message.list", json!({"chat_id": chat}));
    assert_eq!(texts(&of_ada), texts(&of_ben));
    assert_eq!(of_ada.as_array().unwrap().len(), 2);
}

fn pick<'a>(
    ada: &'a mut Node,
    ben: &'a mut Node,
    from: usize,
    _: usize,
) -> (&'a mut Node, &'a mut Node) {
    if from == 0 { (ada, ben) } else { (ben, ada) }
}

trait WithQr {
    /// The same with another's QR code, which names its two people in the other order.
    fn with_qr(self, other: &Value) -> Value;
}

impl WithQr for Value {
    fn with_qr(mut self, other: &Value) -> Value {
        self["qr_svg"] = other["qr_svg"].clone();
        self
    }
}

#[test]
fn an_invite_link_leads_to_its_maker() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ada = Node::start(a.path());
    ada.address();
    let mut ben = Node::start(b.path());

    let invite = ada.ok("contact.invite", json!({}));
    let link = invite["link"].as_str().unwrap();
    assert!(link.starts_with("betwixt://c/#"), "{link}");
    assert!(invite["qr_svg"].as_str().unwrap().contains("<svg"));
    let added = ben.ok("contact.add", json!({"link": link}));
    assert_eq!(added["person_id"], ada.person());
    let chat = befriended(&mut ada, &mut ben);

    ben.ok(
        "message.send",
        json!({"chat_id": chat, "text": "Thanks for the link"}),
    );
    let message = ada.event(json!({"type": "message", "outgoing": false}));
    assert_eq!(message["text"], "Thanks for the link");
}

#[test]
fn a_request_can_be_declined_and_somebody_can_be_blocked() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair { mut ada, ben, .. } = Pair::befriend(a.path(), b.path());
    let ben_id = ben.person();

    ada.ok(
        "contact.verify",
        json!({"person_id": ben_id, "verified": true}),
    );
    assert_eq!(ada.ok("contact.list", json!({}))[0]["verified"], true);
    ada.ok("contact.block", json!({"person_id": ben_id}));
    assert_eq!(ada.ok("contact.list", json!({}))[0]["blocked"], true);
    ada.ok("contact.unblock", json!({"person_id": ben_id}));
    ada.ok("contact.remove", json!({"person_id": ben_id}));
    assert_eq!(ada.ok("contact.list", json!({})), json!([]));
}

#[test]
fn who_is_killed_is_seen_to_be_gone_within_15_seconds() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada, mut ben, ..
    } = Pair::befriend(a.path(), b.path());
    let ben_id = ben.person();
    ada.event(json!({"type": "presence", "person_id": ben_id, "online": true}));

    ben.child.kill().unwrap();
    let killed = Instant::now();

    ada.event(json!({"type": "presence", "person_id": ben_id, "online": false}));
    assert!(killed.elapsed() < Duration::from_secs(15));
    assert_eq!(ada.ok("contact.list", json!({}))[0]["online"], false);
}

#[test]
fn history_and_identity_survive_a_restart() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());
    ada.ok("message.send", json!({"chat_id": chat, "text": "one"}));
    ben.event(json!({"type": "message", "text": "one"}));
    ben.ok("message.send", json!({"chat_id": chat, "text": "two"}));
    ada.event(json!({"type": "message", "text": "two"}));
    let person = ada.person();
    let before = ada.ok("message.list", json!({"chat_id": chat}));
    assert_eq!(ada.stop(), 0);

    let mut ada = Node::start(a.path());

    assert_eq!(ada.person(), person);
    assert_eq!(ada.info["name"], "Ada");
    let after = ada.ok("message.list", json!({"chat_id": chat}));
    let texts = |list: &Value| {
        list.as_array()
            .unwrap()
            .iter()
            .map(|row| row["text"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(&before), texts(&after));
    assert_eq!(texts(&after), ["one", "two"]);
    let chats = ada.ok("chat.list", json!({}));
    assert_eq!(chats[0]["name"], "Ben");
    assert_eq!(chats[0]["unread"], 1);
    assert_eq!(chats[0]["last"]["text"], "two");
}

#[test]
fn what_is_said_while_the_other_is_away_arrives_when_they_come_back() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair { mut ada, ben, chat } = Pair::befriend(a.path(), b.path());
    assert_eq!(ben.stop(), 0);

    let sent = ada.ok(
        "message.send",
        json!({"chat_id": chat, "text": "for later"}),
    );
    let id = sent["message_id"].clone();
    assert_eq!(
        ada.ok("message.get", json!({"message_id": id}))["state"],
        "queued"
    );
    let address = ada.address();
    let mut ben = Node::start_with(b.path(), &["--dial", &address]);

    ben.event(json!({"type": "message", "message_id": id, "text": "for later"}));
    ada.event(json!({"type": "status", "message_id": id, "state": "delivered"}));
}

#[test]
fn a_profile_in_use_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path());

    let second = run(dir.path(), &["rpc"]);

    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(3), "{said}");
    assert!(
        said.contains(&format!("process {}", node.child.id())),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1);
    assert_eq!(node.stop(), 0);
}

#[test]
fn a_passphrase_keeps_others_out() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    let home = dir.path().join("home");
    let mut node = Node::start(&home);
    let person = node.person();
    node.ok("node.passphrase", json!({"new": "correct horse"}));
    assert_eq!(node.refused("node.recovery", json!({})), "forbidden");
    let words = node.ok("node.recovery", json!({"passphrase": "correct horse"}));
    assert_eq!(words["words"].as_str().unwrap().split(' ').count(), 24);
    assert_eq!(node.stop(), 0);

    fs::write(&key, "battery staple\n").unwrap();
    let wrong = run(&home, &["rpc", "--passphrase-file", key.to_str().unwrap()]);
    assert_eq!(wrong.status.code(), Some(4));

    fs::write(&key, "correct horse\n").unwrap();
    let node = Node::start_with(&home, &["--passphrase-file", key.to_str().unwrap()]);
    assert_eq!(node.person(), person);
    assert_eq!(node.stop(), 0);

    let mut command = betwixt(&home);
    let node = Node::of(
        command
            .arg("rpc")
            .env("BETWIXT_PASSPHRASE", "correct horse"),
    );
    assert_eq!(node.person(), person);
}

#[test]
fn a_locked_node_answers_nothing_until_it_is_unlocked() {
    let dir = tempfile::tempdir().unwrap();
    let mut node = Node::start(dir.path());
    let person = node.person();
    assert_eq!(node.refused("node.lock", json!({})), "conflict");
    node.ok("node.passphrase", json!({"new": "correct horse"}));

    node.ok("node.lock", json!({}));

    node.event(json!({"type": "node", "locked": true}));
    let info = node.ok("node.info", json!({}));
    assert_eq!(info["locked"], true);
    assert_eq!(info["person_id"], Value::Null);
    assert_eq!(info["name"], "");
    assert_eq!(node.refused("contact.list", json!({})), "locked");
    assert_eq!(node.refused("contact.invite", json!({})), "locked");
    assert_eq!(
        node.refused("node.unlock", json!({"passphrase": "wrong one"})),
        "forbidden"
    );
    node.ok("node.unlock", json!({"passphrase": "correct horse"}));
    let info = node.ok("node.info", json!({}));
    assert_eq!(info["person_id"], person.as_str());
    assert_eq!(info["locked"], false);
    node.address();
    assert_eq!(node.stop(), 0);

    let locked = Node::start(dir.path());
    assert_eq!(locked.info["locked"], true);
    assert_eq!(locked.stop(), 0);
}

#[test]
fn a_damaged_profile_is_said_to_be_and_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Node::start(dir.path()).stop(), 0);
    let header = dir.path().join("vault.hdr");
    let files: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.is_file()
                && path
                    .file_name()
                    .unwrap()
                    .to_string_lossy()
                    .starts_with("vault")
        })
        .collect();
    for file in &files {
        let mut bytes = fs::read(file).unwrap();
        for byte in &mut bytes {
            *byte ^= 0x55;
        }
        fs::write(file, bytes).unwrap();
    }
    let damaged = fs::read(&header).unwrap();

    let output = run(dir.path(), &["rpc"]);

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("damaged"), "{said}");
    assert_eq!(fs::read(&header).unwrap(), damaged);
}

#[test]
fn bad_usage_is_a_sentence_and_exit_code_2() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &["rpc", "--no-such-option"][..],
        &["rpc", "--listen", "nonsense"],
        &["rpc", "--dial", "10.0.0.1:4001"],
        &["rpc", "--log", "=,="],
    ] {
        let output = run(dir.path(), arguments);

        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(!said.is_empty() && !said.contains("panicked"), "{said}");
        assert_eq!(output.stdout, b"");
    }
    fs::write(dir.path().join("config.toml"), "\nmdsn = true\n").unwrap();
    let output = run(dir.path(), &["rpc"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("config.toml, line 2, key `mdsn`"), "{said}");
}

#[test]
fn a_port_in_use_is_said_to_be() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ada = Node::start(a.path());
    let address = ada.address();
    let taken = address.split("/p2p/").next().unwrap();

    let output = run(b.path(), &["rpc", "--listen", taken]);

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(taken), "{said}");
}

#[test]
fn nonsense_is_answered_and_the_connection_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut node = Node::start(dir.path());
    let mut code = |line: &str| {
        node.write(line);
        loop {
            let answer = node.line();
            if answer.get("id").is_some() {
                return answer["error"]["code"].as_i64().unwrap();
            }
        }
    };

    assert_eq!(code("nonsense"), -32700);
    assert_eq!(code(&"[".repeat(100_000)), -32700);
    assert_eq!(code(&format!("\"{}\"", "x".repeat(3_000_000))), -32700);
    assert_eq!(code("{}"), -32600);
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"file.open"}"#),
        -32601
    );
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"message.get"}"#),
        -32602
    );

    let huge = json!({"chat_id": "00".repeat(32), "text": "x".repeat(500_000)});
    assert_eq!(node.call("message.send", huge).unwrap_err()["code"], 1);
    assert_eq!(node.stop(), 0);
}

#[test]
fn what_cannot_be_is_refused_with_its_kind() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair { mut ada, ben, chat } = Pair::befriend(a.path(), b.path());
    let nobody = "a".repeat(51) + "a";
    let nothing = "77".repeat(32);

    assert_eq!(
        ada.refused("contact.add", json!({"link": "hello"})),
        "invalid"
    );
    assert_eq!(
        ada.refused("contact.add", json!({"link": "betwixt://c/#AAAA"})),
        "invalid"
    );
    assert_eq!(ada.refused("contact.add", json!({})), "invalid");
    let own = ada.ok("contact.invite", json!({}))["link"].clone();
    assert_eq!(ada.refused("contact.add", json!({"link": own})), "invalid");
    let oneself = ada.person();
    assert_eq!(
        ada.refused("contact.add", json!({"person_id": oneself})),
        "invalid"
    );
    assert_eq!(
        ada.refused("contact.safety", json!({"person_id": oneself})),
        "invalid"
    );
    assert_eq!(
        ada.refused("contact.add", json!({"person_id": nobody})),
        "not_found"
    );
    for method in [
        "contact.accept",
        "contact.remove",
        "contact.safety",
        "chat.direct",
    ] {
        assert_eq!(
            ada.refused(method, json!({"person_id": nobody})),
            "not_found",
            "{method}"
        );
    }
    for method in ["chat.info", "chat.set", "message.list"] {
        assert_eq!(
            ada.refused(method, json!({"chat_id": nothing})),
            "not_found",
            "{method}"
        );
    }
    for method in ["message.get", "message.receipts"] {
        assert_eq!(
            ada.refused(method, json!({"message_id": nothing})),
            "not_found",
            "{method}"
        );
    }
    let send = |text: String| json!({"chat_id": chat, "text": text});
    assert_eq!(
        ada.refused("message.send", json!({"chat_id": nothing, "text": "x"})),
        "not_found"
    );
    assert_eq!(
        ada.refused("message.read", json!({"chat_id": chat, "up_to": nothing})),
        "not_found"
    );
    assert_eq!(
        ada.refused("message.list", json!({"chat_id": chat, "before": nothing})),
        "not_found"
    );
    assert_eq!(
        ada.refused("message.send", send("x".repeat(16 * 1024 + 1))),
        "too_large"
    );
    ada.ok("message.send", send("x".repeat(16 * 1024)));
    assert_eq!(ben.stop(), 0);
}

#[test]
fn a_text_of_16_kib_arrives() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());
    let text = "ä".repeat(8 * 1024);

    ada.ok("message.send", json!({"chat_id": chat, "text": text}));

    assert_eq!(
        ben.event(json!({"type": "message", "outgoing": false}))["text"],
        text.as_str()
    );
}

#[test]
fn messages_sent_without_waiting_keep_their_order() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());

    let ids: Vec<u64> = (0..300)
        .map(|n| {
            ada.ask(
                "message.send",
                json!({"chat_id": chat, "text": n.to_string()}),
            )
        })
        .collect();
    for id in ids {
        ada.answer(id).unwrap();
    }

    ben.event(json!({"type": "message", "text": "299"}));
    let deadline = Instant::now() + PATIENCE;
    let expected: Vec<Value> = (0..300).map(|n| json!(n.to_string())).collect();
    for node in [&mut ada, &mut ben] {
        loop {
            let list = node.ok("message.list", json!({"chat_id": chat, "limit": 1000}));
            let rows = list.as_array().unwrap();
            if rows.len() == 300 {
                let texts: Vec<Value> = rows.iter().map(|row| row["text"].clone()).collect();
                assert_eq!(texts, expected);
                break;
            }
            assert!(Instant::now() < deadline, "{} of 300", rows.len());
            node.wait_event(Duration::from_millis(100));
        }
    }
}

#[test]
fn pages_of_history_meet() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair { mut ada, chat, .. } = Pair::befriend(a.path(), b.path());
    for n in 0..7 {
        ada.ok(
            "message.send",
            json!({"chat_id": chat, "text": n.to_string()}),
        );
    }
    let mut page = |params: Value| {
        let mut all = json!({"chat_id": chat, "limit": 3});
        all.as_object_mut()
            .unwrap()
            .extend(params.as_object().unwrap().clone());
        let page = ada.ok("message.list", all);
        let rows = page.as_array().unwrap().clone();
        let texts: Vec<String> = rows
            .iter()
            .map(|r| r["text"].as_str().unwrap().into())
            .collect();
        (texts.concat(), rows)
    };

    let (newest, rows) = page(json!({}));
    let (before, _) = page(json!({"before": rows[0]["message_id"]}));
    let (after, _) = page(json!({"after": rows[0]["message_id"]}));

    assert_eq!(
        (newest.as_str(), before.as_str(), after.as_str()),
        ("456", "123", "56")
    );
    assert_eq!(rows[2]["seq"], 6);
}

#[test]
fn everything_that_is_described_exists() {
    let dir = tempfile::tempdir().unwrap();
    let mut node = Node::start(dir.path());

    let document = node.ok("rpc.discover", json!({}));

    assert_eq!(document["openrpc"], "1.3.2");
    let methods = document["methods"].as_array().unwrap();
    assert!(methods.len() > 25);
    for method in methods {
        let name = method["name"].as_str().unwrap();
        if name == "node.lock" {
            continue;
        }
        if let Err(error) = node.call(name, json!({})) {
            assert_ne!(error["code"], -32601, "{name}");
        }
    }
}

#[test]
fn the_end_of_input_is_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path());
    let asked = Instant::now();

    assert_eq!(node.stop(), 0);

    assert!(asked.elapsed() < Duration::from_secs(3));
}

#[test]
fn what_was_asked_before_the_end_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = betwixt(dir.path());
    let mut child = command
        .arg("rpc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let line = json!({"jsonrpc": "2.0", "id": 7, "method": "node.info"}).to_string();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), line.as_bytes()).unwrap();

    let output = child.wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(0));
    let output = String::from_utf8(output.stdout).unwrap();
    assert!(output.contains("\"id\":7"), "{output}");
}

#[test]
fn signals_end_it_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        let dir = tempfile::tempdir().unwrap();
        let mut node = Node::start(dir.path());
        let asked = Instant::now();

        let pid = Pid::from_child(&node.child);
        kill_process(pid, signal).unwrap();

        assert_eq!(node.exit_code(), 0, "{signal:?}");
        assert!(asked.elapsed() < Duration::from_secs(3));
        assert!(!dir.path().join("rpc.sock").exists());
    }
}

#[test]
fn settings_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut node = Node::start(dir.path());

    node.ok("settings.set", json!({"read_receipts": false}));
    assert_eq!(node.stop(), 0);

    let settings = Node::start(dir.path()).ok("settings.get", json!({}));
    assert_eq!(
        settings,
        json!({"read_receipts": false, "typing": true, "presence": true, "nearby": true})
    );
}

#[test]
fn muted_and_pinned_are_mine_alone() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());

    ada.ok(
        "chat.set",
        json!({"chat_id": chat, "muted": true, "pinned": true}),
    );

    ada.event(json!({"type": "chat", "chat_id": chat, "what": "settings"}));
    let row = ada.ok("chat.list", json!({}))[0].clone();
    assert_eq!(
        (&row["muted"], &row["pinned"]),
        (&json!(true), &json!(true))
    );
    let row = ben.ok("chat.list", json!({}))[0].clone();
    assert_eq!(
        (&row["muted"], &row["pinned"]),
        (&json!(false), &json!(false))
    );
    let info = ben.ok("chat.info", json!({"chat_id": chat}));
    assert_eq!(info["members"].as_array().unwrap().len(), 2);
    assert_eq!(info["complete"], true);
}

fn copy_dir(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &to);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn messages_are_edited_reacted_to_pinned_and_deleted() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());
    let ben_id = ben.person();
    let sent = ada.ok(
        "message.send",
        json!({"chat_id": chat, "text": "helo", "mentions": [ben_id]}),
    );
    let id = sent["message_id"].clone();
    let heard = ben.event(json!({"type": "message", "message_id": id}));
    assert_eq!(
        (&heard["mentioned"], &heard["mentions"][0]),
        (&json!(true), &json!(ben_id))
    );

    ada.ok("message.edit", json!({"message_id": id, "text": "hello"}));
    let edited = ben.event(json!({"type": "message", "message_id": id, "text": "hello"}));
    assert!(edited["edited_at"].is_u64(), "{edited}");
    ben.ok(
        "message.react",
        json!({"message_id": id, "emoji": "👍", "on": true}),
    );
    let reactions = json!([{"emoji": "👍", "people": [ben_id]}]);
    ada.event(json!({"type": "message", "message_id": id, "reactions": reactions}));
    let history = ben.ok("message.history", json!({"message_id": id}));
    let texts: Vec<&str> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["helo", "hello"]);
    let list = ben.ok("message.list", json!({"chat_id": chat}));
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    ben.ok("message.pin", json!({"message_id": id, "on": true}));
    ada.event(json!({"type": "chat", "chat_id": chat, "what": "settings"}));
    let info = ada.ok("chat.info", json!({"chat_id": chat}));
    assert_eq!(info["pinned_messages"], json!([id]));
    let forbidden = ben.refused("message.edit", json!({"message_id": id, "text": "mine"}));
    assert_eq!(forbidden, "forbidden");
    let invalid = ben.refused(
        "message.react",
        json!({"message_id": id, "emoji": "no", "on": true}),
    );
    assert_eq!(invalid, "invalid");

    ada.ok("message.delete", json!({"message_id": id, "for": "all"}));
    let deleted = ben.event(json!({"type": "message", "message_id": id, "deleted": true}));
    assert_eq!(
        (&deleted["text"], &deleted["reactions"]),
        (&json!(""), &json!([]))
    );
    assert_eq!(deleted["deleted_by"], ada.person());
    assert_eq!(
        ben.ok("message.history", json!({"message_id": id})),
        json!([])
    );
    assert_eq!(
        ada.ok("chat.info", json!({"chat_id": chat}))["pinned_messages"],
        json!([])
    );
    ben.ok("message.delete", json!({"message_id": id, "for": "me"}));
    ben.event(json!({"type": "removed", "chat_id": chat, "message_id": id}));
    assert_eq!(ben.ok("message.list", json!({"chat_id": chat})), json!([]));
    assert_eq!(
        ada.ok("message.list", json!({"chat_id": chat}))
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn messages_are_found_by_their_words_until_they_are_gone() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());
    let mut ids = Vec::new();
    for text in [
        "The herons are back",
        "A heron, see https://example.org",
        "nothing",
    ] {
        let sent = ada.ok("message.send", json!({"chat_id": chat, "text": text}));
        ids.push(sent["message_id"].clone());
        ben.event(json!({"type": "message", "message_id": sent["message_id"]}));
    }
    let find = |node: &mut Node, params: Value| {
        let found = node.ok("search", params);
        let state = node.ok("search.state", json!({}));
        assert_eq!(state["complete"], true, "{state}");
        assert_eq!(state["indexed"], state["messages"]);
        let found = found.as_array().unwrap().iter();
        found
            .map(|found| found["message"]["message_id"].clone())
            .collect::<Vec<_>>()
    };
    for node in [&mut ada, &mut ben] {
        let newest = json!({"query": "heron", "order": "newest"});
        assert_eq!(find(node, newest), [ids[1].clone(), ids[0].clone()]);
        assert_eq!(find(node, json!({"query": "heron "})), [ids[1].clone()]);
        assert_eq!(find(node, json!({"query": "has:link"})), [ids[1].clone()]);
        let page = json!({"query": "heron", "order": "newest", "before": ids[1], "limit": 1});
        assert_eq!(find(node, page), [ids[0].clone()]);
    }
    let marked = ben.ok("search", json!({"query": "HERONS", "chat_id": chat}));
    let snippet = json!([
        {"text": "The ", "hit": false}, {"text": "herons", "hit": true}, {"text": " are back", "hit": false}
    ]);
    assert_eq!(marked[0]["snippet"], snippet);
    assert_eq!(marked[0]["message"]["text"], "The herons are back");
    let by = |of: &str| json!({"query": format!("from:{of} heron")});
    assert_eq!(find(&mut ben, by("me")).len(), 0);
    assert_eq!(find(&mut ada, by("me")).len(), 2);
    let from = json!({"query": "heron", "from": ada.person()});
    assert_eq!(find(&mut ben, from).len(), 2);
    for (query, kind) in [
        (json!({"query": "from:nobodyatall x"}), "not_found"),
        (json!({"query": "in:nowhereatall x"}), "not_found"),
        (json!({"query": "date:soon"}), "invalid"),
        (json!({"query": "..."}), "invalid"),
        (json!({"query": "x".repeat(2000)}), "too_large"),
        (
            json!({"query": "x", "chat_id": "0".repeat(64)}),
            "not_found",
        ),
    ] {
        assert_eq!(ben.refused("search", query.clone()), kind, "{query}");
    }

    ada.ok(
        "message.edit",
        json!({"message_id": ids[0], "text": "The owls are back"}),
    );
    ben.event(json!({"type": "message", "message_id": ids[0], "text": "The owls are back"}));
    ada.ok(
        "message.delete",
        json!({"message_id": ids[1], "for": "all"}),
    );
    ben.event(json!({"type": "message", "message_id": ids[1], "deleted": true}));

    for node in [&mut ada, &mut ben] {
        assert_eq!(find(node, json!({"query": "heron"})), [json!(null); 0]);
        assert_eq!(find(node, json!({"query": "owls"})), [ids[0].clone()]);
    }
    assert_eq!(ben.stop(), 0);
    let mut ben = Node::start(b.path());
    assert_eq!(find(&mut ben, json!({"query": "owls"})), [ids[0].clone()]);
}

#[test]
fn messages_disappear_and_stay_away_after_a_restart() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(a.path(), b.path());
    let refused = ada.refused("chat.set", json!({"chat_id": chat, "disappear_after_s": 1}));
    assert_eq!(refused, "invalid");

    ada.ok("chat.set", json!({"chat_id": chat, "disappear_after_s": 5}));
    ben.event(json!({"type": "chat", "chat_id": chat, "what": "settings"}));
    assert_eq!(ben.ok("chat.list", json!({}))[0]["disappear_after_s"], 5);
    let sent = ada.ok(
        "message.send",
        json!({"chat_id": chat, "text": "for a moment"}),
    );
    let id = sent["message_id"].clone();
    ben.event(json!({"type": "message", "message_id": id}));
    ben.ok("message.read", json!({"chat_id": chat, "up_to": id}));

    assert_eq!(
        ben.ok("search", json!({"query": "moment"}))
            .as_array()
            .unwrap()
            .len(),
        1
    );

    for node in [&mut ada, &mut ben] {
        node.event(json!({"type": "removed", "chat_id": chat, "message_id": id}));
        assert_eq!(node.ok("message.list", json!({"chat_id": chat})), json!([]));
        assert_eq!(node.ok("search", json!({"query": "moment"})), json!([]));
    }
    assert_eq!(ben.stop(), 0);
    let mut ben = Node::start(b.path());
    assert_eq!(ben.ok("message.list", json!({"chat_id": chat})), json!([]));
    let gone = ben.refused("message.get", json!({"message_id": id}));
    assert_eq!(gone, "not_found");
}
