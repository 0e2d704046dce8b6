//! What a host wants done, once it is committed.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

use super::{
    invariants::{MARK, Rule},
    world::{Happening, World},
};
use crate::{
    proto::{
        engine::{Effect, Input, event::EngineEvent},
        outbox::stored_frame,
        record::{Class, PageBounds},
    },
    wire::{
        direct::Direct,
        frame::frame_id,
        hello::{HelloReply, HelloRequest},
        id::{FrameId, PeerId, TopicKey},
        limits,
    },
};

impl World {
    pub(super) fn release(&mut self, host: usize, effect: Effect) {
        match effect {
            Effect::Write(_) | Effect::Dial(..) | Effect::Announce(_) => {}
            Effect::Send(peer, message) => self.send(host, peer, &message),
            Effect::SendStored(peer, id) => {
                if let Some((topic, frame)) = self.stored(host, &id) {
                    let frame = frame.into();
                    self.send(host, peer, &Direct::Frame { topic, frame });
                }
            }
            Effect::Publish(topic, frame) => self.publish(host, topic, &frame),
            Effect::PublishStored(id) => {
                if let Some((topic, frame)) = self.stored(host, &id) {
                    self.publish(host, topic, &frame);
                }
            }
            Effect::Subscribe(topic) => self.subscribe(host, topic),
            Effect::Unsubscribe(topic) => {
                if let Some(held) = self.hosts.get_mut(host) {
                    held.topics.remove(&topic);
                }
            }
            Effect::Authorise(peer, _) => self.authorise(host, peer),
            Effect::Revoke(peer) => {
                if let Some(held) = self.hosts.get_mut(host) {
                    held.allowed.remove(&peer);
                }
                if let Some(other) = self.host_of(peer) {
                    self.disconnect(host, other);
                }
            }
            Effect::Ask {
                ask,
                to,
                mut request,
                attach,
                ..
            } => {
                if let HelloRequest::Intro(intro) = request.as_mut() {
                    let mut size = 4096;
                    let frames = attach.iter().filter_map(|id| self.stored(host, id));
                    for (_, frame) in frames {
                        size += frame.len();
                        if size > limits::HELLO {
                            break;
                        }
                        intro.frames.push(frame.into());
                    }
                }
                let bytes = request.encode();
                self.says(host, &bytes);
                let life = self.life(host);
                let lost = Happening::HelloLost {
                    from: host,
                    life,
                    ask,
                };
                self.at(10_000, lost);
                let links = self.network.links;
                if let Some(to) = self.host_of(to)
                    && !self.network.chance(links.loss)
                {
                    self.gets(to, bytes.len());
                    let delay = self.network.delay();
                    let hello = Happening::Hello {
                        from: host,
                        to,
                        ask,
                        request,
                    };
                    self.at(delay, hello);
                }
            }
            Effect::Answer(ticket, reply) => {
                let Some((asker, life, ask)) = self.tickets.remove(&(host, ticket)) else {
                    return;
                };
                let bytes = reply.encode();
                self.says(host, &bytes);
                let links = self.network.links;
                if !self.network.chance(links.loss) {
                    self.gets(asker, bytes.len());
                    let reply = HelloReply::decode(&bytes).ok();
                    let delay = self.network.delay();
                    let input = Box::new(Input::Answered { ask, reply });
                    self.at(delay, Happening::Input(asker, life, input));
                }
            }
            Effect::Lease { relay, lease } => self.asked_for_lease(host, relay, lease),
            Effect::Release { relay, topic, .. } => self.released(host, relay, topic),
            Effect::AskRelay(relay, request) => self.asked_relay(host, relay, &request),
            Effect::Deposit {
                relay,
                stored,
                made,
            } => self.deposited(host, relay, &stored, made),
            Effect::Emit(event) => self.tell(host, &event),
            Effect::Reply(id, reply) => {
                if let Some(held) = self.hosts.get_mut(host) {
                    held.replies.insert(id, reply);
                }
            }
            read => self.read(host, read),
        }
    }

