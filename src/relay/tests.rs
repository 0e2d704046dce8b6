//! A real relay and real nodes on loopback.

mod files;
mod mailboxes;

use std::{future::pending, path::Path, time::Duration};

use tokio::{sync::oneshot, task::JoinHandle, time::timeout};
use zeroize::Zeroizing;

use super::*;
use crate::{
    net::{
        self, Net, NetCommand, NetEvent, NetEvents,
        testing::{Channel, TODAY, today},
    },
    wire::{
        id::PeerId,
        mailbox::{Lease, Link},
    },
};

struct Relay {
    address: String,
    peer: PeerId,
    task: JoinHandle<()>,
    directory: tempfile::TempDir,
}

async fn relay(token: Option<[u8; 16]>) -> Relay {
    relay_with(token, true).await
}

async fn relay_with(token: Option<[u8; 16]>, gossip: bool) -> Relay {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings {
        token,
        gossip,
        ..settings(directory.path(), "/ip4/127.0.0.1/tcp/0")
    };
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    let task = tokio::spawn(async move {
        let running = run(settings, pending(), move |address| {
            if let Some(tell) = tell.take() {
                tell.send(address.to_owned()).unwrap();
            }
        });
        running.await.unwrap();
    });
    let address = told.await.unwrap();
    let full = address.split('#').next().unwrap();
    let peer = address::parse(full).unwrap().0.unwrap();
    Relay {
        address,
        peer,
        task,
        directory,
    }
}

fn settings(directory: &Path, listen: &str) -> Settings {
    Settings {
        directory: directory.to_owned(),
        listen: vec![listen.to_owned()],
        token: None,
        gossip: true,
        mailboxes: Some(QUOTAS),
        files: Some(FILES),
        metrics: None,
        today,
        now: || 1_000_000,
    }
}

impl Relay {
    /// Ends it as it is, and starts it where it was.
    async fn again(mut self) -> Self {
        self.task.abort();
        let _ = (&mut self.task).await;
        let (listen, _) = self.address.split_once("/p2p/").unwrap();
        let settings = settings(self.directory.path(), listen);
        let task = tokio::spawn(async move { run(settings, pending(), |_| {}).await.unwrap() });
        Self { task, ..self }
    }
}

struct Client {
    net: Net,
    events: NetEvents,
    relay: PeerId,
    /// Of the present connection.
    link: Option<Link>,
}

impl Client {
    fn new(seed: u8, relay: &Relay) -> Self {
        Self::with(seed, relay, &relay.address)
    }

    /// Listens nowhere: it can only be reached through the relay.
    fn with(seed: u8, relay: &Relay, address: &str) -> Self {
        let settings = net::Settings {
            listen: vec![],
            mdns: false,
            relays: vec![address.to_owned()],
            ..net::Settings::new(Zeroizing::new([seed; 32]), today)
        };
        let (net, events) = net::start(settings).unwrap();
        Self {
            net,
            events,
            relay: relay.peer,
            link: None,
        }
    }

    async fn until<T>(&mut self, mut find: impl FnMut(NetEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.events.recv().await.expect("the node ended");
                if let Some(found) = find(event) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, found).await.expect("nothing happened")
    }

    fn lease(&self, lease: Lease) {
        let relay = self.relay;
        assert!(self.net.send(NetCommand::Lease { relay, lease }));
    }

    async fn until_challenge(&mut self) -> Link {
        let client = self.net.local_peer();
        self.until(|event| match event {
            NetEvent::RelayChallenge {
                relay, challenge, ..
            } => Some(Link {
                relay,
                client,
                challenge,
            }),
            _ => None,
        })
        .await
    }

    async fn until_leased(&mut self) -> Option<u64> {
        self.until(|event| match event {
            NetEvent::Leased { until, .. } => Some(until),
            _ => None,
        })
        .await
    }

    /// Does what the engine does: takes part in the topic, and leases it whenever the relay asks,
    /// until it holds a lease on a connection on which the relay takes part too.
    async fn join(&mut self, channel: &Channel) {
        self.net.send(NetCommand::Subscribe(channel.topic));
        let (relay, client) = (self.relay, self.net.local_peer());
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let (mut leased, mut subscribed) = (false, false);
        while !(leased && subscribed) {
            let event = tokio::time::timeout_at(deadline, self.events.recv()).await;
            match event.expect("nothing happened").unwrap() {
                NetEvent::RelayChallenge { challenge, .. } => {
                    let link = Link {
                        relay,
                        client,
                        challenge,
                    };
                    self.link = Some(link);
                    self.lease(channel.lease(&link, 3600));
                }
                NetEvent::Leased { until, .. } => leased = until.is_some(),
                NetEvent::Disconnected(peer) if peer == relay => {
                    (leased, subscribed) = (false, false);
                }
                NetEvent::Subscribed(peer, topic) if (peer, topic) == (relay, channel.topic) => {
                    subscribed = true;
                }
                _ => {}
            }
        }
    }

    async fn until_gossip(&mut self) -> Vec<u8> {
        self.until(|event| match event {
            NetEvent::Gossip { frame, .. } => Some(frame),
            _ => None,
        })
        .await
    }
}

#[tokio::test]
async fn two_that_cannot_reach_each_other_hear_each_other_through_a_relay() {
    let relay = relay(None).await;
    let channel = Channel::new(1);
    let (mut a, mut b) = (Client::new(1, &relay), Client::new(2, &relay));
    a.join(&channel).await;
    b.join(&channel).await;

    let there = exchange(&a, &mut b, &channel, 1).await;
    let back = exchange(&b, &mut a, &channel, 2).await;

    assert_eq!(there, channel.frame(TODAY, 1));
    assert_eq!(back, channel.frame(TODAY, 2));
    relay.task.abort();
}

