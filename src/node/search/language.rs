//! What a person writes to find something: words, `prefix*`, `"phrases"`, `from:` `in:` `date:` `before:`
//! `after:` `has:`.

use std::collections::BTreeSet;

use jiff::{Span, civil::Date, tz::TimeZone};

use crate::{
    node::{CommandError, ErrorKind, Timestamp},
    store::search::{Has, Phrase},
};

/// What is looked for, with people and chats as they were called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) phrases: Vec<Phrase>,
    pub(super) from: Vec<String>,
    pub(super) within: Vec<String>,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) has: BTreeSet<Has>,
}

/// Longest question, in bytes.
pub(super) const LONGEST: usize = 1024;

/// Most words and conditions of a question.
const MOST: usize = 24;

/// One word or condition, as it is written.
struct Item {
    /// `from` of `from:ben`.
    key: Option<String>,
    text: String,
    is_quoted: bool,
    /// The question ends with it: it may not be written to its end yet.
    is_last: bool,
}

/// Reads a question. `zone` is where days begin and end.
pub(super) fn read(question: &str, zone: &TimeZone) -> Result<Wanted, CommandError> {
    if question.len() > LONGEST {
        let message = format!("A search takes at most {LONGEST} bytes; this one has more.");
        return Err(CommandError::new(ErrorKind::TooLarge, message));
    }
    let items = items(question);
    if items.len() > MOST {
        return Err(wrong(format!(
            "A search takes at most {MOST} words and conditions; this one has more."
        )));
    }
    let mut wanted = Wanted::default();
    for item in items {
        wanted.add(&item, zone)?;
    }
    if wanted == Wanted::default() {
        let message =
            "There is no word in that; a search needs one, or a condition such as from:Ben.";
        return Err(wrong(message.into()));
    }
    Ok(wanted)
}

impl Wanted {
    fn add(&mut self, item: &Item, zone: &TimeZone) -> Result<(), CommandError> {
        let Some(key) = item.key.as_deref() else {
            let start = item.text.strip_suffix('*').filter(|_| !item.is_quoted);
            let is_prefix = start.is_some() || (item.is_last && !item.is_quoted);
            let phrase = Phrase::of(start.unwrap_or(&item.text), is_prefix);
            self.phrases.extend(phrase);
            return Ok(());
        };
        if item.text.is_empty() {
            // The rest is still to be written.
            if item.is_last {
                return Ok(());
            }
            return Err(wrong(format!(
                "{key}: needs something right after it, without a space."
            )));
        }
        match key {
            "from" => self.from.push(item.text.clone()),
            "in" => self.within.push(item.text.clone()),
            "has" => {
                self.has.insert(has(&item.text)?);
            }
            "before" => self.end(days(&item.text, zone)?.0),
            "after" => self.begin(days(&item.text, zone)?.1),
            _ => {
                let (since, until) = days(&item.text, zone)?;
                self.begin(since);
                self.end(until);
            }
        }
        Ok(())
    }

    fn begin(&mut self, since: Timestamp) {
        self.since = self.since.max(Some(since));
    }

    fn end(&mut self, until: Timestamp) {
        self.until = Some(self.until.map_or(until, |known| known.min(until)));
    }
}

const KEYS: [&str; 6] = ["from", "in", "date", "before", "after", "has"];

fn items(question: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut rest = question.trim_start();
    while !rest.is_empty() {
        let key = KEYS.into_iter().find(|key| {
            let head = rest.get(..key.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(key))
                && rest
                    .get(key.len()..)
                    .is_some_and(|rest| rest.starts_with(':'))
        });
        if let Some(key) = key {
            rest = rest.get(key.len() + 1..).unwrap_or_default();
        }
        let (text, is_quoted, left) = match rest.strip_prefix(['"', '“', '”', '„']) {
            // A quote that is not closed yet goes to the end.
            Some(quoted) => match quoted.split_once(['"', '“', '”']) {
                Some((text, left)) => (text, true, left),
                None => (quoted, true, ""),
            },
            None => match rest.split_once(char::is_whitespace) {
                Some((text, left)) => (text, false, left),
                None => (rest, false, ""),
            },
        };
        let ended = question.ends_with(char::is_whitespace);
        rest = left.trim_start();
        items.push(Item {
            key: key.map(str::to_owned),
            text: text.to_owned(),
            is_quoted,
            is_last: rest.is_empty() && !ended,
        });
    }
    items
}

fn has(text: &str) -> Result<Has, CommandError> {
    Ok(match text.to_lowercase().as_str() {
        "link" | "links" => Has::Link,
        "file" | "files" => Has::File,
        "picture" | "pictures" | "image" | "photo" => Has::Picture,
        "sound" | "sounds" | "audio" | "voice" => Has::Sound,
        "film" | "films" | "video" => Has::Film,
        "folder" | "folders" => Has::Folder,
        "mention" | "mentions" => Has::Mention,
        "reply" | "replies" => Has::Reply,
        _ => {
            return Err(wrong(format!(
                "has:{text} is nothing that can be searched for. It can be link, file, picture, sound, film, \
                 folder, mention or reply."
            )));
        }
    })
}

