//! Finds the database that counts, and whether it is what it should be (reliability rules R3, R5).

use std::{io, path::Path, sync::Arc};

use super::{
    carve,
    database::{About, Database},
    error::{Opened, StoreError},
    files, generation,
    salvage::{self, Wreck},
    seal::{CLASSES, Sealer},
    state::{self, Remembered, State},
    tail,
    tree::{DiskError, Tree, TreeError},
    write::Stage,
};

/// Why a profile does not open.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// A passphrase is needed.
    #[error("the profile is protected by a passphrase")]
    NeedsPassphrase,
    /// It is not this one. Nothing was changed.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The first passphrase of a new profile is too short.
    #[error(transparent)]
    TooShort(#[from] super::profile::TooShort),
    /// What is on disk is not what was written, and cannot be mended. Nothing was changed.
    #[error("{0}")]
    Damaged(String),
    /// A later version made the profile.
    #[error("it was made by a newer version of this program; use that one")]
    Newer,
    /// There is no room to open it.
    #[error("the disk is full. Make room, then try again")]
    Full,
    /// The disk refuses.
    #[error("the disk refuses ({0}). Look whether it is well, then try again")]
    Io(io::Error),
}

impl From<io::Error> for UnlockError {
    fn from(e: io::Error) -> Self {
        match e.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(e),
        }
    }
}

impl From<DiskError> for UnlockError {
    fn from(e: DiskError) -> Self {
        StoreError::from(e).into()
    }
}

impl From<TreeError> for UnlockError {
    fn from(e: TreeError) -> Self {
        match e {
            TreeError::Full => Self::Full,
            TreeError::Io(why) => Self::Io(io::Error::other(why)),
            TreeError::Damaged(why) => Self::Damaged(why),
        }
    }
}

/// An open database, and what is known of it.
pub(super) struct Ready {
    pub(super) database: Database,
    pub(super) about: About,
    pub(super) generation: u32,
    pub(super) state: State,
    pub(super) opened: Opened,
}

/// What a generation turned out to be.
enum Found {
    Healthy(Box<Database>, About),
    Empty(Box<Database>),
    Damaged(String),
}

/// Room that is given up when the disk is full.
pub(super) const BALLAST: &str = "ballast";

/// Opens the database of a profile, makes it, or saves what can be saved of it.
///
/// `inode` is that of the lock file. `distrusted`: something that rows are sealed with was lost.
pub(super) fn open(
    dir: &Path,
    sealer: &Arc<Sealer>,
    inode: u64,
    distrusted: bool,
) -> Result<Ready, UnlockError> {
    let (state, before) = State::open(dir)?;
    let current = generation::current(dir)?;
    let all = generation::all(dir)?;
    let fresh = before.is_none() && current.is_none();
    let remembered = before.unwrap_or(Remembered {
        inode,
        ..Remembered::default()
    });
    let mut flags = remembered.flags & !state::DAMAGED;

    let candidates: Vec<u32> = match current {
        Some(current) => vec![current],
        None => all.iter().rev().copied().collect(),
    };
    let distrusted = distrusted || remembered.flags & state::DAMAGED != 0;
    let place = Place {
        dir,
        sealer,
        known: remembered.commit,
    };
    let found = if distrusted {
        Err("damage was met before".to_owned())
    } else {
        place.healthy(&candidates, fresh)?
    };
    let (database, about, generation) = match found {
        Ok(healthy) => healthy,
        Err(why) => {
            tracing::warn!("the database is damaged and is being salvaged: {why}");
            let broken = current.or(all.last().copied()).unwrap_or(0);
            generation::set_current(dir, broken)?;
            let wreck = Wreck {
                dir,
                broken,
                commit: remembered.commit,
            };
            let saved = with_ballast(dir, || salvage::salvage(&wreck, sealer))?;
            // The making of a new profile that failed half way has lost nothing.
            if !fresh || saved.anything {
                flags |= state::SALVAGED;
            }
            (saved.database, saved.about, saved.generation)
        }
    };
    if current != Some(generation) {
        generation::set_current(dir, generation)?;
    }
    if about.commit < remembered.commit {
        flags |= state::ROLLED_BACK;
    }
    if remembered.inode != inode {
        flags |= state::COPIED;
    }
    if flags & state::SALVAGED == 0 {
        generation::remove_others(dir, generation)?;
        tail::remove(dir)?;
    }
    let about = About {
        commit: about.commit.max(remembered.commit),
        ..about
    };
    let mut state = state;
    state.write_durably(Remembered {
        commit: remembered.commit,
        inode,
        flags,
    })?;
    let opened = Opened {
        salvaged: flags & state::SALVAGED != 0,
        rolled_back: flags & state::ROLLED_BACK != 0,
        copied: flags & state::COPIED != 0,
    };
    Ok(Ready {
        database,
        about,
        generation,
        state,
        opened,
    })
}

