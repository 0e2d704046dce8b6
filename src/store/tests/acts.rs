//! What acts leave of messages on the disk.

use super::*;
use crate::{
    proto::chat::{
        acts::{GONE, TOMBSTONE},
        content::{Body, Content, Delete, Edit, React, Text},
    },
    store::carve::{Carved, Carver},
    store::{keyring::Keyring, seal::Sealer, vault::Header},
};

/// Something that Bob says as his `n`th.
fn said(n: u32, expire_s: u32, body: Body) -> MessageRow {
    let mut row = message(n);
    let content = Content {
        prev: None,
        parents: vec![],
        created: row.created,
        expire_s,
        body,
    };
    row.content = content.encode().to_vec();
    row
}

fn text(n: u32, text: &str) -> MessageRow {
    let text = Text {
        text: text.into(),
        reply_to: None,
        mentions: vec![],
    };
    said(n, 0, Body::Text(text))
}

fn edit(n: u32, on: u32, text: &str) -> MessageRow {
    let (message, text) = (message(on).id, text.into());
    said(n, 0, Body::Edit(Edit { message, text }))
}

fn delete(n: u32, on: u32) -> MessageRow {
    let message = message(on).id;
    said(n, 0, Body::Delete(Delete { message }))
}

fn react(n: u32, on: u32) -> MessageRow {
    let (message, emoji, on) = (message(on).id, "👍".into(), true);
    said(n, 0, Body::React(React { message, emoji, on }))
}

/// All that can be asked of the messages of the chat.
fn everything(store: &Store) -> Vec<u8> {
    let device = DeviceId([3; 16]);
    let mut all = Vec::new();
    for message in store.page(CHAT, ALL).unwrap() {
        all.extend(message.row.content);
    }
    for counter in 0..2_000 {
        if let Some(row) = store.row_at(CHAT, device, counter).unwrap() {
            for act in store.acts(CHAT, row.id).unwrap() {
                all.extend(act.content);
            }
            all.extend(row.content);
        }
    }
    all
}

fn holds(store: &Store, needle: &str) -> bool {
    let all = everything(store);
    all.windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn nothing_that_was_erased_can_be_asked_for() {
    let (dir, store) = new_store();
    let filler = (100..400).map(|n| say(text(n, "filler")));
    store.commit(filler.clone().take(130).collect()).unwrap();
    let long = "canary ".repeat(2_000);
    store
        .commit(vec![
            say(text(0, &long)),
            say(edit(1, 0, "canary edited")),
            say(react(2, 0)),
            say(text(3, "canary for me")),
            say(edit(4, 3, "canary edited for me")),
            say(delete(5, 6)),
        ])
        .unwrap();
    store.commit(filler.skip(130).collect()).unwrap();

    store.commit(vec![say(delete(7, 0))]).unwrap();
    store.commit(vec![Write::Erase(message(3).id)]).unwrap();
    store
        .commit(vec![say(text(6, "canary deleted before"))])
        .unwrap();
    store.commit(vec![say(edit(8, 3, "canary after"))]).unwrap();
    store
        .commit(vec![say(edit(9, 0, "canary too late"))])
        .unwrap();

    for store in [store.clone(), reopen(store)] {
        if store.page(CHAT, ALL).is_err() {
            continue;
        }
        assert!(!holds(&store, "canary"));
        let deleted = store.message(&message(0).id).unwrap().unwrap();
        assert_eq!(deleted.row.content, TOMBSTONE);
        assert_eq!((deleted.row.counter, deleted.seq), (0, 0));
        assert_eq!(store.acts(CHAT, message(0).id).unwrap().len(), 1);
        assert_eq!(store.message(&message(3).id), Ok(None));
        assert_eq!(store.page(CHAT, ALL).unwrap().len(), 302);
        let device = DeviceId([3; 16]);
        let stub = store.row_at(CHAT, device, 3).unwrap().unwrap();
        assert_eq!(stub.content, GONE);
        assert_eq!(store.message_at(CHAT, device, 3), Ok(None));
        assert_eq!(store.message_at(CHAT, device, 2), Ok(None), "an act");
        // It stays known, and does not come back.
        store.commit(vec![say(text(3, "canary again"))]).unwrap();
        assert!(!holds(&store, "canary"));
    }
    let store = open(dir.path());
    assert!(!holds(&store, "canary"));
    assert!(!store.opened().is_suspect());
}

#[test]
fn who_asks_while_messages_are_erased_sees_them_or_not() {
    let (_dir, store) = new_store();
    let rows = (0..300).map(|n| say(text(n, "text")));
    store.commit(rows.collect()).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    let is_done = || done.load(std::sync::atomic::Ordering::Relaxed);

    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..100 {
                let erased = Write::Erase(message(n * 3).id);
                store
                    .commit(vec![erased, say(delete(1_000 + n, n * 3 + 1))])
                    .unwrap();
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_done() {
                    let page = store.page(CHAT, ALL).unwrap();
                    assert!(page.iter().all(|message| message.row.content != GONE));
                    assert!(
                        page.iter()
                            .zip(0..)
                            .all(|(message, seq)| message.seq == seq)
                    );
                    let deleted = page.iter().filter(|m| m.row.content == TOMBSTONE);
                    assert_eq!(page.len() + deleted.count(), 300);
                }
            });
        }
    });

    assert_eq!(store.page(CHAT, ALL).unwrap().len(), 200);
}

