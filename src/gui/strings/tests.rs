use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use egui::{Color32, Context, RawInput};

use super::*;
use crate::gui::{fonts, theme, widget::button::MENU_WORDS};

/// Of every sentence, what stands in it.
type Sentences = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_catalogue_has_a_syntax_error_or_says_something_twice() {
    for language in Language::ALL {
        let text = text(language);
        assert!(
            FluentResource::try_new(text.to_owned()).is_ok(),
            "{language:?}"
        );
        let keys: Vec<_> = text.lines().filter_map(key).collect();
        assert_eq!(keys.len(), sentences(language).len(), "{language:?}");
    }
}

#[test]
fn german_says_all_that_english_says() {
    let (english, german) = (sentences(Language::English), sentences(Language::German));

    for (key, in_english) in &english {
        let mut in_english = in_english.clone();
        // Only in English do dates and times depend on where one lives.
        in_english.retain(|name| !["order", "clock", "twelve", "half"].contains(&name.as_str()));
        assert_eq!(german.get(key), Some(&in_english), "{key}");
    }
    assert_eq!(german.len(), english.len());
}

#[test]
fn hebrew_says_nothing_that_english_does_not() {
    let english = sentences(Language::English);

    for (key, in_hebrew) in sentences(Language::Hebrew) {
        let in_english = english.get(&key).unwrap_or_else(|| panic!("{key}"));
        assert!(in_hebrew.is_subset(in_english), "{key}");
    }
}

#[test]
fn counts_choose_their_form_in_every_language() {
    let unread = |language, count| {
        speak(language);
        tr_count("chats-unread", count)
    };
    for (language, count, words) in [
        (Language::English, 0, "0 unread messages"),
        (Language::English, 1, "1 unread message"),
        (Language::English, 12_345, "12,345 unread messages"),
        (Language::German, 0, "0 ungelesene Nachrichten"),
        (Language::German, 1, "1 ungelesene Nachricht"),
        (Language::German, 999, "999 ungelesene Nachrichten"),
        (Language::German, 1_000, "1.000 ungelesene Nachrichten"),
        (
            Language::German,
            1_234_567,
            "1.234.567 ungelesene Nachrichten",
        ),
        (Language::Hebrew, 1, "הודעה אחת שלא נקראה"),
        (Language::Hebrew, 2, "שתי הודעות שלא נקראו"),
        (Language::Hebrew, 3, "3 הודעות שלא נקראו"),
    ] {
        assert_eq!(unread(language, count), words, "{language:?} {count}");
    }
}

#[test]
fn what_a_language_does_not_have_is_said_in_english() {
    speak(Language::Hebrew);

    assert_eq!(tr("recovery-done"), "I wrote them down");
    assert_eq!(tr("rail-chats"), "צ׳אטים");
}

#[test]
fn every_sentence_named_in_the_code_exists_and_every_sentence_is_used() {
    let mut used = BTreeSet::new();
    each_file(&mut |_, code| used.extend(code.split('"').map(str::to_owned)));
    let known: BTreeSet<String> = sentences(Language::English).into_keys().collect();

    let unused: Vec<_> = known.iter().filter(|key| !used.contains(*key)).collect();
    let missing: Vec<_> = named(&used, &known);

    assert_eq!(
        unused,
        Vec::<&String>::new(),
        "in the catalogue, but not used"
    );
    assert_eq!(
        missing,
        Vec::<String>::new(),
        "used, but not in the catalogue"
    );
}

#[test]
fn nothing_is_said_but_what_the_catalogues_have() {
    let mut said = Vec::new();
    each_file(&mut |path, code| {
        let of_tests = path.components().any(|part| part.as_os_str() == "tests")
            || ["tests.rs", "sample.rs", "bus.rs"]
                .iter()
                .any(|end| path.ends_with(end));
        // The names of emojis have their own way.
        if !of_tests && !path.ends_with("emoji/names.rs") && !path.ends_with("emoji/german.rs") {
            let code = code.split("#[cfg(test)]\nmod tests").next().unwrap();
            let words = literals(code).into_iter().filter(|(before, literal)| {
                is_sentence(literal) && !is_for_nobody(before) && !OTHERS.contains(&&**literal)
            });
            said.extend(words.map(|(_, literal)| (path.to_owned(), literal)));
        }
    });

    assert_eq!(said, []);
}

