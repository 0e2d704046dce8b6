//! Names and texts made safe to show: what others wrote must not look like what it is not.
//!
//! A name is never shown as it came, and never alone where two people could be confused:
//! [`display_names`]. Character classes are those of Unicode 16; confusables those of UTS #39.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::confusable_detection::skeleton;
use unicode_segmentation::UnicodeSegmentation;

use super::id::PersonId;
use crate::wire::limits;

/// A text above [`limits::TEXT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message has at most 16 KiB")]
pub struct TooLong;

/// A text as it is sent: in Unicode's composed form (NFC), and within the limit.
pub fn clean_text(text: &str) -> Result<String, TooLong> {
    let clean: String = text.nfc().collect();
    if clean.len() <= limits::TEXT {
        Ok(clean)
    } else {
        Err(TooLong)
    }
}

/// A received text as it may be shown: lines and tabs stay; other control characters, controls of
/// the writing direction, and piles of combining marks go.
pub fn shown_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if is_combining_mark(char) {
            marks += 1;
            if marks <= TEXT_MARKS {
                out.push(char);
            }
            continue;
        }
        let shown = match char {
            '\r' if chars.peek() == Some(&'\n') => continue,
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            '\n' | '\t' => char,
            _ if char.is_control() || is_bidi_control(char) || is_annotation(char) => continue,
            _ => char,
        };
        out.push(shown);
        // What takes no room of its own does not begin a new pile.
        if !is_format(shown) {
            marks = 0;
        }
    }
    out
}

/// Whether this is one visible sign, as a reaction to a message is. A letter is one too.
pub fn is_emoji(emoji: &str) -> bool {
    emoji.len() <= limits::EMOJI
        && emoji.graphemes(true).count() == 1
        && shown_text(emoji) == emoji
        && shows_something(emoji)
}

/// Whether there is anything to see of a text.
pub fn shows_something(text: &str) -> bool {
    let is_seen = |char: char| !char.is_whitespace() && !is_format(char) && !is_filler(char);
    text.chars().any(|char| is_seen(char) && char != BLANK)
}

/// A name made safe to show: composed, on one line, without invisible characters and controls, at
/// most [`limits::NAME_GRAPHEMES`] long. `None` if nothing is left of it.
pub fn clean_name(name: &str) -> Option<String> {
    let name: String = name.nfc().collect();
    let name: String = visible(&name).nfc().collect();
    let mut out = String::new();
    for grapheme in name.graphemes(true).take(limits::NAME_GRAPHEMES) {
        if out.len() + grapheme.len() > limits::NAME {
            break;
        }
        out.push_str(grapheme);
    }
    let out = out.trim_end_matches([' ', JOINER]).to_owned();
    (!out.is_empty()).then_some(out)
}

/// A person's name as it may be shown where only they are meant: the short form of the id when there
/// is nothing to show of the name.
pub fn shown_name(person: &PersonId, name: &str) -> String {
    clean_name(name).unwrap_or_else(|| short_id(person, SHORT_ID))
}

/// The names of people who are shown together, in the order given. Those that could be taken for each
/// other get a piece of their person's id; it begins with a character that no name has.
pub fn display_names(people: &[(PersonId, &str)]) -> Vec<String> {
    let shown: Vec<String> = people
        .iter()
        .map(|(id, name)| shown_name(id, name))
        .collect();
    let mut looks: BTreeMap<String, BTreeSet<PersonId>> = BTreeMap::new();
    for ((id, _), name) in people.iter().zip(&shown) {
        for look in looks_of(name) {
            looks.entry(look).or_default().insert(*id);
        }
    }
    let suffix = suffix_length(people);
    let clashes = |name: &str| {
        looks_of(name)
            .iter()
            .any(|look| looks.get(look).is_some_and(|people| people.len() > 1))
    };
    people
        .iter()
        .zip(shown)
        .map(|((id, _), name)| {
            if clashes(&name) {
                format!("{name} {MARK}{}", short_id(id, suffix))
            } else {
                name
            }
        })
        .collect()
}

