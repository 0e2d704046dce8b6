//! How often somebody may do something.

use std::collections::BTreeMap;

use super::time::Timestamp;

/// A token bucket for each key, and one for all of them together.
#[derive(Debug)]
pub struct Rate<K> {
    each: Allowance,
    all: Allowance,
    total: Bucket,
    buckets: BTreeMap<K, Bucket>,
}

/// How much is allowed: `burst` at once, one more every `refill_ms`.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Most at once.
    pub burst: u32,
    /// Milliseconds for one more.
    pub refill_ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: u32,
    since: Timestamp,
}

/// Keys remembered; beyond it, keys whose bucket is full again are forgotten.
const MAX_KEYS: usize = 1024;

impl<K: Ord + Copy> Rate<K> {
    /// Nobody has done anything yet.
    pub fn new(each: Allowance, all: Allowance) -> Self {
        let total = Bucket {
            left: all.burst,
            since: Timestamp(0),
        };
        Self {
            each,
            all,
            total,
            buckets: BTreeMap::new(),
        }
    }

    /// Takes one from the allowance of `key` and of all. `false`: not now.
    pub fn allow(&mut self, key: K, now: Timestamp) -> bool {
        self.take(key, 1, now) == 1
    }

    /// Whether there is one for `key`.
    pub fn has(&mut self, key: K, now: Timestamp) -> bool {
        let taken = self.take(key, 1, now);
        self.give_back(key, taken);
        taken > 0
    }

    /// How many there are for `key`.
    pub fn left(&mut self, key: K, now: Timestamp) -> u32 {
        let bucket = self.buckets.get(&key);
        bucket.map_or(self.each.burst, |bucket| {
            bucket.refilled(self.each, now).left
        })
    }

    /// Gives back what was taken and not used.
    pub fn give_back(&mut self, key: K, unused: u32) {
        if let Some(bucket) = self.buckets.get_mut(&key) {
            bucket.left = bucket.left.saturating_add(unused).min(self.each.burst);
            self.total.left = self.total.left.saturating_add(unused).min(self.all.burst);
        }
    }

    /// Takes as many as there are, at most `wanted`.
    pub fn take(&mut self, key: K, wanted: u32, now: Timestamp) -> u32 {
        if self.buckets.len() >= MAX_KEYS && !self.buckets.contains_key(&key) {
            let each = self.each;
            self.buckets
                .retain(|_, bucket| bucket.refilled(each, now).left < each.burst);
            if self.buckets.len() >= MAX_KEYS {
                return 0;
            }
        }
        let full = Bucket {
            left: self.each.burst,
            since: now,
        };
        let bucket = self.buckets.entry(key).or_insert(full);
        *bucket = bucket.refilled(self.each, now);
        self.total = self.total.refilled(self.all, now);
        let taken = wanted.min(bucket.left).min(self.total.left);
        bucket.left -= taken;
        self.total.left -= taken;
        taken
    }
}

impl Bucket {
    fn refilled(self, allowance: Allowance, now: Timestamp) -> Self {
        let earned = now.since(self.since) / allowance.refill_ms.max(1);
        let left = u64::from(self.left).saturating_add(earned);
        if left >= u64::from(allowance.burst) {
            return Self {
                left: allowance.burst,
                since: now,
            };
        }
        let since = self.since.plus(earned * allowance.refill_ms);
        Self {
            left: u32::try_from(left).unwrap_or(allowance.burst),
            since,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EACH: Allowance = Allowance {
        burst: 2,
        refill_ms: 1000,
    };
    const ALL: Allowance = Allowance {
        burst: 3,
        refill_ms: 100,
    };

    #[test]
    fn a_key_gets_its_burst_and_then_one_per_refill() {
        let mut rate = Rate::new(EACH, ALL);

        assert!(rate.allow(1, Timestamp(0)));
        assert!(rate.allow(1, Timestamp(0)));
        assert!(!rate.allow(1, Timestamp(999)));
        assert!(rate.allow(1, Timestamp(1000)));
        assert!(!rate.allow(1, Timestamp(1001)));
    }

    #[test]
    fn what_is_taken_at_once_is_no_more_than_there_is() {
        let mut rate = Rate::new(EACH, ALL);

        assert_eq!(rate.take(1, 5, Timestamp(0)), 2);
        assert_eq!(rate.take(2, 5, Timestamp(0)), 1, "of all there are three");
        assert_eq!(rate.take(1, 5, Timestamp(1000)), 1);
        assert_eq!(rate.take(1, 5, Timestamp(1000)), 0);
        rate.give_back(1, 9);
        assert_eq!(
            rate.take(1, 5, Timestamp(1000)),
            2,
            "no more than the burst"
        );
    }

    #[test]
    fn many_keys_share_the_allowance_of_all() {
        let mut rate = Rate::new(EACH, ALL);

        let allowed = (0..100)
            .filter(|key| rate.allow(*key, Timestamp(0)))
            .count();

        assert_eq!(allowed, 3);
    }

    #[test]
    fn a_flood_of_keys_does_not_grow_it_past_its_bound() {
        let mut rate = Rate::new(
            EACH,
            Allowance {
                burst: u32::MAX,
                refill_ms: 1,
            },
        );

        for key in 0..10_000 {
            rate.allow(key, Timestamp(0));
        }

        assert!(rate.buckets.len() <= MAX_KEYS);
    }
}
