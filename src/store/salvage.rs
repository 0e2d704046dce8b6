//! Saves what can be saved of a damaged database into a new one.
//!
//! Nothing is removed: the damaged one is set aside as `db.broken-N` once the new one is complete.
//! Until then `CURRENT` names the damaged one, so that a crash in between only means to begin anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
    sync::Arc,
};

use zeroize::Zeroizing;

use super::{
    backup,
    carve::{Carved, Carver},
    database::{About, Database},
    error::StoreError,
    files, generation,
    open::UnlockError,
    seal::{CLASSES, Sealer},
    tail,
    tree::{Row, Tree},
    write::{self, Stage},
};
use crate::proto::{
    chat::{
        acts::{self, Shape},
        content::Content,
    },
    id::MessageId,
    record::{Class, MessageRow, Write},
};

/// What there is to salvage from.
pub(super) struct Wreck<'a> {
    pub(super) dir: &'a Path,
    /// The generation that counted.
    pub(super) broken: u32,
    /// The number of the last commit that is known of.
    pub(super) commit: u64,
}

/// What was saved.
pub(super) struct Saved {
    pub(super) database: Database,
    pub(super) about: About,
    pub(super) generation: u32,
    /// Whether there was anything to save.
    pub(super) anything: bool,
}

/// Rows that are written at once.
const BATCH: usize = 512;

/// Makes a new database from all that can be read of the damaged one, of earlier generations, and of
/// the records beside them.
pub(super) fn salvage(wreck: &Wreck<'_>, sealer: &Arc<Sealer>) -> Result<Saved, UnlockError> {
    let all = generation::all(wreck.dir)?;
    // A generation after the broken one was never finished, and holds nothing that is not elsewhere.
    let next = all
        .last()
        .copied()
        .unwrap_or(0)
        .max(wreck.broken)
        .saturating_add(1);
    let tree = Tree::open(&generation::path(wreck.dir, next))?;
    let mut rescue = Rescue {
        known: wreck.commit,
        target: Database::new(tree, sealer.clone()),
        about: About {
            commit: wreck.commit,
            appended: 0,
        },
        anything: false,
        waiting: Vec::new(),
        records: BTreeMap::new(),
        complete: BTreeSet::new(),
        expiring: BTreeSet::new(),
    };
    for tail in tail::all(wreck.dir)? {
        rescue.carve(&tail)?;
    }
    // The newest first: the first version of a message that is found stays.
    for old in all.iter().rev().filter(|old| **old <= wreck.broken) {
        let path = generation::path(wreck.dir, *old);
        // In this order: opening a damaged tree destroys some of what can be carved.
        rescue.carve(&path)?;
        rescue.rows(&path, *old == wreck.broken)?;
    }
    rescue.finish(backup::read(wreck.dir, sealer))?;
    generation::set_current(wreck.dir, next)?;
    let broken = generation::path(wreck.dir, wreck.broken);
    if broken.exists() {
        let aside = files::set_aside(&broken, "db.broken")?;
        tracing::warn!("the damaged database was set aside as {}", aside.display());
    }
    // What was found in the ends of logs is in the new database.
    tail::remove(wreck.dir)?;
    Ok(Saved {
        database: rescue.target,
        about: rescue.about,
        generation: next,
        anything: rescue.anything,
    })
}

struct Rescue {
    target: Database,
    /// The last commit that is known of.
    known: u64,
    about: About,
    anything: bool,
    waiting: Vec<Found>,
    /// The newest version of each record, and the commit that wrote it.
    records: BTreeMap<(Class, Vec<u8>), Version>,
    /// Classes of which all records could be read, so that no removed one may come back.
    complete: BTreeSet<Class>,
    /// Messages that were to disappear some time.
    expiring: BTreeSet<MessageId>,
}

/// The number of the commit that wrote a record, and the record.
type Version = (u64, Zeroizing<Vec<u8>>);

enum Found {
    Write(Write),
    Row(Row),
}

