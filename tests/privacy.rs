//! What must not leave the program on this machine: no secret in a log, nothing to other users, and
//! no reader of the private socket who stops the rest.

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
    fs::{self, File, Permissions},
    io::{BufRead as _, BufReader, ErrorKind, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use betwixt::proto::words;
use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use process::{Node, PATIENCE, befriended, betwixt};
use serde_json::json;

/// A node that logs everything it can into a file.
fn loud(profile: &Path, log: &Path, arguments: &[&str]) -> Node {
    let mut command = betwixt(profile);
    command
        .args(["--listen", "/ip4/127.0.0.1/tcp/0", "--log", "trace"])
        .args(arguments)
        .arg("rpc")
        .stderr(File::create(log).unwrap());
    Node::of(&mut command)
}

/// The forms in which bytes might stand in a log.
fn forms(of: &[u8]) -> Vec<Vec<u8>> {
    let list = format!("{of:?}");
    let mut forms = vec![of.to_vec(), list.trim_matches(['[', ']']).into()];
    for text in [
        HEXLOWER.encode(of),
        HEXUPPER.encode(of),
        BASE32_NOPAD.encode(of),
        BASE32_NOPAD.encode(of).to_lowercase(),
        BASE64_NOPAD.encode(of),
        BASE64URL_NOPAD.encode(of),
    ] {
        forms.push(text.into_bytes());
    }
    forms
}

/// Where a line of the log is that has it, in whatever form.
fn found<'a>(log: &'a str, secret: &[u8]) -> Option<&'a str> {
    let has = |line: &&str| {
        forms(secret)
            .iter()
            .any(|form| line.as_bytes().windows(form.len()).any(|w| w == form))
    };
    log.lines().find(has)
}

#[test]
fn no_secret_reaches_a_log_even_when_everything_is_logged() {
    let home = tempfile::tempdir().unwrap();
    let dir = |name: &str| home.path().join(name);
    let logs = [dir("ada.log"), dir("ben.log"), dir("ada again.log")];
    let mut ada = loud(&dir("ada"), &logs[0], &[]);
    let address = ada.address();
    let mut ben = loud(&dir("ben"), &logs[1], &["--dial", &address]);
    let mut secrets: Vec<(&str, Vec<u8>)> = Vec::new();
    let mut secret = |what, bytes: &[u8]| secrets.push((what, bytes.to_vec()));

    for (node, name) in [(&mut ada, "Ada Quexwib"), (&mut ben, "Ben Vulpozr")] {
        node.ok("profile.set", json!({"name": name}));
        secret("a name", name.as_bytes());
    }
    for (node, profile) in [(&mut ada, dir("ada")), (&mut ben, dir("ben"))] {
        let key = fs::read(profile.join("vault.key")).unwrap();
        secret("the key of a vault", &key[..32]);
        let recovery = node.ok("node.recovery", json!({}));
        let recovery = recovery["words"].as_str().unwrap().to_owned();
        secret("recovery words", recovery.as_bytes());
        let three: Vec<&str> = recovery.split(' ').take(3).collect();
        secret("some recovery words", three.join(" ").as_bytes());
        let seed = words::from_words(&recovery).unwrap();
        secret("the seed of an account", seed.expose());
    }
    let invite = ada.ok("contact.invite", json!({}));
    let link = invite["link"].as_str().unwrap().to_owned();
    secret("an invite", &link.as_bytes()[link.len() - 40..]);
    ben.ok("contact.add", json!({"link": link}));
    let chat = befriended(&mut ada, &mut ben);
    for n in 0..20 {
        let (from, to) = if n % 2 == 0 {
            (&mut ada, &mut ben)
        } else {
            (&mut ben, &mut ada)
        };
        let text = format!("canary-{n}-Wexqua-Jolbrinth");
        secret("a message", text.as_bytes());
        from.ok("typing.set", json!({"chat_id": chat, "typing": true}));
        let sent = from.ok("message.send", json!({"chat_id": chat, "text": text}));
        to.event(json!({"type": "message", "text": text}));
        let up_to = &sent["message_id"];
        to.ok("message.read", json!({"chat_id": chat, "up_to": up_to}));
        from.event(json!({"type": "status", "message_id": up_to, "state": "read"}));
    }
    let safety = ada.ok("contact.safety", json!({"person_id": ben.person()}));
    secret(
        "a safety number",
        safety["number"].as_str().unwrap().as_bytes(),
    );
    let (one, two) = ("tolerable zeppelin 81", "other zeppelin 82");
    secret("a passphrase", one.as_bytes());
    secret("a wrong passphrase", two.as_bytes());
    ada.ok("node.passphrase", json!({"new": one}));
    ada.ok("node.lock", json!({}));
    ada.refused("node.unlock", json!({"passphrase": two}));
    ada.ok("node.unlock", json!({"passphrase": one}));
    assert_eq!(ada.stop(), 0);
    let file = dir("passphrase");
    fs::write(&file, one).unwrap();
    let mut ada = loud(
        &dir("ada"),
        &logs[2],
        &["--passphrase-file", file.to_str().unwrap()],
    );
    ada.ok("message.list", json!({"chat_id": chat}));
    assert_eq!(ada.stop(), 0);
    assert_eq!(ben.stop(), 0);

    for log in &logs {
        let said = String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned();
        // Else nothing would be shown by what is not in it.
        for level in ["TRACE", "DEBUG", "libp2p"] {
            assert!(said.contains(level), "{level} in {}", log.display());
        }
        for (what, secret) in &secrets {
            if let Some(line) = found(&said, secret) {
                panic!("{what} in {}: {line}", log.display());
            }
        }
        assert!(!said.contains("panicked"), "{}", log.display());
    }
}

