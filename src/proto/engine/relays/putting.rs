//! Giving relays what waits in the outbox, for those who are not there.
//!
//! What a device on the direct stream will acknowledge is not shown to a relay. What gossip brings to a
//! device that was heard lately is given to it only if no acknowledgement comes soon.

use std::collections::{BTreeMap, BTreeSet};

use super::{FIRST_WAIT_MS, LONGEST_WAIT_MS};
use crate::{
    proto::{
        engine::{Effect, Engine, EngineEvent, Turn, event::WarningKind},
        id::DeviceId,
        outbox::Way,
        time::{HOUR, MINUTE, SECOND, Timestamp},
    },
    wire::{
        id::{FrameId, PeerId, TopicKey},
        limits,
        mailbox::{Custody, PutStatus},
    },
};

/// Frames wait this long for others to go with them.
const TOGETHER_MS: u64 = 50;

/// What gossip brings to somebody who is there waits this long for its acknowledgement.
const HEARD_MS: u64 = 2 * SECOND;

/// What the direct stream brings to all; then it is looked whether it still does.
const DIRECT_MS: u64 = 30 * SECOND;

/// What a relay has, and nobody acknowledged, is given to it again after this long: it says that it
/// has it, or it had lost it.
const AGAIN_MS: u64 = 12 * HOUR;

/// A relay that does not answer within this time lost what it was given.
const LOST_MS: u64 = 30 * SECOND;

/// Until a frame for which there is no room is given again.
const FULL_MS: u64 = MINUTE;

/// What one relay is given, and when.
#[derive(Default)]
pub(super) struct Putting {
    due: BTreeSet<(Timestamp, FrameId)>,
    at: BTreeMap<FrameId, Timestamp>,
    /// What it was given and has not answered, and until when it may.
    under_way: Option<(Timestamp, Vec<FrameId>)>,
    /// Until the next attempt, if it does not answer.
    wait_ms: u64,
    not_before: Timestamp,
    /// Whether it was said that it has no room.
    said_full: bool,
    /// Acknowledgements that it was given: what they are of.
    pub(super) owed: BTreeMap<FrameId, (TopicKey, Vec<FrameId>)>,
}

impl Putting {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        if let Some((until, _)) = &self.under_way {
            return Some(*until);
        }
        let first = self.due.first().map(|(at, _)| *at);
        first.map(|at| at.max(self.not_before))
    }

    /// Gives a frame at a time, or before if that was said already.
    fn plan(&mut self, id: FrameId, at: Timestamp) {
        let before = self.at.get(&id).copied();
        if before.is_none_or(|before| at < before) {
            self.replan(id, at);
        }
    }

    fn replan(&mut self, id: FrameId, at: Timestamp) {
        if let Some(before) = self.at.insert(id, at) {
            self.due.remove(&(before, id));
        }
        self.due.insert((at, id));
    }

    fn forget(&mut self, id: &FrameId) {
        if let Some(at) = self.at.remove(id) {
            self.due.remove(&(at, *id));
        }
    }

    /// Frames whose time has come, the ones planned first first.
    fn take_due(&mut self, now: Timestamp) -> Vec<FrameId> {
        let mut due = Vec::new();
        while due.len() < limits::RELAY_PUT
            && let Some((at, id)) = self.due.first().copied()
            && at <= now
        {
            self.forget(&id);
            due.push(id);
        }
        due
    }

    fn lost(&mut self, frames: &[FrameId], now: Timestamp) {
        self.under_way = None;
        self.wait_ms = self
            .wait_ms
            .saturating_mul(2)
            .clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS);
        self.not_before = now.plus(self.wait_ms);
        for id in frames {
            self.plan(*id, self.not_before);
        }
    }
}

impl Engine {
    /// A frame is new in the outbox: relays that keep its topic get it, if it is not acknowledged before.
    pub(in crate::proto::engine) fn deposit_soon(
        &mut self,
        now: Timestamp,
        id: FrameId,
        topic: TopicKey,
    ) {
        let wait = match self.outbox.way_of(&id, now) {
            Some(Way::Direct) => DIRECT_MS,
            Some(Way::Heard) => HEARD_MS,
            Some(Way::Absent) => TOGETHER_MS,
            None => return,
        };
        for relay in self.relays.connected.values_mut() {
            if relay.keeps(&topic) {
                relay.puts.plan(id, now.plus(wait));
            }
        }
    }

    /// A relay keeps a topic now: it gets what waits there. `anew`: it has lost what it had.
    pub(super) fn deposit_all(
        &mut self,
        now: Timestamp,
        (relay, topic): (PeerId, TopicKey),
        anew: bool,
    ) {
        let Some(held) = self.relays.connected.get_mut(&relay) else {
            return;
        };
        for id in self.outbox.on_topic(&topic) {
            let has_it = !anew && self.relays.receipts.holds(&relay, &id, now);
            let wait = if has_it { HOUR } else { TOGETHER_MS };
            held.puts.replan(id, now.plus(wait));
        }
    }

