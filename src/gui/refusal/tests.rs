use std::{collections::BTreeSet, fs, io::Error, path::Path};

use super::*;
use crate::gui::language::Language;

fn in_german(english: &str) -> String {
    strings::speak(Language::German);
    let said = words(english.to_owned());
    strings::speak(Language::English);
    said
}

#[test]
fn a_sentence_of_the_node_is_said_in_german_with_what_stands_in_it() {
    assert_eq!(
        in_german("Nobody here is called Ben."),
        "Niemand hier heißt Ben."
    );
    assert_eq!(
        in_german("This invite has ended. Ask for a new one."),
        "Diese Einladung ist abgelaufen. Bitte um eine neue."
    );
    assert_eq!(
        in_german(
            "/a: b/c.jpg was not sent: the picture is damaged, so that what else is written in it, such as where it was taken, would go along. It can be sent as it is (original)."
        ),
        "/a: b/c.jpg wurde nicht gesendet: das Bild ist beschädigt. Deshalb ginge mit, was sonst darin steht, etwa wo es aufgenommen wurde. Es kann so gesendet werden, wie es ist (Original)."
    );
}

#[test]
fn a_cause_within_a_sentence_is_said_in_german_too() {
    assert_eq!(
        in_german(
            "Nothing was sent or changed: the disk is full: only 3 MiB are left, and 64 are needed. Mend that, then try again."
        ),
        "Nichts wurde gesendet oder geändert: die Festplatte ist voll: nur 3 MiB sind frei, 64 werden gebraucht. Behebe das und versuche es noch einmal."
    );
    assert_eq!(
        in_german("The file was not saved: something new (os error 99)."),
        "Die Datei wurde nicht gespeichert: something new (os error 99)."
    );
}

#[test]
fn what_the_system_says_is_said_in_words_and_what_is_uncommon_stands_in_brackets() {
    let causes = [
        (2, "there is no such file or folder"),
        (13, "it is not permitted"),
        (28, "the disk is full"),
        (
            30,
            "nothing can be written there: the file system is read-only",
        ),
        (17, "there is something of that name already"),
        (21, "it is a folder"),
        (110, "it took too long"),
        (111, "nobody answers there"),
        (24, "too many files are open at once"),
        (51, "the system refused it (Level 2 halted (os error 51))"),
    ];
    for (number, plain) in causes {
        let cause = Error::from_raw_os_error(number).to_string();
        let error = CommandError::new(
            ErrorKind::Storage,
            format!("The file was not saved: {cause}."),
        );

        assert_eq!(said(&error), format!("The file was not saved: {plain}."));
        assert_eq!(words(cause.clone()), plain);
        let german = in_german(&error.message);
        assert!(german.starts_with("Die Datei wurde nicht gespeichert: "));
        assert_eq!(german.contains(&cause), number == 51, "{german}");
        assert!(!german.contains(plain), "{german}");
    }
    let kind = Error::from(std::io::ErrorKind::TimedOut).to_string();
    assert_eq!(in_german(&kind), "es dauerte zu lange");
    assert_eq!(
        words("it said: No such file or directory (os error 2)".into()),
        "it said: No such file or directory (os error 2)",
        "something else stands before it"
    );
}

#[test]
fn what_is_not_known_is_said_as_it_is_and_of_a_refusal_its_kind() {
    assert_eq!(
        in_german("Something new happened."),
        "Something new happened."
    );
    let mut seen = BTreeSet::new();
    for kind in KINDS {
        let error = CommandError::new(kind, "Something new.");
        assert_eq!(said(&error), "Something new.", "scripts see this too");
        strings::speak(Language::German);
        let german = said(&error);
        strings::speak(Language::English);
        assert!(german.ends_with("Something new."), "{german}");
        assert!(german.len() > 20 && !german.contains("cause"), "{german}");
        assert!(seen.insert(german));
    }
}

