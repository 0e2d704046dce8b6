//! All files that a relay keeps. Its functions wait for the disk.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use data_encoding::HEXLOWER;

use super::{
    FileQuotas,
    note::{Note, Reader},
};
use crate::{
    blobs::{Blob, Paths},
    disk::files,
    relay::stats::Stats,
    wire::{
        blob::{Shape, blob_id},
        id::{PeerId, TopicKey},
        mailbox::{BlobGet, BlobPut, KeptBlob, ReaderId, Refusal},
    },
};

/// The files of a relay. Clones are the same.
#[derive(Clone)]
pub(in crate::relay) struct Shelf(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    quotas: FileQuotas,
    now: fn() -> u64,
    stats: Arc<Stats>,
    held: Mutex<BTreeMap<Key, Held>>,
}

/// A file is kept for those who read a topic, and found by nobody else.
type Key = (TopicKey, [u8; 32]);

struct Held {
    note: Note,
    is_whole: bool,
    open: Weak<Blob>,
}

impl Shelf {
    /// Opens the directory, and makes it if need be. What is in it and belongs to no note is removed.
    pub(in crate::relay) fn open(
        dir: &Path,
        quotas: FileQuotas,
        now: fn() -> u64,
        stats: Arc<Stats>,
    ) -> io::Result<Self> {
        files::make_private_dir(dir)?;
        let mut held = BTreeMap::new();
        let mut names = BTreeMap::new();
        let mut found = Vec::new();
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            let is_note = path.extension().is_some_and(|it| it == "note");
            let note = if is_note { Note::read(&path)? } else { None };
            if let Some(note) = note.filter(|note| path == note_at(dir, &key_of(note))) {
                let key = key_of(&note);
                names.insert(name_of(&key), note.is_taken());
                let is_whole = Paths::new(dir, &name_of(&key)).whole().try_exists()?;
                let open = Weak::new();
                held.insert(
                    key,
                    Held {
                        note,
                        is_whole,
                        open,
                    },
                );
            } else {
                found.push(path);
            }
        }
        for path in found {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let (stem, end) = name.split_once('.').unwrap_or((&name, ""));
            let is_kept = names.get(stem) == Some(&false) && !end.ends_with("tmp") && end != "note";
            if !is_kept {
                // What cannot be removed is none of ours, and counts for nothing.
                let _ = fs::remove_file(&path);
            }
        }
        files::sync_dir(dir)?;
        let shelf = Self(Arc::new(Inner {
            dir: dir.to_owned(),
            quotas,
            now,
            stats,
            held: Mutex::new(held),
        }));
        shelf.tell(&shelf.held());
        Ok(shelf)
    }

    /// Begins to keep a file, or goes on with it: what is here of it, and where its chunks go, unless all have it
    /// already.
    pub(super) fn put(
        &self,
        client: PeerId,
        put: &BlobPut,
    ) -> Result<(KeptBlob, Option<Arc<Blob>>), Refusal> {
        let key = (put.topic, put.blob);
        let mut held = self.held();
        if held.contains_key(&key) {
            let found = self.find(&mut held, &key)?;
            if let Some(found) = found {
                return Ok(found);
            }
        }
        let note = Note {
            version: 1,
            topic: put.topic,
            blob: put.blob,
            size: put.size,
            payer: client,
            readers: put.readers,
            began: (self.0.now)(),
            until: (self.0.now)().saturating_add(self.0.quotas.keep_ms),
            taken: Vec::new(),
        };
        let shape = Shape::of(put.size).ok_or(Refusal::TooLarge)?;
        if blob_id(put.size, &put.pages) != put.blob {
            return Err(Refusal::NotAllowed);
        }
        self.check_room(&held, &note)?;
        let paths = self.paths(&key);
        let begun = Blob::begin((put.blob, shape), &put.pages, paths).map(Arc::new);
        let begun = begun.and_then(|begun| {
            note.write(&note_at(&self.0.dir, &key))?;
            Ok(begun)
        });
        let begun = begun.map_err(|error| {
            tracing::error!(%error, "a file cannot be kept");
            // What could not be begun goes at the next start, if not now.
            let _ = self.paths(&key).remove();
            Refusal::Full
        })?;
        let open = Arc::downgrade(&begun);
        let entry = Held {
            note,
            is_whole: false,
            open,
        };
        let kept = kept(&entry, Some(&begun));
        held.insert(key, entry);
        self.tell(&held);
        Ok((kept, Some(begun)))
    }

    /// A file, or what is here of it.
    pub(super) fn get(&self, get: &BlobGet) -> Result<(KeptBlob, Arc<Blob>), Refusal> {
        let found = self.find(&mut self.held(), &(get.topic, get.blob))?;
        match found {
            Some((kept, Some(blob))) => Ok((kept, blob)),
            Some((_, None)) | None => Err(Refusal::NotHere),
        }
    }

    /// What is here of a file; nothing if it is damaged: then it is not here any more.
    #[expect(clippy::type_complexity, reason = "as put gives it")]
    fn find(
        &self,
        held: &mut BTreeMap<Key, Held>,
        key: &Key,
    ) -> Result<Option<(KeptBlob, Option<Arc<Blob>>)>, Refusal> {
        let Some(entry) = held.get_mut(key) else {
            return Ok(None);
        };
        if entry.note.is_taken() {
            return Ok(Some((kept(entry, None), None)));
        }
        let open = match entry.open.upgrade() {
            Some(open) => Some(open),
            None => match Blob::open(key.1, self.paths(key)) {
                Ok(open) => open.map(Arc::new),
                Err(error) => {
                    tracing::error!(%error, "a file cannot be read");
                    return Err(Refusal::Full);
                }
            },
        };
        let Some(open) = open else {
            self.drop_file(held, key);
            return Ok(None);
        };
        entry.open = Arc::downgrade(&open);
        Ok(Some((kept(entry, Some(&open)), Some(open))))
    }

    /// Whether there is room for a file that is not here yet.
    fn check_room(&self, held: &BTreeMap<Key, Held>, note: &Note) -> Result<(), Refusal> {
        let quotas = &self.0.quotas;
        if note.size > quotas.file {
            return Err(Refusal::TooLarge);
        }
        let cost = note.cost();
        let (mut of_topic, mut of_client, mut all) = (cost, cost, cost);
        let (mut files, mut notes, mut clients) = (0, 0, 0);
        for entry in held.values() {
            let cost = entry.note.cost();
            all = all.saturating_add(cost);
            if entry.note.topic == note.topic {
                of_topic = of_topic.saturating_add(cost);
                if entry.note.is_taken() {
                    notes += 1;
                } else {
                    files += 1;
                }
            }
            if entry.note.payer == note.payer {
                of_client = of_client.saturating_add(cost);
                clients += 1;
            }
        }
        let fits = of_topic <= quotas.topic
            && of_client <= quotas.client
            && all <= quotas.bytes
            && files < FILES_OF_TOPIC
            && notes < NOTES_OF_TOPIC
            && clients < FILES_OF_CLIENT
            && held.len() < FILES
            && self.free() >= quotas.min_free.saturating_add(note.size);
        if fits { Ok(()) } else { Err(Refusal::Full) }
    }

    /// Whether the disk has room for chunks of what was begun.
    pub(super) fn has_room(&self) -> bool {
        self.free() >= self.0.quotas.min_free
    }

    fn free(&self) -> u64 {
        files::free_space(&self.0.dir).unwrap_or(0)
    }

    /// All of a file may be here now.
    pub(super) fn finish(&self, topic: TopicKey, blob: &Blob) -> io::Result<()> {
        if blob.finish()?
            && let Some(entry) = self.held().get_mut(&(topic, blob.id()))
        {
            entry.is_whole = true;
        }
        Ok(())
    }

    /// Somebody has all of a file. When all it waits for have it, it goes, and its note stays until its time is
    /// over: so who put it learns that.
    pub(super) fn took(&self, topic: TopicKey, blob: [u8; 32], reader: ReaderId) -> io::Result<()> {
        let key = (topic, blob);
        let mut held = self.held();
        let Some(entry) = held.get_mut(&key) else {
            return Ok(());
        };
        let reader = Reader(reader);
        let mut note = entry.note.clone();
        if note.is_taken() || note.readers == 0 || note.taken.contains(&reader) {
            return Ok(());
        }
        note.taken.push(reader);
        note.write(&note_at(&self.0.dir, &key))?;
        let is_taken = note.is_taken();
        entry.note = note;
        if is_taken {
            self.paths(&key).remove()?;
            self.tell(&held);
        }
        Ok(())
    }

    /// Removes what has been here for long, and what was begun and not finished.
    pub(in crate::relay) fn expire(&self) {
        let now = (self.0.now)();
        let mut held = self.held();
        let is_over = |entry: &Held| {
            let note = &entry.note;
            let is_left = !entry.is_whole && !note.is_taken();
            now >= note.until || is_left && now >= note.began.saturating_add(UNFINISHED_MS)
        };
        let over: Vec<Key> = held
            .iter()
            .filter(|(_, entry)| is_over(entry))
            .map(|(key, _)| *key)
            .take(AT_ONCE)
            .collect();
        for key in &over {
            self.drop_file(&mut held, key);
        }
        if !over.is_empty() {
            self.tell(&held);
        }
    }

    /// The note goes last: without it the file is not counted.
    fn drop_file(&self, held: &mut BTreeMap<Key, Held>, key: &Key) {
        let gone = self
            .paths(key)
            .remove()
            .and_then(|()| fs::remove_file(note_at(&self.0.dir, key)));
        match gone {
            Ok(()) => {
                held.remove(key);
            }
            Err(error) => tracing::warn!(%error, "a file that is over cannot be removed"),
        }
    }

    fn paths(&self, key: &Key) -> Paths {
        Paths::new(&self.0.dir, &name_of(key))
    }

    fn tell(&self, held: &BTreeMap<Key, Held>) {
        let kept = held.values().filter(|entry| !entry.note.is_taken());
        let count = u64::try_from(kept.count()).unwrap_or(u64::MAX);
        self.0.stats.files.set(count);
        let costs = held.values().map(|entry| entry.note.cost());
        self.0.stats.file_bytes.set(costs.sum());
    }

    pub(super) fn stats(&self) -> &Stats {
        &self.0.stats
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<Key, Held>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is said of a file.
fn kept(entry: &Held, blob: Option<&Arc<Blob>>) -> KeptBlob {
    let have = blob.map(|blob| blob.have().bytes().to_vec());
    KeptBlob {
        until: entry.note.until,
        have: have.unwrap_or_default().into(),
        taken: u8::try_from(entry.note.taken.len()).unwrap_or(u8::MAX),
    }
}

fn key_of(note: &Note) -> Key {
    (note.topic, note.blob)
}

fn name_of((topic, blob): &Key) -> String {
    let name = blake3::Hasher::new()
        .update(&topic.0)
        .update(blob)
        .finalize();
    let short = name.as_bytes().first_chunk::<20>().copied();
    HEXLOWER.encode(&short.unwrap_or_default())
}

fn note_at(dir: &Path, key: &Key) -> PathBuf {
    dir.join(name_of(key)).with_extension("note")
}

/// Files in all, with those of which only the note is left.
const FILES: usize = 65_536;

/// Of one client, with those of which only the note is left.
const FILES_OF_CLIENT: usize = FILES / 4;

/// Of one topic.
const FILES_OF_TOPIC: usize = 1024;

/// Notes of one topic that say who had a file which all have: each stays as long as the file might have, so that nobody
/// can have that forgotten, and takes no place from files.
const NOTES_OF_TOPIC: usize = FILES_OF_TOPIC * 8;

/// What is not finished within a day goes.
const UNFINISHED_MS: u64 = 24 * 60 * 60 * 1000;

/// Files that are removed at once.
const AT_ONCE: usize = 64;
