//! Who takes part in the topics of our chats, and whether anybody can be reached there.

use std::collections::BTreeSet;

use super::{Effect, Engine, Turn};
use crate::{
    proto::{
        chat::ephemeral::What,
        id::{ChatId, DeviceId},
        time::Timestamp,
    },
    wire::{
        id::{PeerId, TopicKey},
        sync::OpId,
    },
};

impl Engine {
    /// A peer takes part in a topic: a relay, perhaps, through which contacts can be told things.
    pub(super) fn on_subscribed(&mut self, turn: &mut Turn<'_>, peer: PeerId, topic: TopicKey) {
        let Some((chat, _)) = self.channels.get(&topic) else {
            return;
        };
        let chat = *chat;
        if let Some((_, epoch)) = self.epoch_topics.get(&topic).copied() {
            self.on_member_subscribed(turn, (chat, epoch), peer, topic);
            return;
        }
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

    /// A peer takes part in the topic of an epoch: somebody it is for, or a relay.
    fn on_member_subscribed(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, epoch): (ChatId, OpId),
        peer: PeerId,
        topic: TopicKey,
    ) {
        let keys = self.groups.get(&chat).and_then(|h| h.epochs.get(&epoch));
        let theirs = self.nodes.get(&peer).map(|(_, device)| *device);
        let belongs = |device| keys.is_some_and(|keys| keys.index_of(&device).is_some());
        if theirs.is_some_and(|device| !belongs(device)) {
            turn.effect(Effect::Revoke(peer));
            return;
        }
        // Only the first makes a difference: all members come to each new topic.
        let is_first = !self.has_subscribers(&topic);
        if self.subscribers.insert((topic, peer)) && is_first {
            self.refresh_paths(turn.now, Some(chat));
        }
    }

    /// A peer no longer takes part in a topic.
    pub(super) fn on_unsubscribed(&mut self, now: Timestamp, peer: PeerId, topic: TopicKey) {
        if self.subscribers.remove(&(topic, peer)) && !self.has_subscribers(&topic) {
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
        self.forget_mailboxes(topic);
        self.subscribers.retain(|(held, _)| *held != topic);
        let chat = self.channels.remove(&topic).map(|(chat, _)| chat);
        turn.effect(Effect::Unsubscribe(topic));
        self.refresh_paths(turn.now, chat);
    }

    /// Tells the outbox whether what it publishes for the others in a chat, or in all of them, is
    /// carried by anybody.
    pub(super) fn refresh_paths(&mut self, now: Timestamp, chat: Option<ChatId>) {
        let carried: BTreeSet<ChatId> = self
            .subscribers
            .iter()
            .filter_map(|(topic, _)| self.channels.get(topic))
            .map(|(chat, _)| *chat)
            .collect();
        let mut devices: BTreeSet<DeviceId> = BTreeSet::new();
        let mut told = Vec::new();
        for held in self.chats.values() {
            if chat.is_none_or(|chat| held.id == chat) {
                devices.extend(self.devices_of(&held.person));
                told.push((held.id, held.person));
            }
        }
        for of in self.groups.keys() {
            if chat.is_none_or(|chat| *of == chat) {
                devices.extend(self.devices_in(of));
            }
        }
        let reached = self.carried_devices(&carried);
        for device in devices {
            self.outbox.carried(device, reached.contains(&device), now);
        }
        for (chat, person) in told {
            let is_carried = self.is_contact(&person) && carried.contains(&chat);
            if is_carried && !self.is_presence_due(&chat) {
                self.presence_due(now, chat);
            }
        }
    }

    /// The devices of others in these chats.
    fn carried_devices(&self, chats: &BTreeSet<ChatId>) -> BTreeSet<DeviceId> {
        let mut reached = BTreeSet::new();
        for chat in chats {
            match self.chats.get(chat) {
                Some(held) if self.is_contact(&held.person) => {
                    reached.extend(self.devices_of(&held.person));
                }
                Some(_) => {}
                None => reached.extend(self.devices_in(chat)),
            }
        }
        reached
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
