//! Locking by itself, when nobody is there.

use super::{Model, Stage};
use crate::{gui::action::Action, node::Timestamp};

impl Model {
    /// Somebody does something in the window.
    pub fn used(&mut self, now: Timestamp) {
        self.used_at = Some(now);
    }

    /// Nobody is there any more: the desktop locks or sleeps.
    pub fn away(&mut self, now: Timestamp) {
        if self.appearance.lock_with_desktop && self.can_lock() {
            self.perform(Action::Lock, now);
        }
    }

    /// Locks after the time that was chosen.
    pub(super) fn lock_unused(&mut self, now: Timestamp) {
        let Some(at) = self.locks_at() else {
            // The time begins when there is something to lock.
            self.used_at = self.can_lock().then_some(now);
            return;
        };
        if at <= now {
            self.perform(Action::Lock, now);
            // If that fails, it is tried again after the same time.
            self.used_at = Some(now);
        } else if self.used_at > Some(now) {
            // The clock was set back.
            self.used_at = Some(now);
        }
    }

    /// When it locks, if nobody does anything until then.
    pub(super) fn locks_at(&self) -> Option<Timestamp> {
        let after = u64::from(self.appearance.lock_after) * 60_000;
        let at = self.used_at?.plus(after);
        (after > 0 && self.can_lock()).then_some(at)
    }

    fn can_lock(&self) -> bool {
        self.stage == Stage::Open && self.me.protected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gui::{appearance::Appearance, bridge::Request},
        node::view::NodeCommand,
    };

    const MINUTE: u64 = 60_000;

    fn unlocked(lock_after: u16) -> Model {
        let mut model = Model::new(Appearance {
            lock_after,
            lock_with_desktop: true,
            ..Appearance::default()
        });
        model.stage = Stage::Open;
        model.me.protected = true;
        model.tick(Timestamp(0));
        model
    }

    /// How often it wanted to be locked.
    fn locks(model: &mut Model) -> usize {
        let lock = |request: &Request| matches!(request, Request::Node(_, NodeCommand::Lock));
        let requests = model.take_requests();
        requests.iter().filter(|request| lock(request)).count()
    }

    #[test]
    fn it_locks_when_nobody_did_anything_for_so_long() {
        let mut model = unlocked(5);

        model.tick(Timestamp(4 * MINUTE));
        model.used(Timestamp(4 * MINUTE));
        assert_eq!(model.next_tick(), Some(Timestamp(9 * MINUTE)));
        model.tick(Timestamp(9 * MINUTE - 1));
        assert_eq!(locks(&mut model), 0);
        model.tick(Timestamp(9 * MINUTE));
        model.tick(Timestamp(9 * MINUTE + 1));

        assert_eq!(locks(&mut model), 1);
    }

    #[test]
    fn it_stays_open_where_nothing_was_chosen_or_there_is_no_passphrase() {
        let mut model = unlocked(0);
        let mut unprotected = unlocked(1);
        unprotected.me.protected = false;
        for model in [&mut model, &mut unprotected] {
            model.tick(Timestamp(90 * MINUTE));

            assert_eq!((locks(model), model.next_tick()), (0, None));
        }

        // What was chosen late begins then.
        model.appearance.lock_after = 1;
        model.tick(Timestamp(90 * MINUTE + 1));
        assert_eq!(locks(&mut model), 0);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_it_open() {
        let mut model = unlocked(1);
        model.used(Timestamp(90 * MINUTE));

        model.tick(Timestamp(MINUTE));
        model.tick(Timestamp(2 * MINUTE));

        assert_eq!(locks(&mut model), 1);
    }

    #[test]
    fn it_locks_with_the_desktop_if_that_is_wanted() {
        let mut model = unlocked(0);

        model.away(Timestamp(1));
        assert_eq!(locks(&mut model), 1);
        model.appearance.lock_with_desktop = false;
        model.away(Timestamp(2));

        assert_eq!(locks(&mut model), 0);
    }
}
