//! Two contacts who cannot reach each other, and a relay: real processes, on loopback without any
//! listener, and on a network of namespaces.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::panic,
    reason = "it is a test"
)]

mod process;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use process::{
    Node, PATIENCE, Pair, betwixt,
    files::{content, info, saved, send, transfer},
    run,
};
use serde_json::{Value, json};

/// Messages of each side.
const EACH: usize = 100;

/// Found in no file of the relay.
const CANARY: &str = "Quetzalcoatlus";

#[test]
fn two_without_any_way_to_each_other_talk_through_a_relay_that_is_killed_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("ada"), folder.path().join("ben"));
    let chat = friends(&a, &b);
    let place = folder.path().join("relay");
    let mut relay = Relay::start(&mut serving(&place, &["--listen", "/ip4/127.0.0.1/tcp/0"]));
    let mut ada = Node::of(&mut hidden(&a, &relay.address));
    let mut ben = Node::of(&mut hidden(&b, &relay.address));
    carried(&mut ada);
    carried(&mut ben);

    let began = Instant::now();
    talk(&mut ada, &mut ben, &chat, 0..EACH);
    eprintln!(
        "{} messages each way, delivered, after {} ms",
        EACH,
        began.elapsed().as_millis()
    );
    read_all(&mut ada, &mut ben, &chat);
    one_by_one(&mut ada, &mut ben, &chat);

    relay.kill();
    let sent: Vec<Value> = (0..10)
        .map(|n| say(&mut ada, &chat, &format!("{CANARY} in between {n}")))
        .collect();
    let listen = relay.listen();
    let began = Instant::now();
    relay = Relay::start(&mut serving(&place, &["--listen", &listen]));
    for id in &sent {
        ada.event(json!({"type": "status", "message_id": id, "state": "delivered"}));
    }
    eprintln!(
        "delivered {} ms after the relay was started again",
        began.elapsed().as_millis()
    );
    talk(&mut ada, &mut ben, &chat, EACH..EACH + 20);

    let all = history(&mut ada, &chat);
    assert_eq!(all, history(&mut ben, &chat), "both show the same order");
    assert_eq!(all.len(), 2 * (EACH + 20) + 10 + 10);
    assert_eq!(ada.stop(), 0);
    assert_eq!(ben.stop(), 0);
    relay.kill();
    let mut names: Vec<_> = fs::read_dir(&place).unwrap().map(Result::unwrap).collect();
    names.sort_by_key(fs::DirEntry::file_name);
    let names: Vec<_> = names.iter().map(fs::DirEntry::file_name).collect();
    assert_eq!(names, ["files", "mailboxes", "relay.key"]);
    assert!(!holds(&place, CANARY.as_bytes()), "it can read nothing");
}

