//! The thread that keeps the index: it follows what is committed, some moments behind.
//!
//! Nothing depends on it. Whatever goes wrong with the index, it is opened again or made anew.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tantivy::TantivyError;

use super::{
    View,
    folder::Folder,
    index::{Entry, Index, LEFTOVERS},
    moment,
    said::said,
    signal::Signal,
};
use crate::{
    proto::{
        chat::acts::{self, Shape},
        id::ChatId,
        record::MessageRow,
        secret::Secret,
    },
    store::{error::StoreError, store::Store},
};

/// What the thread works with.
pub(super) struct Keeper {
    pub(super) store: Store,
    pub(super) dir: PathBuf,
    pub(super) key: Secret<32>,
    pub(super) signal: Arc<Signal>,
    pub(super) view: Arc<Mutex<Option<Arc<View>>>>,
}

/// Why the index is not up to date.
enum Failed {
    Store(StoreError),
    Index(TantivyError),
}

impl From<StoreError> for Failed {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

impl From<TantivyError> for Failed {
    fn from(e: TantivyError) -> Self {
        Self::Index(e)
    }
}

/// Messages that are read at once, while a commit waits.
const SLICE: usize = 128;

/// Messages that make a commit of the index though there are more.
const BATCH: usize = 60_000;

/// What is to be forgotten that is read at once.
const FORGET: usize = 4096;

/// How long until it is tried again, doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// How often a full disk is looked at again.
const ROOM: Duration = Duration::from_secs(10);

/// Failures one after the other from which on the index is not opened again but made anew.
const ENOUGH: u32 = 3;

impl Keeper {
    /// Follows what is committed until it is told to end.
    pub(super) fn run(self) {
        be_nice();
        let mut failures: u32 = 0;
        let mut anew = self.store.opened().is_suspect();
        while !self.signal.is_stopped() {
            let before = Instant::now();
            let ended = self.follow(anew);
            if before.elapsed() > Duration::from_mins(1) {
                failures = 0;
            }
            match ended {
                Ok(Ended::Stopped) | Err(Failed::Store(StoreError::Locked)) => return,
                Ok(Ended::Damaged) => {
                    tracing::warn!("the search index is damaged and is made anew");
                    failures += 1;
                    anew = true;
                }
                Err(Failed::Store(e)) => {
                    tracing::debug!("the search index waits: {e}");
                    anew = false;
                    failures += 1;
                }
                Err(Failed::Index(e)) => {
                    failures += 1;
                    anew = failures >= ENOUGH || is_unreadable(&e);
                    tracing::warn!("the search index is opened again: {e}");
                }
            }
            // What is damaged once is made anew at once.
            if failures > 1 || !anew {
                let wait = FIRST_WAIT.saturating_mul(1 << failures.min(7));
                self.signal.sleep(wait);
            }
        }
    }

    fn follow(&self, anew: bool) -> Result<Ended, Failed> {
        // Whoever searches from here on finds less, and is told so.
        self.signal.tell([], true);
        if anew {
            *self.view.lock().unwrap_or_else(PoisonError::into_inner) = None;
            Folder::wipe(&self.dir).map_err(TantivyError::from)?;
        }
        let mut index = Index::open(&self.dir, self.key.clone())?;
        let commit = self.store.with(|open| Ok(open.commit_number()))?;
        if index.progress.commit > commit {
            // The database went back in time without the index.
            return Ok(Ended::Damaged);
        }
        self.show(&index)?;
        let chats = self.store.with(super::super::store::Open::chats)?;
        self.signal.tell(chats, true);
        let mut purge_at = None;
        loop {
            let work = self.signal.next(purge_at);
            if work.stop {
                return Ok(Ended::Stopped);
            }
            if work.again || index.folder.is_damaged() {
                return Ok(Ended::Damaged);
            }
            let done = self.carry_out(&mut index, &work.fresh, work.told);
            if let Err(e) = done {
                self.signal.give_back(work);
                if let Failed::Store(StoreError::Full { .. }) = e {
                    self.signal.sleep(ROOM);
                    continue;
                }
                if index.folder.is_damaged() {
                    return Ok(Ended::Damaged);
                }
                return Err(e);
            }
            if purge_at.is_some_and(|at| at <= Instant::now()) {
                index.purge(|| self.signal.is_stopped())?;
                self.show(&index)?;
                purge_at = None;
            }
            if purge_at.is_none() && index.has_leftovers() {
                purge_at = Some(Instant::now() + LEFTOVERS);
            }
        }
    }

    fn carry_out(
        &self,
        index: &mut Index,
        fresh: &BTreeSet<ChatId>,
        told: u64,
    ) -> Result<(), Failed> {
        self.store.has_room()?;
        self.forget(index)?;
        self.count(index, fresh)?;
        for chat in fresh {
            self.read(index, chat)?;
            if self.signal.is_stopped() {
                return Ok(());
            }
        }
        self.commit(index)?;
        self.signal.done(told);
        Ok(())
    }

