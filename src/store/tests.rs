//! The store as a whole.

mod acts;
mod damage;
mod disk;
mod figures;
mod kill;
mod life;
mod model;
mod named;
mod secrecy;

use std::{fs, path::Path};

use zeroize::Zeroizing;

use super::{Profile, Store, vault::Cost};
use crate::proto::{
    id::{ChatId, DeviceId, MessageId, PersonId},
    record::{Class, MessageRow, PageBounds, Write},
    time::Timestamp,
};

pub(super) const CHAT: ChatId = ChatId([7; 32]);
pub(super) const BOB: PersonId = PersonId([2; 32]);
const ALL: PageBounds = PageBounds {
    before: None,
    after: None,
    limit: usize::MAX,
};

/// A new profile in a directory of its own.
pub(super) fn new_store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    (dir, store)
}

pub(super) fn open(dir: &Path) -> Store {
    let profile = Profile::open(dir).unwrap();
    profile.unlock_at(None, || Cost::NONE).unwrap()
}

/// The same store after it was locked and unlocked.
pub(super) fn reopen(store: Store) -> Store {
    let profile = store.lock().unwrap();
    profile.unlock_at(None, || Cost::NONE).unwrap()
}

/// A record that is there.
fn record(store: &Store, class: Class, key: &[u8]) -> Vec<u8> {
    store.record(class, key).unwrap().unwrap().to_vec()
}

/// A message of Bob's: the later, the larger `n`.
pub(super) fn message(n: u32) -> MessageRow {
    let mut id = [0; 32];
    id[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
    MessageRow {
        id: MessageId(id),
        chat: CHAT,
        sender: BOB,
        device: DeviceId([3; 16]),
        counter: n,
        created: Timestamp(1_700_000_000_000 + u64::from(n)),
        sent_at: Timestamp(0),
        received_at: Timestamp(0),
        outgoing: false,
        content: format!("message number {n}").into_bytes(),
        signed: None,
    }
}

pub(super) fn say(row: MessageRow) -> Write {
    Write::Message(Box::new(row))
}

fn put(class: Class, key: &[u8], value: &[u8]) -> Write {
    Write::Put(class, key.to_vec(), Zeroizing::new(value.to_vec()))
}

fn texts(store: &Store) -> Vec<String> {
    let page = store.page(CHAT, ALL).unwrap();
    let text = |content: Vec<u8>| String::from_utf8(content).unwrap();
    page.into_iter()
        .map(|message| text(message.row.content))
        .collect()
}

pub(super) fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// All files of a directory, ascending by name.
pub(super) fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files.extend(self::files(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files.sort();
    files
}
