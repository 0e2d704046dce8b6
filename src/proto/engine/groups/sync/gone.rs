//! What was erased before it came.

use std::collections::BTreeMap;

use super::{Engine, asking::Member};
use crate::{
    proto::{
        chat::group::numbered,
        counters::Counters,
        id::{ChatId, DeviceId},
    },
    wire::sync::{EpochRuns, Span},
};

/// What members say to be erased is remembered of so many authors and members.
const CLAIMS: usize = 1024;

impl Engine {
    /// What somebody says to be erased: it is, if they wrote it, or if another says so too.
    pub(super) fn take_gone(
        &mut self,
        chat: &ChatId,
        (_, person, device): Member,
        gone: &[EpochRuns],
        asked: &mut BTreeMap<DeviceId, Counters>,
    ) {
        let Some(held) = self.group_mut(chat) else {
            return;
        };
        for of in gone {
            let place = held.group.place_of(&of.epoch);
            let base = place.and_then(|place| numbered(place, 0));
            let Some((devices, base)) = held.devices_of(&of.epoch).zip(base) else {
                continue;
            };
            for author in &of.devices {
                let Some(by) = devices.get(usize::from(author.index)).map(|d| d.device) else {
                    continue;
                };
                let Some(left) = asked.get_mut(&by) else {
                    continue;
                };
                let mut said = Counters::default();
                for Span { first, last } in &author.spans {
                    said.insert_run(base.saturating_add(*first), base.saturating_add(*last));
                }
                let said = said.common(left);
                *left = left.without(&said);
                let others = held.sync.gone.iter();
                let mut sure = Counters::default();
                for ((_, who), gone) in others.filter(|((of, _), _)| *of == by) {
                    if *who != person {
                        sure.add_all(&gone.common(&said));
                    }
                }
                let sure = if by == device { &said } else { &sure };
                for (first, last) in sure.runs() {
                    held.state.thread.give_up(by, first, last);
                }
                let claims = held.sync.gone.entry((by, person)).or_default();
                claims.add_all(&said);
            }
        }
        while held.sync.gone.len() > CLAIMS {
            held.sync.gone.pop_first();
        }
    }
}
