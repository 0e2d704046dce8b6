//! Files at relays: who keeps what is said in a chat, and what opens a file there (protocol §6.2, ADR 0033).

use std::cmp::Reverse;

use crate::{
    proto::{
        engine::Engine,
        id::{ChatId, PersonId},
    },
    wire::{
        id::{PeerId, TopicKey},
        mailbox::{BlobGet, BlobPut},
    },
};

impl Engine {
    /// The others of a chat, and whether each is connected.
    pub fn others(&self, chat: &ChatId) -> Vec<(PersonId, bool)> {
        let mut people: Vec<PersonId> = match (self.chats.get(chat), self.groups.get(chat)) {
            (Some(held), _) => vec![held.person],
            (None, Some(held)) => held.group.members().keys().copied().collect(),
            (None, None) => Vec::new(),
        };
        people.retain(|person| *person != self.person() && self.may_have(chat, person));
        let there = self.holders(chat);
        let is_there = |person| {
            there
                .iter()
                .any(|peer| self.person_at(peer) == Some(person))
        };
        people
            .into_iter()
            .map(|person| (person, is_there(person)))
            .collect()
    }

    /// The relays that keep what is said in a chat.
    pub fn keepers(&self, chat: &ChatId) -> Vec<PeerId> {
        let topics = self.topics_of(chat);
        let relays = self.relays.connected.iter();
        let keeps = relays.filter(|(_, held)| topics.iter().any(|topic| held.keeps(topic)));
        keeps.map(|(relay, _)| *relay).collect()
    }

    /// What has a relay keep a file for those who are in a chat now.
    pub fn blob_put(
        &self,
        (chat, relay): (&ChatId, PeerId),
        (blob, size, pages): ([u8; 32], u64, Vec<u8>),
    ) -> Option<BlobPut> {
        let held = self.relays.connected.get(&relay)?;
        let topics = self.topics_of(chat).into_iter();
        let topic = topics.into_iter().find(|topic| held.keeps(topic))?;
        let (_, channel) = self.channels.get(&topic)?;
        let mut put = BlobPut {
            topic,
            blob,
            size,
            pages: pages.into(),
            // We have it.
            readers: self.readers_of(&topic).saturating_sub(1),
            auth: [0; 64],
        };
        put.auth = channel.relay_auth(&put.to_sign(&held.link(relay, self.peer())));
        Some(put)
    }

    /// What has a relay give a file of a chat: one for each topic under which it may be, the likeliest first.
    pub fn blob_gets(&self, chat: &ChatId, relay: PeerId, blob: [u8; 32]) -> Vec<BlobGet> {
        let Some(held) = self.relays.connected.get(&relay) else {
            return Vec::new();
        };
        let topics = self.topics_of(chat).into_iter();
        let topics = topics.filter(|topic| held.keeps(topic)).take(TOPICS);
        let get = topics.filter_map(|topic| {
            let (_, channel) = self.channels.get(&topic)?;
            let reader = self.relays.reading.reader(relay, topic)?;
            let mut get = BlobGet {
                topic,
                blob,
                reader,
                auth: [0; 64],
            };
            get.auth = channel.relay_auth(&get.to_sign(&held.link(relay, self.peer())));
            Some(get)
        });
        get.collect()
    }

    /// The topics of a chat; of a group that of the newest epoch first.
    fn topics_of(&self, chat: &ChatId) -> Vec<TopicKey> {
        let Some(held) = self.groups.get(chat).filter(|held| held.is_open()) else {
            let of = self.channels.iter().filter(|(_, (of, _))| of == chat);
            return of.map(|(topic, _)| *topic).collect();
        };
        let mut epochs: Vec<_> = held.epochs.all().collect();
        epochs.sort_by_key(|keys| (keys.replaced().is_some(), Reverse(keys.since())));
        epochs.iter().map(|keys| keys.channel().topic()).collect()
    }
}

/// Topics under which a file is looked for.
const TOPICS: usize = 8;
