//! What is sealed of a file: of a picture only what is needed to draw it, unless it is wanted as it is.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read as _, Seek as _},
    os::unix::fs::OpenOptionsExt as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use crate::{
    files::{SealError, WalkError},
    picture::{self, Kind, MINE, Prepared, Refusal, Small},
    proto::chat::content::Media,
    sound::{self, Heard},
};

use super::film;

/// As what a file goes.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::node) struct How {
    /// As it is, also if it is a picture.
    pub(in crate::node) original: bool,
    /// As a voice note.
    pub(in crate::node) voice: bool,
}

/// What is sealed.
pub(super) struct Ready {
    pub(super) source: Source,
    /// What it becomes, if it is a picture that becomes another kind.
    pub(super) becomes: Option<Kind>,
    /// A small picture of it.
    pub(super) small: Option<Small>,
    /// How long it is and how it looks, if it is a sound or a film.
    pub(super) media: Option<Media>,
}

impl Ready {
    /// What it is called, with an extension that says what it is.
    pub(super) fn named(&self, name: &str) -> String {
        match self.media {
            Some(Media::Sound { voice: true, .. }) => {
                let stem = Path::new(name).file_stem().and_then(OsStr::to_str);
                format!("{}.opus", stem.unwrap_or(name))
            }
            Some(_) | None => picture::named(name, self.becomes),
        }
    }
}

/// Where its bytes are.
pub(super) enum Source {
    /// They are those of a file, so many.
    File(File, u64),
    /// They were made.
    Made(Vec<u8>),
}

/// Why nothing is sealed.
#[derive(Debug)]
pub(super) enum Problem {
    /// Something of the file, or of the place where it would be kept.
    Seal(SealError),
    /// It is a picture, and nothing could be taken out of it.
    Picture(Refusal),
    /// It is a folder, and cannot be read or is too large.
    Folder(WalkError),
    /// It is to be a voice note, and cannot become one.
    Sound(sound::Refusal),
}

impl<E: Into<SealError>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::Seal(error.into())
    }
}

/// What is to be sealed of a file.
pub(super) fn ready(path: &Path, how: How) -> Result<Ready, Problem> {
    let How { original, voice } = how;
    let (mut file, size) = open(path)?;
    let mut bytes = begin(&mut file)?;
    if voice {
        if size > sound::BYTES {
            return Err(Problem::Sound(sound::Refusal::TooLarge));
        }
        (&mut file).take(sound::BYTES).read_to_end(&mut bytes)?;
        return voice_note(&bytes);
    }
    let as_it_is = |file, small| Ready {
        source: Source::File(file, size),
        becomes: None,
        small,
        media: None,
    };
    if sound::is_sound(&bytes) {
        // What cannot be listened to is a file like others.
        let media = if size <= sound::BYTES {
            (&mut file).take(sound::BYTES).read_to_end(&mut bytes)?;
            sound::hear(bytes.into())
                .ok()
                .map(|heard| media(heard, false))
        } else {
            None
        };
        file.rewind()?;
        return Ok(Ready {
            media,
            ..as_it_is(file, None)
        });
    }
    if sound::is_film(&bytes) {
        let film = film::look(path);
        file.rewind()?;
        return Ok(Ready {
            media: film.as_ref().map(film::Film::media),
            ..as_it_is(file, film.and_then(|film| film.small))
        });
    }
    if Kind::of(&bytes).is_none() {
        if picture::is_opaque(&bytes) && !original {
            return Err(Problem::Picture(Refusal::Opaque));
        }
        file.rewind()?;
        return Ok(as_it_is(file, None));
    }
    let prepared = if size <= MINE.bytes {
        (&mut file).take(MINE.bytes).read_to_end(&mut bytes)?;
        made(&bytes)
    } else {
        Err(Refusal::TooLarge)
    };
    match (prepared, original) {
        (prepared, true) => {
            file.rewind()?;
            Ok(as_it_is(file, prepared.ok().and_then(|made| made.small)))
        }
        (Ok(made), false) => Ok(Ready {
            source: Source::Made(made.bytes),
            becomes: made.becomes,
            small: made.small,
            media: None,
        }),
        (Err(refusal), false) => Err(Problem::Picture(refusal)),
    }
}

/// What is to be sealed of what is in no file.
pub(super) fn ready_in_memory(bytes: &[u8], how: How) -> Result<Ready, Problem> {
    let How { original, voice } = how;
    if voice {
        return voice_note(bytes);
    }
    match (made(bytes), original) {
        (Ok(made), false) => Ok(Ready {
            source: Source::Made(made.bytes),
            becomes: made.becomes,
            small: made.small,
            media: None,
        }),
        (made, true) => Ok(Ready {
            source: Source::Made(bytes.to_vec()),
            becomes: None,
            small: made.ok().and_then(|made| made.small),
            media: None,
        }),
        (Err(refusal), false) => Err(Problem::Picture(refusal)),
    }
}

/// What would be sent of a picture that is in memory. Takes its time.
pub fn prepared_in_memory(bytes: &[u8]) -> Result<Prepared, Refusal> {
    made(bytes)
}

/// What would be sent of a file; none if that is the file as it is. Takes its time.
pub fn prepared(path: &Path) -> Option<Result<Prepared, Refusal>> {
    let (mut file, size) = open(path).ok()?;
    let mut bytes = begin(&mut file).ok()?;
    if picture::is_opaque(&bytes) {
        return Some(Err(Refusal::Opaque));
    }
    Kind::of(&bytes)?;
    if size > MINE.bytes {
        return Some(Err(Refusal::TooLarge));
    }
    file.take(MINE.bytes).read_to_end(&mut bytes).ok()?;
    Some(made(&bytes))
}

