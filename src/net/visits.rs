//! Dialling those who are not authorised: to ask them something, or because somebody said so.
//! It neither dials nor sleeps.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::{admission::Bucket, exchange};
use crate::wire::{
    hello::HelloRequest,
    id::{Address, PeerId},
    limits,
};

/// Visits that wait for a connection, each with what shall be asked then.
#[derive(Debug)]
pub(crate) struct Visits {
    waiting: BTreeMap<PeerId, Visit>,
    pace: Bucket,
}

#[derive(Debug)]
struct Visit {
    addresses: Vec<Address>,
    /// When to dial; `None` once it was dialled.
    dial: Option<Instant>,
    deadline: Instant,
    questions: Vec<Question>,
}

/// Something to ask.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) ask: u64,
    pub(crate) request: HelloRequest,
}

impl Visits {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            waiting: BTreeMap::new(),
            pace: Bucket::full(BURST, now),
        }
    }

    /// Wants a connection, from `dial` on, perhaps to ask something. Gives the question back when
    /// too much waits already.
    pub(crate) fn add(
        &mut self,
        peer: PeerId,
        addresses: &[Address],
        question: Option<Question>,
        dial: Instant,
    ) -> Option<Question> {
        let known = self.waiting.get(&peer).map(|visit| visit.questions.len());
        if known.is_none() && self.waiting.len() >= VISITS || known.unwrap_or(0) >= QUESTIONS {
            return question;
        }
        let visit = self.waiting.entry(peer).or_insert_with(|| Visit {
            addresses: Vec::new(),
            dial: Some(dial),
            deadline: dial + exchange::TIMEOUT,
            questions: Vec::new(),
        });
        for address in addresses {
            if visit.addresses.len() < limits::ADDRESSES && !visit.addresses.contains(address) {
                visit.addresses.push(address.clone());
                visit.dial = Some(visit.dial.unwrap_or(dial).min(dial));
            }
        }
        visit.questions.extend(question);
        None
    }

    /// A connection is up, or the peer cannot be reached: what was to be asked.
    pub(crate) fn take(&mut self, peer: PeerId) -> Vec<Question> {
        self.waiting
            .remove(&peer)
            .map_or_else(Vec::new, |visit| visit.questions)
    }

    /// Whom to dial now, and where; no more than is polite.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<(PeerId, Vec<Address>)> {
        let mut due = Vec::new();
        for (peer, visit) in &mut self.waiting {
            let is_due = visit.dial.is_some_and(|at| at <= now) && !visit.addresses.is_empty();
            if !is_due {
                continue;
            }
            if !self.pace.take(RATE, BURST, now) {
                break;
            }
            visit.dial = None;
            due.push((*peer, visit.addresses.clone()));
        }
        due
    }

    /// Whether one may be dialled without a visit.
    pub(crate) fn may_dial(&mut self, now: Instant) -> bool {
        self.pace.take(RATE, BURST, now)
    }

    /// What waited too long.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<Question> {
        let late: Vec<PeerId> = self
            .waiting
            .iter()
            .filter(|(_, visit)| visit.deadline <= now)
            .map(|(peer, _)| *peer)
            .collect();
        late.into_iter().flat_map(|peer| self.take(peer)).collect()
    }

    /// When there is next something to do, if ever.
    pub(crate) fn next(&self) -> Option<Instant> {
        let ready = self.pace.ready_at(RATE);
        self.waiting
            .values()
            .map(|visit| match visit.dial {
                Some(at) if !visit.addresses.is_empty() => at.max(ready).min(visit.deadline),
                _ => visit.deadline,
            })
            .min()
    }
}

/// How long the larger id waits for the smaller one to dial, when both have just found each other
/// and one connection is enough. Short: a person looks at an empty list meanwhile.
pub(crate) const COURTESY: Duration = Duration::from_millis(700);

/// Strangers dialled in a second, after a burst of [`BURST`]: records of mDNS are claims, and what
/// they name may be somebody else's machine.
const RATE: u32 = 4;

const BURST: u32 = 16;

/// Peers waited for.
const VISITS: usize = 64;

/// Questions for one of them.
const QUESTIONS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerId = PeerId([1; 32]);

    fn question(ask: u64) -> Question {
        Question {
            ask,
            request: HelloRequest::GetProfile,
        }
    }

    fn asks(questions: &[Question]) -> Vec<u64> {
        questions.iter().map(|question| question.ask).collect()
    }

    #[tokio::test]
    async fn what_is_asked_waits_for_the_connection() {
        let now = Instant::now();
        let mut visits = Visits::new(now);
        let address = Address(vec![1]);

        for ask in [1, 2] {
            let back = visits.add(
                PEER,
                std::slice::from_ref(&address),
                Some(question(ask)),
                now,
            );
            assert!(back.is_none());
        }

        assert_eq!(visits.take_due(now), [(PEER, vec![address])]);
        assert_eq!(visits.take_due(now), []);
        assert_eq!(asks(&visits.take(PEER)), [1, 2]);
        assert_eq!(visits.next(), None);
    }

    #[tokio::test]
    async fn a_peer_that_does_not_come_is_given_up() {
        let now = Instant::now();
        let mut visits = Visits::new(now);
        assert!(visits.add(PEER, &[], Some(question(1)), now).is_none());

        assert_eq!(visits.take_due(now), []);
        assert!(visits.expire(now).is_empty());

        let later = visits.next().unwrap();
        assert_eq!(later, now + exchange::TIMEOUT);
        assert_eq!(asks(&visits.expire(later)), [1]);
    }

    #[tokio::test]
    async fn strangers_are_dialled_slowly_however_many_there_are() {
        let now = Instant::now();
        let mut visits = Visits::new(now);
        for n in 0..100 {
            let _ = visits.add(PeerId([n; 32]), &[Address(vec![n])], None, now);
        }

        assert_eq!(visits.waiting.len(), VISITS);
        assert_eq!(visits.take_due(now).len(), 16);
        assert_eq!(visits.take_due(now).len(), 0);
        assert_eq!(visits.next(), Some(now + Duration::from_millis(250)));
        assert_eq!(visits.take_due(now + Duration::from_secs(1)).len(), 4);
    }

    #[tokio::test]
    async fn too_many_questions_come_back() {
        let now = Instant::now();
        let mut visits = Visits::new(now);

        let refused = (0..20)
            .filter_map(|ask| visits.add(PEER, &[], Some(question(ask)), now))
            .count();

        assert_eq!(refused, 20 - QUESTIONS);
    }
}
