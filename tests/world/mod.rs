//! A simulated world: engines with a disk each, a clock, and a network that delays, loses, doubles,
//! reorders and parts them, all from one seed.
//!
//! A host handles an input, commits what is to be remembered, and only then releases the rest, as
//! the node does. A crash can come at each of these steps.

#![allow(
    dead_code,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "each test file uses a part of the world; what goes wrong in it is a failed test"
)]

mod relay;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
};

use betwixt::{
    proto::{
        chat::{
            acts,
            content::{Body, Content},
            group::Place,
        },
        engine::{
            Effect, Engine, Input,
            command::{Command, CommandError, Reply},
            event::EngineEvent,
            input::{AskId, CommandId, Ticket},
            loading::Records,
        },
        id::{ChatId, MessageId, PersonId},
        identity::Account,
        record::{CLASSES, Class, MessageRow, PageBounds, Write, memory::Memory},
        time::Timestamp,
    },
    wire::{
        direct::Direct,
        frame::{Window, check},
        hello::{HelloReply, HelloRequest},
        id::{Address, FrameId, PeerId, TopicKey},
        limits,
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
pub use relay::Relay;

/// When every world begins: 2026-01-01 UTC.
pub const BEGINNING: Timestamp = Timestamp(1_767_225_600_000);

/// How bad the network is.
#[derive(Clone, Copy, Debug)]
pub struct Links {
    /// Milliseconds that anything takes, at least.
    pub delay_ms: u64,
    /// Milliseconds that it takes longer, at random.
    pub jitter_ms: u64,
    /// Of 1,000 gossip frames and hello messages, how many are lost.
    pub loss: u32,
    /// Of 1,000 gossip frames, how many come twice.
    pub double: u32,
    /// Of 1,000 direct messages, how many are dropped by a full queue.
    pub full: u32,
    /// Of 1,000 direct messages, how many break the connection.
    pub breaks: u32,
}

impl Links {
    /// A good network.
    pub const GOOD: Self = Self {
        delay_ms: 1,
        jitter_ms: 2,
        loss: 0,
        double: 0,
        full: 0,
        breaks: 0,
    };
    /// A very bad one.
    pub const BAD: Self = Self {
        delay_ms: 5,
        jitter_ms: 400,
        loss: 200,
        double: 200,
        full: 50,
        breaks: 10,
    };
}

/// A message as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub text: String,
    pub deleted: bool,
    pub reactions: Vec<(String, Vec<PersonId>)>,
}

/// Where a host crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// After handling, before the commit.
    BeforeCommit,
    /// After the commit, before anything is released.
    AfterCommit,
    /// In the middle of the release, after this many effects.
    DuringRelease(usize),
}

/// A person's device in the world.
pub struct Host {
    pub name: String,
    engine: Option<Engine>,
    pub disk: Memory,
    rng: ChaCha20Rng,
    pub person: PersonId,
    pub peer: PeerId,
    /// Where others see requests of this host come from.
    pub ip: IpAddr,
    pub allowed: BTreeSet<PeerId>,
    pub topics: BTreeSet<TopicKey>,
    pub events: Vec<EngineEvent>,
    replies: BTreeMap<CommandId, Result<Reply, CommandError>>,
    /// When its engine wants to be woken.
    due: Option<Timestamp>,
    /// What it has cost: nanoseconds of CPU time in the engine, and bytes that came over the network.
    pub cost: Cost,
    crash: Option<(u32, Crash)>,
    pub crashes: u32,
    /// The texts whose sending was answered.
    pub answered: Vec<MessageId>,
}

/// What something costs a host.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub cpu_ns: u64,
    pub bytes: u64,
}

enum Happening {
    Input(usize, Incarnation, Box<Input>),
    Hello {
        from: usize,
        to: usize,
        ask: AskId,
        request: Box<HelloRequest>,
    },
    HelloLost {
        from: usize,
        incarnation: Incarnation,
        ask: AskId,
    },
    Direct {
        from: usize,
        to: usize,
        connection: u64,
        message: Direct,
    },
    Connect(usize, usize),
    Wake(usize),
}

/// Which life of a host: what was under way to an earlier one is lost.
type Incarnation = u32;

/// A question or an answer over the hello protocol, from one host to another.
pub enum Hello {
    Request(usize, usize, Box<HelloRequest>),
    Reply(usize, usize, HelloReply),
}

/// What somebody between two hosts makes of what they ask each other: `None` keeps it from arriving.
pub type Between = Box<dyn FnMut(Hello) -> Option<Hello>>;

