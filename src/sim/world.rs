//! Everybody, and everything between them: a clock, a queue of what is to happen, hosts and relays.
//!
//! A host handles an input, commits what is to be remembered, and only then releases the rest, as the
//! node does. A crash can come at each of these steps.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    host::{CrashAt, Host, Life, Trap},
    invariants::{Ledger, Rule},
    network::Network,
    relay::Relay,
    trace::Trace,
};
use crate::{
    proto::{
        engine::{
            Effect, Engine, Input,
            command::{Command, CommandError, Reply},
            input::{AskId, CommandId, Ticket},
        },
        record::{Write, memory::Memory},
        time::Timestamp,
    },
    wire::{
        direct::Direct,
        hello::HelloRequest,
        id::{Address, PeerId},
    },
};

/// When every world begins: 2026-01-01 UTC.
pub const BEGINNING: Timestamp = Timestamp(1_767_225_600_000);

pub enum Happening {
    Input(usize, Life, Box<Input>),
    Hello {
        from: usize,
        to: usize,
        ask: AskId,
        request: Box<HelloRequest>,
    },
    HelloLost {
        from: usize,
        life: Life,
        ask: AskId,
    },
    Direct {
        from: usize,
        to: usize,
        connection: u64,
        message: Box<Direct>,
    },
    Connect(usize, usize),
    Wake(usize),
}

