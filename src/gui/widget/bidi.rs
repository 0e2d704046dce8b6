//! Right-to-left text.
//!
//! egui shapes Arabic and Hebrew, but lays runs out from left to right. So lines with such text are
//! put into the order in which they are seen before they are laid out, as UAX #9 says. Only what is
//! shown is: a copied message is the text as it was written.

use std::{borrow::Cow, ops::Range};

use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};
use unicode_segmentation::UnicodeSegmentation as _;

/// The longest text that is put into the order of sight, in bytes: twice what a message can have. The
/// order of a longer one is egui's.
const LONGEST: usize = 32 * 1024;

/// Whether a text has right-to-left letters, and is not too long to be put into order.
pub fn is_needed(text: &str) -> bool {
    text.len() <= LONGEST && text.chars().any(is_right_to_left)
}

/// Which way a text reads: as its first letter does. None if it has no letter.
pub fn direction(text: &str) -> Option<Direction> {
    text.chars().find_map(|c| match bidi_class(c) {
        BidiClass::L => Some(Direction::Right),
        BidiClass::R | BidiClass::AL => Some(Direction::Left),
        _ => None,
    })
}

/// Towards which side a text reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// As English does.
    #[default]
    Right,
    /// As Arabic and Hebrew do.
    Left,
}

/// Letters that stand beside each other, in the order in which the shaper wants them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where they are in the text.
    pub range: Range<usize>,
    /// Whether brackets turn round.
    pub mirrored: bool,
}

impl Piece {
    /// What is shown of it.
    pub fn of<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let words = text.get(self.range.clone()).unwrap_or_default();
        if self.mirrored {
            Cow::Owned(words.chars().map(mirrored).collect())
        } else {
            Cow::Borrowed(words)
        }
    }
}

/// The lines of a text in the order of sight, each as its pieces from left to right. `fits` says whether
/// a part of the text fits on one line.
pub fn visual_lines(
    text: &str,
    direction: Direction,
    mut fits: impl FnMut(Range<usize>) -> bool,
) -> Vec<Vec<Piece>> {
    let level = match direction {
        Direction::Right => Level::ltr(),
        Direction::Left => Level::rtl(),
    };
    let info = BidiInfo::new(text, Some(level));
    let mut lines = Vec::new();
    for paragraph in &info.paragraphs {
        for line in break_lines(text, paragraph.range.clone(), &mut fits) {
            let (levels, runs) = info.visual_runs(paragraph, line);
            let mut pieces = Vec::new();
            for run in runs {
                let reversed = levels.get(run.start).is_some_and(Level::is_rtl);
                let words = text.get(run.clone()).unwrap_or_default();
                let words = words.trim_end_matches(['\n', '\r']);
                if reversed {
                    pieces.extend(reverse(words, run.start));
                } else if !words.is_empty() {
                    pieces.push(Piece {
                        range: run.start..run.start + words.len(),
                        mirrored: false,
                    });
                }
            }
            lines.push(pieces);
        }
    }
    lines
}

/// Where a paragraph breaks, in the order in which it was written.
fn break_lines(
    text: &str,
    paragraph: Range<usize>,
    fits: &mut impl FnMut(Range<usize>) -> bool,
) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = paragraph.start;
    let mut end = start;
    let words = text.get(paragraph).unwrap_or_default();
    let kept = |start: usize, end: usize| {
        let longer = text.get(start..end).unwrap_or_default();
        start..start + longer.trim_end().len()
    };
    for word in words.split_inclusive(' ') {
        if end > start && !fits(kept(start, end + word.len())) {
            lines.push(start..end);
            start = end;
        }
        end += word.len();
        // A word alone that is too long breaks anywhere.
        while !fits(kept(start, end)) {
            let broken = start + fitting(text, start..end, fits);
            lines.push(start..broken);
            start = broken;
        }
    }
    if end > start {
        lines.push(start..end);
    }
    lines
}

/// How much of a word fits on a line, in bytes: at least one sign.
fn fitting(text: &str, word: Range<usize>, fits: &mut impl FnMut(Range<usize>) -> bool) -> usize {
    let signs = text.get(word.clone()).unwrap_or_default();
    let ends: Vec<usize> = signs
        .grapheme_indices(true)
        .map(|(at, sign)| at + sign.len())
        .take(WIDEST)
        .collect();
    let count = ends.partition_point(|end| fits(word.start..word.start + end));
    let last = ends.get(count.saturating_sub(1)).copied();
    last.unwrap_or(signs.len()).max(1)
}

/// No line holds more signs of a word that breaks.
const WIDEST: usize = 256;

