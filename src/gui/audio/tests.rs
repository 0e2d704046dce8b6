#![allow(clippy::cast_precision_loss, reason = "samples")]

use std::{path::Path, process::Command, sync::Mutex};

use super::{deck::Deck, *};
use crate::sound::{Encoder, RATE, hear};

/// A tone, as a voice note.
fn note(ms: u32) -> Arc<[u8]> {
    let mut encoder = Encoder::default();
    let tone = |at: u32| (at as f32 / RATE as f32 * 440.0 * std::f32::consts::TAU).sin() * 0.3;
    let samples: Vec<f32> = (0..RATE / 1000 * ms).map(tone).collect();
    encoder.push(&samples);
    encoder.finish().into()
}

fn play(deck: &mut Deck, ms: u64) -> u64 {
    let most = ms * u64::from(deck.rate()) / 1000;
    (0..most).map_while(|_| deck.next()).count() as u64 * 1000 / u64::from(deck.rate())
}

#[test]
fn a_deck_says_where_it_is_at_every_speed() {
    for (speed, passes) in [
        (Speed::One, 1_000),
        (Speed::OneAndAHalf, 1_500),
        (Speed::Two, 2_000),
    ] {
        let mut deck = Deck::open(note(6_000), 0, speed).unwrap();

        play(&mut deck, 1_000);
        assert_eq!(deck.at_ms(), passes, "{speed:?}");

        let rest = play(&mut deck, 60_000);
        let wanted = (6_000 - passes) as f32 / speed.factor();
        assert!(
            (rest as f32 - wanted).abs() < 100.0,
            "{rest} for {wanted} at {speed:?}"
        );
        assert!(deck.is_over());
    }
}

#[test]
fn a_deck_goes_where_it_is_told_also_after_its_end_and_keeps_its_place_when_it_goes_faster() {
    let mut deck = Deck::open(note(4_000), 3_000, Speed::One).unwrap();
    assert!(deck.at_ms().abs_diff(3_000) <= 20);
    play(&mut deck, 60_000);
    assert!(deck.is_over());

    deck.seek(1_000);
    assert!(!deck.is_over() && deck.at_ms().abs_diff(1_000) <= 20);
    play(&mut deck, 500);
    deck.set_speed(Speed::Two);

    assert!(deck.at_ms().abs_diff(1_500) <= 45, "{}", deck.at_ms());
    play(&mut deck, 500);
    assert!(deck.at_ms().abs_diff(2_500) <= 60, "{}", deck.at_ms());
}

#[test]
fn what_is_no_sound_is_not_played() {
    let refused = Deck::open(Arc::from(&b"no sound"[..]), 0, Speed::One);

    assert!(refused.is_err());
}

/// A sound server of one's own, whose microphone hears what it plays.
struct Private {
    server: std::process::Child,
    dir: tempfile::TempDir,
}

impl Private {
    fn start() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("native");
        let load = |module: &str| format!("--load={module}");
        let server = Command::new("pulseaudio")
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
            ])
            .args(["--disallow-exit", "--log-level=error"])
            .arg(load("module-null-sink sink_name=none"))
            .arg(load(&format!(
                "module-native-protocol-unix auth-anonymous=1 socket={}",
                socket.display()
            )))
            .env("HOME", dir.path())
            .env("XDG_RUNTIME_DIR", dir.path())
            .env("PULSE_RUNTIME_PATH", dir.path().join("run"))
            .spawn()
            .ok()?;
        let private = Self { server, dir };
        let until = std::time::Instant::now() + Duration::from_secs(20);
        while !private.socket().exists() {
            if std::time::Instant::now() > until {
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(private)
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("native")
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Waits until something that fits is told.
async fn until(told: &Mutex<Vec<Heard>>, fits: impl Fn(&Heard) -> bool) {
    for _ in 0..400 {
        if told.lock().unwrap().iter().any(&fits) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let told = told.lock().unwrap();
    let why = told.iter().filter_map(|heard| match heard {
        Heard::Deaf(why) | Heard::Refused(_, why) => Some(why),
        _ => None,
    });
    panic!("{told:?}: {:?}", why.collect::<Vec<_>>());
}

fn room(there: &Path) -> (Audio, Arc<Mutex<Vec<Heard>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let audio = Audio::start_at(Some(there.to_owned()), move |heard| {
        kept.lock().unwrap().push(heard);
    });
    (audio, told)
}

#[tokio::test]
async fn what_is_played_is_heard_by_a_sound_server_and_what_is_spoken_becomes_a_note() {
    let Some(private) = Private::start() else {
        println!("not run: no pulseaudio is installed");
        return;
    };
    let (audio, told) = room(&private.socket());
    let message = MessageId([1; 32]);

    audio.ask(Ask::Record);
    until(
        &told,
        |heard| matches!(heard, Heard::Spoken(ms, _) if *ms > 100),
    )
    .await;
    // What a null sink plays, its monitor hears.
    audio.ask(Ask::End { keep: true });
    until(&told, |heard| matches!(heard, Heard::Note(_))).await;
    audio.ask(Ask::Play(message, Content(note(1_500)), 0, Speed::One));
    until(
        &told,
        |heard| matches!(heard, Heard::At(_, at, _) if *at > 500),
    )
    .await;
    audio.ask(Ask::Pause);
    audio.ask(Ask::Seek(200));
    audio.ask(Ask::Speed(Speed::Two));
    audio.ask(Ask::Resume);
    until(&told, |heard| *heard == Heard::Over(message)).await;

    let told = told.lock().unwrap();
    assert_eq!(told.first(), Some(&Heard::There(true)));
    let spoken = told.iter().find_map(|heard| match heard {
        Heard::Note(bytes) => Some(hear(Arc::clone(bytes)).unwrap()),
        _ => None,
    });
    assert!(spoken.unwrap().duration_ms > 50);
}

#[tokio::test]
async fn without_a_sound_server_that_is_said_and_nothing_else_happens() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = dir.path().join("nowhere");
    let (audio, told) = room(&nowhere);
    let message = MessageId([1; 32]);

    audio.ask(Ask::Play(message, Content(note(100)), 0, Speed::One));
    audio.ask(Ask::Record);

    until(&told, |heard| matches!(heard, Heard::Deaf(_))).await;
    let told = told.lock().unwrap();
    assert_eq!(told.first(), Some(&Heard::There(false)));
    assert!(
        told.iter()
            .any(|heard| matches!(heard, Heard::Refused(of, _) if *of == message))
    );
}
