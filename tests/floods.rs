//! Floods over real connections: a member built from the library who says more than anybody can read, and
//! hundreds of strangers at one address.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "it is a test"
)]

mod process;

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use betwixt::{
    net::{self, Net, NetCommand, NetEvent, NetEvents, Settings, address},
    node::{now, today},
    proto::{
        channel::Kind,
        chat::{
            content::{Body, Content, Text},
            epoch::Epochs,
            group::Group,
        },
        id::ChatId,
        identity::Device,
        record::Class,
    },
    store::Profile,
    wire::{direct::Direct, id::PeerId, limits},
};
use process::{Node, PATIENCE, Pair, befriended};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use rustix::param::clock_ticks_per_second;
use serde_json::json;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

/// What is said in a flood, in a second.
const A_SECOND: usize = 10_000;

/// Honest messages of each part.
const HONEST: usize = 20;

/// So many identities at one address.
const IDENTITIES: u16 = 500;

/// A member of a group with its own keys and no engine that keeps to the rules.
struct Insider {
    device: Device,
    group: Group,
    epochs: Epochs,
    rng: ChaCha20Rng,
}

impl Insider {
    /// With the profile of somebody whose program does not run.
    fn of(profile: &Path, chat: &str) -> Self {
        let store = Profile::open(profile).unwrap().unlock(None).unwrap();
        let chat: ChatId = chat.parse().unwrap();
        let device = store.record(Class::Device, &[]).unwrap().unwrap();
        let mut ops = store.records(Class::Op).unwrap();
        ops.retain(|(key, _)| key.starts_with(&chat.0));
        ops.sort_by(|(one, _), (other, _)| one.cmp(other));
        let ops = ops.into_iter().map(|(_, op)| op.to_vec());
        let mut epochs = Epochs::restore(store.records(Class::Epoch).unwrap());
        Self {
            device: Device::from_record(&device).unwrap(),
            group: Group::restore(ops).unwrap(),
            epochs: epochs.remove(&chat).unwrap(),
            rng: ChaCha20Rng::seed_from_u64(1),
        }
    }

    /// A message as it goes to one member.
    fn says(&mut self, text: String) -> Direct {
        let content = Content {
            prev: None,
            parents: Vec::new(),
            created: now(),
            expire_s: 0,
            body: Body::Text(Text {
                text,
                reply_to: None,
                mentions: Vec::new(),
            }),
        };
        let epoch = self.epochs.speaking(&self.group).unwrap();
        let sealed = self
            .epochs
            .seal(&epoch, &self.device, &content.encode(), &mut self.rng);
        let channel = self.epochs.get(&epoch).unwrap().channel().clone();
        let body = sealed.unwrap().body;
        let frame = channel.seal(false, today(), Kind::GroupMessage, &body, &mut self.rng);
        Direct::Frame {
            topic: channel.topic(),
            frame: frame.unwrap().into(),
        }
    }

    /// On the network, as a node of that member.
    fn start(&self) -> (Net, NetEvents) {
        let secret = Zeroizing::new(*self.device.node_secret().expose());
        net::start(settings(secret)).unwrap()
    }
}

fn settings(secret: Zeroizing<[u8; 32]>) -> Settings {
    Settings {
        listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        mdns: false,
        ..Settings::new(secret, today)
    }
}

