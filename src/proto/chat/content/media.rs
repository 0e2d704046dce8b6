//! What is known of a sound or a film before it is here (protocol §7).

use minicbor::{Decode, Encode};

use crate::wire::limits;

/// How long it is, and how it looks. Claims, all of them.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Media {
    /// `[0, duration, waveform, voice]`.
    #[n(0)]
    Sound {
        /// In milliseconds; 0 if that is not known.
        #[n(0)]
        duration_ms: u32,
        /// How loud it is in equal parts of it, at most [`limits::WAVEFORM`], each below [`limits::LOUDNESS`].
        #[cbor(n(1), with = "minicbor::bytes")]
        waveform: Vec<u8>,
        /// Whether it was spoken for this chat.
        #[n(2)]
        voice: bool,
    },
    /// `[1, duration, width, height]`.
    #[n(1)]
    Film {
        /// In milliseconds; 0 if that is not known.
        #[n(0)]
        duration_ms: u32,
        /// Pixels.
        #[n(1)]
        width: u16,
        /// Pixels.
        #[n(2)]
        height: u16,
    },
}

impl Media {
    pub(super) fn within_limits(&self) -> bool {
        match self {
            Self::Sound { waveform, .. } => {
                waveform.len() <= limits::WAVEFORM
                    && waveform.iter().all(|loud| *loud < limits::LOUDNESS)
            }
            Self::Film { .. } => true,
        }
    }
}
