//! Figures that a reader can print again:
//! `cargo test --release --no-default-features --lib store::tests::figures -- --ignored --nocapture`
//!
//! `BETWIXT_STORE_MESSAGES` sets how many messages; 100,000 when not given.

use std::time::Instant;

use super::*;
use crate::{store::files::size_on_disk, wire::id::FrameId};

/// Resident memory that is our own, in KiB.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("RssAnon"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[ignore = "takes minutes"]
fn size_memory_and_time_of_a_large_store() {
    let messages = std::env::var("BETWIXT_STORE_MESSAGES").map_or(100_000, |n| n.parse().unwrap());
    let batch = |from: u32| -> Vec<Write> {
        let write = |n: u32| {
            let mut row = message(n);
            row.content = vec![b'x'; 300];
            let mut frame = row.id.0;
            frame[31] = 1;
            [say(row), Write::Seen(FrameId(frame))]
        };
        (from..messages.min(from + 64)).flat_map(write).collect()
    };
    let clock =
        |what: &str, since: Instant| println!("{what}: {:?}, {} KiB", since.elapsed(), memory());

    let start = Instant::now();
    let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    println!("nothing open: {} KiB", memory());
    let store = open(dir.path());
    clock("first start", start);
    let start = Instant::now();
    for from in (0..messages).step_by(64) {
        store.commit(batch(from)).unwrap();
    }
    clock("written in batches of 64", start);
    let per_message = |bytes: u64| bytes / u64::from(messages);
    let size = || size_on_disk(dir.path()).unwrap() - (32 << 20);
    println!("on disk: {} bytes per message", per_message(size()));
    let start = Instant::now();
    drop(store);
    clock("closed as by a crash", start);
    for what in ["unlocked after a crash", "unlocked again"] {
        let start = Instant::now();
        let store = open(dir.path());
        clock(what, start);
        let start = Instant::now();
        let bounds = PageBounds {
            limit: 50,
            ..PageBounds::default()
        };
        assert_eq!(store.page(CHAT, bounds).unwrap().len(), 50);
        clock("newest 50, first time", start);
        let start = Instant::now();
        assert_eq!(store.page(CHAT, bounds).unwrap().len(), 50);
        clock("newest 50 again", start);
        let start = Instant::now();
        for n in 0..1000_u32 {
            assert!(!store.seen(&FrameId([n.to_be_bytes()[3]; 32])).unwrap());
        }
        clock("1000 frames never seen", start);
        let start = Instant::now();
        drop(store.lock().unwrap());
        clock("locked", start);
    }
    let store = open(dir.path());
    let start = Instant::now();
    store.with(crate::store::store::Open::compact).unwrap();
    clock("compacted", start);
    drop(store.lock().unwrap());
    drop(open(dir.path()));
    println!("on disk: {} bytes per message", per_message(size()));
}
