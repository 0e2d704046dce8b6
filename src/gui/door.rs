//! How another start of the program reaches the window that runs already: a socket in the profile.
//!
//! What comes through it is a link, or nothing. It is no command: the window comes to the front and shows
//! what it would show if somebody had clicked on the link.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    time::Duration,
};

use super::desktop::{Heard, Teller};

/// Listens for other starts, for as long as the program runs. Only whoever holds the profile may.
pub(super) fn open(profile: &Path, teller: Teller) {
    let listener = match bind(&place(profile)) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::info!(%error, "another start of the program will not find this window");
            return;
        }
    };
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                return;
            };
            // One after the other: each has its second.
            if let Ok(link) = understand(&stream) {
                teller.tell(Heard::Knocked(link));
                let _ = (&stream).write_all(ANSWER);
            }
        }
    });
}

/// Asks the window of a profile to come to the front, and to show a link. Says whether it does.
pub fn knock(profile: &Path, link: Option<&str>) -> bool {
    try_knock(&place(profile), link).unwrap_or(false)
}

/// Whether this can be a link that the program was started to open.
pub fn is_link(link: &str) -> bool {
    let scheme = link.get(..SCHEME.len());
    link.len() <= LONGEST
        && scheme.is_some_and(|head| head.eq_ignore_ascii_case(SCHEME))
        && !link.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn place(profile: &Path) -> PathBuf {
    profile.join("window.sock")
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    // Whoever holds the profile is alone, so an old socket is a dead one.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn understand(stream: &UnixStream) -> io::Result<Option<String>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut said = String::new();
    stream.take(LONGEST as u64 + 1).read_to_string(&mut said)?;
    match said.as_str() {
        "" => Ok(None),
        link if is_link(link) => Ok(Some(link.to_owned())),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn try_knock(path: &Path, link: Option<&str>) -> io::Result<bool> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(link.unwrap_or_default().as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut said = Vec::new();
    stream.take(ANSWER.len() as u64).read_to_end(&mut said)?;
    Ok(said == ANSWER)
}

/// Long enough for two programs on one machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// No invite is longer, in bytes.
const LONGEST: usize = 4096;

const SCHEME: &str = "betwixt://";

const ANSWER: &[u8] = b"here\n";

#[cfg(test)]
mod tests {
    use egui::Context;

    use super::*;
    use crate::gui::desktop::desktop;

    #[test]
    fn a_second_start_brings_the_first_to_the_front_with_its_link() {
        let profile = tempfile::tempdir().unwrap();
        assert!(!knock(profile.path(), None), "nobody is there");
        let (near, far) = desktop();
        open(profile.path(), far.teller(&Context::default()));

        assert!(knock(profile.path(), None));
        assert!(knock(profile.path(), Some("betwixt://c/#abc")));

        let heard: Vec<_> = std::iter::from_fn(|| near.hear()).collect();
        let link = Some("betwixt://c/#abc".to_owned());
        assert_eq!(heard, [Heard::Knocked(None), Heard::Knocked(link)]);
    }

    #[test]
    fn what_is_no_link_is_not_taken() {
        let profile = tempfile::tempdir().unwrap();
        let (near, far) = desktop();
        open(profile.path(), far.teller(&Context::default()));
        let long = format!("betwixt://{}", "a".repeat(LONGEST));

        for link in ["https://a.example", "rm -rf /", "betwixt://a b", &long] {
            assert!(!knock(profile.path(), Some(link)), "{link}");
        }

        assert_eq!(near.hear(), None);
    }

    #[test]
    fn a_socket_that_was_left_behind_is_no_hindrance() {
        let profile = tempfile::tempdir().unwrap();
        drop(UnixListener::bind(place(profile.path())).unwrap());
        let (_near, far) = desktop();

        open(profile.path(), far.teller(&Context::default()));

        assert!(knock(profile.path(), None));
    }
}
