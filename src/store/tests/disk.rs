//! A disk that fails, and a disk that loses power, under a store that does real work.
//!
//! `tests/disk/disk.c` is compiled and preloaded into the test itself, run again as a child.
//! `BETWIXT_DISK_FAULTS` (operations of the sweep) and `BETWIXT_DISK_IMAGES` (losses of power) make
//! the campaigns long:
//!
//! `BETWIXT_DISK_FAULTS=500 BETWIXT_DISK_IMAGES=200 cargo test --no-default-features --lib
//! store::tests::disk -- --nocapture`

mod image;

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::*;
use crate::{store::UnlockError, wire::id::FrameId};

/// The directory in which the child works.
const CHILD: &str = "BETWIXT_DISK_CHILD";

/// What the child ends with when the store refused, with a sentence.
const REFUSED: i32 = 7;

const PASSPHRASE: &str = "correct horse";

/// Messages in one commit of the child.
const BATCH: u32 = 5;

fn frame(first: u32) -> FrameId {
    FrameId([u8::try_from(first / BATCH % 251).unwrap(); 32])
}

/// How long a campaign is: what the variable says, or a little.
fn length(variable: &str, short: usize) -> usize {
    std::env::var(variable).map_or(short, |n| n.parse().unwrap())
}

/// The preloaded disk; none where there is no C compiler.
fn library() -> Option<&'static Path> {
    static BUILT: LazyLock<Option<(tempfile::TempDir, PathBuf)>> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let library = dir.path().join("disk.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/disk/disk.c");
        let built = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(source)
            .status();
        let Ok(status) = built else {
            eprintln!("NOT RUN: there is no cc, to make a disk that fails");
            return None;
        };
        assert!(status.success(), "{source} does not compile");
        Some((dir, library))
    });
    BUILT.as_ref().map(|(_, library)| library.as_path())
}

/// What became of a child.
struct Life {
    code: Option<i32>,
    answered: u32,
    /// Whether it said last that a passphrase is needed.
    protected: bool,
    errors: String,
}