    /// What a host reads on its disk comes back to it.
    fn read(&mut self, host: usize, effect: Effect) {
        let Some(held) = self.hosts.get(host) else {
            return;
        };
        let disk = &held.disk;
        let input = match effect {
            Effect::Load(chat, counter) => {
                let row = disk.row_at(chat, held.device, counter);
                Input::Loaded(chat, counter, row.map(Box::new))
            }
            Effect::LoadSaid {
                chat,
                device,
                counter,
            } => match disk.row_at(chat, device, counter) {
                Some(row) => Input::Said(Box::new(row)),
                None => return,
            },
            Effect::LoadIds(chat, device, counters) => {
                let id = |counter| disk.row_at(chat, device, counter).map(|row| row.id);
                let found = counters.into_iter().map(|counter| (counter, id(counter)));
                Input::Ids(chat, device, found.collect())
            }
            Effect::Sift(mut rows) => {
                rows.retain(|row| !disk.holds(&row.id));
                Input::Sifted(rows)
            }
            Effect::SiftGiven { chat, from, rows } => {
                let (here, rows): (Vec<_>, Vec<_>) =
                    rows.into_iter().partition(|row| disk.holds(&row.id));
                let here = here.iter().map(|row| (row.device, row.counter)).collect();
                Input::SiftedGiven {
                    chat,
                    from,
                    rows,
                    here,
                }
            }
            Effect::LoadToGive(fetch) => {
                let read =
                    |device, number| Ok::<_, Infallible>(disk.row_at(fetch.chat, device, number));
                let Ok(rows) = fetch.read(read);
                Input::ToGive(fetch, rows)
            }
            Effect::LoadHistory(asked) => {
                let before = asked.before.filter(|id| disk.message(id).is_some());
                let page = PageBounds {
                    before,
                    after: None,
                    limit: limits::HISTORY_PART,
                };
                let mut rows = Vec::new();
                for stored in disk.page(asked.chat, page).into_iter().rev() {
                    let acts = disk.acts(asked.chat, stored.row.id);
                    rows.push(stored.row);
                    rows.extend(acts);
                }
                Input::History(asked, rows)
            }
            _ => return,
        };
        self.later(1, host, input);
    }

    /// A face is told something, and what it shows has to be so.
    fn tell(&mut self, host: usize, event: &EngineEvent) {
        if let EngineEvent::Status {
            chat,
            counters,
            person,
            state,
        } = event
        {
            let (ledger, hosts) = (&mut self.ledger, &self.hosts);
            ledger.shown(hosts, host, (*chat, *person), counters.clone(), *state);
        }
    }

    fn subscribe(&mut self, host: usize, topic: TopicKey) {
        let Some(held) = self.hosts.get_mut(host) else {
            return;
        };
        held.topics.insert(topic);
        let peer = held.peer;
        for other in self.network.connected(host) {
            if !self.is_open(host, other) {
                continue;
            }
            self.later(1, other, Input::Subscribed(peer, topic));
            // Those who said before us that they take part say it only once.
            let theirs = self.hosts.get(other);
            let theirs = theirs.filter(|held| held.topics.contains(&topic));
            if let Some(peer) = theirs.map(|held| held.peer) {
                self.later(1, host, Input::Subscribed(peer, topic));
            }
        }
    }

    fn authorise(&mut self, host: usize, peer: PeerId) {
        let Some(other) = self.host_of(peer) else {
            return;
        };
        let held = self.hosts.get_mut(host);
        if held.is_some_and(|held| held.allowed.insert(peer)) {
            self.disconnect(host, other);
        }
        self.wish(host, other);
    }

    pub(super) fn stored(&self, host: usize, id: &FrameId) -> Option<(TopicKey, Vec<u8>)> {
        let record = self.hosts.get(host)?.disk.record(Class::Outbox, &id.0)?;
        stored_frame(&record)
    }

