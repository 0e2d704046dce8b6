//! Two people tell each other, on meeting, what each has of the other's (protocol §6.1): what is not
//! there is sealed anew. What waits in the outbox goes again all the same: a counter does not tell one
//! message from another of a device that was set back.

use super::{Effect, Engine, Turn};
use crate::{
    proto::{
        counters::Counters,
        id::{ChatId, DeviceId, PersonId},
        outbox::Cargo,
    },
    wire::{direct::Direct, id::PeerId, limits, sync::Span},
};

impl Engine {
    /// Tells a contact's device what is here of what it said in the chat of the two.
    pub(super) fn tell_what_is_here(
        &self,
        turn: &mut Turn<'_>,
        person: &PersonId,
        (peer, device): (PeerId, DeviceId),
    ) {
        let chat = self.chat_with(person);
        let Some(held) = self.chats.get(&chat).filter(|_| self.is_contact(person)) else {
            return;
        };
        // Of a chat that was removed here nothing is to come again; of one that was lost, all.
        let is_known = held.thread.received.contains_key(&device);
        if !is_known && !self.own.list.is_restored() {
            return;
        }
        let mut known = held.thread.known_of(&device).into_owned();
        let begin = held.thread.begins.get(&device);
        if let Some(last) = begin.and_then(|begin| begin.checked_sub(1)) {
            known.insert_run(0, last);
        }
        let mut runs = known.runs().map(|(first, last)| Span { first, last });
        let told: Vec<Span> = runs.by_ref().take(limits::HAVE_RUNS).collect();
        let until = runs.next().map_or(u32::MAX, |next| next.first);
        let from = held.said().runs().next();
        let from = from.map_or(held.next_counter, |(first, _)| first);
        let chat = chat.0;
        let have = Direct::Have {
            chat,
            from,
            until,
            runs: told,
        };
        turn.effect(Effect::Send(peer, have));
    }

    /// A contact's device tells what it has of what this device said.
    pub(super) fn on_have(
        &mut self,
        turn: &mut Turn<'_>,
        (person, device): (PersonId, DeviceId),
        chat: ChatId,
        (from, until, runs): (u32, u32, &[Span]),
    ) {
        let is_theirs = chat == self.chat_with(&person) && self.is_contact(&person);
        if !is_theirs || !self.may_be_given(person, turn.now) {
            return;
        }
        let mut has = Counters::default();
        for Span { first, last } in runs {
            has.insert_run(*first, *last);
        }
        let mut waits = Counters::default();
        for (_, of, cargo) in self.outbox.waiting_for(&device) {
            if let Cargo::Message { counter } = cargo
                && of == chat
            {
                waits.insert(counter);
            }
        }
        let Some(held) = self.chat_mut(&chat) else {
            return;
        };
        let lacks = held.said().without(&has).without(&waits);
        // Beyond the report nothing is known.
        if let Some(end) = until.checked_sub(1) {
            for (first, last) in lacks.within(0, end) {
                held.unsealed.insert_run(first, last);
            }
        }
        // What its author has no more never comes.
        if from > held.thread.known_of(&device).first_missing() {
            let begin = held.thread.begins.entry(device).or_default();
            *begin = from.max(*begin);
        }
        self.note_gaps(turn, &chat);
        self.flush_unsealed(turn, &person);
    }
}
