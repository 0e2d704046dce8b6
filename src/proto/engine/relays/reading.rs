//! Reading what relays keep: from our place in each mailbox on, again now and then, and where a relay
//! does not forward a topic, as soon as there is something.
//!
//! Our place is written in the commit of the frames before it, and what is acknowledged to the relay
//! goes out after that: a place never runs ahead of what is on disk.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::{FIRST_WAIT_MS, LONGEST_WAIT_MS, LOST_MS};
use crate::{
    proto::{
        engine::{Effect, Engine, Turn, input::Found},
        time::{MINUTE, SECOND, Timestamp},
    },
    wire::{
        codec,
        id::{PeerId, TopicKey},
        limits,
        mailbox::{Ack, Fetch, ReaderId, RelayRequest},
    },
};

/// [`limits::RELAY_FETCH`], as it is asked for.
#[allow(clippy::cast_possible_truncation, reason = "it is 64")]
const AT_ONCE: u16 = limits::RELAY_FETCH as u16;

/// Fetches under way at one relay.
const UNDER_WAY: usize = 3;

/// Gossip loses frames: what a relay kept is read again this often where it forwards, too.
const AGAIN_MS: u64 = 10 * MINUTE;

/// A relay that forwards may take so long to take part in a topic that it carries.
const GOSSIP_MS: u64 = 5 * SECOND;

/// How long a relay may wait for something new.
const WATCH_S: u8 = 50;

/// Places that are remembered: of a few relays all topics.
const PLACES: usize = limits::RELAYS * limits::TOPICS;

/// Our places in all mailboxes.
#[derive(Default)]
pub(super) struct Reading(BTreeMap<(PeerId, TopicKey), Place>);

/// How far we have come in one mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Place {
    /// In which database of the relay.
    #[cbor(n(0), with = "minicbor::bytes")]
    store: [u8; 16],
    /// Under which name: another one for each relay and topic.
    #[cbor(n(1), with = "minicbor::bytes")]
    reader: ReaderId,
    /// Everything up to here is on our disk.
    #[n(2)]
    upto: u64,
}

/// What is asked of one relay now.
#[derive(Default)]
pub(super) struct Reads {
    topics: BTreeMap<TopicKey, Read>,
    under_way: BTreeSet<TopicKey>,
    /// What it was last asked to watch.
    watched: BTreeSet<TopicKey>,
    watches: u32,
    watch_at: Timestamp,
    watch_wait_ms: u64,
}

#[derive(Clone, Copy)]
struct Read {
    due: Timestamp,
    wait_ms: u64,
    /// Since when we have all there is.
    complete: Option<Timestamp>,
}

impl Reading {
    pub(super) fn record(&self, relay: PeerId, topic: TopicKey) -> Option<Vec<u8>> {
        self.0.get(&(relay, topic)).map(codec::to_vec)
    }

    /// The name under which we read a topic.
    pub(super) fn reader(&self, relay: PeerId, topic: TopicKey) -> Option<ReaderId> {
        Some(self.0.get(&(relay, topic))?.reader)
    }

    pub(super) fn restore(&mut self, key: &[u8], record: &[u8]) -> Option<()> {
        let (relay, topic) = key.split_first_chunk::<32>()?;
        let topic = TopicKey(topic.try_into().ok()?);
        let place = codec::from_slice(record, 128).ok()?;
        self.0.insert((PeerId(*relay), topic), place);
        Some(())
    }

    /// Forgets a topic; the relays at which there was a place.
    pub(super) fn forget(&mut self, topic: TopicKey) -> Vec<PeerId> {
        let of = self.0.keys().filter(|(_, of)| *of == topic);
        let relays: Vec<PeerId> = of.map(|(relay, _)| *relay).collect();
        self.0.retain(|(_, of), _| *of != topic);
        relays
    }
}

impl Reads {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let idle = |(topic, _): &(&TopicKey, &Read)| !self.under_way.contains(*topic);
        let reads = self.topics.iter().filter(idle).map(|(_, read)| read.due);
        let has_place = self.under_way.len() < UNDER_WAY;
        let reads = reads.min().filter(|_| has_place);
        // Whether there is anything to watch is looked up then.
        let watch = (!self.topics.is_empty() && self.watches == 0).then_some(self.watch_at);
        reads.into_iter().chain(watch).min()
    }

    pub(super) fn forget(&mut self, topic: &TopicKey) {
        self.topics.remove(topic);
        self.under_way.remove(topic);
        self.watched.remove(topic);
    }

    /// The next topics to read.
    fn take_due(&mut self, now: Timestamp) -> Vec<TopicKey> {
        let mut due: Vec<(Timestamp, TopicKey)> = self
            .topics
            .iter()
            .filter(|(topic, read)| read.due <= now && !self.under_way.contains(*topic))
            .map(|(topic, read)| (read.due, *topic))
            .collect();
        due.sort_unstable();
        due.truncate(UNDER_WAY.saturating_sub(self.under_way.len()));
        for (_, topic) in &due {
            self.under_way.insert(*topic);
            if let Some(read) = self.topics.get_mut(topic) {
                read.due = now.plus(LOST_MS);
            }
        }
        due.into_iter().map(|(_, topic)| topic).collect()
    }

    /// A topic was not given: later again.
    fn failed(&mut self, topic: &TopicKey, now: Timestamp) {
        if let Some(read) = self.topics.get_mut(topic) {
            read.due = now.plus(read.wait_ms);
            read.wait_ms = read.wait_ms.saturating_mul(2).min(LONGEST_WAIT_MS);
        }
    }
}

