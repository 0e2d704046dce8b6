//! Sealed files, kept for those who are not there (protocol §6.2, ADR 0033).
//!
//! ```text
//! files/NAME.note   whose file it is, until when, and who has it: what counts
//! files/NAME.*      the file, as `blobs` keeps it
//! ```
//!
//! `NAME` is a hash of the topic and the file's name. What has no note is removed at the next start, so a file
//! is there once its note is, and the notes are all that is counted. What is over a quota is refused. Nothing
//! is ever put out for something new.

mod host;
mod note;
mod shelf;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

pub(super) use host::{Host, Knock, seats};
pub(super) use shelf::Shelf;

/// How much is kept of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileQuotas {
    /// How long a file is kept, in milliseconds.
    pub keep_ms: u64,
    /// Encrypted bytes of one file.
    pub file: u64,
    /// Bytes of all files of one topic.
    pub topic: u64,
    /// Bytes of all files that one client put.
    pub client: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes that are left free on the disk.
    pub min_free: u64,
}
