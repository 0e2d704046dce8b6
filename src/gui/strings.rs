//! What the window says: one catalogue, `assets/i18n/en.ftl`.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// The sentence of that name.
pub fn tr(key: &str) -> String {
    format(key, None)
}

/// The sentence of that name, with a name or number in it.
pub fn tr_with<'a>(key: &str, arguments: &[(&'a str, Argument<'a>)]) -> String {
    let mut args = FluentArgs::new();
    for (name, argument) in arguments {
        let value = match *argument {
            Argument::Text(text) => FluentValue::from(text),
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
            Argument::Count(count) => FluentValue::from(count as f64),
        };
        args.set(*name, value);
    }
    format(key, Some(&args))
}

/// What stands in a sentence.
#[derive(Clone, Copy, Debug)]
pub enum Argument<'a> {
    /// A name, a time, an address.
    Text(&'a str),
    /// How many.
    Count(u64),
}

/// The sentence of that name, about somebody or something named.
pub fn tr_name(key: &str, name: &str) -> String {
    tr_with(key, &[("name", Argument::Text(name))])
}

/// The sentence of that name, about so many.
pub fn tr_count(key: &str, count: u64) -> String {
    tr_with(key, &[("count", Argument::Count(count))])
}

fn format(key: &str, args: Option<&FluentArgs<'_>>) -> String {
    CATALOGUE.with(|catalogue| {
        let message = catalogue
            .get_message(key)
            .and_then(|message| message.value());
        // A test finds every key, so that nobody sees one.
        let Some(pattern) = message else {
            return key.to_owned();
        };
        let mut errors = Vec::new();
        catalogue
            .format_pattern(pattern, args, &mut errors)
            .into_owned()
    })
}

fn catalogue() -> FluentBundle<FluentResource> {
    let english: LanguageIdentifier = "en".parse().unwrap_or_default();
    let mut bundle = FluentBundle::new(vec![english]);
    // Marks around names would show as boxes: egui lays text out without bidirectional controls.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(ENGLISH.to_owned()).unwrap_or_else(|(part, _)| part);
    bundle.add_resource_overriding(resource);
    bundle
}

thread_local! {
    static CATALOGUE: FluentBundle<FluentResource> = catalogue();
}

const ENGLISH: &str = include_str!("../../assets/i18n/en.ftl");

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn the_catalogue_has_no_syntax_error() {
        assert!(FluentResource::try_new(ENGLISH.to_owned()).is_ok());
    }

    #[test]
    fn counts_choose_their_form() {
        assert_eq!(tr_count("chats-unread", 1), "1 unread message");
        assert_eq!(tr_count("chats-unread", 12), "12 unread messages");
    }

    #[test]
    fn every_sentence_named_in_the_code_exists_and_every_sentence_is_used() {
        let mut used = BTreeSet::new();
        collect(
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/gui")),
            &mut used,
        );
        let known: BTreeSet<String> = ENGLISH
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| Some(line.split_once(" =")?.0.to_owned()))
            .collect();

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

    /// Every text literal of the window's code.
    fn collect(directory: &Path, used: &mut BTreeSet<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, used);
            } else {
                let code = fs::read_to_string(&path).unwrap();
                used.extend(code.split('"').map(str::to_owned));
            }
        }
    }
}
