//! Shows how soon nodes on one network find each other and have spoken.
//!
//! Start it on two machines, or in two network namespaces, and compare: each prints, in milliseconds
//! after its own start, when it found the other by mDNS and when the other had answered it.
//!
//! `cargo run --example nearby --no-default-features -- [SECONDS]`

use std::{collections::BTreeMap, time::Duration};

use betwixt::{
    net::{self, NetCommand, NetEvent, Settings, address},
    wire::hello::{HelloReply, HelloRequest},
};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> anyhow::Result<()> {
    let seconds = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 30,
    };
    let start = Instant::now();
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut_slice())?;
    let (node, mut events) = net::start(Settings::new(secret, || 0))?;
    println!("{}", address::peer_text(node.local_peer()));

    let mut asked = BTreeMap::new();
    let end = start + Duration::from_secs(seconds);
    while let Ok(Some(event)) = timeout_at(end, events.recv()).await {
        let ms = start.elapsed().as_millis();
        match event {
            NetEvent::Discovered(peer, addresses) => {
                println!("{ms} ms: found {}", address::peer_text(peer));
                let ask = u64::try_from(asked.len())?;
                if asked.values().any(|other| *other == peer) {
                    continue;
                }
                asked.insert(ask, peer);
                node.send(NetCommand::Ask {
                    ask,
                    to: peer,
                    addresses,
                    request: HelloRequest::GetProfile,
                });
            }
            NetEvent::Answered {
                ask,
                reply: Some(_),
            } => {
                if let Some(peer) = asked.get(&ask) {
                    println!("{ms} ms: answered by {}", address::peer_text(*peer));
                }
            }
            NetEvent::Answered { reply: None, .. } => println!("{ms} ms: not answered"),
            NetEvent::Hello { from, ticket, .. } => {
                println!("{ms} ms: asked by {}", address::peer_text(from));
                node.send(NetCommand::Answer {
                    ticket,
                    reply: HelloReply::Received,
                });
            }
            NetEvent::Lost(peer) => println!("{ms} ms: lost {}", address::peer_text(peer)),
            NetEvent::Listening(all) => println!("{ms} ms: listening at {} addresses", all.len()),
            NetEvent::Warning(text) => println!("{ms} ms: {text}"),
            _ => {}
        }
    }
    node.stop().await;
    Ok(())
}