/// Words keep their inner order, which is the shaper's; their own order and everything between is
/// reversed, and brackets turn round.
fn reverse(words: &str, start: usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, sign) in words.grapheme_indices(true) {
        let range = start + at..start + at + sign.len();
        let letter = sign.chars().next().is_some_and(is_right_to_left);
        match pieces.last_mut() {
            Some(piece) if letter && !piece.mirrored => piece.range.end = range.end,
            _ => pieces.push(Piece {
                range,
                mirrored: !letter,
            }),
        }
    }
    pieces.reverse();
    pieces
}

fn is_right_to_left(c: char) -> bool {
    matches!(bidi_class(c), BidiClass::R | BidiClass::AL)
}

fn mirrored(c: char) -> char {
    match c {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(text: &str, lines: &[Vec<Piece>]) -> Vec<String> {
        let line = |line: &Vec<Piece>| line.iter().map(|piece| piece.of(text)).collect();
        lines.iter().map(line).collect()
    }

    fn lines(text: &str) -> Vec<String> {
        let direction = direction(text).unwrap_or_default();
        joined(text, &visual_lines(text, direction, |_| true))
    }

    #[test]
    fn words_stand_from_right_to_left() {
        assert_eq!(lines("שלום עולם"), ["עולם שלום"]);
        assert_eq!(lines("שלום (עולם)!"), ["!(עולם) שלום"]);
    }

    #[test]
    fn numbers_and_latin_words_keep_their_order() {
        assert_eq!(lines("שעה 12:30 בערב"), ["בערב 12:30 שעה"]);
        assert_eq!(lines("see שלום עולם now"), ["see עולם שלום now"]);
    }

    #[test]
    fn lines_break_in_the_order_in_which_they_were_written() {
        let text = "אחת שתים שלוש";
        let lines = visual_lines(text, Direction::Left, |words| {
            text[words].split(' ').count() <= 2
        });

        assert_eq!(joined(text, &lines), [" שתים אחת", "שלוש"]);
    }

    #[test]
    fn every_line_break_stays() {
        assert_eq!(lines("אחת\nשתים\n"), ["אחת", "שתים"]);
    }

    #[test]
    fn only_right_to_left_text_needs_any_of_this() {
        assert!(is_needed("hi שלום") && !is_needed("hello, 你好"));
        assert_eq!(direction("12 שלום hi"), Some(Direction::Left));
        assert_eq!(direction("hi שלום"), Some(Direction::Right));
        assert_eq!(direction("12:30 😀"), None);
        assert!(!is_needed(&"ש".repeat(LONGEST)));
    }

    #[test]
    fn what_belongs_together_stays_together() {
        // A Persian word with a joiner inside, the comma of Arabic, a family.
        let pieces = |text: &str| visual_lines(text, Direction::Left, |_| true)[0].len();
        assert_eq!(pieces("می\u{200c}خواهم"), 1);
        assert_eq!(lines("مرحبا، صديق"), ["صديق ،مرحبا"]);
        assert_eq!(pieces("مرحبا، صديق"), 4, "the comma is a piece of its own");
        assert_eq!(lines("א 👨‍👩‍👧 ב"), ["ב 👨‍👩‍👧 א"]);
    }

    #[test]
    fn a_line_reads_as_it_is_told_though_it_has_no_letters() {
        let text = "12 (3)";
        let lines = visual_lines(text, Direction::Left, |_| true);
        assert_eq!(joined(text, &lines), ["(3) 12"]);
    }

    #[test]
    fn a_word_that_is_too_long_breaks() {
        let text = "ש".repeat(25);
        let lines = visual_lines(&text, Direction::Left, |words| {
            text[words].chars().count() <= 10
        });
        let lengths: Vec<usize> = joined(&text, &lines)
            .iter()
            .map(|l| l.chars().count())
            .collect();
        assert_eq!(lengths, [10, 10, 5]);
    }

    #[test]
    fn nested_and_hostile_texts_have_an_end() {
        for unit in [
            "א(",
            "א a",
            "א\u{301}\u{302}",
            "א\n",
            "א ",
            "א1",
            "\u{200d}א",
        ] {
            let text = unit.repeat(LONGEST / unit.len());
            let mut asked = 0;

            let lines = visual_lines(&text, Direction::Left, |words| {
                asked += 1;
                text[words].chars().count() <= 60
            });

            assert!(!lines.is_empty());
            assert!(asked <= 3 * text.len(), "{unit}: {asked}");
        }
    }

    proptest! {
        #[test]
        fn no_letter_is_lost(text in "[a-z0-9 שעולםئمرحبا]{0,80}", width in 1usize..20) {
            let lines = visual_lines(&text, Direction::Left, |words| {
                text[words].chars().count() <= width
            });
            let lines = joined(&text, &lines);
            let sorted = |text: &str| {
                let mut chars: Vec<char> = text.chars().collect();
                chars.sort_unstable();
                chars
            };

            prop_assert_eq!(sorted(&lines.concat()), sorted(&text));
        }
    }
}
