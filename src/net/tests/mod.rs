//! Real nodes on real sockets, on loopback.

mod hostile;
mod middle;
mod peers;
mod storm;

use std::time::Duration;

use libp2p::{
    Swarm,
    futures::StreamExt,
    ping,
    swarm::{NetworkBehaviour, SwarmEvent, dial_opts::DialOpts},
};
use minicbor::bytes::ByteVec;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{
    Net, NetCommand, NetEvent, NetEvents, Network, Settings, address, behaviour, direct, exchange,
    gossip::{self, Mesh},
    start,
    testing::today,
};
use crate::wire::{
    direct::Direct,
    hello::{HelloReply, HelloRequest},
    id::{Address, PeerId, TopicKey},
};

/// A node and its events.
struct Node {
    net: Net,
    events: NetEvents,
    addresses: Vec<Address>,
}

/// The node key of a test.
fn secret(seed: u8) -> Zeroizing<[u8; 32]> {
    Zeroizing::new([seed; 32])
}

fn settings(seed: u8) -> Settings {
    Settings {
        listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        mdns: false,
        ..Settings::new(secret(seed), today)
    }
}

/// Starts a node that listens on loopback.
async fn node(seed: u8) -> Node {
    node_with(settings(seed)).await
}

async fn node_with(settings: Settings) -> Node {
    let (net, events) = start(settings).unwrap();
    let mut node = Node {
        net,
        events,
        addresses: Vec::new(),
    };
    node.addresses = node
        .until(|event| match event {
            NetEvent::Listening(addresses) => Some(addresses),
            _ => None,
        })
        .await;
    node
}

impl Node {
    fn peer(&self) -> PeerId {
        self.net.local_peer()
    }

    fn tell(&self, command: NetCommand) {
        assert!(self.net.send(command));
    }

    fn authorise(&self, other: &Node) {
        self.tell(NetCommand::Authorise(other.peer(), other.addresses.clone()));
    }

    /// Waits for what the function finds, and forgets what came before.
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

    async fn until_streaming(&mut self, with: PeerId) {
        self.until(|event| match event {
            NetEvent::Connected {
                peer,
                authorised: true,
                ..
            } if peer == with => Some(()),
            _ => None,
        })
        .await;
    }

    async fn until_direct(&mut self) -> (PeerId, Direct) {
        self.until(|event| match event {
            NetEvent::Direct { from, message } => Some((from, message)),
            _ => None,
        })
        .await
    }

    async fn until_disconnected(&mut self, from: PeerId) {
        self.until(|event| {
            matches!(event, NetEvent::Disconnected(peer) if peer == from).then_some(())
        })
        .await;
    }

    async fn until_subscribed(&mut self, who: PeerId, what: TopicKey) {
        self.until(|event| {
            matches!(event, NetEvent::Subscribed(peer, topic) if (peer, topic) == (who, what))
                .then_some(())
        })
        .await;
    }

    /// What has happened and was not looked at.
    fn seen(&mut self) -> Vec<NetEvent> {
        std::iter::from_fn(|| self.events.try_recv()).collect()
    }
}

/// Two nodes that authorised each other and are connected.
async fn pair(one: u8, other: u8) -> (Node, Node) {
    let (mut a, mut b) = (node(one).await, node(other).await);
    a.authorise(&b);
    b.authorise(&a);
    a.until_streaming(b.peer()).await;
    b.until_streaming(a.peer()).await;
    (a, b)
}

fn frame(topic: TopicKey, frame: Vec<u8>) -> Direct {
    Direct::Frame {
        topic,
        frame: ByteVec::from(frame),
    }
}

/// All protocols of a node without a gate, driven by the test: what a hostile program can do.
#[derive(NetworkBehaviour)]
struct Bare {
    ping: ping::Behaviour,
    gossip: gossip::Behaviour,
    direct: direct::Behaviour,
    hello: exchange::Behaviour<HelloRequest, HelloReply>,
}

struct Raw {
    swarm: Swarm<Bare>,
    peer: PeerId,
}

impl Raw {
    fn new(seed: u8) -> Self {
        let keypair = address::keypair(&secret(seed)).unwrap();
        let behaviour = Bare {
            ping: ping::Behaviour::default(),
            gossip: gossip::behaviour(Mesh::NODE).unwrap(),
            direct: direct::Behaviour::default(),
            hello: exchange::hello(),
        };
        Self {
            peer: address::local_peer(&secret(seed)).unwrap(),
            swarm: behaviour::swarm(&keypair, behaviour, &Network::default()).unwrap(),
        }
    }

    async fn listen(&mut self) -> Address {
        behaviour::listen(&mut self.swarm, "/ip4/127.0.0.1/tcp/0").unwrap();
        self.until(|event| match event {
            SwarmEvent::NewListenAddr { address, .. } => Some(address::from_multiaddr(&address)),
            _ => None,
        })
        .await
    }

    fn dial(&mut self, node: &Node) {
        let address = address::to_multiaddr(&node.addresses[0]).unwrap();
        let opts = DialOpts::unknown_peer_id().address(address);
        self.swarm.dial(opts.allocate_new_port().build()).unwrap();
    }

    async fn until<T>(&mut self, mut find: impl FnMut(SwarmEvent<BareEvent>) -> Option<T>) -> T {
        let found = async {
            loop {
                if let Some(found) = find(self.swarm.select_next_some().await) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, found).await.expect("nothing happened")
    }
}

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);
