//! A person whose program dies again and again, and what was promised to them meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::process::{PATIENCE, Pair, betwixt};

/// What a person saw, over all lives of their program.
#[derive(Default)]
pub struct Ledger {
    /// Every attempt to say something has a number of its own.
    pub attempts: u32,
    /// When each was asked for, by number.
    asked: BTreeMap<u32, Instant>,
    /// The ids of what was answered, in their order, with the number.
    pub answered: Vec<(String, u32)>,
    /// What the other's program has on disk, by its own word.
    pub delivered: BTreeSet<String>,
    /// What was shown of the other's, by number, and when.
    pub shown: BTreeMap<u32, Instant>,
    /// How long each start took.
    pub starts: Vec<Duration>,
    /// Refusals, and warnings.
    pub refused: Vec<String>,
    pub warnings: Vec<String>,
}

/// One who says things as `NAME NUMBER` in one chat.
pub struct Person {
    pub name: &'static str,
    pub profile: PathBuf,
    pub chat: String,
    /// Where the program listens.
    pub address: String,
    pub ledger: Arc<Mutex<Ledger>>,
    /// Where what it says on standard error goes.
    pub errors: PathBuf,
    pub life: Option<Life>,
    checked: usize,
    checked_delivered: BTreeSet<String>,
}

/// How much a life says.
#[derive(Clone, Copy)]
pub struct Talk {
    /// So much, then no more.
    pub most: u32,
    /// With such a pause between an answer and the next.
    pub pause: Duration,
}

pub const SILENT: Talk = Talk {
    most: 0,
    pause: Duration::ZERO,
};

/// More than most lives come to.
pub const AS_FAST_AS_ANSWERED: Talk = Talk {
    most: 60,
    pause: Duration::ZERO,
};

/// A running program.
pub struct Life {
    pub child: Child,
    input: Arc<Mutex<ChildStdin>>,
    answers: Receiver<Value>,
    next_id: u64,
    pub ready: Arc<Mutex<bool>>,
    reader: JoinHandle<()>,
}

/// Questions of the test, apart from what is said.
const QUESTIONS: u64 = 1 << 40;

/// Two contacts on loopback whose programs do not run.
pub fn pair(folder: &Path) -> [Person; 2] {
    let profiles = ["ada", "ben"].map(|name| folder.join(name));
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(&profiles[0], &profiles[1]);
    let addresses = [ada.address(), ben.address()];
    assert_eq!((ada.stop(), ben.stop()), (0, 0));
    let [a, b] = profiles;
    let [to_a, to_b] = addresses;
    [
        Person::new("a", a, &chat, to_a),
        Person::new("b", b, &chat, to_b),
    ]
}

impl Person {
    pub fn new(name: &'static str, profile: PathBuf, chat: &str, address: String) -> Self {
        Self {
            name,
            errors: profile.with_extension("errors"),
            profile,
            chat: chat.to_owned(),
            address,
            ledger: Arc::default(),
            life: None,
            checked: 0,
            checked_delivered: BTreeSet::new(),
        }
    }

    /// The command that starts it on loopback and dials the other.
    pub fn command(&self, other: &Self) -> Command {
        let mut command = betwixt(&self.profile);
        command.args(["--listen", "/ip4/127.0.0.1/tcp/0"]);
        command.args(["--dial", &other.address, "rpc"]);
        command
    }

