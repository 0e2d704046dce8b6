//! How often members may make this device work. What is above that is delayed, and not lost: it is asked
//! again later, or not acknowledged, so that it comes again (protocol §4.6, §5.10).

use std::collections::BTreeMap;

use super::{Engine, Turn};
use crate::{
    proto::{
        id::{ChatId, DeviceId, PersonId},
        rate::{Allowance, Rate},
        time::{MINUTE, SECOND, Timestamp},
    },
    wire::{
        id::{PeerId, TopicKey},
        limits,
        sync::OpId,
    },
};

/// What members have made this device do.
pub(in crate::proto::engine) struct Brakes {
    /// Answers to heads, in pieces of [`PIECE`] bytes.
    heads: Rate<PersonId>,
    /// Heads that are answered later, the last of each.
    later: BTreeMap<(PeerId, ChatId), Later>,
    /// Epochs that nobody needs.
    epochs: Rate<(ChatId, PersonId)>,
    messages: Rate<(ChatId, PersonId)>,
    /// All other frames that somebody's node brings.
    frames: Rate<(ChatId, PersonId)>,
    /// Questions for history, each of which reads some messages.
    history: Rate<PersonId>,
    /// Comparisons of what is here, each of which sums it up.
    compare: Rate<PersonId>,
    /// What somebody has in a chat of two, which makes this device seal the rest anew.
    have: Rate<PersonId>,
    /// Questions for messages, each of which reads some.
    fetch: Rate<PersonId>,
    /// Frames on channels that are not listened to.
    apart: Rate<PersonId>,
    /// How often devices are shown what they said before.
    pub(super) shown: Rate<DeviceId>,
}

struct Later {
    due: Timestamp,
    topic: TopicKey,
    heads: Vec<OpId>,
}

/// What changes are counted in.
const PIECE: usize = 64 * 1024;

/// Bytes of changes that a member who lacks them is sent at once.
const CATCH_UP: usize = 1024 * 1024;

/// Until heads are looked at again that came too fast.
const LATER_MS: u64 = 5 * SECOND;

/// Of everything together as much as [`MANY`] members may.
const MANY: u32 = 64;

/// 4 MiB of changes at once, one more in 16 s.
const HEADS: Allowance = Allowance {
    burst: 64,
    refill_ms: SECOND,
};

/// Epochs that take the place of one that would do.
const EPOCHS: Allowance = Allowance {
    burst: limits::EPOCHS_OF_AUTHOR,
    refill_ms: 10 * MINUTE,
};

/// Messages: as many at once as somebody who was away for a day may have waiting.
const MESSAGES: Allowance = Allowance {
    burst: limits::MESSAGES_OF_AUTHOR,
    refill_ms: 50,
};

/// What else is told: one frame may have as many signatures in it as a part of history.
const FRAMES: Allowance = Allowance {
    burst: limits::MESSAGES_OF_AUTHOR,
    refill_ms: 20,
};

/// Whoever asks too fast asks again.
const QUESTIONS: Allowance = Allowance {
    burst: 32,
    refill_ms: 100,
};

/// Whoever compares too often hears nothing, and does so again later.
const COMPARE: Allowance = Allowance {
    burst: 64,
    refill_ms: SECOND / 2,
};

/// As often as somebody's connection may break.
const HAVE: Allowance = Allowance {
    burst: 16,
    refill_ms: MINUTE,
};

/// As fast as a disk gives: some thousand messages a second.
const FETCH: Allowance = Allowance {
    burst: 128,
    refill_ms: 10,
};

/// As many as bring somebody back, whose frames come again if they are too many.
const APART: Allowance = Allowance {
    burst: 256,
    refill_ms: 100,
};

const SHOWN: Allowance = Allowance {
    burst: 4,
    refill_ms: 30 * SECOND,
};

fn rate<K: Ord + Copy>(each: Allowance) -> Rate<K> {
    let all = Allowance {
        burst: each.burst.saturating_mul(MANY),
        refill_ms: (each.refill_ms / u64::from(MANY)).max(1),
    };
    Rate::new(each, all)
}

