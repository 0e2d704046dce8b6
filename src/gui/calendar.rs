//! Dates and times of day, as the window shows them.

use jiff::{Zoned, tz::TimeZone};

use super::{
    alert::Hour,
    language::Customs,
    strings::{Argument, tr, tr_with},
};
use crate::node::Timestamp;

/// Dates and times of day where the person is.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    customs: Customs,
}

impl Calendar {
    /// In the system's time zone.
    pub fn of_system(customs: Customs) -> Self {
        Self {
            zone: TimeZone::system(),
            customs,
        }
    }

    /// In UTC, for tests.
    pub fn utc() -> Self {
        Self {
            zone: TimeZone::UTC,
            customs: Customs::default(),
        }
    }

    /// `14:32`, or `2:32 PM` where that is the custom.
    pub fn time(&self, at: Timestamp) -> String {
        let at = self.zoned(at);
        let minute = i16::from(at.hour()) * 60 + i16::from(at.minute());
        self.minute(minute.unsigned_abs())
    }

    /// The same of a minute of the day.
    pub fn minute(&self, minute: u16) -> String {
        let hour = minute / 60;
        let clock = if self.customs.twelve_hours {
            "twelve"
        } else {
            "day"
        };
        let half = if hour < 12 { "am" } else { "pm" };
        let twelve = (hour + 11) % 12 + 1;
        let (twelve, hour) = (twelve.to_string(), format!("{hour:02}"));
        let minute = format!("{:02}", minute % 60);
        tr_with(
            "time-of-day",
            &[
                ("clock", Argument::Text(clock)),
                ("half", Argument::Text(half)),
                ("hour", Argument::Text(&hour)),
                ("minute", Argument::Text(&minute)),
                ("twelve", Argument::Text(&twelve)),
            ],
        )
    }

    /// The time of the day, for what depends on it.
    pub fn hour(&self, now: Timestamp) -> Hour {
        let at = self.zoned(now);
        let minute = i16::from(at.hour()) * 60 + i16::from(at.minute());
        Hour {
            minute: minute.unsigned_abs(),
            now,
        }
    }

    /// When the morning of tomorrow begins.
    pub fn tomorrow(&self, now: Timestamp) -> Timestamp {
        let at = self.zoned(now);
        let morning = at
            .tomorrow()
            .and_then(|at| at.start_of_day())
            .and_then(|at| at.checked_add(jiff::SignedDuration::from_hours(MORNING)));
        let at = morning.map_or(0, |at| at.timestamp().as_millisecond());
        Timestamp(u64::try_from(at).unwrap_or(now.0))
    }

    /// Days since the epoch, to tell days apart.
    pub fn day(&self, at: Timestamp) -> i32 {
        let at = self.zoned(at).date();
        days(at)
    }

    /// `Today`, `Yesterday`, `Monday`, `Monday, 3 March`, `3 March 2024`
    pub fn day_name(&self, at: Timestamp, now: Timestamp) -> String {
        let (at, today) = (self.zoned(at).date(), self.zoned(now).date());
        match days(today) - days(at) {
            0 => tr("day-today"),
            1 => tr("day-yesterday"),
            2..=6 => weekday(at),
            _ if at.year() == today.year() => self.date("day-this-year", at),
            _ => self.date("day-other-year", at),
        }
    }

    /// `14:32` today, then `Yesterday`, `Mon`, `3 Mar`, `3 Mar 2024`: for a list.
    pub fn short(&self, at: Timestamp, now: Timestamp) -> String {
        let (day, today) = (self.zoned(at).date(), self.zoned(now).date());
        match days(today) - days(day) {
            ..=0 => self.time(at),
            1 => tr("day-yesterday"),
            2..=6 => short_weekday(day),
            _ if day.year() == today.year() => self.date("day-short-this-year", day),
            _ => self.date("day-short-other-year", day),
        }
    }

    /// `Today, 14:32`: where there is room.
    pub fn in_full(&self, at: Timestamp, now: Timestamp) -> String {
        let (day, time) = (self.day_name(at, now), self.time(at));
        tr_with(
            "day-and-time",
            &[
                ("day", Argument::Text(&day)),
                ("time", Argument::Text(&time)),
            ],
        )
    }

    /// The end of something: `14:32` if it is today, else `5 December`, `5 December 2027`.
    pub fn until(&self, at: Timestamp, now: Timestamp) -> String {
        let (day, today) = (self.zoned(at).date(), self.zoned(now).date());
        if day == today {
            self.time(at)
        } else if day.year() == today.year() {
            self.date("day-until", day)
        } else {
            self.date("day-other-year", day)
        }
    }

    /// `Last seen at 14:32`, `Last seen yesterday`, …
    pub fn last_seen(&self, at: Timestamp, now: Timestamp) -> String {
        let (day, today) = (self.day(at), self.day(now));
        let time = self.time(at);
        match today - day {
            ..=0 => tr_with("seen-today", &[("time", Argument::Text(&time))]),
            1 => tr_with("seen-yesterday", &[("time", Argument::Text(&time))]),
            _ => tr_with(
                "seen-before",
                &[("day", Argument::Text(&self.day_name(at, now)))],
            ),
        }
    }

