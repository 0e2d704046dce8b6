//! Somebody between two nodes, who has every byte that passes and none of their keys.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
    time::sleep,
};

use super::*;
use crate::net::testing::{Channel, TODAY};

/// What is done to the bytes of one direction that pass a place, once in each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meddling {
    Nothing,
    Flip,
    Drop,
    Swap,
    Repeat,
}

/// Of what whoever dialled says, or of what is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Dialler,
    Listener,
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    what: Meddling,
    of: Of,
    /// After so many bytes.
    at: usize,
}

/// Somebody who forwards what comes to their address.
struct Middle {
    address: Address,
    /// Connections on which something was done, and that have ended.
    ended: Arc<AtomicUsize>,
    /// What the one who dialled said, of all connections.
    recorded: Arc<Mutex<Vec<u8>>>,
    serving: JoinHandle<()>,
}

impl Middle {
    async fn before(node: &Node, plan: Plan) -> Self {
        let to = socket(&node.addresses[0]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap();
        let (ended, recorded) = (
            Arc::<AtomicUsize>::default(),
            Arc::<Mutex<Vec<u8>>>::default(),
        );
        let (counter, record) = (ended.clone(), recorded.clone());
        let serving = tokio::spawn(async move {
            while let Ok((one, _)) = listener.accept().await {
                let other = TcpStream::connect(to).await.unwrap();
                let (counter, record) = (counter.clone(), record.clone());
                tokio::spawn(async move {
                    let did = Arc::<AtomicUsize>::default();
                    let (from_one, to_one) = one.into_split();
                    let (from_other, to_other) = other.into_split();
                    let keep = |bytes: &[u8]| record.lock().unwrap().extend_from_slice(bytes);
                    // Whoever ends it ends all of it.
                    tokio::select! {
                        () = pass(from_one, to_other, plan.of(Of::Dialler), &did, keep) => {}
                        () = pass(from_other, to_one, plan.of(Of::Listener), &did, |_| {}) => {}
                    }
                    counter.fetch_add(did.load(Ordering::SeqCst), Ordering::SeqCst);
                });
            }
        });
        Self {
            address: address::from_multiaddr(&address),
            ended,
            recorded,
            serving,
        }
    }

    fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }
}

