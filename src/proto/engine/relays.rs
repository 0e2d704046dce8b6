//! Leases: which topics relays carry for us (protocol §6.2).

use std::collections::BTreeMap;

use super::{Effect, Engine, Turn};
use crate::{
    proto::time::{HOUR, MINUTE, SECOND, Timestamp},
    wire::{
        id::{PeerId, TopicKey},
        limits,
        mailbox::{Lease, Link, release_to_sign},
    },
};

/// For how long a topic is leased. A relay that restarts forgets all of them, so a longer lease would
/// be worth no more.
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

/// The relays that let us in.
#[derive(Default)]
pub(super) struct Relays(BTreeMap<PeerId, Relay>);

struct Relay {
    challenge: [u8; 32],
    /// One for each topic that we take part in.
    leases: BTreeMap<TopicKey, Held>,
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

impl Relays {
    pub(super) fn poll_timeout(&self) -> Option<Timestamp> {
        let relays = self.0.values();
        let leases = relays.flat_map(|relay| relay.leases.values());
        leases.map(|held| held.due).min()
    }

    /// How many topics a relay carries for us; `None` if it does not let us in.
    pub(super) fn carried(&self, relay: &PeerId) -> Option<usize> {
        let leases = self.0.get(relay)?.leases.values();
        Some(leases.filter(|held| held.granted).count())
    }

    /// The relay is gone, and what it granted on its connection with it.
    pub(super) fn forget(&mut self, relay: &PeerId) {
        self.0.remove(relay);
    }
}

impl Engine {
    /// A relay lets us in: every topic that we take part in is leased.
    pub(super) fn on_relay_challenge(
        &mut self,
        turn: &mut Turn<'_>,
        relay: PeerId,
        challenge: [u8; 32],
    ) {
        let is_room = self.relays.0.len() < limits::RELAYS;
        if !is_room && !self.relays.0.contains_key(&relay) {
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
        self.relays.0.insert(relay, Relay { challenge, leases });
    }

    pub(super) fn on_leased(
        &mut self,
        turn: &mut Turn<'_>,
        relay: PeerId,
        topic: TopicKey,
        until: Option<Timestamp>,
    ) {
        let now = turn.now;
        let relay = self.relays.0.get_mut(&relay);
        let Some(held) = relay.and_then(|relay| relay.leases.get_mut(&topic)) else {
            return;
        };
        *held = match until {
            Some(until) => Held {
                due: now.plus(renewal_ms(until, now)),
                granted: true,
                ..Held::wanted(now)
            },
            None => Held {
                due: now.plus(held.wait_ms),
                wait_ms: held.wait_ms.saturating_mul(2).min(LONGEST_WAIT_MS),
                granted: false,
            },
        };
    }

    /// We take part in a topic: relays shall carry it.
    pub(super) fn lease(&mut self, now: Timestamp, topic: TopicKey) {
        for relay in self.relays.0.values_mut() {
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
        for (peer, relay) in &mut self.relays.0 {
            if relay.leases.remove(&topic).is_some_and(|held| held.granted) {
                let link = Link {
                    relay: *peer,
                    client,
                    challenge: relay.challenge,
                };
                let auth = channel.relay_auth(&release_to_sign(&topic, &link));
                let relay = *peer;
                turn.effect(Effect::Release { relay, topic, auth });
            }
        }
    }

    /// Asks for the leases that are due.
    pub(super) fn handle_relays(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let client = self.peer();
        for (peer, relay) in &mut self.relays.0 {
            let link = Link {
                relay: *peer,
                client,
                challenge: relay.challenge,
            };
            for (topic, held) in &mut relay.leases {
                if held.due > now {
                    continue;
                }
                held.due = now.plus(LOST_MS);
                let Some((_, channel)) = self.channels.get(topic) else {
                    continue;
                };
                let mut lease = Lease {
                    topic: *topic,
                    ttl_s: LEASE_S,
                    // It shall store nothing.
                    readers: 0,
                    auth: [0; 64],
                };
                lease.auth = channel.relay_auth(&lease.to_sign(&link));
                let relay = *peer;
                turn.effect(Effect::Lease { relay, lease });
            }
        }
    }
}

/// [`LEASE_MS`], as it is asked for.
#[allow(clippy::cast_possible_truncation, reason = "it is an hour")]
const LEASE_S: u32 = (LEASE_MS / SECOND) as u32;

/// Until a lease is renewed. A relay whose clock differs from ours is not believed.
fn renewal_ms(until: Timestamp, now: Timestamp) -> u64 {
    let left = until.since(now).saturating_sub(MARGIN_MS);
    left.clamp(SHORTEST_MS, LEASE_MS / 2)
}
