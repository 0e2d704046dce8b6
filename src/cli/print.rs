//! What a person reads in a terminal.

use std::{fmt::Write as _, io::Write as _};

use crate::node::Timestamp;

/// A line on standard output. A reader who has gone is no failure.
pub(super) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// A line on standard error.
pub(super) fn error(sentence: &str) {
    let _ = writeln!(std::io::stderr().lock(), "betwixt: {sentence}");
}

/// Somebody else's text, so that it cannot steer the terminal: control characters and those that
/// turn the direction of writing are shown as their numbers. Further lines are indented.
pub(super) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\n    "),
            '\t' => shown.push('\t'),
            '\u{200e}'
            | '\u{200f}'
            | '\u{061c}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                let _ = write!(shown, "{}", character.escape_unicode());
            }
            control if control.is_control() => {
                let _ = write!(shown, "{}", control.escape_unicode());
            }
            other => shown.push(other),
        }
    }
    shown
}

/// `2026-01-31 23:59 UTC`, by the days-to-civil algorithm (Howard Hinnant, `chrono`-compatible
/// low-level date algorithms).
pub(super) fn time(at: Timestamp) -> String {
    let minutes = at.0 / 60_000;
    let (days, minute) = (minutes / 1440, minutes % 1440);
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02} UTC",
        minute / 60,
        minute % 60
    )
}

/// `12 bytes`, `3.4 MB`.
pub(super) fn size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_what_date_says() {
        assert_eq!(time(Timestamp(0)), "1970-01-01 00:00 UTC");
        // date -u -d @951827640, and so on.
        assert_eq!(time(Timestamp(951_827_640_000)), "2000-02-29 12:34 UTC");
        assert_eq!(time(Timestamp(1_767_225_599_999)), "2025-12-31 23:59 UTC");
        assert_eq!(time(Timestamp(4_107_542_400_000)), "2100-03-01 00:00 UTC");
    }

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 999, 1_000, 1_250_000, 999_999_999_999].map(size);

        assert_eq!(
            sizes,
            ["0 bytes", "999 bytes", "1.0 kB", "1.2 MB", "999.9 GB"]
        );
    }

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        assert_eq!(
            harmless("a\u{1b}[31mb\u{202e}c\rd"),
            "a\\u{1b}[31mb\\u{202e}c\\u{d}d"
        );
        assert_eq!(harmless("grüße 👋\n2"), "grüße 👋\n    2");
    }
}
