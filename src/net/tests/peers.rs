//! Peers that do what they should.

use std::time::Instant;

use super::*;
use crate::net::{
    NetError, Ports,
    testing::{Channel, TODAY},
};

#[tokio::test]
async fn peers_that_authorised_each_other_are_connected_and_hear_each_other() {
    let (a, mut b) = pair(1, 2).await;
    let channel = Channel::new(1);

    a.tell(NetCommand::Send(
        b.peer(),
        frame(channel.topic, channel.frame(TODAY, 1)),
    ));
    let (from, message) = b.until_direct().await;

    assert_eq!(from, a.peer());
    assert_eq!(message, frame(channel.topic, channel.frame(TODAY, 1)));
}

#[tokio::test]
async fn gossip_reaches_an_authorised_peer_that_takes_part() {
    let (mut a, mut b) = pair(1, 2).await;
    let channel = Channel::new(1);
    a.tell(NetCommand::Subscribe(channel.topic));
    b.tell(NetCommand::Subscribe(channel.topic));
    a.until_subscribed(b.peer(), channel.topic).await;
    b.until_subscribed(a.peer(), channel.topic).await;

    a.tell(NetCommand::Publish(channel.topic, channel.frame(TODAY, 1)));
    let got = b
        .until(|event| match event {
            NetEvent::Gossip { topic, frame } => Some((topic, frame)),
            _ => None,
        })
        .await;

    assert_eq!(got, (channel.topic, channel.frame(TODAY, 1)));
}

#[tokio::test]
async fn a_subscription_from_before_ours_is_not_lost() {
    let (mut a, b) = pair(1, 2).await;
    let (early, marker) = (Channel::new(1), Channel::new(2));
    a.tell(NetCommand::Subscribe(marker.topic));
    b.tell(NetCommand::Subscribe(early.topic));
    b.tell(NetCommand::Subscribe(marker.topic));
    // Subscriptions come in order: `early` has come, too.
    a.until_subscribed(b.peer(), marker.topic).await;

    a.tell(NetCommand::Subscribe(early.topic));

    a.until_subscribed(b.peer(), early.topic).await;
}

#[tokio::test]
async fn a_frame_that_came_by_the_direct_stream_is_not_repeated_by_gossip() {
    let (mut a, mut b) = pair(1, 2).await;
    let channel = Channel::new(1);
    a.tell(NetCommand::Subscribe(channel.topic));
    b.tell(NetCommand::Subscribe(channel.topic));
    a.until_subscribed(b.peer(), channel.topic).await;

    let twice = channel.frame(TODAY, 1);
    a.tell(NetCommand::Send(
        b.peer(),
        frame(channel.topic, twice.clone()),
    ));
    b.until_direct().await;
    a.tell(NetCommand::Publish(channel.topic, twice));
    a.tell(NetCommand::Publish(channel.topic, channel.frame(TODAY, 2)));
    let gossip = b
        .until(|event| match event {
            NetEvent::Gossip { frame, .. } => Some(frame),
            _ => None,
        })
        .await;

    assert_eq!(gossip, channel.frame(TODAY, 2));
}

#[tokio::test]
async fn strangers_ask_and_are_answered() {
    let (a, mut b) = (node(1).await, node(2).await);

    a.tell(NetCommand::Ask {
        ask: 7,
        to: b.peer(),
        addresses: b.addresses.clone(),
        request: HelloRequest::GetProfile,
    });
    let (from, ip, ticket) = b
        .until(|event| match event {
            NetEvent::Hello {
                from, ip, ticket, ..
            } => Some((from, ip, ticket)),
            _ => None,
        })
        .await;
    b.tell(NetCommand::Answer {
        ticket,
        reply: HelloReply::Received,
    });
    let reply = answer(a, 7).await;

    assert_eq!(from, a_peer(1));
    assert_eq!(ip, Some("127.0.0.1".parse().unwrap()));
    assert_eq!(reply, Some(HelloReply::Received));
}