    fn date(&self, key: &str, date: jiff::civil::Date) -> String {
        let (day, year) = (date.day().to_string(), date.year().to_string());
        let (full, short) = (month(date, MONTHS), month(date, SHORT_MONTHS));
        let order = if self.customs.month_first {
            "month"
        } else {
            "day"
        };
        tr_with(
            key,
            &[
                ("day", Argument::Text(&day)),
                ("month", Argument::Text(&full)),
                ("order", Argument::Text(order)),
                ("short", Argument::Text(&short)),
                ("weekday", Argument::Text(&weekday(date))),
                ("year", Argument::Text(&year)),
            ],
        )
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        let ms = i64::try_from(at.0).unwrap_or(i64::MAX);
        let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX);
        at.to_zoned(self.zone.clone())
    }
}

fn days(date: jiff::civil::Date) -> i32 {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    date.since(epoch).map_or(0, |span| span.get_days())
}

fn weekday(date: jiff::civil::Date) -> String {
    tr(match date.weekday() {
        jiff::civil::Weekday::Monday => "day-monday",
        jiff::civil::Weekday::Tuesday => "day-tuesday",
        jiff::civil::Weekday::Wednesday => "day-wednesday",
        jiff::civil::Weekday::Thursday => "day-thursday",
        jiff::civil::Weekday::Friday => "day-friday",
        jiff::civil::Weekday::Saturday => "day-saturday",
        jiff::civil::Weekday::Sunday => "day-sunday",
    })
}

fn short_weekday(date: jiff::civil::Date) -> String {
    tr(match date.weekday() {
        jiff::civil::Weekday::Monday => "day-short-monday",
        jiff::civil::Weekday::Tuesday => "day-short-tuesday",
        jiff::civil::Weekday::Wednesday => "day-short-wednesday",
        jiff::civil::Weekday::Thursday => "day-short-thursday",
        jiff::civil::Weekday::Friday => "day-short-friday",
        jiff::civil::Weekday::Saturday => "day-short-saturday",
        jiff::civil::Weekday::Sunday => "day-short-sunday",
    })
}

/// The name of a month, by the keys of all.
fn month(date: jiff::civil::Date, names: [&str; 12]) -> String {
    let index = usize::from(date.month().unsigned_abs()).saturating_sub(1);
    names.get(index).map_or_else(String::new, |name| tr(name))
}

const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8",
    "month-9", "month-10", "month-11", "month-12",
];

const SHORT_MONTHS: [&str; 12] = [
    "month-short-1",
    "month-short-2",
    "month-short-3",
    "month-short-4",
    "month-short-5",
    "month-short-6",
    "month-short-7",
    "month-short-8",
    "month-short-9",
    "month-short-10",
    "month-short-11",
    "month-short-12",
];

/// The hour at which a morning begins.
const MORNING: i64 = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::{language::Language, sample::NOW, strings::speak};

    const DAY: u64 = 86_400_000;

    #[test]
    fn days_are_named_by_how_long_ago_they_were() {
        let calendar = Calendar::utc();
        let name = |days: u64| calendar.day_name(Timestamp(NOW.0 - days * DAY), NOW);

        assert_eq!(name(0), "Today");
        assert_eq!(name(1), "Yesterday");
        assert_eq!(name(2), "Sunday");
        assert_eq!(name(8), "Monday, 3 March");
        assert_eq!(name(365), "11 March 2024");
    }

    #[test]
    fn a_list_shows_the_time_today_and_the_day_before() {
        let calendar = Calendar::utc();
        let short = |days: u64| calendar.short(Timestamp(NOW.0 - days * DAY), NOW);

        assert_eq!(short(0), "14:32");
        assert_eq!(short(1), "Yesterday");
        assert_eq!(short(2), "Sun");
        assert_eq!(short(8), "3 Mar");
        assert_eq!(short(365), "11 Mar 2024");
    }

    #[test]
    fn german_has_its_own_dates() {
        speak(Language::German);
        let calendar = Calendar::utc();
        let at = |days: u64| Timestamp(NOW.0 - days * DAY);

        assert_eq!(calendar.day_name(at(8), NOW), "Montag, 3. März");
        assert_eq!(calendar.day_name(at(365), NOW), "11. März 2024");
        assert_eq!(calendar.short(at(2), NOW), "So");
        assert_eq!(calendar.short(at(40), NOW), "30. Jan.");
        assert_eq!(calendar.in_full(at(0), NOW), "Heute, 14:32");
    }

    #[test]
    fn where_the_month_comes_first_the_clock_has_twelve_hours_too() {
        let calendar = Calendar {
            customs: Customs {
                twelve_hours: true,
                month_first: true,
            },
            ..Calendar::utc()
        };
        let at = |days: u64| Timestamp(NOW.0 - days * DAY);

        assert_eq!(calendar.day_name(at(8), NOW), "Monday, March 3");
        assert_eq!(calendar.short(at(365), NOW), "Mar 11, 2024");
        for (minute, words) in [
            (0, "12:00 AM"),
            (9 * 60 + 5, "9:05 AM"),
            (12 * 60, "12:00 PM"),
            (23 * 60 + 59, "11:59 PM"),
        ] {
            assert_eq!(calendar.minute(minute), words);
        }
    }

    #[test]
    fn no_time_is_too_far_away_to_be_shown() {
        let calendar = Calendar::utc();

        for ms in [0, u64::MAX] {
            assert!(!calendar.short(Timestamp(ms), NOW).is_empty());
            assert!(!calendar.day_name(Timestamp(ms), NOW).is_empty());
        }
    }
}
