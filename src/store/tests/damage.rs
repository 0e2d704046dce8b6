//! Files that are not what was written.

use proptest::prelude::*;

use super::*;
use crate::store::{OpenError, StoreError, UnlockError, generation};

/// A closed profile with an identity, a session, 300 messages and records that were replaced often.
fn profile() -> tempfile::TempDir {
    let (dir, store) = new_store();
    store
        .commit(vec![
            put(Class::Account, b"", b"seed"),
            put(Class::Contact, b"bob", b"Bob"),
        ])
        .unwrap();
    for n in 0..30 {
        let mut batch: Vec<Write> = (n * 10..n * 10 + 10).map(|n| say(message(n))).collect();
        batch.push(put(Class::Chat, b"chat", &n.to_be_bytes()));
        batch.push(put(Class::Sessions, b"bob", &n.to_be_bytes()));
        store.commit(batch).unwrap();
    }
    drop(store.lock().unwrap());
    dir
}

fn gen_dir(dir: &Path) -> std::path::PathBuf {
    generation::path(dir, generation::current(dir).unwrap().unwrap())
}

/// Opens a profile that may be damaged: an error, or a store that says what it is.
fn try_open(dir: &Path) -> Result<Store, String> {
    let profile = Profile::open(dir).map_err(|e| e.to_string())?;
    profile
        .unlock_at(None, || Cost::NONE)
        .map_err(|e| e.to_string())
}

#[test]
fn an_emptied_database_is_not_taken_for_a_new_one() {
    let dir = profile();
    let path = gen_dir(dir.path());
    fs::remove_dir_all(&path).unwrap();
    fs::create_dir(&path).unwrap();

    let store = open(dir.path());

    assert!(store.opened().salvaged);
    assert_eq!(record(&store, Class::Account, b""), b"seed");
    assert_eq!(record(&store, Class::Contact, b"bob"), b"Bob");
    assert_eq!(record(&store, Class::Chat, b"chat"), 29u32.to_be_bytes());
    assert!(dir.path().join("db.broken-1").exists());
}

#[test]
fn a_database_that_is_gone_is_not_taken_for_a_new_one() {
    let dir = profile();
    fs::remove_dir_all(gen_dir(dir.path())).unwrap();

    let store = open(dir.path());

    assert!(store.opened().salvaged);
    assert_eq!(record(&store, Class::Account, b""), b"seed");
}

/// Overwrites 4 KiB in the middle of the log.
fn make_hole(dir: &Path) {
    let log = gen_dir(dir).join("db");
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.iter().rposition(|byte| *byte != 0).unwrap() / 2;
    bytes[middle..middle + 4096].fill(0xff);
    fs::write(&log, &bytes).unwrap();
}

#[test]
fn a_database_with_a_hole_gives_back_everything_but_what_was_in_the_hole() {
    let dir = profile();
    drop(open(dir.path()).lock().unwrap());
    make_hole(dir.path());
    let mut store = open(dir.path());
    if let Err(e) = store.page(CHAT, ALL) {
        assert!(matches!(e, StoreError::Damaged(_)), "{e}");
        store = reopen(store);
    }

    let found = texts(&store).len();

    assert!(store.opened().salvaged);
    assert!(found > 250, "{found}");
    assert_eq!(record(&store, Class::Account, b""), b"seed");
    store.commit(vec![say(message(1000))]).unwrap();
    let store = reopen(store);
    assert!(!store.opened().is_suspect());
    assert_eq!(texts(&store).len(), found + 1);
}

#[test]
fn what_sled_takes_for_the_end_of_its_log_is_not_the_end() {
    let dir = profile();
    for entry in fs::read_dir(gen_dir(dir.path())).unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("snap.")
        {
            fs::remove_file(path).unwrap();
        }
    }
    make_hole(dir.path());

    // Without a snapshot sled reads the log up to the hole, and overwrites the rest.
    let store = open(dir.path());

    assert!(store.opened().salvaged);
    assert!(texts(&store).len() > 250);
    assert_eq!(record(&store, Class::Account, b""), b"seed");
    assert!(
        files(dir.path())
            .iter()
            .all(|file| !file.to_string_lossy().contains("tail-"))
    );
}

#[test]
fn a_database_from_a_backup_is_noticed_until_something_is_committed() {
    let (dir, store) = new_store();
    store.commit(vec![say(message(1))]).unwrap();
    drop(store.lock().unwrap());
    let backup = tempfile::tempdir().unwrap();
    copy_dir(&gen_dir(dir.path()), backup.path());
    let store = open(dir.path());
    store.commit(vec![say(message(2))]).unwrap();
    drop(store.lock().unwrap());

    fs::remove_dir_all(gen_dir(dir.path())).unwrap();
    copy_dir(backup.path(), &gen_dir(dir.path()));
    let store = open(dir.path());

    assert!(store.opened().rolled_back);
    assert!(!store.opened().salvaged);
    assert_eq!(texts(&store), ["message number 1"]);
    let store = reopen(store);
    assert!(store.opened().rolled_back, "nobody reacted yet");
    store.commit(vec![say(message(3))]).unwrap();
    let store = reopen(store);
    assert!(!store.opened().is_suspect());
}

