//! Which topics are forwarded, for whom, and how fast.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    net::admission::Bucket,
    wire::{
        id::{PeerId, TopicKey},
        limits,
    },
};

/// All leases. A topic is forwarded as long as there is one for it.
#[derive(Debug)]
pub(super) struct Leases {
    /// How many topics there may be.
    most: usize,
    topics: BTreeMap<TopicKey, Topic>,
    /// How many each client has: none is in it with none.
    clients: BTreeMap<PeerId, usize>,
}

#[derive(Debug)]
struct Topic {
    holders: BTreeMap<PeerId, Instant>,
    pace: Bucket,
}

/// There is no room for another topic or another lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Leases {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            topics: BTreeMap::new(),
            clients: BTreeMap::new(),
        }
    }

    /// Grants a lease; `true` if the topic is new.
    pub(super) fn grant(
        &mut self,
        client: PeerId,
        topic: TopicKey,
        until: Instant,
        now: Instant,
    ) -> Result<bool, Full> {
        let is_new = !self.topics.contains_key(&topic);
        let holds = self.holds(client, topic);
        let of_client = self.clients.get(&client).copied().unwrap_or(0);
        let no_room = is_new && self.topics.len() >= self.most
            || !holds && of_client >= limits::TOPICS
            || !self.clients.contains_key(&client) && self.clients.len() >= CLIENTS;
        if no_room {
            return Err(Full);
        }
        let entry = self.topics.entry(topic).or_insert_with(|| Topic {
            holders: BTreeMap::new(),
            pace: Bucket::full(BURST, now),
        });
        entry.holders.insert(client, until);
        if !holds {
            *self.clients.entry(client).or_insert(0) += 1;
        }
        Ok(is_new)
    }

    /// Ends a client's lease; `true` if the topic is no longer forwarded.
    pub(super) fn release(&mut self, client: PeerId, topic: TopicKey) -> bool {
        let Some(entry) = self.topics.get_mut(&topic) else {
            return false;
        };
        if entry.holders.remove(&client).is_none() {
            return false;
        }
        let is_last = entry.holders.is_empty();
        if is_last {
            self.topics.remove(&topic);
        }
        if let Some(count) = self.clients.get_mut(&client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.clients.remove(&client);
            }
        }
        is_last
    }

    /// Shortens all leases of a client that is gone: it makes new ones when it comes back.
    pub(super) fn gone(&mut self, client: PeerId, now: Instant) {
        for topic in self.topics.values_mut() {
            if let Some(until) = topic.holders.get_mut(&client) {
                *until = (*until).min(now + GRACE);
            }
        }
    }

    /// Ends what has run out: the topics that are no longer forwarded, and the clients that hold
    /// nothing any more.
    pub(super) fn expire(&mut self, now: Instant) -> (Vec<TopicKey>, Vec<PeerId>) {
        let over: Vec<(PeerId, TopicKey)> = self
            .topics
            .iter()
            .flat_map(|(topic, entry)| {
                let over = entry.holders.iter().filter(|(_, until)| **until <= now);
                over.map(|(client, _)| (*client, *topic))
            })
            .collect();
        let clients: BTreeSet<PeerId> = over.iter().map(|(client, _)| *client).collect();
        let topics = over
            .into_iter()
            .filter(|(client, topic)| self.release(*client, *topic))
            .map(|(_, topic)| topic)
            .collect();
        let clients = clients
            .into_iter()
            .filter(|client| !self.clients.contains_key(client))
            .collect();
        (topics, clients)
    }

    pub(super) fn holds(&self, client: PeerId, topic: TopicKey) -> bool {
        self.topics
            .get(&topic)
            .is_some_and(|entry| entry.holders.contains_key(&client))
    }

    /// Whether a frame of this topic may be forwarded now.
    pub(super) fn may_forward(&mut self, topic: TopicKey, now: Instant) -> bool {
        self.topics
            .get_mut(&topic)
            .is_some_and(|entry| entry.pace.take(RATE, BURST, now))
    }
}

/// Frames of one topic in a second, after a burst of [`BURST`] (protocol §5.6): what two clients
/// publish at their pace, and the acknowledgements.
const RATE: u32 = 100;

const BURST: u32 = 400;

/// How long the leases of a client that is gone are kept for its return.
const GRACE: Duration = Duration::from_mins(10);

/// Clients that hold leases.
const CLIENTS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: PeerId = PeerId([1; 32]);
    const BOB: PeerId = PeerId([2; 32]);
    const TOPIC: TopicKey = TopicKey([7; 32]);

    fn numbered(n: usize) -> [u8; 32] {
        let bytes = n.to_be_bytes();
        std::array::from_fn(|i| bytes[i % bytes.len()])
    }

    #[tokio::test]
    async fn a_topic_stays_while_anybody_holds_it() {
        let now = Instant::now();
        let later = now + Duration::from_mins(1);
        let mut leases = Leases::new(limits::TOPICS);

        assert_eq!(leases.grant(ALICE, TOPIC, later, now), Ok(true));
        assert_eq!(leases.grant(BOB, TOPIC, later, now), Ok(false));
        assert!(!leases.release(ALICE, TOPIC));
        assert!(!leases.release(ALICE, TOPIC), "twice");
        assert!(leases.may_forward(TOPIC, now));
        assert!(leases.release(BOB, TOPIC));
        assert!(!leases.may_forward(TOPIC, now));
        assert!(leases.clients.is_empty());
    }

    #[tokio::test]
    async fn leases_run_out_and_those_of_absent_clients_sooner() {
        let now = Instant::now();
        let mut leases = Leases::new(limits::TOPICS);
        leases.grant(ALICE, TOPIC, now + GRACE * 3, now).unwrap();
        leases.grant(BOB, TOPIC, now + GRACE * 3, now).unwrap();

        leases.gone(ALICE, now);

        assert_eq!(leases.expire(now), (vec![], vec![]));
        assert_eq!(leases.expire(now + GRACE), (vec![], vec![ALICE]));
        assert_eq!(leases.expire(now + GRACE * 3), (vec![TOPIC], vec![BOB]));
        assert!(leases.topics.is_empty());
    }

    #[tokio::test]
    async fn a_topic_is_forwarded_at_most_so_fast() {
        let now = Instant::now();
        let mut leases = Leases::new(limits::TOPICS);
        leases.grant(ALICE, TOPIC, now + GRACE, now).unwrap();

        let burst = (0..1000)
            .take_while(|_| leases.may_forward(TOPIC, now))
            .count();
        let second = now + Duration::from_secs(1);
        let then = (0..1000)
            .take_while(|_| leases.may_forward(TOPIC, second))
            .count();

        assert_eq!((burst, then), (400, 100));
    }

    #[tokio::test]
    async fn there_are_so_many_topics_and_clients_and_no_more() {
        let now = Instant::now();
        let until = now + GRACE;
        let mut leases = Leases::new(limits::TOPICS);
        for n in 0..limits::TOPICS {
            leases
                .grant(ALICE, TopicKey(numbered(n)), until, now)
                .unwrap();
        }

        assert_eq!(leases.grant(ALICE, TOPIC, until, now), Err(Full));
        assert_eq!(leases.grant(BOB, TOPIC, until, now), Err(Full));
        let known = TopicKey(numbered(0));
        for n in 1..CLIENTS {
            let client = PeerId(numbered(n + 1_000_000));
            leases.grant(client, known, until, now).unwrap();
        }
        assert_eq!(leases.grant(BOB, known, until, now), Err(Full));
        assert_eq!(leases.grant(ALICE, known, until, now), Ok(false));
    }
}
