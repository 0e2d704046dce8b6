//! Faster without sounding higher (WSOLA: overlapping pieces, each taken where it goes on best from the last).

use super::decoder::Frame;

/// How fast a sound is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// As it was.
    #[default]
    One,
    /// Half as fast again.
    OneAndAHalf,
    /// Twice as fast.
    Two,
}

impl Speed {
    /// The one after it; after the last the first.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::One => Self::OneAndAHalf,
            Self::OneAndAHalf => Self::Two,
            Self::Two => Self::One,
        }
    }

    /// As a number.
    pub fn factor(self) -> f32 {
        match self {
            Self::One => 1.0,
            Self::OneAndAHalf => 1.5,
            Self::Two => 2.0,
        }
    }

    /// So many of these take as long as two at the usual speed.
    fn halves(self) -> usize {
        match self {
            Self::One => 2,
            Self::OneAndAHalf => 3,
            Self::Two => 4,
        }
    }
}

/// Takes frames, and gives fewer.
pub struct Stretch {
    speed: Speed,
    /// Frames that two pieces have in common: half a piece.
    hop: usize,
    /// How far a piece is looked for, on each side.
    reach: usize,
    /// What came and is still needed.
    kept: Vec<Frame>,
    /// Where the next piece should be in it.
    at: usize,
    /// The second half of the last piece, fading.
    tail: Vec<Frame>,
    /// Where the last piece would go on in what is kept.
    follows: usize,
}

impl Stretch {
    /// Of so many frames a second.
    pub fn new(rate: u32, speed: Speed) -> Self {
        let of_second = |part: u32| usize::try_from(rate / part).unwrap_or(1).max(1);
        Self {
            speed,
            hop: of_second(80),
            reach: of_second(160),
            kept: Vec::new(),
            at: 0,
            tail: Vec::new(),
            follows: 0,
        }
    }

    /// Takes more; gives what is to be heard of it now.
    pub fn push(&mut self, frames: &[Frame]) -> Vec<Frame> {
        if self.speed == Speed::One {
            return frames.to_vec();
        }
        self.kept.extend_from_slice(frames);
        let mut heard = Vec::new();
        while self.at + self.reach + 2 * self.hop <= self.kept.len() {
            let best = self.best();
            self.take(best, &mut heard);
            self.at += self.hop * self.speed.halves() / 2;
            let done = self.at.saturating_sub(self.reach).min(self.follows);
            let done = done.min(self.kept.len());
            self.kept.drain(..done);
            self.at -= done;
            self.follows -= done;
        }
        heard
    }

    /// The place near where the next piece should be from where it is most like what would follow the last.
    fn best(&self) -> usize {
        if self.tail.is_empty() {
            return self.at;
        }
        let wanted = self.kept.get(self.follows..).unwrap_or_default();
        let first = self.at.saturating_sub(self.reach);
        let places = (first..=self.at + self.reach).step_by(STEP);
        let mut best = (self.at, f32::MIN);
        for place in places {
            let there = self.kept.get(place..).unwrap_or_default();
            let like = likeness(wanted, there, self.hop);
            if like > best.1 {
                best = (place, like);
            }
        }
        best.0
    }

    fn take(&mut self, place: usize, heard: &mut Vec<Frame>) {
        let piece = self.kept.get(place..place + 2 * self.hop);
        let (first, second) = piece
            .unwrap_or_default()
            .split_at(self.hop.min(piece.map_or(0, <[_]>::len)));
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = |index: usize| index as f32 / self.hop as f32;
        if self.tail.is_empty() {
            heard.extend_from_slice(first);
        } else {
            let both = self.tail.iter().zip(first).enumerate();
            heard.extend(both.map(|(index, (old, new))| {
                let new_share = share(index);
                let mix = |old: f32, new: f32| old + (new - old) * new_share;
                [mix(old[0], new[0]), mix(old[1], new[1])]
            }));
        }
        self.tail = second.to_vec();
        self.follows = place + self.hop;
    }
}

/// How much two sounds are alike, whatever their loudness.
fn likeness(one: &[Frame], other: &[Frame], length: usize) -> f32 {
    let pairs = one.iter().zip(other).take(length).step_by(STEP);
    let (mut both, mut power) = (0.0, 1e-6);
    for ([left, right], [other_left, other_right]) in pairs {
        let (one, other) = (left + right, other_left + other_right);
        both += one * other;
        power += other * other;
    }
    both / power.sqrt()
}

/// Frames from one that is looked at to the next.
const STEP: usize = 4;