impl Rescue {
    /// Takes from a tree that opens what cannot be carved: seen frames and receipts.
    fn rows(&mut self, path: &Path, newest: bool) -> Result<(), UnlockError> {
        let Ok(tree) = Tree::open_wreck(path) else {
            return Ok(());
        };
        let old = Database::new(tree, self.target.sealer.clone());
        // Only a tree that has come as far as it ever did says what was removed from it.
        let about = old.about().ok().flatten();
        if newest && about.is_some_and(|about| about.commit >= self.known) {
            self.complete_classes(&old);
        }
        // From both ends, because reading ends where the damage is.
        let mut from = Vec::new();
        loop {
            let Ok(rows) = old.tree().rows(&[], &from, BATCH) else {
                break;
            };
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            from = [last.as_slice(), &[0]].concat();
            self.take(&old, rows)?;
        }
        let mut before: Option<Vec<u8>> = None;
        while let Ok(rows) = old.tree().rows_before(before.as_deref(), BATCH) {
            let Some((first, _)) = rows.last() else {
                return Ok(());
            };
            if *first < from {
                return Ok(());
            }
            before = Some(first.clone());
            self.take(&old, rows)?;
        }
        Ok(())
    }

    fn complete_classes(&mut self, old: &Database) {
        for class in CLASSES {
            if let Ok(records) = old.records(class) {
                self.complete.insert(class);
                self.records.retain(|(of, _), _| *of != class);
                for (key, value) in records {
                    self.records.insert((class, key), (u64::MAX, value));
                }
            }
        }
    }

    fn take(&mut self, old: &Database, rows: Vec<Row>) -> Result<(), UnlockError> {
        for (key, row) in rows {
            let kept = match key.len() {
                16 => row.is_empty() || write::open_marks(old, &key, &row).is_ok(),
                20 => write::open_delivered(old, &key, &row).is_ok(),
                _ => false,
            };
            // An earlier generation must not bring back an earlier version.
            if kept && !self.target.tree().has(&key)? {
                self.push(Found::Row((key, row)))?;
            }
        }
        Ok(())
    }

    fn carve(&mut self, path: &Path) -> Result<(), UnlockError> {
        let sealer = self.target.sealer.clone();
        let mut carver = Carver::new(&sealer);
        let mut found = |carved| match carved {
            Carved::Message(row, _) => {
                if expires(&row) {
                    self.expiring.insert(row.id);
                }
                self.push(Found::Write(Write::Message(row)))
            }
            Carved::Record(class, key, commit, value) => {
                self.offer(class, key, commit, value);
                Ok(())
            }
        };
        let read = if path.is_dir() {
            carver.directory(path, &mut found)
        } else {
            carver.file(path, &mut found)
        };
        match read {
            // What the disk does not give any more is lost.
            Err(UnlockError::Io(e)) => {
                tracing::warn!("a part of the damaged database cannot be read: {e}");
                Ok(())
            }
            other => other,
        }
    }

    fn offer(&mut self, class: Class, key: Vec<u8>, commit: u64, value: Zeroizing<Vec<u8>>) {
        self.about.commit = self.about.commit.max(commit);
        if self.complete.contains(&class) {
            return;
        }
        let newest = self
            .records
            .get(&(class, key.clone()))
            .map(|(newest, _)| *newest);
        if newest.is_none_or(|newest| newest < commit) {
            self.records.insert((class, key), (commit, value));
        }
    }

    fn push(&mut self, found: Found) -> Result<(), UnlockError> {
        self.anything = true;
        self.waiting.push(found);
        if self.waiting.len() >= BATCH {
            self.write()?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), UnlockError> {
        let mut stage = Stage::new(&self.target, self.about);
        for found in self.waiting.drain(..) {
            match found {
                Found::Write(write) => stage.write(write)?,
                Found::Row((key, row)) => stage.take(key, row),
            }
        }
        self.about = stage.commit(|_| ())?;
        Ok(())
    }

    fn finish(&mut self, backup: backup::Records) -> Result<(), UnlockError> {
        for ((class, key), value) in backup {
            self.offer(class, key, 0, value);
        }
        let records = std::mem::take(&mut self.records);
        // A message that nobody would erase any more may have disappeared already.
        for id in std::mem::take(&mut self.expiring) {
            if !records.contains_key(&(Class::Expiry, id.0.to_vec())) {
                self.push(Found::Write(Write::Erase(id)))?;
            }
        }
        for ((class, key), (_, value)) in records {
            self.push(Found::Write(Write::Put(class, key, value)))?;
        }
        self.write()
    }
}

/// Whether a row is a message that disappears some time. Acts go with the message that they are on.
fn expires(row: &MessageRow) -> bool {
    acts::shape(&row.content) == Shape::Message
        && Content::decode(&row.content).is_ok_and(|content| content.expire_s > 0)
}

impl From<StoreError> for UnlockError {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::Damaged(why) => Self::Damaged(why),
            StoreError::Full { .. } => Self::Full,
            other => Self::Io(io::Error::other(other)),
        }
    }
}
