//! What the network layer carries, between two nodes on loopback: `cargo bench --bench net`.
//!
//! Frames are those of 300-byte messages: 620 bytes, each verified by whoever receives it. Beside it
//! gossipsub alone, with 300 bytes and without verification, so that what is ours is visible.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::cast_precision_loss, clippy::indexing_slicing)]

mod bare;

use std::time::{Duration, Instant};

use betwixt::{
    net::{self, Net, NetCommand, NetEvent, NetEvents, Settings},
    wire::{
        direct::Direct,
        frame,
        id::{Address, TopicKey},
    },
};
use ed25519_dalek::{Signer, SigningKey};
use minicbor::bytes::ByteVec;
use zeroize::Zeroizing;

const TODAY: u16 = 690;
const BURST: usize = 20_000;
const ROUNDS: usize = 5_000;

#[tokio::main]
async fn main() {
    let frames = frames(BURST + 2 * ROUNDS);
    println!(
        "{:<44} {:>10}",
        "two nodes, loopback, frames of 620 bytes", ""
    );

    let (a, b) = pair().await;
    direct_burst(&a, b, &frames).await;
    let (a, b) = pair().await;
    direct_rounds(a, b, &frames).await;
    let (a, b) = pair().await;
    gossip_rounds(a, b, &frames).await;
    reconnect().await;

    println!("gossipsub alone, 300 bytes, nothing verified");
    let times = bare::rounds(ROUNDS).await;
    percentiles("gossipsub, there and back", times);
}

struct Node {
    net: Net,
    events: NetEvents,
    addresses: Vec<Address>,
}

async fn node(seed: u8) -> Node {
    let settings = Settings {
        listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        mdns: false,
        ..Settings::new(Zeroizing::new([seed; 32]), || TODAY)
    };
    let (net, mut events) = net::start(settings).unwrap();
    let addresses = loop {
        if let NetEvent::Listening(addresses) = events.recv().await.unwrap() {
            break addresses;
        }
    };
    Node {
        net,
        events,
        addresses,
    }
}

async fn pair() -> (Node, Node) {
    let (mut a, mut b) = (node(1).await, node(2).await);
    // Only one of them dials: the figures are of one connection.
    let without_address = NetCommand::Authorise(a.net.local_peer(), vec![]);
    b.net.send(without_address);
    authorise(&a, &b);
    streaming(&mut a).await;
    streaming(&mut b).await;
    (a, b)
}

fn authorise(one: &Node, other: &Node) {
    let command = NetCommand::Authorise(other.net.local_peer(), other.addresses.clone());
    one.net.send(command);
}

async fn streaming(node: &mut Node) {
    loop {
        if let NetEvent::Connected { authorised, .. } = node.events.recv().await.unwrap()
            && authorised
        {
            return;
        }
    }
}

fn channel() -> (SigningKey, TopicKey) {
    let key = SigningKey::from_bytes(&[7; 32]);
    let topic = TopicKey(key.verifying_key().to_bytes());
    (key, topic)
}

/// Frames as a channel's member makes them, with zeros for what is sealed.
fn frames(count: usize) -> Vec<Vec<u8>> {
    let (key, topic) = channel();
    (0..count)
        .map(|number| {
            let mut frame = frame::header(false, TODAY).to_vec();
            frame.extend_from_slice(&number.to_be_bytes());
            frame.resize(620 - 64, 0);
            let signed = [b"betwixt1:frame\0", &topic.0[..], &frame].concat();
            frame.extend_from_slice(&key.sign(&signed).to_bytes());
            frame
        })
        .collect()
}

fn direct(frame: &[u8]) -> Direct {
    Direct::Frame {
        topic: channel().1,
        frame: ByteVec::from(frame.to_vec()),
    }
}

/// Sends, and again whenever there was no room, as the outbox would.
async fn send(node: &Net, to: betwixt::wire::id::PeerId, frame: &[u8]) {
    while !node.send(NetCommand::Send(to, direct(frame))) {
        tokio::task::yield_now().await;
    }
}

