//! The sound server, by its own protocol.

use std::{
    ffi::CString,
    future::Future,
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use pulseaudio::{
    AsPlaybackSource as _, Client, PlaybackStream, RecordStream,
    protocol::{
        ChannelMap, ChannelVolume, DEFAULT_SINK, DEFAULT_SOURCE, PlaybackStreamParams,
        RecordStreamParams, SampleFormat, SampleSpec,
        stream::{BufferAttr, StreamFlags},
    },
};

use super::deck::Deck;
use crate::sound::{Encoder, NOTE_MS, RATE, Speed};

/// A connection.
pub(super) struct Server(Client);

/// Connects, if there is one that answers there.
pub(super) async fn connect(socket: PathBuf) -> Option<Server> {
    let connecting = tokio::task::spawn_blocking(|| {
        let socket = UnixStream::connect(socket)?;
        // A server that says nothing is not waited for for ever.
        socket.set_read_timeout(Some(PATIENCE))?;
        let cookie = pulseaudio::cookie_path_from_env();
        let cookie = cookie.and_then(|path| std::fs::read(path).ok());
        // A server that asks for none still hangs up on one of another length.
        let cookie = cookie.filter(|cookie| cookie.len() == COOKIE);
        let cookie = cookie.unwrap_or_else(|| vec![0; COOKIE]);
        Client::new_unix(c"Betwixt", socket, Some(cookie))
    });
    match soon(connecting).await? {
        Ok(Ok(client)) => Some(Server(client)),
        Ok(Err(error)) => {
            tracing::info!(%error, "the sound server cannot be used");
            None
        }
        Err(_) => None,
    }
}

impl Server {
    /// Plays a sound.
    pub(super) async fn play(&self, deck: Deck) -> Option<Playing> {
        let rate = deck.rate();
        let deck = Arc::new(Mutex::new(deck));
        let source = Arc::clone(&deck);
        let fill = move |bytes: &mut [u8]| {
            let mut deck = source.lock().unwrap_or_else(PoisonError::into_inner);
            for place in bytes.chunks_mut(FRAME) {
                // What comes after the end is silence, until it is taken away.
                let frame = deck.next().unwrap_or_default();
                let parts = frame.iter().flat_map(|part| part.to_le_bytes());
                for (to, from) in place.iter_mut().zip(parts) {
                    *to = from;
                }
            }
            bytes.len()
        };
        let parameters = PlaybackStreamParams {
            sample_spec: SampleSpec {
                format: SampleFormat::Float32Le,
                channels: 2,
                sample_rate: rate,
            },
            channel_map: ChannelMap::stereo(),
            cvolume: Some(ChannelVolume::norm(2)),
            sink_name: Some(CString::from(DEFAULT_SINK)),
            buffer_attr: BufferAttr {
                target_length: bytes_of(rate, 8),
                ..BufferAttr::default()
            },
            flags: StreamFlags {
                adjust_latency: true,
                ..StreamFlags::default()
            },
            ..PlaybackStreamParams::default()
        };
        let made = self
            .0
            .create_playback_stream(parameters, fill.as_playback_source());
        let stream = told(soon(made).await?)?;
        Some(Playing {
            deck,
            stream,
            paused: false,
        })
    }

    /// Listens.
    pub(super) async fn record(&self) -> Option<Recording> {
        let spoken = Arc::new(Mutex::new(Spoken::default()));
        let taken = Arc::clone(&spoken);
        let take = move |bytes: &[u8]| {
            let mut spoken = taken.lock().unwrap_or_else(PoisonError::into_inner);
            spoken.take(bytes);
        };
        let parameters = RecordStreamParams {
            sample_spec: SampleSpec {
                format: SampleFormat::Float32Le,
                channels: 1,
                sample_rate: RATE,
            },
            channel_map: ChannelMap::mono(),
            cvolume: Some(ChannelVolume::norm(1)),
            source_name: Some(CString::from(DEFAULT_SOURCE)),
            buffer_attr: BufferAttr {
                fragment_size: bytes_of(RATE, 20) / 2,
                ..BufferAttr::default()
            },
            flags: StreamFlags {
                adjust_latency: true,
                ..StreamFlags::default()
            },
            ..RecordStreamParams::default()
        };
        let made = self.0.create_record_stream(parameters, take);
        let stream = told(soon(made).await?)?;
        Some(Recording { spoken, stream })
    }
}

/// A sound that is played.
pub(super) struct Playing {
    deck: Arc<Mutex<Deck>>,
    stream: PlaybackStream,
    paused: bool,
}

impl Playing {
    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    /// Where it is, and how long it is.
    pub(super) fn place(&self) -> (u64, Option<u64>) {
        self.with(|deck| (deck.at_ms(), deck.duration_ms()))
    }

    pub(super) fn is_over(&self) -> bool {
        self.with(|deck| deck.is_over())
    }

    pub(super) async fn pause(&mut self, pause: bool) {
        self.paused = pause;
        if pause {
            soon(self.stream.cork()).await;
        } else {
            soon(self.stream.uncork()).await;
        }
    }

    pub(super) async fn seek(&mut self, ms: u64) {
        self.with(|deck| deck.seek(ms));
        soon(self.stream.flush()).await;
    }

    pub(super) async fn set_speed(&mut self, speed: Speed) {
        self.with(|deck| deck.set_speed(speed));
        soon(self.stream.flush()).await;
    }

    pub(super) async fn stop(self) {
        soon(self.stream.delete()).await;
    }

    fn with<T>(&self, act: impl FnOnce(&mut Deck) -> T) -> T {
        act(&mut self.deck.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is being spoken.
pub(super) struct Recording {
    spoken: Arc<Mutex<Spoken>>,
    stream: RecordStream,
}

impl Recording {
    /// How long it is in milliseconds, how loud it is now, and whether it can become no longer.
    pub(super) fn place(&self) -> (u64, u8, bool) {
        let mut spoken = self.spoken.lock().unwrap_or_else(PoisonError::into_inner);
        let loudest = std::mem::take(&mut spoken.loudest);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 31"
        )]
        let level = (loudest.clamp(0.0, 1.0).sqrt() * 31.0) as u8;
        let ms = spoken.samples * 1000 / u64::from(RATE);
        (ms, level, ms >= NOTE_MS)
    }

    /// Listens no more. What was spoken, as a file; none if that was nothing.
    pub(super) async fn end(self) -> Option<Vec<u8>> {
        soon(self.stream.delete()).await;
        let mut spoken = self.spoken.lock().unwrap_or_else(PoisonError::into_inner);
        let encoder = std::mem::take(&mut spoken.encoder);
        (spoken.samples > 0).then(|| encoder.finish())
    }
}

#[derive(Default)]
struct Spoken {
    encoder: Encoder,
    samples: u64,
    loudest: f32,
}

impl Spoken {
    fn take(&mut self, bytes: &[u8]) {
        if self.samples * 1000 / u64::from(RATE) >= NOTE_MS {
            return;
        }
        let (whole, _) = bytes.as_chunks::<4>();
        let samples: Vec<f32> = whole.iter().copied().map(f32::from_le_bytes).collect();
        let loudest = samples.iter().map(|loud| loud.abs()).fold(0.0, f32::max);
        self.loudest = self.loudest.max(loudest);
        self.samples += samples.len() as u64;
        self.encoder.push(&samples);
    }
}

/// What comes in time.
async fn soon<T>(coming: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(PATIENCE, coming).await.ok()
}

fn told<T>(made: Result<T, pulseaudio::ClientError>) -> Option<T> {
    made.inspect_err(|error| tracing::info!(%error, "the sound server refuses"))
        .ok()
}

/// Bytes of a part of a second, of two channels.
fn bytes_of(rate: u32, part: u32) -> u32 {
    rate / part * 8
}

/// Bytes of a frame of two channels.
const FRAME: usize = 8;

/// Bytes of the secret that clients of a sound server share (`PA_NATIVE_COOKIE_LENGTH`).
const COOKIE: usize = 256;

/// Nobody waits longer for a sound server.
const PATIENCE: Duration = Duration::from_secs(3);
