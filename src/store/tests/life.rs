//! Opening, locking, protecting; and what keeps a second process out.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::store::{OpenError, PassphraseError, StoreError, UnlockError};

fn unlock(dir: &Path, passphrase: Option<&str>) -> Result<Store, UnlockError> {
    let profile = Profile::open(dir).unwrap();
    profile
        .unlock_at(passphrase, || Cost::NONE)
        .map_err(|failed| failed.why)
}

#[test]
fn a_new_profile_asks_nothing_and_is_not_new_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("made/with/parents");
    let profile = Profile::open(&path).unwrap();
    assert!(profile.is_new());
    assert!(!profile.is_protected());

    let store = profile.unlock(None).unwrap();
    assert_eq!(store.opened(), crate::store::Opened::default());
    let profile = store.lock().unwrap();

    assert!(!profile.is_new());
    assert_eq!(profile.dir(), path);
}

#[test]
fn what_was_committed_is_there_after_locking_and_unlocking_again_and_again() {
    let (_dir, mut store) = new_store();
    for n in 0..5 {
        store
            .commit(vec![
                say(message(n)),
                put(Class::Sessions, b"bob", &n.to_be_bytes()),
            ])
            .unwrap();
        store = reopen(store);

        assert_eq!(texts(&store).len(), n as usize + 1);
        assert_eq!(record(&store, Class::Sessions, b"bob"), n.to_be_bytes());
        assert!(!store.opened().is_suspect());
    }
}

#[test]
fn a_locked_store_answers_that_it_is_locked() {
    let (_dir, store) = new_store();
    let clone = store.clone();

    let _profile = store.lock().unwrap();

    assert_eq!(clone.page(CHAT, ALL), Err(StoreError::Locked));
    assert_eq!(clone.commit(vec![say(message(1))]), Err(StoreError::Locked));
    assert!(matches!(clone.lock(), Err(StoreError::Locked)));
}

#[test]
fn a_passphrase_can_be_set_changed_and_removed() {
    let (dir, store) = new_store();
    let set = |store: &Store, from, to| store.set_passphrase_at(from, to, || Cost::NONE);
    store.commit(vec![say(message(1))]).unwrap();
    assert!(matches!(
        set(&store, None, Some("short")),
        Err(PassphraseError::TooShort(_))
    ));

    set(&store, None, Some("correct horse")).unwrap();
    let profile = store.lock().unwrap();
    assert!(profile.is_protected());
    drop(profile);
    assert!(matches!(
        unlock(dir.path(), None),
        Err(UnlockError::NeedsPassphrase)
    ));
    assert!(matches!(
        unlock(dir.path(), Some("wrong horse")),
        Err(UnlockError::WrongPassphrase)
    ));
    let store = unlock(dir.path(), Some("correct horse")).unwrap();
    assert!(matches!(
        set(&store, None, Some("battery staple")),
        Err(PassphraseError::Wrong)
    ));
    assert!(matches!(
        set(&store, Some("no horse"), None),
        Err(PassphraseError::Wrong)
    ));

    set(&store, Some("correct horse"), Some("battery staple")).unwrap();
    drop(store);
    assert!(matches!(
        unlock(dir.path(), Some("correct horse")),
        Err(UnlockError::WrongPassphrase)
    ));
    let store = unlock(dir.path(), Some("battery staple")).unwrap();

    set(&store, Some("battery staple"), None).unwrap();
    drop(store);
    let store = unlock(dir.path(), None).unwrap();
    assert_eq!(texts(&store), ["message number 1"]);
}

#[test]
fn a_wrong_passphrase_gives_the_profile_back() {
    let dir = tempfile::tempdir().unwrap();
    let profile = Profile::open(dir.path()).unwrap();
    let store = profile
        .unlock_at(Some("correct horse"), || Cost::NONE)
        .unwrap();
    let profile = store.lock().unwrap();

    let failed = profile.unlock(Some("wrong horse")).err().unwrap();

    assert!(matches!(failed.why, UnlockError::WrongPassphrase));
    failed.profile.unlock(Some("correct horse")).unwrap();
}

#[test]
fn a_second_opening_learns_who_has_the_profile() {
    let (dir, store) = new_store();

    let second = Profile::open(dir.path());

    assert!(
        matches!(second, Err(OpenError::InUse { pid: Some(pid) }) if pid == std::process::id())
    );
    let profile = store.lock().unwrap();
    assert!(matches!(
        Profile::open(dir.path()),
        Err(OpenError::InUse { .. })
    ));
    drop(profile);
    Profile::open(dir.path()).unwrap();
}

#[test]
fn nobody_else_may_read_anything_and_what_others_may_read_is_closed() {
    let (dir, store) = new_store();
    let rows = (0..200).map(|n| say(message(n))).collect();
    store.commit(rows).unwrap();
    drop(store.lock().unwrap());
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(
        dir.path().join("vault.key"),
        fs::Permissions::from_mode(0o644),
    )
    .unwrap();

    let store = open(dir.path());
    store.commit(vec![say(message(999))]).unwrap();

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir.path()), 0o700);
    for file in files(dir.path()) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        assert_eq!(mode(file.parent().unwrap()), 0o700, "{}", file.display());
    }
}