#[test]
fn a_message_waits_at_a_relay_for_somebody_who_comes_when_its_author_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("ada"), folder.path().join("ben"));
    let chat = friends(&a, &b);
    let place = folder.path().join("relay");
    let metrics = free_port();
    let config = folder.path().join("relay.toml");
    let text = format!("metrics = \"{metrics}\"\n[quota]\nmin_free_mib = 1\n");
    fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    let begin = |listen: &str| {
        let arguments = ["--config", config, "--listen", listen];
        Relay::start(&mut serving(&place, &arguments))
    };
    let mut relay = begin("/ip4/127.0.0.1/tcp/0");
    let listen = relay.listen();
    let mut ada = Node::of(&mut hidden(&a, &relay.address));
    carried(&mut ada);

    let sent: Vec<Value> = (0..20)
        .map(|n| say(&mut ada, &chat, &format!("{CANARY} for later {n}")))
        .collect();
    for id in &sent {
        ada.event(json!({"type": "status", "message_id": id, "state": "sent"}));
        let receipts = ada.ok("message.receipts", json!({"message_id": id}));
        assert_eq!(receipts[0]["state"], "held");
        assert_eq!(receipts[0]["held_by"], 1);
    }
    assert_eq!(ada.stop(), 0);
    let (status, numbers) = get(&metrics, "/metrics");
    assert!(status.contains("200"), "{status}");
    assert!(number(&numbers, "betwixt_relay_frames") >= 20, "{numbers}");
    assert_eq!(number(&numbers, "betwixt_relay_mailboxes"), 1);
    assert!(number(&numbers, "betwixt_relay_puts_total{status=\"stored\"}") >= 1);
    assert!(number(&numbers, "betwixt_relay_commit_seconds_count") >= 1);
    let (status, health) = get(&metrics, "/health");
    assert!(
        status.contains("200") && health == "It is well.\n",
        "{status} {health}"
    );
    assert!(get(&metrics, "/").0.contains("404"));

    relay.kill();
    relay = begin(&listen);
    let mut ben = Node::of(&mut hidden(&b, &relay.address));
    for n in 0..20 {
        ben.event(json!({"type": "message", "text": format!("{CANARY} for later {n}")}));
    }
    let paid = |text: &str| number(text, "betwixt_relay_puts_total{status=\"stored\"}") >= 1;
    let deadline = Instant::now() + PATIENCE;
    while !paid(&get(&metrics, "/metrics").1) {
        assert!(Instant::now() < deadline, "{}", get(&metrics, "/metrics").1);
        ben.wait_event(Duration::from_millis(50));
    }
    assert_eq!(ben.stop(), 0);
    assert_eq!(relay.terminate(), Some(0), "it ends as it is asked to");
    assert!(!holds(&place, CANARY.as_bytes()), "it can read nothing");

    let relay = begin(&listen);
    let mut ada = Node::of(&mut hidden(&a, &relay.address));
    let deadline = Instant::now() + PATIENCE;
    while page(&mut ada, &chat)
        .iter()
        .any(|message| message["state"] != "delivered")
    {
        assert!(Instant::now() < deadline, "{:?}", page(&mut ada, &chat));
        ada.wait_event(Duration::from_millis(50));
    }
}

#[test]
fn a_file_waits_at_a_relay_for_somebody_who_comes_when_its_sender_is_gone() {
    let mut kept = Kept::begin("");
    let mut ada = kept.ada();
    let content = content(1, 5 << 20);
    let path = kept.written("five.bin", &content);

    let (message, file) = send(&mut ada, &kept.chat, &path);
    let word = transfer(&mut ada, &file, "kept");
    let known = info(&mut ada, &message);
    assert_eq!(known["kept_until"], word["until"]);
    assert!(word["until"].as_u64().unwrap() > 1_700_000_000_000);
    assert_eq!(known["waiting_for"], word["waiting_for"]);
    let [person] = known["waiting_for"].as_array().unwrap().as_slice() else {
        panic!("{known}");
    };
    let person = person.clone();
    assert_eq!(ada.stop(), 0);
    let numbers = kept.numbers();
    assert_eq!(number(&numbers, "betwixt_relay_files"), 1, "{numbers}");
    let once = number(&numbers, "betwixt_relay_file_bytes_in_total");
    assert!(once < 6 << 20, "{once} bytes were put");
    let place = kept.folder.path().join("relay");
    assert!(!holds(&place, &content[1000..1064]), "it can read nothing");

    kept.relay.kill();
    kept.again();
    let numbers = kept.numbers();
    assert_eq!(number(&numbers, "betwixt_relay_files"), 1, "{numbers}");
    assert!(number(&numbers, "betwixt_relay_file_bytes") > 5 << 20);
    let mut ben = kept.ben();
    transfer(&mut ben, &file, "here");
    let to = kept.folder.path().join("saved");
    assert!(saved(&mut ben, &message, &to) == content, "byte for byte");
    assert_eq!(ben.stop(), 0);
    // All whom it waited for have it.
    let numbers = kept.numbers();
    assert_eq!(number(&numbers, "betwixt_relay_files"), 0, "{numbers}");
    assert!(number(&numbers, "betwixt_relay_file_bytes") < 10_000);

    let mut ada = kept.ada();
    assert_eq!(transfer(&mut ada, &file, "given")["person_id"], person);
    let known = info(&mut ada, &message);
    assert_eq!(
        (&known["waiting_for"], &known["kept_until"]),
        (&json!([]), &Value::Null)
    );
    assert_eq!(kept.relay.terminate(), Some(0));
}

