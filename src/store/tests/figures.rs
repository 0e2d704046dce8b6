//! Figures that a reader can print again:
//! `cargo test --release --no-default-features --lib store::tests::figures -- --ignored --nocapture`
//!
//! `BETWIXT_STORE_MESSAGES` sets how many messages; 100,000 when not given.

use std::time::Instant;

use super::*;
use crate::{
    disk::files::size_on_disk,
    proto::record::Receipt,
    store::{seal::CLASSES, store::Open},
    wire::id::FrameId,
};

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
    store.with(Open::compact).unwrap();
    clock("compacted", start);
    drop(store.lock().unwrap());
    drop(open(dir.path()));
    println!("on disk: {} bytes per message", per_message(size()));
}

/// What a message of 300 bytes takes on disk, part by part, in commits of one message, as in a
/// conversation, and of 64, as in a burst.
#[test]
#[ignore = "it prints figures"]
fn where_the_bytes_of_a_message_go() {
    let messages = std::env::var("BETWIXT_STORE_MESSAGES").map_or(10_000, |n| n.parse().unwrap());
    for at_once in [1, 64] {
        let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let store = open(dir.path());
        for from in (0..messages).step_by(at_once) {
            let to = messages.min(from + u32::try_from(at_once).unwrap());
            store
                .commit((from..to).flat_map(received).collect())
                .unwrap();
        }
        println!("{messages} messages, {at_once} in a commit; bytes for each message:");
        let per_message = |bytes: u64| bytes / u64::from(messages);
        let size = || size_on_disk(&dir.path().join(generation(&store))).unwrap();
        let live = store.with(|open| Ok(parts(open))).unwrap();
        for (part, rows, bytes) in &live {
            println!("  {part}: {rows} rows, {}", per_message(*bytes));
        }
        let all = live.iter().map(|(_, _, bytes)| bytes).sum();
        println!(
            "  all rows {}, on disk {}",
            per_message(all),
            per_message(size())
        );
        store.with(Open::compact).unwrap();
        println!("  on disk when compacted {}", per_message(size()));
        drop(store.lock().unwrap());
    }
}

/// All that receiving one message writes.
fn received(n: u32) -> [Write; 4] {
    let mut row = message(n);
    row.content = vec![b'x'; 300];
    let mut frame = row.id.0;
    frame[31] = 1;
    let receipt = Receipt {
        chat: CHAT,
        device: DeviceId([4; 16]),
        counter: n,
        person: BOB,
        at: Timestamp(1),
        read: false,
    };
    [
        say(row),
        Write::Seen(FrameId(frame)),
        put(Class::Sessions, b"bob", &[9; 500]),
        Write::Receipt(receipt),
    ]
}

fn generation(store: &Store) -> String {
    let current = store.with(|open| Ok(crate::store::generation::current(open.dir())?));
    format!("gen-{}", current.unwrap().unwrap())
}

/// The rows of the database by what they are for: how many, and their bytes with those of their keys.
fn parts(open: &Open) -> Vec<(&'static str, usize, u64)> {
    let sealer = &open.database.sealer;
    let (chat, places) = (sealer.chat_prefix(&CHAT), sealer.places_prefix(&CHAT));
    let classes = CLASSES.map(|class| sealer.class_prefix(class));
    let name = |key: &[u8], row: &[u8]| match key.len() {
        _ if key.starts_with(&chat) => "messages",
        _ if key.starts_with(&places) => "pages of the display order",
        _ if classes.iter().any(|class| key.starts_with(class)) => "records",
        20 => "delivery receipts",
        _ if row.is_empty() => "frames that were seen",
        _ if row.len() == 24 => "where each message is, by its id",
        _ => "the rest",
    };
    let mut parts = std::collections::BTreeMap::new();
    for (key, row) in open.database.tree().rows(&[], &[], usize::MAX).unwrap() {
        let part: &mut (usize, u64) = parts.entry(name(&key, &row)).or_default();
        part.0 += 1;
        part.1 += (key.len() + row.len()) as u64;
    }
    let parts = parts.into_iter();
    parts
        .map(|(name, (rows, bytes))| (name, rows, bytes))
        .collect()
}
