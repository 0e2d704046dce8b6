//! Of what the person is told while they do not look: decided here, shown by [`super::desktop`].

use serde::{Deserialize, Serialize};

use super::{
    sounds::Sound,
    strings::{Argument, tr, tr_name, tr_with},
};
use crate::node::{ChatId, Timestamp};

/// What the person chose about notifications, in `window.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alerts {
    /// Whether there are any.
    pub on: bool,
    /// How much they say.
    pub content: Content,
    /// Whether they are heard.
    pub sound: bool,
    /// Whether there are hours without.
    pub quiet: bool,
    /// When these begin, in minutes of the day.
    pub quiet_from: u16,
    /// When they end.
    pub quiet_until: u16,
    /// Until when there are none at all, in milliseconds since 1970.
    pub silent_until: u64,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            on: true,
            content: Content::Text,
            sound: true,
            quiet: false,
            quiet_from: 22 * 60,
            quiet_until: 7 * 60,
            silent_until: 0,
        }
    }
}

/// How much a notification says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// Who wrote, and what.
    #[default]
    Text,
    /// Who wrote.
    Name,
    /// That somebody wrote.
    Nothing,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happened<'a> {
    /// What it was.
    pub what: What,
    /// Where.
    pub chat: ChatId,
    /// What the chat is called.
    pub name: &'a str,
    /// Who did it; in a direct chat the same.
    pub author: &'a str,
    /// What they said, on one line.
    pub words: &'a str,
    /// Whether the chat is a group.
    pub group: bool,
    /// Whether it is muted.
    pub muted: bool,
    /// Whether I am named.
    pub named: bool,
    /// How many messages there are unread, this one among them.
    pub unread: u32,
    /// Whether the person looks at this chat.
    pub seen: bool,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Somebody wrote.
    Message,
    /// A stranger wants to talk.
    Request,
}

/// The time of the person's day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Minutes since midnight where they are.
    pub minute: u16,
    /// The time.
    pub now: Timestamp,
}

/// What is shown outside of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which chat a click opens. A chat has one at a time.
    pub chat: ChatId,
    /// Its heading.
    pub title: String,
    /// What it says below.
    pub body: String,
    /// How it is heard, if it is.
    pub sound: Option<Sound>,
    /// Whether it can be answered there.
    pub answers: bool,
}

/// What is to be shown of something that happened, if anything.
pub fn note(happened: &Happened<'_>, alerts: &Alerts, hour: Hour) -> Option<Note> {
    let calls = happened.named && happened.group;
    if !alerts.on || happened.seen || (happened.muted && !calls) || is_quiet(alerts, hour) {
        return None;
    }
    let message = happened.what == What::Message;
    let (title, body) = match (alerts.content, happened.what) {
        (Content::Nothing, What::Message) => (tr("alert-app"), tr("alert-message")),
        (Content::Nothing, What::Request) => (tr("alert-app"), tr("alert-request")),
        (_, What::Request) => (
            happened.name.to_owned(),
            tr_name("alert-request-by", happened.name),
        ),
        (Content::Name, What::Message) => (title(happened), tr("alert-message")),
        (Content::Text, What::Message) => (title(happened), words(happened)),
    };
    Some(Note {
        chat: happened.chat,
        title,
        body,
        sound: alerts.sound.then_some(match happened.what {
            What::Message => Sound::Message,
            What::Request => Sound::Request,
        }),
        // Whoever cannot see what was said does not answer it.
        answers: message && alerts.content == Content::Text,
    })
}

/// Whether nothing is to be shown now.
pub fn is_quiet(alerts: &Alerts, hour: Hour) -> bool {
    let Alerts {
        quiet_from: from,
        quiet_until: until,
        ..
    } = *alerts;
    let minute = hour.minute;
    let by_hours = if from <= until {
        (from..until).contains(&minute)
    } else {
        // Over midnight.
        minute >= from || minute < until
    };
    hour.now.0 < alerts.silent_until || (alerts.quiet && by_hours)
}

fn title(happened: &Happened<'_>) -> String {
    match happened.unread {
        0 | 1 => happened.name.to_owned(),
        count => tr_with(
            "alert-count",
            &[
                ("name", Argument::Text(happened.name)),
                ("count", Argument::Count(count.into())),
            ],
        ),
    }
}

fn words(happened: &Happened<'_>) -> String {
    let said: String = happened.words.chars().take(LONGEST).collect();
    if happened.group {
        format!("{}: {said}", happened.author)
    } else {
        said
    }
}