#[test]
fn a_relay_lets_go_what_came_another_way() {
    let mut kept = Kept::begin("");
    let mut ada = kept.ada();
    let content = content(6, 300_000);
    let path = kept.written("notes.txt", &content);
    let (message, file) = send(&mut ada, &kept.chat, &path);
    transfer(&mut ada, &file, "kept");
    assert_eq!(ada.stop(), 0);
    kept.relay.kill();
    let [a, b] = ["ada", "ben"].map(|name| kept.folder.path().join(name));
    fs::write(a.join("config.toml"), "").unwrap();
    fs::write(b.join("config.toml"), "").unwrap();
    let mut ada = Node::start(&a);
    let address = ada.address();
    let both = ["--dial", &address, "--relay", &kept.relay.address];
    let mut ben = Node::start_with(&b, &both);
    transfer(&mut ben, &file, "here");
    assert_eq!(ada.stop(), 0);

    kept.again();

    let deadline = Instant::now() + PATIENCE;
    while number(&kept.numbers(), "betwixt_relay_files") > 0 {
        assert!(Instant::now() < deadline, "{}", kept.numbers());
        ben.wait_event(Duration::from_millis(100));
    }
    let to = kept.folder.path().join("saved");
    assert!(saved(&mut ben, &message, &to) == content, "it is here");
}

#[test]
fn the_command_line_says_until_when_a_relay_keeps_a_file() {
    let kept = Kept::begin("");
    let path = kept.written("notes.txt", &content(2, 100_000));
    let path = path.to_str().unwrap();
    let a = kept.folder.path().join("ada");
    let config = format!("listen = []\nrelay = [\"{}\"]\n", kept.relay.address);
    fs::write(a.join("config.toml"), config).unwrap();

    let sent = run(&a, &["send", path, "--to", "Ben"]);

    let said = String::from_utf8_lossy(&sent.stdout).into_owned();
    let errors = String::from_utf8_lossy(&sent.stderr).into_owned();
    let until = said.strip_prefix("kept by a relay until ");
    let until = until.and_then(|said| said.strip_suffix("; it is given when they are online\n"));
    let until = until.unwrap_or_else(|| panic!("{said}: {errors}"));
    assert!(until.starts_with("20") && until.ends_with(" UTC"), "{said}");
    let listed = run(&a, &["log"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let shown = format!("[file notes.txt, 100.0 kB, here, kept by a relay until {until}]");
    assert!(listed.contains(&shown), "{listed}");
}

#[test]
fn who_lacks_a_file_that_no_relay_keeps_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("ada"), folder.path().join("ben"));
    let chat = friends(&a, &b);
    let path = folder.path().join("notes.txt");
    fs::write(&path, content(3, 100_000)).unwrap();
    let mut ada = Node::start(&a);

    let (message, file) = send(&mut ada, &chat, &path);

    let waiting = transfer(&mut ada, &file, "waiting");
    assert_eq!(waiting["problem"], Value::Null);
    assert_eq!(waiting["waiting_for"].as_array().unwrap().len(), 1);
    let known = info(&mut ada, &message);
    assert_eq!(known["waiting_for"], waiting["waiting_for"]);
}

