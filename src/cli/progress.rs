//! How far a file has come, on one line of a terminal.

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Write as _},
};

use serde_json::Value;

use super::print;

/// A line that is written over; nothing where nobody would see it.
pub(super) struct Bar {
    is_shown: bool,
    is_begun: bool,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self {
            is_shown: std::io::stderr().is_terminal(),
            is_begun: false,
        }
    }

    /// Shows what a `transfer` event says.
    pub(super) fn show(&mut self, transfer: &Value) {
        let number = |field| transfer.get(field).and_then(Value::as_u64);
        let (Some(have), Some(size)) = (number("have"), number("size")) else {
            return;
        };
        if self.is_shown {
            self.is_begun = true;
            let line = line(have, size, number("rate").unwrap_or_default());
            let mut out = std::io::stderr().lock();
            let _ = write!(out, "\r{line}\u{1b}[K").and_then(|()| out.flush());
        }
    }

    /// Takes the line away.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.is_begun) {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}

fn line(have: u64, size: u64, rate: u64) -> String {
    let percent = (u128::from(have) * 100 / u128::from(size.max(1))).min(100);
    let done = usize::try_from(percent / 5).unwrap_or(0);
    let mut line = format!(
        "[{}{}] {percent:3} %",
        "#".repeat(done),
        " ".repeat(20 - done)
    );
    if let Some(left) = size.saturating_sub(have).checked_div(rate) {
        let (minutes, seconds) = (left / 60, left % 60);
        let rate = print::size(rate);
        let _ = write!(line, "  {rate}/s  {minutes}:{seconds:02} left");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_how_fast_and_how_long() {
        assert_eq!(
            line(50_000_000, 200_000_000, 2_000_000),
            "[#####               ]  25 %  2.0 MB/s  1:15 left"
        );
        assert_eq!(line(0, 0, 0), "[                    ]   0 %");
        assert_eq!(line(9, 3, 0), "[####################] 100 %");
    }
}
