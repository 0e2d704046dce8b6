//! Killed at any instant: what was answered is there, and it opens without help.
//!
//! The test runs itself as a child. `BETWIXT_STORE_KILLS` sets how often; `BETWIXT_STORE_CHILD_ENV`
//! (`NAME=VALUE …`) adds to the child's environment, for example a library that makes writes fail.

use std::{
    io::{BufRead, BufReader, Write as _},
    process::{Command, Stdio},
    time::Duration,
};

use super::*;
use crate::{store::vault, wire::id::FrameId};

/// The directory in which the child works.
const CHILD: &str = "BETWIXT_STORE_CHILD";

/// Messages in one commit of the child.
const BATCH: u32 = 5;

/// The frame that comes with the batch that begins with this message.
fn frame(first: u32) -> FrameId {
    FrameId([u8::try_from(first / BATCH % 251).unwrap(); 32])
}

#[test]
fn everything_that_was_answered_survives_kill_9_at_any_instant() {
    let kills = std::env::var("BETWIXT_STORE_KILLS").map_or(12, |n| n.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut answered = 0;
    for kill in 0..kills {
        answered = answered.max(live_and_die(dir.path()));

        let store = open(dir.path());
        let found = texts(&store).len();
        println!("kill {kill}: {answered} answered, {found} found");
        assert!(
            found >= answered as usize,
            "{found} of {answered}, kill {kill}"
        );
        assert!(!store.opened().is_suspect(), "kill {kill}");
        assert_eq!(found % BATCH as usize, 0, "a commit is whole or not there");
        if let Some(last) = u32::try_from(found).unwrap().checked_sub(BATCH) {
            assert!(store.seen(&frame(last)).unwrap());
            let session = store.record(Class::Sessions, b"bob").unwrap().unwrap();
            assert_eq!(session.as_slice(), last.to_be_bytes());
        }
        drop(store);
    }
    assert!(answered > 0, "the child never came to a commit");
}

/// Starts the child, kills it after a while, and says how many messages it had committed.
fn live_and_die(dir: &Path) -> u32 {
    let name = format!("{}::child", module_path!().split_once("::").unwrap().1);
    let extra = std::env::var("BETWIXT_STORE_CHILD_ENV").unwrap_or_default();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture", "--include-ignored"])
        .env(CHILD, dir)
        .envs(
            extra
                .split_whitespace()
                .filter_map(|pair| pair.split_once('=')),
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let numbers = lines.map_while(Result::ok);
        let numbers = numbers.filter_map(|line| line.strip_prefix("answered ")?.parse().ok());
        numbers.max().unwrap_or(0)
    });
    let chance = u16::from_be_bytes(vault::random().unwrap());
    std::thread::sleep(Duration::from_millis(u64::from(chance % 800)));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
#[ignore = "the other half of the test above, which starts it"]
fn child() {
    let Ok(dir) = std::env::var(CHILD) else {
        return;
    };
    let store = open(Path::new(&dir));
    let mut next = u32::try_from(texts(&store).len()).unwrap();
    for round in 0.. {
        let mut batch: Vec<Write> = (next..next + BATCH).map(|n| say(message(n))).collect();
        batch.push(Write::Seen(frame(next)));
        batch.push(put(Class::Sessions, b"bob", &next.to_be_bytes()));
        batch.push(put(
            Class::Outbox,
            &(round % 20_u8).to_be_bytes(),
            &[7; 9_000],
        ));
        store.commit(batch).unwrap();
        next += BATCH;
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nanswered {next}").unwrap();
        out.flush().unwrap();
        drop(out);
        match round % 16 {
            3 => store.rotate_ratchet_key().unwrap(),
            7 => store.tidy().unwrap(),
            11 => store.with(crate::store::store::Open::compact).unwrap(),
            _ => {}
        }
    }
}