/// Everybody, and everything between them.
pub struct World {
    pub now: Timestamp,
    pub hosts: Vec<Host>,
    pub links: Links,
    rng: ChaCha20Rng,
    queue: BTreeMap<(Timestamp, u64), Happening>,
    next: u64,
    /// Pairs that are connected, smaller index first, with a number for each connection.
    connections: BTreeMap<(usize, usize), u64>,
    /// When the last direct message of a connection arrives, for order.
    arrivals: BTreeMap<(usize, usize), Timestamp>,
    parted: BTreeSet<(usize, usize)>,
    /// Whether all find each other, as on a LAN.
    pub everybody_is_near: bool,
    /// Hosts that say things and take in nothing of what others say.
    pub deaf: BTreeSet<usize>,
    tickets: BTreeMap<(usize, Ticket), (usize, Incarnation, AskId)>,
    commands: u64,
    /// Questions over the hello protocol.
    pub asked: u32,
    pub relays: Vec<Relay>,
    /// All bytes that crossed the network, for those who look for plaintext in them.
    pub observed: Vec<u8>,
    /// The frames that were sent directly, if somebody records them.
    pub recorded: Option<Vec<Direct>>,
    /// The questions of strangers that arrived, if somebody records them.
    pub recorded_hellos: Option<Vec<HelloRequest>>,
    /// Somebody between all hosts who changes what they ask each other.
    pub between: Option<Between>,
    /// What hostile hosts seal instead of what they said under a counter.
    pub forged: BTreeMap<(usize, ChatId, u32), Vec<u8>>,
}

impl World {
    /// An empty world.
    pub fn new(seed: u64, links: Links) -> Self {
        Self {
            now: BEGINNING,
            hosts: Vec::new(),
            links,
            rng: ChaCha20Rng::seed_from_u64(seed),
            queue: BTreeMap::new(),
            next: 0,
            connections: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            parted: BTreeSet::new(),
            everybody_is_near: true,
            deaf: BTreeSet::new(),
            tickets: BTreeMap::new(),
            commands: 0,
            asked: 0,
            relays: vec![Relay::new(0x7f)],
            observed: Vec::new(),
            recorded: None,
            recorded_hellos: None,
            between: None,
            forged: BTreeMap::new(),
        }
    }

    /// Somebody new opens the program. Everybody on the network finds everybody.
    pub fn join(&mut self, name: &str) -> usize {
        let mut rng = ChaCha20Rng::seed_from_u64(self.rng.next_u64());
        let made = Engine::create(Some(name.to_owned()), self.now, &mut rng);
        self.settle_in(name, made, rng)
    }

    /// Somebody who has nothing but their recovery words, on a new device.
    pub fn restore(&mut self, name: &str, words: &str) -> usize {
        let mut rng = ChaCha20Rng::seed_from_u64(self.rng.next_u64());
        let account = Account::from_words(words).expect("the words are right");
        let made = Engine::restore(account, Some(name.to_owned()), self.now, &mut rng);
        self.settle_in(name, made, rng)
    }

    /// Somebody has another device, which knows their account and devices.
    pub fn add_device(&mut self, host: usize) -> usize {
        let mut rng = ChaCha20Rng::seed_from_u64(self.rng.next_u64());
        let name = self.hosts[host].name.clone();
        let words = self.engine(host).recovery_words();
        let account = Account::from_words(&words).expect("the words are right");
        let list = self.engine(host).own_list();
        let made = Engine::beside(account, list, Some(name.clone()), self.now, &mut rng);
        let other = self.settle_in(&name, made.expect("there is room"), rng);
        let list = self.engine(other).own_list().clone();
        self.do_with(host, |engine, now, rng| {
            engine.take_own_list(list, now, rng)
        });
        other
    }

    /// Somebody gives up another device of theirs.
    pub fn revoke(&mut self, host: usize, other: usize) {
        let device = self.engine(other).device();
        self.do_with(host, |engine, now, rng| {
            engine.revoke_device(&device, now, rng)
        });
    }

    fn do_with(
        &mut self,
        host: usize,
        act: impl FnOnce(&mut Engine, Timestamp, &mut ChaCha20Rng) -> Option<Vec<Effect>>,
    ) {
        let now = self.now;
        let held = &mut self.hosts[host];
        let engine = held.engine.as_mut().expect("the host is up");
        let effects = act(engine, now, &mut held.rng).expect("it can be done");
        self.settle(host, effects);
    }

    fn settle_in(
        &mut self,
        name: &str,
        (engine, effects): (Engine, Vec<Effect>),
        rng: ChaCha20Rng,
    ) -> usize {
        let mut disk = Memory::default();
        disk.commit(writes(&effects));
        let (person, peer) = (engine.person(), engine.peer());
        let host = self.hosts.len();
        self.hosts.push(Host {
            name: name.to_owned(),
            engine: Some(engine),
            disk,
            rng,
            person,
            peer,
            ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            allowed: BTreeSet::new(),
            topics: BTreeSet::new(),
            events: Vec::new(),
            replies: BTreeMap::new(),
            due: None,
            cost: Cost::default(),
            crash: None,
            crashes: 0,
            answered: Vec::new(),
        });
        self.begin(host);
        host
    }

    fn begin(&mut self, host: usize) {
        let now = self.now;
        let held = &mut self.hosts[host];
        let engine = held.engine.as_mut().expect("the host is up");
        let effects = engine.start(now, &mut held.rng);
        self.settle(host, effects);
        self.input(host, Input::Listening(vec![address(host)]));
        self.let_in(host);
        for other in 0..self.hosts.len() {
            if self.everybody_is_near && other != host && self.hosts[other].engine.is_some() {
                let (mine, theirs) = (self.hosts[host].peer, self.hosts[other].peer);
                self.later(2, host, Input::Discovered(theirs, vec![address(other)]));
                self.later(2, other, Input::Discovered(mine, vec![address(host)]));
            }
        }
    }