impl Engine {
    /// A relay keeps a topic for us now. `true`: in a mailbox that we do not know.
    pub(super) fn begin_to_read(
        &mut self,
        turn: &mut Turn<'_>,
        relay: PeerId,
        topic: TopicKey,
    ) -> bool {
        let Some(held) = self.relays.connected.get_mut(&relay) else {
            return false;
        };
        let Some(store) = held.store else {
            return false;
        };
        let read = Read {
            due: turn.now,
            wait_ms: FIRST_WAIT_MS,
            complete: None,
        };
        held.reads.topics.insert(topic, read);
        held.reads.watch_wait_ms = FIRST_WAIT_MS;
        let places = &mut self.relays.reading.0;
        let known = places.get(&(relay, topic));
        if known.is_some_and(|place| place.store == store) {
            return false;
        }
        if known.is_none() && places.len() >= PLACES {
            // Of relays that are used no more.
            let connected = &self.relays.connected;
            let old = places.keys().find(|(of, _)| !connected.contains_key(of));
            let Some(old) = old.copied() else {
                return true;
            };
            places.remove(&old);
            self.dirty.mailboxes.insert(old);
        }
        let mut reader = ReaderId::default();
        turn.rng.fill_bytes(&mut reader);
        let place = Place {
            store,
            reader,
            upto: 0,
        };
        places.insert((relay, topic), place);
        self.dirty.mailboxes.insert((relay, topic));
        true
    }

    pub(super) fn handle_reading(&mut self, turn: &mut Turn<'_>) {
        let relays: Vec<PeerId> = self.relays.connected.keys().copied().collect();
        for relay in relays {
            let Some(held) = self.relays.connected.get_mut(&relay) else {
                continue;
            };
            for topic in held.reads.take_due(turn.now) {
                if let Some(fetch) = self.fetch_of(relay, topic, Fetch::to_sign) {
                    turn.effect(Effect::AskRelay(relay, RelayRequest::Fetch(fetch)));
                } else if let Some(held) = self.relays.connected.get_mut(&relay) {
                    held.reads.forget(&topic);
                }
            }
            self.watch(turn, relay);
        }
    }

    /// Asks a relay to say when there is something new on topics that it does not forward.
    fn watch(&mut self, turn: &mut Turn<'_>, relay: PeerId) {
        let now = turn.now;
        let Some(held) = self.relays.connected.get(&relay) else {
            return;
        };
        let reads = &held.reads;
        if reads.watch_at > now {
            return;
        }
        let grace = if held.gossip { GOSSIP_MS } else { 0 };
        let is_watched = |(topic, read): &(&TopicKey, &Read)| {
            let since = read.complete.map(|at| at.plus(grace));
            since.is_some_and(|at| at <= now) && !self.subscribers.contains(&(**topic, relay))
        };
        let topics = reads.topics.iter().filter(is_watched);
        let topics: BTreeSet<TopicKey> = topics
            .map(|(topic, _)| *topic)
            .take(limits::RELAY_WATCH)
            .collect();
        // One that is under way is replaced only for topics that it lacks.
        let is_new = reads.watches == 1 && !topics.is_subset(&reads.watched);
        let wanted = !topics.is_empty() && (reads.watches == 0 || is_new);
        if !wanted {
            if let Some(held) = self.relays.connected.get_mut(&relay) {
                held.reads.watch_at = held.reads.watch_at.max(now.plus(GOSSIP_MS));
            }
            return;
        }
        let fetches = topics.iter();
        let fetches =
            fetches.filter_map(|topic| self.fetch_of(relay, *topic, Fetch::to_sign_as_watch));
        let request = RelayRequest::Watch {
            topics: fetches.collect(),
            wait_s: WATCH_S,
        };
        turn.effect(Effect::AskRelay(relay, request));
        if let Some(held) = self.relays.connected.get_mut(&relay) {
            held.reads.watched = topics;
            held.reads.watches += 1;
            held.reads.watch_at = now.plus(SECOND);
        }
    }