const SOCKET: &str = "BETWIXT_TEST_SOCKET";

#[test]
#[ignore = "the other half of the test below, which starts it as another user"]
fn knock() {
    let Ok(socket) = std::env::var(SOCKET) else {
        return;
    };
    let said = match UnixStream::connect(socket) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => "kept out".to_owned(),
        Err(error) => format!("{error}"),
        Ok(stream) => {
            let mut line = String::new();
            match BufReader::new(stream).read_line(&mut line) {
                Ok(0) => "turned away".to_owned(),
                // It was closed before we had asked.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => "turned away".into(),
                other => format!("{other:?} {line}"),
            }
        }
    };
    println!("knocked: {said}.");
}

#[test]
fn other_users_are_kept_from_the_private_socket_and_turned_away_at_it() {
    let home = tempfile::tempdir().unwrap();
    let profile = home.path().join("ada");
    let node = Node::start(&profile);
    let socket = profile.join("rpc.sock");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let deadline = Instant::now() + PATIENCE;
    while !socket.exists() || mode(&socket) != 0o600 {
        assert!(Instant::now() < deadline, "there is no private socket");
        std::thread::yield_now();
    }
    assert_eq!(mode(&profile), 0o700);
    // Somebody else may not reach what we were built into.
    let program = home.path().join("knock");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let open = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    open(home.path(), 0o755);
    open(&program, 0o755);
    let knock = |as_whom: &[&str]| {
        let (first, rest) = as_whom.split_first().unwrap();
        Command::new(first)
            .args(rest)
            .arg(&program)
            .args(["--exact", "knock", "--ignored", "--nocapture"])
            .env(SOCKET, &socket)
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .map(|out| String::from_utf8_lossy(&out.stdout).into_owned())
            .unwrap_or_default()
    };
    let nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ];

    let said = knock(&nobody);
    if !said.contains("knocked") {
        eprintln!("NOT RUN: it needs root and setpriv, to be another user");
        return;
    }

    assert!(said.contains("knocked: kept out."), "{said}");
    // And if somebody opens the door to all.
    open(&profile, 0o755);
    open(&socket, 0o666);
    let said = knock(&nobody);
    assert!(said.contains("knocked: turned away."), "{said}");
    let said = knock(&["env"]);
    assert!(said.contains("ready"), "the same user is answered: {said}");
    assert_eq!(node.stop(), 0);
}

/// Memory of a process, in KiB.
fn memory(of: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{of}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

#[test]
fn who_asks_and_never_reads_costs_little_and_stops_nobody() {
    let home = tempfile::tempdir().unwrap();
    let mut node = Node::start(home.path());
    let socket = home.path().join("rpc.sock");
    node.ok("profile.set", json!({"name": "Ada"}));
    let before = memory(node.child.id());
    let deadline = Instant::now() + PATIENCE;
    let connect = || loop {
        match UnixStream::connect(&socket) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    let question = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.discover\"}\n".repeat(100);

    let mut asked = 0;
    let mut deaf = Vec::new();
    for _ in 0..8 {
        let mut stream = connect();
        let wait = Some(Duration::from_millis(300));
        stream.set_write_timeout(wait).unwrap();
        // Until nothing more is taken from us.
        while stream.write_all(&question).is_ok() {
            asked += 100;
            assert!(asked < 1_000_000, "it takes questions without end");
        }
        deaf.push(stream);
    }
    for n in 0..200 {
        node.ok("profile.set", json!({"name": format!("Ada {n}")}));
    }

    let start = Instant::now();
    node.ok("contact.list", json!({}));
    assert!(start.elapsed() < Duration::from_secs(1));
    let mut line = String::new();
    let mut other = BufReader::new(connect());
    other.read_line(&mut line).unwrap();
    assert!(line.contains("\"ready\""), "{line}");
    let more = memory(node.child.id()).saturating_sub(before);
    println!(
        "{} deaf readers, {asked} questions: {more} KiB more",
        deaf.len()
    );
    assert!(more < 40 << 10, "{more} KiB");
    assert_eq!(node.stop(), 0);
}