    /// A host loses power, and everything that was not committed.
    pub fn crash(&mut self, host: usize) {
        self.hosts[host].engine = None;
        self.hosts[host].due = None;
        self.hosts[host].crashes += 1;
        self.hosts[host].allowed.clear();
        self.hosts[host].topics.clear();
        self.hosts[host].crash = None;
        self.put_out(host);
        for other in 0..self.hosts.len() {
            self.disconnect(host, other);
        }
    }

    /// A host starts again from its disk.
    pub fn restart(&mut self, host: usize) {
        self.hosts[host].engine = Some(self.load(host));
        self.begin(host);
    }

    /// A host goes on with an older copy of its disk, and knows that.
    pub fn set_back(&mut self, host: usize, disk: Memory) {
        self.crash(host);
        let held = &mut self.hosts[host];
        held.disk = disk;
        let mut engine = self.load(host);
        let held = &mut self.hosts[host];
        engine.mistrust(self.now, &mut held.rng);
        held.engine = Some(engine);
        self.begin(host);
    }

    /// A host's database was damaged: it goes on with what could be saved, and knows that.
    pub fn lose_messages(&mut self, host: usize, disk: Memory) {
        self.crash(host);
        self.hosts[host].disk = disk;
        let mut engine = self.load(host);
        let held = &mut self.hosts[host];
        engine.mistrust(self.now, &mut held.rng);
        for chat in engine.chat_ids() {
            let here = held.disk.counters(chat);
            let lines = engine.recount(&chat, &here, self.now);
            held.disk.commit(writes(&lines));
        }
        held.engine = Some(engine);
        self.begin(host);
    }

    /// A host goes on with another copy of its disk, and does not know that.
    pub fn swap(&mut self, host: usize, disk: Memory) -> Memory {
        self.crash(host);
        let old = std::mem::replace(&mut self.hosts[host].disk, disk);
        self.restart(host);
        old
    }

    /// What a thief of a host's disk has at hand, beside the disk.
    pub fn load(&self, host: usize) -> Engine {
        let mut records = Records::new();
        for class in CLASSES {
            records.insert(class, self.hosts[host].disk.records(class));
        }
        let (engine, unread) =
            Engine::load(records, self.now).expect("what was committed can be read");
        assert!(unread.is_empty(), "{unread:?}");
        engine
    }

    /// The host crashes at the `nth` batch from now that writes something.
    pub fn crash_at(&mut self, host: usize, nth: u32, crash: Crash) {
        self.hosts[host].crash = Some((nth, crash));
    }

    /// Crashes that were arranged and have not happened will not.
    pub fn crash_no_more(&mut self) {
        for host in &mut self.hosts {
            host.crash = None;
        }
    }

    pub fn is_up(&self, host: usize) -> bool {
        self.hosts[host].engine.is_some()
    }

    pub fn engine(&self, host: usize) -> &Engine {
        self.hosts[host].engine.as_ref().expect("the host is up")
    }

    /// Cuts the cable between two hosts, or mends it.
    pub fn part(&mut self, a: usize, b: usize, parted: bool) {
        if parted {
            self.disconnect(a, b);
            self.parted.insert(pair(a, b));
        } else {
            self.parted.remove(&pair(a, b));
            self.wish(a, b);
        }
    }

    /// Nothing was said on a connection of strangers for long: it is closed.
    pub fn close_idle(&mut self, a: usize, b: usize) {
        self.disconnect(a, b);
    }

    /// Asks a host for something, and gives the answer once it is committed. `None`: it crashed.
    pub fn command(
        &mut self,
        host: usize,
        command: Command,
    ) -> Option<Result<Reply, CommandError>> {
        self.commands += 1;
        let id = CommandId(self.commands);
        let input = match command {
            Command::ReadMessages { chat_id, up_to } => {
                let read = self.hosts[host].disk.read_counters(chat_id, up_to)?;
                Input::Read {
                    id,
                    chat: chat_id,
                    up_to,
                    counters: read.counters,
                    unread_left: read.unread_left,
                }
            }
            Command::ProveMessage { message_id } => {
                let disk = &self.hosts[host].disk;
                let message = disk.message(&message_id).map(|stored| stored.row);
                let people = message.iter();
                let people = people.flat_map(|row| self.engine(host).recipients_of(row));
                let signed = people.map(|person| {
                    let of = message
                        .as_ref()
                        .map(|row| disk.deliveries(row.chat, row.device, person, row.counter));
                    (person, of.unwrap_or_default())
                });
                let signed = signed.collect();
                let message = message.map(Box::new);
                Input::Prove {
                    id,
                    message,
                    signed,
                }
            }
            command => match command.target() {
                Some(target) => {
                    let target = self.hosts[host].disk.message(&target);
                    let target = target.map(|stored| Box::new(stored.row));
                    Input::Act {
                        id,
                        command,
                        target,
                    }
                }
                None => Input::Command(id, command),
            },
        };
        self.input(host, input);
        self.hosts[host].replies.remove(&id)
    }