    /// A device is gone: what waits for it goes to relays now.
    pub(in crate::proto::engine) fn hasten_deposits(&mut self, now: Timestamp, device: &DeviceId) {
        if self.relays.connected.is_empty() {
            return;
        }
        for (id, ..) in self.outbox.waiting_for(device) {
            if let Some(topic) = self.outbox.topic_of(&id) {
                for (relay, held) in &mut self.relays.connected {
                    let has_it = self.relays.receipts.holds(relay, &id, now);
                    if held.keeps(&topic) && !has_it {
                        held.puts.plan(id, now.plus(TOGETHER_MS));
                    }
                }
            }
        }
    }

    pub(super) fn handle_putting(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        for (relay, held) in &mut self.relays.connected {
            if let Some((until, frames)) = &held.puts.under_way {
                if *until > now {
                    continue;
                }
                let frames = frames.clone();
                held.puts.lost(&frames, now);
            }
            if held.puts.not_before > now {
                continue;
            }
            let mut stored = Vec::new();
            for id in held.puts.take_due(now) {
                let topic = self.outbox.topic_of(&id);
                match self.outbox.way_of(&id, now) {
                    Some(Way::Heard | Way::Absent) if topic.is_some_and(|it| held.keeps(&it)) => {
                        stored.push(id);
                    }
                    Some(Way::Direct) => held.puts.plan(id, now.plus(DIRECT_MS)),
                    // Acknowledged by all; or not kept there, until it is leased again.
                    Some(_) | None => {}
                }
            }
            if stored.is_empty() {
                continue;
            }
            held.puts.under_way = Some((now.plus(LOST_MS), stored.clone()));
            let (relay, made) = (*relay, Vec::new());
            turn.effect(Effect::Deposit {
                relay,
                stored,
                made,
            });
        }
    }

    /// A relay said what became of what it was given, or nothing.
    pub(in crate::proto::engine) fn on_deposited(
        &mut self,
        turn: &mut Turn<'_>,
        relay: PeerId,
        frames: &[FrameId],
        (statuses, custody): (Option<Vec<PutStatus>>, Option<Custody>),
    ) {
        let now = turn.now;
        let Some(held) = self.relays.connected.get_mut(&relay) else {
            return;
        };
        let puts = &mut held.puts;
        // Acknowledgements go beside the outbox, one at a time.
        let is_of_outbox = frames.is_empty() || frames.iter().any(|id| !puts.owed.contains_key(id));
        let statuses = statuses.filter(|statuses| statuses.len() == frames.len());
        let Some(statuses) = statuses else {
            let under_way = puts.under_way.take().filter(|_| is_of_outbox);
            let given = under_way.map(|(_, given)| given).unwrap_or_default();
            puts.lost(&given, now);
            puts.owed.retain(|id, _| !frames.contains(id));
            return;
        };
        if is_of_outbox && let Some((_, given)) = puts.under_way.take() {
            // What did not fit the request.
            for id in given.iter().filter(|id| !frames.contains(id)) {
                puts.plan(*id, now);
            }
        }
        puts.wait_ms = 0;
        let mut kept = Vec::new();
        let (mut is_full, mut paid, mut lapsed) = (false, Vec::new(), Vec::new());
        for (id, status) in frames.iter().zip(&statuses) {
            let debt = puts.owed.remove(id);
            match status {
                PutStatus::Stored | PutStatus::Known => {
                    kept.push(*id);
                    match debt {
                        Some(debt) => paid.push(debt),
                        None => puts.plan(*id, now.plus(AGAIN_MS)),
                    }
                }
                PutStatus::Full | PutStatus::NotLeased => {
                    is_full |= *status == PutStatus::Full;
                    if *status == PutStatus::NotLeased {
                        lapsed.extend(self.outbox.topic_of(id));
                    }
                    if debt.is_none() {
                        puts.plan(*id, now.plus(FULL_MS));
                    }
                }
                PutStatus::Invalid | PutStatus::Forwarded => {}
            }
        }
        // Once on each connection.
        if is_full && !std::mem::replace(&mut puts.said_full, true) {
            turn.emit(EngineEvent::Warning {
                kind: WarningKind::Network,
                text: format!(
                    "The relay {relay} has no room for more. What it did not take waits here, and goes when \
                     there is room or you are both there."
                ),
            });
        }
        for topic in lapsed {
            // Whatever it said before.
            if let Some(lease) = held.leases.get_mut(&topic) {
                lease.due = lease.due.min(now.plus(SECOND));
            }
        }
        for (topic, ids) in paid {
            if self.relays.owed.paid(&topic, &ids) {
                self.dirty.owed.insert(topic);
            }
        }
        if let Some(custody) = custody.filter(|custody| custody.holds(relay, &kept)) {
            self.note_custody(turn, relay, &kept, custody);
        }
    }
}
