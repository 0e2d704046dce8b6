//! Time as an argument.

use minicbor::{Decode, Encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    Encode,
    Decode,
)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] pub u64);

/// One second in the unit of [`Timestamp`].
pub const SECOND: u64 = 1000;
/// One minute in the unit of [`Timestamp`].
pub const MINUTE: u64 = 60 * SECOND;
/// One hour in the unit of [`Timestamp`].
pub const HOUR: u64 = 60 * MINUTE;
/// One day in the unit of [`Timestamp`].
pub const DAY: u64 = 24 * HOUR;

impl Timestamp {
    /// This time and `ms` milliseconds.
    #[must_use]
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// How many milliseconds `self` lies after `earlier`, or 0.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Days since 2024-01-01 UTC, as frames carry it (protocol §5.2).
    pub fn frame_day(self) -> u16 {
        const DAY_ZERO: u64 = 1_704_067_200_000;
        u16::try_from(self.0.saturating_sub(DAY_ZERO) / DAY).unwrap_or(u16::MAX)
    }
}
