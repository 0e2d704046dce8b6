//! Sizes, rates and times in words.

use super::strings::{Argument, tr, tr_count, tr_with};

/// Bytes, as `2.4 MB`.
pub fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return tr_count("size-bytes", bytes);
    }
    let mut unit = 1000u64;
    let mut key = "size-kb";
    for (next, larger) in [
        (1_000_000, "size-mb"),
        (1_000_000_000, "size-gb"),
        (1_000_000_000_000, "size-tb"),
    ] {
        // What would be rounded to 1000 of a unit is one of the next.
        if bytes >= next - next / 2000 {
            (unit, key) = (next, larger);
        }
    }
    let rounded = |unit: u64| bytes / unit + u64::from(bytes % unit >= unit / 2);
    let tenths = rounded(unit / 10);
    let count = if tenths >= 100 {
        rounded(unit).to_string()
    } else if tenths.is_multiple_of(10) {
        (tenths / 10).to_string()
    } else {
        format!("{}{}{}", tenths / 10, tr("number-point"), tenths % 10)
    };
    tr_with(key, &[("count", Argument::Text(&count))])
}

/// Bytes a second, as `2.4 MB/s`.
pub fn rate(bytes: u64) -> String {
    tr_with("size-rate", &[("size", Argument::Text(&size(bytes)))])
}

/// How long something takes that goes on like this, as `3 min left`.
pub fn left(bytes: u64, rate: u64) -> String {
    let seconds = bytes.div_ceil(rate.max(1)).max(1);
    match seconds {
        0..=90 => tr_count("left-seconds", seconds),
        91..=5400 => tr_count("left-minutes", (seconds + 30) / 60),
        5401..=172_800 => tr_count("left-hours", (seconds + 1800) / 3600),
        _ => tr_count("left-days", (seconds + 43_200) / 86_400),
    }
}

/// A time in a sound, as `1:05`.
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        return format!("{hours}:{minutes:02}:{seconds:02}");
    }
    format!("{minutes}:{seconds:02}")
}

/// How much of something is here, from 0 to 1.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "for a bar"
)]
pub fn share(have: u64, size: u64) -> f32 {
    (have as f64 / size.max(1) as f64).clamp(0.0, 1.0) as f32
}

/// The same of a hundred; all of it only when it is.
pub fn percent(have: u64, size: u64) -> u64 {
    let of = u128::from(have) * 100 / u128::from(size.max(1));
    u64::try_from(of).unwrap_or(100).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_or_three_digits_and_a_unit() {
        for (bytes, words) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1 kB"),
            (1049, "1 kB"),
            (1050, "1.1 kB"),
            (9_940, "9.9 kB"),
            (9_950, "10 kB"),
            (123_456, "123 kB"),
            (999_499, "999 kB"),
            (999_500, "1 MB"),
            (2_400_000, "2.4 MB"),
            (1_073_741_824, "1.1 GB"),
            (274_877_906_944, "275 GB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(size(bytes), words, "{bytes}");
        }
    }

    #[test]
    fn what_is_left_is_said_in_the_unit_that_one_thinks_in() {
        for (bytes, rate, words) in [
            (1, 0, "1 s left"),
            (900, 10, "90 s left"),
            (910, 10, "2 min left"),
            (7200, 1, "2 h left"),
            (u64::MAX, u64::MAX, "1 s left"),
            (172_801, 1, "2 days left"),
        ] {
            assert_eq!(left(bytes, rate), words);
        }
    }

    #[test]
    fn nothing_is_whole_before_it_is() {
        assert_eq!(percent(999_999, 1_000_000), 99);
        assert_eq!(percent(1_000_000, 1_000_000), 100);
        assert_eq!(percent(u64::MAX, u64::MAX), 100);
        assert_eq!(percent(0, 0), 0);
    }
}
