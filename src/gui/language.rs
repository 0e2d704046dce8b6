//! The languages that the window speaks, and what the system says about the person's own and their customs.

use serde::{Deserialize, Serialize};

/// A language that the window speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English, in which everything is said.
    #[default]
    English,
    /// German, in which everything is said too.
    German,
    /// Hebrew: its most seen parts. The rest is said in English.
    Hebrew,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::Hebrew];

    /// What it is called by those who speak it.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Hebrew => "עברית",
        }
    }

    /// Its tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Hebrew => "he",
        }
    }

    /// Whether it is read from right to left.
    pub fn reads_left(self) -> bool {
        match self {
            Self::English | Self::German => false,
            Self::Hebrew => true,
        }
    }

    /// The one that a locale as `de_AT.UTF-8` begins with, if the window speaks it.
    fn of_locale(locale: &str) -> Option<Self> {
        let tag = locale.split(['_', '-', '.', '@']).next()?;
        match tag {
            // Of the C library: no language in particular.
            "C" | "POSIX" => Some(Self::English),
            // What Hebrew was called until 1989, and still is here and there.
            "iw" => Some(Self::Hebrew),
            _ => Self::ALL.into_iter().find(|language| language.tag() == tag),
        }
    }
}

/// What the system says about the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Locale {
    /// The language they want.
    pub language: Language,
    /// How they write times.
    pub customs: Customs,
}

/// How dates and times are written where somebody lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Customs {
    /// The day has twice twelve hours.
    pub twelve_hours: bool,
    /// The month stands before the day.
    pub month_first: bool,
}

impl Locale {
    /// What the environment says.
    pub fn of_system() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&str; 3]| {
            let mut values = names.into_iter().filter_map(&variable);
            values.find(|value| !value.is_empty()).unwrap_or_default()
        };
        let messages = first(["LC_ALL", "LC_MESSAGES", "LANG"]);
        // A list of wishes, which counts for those who have a locale at all, as gettext has it.
        let wishes = variable("LANGUAGE").unwrap_or_default();
        let plain = ["", "C", "POSIX"].contains(&messages.split('.').next().unwrap_or_default());
        let wished = wishes.split(':').filter(|_| !plain);
        let language = wished
            .chain([messages.as_str()])
            .find_map(Language::of_locale);
        Self {
            language: language.unwrap_or_default(),
            customs: Customs::of_locale(&first(["LC_ALL", "LC_TIME", "LANG"])),
        }
    }
}

impl Customs {
    fn of_locale(locale: &str) -> Self {
        let name = locale.split(['.', '@']).next().unwrap_or_default();
        let (_, region) = name.split_once('_').unwrap_or_default();
        Self {
            twelve_hours: TWELVE.contains(&region),
            month_first: ["US", "PH"].contains(&region),
        }
    }
}

/// Where English is spoken and the clock has twelve hours, as CLDR 48 has it. The other languages of the
/// window write twenty-four everywhere.
const TWELVE: [&str; 14] = [
    "US", "CA", "AU", "NZ", "IN", "PH", "PK", "BD", "EG", "SA", "MY", "SG", "HK", "PR",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Locale {
        Locale::of(|wanted| {
            let mut all = variables.iter();
            let found = all.find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_language_is_the_first_wish_that_the_window_speaks() {
        for (variables, language) in [
            (&[][..], Language::English),
            (&[("LANG", "de_AT.UTF-8")], Language::German),
            (&[("LANG", "iw_IL")], Language::Hebrew),
            (&[("LANG", "ja_JP.UTF-8")], Language::English),
            (
                &[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C.UTF-8")],
                Language::English,
            ),
            (
                &[("LANG", "de_DE.UTF-8"), ("LC_MESSAGES", "")],
                Language::German,
            ),
            (
                &[("LANG", "en_US.UTF-8"), ("LANGUAGE", "ja:de:en")],
                Language::German,
            ),
            (&[("LANG", "C"), ("LANGUAGE", "de")], Language::English),
        ] {
            assert_eq!(of(variables).language, language, "{variables:?}");
        }
    }

    #[test]
    fn customs_are_those_of_where_one_lives() {
        let america = Customs {
            twelve_hours: true,
            month_first: true,
        };
        assert_eq!(of(&[("LANG", "en_US.UTF-8")]).customs, america);
        assert_eq!(
            of(&[("LANG", "en_US.UTF-8"), ("LC_TIME", "en_GB.UTF-8")]).customs,
            Customs::default()
        );
        assert!(!of(&[("LANG", "en_AU")]).customs.month_first);
        assert_eq!(of(&[("LANG", "C.UTF-8")]).customs, Customs::default());
    }
}