/// What a name looks like, with letters as they are, as small letters, and as small letters of what it
/// looks like: "`AIice`" with a capital I looks like "Alice", and so do "alice" and "`aIice`".
fn looks_of(name: &str) -> [String; 3] {
    let small = name.to_lowercase();
    let look = skeleton(name).collect::<String>();
    [
        format!("b{}", skeleton(&small).collect::<String>()),
        format!("c{}", look.to_lowercase()),
        format!("a{look}"),
    ]
}

/// As many characters of the ids as tell these people apart.
fn suffix_length(people: &[(PersonId, &str)]) -> usize {
    let mut ids: Vec<String> = people.iter().map(|(id, _)| id.to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    let shared = |(one, other): (&String, &String)| {
        one.bytes()
            .zip(other.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let longest = ids.iter().zip(ids.iter().skip(1)).map(shared).max();
    longest.map_or(SHORT_ID, |shared| SHORT_ID.max(shared + 1))
}

fn short_id(person: &PersonId, length: usize) -> String {
    person.to_string().chars().take(length).collect()
}

/// What a name shows: see [`clean_name`].
fn visible(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut marks = 0;
    let mut chars = name.chars().peekable();
    while let Some(char) = chars.next() {
        if is_combining_mark(char) {
            let base = out.chars().next_back().is_some_and(|base| base != ' ');
            marks += 1;
            if base && marks <= limits::COMBINING_MARKS && !is_ignorable_mark(char, &out) {
                out.push(char);
            }
            continue;
        }
        let keep = match char {
            JOINER => joins(&out) && chars.peek().is_some_and(|next| is_pictograph(*next)),
            _ => !char.is_control() && !is_format(char) && !is_filler(char),
        };
        if char.is_whitespace() || char == BLANK {
            marks = 0;
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if keep {
            marks = 0;
            out.push(if char == MARK { '·' } else { char });
        }
    }
    out
}

/// Whether the text so far ends with an emoji that a joiner may join to another.
fn joins(before: &str) -> bool {
    before
        .chars()
        .rev()
        .find(|char| *char != EMOJI_STYLE)
        .is_some_and(is_pictograph)
}

/// Marks that show nothing; the one that makes an emoji colourful may follow an emoji.
fn is_ignorable_mark(char: char, before: &str) -> bool {
    match char {
        EMOJI_STYLE => !before.chars().next_back().is_some_and(is_pictograph),
        '\u{34f}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{fe00}'..='\u{fe0e}'
        | '\u{e0100}'..='\u{e01ef}' => true,
        _ => false,
    }
}

/// `Bidi_Control`.
fn is_bidi_control(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Interlinear annotation: text that is there and not shown.
fn is_annotation(char: char) -> bool {
    matches!(char, '\u{fff9}'..='\u{fffb}')
}

/// General category Cf, with the unassigned characters among them that are shown as nothing.
pub(crate) fn is_format(char: char) -> bool {
    is_bidi_control(char)
        || is_annotation(char)
        || matches!(char,
            '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Letters that show nothing (Hangul fillers).
pub(crate) fn is_filler(char: char) -> bool {
    matches!(char, '\u{115f}'..='\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

/// The blocks that hold what is joined into emoji (`Extended_Pictographic`, generously).
fn is_pictograph(char: char) -> bool {
    matches!(char,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}'
        | '\u{2600}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}'
        | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1f1e5}' | '\u{1f200}'..='\u{1faff}')
}

/// Zero width joiner.
const JOINER: char = '\u{200d}';

/// Variation selector 16.
const EMOJI_STYLE: char = '\u{fe0f}';

/// The braille pattern without a dot: a blank that is no white space.
const BLANK: char = '\u{2800}';

/// Stands before a piece of an id; names have another dot instead.
const MARK: char = '•';

/// Characters of a short id: 40 bits.
const SHORT_ID: usize = 8;

/// Combining marks on one character of a text: more than any script needs.
const TEXT_MARKS: usize = 8;

#[cfg(test)]
mod tests;