#[tokio::test]
async fn a_question_to_nobody_is_answered_by_nothing() {
    let a = node(1).await;
    let nowhere = node(2).await;
    let (peer, addresses) = (nowhere.peer(), nowhere.addresses.clone());
    nowhere.net.stop().await;

    a.tell(NetCommand::Ask {
        ask: 7,
        to: peer,
        addresses,
        request: HelloRequest::GetProfile,
    });

    assert_eq!(answer(a, 7).await, None);
}

#[tokio::test]
async fn the_answer_to_a_request_leaves_before_the_gate_is_opened() {
    let (a, mut b) = (node(1).await, node(2).await);
    a.tell(NetCommand::Ask {
        ask: 7,
        to: b.peer(),
        addresses: b.addresses.clone(),
        request: HelloRequest::GetProfile,
    });
    let ticket = b
        .until(|event| match event {
            NetEvent::Hello { ticket, .. } => Some(ticket),
            _ => None,
        })
        .await;

    // As when a contact request is accepted: the connection is made anew at once.
    b.tell(NetCommand::Answer {
        ticket,
        reply: HelloReply::Received,
    });
    b.tell(NetCommand::Authorise(a.peer(), a.addresses.clone()));

    assert_eq!(answer(a, 7).await, Some(HelloReply::Received));
}

#[tokio::test]
async fn connected_strangers_that_authorise_each_other_are_soon_reconnected_through_the_gate() {
    let (mut a, mut b) = (node(1).await, node(2).await);
    a.tell(NetCommand::Dial(Some(b.peer()), b.addresses.clone()));
    b.until(|event| matches!(event, NetEvent::Connected { .. }).then_some(()))
        .await;
    a.until(|event| matches!(event, NetEvent::Connected { .. }).then_some(()))
        .await;

    let start = Instant::now();
    a.authorise(&b);
    b.authorise(&a);
    a.until_streaming(b.peer()).await;
    b.until_streaming(a.peer()).await;

    println!("both authorised to both streaming: {:?}", start.elapsed());
}

#[tokio::test]
async fn a_peer_without_our_address_comes_back_by_itself_when_we_open_the_gate() {
    let (mut a, mut b) = (node(1).await, node(2).await);
    a.authorise(&b);
    b.until(|event| matches!(event, NetEvent::Connected { .. }).then_some(()))
        .await;

    b.tell(NetCommand::Authorise(a.peer(), vec![]));

    a.until_streaming(b.peer()).await;
    b.until_streaming(a.peer()).await;
}

#[tokio::test]
async fn a_peer_that_restarts_elsewhere_is_found_at_its_new_address() {
    let (mut a, b) = pair(1, 2).await;
    let peer = b.peer();
    b.net.stop().await;
    a.until_disconnected(peer).await;

    let mut b = node(2).await;
    b.tell(NetCommand::Authorise(a.peer(), vec![]));
    let start = Instant::now();
    a.tell(NetCommand::Authorise(peer, b.addresses.clone()));
    a.until_streaming(peer).await;
    b.until_streaming(a.peer()).await;

    println!("new address to streaming: {:?}", start.elapsed());
}

#[tokio::test]
async fn a_revoked_peer_loses_its_connection_and_its_stream() {
    let (a, mut b) = pair(1, 2).await;

    b.tell(NetCommand::Revoke(a.peer()));
    b.until_disconnected(a.peer()).await;

    let channel = Channel::new(1);
    let message = frame(channel.topic, channel.frame(TODAY, 1));
    assert!(!b.net.send(NetCommand::Send(a.peer(), message)));
}

