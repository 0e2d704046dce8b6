//! The directory of the index, as tantivy sees it: files by name, of which nothing shows on disk.
//!
//! `search/keys` names the files and holds their keys, and the small files that are replaced whole. It is
//! sealed under a key of the vault and replaced and overwritten like the keyring: when a file goes, so
//! does its key, and what a disk may keep of it opens no more. Files that it does not name are rubbish
//! of a run that was killed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use minicbor::{Decode, Encode};
use tantivy::{
    Directory,
    directory::{
        DirectoryLock, FileHandle, Lock, WatchCallback, WatchHandle, WritePtr,
        error::{DeleteError, LockError, OpenReadError, OpenWriteError},
    },
};

use super::sealed::{Cache, Sealed, Sealing};
use crate::{
    disk::files,
    proto::{
        crypto::aead,
        secret::{self, Secret},
    },
    store::vault,
};

/// The directory of the index. Clones are the same.
#[derive(Clone)]
pub(super) struct Folder(Arc<Shared>);

struct Shared {
    dir: PathBuf,
    key: Secret<32>,
    keys: Mutex<Keys>,
    /// Names that somebody has locked: tantivy's way to keep its threads apart.
    locked: Mutex<BTreeSet<PathBuf>>,
    unlocked: Condvar,
    cache: Arc<Cache>,
    opened: AtomicU64,
    damaged: Arc<AtomicBool>,
}

/// `search/keys`.
#[derive(Default, Encode, Decode)]
#[cbor(array)]
struct Manifest {
    /// Of the format: 1.
    #[n(0)]
    version: u8,
    #[n(1)]
    files: BTreeMap<String, Entry>,
    #[n(2)]
    small: BTreeMap<String, Small>,
}

/// A file.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Entry {
    /// Its name on disk, which chance gave it.
    #[cbor(n(0), with = "minicbor::bytes")]
    name: [u8; 16],
    #[n(1)]
    key: Secret<32>,
    #[n(2)]
    len: u64,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Small(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>);

#[derive(Default)]
struct Keys {
    manifest: Manifest,
    /// Files that are being written.
    writing: BTreeSet<String>,
    /// Whether a key went that is still on disk.
    forgot: bool,
}

const KEYS: &str = "keys";
const VERSION: u8 = 1;
const AD: &[u8] = b"search-keys";

/// What tantivy replaces with each commit; the one thing that has to be on disk when it says so.
const COMMIT: &str = "meta.json";

impl Folder {
    /// Opens the directory, or makes it. What is not as it was written counts as nothing.
    pub(super) fn open(dir: &Path, key: Secret<32>) -> io::Result<Self> {
        files::make_private_dir(dir)?;
        let manifest = match fs::read(dir.join(KEYS)) {
            Ok(bytes) => read(&bytes, &key),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(e),
        };
        let manifest = manifest.unwrap_or(Manifest {
            version: VERSION,
            ..Manifest::default()
        });
        remove_rubbish(dir, &manifest)?;
        let keys = Keys {
            manifest,
            ..Keys::default()
        };
        Ok(Self(Arc::new(Shared {
            dir: dir.to_owned(),
            key,
            keys: Mutex::new(keys),
            locked: Mutex::default(),
            unlocked: Condvar::new(),
            cache: Arc::default(),
            opened: AtomicU64::new(0),
            damaged: Arc::new(AtomicBool::new(false)),
        })))
    }