/// Lets the child work in a directory on a disk of ours.
fn live(library: &Path, dir: &Path, disk: &[(&str, &str)]) -> Life {
    let name = format!("{}::child", module_path!().split_once("::").unwrap().1);
    let out = Command::new("timeout")
        // A database whose thread has died may keep us for a minute, and another one.
        .args(["--signal=KILL", "240"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture", "--include-ignored"])
        .env(CHILD, dir)
        .env("LD_PRELOAD", library)
        .env("DISK_DIR", dir)
        .envs(disk.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    Life {
        code: out.status.code(),
        answered: newest_answer(&said),
        protected: said.rfind("protected true") > said.rfind("protected false"),
        errors: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

fn newest_answer(said: &str) -> u32 {
    let numbers = said
        .lines()
        .filter_map(|line| line.strip_prefix("answered "));
    numbers.filter_map(|n| n.parse().ok()).max().unwrap_or(0)
}

fn unlock(profile: Profile) -> Result<Store, (Box<Profile>, String)> {
    let refused = |profile, why: UnlockError| (profile, why.to_string());
    match profile.unlock_at(None, || Cost::NONE) {
        Err(failed) if matches!(failed.why, UnlockError::NeedsPassphrase) => failed
            .profile
            .unlock_at(Some(PASSPHRASE), || Cost::NONE)
            .map_err(|failed| refused(failed.profile, failed.why)),
        other => other.map_err(|failed| refused(failed.profile, failed.why)),
    }
}

#[test]
#[ignore = "the other half of the tests below, which start it"]
fn child() {
    let Ok(dir) = std::env::var(CHILD) else {
        return;
    };
    let code = match work(Path::new(&dir)) {
        Ok(()) => 0,
        Err(sentence) => {
            eprintln!("refused: {sentence}");
            REFUSED
        }
    };
    // Without closing anything, as by a crash.
    std::process::exit(code);
}

/// Three lives of a store, with all that it ever does to its files.
fn work(dir: &Path) -> Result<(), String> {
    let mut next = 0;
    for life in 0..3 {
        let profile = Profile::open(dir).map_err(|e| e.to_string())?;
        // Whoever sees the sentence may try again.
        let store = unlock(profile).or_else(|(profile, why)| {
            eprintln!("refused at first: {why}");
            unlock(*profile).map_err(|(_, why)| why)
        })?;
        if store.opened().is_suspect() {
            return Err(format!("SUSPECT: {:?}", store.opened()));
        }
        if life == 0 {
            let seed = vec![put(Class::Account, b"", b"seed")];
            store.commit(seed).map_err(|e| e.to_string())?;
        }
        for round in 0..7 {
            let mut batch: Vec<Write> = (next..next + BATCH).map(|n| say(message(n))).collect();
            batch.push(Write::Seen(frame(next)));
            batch.push(put(Class::Sessions, b"bob", &next.to_be_bytes()));
            batch.push(put(Class::Outbox, &[round % 3], &[7; 9_000]));
            store.commit(batch).map_err(|e| e.to_string())?;
            next += BATCH;
            println!("\nanswered {next}");
        }
        // What fails of these is told, and the work goes on.
        let passphrase = |from, to| store.set_passphrase_at(from, to, || Cost::NONE);
        let results = match life {
            0 => [
                store.rotate_ratchet_key().err().map(|e| e.to_string()),
                store.tidy().err().map(|e| e.to_string()),
            ],
            1 => [
                store.tidy().err().map(|e| e.to_string()),
                (store.with(crate::store::store::Open::compact).err()).map(|e| e.to_string()),
            ],
            _ => [
                (passphrase(None, Some(PASSPHRASE)).err()).map(|e| e.to_string()),
                (passphrase(Some(PASSPHRASE), None).err()).map(|e| e.to_string()),
            ],
        };
        for sentence in results.into_iter().flatten() {
            eprintln!("told: {sentence}");
        }
        println!("\nprotected {}", store.is_protected());
        drop(store.lock().map_err(|e| e.to_string())?);
    }
    Ok(())
}

/// Opens what is left, once, and compares it with what was answered; and whether it needs a passphrase
/// with what was said, where that is known.
fn check(dir: &Path, answered: u32, protected: Option<bool>) -> Result<(), String> {
    let profile = Profile::open(dir).map_err(|e| format!("not opened: {e}"))?;
    if protected.is_some_and(|protected| protected != profile.is_protected()) {
        return Err("whether a passphrase is needed is not what it said".into());
    }
    let store = unlock(profile).map_err(|(_, e)| format!("not unlocked: {e}"))?;
    let opened = store.opened();
    if opened.salvaged || opened.rolled_back {
        return Err(format!("{opened:?}"));
    }
    let page = store.page(CHAT, ALL).map_err(|e| e.to_string())?;
    let found = u32::try_from(page.len()).unwrap();
    if found < answered || found > answered + BATCH || !found.is_multiple_of(BATCH) {
        return Err(format!("{found} found, {answered} answered"));
    }
    if page
        .iter()
        .zip(0..)
        .any(|(stored, n)| stored.row != message(n))
    {
        return Err("a message is another".into());
    }
    if let Some(last) = found.checked_sub(BATCH) {
        let seen = store.seen(&frame(last)).map_err(|e| e.to_string())?;
        let session = store.record(Class::Sessions, b"bob");
        let session = session.map_err(|e| e.to_string())?;
        let seed = store
            .record(Class::Account, b"")
            .map_err(|e| e.to_string())?;
        let whole = seen
            && session.is_some_and(|s| s.as_slice() == last.to_be_bytes())
            && seed.is_some_and(|s| s.as_slice() == b"seed");
        if !whole {
            return Err("a record is missing".into());
        }
    }
    store
        .commit(vec![say(message(100_000))])
        .map_err(|e| format!("no more commits: {e}"))
}

/// Does `each` for every number, on as many threads as there are processors; what went wrong.
fn campaign(numbers: &[usize], each: impl Fn(usize) -> Result<(), String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = each(*number) {
                        wrong.lock().unwrap().push(format!("{number}: {why}"));
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

#[test]
fn an_operation_of_the_disk_that_fails_loses_nothing_that_was_answered() {
    let Some(library) = library() else { return };
    let last = 500;
    let step = last / length("BETWIXT_DISK_FAULTS", 30).clamp(1, last);
    let numbers: Vec<usize> = (0..last).step_by(step).collect();
    for error in ["EIO", "ENOSPC"] {
        let (refused, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let wrong = campaign(&numbers, |number| {
            let dir = tempfile::tempdir().unwrap();
            let fail = number.to_string();
            let disk = [("DISK_FAIL", fail.as_str()), ("DISK_ERROR", error)];
            let life = live(library, dir.path(), &disk);
            let told = |why| format!("{why}\n{}", life.errors);
            if life.errors.contains("disk: ") {
                met.fetch_add(1, Ordering::Relaxed);
            }
            match life.code {
                Some(0) => {}
                Some(REFUSED) if !life.errors.contains("SUSPECT") => {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
                code => return Err(told(format!("it ended with {code:?}"))),
            }
            check(dir.path(), life.answered, Some(life.protected)).map_err(told)
        });
        println!(
            "{error}: {} operations, {met:?} met, refused with a sentence {refused:?}, wrong {}",
            numbers.len(),
            wrong.len()
        );
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
        assert!(
            met.into_inner() > numbers.len() / 2,
            "the work is too short"
        );
    }
}

#[test]
fn a_loss_of_power_at_any_instant_loses_nothing_that_was_answered() {
    let Some(library) = library() else { return };
    let home = tempfile::tempdir().unwrap();
    let (dir, trace) = (home.path().join("profile"), home.path().join("trace"));
    let life = live(library, &dir, &[("DISK_TRACE", trace.to_str().unwrap())]);
    assert_eq!(life.code, Some(0), "{}", life.errors);
    let trace = image::Trace::read(&trace, &dir);
    let numbers: Vec<usize> = (0..length("BETWIXT_DISK_IMAGES", 40)).collect();

    let wrong = campaign(&numbers, |seed| {
        let dir = tempfile::tempdir().unwrap();
        let answered = trace.cut(seed.try_into().unwrap(), dir.path());
        check(dir.path(), answered, None)
    });

    println!(
        "{} losses of power in {} operations, {} answered at the end: {} wrong",
        numbers.len(),
        trace.len(),
        life.answered,
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