impl Drop for Middle {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Plan {
    fn of(self, of: Of) -> Self {
        if self.of == of {
            self
        } else {
            Self {
                what: Meddling::Nothing,
                ..self
            }
        }
    }
}

/// Forwards until one side ends.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    plan: Plan,
    did: &AtomicUsize,
    mut keep: impl FnMut(&[u8]),
) {
    let mut part = vec![0; 1 << 16];
    let (mut passed, mut done) = (0, plan.what == Meddling::Nothing);
    while let Ok(read @ 1..) = from.read(&mut part).await {
        let mut bytes = part[..read].to_vec();
        keep(&bytes);
        if !done && passed + read > plan.at {
            done = true;
            did.store(1, Ordering::SeqCst);
            let at = plan.at.saturating_sub(passed);
            match plan.what {
                Meddling::Nothing => {}
                Meddling::Flip => bytes[at] ^= 1,
                Meddling::Drop => drop(bytes.remove(at)),
                Meddling::Swap => bytes.rotate_left(read.div_ceil(2)),
                Meddling::Repeat => bytes.extend_from_within(..),
            }
        }
        passed += read;
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

fn socket(address: &Address) -> SocketAddr {
    let text = address::text(address);
    let port = text.rsplit('/').next().unwrap().parse().unwrap();
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// What one says to the other, numbered.
struct Said {
    from: PeerId,
    to: PeerId,
    channel: Channel,
    numbers: BTreeMap<Vec<u8>, u32>,
    /// The last that was heard.
    heard: Option<u32>,
}

impl Said {
    fn new(from: &Node, to: &Node, channel: u8) -> Self {
        Self {
            from: from.peer(),
            to: to.peer(),
            channel: Channel::new(channel),
            numbers: BTreeMap::new(),
            heard: None,
        }
    }

    /// Says the next; its number.
    fn say(&mut self, from: &Node) -> u32 {
        let number = u32::try_from(self.numbers.len()).unwrap();
        let bytes = self.channel.frame(TODAY, number);
        self.numbers.insert(bytes.clone(), number);
        let message = frame(self.channel.topic, bytes);
        // It is dropped while nothing connects the two.
        let _ = from.net.send(NetCommand::Send(self.to, message));
        number
    }

    /// Whatever comes was said, by whom it seems to be, once, in this order.
    fn hear(&mut self, event: &NetEvent, why: &dyn std::fmt::Debug) {
        match event {
            NetEvent::Direct { from, message } => {
                assert_eq!(*from, self.from, "{why:?}");
                let Direct::Frame { topic, frame } = message else {
                    panic!("{why:?}: nothing else was said: {message:?}")
                };
                assert_eq!(*topic, self.channel.topic, "{why:?}");
                let number = self.numbers.get(&frame[..]).copied();
                assert!(
                    number.is_some() && number > self.heard,
                    "{why:?}: {number:?}"
                );
                self.heard = number;
            }
            NetEvent::Connected { peer, .. } => assert_eq!(*peer, self.from, "{why:?}"),
            NetEvent::Gossip { .. } | NetEvent::Hello { .. } => panic!("{why:?}: {event:?}"),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_on_the_way_ends_the_connection_and_is_never_heard() {
    // The choice of protocols, the handshake, and what is said then.
    let places = [
        (Meddling::Flip, 5),
        (Meddling::Flip, 60),
        (Meddling::Flip, 250),
    ];
    let kinds = [
        Meddling::Flip,
        Meddling::Drop,
        Meddling::Swap,
        Meddling::Repeat,
    ];
    let later = kinds.map(|what| (what, 6_000));
    for of in [Of::Dialler, Of::Listener] {
        for (what, at) in places.into_iter().chain(later) {
            let plan = Plan { what, of, at };
            let (mut a, mut b) = (node(1).await, node(2).await);
            let middle = Middle::before(&a, plan).await;
            let (mut to_a, mut to_b) = (Said::new(&b, &a, 1), Said::new(&a, &b, 2));
            a.tell(NetCommand::Authorise(b.peer(), vec![]));
            b.tell(NetCommand::Authorise(
                a.peer(),
                vec![middle.address.clone()],
            ));

            let ended = async {
                while middle.ended() == 0 {
                    to_a.say(&b);
                    to_b.say(&a);
                    sleep(Duration::from_millis(5)).await;
                    a.seen().iter().for_each(|event| to_a.hear(event, &plan));
                    b.seen().iter().for_each(|event| to_b.hear(event, &plan));
                }
            };
            timeout(2 * PATIENCE, ended)
                .await
                .unwrap_or_else(|_| panic!("{plan:?}: the connection goes on"));
            let early = (to_a.heard, to_b.heard);
            assert_eq!(
                early.0.is_some() || early.1.is_some(),
                at > 1_000,
                "{plan:?}"
            );

            // The way that nobody is on.
            drop(middle);
            b.tell(NetCommand::Authorise(a.peer(), a.addresses.clone()));
            let (new_to_a, new_to_b) = (to_a.say(&b), to_b.say(&a));
            let heard = async {
                while to_a.heard < Some(new_to_a) || to_b.heard < Some(new_to_b) {
                    to_a.say(&b);
                    to_b.say(&a);
                    sleep(Duration::from_millis(20)).await;
                    a.seen().iter().for_each(|event| to_a.hear(event, &plan));
                    b.seen().iter().for_each(|event| to_b.hear(event, &plan));
                }
            };
            timeout(2 * PATIENCE, heard)
                .await
                .unwrap_or_else(|_| panic!("{plan:?}: not heard on the honest way"));
        }
    }
}

#[tokio::test]
async fn what_was_recorded_of_a_connection_opens_nothing_when_it_is_said_again() {
    let (mut a, mut b) = (node(1).await, node(2).await);
    let plan = Plan {
        what: Meddling::Nothing,
        of: Of::Dialler,
        at: 0,
    };
    let middle = Middle::before(&a, plan).await;
    let mut said = Said::new(&b, &a, 1);
    a.tell(NetCommand::Authorise(b.peer(), vec![]));
    b.tell(NetCommand::Authorise(
        a.peer(),
        vec![middle.address.clone()],
    ));
    b.until_streaming(a.peer()).await;
    a.until_streaming(b.peer()).await;
    let number = said.say(&b);
    while said.heard != Some(number) {
        let event = timeout(PATIENCE, a.events.recv()).await.unwrap().unwrap();
        said.hear(&event, &plan);
    }
    let recorded = middle.recorded.lock().unwrap().clone();
    assert!(recorded.len() > 1_000, "{}", recorded.len());
    let who = b.peer();
    b.net.stop().await;
    a.until_disconnected(who).await;

    let mut again = TcpStream::connect(socket(&a.addresses[0])).await.unwrap();
    let _ = again.write_all(&recorded).await;
    let mut answered = Vec::new();
    let ended = timeout(2 * PATIENCE, again.read_to_end(&mut answered)).await;
    assert!(ended.is_ok(), "it is closed");

    let seen = a.seen();
    let none = seen
        .iter()
        .all(|event| !matches!(event, NetEvent::Connected { .. } | NetEvent::Direct { .. }));
    assert!(none, "{seen:?}");
}

#[tokio::test]
async fn whoever_answers_at_the_address_of_another_is_told_nothing() {
    let (mut a, mut b) = (node(1).await, node(2).await);
    let mut thief = Raw::new(3);
    let stolen = thief.listen().await;
    let channel = Channel::new(1);
    a.tell(NetCommand::Authorise(b.peer(), vec![]));
    b.tell(NetCommand::Subscribe(channel.topic));
    let told = Arc::new(Mutex::new(Vec::new()));
    let (tells, thief_is) = (told.clone(), thief.peer);
    let driven = tokio::spawn(async move {
        loop {
            let event = thief.swarm.select_next_some().await;
            tells.lock().unwrap().push(format!("{event:?}"));
        }
    });

    b.tell(NetCommand::Authorise(a.peer(), vec![stolen]));
    let dialled = async {
        while told.lock().unwrap().is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, dialled).await.unwrap();
    sleep(Duration::from_millis(500)).await;
    let seen = b.seen();
    let nobody = seen
        .iter()
        .all(|event| !matches!(event, NetEvent::Connected { peer, .. } if *peer == thief_is || *peer == a.peer()));
    assert!(nobody, "{seen:?}");
    let heard = told.lock().unwrap().join("\n");
    assert!(!heard.contains("Behaviour("), "{heard}");

    // At its own address the one who is meant is reached.
    b.tell(NetCommand::Authorise(a.peer(), a.addresses.clone()));
    b.until_streaming(a.peer()).await;
    a.until_streaming(b.peer()).await;
    driven.abort();
}
