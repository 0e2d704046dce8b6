//! How fast files may come and go.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// A number of bytes each second, of all files together. Clones are the same.
#[derive(Clone)]
pub(super) struct Pace {
    /// None: as fast as it goes.
    rate: Option<u64>,
    /// Until when what was let through takes.
    until: Arc<Mutex<Instant>>,
}

impl Pace {
    /// So many bytes a second; 0: no limit.
    pub(super) fn new(rate: u64) -> Self {
        Self {
            rate: (rate > 0).then_some(rate),
            until: Arc::new(Mutex::new(Instant::now())),
        }
    }

    /// Waits until so many bytes may pass.
    pub(super) async fn pass(&self, bytes: usize) {
        let Some(rate) = self.rate else {
            return;
        };
        let takes = u64::try_from(bytes)
            .unwrap_or(u64::MAX)
            .saturating_mul(1_000_000)
            / rate;
        let from = {
            let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
            let from = (*until).max(Instant::now());
            *until = from + Duration::from_micros(takes);
            from
        };
        sleep_until(from).await;
    }
}

/// How much to ask a source for at once: so little in a request that it is answered within a moment, so
/// that what is said in between waits no longer than that; and so many requests that the link is not idle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    chunks: u32,
    requests: usize,
}

impl Stretch {
    pub(super) fn new() -> Self {
        Self {
            chunks: 1,
            requests: LEAST,
        }
    }

    /// Chunks in a request.
    pub(super) fn chunks(self) -> u32 {
        self.chunks
    }

    /// Requests that wait at once.
    pub(super) fn requests(self) -> usize {
        self.requests
    }

    /// So many chunks took so long to come, after nothing had come for a while.
    pub(super) fn took(&mut self, chunks: u32, idle: Duration, time: Duration) {
        if chunks == 0 {
            return;
        }
        let each = time / chunks;
        let fits = MOMENT.as_micros() / each.as_micros().max(1);
        let fits = u32::try_from(fits).unwrap_or(u32::MAX);
        // Half way there, so that one pause says little.
        let aim = fits.clamp(1, super::plan::UNIT);
        self.chunks = (self.chunks + aim).div_ceil(2).max(1);
        if idle > time {
            self.requests = (self.requests + 1).min(MOST);
        } else if idle < time / 4 {
            self.requests = (self.requests - 1).max(LEAST);
        }
    }
}

const MOMENT: Duration = Duration::from_millis(4);

/// One is on its way while the other is kept.
const LEAST: usize = 2;

const MOST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_pass_at_the_rate() {
        let pace = Pace::new(10_000);
        let start = Instant::now();

        for _ in 0..5 {
            pace.pass(500).await;
        }

        assert!(start.elapsed() >= Duration::from_millis(200));
        Pace::new(0).pass(usize::MAX).await;
    }

    #[test]
    fn a_slow_link_is_asked_for_little_and_a_fast_one_for_much() {
        let (mut slow, mut fast) = (Stretch::new(), Stretch::new());
        for _ in 0..10 {
            // 1 MB/s and 500 MB/s.
            let idle = Duration::from_micros(10);
            slow.took(slow.chunks, idle, Duration::from_millis(65) * slow.chunks);
            fast.took(fast.chunks, idle, Duration::from_micros(130) * fast.chunks);
        }

        assert_eq!((slow.chunks(), slow.requests()), (1, 2));
        assert_eq!((fast.chunks(), fast.requests()), (16, 2));
    }

    #[test]
    fn a_long_link_is_asked_ahead_until_it_is_no_longer_idle() {
        let mut long = Stretch::new();
        let (body, way) = (Duration::from_millis(5), Duration::from_millis(50));
        for _ in 0..40 {
            let ahead = body * u32::try_from(long.requests()).unwrap();
            long.took(long.chunks, way.saturating_sub(ahead), body);
        }

        assert!((9..=12).contains(&long.requests()), "{long:?}");
    }
}
