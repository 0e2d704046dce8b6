//! What an operator may want to know, counted.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::wire::mailbox::{PutStatus, Refusal};

/// A number that goes up, or up and down.
#[derive(Debug, Default)]
pub(super) struct Number(AtomicU64);

impl Number {
    pub(super) fn set(&self, to: u64) {
        self.0.store(to, Ordering::Relaxed);
    }

    pub(super) fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All numbers.
#[derive(Debug, Default)]
pub(super) struct Stats {
    pub(super) connections: Number,
    pub(super) forwarded_topics: Number,
    pub(super) forwarded_frames: Number,
    pub(super) mailboxes: Number,
    pub(super) frames: Number,
    pub(super) bytes: Number,
    pub(super) disk_free: Number,
    /// Whether the database takes anything.
    pub(super) is_open: Number,
    /// Whether there are mailboxes at all.
    pub(super) keeps: Number,
    /// Whether the disk is low.
    pub(super) is_low: Number,
    pub(super) fetches: Number,
    pub(super) files: Number,
    pub(super) file_bytes: Number,
    pub(super) file_bytes_in: Number,
    pub(super) file_bytes_out: Number,
    /// By [`PutStatus`].
    puts: [Number; 6],
    /// By [`Refusal`].
    refusals: [Number; 6],
    /// Up to each of [`BOUNDS_MS`], and above.
    commits: [Number; BOUNDS_MS.len() + 1],
    commit_us: Number,
}

const BOUNDS_MS: [u64; 7] = [1, 3, 10, 30, 100, 300, 1000];

impl Stats {
    pub(super) fn put(&self, status: PutStatus) {
        let (at, _) = put_name(status);
        if let Some(number) = self.puts.get(at) {
            number.add(1);
        }
    }

    pub(super) fn refused(&self, refusal: Refusal) {
        let (at, _) = refusal_name(refusal);
        if let Some(number) = self.refusals.get(at) {
            number.add(1);
        }
    }

    pub(super) fn committed(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS_MS.partition_point(|bound| bound.saturating_mul(1000) < us);
        if let Some(number) = self.commits.get(at) {
            number.add(1);
        }
        self.commit_us.add(us);
    }

    /// Whether the relay does all that it is for, and a sentence.
    pub(super) fn health(&self) -> (bool, &'static str) {
        match (self.is_open.get(), self.is_low.get(), self.keeps.get()) {
            (_, _, 0) => (true, "It forwards, and keeps nothing.\n"),
            (0, _, _) => (
                false,
                "The mailboxes are not open: look at the disk and the log.\n",
            ),
            (_, 0, _) => (true, "It is well.\n"),
            _ => (
                false,
                "The disk is low: nothing more is kept until there is room.\n",
            ),
        }
    }