/// A notification says no more, in characters.
const LONGEST: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: ChatId = ChatId([2; 32]);
    const NOON: Hour = Hour {
        minute: 12 * 60,
        now: Timestamp(1_000),
    };

    fn said() -> Happened<'static> {
        Happened {
            what: What::Message,
            chat: CHAT,
            name: "Maya",
            author: "Maya",
            words: "The tent is here",
            group: false,
            muted: false,
            named: false,
            unread: 1,
            seen: false,
        }
    }

    fn in_group() -> Happened<'static> {
        Happened {
            name: "Herons",
            group: true,
            ..said()
        }
    }

    fn shown(happened: Happened<'_>, alerts: Alerts) -> Option<(String, String)> {
        note(&happened, &alerts, NOON).map(|note| (note.title, note.body))
    }

    #[test]
    fn how_much_is_said_is_what_was_chosen() {
        let with = |content| Alerts {
            content,
            ..Alerts::default()
        };
        let request = Happened {
            what: What::Request,
            ..said()
        };
        for (happened, content, title, body) in [
            (said(), Content::Text, "Maya", "The tent is here"),
            (said(), Content::Name, "Maya", "New message"),
            (said(), Content::Nothing, "Betwixt", "New message"),
            (
                in_group(),
                Content::Text,
                "Herons",
                "Maya: The tent is here",
            ),
            (in_group(), Content::Name, "Herons", "New message"),
            (
                request,
                Content::Text,
                "Maya",
                "Maya wants to talk with you",
            ),
            (
                request,
                Content::Name,
                "Maya",
                "Maya wants to talk with you",
            ),
            (
                request,
                Content::Nothing,
                "Betwixt",
                "Somebody wants to talk with you",
            ),
        ] {
            let wanted = Some((title.to_owned(), body.to_owned()));
            assert_eq!(shown(happened, with(content)), wanted);
        }
    }

    #[test]
    fn who_looks_or_does_not_want_to_know_is_not_told() {
        let on = Alerts::default();
        let muted = Happened {
            muted: true,
            ..in_group()
        };
        let named = Happened {
            named: true,
            ..muted
        };
        let direct = Happened {
            muted: true,
            named: true,
            ..said()
        };
        let seen = Happened {
            seen: true,
            ..said()
        };
        let off = Alerts { on: false, ..on };
        for (happened, alerts, told) in [
            (said(), on, true),
            (seen, on, false),
            (said(), off, false),
            (muted, on, false),
            (named, on, true),
            (direct, on, false),
            (
                Happened {
                    seen: true,
                    ..named
                },
                on,
                false,
            ),
            (named, off, false),
        ] {
            let found = note(&happened, &alerts, NOON).is_some();
            assert_eq!(found, told, "{happened:?} {alerts:?}");
        }
    }

    #[test]
    fn what_is_heard_is_what_happened_unless_it_is_off() {
        let heard = |what, sound| {
            let alerts = Alerts {
                sound,
                ..Alerts::default()
            };
            note(&Happened { what, ..said() }, &alerts, NOON)
                .unwrap()
                .sound
        };

        assert_eq!(heard(What::Message, true), Some(Sound::Message));
        assert_eq!(heard(What::Request, true), Some(Sound::Request));
        assert_eq!(heard(What::Message, false), None);
    }

    #[test]
    fn hours_without_hold_over_midnight_too() {
        for (from, until, minute, quiet) in [
            (22, 7, 21 * 60 + 59, false),
            (22, 7, 22 * 60, true),
            (22, 7, 0, true),
            (22, 7, 7 * 60 - 1, true),
            (22, 7, 7 * 60, false),
            (9, 17, 12 * 60, true),
            (9, 17, 17 * 60, false),
            (8, 8, 8 * 60, false),
        ] {
            let alerts = Alerts {
                quiet: true,
                quiet_from: from * 60,
                quiet_until: until * 60,
                ..Alerts::default()
            };
            let hour = Hour { minute, ..NOON };
            assert_eq!(is_quiet(&alerts, hour), quiet, "{from} {until} {minute}");
            let off = Alerts {
                quiet: false,
                ..alerts
            };
            assert!(!is_quiet(&off, hour));
        }
    }

    #[test]
    fn until_tomorrow_ends() {
        let alerts = Alerts {
            silent_until: 2_000,
            ..Alerts::default()
        };
        let at = |now| Hour {
            now: Timestamp(now),
            ..NOON
        };

        assert!(note(&said(), &alerts, at(1_999)).is_none());
        assert!(note(&said(), &alerts, at(2_000)).is_some());
    }

    #[test]
    fn what_is_unread_is_counted_and_long_texts_are_cut() {
        let many = Happened {
            unread: 3,
            words: &"a".repeat(1_000),
            ..said()
        };

        let note = note(&many, &Alerts::default(), NOON).unwrap();

        assert_eq!(note.title, "Maya (3)");
        assert_eq!(note.body.len(), LONGEST);
    }

    #[test]
    fn only_what_can_be_read_can_be_answered() {
        let answers = |happened, content| {
            let alerts = Alerts {
                content,
                ..Alerts::default()
            };
            note(&happened, &alerts, NOON).unwrap().answers
        };
        let request = Happened {
            what: What::Request,
            ..said()
        };

        assert!(answers(said(), Content::Text));
        assert!(!answers(said(), Content::Name) && !answers(request, Content::Text));
    }
}
