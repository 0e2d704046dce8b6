//! Mailboxes of a real relay, asked by real nodes.

use super::*;
use crate::{
    net::Kept,
    wire::{
        frame::frame_id,
        id::FrameId,
        mailbox::{Custody, Put, PutStatus, RelayRequest},
    },
};

type Answered = (Vec<FrameId>, Option<Vec<PutStatus>>, Option<Custody>);

impl Client {
    fn ask(&self, request: RelayRequest) {
        let relay = self.relay;
        assert!(self.net.send(NetCommand::AskRelay { relay, request }));
    }

    async fn put(&mut self, channel: &Channel, numbers: std::ops::Range<u32>) -> Answered {
        let frame = |n| Put {
            topic: channel.topic,
            frame: channel.frame(TODAY, n).into(),
        };
        self.give(numbers.map(frame).collect()).await
    }

    async fn give(&mut self, frames: Vec<Put>) -> Answered {
        self.ask(RelayRequest::Put { frames });
        self.until(|event| match event {
            NetEvent::Deposited {
                frames,
                statuses,
                custody,
                ..
            } => Some((frames, statuses, custody)),
            _ => None,
        })
        .await
    }

    async fn until_fetched(&mut self) -> Option<Vec<Kept>> {
        self.until(|event| match event {
            NetEvent::Fetched { found, .. } => Some(found),
            _ => None,
        })
        .await
    }

    /// What is there after a place.
    async fn fetch(&mut self, channel: &Channel, after: u64) -> Option<Vec<Kept>> {
        let fetch = channel.fetch(&self.link.unwrap(), after, false);
        self.ask(RelayRequest::Fetch(fetch));
        self.until_fetched().await
    }
}

#[tokio::test]
async fn what_one_put_another_fetches_later_also_from_a_relay_that_was_killed() {
    let first = relay(None).await;
    let channel = Channel::new(1);
    let mut a = Client::new(1, &first);
    a.join(&channel).await;

    let (ids, statuses, custody) = a.put(&channel, 0..10).await;
    assert_eq!(statuses, Some(vec![PutStatus::Stored; 10]));
    assert!(custody.unwrap().holds(first.peer, &ids));
    assert!(!custody.unwrap().holds(first.peer, &ids[1..]));
    let (_, statuses, again) = a.put(&channel, 8..12).await;
    let (known, stored) = (PutStatus::Known, PutStatus::Stored);
    assert_eq!(statuses, Some(vec![known, known, stored, stored]));
    assert_eq!(again.unwrap().until, custody.unwrap().until);
    a.net.stop().await;

    let second = first.again().await;
    let mut b = Client::new(2, &second);
    b.join(&channel).await;
    let found = b.fetch(&channel, 0).await.unwrap();

    let expected: Vec<_> = (0..12).map(|n| channel.frame(TODAY, n)).collect();
    assert_eq!(found[0].frames, expected);
    assert_eq!(found[0].upto, found[0].head);
    let rest = b.fetch(&channel, found[0].upto - 1).await.unwrap();
    assert_eq!(rest[0].frames, expected[11..]);
    second.task.abort();
}

#[tokio::test]
async fn every_method_that_concerns_a_topic_needs_its_signature() {
    let relay = relay(None).await;
    let (channel, other) = (Channel::new(1), Channel::new(2));
    let (mut a, mut b) = (Client::new(1, &relay), Client::new(2, &relay));
    a.join(&channel).await;
    b.join(&other).await;
    a.put(&channel, 0..3).await;
    let link = b.link.unwrap();

    for forged in [
        // Of another topic, for another connection, of another method, of another place.
        crate::wire::mailbox::Fetch {
            topic: channel.topic,
            ..other.fetch(&link, 0, false)
        },
        channel.fetch(&a.link.unwrap(), 0, false),
        channel.fetch(&link, 0, true),
        crate::wire::mailbox::Fetch {
            after: 1,
            ..channel.fetch(&link, 0, false)
        },
    ] {
        b.ask(RelayRequest::Fetch(forged));
        assert_eq!(b.until_fetched().await, None);
    }
    let topics = vec![other.fetch(&link, 0, true), channel.fetch(&link, 0, false)];
    b.ask(RelayRequest::Watch { topics, wait_s: 1 });
    assert_eq!(
        b.until_fetched().await,
        None,
        "one that is not signed spoils it"
    );
    // Whoever has the topic's key belongs to it, whether or not they lease it.
    let found = b.fetch(&channel, 0).await.unwrap();
    assert_eq!(found[0].frames.len(), 3);
    relay.task.abort();
}

