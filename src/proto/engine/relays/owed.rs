//! Acknowledgements for those who are not there.
//!
//! What came from a mailbox is acknowledged in one: many frames in one, which relays keep like any
//! other frame, and which nobody acknowledges. What is owed is on disk until a relay has it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    proto::{
        channel::Kind,
        chat::ephemeral::{Ephemeral, What},
        engine::{Effect, Engine, Turn, held, live::Where},
        id::{ChatId, PersonId},
        time::{MINUTE, SECOND, Timestamp},
    },
    wire::{
        codec,
        frame::frame_id,
        id::{FrameId, TopicKey},
        limits,
    },
};

/// They wait this long for others to go with them.
const TOGETHER_MS: u64 = 3 * SECOND;

/// With all that a mailbox had, they go after this long.
const COMPLETE_MS: u64 = 300;

/// Until they are given to a relay again.
const AGAIN_MS: u64 = MINUTE;

/// Of one topic; what is above it is acknowledged when it comes again.
const MOST: usize = 1024;

/// In larger groups the authors learn on meeting, as each frame would be acknowledged by so many.
const LARGEST_GROUP: usize = 32;

/// What is owed on each topic.
#[derive(Default)]
pub(super) struct Owed(BTreeMap<TopicKey, Debt>);

struct Debt {
    frames: BTreeSet<FrameId>,
    due: Timestamp,
}

impl Owed {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.0.values().map(|debt| debt.due).min()
    }

    pub(super) fn record(&self, topic: &TopicKey) -> Option<Vec<u8>> {
        let debt = self.0.get(topic)?;
        let frames: Vec<FrameId> = debt.frames.iter().copied().collect();
        Some(codec::to_vec(&frames))
    }

    pub(super) fn restore(&mut self, key: &[u8], record: &[u8], now: Timestamp) -> Option<()> {
        let topic = TopicKey(key.try_into().ok()?);
        let frames: Vec<FrameId> = codec::from_slice(record, MOST * 34 + 16).ok()?;
        let debt = Debt {
            frames: frames.into_iter().take(MOST).collect(),
            due: now,
        };
        self.0.insert(topic, debt);
        Some(())
    }

    /// `true` if that is new.
    fn add(&mut self, topic: TopicKey, id: FrameId, now: Timestamp) -> bool {
        let due = now.plus(TOGETHER_MS);
        let debt = self.0.entry(topic).or_insert_with(|| Debt {
            frames: BTreeSet::new(),
            due,
        });
        debt.due = debt.due.min(due);
        debt.frames.len() < MOST && debt.frames.insert(id)
    }

    /// There is no more to come of a topic for now, or somebody keeps it.
    pub(super) fn hurry(&mut self, topic: &TopicKey, now: Timestamp) {
        if let Some(debt) = self.0.get_mut(topic) {
            debt.due = debt.due.min(now.plus(COMPLETE_MS));
        }
    }

    /// Some of it is on its way. `true` if anything changed.
    pub(super) fn paid(&mut self, topic: &TopicKey, frames: &[FrameId]) -> bool {
        let Some(debt) = self.0.get_mut(topic) else {
            return false;
        };
        let before = debt.frames.len();
        for id in frames {
            debt.frames.remove(id);
        }
        let is_changed = debt.frames.len() != before;
        if debt.frames.is_empty() {
            self.0.remove(topic);
        }
        is_changed
    }

    pub(super) fn forget(&mut self, topic: &TopicKey) -> bool {
        self.0.remove(topic).is_some()
    }
}