/// When a day, a month, a year or a range of them begins and when it is over.
fn days(text: &str, zone: &TimeZone) -> Result<(Timestamp, Timestamp), CommandError> {
    let unclear = || {
        wrong(format!(
            "{text} is no date. Write 2026-11-01, 2026-11, 2026, or 2026-11-01..2026-11-20."
        ))
    };
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (begin, _) = span(first).ok_or_else(unclear)?;
    let (_, end) = span(last).ok_or_else(unclear)?;
    if begin >= end {
        return Err(wrong(format!("{text} ends before it begins.")));
    }
    let moment = |date: Date| {
        let at = date.to_zoned(zone.clone()).ok()?;
        let ms = at.timestamp().as_millisecond().max(0);
        u64::try_from(ms).ok().map(Timestamp)
    };
    moment(begin).zip(moment(end)).ok_or_else(unclear)
}

/// The first day, and the first one after it.
fn span(text: &str) -> Option<(Date, Date)> {
    let mut parts = text.split('-');
    let year: i16 = number(parts.next()?, 4)?;
    let month = parts.next().map(|part| number::<i8>(part, 2));
    let day = parts.next().map(|part| number::<i8>(part, 2));
    if parts.next().is_some() {
        return None;
    }
    let (begin, length) = match (month, day) {
        (None, _) => (Date::new(year, 1, 1), Span::new().years(1)),
        (Some(month), None) => (Date::new(year, month?, 1), Span::new().months(1)),
        (Some(month), Some(day)) => (Date::new(year, month?, day?), Span::new().days(1)),
    };
    let begin = begin.ok()?;
    Some((begin, begin.checked_add(length).ok()?))
}

fn number<T: std::str::FromStr>(text: &str, longest: usize) -> Option<T> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && text.len() <= longest).then(|| text.parse().ok())?
}

pub(super) fn wrong(message: String) -> CommandError {
    CommandError::new(ErrorKind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(question: &str) -> Wanted {
        read(question, &TimeZone::UTC).unwrap()
    }

    fn refusal(question: &str) -> String {
        read(question, &TimeZone::UTC).unwrap_err().message
    }

    /// Each phrase as its words, with a star if it may go on.
    fn phrases(question: &str) -> Vec<String> {
        let shown = |phrase: &Phrase| {
            let words: Vec<&str> = phrase.pieces.iter().map(|p| p.folded.as_str()).collect();
            let star = if phrase.is_prefix { "*" } else { "" };
            format!("{}{star}", words.join(" "))
        };
        utc(question).phrases.iter().map(shown).collect()
    }

    #[test]
    fn the_last_word_is_a_prefix_until_a_space_follows() {
        assert_eq!(phrases("blue her"), ["blue", "her*"]);
        assert_eq!(phrases("blue her "), ["blue", "her"]);
        assert_eq!(phrases("her* blue "), ["her*", "blue"]);
        assert_eq!(phrases("\"to the river\""), ["to the river"]);
        assert_eq!(phrases("“to the river” back "), ["to the river", "back"]);
        assert_eq!(phrases("\"to the ri"), ["to the ri"]);
        assert_eq!(phrases("example.org"), ["example org*"]);
        assert_eq!(phrases("http://a:b "), ["http a b"]);
    }

    #[test]
    fn conditions_are_told_from_words() {
        let wanted = utc("from:Ben in:\"The herons\" HAS:link from:\"Ann B\" owl ");

        assert_eq!(wanted.from, ["Ben", "Ann B"]);
        assert_eq!(wanted.within, ["The herons"]);
        assert_eq!(wanted.has, BTreeSet::from([Has::Link]));
        assert_eq!(wanted.phrases.len(), 1);
        assert_eq!(phrases("fromage inside: "), ["fromage", "inside"]);
    }

    #[test]
    fn dates_are_whole_days_months_and_years() {
        const NOV: u64 = 1_793_491_200_000;
        const DAY: u64 = 86_400_000;
        let of = |question: &str| {
            let wanted = utc(question);
            (wanted.since.map(|at| at.0), wanted.until.map(|at| at.0))
        };

        assert_eq!(of("date:2026-11"), (Some(NOV), Some(NOV + 30 * DAY)));
        assert_eq!(of("date:2026-11-01"), (Some(NOV), Some(NOV + DAY)));
        assert_eq!(
            of("date:2026-11-01..2026-11-20"),
            (Some(NOV), Some(NOV + 20 * DAY))
        );
        assert_eq!(of("before:2026-11-01"), (None, Some(NOV)));
        assert_eq!(of("after:2026-11-01"), (Some(NOV + DAY), None));
        assert_eq!(
            of("after:2026-10-31 before:2026-11-02 x"),
            (Some(NOV), Some(NOV + DAY))
        );
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let there = read("date:2026-11-01", &zone).unwrap();
        assert_eq!(there.since, Some(Timestamp(NOV - 2 * 3_600_000)));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_sentence() {
        for (question, part) in [
            ("", "no word"),
            ("  !? ", "no word"),
            ("has:teeth", "has:teeth"),
            ("date:yesterdy", "is no date"),
            ("date:2026-13", "is no date"),
            ("date:2026-02-30", "is no date"),
            ("date:2026-1-1-1", "is no date"),
            ("date:+2026", "is no date"),
            ("date:2026..2025", "ends before"),
            ("from: Ben", "right after it"),
            (&"x".repeat(2000), "at most"),
            (&"x ".repeat(30), "at most"),
        ] {
            let refusal = refusal(question);
            assert!(refusal.contains(part), "{question}: {refusal}");
        }
        // While it is written, half a condition is none.
        assert_eq!(phrases("owl from:"), ["owl"]);
    }
}
