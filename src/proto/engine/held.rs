//! Saying that a frame is on this disk: the "delivered" mark of whoever wrote it.

use super::{Effect, Engine, Turn, live::Where};
use crate::{
    proto::{chat::ephemeral::What, id::ChatId, time::SECOND},
    wire::{
        direct::Direct,
        id::{FrameId, PeerId},
        limits,
    },
};

/// Acknowledgements that go by gossip wait this long for others to go with them.
const HELD_WAIT_MS: u64 = 20;

/// The same for each other device in a group, up to a second.
const HELD_STEP_MS: u64 = 5;

impl Engine {
    /// Tells the device that wrote a frame that we have it on disk (released after the commit).
    pub(super) fn acknowledge(
        &mut self,
        turn: &mut Turn<'_>,
        chat: ChatId,
        from: Option<PeerId>,
        id: FrameId,
    ) {
        if turn.kept.is_some() {
            self.acknowledge_kept(turn, (chat, None), id);
            return;
        }
        let person = self.chats.get(&chat).map(|held| held.person);
        let direct = from.or_else(|| {
            let devices = person
                .map(|person| self.devices_of(&person))
                .unwrap_or_default();
            devices.iter().find_map(|device| self.reachable(device))
        });
        match direct {
            Some(peer) => turn.effect(held(peer, id)),
            None => self.held_by_gossip(turn, (chat, None), id),
        }
    }

    /// Says on a channel that a frame is on this disk, soon, with others.
    pub(super) fn held_by_gossip(&mut self, turn: &mut Turn<'_>, place: Where, id: FrameId) {
        // In a large group all hear what each has: it is said more rarely.
        let others = self.devices_in(&place.0).len() as u64;
        let wait = HELD_WAIT_MS.saturating_add(others.saturating_mul(HELD_STEP_MS));
        let due = turn.now.plus(wait.min(SECOND));
        let (_, ids) = self.live.held.entry(place).or_insert((due, Vec::new()));
        if !ids.contains(&id) {
            ids.push(id);
        }
        if ids.len() >= limits::EPHEMERAL_HELD {
            self.tell_held(turn, place);
        }
    }

    pub(super) fn tell_held(&mut self, turn: &mut Turn<'_>, place: Where) {
        let Some((_, ids)) = self.live.held.remove(&place) else {
            return;
        };
        if place.1.is_some() {
            self.sign_in_group(turn, place, What::Held(ids));
        } else {
            self.sign(turn, place.0, What::Held(ids));
        }
    }
}

/// Tells a peer that a frame of theirs is on this disk.
pub(super) fn held(peer: PeerId, id: FrameId) -> Effect {
    Effect::Send(peer, Direct::Held { frames: vec![id] })
}