impl Engine {
    /// A frame that a relay kept is here. Its author hears that at once if they are there; else they find
    /// it in the mailbox.
    pub(in crate::proto::engine) fn acknowledge_kept(
        &mut self,
        turn: &mut Turn<'_>,
        place: Where,
        id: FrameId,
    ) {
        let (chat, epoch) = place;
        let person = self.chats.get(&chat).map(|held| held.person);
        let devices = person.map(|person| self.devices_of(&person));
        let devices = devices.unwrap_or_default();
        if let Some(peer) = devices.iter().find_map(|device| self.reachable(device)) {
            turn.effect(held::held(peer, id));
            return;
        }
        // One that was here already may have been acknowledged in vain, and need not be at once.
        if self.recent.ids.contains(&id) && self.is_carried(chat) {
            self.held_by_gossip(turn, place, id);
        }
        let Some(topic) = turn.kept else {
            return;
        };
        if epoch.is_some() && self.devices_in(&chat).len() > LARGEST_GROUP {
            return;
        }
        if self.relays.owed.add(topic, id, turn.now) {
            self.dirty.owed.insert(topic);
        }
    }

    /// Gives relays the acknowledgements that are due.
    pub(super) fn handle_owed(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        if self.relays.connected.is_empty() {
            return;
        }
        let owed = self.relays.owed.0.iter();
        let due: Vec<TopicKey> = owed
            .filter(|(_, debt)| debt.due <= now)
            .map(|(topic, _)| *topic)
            .collect();
        for topic in due {
            self.pay(turn, topic);
        }
    }

    fn pay(&mut self, turn: &mut Turn<'_>, topic: TopicKey) {
        let now = turn.now;
        let Some(debt) = self.relays.owed.0.get_mut(&topic) else {
            return;
        };
        let all = debt.frames.len();
        let frames = debt.frames.iter().take(limits::EPHEMERAL_HELD);
        let frames: Vec<FrameId> = frames.copied().collect();
        let wait = if all > frames.len() { SECOND } else { AGAIN_MS };
        debt.due = now.plus(wait);
        if !self.relays.connected.values().any(|it| it.keeps(&topic)) {
            debt.due = now.plus(AGAIN_MS);
            return;
        }
        let Some(frame) = self.seal_held(turn, topic, &frames) else {
            // The channel is gone, and whoever is on it.
            if self.relays.owed.forget(&topic) {
                self.dirty.owed.insert(topic);
            }
            return;
        };
        let id = frame_id(&frame);
        for (relay, held) in &mut self.relays.connected {
            if held.keeps(&topic) {
                held.puts.owed.insert(id, (topic, frames.clone()));
                turn.effect(Effect::Deposit {
                    relay: *relay,
                    stored: Vec::new(),
                    made: vec![(topic, frame.clone())],
                });
            }
        }
    }

    fn seal_held(
        &mut self,
        turn: &mut Turn<'_>,
        topic: TopicKey,
        frames: &[FrameId],
    ) -> Option<Vec<u8>> {
        let sign = Ephemeral {
            device: self.device(),
            time: turn.now,
            what: What::Held(frames.to_vec()),
        };
        let body = if self.epoch_topics.contains_key(&topic) {
            self.sign_body(&sign)
        } else {
            sign.encode()
        };
        let (_, channel) = self.channels.get(&topic)?;
        let day = turn.now.frame_day();
        channel.seal(false, day, Kind::Held, &body, turn.rng).ok()
    }

    /// Acknowledgements that were kept for us.
    pub(in crate::proto::engine) fn on_kept_held(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        body: &[u8],
    ) {
        let Ok(sign) = Ephemeral::decode(body) else {
            return;
        };
        let Some(person) = self.chats.get(&chat).map(|held| held.person) else {
            return;
        };
        if self.devices_of(&person).contains(&sign.device) {
            self.take_kept_held(turn, person, &sign);
        }
    }

    /// They say what is on a disk, and not that anybody is there.
    pub(in crate::proto::engine) fn take_kept_held(
        &mut self,
        turn: &mut Turn<'_>,
        person: PersonId,
        sign: &Ephemeral,
    ) {
        if let What::Held(frames) = &sign.what {
            for id in frames {
                self.on_held(turn, person, sign.device, id);
            }
        }
    }
}
