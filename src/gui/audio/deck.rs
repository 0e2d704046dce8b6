//! What is played: decoded piece by piece, as fast as is wanted.

use std::{collections::VecDeque, sync::Arc};

use crate::sound::{Decoder, Frame, Refusal, Speed, Stretch};

/// A sound that is played. Whoever plays it takes frames when they are needed.
pub(super) struct Deck {
    decoder: Decoder,
    stretch: Stretch,
    speed: Speed,
    ready: VecDeque<Frame>,
    /// Where the first frame that was given since then stands, in milliseconds.
    from_ms: u64,
    /// Frames that were given since then.
    given: u64,
    ended: bool,
}

impl Deck {
    /// A sound, from there.
    pub(super) fn open(bytes: Arc<[u8]>, from_ms: u64, speed: Speed) -> Result<Self, Refusal> {
        let decoder = Decoder::open(bytes)?;
        let mut deck = Self {
            stretch: Stretch::new(decoder.rate(), speed),
            decoder,
            speed,
            ready: VecDeque::new(),
            from_ms: 0,
            given: 0,
            ended: false,
        };
        if from_ms > 0 {
            deck.seek(from_ms);
        }
        Ok(deck)
    }

    /// Frames of a second.
    pub(super) fn rate(&self) -> u32 {
        self.decoder.rate()
    }

    /// The next frame; none when it is over.
    pub(super) fn next(&mut self) -> Option<Frame> {
        while self.ready.is_empty() && !self.ended {
            match self.decoder.piece() {
                Some(frames) => self.ready.extend(self.stretch.push(&frames)),
                None => self.ended = true,
            }
        }
        let frame = self.ready.pop_front()?;
        self.given += 1;
        Some(frame)
    }

    /// Goes there.
    pub(super) fn seek(&mut self, ms: u64) {
        self.from_ms = self.decoder.seek(ms).unwrap_or(ms);
        self.begin_anew();
    }

    /// Goes on as fast as that.
    pub(super) fn set_speed(&mut self, speed: Speed) {
        if speed == self.speed {
            return;
        }
        let at = self.at_ms();
        self.speed = speed;
        self.seek(at);
    }

    /// Where it is, in milliseconds.
    pub(super) fn at_ms(&self) -> u64 {
        // Two at one and a half are three.
        let doubled = match self.speed {
            Speed::One => 2,
            Speed::OneAndAHalf => 3,
            Speed::Two => 4,
        };
        let played = self.given * 500 * doubled / u64::from(self.rate());
        let at = self.from_ms + played;
        self.decoder.duration_ms().map_or(at, |long| at.min(long))
    }

    /// How long it is, if that is known.
    pub(super) fn duration_ms(&self) -> Option<u64> {
        self.decoder.duration_ms()
    }

    /// Whether there is no more of it.
    pub(super) fn is_over(&self) -> bool {
        self.ended && self.ready.is_empty()
    }

    fn begin_anew(&mut self) {
        self.stretch = Stretch::new(self.decoder.rate(), self.speed);
        self.ready.clear();
        self.given = 0;
        self.ended = false;
    }
}
