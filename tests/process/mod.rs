//! The real program as a black box: `betwixt rpc` in a process, with a profile of its own.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "it is a test"
)]

pub mod files;

use std::{
    collections::{BTreeMap, VecDeque},
    ffi::OsStr,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Output, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// Longer than anything takes, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The program, free of whatever the environment says but `TEST_LOG`, a log filter.
pub fn betwixt(profile: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_betwixt"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BETWIXT_") {
            command.env_remove(name);
        }
    }
    command.arg("--profile").arg(profile).arg("--no-mdns");
    if let Ok(filter) = std::env::var("TEST_LOG") {
        command.args(["--log", &filter]);
    }
    command
}

/// Runs it to its end, with nothing on standard input.
pub fn run(profile: &Path, arguments: &[&str]) -> Output {
    betwixt(profile)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// A running node.
pub struct Node {
    pub child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    events: VecDeque<Value>,
    answers: BTreeMap<u64, Value>,
    next_id: u64,
    /// The params of `ready`.
    pub info: Value,
}

impl Node {
    /// Starts one that listens on loopback only.
    pub fn start(profile: &Path) -> Self {
        Self::start_with::<&str>(profile, &[])
    }

    /// As above, with more arguments.
    pub fn start_with<A: AsRef<OsStr>>(profile: &Path, arguments: &[A]) -> Self {
        let mut command = betwixt(profile);
        command
            .args(["--listen", "/ip4/127.0.0.1/tcp/0"])
            .args(arguments)
            .arg("rpc");
        Self::of(&mut command)
    }

    /// Starts what the command says.
    pub fn of(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = sync_channel(100_000);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let mut node = Self {
            input: child.stdin.take(),
            child,
            lines,
            events: VecDeque::new(),
            answers: BTreeMap::new(),
            next_id: 1,
            info: Value::Null,
        };
        let ready = node.line();
        assert_eq!(ready["method"], "ready", "{ready}");
        node.info = ready["params"].clone();
        node
    }

    pub fn person(&self) -> String {
        self.info["person_id"].as_str().unwrap().to_owned()
    }

    /// An address at which it can be dialled, once it listens.
    pub fn address(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let info = self.ok("node.info", json!({}));
            if let Some(address) = info["listen"][0].as_str() {
                return address.to_owned();
            }
            assert!(Instant::now() < deadline, "it does not listen");
            self.wait_event(Duration::from_millis(50));
        }
    }

    /// Writes a line as it is.
    pub fn write(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    /// Asks without waiting; the id.
    pub fn ask(&mut self, method: &str, params: Value) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.write(&request.to_string());
        id
    }

    /// Waits for the answer to a question.
    pub fn answer(&mut self, id: u64) -> Result<Value, Value> {
        loop {
            if let Some(mut line) = self.answers.remove(&id) {
                return match line.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(line["result"].take()),
                };
            }
            let line = self.line();
            self.keep(line);
        }
    }

    pub fn call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.ask(method, params);
        self.answer(id)
    }

    /// A call that succeeds.
    #[track_caller]
    pub fn ok(&mut self, method: &str, params: Value) -> Value {
        self.call(method, params)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The kind of the refusal of a call that is refused.
    #[track_caller]
    pub fn refused(&mut self, method: &str, params: Value) -> String {
        let error = self.call(method, params).expect_err(method);
        assert_eq!(error["code"], 1, "{error}");
        assert!(error["message"].as_str().unwrap().len() > 10, "{error}");
        error["data"]["kind"].as_str().unwrap().to_owned()
    }

    /// The next line that is not an answer, or whatever comes.
    pub fn line(&mut self) -> Value {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => serde_json::from_str(&line).unwrap(),
            Err(error) => panic!("no line: {error:?}; events so far: {:#?}", self.events),
        }
    }

    fn keep(&mut self, mut line: Value) {
        if let Some(id) = line["id"].as_u64() {
            self.answers.insert(id, line);
            return;
        }
        assert_eq!(line["method"], "event", "{line}");
        self.events.push_back(line["params"].take());
    }

    /// Waits a little for anything to happen.
    pub fn wait_event(&mut self, time: Duration) {
        match self.lines.recv_timeout(time) {
            Ok(line) => self.keep(serde_json::from_str(&line).unwrap()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("it has ended"),
        }
    }

    /// The first event that has these fields, among those kept or to come. Others are kept.
    #[track_caller]
    pub fn event(&mut self, fields: Value) -> Value {
        let fits = |event: &Value| {
            fields
                .as_object()
                .unwrap()
                .iter()
                .all(|(name, value)| &event[name] == value)
        };
        if let Some(at) = self.events.iter().position(fits) {
            return self.events.remove(at).unwrap();
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("no event with {fields}; there were: {:#?}", self.events);
            };
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["method"] == "event" && fits(&line["params"]) {
                return line["params"].clone();
            }
            self.keep(line);
        }
    }

    /// The events so far that nobody waited for.
    pub fn events(&self) -> impl Iterator<Item = &Value> {
        self.events.iter()
    }

    /// Forgets the events so far.
    pub fn forget_events(&mut self) {
        self.events.clear();
    }

    /// Closes its standard input, and returns its exit code.
    pub fn stop(mut self) -> i32 {
        drop(self.input.take());
        self.exit_code()
    }

    /// Waits until it has ended by itself.
    pub fn exit_code(&mut self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two nodes of two people who are contacts, and the chat they have.
pub struct Pair {
    pub ada: Node,
    pub ben: Node,
    pub chat: String,
}

impl Pair {
    /// Ben dials Ada, asks, and is accepted.
    pub fn befriend(ada_profile: &Path, ben_profile: &Path) -> Self {
        let mut ada = Node::start(ada_profile);
        let address = ada.address();
        let mut ben = Node::start_with(ben_profile, &["--dial", &address]);
        ada.ok("profile.set", json!({"name": "Ada"}));
        ben.ok("profile.set", json!({"name": "Ben"}));
        let (a, b) = (ada.person(), ben.person());
        ben.event(json!({"type": "nearby", "person_id": a, "name": "Ada", "present": true}));
        ada.event(json!({"type": "nearby", "person_id": b, "name": "Ben", "present": true}));
        ben.ok("contact.add", json!({"person_id": a}));
        let chat = befriended(&mut ada, &mut ben);
        Self { ada, ben, chat }
    }
}

/// Has the first accept the second, who asked; the chat.
pub fn befriended(asked: &mut Node, asking: &mut Node) -> String {
    let (a, b) = (asked.person(), asking.person());
    contact(asked, &b, &json!("incoming"));
    asked.ok("contact.accept", json!({"person_id": b}));
    contact(asking, &a, &Value::Null);
    let chat = asked.ok("chat.direct", json!({"person_id": b}));
    assert_eq!(asking.ok("chat.direct", json!({"person_id": a})), chat);
    chat["chat_id"].as_str().unwrap().to_owned()
}

/// Waits until somebody's row of `contact.list` has this request.
#[track_caller]
pub fn contact(node: &mut Node, person: &str, request: &Value) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let event = node.event(json!({"type": "contact", "person_id": person}));
        if event["contact"].is_object() && &event["contact"]["request"] == request {
            return;
        }
        assert!(Instant::now() < deadline);
    }
}
