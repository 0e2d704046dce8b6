//! The way to one device: how it can be reached, and what is under way to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    proto::time::{MINUTE, SECOND, Timestamp},
    wire::limits,
};

/// Frames under way to one connected device.
pub const WINDOW: usize = 256;

/// Frames under way by gossip to a device that was heard there lately.
const TOPIC_WINDOW: usize = 64;

/// Frames under way by gossip to a device that may not be there at all.
const UNHEARD_WINDOW: usize = 16;

/// Half of what a relay forwards of a topic, so that both sides and their acknowledgements fit
/// (protocol §5.6): so many milliseconds between two frames, after a burst.
const PACE_MS: u64 = 25;

/// That burst, as time.
const PACE_BURST_MS: u64 = 100 * PACE_MS;

/// A device that was heard on its topic within this time is there.
const HEARD_MS: u64 = 30 * SECOND;

/// Until a frame to a device that is there is published again, at most: it was lost, or the
/// acknowledgement was.
const HEARD_WAIT_MS: u64 = 20 * SECOND;

/// Until a frame that was sent is sent again. Long enough for a slow disk, and longer than gossip
/// takes the same frame for a copy.
pub(super) const FIRST_WAIT_MS: u64 = 5 * SECOND;

/// Until gossip no longer takes a frame for a copy, on the way either.
const COPY_MS: u64 = limits::GOSSIP_COPY_MS + 200;

/// Short enough that somebody who comes back is noticed within a coffee break.
const LONGEST_WAIT_MS: u64 = 10 * MINUTE;

/// The way to one device.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) path: Path,
    /// Not under way, oldest first.
    pub(super) waiting: BTreeSet<u64>,
    /// Under way, with the time when to send again.
    pub(super) flight: BTreeMap<u64, Attempt>,
    /// When the device last said something on its topic, unless that was long ago.
    heard: Option<Timestamp>,
    /// What was published so far would at an even pace be over then.
    paced: Timestamp,
}

/// How a device can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Path {
    /// Not at all.
    #[default]
    None,
    /// Whatever is published on its topics may come to it.
    Topic,
    /// On the direct stream.
    Direct,
}

/// When a frame goes again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    sent: Timestamp,
    due: Timestamp,
    wait_ms: u64,
}

impl Attempt {
    pub(super) fn first(now: Timestamp) -> Self {
        Self {
            sent: now,
            due: now.plus(FIRST_WAIT_MS),
            wait_ms: FIRST_WAIT_MS,
        }
    }

    /// Goes again now, or as soon as gossip does not take it for a copy.
    fn hurry(&mut self, now: Timestamp) {
        self.due = self.due.min(now.max(self.sent.plus(COPY_MS)));
        self.wait_ms = 0;
    }

    /// Goes again after the longest wait.
    fn last(now: Timestamp) -> Self {
        Self {
            sent: now,
            due: now.plus(LONGEST_WAIT_MS),
            wait_ms: LONGEST_WAIT_MS,
        }
    }

    fn next(self, now: Timestamp, longest: u64) -> Self {
        let wait_ms = self.wait_ms.saturating_mul(2).clamp(FIRST_WAIT_MS, longest);
        Self {
            sent: now,
            due: now.plus(wait_ms),
            wait_ms,
        }
    }
}

impl Lane {
    /// How many frames may be under way.
    pub(super) fn window(&self) -> usize {
        match self.path {
            Path::None => 0,
            Path::Topic if self.heard.is_some() => TOPIC_WINDOW,
            Path::Topic => UNHEARD_WINDOW,
            Path::Direct => WINDOW,
        }
    }

    /// It said something on its topic. `true` if it had not for long.
    pub(super) fn hear(&mut self, now: Timestamp) -> bool {
        let before = self.heard.replace(now);
        before.is_none_or(|at| now.since(at) >= HEARD_MS)
    }

    /// When what it said counts no more.
    pub(super) fn stale_at(&self) -> Option<Timestamp> {
        self.heard.map(|at| at.plus(HEARD_MS))
    }

    /// What it said long ago counts no more.
    pub(super) fn note_silence(&mut self, now: Timestamp) {
        self.heard = self.heard.filter(|at| now.since(*at) < HEARD_MS);
    }

    /// When the next frame may be published.
    fn ready_at(&self) -> Timestamp {
        Timestamp(self.paced.0.saturating_sub(PACE_BURST_MS))
    }

    /// Takes the right to send one frame now.
    pub(super) fn take_pace(&mut self, now: Timestamp) -> bool {
        if self.path != Path::Topic {
            return self.path == Path::Direct;
        }
        let wait = self.ready_at().since(now);
        if wait > SECOND {
            // The clock was set back.
            self.paced = now;
        } else if wait > 0 {
            return false;
        }
        self.paced = self.paced.max(now).plus(PACE_MS);
        true
    }

    /// Whether it was heard on its topic lately.
    pub(super) fn is_heard(&self, now: Timestamp) -> bool {
        self.heard.is_some_and(|at| now.since(at) < HEARD_MS)
    }

    /// A relay keeps a frame now: while the device is not heard, it need not be published again soon.
    pub(super) fn spare(&mut self, seq: u64, now: Timestamp) {
        if self.path == Path::Topic
            && !self.is_heard(now)
            && let Some(attempt) = self.flight.get_mut(&seq)
        {
            *attempt = Attempt::last(attempt.sent);
        }
    }

    /// What is under way goes again, as if for the first time.
    pub(super) fn hurry(&mut self, now: Timestamp) {
        for attempt in self.flight.values_mut() {
            attempt.hurry(now);
        }
    }

    /// Nothing is under way any more.
    pub(super) fn call_back(&mut self) {
        let flight = std::mem::take(&mut self.flight);
        self.waiting.extend(flight.into_keys());
    }

    /// What goes again (`true`), and what goes for the first time.
    ///
    /// What a relay keeps (`kept`) for a device that is not heard is published rarely: it fetches that.
    pub(super) fn take_due(
        &mut self,
        now: Timestamp,
        kept: impl Fn(u64) -> bool,
    ) -> Vec<(u64, bool)> {
        self.note_silence(now);
        let is_absent = self.path == Path::Topic && self.heard.is_none();
        let longest = match self.path {
            Path::Topic if self.heard.is_some() => HEARD_WAIT_MS,
            Path::None | Path::Topic | Path::Direct => LONGEST_WAIT_MS,
        };
        let mut due = Vec::new();
        let late = self.flight.iter().filter(|(_, attempt)| attempt.due <= now);
        for seq in late.map(|(seq, _)| *seq).collect::<Vec<_>>() {
            if !self.take_pace(now) {
                return due;
            }
            if let Some(attempt) = self.flight.get_mut(&seq) {
                *attempt = if is_absent && kept(seq) {
                    Attempt::last(now)
                } else {
                    attempt.next(now, longest)
                };
            }
            due.push((seq, true));
        }
        while self.flight.len() < self.window() && !self.waiting.is_empty() {
            if !self.take_pace(now) {
                return due;
            }
            if let Some(seq) = self.waiting.pop_first() {
                self.flight.insert(seq, Attempt::first(now));
                due.push((seq, false));
            }
        }
        due
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let late = self.flight.values().map(|attempt| attempt.due).min();
        let ready = match self.path {
            Path::None => return None,
            Path::Topic => self.ready_at(),
            Path::Direct => Timestamp(0),
        };
        let room = !self.waiting.is_empty() && self.flight.len() < self.window();
        late.into_iter()
            .chain(room.then_some(Timestamp(0)))
            .min()
            .map(|due| due.max(ready))
    }
}
