//! What was said before somebody came: what newcomers may have of it, and what this device still asks
//! for (protocol §4.10).

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::{
    proto::{
        id::{MessageId, PersonId},
        time::{SECOND, Timestamp},
    },
    wire::{limits, sync::OpId},
};

/// What is remembered of history that is given or asked for in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct History {
    /// To whom this person gives it, at most [`limits::HISTORY_OFFERS`].
    #[n(0)]
    offers: BTreeMap<PersonId, Offer>,
    /// What this device asks for.
    #[n(1)]
    pub coming: Option<Coming>,
}

/// How much of what was said before they came somebody may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Offer {
    /// The change that added them.
    #[n(0)]
    pub since: OpId,
    /// Messages that they may still have.
    #[n(1)]
    left: u32,
    /// What was asked for last.
    #[n(2)]
    last: Option<Answered>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Answered {
    #[n(0)]
    before: Option<MessageId>,
    /// So much was left before the answer.
    #[n(1)]
    left: u32,
}

impl Offer {
    /// Of so many of the newest messages before a change that added somebody.
    pub fn new(since: OpId, most: u32) -> Self {
        Self {
            since,
            left: most.min(limits::HISTORY),
            last: None,
        }
    }

    /// How many messages may be given to who asks for those before one. Who asks for the same again,
    /// because the answer was lost, may have the same.
    pub fn ask(&mut self, before: Option<MessageId>) -> u32 {
        if let Some(last) = self.last.filter(|last| last.before == before) {
            self.left = last.left;
        }
        let left = self.left;
        self.last = Some(Answered { before, left });
        left
    }

    /// So many were given.
    pub fn gave(&mut self, count: u32) {
        self.left = self.left.saturating_sub(count);
    }
}

/// History that this device asks a member for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Coming {
    /// Whom: who added this person.
    #[n(0)]
    pub from: PersonId,
    /// By this change.
    #[n(1)]
    pub since: OpId,
    /// What is before this message is asked for.
    #[n(2)]
    pub before: Option<MessageId>,
    /// How much came.
    #[n(3)]
    pub taken: u32,
    /// When it was last asked for.
    #[n(4)]
    pub asked: Timestamp,
    /// How often in vain.
    #[n(5)]
    pub tries: u32,
    /// Nothing more is asked for.
    #[n(6)]
    pub is_over: bool,
}

/// Until history is asked for again, at first.
const AGAIN_MS: u64 = 30 * SECOND;

/// It is given up after so many times in vain: more than a month.
const TRIES: u32 = 16;

impl Coming {
    /// When to ask again.
    pub fn due(&self) -> Option<Timestamp> {
        let wait = AGAIN_MS.checked_shl(self.tries).unwrap_or(u64::MAX);
        (!self.is_over && self.tries < TRIES).then(|| self.asked.plus(wait))
    }

    /// Whether a part of a history is what was asked for: by whom this person was added, in the way that
    /// still holds, and no other part than the next one.
    pub fn expects(&self, from: &PersonId, since: &OpId, asked: Option<MessageId>) -> bool {
        !self.is_over && self.from == *from && self.since == *since && self.before == asked
    }

    /// A part came: what is before `next` follows, or nothing more.
    pub fn came(&mut self, count: u32, next: Option<MessageId>) {
        self.taken = self.taken.saturating_add(count);
        self.tries = 0;
        self.is_over = next.is_none() || next == self.before || self.taken >= limits::HISTORY;
        self.before = next.or(self.before);
    }
}

impl History {
    /// Lets somebody have history. One too many takes the place of another.
    pub fn offer(&mut self, person: PersonId, offer: Offer) {
        while self.offers.len() >= limits::HISTORY_OFFERS && !self.offers.contains_key(&person) {
            self.offers.pop_first();
        }
        self.offers.insert(person, offer);
    }

    /// What somebody may have who was added by a change.
    pub fn offer_to(&mut self, person: &PersonId, since: &OpId) -> Option<&mut Offer> {
        self.offers
            .get_mut(person)
            .filter(|offer| offer.since == *since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: OpId = OpId([1; 32]);
    const ONE: Option<MessageId> = Some(MessageId([1; 32]));
    const TWO: Option<MessageId> = Some(MessageId([2; 32]));

    #[test]
    fn no_more_is_given_than_was_offered_however_often_it_is_asked_for() {
        let mut offer = Offer::new(SINCE, 10);
        assert_eq!(offer.ask(None), 10);
        offer.gave(6);

        assert_eq!(offer.ask(None), 10, "the answer was lost");
        offer.gave(6);
        assert_eq!(offer.ask(ONE), 4);
        offer.gave(4);

        assert_eq!(offer.ask(TWO), 0);
        assert_eq!(offer.ask(None), 0, "and not from the beginning");
        assert_eq!(Offer::new(SINCE, u32::MAX).ask(None), limits::HISTORY);
    }

    #[test]
    fn offers_are_bounded_and_hold_for_one_coming() {
        let mut history = History::default();
        for n in 0..200 {
            history.offer(PersonId([n; 32]), Offer::new(SINCE, 1));
        }

        assert_eq!(history.offers.len(), limits::HISTORY_OFFERS);
        let last = PersonId([199; 32]);
        assert!(history.offer_to(&last, &SINCE).is_some());
        assert!(history.offer_to(&last, &OpId([2; 32])).is_none());
    }

    fn coming() -> Coming {
        Coming {
            from: PersonId([1; 32]),
            since: SINCE,
            before: None,
            taken: 0,
            asked: Timestamp(0),
            tries: 0,
            is_over: false,
        }
    }

    #[test]
    fn only_the_next_part_from_who_added_this_person_is_expected() {
        let mut coming = coming();
        let (adder, other) = (PersonId([1; 32]), PersonId([2; 32]));
        assert!(coming.expects(&adder, &SINCE, None));
        assert!(!coming.expects(&other, &SINCE, None));
        assert!(!coming.expects(&adder, &OpId([2; 32]), None), "added again");
        assert!(!coming.expects(&adder, &SINCE, ONE));

        coming.came(3, ONE);
        assert!(coming.expects(&adder, &SINCE, ONE));
        assert!(!coming.expects(&adder, &SINCE, None), "that came already");
        coming.came(3, None);
        assert!(
            !coming.expects(&adder, &SINCE, ONE),
            "nothing more is asked for"
        );
    }

    #[test]
    fn nobody_can_give_more_than_a_history_holds() {
        let mut coming = coming();

        coming.came(limits::HISTORY, ONE);

        assert!(coming.is_over);
    }

    #[test]
    fn what_does_not_come_is_asked_for_less_and_less_and_given_up() {
        let mut coming = coming();
        assert_eq!(coming.due(), Some(Timestamp(30_000)));
        coming.tries = 3;
        assert_eq!(coming.due(), Some(Timestamp(240_000)));

        coming.came(5, ONE);
        assert_eq!((coming.tries, coming.is_over), (0, false));
        coming.came(5, ONE);
        assert!(coming.is_over, "it does not go on");
        assert_eq!(coming.due(), None);
    }
}
