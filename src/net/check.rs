//! Checks frames from outside, each once.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::wire::{
    frame::{self, Rejected, Window},
    id::{FrameId, TopicKey},
};

/// Checks frames, and remembers the newest that passed: one that comes by the direct stream and by
/// gossip is verified once. Shared by all streams.
#[derive(Debug)]
pub(crate) struct Checker {
    today: fn() -> u16,
    recent: Mutex<Recent>,
}

/// What to do with a frame that gossip brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Forward it and tell the node.
    New,
    /// Forward it; the node has it from the direct stream.
    Known,
    /// Drop it. The peer is not to blame.
    Ignored,
    /// Drop it. An honest peer would not have forwarded it.
    Rejected,
}

/// A frame that passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    topic: TopicKey,
    id: FrameId,
    /// Young enough for gossip.
    live: bool,
}

/// A frame is remembered together with its topic: the same bytes under another topic are another
/// question.
#[derive(Debug, Default)]
struct Recent {
    frames: BTreeSet<(TopicKey, FrameId)>,
    order: VecDeque<(TopicKey, FrameId)>,
}

impl Checker {
    pub(crate) fn new(today: fn() -> u16) -> Self {
        Self {
            today,
            recent: Mutex::default(),
        }
    }

    /// Whether a frame from a direct stream may be told to the node; it is remembered only by
    /// [`Checker::remember`], once the node has it.
    ///
    /// A peer may fill a gap with a frame that is too old for gossip.
    pub(crate) fn direct(&self, topic: &TopicKey, bytes: &[u8]) -> Option<Passed> {
        let today = (self.today)();
        let id = frame::frame_id(bytes);
        if !self.knows(topic, id) {
            frame::check(topic, bytes, today, Window::Any).ok()?;
        }
        Some(Passed {
            topic: *topic,
            id,
            live: frame::is_dated(bytes, today, Window::Live),
        })
    }

    /// What to do with a frame from gossip. One that is new is remembered.
    pub(crate) fn gossip(&self, topic: &TopicKey, bytes: &[u8]) -> Verdict {
        if self.knows(topic, frame::frame_id(bytes)) {
            return Verdict::Known;
        }
        match frame::check(topic, bytes, (self.today)(), Window::Live) {
            Ok(id) => {
                self.remember(Passed {
                    topic: *topic,
                    id,
                    live: true,
                });
                Verdict::New
            }
            Err(Rejected::Date) => Verdict::Ignored,
            Err(Rejected::Invalid) => Verdict::Rejected,
        }
    }

    /// Remembers a frame that passed, and forgets the oldest above [`FRAMES`]. Frames too old for
    /// gossip are not remembered: gossip must not take them for known.
    pub(crate) fn remember(&self, passed: Passed) {
        let frame = (passed.topic, passed.id);
        let mut recent = self.recent();
        if !passed.live || !recent.frames.insert(frame) {
            return;
        }
        recent.order.push_back(frame);
        if recent.order.len() > FRAMES
            && let Some(oldest) = recent.order.pop_front()
        {
            recent.frames.remove(&oldest);
        }
    }

    fn knows(&self, topic: &TopicKey, id: FrameId) -> bool {
        self.recent().frames.contains(&(*topic, id))
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // Nobody panics while holding it; if somebody did, the set would still be a set.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More than a burst: the two ways of one frame are seconds apart at most.
const FRAMES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::testing::{Channel, TODAY, today};

    #[test]
    fn a_frame_is_new_once_and_then_known() {
        let (checker, channel) = (Checker::new(today), Channel::new(1));
        let frame = channel.frame(TODAY, 1);

        assert_eq!(checker.gossip(&channel.topic, &frame), Verdict::New);

        assert_eq!(checker.gossip(&channel.topic, &frame), Verdict::Known);
        assert!(checker.direct(&channel.topic, &frame).is_some());
    }

    #[test]
    fn a_frame_checked_for_one_topic_says_nothing_of_another() {
        let (checker, channel, other) = (Checker::new(today), Channel::new(1), Channel::new(2));
        let frame = channel.frame(TODAY, 1);
        checker.gossip(&channel.topic, &frame);

        assert_eq!(checker.gossip(&other.topic, &frame), Verdict::Rejected);
        assert_eq!(checker.direct(&other.topic, &frame), None);
    }

    #[test]
    fn a_frame_too_old_for_gossip_still_comes_by_the_direct_stream() {
        let (checker, channel) = (Checker::new(today), Channel::new(1));
        let frame = channel.frame(TODAY - 100, 1);

        checker.remember(checker.direct(&channel.topic, &frame).unwrap());

        assert_eq!(checker.gossip(&channel.topic, &frame), Verdict::Ignored);
    }

    #[test]
    fn the_oldest_frame_is_forgotten_first() {
        let (checker, channel) = (Checker::new(today), Channel::new(1));
        let id = |n: usize| FrameId(std::array::from_fn(|i| n.to_be_bytes()[i % 8]));

        for n in 0..=FRAMES {
            checker.remember(Passed {
                topic: channel.topic,
                id: id(n),
                live: true,
            });
        }

        assert!(!checker.knows(&channel.topic, id(0)));
        assert!(checker.knows(&channel.topic, id(1)));
        assert!(checker.knows(&channel.topic, id(FRAMES)));
    }
}
