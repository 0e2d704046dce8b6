//! What the window says: the catalogues in `assets/i18n`, one of each language.

use std::{cell::LazyCell, thread::LocalKey};

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::language::Language;

/// The sentence of that name.
pub fn tr(key: &str) -> String {
    format(key, None)
}

/// The sentence of that name, with a name or number in it.
pub fn tr_with<'a>(key: &str, arguments: &[(&'a str, Argument<'a>)]) -> String {
    format(key, Some(&args(arguments)))
}

fn args<'a>(arguments: &[(&'a str, Argument<'a>)]) -> FluentArgs<'a> {
    let mut args = FluentArgs::new();
    for (name, argument) in arguments {
        let value = match *argument {
            Argument::Text(text) => FluentValue::from(text),
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
            Argument::Count(count) => FluentValue::from(count as f64),
        };
        args.set(*name, value);
    }
    args
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

/// From now on the program speaks this language; in tests only the thread does.
pub fn speak(language: Language) {
    #[cfg(not(test))]
    SPOKEN.store(language as u8, std::sync::atomic::Ordering::Relaxed);
    #[cfg(test)]
    SPOKEN.with(|spoken| spoken.set(language as u8));
}

/// The language that is spoken.
pub fn spoken() -> Language {
    #[cfg(not(test))]
    let spoken = SPOKEN.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(test)]
    let spoken = SPOKEN.with(std::cell::Cell::get);
    let mut all = Language::ALL.into_iter();
    all.find(|language| *language as u8 == spoken)
        .unwrap_or_default()
}

#[cfg(not(test))]
static SPOKEN: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

#[cfg(test)]
thread_local! {
    static SPOKEN: std::cell::Cell<u8> = const { std::cell::Cell::new(0) };
}

fn format(key: &str, args: Option<&FluentArgs<'_>>) -> String {
    // What a language does not have is said in English. A test finds every key, so that nobody sees one.
    say(spoken(), key, args)
        .or_else(|| say(Language::English, key, args))
        .unwrap_or_else(|| key.to_owned())
}

fn say(language: Language, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
    catalogue(language).with(|catalogue| {
        let pattern = catalogue.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let said = catalogue.format_pattern(pattern, args, &mut errors);
        Some(said.into_owned())
    })
}

type Catalogue = LazyCell<FluentBundle<FluentResource>>;

fn catalogue(language: Language) -> &'static LocalKey<Catalogue> {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
        Language::Hebrew => &HEBREW,
    }
}

thread_local! {
    static ENGLISH: Catalogue = LazyCell::new(|| read(Language::English));
    static GERMAN: Catalogue = LazyCell::new(|| read(Language::German));
    static HEBREW: Catalogue = LazyCell::new(|| read(Language::Hebrew));
}

fn text(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../assets/i18n/en.ftl"),
        Language::German => include_str!("../../assets/i18n/de.ftl"),
        Language::Hebrew => include_str!("../../assets/i18n/he.ftl"),
    }
}

/// The sentences of the node, as it says them.
pub(super) const NODE_ENGLISH: &str = include_str!("../../assets/i18n/refusals/en.ftl");

/// A sentence of the node, if the language that is spoken has it.
pub(super) fn of_node(key: &str, arguments: &[(&str, Argument<'_>)]) -> Option<String> {
    say(spoken(), key, Some(&args(arguments)))
}

/// Whether another language is spoken than the node's.
pub(super) fn is_foreign() -> bool {
    spoken() != Language::English
}

fn of_node_in(language: Language) -> &'static str {
    match language {
        Language::English => NODE_ENGLISH,
        Language::German => include_str!("../../assets/i18n/refusals/de.ftl"),
        Language::Hebrew => "",
    }
}

fn read(language: Language) -> FluentBundle<FluentResource> {
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new(vec![tag]);
    // Marks around names would show as boxes: egui lays text out without bidirectional controls.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(grouped));
    for text in [text(language), of_node_in(language)] {
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(part, _)| part);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// A count with its digits in threes, as the language writes it.
fn grouped<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    let FluentValue::Number(number) = value else {
        return None;
    };
    let digits = number.as_string();
    if digits.len() <= 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let mark = tr("number-group");
    let mut said = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            said.push_str(&mark);
        }
        said.push(digit);
    }
    Some(said)
}

#[cfg(test)]
mod tests;
