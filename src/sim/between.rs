//! What is between two hosts: cables, connections, and what comes over them.

use std::net::{IpAddr, Ipv4Addr};

use super::world::{Happening, World, address, number};
use crate::{
    proto::{
        engine::{
            Input,
            input::{AskId, Ticket},
        },
        id::MessageId,
    },
    wire::{direct::Direct, frame::frame_id, hello::HelloRequest},
};

impl World {
    /// Cuts the cable between two hosts, or mends it.
    pub fn part(&mut self, a: usize, b: usize, parted: bool) {
        if parted {
            self.network.part(a, b);
            self.disconnect(a, b);
        } else {
            self.network.mend(a, b);
            self.wish(a, b);
        }
    }

    /// Hosts below one and those from it on no longer reach each other.
    pub fn split(&mut self, at: usize) {
        self.network.split(Some(at));
        for host in 0..at.min(self.hosts.len()) {
            for other in self.network.connected(host) {
                if self.network.is_parted(host, other) {
                    self.disconnect(host, other);
                }
            }
        }
    }

    /// Every cable is whole.
    pub fn mend_all(&mut self) {
        self.network.mend_all();
        for host in 0..self.hosts.len() {
            let allowed = self.hosts.get(host).map(|held| held.allowed.clone());
            for peer in allowed.unwrap_or_default() {
                if let Some(other) = self.host_of(peer) {
                    self.wish(host, other);
                }
            }
        }
    }

    /// Whether gossip and the direct stream are open between two hosts.
    pub fn is_open(&self, a: usize, b: usize) -> bool {
        let (Some(one), Some(other)) = (self.hosts.get(a), self.hosts.get(b)) else {
            return false;
        };
        a != b
            && self.network.connection(a, b).is_some()
            && one.allowed.contains(&other.peer)
            && other.allowed.contains(&one.peer)
    }

    /// The supervisor tries to connect soon.
    pub fn wish(&mut self, a: usize, b: usize) {
        let delay = 100 + self.network.delay();
        self.at(delay, Happening::Connect(a, b));
    }

    pub fn connect(&mut self, a: usize, b: usize) {
        let (Some(one), Some(other)) = (self.up(a), self.up(b)) else {
            return;
        };
        let is_there = self.network.connection(a, b).is_some();
        if a == b || is_there || self.network.is_parted(a, b) {
            return;
        }
        let peers = [(a, b, other.peer), (b, a, one.peer)];
        self.next += 1;
        self.network.connect(a, b, self.next);
        for (host, other, peer) in peers {
            let held = self.hosts.get(host);
            let authorised = held.is_some_and(|held| held.allowed.contains(&peer));
            let connected = Input::Connected {
                peer,
                address: address(other),
                authorised,
            };
            self.input(host, connected);
        }
        for (host, other, peer) in peers {
            if self.is_open(host, other) {
                let topics = self.hosts.get(other).map(|held| held.topics.clone());
                for topic in topics.unwrap_or_default() {
                    self.later(1, host, Input::Subscribed(peer, topic));
                }
            }
        }
    }

    pub fn disconnect(&mut self, a: usize, b: usize) {
        if !self.network.disconnect(a, b) {
            return;
        }
        for (host, other) in [(a, b), (b, a)] {
            let Some(peer) = self.hosts.get(other).map(|held| held.peer) else {
                continue;
            };
            self.input(host, Input::Disconnected(peer));
            let held = self.hosts.get(host);
            if held.is_some_and(|held| held.allowed.contains(&peer)) {
                self.wish(host, other);
            }
        }
    }

    pub fn hello(&mut self, from: usize, to: usize, ask: AskId, request: HelloRequest) {
        if self.up(to).is_none() || self.network.is_parted(from, to) {
            return;
        }
        let Some((peer, life)) = self.up(from).map(|held| (held.peer, held.life)) else {
            return;
        };
        self.connect(from, to);
        self.next += 1;
        let ticket = Ticket(self.next);
        self.tickets.insert((to, ticket), (from, life, ask));
        let hello = Input::Hello {
            from: peer,
            ip: Some(ip(from)),
            ticket,
            request,
        };
        self.input(to, hello);
    }

    pub fn hear(&mut self, host: usize, from: usize, message: Direct) {
        if let Direct::Frame { topic, frame } = &message
            && !self.network.passes(*topic, frame, self.now)
        {
            return;
        }
        let (Some(held), Some(speaker)) = (self.hosts.get(host), self.hosts.get(from)) else {
            return;
        };
        let from = speaker.peer;
        let seen = match &message {
            Direct::Frame { frame, .. } => held.disk.seen(&frame_id(frame)),
            Direct::Held { .. }
            | Direct::Want { .. }
            | Direct::Heads { .. }
            | Direct::Sync { .. }
            | Direct::Have { .. }
            | Direct::Receipt(_) => false,
        };
        let input = if let Direct::Receipt(receipt) = message {
            let own = receipt.messages.iter().map(|id| {
                let row = held.disk.row(&MessageId((*id).into()))?;
                let is_own = row.device == held.device && row.chat.0 == receipt.chat;
                is_own.then_some(row.counter)
            });
            let own = own.collect();
            Input::Receipt { from, receipt, own }
        } else {
            Input::Direct {
                from,
                message,
                seen,
            }
        };
        self.input(host, input);
    }
}

/// Each host has an address of its own in 10.0.0.0/8.
fn ip(host: usize) -> IpAddr {
    let [_, a, b, c] = number(host).to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(10, a, b, c))
}
