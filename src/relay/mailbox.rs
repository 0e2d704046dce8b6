//! Mailboxes: what leased topics carry, kept for those who are not there (protocol §6.2).
//!
//! One thread owns the database. It takes what is asked from a bounded queue, makes one durable commit
//! for all that came together, and only then answers. While the disk refuses, it refuses too, and
//! opens the database again.

mod boxes;
mod keeper;
mod log;
mod open;
mod rows;
#[cfg(test)]
mod tests;

pub(super) use keeper::{Answer, Ask, Keeper};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// How long a frame is kept, in milliseconds.
    pub keep_ms: u64,
    /// Bytes of one topic.
    pub topic_bytes: u64,
    /// Frames of one topic.
    pub topic_frames: u64,
    /// Topics of one client.
    pub topics_each: usize,
    /// Bytes of all topics that count against one client.
    pub client_bytes: u64,
    /// Topics in all.
    pub topics: usize,
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes that are left free on the disk.
    pub min_free: u64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            keep_ms: 7 * 24 * 60 * 60 * 1000,
            topic_bytes: 64 << 20,
            topic_frames: 10_000,
            topics_each: crate::wire::limits::TOPICS,
            client_bytes: 1 << 30,
            topics: 65_536,
            bytes: 20 << 30,
            min_free: 1 << 30,
        }
    }
}
