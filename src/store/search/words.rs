//! Which words a text has, and which a question asks for.
//!
//! Words are folded: neither case nor accents, nor how a letter is written, make a difference. Scripts
//! that put no spaces between words (Chinese, Japanese, Thai and others) are taken letter by letter, so
//! that any part of them is found.

use std::ops::Range;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

/// One word of a text, or one letter of a script without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Folded.
    pub folded: String,
    /// Whether it is a letter of a script without spaces.
    pub is_letter: bool,
    /// Where it is in the text, in bytes.
    pub at: Range<usize>,
}

/// Pieces that a text must have one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// At least one.
    pub pieces: Vec<Piece>,
    /// Whether the last one may go on.
    pub is_prefix: bool,
}

/// A piece as the index knows it, and its place among the others.
pub(super) type Term = (usize, String);

/// Longest word, in bytes when folded. Of a longer one this much is known.
const LONGEST: usize = 64;

/// The pieces of a text.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (start, word) in text.split_word_bound_indices() {
        if !word.chars().any(char::is_alphanumeric) {
            if is_symbol(word) {
                pieces.push(Piece {
                    folded: word.to_owned(),
                    is_letter: true,
                    at: start..start + word.len(),
                });
            }
            continue;
        }
        let mut from = None;
        let mut chars = word.char_indices().peekable();
        while let Some((at, char)) = chars.next() {
            let at = start + at;
            if has_no_spaces(char) {
                take_word(text, from.take(), at, &mut pieces);
                let mut end = at + char.len_utf8();
                while let Some((_, mark)) = chars.next_if(|(_, next)| is_combining_mark(*next)) {
                    end += mark.len_utf8();
                }
                push(text, at..end, true, &mut pieces);
            } else if char.is_alphanumeric() || is_inside(char) {
                from.get_or_insert(at);
            } else {
                take_word(text, from.take(), at, &mut pieces);
            }
        }
        take_word(text, from, start + word.len(), &mut pieces);
    }
    pieces
}

fn take_word(text: &str, from: Option<usize>, end: usize, pieces: &mut Vec<Piece>) {
    if let Some(from) = from {
        push(text, from..end, false, pieces);
    }
}

fn push(text: &str, at: Range<usize>, is_letter: bool, pieces: &mut Vec<Piece>) {
    let folded = fold(text.get(at.clone()).unwrap_or_default());
    if !folded.is_empty() {
        pieces.push(Piece {
            folded,
            is_letter,
            at,
        });
    }
}

/// A word without what makes no difference.
pub fn fold(word: &str) -> String {
    let mut bare = String::with_capacity(word.len());
    for char in word.nfkd() {
        match char {
            // Accents and points, but not the vowels of Indic scripts and the voicing of Japanese.
            '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5bd}'
            | '\u{5bf}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{640}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{6d6}'..='\u{6ed}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe20}'..='\u{fe2f}' => {}
            _ if is_unseen(char) => {}
            'ß' | 'ẞ' => bare.push_str("ss"),
            'æ' | 'Æ' => bare.push_str("ae"),
            'œ' | 'Œ' => bare.push_str("oe"),
            'ø' | 'Ø' => bare.push('o'),
            'ł' | 'Ł' => bare.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => bare.push('d'),
            'þ' | 'Þ' => bare.push_str("th"),
            'ı' => bare.push('i'),
            'ς' => bare.push('σ'),
            'ى' | 'ی' => bare.push('ي'),
            'ک' => bare.push('ك'),
            'ة' => bare.push('ه'),
            // Katakana and hiragana are the same sounds.
            'ァ'..='ヶ' => bare.push(hiragana(char)),
            _ => bare.extend(char.to_lowercase().filter(|lower| *lower != '\u{307}')),
        }
    }
    let mut folded = String::with_capacity(bare.len());
    for char in bare.nfc() {
        if folded.len() + char.len_utf8() > LONGEST {
            break;
        }
        folded.push(char);
    }
    folded
}

fn hiragana(katakana: char) -> char {
    char::from_u32(u32::from(katakana).saturating_sub(0x60)).unwrap_or(katakana)
}

