//! The only reader of the system's clock.

use std::{
    sync::Mutex,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::proto::time::Timestamp;

/// The time. It follows the system's clock but never runs backwards: when that is set back, time goes
/// on from where it was at the pace of the monotonic clock, until the system's clock has caught up.
/// Before 1970 it is 1970.
pub fn now() -> Timestamp {
    // Reading the clock is what this function is for.
    #[expect(clippy::disallowed_methods)]
    let system = SystemTime::now().duration_since(UNIX_EPOCH);
    let mut last = LAST
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let reading = Reading {
        time: system.unwrap_or_default(),
        at: Instant::now(),
    };
    let reading = match *last {
        Some(last) => reading.not_before(last),
        None => reading,
    };
    *last = Some(reading);
    let ms = reading.time.as_millis();
    Timestamp(u64::try_from(ms).unwrap_or(u64::MAX))
}

/// Today, as frames carry it (protocol §5.2).
pub fn today() -> u16 {
    now().frame_day()
}

static LAST: Mutex<Option<Reading>> = Mutex::new(None);

/// What the clocks said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reading {
    /// Since 1970.
    time: Duration,
    /// By the monotonic clock.
    at: Instant,
}

impl Reading {
    fn not_before(self, last: Self) -> Self {
        if self.time >= last.time {
            return self;
        }
        let passed = self.at.saturating_duration_since(last.at);
        Self {
            time: last.time.saturating_add(passed),
            at: self.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_run_backwards_and_does_not_stand_still_either() {
        let start = Instant::now();
        let seconds = Duration::from_secs;
        let read = |time, after| Reading {
            time: seconds(time),
            at: start + seconds(after),
        };
        let first = read(1000, 0);

        let set_back = read(10, 5).not_before(first);
        let later = read(20, 15).not_before(set_back);
        let caught_up = read(2000, 20).not_before(later);

        assert_eq!(set_back.time, seconds(1005));
        assert_eq!(later.time, seconds(1015));
        assert_eq!(caught_up.time, seconds(2000));
    }

    #[test]
    fn it_is_later_than_when_this_was_written() {
        assert!(now() > Timestamp(1_760_000_000_000));
        assert!(today() > 600);
    }
}
