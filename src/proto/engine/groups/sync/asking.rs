//! The side that asks: where the two differ, which messages the other has, and for these.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::rosters::index_in, Effect, Engine, GroupChat, MINUTE, SECOND, Turn};
use crate::{
    proto::{
        chat::{
            group::unnumbered,
            membership::Op,
            summary::{Comparison, Next},
        },
        counters::{BLOCK, Counters},
        id::{ChatId, DeviceId, PersonId},
        record::MessageRow,
        time::Timestamp,
    },
    wire::{
        direct::Direct,
        id::PeerId,
        limits,
        sync::{DeviceRuns, EpochRuns, HistoryRecord, OpId, Span, Step},
    },
};

/// Somebody in a group, on one of their nodes.
pub(super) type Member = (PeerId, PersonId, DeviceId);

/// Numbers of a device, both included.
pub(super) type Run = (DeviceId, u32, u32);

/// What this device asks one member.
pub(super) struct Round {
    peer: PeerId,
    number: u32,
    /// When it is given up.
    until: Timestamp,
    stage: Stage,
    /// What the other has, and this device lacks and has not asked for.
    lacks: BTreeMap<DeviceId, Counters>,
    /// Something came.
    came: bool,
    /// There was more to say than fits.
    is_cut: bool,
    /// What this device had said when the comparison began.
    said: Counters,
}

enum Stage {
    Comparing(Comparison),
    Learning,
    /// These are asked for, in this order.
    Getting(Vec<Run>),
    /// What came is looked up, and written.
    Taking,
}

/// An answer takes this long at most.
const ANSWER_MS: u64 = 10 * SECOND;

/// The disk takes this long at most.
const DISK_MS: u64 = 5 * MINUTE;

/// Runs that one question for messages names.
const SPANS: usize = 256;

impl Round {
    pub(super) fn until(&self) -> Timestamp {
        self.until
    }

    pub(super) fn peer(&self) -> PeerId {
        self.peer
    }

    pub(super) fn lacks(&self) -> &BTreeMap<DeviceId, Counters> {
        &self.lacks
    }

    pub(super) fn said(&self) -> &Counters {
        &self.said
    }

    fn is(&self, peer: PeerId, number: u32) -> bool {
        self.peer == peer && self.number == number
    }
}

impl GroupChat {
    fn begin_with(&mut self, peer: PeerId, stage: Stage, said: Counters, now: Timestamp) {
        self.sync.number = self.sync.number.wrapping_add(1);
        self.sync.round = Some(Round {
            peer,
            number: self.sync.number,
            until: now.plus(ANSWER_MS),
            stage,
            lacks: BTreeMap::new(),
            came: false,
            is_cut: false,
            said,
        });
    }
}

impl Engine {
    /// Begins to compare with a member.
    pub(super) fn begin_round(&mut self, turn: &mut Turn<'_>, chat: &ChatId, peer: PeerId) {
        let Some((person, _)) = self.member_at(chat, &peer) else {
            return;
        };
        let summary = self.summary_for(chat, person);
        let Some((comparison, question)) = Comparison::begin(summary) else {
            return;
        };
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        let knows_all = held.sync.heard.get(&peer).copied().unwrap_or_default();
        held.sync.met.insert(peer, knows_all);
        let said = held.state.own_known();
        let stage = Stage::Comparing(comparison);
        held.begin_with(peer, stage, said, turn.now);
        self.ask_member(turn, chat, Step::Compare(question.into()));
    }

    /// Says the next thing of the round that is under way.
    fn ask_member(&mut self, turn: &mut Turn<'_>, chat: &ChatId, step: Step) {
        let held = self.groups.get_mut(chat);
        let Some(round) = held.and_then(|held| held.sync.round.as_mut()) else {
            return;
        };
        round.until = turn.now.plus(ANSWER_MS);
        let (chat, number) = (chat.0, round.number);
        let message = Direct::Sync { chat, number, step };
        turn.effect(Effect::Send(round.peer, message));
    }

    fn round_mut(&mut self, (chat, number): (&ChatId, u32), from: PeerId) -> Option<&mut Round> {
        let round = self.groups.get_mut(chat)?.sync.round.as_mut()?;
        round.is(from, number).then_some(round)
    }

