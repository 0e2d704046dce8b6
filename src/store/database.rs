//! A database and what is needed to make sense of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use minicbor::{Decode, Encode};

use super::{
    error::StoreError,
    named::Held,
    seal::{Sealer, Space},
    timeline::Timeline,
    tree::Tree,
};
use crate::{
    proto::{
        id::{ChatId, MessageId},
        record::MessageRow,
        time::Timestamp,
    },
    wire::codec,
};

/// One tree, its keys, and the display orders that are in memory.
pub(super) struct Database {
    pub(super) sealer: Arc<Sealer>,
    tree: RwLock<Arc<Tree>>,
    timelines: Mutex<BTreeMap<ChatId, Slot>>,
    /// Held by everybody who asks, and alone by who removes messages: otherwise messages would seem
    /// lost to whoever has read their order and not yet their rows.
    readers: RwLock<()>,
    pub(super) named: Held,
}

/// The order of one chat, or the place where it will be.
#[derive(Default)]
struct Slot {
    timeline: Arc<Mutex<Option<Timeline>>>,
    len: usize,
    used: u64,
}

/// Messages that are shown no longer, by their place in the order of arrival.
pub(super) type Hidden = BTreeMap<ChatId, BTreeMap<u32, (MessageId, Timestamp)>>;

/// Places that are kept in memory, of all chats, at 48 bytes each.
const PLACES_IN_MEMORY: usize = 256 * 1024;

/// Chats whose order is kept in memory.
const CHATS_IN_MEMORY: usize = 1024;

impl Database {
    pub(super) fn new(tree: Tree, sealer: Arc<Sealer>) -> Self {
        Self {
            sealer,
            tree: RwLock::new(Arc::new(tree)),
            timelines: Mutex::new(BTreeMap::new()),
            readers: RwLock::new(()),
            named: Held::default(),
        }
    }

    /// Asks something of the database while no message is removed from it.
    pub(super) fn read<T>(&self, ask: impl FnOnce(&Self) -> T) -> T {
        let _reading = self.readers.read().unwrap_or_else(PoisonError::into_inner);
        ask(self)
    }

    /// Makes a change that erases something, while nobody reads: the messages of some chats, or
    /// `hidden` ones.
    pub(super) fn without_readers<T>(
        &self,
        chats: &BTreeSet<ChatId>,
        hidden: &Hidden,
        change: impl FnOnce() -> T,
    ) -> T {
        let _writing = self.readers.write().unwrap_or_else(PoisonError::into_inner);
        let changed = change();
        lock(&self.timelines).retain(|chat, _| !chats.contains(chat));
        for (chat, messages) in hidden {
            self.with_timeline(chat, |timeline| {
                for (arrival, (id, created)) in messages {
                    timeline.hide(id, *created, *arrival);
                }
            });
        }
        changed
    }

    pub(super) fn tree(&self) -> Arc<Tree> {
        self.tree
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Goes on with another tree that holds the same rows.
    pub(super) fn replace_tree(&self, tree: Arc<Tree>) -> Arc<Tree> {
        let mut current = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut current, tree)
    }

    /// Asks the order of a chat, which is read from the tree if need be.
    pub(super) fn timeline<T>(
        &self,
        chat: &ChatId,
        ask: impl FnOnce(&Timeline) -> T,
    ) -> Result<T, StoreError> {
        let slot = self.slot(chat);
        let mut timeline = lock(&slot);
        let loaded = match &*timeline {
            Some(loaded) => loaded,
            None => timeline.insert(Timeline::load(&self.tree(), &self.sealer, chat)?),
        };
        let answer = ask(loaded);
        let len = loaded.len();
        drop(timeline);
        self.make_room(chat, len);
        Ok(answer)
    }

    /// Adds messages that are in the tree now to the order of their chat, if it is in memory.
    ///
    /// Who loads the order meanwhile has it with them or without; [`Timeline::add`] knows which.
    pub(super) fn add(&self, chat: &ChatId, rows: &[(u32, MessageRow)]) {
        self.with_timeline(chat, |timeline| timeline.add(rows));
    }

    /// Changes the order of a chat, if it is in memory.
    fn with_timeline(&self, chat: &ChatId, change: impl FnOnce(&mut Timeline)) {
        let slot = lock(&self.timelines)
            .get(chat)
            .map(|slot| slot.timeline.clone());
        if let Some(slot) = slot
            && let Some(timeline) = &mut *lock(&slot)
        {
            change(timeline);
        }
    }

    fn slot(&self, chat: &ChatId) -> Arc<Mutex<Option<Timeline>>> {
        let mut slots = lock(&self.timelines);
        let newest = slots.values().map(|slot| slot.used).max().unwrap_or(0);
        let slot = slots.entry(*chat).or_default();
        slot.used = newest.saturating_add(1);
        slot.timeline.clone()
    }

    /// Forgets the orders that were not asked for the longest time, never the last one asked for.
    fn make_room(&self, chat: &ChatId, len: usize) {
        let mut slots = lock(&self.timelines);
        if let Some(slot) = slots.get_mut(chat) {
            slot.len = len;
        }
        while slots.len() > CHATS_IN_MEMORY
            || slots.values().map(|slot| slot.len).sum::<usize>() > PLACES_IN_MEMORY
        {
            let others = slots.iter().filter(|(of, _)| *of != chat);
            let Some(oldest) = others.min_by_key(|(_, slot)| slot.used).map(|(of, _)| *of) else {
                return;
            };
            slots.remove(&oldest);
        }
    }

    /// What the tree says of itself; none when it is empty.
    pub(super) fn about(&self) -> Result<Option<About>, StoreError> {
        let key = self.sealer.about_key();
        let Some(row) = self.tree().get(&key)? else {
            return Ok(None);
        };
        let damaged = || StoreError::Damaged("its own row does not open".into());
        let opened = self
            .sealer
            .open(Space::About, &key, &row)
            .map_err(|_| damaged())?;
        let about = codec::from_slice(&opened, 64).map_err(|_| damaged())?;
        Ok(Some(about))
    }
}

/// What a tree says of itself, in one row that every commit writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct About {
    /// Number of the last commit.
    #[n(0)]
    pub(super) commit: u64,
    /// Bytes of keys and values of rows that never go away again.
    #[n(1)]
    pub(super) appended: u64,
}

/// Locks; a panic of somebody who held the lock left nothing half done that matters here.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
