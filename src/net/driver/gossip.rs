//! Topics, and what they carry.

use libp2p::gossipsub::{self, MessageAcceptance, MessageId, PublishError};

use tokio::time::Instant;

use super::Driver;
use crate::{
    net::{NetEvent, address, check::Verdict, gossip},
    wire::{
        id::{PeerId, TopicKey},
        limits,
    },
};

impl Driver {
    pub(super) fn subscribe(&mut self, topic: TopicKey) {
        if !gossip::subscribe(self.swarm.behaviour_mut().gossip(), topic) {
            tracing::debug!("too many topics");
            return;
        }
        if !self.topics.insert(topic) {
            return;
        }
        // A relay with nothing to carry for us may have closed its connection.
        let now = Instant::now();
        for relay in self.relays.peers() {
            self.supervisor.redial(relay, now);
        }
        // Those who said before us that they take part say it only once.
        let hash = gossip::topic(topic).hash();
        let gossip = self.swarm.behaviour_mut().gossip();
        let present: Vec<PeerId> = gossip
            .all_peers()
            .filter(|(_, topics)| topics.contains(&&hash))
            .filter_map(|(peer, _)| address::from_libp2p(peer))
            .collect();
        for peer in present {
            self.tell(NetEvent::Subscribed(peer, topic));
        }
    }

    pub(super) fn unsubscribe(&mut self, topic: TopicKey) {
        if self.topics.remove(&topic) {
            let gossip = self.swarm.behaviour_mut().gossip();
            gossip.unsubscribe(&gossip::topic(topic));
        }
    }

    pub(super) fn publish(&mut self, topic: TopicKey, frame: Vec<u8>) {
        if frame.len() > limits::FRAME {
            return;
        }
        let gossip = self.swarm.behaviour_mut().gossip();
        match gossip.publish(gossip::topic(topic), frame) {
            Ok(_) | Err(PublishError::Duplicate | PublishError::NoPeersSubscribedToTopic) => {}
            Err(error) => tracing::debug!(%error, "gossip did not take a frame"),
        }
    }

    pub(super) fn handle_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message {
                propagation_source,
                message_id,
                message,
            } => self.gossiped(propagation_source, &message_id, message),
            gossipsub::Event::Subscribed { peer_id, topic } => {
                if let Some(topic) = TopicKey::from_topic_name(topic.as_str())
                    && self.topics.contains(&topic)
                    && let Some(peer) = address::from_libp2p(&peer_id)
                {
                    self.tell(NetEvent::Subscribed(peer, topic));
                }
            }
            gossipsub::Event::SlowPeer { peer_id, .. } => {
                tracing::debug!(peer = %peer_id, "gossip to a peer is slow");
            }
            gossipsub::Event::Unsubscribed { peer_id, topic } => {
                if let Some(topic) = TopicKey::from_topic_name(topic.as_str())
                    && self.topics.contains(&topic)
                    && let Some(peer) = address::from_libp2p(&peer_id)
                {
                    self.tell(NetEvent::Unsubscribed(peer, topic));
                }
            }
            gossipsub::Event::GossipsubNotSupported { .. } => {}
        }
    }

    fn gossiped(&mut self, from: libp2p::PeerId, id: &MessageId, message: gossipsub::Message) {
        let topic = TopicKey::from_topic_name(message.topic.as_str())
            .filter(|topic| self.topics.contains(topic));
        let verdict = topic.map_or(Verdict::Ignored, |topic| {
            self.checker.gossip(&topic, &message.data, Instant::now())
        });
        let acceptance = match verdict {
            Verdict::New | Verdict::Known => MessageAcceptance::Accept,
            Verdict::Ignored => MessageAcceptance::Ignore,
            Verdict::Rejected => MessageAcceptance::Reject,
        };
        let gossip = self.swarm.behaviour_mut().gossip();
        gossip.report_message_validation_result(id, &from, acceptance);
        if let (Verdict::New, Some(topic)) = (verdict, topic) {
            let frame = message.data;
            self.tell_carried(from, NetEvent::Gossip { topic, frame });
        }
    }
}
