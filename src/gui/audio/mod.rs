//! Sound in and out: what is played, what is spoken.
//!
//! The sound server is spoken to by its own protocol (`PulseAudio`'s, which `PipeWire` speaks too), so nothing is linked
//! and nothing has to be installed. Where there is none, that is said, and everything else works.

mod deck;
mod server;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use self::server::{Playing, Recording, Server};
use crate::{
    gui::strings::tr,
    node::{MessageId, view::Content},
    sound::Speed,
};

/// What the window wants to be heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Plays the sound of a message, from there.
    Play(MessageId, Content, u64, Speed),
    /// Plays no further for now.
    Pause,
    /// Plays on.
    Resume,
    /// Plays on from there, in milliseconds.
    Seek(u64),
    /// Plays so fast.
    Speed(Speed),
    /// Plays nothing any more.
    Stop,
    /// Listens.
    Record,
    /// Listens no more; what was said is told, or forgotten.
    End {
        /// Whether it is told.
        keep: bool,
    },
}

/// What the window is told.
#[derive(Clone, PartialEq)]
pub enum Heard {
    /// Whether there is a sound server.
    There(bool),
    /// The sound of a message is there now, of so long, in milliseconds.
    At(MessageId, u64, Option<u64>),
    /// It is over.
    Over(MessageId),
    /// It cannot be played: why, as a sentence.
    Refused(MessageId, String),
    /// So much was spoken, in milliseconds, and so loud is it now, from 0 to 31.
    Spoken(u64, u8),
    /// All that was spoken, as a file.
    Note(Arc<[u8]>),
    /// Nothing can be heard of what is spoken: why, as a sentence.
    Deaf(String),
}

/// Shows what it is, and nothing that was spoken.
impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self {
            Self::There(_) => "There",
            Self::At(..) => "At",
            Self::Over(_) => "Over",
            Self::Refused(..) => "Refused",
            Self::Spoken(..) => "Spoken",
            Self::Note(_) => "Note",
            Self::Deaf(_) => "Deaf",
        };
        f.write_str(name)
    }
}

/// Where sound is asked for.
#[derive(Clone)]
pub struct Audio {
    asks: mpsc::Sender<Ask>,
}

impl Audio {
    /// Begins to do what it is asked. It ends with the last of those who ask.
    pub fn start(tell: impl Fn(Heard) + Send + 'static) -> Self {
        Self::start_at(pulseaudio::socket_path_from_env(), tell)
    }

    fn start_at(socket: Option<PathBuf>, tell: impl Fn(Heard) + Send + 'static) -> Self {
        let (asks, asked) = mpsc::channel(ASKS);
        tokio::spawn(run(asked, socket, tell));
        Self { asks }
    }

    /// Asks. What is too much at once is not done.
    pub fn ask(&self, ask: Ask) {
        let _ = self.asks.try_send(ask);
    }
}

struct Room<T> {
    tell: T,
    /// Where the sound server is, if there is one.
    socket: Option<PathBuf>,
    server: Option<Server>,
    playing: Option<(MessageId, Playing)>,
    recording: Option<Recording>,
}

async fn run(mut asks: mpsc::Receiver<Ask>, socket: Option<PathBuf>, tell: impl Fn(Heard)) {
    let there = socket.as_ref().is_some_and(|socket| socket.exists());
    if !there {
        tracing::info!("there is no sound server; voice notes are neither played nor recorded");
    }
    tell(Heard::There(there));
    let mut room = Room {
        tell,
        socket,
        server: None,
        playing: None,
        recording: None,
    };
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let busy = room
            .playing
            .as_ref()
            .is_some_and(|(_, playing)| !playing.is_paused());
        tokio::select! {
            ask = asks.recv() => match ask {
                Some(ask) => room.take(ask).await,
                None => break,
            },
            _ = ticks.tick(), if busy || room.recording.is_some() => room.tick().await,
        }
    }
    room.stop().await;
    if let Some(recording) = room.recording.take() {
        recording.end().await;
    }
}

