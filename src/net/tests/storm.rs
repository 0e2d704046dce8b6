//! Peers that speak gossipsub by hand: control messages that no program of ours would send, as many as
//! the wire takes.

use futures::{AsyncReadExt, AsyncWriteExt};
use libp2p::{Stream, StreamProtocol};
use libp2p_stream as stream;

use super::*;
use crate::{
    net::testing::{Channel, TODAY},
    wire::limits,
};

/// A peer that opens streams of any protocol.
#[derive(NetworkBehaviour)]
struct Speaker {
    ping: ping::Behaviour,
    stream: stream::Behaviour,
}

/// A field of a protobuf message that has a length.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    varint(&mut out, u64::try_from(bytes.len()).unwrap());
    out.extend_from_slice(bytes);
    out
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap());
}

/// A message of gossipsub with control messages, as it stands on the wire.
fn control(of: u8, count: usize, one: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let all: Vec<Vec<u8>> = (0..count).map(|n| field(of, &one(n))).collect();
    framed(&field(3, &all.concat()))
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, u64::try_from(message.len()).unwrap());
    out.extend_from_slice(message);
    out
}

fn number(n: usize) -> [u8; 32] {
    let mut out = [0; 32];
    out[..8].copy_from_slice(&n.to_be_bytes());
    out
}

fn name(n: usize) -> String {
    TopicKey(number(n)).topic_name()
}

/// Each kind of storm, one message of it, and whether gossipsub reads on after it.
fn storms(channel: &Channel) -> Vec<(&'static str, Vec<u8>, bool)> {
    let here = channel.topic.topic_name();
    let topic = |name: &str| field(1, name.as_bytes());
    let prune = |backoff: u64| {
        let mut out = topic(&here);
        out.push(3 << 3);
        varint(&mut out, backoff);
        out
    };
    let ids = |first: usize, count: usize| -> Vec<u8> {
        let all: Vec<_> = (first..first + count)
            .map(|n| field(2, &number(n)))
            .collect();
        all.concat()
    };
    let wanted: Vec<_> = (0..100).map(|n| field(1, &number(n))).collect();
    let subscriptions: Vec<_> = (0..2_000)
        .map(|n| field(1, &[&[8, 1][..], &field(2, name(n).as_bytes())].concat()))
        .collect();
    let above = control(3, 1_000, |_| topic(&here));
    vec![
        (
            "GRAFT of a topic of ours",
            control(3, 60, |_| topic(&here)),
            true,
        ),
        ("GRAFT of others", control(3, 60, |n| topic(&name(n))), true),
        ("PRUNE for ever", control(4, 50, |_| prune(u64::MAX)), true),
        (
            "PRUNE beyond the clock",
            control(4, 50, |_| prune(u64::MAX / 2)),
            true,
        ),
        (
            "IHAVE",
            control(1, 1, |n| [topic(&here), ids(n * 100, 100)].concat()),
            true,
        ),
        ("IWANT", control(2, 1, |_| wanted.concat()), true),
        ("more at once than is allowed", above, false),
        ("subscriptions", framed(&subscriptions.concat()), false),
        ("nonsense", framed(&[0xff; 400]), false),
        ("a length without end", vec![0xff; 400], false),
    ]
}

/// Says one thing again and again until the node ends the stream, or so many bytes are said. How many were.
async fn say(stream: &mut Stream, one: &[u8], most: usize) -> usize {
    let mut said = 0;
    while said < most {
        let written = timeout(Duration::from_secs(2), stream.write_all(one)).await;
        if !matches!(written, Ok(Ok(()))) {
            break;
        }
        said += one.len();
    }
    let _ = timeout(Duration::from_secs(1), stream.flush()).await;
    said
}

/// Memory of this process that is in use, in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storms_of_control_messages_grow_nothing_and_keep_nobody_from_talking() {
    let (mut node, mut contact) = pair(1, 2).await;
    let channel = Channel::new(1);
    for node in [&node, &contact] {
        node.tell(NetCommand::Subscribe(channel.topic));
    }
    contact.until_subscribed(node.peer(), channel.topic).await;
    node.until_subscribed(contact.peer(), channel.topic).await;
    let before = resident();
    let mut sent = 0;

    for (at, (what, one, is_read)) in storms(&channel).into_iter().enumerate() {
        let seed = 100 + u8::try_from(at).unwrap();
        let peer = address::local_peer(&secret(seed)).unwrap();
        node.tell(NetCommand::Authorise(peer, vec![]));
        let keypair = address::keypair(&secret(seed)).unwrap();
        let behaviour = Speaker {
            ping: ping::Behaviour::default(),
            stream: stream::Behaviour::new(),
        };
        let mut swarm = behaviour::swarm(&keypair, behaviour, &Network::default()).unwrap();
        let mut control = swarm.behaviour().stream.new_control();
        let mut theirs = control.accept(MESHSUB).unwrap();
        let to = address::to_multiaddr(&node.addresses[0]).unwrap();
        swarm.dial(to).unwrap();
        let driven = tokio::spawn(async move {
            loop {
                swarm.select_next_some().await;
            }
        });
        // What the node says to it is read, and not answered.
        let read = tokio::spawn(async move {
            while let Some((_, mut stream)) = theirs.next().await {
                let mut part = [0; 4096];
                while matches!(stream.read(&mut part).await, Ok(read) if read > 0) {}
            }
        });
        let node_is = address::to_libp2p(node.peer()).unwrap();
        let opened = async {
            loop {
                match control.open_stream(node_is, MESHSUB).await {
                    Ok(stream) => return stream,
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        let mut stream = timeout(PATIENCE, opened).await.unwrap();

        let said = say(&mut stream, &one, STORM).await;
        assert_eq!(said >= STORM, is_read, "{what}: {said} bytes");

        // In the midst of it the contact is heard.
        sent += 1;
        let frame = channel.frame(TODAY, sent);
        contact.tell(NetCommand::Publish(channel.topic, frame.clone()));
        let heard = node.until(|event| match event {
            NetEvent::Gossip { frame, .. } => Some(frame),
            _ => None,
        });
        assert_eq!(heard.await, frame, "{what}");
        driven.abort();
        read.abort();
    }

    let grown = resident().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes more are in use");
    assert!(node.seen().len() < limits::TOPICS * 2);
}

/// Bytes of a storm.
const STORM: usize = 4 << 20;

/// A version of gossipsub that the node speaks.
const MESHSUB: StreamProtocol = StreamProtocol::new("/meshsub/1.1.0");