/// What may stand within a word and does not end it.
fn is_inside(char: char) -> bool {
    is_unseen(char) || is_combining_mark(char)
}

/// What may stand within a word and is not part of it: apostrophes and what is not seen.
fn is_unseen(char: char) -> bool {
    matches!(
        char,
        '\'' | '’' | 'ʼ' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
    )
}

/// Whether a letter is of a script that puts no spaces between words.
fn has_no_spaces(char: char) -> bool {
    matches!(
        char,
        // Thai, Lao, Myanmar, Khmer.
        '\u{e01}'..='\u{e2f}' | '\u{e40}'..='\u{e46}' | '\u{e81}'..='\u{eb0}' | '\u{ec0}'..='\u{ec6}'
            | '\u{1000}'..='\u{102a}' | '\u{1780}'..='\u{17b3}'
            // Hiragana, katakana, bopomofo, ideographs.
            | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}' | '\u{3105}'..='\u{312f}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{3ffff}'
    )
}

/// Emojis are found too.
fn is_symbol(word: &str) -> bool {
    word.chars()
        .any(|char| matches!(char, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}'))
}

/// What the index is to know of pieces: each of them, and of letters each two that follow each other.
pub(super) fn terms_of_text(pieces: &[Piece]) -> Vec<Term> {
    let mut terms = Vec::with_capacity(pieces.len());
    for (place, piece) in pieces.iter().enumerate() {
        terms.push((place, piece.folded.clone()));
        if let Some(two) = pieces.get(place + 1).and_then(|next| pair(piece, next)) {
            terms.push((place, two));
        }
    }
    terms
}

/// The same of several texts; no phrase goes from one into the next.
pub(super) fn terms_of_texts<const N: usize>(texts: [&str; N]) -> Vec<Term> {
    let mut all = Vec::new();
    let mut begin = 0;
    for text in texts {
        let pieces = pieces(text);
        let terms = terms_of_text(&pieces).into_iter();
        all.extend(terms.map(|(place, term)| (begin + place, term)));
        begin += pieces.len() + 1;
    }
    all
}

/// What the index is asked for: of letters each two that follow each other, as few texts have both.
pub(super) fn terms_of_phrase(pieces: &[Piece]) -> Vec<Term> {
    let mut terms = Vec::with_capacity(pieces.len());
    let mut covered = false;
    for (place, piece) in pieces.iter().enumerate() {
        let two = pieces.get(place + 1).and_then(|next| pair(piece, next));
        let was_covered = std::mem::replace(&mut covered, two.is_some());
        match two {
            Some(two) => terms.push((place, two)),
            None if was_covered => {}
            None => terms.push((place, piece.folded.clone())),
        }
    }
    terms
}

fn pair(one: &Piece, next: &Piece) -> Option<String> {
    (one.is_letter && next.is_letter).then(|| [one.folded.as_str(), &next.folded].concat())
}

impl Phrase {
    /// What a text asks for; none when it has no words.
    pub fn of(text: &str, is_prefix: bool) -> Option<Self> {
        let pieces = pieces(text);
        let is_word = pieces.last().is_some_and(|last| !last.is_letter);
        (!pieces.is_empty()).then_some(Self {
            pieces,
            is_prefix: is_prefix && is_word,
        })
    }

    /// Where it is among the pieces of a text.
    pub fn places_in(&self, text: &[Piece]) -> Vec<Range<usize>> {
        let window = self.pieces.len();
        let mut places = Vec::new();
        for found in text.windows(window.max(1)) {
            if self.is_at(found)
                && let (Some(first), Some(last)) = (found.first(), found.last())
            {
                places.push(first.at.start..last.at.end);
            }
        }
        places
    }

    fn is_at(&self, found: &[Piece]) -> bool {
        let last = self.pieces.len().saturating_sub(1);
        let mut both = self.pieces.iter().zip(found).enumerate();
        both.all(|(at, (wanted, found))| {
            if self.is_prefix && at == last {
                found.folded.starts_with(&wanted.folded)
            } else {
                found.folded == wanted.folded
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        pieces(text).into_iter().map(|piece| piece.folded).collect()
    }

    fn finds(text: &str, wanted: &str) -> bool {
        let phrase = Phrase::of(wanted, true).unwrap();
        !phrase.places_in(&pieces(text)).is_empty()
    }

    #[test]
    fn case_accents_and_forms_of_letters_make_no_difference() {
        assert_eq!(folded("Crème BRÛLÉE"), ["creme", "brulee"]);
        assert_eq!(folded("Straße STRASSE"), ["strasse", "strasse"]);
        assert_eq!(folded("İstanbul ısı"), ["istanbul", "isi"]);
        assert_eq!(folded("ﬁn Ｗｉｄｅ"), ["fin", "wide"]);
        assert_eq!(folded("Smørrebrød Łódź"), ["smorrebrod", "lodz"]);
        assert_eq!(folded("ΟΔΟΣ οδός"), ["οδοσ", "οδοσ"]);
        assert_eq!(folded("don’t don't"), ["dont", "dont"]);
        assert_eq!(folded("e\u{301}te\u{301}"), ["ete"]);
    }

    #[test]
    fn links_and_numbers_are_taken_apart() {
        assert_eq!(
            folded("https://example.org/a_b?c=3.14"),
            ["https", "example", "org", "a", "b", "c", "3", "14"]
        );
    }

    #[test]
    fn arabic_hebrew_and_devanagari_are_words_with_and_without_points() {
        assert_eq!(folded("مُحَمَّد أحمد إلى"), ["محمد", "احمد", "الي"]);
        assert_eq!(folded("שָׁלוֹם עולם"), ["שלום", "עולם"]);
        assert_eq!(folded("नमस्ते दुनिया"), ["नमस्ते", "दुनिया"]);
    }

    #[test]
    fn scripts_without_spaces_are_found_by_any_part() {
        assert!(finds("今日は東京に行きます", "東京"));
        assert!(finds("今日は東京に行きます", "京"));
        assert!(finds("カタカナ", "かた") && finds("ひらがな", "ラガ"));
        assert!(finds("がぎぐ", "ぎ") && !finds("かきく", "ぎ"));
        assert!(!finds("今日は東京に", "京東"));
        assert!(finds("สวัสดีครับ", "ดีค"));
        assert!(finds("안녕하세요 여러분", "안녕") && finds("well done 🎉", "🎉"));
    }

    #[test]
    fn a_phrase_is_asked_for_by_pairs_that_its_text_has() {
        for (text, wanted) in [
            ("我們去東京 tower", "東京"),
            ("a 東 b", "東"),
            ("x 東京都 y", "x 東京都 y"),
        ] {
            let known = terms_of_text(&pieces(text));
            let asked = terms_of_phrase(&pieces(wanted));
            let at = known
                .iter()
                .find(|(_, term)| Some(term) == asked.first().map(|(_, t)| t));
            let (at, _) = at.unwrap();
            for (place, term) in asked {
                assert!(known.contains(&(at + place, term)), "{text} {wanted}");
            }
        }
        let asked: Vec<_> = terms_of_phrase(&pieces("x 東京都"));
        assert_eq!(
            asked,
            [(0, "x".into()), (1, "東京".into()), (2, "京都".into())]
        );
    }

    #[test]
    fn a_hit_is_where_it_is_in_the_text() {
        let text = "Ein Apfelbäumchen!";
        let phrase = Phrase::of("apfelb", true).unwrap();

        let places = phrase.places_in(&pieces(text));

        assert_eq!(places.len(), 1);
        assert_eq!(text.get(places[0].clone()), Some("Apfelbäumchen"));
        let exact = Phrase::of("apfelb", false).unwrap();
        assert!(exact.places_in(&pieces(text)).is_empty());
    }

    #[test]
    fn a_word_of_any_length_is_bounded() {
        let long = "x".repeat(100_000);
        assert_eq!(folded(&long), [long.get(..LONGEST).unwrap()]);
    }
}
