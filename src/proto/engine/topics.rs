//! Who takes part in the topics of our chats, and whether anybody can be reached there.

use super::{Effect, Engine, Turn};
use crate::{
    proto::{
        chat::ephemeral::What,
        id::{ChatId, PersonId},
        time::Timestamp,
    },
    wire::id::{PeerId, TopicKey},
};

impl Engine {
    /// A peer takes part in a topic: a relay, perhaps, through which contacts can be told things.
    pub(super) fn on_subscribed(&mut self, turn: &mut Turn<'_>, peer: PeerId, topic: TopicKey) {
        let Some((chat, _)) = self.channels.get(&topic) else {
            return;
        };
        let chat = *chat;
        let person = self.chats.get(&chat).map(|held| held.person);
        let theirs = self.nodes.get(&peer).map(|(person, _)| *person);
        if theirs.is_some() && theirs != person {
            // A contact of ours has no business in the chat with another one (protocol §5.7).
            turn.effect(Effect::Revoke(peer));
            return;
        }
        if !self.subscribers.insert((topic, peer)) {
            return;
        }
        self.refresh_paths(turn.now, Some(chat));
        if theirs.is_none() && person.is_some_and(|person| self.is_contact(&person)) {
            // Says that we are there now, for what waits on the other side.
            self.sign(turn, chat, What::Held(Vec::new()));
            self.presence_due(turn.now, chat);
        }
    }

    /// A peer no longer takes part in a topic.
    pub(super) fn on_unsubscribed(&mut self, now: Timestamp, peer: PeerId, topic: TopicKey) {
        if self.subscribers.remove(&(topic, peer)) {
            let chat = self.channels.get(&topic).map(|(chat, _)| *chat);
            self.refresh_paths(now, chat);
        }
    }

    /// A peer is gone from all topics.
    pub(super) fn forget_subscriber(&mut self, now: Timestamp, peer: &PeerId) {
        let before = self.subscribers.len();
        self.subscribers
            .retain(|(_, subscriber)| subscriber != peer);
        if self.subscribers.len() != before {
            self.refresh_paths(now, None);
        }
    }

    /// Leaves a topic for good.
    pub(super) fn leave_topic(&mut self, turn: &mut Turn<'_>, topic: TopicKey) {
        self.release(turn, topic);
        self.subscribers.retain(|(held, _)| *held != topic);
        let chat = self.channels.remove(&topic).map(|(chat, _)| chat);
        turn.effect(Effect::Unsubscribe(topic));
        self.refresh_paths(turn.now, chat);
    }

    /// Tells the outbox whether what it publishes for the other side of a chat, or of all of them,
    /// is carried by anybody.
    pub(super) fn refresh_paths(&mut self, now: Timestamp, chat: Option<ChatId>) {
        let chats: Vec<(ChatId, PersonId)> = self
            .chats
            .values()
            .filter(|held| chat.is_none_or(|chat| held.id == chat))
            .map(|held| (held.id, held.person))
            .collect();
        for (chat, person) in chats {
            let is_carried = self.is_contact(&person) && self.is_carried(chat);
            for device in self.devices_of(&person) {
                self.outbox.carried(device, is_carried, now);
            }
            if is_carried && !self.is_presence_due(&chat) {
                self.presence_due(now, chat);
            }
        }
    }

    /// Whether a topic of the chat has somebody on it.
    pub(super) fn is_carried(&self, chat: ChatId) -> bool {
        self.subscribers.iter().any(|(topic, _)| {
            self.channels
                .get(topic)
                .is_some_and(|(held, _)| *held == chat)
        })
    }

    /// Whether a frame on this topic would reach anybody by gossip.
    pub(super) fn has_subscribers(&self, topic: &TopicKey) -> bool {
        self.on_topic(topic).next().is_some()
    }

    /// Whether anybody on this topic is not a node of somebody we know, such as a relay.
    pub(super) fn has_relay(&self, topic: &TopicKey) -> bool {
        self.on_topic(topic)
            .any(|peer| !self.nodes.contains_key(peer))
    }

    fn on_topic(&self, topic: &TopicKey) -> impl Iterator<Item = &PeerId> {
        let all = (*topic, PeerId([0; 32]))..=(*topic, PeerId([0xff; 32]));
        self.subscribers.range(all).map(|(_, peer)| peer)
    }
}