#[test]
fn a_file_in_place_of_the_directory_is_refused_with_a_sentence() {
    let file = tempfile::NamedTempFile::new().unwrap();

    let refused = Profile::open(file.path());

    assert!(matches!(refused, Err(OpenError::Refused(why)) if why.contains("not a directory")));
}

#[test]
fn a_value_that_is_too_large_changes_nothing() {
    let (_dir, store) = new_store();
    let large = put(Class::Chat, b"c", &vec![0; 2_000_000]);

    let refused = store.commit(vec![say(message(1)), large]);

    assert_eq!(refused, Err(StoreError::TooLarge(2_000_000)));
    assert_eq!(texts(&store), [""; 0]);
    store.commit(vec![say(message(1))]).unwrap();
}

#[test]
fn queries_run_beside_a_commit_and_see_all_of_it_or_nothing() {
    let (_dir, store) = new_store();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0..60 {
                let rows = (n * 10..n * 10 + 10).map(|n| say(message(n))).collect();
                store.commit(rows).unwrap();
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let mut before = 0;
                while before < 600 {
                    let page = store.page(CHAT, ALL).unwrap();
                    assert_eq!(page.len() % 10, 0);
                    assert!(page.len() >= before);
                    assert!(
                        page.iter()
                            .zip(0..)
                            .all(|(message, seq)| message.seq == seq)
                    );
                    before = page.len();
                }
            });
        }
        writer.join().unwrap();
    });
}

#[test]
fn a_compacted_store_is_smaller_and_holds_the_same() {
    let (dir, store) = new_store();
    for round in 0..60u8 {
        let records = (0..100u8)
            .map(|n| put(Class::Outbox, &[n], &[round; 4000]))
            .collect();
        store.commit(records).unwrap();
    }
    store
        .commit((0..300).map(|n| say(message(n))).collect())
        .unwrap();
    let size = || {
        let all = crate::store::generation::all(dir.path()).unwrap();
        let path = |n: &u32| crate::store::generation::path(dir.path(), *n);
        let size = |n| crate::disk::files::size_on_disk(&path(n)).unwrap();
        all.iter().map(size).sum::<u64>()
    };
    let (before, text) = (size(), texts(&store));

    store.with(crate::store::store::Open::compact).unwrap();
    store.commit(vec![say(message(300))]).unwrap();
    drop(store.lock().unwrap());
    let store = open(dir.path());

    assert!(size() < before / 4 * 3, "{} of {before}", size());
    assert_eq!(texts(&store)[..300], text);
    assert_eq!(texts(&store).len(), 301);
    assert_eq!(store.records(Class::Outbox).unwrap().len(), 100);
    assert!(!store.opened().is_suspect());
    assert!(dir.path().join("gen-2").exists());
    assert!(
        !dir.path().join("gen-1").exists(),
        "kept until the next healthy start only"
    );
}

#[test]
fn a_forgotten_chat_is_gone_for_those_who_ask_meanwhile_too_and_can_begin_again() {
    let (dir, store) = new_store();
    let frame = crate::wire::id::FrameId([9; 32]);
    let other = MessageRow {
        id: MessageId([0xee; 32]),
        chat: ChatId([8; 32]),
        ..message(0)
    };
    let done = std::sync::atomic::AtomicBool::new(false);
    let is_done = || done.load(std::sync::atomic::Ordering::Relaxed);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..8 {
                let rows = (0..300).map(|n| say(message(round * 1_000 + n)));
                store.commit(rows.collect()).unwrap();
                let (chat, people) = (CHAT, vec![BOB]);
                store.commit(vec![Write::Forget { chat, people }]).unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_done() {
                    let page = store.page(CHAT, ALL).unwrap();
                    assert!(page.len() == 300 || page.is_empty(), "{}", page.len());
                }
            });
        }
    });
    store
        .commit(vec![say(message(1)), say(other), Write::Seen(frame)])
        .unwrap();
    let (chat, people) = (CHAT, vec![BOB]);

    store.commit(vec![Write::Forget { chat, people }]).unwrap();

    assert_eq!(store.message(&message(1).id), Ok(None));
    assert!(store.message(&MessageId([0xee; 32])).unwrap().is_some());
    assert_eq!(store.seen(&frame), Ok(true), "it stays a duplicate");
    store.commit(vec![say(message(2))]).unwrap();
    drop(store.lock().unwrap());
    let store = open(dir.path());
    assert_eq!(texts(&store), ["message number 2"]);
    assert!(!store.opened().is_suspect());
}

#[test]
fn the_copy_of_records_is_written_at_once_for_new_ones_and_later_for_changes() {
    let (dir, store) = new_store();
    let copy = || fs::read(dir.path().join("records.bin")).unwrap_or_default();
    let empty = copy();

    store
        .commit(vec![put(Class::Chat, b"one", b"new")])
        .unwrap();
    let first = copy();
    assert_ne!(first, empty);

    store
        .commit(vec![put(Class::Chat, b"one", b"changed"), say(message(1))])
        .unwrap();
    assert_eq!(first, copy(), "a message does not wait for it");

    store.tidy().unwrap();
    assert_ne!(first, copy());
}