#[test]
fn a_member_who_floods_a_group_over_a_connection_costs_what_is_bounded_and_others_are_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let Pair { mut ada, ben, .. } = Pair::befriend(&path("ada"), &path("mallory"));
    let mallory_is = ben.person();
    let address = ada.address();
    let mut carol = Node::start_with(&path("carol"), &["--dial", &address]);
    carol.ok("profile.set", json!({"name": "Carol"}));
    let (a, c) = (ada.person(), carol.person());
    carol.event(json!({"type": "nearby", "person_id": a, "present": true}));
    carol.ok("contact.add", json!({"person_id": a}));
    befriended(&mut ada, &mut carol);
    let chat = ada.ok(
        "chat.create",
        json!({"name": "Herons", "members": [c, mallory_is]}),
    );
    let chat = chat["chat_id"].as_str().unwrap().to_owned();
    let mut mallory = ben;
    for node in [&mut carol, &mut mallory] {
        wait_until(|| {
            let info = node.call("chat.info", json!({"chat_id": chat}));
            info.is_ok_and(|info| info["place"] == "member" && info["epoch"].as_u64() > Some(0))
        });
    }
    // All hold the same epoch once each has said something in it.
    for node in [&mut carol, &mut mallory] {
        let text = format!("hello of {}", node.person());
        node.ok("message.send", json!({"chat_id": chat, "text": text}));
        ada.event(json!({"type": "message", "text": text}));
    }
    assert_eq!(mallory.stop(), 0);
    let mut insider = Insider::of(&path("mallory"), &chat);

    let quiet = talk(&mut carol, &mut ada, &chat, "quiet");
    let (memory_before, busy_before) = (memory(ada.child.id()), busy(ada.child.id()));
    let frames: Vec<Direct> = (0..3 * A_SECOND)
        .map(|n| insider.says(format!("buy this {n}")))
        .collect();
    let runtime = Runtime::new().unwrap();
    let to = peer(&ada);
    let (mallory, mut events) = {
        let _within = runtime.enter();
        insider.start()
    };
    let at = address::parse(&address).unwrap().1;
    mallory.send(NetCommand::Authorise(to, vec![at]));
    runtime.block_on(until_streaming(&mut events));
    let sent = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let since = Instant::now();
    let flood = {
        let (sent, stop) = (sent.clone(), stop.clone());
        std::thread::spawn(move || {
            let mut went = 0;
            while !stop.load(Ordering::SeqCst) {
                let began = Instant::now();
                for _ in 0..A_SECOND / 100 {
                    // What its queue does not take goes later; what was not taken in goes again.
                    let next = frames[went % frames.len()].clone();
                    if !mallory.send(NetCommand::Send(to, next)) {
                        break;
                    }
                    went += 1;
                }
                sent.store(u64::try_from(went).unwrap(), Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(10).saturating_sub(began.elapsed()));
            }
            mallory
        })
    };
    let began = Instant::now();
    let flooded = talk(&mut carol, &mut ada, &chat, "flooded");
    let lasted = began.elapsed();
    let went = sent.load(Ordering::SeqCst);
    let used = busy(ada.child.id()).saturating_sub(busy_before);
    let grown = memory(ada.child.id()).saturating_sub(memory_before);
    let taken = count(&mut ada, &chat, "buy");
    eprintln!(
        "flood: {went} sent in {lasted:?}, {taken} taken; p50 of another member {quiet:?} without, \
         {flooded:?} with it: {:.1} times; {used:?} of a processor, {grown} KiB more",
        flooded.as_secs_f64() / quiet.as_secs_f64()
    );
    let most = limits::MESSAGES_OF_AUTHOR as usize;
    let refilled = 20 * (usize::try_from(since.elapsed().as_secs()).unwrap() + 5);
    assert!(went > 1_000 && taken > 0, "{went} sent, {taken} taken");
    assert!(taken <= most + refilled, "{taken} of {went} are taken");
    assert!(grown < 128 << 10, "{grown} KiB");

    // As long as they are a member, a little more is taken all the time.
    wait_until(|| count(&mut ada, &chat, "buy") > taken);
    ada.ok(
        "chat.remove",
        json!({"chat_id": chat, "person_id": mallory_is}),
    );
    let at_removal = count(&mut ada, &chat, "buy");
    let from = sent.load(Ordering::SeqCst);
    let after = talk(&mut carol, &mut ada, &chat, "removed");
    let more = sent.load(Ordering::SeqCst) - from;
    assert!(more > 1_000, "{more} are sent after the removal");
    assert_eq!(count(&mut ada, &chat, "buy"), at_removal, "of {more} more");
    ada.ok("contact.block", json!({"person_id": mallory_is}));
    runtime.block_on(until_gone(&mut events));
    stop.store(true, Ordering::SeqCst);
    drop(flood.join().unwrap());
    eprintln!("flood: {more} sent after the removal, 0 taken; p50 {after:?} then");
    assert!(count(&mut carol, &chat, "removed") == HONEST);
}

