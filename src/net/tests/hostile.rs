//! Peers that do what they should not.

use std::collections::BTreeSet;

use futures::AsyncWriteExt;
use libp2p::{Stream, gossipsub};
use tokio::net::TcpStream;

use super::*;
use crate::{
    net::{
        direct::Opened,
        framing,
        testing::{Channel, TODAY},
    },
    wire::limits,
};

/// A peer that the node has authorised, with its stream to the node.
async fn authorised(node: &Node, seed: u8) -> (Raw, Stream) {
    let mut raw = Raw::new(seed);
    node.tell(NetCommand::Authorise(raw.peer, vec![]));
    raw.dial(node);
    let stream = raw
        .until(|event| match event {
            SwarmEvent::Behaviour(BareEvent::Direct(direct::Event {
                opened: Opened::Outbound(stream),
                ..
            })) => Some(stream),
            _ => None,
        })
        .await;
    (raw, stream)
}

/// Writes while the peer's swarm goes on.
async fn write(raw: &mut Raw, stream: &mut Stream, bytes: &[u8]) {
    let written = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    tokio::select! {
        written = written => { let _ = written; }
        () = async { loop { raw.swarm.select_next_some().await; } } => {}
    }
}

fn message(message: &Direct) -> Vec<u8> {
    let mut out = Vec::new();
    framing::append(&mut out, &message.encode());
    out
}

#[tokio::test]
async fn a_stranger_is_shown_neither_gossip_nor_the_direct_stream() {
    let (a, b) = pair(1, 2).await;
    let channel = Channel::new(1);
    for node in [&a, &b] {
        node.tell(NetCommand::Subscribe(channel.topic));
    }
    let mut stranger = Raw::new(3);
    gossip::subscribe(&mut stranger.swarm.behaviour_mut().gossip, channel.topic);

    stranger.dial(&a);
    let (mut refused, mut unsupported) = (false, false);
    stranger
        .until(|event| {
            match event {
                SwarmEvent::Behaviour(BareEvent::Direct(event)) => {
                    assert!(matches!(event.opened, Opened::Refused));
                    refused = true;
                }
                SwarmEvent::Behaviour(BareEvent::Gossip(event)) => {
                    let expected = gossipsub::Event::GossipsubNotSupported {
                        peer_id: address::to_libp2p(a.peer()).unwrap(),
                    };
                    assert_eq!(format!("{event:?}"), format!("{expected:?}"));
                    unsupported = true;
                }
                _ => {}
            }
            (refused && unsupported).then_some(())
        })
        .await;
    a.tell(NetCommand::Publish(channel.topic, channel.frame(TODAY, 1)));

    // The hello protocol answers, and nothing else came before.
    let to = address::to_libp2p(a.peer()).unwrap();
    let hello = &mut stranger.swarm.behaviour_mut().hello;
    hello.send_request(&to, HelloRequest::GetProfile);
    let mut a = a;
    let asked = a.until(|event| matches!(event, NetEvent::Hello { .. }).then_some(()));
    let heard = stranger.until(|event| match event {
        SwarmEvent::Behaviour(BareEvent::Gossip(event)) => Some(event),
        _ => None,
    });
    tokio::select! {
        () = asked => {}
        event = heard => panic!("a stranger heard {event:?}"),
    }
}

#[tokio::test]
async fn bytes_that_are_not_the_protocol_end_the_connection() {
    let mut garbage = Vec::new();
    framing::append(&mut garbage, b"garbage");
    let too_long = u32::try_from(limits::DIRECT_MESSAGE + 1).unwrap();
    let nothing = message(&Direct::Held { frames: vec![] });
    for (seed, bytes) in [
        (10, garbage),
        (11, too_long.to_be_bytes().to_vec()),
        (12, u32::MAX.to_be_bytes().to_vec()),
        (13, [nothing, vec![0, 0, 0, 0]].concat()),
    ] {
        let mut node = node(1).await;
        let (mut raw, mut stream) = authorised(&node, seed).await;

        write(&mut raw, &mut stream, &bytes).await;

        let peer = raw.peer;
        tokio::select! {
            () = node.until_disconnected(peer) => {}
            () = async { loop { raw.swarm.select_next_some().await; } } => {}
        }
    }
}

#[tokio::test]
async fn frames_that_do_not_pass_are_dropped_and_the_next_good_one_is_heard() {
    let mut node = node(1).await;
    let (channel, other) = (Channel::new(1), Channel::new(2));
    let (mut raw, mut stream) = authorised(&node, 10).await;
    let good = channel.frame(TODAY, 1);
    let mut changed = good.clone();
    changed[30] ^= 1;
    let mut bytes = Vec::new();
    for bad in [
        frame(other.topic, good.clone()),
        frame(channel.topic, changed),
        frame(channel.topic, vec![]),
        frame(channel.topic, vec![0; limits::FRAME]),
        frame(channel.topic, channel.frame(TODAY + 2, 1)),
        frame(TopicKey([0; 32]), good.clone()),
    ] {
        bytes.extend(message(&bad));
    }
    bytes.extend(message(&frame(channel.topic, good.clone())));

    write(&mut raw, &mut stream, &bytes).await;

    let heard = async { node.until_direct().await };
    let heard = tokio::select! {
        heard = heard => heard,
        () = async { loop { raw.swarm.select_next_some().await; } } => unreachable!(),
    };
    assert_eq!(heard, (raw.peer, frame(channel.topic, good)));
}

