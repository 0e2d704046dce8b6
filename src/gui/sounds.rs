//! The program's own sounds. The desktop's notification server plays them, so they stand in files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A sound that a notification has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Somebody wrote.
    Message,
    /// A stranger wants to talk.
    Request,
}

/// Where the sounds stand.
#[derive(Clone, Debug, Default)]
pub struct Sounds {
    directory: Option<PathBuf>,
}

impl Sounds {
    /// Puts them into a profile, where they are not there yet. Without a place the desktop's own sound is
    /// heard.
    pub fn in_profile(profile: &Path) -> Self {
        let directory = profile.join(DIRECTORY);
        match lay_out(&directory) {
            Ok(()) => Self {
                directory: Some(directory),
            },
            Err(error) => {
                tracing::info!(%error, "the program's sounds have no place");
                Self::default()
            }
        }
    }

    /// The file of a sound.
    pub fn file(&self, sound: Sound) -> Option<PathBuf> {
        let (name, _) = of(sound);
        Some(self.directory.as_ref()?.join(name))
    }
}

fn lay_out(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for sound in [Sound::Message, Sound::Request] {
        let (name, bytes) = of(sound);
        let path = directory.join(name);
        if fs::read(&path).ok().as_deref() != Some(bytes) {
            fs::write(path, bytes)?;
        }
    }
    Ok(())
}

fn of(sound: Sound) -> (&'static str, &'static [u8]) {
    match sound {
        Sound::Message => (
            "message.wav",
            include_bytes!("../../assets/sounds/message.wav"),
        ),
        Sound::Request => (
            "request.wav",
            include_bytes!("../../assets/sounds/request.wav"),
        ),
    }
}

/// The directory in the profile.
const DIRECTORY: &str = "sounds";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sounds_stand_in_the_profile_and_damaged_ones_are_written_again() {
        let profile = tempfile::tempdir().unwrap();
        let sounds = Sounds::in_profile(profile.path());
        let file = sounds.file(Sound::Message).unwrap();
        let before = fs::read(&file).unwrap();
        fs::write(&file, "damaged").unwrap();

        Sounds::in_profile(profile.path());

        assert_eq!(fs::read(&file).unwrap(), before);
        assert!(sounds.file(Sound::Request).unwrap().exists());
    }

    #[test]
    fn without_a_place_there_is_no_file() {
        let profile = tempfile::tempdir().unwrap();
        let file = profile.path().join("file");
        fs::write(&file, "").unwrap();

        assert_eq!(Sounds::in_profile(&file).file(Sound::Message), None);
    }

    #[test]
    fn they_are_short_and_small() {
        let mut all = 0;
        for sound in [Sound::Message, Sound::Request] {
            let (name, bytes) = of(sound);
            assert_eq!(&bytes[8..12], b"WAVE", "{name}");
            // Of a second there are 22,050 samples of two bytes.
            assert!(bytes.len() < 44_100 * 7 / 10, "{name}");
            all += bytes.len();
        }
        assert!(all < 50_000);
    }
}
