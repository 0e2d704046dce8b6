//! From what is to be remembered to rows, and from rows to the disk.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    database::{About, Database, Hidden},
    error::StoreError,
    named, query,
    seal::{self, PIECE, Space},
    timeline::{self, Timeline},
    tree::Change,
};
use crate::{
    proto::{
        chat::acts::{self, Shape},
        id::{ChatId, PersonId},
        record::{Class, MessageRow, ReadMarks, Receipt, Write},
        time::Timestamp,
    },
    wire::codec,
};

/// The rows of one commit, as far as they are known.
pub(super) struct Stage<'a> {
    pub(super) database: &'a Database,
    pub(super) about: About,
    pub(super) rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(super) messages: BTreeMap<ChatId, Vec<(u32, MessageRow)>>,
    /// Messages that were committed before and are shown no longer.
    pub(super) hidden: Hidden,
    /// Whether a row of a message that was committed before says something else now.
    pub(super) rewrites: bool,
    /// Whether the search index has something to forget.
    pub(super) unindexes: bool,
    /// Chats of which no message that was committed before is left.
    forgotten: BTreeSet<ChatId>,
    /// Files that messages name from now on, or no longer.
    pub(super) named: Vec<named::Change>,
    /// Whether records are touched that are also kept outside the database, and how urgent that is.
    pub(super) backup: Backup,
}

/// When the records outside the database have to be written again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Backup {
    /// Not because of this.
    #[default]
    None,
    /// Some time.
    Due,
    /// Now: without them nobody is who they were.
    Now,
}

impl Backup {
    fn of(class: Class) -> Self {
        match class {
            Class::Account | Class::Device => Self::Now,
            Class::Profile | Class::Contact | Class::Invite | Class::Chat | Class::Group => Self::Due,
            // Sealed under a key that must be able to disappear, or not worth it.
            Class::Sessions
            | Class::Prekey
            | Class::Epoch
            | Class::Aside
            | Class::Outbox
            | Class::Replay
            // What it is of is only in the database.
            | Class::Expiry
            | Class::Saving
            | Class::Mailbox
            | Class::Owed
            | Class::Custody
            // Comes back from other members.
            | Class::Op => Self::None,
        }
    }
}

/// What was read of a receipt's row.
const TIME: usize = 8;

impl<'a> Stage<'a> {
    /// Begins the commit after the one that `about` speaks of.
    pub(super) fn new(database: &'a Database, about: About) -> Self {
        Self {
            database,
            about: About {
                commit: about.commit.saturating_add(1),
                ..about
            },
            rows: BTreeMap::new(),
            messages: BTreeMap::new(),
            hidden: Hidden::new(),
            rewrites: false,
            unindexes: false,
            forgotten: BTreeSet::new(),
            named: Vec::new(),
            backup: Backup::None,
        }
    }

    /// Adds one write. After an error nothing of the stage may be used.
    pub(super) fn write(&mut self, write: Write) -> Result<(), StoreError> {
        match write {
            Write::Put(class, key, value) => self.put(class, &key, &value),
            Write::Delete(class, key) => self.delete(class, &key),
            Write::Message(row) => self.message(*row),
            Write::Erase(id) => self.erase(&id),
            Write::Receipt(receipt) => self.receipt(&receipt),
            Write::Delivery {
                chat,
                device,
                person,
                counter,
                signed,
            } => {
                let sealer = &self.database.sealer;
                let key = sealer.signed_key(&chat, &device, &person, counter);
                if self.get(&key)?.is_none() {
                    let row = sealer.seal(Space::Signed, &key, &signed)?;
                    self.append(key, row);
                }
                Ok(())
            }
            Write::Seen(frame) => {
                let key = self.database.sealer.seen_key(&frame);
                if self.get(&key)?.is_none() {
                    self.append(key.to_vec(), Vec::new());
                }
                Ok(())
            }
            Write::Forget { chat, people } => self.forget(chat, &people),
        }
    }

    /// Writes the rows, all or none. `also` sees them before.
    pub(super) fn commit(mut self, also: impl FnOnce(&[Change])) -> Result<About, StoreError> {
        self.note_about()?;
        let Self {
            database,
            about,
            rows,
            messages,
            hidden,
            rewrites,
            forgotten,
            named,
            ..
        } = self;
        let changes: Vec<Change> = rows.into_iter().collect();
        also(&changes);
        if rewrites || !forgotten.is_empty() {
            let commit = || database.tree().commit(changes);
            database.without_readers(&forgotten, &hidden, commit)?;
        } else {
            database.tree().commit(changes)?;
        }
        for (chat, rows) in &messages {
            database.add(chat, rows);
        }
        database.with_named(|held| held.apply(named));
        Ok(about)
    }

    fn note_about(&mut self) -> Result<(), StoreError> {
        let key = self.database.sealer.about_key();
        let row = codec::to_vec(&self.about);
        let sealed = self.database.sealer.seal(Space::About, &key, &row)?;
        self.rows.insert(key.to_vec(), Some(sealed));
        Ok(())
    }

