//! The open store.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use super::{
    backup,
    database::{About, Database, lock},
    error::{Opened, PassphraseError, StoreError},
    files,
    keyring::Keyring,
    lock::ProfileLock,
    open::{BALLAST, Ready},
    profile::{Profile, long_enough},
    search::signal::Signal,
    state::{self, Remembered, State},
    tree::Tree,
    vault::{self, Cost, Header, Keys},
    write::{Backup, Stage},
};
use crate::{
    files::Shelf,
    proto::{
        id::ChatId,
        record::{Class, Write},
    },
};

/// An open profile: what was committed, and a way to commit more. Clones are the same store.
///
/// All functions block on the disk and belong on a thread that may. Queries run beside each other and
/// beside a commit; commits queue.
#[derive(Clone)]
pub struct Store {
    open: Arc<RwLock<Option<Open>>>,
    opened: Opened,
}

/// What is there only while the profile is open.
pub(super) struct Open {
    pub(super) dir: PathBuf,
    lock: ProfileLock,
    keys: Keys,
    pub(super) database: Database,
    pub(super) shelf: Shelf,
    pub(super) writer: Mutex<Writer>,
    /// Who is told of commits.
    follower: Mutex<Option<Arc<Signal>>>,
}

/// What only the one who writes may use.
pub(super) struct Writer {
    pub(super) about: About,
    pub(super) generation: u32,
    /// Another tree that is becoming the current one, and takes part in every commit.
    pub(super) copy: Option<Arc<Tree>>,
    header: Header,
    keyring: Keyring,
    state: State,
    backup: Backup,
}

/// Below this, nothing more is taken in: who sent it keeps it.
const LEAST_ROOM: u64 = 64 << 20;

/// Size of the ballast, and the room that there has to be to put it there.
const BALLAST_SIZE: u64 = 32 << 20;
const BALLAST_ROOM: u64 = 1 << 30;

impl Store {
    pub(super) fn begin(
        dir: PathBuf,
        lock: ProfileLock,
        header: Header,
        keys: Keys,
        keyring: Keyring,
        (ready, shelf): (Ready, Shelf),
    ) -> Self {
        let Ready {
            database,
            about,
            generation,
            state,
            opened,
        } = ready;
        let backup = Backup::Due;
        let copy = None;
        let writer = Writer {
            about,
            generation,
            copy,
            header,
            keyring,
            state,
            backup,
        };
        let open = Open {
            dir,
            lock,
            keys,
            database,
            shelf,
            writer: Mutex::new(writer),
            follower: Mutex::new(None),
        };
        // Forward secrecy can wait for room on the disk; using the profile cannot.
        if let Err(e) = open.rotate_ratchet_key() {
            tracing::warn!("the ratchet-state key was not changed: {e}");
        }
        open.keep_ballast();
        Self {
            open: Arc::new(RwLock::new(Some(open))),
            opened,
        }
    }

    /// What to warn of. It stays until the first commit after it.
    pub fn opened(&self) -> Opened {
        self.opened
    }

    /// Forgets all keys, and gives the profile back. Other clones answer [`StoreError::Locked`] from
    /// now on.
    pub fn lock(self) -> Result<Profile, StoreError> {
        let open = self
            .open
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let open = open.ok_or(StoreError::Locked)?;
        if let Err(e) = open.rotate_ratchet_key() {
            tracing::warn!("the ratchet-state key was not changed: {e}");
        }
        open.save_backup();
        let Open {
            dir,
            lock,
            database,
            writer,
            ..
        } = open;
        let mut writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let now = writer.state.now();
        if let Err(e) = writer.state.write_durably(now) {
            tracing::warn!("state was not written: {e}");
        }
        drop(database);
        Ok(Profile::again(&dir, lock, writer.header))
    }

    /// Sets, changes or removes the passphrase. Messages are not sealed anew; only the keys are.
    ///
    /// Takes seconds, by design.
    pub fn set_passphrase(
        &self,
        current: Option<&str>,
        new: Option<&str>,
    ) -> Result<(), PassphraseError> {
        self.set_passphrase_at(current, new, Cost::calibrated)
    }

