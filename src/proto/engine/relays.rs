//! Relays: which topics they carry and keep for us (protocol §6.2).
//!
//! This file keeps the leases. What relays keep is read in `reading` and given to them in `putting`, files in `files`;
//! `owed` are acknowledgements for those who are not there, `receipts` what relays signed.

mod files;
mod owed;
mod putting;
mod reading;
mod receipts;

use std::collections::{BTreeMap, BTreeSet};

use self::{owed::Owed, putting::Putting, reading::Reading, receipts::Receipts};
use super::{Effect, Engine, Turn, loading::Reader};
use crate::{
    proto::{
        record::Class,
        time::{HOUR, MINUTE, SECOND, Timestamp},
    },
    wire::{
        id::{PeerId, TopicKey},
        limits,
        mailbox::{Lease, Link, RelayLimits, release_to_sign},
    },
};

/// For how long a topic is leased where nothing is kept. Such a relay forgets all leases when it
/// restarts, so a longer lease would be worth no more.
const LEASE_MS: u64 = HOUR;

/// Leases are renewed this long before they end, at the latest.
const MARGIN_MS: u64 = 5 * MINUTE;

/// Whatever a relay's clock says, a lease is not renewed more often than this.
const SHORTEST_MS: u64 = MINUTE;

/// Until a refused lease is asked for again.
const FIRST_WAIT_MS: u64 = 5 * SECOND;

const LONGEST_WAIT_MS: u64 = 10 * MINUTE;

/// A lease without any answer within this time is asked for again.
const LOST_MS: u64 = MINUTE;

/// The relays that let us in, and what is remembered of relays.
#[derive(Default)]
pub(super) struct Relays {
    connected: BTreeMap<PeerId, Relay>,
    reading: Reading,
    owed: Owed,
    receipts: Receipts,
}

struct Relay {
    challenge: [u8; 32],
    /// For how long a topic is leased.
    lease_ms: u64,
    /// Which database it keeps frames in, if it does.
    store: Option<[u8; 16]>,
    /// Whether it forwards topics.
    gossip: bool,
    /// One for each topic that we take part in.
    leases: BTreeMap<TopicKey, Held>,
    reads: reading::Reads,
    puts: Putting,
}

#[derive(Clone, Copy)]
struct Held {
    /// When to ask for it, or to ask for it again.
    due: Timestamp,
    /// Until the next attempt if the relay refuses.
    wait_ms: u64,
    /// Whether the relay carries the topic now.
    granted: bool,
}

impl Held {
    fn wanted(now: Timestamp) -> Self {
        Self {
            due: now,
            wait_ms: FIRST_WAIT_MS,
            granted: false,
        }
    }
}

impl Relay {
    /// Whether it keeps what this topic carries.
    fn keeps(&self, topic: &TopicKey) -> bool {
        self.store.is_some() && self.leases.get(topic).is_some_and(|held| held.granted)
    }

    fn link(&self, relay: PeerId, client: PeerId) -> Link {
        Link {
            relay,
            client,
            challenge: self.challenge,
        }
    }
}

impl Relays {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let relays = self.connected.values();
        let due = relays.flat_map(|relay| {
            let leases = relay.leases.values().map(|held| held.due);
            leases
                .chain(relay.reads.poll_timeout())
                .chain(relay.puts.poll_timeout())
        });
        let owed = self
            .owed
            .poll_timeout()
            .filter(|_| !self.connected.is_empty());
        due.chain(owed).chain(self.receipts.poll_timeout()).min()
    }

    /// How many topics a relay carries for us; `None` if it does not let us in.
    pub(super) fn carried(&self, relay: &PeerId) -> Option<usize> {
        let leases = self.connected.get(relay)?.leases.values();
        Some(leases.filter(|held| held.granted).count())
    }

    /// The relay is gone, and what it granted on its connection with it.
    pub(super) fn forget(&mut self, relay: &PeerId) {
        self.connected.remove(relay);
    }

    /// The records that changed.
    pub(super) fn records(
        &self,
        (places, owed): (BTreeSet<(PeerId, TopicKey)>, BTreeSet<TopicKey>),
    ) -> Vec<(Class, Vec<u8>, Option<Vec<u8>>)> {
        let places = places.into_iter().map(|(relay, topic)| {
            let key = [relay.0, topic.0].concat();
            (Class::Mailbox, key, self.reading.record(relay, topic))
        });
        let owed = owed
            .into_iter()
            .map(|topic| (Class::Owed, topic.0.to_vec(), self.owed.record(&topic)));
        places.chain(owed).collect()
    }
}

impl Engine {
    /// Takes back what is remembered of mailboxes: places, debts and receipts.
    pub(super) fn load_mailboxes(&mut self, reader: &mut Reader, now: Timestamp) {
        let relays = &mut self.relays;
        reader.each(Class::Mailbox, |key, record| {
            relays.reading.restore(key, record)
        });
        reader.each(Class::Owed, |key, record| {
            relays.owed.restore(key, record, now)
        });
        reader.each(Class::Custody, |key, record| {
            for id in relays.receipts.restore(key.to_vec(), record)? {
                self.outbox.kept(&id, now);
            }
            Some(())
        });
    }

