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

/// How many chunks to ask for at once, so that a request is answered within a moment: what is said in
/// between waits no longer than that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch(u32);

impl Stretch {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    pub(super) fn chunks(self) -> u32 {
        self.0
    }

    /// So many chunks took so long to come.
    pub(super) fn took(&mut self, chunks: u32, time: Duration) {
        if chunks == 0 {
            return;
        }
        let each = time / chunks;
        let fits = MOMENT.as_micros() / each.as_micros().max(1);
        let fits = u32::try_from(fits).unwrap_or(u32::MAX);
        // Half way there, so that one pause says little.
        let aim = fits.clamp(1, super::plan::UNIT);
        self.0 = (self.0 + aim).div_ceil(2).max(1);
    }
}

const FIRST: u32 = 4;

const MOMENT: Duration = Duration::from_millis(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_pass_at_the_rate() {
        let pace = Pace::new(1000);
        let start = Instant::now();

        for _ in 0..5 {
            pace.pass(500).await;
        }

        assert_eq!(start.elapsed().as_millis(), 2000);
        Pace::new(0).pass(usize::MAX).await;
    }

    #[test]
    fn a_slow_link_is_asked_for_little_and_a_fast_one_for_much() {
        let (mut slow, mut fast) = (Stretch::new(), Stretch::new());
        for _ in 0..10 {
            // 1 MB/s and 500 MB/s.
            slow.took(slow.chunks(), Duration::from_millis(65) * slow.chunks());
            fast.took(fast.chunks(), Duration::from_micros(130) * fast.chunks());
        }

        assert_eq!((slow.chunks(), fast.chunks()), (1, 16));
    }
}