    pub(super) fn set_passphrase_at(
        &self,
        current: Option<&str>,
        new: Option<&str>,
        cost: impl FnOnce() -> Cost,
    ) -> Result<(), PassphraseError> {
        new.map_or(Ok(()), long_enough)?;
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = open.as_ref().ok_or(PassphraseError::Locked)?;
        let header = lock(&open.writer).header.clone();
        header.open(&open.dir, current)?;
        if new.is_none() && !header.is_protected() {
            // A new key file would be in force a moment before the header that it opens.
            return Ok(());
        }
        let protection = new.map(|new| (new, cost()));
        match Header::write(&open.dir, &open.keys, protection) {
            Ok(new) => lock(&open.writer).header = new,
            Err(e) => {
                // Of its two copies one may have been written.
                if let Err(e) = header.replace(&open.dir) {
                    tracing::error!("the header of the vault was not put back: {e}");
                }
                return Err(e.into());
            }
        }
        Ok(())
    }

    /// Whether the profile opens with a passphrase only.
    pub fn is_protected(&self) -> bool {
        let protected = self.with(|open| Ok(lock(&open.writer).header.is_protected()));
        protected.unwrap_or_default()
    }

    /// Whether this is the passphrase, or there is none. Takes a second, by design.
    pub fn check_passphrase(&self, passphrase: Option<&str>) -> Result<(), PassphraseError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = open.as_ref().ok_or(PassphraseError::Locked)?;
        let header = lock(&open.writer).header.clone();
        header.open(&open.dir, passphrase)?;
        Ok(())
    }

    /// Refuses when [`Store::commit`] would for want of room.
    pub fn has_room(&self) -> Result<(), StoreError> {
        self.with(Open::has_room)
    }

    /// Remembers a batch: all of it or nothing, and when this returns it survives a loss of power.
    ///
    /// After [`StoreError::Full`] and [`StoreError::TooLarge`] nothing has changed. After
    /// [`StoreError::Failed`] it is unknown what is on disk, and the profile has to be opened again.
    pub fn commit(&self, batch: Vec<Write>) -> Result<(), StoreError> {
        self.with(|open| open.commit(batch))
    }

    /// Replaces the ratchet-state key (protocol §8.4): from now on old copies of ratchet state on this
    /// disk cannot be read any more, with any passphrase. Also happens when a profile is opened and
    /// locked.
    pub fn rotate_ratchet_key(&self) -> Result<(), StoreError> {
        self.with(Open::rotate_ratchet_key)
    }

    /// Work for quiet moments, a few times an hour: the copy of records outside the database, room on
    /// the disk, and, when the database has grown far beyond its content, a smaller one.
    pub fn tidy(&self) -> Result<(), StoreError> {
        self.with(|open| {
            open.save_backup();
            open.keep_ballast();
            let mut writer = lock(&open.writer);
            let now = writer.state.now();
            writer.state.write_durably(now)?;
            drop(writer);
            if open.wants_compaction()? {
                open.compact()?;
            }
            Ok(())
        })
    }

    pub(super) fn with<T>(
        &self,
        ask: impl FnOnce(&Open) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        ask(open.as_ref().ok_or(StoreError::Locked)?)
    }

    pub(super) fn query<T>(
        &self,
        ask: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|open| open.database.read(ask).inspect_err(|e| open.met(e)))
    }
}

impl Writer {
    /// What is remembered of how the profile was found.
    pub(super) fn flags(&self) -> u64 {
        self.state.now().flags
    }
}

impl Open {
    /// Tells of commits from now on.
    pub(super) fn follow(&self, signal: Arc<Signal>) {
        *lock(&self.follower) = Some(signal);
    }

    fn commit(&self, batch: Vec<Write>) -> Result<(), StoreError> {
        let mut writer = lock(&self.writer);
        self.database.tree().healthy()?;
        self.has_room()?;
        let mut stage = Stage::new(&self.database, writer.about);
        for write in batch {
            stage
                .write(write)
                .inspect_err(|e| met(&mut writer.state, e))?;
        }
        let backup = stage.backup;
        let fresh: Vec<ChatId> = stage.messages.keys().copied().collect();
        let forget = stage.unindexes;
        self.save(&mut writer, stage, 0)?;
        if let Some(follower) = &*lock(&self.follower) {
            follower.tell(fresh, forget);
        }
        writer.backup = writer.backup.max(backup);
        let urgent = writer.backup == Backup::Now;
        drop(writer);
        if urgent {
            self.save_backup();
        }
        Ok(())
    }

