//! Which files messages name (protocol §7, ADR 0024).
//!
//! An entry comes with its message and goes with what the message said, in the same commit. A file that no
//! entry names any more is removed after it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use super::{
    database::Database,
    error::StoreError,
    seal::{PIECE, Sealer, Space},
    store::Store,
    write::Stage,
};
use crate::{
    files::Shelf,
    proto::{
        chat::acts,
        id::MessageId,
        record::{Class, FileRow, ListRow, MessageRow},
    },
    wire::codec,
};

/// The files that messages name.
#[derive(Debug, Default)]
pub(super) struct Named {
    rows: BTreeMap<MessageId, FileRow>,
    by_blob: BTreeMap<[u8; 32], BTreeSet<MessageId>>,
    /// Files that have lost their last name.
    lost: Vec<[u8; 32]>,
}

/// What a commit does to an entry.
#[derive(Debug)]
pub(super) enum Change {
    Named(FileRow),
    Dropped(MessageId),
}

impl Named {
    fn add(&mut self, row: FileRow) {
        for blob in row.blobs() {
            self.by_blob.entry(blob).or_default().insert(row.message);
        }
        self.rows.insert(row.message, row);
    }

    fn remove(&mut self, message: &MessageId) {
        let Some(row) = self.rows.remove(message) else {
            return;
        };
        for blob in row.blobs() {
            let Some(by) = self.by_blob.get_mut(&blob) else {
                continue;
            };
            by.remove(message);
            if by.is_empty() {
                self.by_blob.remove(&blob);
                self.lost.push(blob);
            }
        }
    }

    pub(super) fn blobs(&self) -> Vec<[u8; 32]> {
        self.by_blob.keys().copied().collect()
    }

    pub(super) fn apply(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Named(row) => self.add(row),
                Change::Dropped(message) => self.remove(&message),
            }
        }
    }
}

impl Stage<'_> {
    /// Notes the file of a message, if it has one.
    pub(super) fn name_file(&mut self, row: &MessageRow) -> Result<(), StoreError> {
        let Some(attachment) = acts::attachment(&row.content) else {
            return Ok(());
        };
        let manifest = &attachment.manifest;
        let entry = FileRow {
            message: row.id,
            chat: row.chat,
            sender: row.sender,
            outgoing: row.outgoing,
            blob: manifest.blob,
            size: manifest.size,
            sealed_size: manifest.sealed_size,
            list: attachment.folder.as_ref().map(|folder| ListRow {
                blob: folder.list.blob,
                size: folder.list.size,
                sealed_size: folder.list.sealed_size,
            }),
            is_listing: false,
        };
        let sealer = &self.database.sealer;
        let key = sealer.file_key(&row.id);
        let sealed = sealer.seal(Space::File, &key, &codec::to_vec(&entry))?;
        self.append(key, sealed);
        self.named.push(Change::Named(entry));
        Ok(())
    }

    /// What a message said is gone, and with it the key of its file.
    pub(super) fn drop_file(&mut self, row: &MessageRow) -> Result<(), StoreError> {
        if acts::attachment(&row.content).is_none() {
            return Ok(());
        }
        let key = self.database.sealer.file_key(&row.id);
        self.drop_row(key)?;
        self.delete(Class::Saving, &row.id.0)?;
        self.named.push(Change::Dropped(row.id));
        Ok(())
    }
}

impl Sealer {
    /// With which the keys of all entries of files begin.
    pub(super) fn files_prefix(&self) -> [u8; 8] {
        self.blind(Space::File, &[b"all"])
    }

    /// Where it is noted which file a message has.
    pub(super) fn file_key(&self, message: &MessageId) -> Vec<u8> {
        let own = self.blind::<16>(Space::File, &[b"of", &message.0]);
        [self.files_prefix().as_slice(), &own].concat()
    }
}

impl Database {
    /// Reads all entries; whether all of them open.
    pub(super) fn read_files(&self) -> Result<bool, StoreError> {
        let mut intact = true;
        let mut named = Named::default();
        let prefix = self.sealer.files_prefix();
        for (key, row) in self.tree().rows(&prefix, &[], usize::MAX)? {
            let opened = self.sealer.open(Space::File, &key, &row).ok();
            match opened.and_then(|entry| codec::from_slice(&entry, PIECE).ok()) {
                Some(entry) => named.add(entry),
                None => intact = false,
            }
        }
        self.with_named(|held| *held = named);
        Ok(intact)
    }

    pub(super) fn with_named<T>(&self, ask: impl FnOnce(&mut Named) -> T) -> T {
        ask(&mut self.named.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The files that have lost their last name since this was asked.
    pub(super) fn lost_files(&self) -> Vec<[u8; 32]> {
        self.with_named(|named| {
            let mut lost = std::mem::take(&mut named.lost);
            lost.retain(|blob| !named.by_blob.contains_key(blob));
            lost
        })
    }
}

/// A lock with nothing in it yet.
pub(super) type Held = Mutex<Named>;

impl Store {
    /// Where the files of messages are kept.
    pub fn shelf(&self) -> Result<Shelf, StoreError> {
        self.with(|open| Ok(open.shelf.clone()))
    }

    /// What messages say of their files: of all messages that have one.
    pub fn files(&self) -> Result<Vec<FileRow>, StoreError> {
        self.with(|open| {
            let all = |named: &mut Named| named.rows.values().copied().collect();
            Ok(open.database.with_named(all))
        })
    }

    /// The file of a message.
    pub fn file(&self, message: &MessageId) -> Result<Option<FileRow>, StoreError> {
        self.with(|open| {
            let one = |named: &mut Named| named.rows.get(message).copied();
            Ok(open.database.with_named(one))
        })
    }

    /// The messages that name a file.
    pub fn naming(&self, blob: &[u8; 32]) -> Result<Vec<FileRow>, StoreError> {
        self.with(|open| {
            let by = |named: &mut Named| {
                let messages = named.by_blob.get(blob).into_iter().flatten();
                messages
                    .filter_map(|id| named.rows.get(id))
                    .copied()
                    .collect()
            };
            Ok(open.database.with_named(by))
        })
    }
}
