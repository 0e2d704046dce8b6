//! In which order messages are shown (ADR 0004): by the author's `created`, then by name.
//!
//! That order is the same for everyone who holds the same messages, and needs nothing but each
//! message itself. An honest author sets [`created_after`] the [`latest`] message it has seen, so that
//! what answers a message comes after it even when the clocks disagree.

use crate::proto::{
    id::MessageId,
    time::{DAY, MINUTE, Timestamp},
};

/// The place of a message among the others of its chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When its author says it was said.
    pub created: Timestamp,
    /// Decides between equal times.
    pub message: MessageId,
}

/// The `created` of a message said `now`, when the author has seen nothing later than `seen` in the
/// chat, own messages included; [`latest`] keeps `seen`.
///
/// It is always plausible for a frame of the same day, even if `seen` is from far ahead.
pub fn created_after(now: Timestamp, seen: Timestamp) -> Timestamp {
    let furthest = now.plus(u64::from(DAYS_AHEAD) * DAY);
    now.max(seen.plus(1).min(furthest))
}

/// The latest of `seen` and a message that was received `now`.
///
/// A message from more than a day ahead does not count: it stays at the end of the chat until its
/// time has come, but it cannot pull answers there, where others would not take them.
pub fn latest(seen: Timestamp, created: Timestamp, now: Timestamp) -> Timestamp {
    if created > now.plus(DAY) {
        seen
    } else {
        seen.max(created)
    }
}

/// Whether a `created` can belong to a frame of that day (days since 2024-01-01 UTC).
///
/// A frame is dated by its author's clock, and nobody takes it when that date is more than a day
/// ahead. Without this bound one message from the far future would stay the last of its chat, and
/// pull every answer after it.
pub fn is_plausible(created: Timestamp, frame_day: u16) -> bool {
    created.frame_day() <= frame_day.saturating_add(DAYS_AHEAD)
}

/// When a message was said, as far as that can be believed: `created`, but not long after it was
/// received.
pub fn sent_at(created: Timestamp, received: Timestamp) -> Timestamp {
    created.min(received.plus(CLOCKS_APART))
}

/// How many days after its frame's day a message may have been said: clocks that disagree, and
/// a chat that is ahead of them.
const DAYS_AHEAD: u16 = 2;

/// How far clocks of honest people are apart, in milliseconds.
const CLOCKS_APART: u64 = 2 * MINUTE;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-01-01, day 731.
    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    #[test]
    fn the_first_message_of_a_chat_is_said_now() {
        assert_eq!(created_after(NOW, Timestamp(0)), NOW);
    }

    #[test]
    fn an_answer_comes_after_what_it_answers_although_the_clock_is_behind() {
        let seen = NOW.plus(60_000);

        assert_eq!(created_after(NOW, seen), Timestamp(seen.0 + 1));
        assert_eq!(created_after(NOW, Timestamp(NOW.0 - 5)), NOW);
    }

    #[test]
    fn two_messages_of_one_millisecond_keep_the_order_in_which_they_were_said() {
        let first = created_after(NOW, Timestamp(0));
        let second = created_after(NOW, first);

        assert!(first < second);
    }

    #[test]
    fn a_message_from_more_than_two_days_after_its_frame_is_not_plausible() {
        let day = NOW.frame_day();

        assert!(is_plausible(NOW, day));
        assert!(is_plausible(Timestamp(NOW.0 + 3 * DAY - 1), day));
        assert!(!is_plausible(Timestamp(NOW.0 + 3 * DAY), day));
        assert!(!is_plausible(Timestamp(u64::MAX), day));
        // A message that waited long in the outbox is older than its frame.
        assert!(is_plausible(Timestamp(0), day));
    }

    #[test]
    fn a_message_from_far_ahead_does_not_pull_answers_to_where_nobody_takes_them() {
        let day = NOW.frame_day();
        // The furthest ahead that anyone takes: in a frame of tomorrow, two days after it.
        let hostile = Timestamp(NOW.0 + 4 * DAY - 1);
        assert!(is_plausible(hostile, day + 1));

        let seen = latest(NOW, hostile, NOW);
        let answer = created_after(NOW, seen);

        assert_eq!(answer, NOW.plus(1));
        assert!(is_plausible(created_after(NOW, hostile), day));
    }

    #[test]
    fn a_clock_within_a_day_ahead_is_followed() {
        let ahead = NOW.plus(DAY);

        assert_eq!(latest(Timestamp(0), ahead, NOW), ahead);
        assert_eq!(latest(ahead, NOW, NOW), ahead);
        assert!(is_plausible(created_after(NOW, ahead), NOW.frame_day()));
    }

    #[test]
    fn a_time_ahead_is_shown_at_most_two_minutes_after_arrival() {
        let ahead = Timestamp(NOW.0 + DAY);

        assert_eq!(sent_at(ahead, NOW), NOW.plus(CLOCKS_APART));
        assert_eq!(sent_at(NOW, ahead), NOW);
    }

    proptest! {
        /// People with clocks up to a day apart answer each other; nobody sees an answer above what
        /// it answers.
        #[test]
        fn a_conversation_is_shown_in_the_order_of_its_causes(
            skews in prop::collection::vec(0..DAY - 10_000, 1..5),
            said in prop::collection::vec((any::<prop::sample::Index>(), 0u64..5000), 1..40),
        ) {
            let mut seen = Timestamp(0);
            let mut shown = Vec::new();
            for (number, (who, wait)) in said.iter().enumerate() {
                let clock = NOW.plus(skews[who.index(skews.len())]).plus(*wait);
                let created = created_after(clock, seen);
                seen = latest(seen, created, clock);
                let message = MessageId([u8::try_from(255 - number).unwrap(); 32]);
                shown.push(Place { created, message });
            }

            prop_assert!(shown.is_sorted());
        }
    }
}
