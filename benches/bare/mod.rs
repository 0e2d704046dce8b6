//! gossipsub with our settings and nothing of ours: what is beside our figures.

use std::time::{Duration, Instant};

use futures::StreamExt;
use libp2p::{
    Swarm, SwarmBuilder, gossipsub, noise,
    swarm::{SwarmEvent, dial_opts::DialOpts},
    tcp, yamux,
};
use tokio::sync::mpsc::{self, Receiver};

/// How long small payloads take there and back, between two nodes on loopback.
pub async fn rounds(count: usize) -> Vec<Duration> {
    let (mut a, mut b) = (bare_swarm(), bare_swarm());
    a.listen_on("/ip4/127.0.0.1/tcp/0".parse().unwrap())
        .unwrap();
    let address = loop {
        if let SwarmEvent::NewListenAddr { address, .. } = a.select_next_some().await {
            break address;
        }
    };
    let opts = DialOpts::unknown_peer_id().address(address);
    b.dial(opts.allocate_new_port().build()).unwrap();
    let topic = gossipsub::IdentTopic::new("bench");
    a.behaviour_mut().subscribe(&topic).unwrap();
    b.behaviour_mut().subscribe(&topic).unwrap();
    let (mut a_ready, mut b_ready) = (false, false);
    while !(a_ready && b_ready) {
        tokio::select! {
            event = a.select_next_some() => a_ready |= is_subscribed(&event),
            event = b.select_next_some() => b_ready |= is_subscribed(&event),
        }
    }
    let (heard, mut hears) = mpsc::channel(16);
    let (say, says) = mpsc::channel(16);
    let echo = tokio::spawn(drive(b, None, topic.clone()));
    let there = tokio::spawn(drive(a, Some((says, heard)), topic));
    let mut times = Vec::new();
    for number in 0..count {
        let start = Instant::now();
        let mut payload = vec![0; 300];
        payload[..8].copy_from_slice(&number.to_be_bytes());
        say.send(payload).await.unwrap();
        hears.recv().await.unwrap();
        times.push(start.elapsed());
    }
    there.abort();
    echo.abort();
    times
}

fn is_subscribed(event: &SwarmEvent<gossipsub::Event>) -> bool {
    matches!(
        event,
        SwarmEvent::Behaviour(gossipsub::Event::Subscribed { .. })
    )
}

/// Publishes what it is given and reports what comes; without a partner it echoes.
async fn drive(
    mut swarm: Swarm<gossipsub::Behaviour>,
    partner: Option<(Receiver<Vec<u8>>, mpsc::Sender<()>)>,
    topic: gossipsub::IdentTopic,
) {
    let (mut says, heard) = partner.unzip();
    loop {
        let say = async {
            match &mut says {
                Some(says) => says.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(payload) = say => {
                swarm.behaviour_mut().publish(topic.clone(), payload).unwrap();
            }
            event = swarm.select_next_some() => {
                if let SwarmEvent::Behaviour(gossipsub::Event::Message { message, .. }) = event {
                    if let Some(heard) = &heard {
                        heard.send(()).await.unwrap();
                    } else {
                        let mut payload = message.data;
                        payload[9] ^= 1;
                        swarm.behaviour_mut().publish(topic.clone(), payload).unwrap();
                    }
                }
            }
        }
    }
}

fn bare_swarm() -> Swarm<gossipsub::Behaviour> {
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(gossipsub::ValidationMode::Anonymous)
        .message_id_fn(|message: &gossipsub::Message| {
            gossipsub::MessageId::new(&message.data[..10])
        })
        .build()
        .unwrap();
    let anonymous = gossipsub::MessageAuthenticity::Anonymous;
    let behaviour = gossipsub::Behaviour::new(anonymous, config).unwrap();
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::new().nodelay(true),
            noise::Config::new,
            yamux::Config::default,
        )
        .unwrap()
        .with_behaviour(|_| behaviour)
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_mins(1)))
        .build()
}
