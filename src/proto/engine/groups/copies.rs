//! This device in two places, or set back to an older state (protocol §8.5).

use super::{ChatChange, Effect, Engine, EngineEvent, Turn};
use crate::{
    proto::{
        chat::{
            content::Content,
            group::{Copies, numbered, unnumbered},
            thread::Head,
        },
        engine::event::WarningKind,
        id::{ChatId, DeviceId},
        record::{MessageRow, Write},
        time::Timestamp,
    },
    wire::sync::OpId,
};

impl Engine {
    /// What this device holds of groups may be held elsewhere too: it says nothing more in any epoch of
    /// then. Before it says anything it makes another, whose secret no copy has.
    pub(in crate::proto::engine) fn mistrust_groups(&mut self, now: Timestamp) {
        for (chat, held) in &mut self.groups {
            held.epochs.burn_all(now);
            held.state.copies_mut().notice_own(now);
            self.dirty.groups.insert(*chat);
        }
    }

    /// There is proof that this device, or an older or newer state of it, speaks elsewhere.
    fn notice_copy(&mut self, turn: &mut Turn<'_>) {
        self.mistrust(turn.now, turn.rng);
        for chat in self.groups.keys().copied().collect::<Vec<_>>() {
            for (_, counter, _) in self.outbox.messages_in(&chat, None) {
                turn.effect(Effect::Load(chat, counter));
            }
        }
        let connected: Vec<DeviceId> = self
            .connected
            .keys()
            .filter_map(|peer| self.nodes.get(peer))
            .map(|(_, device)| *device)
            .collect();
        for device in connected {
            self.meet_stranger(turn, device);
        }
        turn.emit(EngineEvent::Warning {
            kind: WarningKind::RolledBack,
            text: "Messages came that this device sent, and it does not know them: this profile is \
                   older than it has been, or a copy of it is in use elsewhere. Sessions and keys of \
                   groups begin anew; of two copies use only one from now on."
                .to_owned(),
        });
    }

    /// A message of this device that it does not know.
    pub(super) fn take_own_echo(
        &mut self,
        turn: &mut Turn<'_>,
        row: MessageRow,
        content: &Content,
    ) {
        let (chat, Some(signed)) = (row.chat, row.signed) else {
            return;
        };
        let held = self.groups.get(&chat);
        let lost = held.and_then(|held| held.state.lost.as_ref());
        let was_lost = lost.is_some_and(|lost| lost.contains(row.counter));
        if !was_lost && self.is_news_of_copy(&chat, &signed.epoch) {
            self.notice_copy(turn);
        }
        let (device, number) = (row.device, row.counter);
        let (place, counter) = unnumbered(number);
        let Some(held) = self.group_mut(&chat).filter(|held| held.is_open()) else {
            return;
        };
        let said = held.state.sent.entry(place).or_default();
        let is_fork = counter < *said && !was_lost;
        let next = *said;
        *said = counter.saturating_add(1).max(*said);
        let lost = held.state.lost.get_or_insert_default();
        lost.remove(number);
        if let Some((first, last)) = numbered(place, next).zip(number.checked_sub(1)) {
            lost.insert_run(first, last);
        }
        let refers: Vec<_> = content
            .parents
            .iter()
            .copied()
            .chain(content.prev)
            .collect();
        let (created, id) = (row.created, row.id);
        let head = Head { created, id };
        held.state.thread.add_head(head, &refers, turn.now);
        self.noted(turn, &row, content);
        turn.write(Write::Message(Box::new(row)));
        if is_fork {
            self.note_fork(turn, &chat, device);
        }
    }

    /// Whether a message of this device in an epoch says more than is known: in an epoch that was given
    /// up, and in those of before, a copy may say what it likes. What was said before this person was
    /// added, and the chat may have been deleted since, says nothing.
    fn is_news_of_copy(&self, chat: &ChatId, epoch: &OpId) -> bool {
        let since = self.since_when(chat, &self.person());
        let Some((held, since)) = self.groups.get(chat).zip(since) else {
            return false;
        };
        let keys = held.epochs.get(epoch);
        keys.map_or_else(
            || !held.state.is_own_noticed() && held.group.follows(epoch, &since),
            |keys| !keys.is_burned(),
        )
    }

    /// A change of this device came that it does not know.
    pub(super) fn on_own_change(&mut self, turn: &mut Turn<'_>, chat: &ChatId) {
        let held = self.groups.get(chat);
        let copies = held.and_then(|held| held.state.copies.as_ref());
        if !copies.is_some_and(Copies::is_beginning_anew) {
            self.notice_copy(turn);
        }
    }

    /// An epoch was taken: if a copy of this device may have spoken in it, this one does not.
    pub(super) fn consider_epoch(&mut self, now: Timestamp, chat: &ChatId, epoch: &OpId) {
        let Some(held) = self.groups.get_mut(chat) else {
            return;
        };
        let group = &held.group;
        let copies = held.state.copies.as_ref();
        let doubts =
            copies.is_some_and(|copies| copies.doubts(epoch, |one, two| group.follows(one, two)));
        if doubts {
            held.epochs.burn(epoch, now);
        }
    }

    /// A device said two things under one number.
    pub(super) fn note_fork(&mut self, turn: &mut Turn<'_>, chat: &ChatId, device: DeviceId) {
        let Some(held) = self.group_mut(chat) else {
            return;
        };
        if held.state.copies_mut().notice(device) {
            let what = ChatChange::Members;
            turn.emit(EngineEvent::Chat { chat: *chat, what });
        }
    }
}
