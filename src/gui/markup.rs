//! What people write into a message to make parts of it stand out.
//!
//! `*bold*`, `**bold**`, `_italic_`, `~strike~`, `~~strike~~`, `` `code` ``; lines that begin with
//! `> `, `- `, `* ` or `1. `; blocks between lines of three backticks; links. Any text is understood:
//! what is no pair of marks is shown as it stands. One pass, so the time grows with the length only.

mod inline;

use std::ops::Range;

pub use self::inline::{Span, Style};

/// Lines of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Which kind.
    pub kind: Kind,
    /// Its parts, in their order.
    pub spans: Vec<Span>,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Plain,
    /// What somebody else said.
    Quote,
    /// Code, with every space kept.
    Code,
    /// An item of a list, with its number as it was written, if it has one.
    Item(Option<Range<usize>>),
}

/// The blocks of a text. Places are bytes of it.
pub fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = 0;
    // Where the next fence is, once one was found to have no end.
    let mut fences = true;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        if fences && rest.starts_with(FENCE) {
            match fenced(rest) {
                Some((code, length)) => {
                    let range = at + code.start..at + code.end;
                    blocks.push(Block {
                        kind: Kind::Code,
                        spans: vec![Span::code(range)],
                    });
                    at += length;
                    continue;
                }
                None => fences = false,
            }
        }
        let length = rest.find('\n').unwrap_or(rest.len());
        line(text, at..at + length, &mut blocks);
        at += length + 1;
    }
    blocks
}

/// A text without its marks.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for block in parse(text) {
        if !plain.is_empty() {
            plain.push('\n');
        }
        match &block.kind {
            Kind::Item(Some(number)) => {
                plain.push_str(text.get(number.clone()).unwrap_or_default());
                plain.push(' ');
            }
            Kind::Item(None) => plain.push_str("• "),
            Kind::Plain | Kind::Quote | Kind::Code => {}
        }
        for span in &block.spans {
            plain.push_str(text.get(span.range.clone()).unwrap_or_default());
        }
    }
    plain
}

const FENCE: &str = "```";

/// What stands between two fences on different lines, and where the line after them begins.
fn fenced(text: &str) -> Option<(Range<usize>, usize)> {
    let inside = text.get(FENCE.len()..)?;
    let end = inside.find(FENCE)?;
    let code = inside.get(..end)?;
    if !code.contains('\n') {
        return None;
    }
    let after = inside.get(end + FENCE.len()..)?;
    let tail = after.find('\n').unwrap_or(after.len());
    if !after.get(..tail)?.trim().is_empty() {
        return None;
    }
    // The breaks beside the fences belong to them.
    let start = usize::from(code.starts_with('\n'));
    let end = end - usize::from(code.ends_with('\n') && end > start);
    let length = FENCE.len() + inside.len() - after.len() + tail + 1;
    Some((FENCE.len() + start..FENCE.len() + end, length))
}

fn line(text: &str, range: Range<usize>, blocks: &mut Vec<Block>) {
    let (kind, start) = kind_of(text, &range);
    let spans = inline::spans(text, start..range.end);
    let joins = matches!(kind, Kind::Plain | Kind::Quote);
    match blocks.last_mut() {
        Some(block) if joins && block.kind == kind => {
            // The break before this line.
            let gap = range.start.saturating_sub(1)..range.start;
            block.spans.push(Span::plain(gap));
            block.spans.extend(spans);
        }
        _ => blocks.push(Block { kind, spans }),
    }
}

/// What a line is, and where its text begins.
fn kind_of(text: &str, range: &Range<usize>) -> (Kind, usize) {
    let line = text.get(range.clone()).unwrap_or_default();
    if let Some(quoted) = line.strip_prefix("> ") {
        return (Kind::Quote, range.end - quoted.len());
    }
    if line == ">" {
        return (Kind::Quote, range.end);
    }
    let inner = line.trim_start_matches(' ');
    let indent = range.end - inner.len();
    for bullet in ["- ", "* ", "• "] {
        if let Some(item) = inner.strip_prefix(bullet)
            && !item.trim().is_empty()
        {
            return (Kind::Item(None), range.end - item.len());
        }
    }
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=MOST_DIGITS).contains(&digits) {
        let after = inner.get(digits..).unwrap_or_default();
        for end in [". ", ") "] {
            if let Some(item) = after.strip_prefix(end)
                && !item.trim().is_empty()
            {
                let number = indent..indent + digits + 1;
                return (Kind::Item(Some(number)), range.end - item.len());
            }
        }
    }
    (Kind::Plain, range.start)
}

/// A longer number at the beginning of a line is a year or the like.
const MOST_DIGITS: usize = 3;

#[cfg(test)]
mod tests;