    fn fetch_of(
        &self,
        relay: PeerId,
        topic: TopicKey,
        to_sign: fn(&Fetch, &crate::wire::mailbox::Link) -> Vec<u8>,
    ) -> Option<Fetch> {
        let held = self.relays.connected.get(&relay)?;
        let place = self.relays.reading.0.get(&(relay, topic))?;
        let (_, channel) = self.channels.get(&topic)?;
        let mut fetch = Fetch {
            topic,
            after: place.upto,
            max: AT_ONCE,
            reader: place.reader,
            auth: [0; 64],
        };
        fetch.auth = channel.relay_auth(&to_sign(&fetch, &held.link(relay, self.peer())));
        Some(fetch)
    }

    /// A relay gave what it keeps, or did not.
    pub(in crate::proto::engine) fn on_fetched(
        &mut self,
        turn: &mut Turn<'_>,
        relay: PeerId,
        (watched, asked): (bool, &[(TopicKey, u64)]),
        found: Option<Vec<Found>>,
    ) {
        let now = turn.now;
        let Some(held) = self.relays.connected.get_mut(&relay) else {
            return;
        };
        let reads = &mut held.reads;
        if watched {
            reads.watches = reads.watches.saturating_sub(1);
            if found.is_some() {
                reads.watch_wait_ms = FIRST_WAIT_MS;
            } else {
                reads.watch_at = now.plus(reads.watch_wait_ms);
                reads.watch_wait_ms = reads.watch_wait_ms.saturating_mul(2).min(LONGEST_WAIT_MS);
            }
        } else {
            for (topic, _) in asked {
                reads.under_way.remove(topic);
                if found.is_none() {
                    reads.failed(topic, now);
                }
            }
        }
        for found in found.into_iter().flatten() {
            let after = asked.iter().find(|(topic, _)| *topic == found.topic);
            if let Some((_, after)) = after {
                self.take_found(turn, (relay, *after), &found);
            }
        }
    }

    fn take_found(&mut self, turn: &mut Turn<'_>, (relay, after): (PeerId, u64), found: &Found) {
        let now = turn.now;
        let topic = found.topic;
        let Some(place) = self.relays.reading.0.get(&(relay, topic)) else {
            return;
        };
        let before = place.upto;
        if found.head < before {
            self.begin_anew(now, relay, topic);
            return;
        }
        // It was asked before our place was set back: what lies between is not in it.
        if after > before {
            return;
        }
        turn.kept = Some(topic);
        for (frame, seen) in &found.frames {
            self.on_frame(turn, None, topic, frame, *seen);
        }
        turn.kept = None;
        let upto = before.max(found.upto);
        let Some(place) = self.relays.reading.0.get_mut(&(relay, topic)) else {
            // What came led us out of the topic.
            return;
        };
        if upto > before {
            place.upto = upto;
            self.dirty.mailboxes.insert((relay, topic));
            self.acknowledge_place(turn, relay, topic);
        }
        let Some(held) = self.relays.connected.get_mut(&relay) else {
            return;
        };
        let Some(read) = held.reads.topics.get_mut(&topic) else {
            return;
        };
        if upto >= found.head {
            read.due = now.plus(AGAIN_MS);
            read.wait_ms = FIRST_WAIT_MS;
            read.complete.get_or_insert(now);
            self.relays.owed.hurry(&topic, now);
        } else if upto > before {
            read.due = now;
            read.wait_ms = FIRST_WAIT_MS;
        } else {
            // It says that there is more, and does not give it.
            held.reads.failed(&topic, now);
        }
    }

    /// A mailbox is not what it was: we read all of it, and what it kept for us is given to it again.
    fn begin_anew(&mut self, now: Timestamp, relay: PeerId, topic: TopicKey) {
        if let Some(place) = self.relays.reading.0.get_mut(&(relay, topic)) {
            place.upto = 0;
            self.dirty.mailboxes.insert((relay, topic));
        }
        if let Some(held) = self.relays.connected.get_mut(&relay) {
            // One that says so again and again is asked ever more rarely.
            held.reads.failed(&topic, now);
        }
        self.deposit_all(now, (relay, topic), true);
    }

    /// Tells a relay how far we have come, where that lets it make room.
    fn acknowledge_place(&mut self, turn: &mut Turn<'_>, relay: PeerId, topic: TopicKey) {
        if self.epoch_topics.contains_key(&topic) {
            return;
        }
        let Some(held) = self.relays.connected.get(&relay) else {
            return;
        };
        let Some(place) = self.relays.reading.0.get(&(relay, topic)) else {
            return;
        };
        let Some((_, channel)) = self.channels.get(&topic) else {
            return;
        };
        let mut ack = Ack {
            topic,
            reader: place.reader,
            upto: place.upto,
            auth: [0; 64],
        };
        ack.auth = channel.relay_auth(&ack.to_sign(&held.link(relay, self.peer())));
        turn.effect(Effect::AskRelay(relay, RelayRequest::Ack(ack)));
    }
}
