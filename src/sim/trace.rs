//! A hash over everything that happened to every host, and everything that came of it, in order.

use std::fmt::{self, Write as _};

use crate::{
    proto::{
        engine::{Effect, Input},
        record::Write,
        time::Timestamp,
    },
    wire::direct::Direct,
};

/// The hash so far.
#[derive(Clone, Default)]
pub struct Trace {
    hasher: blake3::Hasher,
    steps: u64,
}

impl Trace {
    /// How many things happened to hosts.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The hash, in hex.
    pub fn hash(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }

    /// Something happens to a host.
    pub fn input(&mut self, host: usize, now: Timestamp, input: &Input) {
        self.steps += 1;
        self.number(now.0);
        self.number(u64::try_from(host).unwrap_or(u64::MAX));
        match input {
            Input::Direct { message, seen, .. } => {
                self.text(if *seen { "direct, seen" } else { "direct" });
                self.direct(message);
            }
            Input::Gossip { topic, frame, seen } => {
                self.text(if *seen { "gossip, seen" } else { "gossip" });
                self.bytes(&topic.0);
                self.bytes(frame);
            }
            other => self.debug(other),
        }
    }

    /// What came of it.
    pub fn effects(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Write(Write::Put(class, key, value)) => {
                    self.debug(class);
                    self.bytes(key);
                    self.bytes(value);
                }
                Effect::Write(Write::Message(row)) => {
                    self.bytes(&row.id.0);
                    self.number(row.created.0);
                    self.bytes(&row.content);
                }
                Effect::Send(peer, message) => {
                    self.bytes(&peer.0);
                    self.direct(message);
                }
                Effect::Publish(topic, frame) => {
                    self.bytes(&topic.0);
                    self.bytes(frame);
                }
                Effect::Reply(id, Ok(_)) => self.number(id.0),
                other => self.debug(other),
            }
        }
    }

    fn direct(&mut self, message: &Direct) {
        self.bytes(&message.encode());
    }

    fn number(&mut self, number: u64) {
        self.hasher.update(&number.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.hasher.update(bytes);
    }

    fn debug(&mut self, what: &impl fmt::Debug) {
        // Writing to a hasher does not fail.
        let _ = write!(Sink(&mut self.hasher), "{what:?};");
    }
}

struct Sink<'a>(&'a mut blake3::Hasher);

impl fmt::Write for Sink<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}