async fn next_direct(node: &mut Node) {
    while !matches!(node.events.recv().await.unwrap(), NetEvent::Direct { .. }) {}
}

async fn direct_burst(a: &Node, mut b: Node, frames: &[Vec<u8>]) {
    let to = b.net.local_peer();
    let start = Instant::now();
    let count = async {
        for _ in 0..BURST {
            next_direct(&mut b).await;
        }
    };
    let sending = async {
        for frame in frames.iter().take(BURST) {
            send(&a.net, to, frame).await;
        }
    };
    tokio::join!(count, sending);
    rate("direct stream, one way", BURST, start.elapsed());
}

async fn direct_rounds(mut a: Node, mut b: Node, frames: &[Vec<u8>]) {
    let (here, there) = (a.net.local_peer(), b.net.local_peer());
    let back: Vec<Vec<u8>> = frames.iter().skip(BURST + ROUNDS).cloned().collect();
    let echo = tokio::spawn(async move {
        for frame in &back {
            next_direct(&mut b).await;
            send(&b.net, here, frame).await;
        }
        b
    });
    let mut times = Vec::new();
    for frame in frames.iter().skip(BURST).take(ROUNDS) {
        let start = Instant::now();
        send(&a.net, there, frame).await;
        next_direct(&mut a).await;
        times.push(start.elapsed());
    }
    let _b = echo.await.unwrap();
    percentiles("direct stream, there and back", times);
}

async fn gossip_rounds(mut a: Node, mut b: Node, frames: &[Vec<u8>]) {
    let topic = channel().1;
    for node in [&a, &b] {
        node.net.send(NetCommand::Subscribe(topic));
    }
    for node in [&mut a, &mut b] {
        while !matches!(node.events.recv().await.unwrap(), NetEvent::Subscribed(..)) {}
    }
    let back: Vec<Vec<u8>> = frames.iter().skip(BURST + ROUNDS).cloned().collect();
    let echo = tokio::spawn(async move {
        for frame in back {
            next_gossip(&mut b).await;
            b.net.send(NetCommand::Publish(topic, frame));
        }
        b
    });
    let mut times = Vec::new();
    for frame in frames.iter().skip(BURST).take(ROUNDS).cloned() {
        let start = Instant::now();
        a.net.send(NetCommand::Publish(topic, frame));
        next_gossip(&mut a).await;
        times.push(start.elapsed());
    }
    let _b = echo.await.unwrap();
    percentiles("gossip, verified, there and back", times);
}

async fn next_gossip(node: &mut Node) {
    while !matches!(node.events.recv().await.unwrap(), NetEvent::Gossip { .. }) {}
}

/// From the command that authorises a connected stranger to the open stream.
async fn reconnect() {
    let mut times = Vec::new();
    for _ in 0..50 {
        let (mut a, mut b) = (node(1).await, node(2).await);
        let dial = NetCommand::Dial(Some(b.net.local_peer()), b.addresses.clone());
        a.net.send(dial);
        for node in [&mut a, &mut b] {
            while !matches!(
                node.events.recv().await.unwrap(),
                NetEvent::Connected { .. }
            ) {}
        }
        let start = Instant::now();
        authorise(&a, &b);
        authorise(&b, &a);
        streaming(&mut a).await;
        streaming(&mut b).await;
        times.push(start.elapsed());
        a.net.stop().await;
        b.net.stop().await;
    }
    percentiles("authorised to streaming, both sides", times);
}

fn rate(what: &str, count: usize, took: Duration) {
    let rate = count as f64 / took.as_secs_f64();
    println!("{what:<44} {rate:>8.0} messages/s");
}

fn percentiles(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1000.0;
    println!("{what:<44} p50 {:>7.3} ms  p99 {:>7.3} ms", at(50), at(99));
}
