//! Finding messages by their words (ADR 0025).
//!
//! The index lies in `search/` beside the database and may be removed at any time. It is kept by a thread
//! of its own (`keeper`), which follows the commits of the store. tantivy does the finding; what it keeps
//! goes through `folder`, so that the disk shows no word. What was found is read from the database, and
//! is looked at again by who shows it: the index may lag behind.

mod ask;
mod folder;
mod index;
mod keeper;
mod said;
mod sealed;
pub(super) mod signal;
mod words;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use tantivy::Searcher;

pub use ask::{Ask, Hit, Order};
pub use index::Has;
pub use signal::Standing;
pub use words::{Phrase, Piece, fold, pieces};

use self::{folder::Folder, index::Fields, keeper::Keeper, signal::Signal};
use super::{error::StoreError, store::Store};
use crate::proto::record::MessageRow;

/// The search of an open store. While it is there, a thread keeps the index; it ends before this goes.
pub struct Search {
    store: Store,
    signal: Arc<Signal>,
    view: Arc<Mutex<Option<Arc<View>>>>,
    keeper: Option<JoinHandle<()>>,
}

/// What can be found at some moment.
struct View {
    searcher: Searcher,
    fields: Fields,
    folder: Folder,
    /// By their numbers in the index.
    chats: BTreeMap<u32, crate::proto::id::ChatId>,
}

/// How long who searches waits for what came just before: a busy machine takes more than half a second.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long who searches waits for an index that has to be made anew.
const LONG_PATIENCE: Duration = Duration::from_secs(3);

impl Search {
    /// Begins to keep the index of a store.
    pub fn start(store: &Store) -> Result<Self, StoreError> {
        let signal: Arc<Signal> = Arc::default();
        let view: Arc<Mutex<Option<Arc<View>>>> = Arc::default();
        // The first who searches waits for what is there already.
        signal.tell([], true);
        let (dir, key) = store.with(|open| {
            open.follow(signal.clone());
            Ok((open.dir().join(DIR), open.database.sealer.search_key()))
        })?;
        let keeper = Keeper {
            store: store.clone(),
            dir,
            key,
            signal: signal.clone(),
            view: view.clone(),
        };
        let keeper = std::thread::Builder::new()
            .name("search".into())
            .spawn(|| keeper.run())?;
        Ok(Self {
            store: store.clone(),
            signal,
            view,
            keeper: Some(keeper),
        })
    }

    /// The messages that fit, the first of them. What was committed before is among what can be found,
    /// unless that takes longer than one wants to wait: the standing says so.
    pub fn find(&self, ask: &Ask) -> Result<(Vec<Hit>, Standing), StoreError> {
        for patience in [PATIENCE, LONG_PATIENCE] {
            let standing = self.signal.wait_for_now(patience);
            if let Some(found) = self.try_find(ask)? {
                return Ok((found, standing));
            }
        }
        Ok((Vec::new(), self.signal.standing_of_none()))
    }

    /// How much of what was committed before is among what can be found.
    pub fn standing(&self) -> Standing {
        let standing = self.signal.wait_for_now(PATIENCE);
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        if view.is_some() {
            standing
        } else {
            self.signal.standing_of_none()
        }
    }

    /// None when there is nothing to ask yet.
    fn try_find(&self, ask: &Ask) -> Result<Option<Vec<Hit>>, StoreError> {
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(view) = view.clone() else {
            return Ok(None);
        };
        let after = match &ask.after {
            Some(id) => self.store.row(id)?,
            None => None,
        };
        let found = ask::find(&view, ask, after.as_ref());
        let places = match found {
            Ok(places) if !view.folder.is_damaged() => places,
            Ok(_) => {
                self.make_anew("a file is damaged");
                return Ok(None);
            }
            Err(error) => {
                self.make_anew(&error.to_string());
                return Ok(None);
            }
        };
        let mut hits = Vec::with_capacity(places.len());
        for (chat, arrival) in places {
            // None: it went after it was indexed.
            let row = self.store.query(|db| db.arrived(&chat, arrival))?;
            hits.extend(row.map(|row| Hit { row }));
        }
        Ok(Some(hits))
    }

    fn make_anew(&self, why: &str) {
        tracing::warn!("the search index cannot be read: {why}");
        self.signal.make_anew();
    }

    /// Waits until all that was committed before can be found.
    pub fn wait(&self, patience: Duration) {
        self.signal.wait_for_now(patience);
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.signal.stop();
        if let Some(keeper) = self.keeper.take()
            && keeper.join().is_err()
        {
            tracing::error!("the thread of the search index panicked");
        }
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Where the index lies in a profile.
pub(super) const DIR: &str = "search";

/// A place in time: when a message was said, in the order of time and different for each message.
fn moment(row: &MessageRow) -> u64 {
    let [a, b, c, ..] = row.id.0;
    let own = u64::from_be_bytes([0, 0, 0, 0, 0, a, b, c]) >> 4;
    first_at(row.sent_at.0) | own
}

/// The first place in time of a millisecond.
fn first_at(ms: u64) -> u64 {
    const MOST: u64 = (1 << 44) - 1;
    ms.min(MOST) << 20
}

#[cfg(test)]
mod tests;