    /// A relay lets us in: every topic that we take part in is leased.
    pub(super) fn on_relay_challenge(
        &mut self,
        turn: &mut Turn<'_>,
        relay: PeerId,
        challenge: [u8; 32],
        (limits, store): (RelayLimits, Option<[u8; 16]>),
    ) {
        let is_room = self.relays.connected.len() < limits::RELAYS;
        if !is_room && !self.relays.connected.contains_key(&relay) {
            return;
        }
        let heard = self.channels.iter().filter(|(_, (chat, _))| {
            let direct = self.chats.get(chat);
            direct.is_some_and(|direct| self.is_heard(&direct.person))
                || self.groups.contains_key(chat)
        });
        let leases = heard
            .map(|(topic, _)| (*topic, Held::wanted(turn.now)))
            .collect();
        let longest = u64::from(limits.lease_s.min(limits::LEASE_S)).saturating_mul(SECOND);
        let held = Relay {
            challenge,
            lease_ms: if store.is_some() {
                longest.max(SHORTEST_MS)
            } else {
                LEASE_MS
            },
            store,
            gossip: limits.gossip,
            leases,
            reads: reading::Reads::default(),
            puts: Putting::default(),
        };
        self.relays.connected.insert(relay, held);
    }

    pub(super) fn on_leased(
        &mut self,
        turn: &mut Turn<'_>,
        relay: PeerId,
        topic: TopicKey,
        until: Option<Timestamp>,
    ) {
        let now = turn.now;
        let Some(held) = self.relays.connected.get_mut(&relay) else {
            return;
        };
        let lease_ms = held.lease_ms;
        let Some(lease) = held.leases.get_mut(&topic) else {
            return;
        };
        let before = lease.granted;
        *lease = match until {
            Some(until) => Held {
                due: now.plus(renewal_ms(until, now, lease_ms)),
                granted: true,
                ..Held::wanted(now)
            },
            None => Held {
                due: now.plus(lease.wait_ms),
                wait_ms: lease.wait_ms.saturating_mul(2).min(LONGEST_WAIT_MS),
                granted: false,
            },
        };
        if !before && held.keeps(&topic) {
            let is_new = self.begin_to_read(turn, relay, topic);
            self.deposit_all(now, (relay, topic), is_new);
            self.relays.owed.hurry(&topic, now);
        }
    }

    /// We take part in a topic: relays shall carry it.
    pub(super) fn lease(&mut self, now: Timestamp, topic: TopicKey) {
        for relay in self.relays.connected.values_mut() {
            let wanted = Held::wanted(now);
            relay.leases.entry(topic).or_insert(wanted);
        }
    }

    /// We no longer take part in a topic. Call it while its key is known.
    pub(super) fn release(&mut self, turn: &mut Turn<'_>, topic: TopicKey) {
        let client = self.peer();
        let Some((_, channel)) = self.channels.get(&topic) else {
            return;
        };
        for (peer, relay) in &mut self.relays.connected {
            if relay.leases.remove(&topic).is_some_and(|held| held.granted) {
                let link = relay.link(*peer, client);
                let auth = channel.relay_auth(&release_to_sign(&topic, &link));
                let relay = *peer;
                turn.effect(Effect::Release { relay, topic, auth });
            }
        }
    }

    /// Nothing more is read on a topic, or acknowledged.
    pub(super) fn forget_mailboxes(&mut self, topic: TopicKey) {
        for relay in self.relays.connected.values_mut() {
            relay.reads.forget(&topic);
        }
        for relay in self.relays.reading.forget(topic) {
            self.dirty.mailboxes.insert((relay, topic));
        }
        if self.relays.owed.forget(&topic) {
            self.dirty.owed.insert(topic);
        }
    }

    /// Asks for the leases that are due, and goes on with what relays keep.
    pub(super) fn handle_relays(&mut self, turn: &mut Turn<'_>) {
        self.handle_leases(turn);
        self.handle_reading(turn);
        self.handle_owed(turn);
        self.handle_putting(turn);
        self.handle_receipts(turn);
    }

    fn handle_leases(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let client = self.peer();
        let mut due = Vec::new();
        for (peer, relay) in &mut self.relays.connected {
            let link = relay.link(*peer, client);
            let ttl_s = u32::try_from(relay.lease_ms / SECOND).unwrap_or(limits::LEASE_S);
            for (topic, held) in &mut relay.leases {
                if held.due <= now {
                    held.due = now.plus(LOST_MS);
                    due.push((*peer, *topic, link, ttl_s));
                }
            }
        }
        for (relay, topic, link, ttl_s) in due {
            let readers = self.readers_of(&topic);
            let Some((_, channel)) = self.channels.get(&topic) else {
                continue;
            };
            let mut lease = Lease {
                topic,
                ttl_s,
                readers,
                auth: [0; 64],
            };
            lease.auth = channel.relay_auth(&lease.to_sign(&link));
            turn.effect(Effect::Lease { relay, lease });
        }
    }

    /// How many devices read a topic, when what all of them have may go; 0: never early. In a group one
    /// member could speak for all.
    fn readers_of(&self, topic: &TopicKey) -> u8 {
        let chat = self.channels.get(topic).map(|(chat, _)| *chat);
        let direct = chat.and_then(|chat| self.chats.get(&chat));
        let theirs = direct.map_or(0, |direct| self.devices_of(&direct.person).len());
        if theirs == 0 {
            return 0;
        }
        // We fetch what we put, too, and say so.
        let all = theirs.saturating_add(self.own.list.devices().len());
        u8::try_from(all).unwrap_or(0)
    }
}

/// Until a lease is renewed. A relay whose clock differs from ours is not believed.
fn renewal_ms(until: Timestamp, now: Timestamp, lease_ms: u64) -> u64 {
    let left = until.since(now).saturating_sub(MARGIN_MS);
    left.clamp(SHORTEST_MS, (lease_ms / 2).max(SHORTEST_MS))
}