#[test]
fn what_stands_in_menus_fits_in_every_language() {
    let ctx = Context::default();
    fonts::install(&ctx);
    let is_row = |key: &String| {
        let of_members = [
            "member-greet",
            "member-promote",
            "member-demote",
            "member-remove",
        ];
        let label = ["menu-label", "menu-message"].contains(&key.as_str());
        (key.split('-').next() == Some("menu") && !label) || of_members.contains(&key.as_str())
    };
    let mut wide = Vec::new();
    let mut count = 0;
    ctx.run_ui(RawInput::default(), |ui| {
        // The letters of Hebrew are the system's.
        for language in [Language::English, Language::German] {
            speak(language);
            for key in sentences(Language::English).into_keys().filter(is_row) {
                let (words, font) = (tr(&key), theme::regular(14.0));
                let galley = ui.painter().layout_no_wrap(words, font, Color32::BLACK);
                count += 1;
                if galley.size().x > MENU_WORDS {
                    wide.push((key, galley.size().x));
                }
            }
        }
    })
    .textures_delta
    .clear();

    assert_eq!(wide, []);
    assert!(count > 40);
}

/// What is no sentence of the window's own.
const OTHERS: [&str; 8] = [
    "MIT, Apache-2.0",
    "recent emojis",
    "seek count",
    "original hint",
    "no picture",
    "small picture",
    "small pictures",
    // Into the log.
    "the desktop has no tray: closing the window ends the program",
];

/// Whether two words follow each other.
fn is_sentence(literal: &str) -> bool {
    let is_word = |word: &str| {
        let word = word.trim_end_matches(['.', ',', ':', '!', '?', '…']);
        word.len() > 1 && word.chars().all(|c| c.is_alphabetic() || c == '’')
    };
    let words: Vec<_> = literal.split_whitespace().map(is_word).collect();
    let single =
        literal.starts_with(|c: char| c.is_ascii_uppercase()) && literal.contains(['.', '…', '!']);
    let several = words.windows(2).any(|pair| pair == [true, true]);
    // The names of fields begin so.
    !literal.starts_with("field ") && (several || (single && words == [true]))
}

/// Whether what follows this code goes into the log, is an error's, or says why to a reader.
fn is_for_nobody(before: &str) -> bool {
    let statement = before.rsplit([';', '}']).next().unwrap_or_default();
    ["tracing::", "reason =", "#[error(", "[Desktop Entry]"]
        .iter()
        .any(|mark| statement.contains(mark))
}

/// Every text of some code, with the code before it.
fn literals(code: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut before = String::new();
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find("\"'").unwrap() + 3
        } else if c == '"' {
            let mut end = 1;
            while !rest[end..].starts_with('"') {
                end += usize::from(rest[end..].starts_with('\\'));
                end += rest[end..].chars().next().unwrap().len_utf8();
            }
            found.push((before.clone(), rest[1..end].to_owned()));
            before.push_str("\"\"");
            end + 1
        } else {
            before.push(c);
            c.len_utf8()
        };
        rest = &rest[taken..];
    }
    found
}

#[test]
fn the_search_for_sentences_finds_them() {
    let code = "let a = f(\"Not sent.\"); // \"a comment of words\"\nlet b = '\"'; tracing::info!(\"the log says\"); g(\"some words\")";
    let found = literals(code);

    let shown: Vec<_> = found
        .iter()
        .filter(|(before, literal)| is_sentence(literal) && !is_for_nobody(before))
        .map(|(_, literal)| &**literal)
        .collect();

    assert_eq!(shown, ["Not sent.", "some words"]);
}

/// Hints of the desktop's notifications.
const OF_NOTICES: [&str; 2] = ["sound-file", "sound-name"];

/// Texts that look like keys: in the family of a known key, but unknown.
fn named(used: &BTreeSet<String>, known: &BTreeSet<String>) -> Vec<String> {
    let families: BTreeSet<&str> = known
        .iter()
        .filter_map(|key| key.split('-').next())
        .collect();
    let is_key = |text: &str| {
        text.contains('-')
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !OF_NOTICES.contains(&text)
            && text
                .split('-')
                .next()
                .is_some_and(|family| families.contains(family))
    };
    let unknown = used
        .iter()
        .filter(|text| is_key(text) && !known.contains(*text));
    unknown.cloned().collect()
}

fn key(line: &str) -> Option<&str> {
    let begins = line.starts_with(|c: char| c.is_ascii_lowercase());
    begins.then(|| line.split_once(" =").unwrap().0)
}

fn sentences(language: Language) -> Sentences {
    let mut sentences = Sentences::new();
    let mut current = String::new();
    for line in text(language).lines() {
        if let Some(key) = key(line) {
            key.clone_into(&mut current);
            sentences.insert(current.clone(), BTreeSet::new());
        }
        for part in line.split("{ $").skip(1) {
            let name = part.split([' ', '}']).next().unwrap();
            let of = sentences.get_mut(&current).unwrap();
            of.insert(name.to_owned());
        }
    }
    sentences
}

/// Every file of the window's code.
fn each_file(see: &mut impl FnMut(&Path, &str)) {
    fn walk(directory: &Path, see: &mut impl FnMut(&Path, &str)) {
        let mut entries: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, see);
            } else {
                see(&path, &fs::read_to_string(&path).unwrap());
            }
        }
    }
    walk(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/gui")),
        see,
    );
}
