//! The relay's node key on disk: by it clients know the relay, so it has to stay the same.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use zeroize::Zeroizing;

use super::RelayError;

/// Reads the key, or makes one that only this user can read.
pub(super) fn load_or_create(directory: &Path) -> Result<Zeroizing<[u8; 32]>, RelayError> {
    let path = directory.join(FILE);
    let loaded = match fs::symlink_metadata(&path) {
        Ok(_) => load(&path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(directory, &path),
        Err(error) => Err(error),
    };
    loaded.map_err(|reason| RelayError::Key { path, reason })
}

fn load(path: &Path) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other(
            "others can read it; if nobody did, run chmod 600 on it, else delete it",
        ));
    }
    if metadata.len() != 32 {
        return Err(io::Error::other(
            "it is not a key; delete it, and the relay makes a new one under another id",
        ));
    }
    let mut secret = Zeroizing::new([0; 32]);
    file.read_exact(secret.as_mut_slice())?;
    Ok(secret)
}

/// Written under another name first: a crash leaves a whole key or none.
fn create(directory: &Path, path: &Path) -> io::Result<Zeroizing<[u8; 32]>> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut_slice()).map_err(io::Error::other)?;
    let draft = path.with_extension("new");
    // Left by a crash.
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(secret.as_slice())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    File::open(directory)?.sync_all()?;
    Ok(secret)
}

const FILE: &str = "relay.key";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_this_user_only() {
        let dir = tempfile::tempdir().unwrap();
        let directory = dir.path().join("relay");

        let made = load_or_create(&directory).unwrap();
        let read = load_or_create(&directory).unwrap();

        assert_eq!(made, read);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        assert_eq!(mode(&directory.join(FILE)), 0o600);
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_none_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        load_or_create(dir.path()).unwrap();

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let open = load_or_create(dir.path()).unwrap_err().to_string();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"short").unwrap();
        let short = load_or_create(dir.path()).unwrap_err().to_string();

        assert!(open.contains("chmod 600"), "{open}");
        assert!(short.contains("not a key"), "{short}");
    }
}