    fn send(&mut self, host: usize, peer: PeerId, message: &Direct) {
        let Some(other) = self.host_of(peer) else {
            return;
        };
        let Some(connection) = self.network.connection(host, other) else {
            return;
        };
        let links = self.network.links;
        if !self.is_open(host, other) || self.network.chance(links.full) {
            return;
        }
        if self.network.chance(links.breaks) {
            self.disconnect(host, other);
            self.wish(host, other);
            return;
        }
        let bytes = message.encode();
        // What members make each other complete with is read by who it is for, at the other end of an
        // encrypted connection (ADR 0021).
        if matches!(message, Direct::Sync { .. }) {
            self.counts(host, &bytes);
        } else {
            self.says(host, &bytes);
        }
        self.gets(other, bytes.len());
        let Ok(message) = Direct::decode(&bytes) else {
            let text = format!("host {host} said what nobody can decode");
            self.ledger.broken(Rule::Decodes, text);
            return;
        };
        let at = self.now.plus(self.network.delay());
        let at = self.network.arrival(host, other, at);
        let direct = Happening::Direct {
            from: host,
            to: other,
            connection,
            message: Box::new(message),
        };
        self.at(at.since(self.now), direct);
    }

    fn publish(&mut self, host: usize, topic: TopicKey, frame: &[u8]) {
        self.says(host, frame);
        self.publish_to_relays(host, topic, frame);
        if !self.network.passes(topic, frame, self.now) {
            return;
        }
        for other in self.gossip_reaches(host, topic) {
            let links = self.network.links;
            let copies = 1 + u32::from(self.network.chance(links.double));
            for _ in 0..copies {
                if !self.network.chance(links.loss) {
                    self.deliver(other, topic, frame);
                }
            }
        }
    }

    /// A frame comes to a host that takes part in its topic.
    pub(super) fn deliver(&mut self, host: usize, topic: TopicKey, frame: &[u8]) {
        let held = self.hosts.get(host);
        let Some(held) = held.filter(|held| held.topics.contains(&topic)) else {
            return;
        };
        let seen = held.disk.seen(&frame_id(frame));
        self.gets(host, frame.len());
        let frame = frame.to_vec();
        let delay = self.network.delay();
        self.later(delay, host, Input::Gossip { topic, frame, seen });
    }

    /// Whom gossip of a host comes to: whoever takes part in the topic forwards it.
    fn gossip_reaches(&self, host: usize, topic: TopicKey) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([host]);
        let mut next = vec![host];
        while let Some(from) = next.pop() {
            for other in self.network.connected(from) {
                let held = self.hosts.get(other);
                let on_topic = held.is_some_and(|held| held.topics.contains(&topic));
                if on_topic && self.is_open(from, other) && reached.insert(other) {
                    next.push(other);
                }
            }
        }
        reached.remove(&host);
        reached
    }

    /// Counts what a host says where others than who it is for see it. They must not be able to read it.
    pub(super) fn says(&mut self, host: usize, bytes: &[u8]) {
        self.counts(host, bytes);
        if is_marked(bytes) {
            let text = format!("host {host} said a text that everybody on the way can read");
            self.ledger.broken(Rule::Sealed, text);
        }
    }

    fn counts(&mut self, host: usize, bytes: &[u8]) {
        if let Some(held) = self.hosts.get_mut(host) {
            held.cost.messages_out += 1;
            held.cost.bytes_out += length(bytes.len());
        }
    }

    pub(super) fn gets(&mut self, host: usize, bytes: usize) {
        if let Some(held) = self.hosts.get_mut(host) {
            held.cost.messages_in += 1;
            held.cost.bytes_in += length(bytes);
        }
    }
}

/// Whether the mark that stands in every text is in these bytes.
fn is_marked(bytes: &[u8]) -> bool {
    let mark = MARK.as_bytes();
    let mut left = bytes;
    while let Some(at) = left.iter().position(|byte| mark.first() == Some(byte)) {
        left = left.get(at..).unwrap_or_default();
        if left.starts_with(mark) {
            return true;
        }
        left = left.get(1..).unwrap_or_default();
    }
    false
}

pub(super) fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// By message, what a map of them is keyed with.
pub(super) type ByMessage<T> = BTreeMap<crate::proto::id::MessageId, T>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_can_be_read_is_found_wherever_it_stands() {
        let near = MARK.as_bytes()[..MARK.len() - 1].repeat(3);
        for (before, after) in [("", ""), ("s", "s"), ("sim-", "sim-said"), ("ssim", "")] {
            let said = [before, MARK, "7", after].concat();

            assert!(is_marked(said.as_bytes()), "{said}");
        }
        assert!(!is_marked(&near));
        assert!(!is_marked(b""));
    }
}