#[test]
fn a_relay_that_gives_something_else_costs_only_time() {
    let mut kept = Kept::begin("");
    let mut ada = kept.ada();
    let content = content(4, 3_000_000);
    let path = kept.written("three.bin", &content);
    let (message, file) = send(&mut ada, &kept.chat, &path);
    transfer(&mut ada, &file, "kept");
    assert_eq!(ada.stop(), 0);
    kept.relay.kill();
    let files = fs::read_dir(kept.folder.path().join("relay/files")).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let mut files = files.filter(|path| path.extension().is_some_and(|it| it == "blob"));
    let data = files.next().unwrap();
    let mut bytes = fs::read(&data).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&data, &bytes).unwrap();

    kept.again();
    let mut ben = kept.ben();
    ben.event(json!({"type": "message", "message_id": message}));
    let until = Instant::now() + Duration::from_secs(6);
    while Instant::now() < until {
        ben.wait_event(Duration::from_millis(100));
    }
    assert_eq!(info(&mut ben, &message)["state"], "fetching");
    assert_eq!(ben.stop(), 0);

    let [a, b] = ["ada", "ben"].map(|name| kept.folder.path().join(name));
    fs::write(a.join("config.toml"), "").unwrap();
    fs::write(b.join("config.toml"), "").unwrap();
    let mut ada = Node::start(&a);
    let address = ada.address();
    let both = ["--dial", &address, "--relay", &kept.relay.address];
    let mut ben = Node::start_with(&b, &both);
    transfer(&mut ben, &file, "here");
    let to = kept.folder.path().join("saved");
    assert!(saved(&mut ben, &message, &to) == content, "byte for byte");
    transfer(&mut ada, &file, "given");
}

#[test]
fn a_relay_without_room_for_a_file_says_so_and_its_sender_too() {
    let kept = Kept::begin(
        "file_mib = 4\ntopic_files_mib = 5\nclient_files_mib = 5\ntotal_files_mib = 5\n",
    );
    let mut ada = kept.ada();

    for (size, said) in [
        (4_500_000, Some("no files as large")),
        (3_000_000, None),
        (2_500_000, Some("no room")),
        (1_000_000, None),
    ] {
        let path = kept.written(&size.to_string(), &content(5, size));
        let (message, file) = send(&mut ada, &kept.chat, &path);
        match said {
            Some(said) => {
                let waiting = transfer(&mut ada, &file, "waiting");
                let problem = waiting["problem"].as_str().unwrap();
                assert!(problem.contains(said), "{size}: {problem}");
            }
            None => {
                transfer(&mut ada, &file, "kept");
            }
        }
        let known = info(&mut ada, &message);
        assert_eq!(known["kept_until"].is_null(), said.is_some(), "{known}");
        assert_eq!(known["waiting_for"].as_array().unwrap().len(), 1);
    }
    let numbers = kept.numbers();
    assert_eq!(number(&numbers, "betwixt_relay_files"), 2, "{numbers}");
    assert!(number(&numbers, "betwixt_relay_refusals_total{reason=\"full\"}") >= 1);
    let too_large = "betwixt_relay_refusals_total{reason=\"too_large\"}";
    assert!(number(&numbers, too_large) >= 1);
    // Text is not concerned.
    let sent = say(&mut ada, &kept.chat, "all the same");
    ada.event(json!({"type": "status", "message_id": sent, "state": "sent"}));
}

#[test]
fn settings_of_a_relay_that_make_no_sense_are_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("relay");
    let config = folder.path().join("relay.toml");
    for (text, said) in [
        ("metrics = \"0.0.0.0:1\"", "this machine only"),
        ("[quota]\nkeep_days = 99", "1 to 30 days"),
        ("kepe = true", "line 1"),
        ("token_file = \"/nowhere\"", "/nowhere cannot be read"),
    ] {
        fs::write(&config, text).unwrap();

        let output = serving(&place, &["--config", config.to_str().unwrap()])
            .output()
            .unwrap();

        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(said), "{error}");
        assert!(!place.exists(), "nothing was made");
    }
}