#[test]
fn a_copy_of_a_whole_profile_is_noticed() {
    let dir = profile();
    let copy = tempfile::tempdir().unwrap();
    copy_dir(dir.path(), copy.path());

    assert!(open(copy.path()).opened().copied);
    assert!(!open(dir.path()).opened().copied);
}

#[test]
fn a_lost_keyring_loses_ratchet_state_and_nothing_else() {
    let dir = profile();
    fs::write(dir.path().join("keyring.bin"), b"").unwrap();
    fs::remove_file(dir.path().join("keyring.bin.copy")).unwrap();

    let store = open(dir.path());

    assert!(store.opened().salvaged);
    assert_eq!(store.records(Class::Sessions).unwrap(), []);
    assert_eq!(record(&store, Class::Account, b""), b"seed");
    assert_eq!(texts(&store).len(), 300);
}

#[test]
fn a_lost_vault_is_an_error_and_never_a_new_identity() {
    let dir = profile();
    for name in ["vault.hdr", "vault.hdr.copy"] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }

    assert!(matches!(
        Profile::open(dir.path()),
        Err(OpenError::Damaged(_))
    ));
    assert!(!dir.path().join("vault.hdr").exists());
}

#[test]
fn a_lost_key_file_is_an_error_and_never_a_new_identity() {
    let dir = profile();
    for name in ["vault.key", "vault.key.copy"] {
        fs::write(dir.path().join(name), b"").unwrap();
    }

    let failed = Profile::open(dir.path())
        .unwrap()
        .unlock(None)
        .err()
        .unwrap();

    assert!(matches!(failed.why, UnlockError::Damaged(_)));
}

#[test]
fn every_single_file_but_the_two_of_the_vault_may_be_lost() {
    let whole = profile();
    let names: Vec<_> = files(whole.path())
        .into_iter()
        .map(|file| file.strip_prefix(whole.path()).unwrap().to_owned())
        .collect();
    assert!(names.len() >= 14, "{names:?}");

    for name in &names {
        let dir = tempfile::tempdir().unwrap();
        copy_dir(whole.path(), dir.path());
        fs::remove_file(dir.path().join(name)).unwrap();

        let store = try_open(dir.path()).unwrap_or_else(|e| panic!("{}: {e}", name.display()));

        let seed = record(&store, Class::Account, b"");
        assert_eq!(seed, b"seed", "{}", name.display());
        let lost = texts(&store).len() < 300;
        assert!(!lost || store.opened().salvaged, "{}", name.display());
    }
}

/// What became of one file.
#[derive(Clone, Debug)]
enum Harm {
    Flip(usize, u8),
    Zero(usize, usize),
    Cut(usize),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        3 => (any::<usize>(), 1..=255u8).prop_map(|(at, bits)| Harm::Flip(at, bits)),
        1 => (any::<usize>(), 1..3000usize).prop_map(|(at, len)| Harm::Zero(at, len)),
        1 => any::<usize>().prop_map(Harm::Cut),
    ]
}

fn do_harm(bytes: &mut Vec<u8>, harm: &Harm) {
    // The log is mostly empty behind its end, where harm does nothing.
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(1, |at| at + 1);
    match harm {
        Harm::Flip(at, bits) => bytes[at % used] ^= bits,
        Harm::Zero(at, len) => {
            let at = at % used;
            let end = (at + len).min(bytes.len());
            bytes[at..end].fill(0);
        }
        Harm::Cut(at) => bytes.truncate(at % used),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("BETWIXT_STORE_CASES").map_or(40, |n| n.parse().unwrap()),
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_damaged_file_is_an_error_or_salvaged_and_never_a_panic_or_silence(
        which in any::<prop::sample::Index>(),
        harm in harm(),
    ) {
        static WHOLE: std::sync::LazyLock<tempfile::TempDir> = std::sync::LazyLock::new(profile);
        let dir = tempfile::tempdir().unwrap();
        copy_dir(WHOLE.path(), dir.path());
        let files: Vec<_> = files(dir.path()).into_iter()
            .filter(|file| fs::metadata(file).unwrap().len() > 0)
            .collect();
        let file = which.get(&files);
        let mut bytes = fs::read(file).unwrap();
        do_harm(&mut bytes, &harm);
        fs::write(file, &bytes).unwrap();

        let opened = try_open(dir.path());

        // One file only: never lost altogether, because what matters is there twice.
        let mut store = opened.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let mut page = store.page(CHAT, ALL);
        if page.is_err() {
            // Met only now: mended when it is opened next.
            store = reopen(store);
            prop_assert!(store.opened().salvaged);
            page = store.page(CHAT, ALL);
        }
        let page = page.unwrap();
        let warned = store.opened().salvaged || store.opened().rolled_back;
        prop_assert!(warned || page.len() == 300, "{} of 300, {}", page.len(), file.display());
        for message in &page {
            prop_assert_eq!(&message.row, &super::message(message.row.counter));
        }
        prop_assert_eq!(record(&store, Class::Account, b""), b"seed");
        store.commit(vec![say(message(5000))]).unwrap();
    }
}
