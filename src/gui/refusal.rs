//! What the node says, in the person's language.
//!
//! The node says why it refuses something, or what it warns of, in English: that is what scripts and logs see. Its
//! sentences stand in `assets/i18n/refusals`, so that the window knows one when it comes, with what stands in it
//! (ADR 0035). What is not known is said as it is. What the operating system says as a cause is said in words too, also
//! in English.

mod system;

use std::cell::LazyCell;

use super::strings::{self, Argument, tr_with};
use crate::node::{CommandError, ErrorKind};

/// Why something was refused.
pub fn said(error: &CommandError) -> String {
    let known = known(&error.message, DEEPEST);
    if !strings::is_foreign() {
        return known.unwrap_or_else(|| error.message.clone());
    }
    known.unwrap_or_else(|| {
        let cause = [("cause", Argument::Text(&error.message))];
        tr_with(of_kind(error.kind), &cause)
    })
}

/// Something else that the node says.
pub fn words(english: String) -> String {
    let known = system::words(&english).or_else(|| known(&english, DEEPEST));
    known.unwrap_or(english)
}

/// What is said of a refusal of which only the kind is known.
fn of_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid => "refused-invalid",
        ErrorKind::NotFound => "refused-not-found",
        ErrorKind::Conflict => "refused-conflict",
        ErrorKind::Locked => "refused-locked",
        ErrorKind::Forbidden => "refused-forbidden",
        ErrorKind::TooLarge => "refused-too-large",
        ErrorKind::Storage => "refused-storage",
        ErrorKind::Network => "refused-network",
        ErrorKind::Unsupported => "refused-unsupported",
    }
}

/// Causes within causes that are looked at.
const DEEPEST: u8 = 3;

/// The sentence in the person's language, if it is known and that language has it.
fn known(english: &str, depth: u8) -> Option<String> {
    let (key, found) = SENTENCES.with(|sentences| {
        let fitting = sentences.iter().filter_map(|sentence| {
            let found = sentence.fit(english)?;
            Some((sentence, found))
        });
        // The one that says most of it itself.
        let best = fitting.max_by_key(|(sentence, _)| sentence.letters());
        best.map(|(sentence, found)| (sentence.key, found))
    })?;
    let found = found.into_iter().map(|(name, part)| {
        let deeper = depth.checked_sub(1).filter(|_| name == CAUSE);
        let cause = deeper.and_then(|depth| system::words(&part).or_else(|| known(&part, depth)));
        (name, cause.unwrap_or(part))
    });
    let found: Vec<(&str, String)> = found.collect();
    let arguments: Vec<(&str, Argument<'_>)> = found
        .iter()
        .map(|(name, part)| (*name, Argument::Text(part)))
        .collect();
    strings::of_node(key, &arguments)
}

/// What in a sentence is another one.
const CAUSE: &str = "cause";

thread_local! {
    static SENTENCES: LazyCell<Vec<Sentence>> = LazyCell::new(|| {
        let lines = strings::NODE_ENGLISH.lines();
        lines.filter_map(Sentence::read).collect()
    });
}

/// A sentence of the node.
struct Sentence {
    key: &'static str,
    parts: Vec<Part>,
}

enum Part {
    Text(&'static str),
    Name(&'static str),
}

impl Sentence {
    fn read(line: &'static str) -> Option<Self> {
        let (key, mut rest) = line.split_once(" = ")?;
        let mut parts = Vec::new();
        while let Some((text, after)) = rest.split_once("{ $") {
            let (name, after) = after.split_once(" }")?;
            if !text.is_empty() {
                parts.push(Part::Text(text));
            }
            parts.push(Part::Name(name));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest));
        }
        (!key.starts_with('#')).then_some(Self { key, parts })
    }

    /// What stands in it, if it is this sentence.
    fn fit(&self, english: &str) -> Option<Vec<(&'static str, String)>> {
        let mut found = Vec::new();
        let mut rest = english;
        let mut name = None;
        for (nth, part) in self.parts.iter().enumerate() {
            match part {
                Part::Name(next) => name = Some(*next),
                Part::Text(text) => {
                    let is_last = nth + 1 == self.parts.len();
                    let at = match name {
                        None => rest.starts_with(text).then_some(0)?,
                        Some(_) if is_last => rest.strip_suffix(text)?.len(),
                        Some(_) => rest.find(text)?,
                    };
                    let (before, after) = rest.split_at_checked(at)?;
                    found.extend(name.take().map(|name| (name, before.to_owned())));
                    rest = after.strip_prefix(text)?;
                }
            }
        }
        if let Some(name) = name {
            found.push((name, std::mem::take(&mut rest).to_owned()));
        }
        let whole = rest.is_empty() && found.iter().all(|(_, part)| !part.is_empty());
        whole.then_some(found)
    }

    fn letters(&self) -> usize {
        let texts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.len(),
            Part::Name(_) => 0,
        });
        texts.sum()
    }
}

#[cfg(test)]
mod tests;
