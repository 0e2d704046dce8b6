//! What people get: two real processes over loopback, sealed, with durable commits on both sides.
//!
//!     cargo bench --no-default-features --bench latency
//!
//! Beside it, in the same run: what the file system's own `fdatasync` takes, and gossipsub alone. The
//! profiles lie in the target folder; say `BENCH_DIR=/some/where` for another file system.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::indexing_slicing)]

mod bare;
mod figures;
mod proc;
#[path = "../tests/process/mod.rs"]
mod process;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use figures::{Beside, at, base, home, percentiles, rate};
use proc::memory;
use process::{Node, Pair};
use serde_json::{Value, json};

/// One at a time.
const ROUNDS: usize = 1000;
/// Until caches and the connection are warm.
const WARM: usize = 100;
/// At once.
const BURST: usize = 10_000;

fn main() {
    let base = base();
    let homes = [home(&base), home(&base)];
    let Pair {
        mut ada,
        mut ben,
        chat,
    } = Pair::befriend(homes[0].path(), homes[1].path());
    one_at_a_time(&base, &mut ada, &mut ben, &chat);
    burst(&mut ada, &mut ben, &chat);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let there_and_back = runtime.block_on(bare::rounds(ROUNDS));
    let one_way: Vec<Duration> = there_and_back.into_iter().map(|time| time / 2).collect();
    percentiles("gossipsub alone, half of there and back", &one_way);
}

/// From the request that says a message to the event that shows it on the other side.
fn one_at_a_time(base: &Path, ada: &mut Node, ben: &mut Node, chat: &str) {
    let mut beside = Beside::new(base);
    let (mut ours, mut disk) = (Vec::new(), Vec::new());
    for round in 0..WARM + ROUNDS {
        let text = format!("{round:0300}");
        let start = Instant::now();
        let id = ada.ask("message.send", json!({"chat_id": chat, "text": text}));
        ben.event(json!({"type": "message", "text": text}));
        let took = start.elapsed();
        ada.answer(id).unwrap();
        ada.forget_events();
        let synced = beside.sync();
        if round >= WARM {
            ours.push(took);
            disk.push(synced);
        }
    }
    percentiles("300-byte text, said to shown, durable", &ours);
    percentiles("fdatasync of 4 KiB, in the same run", &disk);
    let (ours, disk) = (at(&mut ours, 50), at(&mut disk, 50));
    println!(
        "{:<44} p50 {:>7.3} ms",
        "ours beyond one fdatasync",
        ours - disk
    );
    println!(
        "{:<44} p50 {:>7.3} ms",
        "ours beyond two, one on each side",
        ours - 2.0 * disk
    );
}

/// Many messages without waiting.
fn burst(ada: &mut Node, ben: &mut Node, chat: &str) {
    let start = Instant::now();
    let ids: Vec<u64> = (0..BURST)
        .map(|n| {
            let text = format!("burst {n:0294}");
            ada.ask("message.send", json!({"chat_id": chat, "text": text}))
        })
        .collect();
    for id in ids {
        ada.answer(id).unwrap();
    }
    let said = start.elapsed();
    let expected = WARM + ROUNDS + BURST;
    while count(ben, chat) < expected {
        // Ten looks a second, and the events read meanwhile, as a face would.
        let look = Instant::now() + Duration::from_millis(100);
        while let Some(left) = look.checked_duration_since(Instant::now()) {
            ben.wait_event(left);
        }
        ben.forget_events();
        assert!(
            start.elapsed() < Duration::from_mins(5),
            "messages are missing"
        );
    }
    let arrived = start.elapsed();
    rate("burst of 10,000, said", BURST, said);
    rate("burst of 10,000, on the other side's disk", BURST, arrived);
    let missing = expected - all_texts(ben, chat).len();
    println!("{:<44} {missing:>8}", "lost");
    for (who, node) in [("sender", ada), ("receiver", ben)] {
        let most = memory(node.child.id(), "VmHWM");
        println!(
            "{:<44} {most:>8.1} MiB",
            format!("most memory of the {who}")
        );
    }
}

/// How many messages a chat has, by the place of its last.
fn count(node: &mut Node, chat: &str) -> usize {
    let last = node.ok("message.list", json!({"chat_id": chat, "limit": 1}));
    let seq = last[0]["seq"].as_u64();
    seq.map_or(0, |seq| usize::try_from(seq).unwrap() + 1)
}

/// All distinct texts of a chat.
fn all_texts(node: &mut Node, chat: &str) -> std::collections::BTreeSet<String> {
    let mut texts = std::collections::BTreeSet::new();
    let mut before = Value::Null;
    loop {
        let params = json!({"chat_id": chat, "limit": 1000, "before": before});
        let page = node.ok("message.list", params);
        let Some(first) = page.get(0) else {
            return texts;
        };
        before = first["message_id"].clone();
        for message in page.as_array().unwrap() {
            texts.insert(message["text"].as_str().unwrap().to_owned());
        }
    }
}
