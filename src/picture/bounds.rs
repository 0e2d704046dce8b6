//! How much of a picture is looked at.

use super::look::{Facts, Refusal};

/// What a picture may take, at most.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Its bytes.
    pub bytes: u64,
    /// Its longer side, in pixels.
    pub side: u32,
    /// Its pixels.
    pub pixels: u64,
    /// Its pixels, times how often a decoder goes over them: what bounds the time.
    pub work: u64,
    /// Bytes that decoding it may take.
    pub memory: u64,
}

/// A picture that its owner sends: cameras make large ones.
pub const MINE: Bounds = Bounds {
    bytes: 100 << 20,
    side: 30_000,
    pixels: 110_000_000,
    work: 1_500_000_000,
    memory: 512 << 20,
};

/// A picture that somebody else sent.
pub const THEIRS: Bounds = Bounds {
    bytes: 64 << 20,
    side: 16_384,
    pixels: 50_000_000,
    work: 600_000_000,
    memory: 256 << 20,
};

/// A picture in which a code is looked for.
pub const CODE: Bounds = Bounds {
    bytes: 16 << 20,
    side: 12_000,
    ..THEIRS
};

/// The small picture that comes in a message.
pub const SMALL: Bounds = Bounds {
    bytes: 12 << 10,
    side: 512,
    pixels: 512 * 512,
    work: 4_000_000,
    memory: 16 << 20,
};

impl Bounds {
    /// Refuses what says of itself that it is larger.
    pub fn check(&self, bytes: &[u8], facts: &Facts) -> Result<(), Refusal> {
        let [width, height] = facts.size;
        let pixels = u64::from(width) * u64::from(height);
        let is_larger = bytes.len() as u64 > self.bytes
            || width > self.side
            || height > self.side
            || pixels > self.pixels;
        if is_larger {
            return Err(Refusal::TooLarge);
        }
        if pixels.saturating_mul(u64::from(facts.passes)) > self.work {
            return Err(Refusal::TooMuchWork);
        }
        Ok(())
    }
}