    pub(super) fn on_compared(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, number): (ChatId, u32),
        from: Member,
        answer: &[u8],
    ) {
        let Some(round) = self.round_mut((&chat, number), from.0) else {
            return;
        };
        let Stage::Comparing(comparison) = &mut round.stage else {
            return;
        };
        match comparison.go_on(answer) {
            Next::Ask(question) => self.ask_member(turn, &chat, Step::Compare(question.into())),
            Next::Broken => self.end_round(turn, &chat, true),
            Next::Done => {
                let stage = std::mem::replace(&mut round.stage, Stage::Learning);
                if let Stage::Comparing(comparison) = stage {
                    self.ask_what_differs(turn, &chat, from, &comparison);
                }
            }
        }
    }

    fn ask_what_differs(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        (_, person, device): Member,
        comparison: &Comparison,
    ) {
        let here = comparison.here().iter();
        let here = here.filter_map(|item| comparison.summary().epoch(item));
        let here: BTreeSet<OpId> = here.collect();
        let same: BTreeSet<OpId> = comparison
            .summary()
            .epochs()
            .filter(|epoch| !here.contains(epoch))
            .collect();
        self.mark_same(turn, chat, (person, device), &same);
        let there = comparison.there();
        if here.is_empty() && there.is_empty() {
            self.end_round(turn, chat, false);
            return;
        }
        let (runs, is_cut) = self.runs_of(chat, person, &here);
        let is_cut = is_cut || there.len() > limits::SYNC_ITEMS;
        let there = there.iter().take(limits::SYNC_ITEMS).copied().collect();
        let held = self.groups.get_mut(chat);
        if let Some(round) = held.and_then(|held| held.sync.round.as_mut()) {
            round.is_cut = is_cut;
        }
        self.ask_member(turn, chat, Step::Differ { here: runs, there });
    }

    pub(super) fn on_runs(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, number): (ChatId, u32),
        from: Member,
        runs: &[EpochRuns],
    ) {
        let round = self.round_mut((&chat, number), from.0);
        if !round.is_some_and(|round| matches!(round.stage, Stage::Learning)) {
            return;
        }
        let lacks = self.lacks(turn, &chat, from, runs);
        self.get(turn, &chat, from.0, lacks);
    }

    /// Asks the member of the round for what it has and this device lacks.
    fn get(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        peer: PeerId,
        lacks: BTreeMap<DeviceId, Counters>,
    ) {
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        let is_any = !lacks.is_empty();
        held.sync.offers.insert(peer, lacks.clone());
        if let Some(round) = held.sync.round.as_mut() {
            round.lacks = lacks;
        }
        if is_any {
            Self::completeness_changed(turn, chat);
        }
        self.ask_next_part(turn, chat);
    }

    /// Somebody who compares with this device told what it has: what of it is lacking here is asked
    /// for, too.
    pub(super) fn get_back(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        peer: PeerId,
        lacks: BTreeMap<DeviceId, Counters>,
    ) {
        let Some(held) = self.groups.get_mut(chat).filter(|_| !lacks.is_empty()) else {
            return;
        };
        if held.sync.round.is_some() {
            held.sync.wish(peer, turn.now.plus(super::BUSY_MS));
            return;
        }
        held.begin_with(peer, Stage::Learning, Counters::default(), turn.now);
        self.get(turn, chat, peer, lacks);
    }

    /// Asks for as many of the messages that are lacking as one answer holds.
    fn ask_next_part(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        let own_known = held.state.own_known();
        let own = self.own.device.id();
        let Some(round) = held.sync.round.as_mut() else {
            return;
        };
        let (mut left, mut runs) = (limits::SYNC_RECORDS, BTreeMap::<u32, Vec<Run>>::new());
        let mut spans = 0;
        for (device, lacks) in &mut round.lacks {
            // Some may have come meanwhile.
            let known = held.state.thread.known_of(device);
            let known = if *device == own {
                &own_known
            } else {
                known.as_ref()
            };
            *lacks = lacks.without(known);
            for (first, last) in lacks.runs() {
                let count = u32::try_from(left).unwrap_or(u32::MAX);
                if count == 0 || spans >= SPANS {
                    break;
                }
                let (place, _) = unnumbered(first);
                let end = first | (BLOCK - 1);
                let last = last.min(end).min(first.saturating_add(count - 1));
                let length = usize::try_from(last - first).unwrap_or(usize::MAX);
                left = left.saturating_sub(length.saturating_add(1));
                spans += 1;
                runs.entry(place).or_default().push((*device, first, last));
            }
        }
        round.lacks.retain(|_, lacks| !lacks.is_empty());
        let mut wanted = Vec::new();
        let mut asked = Vec::new();
        for (place, runs) in runs {
            let Some(epoch) = held.group.op_at(place).map(Op::id) else {
                continue;
            };
            let Some(devices) = held.devices_of(&epoch) else {
                continue;
            };
            let mut by: Vec<DeviceRuns> = Vec::new();
            for run in runs {
                let (device, first, last) = run;
                let Some(index) = index_in(&devices, &device) else {
                    continue;
                };
                let span = Span {
                    first: unnumbered(first).1,
                    last: unnumbered(last).1,
                };
                match by.last_mut().filter(|last| last.index == index) {
                    Some(last) => last.spans.push(span),
                    None => by.push(DeviceRuns {
                        index,
                        spans: vec![span],
                    }),
                }
                asked.push(run);
            }
            wanted.push(EpochRuns { epoch, devices: by });
        }
        if asked.is_empty() {
            self.end_round(turn, chat, false);
            return;
        }
        if let Some(round) = held.sync.round.as_mut() {
            round.stage = Stage::Getting(asked);
        }
        self.ask_member(turn, chat, Step::Get(wanted));
    }

    pub(super) fn on_given(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, number): (ChatId, u32),
        from: Member,
        (looked, records, gone): (u32, &[HistoryRecord], &[EpochRuns]),
    ) {
        let Some(round) = self.round_mut((&chat, number), from.0) else {
            return;
        };
        let Stage::Getting(asked) = &round.stage else {
            return;
        };
        let looked_at = first_of(asked, looked);
        if looked_at.is_empty() {
            self.end_round(turn, &chat, true);
            return;
        }
        for (device, looked_at) in &looked_at {
            if let Some(lacks) = round.lacks.get_mut(device) {
                *lacks = lacks.without(looked_at);
            }
        }
        round.stage = Stage::Taking;
        round.until = turn.now.plus(DISK_MS);
        let mut left = looked_at.clone();
        let mut rows: Vec<MessageRow> = Vec::new();
        for record in records {
            let row = self.row_of_record(record, turn.now);
            let row = row.filter(|row| row.chat == chat);
            // Nothing but what was asked for.
            let is_asked = |row: &MessageRow| {
                let of = left.get_mut(&row.device);
                of.is_some_and(|of| of.remove(row.counter))
            };
            rows.extend(row.filter(is_asked));
        }
        self.take_gone(&chat, from, gone, &mut left);
        if left == looked_at {
            self.end_round(turn, &chat, true);
            return;
        }
        let lied = left.values().any(|left| !left.is_empty());
        if let Some(held) = self.groups.get_mut(&chat) {
            if lied {
                held.sync.doubted.insert(from.0);
                held.sync.offers.remove(&from.0);
            }
            if let Some(round) = held.sync.round.as_mut() {
                round.came |= !rows.is_empty();
            }
        }
        turn.effect(Effect::SiftGiven {
            chat,
            from: from.1,
            rows,
        });
    }

    /// Of the messages that came these are not on the disk; of the others the numbers.
    pub(in crate::proto::engine) fn on_sifted_given(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, from): (ChatId, PersonId),
        rows: Vec<MessageRow>,
        here: &[(DeviceId, u32)],
    ) {
        self.add_given(turn, (&chat, from), rows, here);
        let held = self.groups.get(&chat);
        let round = held.and_then(|held| held.sync.round.as_ref());
        if round.is_some_and(|round| matches!(round.stage, Stage::Taking)) {
            self.ask_next_part(turn, &chat);
        }
    }

    /// The round is over: with nothing more to ask for, or because the other does not do its part.
    fn end_round(&mut self, turn: &mut Turn<'_>, chat: &ChatId, in_vain: bool) {
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        let Some(round) = held.sync.round.take() else {
            return;
        };
        let peer = round.peer;
        let had_offer = held.sync.offers.remove(&peer).is_some();
        if in_vain {
            held.sync.doubted.insert(peer);
        }
        let is_doubted = held.sync.doubted.contains(&peer);
        if round.is_cut && round.came && !is_doubted {
            held.sync.wish(peer, turn.now);
        }
        if round.came || (is_doubted && had_offer) {
            // Others may have more, or lack what came.
            self.sync_soon(turn, chat);
        }
        if had_offer {
            Self::completeness_changed(turn, chat);
            self.note_gaps(turn, chat);
        }
    }

    /// Gives up a round that is not answered.
    pub(super) fn end_overdue(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let held = self.groups.get(chat);
        let round = held.and_then(|held| held.sync.round.as_ref());
        if round.is_some_and(|round| round.until <= turn.now) {
            self.end_round(turn, chat, true);
            self.sync_soon(turn, chat);
        }
    }
}

/// The first so many of some numbers.
fn first_of(asked: &[Run], count: u32) -> BTreeMap<DeviceId, Counters> {
    let mut left = count;
    let mut first_of: BTreeMap<DeviceId, Counters> = BTreeMap::new();
    for (device, first, last) in asked {
        let Some(most) = left.checked_sub(1) else {
            break;
        };
        let last = (*last).min(first.saturating_add(most));
        left = left.saturating_sub((last - first).saturating_add(1));
        first_of
            .entry(*device)
            .or_default()
            .insert_run(*first, last);
    }
    first_of
}
