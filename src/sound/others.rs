//! Sounds other than Opus: MP3, AAC, FLAC, Vorbis, WAV. `symphonia` reads them.

use std::{io::Cursor, sync::Arc};

use symphonia::core::{
    codecs::audio::{AudioDecoder, AudioDecoderOptions},
    common::Limit,
    errors::Error,
    formats::{FormatOptions, FormatReader, SeekMode, SeekTo, TrackType, probe::Hint},
    io::{MediaSourceStream, MediaSourceStreamOptions},
    meta::MetadataOptions,
    units::{Time, TimeBase, Timestamp},
};

use super::decoder::{Frame, Refusal};

/// A sound in memory.
pub(super) struct Others {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    base: Option<TimeBase>,
    rate: u32,
    duration_ms: Option<u64>,
    samples: Vec<f32>,
}

impl Others {
    pub(super) fn open(bytes: Arc<[u8]>) -> Result<Self, Refusal> {
        let options = MediaSourceStreamOptions::default();
        let source = MediaSourceStream::new(Box::new(Cursor::new(bytes)), options);
        // Nobody wants to know what is written into it.
        let about = MetadataOptions::default()
            .limit_tag_bytes(Limit::Maximum(TAG))
            .limit_visual_bytes(Limit::Maximum(TAG));
        let format = symphonia::default::get_probe()
            .probe(&Hint::new(), source, FormatOptions::default(), about)
            .map_err(|error| refusal(&error))?;
        let track = format.default_track(TrackType::Audio);
        let track = track.ok_or(Refusal::Unknown)?;
        let parameters = track.codec_params.as_ref().and_then(|it| it.audio());
        let parameters = parameters.ok_or(Refusal::Unknown)?;
        let rate = parameters.sample_rate.unwrap_or(0);
        if !RATES.contains(&rate) {
            return Err(Refusal::Damaged);
        }
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| refusal(&error))?;
        let frames = track
            .num_frames
            .map(|frames| frames.saturating_mul(1000) / u64::from(rate));
        let ticks = track.time_base.zip(track.duration);
        let ticks = ticks.and_then(|(base, duration)| base.calc_duration(duration));
        let ticks = ticks.and_then(|time| u64::try_from(time.as_millis()).ok());
        let (track, base) = (track.id, track.time_base);
        Ok(Self {
            format,
            decoder,
            track,
            base,
            rate,
            duration_ms: ticks.or(frames).filter(|duration| *duration > 0),
            samples: Vec::new(),
        })
    }

    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    pub(super) fn duration_ms(&self) -> Option<u64> {
        self.duration_ms
    }

    pub(super) fn next(&mut self) -> Option<Vec<Frame>> {
        for _ in 0..DAMAGED {
            let packet = self.format.next_packet().ok()??;
            if packet.track_id != self.track {
                continue;
            }
            let decoded = match self.decoder.decode(&packet) {
                Ok(decoded) => decoded,
                Err(Error::DecodeError(_)) => continue,
                Err(_) => return None,
            };
            // What changes its rate on the way is not what it said.
            let channels = decoded.num_planes();
            if decoded.spec().rate() != self.rate || channels == 0 {
                return None;
            }
            decoded.copy_to_vec_interleaved(&mut self.samples);
            let both = |frame: &[f32]| match *frame {
                [one] => [one; 2],
                [left, right, ..] => [left, right],
                [] => [0.0; 2],
            };
            let finite = |frame: Frame| frame.map(|loud| if loud.is_finite() { loud } else { 0.0 });
            let frames = self.samples.chunks_exact(channels).map(both).map(finite);
            let frames: Vec<Frame> = frames.collect();
            if !frames.is_empty() {
                return Some(frames);
            }
        }
        None
    }

    pub(super) fn seek(&mut self, ms: u64) -> Option<u64> {
        let most = self.duration_ms.unwrap_or(u64::MAX / 1_000_000);
        let time = Time::from_millis_u64(ms.min(most));
        let to = SeekTo::Time {
            time,
            track_id: Some(self.track),
        };
        let reached = self.format.seek(SeekMode::Accurate, to).ok()?;
        self.decoder.reset();
        Some(self.ms(reached.actual_ts).unwrap_or(ms))
    }

    fn ms(&self, at: Timestamp) -> Option<u64> {
        let time = self.base?.calc_time(at)?;
        u64::try_from(time.as_millis()).ok()
    }
}

fn refusal(error: &Error) -> Refusal {
    match error {
        Error::Unsupported(_) => Refusal::Unknown,
        _ => Refusal::Damaged,
    }
}

/// Frames of a second that make sense.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Packets in a row of which nothing is heard.
const DAMAGED: usize = 1_000;

/// Bytes of what is written into it.
const TAG: usize = 64 << 10;
