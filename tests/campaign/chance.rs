//! Chance with a seed.

/// splitmix64.
pub struct Chance(pub u64);

impl Chance {
    /// A number below the end.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// `BETWIXT_CAMPAIGN_SEED`, or 1.
pub fn seed() -> Chance {
    Chance(super::length("BETWIXT_CAMPAIGN_SEED", 1).into())
}
