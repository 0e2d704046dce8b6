//! The side that is asked. It remembers nothing: each answer is made of what is there now.

use std::collections::BTreeSet;

use super::{
    super::rosters::index_in,
    Effect, Engine, Turn,
    asking::{Member, Run},
};
use crate::{
    proto::{
        chat::{
            group::{RECORD_OVERHEAD, numbered, record_of, unnumbered},
            membership::Op,
        },
        counters::{BLOCK, Counters},
        id::{ChatId, DeviceId, PersonId},
        outbox::{Cargo, Expired},
        record::{MessageRow, Receipt, Write},
    },
    wire::{
        direct::Direct,
        id::PeerId,
        limits,
        sync::{DeviceRuns, EpochRuns, Item, OpId, Span, Step},
    },
};

/// Messages that a member asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// In which group.
    pub chat: ChatId,
    /// Who asks.
    pub peer: PeerId,
    /// The number of the question.
    pub number: u32,
    /// Which, in this order: device, first and last number.
    runs: Vec<Run>,
}

impl Fetch {
    /// Reads as many of them as fit one answer, in order; what is not there is `None`.
    pub fn read<E>(
        &self,
        mut row_at: impl FnMut(DeviceId, u32) -> Result<Option<MessageRow>, E>,
    ) -> Result<Vec<Option<MessageRow>>, E> {
        let (mut rows, mut left) = (Vec::new(), limits::SYNC_PART);
        for (device, number) in self.numbers().take(limits::SYNC_RECORDS) {
            let row = row_at(device, number)?;
            let size = row.as_ref().map_or(0, |row| row.content.len());
            let size = size.saturating_add(RECORD_OVERHEAD);
            if size > left {
                break;
            }
            left = left.saturating_sub(size);
            rows.push(row);
        }
        Ok(rows)
    }

    fn numbers(&self) -> impl Iterator<Item = (DeviceId, u32)> {
        let runs = self.runs.iter();
        runs.flat_map(|(device, first, last)| (*first..=*last).map(|number| (*device, number)))
    }
}