fn voice_note(bytes: &[u8]) -> Result<Ready, Problem> {
    let made = catch_unwind(|| sound::voice_note(Arc::from(bytes)));
    let (bytes, heard) = made
        .unwrap_or(Err(sound::Refusal::Damaged))
        .map_err(Problem::Sound)?;
    Ok(Ready {
        source: Source::Made(bytes),
        becomes: None,
        small: None,
        media: Some(media(heard, true)),
    })
}

fn media(heard: Heard, voice: bool) -> Media {
    Media::Sound {
        duration_ms: heard.duration_ms,
        waveform: heard.waveform,
        voice,
    }
}

/// A picture that breaks a decoder breaks no more than this.
fn made(bytes: &[u8]) -> Result<Prepared, Refusal> {
    catch_unwind(AssertUnwindSafe(|| picture::prepare(bytes))).unwrap_or(Err(Refusal::Damaged))
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    // A pipe would be waited for.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits();
    let file = File::options()
        .read(true)
        .custom_flags(i32::try_from(nonblocking).unwrap_or(0))
        .open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok((file, about.len()))
}

/// Enough to tell what it is.
fn begin(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(BEGIN).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Bytes by which kinds of pictures are told apart.
const BEGIN: u64 = 32;

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;

    const ORIGINAL: How = How {
        original: true,
        voice: false,
    };

    fn sent(ready: Ready) -> Vec<u8> {
        match ready.source {
            Source::Made(bytes) => bytes,
            Source::File(mut file, size) => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).unwrap();
                assert_eq!(bytes.len() as u64, size);
                bytes
            }
        }
    }

    /// A picture with something written into it.
    fn noted() -> Vec<u8> {
        let mut bytes = io::Cursor::new(Vec::new());
        let picture = RgbImage::from_pixel(40, 30, [9, 200, 9].into());
        picture
            .write_to(&mut bytes, image::ImageFormat::Jpeg)
            .unwrap();
        let bytes = bytes.into_inner();
        [&bytes[..2], b"\xff\xfe\0\x0a at home", &bytes[2..]].concat()
    }

    #[test]
    fn a_picture_goes_without_what_is_written_into_it_unless_it_is_wanted_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        // Its name does not count.
        let path = dir.path().join("photo.txt");
        std::fs::write(&path, noted()).unwrap();

        let bare = ready(&path, How::default()).unwrap();
        let whole = ready(&path, ORIGINAL).unwrap();

        assert_eq!(bare.small.as_ref().unwrap().size, [40, 30]);
        assert_eq!(whole.small, bare.small);
        let bare = sent(bare);
        assert!(!bare.windows(7).any(|window| window == b"at home"));
        assert_eq!(sent(whole), noted());
        assert_eq!(prepared(&path).unwrap().unwrap().bytes, bare);
    }

    #[test]
    fn what_is_no_picture_goes_as_it_is_whatever_it_is_called() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        let content = b"a text that is longer than what is looked at first";
        std::fs::write(&path, content).unwrap();

        let ready = ready(&path, How::default()).unwrap();

        assert!(ready.small.is_none());
        assert_eq!(sent(ready), content);
        assert!(prepared(&path).is_none());
    }

    #[test]
    fn a_picture_out_of_which_nothing_can_be_taken_goes_only_when_it_is_wanted_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        let half = &noted()[..200];
        for (bytes, why) in [
            (half, Refusal::Damaged),
            (b"\0\0\0\x18ftypheic and so on", Refusal::Opaque),
        ] {
            std::fs::write(&path, bytes).unwrap();

            assert!(matches!(ready(&path, How::default()), Err(Problem::Picture(r)) if r == why));
            assert_eq!(prepared(&path), Some(Err(why)));
            assert_eq!(sent(ready(&path, ORIGINAL).unwrap()), bytes);
        }
    }

    /// A second of nothing, of one channel and 8 bits.
    fn silence() -> Vec<u8> {
        let mut file = b"RIFF\x64\x1f\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        file.extend(b"\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x40\x1f\0\0");
        file.extend([128; 8_000]);
        file
    }

    #[test]
    fn a_sound_goes_as_it_is_with_its_length_and_as_a_voice_note_in_opus() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        std::fs::write(&path, silence()).unwrap();
        let note = How {
            voice: true,
            ..How::default()
        };

        let whole = ready(&path, How::default()).unwrap();
        let spoken = ready(&path, note).unwrap();

        let sound = |voice| Media::Sound {
            duration_ms: 1_000,
            waveform: vec![0; 20],
            voice,
        };
        assert!(whole.media == Some(sound(false)) && spoken.media == Some(sound(true)));
        assert_eq!(
            (whole.named("a.wav"), spoken.named("a.wav")),
            ("a.wav".into(), "a.opus".into())
        );
        assert_eq!(sent(whole), silence());
        assert_eq!(&sent(spoken)[28..36], b"OpusHead");
    }

    #[test]
    fn what_is_no_sound_becomes_no_voice_note_and_half_a_sound_is_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.ogg");
        std::fs::write(&path, b"OggS, it says").unwrap();
        let note = How {
            voice: true,
            ..How::default()
        };

        assert!(matches!(ready(&path, note), Err(Problem::Sound(_))));
        assert!(ready(&path, How::default()).unwrap().media.is_none());
    }
}
