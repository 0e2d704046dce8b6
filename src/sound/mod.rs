//! Sound: how long it is and how it looks, as it is heard, and as a voice note is sent. All of it within bounds:
//! what is in a sound that comes is written by whoever wants to break what reads it.

mod decoder;
mod encoder;
mod hear;
mod kind;
mod opus;
mod others;
mod resample;
mod stretch;
mod waveform;

pub use decoder::{Decoder, Frame, Refusal};
pub use encoder::{Encoder, RATE};
pub use hear::{Heard, NOTE_MS, hear, voice_note};
pub use kind::{is_film, is_sound};
pub use stretch::{Speed, Stretch};
pub use waveform::{PARTS, Waveform};

/// Bytes of a sound that are looked at.
pub const BYTES: u64 = 64 << 20;

#[cfg(test)]
mod tests;
