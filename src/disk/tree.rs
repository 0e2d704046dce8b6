//! The one place that names sled (0.34.7), and what it takes to rely on it.
//!
//! - A commit is durable only after our own `sync_data` on the log: on Linux sled's flush is
//!   `sync_file_range`, which is no barrier for the disk (measured: 59 of 60 simulated losses of
//!   power lost answered data without it, none with it).
//! - A kill while sled writes a snapshot leaves `snap.*.generating`, with which it does not open any
//!   more. It can be moved away. A whole snapshot must not be: see [`Tree::open_wreck`].
//! - Damage shows as an error or as a panic, on any thread, and an I/O thread that panicked leaves
//!   `flush` waiting for ever. So everything is caught, and opening and committing are watched.
//! - After an error in writing nothing is known about what is on disk: no further write is tried.

use std::{
    any::Any,
    fs::{self, File},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        OnceLock,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::files;

/// A change of one row: its key, and its value or none to remove it.
pub(crate) type Change = (Vec<u8>, Option<Vec<u8>>);

/// A row: key and value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// One sled database.
pub(crate) struct Tree {
    /// None only while it is dropped.
    db: Option<sled::Db>,
    jobs: Option<SyncSender<Job>>,
    writer: Option<JoinHandle<()>>,
    failed: OnceLock<DiskError>,
}

struct Job {
    batch: sled::Batch,
    done: SyncSender<Result<(), String>>,
}

/// Why a database does not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeError {
    /// No room.
    #[error("the disk is full")]
    Full,
    /// The disk refuses; the database itself may be well.
    #[error("the disk refuses ({0})")]
    Io(String),
    /// It is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// Why a database does not take or give anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DiskError {
    /// It is being closed.
    #[error("the database is closed")]
    Closed,
    /// The disk refused, now or before: nothing more is taken until it is opened again.
    #[error("the disk failed: {0}")]
    Failed(String),
    /// It is not what was written.
    #[error("the database is damaged: {0}")]
    Damaged(String),
}

/// How long opening may take, apart from what the size makes it take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a commit may take. Disks that are asleep or overloaded take seconds.
const COMMIT_PATIENCE: Duration = Duration::from_mins(1);

/// Measured with 100,000 messages: memory after writing them 23 MiB with 1, 60 MiB with 16, and half
/// the speed of writing with 1. The file system caches too.
const CACHE: u64 = 8 * 1024 * 1024;