    /// Tells how much there is to be read.
    fn count(&self, index: &Index, fresh: &BTreeSet<ChatId>) -> Result<(), Failed> {
        let indexed = index.progress.count();
        let mut messages = indexed;
        for chat in fresh {
            let next = index.progress.next(chat);
            let all = self.store.with(|open| open.came(chat))?;
            messages += u64::from(all.saturating_sub(next));
        }
        self.signal.count(indexed, messages);
        Ok(())
    }

    /// Takes out what was erased, or looks again at what was changed.
    fn forget(&self, index: &mut Index) -> Result<(), Failed> {
        loop {
            let gone = self.store.query(|database| database.unindexed(FORGET))?;
            for note in &gone {
                let Some(arrival) = note.arrival else {
                    index.remove_chat(&note.chat);
                    continue;
                };
                index.remove(&note.chat, arrival);
                let row = self.store.query(|db| db.arrived(&note.chat, arrival))?;
                // What has not come to the index yet comes with the others.
                if let Some(row) = row
                    && arrival < index.progress.next(&note.chat)
                {
                    self.add(index, arrival, &row)?;
                }
            }
            if gone.is_empty() {
                return Ok(());
            }
            self.commit(index)?;
            self.store.with(|open| open.indexed(&gone))?;
            if gone.len() < FORGET {
                return Ok(());
            }
        }
    }

    /// Adds what came in a chat.
    fn read(&self, index: &mut Index, chat: &ChatId) -> Result<(), Failed> {
        while !self.signal.is_stopped() {
            let from = index.progress.next(chat);
            let rows = self.store.with(|open| open.arrivals(chat, from, SLICE))?;
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            let next = last.saturating_add(1);
            let is_all = rows.len() < SLICE;
            for (arrival, row) in &rows {
                match acts::shape(&row.content) {
                    Shape::Message => self.add(index, *arrival, row)?,
                    Shape::Act(on) => self.look_again(index, chat, &on)?,
                    Shape::Quiet | Shape::Gone => {}
                }
            }
            index.came_to(*chat, next);
            self.signal.counted(u64::from(next.saturating_sub(from)));
            if index.changed >= BATCH {
                self.commit(index)?;
            }
            if is_all {
                return Ok(());
            }
        }
        Ok(())
    }

    /// A message may say something else now.
    fn look_again(
        &self,
        index: &mut Index,
        chat: &ChatId,
        on: &crate::proto::id::MessageId,
    ) -> Result<(), Failed> {
        let Some(arrival) = self.store.query(|database| database.arrival(on))? else {
            return Ok(());
        };
        if arrival >= index.progress.next(chat) {
            return Ok(());
        }
        let row = self
            .store
            .query(|database| database.arrived(chat, arrival))?;
        if let Some(row) = row.filter(|row| row.id == *on) {
            index.remove(chat, arrival);
            self.add(index, arrival, &row)?;
        }
        Ok(())
    }

    fn add(&self, index: &mut Index, arrival: u32, row: &MessageRow) -> Result<(), Failed> {
        let acts = self.store.acts(row.chat, row.id)?;
        let Some(said) = said(row, &acts) else {
            return Ok(());
        };
        index.add(&Entry {
            chat: row.chat,
            arrival,
            sender: row.sender,
            at: moment(row),
            said: &said,
        })?;
        Ok(())
    }

    fn commit(&self, index: &mut Index) -> Result<(), Failed> {
        if index.changed == 0 {
            return Ok(());
        }
        index.progress.commit = self.store.with(|open| Ok(open.commit_number()))?;
        index.commit()?;
        self.show(index)
    }

    fn show(&self, index: &Index) -> Result<(), Failed> {
        let view = View {
            searcher: index.searcher()?,
            fields: index.fields,
            folder: index.folder.clone(),
            chats: index.progress.by_number(),
        };
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(view));
        Ok(())
    }
}

enum Ended {
    Stopped,
    Damaged,
}

/// Whether the index itself is not what it should be.
fn is_unreadable(e: &TantivyError) -> bool {
    match e {
        TantivyError::IoError(e) => e.kind() == std::io::ErrorKind::InvalidData,
        TantivyError::OpenReadError(_)
        | TantivyError::DataCorruption(_)
        | TantivyError::SchemaError(_)
        | TantivyError::IncompatibleIndex(_)
        | TantivyError::InternalError(_) => true,
        _ => false,
    }
}

/// Whatever else there is to do goes first. The threads of the index come from this one.
fn be_nice() {
    #[cfg(target_os = "linux")]
    if let Err(e) = rustix::process::setpriority_process(None, 10) {
        tracing::debug!("the search index is kept with the usual priority: {e}");
    }
}