#[test]
fn a_relay_with_a_token_carries_nothing_for_those_who_do_not_know_it() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("ada"), folder.path().join("ben"));
    let chat = friends(&a, &b);
    let place = folder.path().join("relay");
    let token = "0123456789abcdef0123456789abcdef";
    let listen = ["--listen", "/ip4/127.0.0.1/tcp/0", "--token", token];
    let relay = Relay::start(&mut serving(&place, &listen));
    let (bare, shown) = relay.address.split_once('#').unwrap();
    assert_eq!(shown, token);
    let mut ada = Node::of(&mut hidden(&a, &relay.address));
    carried(&mut ada);

    let wrong = format!("{bare}#{}", "ff".repeat(16));
    let mut ben = Node::of(&mut hidden(&b, &wrong));
    let warning = ben.event(json!({"type": "warning", "kind": "network"}));
    let text = warning["text"].as_str().unwrap();
    assert!(text.contains("does not let this node in"), "{text}");
    assert_eq!(ben.stop(), 0);
    let sent = say(&mut ada, &chat, "only for those who know");
    let mut ben = Node::of(&mut hidden(&b, bare));
    let warning = ben.event(json!({"type": "warning", "kind": "network"}));
    let text = warning["text"].as_str().unwrap();
    assert!(text.contains("does not let this node in"), "{text}");
    let refused = ben.ok("node.info", json!({}))["relays"][0].clone();
    assert_eq!(refused["topics"], 0, "{refused}");
    assert_eq!(refused["address"], bare);
    assert_eq!(history(&mut ben, &chat).len(), 0);
    assert_eq!(ben.stop(), 0);

    let mut ben = Node::of(&mut hidden(&b, &relay.address));
    ben.event(json!({"type": "message", "text": "only for those who know"}));
    ada.event(json!({"type": "status", "message_id": sent, "state": "delivered"}));
}

#[test]
fn a_relay_that_is_none_is_a_sentence_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("ada");
    let id = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
    let good = format!("/ip4/192.0.2.9/tcp/4002/p2p/{id}");
    let secret = "0123456789abcdef0123456789abcdef";
    for bad in [
        "nonsense".to_owned(),
        "/ip4/192.0.2.9/tcp/4002".to_owned(),
        format!("{good}#1234"),
        format!("{good}#{secret}00"),
    ] {
        let output = run(&profile, &["--relay", &bad, "rpc"]);

        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{bad}: {said}");
        assert!(said.contains("full address of a relay"), "{said}");
        assert!(!said.contains(secret), "{said}");
        assert!(!profile.exists(), "nothing was made");
    }
}

#[test]
fn two_on_networks_of_their_own_talk_through_a_relay_on_both() {
    let Some(_net) = TwoNets::up() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("ada"), folder.path().join("ben"));
    let chat = friends(&a, &b);
    let place = folder.path().join("relay");
    let listen = ["relay", "--listen", "/ip4/0.0.0.0/tcp/4002"];
    let relay = Relay::start(within("bxr2", &place).args(listen));
    let (_, id) = relay.address.split_once("/p2p/").unwrap();
    let reach = |net: u8| format!("/ip4/10.78.{net}.2/tcp/4002/p2p/{id}");
    let mut ada = Node::of(within("bxr1", &a).args(["--relay", &reach(1), "rpc"]));
    let mut ben = Node::of(within("bxr3", &b).args(["--relay", &reach(2), "rpc"]));
    carried(&mut ada);
    carried(&mut ben);

    talk(&mut ada, &mut ben, &chat, 0..EACH);
    read_all(&mut ada, &mut ben, &chat);

    let all = history(&mut ada, &chat);
    assert_eq!(all, history(&mut ben, &chat), "both show the same order");
    assert_eq!(all.len(), 2 * EACH);
}

/// Two people who cannot reach each other, and a relay that keeps their files.
struct Kept {
    folder: tempfile::TempDir,
    chat: String,
    relay: Relay,
    config: String,
    /// Where the relay tells its numbers.
    metrics: String,
}