#[tokio::test]
async fn frames_that_do_not_pass_or_that_nobody_leased_are_not_kept() {
    let relay = relay(None).await;
    let (channel, other) = (Channel::new(1), Channel::new(2));
    let mut a = Client::new(1, &relay);
    a.join(&channel).await;
    let put = |topic, frame: Vec<u8>| Put {
        topic,
        frame: frame.into(),
    };
    let mut sign = channel.frame(TODAY, 1);
    sign[1] = 1;

    let frames = vec![
        put(channel.topic, vec![7; 364]),
        put(channel.topic, other.frame(TODAY, 1)),
        put(channel.topic, channel.frame(TODAY - 31, 1)),
        put(channel.topic, sign),
        put(other.topic, other.frame(TODAY, 1)),
    ];
    let (_, statuses, custody) = a.give(frames).await;

    let invalid = PutStatus::Invalid;
    let expected = vec![invalid, invalid, invalid, invalid, PutStatus::NotLeased];
    assert_eq!((statuses, custody), (Some(expected), None));
    relay.task.abort();
}

#[tokio::test]
async fn what_gossip_brought_is_kept_too() {
    let relay = relay(None).await;
    let channel = Channel::new(1);
    let (mut a, mut b) = (Client::new(1, &relay), Client::new(2, &relay));
    a.join(&channel).await;
    b.join(&channel).await;

    exchange(&a, &mut b, &channel, 5).await;
    let found = b.fetch(&channel, 0).await.unwrap();

    assert_eq!(found[0].frames, [channel.frame(TODAY, 5)]);
    relay.task.abort();
}

#[tokio::test]
async fn who_waits_at_a_relay_that_does_not_forward_hears_as_soon_as_there_is_something() {
    let relay = relay_with(None, false).await;
    let (channel, quiet) = (Channel::new(1), Channel::new(2));
    let (mut a, mut b) = (Client::new(1, &relay), Client::new(2, &relay));
    for client in [&mut a, &mut b] {
        // It does not take part in topics.
        let link = client.until_challenge().await;
        client.link = Some(link);
        client.lease(channel.lease(&link, 3600));
        assert!(client.until_leased().await.is_some());
        let link = client.until_challenge().await;
        client.link = Some(link);
        client.lease(channel.lease(&link, 3600));
        assert!(client.until_leased().await.is_some());
    }
    let link = b.link.unwrap();
    let topics = vec![channel.fetch(&link, 0, true), quiet.fetch(&link, 0, true)];
    b.ask(RelayRequest::Watch { topics, wait_s: 50 });
    let early = timeout(Duration::from_millis(300), b.until_fetched()).await;
    assert!(early.is_err(), "there is nothing yet");

    a.put(&channel, 0..1).await;
    let found = b.until_fetched().await.unwrap();

    assert_eq!(found.len(), 1);
    assert_eq!(found[0].frames, [channel.frame(TODAY, 0)]);
    // And when there is nothing, it is told that, too.
    let topics = vec![quiet.fetch(&link, 0, true)];
    b.ask(RelayRequest::Watch { topics, wait_s: 1 });
    assert_eq!(b.until_fetched().await, Some(vec![]));
    relay.task.abort();
}

#[tokio::test]
async fn a_flood_of_one_client_is_refused_and_another_is_served_meanwhile() {
    let relay = relay(None).await;
    let (channel, flooded) = (Channel::new(1), Channel::new(2));
    let (mut a, mut b) = (Client::new(1, &relay), Client::new(2, &relay));
    a.join(&flooded).await;
    b.join(&channel).await;
    let frames: Vec<Put> = (0..64)
        .map(|n| Put {
            topic: flooded.topic,
            frame: flooded.frame(TODAY, n).into(),
        })
        .collect();
    for _ in 0..200 {
        a.ask(RelayRequest::Put {
            frames: frames.clone(),
        });
    }

    let (ids, statuses, _) = b.put(&channel, 0..5).await;
    assert_eq!(statuses, Some(vec![PutStatus::Stored; 5]));
    assert_eq!(ids[0], frame_id(&channel.frame(TODAY, 0)));
    let mut refused = 0;
    for _ in 0..200 {
        let statuses = a
            .until(|event| match event {
                NetEvent::Deposited { statuses, .. } => Some(statuses),
                _ => None,
            })
            .await;
        refused += usize::from(statuses.is_none());
    }
    assert!(refused > 50, "{refused} of 200");
    relay.task.abort();
}
