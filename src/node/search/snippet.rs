//! The part of a message around what was found.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use crate::store::search::{Phrase, pieces};

/// Some of a message's text; put together they are one line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// The text.
    pub text: String,
    /// Whether it is what was looked for.
    pub hit: bool,
}

/// Longest snippet, in letters as they are seen.
const LONGEST: usize = 180;

/// How many of these are before the first hit.
const BEFORE: usize = 40;

/// Stands between what a file is called and what is said about it.
const BETWEEN: &str = " · ";

/// A snippet of what a file is called, if it is one, and of a text; none if the two have not all phrases.
pub(super) fn snippet(name: &str, text: &str, phrases: &[Phrase]) -> Option<Vec<Part>> {
    let (in_name, in_text) = (pieces(name), pieces(text));
    let mut hits: [Vec<Range<usize>>; 2] = Default::default();
    for phrase in phrases {
        let places = [&in_name, &in_text].map(|words| phrase.places_in(words));
        if places.iter().all(Vec::is_empty) {
            return None;
        }
        for (hits, places) in hits.iter_mut().zip(places) {
            hits.extend(places);
        }
    }
    let [in_name, in_text] = hits;
    let mut parts = Vec::new();
    line(&mut parts, name, in_name);
    if !name.is_empty() && !text.is_empty() {
        push(&mut parts, BETWEEN, false);
    }
    line(&mut parts, text, in_text);
    Some(parts)
}

/// Adds what of a text is shown, with what was looked for.
fn line(parts: &mut Vec<Part>, text: &str, mut hits: Vec<Range<usize>>) {
    hits.sort_by_key(|hit| (hit.start, hit.end));
    let first = hits.first().map_or(0, |hit| hit.start);
    let window = window(text, first);
    if window.start > 0 {
        push(parts, "…", false);
    }
    let mut at = window.start;
    for hit in hits {
        let (start, end) = (hit.start.max(at), hit.end.min(window.end));
        if start >= end {
            continue;
        }
        push(parts, text.get(at..start).unwrap_or_default(), false);
        push(parts, text.get(start..end).unwrap_or_default(), true);
        at = end;
    }
    push(parts, text.get(at..window.end).unwrap_or_default(), false);
    if window.end < text.len() {
        push(parts, "…", false);
    }
}

/// What of a text is shown, so that a place in it is.
fn window(text: &str, place: usize) -> Range<usize> {
    let (head, tail) = text.split_at_checked(place).unwrap_or((text, ""));
    let before = head.grapheme_indices(true).rev();
    let mut start = before.take(BEFORE).last().map_or(place, |(at, _)| at);
    if start > 0 {
        // At the beginning of a word, if one begins there.
        let space = head
            .get(start..)
            .and_then(|head| head.find(char::is_whitespace));
        start += space.map_or(0, |at| at + 1);
        while !text.is_char_boundary(start) {
            start += 1;
        }
    }
    let shown = head
        .get(start..)
        .map_or(0, |head| head.graphemes(true).count());
    let after = tail
        .grapheme_indices(true)
        .nth(LONGEST.saturating_sub(shown));
    start..after.map_or(text.len(), |(at, _)| place + at)
}

/// Adds a part, on one line.
fn push(parts: &mut Vec<Part>, text: &str, hit: bool) {
    let text: String = text
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.hit == hit => last.text.push_str(&text),
        _ => parts.push(Part { text, hit }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, words: &[&str]) -> Option<String> {
        let phrases: Vec<Phrase> = words
            .iter()
            .filter_map(|word| Phrase::of(word, true))
            .collect();
        snippet("", text, &phrases).map(marked)
    }

    fn marked(parts: Vec<Part>) -> String {
        let parts = parts.into_iter();
        let marked = parts.map(|part| {
            if part.hit {
                format!("[{}]", part.text)
            } else {
                part.text
            }
        });
        marked.collect()
    }

    #[test]
    fn what_was_looked_for_is_marked_and_the_rest_is_around_it() {
        assert_eq!(
            shown("The Herons\nare back", &["heron", "back"]).unwrap(),
            "The [Herons] are [back]"
        );
        assert_eq!(shown("今日は東京に", &["東京"]).unwrap(), "今日は[東京]に");
        assert_eq!(shown("the herons", &["owl"]), None);
        assert_eq!(shown("has no words", &[]).unwrap(), "has no words");
    }

    #[test]
    fn what_a_file_is_called_stands_before_what_is_said_about_it() {
        let of = |words: &[&str]| {
            let phrases: Vec<Phrase> = words
                .iter()
                .filter_map(|word| Phrase::of(word, true))
                .collect();
            snippet("heron_nest-2.jpg", "seen at dawn", &phrases).map(marked)
        };

        assert_eq!(
            of(&["nest", "dawn"]).unwrap(),
            "heron_[nest]-2.jpg · seen at [dawn]"
        );
        assert_eq!(of(&["2.jpg"]).unwrap(), "heron_nest-[2.jpg] · seen at dawn");
        // Nothing goes from one into the other.
        assert_eq!(of(&["jpg seen"]), None);
        assert_eq!(of(&["nest", "owl"]), None);
        let alone = snippet("heron.jpg", "", &[]).map(marked);
        assert_eq!(alone.unwrap(), "heron.jpg");
    }

    #[test]
    fn a_long_text_is_cut_around_the_first_hit() {
        let text = format!("{}needle {}", "hay ".repeat(200), "straw ".repeat(200));

        let shown = shown(&text, &["needle"]).unwrap();

        assert!(shown.starts_with("…hay hay"), "{shown}");
        assert!(shown.contains("hay [needle] straw"), "{shown}");
        assert!(shown.ends_with('…') && shown.chars().count() < LONGEST + 10);
    }

    #[test]
    fn a_text_of_one_long_word_or_of_clusters_is_cut_between_letters() {
        for text in ["👩‍👩‍👧".repeat(300), "é́".repeat(3000), "語".repeat(3000)] {
            let parts = snippet("", &text, &[]).unwrap();
            assert!(parts.iter().all(|part| part.text.len() < 8192));
        }
        let text = format!("{}x", "語".repeat(500));
        assert!(shown(&text, &["x"]).unwrap().ends_with("[x]"));
    }
}