/// All of them: the compiler says so in `of_kind`.
const KINDS: [ErrorKind; 9] = [
    ErrorKind::Invalid,
    ErrorKind::NotFound,
    ErrorKind::Conflict,
    ErrorKind::Locked,
    ErrorKind::Forbidden,
    ErrorKind::TooLarge,
    ErrorKind::Storage,
    ErrorKind::Network,
    ErrorKind::Unsupported,
];

#[test]
fn each_sentence_is_found_again_and_german_has_it() {
    SENTENCES.with(|sentences| {
        assert!(sentences.len() > 150);
        for sentence in sentences.iter() {
            let mut english = String::new();
            for part in &sentence.parts {
                match part {
                    Part::Text(text) => english.push_str(text),
                    Part::Name(_) => english.push('7'),
                }
            }
            let german = in_german(&english);
            assert_ne!(german, english, "{}", sentence.key);
            let names = sentence
                .parts
                .iter()
                .filter(|part| matches!(part, Part::Name(_)));
            let sevens = |text: &str| text.matches('7').count();
            assert_eq!(sevens(&german), names.count(), "{}: {german}", sentence.key);
        }
    });
}

#[test]
fn every_sentence_that_the_node_has_is_known() {
    let mut unknown = Vec::new();
    let mut count = 0;
    for part in [
        "node", "proto", "files", "store", "net", "disk", "picture", "sound",
    ] {
        each_file(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(part),
            &mut |path, code| {
                for literal in spoken(code, path) {
                    count += 1;
                    let known =
                        SENTENCES.with(|all| all.iter().any(|one| one.fit(&literal).is_some()));
                    if !known {
                        unknown.push((path.to_owned(), literal));
                    }
                }
            },
        );
    }

    assert!(
        unknown.is_empty(),
        "add them to assets/i18n/refusals: {unknown:#?}"
    );
    assert!(count > 120, "{count}");
}

/// What a file of code says to people, with something in place of what is put in.
fn spoken(code: &str, path: &Path) -> Vec<String> {
    let code = code.split("#[cfg(test)]").next().unwrap();
    let code = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (nth, literal) in code.replace("\\\"", "'").split('"').enumerate() {
        let mut text = literal.replace("\\\n", "\n");
        while let Some(at) = text.find('\n') {
            let rest = text[at..].trim_start().to_owned();
            text.truncate(at);
            text.push_str(&rest);
        }
        let is_sentence = text.starts_with(|c: char| c.is_ascii_uppercase() || c == '{')
            && text.ends_with('.')
            && text.contains(' ');
        let before: String = code.replace("\\\"", "'").split('"').take(nth).collect();
        let is_cause =
            before.trim_end().ends_with("#[error(") && CAUSES.iter().any(|end| path.ends_with(end));
        let is_placeholder = text.starts_with('{') && text.find('}') == Some(text.len() - 1);
        if nth % 2 == 1 && (is_sentence || is_cause) && !is_placeholder {
            found.push(filled(&text));
        }
    }
    found.retain(|text| !NOT_HERE.iter().any(|end| text.ends_with(end)));
    found
}

fn filled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push('7');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out + rest
}

/// Where errors are whose words become part of sentences.
const CAUSES: [&str; 11] = [
    "store/error.rs",
    "store/open.rs",
    "store/profile.rs",
    "files/plain.rs",
    "files/save.rs",
    "files/seal.rs",
    "files/shelf.rs",
    "files/walk.rs",
    "picture/look.rs",
    "sound/decoder.rs",
    "proto/words.rs",
];

/// What is no whole sentence: the other half stands elsewhere.
const NOT_HERE: [&str; 2] = ["7: 7", "7 7."];

fn each_file(dir: &Path, then: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("tests") || path.ends_with("tests.rs") {
            continue;
        }
        if path.is_dir() {
            each_file(&path, then);
        } else if path.extension().is_some_and(|end| end == "rs") {
            then(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
