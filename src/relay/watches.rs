//! Clients that wait for something new (long poll), one request for each connection.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use libp2p::{request_response::ResponseChannel, swarm::ConnectionId};
use tokio::time::Instant;

use crate::wire::{
    id::TopicKey,
    mailbox::{Fetch, Mailbox, RelayReply},
};

/// All who wait.
#[derive(Default)]
pub(super) struct Watches {
    waiting: BTreeMap<ConnectionId, Watch>,
    /// Who waits for something on a topic.
    by_topic: BTreeMap<TopicKey, BTreeSet<ConnectionId>>,
    next: u64,
}

struct Watch {
    number: u64,
    channel: ResponseChannel<RelayReply>,
    topics: Vec<Fetch>,
    until: Instant,
    /// It is being looked whether there is something.
    looked_at: bool,
    /// On these something came meanwhile.
    again: BTreeSet<TopicKey>,
}

impl Watch {
    /// What was asked for of some topics.
    fn of(&self, topics: &BTreeSet<TopicKey>) -> Vec<Fetch> {
        let asked = self.topics.iter();
        asked
            .filter(|it| topics.contains(&it.topic))
            .cloned()
            .collect()
    }
}

/// Names one request for news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WatchId(ConnectionId, u64);

impl Watches {
    /// Somebody waits. Another request of the same connection is answered with nothing.
    pub(super) fn insert(
        &mut self,
        connection: ConnectionId,
        channel: ResponseChannel<RelayReply>,
        topics: Vec<Fetch>,
        until: Instant,
    ) -> (WatchId, Option<ResponseChannel<RelayReply>>) {
        self.next = self.next.wrapping_add(1);
        let number = self.next;
        let watch = Watch {
            number,
            channel,
            topics,
            until,
            looked_at: true,
            again: BTreeSet::new(),
        };
        let before = self.take(connection);
        for fetch in &watch.topics {
            self.by_topic
                .entry(fetch.topic)
                .or_default()
                .insert(connection);
        }
        self.waiting.insert(connection, watch);
        (WatchId(connection, number), before.map(|it| it.channel))
    }

    /// A connection is gone.
    pub(super) fn remove(&mut self, connection: ConnectionId) {
        self.take(connection);
    }

    fn take(&mut self, connection: ConnectionId) -> Option<Watch> {
        let watch = self.waiting.remove(&connection)?;
        for fetch in &watch.topics {
            if let Some(waiting) = self.by_topic.get_mut(&fetch.topic) {
                waiting.remove(&connection);
                if waiting.is_empty() {
                    self.by_topic.remove(&fetch.topic);
                }
            }
        }
        Some(watch)
    }

    /// Those to look for now that something came on topics, and at what.
    pub(super) fn news(&mut self, topics: &[TopicKey]) -> Vec<(WatchId, Vec<Fetch>)> {
        let mut news: BTreeMap<ConnectionId, BTreeSet<TopicKey>> = BTreeMap::new();
        for topic in topics {
            for connection in self.by_topic.get(topic).into_iter().flatten() {
                news.entry(*connection).or_default().insert(*topic);
            }
        }
        let mut look = Vec::new();
        for (connection, mut topics) in news {
            let Some(watch) = self.waiting.get_mut(&connection) else {
                continue;
            };
            if watch.looked_at {
                watch.again.append(&mut topics);
            } else {
                watch.looked_at = true;
                look.push((WatchId(connection, watch.number), watch.of(&topics)));
            }
        }
        look
    }

    /// What was found for one who waits: its answer, or to look again.
    pub(super) fn found(&mut self, id: WatchId, boxes: Vec<Mailbox>) -> Found {
        let Some(watch) = self.waiting.get_mut(&id.0) else {
            return Found::Nothing;
        };
        if watch.number != id.1 {
            return Found::Nothing;
        }
        let after = |mailbox: &Mailbox| {
            let asked = watch.topics.iter().find(|it| it.topic == mailbox.topic);
            asked.map_or(0, |it| it.after)
        };
        let is_news = |mailbox: &Mailbox| {
            // Whose place is ahead of ours has to learn that its place means nothing.
            !mailbox.frames.is_empty() || mailbox.head < after(mailbox)
        };
        let news: Vec<Mailbox> = boxes.into_iter().filter(is_news).collect();
        if !news.is_empty() {
            return self
                .take(id.0)
                .map_or(Found::Nothing, |it| Found::News(it.channel, news));
        }
        let again = std::mem::take(&mut watch.again);
        watch.looked_at = !again.is_empty();
        if watch.looked_at {
            Found::Again(watch.of(&again))
        } else {
            Found::Nothing
        }
    }

    /// Those who have waited for long enough.
    pub(super) fn over(&mut self, now: Instant) -> Vec<ResponseChannel<RelayReply>> {
        let late = self.waiting.iter().filter(|(_, it)| it.until <= now);
        let late: Vec<ConnectionId> = late.map(|(id, _)| *id).collect();
        late.iter()
            .filter_map(|id| self.take(*id))
            .map(|it| it.channel)
            .collect()
    }
}

/// What is to be done for one who waits.
pub(super) enum Found {
    /// Answer.
    News(ResponseChannel<RelayReply>, Vec<Mailbox>),
    /// Look again.
    Again(Vec<Fetch>),
    /// Wait on.
    Nothing,
}

/// How long one may wait.
pub(super) fn wait(wait_s: u8) -> Duration {
    Duration::from_secs(wait_s.min(crate::wire::limits::RELAY_WAIT_S).into())
}
