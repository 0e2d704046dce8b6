//! How often a device may ask another to begin anew (protocol §3.5).

use minicbor::{Decode, Encode};

use crate::proto::time::{DAY, MINUTE, Timestamp};

/// At most one reset in ten minutes, and each within a day of the last doubles the wait, up to a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ResetBackoff {
    #[n(0)]
    last: Option<Timestamp>,
    #[n(1)]
    wait_ms: u64,
}

const FIRST_WAIT: u64 = 10 * MINUTE;
const LONGEST_WAIT: u64 = DAY;

impl ResetBackoff {
    /// Whether a reset may be sent now. If so, it counts as sent.
    pub fn try_reset(&mut self, now: Timestamp) -> bool {
        let since = self.last.map(|last| now.since(last));
        if since.is_some_and(|since| since < self.wait_ms) {
            return false;
        }
        let calm = since.is_none_or(|since| since >= self.wait_ms.saturating_add(DAY));
        self.wait_ms = if calm {
            FIRST_WAIT
        } else {
            self.wait_ms.saturating_mul(2).min(LONGEST_WAIT)
        };
        self.last = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_come_at_most_every_ten_minutes_then_twenty_and_so_on_up_to_a_day() {
        let mut backoff = ResetBackoff::default();
        let mut waits = Vec::new();
        let mut now = Timestamp(1);
        let mut last = now;
        assert!(backoff.try_reset(now));

        while waits.len() < 10 {
            now = now.plus(MINUTE);
            if backoff.try_reset(now) {
                waits.push(now.since(last) / MINUTE);
                last = now;
            }
        }

        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]);
    }

    #[test]
    fn a_calm_day_forgives() {
        let mut backoff = ResetBackoff::default();
        assert!(backoff.try_reset(Timestamp(0)));
        assert!(backoff.try_reset(Timestamp(10 * MINUTE)));

        let later = Timestamp(10 * MINUTE + 20 * MINUTE + DAY);

        assert!(backoff.try_reset(later));
        assert!(!backoff.try_reset(later.plus(10 * MINUTE - 1)));
        assert!(backoff.try_reset(later.plus(10 * MINUTE)));
    }
}