    /// Sets a record.
    pub(super) fn put(&mut self, class: Class, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let is_new = !self.remove(class, key)?;
        let sealer = &self.database.sealer;
        let at = sealer.record_key(class, key);
        let too_large = seal::pieces(value.len()).is_none() || key.len() > 255;
        if too_large {
            return Err(StoreError::TooLarge(value.len().max(key.len())));
        }
        let commit = self.about.commit;
        let rows = sealer.seal_value(Space::Record(class), &at, key, commit, value);
        for (key, row) in rows? {
            self.rows.insert(key, Some(row));
        }
        self.backup = self.backup.max(match Backup::of(class) {
            Backup::Due if is_new => Backup::Now,
            urgency => urgency,
        });
        Ok(())
    }

    pub(super) fn delete(&mut self, class: Class, key: &[u8]) -> Result<(), StoreError> {
        self.backup = self.backup.max(Backup::of(class));
        self.remove(class, key)?;
        Ok(())
    }

    /// Removes a record; whether it was there.
    fn remove(&mut self, class: Class, key: &[u8]) -> Result<bool, StoreError> {
        let at = self.database.sealer.record_key(class, key);
        let Some(old) = self.get(&at)? else {
            return Ok(false);
        };
        // Only a row as long as a full piece can be one of several.
        if old.len() > PIECE {
            let first = self.database.sealer.open_piece(Space::Record(class), &old);
            let count = first.map_or(1, |first| first.count);
            for index in 1..count {
                let piece = self.database.sealer.piece_key(&at, index);
                self.rows.insert(piece, None);
            }
        }
        self.rows.insert(at, None);
        Ok(true)
    }

    fn message(&mut self, row: MessageRow) -> Result<(), StoreError> {
        let Database { sealer, .. } = self.database;
        let id_key = sealer.id_key(&row.id);
        if self.get(&id_key)?.is_some() {
            return self.meet_again(&row);
        }
        let value = zeroize::Zeroizing::new(codec::to_vec(&row));
        if seal::pieces(value.len()).is_none() {
            return Err(StoreError::TooLarge(value.len()));
        }
        let (id, chat) = (row.id, row.chat);
        let shape = acts::shape(&row.content);
        let staged = self.messages.get(&chat).map_or(0, Vec::len);
        let next = self.ask_order(&chat, Timeline::next_arrival)?;
        let arrival = u32::try_from(staged)
            .ok()
            .and_then(|staged| next.checked_add(staged));
        let arrival = arrival.ok_or(StoreError::TooLarge(usize::MAX))?;

        let at = timeline::row_key(&sealer.chat_prefix(&chat), arrival);
        let commit = self.about.commit;
        let rows = sealer.seal_value(Space::Message, &at, &row.id.0, commit, &value);
        for (key, row) in rows? {
            self.append(key, row);
        }
        self.append(id_key.to_vec(), at);
        self.name_file(&row)?;
        self.messages.entry(chat).or_default().push((arrival, row));
        match shape {
            Shape::Message => self.settle(&chat, &id)?,
            Shape::Act(on) => {
                self.append(self.act_key(&chat, &on, arrival), Vec::new());
                self.settle(&chat, &on)?;
            }
            Shape::Quiet | Shape::Gone => {}
        }

        let arrived = self.messages.get(&chat).map_or(&[][..], Vec::as_slice);
        let hidden = self.hidden.get(&chat).into_iter().flatten();
        let hidden = hidden.map(|(arrival, _)| *arrival).collect();
        let page = self.ask_order(&chat, |order| order.completed_page(arrived, &hidden))?;
        if let Some((number, page)) = page {
            let key = timeline::page_key(&sealer.places_prefix(&chat), number);
            let sealed = sealer.seal(Space::Places, &key, &page)?;
            self.append(key, sealed);
        }
        Ok(())
    }

    /// Asks the order of a chat as it was before this stage; of one that the stage forgot, an empty
    /// one.
    fn ask_order<T>(
        &self,
        chat: &ChatId,
        ask: impl FnOnce(&Timeline) -> T,
    ) -> Result<T, StoreError> {
        if self.forgotten.contains(chat) {
            return Ok(ask(&Timeline::default()));
        }
        self.database.timeline(chat, ask)
    }

