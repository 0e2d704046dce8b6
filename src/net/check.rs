//! Checks frames from outside, each once.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::wire::{
    frame::{self, Rejected, Topic, Window},
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
    /// Forward it; the node has just had it from the direct stream.
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
    /// With each, when the direct stream last brought it.
    frames: BTreeMap<(TopicKey, FrameId), Option<Instant>>,
    order: VecDeque<(TopicKey, FrameId)>,
    /// The keys of topics of which frames passed.
    topics: BTreeMap<TopicKey, Topic>,
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
        if self.brought(topic, id).is_none() {
            self.check(topic, bytes, Window::Any).ok()?;
        }
        Some(Passed {
            topic: *topic,
            id,
            live: frame::is_dated(bytes, today, Window::Live),
        })
    }

    /// What to do with a frame from gossip. One that is new is remembered.
    ///
    /// One that comes again after a while is new again: its sender has heard of no receipt.
    pub(crate) fn gossip(&self, topic: &TopicKey, bytes: &[u8], now: Instant) -> Verdict {
        match self.brought(topic, frame::frame_id(bytes)) {
            Some(Some(at)) if now < at + BOTH_WAYS => return Verdict::Known,
            Some(_) => return Verdict::New,
            None => {}
        }
        match self.check(topic, bytes, Window::Live) {
            Ok(id) => {
                self.insert((*topic, id), None);
                Verdict::New
            }
            Err(Rejected::Date) => Verdict::Ignored,
            Err(Rejected::Invalid) => Verdict::Rejected,
        }
    }

    /// What to do with a frame that a relay kept: what one would with gossip, but that it is not
    /// remembered, so that gossip may bring it too.
    pub(crate) fn kept(&self, topic: &TopicKey, bytes: &[u8]) -> Verdict {
        if self.brought(topic, frame::frame_id(bytes)).is_some() {
            return Verdict::Known;
        }
        match self.check(topic, bytes, Window::Live) {
            Ok(_) => Verdict::New,
            Err(Rejected::Date) => Verdict::Ignored,
            Err(Rejected::Invalid) => Verdict::Rejected,
        }
    }

    /// Remembers a frame that the direct stream brought. Frames too old for gossip are not
    /// remembered: gossip must not take them for known.
    pub(crate) fn remember(&self, passed: Passed, now: Instant) {
        if passed.live {
            self.insert((passed.topic, passed.id), Some(now));
        }
    }

    /// Verifies a frame. To read a topic's key is a tenth of that, and done once while its frames pass.
    fn check(&self, topic: &TopicKey, bytes: &[u8], window: Window) -> Result<FrameId, Rejected> {
        let held = self.recent().topics.get(topic).cloned();
        let is_held = held.is_some();
        let key = held.or_else(|| Topic::read(topic));
        let key = key.ok_or(Rejected::Invalid)?;
        let id = key.check(bytes, (self.today)(), window)?;
        if !is_held {
            let mut recent = self.recent();
            if recent.topics.len() >= TOPICS {
                recent.topics.pop_first();
            }
            recent.topics.insert(*topic, key);
        }
        Ok(id)
    }

    /// Adds a frame, and forgets the oldest above [`FRAMES`].
    fn insert(&self, frame: (TopicKey, FrameId), brought: Option<Instant>) {
        let mut recent = self.recent();
        if recent.frames.insert(frame, brought).is_some() {
            return;
        }
        recent.order.push_back(frame);
        if recent.order.len() > FRAMES
            && let Some(oldest) = recent.order.pop_front()
        {
            recent.frames.remove(&oldest);
        }
    }

    /// When the direct stream brought a frame, if ever, and if the frame is remembered.
    #[allow(clippy::option_option)]
    fn brought(&self, topic: &TopicKey, id: FrameId) -> Option<Option<Instant>> {
        self.recent().frames.get(&(*topic, id)).copied()
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // Nobody panics while holding it; if somebody did, the set would still be a set.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far apart the two ways of one frame may be.
const BOTH_WAYS: Duration = Duration::from_secs(10);

/// Keys of topics that are kept, at 200 bytes each: more than anybody talks on at once.
const TOPICS: usize = 256;

/// More than a burst: the two ways of one frame are seconds apart at most.
const FRAMES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::testing::{Channel, TODAY, today};

    #[test]
    fn gossip_does_not_repeat_what_the_direct_stream_has_just_brought() {
        let (checker, channel) = (Checker::new(today), Channel::new(1));
        let now = Instant::now();
        let frame = channel.frame(TODAY, 1);

        checker.remember(checker.direct(&channel.topic, &frame).unwrap(), now);

        assert_eq!(checker.gossip(&channel.topic, &frame, now), Verdict::Known);
        // Sent again much later: the sender has had no receipt, perhaps for want of a stream.
        let later = checker.gossip(&channel.topic, &frame, now + BOTH_WAYS);
        assert_eq!(later, Verdict::New);
    }

    #[test]
    fn what_gossip_brought_twice_is_told_twice_and_the_direct_stream_tells_it_too() {
        let (checker, channel) = (Checker::new(today), Channel::new(1));
        let now = Instant::now();
        let frame = channel.frame(TODAY, 1);

        assert_eq!(checker.gossip(&channel.topic, &frame, now), Verdict::New);
        assert_eq!(checker.gossip(&channel.topic, &frame, now), Verdict::New);

        assert!(checker.direct(&channel.topic, &frame).is_some());
    }

    #[test]
    fn a_frame_checked_for_one_topic_says_nothing_of_another() {
        let (checker, channel, other) = (Checker::new(today), Channel::new(1), Channel::new(2));
        let now = Instant::now();
        let frame = channel.frame(TODAY, 1);
        checker.gossip(&channel.topic, &frame, now);

        assert_eq!(checker.gossip(&other.topic, &frame, now), Verdict::Rejected);
        assert_eq!(checker.direct(&other.topic, &frame), None);
    }

    #[test]
    fn a_frame_too_old_for_gossip_still_comes_by_the_direct_stream() {
        let (checker, channel) = (Checker::new(today), Channel::new(1));
        let now = Instant::now();
        let frame = channel.frame(TODAY - 100, 1);

        checker.remember(checker.direct(&channel.topic, &frame).unwrap(), now);

        assert_eq!(
            checker.gossip(&channel.topic, &frame, now),
            Verdict::Ignored
        );
    }

    #[test]
    fn the_oldest_frame_is_forgotten_first() {
        let (checker, channel) = (Checker::new(today), Channel::new(1));
        let id = |n: usize| FrameId(std::array::from_fn(|i| n.to_be_bytes()[i % 8]));

        for n in 0..=FRAMES {
            checker.insert((channel.topic, id(n)), None);
        }

        assert!(checker.brought(&channel.topic, id(0)).is_none());
        assert!(checker.brought(&channel.topic, id(1)).is_some());
        assert!(checker.brought(&channel.topic, id(FRAMES)).is_some());
    }
}
