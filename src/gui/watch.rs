//! Films are watched in the system's player. Until the window closes they lie where only this user can read them.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    gui::{refusal, strings::tr},
    node::{
        Handle, MessageId,
        view::{Answer, FileCommand},
    },
};

/// Puts the film of a message where the system's player finds it, and opens it. Why not, as a sentence.
pub async fn watch(node: &Handle, message_id: MessageId, profile: PathBuf) -> Result<(), String> {
    let made = tokio::task::spawn_blocking(move || make_room(&profile)).await;
    let room = made.map_err(|error| error.to_string())?;
    let room = room.map_err(|error| refusal::words(error.to_string()))?;
    let path = Some(room.to_string_lossy().into_owned());
    let fetch = FileCommand::Fetch { message_id, path };
    match node.file_command(fetch).await {
        Ok(Answer::File {
            path: Some(path), ..
        }) => open(Path::new(&path)).map_err(|_| tr("watch-none")),
        Ok(_) => Err(tr("view-none")),
        Err(error) => Err(refusal::said(&error)),
    }
}

/// Where films lie while they are watched.
fn place(profile: &Path) -> PathBuf {
    profile.join(DIRECTORY)
}

/// Takes away what was watched, and makes room for what will be.
fn make_room(profile: &Path) -> io::Result<PathBuf> {
    clear(profile)?;
    let place = place(profile);
    fs::DirBuilder::new().mode(0o700).create(&place)?;
    Ok(place)
}

/// Takes away what was watched.
pub fn clear(profile: &Path) -> io::Result<()> {
    match fs::remove_dir_all(place(profile)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Opens a file with what the system opens it with.
fn open(path: &Path) -> io::Result<()> {
    let mut opening = Command::new(OPENER)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // It hands the file on and ends.
    std::thread::spawn(move || opening.wait());
    Ok(())
}

const DIRECTORY: &str = "watched";

const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_was_watched_goes_before_something_else_is_and_nobody_else_can_read_it() {
        let profile = tempfile::tempdir().unwrap();

        let room = make_room(profile.path()).unwrap();
        fs::write(room.join("a.mp4"), "film").unwrap();
        let mode = fs::metadata(&room).unwrap().permissions().mode();
        make_room(profile.path()).unwrap();

        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(fs::read_dir(&room).unwrap().count(), 0);
        clear(profile.path()).unwrap();
        assert!(!room.exists());
        clear(profile.path()).unwrap();
    }
}