pub struct World {
    pub now: Timestamp,
    pub hosts: Vec<Host>,
    pub network: Network,
    pub relays: Vec<Relay>,
    pub ledger: Ledger,
    pub trace: Trace,
    /// Whether the processor's time is measured.
    pub measures: bool,
    queue: BTreeMap<(Timestamp, u64), Happening>,
    timers: BTreeSet<(Timestamp, usize)>,
    by_peer: BTreeMap<PeerId, usize>,
    pub(super) tickets: BTreeMap<(usize, Ticket), (usize, Life, AskId)>,
    pub(super) next: u64,
    commands: u64,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self {
            now: BEGINNING,
            hosts: Vec::new(),
            network: Network::new(seed),
            relays: Vec::new(),
            ledger: Ledger::default(),
            trace: Trace::default(),
            measures: false,
            queue: BTreeMap::new(),
            timers: BTreeSet::new(),
            by_peer: BTreeMap::new(),
            tickets: BTreeMap::new(),
            next: 0,
            commands: 0,
        }
    }

    /// Somebody new opens the program.
    pub fn join(&mut self, name: String) -> usize {
        let mut rng = self.network.fork();
        let (engine, effects) = Engine::create(Some(name), self.now, &mut rng);
        let mut disk = Memory::default();
        disk.commit(parted(effects).0);
        let host = self.hosts.len();
        self.by_peer.insert(engine.peer(), host);
        let held = Host::new(engine, disk, rng);
        self.ledger.joins(held.person, host);
        self.hosts.push(held);
        self.begin(host);
        host
    }

    /// Two hosts are on one network, and find each other.
    pub fn introduce(&mut self, a: usize, b: usize) {
        for (host, other) in [(a, b), (b, a)] {
            if let Some(held) = self.hosts.get_mut(host) {
                held.near.insert(other);
            }
            self.discover(host, other);
        }
    }

    fn discover(&mut self, host: usize, other: usize) {
        if let Some(peer) = self.up(other).map(|held| held.peer) {
            self.later(2, host, Input::Discovered(peer, vec![address(other)]));
        }
    }

    fn begin(&mut self, host: usize) {
        let now = self.now;
        let Some(held) = self.hosts.get_mut(host) else {
            return;
        };
        let Some(engine) = held.engine.as_mut() else {
            return;
        };
        let effects = engine.start(now, &mut held.rng);
        let near = held.near.clone();
        self.settle(host, effects);
        self.input(host, Input::Listening(vec![address(host)]));
        self.let_in(host);
        for other in near {
            self.discover(host, other);
            if self.up(other).is_some() {
                self.discover(other, host);
            }
        }
    }

    /// A host loses power, and everything that was not committed.
    pub fn crash(&mut self, host: usize) {
        let Some(held) = self.hosts.get_mut(host) else {
            return;
        };
        held.engine = None;
        held.life += 1;
        held.allowed.clear();
        held.topics.clear();
        held.trap = None;
        if let Some(due) = held.due.take() {
            self.timers.remove(&(due, host));
        }
        self.put_out(host);
        for other in self.network.connected(host) {
            self.disconnect(host, other);
        }
    }

    /// A host starts again from its disk.
    pub fn restart(&mut self, host: usize) {
        let now = self.now;
        let Some(held) = self.hosts.get_mut(host) else {
            return;
        };
        let Some(engine) = held.load(now) else {
            let text = format!("host {host} cannot be loaded from what it committed");
            self.ledger.broken(Rule::Loads, text);
            return;
        };
        held.engine = Some(engine);
        self.ledger.answered_are_there(host, held);
        self.begin(host);
    }

    /// A host goes on with an older copy of its disk. Only if it knows does it mistrust it.
    pub fn set_back(&mut self, host: usize, knows: bool) {
        self.crash(host);
        let now = self.now;
        let Some(held) = self.hosts.get_mut(host) else {
            return;
        };
        if let Some(copy) = held.copy.clone() {
            held.disk = copy;
            held.was_set_back |= knows;
        }
        if !knows {
            self.restart(host);
            return;
        }
        if let Some(mut engine) = held.load(now) {
            engine.mistrust(now, &mut held.rng);
            held.engine = Some(engine);
            self.begin(host);
        }
    }

    pub fn up(&self, host: usize) -> Option<&Host> {
        self.hosts.get(host).filter(|held| held.is_up())
    }

    pub fn engine(&self, host: usize) -> Option<&Engine> {
        self.hosts.get(host)?.engine.as_ref()
    }

    /// Asks a host for something, and gives the answer once it is committed. `None`: it is away, or
    /// crashed.
    pub fn command(
        &mut self,
        host: usize,
        command: Command,
    ) -> Option<Result<Reply, CommandError>> {
        self.commands += 1;
        let id = CommandId(self.commands);
        let held = self.up(host)?;
        let input = match command {
            Command::ReadMessages { chat_id, up_to } => {
                let read = held.disk.read_counters(chat_id, up_to)?;
                Input::Read {
                    id,
                    chat: chat_id,
                    up_to,
                    counters: read.counters,
                    unread_left: read.unread_left,
                }
            }
            command => match command.target() {
                Some(target) => {
                    let target = held.disk.message(&target);
                    Input::Act {
                        id,
                        command,
                        target: target.map(|stored| Box::new(stored.row)),
                    }
                }
                None => Input::Command(id, command),
            },
        };
        self.input(host, input);
        self.hosts.get_mut(host)?.replies.remove(&id)
    }

    /// Lets time pass, or as much of it as nothing is broken.
    pub fn run(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while self.ledger.is_whole() && self.step(end) {}
        self.now = end;
    }

    fn step(&mut self, end: Timestamp) -> bool {
        let timer = self.timers.first().copied();
        let timer = timer.map(|(due, host)| (due.max(self.now), host));
        let next = self.queue.keys().next().map(|(at, _)| *at);
        let (at, woken) = match (timer, next) {
            (None, None) => return false,
            (Some((due, host)), None) => (due, Some(host)),
            (Some((due, host)), Some(at)) if due < at => (due, Some(host)),
            (_, Some(at)) => (at, None),
        };
        if at > end {
            return false;
        }
        self.now = self.now.max(at);
        if let Some(host) = woken {
            self.input(host, Input::Timeout);
        } else if let Some((_, happening)) = self.queue.pop_first() {
            self.happen(happening);
        }
        true
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Input(host, life, input) => {
                if self.life(host) == life {
                    self.input(host, *input);
                }
            }
            Happening::Hello {
                from,
                to,
                ask,
                request,
            } => self.hello(from, to, ask, *request),
            Happening::HelloLost { from, life, ask } => {
                if self.life(from) == life {
                    self.input(from, Input::Answered { ask, reply: None });
                }
            }
            Happening::Direct {
                from,
                to,
                connection,
                message,
            } => {
                if self.network.connection(from, to) == Some(connection) {
                    self.hear(to, from, *message);
                }
            }
            Happening::Connect(a, b) => self.connect(a, b),
            Happening::Wake(host) => {
                if self.up(host).is_none() {
                    self.restart(host);
                }
            }
        }
    }

    /// Something happens to a host.
    pub fn input(&mut self, host: usize, input: Input) {
        let now = self.now;
        let Some(held) = self.hosts.get_mut(host) else {
            return;
        };
        let Some(engine) = held.engine.as_mut() else {
            return;
        };
        self.trace.input(host, now, &input);
        let began = if self.measures { cpu_ns() } else { 0 };
        let effects = engine.handle(input, now, &mut held.rng);
        if self.measures {
            held.cost.cpu_ns += cpu_ns().saturating_sub(began);
        }
        self.settle(host, effects);
    }

    /// Commits, then releases.
    fn settle(&mut self, host: usize, mut effects: Vec<Effect>) {
        let Some(held) = self.hosts.get_mut(host) else {
            return;
        };
        let Some(engine) = held.engine.as_mut() else {
            return;
        };
        effects.extend(engine.flush());
        let due = engine.poll_timeout();
        if due != held.due {
            if let Some(before) = held.due {
                self.timers.remove(&(before, host));
            }
            if let Some(due) = due {
                self.timers.insert((due, host));
            }
            held.due = due;
        }
        self.trace.effects(&effects);
        let (batch, effects) = parted(effects);
        let sprung = held.trap.filter(|_| !batch.is_empty());
        let sprung = sprung.filter(|trap| trap.left == 0);
        if let Some(trap) = held.trap.as_mut()
            && !batch.is_empty()
        {
            trap.left = trap.left.saturating_sub(1);
        }
        if sprung.is_some_and(|trap| trap.at == CrashAt::BeforeCommit) {
            self.fall(host, sprung);
            return;
        }
        self.ledger.commits(host, held, &batch);
        held.disk.commit(batch);
        if sprung.is_some_and(|trap| trap.at == CrashAt::AfterCommit) {
            self.fall(host, sprung);
            return;
        }
        let most = if sprung.is_some() { 1 } else { usize::MAX };
        for effect in effects.into_iter().take(most) {
            self.release(host, effect);
        }
        if sprung.is_some() {
            self.fall(host, sprung);
        }
    }

    fn fall(&mut self, host: usize, trap: Option<Trap>) {
        self.crash(host);
        if let Some(trap) = trap {
            self.at(trap.away_ms, Happening::Wake(host));
        }
    }

    pub fn host_of(&self, peer: PeerId) -> Option<usize> {
        self.by_peer.get(&peer).copied()
    }

    pub fn life(&self, host: usize) -> Life {
        self.hosts.get(host).map_or(0, |held| held.life)
    }

    pub fn later(&mut self, ms: u64, host: usize, input: Input) {
        let life = self.life(host);
        self.at(ms, Happening::Input(host, life, Box::new(input)));
    }

    pub fn at(&mut self, ms: u64, happening: Happening) {
        self.next += 1;
        self.queue.insert((self.now.plus(ms), self.next), happening);
    }
}

/// What is to be committed, and what is released then.
fn parted(effects: Vec<Effect>) -> (Vec<Write>, Vec<Effect>) {
    let (mut batch, mut rest) = (Vec::new(), Vec::new());
    for effect in effects {
        match effect {
            Effect::Write(write) => batch.push(write),
            other => rest.push(other),
        }
    }
    (batch, rest)
}

pub fn address(host: usize) -> Address {
    Address(number(host).to_be_bytes().to_vec())
}

pub fn number(host: usize) -> u32 {
    u32::try_from(host).unwrap_or(u32::MAX)
}

/// CPU time of this thread.
fn cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}
