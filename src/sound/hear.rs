//! What is said of a sound in its message; and sounds as voice notes.

use std::sync::Arc;

use super::{
    RATE,
    decoder::{Decoder, Frame, Refusal},
    encoder::Encoder,
    resample::Resampler,
    waveform::Waveform,
};

/// What a sound is, by listening to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// In milliseconds; 0 if nobody knows.
    pub duration_ms: u32,
    /// How loud equal parts of it are, from 0 to 31; empty if it is too long to listen to.
    pub waveform: Vec<u8>,
}

/// Listens to all of a sound; of one that is longer than a quarter of an hour only what it says of itself. Takes its time.
pub fn hear(bytes: Arc<[u8]>) -> Result<Heard, Refusal> {
    let mut decoder = Decoder::open(bytes)?;
    let said = decoder.duration_ms();
    if said.is_some_and(|ms| ms > HEARD_MS) {
        return Ok(Heard {
            duration_ms: milliseconds(said.unwrap_or(0)),
            waveform: Vec::new(),
        });
    }
    let mut waveform = Waveform::new(decoder.rate());
    let most = HEARD_MS * u64::from(decoder.rate()) / 1000;
    let mut frames = 0;
    while let Some(heard) = decoder.piece() {
        waveform.hear(&heard);
        frames += heard.len() as u64;
        if frames > most {
            return Ok(Heard {
                duration_ms: milliseconds(said.unwrap_or(0)),
                waveform: Vec::new(),
            });
        }
    }
    if frames == 0 {
        return Err(Refusal::Damaged);
    }
    Ok(Heard {
        duration_ms: milliseconds(frames * 1000 / u64::from(decoder.rate())),
        waveform: waveform.finish(),
    })
}

/// A sound as it is sent as a voice note: Opus, and nothing that was written into it. Takes its time.
pub fn voice_note(bytes: Arc<[u8]>) -> Result<(Vec<u8>, Heard), Refusal> {
    let mut decoder = Decoder::open(bytes)?;
    let rate = decoder.rate();
    if decoder.duration_ms().is_some_and(|ms| ms > NOTE_MS) {
        return Err(Refusal::TooLarge);
    }
    // To code again what is coded so costs some of it.
    if let Some(bare) = decoder.bare() {
        let heard = hear(bare.clone().into())?;
        return Ok((bare, heard));
    }
    let mut waveform = Waveform::new(rate);
    let mut resampler = (rate != RATE).then(|| Resampler::new(rate));
    let mut encoder = Encoder::default();
    let mut frames = 0;
    while let Some(heard) = decoder.piece() {
        waveform.hear(&heard);
        frames += heard.len() as u64;
        if frames * 1000 / u64::from(rate) > NOTE_MS {
            return Err(Refusal::TooLarge);
        }
        let one = |[left, right]: &Frame| (left + right) / 2.0;
        let one: Vec<f32> = heard.iter().map(one).collect();
        match &mut resampler {
            Some(resampler) => encoder.push(&resampler.push(&one)),
            None => encoder.push(&one),
        }
    }
    if frames == 0 {
        return Err(Refusal::Damaged);
    }
    let heard = Heard {
        duration_ms: milliseconds(frames * 1000 / u64::from(rate)),
        waveform: waveform.finish(),
    };
    Ok((encoder.finish(), heard))
}

fn milliseconds(ms: u64) -> u32 {
    u32::try_from(ms).unwrap_or(u32::MAX)
}

/// Nobody listens to more of a sound only to show how it looks.
const HEARD_MS: u64 = NOTE_MS;

/// The longest voice note: a quarter of an hour, 3 MB.
pub const NOTE_MS: u64 = 15 * 60 * 1000;