    /// All of it as Prometheus reads it.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        let gauges = [
            ("connections", "Connections now.", &self.connections),
            (
                "forwarded_topics",
                "Topics that are forwarded by gossip now.",
                &self.forwarded_topics,
            ),
            ("mailboxes", "Topics that are kept.", &self.mailboxes),
            ("frames", "Frames that are kept.", &self.frames),
            (
                "bytes",
                "What is kept, in bytes, as quotas count it.",
                &self.bytes,
            ),
            ("files", "Files that are kept.", &self.files),
            (
                "file_bytes",
                "What is kept of files, in bytes, as quotas count it.",
                &self.file_bytes,
            ),
            (
                "disk_free_bytes",
                "Free on the disk of the mailboxes.",
                &self.disk_free,
            ),
            (
                "disk_low",
                "1 while nothing is kept for want of room.",
                &self.is_low,
            ),
            (
                "open",
                "1 while the database takes anything.",
                &self.is_open,
            ),
        ];
        for (name, help, number) in gauges {
            head(&mut out, name, help, "gauge");
            let _ = writeln!(out, "betwixt_relay_{name} {}", number.get());
        }
        let counters = [
            (
                "forwarded_frames_total",
                "Frames forwarded by gossip.",
                &self.forwarded_frames,
            ),
            ("fetches_total", "Fetches answered.", &self.fetches),
            (
                "file_bytes_in_total",
                "Bytes of files that clients put.",
                &self.file_bytes_in,
            ),
            (
                "file_bytes_out_total",
                "Bytes of files that clients got.",
                &self.file_bytes_out,
            ),
        ];
        for (name, help, number) in counters {
            head(&mut out, name, help, "counter");
            let _ = writeln!(out, "betwixt_relay_{name} {}", number.get());
        }
        head(
            &mut out,
            "puts_total",
            "Frames that were put, by what became of them.",
            "counter",
        );
        for status in PUTS {
            let (at, name) = put_name(status);
            let count = self.puts.get(at).map_or(0, Number::get);
            let _ = writeln!(out, "betwixt_relay_puts_total{{status=\"{name}\"}} {count}");
        }
        head(
            &mut out,
            "refusals_total",
            "Requests that were refused, by reason.",
            "counter",
        );
        for refusal in REFUSALS {
            let (at, name) = refusal_name(refusal);
            let count = self.refusals.get(at).map_or(0, Number::get);
            let _ = writeln!(
                out,
                "betwixt_relay_refusals_total{{reason=\"{name}\"}} {count}"
            );
        }
        self.histogram(&mut out);
        out
    }

    fn histogram(&self, out: &mut String) {
        head(out, "commit_seconds", "How long commits take.", "histogram");
        let mut count = 0;
        for (at, number) in self.commits.iter().enumerate() {
            count += number.get();
            let bound = BOUNDS_MS.get(at).map(|ms| format!("0.{ms:03}"));
            let bound = match bound.as_deref() {
                Some("0.1000") => "1".to_owned(),
                Some(bound) => bound.to_owned(),
                None => "+Inf".to_owned(),
            };
            let _ = writeln!(
                out,
                "betwixt_relay_commit_seconds_bucket{{le=\"{bound}\"}} {count}"
            );
        }
        let us = self.commit_us.get();
        let _ = writeln!(
            out,
            "betwixt_relay_commit_seconds_sum {}.{:06}",
            us / 1_000_000,
            us % 1_000_000
        );
        let _ = writeln!(out, "betwixt_relay_commit_seconds_count {count}");
    }
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(out, "# HELP betwixt_relay_{name} {help}");
    let _ = writeln!(out, "# TYPE betwixt_relay_{name} {kind}");
}

const PUTS: [PutStatus; 6] = [
    PutStatus::Stored,
    PutStatus::Known,
    PutStatus::Invalid,
    PutStatus::NotLeased,
    PutStatus::Full,
    PutStatus::Forwarded,
];

fn put_name(status: PutStatus) -> (usize, &'static str) {
    match status {
        PutStatus::Stored => (0, "stored"),
        PutStatus::Known => (1, "known"),
        PutStatus::Invalid => (2, "invalid"),
        PutStatus::NotLeased => (3, "not_leased"),
        PutStatus::Full => (4, "full"),
        PutStatus::Forwarded => (5, "forwarded"),
    }
}

const REFUSALS: [Refusal; 6] = [
    Refusal::NotAllowed,
    Refusal::NotHere,
    Refusal::Full,
    Refusal::TooFast,
    Refusal::TooLarge,
    Refusal::Unsupported,
];

fn refusal_name(refusal: Refusal) -> (usize, &'static str) {
    match refusal {
        Refusal::NotAllowed => (0, "not_allowed"),
        Refusal::NotHere => (1, "not_here"),
        Refusal::Full => (2, "full"),
        Refusal::TooFast => (3, "too_fast"),
        Refusal::TooLarge => (4, "too_large"),
        Refusal::Unsupported => (5, "unsupported"),
    }
}
