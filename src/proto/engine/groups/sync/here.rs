//! What is here of a group, for one other member.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::rosters::index_in, ChatChange, Engine, EngineEvent, Turn, asking::Member};
use crate::{
    proto::{
        chat::{
            group::numbered,
            membership::Op,
            summary::{Summary, fitting},
        },
        counters::{BLOCK, Counters},
        id::{ChatId, DeviceId, PersonId},
    },
    wire::sync::{DeviceRuns, EpochRuns, OpId, Span},
};

impl Engine {
    /// What of somebody's is not here and may be asked for. What they have of this device is noted.
    pub(super) fn lacks(
        &mut self,
        turn: &mut Turn<'_>,
        chat: &ChatId,
        (_, person, device): Member,
        runs: &[EpochRuns],
    ) -> BTreeMap<DeviceId, Counters> {
        let (pair, own) = (self.pair(person), self.device());
        let (mut lacks, mut has) = (BTreeMap::<DeviceId, Counters>::new(), Counters::default());
        let Some(held) = self.groups.get_mut(chat) else {
            return lacks;
        };
        let own_known = held.state.own_known();
        for of in runs {
            let Some(devices) = held.is_between(&of.epoch, pair) else {
                continue;
            };
            let place = held.group.place_of(&of.epoch);
            let Some(base) = place.and_then(|place| numbered(place, 0)) else {
                continue;
            };
            for author in &of.devices {
                let Some(of) = devices.get(usize::from(author.index)) else {
                    continue;
                };
                let by = of.device;
                // Whoever floods is heard bit by bit, and not through others at once.
                if self.brakes.is_loud((*chat, of.person), turn.now) {
                    continue;
                }
                let known = held.state.thread.known_of(&by);
                let known = if by == own {
                    &own_known
                } else {
                    known.as_ref()
                };
                for Span { first, last } in &author.spans {
                    let (first, last) = (base.saturating_add(*first), base.saturating_add(*last));
                    let end = base.saturating_add(BLOCK - 1);
                    let last = last.min(end);
                    if by == own && first <= last {
                        has.insert_run(first, last);
                    }
                    for (first, last) in known.not_within(first.min(end), last) {
                        lacks.entry(by).or_default().insert_run(first, last);
                    }
                }
            }
        }
        // What they said to be erased they need not be asked for.
        for (by, missing) in &mut lacks {
            if let Some(gone) = held.sync.gone.get(&(*by, person)) {
                *missing = missing.without(gone);
            }
        }
        lacks.retain(|_, missing| !missing.is_empty());
        self.mark_had(turn, chat, (person, device), &has);
        lacks
    }

    /// What is missing in a group, or who has it, is another.
    pub(super) fn completeness_changed(turn: &mut Turn<'_>, chat: &ChatId) {
        let what = ChatChange::Completeness;
        turn.emit(EngineEvent::Chat { chat: *chat, what });
    }

    /// What is here of some epochs that are of two members, the newest first: as much as fits, and
    /// whether that is not all.
    pub(super) fn runs_of(
        &mut self,
        chat: &ChatId,
        person: PersonId,
        epochs: &BTreeSet<OpId>,
    ) -> (Vec<EpochRuns>, bool) {
        let (pair, own) = (self.pair(person), self.device());
        let Some(held) = self.groups.get_mut(chat) else {
            return (Vec::new(), false);
        };
        let own_known = held.state.own_known();
        let place = |id: &OpId| held.group.place_of(id);
        let mut placed: Vec<(u32, OpId)> = epochs
            .iter()
            .filter_map(|id| Some((place(id)?, *id)))
            .collect();
        placed.sort_unstable_by_key(|(place, _)| std::cmp::Reverse(*place));
        let mut all = Vec::new();
        for (place, epoch) in placed {
            let devices = held.is_between(&epoch, pair);
            let Some((devices, base)) = devices.zip(numbered(place, 0)) else {
                continue;
            };
            let end = base.saturating_add(BLOCK - 1);
            let runs = (0u16..).zip(devices.iter()).map(|(index, author)| {
                let known = held.state.thread.known_of(&author.device);
                let known = if author.device == own {
                    &own_known
                } else {
                    known.as_ref()
                };
                let spans = known.within(base, end).map(|(first, last)| Span {
                    first: first - base,
                    last: last - base,
                });
                let spans = spans.collect();
                DeviceRuns { index, spans }
            });
            let devices: Vec<_> = runs.filter(|of| !of.spans.is_empty()).collect();
            all.push(EpochRuns { epoch, devices });
        }
        let count: usize = all.iter().map(|epoch| epoch.devices.len()).sum();
        let fits = fitting(all);
        let fit: usize = fits.iter().map(|epoch| epoch.devices.len()).sum();
        (fits, fit < count)
    }

    /// What is here of the group in epochs of this person and another.
    pub(super) fn summary_for(&mut self, chat: &ChatId, person: PersonId) -> Summary {
        let (pair, own) = (self.pair(person), self.device());
        let Some(held) = self.groups.get_mut(chat) else {
            return Summary::default();
        };
        let mut epochs = Vec::new();
        for (place, of) in held.state.known_by_epoch(own) {
            let epoch = held.group.op_at(place).map(Op::id);
            let Some(epoch) = epoch else { continue };
            let Some(devices) = held.is_between(&epoch, pair) else {
                continue;
            };
            // Both are sorted by the devices' ids.
            let of = of.into_iter();
            let of = of.filter_map(|(by, spans)| {
                let index = index_in(&devices, &by)?;
                Some(DeviceRuns { index, spans })
            });
            let devices: Vec<DeviceRuns> = of.collect();
            let age = held.group.age_of(&epoch);
            if let Some(age) = age.filter(|_| !devices.is_empty()) {
                epochs.push((age, EpochRuns { epoch, devices }));
            }
        }
        Summary::of(chat, epochs)
    }
}
