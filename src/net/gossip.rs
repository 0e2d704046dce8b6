//! gossipsub as we use it (protocol §5.5): a fast path beside the direct stream, not a delivery.

use std::time::Duration;

use libp2p::gossipsub::{
    self, ConfigBuilder, IdentTopic, IdentityTransform, MaxCountSubscriptionFilter, Message,
    MessageAuthenticity, MessageId, PeerScoreParams, PeerScoreThresholds, TopicHash,
    TopicScoreParams, TopicSubscriptionFilter, ValidationMode,
};
use sha2::{Digest, Sha256};

use super::NetError;
use crate::wire::{id::TopicKey, limits};

/// gossipsub with our subscription filter.
pub(crate) type Behaviour =
    gossipsub::Behaviour<IdentityTransform, MaxCountSubscriptionFilter<OurTopics>>;

/// How many peers of a topic a node sends to, once there are more than it wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mesh {
    pub(crate) low: usize,
    pub(crate) wanted: usize,
    pub(crate) high: usize,
    pub(crate) outbound: usize,
}

impl Mesh {
    /// Chats of a few devices: below `low` gossipsub grafts at every heartbeat for ever, so it is
    /// as small as a chat.
    pub(crate) const NODE: Self = Self {
        low: 2,
        wanted: 4,
        high: 8,
        outbound: 1,
    };

    /// A relay is the hub of a star: it sends to all.
    pub(crate) const RELAY: Self = Self {
        low: 128,
        wanted: 128,
        high: 256,
        outbound: 0,
    };
}

/// Lets peers subscribe to topics that are named like ours. Also to those that we are not in: a
/// peer says once that it takes part, and often just before we learn of the channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OurTopics;

impl TopicSubscriptionFilter for OurTopics {
    fn can_subscribe(&mut self, topic: &TopicHash) -> bool {
        TopicKey::from_topic_name(topic.as_str()).is_some()
    }
}

/// Makes the behaviour.
///
/// # Errors
///
/// gossipsub does not like its settings: not with these.
pub(crate) fn behaviour(mesh: Mesh) -> Result<Behaviour, NetError> {
    let config = ConfigBuilder::default()
        // No author, no sequence number, no signature by a peer: the topic's own signature is
        // inside the frame.
        .validation_mode(ValidationMode::Anonymous)
        .message_id_fn(message_id)
        .validate_messages()
        .max_transmit_size(TRANSMIT)
        .heartbeat_interval(HEARTBEAT)
        .heartbeat_initial_delay(Duration::from_millis(200))
        .flood_publish(true)
        .mesh_n_low(mesh.low)
        .mesh_n(mesh.wanted)
        .mesh_n_high(mesh.high)
        .mesh_outbound_min(mesh.outbound)
        .history_length(4)
        .history_gossip(2)
        .duplicate_cache_time(DUPLICATES)
        .prune_backoff(Duration::from_secs(10))
        .unsubscribe_backoff(Duration::from_secs(1))
        .connection_handler_queue_len(256)
        .publish_queue_duration(Duration::from_secs(5))
        .forward_queue_duration(Duration::from_secs(2))
        .max_publish_messages(64)
        .build()
        .map_err(|error| NetError::System(error.to_string()))?;
    let filter = MaxCountSubscriptionFilter {
        filter: OurTopics,
        max_subscribed_topics: limits::TOPICS,
        max_subscriptions_per_request: limits::TOPICS,
    };
    let mut behaviour = Behaviour::new_with_subscription_filter_and_transform(
        MessageAuthenticity::Anonymous,
        config,
        filter,
        IdentityTransform,
    )
    .map_err(|error| NetError::System(error.to_owned()))?;
    behaviour
        .with_peer_score(peer_score(), thresholds())
        .map_err(NetError::System)?;
    Ok(behaviour)
}

/// The topic of a channel.
pub(crate) fn topic(key: TopicKey) -> IdentTopic {
    IdentTopic::new(key.topic_name())
}

/// Takes part in a channel; `false` if the node is in too many.
pub(crate) fn subscribe(behaviour: &mut Behaviour, key: TopicKey) -> bool {
    if behaviour.topics().count() >= limits::TOPICS {
        return false;
    }
    // Fails only without peer scoring.
    let _ = behaviour.set_topic_params(topic(key), topic_score());
    behaviour.subscribe(&topic(key)).is_ok()
}

/// The same everywhere, and different for different frames: with neither author nor sequence
/// number gossipsub's own would be the same for all.
fn message_id(message: &Message) -> MessageId {
    let mut hash = Sha256::new();
    hash.update(message.topic.as_str().as_bytes());
    hash.update(&message.data);
    let digest: [u8; 32] = hash.finalize().into();
    MessageId(digest.into_iter().take(20).collect())
}

/// Only what a peer does wrong counts (P4, P7): chats are silent for hours, which is what P3 would
/// punish, and peers behind one address are a household, which is what P6 would.
fn peer_score() -> PeerScoreParams {
    PeerScoreParams {
        app_specific_weight: 1.0,
        ip_colocation_factor_weight: 0.0,
        behaviour_penalty_weight: -10.0,
        behaviour_penalty_threshold: 6.0,
        ..PeerScoreParams::default()
    }
}

fn topic_score() -> TopicScoreParams {
    TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: Duration::from_secs(1),
        time_in_mesh_cap: 1000.0,
        first_message_deliveries_weight: 0.1,
        first_message_deliveries_cap: 100.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: -20.0,
        invalid_message_deliveries_decay: 0.9,
        ..TopicScoreParams::default()
    }
}

fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: -10.0,
        publish_threshold: -50.0,
        graylist_threshold: -80.0,
        ..PeerScoreThresholds::default()
    }
}

/// How much better than nobody an authorised peer is thought of (P5).
pub(crate) const CONTACT_SCORE: f64 = 10.0;

/// gossipsub checks the message when publishing and message and wrapping when receiving: what lies
/// between is dropped and nothing arrives on that connection any more. Twice the largest frame keeps
/// clear of that; frames are bounded by their own check.
const TRANSMIT: usize = 128 * 1024;

const HEARTBEAT: Duration = Duration::from_millis(500);

/// Within this time the same frame is a copy that came another way; later it is published again,
/// because its author heard of no receipt, and has to pass. Longer than gossipsub holds a message for
/// others (2 s) and than it takes round a network, shorter than the first repetition (5 s). gossipsub
/// keeps about 150 bytes for each message seen in this time without any other bound (ADR 0009).
const DUPLICATES: Duration = Duration::from_millis(limits::GOSSIP_COPY_MS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_accepted() {
        assert!(behaviour(Mesh::NODE).is_ok());
        assert!(behaviour(Mesh::RELAY).is_ok());
    }

    #[test]
    fn only_topics_named_like_channels_are_remembered() {
        let ours = topic(TopicKey([1; 32])).hash();

        assert!(OurTopics.can_subscribe(&ours));
        assert!(!OurTopics.can_subscribe(&TopicHash::from_raw("bx1/x")));
        assert!(!OurTopics.can_subscribe(&TopicHash::from_raw("chat")));
    }

    #[test]
    fn two_frames_of_one_topic_have_two_ids() {
        let message = |byte| Message {
            source: None,
            data: vec![byte],
            sequence_number: None,
            topic: topic(TopicKey([1; 32])).hash(),
        };

        assert_ne!(message_id(&message(1)), message_id(&message(2)));
        assert_eq!(message_id(&message(1)), message_id(&message(1)));
        assert_eq!(message_id(&message(1)).0.len(), 20);
    }
}
