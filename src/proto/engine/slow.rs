//! What changes in days: keys and channels whose time is over. With many people that is much to look at
//! after everything that happens, so it is looked at when it is due, and once a minute for what is new.

use super::{Dirty, Engine, Turn};
use crate::proto::{
    record::{Class, Write},
    session::SessionSet,
    time::{MINUTE, Timestamp},
};

/// What is new has more time than this.
const AGAIN_MS: u64 = MINUTE;

/// When slow things were looked at, and when they are next.
#[derive(Default)]
pub(super) struct Slow {
    looked: Timestamp,
    due: Option<Timestamp>,
}

impl Slow {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.due
    }

    /// Of what changed something may be due earlier than was known.
    pub(super) fn note(&mut self, changed: &Dirty) {
        let (sessions, prekeys) = (&changed.sessions, &changed.prekeys);
        if sessions.is_empty() && prekeys.is_empty() && changed.chats.is_empty() {
            return;
        }
        let again = self.looked.plus(AGAIN_MS);
        self.due = Some(self.due.map_or(again, |due| due.min(again)));
    }
}

impl Engine {
    pub(super) fn handle_slow(&mut self, turn: &mut Turn<'_>) {
        let (now, Slow { looked, due }) = (turn.now, &self.slow);
        let is_due = due.is_some_and(|due| due <= now);
        // The clock may be set back.
        let is_fresh = *looked <= now && now.since(*looked) < AGAIN_MS;
        if is_fresh && !is_due {
            return;
        }
        self.handle_prekeys(turn);
        self.handle_channel_change(turn);
        let sessions = self.sessions.values();
        let due = [
            sessions.filter_map(SessionSet::poll_timeout).min(),
            self.prekeys.poll_timeout(),
            self.next_channel_change(),
        ];
        self.slow = Slow {
            looked: now,
            due: due.into_iter().flatten().min(),
        };
    }

    /// Rotates prekeys, and forgets initiations whose prekey is gone.
    pub(super) fn handle_prekeys(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let changes = self.prekeys.handle_timeout(now, turn.rng);
        let is_another = !changes.changed.is_empty();
        self.dirty.prekeys.extend(changes.changed);
        self.dirty.prekeys.extend(changes.erased);
        for (device, set) in &mut self.sessions {
            if set.handle_timeout(now) {
                self.dirty.sessions.insert(*device);
            }
        }
        let gone: Vec<_> = self
            .replay
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(h, _)| *h)
            .collect();
        for hash in gone {
            self.replay.remove(&hash);
            turn.write(Write::Delete(Class::Replay, hash.to_vec()));
        }
        // After a start it is told as soon as it is known where this node listens.
        if is_another && !self.listening.is_empty() {
            self.tell_of_this_device(turn);
        }
    }
}
