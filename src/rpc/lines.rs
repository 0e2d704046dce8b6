//! Lines of a byte stream, none longer than a bound.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// A line, or what came instead of one.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadLine {
    /// A line without its end.
    Line(Vec<u8>),
    /// A line above the bound; it was skipped.
    TooLong,
    /// The stream has ended.
    End,
}

/// Reads lines.
pub struct Lines<R> {
    from: R,
    line: Vec<u8>,
    too_long: bool,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    /// The lines of a stream.
    pub fn new(from: R) -> Self {
        Self {
            from,
            line: Vec::new(),
            too_long: false,
        }
    }

    /// The next line that is not blank. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> std::io::Result<ReadLine> {
        loop {
            let ready = self.from.fill_buf().await?;
            if ready.is_empty() {
                // `printf '{…}' | betwixt rpc` ends without a line end.
                return Ok(self.take().unwrap_or(ReadLine::End));
            }
            let end = ready.iter().position(|byte| *byte == b'\n');
            let piece = ready.get(..end.unwrap_or(ready.len())).unwrap_or_default();
            if self.line.len() + piece.len() > MAX {
                self.too_long = true;
                self.line = Vec::new();
            } else if !self.too_long {
                self.line.extend_from_slice(piece);
            }
            let used = piece.len() + usize::from(end.is_some());
            self.from.consume(used);
            if end.is_some()
                && let Some(line) = self.take()
            {
                return Ok(line);
            }
        }
    }

    fn take(&mut self) -> Option<ReadLine> {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.too_long) {
            return Some(ReadLine::TooLong);
        }
        (!line.trim_ascii().is_empty()).then_some(ReadLine::Line(line))
    }
}

/// The longest line, in bytes.
pub(super) const MAX: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Vec<ReadLine> {
        let mut lines = Lines::new(tokio::io::BufReader::with_capacity(7, bytes));
        let mut all = Vec::new();
        loop {
            match lines.next().await.unwrap() {
                ReadLine::End => return all,
                line => all.push(line),
            }
        }
    }

    fn line(text: &str) -> ReadLine {
        ReadLine::Line(text.into())
    }

    #[tokio::test]
    async fn lines_end_at_line_ends_and_blank_ones_are_skipped() {
        let lines = read(b"one\n\n  \r\na longer one\nlast").await;

        assert_eq!(lines, [line("one"), line("a longer one"), line("last")]);
    }

    #[tokio::test]
    async fn a_line_above_the_bound_is_skipped_and_the_next_is_read() {
        let mut bytes = vec![b'x'; MAX + 1];
        bytes.extend_from_slice(b"\nnext\n");

        assert_eq!(read(&bytes).await, [ReadLine::TooLong, line("next")]);
    }

    #[tokio::test]
    async fn a_line_at_the_bound_is_read() {
        let mut bytes = vec![b'x'; MAX];
        bytes.push(b'\n');

        assert_eq!(read(&bytes).await, [ReadLine::Line(vec![b'x'; MAX])]);
    }
}