#[tokio::test]
async fn an_address_from_the_command_line_is_dialled() {
    let mut b = node(2).await;

    let mut settings = settings(1);
    settings.dial = vec![address::full_text(&b.addresses[0], b.peer())];
    let a = node_with(settings).await;

    b.until(|event| {
        matches!(event, NetEvent::Connected { peer, .. } if peer == a.peer()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn two_that_dial_each_other_at_once_keep_one_connection() {
    for seeds in [(1, 2), (2, 1)] {
        let mut raw = Raw::new(seeds.0);
        let raw_address = raw.listen().await;
        let node = node(seeds.1).await;

        // The node dials because the peer is authorised, the peer dials by itself.
        raw.dial(&node);
        node.tell(NetCommand::Authorise(raw.peer, vec![raw_address]));
        let (mut open, mut closed) = (0, 0);
        raw.until(|event| {
            match event {
                SwarmEvent::ConnectionEstablished { .. } => open += 1,
                SwarmEvent::ConnectionClosed { .. } => closed += 1,
                _ => {}
            }
            // Both were made, or the second was not even begun; one is left.
            (open - closed == 1 && (open == 2 || closed == 0)).then_some(())
        })
        .await;
        if open == 1 {
            // The other may still come; then one of them is closed within four seconds.
            let more = raw.until(|event| {
                match event {
                    SwarmEvent::ConnectionEstablished { .. } => open += 1,
                    SwarmEvent::ConnectionClosed { .. } => closed += 1,
                    _ => {}
                }
                (open == 2 && closed == 1).then_some(())
            });
            let _ = timeout(Duration::from_secs(4), more).await;
        }

        assert_eq!(open - closed, 1, "{open} made, {closed} closed");
    }
}

#[tokio::test]
async fn a_node_stops_in_time_and_says_goodbye() {
    let (mut a, b) = pair(1, 2).await;
    let (peer, channel) = (b.peer(), Channel::new(1));

    let message = frame(channel.topic, channel.frame(TODAY, 1));
    assert!(b.net.send(NetCommand::Send(a.peer(), message.clone())));
    let start = Instant::now();
    b.net.stop().await;
    let took = start.elapsed();

    // What was said before is heard, perhaps after the goodbye.
    let (mut heard, mut gone) = (None, false);
    a.until(|event| {
        match event {
            NetEvent::Direct { from, message } => heard = Some((from, message)),
            NetEvent::Disconnected(from) => gone = from == peer,
            _ => {}
        }
        (heard.is_some() && gone).then_some(())
    })
    .await;
    assert_eq!(heard, Some((peer, message)));
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn a_node_that_nobody_drives_any_more_ends() {
    let (mut a, b) = pair(1, 2).await;
    let peer = b.peer();

    drop(b.events);

    a.until_disconnected(peer).await;
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_said_in_words() {
    let a = node(1).await;
    let taken = address::text(&a.addresses[0]);

    for (listen, expected) in [
        (taken.as_str(), "another program already listens on"),
        ("10.0.0.1:4001", "is not an address"),
        ("/ip4/127.0.0.1/udp/4001", "is not an address"),
        ("/ip4/203.0.113.1/tcp/4001", "cannot listen on"),
    ] {
        let settings = Settings {
            listen: vec![listen.to_owned()],
            ..settings(2)
        };
        let error = start(settings).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let dial = Settings {
        dial: vec!["nonsense".to_owned()],
        ..settings(2)
    };
    assert!(matches!(start(dial).map(|_| ()), Err(NetError::Address(_))));
}

fn a_peer(seed: u8) -> PeerId {
    address::local_peer(&secret(seed)).unwrap()
}

async fn answer(mut node: Node, expected: u64) -> Option<HelloReply> {
    node.until(|event| match event {
        NetEvent::Answered { ask, reply } if ask == expected => Some(reply),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn the_port_of_last_time_is_taken_again_also_after_another_program_had_it() {
    let first = node(1).await;
    let ports = Ports::of(&first.addresses);
    let same = |seed| Settings {
        ports,
        ..settings(seed)
    };

    let mut second = node_with(same(2)).await;
    assert_ne!(Ports::of(&second.addresses), ports, "it is not free");
    first.net.stop().await;
    let at_last = second
        .until(|event| match event {
            NetEvent::Listening(addresses) => Some(addresses),
            _ => None,
        })
        .await;
    assert_eq!(at_last.len(), 2);
    second.net.stop().await;

    let third = node_with(same(3)).await;
    assert_eq!(Ports::of(&third.addresses), ports);
}
