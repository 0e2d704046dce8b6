//! What a relay keeps, and what it says of it.

use super::{Lie, Relay};
use crate::{
    proto::engine::{Input, input::Found},
    sim::{release::length, world::World},
    wire::{
        frame::{frame_id, is_ephemeral},
        id::{FrameId, PeerId, TopicKey},
        limits,
        mailbox::{Custody, Fetch, PutStatus, RelayRequest, custody_to_sign},
    },
};

/// What a relay gives of a topic: frames, the place of the last one and of the newest that is there.
type Given = (TopicKey, Vec<Vec<u8>>, u64, u64);

impl Relay {
    pub(super) fn keep(&mut self, topic: TopicKey, frame: &[u8]) -> PutStatus {
        if is_ephemeral(frame) {
            return PutStatus::Invalid;
        }
        if self.hearers(topic).is_empty() {
            return PutStatus::NotLeased;
        }
        let doubles = self.tells(Lie::Doubles);
        let kept = self.kept.entry(topic).or_default();
        if kept.iter().any(|(_, held)| held == frame) {
            return PutStatus::Known;
        }
        for _ in 0..=usize::from(doubles) {
            let seq = kept.last().map_or(1, |(seq, _)| seq + 1);
            kept.push((seq, frame.to_vec()));
        }
        PutStatus::Stored
    }

    fn after(&self, fetch: &Fetch) -> (Vec<(u64, Vec<u8>)>, u64) {
        let mut kept = self.kept.get(&fetch.topic).cloned().unwrap_or_default();
        if self.tells(Lie::SaysEmpty) {
            kept.clear();
        }
        let head = kept.last().map_or(0, |(seq, _)| *seq);
        if self.tells(Lie::Reorders) {
            let seqs: Vec<u64> = kept.iter().map(|(seq, _)| *seq).collect();
            let frames = kept.into_iter().rev().map(|(_, frame)| frame);
            kept = seqs.into_iter().zip(frames).collect();
        }
        kept.retain(|(seq, _)| *seq > fetch.after);
        kept.truncate(fetch.max.into());
        (kept, head)
    }
}

impl World {
    /// A host asks a relay for what it keeps, or tells it how far it has come.
    pub(in crate::sim) fn asked_relay(
        &mut self,
        host: usize,
        peer: PeerId,
        request: &RelayRequest,
    ) {
        let Some(which) = self.which(peer) else {
            return;
        };
        if !self.relays.get(which).is_some_and(|relay| relay.up) {
            return;
        }
        self.says(host, &request.encode());
        let is_good = self.is_signed(which, host, request);
        let (watched, asked) = match request {
            RelayRequest::Fetch(fetch) => (false, vec![fetch.clone()]),
            RelayRequest::Watch { topics, .. } => (true, topics.clone()),
            _ => return,
        };
        let loss = self.network.links.loss;
        if !is_good || self.network.chance(loss) {
            self.tell_found(host, which, (watched, &asked), None, 10_000);
            return;
        }
        let found = self.kept_after(which, &asked);
        if watched && found.is_empty() {
            let relay = self.relays.get_mut(which);
            let before = relay.and_then(|relay| relay.watches.insert(host, asked));
            if let Some(before) = before {
                self.tell_found(host, which, (true, &before), Some(Vec::new()), 1);
            }
            return;
        }
        self.tell_found(host, which, (watched, &asked), Some(found), 1);
    }

    pub(super) fn tell_found(
        &mut self,
        host: usize,
        which: usize,
        (watched, asked): (bool, &[Fetch]),
        found: Option<Vec<Given>>,
        wait: u64,
    ) {
        let (network, now) = (&mut self.network, self.now);
        let (Some(held), Some(relay)) = (self.hosts.get(host), self.relays.get(which)) else {
            return;
        };
        let mut bytes = 0;
        let found = found.map(|found| {
            let each = found.into_iter().map(|(topic, frames, upto, head)| {
                let passing = frames
                    .into_iter()
                    .filter(|frame| network.passes(topic, frame, now));
                let frames = passing.map(|frame| {
                    bytes += frame.len();
                    let seen = held.disk.seen(&frame_id(&frame));
                    (frame, seen)
                });
                Found {
                    topic,
                    frames: frames.collect(),
                    upto,
                    head,
                }
            });
            each.collect()
        });
        let input = Input::Fetched {
            relay: relay.peer,
            watched,
            asked: asked.iter().map(|it| (it.topic, it.after)).collect(),
            found,
        };
        self.gets(host, bytes);
        let delay = self.network.delay() + wait;
        self.later(delay, host, input);
    }

    /// What a relay says that it keeps after places.
    pub(super) fn kept_after(&self, which: usize, asked: &[Fetch]) -> Vec<Given> {
        let Some(relay) = self.relays.get(which) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for fetch in asked {
            let (some, head) = relay.after(fetch);
            let upto = some.last().map_or(fetch.after, |(seq, _)| *seq);
            if !some.is_empty() || head < fetch.after || asked.len() == 1 {
                let frames = some.into_iter().map(|(_, frame)| frame).collect();
                all.push((fetch.topic, frames, upto, head));
            }
        }
        all
    }

    /// A host gives frames to a relay to keep.
    pub(in crate::sim) fn deposited(
        &mut self,
        host: usize,
        peer: PeerId,
        stored: &[FrameId],
        made: Vec<(TopicKey, Vec<u8>)>,
    ) {
        let Some(which) = self.which(peer) else {
            return;
        };
        let outbox = stored.iter().filter_map(|id| self.stored(host, id));
        let frames: Vec<(TopicKey, Vec<u8>)> = made
            .into_iter()
            .chain(outbox)
            .take(limits::RELAY_PUT)
            .collect();
        let ids: Vec<FrameId> = frames.iter().map(|(_, frame)| frame_id(frame)).collect();
        for (_, frame) in &frames {
            self.says(host, frame);
        }
        let loss = self.network.links.loss;
        let relay = self.relays.get(which);
        let lie = relay.and_then(|relay| relay.lie);
        if !relay.is_some_and(|relay| relay.up) || self.network.chance(loss) {
            let input = Input::Deposited {
                relay: peer,
                frames: ids,
                statuses: None,
                custody: None,
            };
            self.later(10_000, host, input);
            return;
        }
        let until = self.now.0 + 7 * 24 * 3_600_000;
        let (mut statuses, mut held) = (Vec::new(), Vec::new());
        for (topic, frame) in &frames {
            let status = if lie == Some(Lie::Drops) && self.network.chance(500) {
                PutStatus::Stored
            } else {
                self.keep_at(which, *topic, frame)
            };
            if matches!(status, PutStatus::Stored | PutStatus::Known) {
                held.push(frame_id(frame));
            }
            statuses.push(status);
        }
        if lie == Some(Lie::SignsFalsely) {
            held = vec![FrameId([9; 32]); held.len()];
        }
        let message = custody_to_sign(peer, until, &held);
        let signature = self.sign(which, &message);
        let custody = signature.filter(|_| !held.is_empty());
        let input = Input::Deposited {
            relay: peer,
            frames: ids,
            statuses: Some(statuses),
            custody: custody.map(|signature| Custody { until, signature }),
        };
        let delay = self.network.delay();
        self.later(delay, host, input);
    }

    /// Bytes that a relay keeps.
    pub fn relay_bytes(&self, which: usize) -> u64 {
        let relay = self.relays.get(which);
        let kept = relay.into_iter().flat_map(|relay| relay.kept.values());
        kept.flatten().map(|(_, frame)| length(frame.len())).sum()
    }
}