#[test]
fn five_hundred_identities_at_one_address_take_few_places_and_a_contact_comes_in() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("ada"), folder.path().join("ben"));
    let Pair { mut ada, ben, chat } = Pair::befriend(&a, &b);
    assert_eq!(ben.stop(), 0);
    let address = ada.address();
    let id = ada.child.id();
    let (memory_before, busy_before, sockets_before) = (memory(id), busy(id), sockets(id));

    let runtime = Runtime::new().unwrap();
    let open = Arc::new(AtomicU64::new(0));
    let tried = Arc::new(AtomicU64::new(0));
    for n in 0..IDENTITIES {
        let mut secret = Zeroizing::new([0x5a; 32]);
        secret[..2].copy_from_slice(&n.to_be_bytes());
        let dial = Settings {
            dial: vec![address.clone()],
            ..settings(secret)
        };
        let _within = runtime.enter();
        let (net, mut events) = net::start(dial).unwrap();
        let (open, tried) = (open.clone(), tried.clone());
        let at = address::parse(&address).unwrap().1;
        let to = peer(&ada);
        runtime.spawn(async move {
            loop {
                // Whoever is not in comes again and again.
                match tokio::time::timeout(Duration::from_secs(1), events.recv()).await {
                    Ok(Some(NetEvent::Connected { .. })) => {
                        open.fetch_add(1, Ordering::SeqCst);
                    }
                    Ok(Some(NetEvent::Disconnected(_))) => {
                        open.fetch_sub(1, Ordering::SeqCst);
                    }
                    Ok(None) => return,
                    Ok(Some(_)) => {}
                    Err(_) => {
                        tried.fetch_add(1, Ordering::SeqCst);
                        net.send(NetCommand::Dial(Some(to), vec![at.clone()]));
                    }
                }
            }
        });
    }
    let (mut most_open, mut most_sockets, mut most_memory) = (0, 0, 0);
    let mut look = || {
        most_open = most_open.max(open.load(Ordering::SeqCst));
        most_sockets = most_sockets.max(sockets(id).saturating_sub(sockets_before));
        most_memory = most_memory.max(memory(id).saturating_sub(memory_before));
    };
    let began = Instant::now();
    wait_until(|| {
        look();
        tried.load(Ordering::SeqCst) >= u64::from(IDENTITIES)
    });

    let come = Instant::now();
    let mut ben = Node::start_with(&b, &["--dial", &address]);
    ben.ok(
        "message.send",
        json!({"chat_id": chat, "text": "let me in"}),
    );
    ada.event(json!({"type": "message", "text": "let me in"}));
    let came = come.elapsed();
    ada.ok("message.send", json!({"chat_id": chat, "text": "you are"}));
    ben.event(json!({"type": "message", "text": "you are"}));
    look();

    let (lasted, used) = (began.elapsed(), busy(id).saturating_sub(busy_before));
    let tried = tried.load(Ordering::SeqCst) + u64::from(IDENTITIES);
    eprintln!(
        "crowd: {IDENTITIES} identities, {tried} attempts in {lasted:?}; at most {most_open} were in, \
         {most_sockets} sockets and {most_memory} KiB more; a contact was heard after {came:?}; \
         {used:?} of a processor"
    );
    assert!(most_open > 0, "somebody comes in");
    // Whoever is refused learns it a moment later.
    assert!(most_open <= 2 * limits::STRANGERS as u64, "{most_open}");
    assert!(most_sockets <= SOCKETS, "{most_sockets}");
    assert!(most_memory < 64 << 10, "{most_memory} KiB");
    assert_eq!(ada.stop(), 0);
    runtime.shutdown_background();
}

/// Of one address 64, of strangers that we dialled as many as places, and a few of a contact.
const SOCKETS: usize = 64 + limits::STRANGERS + 8;

/// One says some things to another; the median of how long each took.
fn talk(from: &mut Node, to: &mut Node, chat: &str, what: &str) -> Duration {
    let mut delays: Vec<Duration> = (0..HONEST)
        .map(|n| {
            let began = Instant::now();
            let text = format!("{what} {n}");
            from.ok("message.send", json!({"chat_id": chat, "text": text}));
            to.event(json!({"type": "message", "text": text}));
            let took = began.elapsed();
            std::thread::sleep(Duration::from_millis(100));
            took
        })
        .collect();
    to.forget_events();
    delays.sort();
    delays[HONEST / 2]
}

/// How many messages begin so.
fn count(node: &mut Node, chat: &str, with: &str) -> usize {
    let (mut before, mut count) = (None::<String>, 0);
    loop {
        let mut params = json!({"chat_id": chat, "limit": 1000});
        if let Some(before) = &before {
            params["before"] = json!(before);
        }
        let page = node.ok("message.list", params);
        let rows = page.as_array().unwrap();
        let texts = rows.iter().filter_map(|row| row["text"].as_str());
        count += texts.filter(|text| text.starts_with(with)).count();
        if rows.len() < 1000 {
            return count;
        }
        before = rows[0]["message_id"].as_str().map(str::to_owned);
    }
}

async fn until_streaming(events: &mut NetEvents) {
    let connected = async {
        while let Some(event) = events.recv().await {
            if matches!(
                event,
                NetEvent::Connected {
                    authorised: true,
                    ..
                }
            ) {
                return;
            }
        }
        panic!("it ended")
    };
    tokio::time::timeout(PATIENCE, connected).await.unwrap();
}

async fn until_gone(events: &mut NetEvents) {
    let gone = async {
        while let Some(event) = events.recv().await {
            if matches!(event, NetEvent::Disconnected(_)) {
                return;
            }
        }
        panic!("it ended")
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
}

fn peer(node: &Node) -> PeerId {
    let text = node.info["peer_id"].as_str().unwrap();
    address::parse_peer(text).unwrap()
}

#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to that");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Memory of a process that is in use, in KiB.
fn memory(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.unwrap().trim().strip_suffix(" kB").unwrap();
    kib.parse().unwrap()
}

/// How long a process has had a processor.
fn busy(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 1000 / clock_ticks_per_second())
}

/// Open sockets of a process.
fn sockets(id: u32) -> usize {
    let files = fs::read_dir(format!("/proc/{id}/fd")).unwrap();
    let links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    links
        .filter(|link| link.to_string_lossy().starts_with("socket:"))
        .count()
}
