//! How a sound looks.

use super::decoder::Frame;

/// Parts of which it is said how loud they are.
pub const PARTS: usize = 64;

/// Listens to a sound of which nobody knows yet how long it is.
pub struct Waveform {
    /// How loud each twentieth of a second was, at first; later longer parts.
    parts: Vec<f32>,
    /// Frames of a part.
    length: u64,
    /// Of the part that is not over.
    sum: f32,
    count: u64,
}

impl Waveform {
    /// Of so many frames a second.
    pub fn new(rate: u32) -> Self {
        Self {
            parts: Vec::new(),
            length: u64::from(rate / 20).max(1),
            sum: 0.0,
            count: 0,
        }
    }

    /// Listens on.
    pub fn hear(&mut self, frames: &[Frame]) {
        for [left, right] in frames {
            self.sum += (left * left).midpoint(right * right);
            self.count += 1;
            if self.count >= self.length {
                self.end();
            }
        }
    }

    /// How loud equal parts of it are, at most [`PARTS`], from 0 to 31, where the loudest is 31 unless it is very
    /// quiet.
    pub fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.end();
        }
        let parts = self.parts.len().min(PARTS);
        let loudest = self.parts.iter().copied().fold(QUIET, f32::max);
        let level = |index: usize| {
            let from = index * self.parts.len() / parts;
            let to = (index + 1) * self.parts.len() / parts;
            let heard = self.parts.get(from..to).unwrap_or_default();
            let loud = heard.iter().copied().fold(0.0, f32::max);
            // As the ear hears it, more or less.
            let level = (loud / loudest).sqrt().clamp(0.0, 1.0) * 31.0;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 31"
            )]
            {
                level.round() as u8
            }
        };
        (0..parts).map(level).collect()
    }

    fn end(&mut self) {
        #[expect(clippy::cast_precision_loss, reason = "a mean")]
        let mean = self.sum / self.count as f32;
        self.parts.push(mean.sqrt());
        self.sum = 0.0;
        self.count = 0;
        if self.parts.len() >= KEPT {
            let pairs = self.parts.chunks(2);
            self.parts = pairs
                .map(|pair| pair.iter().copied().fold(0.0, f32::max))
                .collect();
            self.length = self.length.saturating_mul(2);
        }
    }
}

/// Parts that are kept; two become one when there are more.
const KEPT: usize = 16 * PARTS;

/// The loudest part of what is only noise.
const QUIET: f32 = 0.005;
