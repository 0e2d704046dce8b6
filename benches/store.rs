//! What remembering costs: `cargo bench --no-default-features --bench store`.
//!
//! Beside the figures stands what the file system itself takes to make a few bytes durable, in the same
//! directory and the same run: whatever is above that is ours and sled's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a bench"
)]

use std::{
    fs,
    hint::black_box,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use betwixt::{
    proto::{
        id::{ChatId, DeviceId, MessageId, PersonId},
        record::{Class, MessageRow, PageBounds, Write},
        time::Timestamp,
    },
    store::{Profile, Store},
    wire::id::FrameId,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use zeroize::Zeroizing;

const CHAT: ChatId = ChatId([7; 32]);

fn bytes(n: u64, salt: u8) -> [u8; 32] {
    *blake3::keyed_hash(&[salt; 32], &n.to_be_bytes()).as_bytes()
}

/// What a received message of 300 bytes writes: the message, the frame, and the state of its chat.
fn received(n: u64) -> Vec<Write> {
    let row = MessageRow {
        id: MessageId(bytes(n, 1)),
        chat: CHAT,
        sender: PersonId([2; 32]),
        device: DeviceId([3; 16]),
        counter: u32::try_from(n).unwrap_or(u32::MAX),
        created: Timestamp(1_700_000_000_000 + n),
        sent_at: Timestamp(1_700_000_000_000 + n),
        received_at: Timestamp(1_700_000_000_100 + n),
        outgoing: false,
        content: vec![0x61; 300],
        signed: None,
    };
    vec![
        Write::Message(Box::new(row)),
        Write::Seen(FrameId(bytes(n, 2))),
        Write::Put(Class::Sessions, vec![3; 16], Zeroizing::new(vec![9; 500])),
    ]
}

fn batch(first: u64, messages: u64) -> Vec<Write> {
    (first..first + messages).flat_map(received).collect()
}

fn open(dir: &Path) -> Store {
    Profile::open(dir).unwrap().unlock(None).unwrap()
}

fn filled(dir: &Path, messages: u64) -> Store {
    let store = open(dir);
    for first in (0..messages).step_by(500) {
        store.commit(batch(first, 500)).unwrap();
    }
    store
}

fn commits(c: &mut Criterion) {
    let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    let mut group = c.benchmark_group("commit");
    let mut raw = fs::File::create(dir.path().join("raw")).unwrap();
    group.bench_function("bare append of 700 bytes and fdatasync", |b| {
        b.iter(|| {
            raw.write_all(&[7; 700]).unwrap();
            raw.sync_data().unwrap();
        });
    });
    let store = open(&dir.path().join("profile"));
    let mut next = 0;
    for messages in [1, 8, 64] {
        group.throughput(Throughput::Elements(messages));
        group.bench_function(format!("{messages} messages"), |b| {
            let fresh = || {
                next += messages;
                batch(next - messages, messages)
            };
            b.iter_batched(
                fresh,
                |batch| store.commit(batch).unwrap(),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn queries(c: &mut Criterion) {
    let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    let mut store = filled(dir.path(), 100_000);
    store = store.lock().unwrap().unlock(None).unwrap();
    let newest = PageBounds {
        limit: 50,
        ..PageBounds::default()
    };
    let mut group = c.benchmark_group("100,000 messages in a chat");
    group.bench_function("newest 50, warm", |b| {
        b.iter(|| store.page(CHAT, black_box(newest)).unwrap());
    });
    let mut n = 0;
    group.bench_function("one message by id", |b| {
        b.iter(|| {
            n = (n + 7919) % 100_000;
            store.message(&MessageId(bytes(n, 1))).unwrap().unwrap()
        });
    });
    group.bench_function("frame that was never seen", |b| {
        b.iter(|| {
            n += 1;
            assert!(!store.seen(&FrameId(bytes(n, 3))).unwrap());
        });
    });
    group.sample_size(10);
    group.bench_function("unlock", |b| {
        let mut closed = None;
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let profile = match closed.take() {
                    Some(store) => Store::lock(store).unwrap(),
                    None => store.clone().lock().unwrap(),
                };
                let start = Instant::now();
                closed = Some(profile.unlock(None).unwrap());
                spent += start.elapsed();
            }
            store = closed.clone().unwrap();
            spent
        });
    });
    group.bench_function("newest 50 of a chat not yet opened", |b| {
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                store = store.clone().lock().unwrap().unlock(None).unwrap();
                let start = Instant::now();
                assert_eq!(store.page(CHAT, newest).unwrap().len(), 50);
                spent += start.elapsed();
            }
            spent
        });
    });
    group.finish();
}

criterion_group!(benches, commits, queries);
criterion_main!(benches);
