//! Another number of samples a second.

use std::f64::consts::PI;

use super::RATE;

/// Makes [`RATE`] samples a second of another number, piece by piece, by a windowed sinc.
pub(super) struct Resampler {
    /// How far apart samples that come out are, in samples that come in.
    step: f64,
    /// Of the lower of both rates half, in those of what comes in.
    cutoff: f64,
    /// Samples on each side that one that comes out is made of.
    reach: usize,
    /// What came in and is still needed.
    kept: Vec<f32>,
    /// Where the next one that comes out is in it.
    at: f64,
}

impl Resampler {
    pub(super) fn new(rate: u32) -> Self {
        let step = f64::from(rate) / f64::from(RATE);
        let cutoff = (1.0 / step).min(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 64"
        )]
        let reach = (LOBES / cutoff).ceil() as usize;
        Self {
            step,
            cutoff,
            reach,
            kept: vec![0.0; reach],
            #[expect(clippy::cast_precision_loss, reason = "at most 64")]
            at: reach as f64,
        }
    }

    pub(super) fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        self.kept.extend_from_slice(samples);
        let mut made = Vec::new();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index"
        )]
        while (self.at as usize) + self.reach < self.kept.len() {
            made.push(self.sample());
            self.at += self.step;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index"
        )]
        let done = (self.at as usize)
            .saturating_sub(self.reach)
            .min(self.kept.len());
        self.kept.drain(..done);
        #[expect(clippy::cast_precision_loss, reason = "an index")]
        {
            self.at -= done as f64;
        }
        made
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "indices, and samples"
    )]
    fn sample(&self) -> f32 {
        let middle = self.at as usize;
        let first = (middle + 1).saturating_sub(self.reach);
        let near = self
            .kept
            .iter()
            .enumerate()
            .skip(first)
            .take(2 * self.reach);
        let sum: f64 = near
            .map(|(index, sample)| {
                let far = index as f64 - self.at;
                f64::from(*sample) * self.weight(far)
            })
            .sum();
        sum as f32
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 64")]
    fn weight(&self, far: f64) -> f64 {
        let reach = self.reach as f64;
        if far.abs() >= reach {
            return 0.0;
        }
        let x = PI * far * self.cutoff;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
        let window = 0.5 + 0.5 * (PI * far / reach).cos();
        sinc * window * self.cutoff
    }
}

/// Of the sinc, on each side.
const LOBES: f64 = 12.0;
