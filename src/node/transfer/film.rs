//! What an installed `ffmpeg` says of a film: how long it is, and one of its pictures.
//!
//! It is another program, which is given the name of the file, no terminal, no network and little time. Where it
//! is not installed, a film is a file like others.

use std::{
    ffi::OsString,
    io::Read as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    picture::{self, Small, THEIRS},
    proto::chat::content::Media,
};

/// What is known of a film.
#[derive(Debug)]
pub(super) struct Film {
    duration_ms: u32,
    /// Pixels, upright.
    size: [u32; 2],
    /// One of its pictures.
    pub(super) small: Option<Small>,
}

impl Film {
    /// As it is said in a message.
    pub(super) fn media(&self) -> Media {
        let side = |side| u16::try_from(side).unwrap_or(u16::MAX);
        let [width, height] = self.size.map(side);
        Media::Film {
            duration_ms: self.duration_ms,
            width,
            height,
        }
    }
}

/// Looks at a film. Takes its time.
pub(super) fn look(path: &Path) -> Option<Film> {
    let path = std::path::absolute(path).ok()?;
    // Whatever it is called, it is a file and no address.
    let mut place = OsString::from("file:");
    place.push(&path);
    let duration_ms = duration(&place)?;
    let at = f64::from(duration_ms.min(LATE_MS)) / 10_000.0;
    let bytes = run(Command::new("ffmpeg")
        .args([
            "-nostdin",
            "-v",
            "error",
            "-protocol_whitelist",
            "file,pipe",
        ])
        .args(["-ss", &format!("{at:.3}"), "-i"])
        .arg(&place)
        .args([
            "-map",
            "0:v:0",
            "-frames:v",
            "1",
            "-c:v",
            "mjpeg",
            "-q:v",
            "4",
        ])
        .args(["-f", "image2pipe", "pipe:1"]))?;
    let facts = picture::look(&bytes).ok()?;
    let picture = picture::decode(&bytes, &THEIRS, SIDE).ok()?;
    Some(Film {
        duration_ms,
        size: facts.size,
        small: picture::make_small(&picture, facts.size),
    })
}

fn duration(place: &OsString) -> Option<u32> {
    let said = run(Command::new("ffprobe")
        .args(["-v", "error", "-protocol_whitelist", "file"])
        .args(["-show_entries", "format=duration", "-of", "csv=p=0"])
        .arg(place))?;
    let seconds: f64 = std::str::from_utf8(&said).ok()?.trim().parse().ok()?;
    let sensible = seconds.is_finite() && (0.0..=LONGEST_S).contains(&seconds);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds"
    )]
    sensible.then_some((seconds * 1000.0) as u32)
}

/// What a program writes, if it ends well, soon, and does not write much.
fn run(command: &mut Command) -> Option<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .spawn()
        .ok()?;
    let written = child.stdout.take()?;
    let reading = thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = written.take(OUTPUT + 1).read_to_end(&mut bytes);
        read.ok().map(|_| bytes)
    });
    let ended = wait(&mut child);
    let bytes = reading.join().ok().flatten()?;
    (ended && bytes.len() as u64 <= OUTPUT).then_some(bytes)
}

/// Waits for a program, and ends it when it takes too long; whether it ended well.
fn wait(child: &mut Child) -> bool {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => thread::sleep(Duration::from_millis(10)),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// A program has so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes that a program may write: a picture of 50 million pixels has less.
const OUTPUT: u64 = 16 << 20;

/// The picture is that of a tenth of the film, and at most of the tenth second: the first is often black.
const LATE_MS: u32 = 100_000;

/// Films are shorter, in seconds: 40 days.
const LONGEST_S: f64 = 3_456_000.0;

/// Of the picture that the small one is made of, in pixels.
const SIDE: u32 = 640;

#[cfg(test)]
mod tests {
    use super::*;

    /// The program that makes films for tests is the one that is tested; where it is not there, nothing is.
    fn film(dir: &Path) -> Option<std::path::PathBuf> {
        let path = dir.join("-a film: of a lake.mp4");
        let made = Command::new("ffmpeg")
            .args([
                "-nostdin",
                "-v",
                "error",
                "-f",
                "lavfi",
                "-i",
                "testsrc=d=3:s=320x180",
            ])
            .args(["-pix_fmt", "yuv420p", "-c:v", "mpeg4"])
            .arg(format!("file:{}", path.display()))
            .status();
        made.is_ok_and(|status| status.success()).then_some(path)
    }

    #[test]
    fn a_film_has_its_length_its_size_and_a_picture() {
        let dir = tempfile::tempdir().unwrap();
        let Some(path) = film(dir.path()) else {
            println!("not run: no ffmpeg is installed");
            return;
        };

        let film = look(&path).unwrap();

        assert!(
            film.duration_ms.abs_diff(3_000) < 100,
            "{}",
            film.duration_ms
        );
        assert_eq!(film.size, [320, 180]);
        let small = film.small.unwrap();
        assert_eq!(small.size, [320, 180]);
        assert!(picture::read_small(&small.jpeg).is_some());
    }

    #[test]
    fn what_is_no_film_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp4");
        std::fs::write(&path, b"\0\0\0\x20ftypisom and nothing more").unwrap();

        assert!(look(&path).is_none());
        assert!(look(&dir.path().join("none.mp4")).is_none());
    }

    #[test]
    fn a_program_that_writes_without_end_is_not_listened_to() {
        assert_eq!(run(Command::new("yes").arg("heron")), None);
        assert_eq!(run(&mut Command::new("no-such-program")), None);
    }
}