impl Tree {
    /// Opens the database in `path`, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, TreeError> {
        files::make_private_dir(path).map_err(|e| from_io(&e))?;
        move_away(path, |name| name.ends_with(".generating")).map_err(|e| from_io(&e))?;
        Self::start(path, open_watched(path)?)
    }

    /// Opens a damaged database as far as that is possible, and destroys what lies behind the damage:
    /// without a snapshot sled takes the first damaged place in its log for the end, and overwrites the
    /// rest. What else is to be had of it has to be taken before.
    pub(crate) fn open_wreck(path: &Path) -> Result<Self, TreeError> {
        match Self::open(path) {
            Err(TreeError::Damaged(_)) => {
                move_away(path, |_| true).map_err(|e| from_io(&e))?;
                Self::start(path, open_watched(path)?)
            }
            other => other,
        }
    }

    fn start(path: &Path, db: sled::Db) -> Result<Self, TreeError> {
        let synced = sync_all(path).map_err(|e| from_io(&e));
        let log = File::open(path.join("db")).map_err(|e| from_io(&e));
        let (log, ()) = match (log, synced) {
            (Ok(log), Ok(())) => (log, ()),
            (Err(e), _) | (_, Err(e)) => {
                close(db, None);
                return Err(e);
            }
        };
        let (jobs, work) = sync_channel(1);
        let writer = db.clone();
        let commit = move || commit_loop(&writer, &log, &work);
        match thread::Builder::new()
            .name("disk-commit".into())
            .spawn(commit)
        {
            Ok(writer) => Ok(Self {
                db: Some(db),
                jobs: Some(jobs),
                writer: Some(writer),
                failed: OnceLock::new(),
            }),
            Err(e) => {
                close(db, None);
                Err(from_io(&e))
            }
        }
    }

    /// The value of a row.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DiskError> {
        self.read(|db| Ok(db.get(key)?.map(|value| value.to_vec())))
    }

    /// Whether there is a row.
    pub(crate) fn has(&self, key: &[u8]) -> Result<bool, DiskError> {
        self.read(|db| db.contains_key(key))
    }

    /// At most `limit` rows whose keys begin with `prefix`, ascending, from the first key that is at
    /// least `from`.
    pub(crate) fn rows(
        &self,
        prefix: &[u8],
        from: &[u8],
        limit: usize,
    ) -> Result<Vec<Row>, DiskError> {
        self.read(|db| {
            let mut rows = Vec::new();
            for row in db.range(from.max(prefix)..).take(limit) {
                let (key, value) = row?;
                if !key.starts_with(prefix) {
                    break;
                }
                rows.push((key.to_vec(), value.to_vec()));
            }
            Ok(rows)
        })
    }

    /// At most `limit` rows, descending, from the last key that is below `before`.
    pub(crate) fn rows_before(
        &self,
        before: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, DiskError> {
        self.read(|db| {
            let range = match before {
                Some(before) => db.range(..before),
                None => db.iter(),
            };
            let rows = range.rev().take(limit);
            rows.map(|row| row.map(|(key, value)| (key.to_vec(), value.to_vec())))
                .collect()
        })
    }

    /// Makes changes, all or none, and returns when they are on disk. After an error nothing is known
    /// of them, and no change is accepted any more.
    pub(crate) fn commit(&self, changes: Vec<Change>) -> Result<(), DiskError> {
        self.healthy()?;
        let (done, result) = sync_channel(1);
        let job = Job {
            batch: batch(changes),
            done,
        };
        let sent = self
            .jobs
            .as_ref()
            .is_some_and(|jobs| jobs.send(job).is_ok());
        let outcome = if sent {
            result.recv_timeout(COMMIT_PATIENCE)
        } else {
            Err(RecvTimeoutError::Disconnected)
        };
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(self.fail(why)),
            Err(RecvTimeoutError::Disconnected) => Err(self.fail("the database panicked".into())),
            Err(RecvTimeoutError::Timeout) => Err(self.fail("the disk does not answer".into())),
        }
    }

    /// Makes changes, all or none, that are on disk only after the next [`Tree::commit`].
    pub(crate) fn apply(&self, changes: Vec<Change>) -> Result<(), DiskError> {
        self.healthy()?;
        let db = self.db.as_ref().ok_or(DiskError::Closed)?;
        match catch_unwind(AssertUnwindSafe(|| db.apply_batch(batch(changes)))) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) => Err(self.fail(e.to_string())),
            Err(_) => Err(self.fail("the database panicked".into())),
        }
    }

    /// The error after which no change is accepted any more, if there was one.
    pub(crate) fn healthy(&self) -> Result<(), DiskError> {
        self.failed.get().map_or(Ok(()), |e| Err(e.clone()))
    }

    /// Accepts no change any more.
    pub(crate) fn fail(&self, why: String) -> DiskError {
        self.failed.get_or_init(|| DiskError::Failed(why)).clone()
    }

    fn read<T>(&self, read: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, DiskError> {
        let db = self.db.as_ref().ok_or(DiskError::Closed)?;
        match catch_unwind(AssertUnwindSafe(|| read(db))) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(sled::Error::Io(e))) => Err(match from_io(&e) {
                TreeError::Damaged(why) => DiskError::Damaged(why),
                TreeError::Full | TreeError::Io(_) => DiskError::Failed(e.to_string()),
            }),
            Ok(Err(e)) => Err(DiskError::Damaged(e.to_string())),
            Err(_) => Err(DiskError::Damaged("the database panicked".into())),
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(db) = self.db.take() {
            close(db, self.writer.take());
        }
    }
}

fn batch(changes: Vec<Change>) -> sled::Batch {
    let mut batch = sled::Batch::default();
    for (key, value) in changes {
        match value {
            Some(value) => batch.insert(key, value),
            None => batch.remove(key),
        }
    }
    batch
}

fn commit_loop(db: &sled::Db, log: &File, work: &Receiver<Job>) {
    while let Ok(Job { batch, done }) = work.recv() {
        let outcome = db
            .apply_batch(batch)
            .and_then(|()| db.flush())
            .map_err(|e| e.to_string())
            .and_then(|_| log.sync_data().map_err(|e| e.to_string()));
        // Whoever asked may have given up waiting.
        let _ = done.send(outcome);
    }
}

/// Opens on a thread of its own, whose panic or silence is an error and no more.
fn open_watched(path: &Path) -> Result<sled::Db, TreeError> {
    let (done, opened) = sync_channel(1);
    let dir = path.to_owned();
    let open = move || {
        let opened = catch_unwind(AssertUnwindSafe(|| open_sled(&dir)));
        let _ = done.send(opened.unwrap_or_else(|panic| Err(from_panic(panic.as_ref()))));
    };
    let spawned = thread::Builder::new().name("disk-open".into()).spawn(open);
    spawned.map_err(|e| from_io(&e))?;
    // After a crash the whole log is read: 16 MiB take far less than a second.
    let size = files::size_on_disk(path).unwrap_or(0);
    match opened.recv_timeout(PATIENCE + Duration::from_secs(size >> 24)) {
        Ok(opened) => opened,
        Err(RecvTimeoutError::Disconnected) => Err(TreeError::Damaged(
            "the database panicked while it was opened".into(),
        )),
        Err(RecvTimeoutError::Timeout) => {
            Err(TreeError::Io("the database takes too long to open".into()))
        }
    }
}