impl Default for Brakes {
    fn default() -> Self {
        Self {
            heads: rate(HEADS),
            later: BTreeMap::new(),
            epochs: rate(EPOCHS),
            messages: rate(MESSAGES),
            frames: rate(FRAMES),
            history: rate(QUESTIONS),
            compare: rate(COMPARE),
            have: rate(HAVE),
            fetch: rate(FETCH),
            apart: rate(APART),
            shown: rate(SHOWN),
        }
    }
}

impl Brakes {
    /// How many bytes of changes a person may be sent now.
    pub(super) fn changes_for(&mut self, person: PersonId, now: Timestamp) -> usize {
        let most = u32::try_from(CATCH_UP / PIECE).unwrap_or(u32::MAX);
        let pieces = self.heads.take(person, most, now);
        usize::try_from(pieces)
            .unwrap_or_default()
            .saturating_mul(PIECE)
    }

    /// Of what was to be sent so much was not.
    pub(super) fn not_sent(&mut self, person: PersonId, bytes: usize) {
        let pieces = u32::try_from(bytes / PIECE).unwrap_or_default();
        self.heads.give_back(person, pieces);
    }

    /// Remembers heads that are to be answered later.
    pub(super) fn answer_later(
        &mut self,
        now: Timestamp,
        (from, chat): (PeerId, ChatId),
        (topic, heads): (TopicKey, &[OpId]),
    ) {
        let due = self
            .later
            .get(&(from, chat))
            .map_or_else(|| now.plus(LATER_MS), |later| later.due);
        let heads = heads.to_vec();
        self.later.insert((from, chat), Later { due, topic, heads });
    }

    /// Whether an epoch of somebody's that nobody needs may be taken now.
    pub(super) fn may_make_epoch(&mut self, author: (ChatId, PersonId), now: Timestamp) -> bool {
        self.epochs.allow(author, now)
    }

    /// Whether a message of somebody's may be taken now.
    pub(super) fn may_speak(&mut self, author: (ChatId, PersonId), now: Timestamp) -> bool {
        self.messages.has(author, now)
    }

    /// Whether somebody said very much a short time ago.
    pub(super) fn is_loud(&mut self, author: (ChatId, PersonId), now: Timestamp) -> bool {
        self.messages.left(author, now) < MESSAGES.burst / 2
    }

    /// One was: only now is it certain whose it is.
    pub(super) fn spoke(&mut self, author: (ChatId, PersonId), now: Timestamp) {
        self.messages.allow(author, now);
    }

    /// Whether a frame of somebody's that is no message may be looked at now.
    pub(super) fn may_tell(&mut self, author: (ChatId, PersonId), now: Timestamp) -> bool {
        self.frames.allow(author, now)
    }

    /// Whether history may be read for somebody now.
    pub(super) fn may_read_history(&mut self, person: PersonId, now: Timestamp) -> bool {
        self.history.allow(person, now)
    }

    /// Whether what is here may be compared with somebody's now.
    pub(super) fn may_compare(&mut self, person: PersonId, now: Timestamp) -> bool {
        self.compare.allow(person, now)
    }

    /// Whether messages may be read for somebody now.
    pub(super) fn may_fetch(&mut self, person: PersonId, now: Timestamp) -> bool {
        self.fetch.allow(person, now)
    }

    /// Whether a frame of somebody's on an unknown channel may be looked at now.
    pub(super) fn may_be_apart(&mut self, person: PersonId, now: Timestamp) -> bool {
        self.apart.allow(person, now)
    }

    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        self.later.values().map(|later| later.due).min()
    }
}

impl Engine {
    /// Whether somebody may be sealed now what they lack in a chat of two.
    pub(in crate::proto::engine) fn may_be_given(
        &mut self,
        person: PersonId,
        now: Timestamp,
    ) -> bool {
        self.brakes.have.allow(person, now)
    }

    /// Answers heads whose time has come.
    pub(super) fn handle_later(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let due = self
            .brakes
            .later
            .extract_if(.., |_, later| later.due <= now);
        for ((from, chat), later) in due.collect::<Vec<_>>() {
            self.on_heads(turn, from, (chat, later.topic), &later.heads);
        }
    }
}
