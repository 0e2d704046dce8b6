//! Right-to-left text.
//!
//! egui shapes Arabic and Hebrew, but lays runs out from left to right. So lines with such text are
//! put into the order in which they are seen before they are laid out, as UAX #9 says. Only what is
//! shown is: a copied message is the text as it was written.

use std::ops::Range;

use unicode_bidi::{BidiClass, BidiInfo, bidi_class};

/// The longest text that is put into the order of sight, in bytes; the order of a longer one is
/// egui's. Lines are measured word by word each time they are drawn.
const LONGEST: usize = 4096;

/// Whether a text has right-to-left letters, and is not too long to be put into order.
pub fn is_needed(text: &str) -> bool {
    text.len() <= LONGEST && text.chars().any(is_right_to_left)
}

/// Whether a text reads from right to left: its first letter does.
pub fn reads_right_to_left(text: &str) -> bool {
    let strong = text.chars().find_map(|c| match bidi_class(c) {
        BidiClass::L => Some(false),
        BidiClass::R | BidiClass::AL => Some(true),
        _ => None,
    });
    strong.unwrap_or(false)
}

/// The lines of a text in the order of sight. `fits` says whether words fit beside each other.
pub fn visual_lines(text: &str, mut fits: impl FnMut(&str) -> bool) -> Vec<String> {
    let info = BidiInfo::new(text, None);
    let mut lines = Vec::new();
    for paragraph in &info.paragraphs {
        for line in break_lines(text, paragraph.range.clone(), &mut fits) {
            let (levels, runs) = info.visual_runs(paragraph, line);
            let mut visual = String::new();
            for run in runs {
                let right_to_left = levels
                    .get(run.start)
                    .is_some_and(unicode_bidi::Level::is_rtl);
                let logical = text
                    .get(run)
                    .unwrap_or_default()
                    .trim_end_matches(['\n', '\r']);
                if right_to_left {
                    push_reversed(&mut visual, logical);
                } else {
                    visual.push_str(logical);
                }
            }
            lines.push(visual);
        }
    }
    lines
}

/// Where a paragraph breaks, in the order in which it was written.
fn break_lines(
    text: &str,
    paragraph: Range<usize>,
    fits: &mut impl FnMut(&str) -> bool,
) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = paragraph.start;
    let mut end = start;
    let words = text.get(paragraph).unwrap_or_default();
    for word in words.split_inclusive(' ') {
        let longer = text.get(start..end + word.len()).unwrap_or_default();
        if end > start && !fits(longer.trim_end()) {
            lines.push(start..end);
            start = end;
        }
        end += word.len();
    }
    if end > start {
        lines.push(start..end);
    }
    lines
}

/// Words keep their inner order, which is the shaper's; their own order and everything between is
/// reversed, and brackets turn round.
fn push_reversed(visual: &mut String, logical: &str) {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for c in logical.chars() {
        let letter = is_right_to_left(c) || bidi_class(c) == BidiClass::NSM;
        match pieces.last_mut() {
            Some((true, piece)) if letter => piece.push(c),
            _ => pieces.push((letter, mirrored(c, letter).into())),
        }
    }
    for (_, piece) in pieces.iter().rev() {
        visual.push_str(piece);
    }
}

fn is_right_to_left(c: char) -> bool {
    matches!(bidi_class(c), BidiClass::R | BidiClass::AL)
}

fn mirrored(c: char, letter: bool) -> char {
    if letter {
        return c;
    }
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

    fn lines(text: &str) -> Vec<String> {
        visual_lines(text, |_| true)
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
        let lines = visual_lines("אחת שתים שלוש", |words| {
            words.split(' ').count() <= 2
        });

        assert_eq!(lines, [" שתים אחת", "שלוש"]);
    }

    #[test]
    fn every_line_break_stays() {
        assert_eq!(lines("אחת\nשתים\n"), ["אחת", "שתים"]);
    }

    #[test]
    fn only_right_to_left_text_needs_any_of_this() {
        assert!(is_needed("hi שלום") && !is_needed("hello, 你好"));
        assert!(reads_right_to_left("12 שלום hi") && !reads_right_to_left("hi שלום"));
        assert!(!is_needed(&"ש".repeat(LONGEST)));
    }

    proptest! {
        #[test]
        fn no_letter_is_lost(text in "[a-z0-9 שעולםئمرحبا]{0,80}", width in 1usize..20) {
            let lines = visual_lines(&text, |words| words.chars().count() <= width);
            let sorted = |text: &str| {
                let mut chars: Vec<char> = text.chars().collect();
                chars.sort_unstable();
                chars
            };

            prop_assert_eq!(sorted(&lines.concat()), sorted(&text));
        }
    }
}
