//! What a thief of the directory sees.

use super::*;
use crate::{proto::record::Receipt, wire::id::FrameId};

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn no_text_name_or_id_is_in_any_file() {
    let (dir, store) = new_store();
    let mut row = message(1);
    row.id = MessageId(*b"canary-of-a-message-id----------");
    row.chat = ChatId(*b"canary-of-a-chat-id-------------");
    row.device = DeviceId(*b"canary-of-device");
    row.sender = PersonId(*b"canary-of-a-person--------------");
    row.content = b"canary-of-a-text".repeat(1000);
    let receipt = |read| {
        Write::Receipt(Receipt {
            chat: row.chat,
            device: row.device,
            counter: 1,
            person: row.sender,
            read,
            at: Timestamp(0),
        })
    };
    let batch = vec![
        say(row.clone()),
        put(Class::Account, b"", b"canary-of-a-seed"),
        put(Class::Contact, &row.sender.0, b"canary-of-a-name"),
        put(Class::Sessions, &row.device.0, b"canary-of-a-chain-key"),
        receipt(true),
        receipt(false),
        Write::Seen(FrameId(*b"canary-of-a-frame---------------")),
    ];

    store.commit(batch).unwrap();
    store.tidy().unwrap();
    drop(store.lock().unwrap());
    drop(open(dir.path()).lock().unwrap());

    let mut bytes = 0;
    for file in files(dir.path()) {
        let content = fs::read(&file).unwrap();
        bytes += content.len();
        assert!(!contains(&content, b"canary-of"), "{}", file.display());
        assert!(!file.to_string_lossy().contains("canary"));
    }
    assert!(
        bytes > 20_000,
        "the canaries must have been written: {bytes}"
    );
}

#[test]
fn an_old_copy_of_ratchet_state_does_not_open_with_the_new_keyring() {
    let (dir, store) = new_store();
    store
        .commit(vec![put(Class::Sessions, b"bob", b"chain key 1")])
        .unwrap();
    store
        .commit(vec![put(Class::Contact, b"bob", b"Bob")])
        .unwrap();
    let thief = tempfile::tempdir().unwrap();
    copy_dir(dir.path(), thief.path());

    store.rotate_ratchet_key().unwrap();
    drop(store.lock().unwrap());
    for name in ["keyring.bin", "keyring.bin.copy", "vault.hdr", "vault.key"] {
        fs::copy(dir.path().join(name), thief.path().join(name)).unwrap();
    }
    let store = open(thief.path());

    assert_eq!(store.records(Class::Sessions).unwrap(), []);
    assert_eq!(
        store
            .record(Class::Contact, b"bob")
            .unwrap()
            .unwrap()
            .as_slice(),
        b"Bob"
    );
    assert!(store.opened().salvaged);
}

#[test]
fn a_thief_of_two_times_finds_no_old_ratchet_state_in_what_the_database_left_behind() {
    let (dir, store) = new_store();
    store
        .commit(vec![put(Class::Sessions, b"bob", b"chain key 1")])
        .unwrap();
    store
        .commit(vec![put(Class::Sessions, b"bob", b"chain key 2")])
        .unwrap();
    store.rotate_ratchet_key().unwrap();
    store
        .commit(vec![put(Class::Sessions, b"bob", b"chain key 3")])
        .unwrap();
    drop(store);

    let found = carved_sessions(dir.path());

    // "2" was sealed anew under the key that is in force; "1" was gone before.
    assert_eq!(found, ["chain key 2", "chain key 3"]);
}

/// All versions of sessions in the files, opened with all keys that the files still yield.
fn carved_sessions(dir: &Path) -> Vec<String> {
    use crate::store::{
        carve::{Carved, Carver},
        keyring::Keyring,
        seal::Sealer,
        vault::Header,
    };
    let keys = Header::read(dir).unwrap().unwrap().open(dir, None).unwrap();
    let keyring = Keyring::read(dir, &keys.keyring).unwrap();
    assert!(keyring.next.is_none());
    let sealer = Sealer::new(&keys.records, keyring.ratchet);
    let mut found = std::collections::BTreeSet::new();
    let mut see = |carved| -> std::io::Result<()> {
        if let Carved::Record(Class::Sessions, _, _, value) = carved {
            found.insert(String::from_utf8(value.to_vec()).unwrap());
        }
        Ok(())
    };
    Carver::new(&sealer).directory(dir, &mut see).unwrap();
    found.into_iter().collect()
}