#[tokio::test]
async fn after_the_relay_restarts_its_clients_come_back() {
    let first = relay(None).await;
    let channel = Channel::new(1);
    let (mut a, mut b) = (Client::new(1, &first), Client::new(2, &first));
    a.join(&channel).await;
    b.join(&channel).await;

    let second = first.again().await;
    a.join(&channel).await;
    b.join(&channel).await;

    let heard = exchange(&a, &mut b, &channel, 1).await;
    assert_eq!(heard, channel.frame(TODAY, 1));
    second.task.abort();
}

#[tokio::test]
async fn a_relay_with_a_token_lets_in_who_knows_it() {
    let relay = relay(Some([7; 16])).await;
    let (bare, token) = relay.address.split_once('#').unwrap();
    assert_eq!(token, "07".repeat(16));
    let wrong = format!("{bare}#{}", "08".repeat(16));

    let mut knows = Client::new(1, &relay);
    let mut guesses = Client::with(2, &relay, &wrong);
    let mut nothing = Client::with(3, &relay, bare);

    knows.until_challenge().await;
    let warning = |event| match event {
        NetEvent::Warning(text) => Some(text),
        _ => None,
    };
    let refused = guesses.until(warning).await;
    assert!(refused.contains("does not let this node in"), "{refused}");
    // It learns of the token when it asks for something.
    let link = nothing.until_challenge().await;
    nothing.lease(Channel::new(1).lease(&link, 60));
    let refused = nothing.until(warning).await;
    assert!(refused.contains("does not let this node in"), "{refused}");
    assert_eq!(nothing.until_leased().await, None);
    relay.task.abort();
}

#[tokio::test]
async fn a_lease_needs_the_signature_of_the_topic_for_this_relay_client_and_challenge() {
    let relay = relay(None).await;
    let (channel, other) = (Channel::new(1), Channel::new(2));
    let mut client = Client::new(1, &relay);
    let link = client.until_challenge().await;

    let wrong_key = Lease {
        topic: channel.topic,
        ..other.lease(&link, 60)
    };
    let another_client = channel.lease(
        &Link {
            client: PeerId([9; 32]),
            ..link
        },
        60,
    );
    let another_challenge = channel.lease(
        &Link {
            challenge: [9; 32],
            ..link
        },
        60,
    );
    let another_time = Lease {
        ttl_s: 61,
        ..channel.lease(&link, 60)
    };
    for lease in [wrong_key, another_client, another_challenge, another_time] {
        client.lease(lease);
        assert_eq!(client.until_leased().await, None);
    }

    client.lease(channel.lease(&link, 60));
    assert_eq!(client.until_leased().await, Some(1_060_000));
    relay.task.abort();
}

#[tokio::test]
async fn frames_that_do_not_pass_and_topics_without_lease_are_not_forwarded() {
    let relay = relay(None).await;
    let (leased, not_leased) = (Channel::new(1), Channel::new(2));
    let (mut a, mut b) = (Client::new(1, &relay), Client::new(2, &relay));
    for client in [&mut a, &mut b] {
        client.join(&leased).await;
        client.net.send(NetCommand::Subscribe(not_leased.topic));
    }

    let publish = |topic, frame| a.net.send(NetCommand::Publish(topic, frame));
    publish(leased.topic, vec![1; 400]);
    publish(not_leased.topic, not_leased.frame(TODAY, 7));
    let heard = exchange(&a, &mut b, &leased, 1).await;

    assert_eq!(heard, leased.frame(TODAY, 1));
    relay.task.abort();
}

#[tokio::test]
async fn a_released_topic_is_no_longer_forwarded() {
    let relay = relay(None).await;
    let (channel, marker) = (Channel::new(1), Channel::new(2));
    let (mut a, mut b) = (Client::new(1, &relay), Client::new(2, &relay));
    for client in [&mut a, &mut b] {
        client.join(&channel).await;
        client.net.send(NetCommand::Subscribe(marker.topic));
        let link = client.link.unwrap();
        client.lease(marker.lease(&link, 3600));
        assert!(client.until_leased().await.is_some());
        let release = NetCommand::Release {
            relay: client.relay,
            topic: channel.topic,
            auth: channel.release(&link),
        };
        client.net.send(release);
    }
    // What is asked later is answered later.
    for client in [&mut a, &mut b] {
        let link = client.link.unwrap();
        client.lease(marker.lease(&link, 3600));
        assert!(client.until_leased().await.is_some());
    }

    a.net
        .send(NetCommand::Publish(channel.topic, channel.frame(TODAY, 7)));
    let heard = exchange(&a, &mut b, &marker, 1).await;

    assert_eq!(heard, marker.frame(TODAY, 1));
    relay.task.abort();
}

/// Publishes a frame, and waits until the other hears one.
async fn exchange(from: &Client, to: &mut Client, channel: &Channel, number: u32) -> Vec<u8> {
    let frame = channel.frame(TODAY, number);
    from.net.send(NetCommand::Publish(channel.topic, frame));
    to.until_gossip().await
}

const QUOTAS: Quotas = Quotas {
    keep_ms: 7 * 24 * 60 * 60 * 1000,
    topic_bytes: 1 << 20,
    topic_frames: 1000,
    topics_each: 64,
    client_bytes: 8 << 20,
    topics: 1024,
    bytes: 16 << 20,
    min_free: 0,
};

const FILES: FileQuotas = FileQuotas {
    keep_ms: QUOTAS.keep_ms,
    file: 4 << 20,
    topic: 6 << 20,
    client: 6 << 20,
    bytes: 8 << 20,
    min_free: 0,
};

const PATIENCE: Duration = Duration::from_secs(10);