    /// Says something; the id, if it was answered.
    pub fn say(&mut self, host: usize, chat: ChatId, text: &str) -> Option<MessageId> {
        let send = Command::SendMessage {
            chat_id: chat,
            text: text.to_owned(),
            reply_to: None,
            mentions: Vec::new(),
        };
        let reply = self.command(host, send)?;
        let Reply::Sent { message_id, .. } = reply.expect("the message can be sent") else {
            panic!("another reply than the one to a message")
        };
        self.hosts[host].answered.push(message_id);
        Some(message_id)
    }

    /// Two hosts find each other.
    pub fn introduce(&mut self, a: usize, b: usize) {
        for (host, other) in [(a, b), (b, a)] {
            let peer = self.hosts[other].peer;
            self.later(2, host, Input::Discovered(peer, vec![address(other)]));
        }
    }

    /// Makes two hosts contacts, from nearby.
    pub fn befriend(&mut self, a: usize, b: usize) -> ChatId {
        let (one, other) = (self.hosts[a].person, self.hosts[b].person);
        self.run_until(60_000, |world| world.sees(a, other) && world.sees(b, one));
        let add = Command::AddContact {
            link: None,
            person_id: Some(other),
        };
        self.command(a, add)
            .expect("no crash")
            .expect("the other is nearby");
        self.run_until(600_000, |world| {
            world
                .engine(b)
                .contact(&one)
                .is_some_and(|state| state.standing == incoming())
        });
        let accept = Command::AcceptContact { person_id: one };
        self.command(b, accept)
            .expect("no crash")
            .expect("there is a request");
        self.run_until(600_000, |world| world.are_contacts(a, b));
        self.chat(a, b)
    }

    fn sees(&self, host: usize, person: PersonId) -> bool {
        self.engine(host)
            .nearby()
            .iter()
            .any(|found| found.person == person)
    }

    pub fn are_contacts(&self, a: usize, b: usize) -> bool {
        let is = |x: usize, y: usize| {
            self.engine(x)
                .contact(&self.hosts[y].person)
                .is_some_and(|state| state.standing == contact())
        };
        is(a, b) && is(b, a)
    }

    /// Somebody founds a group with contacts of theirs.
    pub fn found(&mut self, host: usize, name: &str, members: &[usize]) -> ChatId {
        let members = members.iter().map(|other| self.hosts[*other].person);
        let found = Command::CreateGroup {
            name: name.to_owned(),
            members: members.collect(),
        };
        let reply = self.command(host, found).expect("no crash");
        let Reply::Chat { chat_id } = reply.expect("the members are contacts") else {
            panic!("another reply than the one to a group")
        };
        chat_id
    }

    /// Whether somebody is in a group and hears it, as far as they know.
    pub fn is_in(&self, host: usize, chat: ChatId) -> bool {
        self.engine(host)
            .group(&chat)
            .is_some_and(|group| group.place == Place::Member)
    }

    /// All these hold the same messages of a group, in the same order, and agree on who is in it.
    pub fn assert_group_agrees(&self, chat: ChatId, hosts: &[usize]) {
        let ids = |host: usize| -> Vec<MessageId> {
            self.timeline(host, chat).iter().map(|row| row.id).collect()
        };
        let members = |host: usize| {
            let group = self.engine(host).group(&chat).expect("the group is known");
            (group.members, group.name, group.missing)
        };
        for other in &hosts[1..] {
            let names = (&self.hosts[hosts[0]].name, &self.hosts[*other].name);
            assert_eq!(ids(hosts[0]), ids(*other), "{names:?}");
            assert_eq!(members(hosts[0]), members(*other), "{names:?}");
        }
    }

    /// The direct chat of two people.
    pub fn chat(&self, a: usize, b: usize) -> ChatId {
        betwixt::proto::chat::direct::chat_id(&self.hosts[a].person, &self.hosts[b].person)
    }

    /// The messages of a chat on a host's disk, in display order.
    pub fn timeline(&self, host: usize, chat: ChatId) -> Vec<MessageRow> {
        let bounds = PageBounds {
            before: None,
            after: None,
            limit: 100_000,
        };
        self.hosts[host]
            .disk
            .page(chat, bounds)
            .into_iter()
            .map(|stored| stored.row)
            .collect()
    }

    /// The texts of a chat, in display order.
    pub fn texts(&self, host: usize, chat: ChatId) -> Vec<String> {
        let text = |row: &MessageRow| match Content::decode(&row.content).expect("it decodes").body
        {
            Body::Text(text) => text.text,
            _ => String::new(),
        };
        self.timeline(host, chat).iter().map(text).collect()
    }

    /// How a message of a host's disk stands, as it is shown.
    pub fn shown(&self, host: usize, id: MessageId) -> Option<Shown> {
        let disk = &self.hosts[host].disk;
        let row = disk.message(&id)?.row;
        let resolved = acts::resolve(&row, &disk.acts(row.chat, id));
        let said = Content::decode(&row.content).map(|content| content.body);
        let text = match (resolved.edits.last(), said) {
            (Some(edit), _) => edit.text.clone(),
            (None, Ok(Body::Text(text))) => text.text,
            (None, _) => String::new(),
        };
        Some(Shown {
            text,
            deleted: row.content == acts::TOMBSTONE,
            reactions: resolved
                .reactions
                .into_iter()
                .map(|r| (r.emoji, r.people))
                .collect(),
        })
    }

    /// Lets time pass.
    pub fn run(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while self.step(end) {}
        self.now = end;
    }

