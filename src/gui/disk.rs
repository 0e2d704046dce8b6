//! What stands on this machine's disk, for choosing files. It takes its time, so never on the window's
//! thread.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use directories::UserDirs;

use super::strings::tr;
use crate::node::{Walk, WalkError, harmless, view::Content};

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A folder.
    Folder(Folder),
    /// A file.
    File(Chosen),
    /// Nothing that can be sent.
    Nothing {
        /// Where.
        path: PathBuf,
        /// Why, as a sentence.
        why: String,
    },
}

/// A folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Folders first, then files, each by name; nothing hidden, at most [`MOST`].
    pub rows: Vec<Row>,
}

/// What stands in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// Bytes of a file; none for a folder.
    pub size: Option<u64>,
}

/// A file that somebody chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Where it is.
    pub path: PathBuf,
    /// What it is called.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// Of a folder: how many files are in it.
    pub folder: Option<u32>,
    /// Whether it goes as it is even if it is a picture.
    pub original: bool,
    /// Whether it was spoken here.
    pub voice: bool,
    /// Its bytes, if it is in no file.
    pub content: Option<Content>,
}

impl Chosen {
    /// What stays of its name when it is sent: a picture may become another kind.
    pub fn stem(&self) -> String {
        if self.folder.is_some() {
            return harmless(&self.name);
        }
        stem(&harmless(&self.name))
    }
}

/// A name without its extension.
pub fn stem(name: &str) -> String {
    let stem = name.rsplit_once('.').map(|(stem, _)| stem);
    stem.unwrap_or(name).to_owned()
}

/// A place; `~` is at home.
pub fn at_home(place: &Path) -> PathBuf {
    let dirs = UserDirs::new();
    match (place.strip_prefix("~"), &dirs) {
        (Ok(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => place.to_owned(),
    }
}

/// What stands at a place. No place at all is where files from elsewhere usually go; `~` is at home.
pub fn look(place: &Path) -> Found {
    let dirs = UserDirs::new();
    let home = dirs.as_ref().map(UserDirs::home_dir);
    let path = if place.as_os_str().is_empty() {
        let usual = dirs.as_ref().and_then(UserDirs::download_dir);
        let there = usual.filter(|usual| usual.is_dir()).or(home);
        there.unwrap_or(Path::new("/")).to_owned()
    } else {
        at_home(place)
    };
    let found = fs::metadata(&path).and_then(|about| {
        if about.is_dir() {
            return Ok(Found::Folder(folder(&path)?));
        }
        if !about.is_file() || path.to_str().is_none() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let name = path.file_name().unwrap_or_default();
        Ok(Found::File(Chosen {
            name: name.to_string_lossy().into_owned(),
            size: about.len(),
            path: path.clone(),
            folder: None,
            original: false,
            voice: false,
            content: None,
        }))
    });
    found.unwrap_or_else(|error| Found::Nothing {
        why: why(&error),
        path,
    })
}

/// What stands at a place, to be sent: a folder with all that is in it.
pub fn choose(place: &Path) -> Found {
    let Found::Folder(Folder { path, .. }) = look(place) else {
        return look(place);
    };
    match Walk::of(&path) {
        Ok(walk) => {
            let whole = path.canonicalize();
            let name = whole.as_deref().unwrap_or(&path).file_name();
            Found::File(Chosen {
                name: name.unwrap_or_default().to_string_lossy().into_owned(),
                size: walk.size(),
                folder: Some(walk.files()),
                original: false,
                voice: false,
                content: None,
                path,
            })
        }
        Err(error) => Found::Nothing {
            why: match &error {
                WalkError::TooMuch | WalkError::TooDeep(_) => tr("disk-too-much"),
                WalkError::Disk(_, error) => why(error),
            },
            path,
        },
    }
}

fn folder(path: &Path) -> io::Result<Folder> {
    let mut rows: Vec<Row> = fs::read_dir(path)?
        .flatten()
        .filter_map(|entry| {
            // A name that is no text cannot be asked for.
            let name = entry.file_name().into_string().ok()?;
            let about = fs::metadata(entry.path()).ok()?;
            let is_shown = !name.starts_with('.') && (about.is_dir() || about.is_file());
            is_shown.then(|| Row {
                name,
                size: about.is_file().then_some(about.len()),
            })
        })
        .take(MOST)
        .collect();
    rows.sort_by_cached_key(|row| (row.size.is_some(), row.name.to_lowercase()));
    Ok(Folder {
        path: path.to_owned(),
        rows,
    })
}

fn why(error: &io::Error) -> String {
    tr(match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "disk-nothing",
        io::ErrorKind::PermissionDenied => "disk-forbidden",
        io::ErrorKind::InvalidInput => "disk-no-file",
        _ => "disk-unreadable",
    })
}

/// Of a folder no more is shown.
pub const MOST: usize = 5000;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_shows_folders_and_then_files_and_nothing_hidden() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("zoo")).unwrap();
        for name in ["b.txt", "A.txt", ".hidden"] {
            fs::write(dir.path().join(name), "four").unwrap();
        }

        let Found::Folder(folder) = look(dir.path()) else {
            panic!("no folder")
        };

        let rows = folder.rows.iter().map(|row| (row.name.as_str(), row.size));
        let wanted = [("zoo", None), ("A.txt", Some(4)), ("b.txt", Some(4))];
        assert_eq!(rows.collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn a_file_has_its_name_and_size_and_what_is_not_there_a_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        fs::write(&path, "four").unwrap();

        let chosen = Chosen {
            name: "a.txt".into(),
            size: 4,
            path: path.clone(),
            folder: None,
            original: false,
            voice: false,
            content: None,
        };
        assert_eq!(look(&path), Found::File(chosen));
        let nowhere = dir.path().join("b.txt");
        let nothing = Found::Nothing {
            path: nowhere.clone(),
            why: tr("disk-nothing"),
        };
        assert_eq!(look(&nowhere), nothing);
    }

    #[test]
    fn a_folder_that_is_chosen_has_all_that_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("photos");
        fs::create_dir_all(path.join("lake")).unwrap();
        fs::write(path.join("a.txt"), "four").unwrap();
        fs::write(path.join("lake/b.txt"), "six...").unwrap();

        let Found::File(chosen) = choose(&path) else {
            panic!("it can be sent")
        };

        assert_eq!(chosen.name, "photos");
        assert_eq!((chosen.folder, chosen.size), (Some(2), 10));
        fs::set_permissions(path.join("lake"), fs::Permissions::from_mode(0o0)).unwrap();
        if fs::read_dir(path.join("lake")).is_err() {
            let why = tr("disk-forbidden");
            assert_eq!(choose(&path), Found::Nothing { path, why });
        }
    }

    #[test]
    fn what_never_ends_is_no_file() {
        let Found::Nothing { why, .. } = look(Path::new("/dev/zero")) else {
            panic!("it would be read for ever")
        };

        assert_eq!(why, tr("disk-no-file"));
    }
}