impl Engine {
    /// A member asks where the two differ.
    pub(super) fn on_compare(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, number): (ChatId, u32),
        (peer, person, device): Member,
        question: &[u8],
    ) {
        if !self.brakes.may_compare(person, turn.now) {
            return;
        }
        let answer = self.summary_for(&chat, person).answer(question);
        if let Some(held) = self.groups.get_mut(&chat)
            && !held.state.has_given_up(&device)
        {
            // If they differ, it says so.
            held.sync.wishes.remove(&peer);
            let knows_all = held.sync.heard.get(&peer).copied().unwrap_or_default();
            held.sync.met.insert(peer, knows_all);
        }
        if let Some(answer) = answer {
            let step = Step::Compared(answer.into());
            answer_member(turn, peer, (chat, number), step);
        }
    }

    /// A member tells what it has of epochs in which the two differ, and asks what this device has.
    pub(super) fn on_differ(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, number): (ChatId, u32),
        from: Member,
        here: &[EpochRuns],
        there: &[Item],
    ) {
        let (peer, person, _) = from;
        if !self.brakes.may_compare(person, turn.now) {
            return;
        }
        let summary = self.summary_for(&chat, person);
        let mut epochs: BTreeSet<OpId> = here.iter().map(|runs| runs.epoch).collect();
        epochs.extend(there.iter().filter_map(|item| summary.epoch(item)));
        let (runs, _) = self.runs_of(&chat, person, &epochs);
        answer_member(turn, peer, (chat, number), Step::Runs(runs));
        let lacks = self.lacks(turn, &chat, from, here);
        self.get_back(turn, &chat, peer, lacks);
    }

    /// A member asks for messages: those of epochs in which it was in the group are read.
    pub(super) fn on_get(
        &mut self,
        turn: &mut Turn<'_>,
        (chat, number): (ChatId, u32),
        (peer, person, _): Member,
        wanted: &[EpochRuns],
    ) {
        let pair = self.pair(person);
        if !self.brakes.may_fetch(person, turn.now) {
            return;
        }
        let Some(held) = self.groups.get_mut(&chat) else {
            return;
        };
        let mut runs = Vec::new();
        for of in wanted {
            let place = held.group.place_of(&of.epoch);
            let base = place.and_then(|place| numbered(place, 0));
            let devices = held.is_between(&of.epoch, pair).zip(base);
            for author in &of.devices {
                let by = devices.as_ref();
                let by = by.and_then(|(devices, base)| {
                    Some((devices.get(usize::from(author.index))?.device, *base))
                });
                // Whoever asks for what it may not have is told no more, so that numbers agree.
                let Some((device, base)) = by else {
                    break;
                };
                for Span { first, last } in &author.spans {
                    let last = (*last).min(BLOCK - 1);
                    if *first <= last {
                        let (first, last) = (base + first, base.saturating_add(last));
                        runs.push((device, first, last));
                    }
                }
            }
        }
        turn.effect(Effect::LoadToGive(Fetch {
            chat,
            peer,
            number,
            runs,
        }));
    }

    /// What a member asked for was read.
    pub(in crate::proto::engine) fn on_to_give(
        &mut self,
        turn: &mut Turn<'_>,
        fetch: &Fetch,
        rows: &[Option<MessageRow>],
    ) {
        let Fetch {
            chat, peer, number, ..
        } = *fetch;
        let own = self.device();
        let Some((person, _)) = self.member_at(&chat, &peer) else {
            return;
        };
        let pair = self.pair(person);
        let Some(held) = self.groups.get_mut(&chat) else {
            return;
        };
        let own_known = held.state.own_known();
        let (mut records, mut gone) = (Vec::new(), Vec::new());
        for ((device, number), row) in fetch.numbers().zip(rows) {
            if let Some(record) = row.as_ref().and_then(record_of) {
                records.push(record);
                continue;
            }
            let known = held.state.thread.known_of(&device);
            let known = if device == own {
                &own_known
            } else {
                known.as_ref()
            };
            if known.contains(number) {
                gone.push((device, number));
            }
        }
        let mut runs: Vec<EpochRuns> = Vec::new();
        for (device, number) in gone {
            let (place, counter) = unnumbered(number);
            let epoch = held.group.op_at(place).map(Op::id);
            let Some(epoch) = epoch else { continue };
            let devices = held.is_between(&epoch, pair);
            let index = devices.and_then(|devices| index_in(&devices, &device));
            if let Some(index) = index {
                add(&mut runs, epoch, index, counter);
            }
        }
        let looked = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let step = Step::Given {
            looked,
            records,
            gone: runs,
        };
        answer_member(turn, peer, (chat, number), step);
    }

    /// A member has all that this device had said in some epochs when the comparison began.
    pub(super) fn mark_same(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        to: (PersonId, DeviceId),
        epochs: &BTreeSet<OpId>,
    ) {
        let Some(held) = self.groups.get(chat) else {
            return;
        };
        let Some(said) = held.sync.said() else {
            return;
        };
        let mut has = Counters::default();
        let places = epochs.iter().filter_map(|id| held.group.place_of(id));
        for base in places.filter_map(|place| numbered(place, 0)) {
            for (first, last) in said.within(base, base.saturating_add(BLOCK - 1)) {
                has.insert_run(first, last);
            }
        }
        self.mark_had(turn, chat, to, &has);
    }

    /// A frame of this device was given up before all had it: whoever gets what it said otherwise is still
    /// to be shown to have it.
    pub(in crate::proto::engine) fn give_up_in_group(&mut self, expired: &Expired) {
        let Cargo::Message { counter } = expired.cargo else {
            return;
        };
        if let Some(held) = self.group_mut(&expired.chat) {
            let given_up = held.state.given_up.get_or_insert_default();
            for device in &expired.to {
                given_up.entry(*device).or_default().insert(counter);
            }
        }
    }

    /// A member has these messages of this device, however they came to it. Those that were given up before
    /// are delivered. Those that wait go again and are acknowledged: a number does not tell one message from
    /// another of a device that was set back.
    pub(super) fn mark_had(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        (person, device): (PersonId, DeviceId),
        has: &Counters,
    ) {
        let (own, at) = (self.device(), turn.now);
        let held = self.groups.get_mut(chat);
        let given_up = held.and_then(|held| held.state.given_up.as_mut()?.get_mut(&device));
        let Some(given_up) = given_up else {
            return;
        };
        let had = given_up.common(has);
        *given_up = given_up.without(has);
        for (first, last) in had.runs() {
            for counter in first..=last {
                turn.write(Write::Receipt(Receipt {
                    chat: *chat,
                    device: own,
                    counter,
                    person,
                    read: false,
                    at,
                }));
            }
            Self::tell_delivered(turn, *chat, (first, last), person);
        }
        if !had.is_empty() {
            self.dirty.groups.insert(*chat);
        }
    }
}

fn answer_member(turn: &mut Turn<'_>, peer: PeerId, (chat, number): (ChatId, u32), step: Step) {
    let chat = chat.0;
    turn.effect(Effect::Send(peer, Direct::Sync { chat, number, step }));
}

/// Adds a message to some.
fn add(runs: &mut Vec<EpochRuns>, epoch: OpId, index: u16, counter: u32) {
    if runs.last().is_none_or(|last| last.epoch != epoch) {
        let devices = Vec::new();
        runs.push(EpochRuns { epoch, devices });
    }
    let Some(of) = runs.last_mut() else { return };
    if of.devices.last().is_none_or(|last| last.index != index) {
        let spans = Vec::new();
        of.devices.push(DeviceRuns { index, spans });
    }
    let Some(of) = of.devices.last_mut() else {
        return;
    };
    match of.spans.last_mut() {
        Some(span) if span.last.checked_add(1) == Some(counter) => span.last = counter,
        _ => of.spans.push(Span {
            first: counter,
            last: counter,
        }),
    }
}
