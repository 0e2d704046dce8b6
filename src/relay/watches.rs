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
    next: u64,
}

struct Watch {
    number: u64,
    channel: ResponseChannel<RelayReply>,
    topics: Vec<Fetch>,
    until: Instant,
    /// It is being looked whether there is something.
    looked_at: bool,
    /// Something came meanwhile.
    again: bool,
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
            again: false,
        };
        let before = self.waiting.insert(connection, watch);
        (WatchId(connection, number), before.map(|it| it.channel))
    }

    /// A connection is gone.
    pub(super) fn remove(&mut self, connection: ConnectionId) {
        self.waiting.remove(&connection);
    }

    /// Those to look for now that something came on topics.
    pub(super) fn news(&mut self, topics: &[TopicKey]) -> Vec<(WatchId, Vec<Fetch>)> {
        let topics: BTreeSet<TopicKey> = topics.iter().copied().collect();
        let mut look = Vec::new();
        for (connection, watch) in &mut self.waiting {
            if !watch.topics.iter().any(|it| topics.contains(&it.topic)) {
                continue;
            }
            if watch.looked_at {
                watch.again = true;
            } else {
                watch.looked_at = true;
                look.push((WatchId(*connection, watch.number), watch.topics.clone()));
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
            let watch = self.waiting.remove(&id.0);
            return watch.map_or(Found::Nothing, |it| Found::News(it.channel, news));
        }
        watch.looked_at = std::mem::take(&mut watch.again);
        if watch.looked_at {
            Found::Again(watch.topics.clone())
        } else {
            Found::Nothing
        }
    }

    /// Those who have waited for long enough.
    pub(super) fn over(&mut self, now: Instant) -> Vec<ResponseChannel<RelayReply>> {
        let late = self.waiting.iter().filter(|(_, it)| it.until <= now);
        let late: Vec<ConnectionId> = late.map(|(id, _)| *id).collect();
        late.iter()
            .filter_map(|id| self.waiting.remove(id))
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