#[tokio::test]
async fn a_peer_that_sends_only_bad_frames_is_cut_off() {
    let mut node = node(1).await;
    let channel = Channel::new(1);
    let (mut raw, mut stream) = authorised(&node, 10).await;
    let bad = message(&frame(channel.topic, vec![0; 400]));

    write(&mut raw, &mut stream, &bad.repeat(100)).await;

    let peer = raw.peer;
    tokio::select! {
        () = node.until_disconnected(peer) => {}
        () = async { loop { raw.swarm.select_next_some().await; } } => {}
    }
}

#[tokio::test]
async fn gossip_that_does_not_pass_is_neither_told_nor_forwarded() {
    // An authorised hostile peer, a node, and a contact of the node.
    let (mut node, mut contact) = pair(1, 2).await;
    let channel = Channel::new(1);
    for node in [&node, &contact] {
        node.tell(NetCommand::Subscribe(channel.topic));
    }
    contact.until_subscribed(node.peer(), channel.topic).await;
    node.until_subscribed(contact.peer(), channel.topic).await;
    let (mut raw, _stream) = authorised(&node, 10).await;
    gossip::subscribe(&mut raw.swarm.behaviour_mut().gossip, channel.topic);
    raw.until(|event| match event {
        SwarmEvent::Behaviour(BareEvent::Gossip(gossipsub::Event::Subscribed { .. })) => Some(()),
        _ => None,
    })
    .await;

    let publish = |raw: &mut Raw, frame: Vec<u8>| {
        let topic = gossip::topic(channel.topic);
        raw.swarm
            .behaviour_mut()
            .gossip
            .publish(topic, frame)
            .unwrap();
    };
    publish(&mut raw, vec![7; 300]);
    publish(&mut raw, channel.frame(TODAY - 60, 1));
    publish(&mut raw, vec![7; 100_000]);
    publish(&mut raw, channel.frame(TODAY, 1));

    let gossip = |event| match event {
        NetEvent::Gossip { frame, .. } => Some(frame),
        _ => None,
    };
    let heard = async { (node.until(gossip).await, contact.until(gossip).await) };
    let heard = tokio::select! {
        heard = heard => heard,
        () = async { loop { raw.swarm.select_next_some().await; } } => unreachable!(),
    };
    let good = channel.frame(TODAY, 1);
    assert_eq!(heard, (good.clone(), good));
}

#[tokio::test]
async fn a_flood_of_strangers_keeps_its_limit_and_contacts_still_connect() {
    let (mut node, mut contact) = (node(1).await, node(2).await);
    // Connections on which nothing is said: they fill the places of those being made.
    let port = address::text(&node.addresses[0]);
    let port = port.rsplit('/').next().unwrap().parse().unwrap();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    // Strangers that do speak.
    let mut strangers: Vec<Raw> = (0..40).map(|n| Raw::new(100 + n)).collect();
    for stranger in &mut strangers {
        stranger.dial(&node);
    }
    let flood = tokio::spawn(async move {
        let mut all: futures::stream::SelectAll<_> =
            strangers.into_iter().map(|raw| raw.swarm).collect();
        loop {
            all.next().await;
        }
    });

    node.authorise(&contact);
    contact.authorise(&node);
    let (mut here, mut most) = (BTreeSet::new(), 0);
    node.until(|event| {
        match event {
            NetEvent::Connected {
                peer,
                authorised: false,
                ..
            } if peer != contact.peer() => {
                here.insert(peer);
            }
            NetEvent::Connected {
                authorised: true, ..
            } => return Some(()),
            NetEvent::Disconnected(peer) => {
                here.remove(&peer);
            }
            _ => {}
        }
        most = most.max(here.len());
        None
    })
    .await;
    contact.until_streaming(node.peer()).await;
    flood.abort();

    assert!(most <= limits::STRANGERS, "{most} strangers");
    drop(silent);
}

#[tokio::test]
async fn a_node_that_is_not_driven_holds_little_and_goes_on_afterwards() {
    let (mut node, peer) = pair(1, 2).await;
    let channel = Channel::new(1);

    // Nobody takes the events of `node`: its peer's queue fills, and then drops.
    let (mut sent, mut dropped) = (0_u32, 0_u32);
    let filled = async {
        while dropped < 10_000 {
            let next = frame(channel.topic, channel.frame(TODAY, sent));
            if peer.net.send(NetCommand::Send(node.peer(), next)) {
                sent += 1;
                dropped = 0;
            } else {
                dropped += 1;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, filled).await.unwrap();
    assert!(sent < 5000, "{sent} are held");

    let mut heard = 0_u32;
    while heard < sent {
        let (_, message) = node.until_direct().await;
        assert_eq!(message, frame(channel.topic, channel.frame(TODAY, heard)));
        heard += 1;
    }
    assert!(node.seen().is_empty());
}