fn open_sled(path: &Path) -> Result<sled::Db, TreeError> {
    // It panics then. Nothing that is kept depends on what is read here.
    #[expect(clippy::disallowed_methods)]
    if SystemTime::now() < UNIX_EPOCH {
        return Err(TreeError::Io(
            "the clock of this computer stands before 1970 and has to be set".into(),
        ));
    }
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(CACHE)
        .mode(sled::Mode::LowSpace);
    // A database of ours that was closed a moment ago may still hold the lock of its file.
    for _ in 0..250 {
        match config.open() {
            Err(sled::Error::Io(e)) if e.to_string().contains("could not acquire lock") => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(sled::Error::Io(e)) => return Err(from_io(&e)),
            Err(e) => return Err(TreeError::Damaged(e.to_string())),
            Ok(db) => return Ok(db),
        }
    }
    Err(TreeError::Io(
        "another process has the database open".into(),
    ))
}

/// Closes on a thread of its own, because after a failure closing may never end.
fn close(db: sled::Db, writer: Option<JoinHandle<()>>) {
    let (done, closed) = sync_channel(1);
    let close = move || {
        // It has the database too, and ends when nobody can ask it to commit any more.
        let _ = writer.map(JoinHandle::join);
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
        let _ = done.send(());
    };
    if thread::Builder::new()
        .name("disk-close".into())
        .spawn(close)
        .is_ok()
    {
        let _ = closed.recv_timeout(Duration::from_secs(10));
    }
}

/// It panics when it gets no thread too, which says nothing of the database.
fn from_panic(panic: &(dyn Any + Send)) -> TreeError {
    let text = panic.downcast_ref::<String>().map_or("", String::as_str);
    // EAGAIN, ENOMEM, ENFILE, EMFILE.
    let lacks = ["code: 11,", "code: 12,", "code: 23,", "code: 24,"];
    if lacks.iter().any(|code| text.contains(code)) {
        return TreeError::Io("there is too little memory, or too few threads or files".into());
    }
    TreeError::Damaged("the database panicked while it was opened".into())
}

fn from_io(e: &io::Error) -> TreeError {
    match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => TreeError::Full,
        // A log that ends too early.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
            TreeError::Damaged(e.to_string())
        }
        _ => TreeError::Io(e.to_string()),
    }
}

/// Moves snapshots out of sled's sight.
fn move_away(path: &Path, which: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && which(&name) {
            fs::rename(entry.path(), path.join(format!("moved.{name}")))?;
        }
    }
    Ok(())
}

/// Makes the files of the database, new or not, survive a loss of power.
fn sync_all(path: &Path) -> io::Result<()> {
    for name in ["conf", "db"] {
        File::open(path.join(name))?.sync_all()?;
    }
    files::sync_dir(&path.join("blobs"))?;
    files::sync_dir(path)?;
    path.parent().map_or(Ok(()), files::sync_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leftover_of_a_killed_snapshot_does_not_keep_it_from_opening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db");
        let tree = Tree::open(&path).unwrap();
        tree.commit(vec![(b"key".to_vec(), Some(b"value".to_vec()))])
            .unwrap();
        drop(tree);
        fs::write(path.join("snap.0000000000000A00.generating"), b"half").unwrap();

        let tree = Tree::open(&path).unwrap();

        assert_eq!(tree.get(b"key").unwrap().unwrap(), b"value");
    }

    #[test]
    fn a_wreck_opens_without_its_damaged_snapshot() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db");
        let tree = Tree::open(&path).unwrap();
        tree.commit(vec![(b"key".to_vec(), Some(b"value".to_vec()))])
            .unwrap();
        drop(tree);
        drop(Tree::open(&path).unwrap());
        let mut snapshots = 0;
        for entry in fs::read_dir(&path).unwrap() {
            let file = entry.unwrap().path();
            if file
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("snap.")
            {
                fs::write(&file, b"not a snapshot at all").unwrap();
                snapshots += 1;
            }
        }
        assert_eq!(snapshots, 1);
        assert!(matches!(Tree::open(&path), Err(TreeError::Damaged(_))));

        let tree = Tree::open_wreck(&path).unwrap();

        assert_eq!(tree.get(b"key").unwrap().unwrap(), b"value");
    }

    #[test]
    fn rows_come_in_order_from_either_end() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::open(&dir.path().join("db")).unwrap();
        let keys = ["a1", "a2", "b1", "b2", "c1"];
        let rows = keys.map(|key| (key.as_bytes().to_vec(), Some(Vec::new())));
        tree.apply(rows.to_vec()).unwrap();
        let names = |rows: Vec<Row>| -> Vec<String> {
            rows.into_iter()
                .map(|(key, _)| String::from_utf8(key).unwrap())
                .collect()
        };

        assert_eq!(names(tree.rows(b"b", b"", 9).unwrap()), ["b1", "b2"]);
        assert_eq!(names(tree.rows(b"b", b"b2", 9).unwrap()), ["b2"]);
        assert_eq!(names(tree.rows(b"", b"", 2).unwrap()), ["a1", "a2"]);
        assert_eq!(
            names(tree.rows_before(Some(b"b2"), 2).unwrap()),
            ["b1", "a2"]
        );
        assert_eq!(names(tree.rows_before(None, 1).unwrap()), ["c1"]);
    }
}
