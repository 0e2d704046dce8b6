//! A relay's mailboxes: how many frames a second are put, and what memory 10,000 of them take.
//!
//!     cargo bench --no-default-features --bench mailbox
//!
//! The relay is a process of its own; its clients are in this one, and sign and send on the same
//! processors. `BENCH_DIR=/some/where` for another file system, `BENCH_FRAMES=N` for another number.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing
)]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use betwixt::{
    net::{self, Net, NetCommand, NetEvent, NetEvents},
    proto::{
        channel::{Channel, Kind},
        secret::Secret,
    },
    wire::{
        id::PeerId,
        mailbox::{Lease, Link, Put, PutStatus, RelayRequest},
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tokio::{runtime::Runtime, time::timeout};
use zeroize::Zeroizing;

/// Clients, and topics of each.
const CLIENTS: u8 = 10;
const TOPICS: usize = 1000;

/// Frames in one request.
const TOGETHER: usize = 16;

/// Requests of one client that wait for their answers.
const UNDER_WAY: usize = 4;

fn main() {
    let base = env::var("BENCH_DIR").unwrap_or_else(|_| env!("CARGO_TARGET_TMPDIR").to_owned());
    let home = tempfile::tempdir_in(base).unwrap();
    let relay = Relay::start(home.path());
    println!("idle: {}", relay.memory());
    let runtime = Runtime::new().unwrap();
    runtime.block_on(run(&relay));
}

async fn run(relay: &Relay) {
    let began = Instant::now();
    let mut clients = Vec::new();
    for seed in 1..=CLIENTS {
        clients.push(Client::connect(seed, relay).await);
    }
    let topics = usize::from(CLIENTS) * TOPICS;
    println!(
        "{topics} topics leased in {:?}: {}",
        began.elapsed(),
        relay.memory()
    );

    let wanted: usize = env::var("BENCH_FRAMES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(30_000);
    let each = wanted / usize::from(CLIENTS);
    let tasks = clients.into_iter().map(|mut client| {
        let requests = client.requests(each);
        (client, requests)
    });
    let tasks: Vec<_> = tasks.collect();
    let (began, before) = (Instant::now(), relay.cpu());
    let mut running = tokio::task::JoinSet::new();
    for (mut client, requests) in tasks {
        running.spawn(async move { client.put(requests).await });
    }
    let (mut stored, mut times) = (0, Vec::new());
    while let Some(done) = running.join_next().await {
        let (count, took) = done.unwrap();
        stored += count;
        times.extend(took);
    }
    let took = began.elapsed();
    let cpu = relay.cpu().saturating_sub(before);
    times.sort_unstable();
    let at = |of: usize| times[(times.len() - 1) * of / 100];
    println!(
        "{stored} frames put and on disk in {took:?}: {:.0} a second, {:.2} of a processor; an answer to {TOGETHER} \
         takes {:?} at the median, {:?} at 99 %",
        f64::from(u32::try_from(stored).unwrap()) / took.as_secs_f64(),
        cpu.as_secs_f64() / took.as_secs_f64(),
        at(50),
        at(99),
    );
    println!("with {topics} mailboxes: {}", relay.memory());
}

struct Client {
    net: Net,
    events: NetEvents,
    relay: PeerId,
    channels: Vec<Channel>,
    rng: ChaCha20Rng,
}

impl Client {
    /// A client whose topics are all leased, on a connection through the gate.
    async fn connect(seed: u8, relay: &Relay) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed.into());
        let channels: Vec<Channel> = (0..TOPICS)
            .map(|_| Channel::from_secret(&Secret::random(&mut rng)))
            .collect();
        let settings = net::Settings {
            listen: vec![],
            mdns: false,
            relays: vec![relay.address.clone()],
            ..net::Settings::new(Zeroizing::new([seed; 32]), today)
        };
        let (net, events) = net::start(settings).unwrap();
        let mut client = Self {
            net,
            events,
            relay: PeerId([0; 32]),
            channels,
            rng,
        };
        let mut leased = 0;
        while leased < TOPICS {
            match client.next().await {
                NetEvent::RelayChallenge {
                    relay, challenge, ..
                } => {
                    leased = 0;
                    client.relay = relay;
                    let link = Link {
                        relay,
                        client: client.net.local_peer(),
                        challenge,
                    };
                    client.lease(&link);
                }
                NetEvent::Leased { until, .. } => leased += usize::from(until.is_some()),
                _ => {}
            }
        }
        client
    }

    fn lease(&self, link: &Link) {
        for channel in &self.channels {
            let mut lease = Lease {
                topic: channel.topic(),
                ttl_s: 3600,
                readers: 2,
                auth: [0; 64],
            };
            lease.auth = channel.relay_auth(&lease.to_sign(link));
            let relay = self.relay;
            while !self.net.send(NetCommand::Lease {
                relay,
                lease: lease.clone(),
            }) {
                std::thread::yield_now();
            }
        }
    }

    /// Frames of messages of 100 characters, made before anything is measured.
    fn requests(&mut self, frames: usize) -> Vec<RelayRequest> {
        let mut made = Vec::new();
        for n in 0..frames {
            let channel = &self.channels[n % TOPICS];
            let body = vec![7; 500];
            let frame = channel.seal(false, today(), Kind::DirectMessage, &body, &mut self.rng);
            made.push(Put {
                topic: channel.topic(),
                frame: frame.unwrap().into(),
            });
        }
        let requests = made.chunks(TOGETHER);
        requests
            .map(|frames| RelayRequest::Put {
                frames: frames.to_vec(),
            })
            .collect()
    }

    /// Puts everything; how much of it is on disk, and how long each answer took.
    async fn put(&mut self, requests: Vec<RelayRequest>) -> (usize, Vec<Duration>) {
        let mut waiting = requests.into_iter();
        let mut asked = std::collections::VecDeque::new();
        let (mut stored, mut times) = (0, Vec::new());
        loop {
            while asked.len() < UNDER_WAY
                && let Some(request) = waiting.next()
            {
                let relay = self.relay;
                assert!(self.net.send(NetCommand::AskRelay { relay, request }));
                asked.push_back(Instant::now());
            }
            if asked.is_empty() {
                return (stored, times);
            }
            if let NetEvent::Deposited { statuses, .. } = self.next().await {
                times.extend(asked.pop_front().map(|at| at.elapsed()));
                let here = statuses.into_iter().flatten();
                stored += here.filter(|status| *status == PutStatus::Stored).count();
            }
        }
    }

    async fn next(&mut self) -> NetEvent {
        let event = timeout(Duration::from_mins(2), self.events.recv()).await;
        event.expect("nothing happens").expect("the node ended")
    }
}

fn today() -> u16 {
    betwixt::node::today()
}

struct Relay {
    child: Child,
    address: String,
}

impl Relay {
    fn start(home: &Path) -> Self {
        let config = home.join("relay.toml");
        let text =
            "listen = [\"/ip4/127.0.0.1/tcp/0\"]\ngossip = false\n[quota]\nmin_free_mib = 64\n";
        fs::write(&config, text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_betwixt"))
            .arg("--profile")
            .arg(home.join("relay"))
            .args(["relay", "--config"])
            .arg(&config)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut address).unwrap();
        Self {
            child,
            address: address.trim().to_owned(),
        }
    }

    fn memory(&self) -> String {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let of = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            kib.unwrap_or(0) / 1024
        };
        format!("{} MiB resident, {} at most", of("VmRSS:"), of("VmHWM:"))
    }

    /// Processor time so far.
    fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_default();
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