    /// Lets time pass until something is so, at most `ms`; panics if it does not become so.
    pub fn run_until(&mut self, ms: u64, is_so: impl Fn(&Self) -> bool) {
        let end = self.now.plus(ms);
        while !is_so(self) {
            assert!(self.step(end), "it did not happen within {ms} ms");
        }
    }

    fn step(&mut self, end: Timestamp) -> bool {
        let timers = self.hosts.iter().enumerate();
        let timers = timers.filter_map(|(host, held)| Some((held.due?.max(self.now), host)));
        let timer = timers.min();
        let next = self.queue.keys().next().copied();
        let first = match (timer, next) {
            (None, None) => return false,
            (Some((due, host)), None) => (due, Some(host)),
            (Some((due, host)), Some((at, _))) if due < at => (due, Some(host)),
            (_, Some((at, _))) => (at, None),
        };
        if first.0 > end {
            return false;
        }
        self.now = self.now.max(first.0);
        if let Some(host) = first.1 {
            self.input(host, Input::Timeout);
            return true;
        }
        let Some((_, happening)) = self.queue.pop_first() else {
            return false;
        };
        self.happen(happening);
        true
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Input(host, incarnation, input) => {
                if self.hosts[host].crashes == incarnation {
                    self.input(host, *input);
                }
            }
            Happening::Hello {
                from,
                to,
                ask,
                request,
            } => {
                let up = self.hosts[to].engine.is_some() && self.hosts[from].engine.is_some();
                if !up || self.parted.contains(&pair(from, to)) {
                    return;
                }
                let request = match self.in_between(Hello::Request(from, to, request)) {
                    Some(Hello::Request(_, _, request)) => request,
                    Some(Hello::Reply(..)) | None => return,
                };
                self.connect(from, to);
                self.next += 1;
                let ticket = Ticket(self.next);
                let incarnation = self.hosts[from].crashes;
                self.tickets.insert((to, ticket), (from, incarnation, ask));
                let ip = Some(self.hosts[from].ip);
                let peer = self.hosts[from].peer;
                if let Some(recorded) = &mut self.recorded_hellos {
                    recorded.push((*request).clone());
                }
                self.input(
                    to,
                    Input::Hello {
                        from: peer,
                        ip,
                        ticket,
                        request: *request,
                    },
                );
            }
            Happening::HelloLost {
                from,
                incarnation,
                ask,
            } => {
                if self.hosts[from].crashes == incarnation {
                    self.input(from, Input::Answered { ask, reply: None });
                }
            }
            Happening::Direct {
                from,
                to,
                connection,
                message,
            } => {
                if self.connections.get(&pair(from, to)) != Some(&connection) {
                    return;
                }
                self.hear(to, from, message);
            }
            Happening::Connect(a, b) => self.connect(a, b),
            Happening::Wake(host) => {
                if self.hosts[host].engine.is_none() {
                    self.restart(host);
                }
            }
        }
    }

    /// A host is told something directly, as from another, who may never have said it.
    pub fn hear(&mut self, host: usize, from: usize, message: Direct) {
        let seen = match &message {
            Direct::Frame { topic, frame } => {
                let day = self.now.frame_day();
                let Ok(id) = check(topic, frame, day, Window::Live) else {
                    return;
                };
                self.hosts[host].disk.seen(&id)
            }
            Direct::Held { .. }
            | Direct::Want { .. }
            | Direct::Heads { .. }
            | Direct::Sync { .. }
            | Direct::Have { .. }
            | Direct::Receipt(_) => false,
        };
        let from = self.hosts[from].peer;
        if let Direct::Receipt(receipt) = message {
            let own = receipt.messages.iter().map(|id| {
                let held = &self.hosts[host];
                let row = held.disk.row(&MessageId((*id).into()));
                let engine = held.engine.as_ref();
                let row = row.filter(|row| {
                    engine.is_some_and(|engine| engine.device() == row.device)
                        && row.chat.0 == receipt.chat
                });
                row.map(|row| row.counter)
            });
            let own = own.collect();
            self.input(host, Input::Receipt { from, receipt, own });
            return;
        }
        let heard = Input::Direct {
            from,
            message,
            seen,
        };
        self.input(host, heard);
    }

    /// A host is asked something over the hello protocol by a node that may be anybody's.
    pub fn ask(&mut self, host: usize, from: PeerId, request: HelloRequest) -> Option<HelloReply> {
        let ip = Some(self.hosts[host].ip);
        let (now, ticket) = (self.now, Ticket(u64::MAX));
        let held = &mut self.hosts[host];
        let asked = Input::Hello {
            from,
            ip,
            ticket,
            request,
        };
        let effects = held.engine.as_mut()?.handle(asked, now, &mut held.rng);
        let answer = effects.iter().find_map(|effect| match effect {
            Effect::Answer(of, reply) if *of == ticket => Some((**reply).clone()),
            _ => None,
        });
        self.settle(host, effects);
        answer
    }

    fn in_between(&mut self, hello: Hello) -> Option<Hello> {
        match &mut self.between {
            Some(between) => between(hello),
            None => Some(hello),
        }
    }

    /// Starts a crashed host again after a while.
    pub fn wake_later(&mut self, host: usize, ms: u64) {
        self.at(ms, Happening::Wake(host));
    }

    /// Something happens to a host.
    pub fn input(&mut self, host: usize, input: Input) {
        if self.deaf.contains(&host) && matches!(input, Input::Direct { .. } | Input::Gossip { .. })
        {
            return;
        }
        let now = self.now;
        let held = &mut self.hosts[host];
        let Some(engine) = held.engine.as_mut() else {
            return;
        };
        let began = cpu_ns();
        let effects = engine.handle(input, now, &mut held.rng);
        held.cost.cpu_ns += cpu_ns() - began;
        self.settle(host, effects);
    }

    /// Commits, then releases.
    fn settle(&mut self, host: usize, mut effects: Vec<Effect>) {
        let held = &mut self.hosts[host];
        let Some(engine) = held.engine.as_mut() else {
            return;
        };
        effects.extend(engine.flush());
        held.due = engine.poll_timeout();
        let batch = writes(&effects);
        let mut crash = None;
        if !batch.is_empty()
            && let Some((left, at)) = held.crash.as_mut()
        {
            if *left == 0 {
                crash = Some(*at);
            }
            *left = left.saturating_sub(1);
        }
        if crash == Some(Crash::BeforeCommit) {
            self.crash(host);
            return;
        }
        held.disk.commit(batch);
        if crash == Some(Crash::AfterCommit) {
            self.crash(host);
            return;
        }
        for (n, effect) in effects.into_iter().enumerate() {
            if let Some(Crash::DuringRelease(at)) = crash
                && n >= at
            {
                break;
            }
            self.release(host, effect);
        }
        if crash.is_some() {
            self.crash(host);
        }
    }

    fn release(&mut self, host: usize, effect: Effect) {
        match effect {
            Effect::Write(_) | Effect::Dial(..) | Effect::Announce(_) => {}
            Effect::Send(peer, message) => self.send(host, peer, message),
            Effect::SendStored(peer, id) => {
                if let Some((topic, frame)) = self.stored(host, &id) {
                    self.send(
                        host,
                        peer,
                        Direct::Frame {
                            topic,
                            frame: frame.into(),
                        },
                    );
                }
            }
            Effect::Publish(topic, frame) => self.publish(host, topic, &frame),
            Effect::PublishStored(id) => {
                if let Some((topic, frame)) = self.stored(host, &id) {
                    self.publish(host, topic, &frame);
                }
            }
            Effect::Subscribe(topic) => {
                self.hosts[host].topics.insert(topic);
                let peer = self.hosts[host].peer;
                for other in 0..self.hosts.len() {
                    if self.is_open(host, other) {
                        self.later(1, other, Input::Subscribed(peer, topic));
                        // Those who said before us that they take part say it only once.
                        if self.hosts[other].topics.contains(&topic) {
                            let theirs = self.hosts[other].peer;
                            self.later(1, host, Input::Subscribed(theirs, topic));
                        }
                    }
                }
            }
            Effect::Unsubscribe(topic) => {
                self.hosts[host].topics.remove(&topic);
            }
            Effect::Authorise(peer, _) => {
                let Some(other) = self.host_of(peer) else {
                    return;
                };
                if self.hosts[host].allowed.insert(peer) {
                    self.disconnect(host, other);
                }
                self.wish(host, other);
            }
            Effect::Revoke(peer) => {
                let Some(other) = self.host_of(peer) else {
                    return;
                };
                self.hosts[host].allowed.remove(&peer);
                self.disconnect(host, other);
            }
            Effect::Ask {
                ask,
                to,
                mut request,
                attach,
                ..
            } => {
                if let HelloRequest::Intro(intro) = request.as_mut() {
                    let mut size = 4096;
                    for id in attach {
                        let Some((_, frame)) = self.stored(host, &id) else {
                            continue;
                        };
                        size += frame.len();
                        if size > limits::HELLO {
                            break;
                        }
                        intro.frames.push(frame.into());
                    }
                }
                self.asked += 1;
                let bytes = request.encode();
                self.observed.extend_from_slice(&bytes);
                let incarnation = self.hosts[host].crashes;
                let lost = Happening::HelloLost {
                    from: host,
                    incarnation,
                    ask,
                };
                self.at(10_000, lost);
                if let Some(other) = self.host_of(to)
                    && !self.chance(self.links.loss)
                {
                    let delay = self.delay();
                    self.at(
                        delay,
                        Happening::Hello {
                            from: host,
                            to: other,
                            ask,
                            request,
                        },
                    );
                }
            }
            Effect::Answer(ticket, reply) => {
                let Some((asker, incarnation, ask)) = self.tickets.remove(&(host, ticket)) else {
                    return;
                };
                self.observed.extend_from_slice(&reply.encode());
                let reply = match self.in_between(Hello::Reply(host, asker, *reply)) {
                    Some(Hello::Reply(_, _, reply)) => reply,
                    Some(Hello::Request(..)) | None => return,
                };
                let reply = HelloReply::decode(&reply.encode()).ok();
                if !self.chance(self.links.loss) {
                    let delay = self.delay();
                    let input = Box::new(Input::Answered { ask, reply });
                    self.at(delay, Happening::Input(asker, incarnation, input));
                }
            }
            Effect::Lease { relay, lease } => self.asked_for_lease(host, relay, lease),
            Effect::Release { relay, topic, .. } => self.released(host, relay, topic),
            Effect::AskRelay(relay, request) => self.asked_relay(host, relay, request),
            Effect::Deposit {
                relay,
                stored,
                made,
            } => self.deposited(host, relay, stored, made),
            Effect::Load(chat, counter) => {
                let disk = &self.hosts[host].disk;
                let device = self.engine(host).device();
                let mut row = disk.row_at(chat, device, counter).map(Box::new);
                let forged = self.forged.remove(&(host, chat, counter));
                if let Some((row, content)) = row.as_mut().zip(forged) {
                    row.content = content;
                }
                self.later(1, host, Input::Loaded(chat, counter, row));
            }
            Effect::LoadSaid {
                chat,
                device,
                counter,
            } => {
                let disk = &self.hosts[host].disk;
                if let Some(row) = disk.row_at(chat, device, counter) {
                    self.later(1, host, Input::Said(Box::new(row)));
                }
            }
            Effect::LoadIds(chat, device, counters) => {
                let disk = &self.hosts[host].disk;
                let id = |counter| disk.row_at(chat, device, counter).map(|row| row.id);
                let found = counters.into_iter().map(|counter| (counter, id(counter)));
                let input = Input::Ids(chat, device, found.collect());
                self.later(1, host, input);
            }
            Effect::Sift(mut rows) => {
                let disk = &self.hosts[host].disk;
                rows.retain(|row| !disk.holds(&row.id));
                self.later(1, host, Input::Sifted(rows));
            }
            Effect::SiftGiven { chat, from, rows } => {
                let disk = &self.hosts[host].disk;
                let (here, rows): (Vec<_>, Vec<_>) =
                    rows.into_iter().partition(|row| disk.holds(&row.id));
                let here = here.iter().map(|row| (row.device, row.counter)).collect();
                let sifted = Input::SiftedGiven {
                    chat,
                    from,
                    rows,
                    here,
                };
                self.later(1, host, sifted);
            }
            Effect::LoadToGive(fetch) => {
                let disk = &self.hosts[host].disk;
                let read = |device, number| Ok::<_, ()>(disk.row_at(fetch.chat, device, number));
                let rows = fetch.read(read).expect("memory does not fail");
                self.later(1, host, Input::ToGive(fetch, rows));
            }
            Effect::LoadHistory(asked) => {
                let disk = &self.hosts[host].disk;
                let before = asked.before.filter(|id| disk.message(id).is_some());
                let page = PageBounds {
                    before,
                    after: None,
                    limit: limits::HISTORY_PART,
                };
                let mut rows = Vec::new();
                for stored in disk.page(asked.chat, page).into_iter().rev() {
                    let acts = disk.acts(asked.chat, stored.row.id);
                    rows.push(stored.row);
                    rows.extend(acts);
                }
                self.later(1, host, Input::History(asked, rows));
            }
            Effect::Emit(event) => self.hosts[host].events.push(event),
            Effect::Reply(id, reply) => {
                self.hosts[host].replies.insert(id, reply);
            }
        }
    }

    fn stored(&self, host: usize, id: &FrameId) -> Option<(TopicKey, Vec<u8>)> {
        let record = self.hosts[host].disk.record(Class::Outbox, &id.0)?;
        betwixt::proto::outbox::stored_frame(&record)
    }

    fn send(&mut self, host: usize, peer: PeerId, message: Direct) {
        let Some(other) = self.host_of(peer) else {
            return;
        };
        let Some(connection) = self.connections.get(&pair(host, other)).copied() else {
            return;
        };
        if !self.is_open(host, other) || self.chance(self.links.full) {
            return;
        }
        if self.chance(self.links.breaks) {
            self.disconnect(host, other);
            self.wish(host, other);
            return;
        }
        let bytes = message.encode();
        self.observed.extend_from_slice(&bytes);
        self.hosts[other].cost.bytes += u64::try_from(bytes.len()).expect("it is short");
        let message = Direct::decode(&bytes).expect("what was encoded decodes");
        if let Some(recorded) = &mut self.recorded {
            recorded.push(message.clone());
        }
        let delay = self.delay();
        let last = self
            .arrivals
            .get(&(host, other))
            .copied()
            .unwrap_or_default();
        let arrival = self.now.plus(delay).max(last);
        self.arrivals.insert((host, other), arrival);
        let wait = arrival.since(self.now);
        self.at(
            wait,
            Happening::Direct {
                from: host,
                to: other,
                connection,
                message,
            },
        );
    }

    fn publish(&mut self, host: usize, topic: TopicKey, frame: &[u8]) {
        self.observed.extend_from_slice(frame);
        self.publish_to_relay(host, topic, frame);
        for other in self.gossip_reaches(host, topic) {
            let copies = 1 + u32::from(self.chance(self.links.double));
            for _ in 0..copies {
                let day = self.now.frame_day();
                if self.chance(self.links.loss) || check(&topic, frame, day, Window::Live).is_err()
                {
                    continue;
                }
                let id = betwixt::wire::frame::frame_id(frame);
                let seen = self.hosts[other].disk.seen(&id);
                let input = Input::Gossip {
                    topic,
                    frame: frame.to_vec(),
                    seen,
                };
                self.hosts[other].cost.bytes += u64::try_from(frame.len()).expect("it is short");
                let delay = self.delay();
                self.later(delay, other, input);
            }
        }
    }

    /// Whom gossip of a host comes to: whoever takes part in the topic forwards it.
    fn gossip_reaches(&self, host: usize, topic: TopicKey) -> Vec<usize> {
        let mut reached = BTreeSet::from([host]);
        let mut next = vec![host];
        while let Some(from) = next.pop() {
            for other in 0..self.hosts.len() {
                let on_topic = self.hosts[other].topics.contains(&topic);
                if on_topic && self.is_open(from, other) && reached.insert(other) {
                    next.push(other);
                }
            }
        }
        reached.remove(&host);
        reached.into_iter().collect()
    }

    fn is_open(&self, a: usize, b: usize) -> bool {
        a != b
            && self.connections.contains_key(&pair(a, b))
            && self.hosts[a].allowed.contains(&self.hosts[b].peer)
            && self.hosts[b].allowed.contains(&self.hosts[a].peer)
    }

    /// The supervisor tries to connect soon.
    fn wish(&mut self, a: usize, b: usize) {
        let delay = 100 + self.delay();
        self.at(delay, Happening::Connect(a, b));
    }

    fn connect(&mut self, a: usize, b: usize) {
        let up = self.hosts[a].engine.is_some() && self.hosts[b].engine.is_some();
        if a == b
            || !up
            || self.parted.contains(&pair(a, b))
            || self.connections.contains_key(&pair(a, b))
        {
            return;
        }
        self.next += 1;
        self.connections.insert(pair(a, b), self.next);
        for (host, other) in [(a, b), (b, a)] {
            let peer = self.hosts[other].peer;
            let authorised = self.hosts[host].allowed.contains(&peer);
            self.input(
                host,
                Input::Connected {
                    peer,
                    address: address(other),
                    authorised,
                },
            );
        }
        for (host, other) in [(a, b), (b, a)] {
            if self.is_open(host, other) {
                let peer = self.hosts[other].peer;
                for topic in self.hosts[other].topics.clone() {
                    self.later(1, host, Input::Subscribed(peer, topic));
                }
            }
        }
    }

    fn disconnect(&mut self, a: usize, b: usize) {
        if self.connections.remove(&pair(a, b)).is_none() {
            return;
        }
        for (host, other) in [(a, b), (b, a)] {
            self.arrivals.remove(&(host, other));
            let peer = self.hosts[other].peer;
            self.input(host, Input::Disconnected(peer));
            if self.hosts[host].allowed.contains(&peer) {
                self.wish(host, other);
            }
        }
    }

    fn host_of(&self, peer: PeerId) -> Option<usize> {
        self.hosts.iter().position(|host| host.peer == peer)
    }

    fn later(&mut self, ms: u64, host: usize, input: Input) {
        let incarnation = self.hosts[host].crashes;
        self.at(ms, Happening::Input(host, incarnation, Box::new(input)));
    }

    fn at(&mut self, ms: u64, happening: Happening) {
        self.next += 1;
        self.queue.insert((self.now.plus(ms), self.next), happening);
    }

    fn delay(&mut self) -> u64 {
        self.links.delay_ms + u64::from(self.rng.next_u32()) % (self.links.jitter_ms + 1)
    }

    /// True `per_mille` times of 1,000.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.rng.next_u32() % 1000 < per_mille
    }

    /// A number below `bound`.
    pub fn pick(&mut self, bound: u32) -> u32 {
        self.rng.next_u32() % bound
    }

    /// Everybody who takes part in a chat shows the same, and everything that was answered.
    pub fn assert_agree(&self, a: usize, b: usize) {
        let chat = self.chat(a, b);
        let ids = |host| -> Vec<MessageId> {
            self.timeline(host, chat).iter().map(|row| row.id).collect()
        };
        let (one, other) = (ids(a), ids(b));
        let once: BTreeSet<_> = one.iter().collect();
        assert_eq!(once.len(), one.len(), "no message is shown twice");
        for host in [a, b] {
            let said = self.hosts[host].answered.iter();
            let chats = |id: &&MessageId| {
                self.hosts[host]
                    .disk
                    .message(id)
                    .is_some_and(|stored| stored.row.chat == chat)
            };
            for id in said.filter(chats) {
                assert!(once.contains(id), "an answered message of {host} is lost");
            }
        }
        assert_eq!(one, other, "both show the same order");
    }
}

fn writes(effects: &[Effect]) -> Vec<Write> {
    let write = |effect: &Effect| match effect {
        Effect::Write(write) => Some(write.clone()),
        _ => None,
    };
    effects.iter().filter_map(write).collect()
}

fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

fn address(host: usize) -> Address {
    Address(
        u16::try_from(host)
            .expect("few hosts")
            .to_be_bytes()
            .to_vec(),
    )
}

fn incoming() -> betwixt::proto::contact::Standing {
    betwixt::proto::contact::Standing::Incoming
}

fn contact() -> betwixt::proto::contact::Standing {
    betwixt::proto::contact::Standing::Contact
}

/// CPU time of this thread.
fn cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("time goes on");
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).expect("time goes on")
}
