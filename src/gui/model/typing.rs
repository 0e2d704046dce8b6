//! Who is typing, and whether others are told that I am.

use std::collections::BTreeMap;

use crate::node::{ChatId, PersonId, Timestamp};

/// Who is typing where.
#[derive(Clone, Debug, Default)]
pub struct Typing {
    until: BTreeMap<(ChatId, PersonId), Timestamp>,
    told: Option<(ChatId, Timestamp)>,
}

impl Typing {
    /// Somebody is, or is no longer, typing.
    pub fn set(&mut self, chat: ChatId, person: PersonId, typing: bool, now: Timestamp) {
        if typing {
            self.until.insert((chat, person), now.plus(LASTS));
        } else {
            self.until.remove(&(chat, person));
        }
    }

    /// Who is typing in a chat.
    pub fn people(&self, chat: ChatId) -> impl Iterator<Item = PersonId> {
        let range = (chat, PersonId([0; 32]))..=(chat, PersonId([255; 32]));
        self.until.range(range).map(|((_, person), _)| *person)
    }

    /// Forgets those whose end was not heard. The node says when somebody stops; this is for a node
    /// that could not.
    pub fn expire(&mut self, now: Timestamp) {
        self.until.retain(|_, until| *until > now);
    }

    /// When there is something to forget.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.until.values().min().copied()
    }

    /// Whether others must be told now that I am typing, or no longer.
    pub fn tell(&mut self, chat: ChatId, typing: bool, now: Timestamp) -> bool {
        let told_lately = |pause: u64| {
            self.told
                .is_some_and(|(where_told, at)| where_told == chat && now.since(at) < pause)
        };
        if typing {
            let due = !told_lately(REPEAT);
            if due {
                self.told = Some((chat, now));
            }
            return due;
        }
        let due = told_lately(LASTS);
        self.told = None;
        due
    }
}

/// Typing ends by itself after this long without a word.
const LASTS: u64 = 6_000;

/// Others are told again this often; they believe it for five seconds.
const REPEAT: u64 = 2_500;

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: ChatId = ChatId([1; 32]);
    const BEN: PersonId = PersonId([2; 32]);

    #[test]
    fn typing_ends_when_it_is_said_or_after_a_while() {
        let mut typing = Typing::default();
        typing.set(CHAT, BEN, true, Timestamp(0));
        typing.set(ChatId([2; 32]), BEN, true, Timestamp(0));
        assert_eq!(typing.people(CHAT).collect::<Vec<_>>(), [BEN]);

        typing.set(CHAT, BEN, false, Timestamp(1));
        assert_eq!(typing.people(CHAT).count(), 0);

        typing.expire(Timestamp(LASTS));
        assert_eq!(typing.next_expiry(), None);
    }

    #[test]
    fn others_are_told_now_and_then_and_at_the_end() {
        let mut typing = Typing::default();

        assert!(typing.tell(CHAT, true, Timestamp(0)));
        assert!(!typing.tell(CHAT, true, Timestamp(REPEAT - 1)));
        assert!(typing.tell(CHAT, true, Timestamp(REPEAT)));
        assert!(typing.tell(CHAT, false, Timestamp(REPEAT + 1)));
        assert!(!typing.tell(CHAT, false, Timestamp(REPEAT + 2)));
    }
}
