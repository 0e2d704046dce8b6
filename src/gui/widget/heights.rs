//! The heights of many rows: a Fenwick tree, in double precision.
//!
//! What is before a row, and which row is at a height, take logarithmic time. Heights that were not
//! measured are estimates; only the scroll bar depends on them.

/// Heights of rows in points.
#[derive(Clone, Debug, Default)]
pub struct Heights {
    /// `sums[k]` is the sum of the `k & k.wrapping_neg()` rows that end with row `k - 1`.
    sums: Vec<f64>,
    rows: Vec<Height>,
    total: f64,
}

#[derive(Clone, Copy, Debug)]
struct Height {
    points: f32,
    measured: bool,
}

impl Heights {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All heights together.
    pub fn total(&self) -> f64 {
        self.total
    }

    /// Adds a row at the end.
    pub fn push(&mut self, points: f32, measured: bool) {
        self.rows.push(Height { points, measured });
        let place = self.rows.len();
        let mut sum = f64::from(points);
        let mut below = place - 1;
        let stop = place - low_bit(place);
        while below > stop {
            sum += self.sum(below);
            below -= low_bit(below);
        }
        if self.sums.is_empty() {
            self.sums.push(0.0);
        }
        self.sums.push(sum);
        self.total += f64::from(points);
    }

    /// The height of a row, if it was measured.
    pub fn measured(&self, row: usize) -> Option<f32> {
        let height = self.rows.get(row)?;
        height.measured.then_some(height.points)
    }

    /// The height of a row, measured or estimated.
    pub fn known(&self, row: usize) -> f32 {
        self.rows.get(row).map_or(0.0, |height| height.points)
    }

    /// Sets what was measured.
    pub fn set(&mut self, row: usize, points: f32) {
        let Some(height) = self.rows.get_mut(row) else {
            return;
        };
        let change = f64::from(points) - f64::from(height.points);
        *height = Height {
            points,
            measured: true,
        };
        self.total += change;
        let mut place = row + 1;
        while let Some(sum) = self.sums.get_mut(place) {
            *sum += change;
            place += low_bit(place);
        }
    }

    /// What was measured is an estimate from now on.
    pub fn forget_all(&mut self) {
        for height in &mut self.rows {
            height.measured = false;
        }
    }

    /// The heights of all rows before one.
    pub fn before(&self, row: usize) -> f64 {
        let mut sum = 0.0;
        let mut place = row.min(self.rows.len());
        while place > 0 {
            sum += self.sum(place);
            place -= low_bit(place);
        }
        sum
    }

    /// The row at a height, and how far below its top that is.
    pub fn at(&self, points: f64) -> (usize, f32) {
        let (mut place, mut left) = (0, points.max(0.0));
        let mut step = self.sums.len().next_power_of_two();
        while step > 0 {
            if place + step < self.sums.len() && self.sum(place + step) <= left {
                place += step;
                left -= self.sum(place);
            }
            step /= 2;
        }
        #[expect(clippy::cast_possible_truncation, reason = "within one row")]
        let left = left as f32;
        (place.min(self.len().saturating_sub(1)), left)
    }

    fn sum(&self, place: usize) -> f64 {
        self.sums.get(place).copied().unwrap_or_default()
    }
}

fn low_bit(place: usize) -> usize {
    place & place.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_are_those_of_a_plain_list(
            rows in prop::collection::vec(1.0f32..400.0, 1..200),
            changes in prop::collection::vec((0usize..200, 1.0f32..400.0), 0..50),
        ) {
            let mut heights = Heights::default();
            let mut plain = rows.clone();
            for row in rows {
                heights.push(row, false);
            }
            for (row, points) in changes {
                heights.set(row, points);
                if let Some(height) = plain.get_mut(row) {
                    *height = points;
                }
            }

            let mut sum = 0.0;
            for (row, points) in plain.iter().enumerate() {
                prop_assert!((heights.before(row) - sum).abs() < 1e-6);
                let (at, into) = heights.at(sum + f64::from(*points) / 2.0);
                prop_assert_eq!(at, row);
                prop_assert!((into - points / 2.0).abs() < 1e-2);
                sum += f64::from(*points);
            }
            prop_assert!((heights.total() - sum).abs() < 1e-6);
        }
    }
}