    /// Commits a stage, and then remembers that it was.
    pub(super) fn save(
        &self,
        writer: &mut Writer,
        stage: Stage<'_>,
        flags: u64,
    ) -> Result<(), StoreError> {
        let Writer { copy, .. } = writer;
        let mut copied = true;
        let about = stage.commit(|changes| {
            if let Some(copy) = copy {
                let about = self.database.sealer.about_key();
                let rows = changes.iter().filter(|(key, _)| key.as_slice() != about);
                copied = copy.apply(rows.cloned().collect()).is_ok();
            }
        })?;
        if !copied {
            // The copy is only a smaller version of what we have.
            *copy = None;
        }
        writer.about = about;
        for blob in self.database.lost_files() {
            // It is removed at the next start otherwise.
            if let Err(e) = self.shelf.remove(&blob) {
                tracing::warn!("a file that no message names was not removed: {e}");
            }
        }
        let now = Remembered {
            commit: about.commit,
            flags,
            ..writer.state.now()
        };
        // It may lag behind; then a little less would be noticed.
        if let Err(e) = writer.state.write(now) {
            tracing::warn!("state was not written: {e}");
        }
        Ok(())
    }

    fn rotate_ratchet_key(&self) -> Result<(), StoreError> {
        let mut writer = lock(&self.writer);
        self.database.tree().healthy()?;
        self.has_room()?;
        // Both keys are on disk before a row is under the new one.
        if writer.keyring.next.is_none() {
            let next = vault::random_secret()?;
            let mut keyring = writer.keyring.clone();
            keyring.next = Some(next.clone());
            keyring.write(&self.dir, &self.keys.keyring)?;
            writer.keyring = keyring;
            self.database.sealer.change_ratchet_key(next);
        }
        let mut stage = Stage::new(&self.database, writer.about);
        for class in [Class::Sessions, Class::Prekey, Class::Epoch, Class::Aside] {
            for (key, value) in self.database.records(class)? {
                stage.put(class, &key, &value)?;
            }
        }
        let flags = writer.state.now().flags;
        self.save(&mut writer, stage, flags)?;
        // And the old one goes only when no row needs it.
        let mut keyring = writer.keyring.clone();
        if let Some(next) = keyring.next.take() {
            keyring.ratchet = next;
        }
        keyring.write(&self.dir, &self.keys.keyring)?;
        writer.keyring = keyring;
        self.database.sealer.drop_previous_ratchet_key();
        Ok(())
    }

    /// Writes the records outside the database, if they have changed since. It takes some six times as long
    /// as a commit, so it does not go with each of them.
    fn save_backup(&self) {
        let mut writer = lock(&self.writer);
        if writer.backup == Backup::None {
            return;
        }
        match backup::write(&self.dir, &self.database) {
            Ok(()) => writer.backup = Backup::None,
            Err(e) => tracing::warn!("the copy of the records was not written: {e}"),
        }
    }

    fn keep_ballast(&self) {
        let room = files::free_space(&self.dir).unwrap_or(0);
        if room < BALLAST_ROOM {
            return;
        }
        if let Err(e) = files::reserve(&self.dir.join(BALLAST), BALLAST_SIZE) {
            tracing::warn!("no room is kept for when the disk is full: {e}");
        }
    }

    fn has_room(&self) -> Result<(), StoreError> {
        let free = files::free_space(&self.dir)?;
        if free < LEAST_ROOM {
            return Err(StoreError::Full {
                free,
                needed: LEAST_ROOM,
            });
        }
        Ok(())
    }

    /// Damage that is met is mended when the profile is opened next.
    fn met(&self, e: &StoreError) {
        if matches!(e, StoreError::Damaged(_)) {
            met(&mut lock(&self.writer).state, e);
        }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }
}

fn met(state: &mut State, e: &StoreError) {
    let now = state.now();
    if !matches!(e, StoreError::Damaged(_)) || now.flags & state::DAMAGED != 0 {
        return;
    }
    tracing::error!("{e}");
    let flags = now.flags | state::DAMAGED;
    if let Err(e) = state.write_durably(Remembered { flags, ..now }) {
        tracing::warn!("state was not written: {e}");
    }
}
