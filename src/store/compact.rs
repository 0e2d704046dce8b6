//! A smaller database in place of one that has grown (reliability rule R10).
//!
//! sled keeps what was replaced for a long time. The rows are copied into the next generation, a few
//! at a time between commits, while every commit goes to both. Then all are compared, and only then
//! the next generation counts. The one before stays until the next start.

use std::sync::Arc;

use super::{
    database::lock,
    error::StoreError,
    files, generation,
    seal::CLASSES,
    store::{Open, Writer},
    tree::{Row, Tree, TreeError},
};

/// Below this size nothing is gained.
const WORTHWHILE: u64 = 256 << 20;

/// Rows that are copied while a commit waits.
const SLICE: usize = 256;

impl Open {
    /// Whether the database is much larger than what is in it.
    pub(super) fn wants_compaction(&self) -> Result<bool, StoreError> {
        let (path, appended) = {
            let writer = lock(&self.writer);
            (
                generation::path(self.dir(), writer.generation),
                writer.about.appended,
            )
        };
        let size = files::size_on_disk(&path)?;
        if size < WORTHWHILE {
            return Ok(false);
        }
        let mut live = appended;
        for class in CLASSES {
            for (key, value) in self.database.records(class)? {
                let bytes = u64::try_from(key.len() + value.len() + 100).unwrap_or(u64::MAX);
                live = live.saturating_add(bytes);
            }
        }
        let room = files::free_space(self.dir())?;
        // 2.5 times, in whole numbers; and there must be room for both.
        Ok(size / 5 > live / 2 && room / 4 > live)
    }

    /// Goes over to the next generation.
    pub(super) fn compact(&self) -> Result<(), StoreError> {
        let next = {
            let mut writer = lock(&self.writer);
            if writer.copy.is_some() {
                return Ok(());
            }
            let all = generation::all(self.dir())?;
            let next = all.last().copied().unwrap_or(0).saturating_add(1);
            let tree = Tree::open(&generation::path(self.dir(), next)).map_err(not_opened)?;
            writer.copy = Some(Arc::new(tree));
            next
        };
        let done = self.fill_copy().and_then(|()| self.compare_copy());
        let done = done.and_then(|()| self.switch(next));
        if done.is_err() {
            lock(&self.writer).copy = None;
        }
        done
    }

    fn fill_copy(&self) -> Result<(), StoreError> {
        self.in_slices(|copy, rows, _| {
            let rows = rows.into_iter().map(|(key, row)| (key, Some(row)));
            Ok(copy.apply(rows.collect())?)
        })
    }

    fn compare_copy(&self) -> Result<(), StoreError> {
        self.in_slices(|copy, rows, from| {
            // At the end there may not be one more.
            let limit = if rows.is_empty() { 1 } else { rows.len() };
            if copy.rows(&[], from, limit)? == rows {
                return Ok(());
            }
            Err(StoreError::Damaged("the compacted database differs".into()))
        })
    }

    /// Goes through all rows but the one that makes a tree a complete one. Between two slices commits
    /// take their turn. The last slice is empty.
    fn in_slices(
        &self,
        each: impl Fn(&Tree, Vec<Row>, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let about = self.database.sealer.about_key();
        let mut from = Vec::new();
        loop {
            let writer = lock(&self.writer);
            let copy = current_copy(&writer)?;
            let mut rows = self.database.tree().rows(&[], &from, SLICE)?;
            let end = rows
                .last()
                .map(|(last, _)| [last.as_slice(), &[0]].concat());
            rows.retain(|(key, _)| key.as_slice() != about);
            each(&copy, rows, &from)?;
            let Some(end) = end else {
                return Ok(());
            };
            from = end;
        }
    }

    fn switch(&self, next: u32) -> Result<(), StoreError> {
        let mut writer = lock(&self.writer);
        let copy = current_copy(&writer)?;
        let about = self.database.sealer.about_key().to_vec();
        let row = self.database.tree().get(&about)?;
        copy.commit(vec![(about, row)])?;
        if let Err(e) = generation::set_current(self.dir(), next) {
            // One copy of CURRENT may name the next one already, which gets no commit any more.
            generation::set_current(self.dir(), writer.generation)
                .map_err(|e| self.database.tree().fail(e.to_string()))?;
            return Err(e.into());
        }
        writer.copy = None;
        writer.generation = next;
        let old = self.database.replace_tree(copy);
        drop(writer);
        drop(old);
        Ok(())
    }
}

fn current_copy(writer: &Writer) -> Result<Arc<Tree>, StoreError> {
    // Taken away when a commit could not be applied to it.
    let copy = writer.copy.clone();
    copy.ok_or_else(|| StoreError::Failed("the copy could not be written".into()))
}

fn not_opened(e: TreeError) -> StoreError {
    match e {
        TreeError::Full => StoreError::Full { free: 0, needed: 0 },
        TreeError::Io(why) | TreeError::Damaged(why) => StoreError::Failed(why),
    }
}