impl Kept {
    /// The relay has these quotas.
    fn begin(quotas: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("ada"), folder.path().join("ben"));
        let chat = friends(&a, &b);
        let (config, metrics) = keeping(folder.path(), quotas);
        let relay = Self::serve(folder.path(), &config, "/ip4/127.0.0.1/tcp/0");
        Self {
            folder,
            chat,
            relay,
            config,
            metrics,
        }
    }

    fn serve(folder: &Path, config: &str, listen: &str) -> Relay {
        let arguments = ["--config", config, "--listen", listen];
        Relay::start(&mut serving(&folder.join("relay"), &arguments))
    }

    /// Starts the relay that was killed where it was.
    fn again(&mut self) {
        self.relay = Self::serve(self.folder.path(), &self.config, &self.relay.listen());
    }

    /// Ada, once the relay carries what they say.
    fn ada(&self) -> Node {
        let mut ada = Node::of(&mut hidden(
            &self.folder.path().join("ada"),
            &self.relay.address,
        ));
        carried(&mut ada);
        ada
    }

    fn ben(&self) -> Node {
        let profile = self.folder.path().join("ben");
        Node::of(&mut hidden(&profile, &self.relay.address))
    }

    /// The numbers of the relay.
    fn numbers(&self) -> String {
        get(&self.metrics, "/metrics").1
    }

    fn written(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// Settings of a relay with quotas, and where it tells its numbers.
fn keeping(folder: &Path, quotas: &str) -> (String, String) {
    let metrics = free_port();
    let config = folder.join("relay.toml");
    let text = format!("metrics = \"{metrics}\"\n[quota]\nmin_free_mib = 1\n{quotas}");
    fs::write(&config, text).unwrap();
    (config.to_str().unwrap().to_owned(), metrics)
}

/// Whether any file under a place holds these bytes.
fn holds(place: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(place).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        let held = fs::read(&path).unwrap();
        held.windows(bytes.len()).any(|window| window == bytes)
    })
}

/// A port of this machine that nobody listens at.
fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Status line and body of an answer.
fn get(address: &str, path: &str) -> (String, String) {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

/// A number of `/metrics`.
fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |value| value.trim().parse().unwrap())
}

/// Two people who met on one network, and have left it.
fn friends(a: &Path, b: &Path) -> String {
    let Pair { ada, ben, chat } = Pair::befriend(a, b);
    assert_eq!(ada.stop(), 0);
    assert_eq!(ben.stop(), 0);
    chat
}

/// A node that listens nowhere, and uses a relay.
fn hidden(profile: &Path, relay: &str) -> Command {
    fs::write(profile.join("config.toml"), "listen = []\n").unwrap();
    let mut command = betwixt(profile);
    command.args(["--relay", relay, "rpc"]);
    command
}

fn serving(place: &Path, arguments: &[&str]) -> Command {
    let mut command = betwixt(place);
    command.arg("relay").args(arguments);
    command
}

/// Waits until the relay carries a topic.
fn carried(node: &mut Node) {
    relays(node, |relay| relay["topics"].as_u64() > Some(0));
}

fn relays(node: &mut Node, wanted: impl Fn(&Value) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let info = node.ok("node.info", json!({}));
        if wanted(&info["relays"][0]) {
            return;
        }
        assert!(Instant::now() < deadline, "{info}");
        node.wait_event(Duration::from_millis(50));
    }
}

fn say(node: &mut Node, chat: &str, text: &str) -> Value {
    let sent = node.ok("message.send", json!({"chat_id": chat, "text": text}));
    sent["message_id"].clone()
}

/// Both say things at once, and wait until all of it is delivered.
fn talk(ada: &mut Node, ben: &mut Node, chat: &str, numbers: std::ops::Range<usize>) {
    let mut asked = Vec::new();
    for n in numbers {
        for (who, node) in [&mut *ada, &mut *ben].into_iter().enumerate() {
            let text = format!("{CANARY} {n}");
            let id = node.ask("message.send", json!({"chat_id": chat, "text": text}));
            asked.push((who, id));
        }
    }
    for (who, id) in asked {
        let node = if who == 0 { &mut *ada } else { &mut *ben };
        let sent = node.answer(id).unwrap()["message_id"].clone();
        node.event(json!({"type": "status", "message_id": sent, "state": "delivered"}));
    }
}

