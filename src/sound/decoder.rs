//! A sound, piece by piece.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{BYTES, kind::is_sound, opus::Opus, others::Others};

/// What comes out of the left and the right.
pub type Frame = [f32; 2];

/// Why a sound is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is none, or of a kind that is not known here.
    #[error("it is not a kind of sound that Betwixt can play")]
    Unknown,
    /// It is too large to be looked at.
    #[error("it is too large to be played here")]
    TooLarge,
    /// It cannot be read.
    #[error("it is damaged")]
    Damaged,
}

/// Makes frames of a sound, a piece at a time. A sound that breaks it breaks no more than this.
pub struct Decoder {
    inner: Option<Inner>,
    rate: u32,
    duration_ms: Option<u64>,
}

enum Inner {
    Opus(Box<Opus>),
    Others(Box<Others>),
}

impl Decoder {
    /// Looks at what is said of a sound.
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, Refusal> {
        if bytes.len() as u64 > BYTES {
            return Err(Refusal::TooLarge);
        }
        if !is_sound(&bytes) {
            return Err(Refusal::Unknown);
        }
        let opened = catch_unwind(AssertUnwindSafe(|| {
            Ok(match Opus::open(&bytes) {
                Ok(opus) => Inner::Opus(Box::new(opus)),
                Err(Refusal::Unknown) => Inner::Others(Box::new(Others::open(bytes)?)),
                Err(refusal) => return Err(refusal),
            })
        }));
        let inner = opened.unwrap_or(Err(Refusal::Damaged))?;
        let (rate, duration_ms) = match &inner {
            Inner::Opus(opus) => (super::RATE, Some(opus.duration_ms())),
            Inner::Others(others) => (others.rate(), others.duration_ms()),
        };
        Ok(Self {
            inner: Some(inner),
            rate,
            duration_ms,
        })
    }

    /// Frames of a second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// How long it is, if that is known without listening to all of it.
    pub fn duration_ms(&self) -> Option<u64> {
        self.duration_ms
    }

    /// What comes next; none at the end, and where it is damaged.
    pub fn piece(&mut self) -> Option<Vec<Frame>> {
        self.guarded(|inner| match inner {
            Inner::Opus(opus) => opus.next(),
            Inner::Others(others) => others.next(),
        })
    }

    /// Goes to a time, or near it; says where it is.
    pub fn seek(&mut self, ms: u64) -> Option<u64> {
        self.guarded(|inner| match inner {
            Inner::Opus(opus) => opus.seek(ms),
            Inner::Others(others) => others.seek(ms),
        })
    }

    /// The packets of a sound that is Opus already, in a file with nothing else in it.
    pub(super) fn bare(&mut self) -> Option<Vec<u8>> {
        self.guarded(|inner| match inner {
            Inner::Opus(opus) => Some(opus.bare()),
            Inner::Others(_) => None,
        })
    }

    fn guarded<T>(&mut self, act: impl FnOnce(&mut Inner) -> Option<T>) -> Option<T> {
        let inner = self.inner.as_mut()?;
        let done = catch_unwind(AssertUnwindSafe(|| act(inner)));
        done.unwrap_or_else(|_| {
            self.inner = None;
            None
        })
    }
}