    /// Removes an index, keys first.
    pub(super) fn wipe(dir: &Path) -> io::Result<()> {
        files::destroy(&dir.join(KEYS))?;
        match fs::remove_dir_all(dir) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    /// Whether something that was read is not what was written.
    pub(super) fn is_damaged(&self) -> bool {
        self.0.damaged.load(Ordering::Acquire)
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn on_disk(&self, name: [u8; 16]) -> PathBuf {
        self.0.dir.join(file_name(name))
    }

    fn save(&self, keys: &mut Keys) -> io::Result<()> {
        let nonce: [u8; 24] = vault::random()?;
        let sealed = aead::xseal(&self.0.key, &nonce, AD, &secret::encode(&keys.manifest));
        let bytes = [nonce.as_slice(), &sealed].concat();
        files::replace(&self.0.dir.join(KEYS), &bytes)?;
        keys.forgot = false;
        Ok(())
    }

    fn begin(&self, name: &str) -> io::Result<Sealing> {
        let on_disk: [u8; 16] = vault::random()?;
        let (folder, of) = (self.clone(), name.to_owned());
        let finished = move |key, len: usize| {
            let entry = Entry {
                name: on_disk,
                key,
                len: len.try_into().unwrap_or(u64::MAX),
            };
            let mut keys = folder.keys();
            keys.writing.remove(&of);
            keys.manifest.files.insert(of, entry);
        };
        Sealing::begin(
            self.on_disk(on_disk),
            vault::random_secret()?,
            Box::new(finished),
        )
    }

    fn file(&self, name: &str) -> io::Result<Sealed> {
        let keys = self.keys();
        let entry = keys.manifest.files.get(name);
        let entry = entry.ok_or(io::ErrorKind::NotFound)?;
        let len = usize::try_from(entry.len).map_err(io::Error::other)?;
        let number = self.0.opened.fetch_add(1, Ordering::Relaxed);
        let with = (number, self.0.cache.clone(), self.0.damaged.clone());
        let opened = Sealed::open(&self.on_disk(entry.name), entry.key.clone(), len, with);
        opened.inspect_err(|_| self.0.damaged.store(true, Ordering::Release))
    }
}

impl Directory for Folder {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        match self.file(&name(path)) {
            Ok(file) => Ok(Arc::new(file)),
            Err(e) => Err(not_read(e, path)),
        }
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        let mut keys = self.keys();
        let Some(entry) = keys.manifest.files.remove(&name(path)) else {
            return Err(DeleteError::FileDoesNotExist(path.to_owned()));
        };
        keys.forgot = true;
        match fs::remove_file(self.on_disk(entry.name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(DeleteError::IoError {
                io_error: Arc::new(e),
                filepath: path.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        let (keys, name) = (self.keys(), name(path));
        Ok(keys.manifest.files.contains_key(&name) || keys.manifest.small.contains_key(&name))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let name = name(path);
        let mut keys = self.keys();
        if keys.manifest.files.contains_key(&name) || !keys.writing.insert(name.clone()) {
            return Err(OpenWriteError::FileAlreadyExists(path.to_owned()));
        }
        drop(keys);
        match self.begin(&name) {
            Ok(file) => Ok(BufWriter::new(Box::new(file))),
            Err(e) => Err(OpenWriteError::wrap_io_error(e, path.to_owned())),
        }
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let keys = self.keys();
        let small = keys.manifest.small.get(&name(path));
        let small = small.ok_or_else(|| OpenReadError::FileDoesNotExist(path.to_owned()))?;
        Ok(small.0.clone())
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let mut keys = self.keys();
        let name = name(path);
        let counts = name == COMMIT;
        keys.manifest.small.insert(name, Small(data.to_vec()));
        if counts || keys.forgot {
            self.save(&mut keys)?;
        }
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        files::sync_dir(&self.0.dir)
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let shared = &self.0;
        let mut locked = shared.locked.lock().unwrap_or_else(PoisonError::into_inner);
        while !locked.insert(lock.filepath.clone()) {
            if !lock.is_blocking {
                return Err(LockError::LockBusy);
            }
            let waited = shared.unlocked.wait(locked);
            locked = waited.unwrap_or_else(PoisonError::into_inner);
        }
        Ok(Box::new(Locked(self.clone(), lock.filepath.clone())).into())
    }

    /// Nobody is told: who changes the index says so.
    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

/// A lock that is held.
struct Locked(Folder, PathBuf);

impl Drop for Locked {
    fn drop(&mut self) {
        let Self(Folder(shared), path) = self;
        let mut locked = shared.locked.lock().unwrap_or_else(PoisonError::into_inner);
        locked.remove(path);
        shared.unlocked.notify_all();
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder").finish_non_exhaustive()
    }
}

fn read(bytes: &[u8], key: &Secret<32>) -> Option<Manifest> {
    let (nonce, sealed) = bytes.split_first_chunk()?;
    let opened = aead::xopen(key, nonce, AD, sealed)?;
    let manifest: Manifest = secret::decode(&opened).ok()?;
    (manifest.version == VERSION).then_some(manifest)
}

fn remove_rubbish(dir: &Path, manifest: &Manifest) -> io::Result<()> {
    let known: BTreeSet<String> = manifest
        .files
        .values()
        .map(|entry| file_name(entry.name))
        .collect();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_known = name
            .to_str()
            .is_some_and(|name| name == KEYS || known.contains(name));
        if !is_known {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn file_name(name: [u8; 16]) -> String {
    data_encoding::HEXLOWER.encode(&name)
}

fn not_read(e: io::Error, path: &Path) -> OpenReadError {
    if e.kind() == io::ErrorKind::NotFound {
        return OpenReadError::FileDoesNotExist(path.to_owned());
    }
    OpenReadError::IoError {
        io_error: Arc::new(e),
        filepath: path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tantivy::directory::TerminatingWrite as _;

    use super::*;

    fn open(dir: &Path) -> Folder {
        Folder::open(dir, Secret::new([3; 32])).unwrap()
    }

    fn write(folder: &Folder, name: &str, bytes: &[u8]) {
        let mut file = folder.open_write(Path::new(name)).unwrap();
        file.write_all(bytes).unwrap();
        file.terminate().unwrap();
    }

    fn on_disk(dir: &Path) -> usize {
        fs::read_dir(dir).unwrap().count()
    }

    #[test]
    fn what_a_commit_named_is_there_again_and_the_rest_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path());
        write(&folder, "one.idx", b"first");
        folder.atomic_write(Path::new(COMMIT), b"{}").unwrap();
        write(&folder, "two.idx", b"second");
        assert!(folder.open_write(Path::new("one.idx")).is_err());
        assert_eq!(on_disk(dir.path()), 3);
        drop(folder);

        let folder = open(dir.path());

        let read = folder.open_read(Path::new("one.idx")).unwrap();
        assert_eq!(read.read_bytes().unwrap().as_slice(), b"first");
        assert_eq!(folder.atomic_read(Path::new(COMMIT)).unwrap(), b"{}");
        assert!(!folder.exists(Path::new("two.idx")).unwrap());
        assert_eq!(on_disk(dir.path()), 2);
    }

    #[test]
    fn the_key_of_a_file_goes_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path());
        write(&folder, "one.idx", b"first");
        folder.atomic_write(Path::new(COMMIT), b"{}").unwrap();
        let before = fs::read(dir.path().join(KEYS)).unwrap();

        folder.delete(Path::new("one.idx")).unwrap();
        folder
            .atomic_write(Path::new(".managed.json"), b"[]")
            .unwrap();

        let key = Secret::new([3; 32]);
        let after = fs::read(dir.path().join(KEYS)).unwrap();
        assert!(read(&before, &key).unwrap().files.contains_key("one.idx"));
        assert!(read(&after, &key).unwrap().files.is_empty());
        assert!(read(&after, &Secret::new([4; 32])).is_none());
        assert_eq!(on_disk(dir.path()), 1);
    }

    #[test]
    fn a_lock_is_held_by_one() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path());
        let lock = |is_blocking| Lock {
            filepath: PathBuf::from(".lock"),
            is_blocking,
        };

        let held = folder.acquire_lock(&lock(false)).unwrap();
        assert!(folder.acquire_lock(&lock(false)).is_err());
        let other = folder.clone();
        let waiting = std::thread::spawn(move || other.acquire_lock(&lock(true)).is_ok());
        drop(held);

        assert!(waiting.join().unwrap());
    }
}