    /// Starts it; does not wait.
    pub fn start(&mut self, mut command: Command, talk: Talk) {
        assert!(self.life.is_none());
        let errors = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.errors)
            .unwrap();
        let began = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let input = Arc::new(Mutex::new(child.stdin.take().unwrap()));
        let (send, answers) = sync_channel(1_000);
        let ready = Arc::new(Mutex::new(false));
        let mut reading = Reading {
            name: self.name,
            chat: self.chat.clone(),
            input: input.clone(),
            ledger: self.ledger.clone(),
            answers: send,
            talk,
            said: 0,
        };
        let output = BufReader::new(child.stdout.take().unwrap());
        let is_ready = ready.clone();
        let reader = std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // The last line of somebody who was killed may be torn.
                let Ok(line) = serde_json::from_str::<Value>(&line) else {
                    continue;
                };
                if line["method"] == "ready" {
                    reading.ledger.lock().unwrap().starts.push(began.elapsed());
                    *is_ready.lock().unwrap() = true;
                    reading.say();
                    continue;
                }
                reading.take(line);
            }
        });
        self.life = Some(Life {
            child,
            input,
            answers,
            next_id: QUESTIONS,
            ready,
            reader,
        });
    }

    /// Waits until it answers; whether it came to that.
    pub fn wait_until_ready(&mut self) -> bool {
        let life = self.life.as_mut().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while !*life.ready.lock().unwrap() {
            if life.child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < deadline, "{} does not open", self.name);
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }

    /// Kills it as it is; its exit code, if it had ended by itself.
    pub fn kill(&mut self) -> Option<i32> {
        let mut life = self.life.take()?;
        let code = life
            .child
            .try_wait()
            .unwrap()
            .map(|s| s.code().unwrap_or(-1));
        life.child.kill().unwrap();
        life.child.wait().unwrap();
        life.reader.join().unwrap();
        code
    }

    /// What the program answers.
    pub fn ask(&mut self, method: &str, params: &Value) -> Value {
        let life = self.life.as_mut().unwrap();
        life.next_id += 1;
        let request =
            json!({"jsonrpc": "2.0", "id": life.next_id, "method": method, "params": params});
        writeln!(life.input.lock().unwrap(), "{request}").unwrap();
        let Ok(mut answer) = life.answers.recv_timeout(PATIENCE) else {
            let ended = life.child.try_wait();
            panic!(
                "{} does not answer: {ended:?}; {}",
                self.name,
                self.errors()
            );
        };
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].take()
    }

    /// The newest messages, oldest first, or all.
    pub fn history(&mut self, all: bool) -> Vec<(String, String)> {
        let mut history: Vec<(String, String)> = Vec::new();
        let limit = 1000;
        loop {
            let mut params = json!({"chat_id": self.chat, "limit": limit});
            if let Some((oldest, _)) = history.first() {
                params["before"] = json!(oldest);
            }
            let page = self.ask("message.list", &params);
            let page: Vec<_> = page
                .as_array()
                .unwrap()
                .iter()
                .map(|m| {
                    let field = |name: &str| m[name].as_str().unwrap().to_owned();
                    (field("message_id"), field("text"))
                })
                .collect();
            let ended = page.len() < limit;
            history.splice(0..0, page);
            if ended || !all {
                return history;
            }
        }
    }

    /// O1 to O3 of what was promised since the last time: what was answered to this one is here, and what the
    /// other was told to be delivered; and nothing twice.
    pub fn check(&mut self, other: &Self) -> Result<(), String> {
        let (answered, from): (Vec<String>, usize) = {
            let ledger = self.ledger.lock().unwrap();
            let new = ledger.answered[self.checked..].iter();
            (
                new.map(|(id, _)| id.clone()).collect(),
                ledger.answered.len(),
            )
        };
        let delivered: Vec<String> = {
            let ledger = other.ledger.lock().unwrap();
            let new = ledger.delivered.difference(&self.checked_delivered);
            new.cloned().collect()
        };
        // To ask for each of thousands takes minutes.
        let history = self.history(answered.len() + delivered.len() > 500);
        let ids: BTreeSet<&String> = history.iter().map(|(id, _)| id).collect();
        let texts: BTreeSet<&String> = history.iter().map(|(_, text)| text).collect();
        if ids.len() != history.len() || texts.len() != history.len() {
            return Err(format!("{} shows something twice", self.name));
        }
        let mut there = |id: &String| {
            ids.contains(id)
                || self.ask("message.get", &json!({"message_id": id}))["message_id"] == **id
        };
        if let Some(lost) = answered.iter().find(|id| !there(id)) {
            return Err(format!(
                "{} lost its own {lost}, which was answered",
                self.name
            ));
        }
        if let Some(lost) = delivered.iter().find(|id| !there(id)) {
            return Err(format!("{} lost {lost}, which was delivered", self.name));
        }
        self.checked = from;
        self.checked_delivered.extend(delivered);
        Ok(())
    }

    pub fn errors(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap_or_default()
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts both, waits until both have all of each other, and compares all of it.
pub fn agree(a: &mut Person, b: &mut Person, start: impl Fn(&Person, &Person) -> Command) -> usize {
    for (one, other) in [(0, 1), (1, 0)] {
        let both = [&mut *a, &mut *b];
        if both[one].life.is_none() {
            let command = start(both[one], both[other]);
            let [one, other] = if one == 0 {
                [&mut *a, &mut *b]
            } else {
                [&mut *b, &mut *a]
            };
            one.start(command, SILENT);
            assert!(one.wait_until_ready(), "{}", one.errors());
            one.check(other).unwrap();
        }
    }
    let mut deadline = Instant::now() + 2 * PATIENCE;
    let mut fewest = usize::MAX;
    loop {
        let all = [a.history(true), b.history(true)];
        let lacks = [lacks(a, &all[1]), lacks(b, &all[0])];
        if all[0] == all[1] && lacks.iter().all(Vec::is_empty) {
            let texts: BTreeSet<&String> = all[0].iter().map(|(_, text)| text).collect();
            assert_eq!(texts.len(), all[0].len(), "something is there twice");
            return all[0].len();
        }
        // As long as more of it comes it is on its way.
        let lacking = lacks[0].len() + lacks[1].len();
        if lacking < fewest {
            (fewest, deadline) = (lacking, Instant::now() + 2 * PATIENCE);
        }
        if Instant::now() > deadline {
            let said = |lacks: &[u32]| (lacks.len(), lacks.first().copied(), lacks.last().copied());
            let folder = std::env::temp_dir().join("betwixt-disagree");
            a.kill();
            b.kill();
            panic!(
                "they do not agree: {} and {} messages; what the other lacks (how many, first and last): \
                 {:?} and {:?}; copies of their profiles are in {}: {:?}",
                all[0].len(),
                all[1].len(),
                said(&lacks[0]),
                said(&lacks[1]),
                folder.display(),
                [&*a, &*b].map(|person| copy(&person.profile, &folder.join(person.name)))
            );
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What was answered to somebody and is not in a history, by its numbers.
fn lacks(one: &Person, history: &[(String, String)]) -> Vec<u32> {
    let has: BTreeSet<&str> = history.iter().map(|(id, _)| id.as_str()).collect();
    let ledger = one.ledger.lock().unwrap();
    let answered = ledger.answered.iter();
    let lacking = answered.filter(|(id, _)| !has.contains(id.as_str()));
    lacking.map(|(_, number)| *number).collect()
}

/// A folder, for whoever looks for what went wrong.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let (entry, kind) = entry.and_then(|entry| entry.file_type().map(|kind| (entry, kind)))?;
        let to = to.join(entry.file_name());
        if kind.is_dir() {
            copy(&entry.path(), &to)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// What reads what a program says, and has it say more.
struct Reading {
    name: &'static str,
    chat: String,
    input: Arc<Mutex<ChildStdin>>,
    ledger: Arc<Mutex<Ledger>>,
    answers: SyncSender<Value>,
    talk: Talk,
    said: u32,
}

impl Reading {
    fn say(&mut self) {
        if self.said >= self.talk.most {
            return;
        }
        self.said += 1;
        std::thread::sleep(self.talk.pause);
        let mut ledger = self.ledger.lock().unwrap();
        ledger.attempts += 1;
        let n = ledger.attempts;
        ledger.asked.insert(n, Instant::now());
        drop(ledger);
        let text = format!("{} {n}", self.name);
        let params = json!({"chat_id": self.chat, "text": text});
        let request =
            json!({"jsonrpc": "2.0", "id": n, "method": "message.send", "params": params});
        // It may be dead by now.
        let _ = writeln!(self.input.lock().unwrap(), "{request}");
    }

    fn take(&mut self, line: Value) {
        if let Some(id) = line["id"].as_u64() {
            if id >= QUESTIONS {
                let _ = self.answers.try_send(line);
                return;
            }
            let mut ledger = self.ledger.lock().unwrap();
            match line["result"]["message_id"].as_str() {
                Some(message) => {
                    let number = id.try_into().unwrap();
                    ledger.answered.push((message.to_owned(), number));
                }
                None => ledger.refused.push(line["error"].to_string()),
            }
            let refused = !line["error"].is_null();
            drop(ledger);
            if refused {
                std::thread::sleep(Duration::from_millis(50));
            }
            self.say();
            return;
        }
        let event = &line["params"];
        let mut ledger = self.ledger.lock().unwrap();
        match event["type"].as_str() {
            Some("status") if event["state"] == "delivered" || event["state"] == "read" => {
                let id = event["message_id"].as_str().unwrap();
                ledger.delivered.insert(id.to_owned());
            }
            Some("message") if event["outgoing"] == false => {
                let text = event["text"].as_str().unwrap_or_default();
                if let Some((_, number)) = text.split_once(' ') {
                    let now = Instant::now();
                    ledger.shown.entry(number.parse().unwrap()).or_insert(now);
                }
            }
            Some("warning") => ledger.warnings.push(event["text"].to_string()),
            _ => {}
        }
    }
}

/// From the question of one to the event at the other, sorted.
pub fn delays(one: &Person, other: &Person) -> Vec<Duration> {
    let asked = one.ledger.lock().unwrap();
    let shown = other.ledger.lock().unwrap();
    let both = asked.asked.iter();
    let both = both.filter_map(|(n, at)| Some(shown.shown.get(n)?.duration_since(*at)));
    let mut delays: Vec<Duration> = both.collect();
    delays.sort();
    delays
}