#[test]
fn a_salvaged_profile_brings_back_nothing_that_was_deleted_or_was_to_disappear() {
    let (dir, store) = new_store();
    let moment = |n| {
        let text = Text {
            text: format!("canary {n} for a moment"),
            reply_to: None,
            mentions: vec![],
        };
        said(n, 60, Body::Text(text))
    };
    store
        .commit(vec![
            say(text(0, "canary")),
            say(moment(1)),
            put(Class::Expiry, &message(1).id.0, b"when"),
            say(moment(2)),
            put(Class::Expiry, &message(2).id.0, b"when"),
            say(text(3, "stays")),
        ])
        .unwrap();
    store
        .commit(vec![
            say(delete(4, 0)),
            Write::Erase(message(1).id),
            Write::Delete(Class::Expiry, message(1).id.0.to_vec()),
        ])
        .unwrap();
    drop(store.lock().unwrap());
    assert!(
        carved(dir.path())
            .iter()
            .any(|content| { content.windows(6).any(|window| window == b"canary") }),
        "sled keeps old versions for a while"
    );
    break_the_database(dir.path());

    let store = open(dir.path());

    assert!(store.opened().salvaged);
    assert!(!holds(&store, "canary 1"));
    assert_eq!(store.message(&message(1).id), Ok(None));
    let deleted = store.message(&message(0).id).unwrap();
    assert!(deleted.is_none_or(|deleted| deleted.row.content == TOMBSTONE));
    assert!(holds(&store, "stays"));
    assert!(holds(&store, "canary 2"), "its time has not come");
}

/// The contents of all versions of messages in the files.
fn carved(dir: &Path) -> Vec<Vec<u8>> {
    let keys = Header::read(dir).unwrap().unwrap().open(dir, None).unwrap();
    let keyring = Keyring::read(dir, &keys.keyring).unwrap();
    let sealer = Sealer::new(&keys.records, keyring.ratchet);
    let mut found = Vec::new();
    let mut see = |carved| -> std::io::Result<()> {
        if let Carved::Message(row, _) = carved {
            found.push(row.content);
        }
        Ok(())
    };
    Carver::new(&sealer).directory(dir, &mut see).unwrap();
    found
}

/// Leaves nothing of the database but what its log held, to be salvaged.
fn break_the_database(dir: &Path) {
    let generation = crate::store::generation::path(dir, 1);
    fs::rename(generation.join("db"), dir.join("tail-1")).unwrap();
    fs::remove_dir_all(&generation).unwrap();
    fs::create_dir(&generation).unwrap();
}