    fn forget(&mut self, chat: ChatId, people: &[PersonId]) -> Result<(), StoreError> {
        let Database { sealer, .. } = self.database;
        let prefix = sealer.chat_prefix(&chat);
        let mut rows = self.messages.remove(&chat).unwrap_or_default();
        self.hidden.remove(&chat);
        if self.forgotten.insert(chat) {
            let tree = self.database.tree();
            for (arrival, (key, row)) in (0..).zip(tree.rows(&prefix, &[], usize::MAX)?) {
                rows.push((arrival, query::open_message(&tree, sealer, &key, &row)?));
            }
        }
        let mut devices = BTreeSet::new();
        for (arrival, row) in rows {
            let at = timeline::row_key(&prefix, arrival);
            for index in 0..seal::pieces(codec::to_vec(&row).len()).unwrap_or(1) {
                self.drop_row(sealer.piece_key(&at, index))?;
            }
            self.drop_row(sealer.id_key(&row.id).to_vec())?;
            self.drop_file(&row)?;
            if let Shape::Act(on) = acts::shape(&row.content) {
                self.drop_row(self.act_key(&chat, &on, arrival))?;
            }
            devices.insert(row.device);
        }
        self.drop_under(&sealer.places_prefix(&chat))?;
        self.unindex(chat, None)?;
        for device in &devices {
            for person in people {
                self.drop_under(&sealer.delivered_prefix(&chat, device, person))?;
                self.drop_under(&sealer.signed_prefix(&chat, device, person))?;
                let read = sealer.read_key(&chat, device, person);
                self.rows.insert(read.to_vec(), None);
            }
        }
        Ok(())
    }

    fn drop_under(&mut self, prefix: &[u8]) -> Result<(), StoreError> {
        let keys = self.keys_under(prefix)?;
        keys.into_iter().try_for_each(|key| self.drop_row(key))
    }

    /// The keys of the rows that begin with a prefix, with what this stage changes.
    pub(super) fn keys_under(&self, prefix: &[u8]) -> Result<BTreeSet<Vec<u8>>, StoreError> {
        let kept = self.database.tree().rows(prefix, &[], usize::MAX)?;
        let mut keys: BTreeSet<Vec<u8>> = kept.into_iter().map(|(key, _)| key).collect();
        let staged = self.rows.range(prefix.to_vec()..);
        for (key, row) in staged.take_while(|(key, _)| key.starts_with(prefix)) {
            match row {
                Some(_) => keys.insert(key.clone()),
                None => keys.remove(key),
            };
        }
        Ok(keys)
    }

    /// Takes back what [`Stage::append`] did, now or in an earlier commit.
    pub(super) fn drop_row(&mut self, key: Vec<u8>) -> Result<(), StoreError> {
        if let Some(row) = self.get(&key)? {
            let bytes = u64::try_from(key.len() + row.len()).unwrap_or(u64::MAX);
            self.about.appended = self.about.appended.saturating_sub(bytes);
            self.rows.insert(key, None);
        }
        Ok(())
    }

    fn receipt(&mut self, receipt: &Receipt) -> Result<(), StoreError> {
        let Receipt {
            chat,
            device,
            counter,
            person,
            at,
            ..
        } = receipt;
        let sealer = &self.database.sealer;
        if receipt.read {
            let key = sealer.read_key(chat, device, person);
            let mut marks = match self.get(&key)? {
                Some(row) => open_marks(self.database, &key, &row)?,
                None => ReadMarks::default(),
            };
            if marks.read(*counter, *at) {
                let sealed = sealer.seal(Space::Read, &key, &codec::to_vec(&marks));
                self.rows.insert(key.to_vec(), Some(sealed?));
            }
            return Ok(());
        }
        let key = sealer.delivered_key(chat, device, person, *counter);
        if self.get(&key)?.is_none() {
            let sealed = sealer.seal(Space::Delivered, &key, &at.0.to_be_bytes());
            self.append(key, sealed?);
        }
        Ok(())
    }

    /// Takes a row as it is.
    pub(super) fn take(&mut self, key: Vec<u8>, row: Vec<u8>) {
        self.append(key, row);
    }

    pub(super) fn append(&mut self, key: Vec<u8>, row: Vec<u8>) {
        let bytes = u64::try_from(key.len() + row.len()).unwrap_or(u64::MAX);
        self.about.appended = self.about.appended.saturating_add(bytes);
        self.rows.insert(key, Some(row));
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.rows.get(key) {
            Some(staged) => Ok(staged.clone()),
            None => Ok(self.database.tree().get(key)?),
        }
    }
}

/// How far somebody has read.
pub(super) fn open_marks(
    database: &Database,
    key: &[u8],
    row: &[u8],
) -> Result<ReadMarks, StoreError> {
    let damaged = || StoreError::Damaged("a read receipt does not open".into());
    let opened = database
        .sealer
        .open(Space::Read, key, row)
        .map_err(|_| damaged())?;
    codec::from_slice(&opened, PIECE).map_err(|_| damaged())
}

/// When a message reached somebody's disk.
pub(super) fn open_delivered(
    database: &Database,
    key: &[u8],
    row: &[u8],
) -> Result<Timestamp, StoreError> {
    let opened = database.sealer.open(Space::Delivered, key, row);
    let at = opened
        .ok()
        .and_then(|at| Some(u64::from_be_bytes(*at.first_chunk::<TIME>()?)));
    at.map(Timestamp)
        .ok_or_else(|| StoreError::Damaged("a delivery receipt does not open".into()))
}