impl Ready {
    /// The files that messages name, and whether that is surely all of them.
    pub(super) fn files(&self) -> Result<(Vec<[u8; 32]>, bool), UnlockError> {
        let certain = self.database.read_files()? && !self.opened.is_suspect();
        Ok((self.database.with_named(|named| named.blobs()), certain))
    }
}

/// Where a database is looked for.
struct Place<'a> {
    dir: &'a Path,
    sealer: &'a Arc<Sealer>,
    /// The number of the last commit that is known of.
    known: u64,
}

/// A healthy database and the number of its generation.
type Healthy = (Database, About, u32);

impl Place<'_> {
    /// The first candidate that is what it should be, or why none is.
    fn healthy(
        &self,
        candidates: &[u32],
        fresh: bool,
    ) -> Result<Result<Healthy, String>, UnlockError> {
        let mut why = "it is not there".to_owned();
        for candidate in candidates {
            let path = generation::path(self.dir, *candidate);
            if !path.is_dir() {
                continue;
            }
            match self.look(&path)? {
                Found::Healthy(database, about) => return Ok(Ok((*database, about, *candidate))),
                // The first start ended before anything was written.
                Found::Empty(database) if fresh => return Ok(Ok(begin(*database, *candidate)?)),
                Found::Empty(_) => "it is empty".clone_into(&mut why),
                Found::Damaged(damage) => why = damage,
            }
        }
        if fresh && candidates.is_empty() {
            let path = generation::path(self.dir, 1);
            let tree = with_ballast(self.dir, || Ok(Tree::open(&path)?))?;
            return Ok(Ok(begin(Database::new(tree, self.sealer.clone()), 1)?));
        }
        Ok(Err(why))
    }

    fn look(&self, path: &Path) -> Result<Found, UnlockError> {
        if let Err(e) = tail::keep(self.dir, path) {
            tracing::warn!("the end of the log is not kept while it is opened: {e}");
        }
        let tree = match with_ballast(self.dir, || Ok(Tree::open(path)?)) {
            Ok(tree) => tree,
            Err(UnlockError::Damaged(why)) => return Ok(Found::Damaged(why)),
            Err(e) => return Err(e),
        };
        let database = Database::new(tree, self.sealer.clone());
        match self.check(&database) {
            Ok(Some(about)) => Ok(Found::Healthy(Box::new(database), about)),
            Ok(None) => Ok(Found::Empty(Box::new(database))),
            Err(UnlockError::Damaged(why)) => Ok(Found::Damaged(why)),
            Err(e) => Err(e),
        }
    }

    /// None when it is empty.
    fn check(&self, database: &Database) -> Result<Option<About>, UnlockError> {
        let Some(about) = database.about()? else {
            return Ok(None);
        };
        if about.commit < self.known {
            for tail in tail::all(self.dir)? {
                if carve::newest_commit(&tail, self.sealer)? > about.commit {
                    return Err(UnlockError::Damaged("it ends too early".into()));
                }
            }
        }
        // Without its records a profile is nothing; messages are only read when they are asked for.
        for class in CLASSES {
            database.records(class)?;
        }
        Ok(Some(about))
    }
}

fn begin(database: Database, generation: u32) -> Result<Healthy, UnlockError> {
    let about = Stage::new(&database, About::default()).commit(|_| ())?;
    Ok((database, about, generation))
}

/// Tries again without the ballast when there is no room.
fn with_ballast<T>(
    dir: &Path,
    attempt: impl Fn() -> Result<T, UnlockError>,
) -> Result<T, UnlockError> {
    match attempt() {
        Err(UnlockError::Full) if std::fs::remove_file(dir.join(BALLAST)).is_ok() => {
            files::sync_dir(dir)?;
            attempt()
        }
        other => other,
    }
}
