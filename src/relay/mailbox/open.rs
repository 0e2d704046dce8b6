//! Opening the database of mailboxes: what is known of each topic is in memory, its frames are not.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{
    Quotas,
    boxes::Mailboxes,
    log::Log,
    rows::{self, Leased},
};
use crate::{
    disk::tree::{DiskError, Row, Tree, TreeError},
    wire::{codec, id::PeerId, mailbox::ReaderId},
};

impl Mailboxes {
    /// Opens the database in a directory, or makes it.
    pub(super) fn open(directory: &Path, quotas: Quotas) -> Result<Self, TreeError> {
        let tree = Tree::open(directory)?;
        let damaged = |e: DiskError| TreeError::Damaged(e.to_string());
        let store = match tree.get(rows::STORE).map_err(damaged)? {
            Some(row) => rows::decode::<rows::Store>(&row)
                .filter(|store| store.version == 1)
                .ok_or_else(|| TreeError::Damaged("a newer version made it, or nobody".into()))?,
            None => begin(&tree)?,
        };
        let mut boxes = Self {
            tree,
            instance: store.instance,
            quotas,
            topics: BTreeMap::new(),
            clients: BTreeMap::new(),
            leases: 0,
            bytes: 0,
            frames: 0,
            staged: Vec::new(),
            touched: BTreeSet::new(),
            fresh: BTreeMap::new(),
            looked: None,
        };
        boxes.load().map_err(damaged)?;
        Ok(boxes)
    }

    fn load(&mut self) -> Result<(), DiskError> {
        let unreadable = || DiskError::Damaged("a row cannot be read".into());
        for (key, row) in self.all(rows::META)? {
            let topic = rows::topic_of(&key).ok_or_else(unreadable)?;
            let meta: rows::Meta = rows::decode(&row).ok_or_else(unreadable)?;
            let mut log = Log::from_meta(&meta);
            log.oldest = self.received(&topic, meta.floor.saturating_add(1))?;
            self.bytes = self.bytes.saturating_add(log.bytes);
            self.frames = self.frames.saturating_add(log.len());
            let usage = self.clients.entry(log.payer).or_default();
            usage.bytes = usage.bytes.saturating_add(log.bytes);
            self.topics.insert(topic, log);
        }
        for (key, row) in self.all(rows::LEASE)? {
            let topic = rows::topic_of(&key).ok_or_else(unreadable)?;
            let client = PeerId(rows::rest_of(&key).ok_or_else(unreadable)?);
            let lease: Leased = rows::decode(&row).ok_or_else(unreadable)?;
            if let Some(log) = self.topics.get_mut(&topic) {
                log.leases.insert(client, lease);
                self.clients.entry(client).or_default().leases += 1;
                self.leases += 1;
            }
        }
        for (key, row) in self.all(rows::READER)? {
            let topic = rows::topic_of(&key).ok_or_else(unreadable)?;
            let reader: ReaderId = rows::rest_of(&key).ok_or_else(unreadable)?;
            let upto: u64 = rows::decode(&row).ok_or_else(unreadable)?;
            if let Some(log) = self.topics.get_mut(&topic) {
                log.readers.insert(reader, upto);
            }
        }
        Ok(())
    }

    fn all(&self, prefix: &[u8]) -> Result<Vec<Row>, DiskError> {
        let mut all = Vec::new();
        let mut from = prefix.to_vec();
        loop {
            let rows = self.tree.rows(prefix, &from, 1024)?;
            let Some((last, _)) = rows.last() else {
                return Ok(all);
            };
            from = [last.as_slice(), &[0]].concat();
            all.extend(rows);
        }
    }
}

fn begin(tree: &Tree) -> Result<rows::Store, TreeError> {
    let mut instance = [0; 16];
    getrandom::fill(&mut instance).map_err(|e| TreeError::Io(e.to_string()))?;
    let store = rows::Store {
        version: 1,
        instance,
    };
    let row = codec::to_vec(&store);
    tree.commit(vec![(rows::STORE.to_vec(), Some(row))])
        .map_err(|e| TreeError::Io(e.to_string()))?;
    Ok(store)
}