/// Both read everything, and learn that the other has.
fn read_all(ada: &mut Node, ben: &mut Node, chat: &str) {
    let ids = history(ada, chat);
    let last = ids.last().unwrap();
    for node in [&mut *ada, &mut *ben] {
        node.ok("message.read", json!({"chat_id": chat, "up_to": last}));
    }
    for node in [ada, ben] {
        for message in page(node, chat) {
            if message["outgoing"] == true && message["state"] != "read" {
                let id = &message["message_id"];
                node.event(json!({"type": "status", "message_id": id, "state": "read"}));
            }
        }
    }
}

/// How long a message takes when nothing else is said.
fn one_by_one(ada: &mut Node, ben: &mut Node, chat: &str) {
    let mut times = Vec::new();
    for n in 0..10 {
        let began = Instant::now();
        let text = format!("one by one {n}");
        say(ada, chat, &text);
        ben.event(json!({"type": "message", "text": text}));
        times.push(began.elapsed());
    }
    times.sort_unstable();
    eprintln!("one message through the relay: median {:?}", times[5]);
}

fn page(node: &mut Node, chat: &str) -> Vec<Value> {
    let newest = node.ok("message.list", json!({"chat_id": chat, "limit": 1000}));
    newest.as_array().unwrap().clone()
}

/// The ids of a chat's messages in display order.
fn history(node: &mut Node, chat: &str) -> Vec<String> {
    let ids: Vec<String> = page(node, chat)
        .iter()
        .map(|message| message["message_id"].as_str().unwrap().to_owned())
        .collect();
    let once: BTreeSet<_> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "nothing is doubled");
    ids
}

/// A relay in a process.
struct Relay {
    child: Child,
    /// What it printed first.
    address: String,
}

impl Relay {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        // What else it prints has to go somewhere.
        std::thread::spawn(move || output.lines().map_while(Result::ok).for_each(drop));
        let address = line.trim().to_owned();
        assert!(address.contains("/p2p/"), "{address}");
        Self { child, address }
    }

    /// Where it listens, to do so again.
    fn listen(&self) -> String {
        self.address.split_once("/p2p/").unwrap().0.to_owned()
    }

    /// Asks it to end; its exit code.
    fn terminate(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.unwrap().success());
        self.child.wait().unwrap().code()
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Three hosts: the second has a cable to the first and one to the third, and passes nothing on.
struct TwoNets;

impl TwoNets {
    /// Makes them. `None`, and a word about why, where that cannot be done.
    fn up() -> Option<Self> {
        let root = Command::new("id")
            .arg("-u")
            .output()
            .is_ok_and(|out| out.stdout == b"0\n");
        Self::down();
        if !root || !ip("netns add bxr2") {
            eprintln!("NOT RUN: it needs root and iproute2, to make a network of namespaces");
            return None;
        }
        for (host, cable, number) in [("bxr1", "left", 1), ("bxr3", "right", 2)] {
            for command in [
                format!("netns add {host}"),
                format!("-n bxr2 link add {cable} type veth peer name eth0 netns {host}"),
                format!("-n bxr2 link set {cable} up"),
                format!("-n bxr2 addr add 10.78.{number}.2/24 dev {cable}"),
                format!("-n {host} link set lo up"),
                format!("-n {host} link set eth0 up"),
                format!("-n {host} addr add 10.78.{number}.1/24 dev eth0"),
            ] {
                assert!(ip(&command), "ip {command}");
            }
        }
        Some(Self)
    }

    fn down() {
        for host in ["bxr1", "bxr2", "bxr3"] {
            ip(&format!("netns del {host}"));
        }
    }
}

impl Drop for TwoNets {
    fn drop(&mut self) {
        Self::down();
    }
}

fn ip(arguments: &str) -> bool {
    Command::new("ip")
        .args(arguments.split(' '))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The program on a host.
fn within(host: &str, profile: &Path) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", host, env!("CARGO_BIN_EXE_betwixt")]);
    command.arg("--profile").arg(profile);
    command
}
