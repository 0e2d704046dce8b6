//! The parts of a line.

use std::ops::Range;

/// A part of a text that looks the same throughout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it is, in bytes of the text.
    pub range: Range<usize>,
    /// How it looks.
    pub style: Style,
    /// Whether it is a link.
    pub link: bool,
}

/// How a part of a text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// Strong.
    pub bold: bool,
    /// Slanted.
    pub italic: bool,
    /// Struck through.
    pub strike: bool,
    /// Code.
    pub code: bool,
}

impl Span {
    /// A part without marks.
    pub(super) fn plain(range: Range<usize>) -> Self {
        Self {
            range,
            style: Style::default(),
            link: false,
        }
    }

    pub(super) fn code(range: Range<usize>) -> Self {
        let style = Style {
            code: true,
            ..Style::default()
        };
        Self {
            range,
            style,
            link: false,
        }
    }
}

/// A mark that can be one of a pair.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Star,
    Stars,
    Line,
    Wave,
    Waves,
}

/// What ends one part and begins the next.
enum Cut {
    On(Mark),
    Off(Mark),
    Code(Range<usize>),
    Link,
}

/// The parts of a line; a mark and what it marks stand on one line.
pub(super) fn spans(text: &str, line: Range<usize>) -> Vec<Span> {
    let mut cuts = cuts(text, &line);
    cuts.sort_by_key(|(range, _)| range.start);
    let mut spans = Vec::new();
    let mut on: Vec<Mark> = Vec::new();
    let mut from = line.start;
    for (range, cut) in cuts {
        push(&mut spans, from..range.start, style(&on), false);
        match cut {
            Cut::On(mark) => on.push(mark),
            Cut::Off(mark) => on.retain(|held| *held != mark),
            Cut::Code(inside) => {
                let code = Style {
                    code: true,
                    ..style(&on)
                };
                push(&mut spans, inside, code, false);
            }
            Cut::Link => push(&mut spans, range.clone(), style(&on), true),
        }
        from = range.end;
    }
    push(&mut spans, from..line.end, style(&on), false);
    spans
}

fn push(spans: &mut Vec<Span>, range: Range<usize>, style: Style, link: bool) {
    if !range.is_empty() {
        spans.push(Span { range, style, link });
    }
}

fn style(on: &[Mark]) -> Style {
    let has = |one, two| on.contains(&one) || on.contains(&two);
    Style {
        bold: has(Mark::Star, Mark::Stars),
        italic: on.contains(&Mark::Line),
        strike: has(Mark::Wave, Mark::Waves),
        code: false,
    }
}

/// Every cut with the marks that it takes the place of.
fn cuts(text: &str, line: &Range<usize>) -> Vec<(Range<usize>, Cut)> {
    let mut cuts = Vec::new();
    let mut open: Vec<(Mark, Range<usize>)> = Vec::new();
    let mut no_code = [false; 2];
    let mut before: Option<char> = None;
    let mut at = line.start;
    while let Some(rest) = text.get(at..line.end) {
        let Some(first) = rest.chars().next() else {
            break;
        };
        let word = !before.is_some_and(char::is_alphanumeric);
        if let Some(length) = link_length(rest).filter(|_| word) {
            cuts.push((at..at + length, Cut::Link));
            // What ends a link is never a letter of the next word.
            before = rest.get(..length).and_then(|link| link.chars().last());
            at += length;
            continue;
        }
        if !matches!(first, '*' | '_' | '~' | '`') {
            before = Some(first);
            at += first.len_utf8();
            continue;
        }
        let length = rest.bytes().take_while(|byte| *byte == first as u8).count();
        let range = at..at + length;
        if first == '`' {
            if let Some(inside) = code(text, &range, line.end, &mut no_code) {
                at = inside.end + length;
                cuts.push((range.start..at, Cut::Code(inside)));
            } else {
                at = range.end;
            }
            before = Some('`');
            continue;
        }
        let after = rest.get(length..).and_then(|rest| rest.chars().next());
        if let Some(mark) = mark(first, length) {
            let touches = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
            let begins = touches(after) && word;
            let ends = touches(before) && !after.is_some_and(char::is_alphanumeric);
            let held = open.iter().rposition(|(held, _)| *held == mark);
            match held {
                Some(held) if ends => {
                    if let Some((_, from)) = open.drain(held..).next() {
                        cuts.push((from, Cut::On(mark)));
                        cuts.push((range.clone(), Cut::Off(mark)));
                    }
                }
                None if begins => open.push((mark, range.clone())),
                _ => {}
            }
        }
        before = Some(first);
        at = range.end;
    }
    cuts
}

fn mark(first: char, length: usize) -> Option<Mark> {
    match (first, length) {
        ('*', 1) => Some(Mark::Star),
        ('*', 2) => Some(Mark::Stars),
        ('_', 1) => Some(Mark::Line),
        ('~', 1) => Some(Mark::Wave),
        ('~', 2) => Some(Mark::Waves),
        _ => None,
    }
}

/// What stands between as many backticks as these. `none` remembers which have no second on the line:
/// looking again for each would take the square of the time.
fn code(
    text: &str,
    ticks: &Range<usize>,
    end: usize,
    none: &mut [bool; 2],
) -> Option<Range<usize>> {
    let (fence, none) = match (ticks.len(), none) {
        (1, [none, _]) => ("`", none),
        (3, [_, none]) => ("```", none),
        _ => return None,
    };
    if *none {
        return None;
    }
    let inside = text.get(ticks.end..end)?;
    let found = inside.find(fence);
    *none = found.is_none();
    let length = found.filter(|length| *length > 0)?;
    Some(ticks.end..ticks.end + length)
}

/// How long the link is that a text begins with.
fn link_length(text: &str) -> Option<usize> {
    let scheme = SCHEMES
        .iter()
        .find(|scheme| begins_like(text, scheme))
        .filter(|scheme| {
            let name = text.get(scheme.len()..).unwrap_or_default();
            name.starts_with(|c: char| c.is_alphanumeric() || c == '[')
        })?;
    let ends = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`');
    let link = text.get(..text.find(ends).unwrap_or(text.len()))?;
    let mut link = link.trim_end_matches(TRAILING);
    // A bracket that was opened inside belongs to it.
    while let Some(shorter) = link.strip_suffix(')') {
        if shorter.contains('(') {
            break;
        }
        link = shorter.trim_end_matches(TRAILING);
    }
    (link.len() > scheme.len()).then_some(link.len())
}

fn begins_like(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
}

/// What a link begins with. Nothing else is one.
const SCHEMES: [&str; 3] = ["https://", "http://", "betwixt://"];

/// The punctuation of the sentence around a link.
const TRAILING: &[char] = &[
    '.', ',', '!', '?', ';', ':', '\'', '*', '_', '~', ']', '}', '…', '”', '’', '»', '。', '，',
];
