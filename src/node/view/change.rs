//! What changed of a group, for faces that say it in words of their own.

use std::fmt;

/// Who changed what of a group. Its `Display` is the English sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupChange {
    /// Who.
    pub by: Who,
    /// What.
    pub what: Changed,
}

/// Somebody in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// I.
    Me,
    /// Somebody else, by their name.
    Named(String),
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Nothing: whoever tried had no right to.
    Void,
    /// The group was founded with this name.
    Founded(String),
    /// Somebody was added.
    Added(Who),
    /// Somebody was removed.
    Removed(Who),
    /// Somebody became a plain member.
    MadePlain(Who),
    /// Somebody became an admin.
    MadeAdmin(Who),
    /// Who did it left.
    Left,
    /// The group has this name now.
    Named(String),
    /// The group is for this now.
    Topic(String),
    /// Only admins add people from now on, or everybody does.
    WhoAdds {
        /// Only admins.
        admins: bool,
    },
    /// Messages disappear after so many seconds; 0: they stay.
    Timer(u32),
    /// Something that this version does not know.
    Other,
}

impl fmt::Display for GroupChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match &self.by {
            Who::Me => "You",
            Who::Named(name) => name,
        };
        let whom = |who: &Who| match who {
            Who::Me => "you".to_owned(),
            Who::Named(name) => name.clone(),
        };
        match &self.what {
            Changed::Void => write!(f, "{by} tried to change the group, which did not count"),
            Changed::Founded(name) => write!(f, "{by} founded the group “{name}”"),
            Changed::Added(who) => write!(f, "{by} added {}", whom(who)),
            Changed::Removed(who) => write!(f, "{by} removed {}", whom(who)),
            Changed::MadePlain(who) => write!(f, "{by} made {} a plain member", whom(who)),
            Changed::MadeAdmin(who) => write!(f, "{by} made {} an admin", whom(who)),
            Changed::Left => write!(f, "{by} left"),
            Changed::Named(name) => write!(f, "{by} named the group “{name}”"),
            Changed::Topic(topic) => {
                write!(f, "{by} changed what the group is for: “{topic}”")
            }
            Changed::WhoAdds { admins } => {
                let who = if *admins { "only admins" } else { "everybody" };
                write!(f, "{by} let {who} add people")
            }
            Changed::Timer(seconds) => match span(*seconds) {
                Some(span) => write!(f, "{by} let messages disappear after {span}"),
                None => write!(f, "{by} let messages stay"),
            },
            Changed::Other => write!(f, "{by} changed the settings of the group"),
        }
    }
}

/// `4 weeks`, `1 hour`, `90 seconds`; none of no time.
fn span(seconds: u32) -> Option<String> {
    let (count, unit) = units(seconds)?;
    let plural = if count == 1 { "" } else { "s" };
    Some(format!("{count} {unit}{plural}"))
}

/// A time in the largest unit that fits; none of no time.
pub fn units(seconds: u32) -> Option<(u32, &'static str)> {
    let units = [
        (7 * 24 * 60 * 60, "week"),
        (24 * 60 * 60, "day"),
        (60 * 60, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let whole = |(length, _): &(u32, &str)| seconds > 0 && seconds.is_multiple_of(*length);
    let (length, unit) = units.into_iter().find(whole)?;
    Some((seconds / length, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_named_in_the_largest_unit_that_fits() {
        let named = [7_257_600, 86_400, 3_600, 90, 1, 0].map(span);

        let wanted = ["12 weeks", "1 day", "1 hour", "90 seconds", "1 second"];
        assert_eq!(named.iter().flatten().collect::<Vec<_>>(), wanted);
        assert_eq!(named[5], None);
    }
}