impl<T: Fn(Heard)> Room<T> {
    async fn take(&mut self, ask: Ask) {
        match ask {
            Ask::Play(message, bytes, from_ms, speed) => {
                self.stop().await;
                match self.play(bytes.0, from_ms, speed).await {
                    Ok(playing) => {
                        let (at, long) = playing.place();
                        (self.tell)(Heard::At(message, at, long));
                        self.playing = Some((message, playing));
                    }
                    Err(why) => (self.tell)(Heard::Refused(message, why)),
                }
            }
            Ask::Pause => self.pause(true).await,
            Ask::Resume => self.pause(false).await,
            Ask::Seek(ms) => {
                if let Some((message, playing)) = &mut self.playing {
                    playing.seek(ms).await;
                    let (at, long) = playing.place();
                    (self.tell)(Heard::At(*message, at, long));
                }
            }
            Ask::Speed(speed) => {
                if let Some((_, playing)) = &mut self.playing {
                    playing.set_speed(speed).await;
                }
            }
            Ask::Stop => self.stop().await,
            Ask::Record => {
                self.stop().await;
                match self.record().await {
                    Ok(recording) => self.recording = Some(recording),
                    Err(why) => (self.tell)(Heard::Deaf(why)),
                }
            }
            Ask::End { keep } => {
                if let Some(recording) = self.recording.take() {
                    match recording.end().await {
                        Some(note) if keep => (self.tell)(Heard::Note(note.into())),
                        None if keep => (self.tell)(Heard::Deaf(tr("sound-server"))),
                        _ => {}
                    }
                }
            }
        }
    }

    async fn play(&mut self, bytes: Arc<[u8]>, from: u64, speed: Speed) -> Result<Playing, String> {
        let opened = tokio::task::spawn_blocking(move || deck::Deck::open(bytes, from, speed));
        let deck = match opened.await {
            Ok(Ok(deck)) => deck,
            Ok(Err(refusal)) => return Err(refusal.to_string()),
            Err(_) => return Err(tr("sound-refused")),
        };
        let playing = self.server().await?.play(deck).await;
        self.checked(playing)
    }

    async fn record(&mut self) -> Result<Recording, String> {
        let recording = self.server().await?.record().await;
        self.checked(recording)
    }

    async fn pause(&mut self, pause: bool) {
        if let Some((_, playing)) = &mut self.playing {
            playing.pause(pause).await;
        }
    }

    async fn stop(&mut self) {
        if let Some((_, playing)) = self.playing.take() {
            playing.stop().await;
        }
    }

    /// The connection to the sound server, which is made when it is first needed.
    async fn server(&mut self) -> Result<&Server, String> {
        if self.server.is_none() {
            self.server = match self.socket.clone() {
                Some(socket) => server::connect(socket).await,
                None => None,
            };
            (self.tell)(Heard::There(self.server.is_some()));
        }
        self.server.as_ref().ok_or_else(|| tr("sound-none"))
    }

    /// A server that refuses may be another one the next time.
    fn checked<R>(&mut self, done: Option<R>) -> Result<R, String> {
        if done.is_none() {
            self.server = None;
        }
        done.ok_or_else(|| tr("sound-server"))
    }

    async fn tick(&mut self) {
        if let Some((message, playing)) = &self.playing {
            let (at, long) = playing.place();
            (self.tell)(Heard::At(*message, at, long));
            if playing.is_over() {
                let message = *message;
                self.stop().await;
                (self.tell)(Heard::Over(message));
            }
        }
        if let Some(recording) = &self.recording {
            let (ms, loud, full) = recording.place();
            (self.tell)(Heard::Spoken(ms, loud));
            if full {
                self.take_note().await;
            }
        }
    }

    /// What was spoken has become as long as it can be.
    async fn take_note(&mut self) {
        if let Some(recording) = self.recording.take()
            && let Some(note) = recording.end().await
        {
            (self.tell)(Heard::Note(note.into()));
        }
    }
}

/// So often it is said where a sound is.
const TICK: Duration = Duration::from_millis(100);

/// What is asked for waits here.
const ASKS: usize = 32;

#[cfg(test)]
mod tests;
