//! What changed of a group, in the language of the window.

use crate::{
    gui::strings::{Argument, tr_count, tr_with},
    node::view::{Changed, GroupChange, Who, units},
};

/// The sentence.
pub fn words(change: &GroupChange) -> String {
    let (by, name) = somebody(&change.by);
    let (mut whom, mut person, mut text) = ("other", "", String::new());
    let key = match &change.what {
        Changed::Void => "change-void",
        Changed::Founded(called) => {
            text.clone_from(called);
            "change-founded"
        }
        Changed::Added(who) => {
            (whom, person) = somebody(who);
            "change-added"
        }
        Changed::Removed(who) => {
            (whom, person) = somebody(who);
            "change-removed"
        }
        Changed::MadePlain(who) => {
            (whom, person) = somebody(who);
            "change-made-plain"
        }
        Changed::MadeAdmin(who) => {
            (whom, person) = somebody(who);
            "change-made-admin"
        }
        Changed::Left => "change-left",
        Changed::Named(called) => {
            text.clone_from(called);
            "change-named"
        }
        Changed::Topic(topic) => {
            text.clone_from(topic);
            "change-topic"
        }
        Changed::WhoAdds { admins: true } => "change-adds-admins",
        Changed::WhoAdds { admins: false } => "change-adds-all",
        Changed::Timer(seconds) => match span(*seconds) {
            Some(span) => {
                text = span;
                "change-disappear"
            }
            None => "change-stay",
        },
        Changed::Other => "change-other",
    };
    tr_with(
        key,
        &[
            ("by", Argument::Text(by)),
            ("name", Argument::Text(name)),
            ("whom", Argument::Text(whom)),
            ("person", Argument::Text(person)),
            ("text", Argument::Text(&text)),
        ],
    )
}

/// Whether it is me, and what they are called.
fn somebody(who: &Who) -> (&'static str, &str) {
    match who {
        Who::Me => ("me", ""),
        Who::Named(name) => ("other", name),
    }
}

fn span(seconds: u32) -> Option<String> {
    let (count, unit) = units(seconds)?;
    let key = match unit {
        "week" => "span-weeks",
        "day" => "span-days",
        "hour" => "span-hours",
        "minute" => "span-minutes",
        _ => "span-seconds",
    };
    Some(tr_count(key, count.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::{language::Language, strings::speak};

    fn all() -> Vec<GroupChange> {
        let maya = || Who::Named("Maya".into());
        let whats = [
            Changed::Void,
            Changed::Founded("Herons".into()),
            Changed::Added(Who::Me),
            Changed::Added(maya()),
            Changed::Removed(Who::Me),
            Changed::Removed(maya()),
            Changed::MadePlain(Who::Me),
            Changed::MadePlain(maya()),
            Changed::MadeAdmin(Who::Me),
            Changed::MadeAdmin(maya()),
            Changed::Left,
            Changed::Named("Reiher".into()),
            Changed::Topic("Boats".into()),
            Changed::WhoAdds { admins: true },
            Changed::WhoAdds { admins: false },
            Changed::Timer(0),
            Changed::Timer(1),
            Changed::Timer(90),
            Changed::Timer(60),
            Changed::Timer(7200),
            Changed::Timer(86_400),
            Changed::Timer(4 * 604_800),
            Changed::Other,
        ];
        let by = [Who::Me, Who::Named("Ben".into())];
        let both = |what: Changed| {
            by.clone().map(|by| GroupChange {
                by,
                what: what.clone(),
            })
        };
        whats.into_iter().flat_map(both).collect()
    }

    #[test]
    fn in_english_the_sentence_is_that_of_the_node() {
        for change in all() {
            assert_eq!(words(&change), change.to_string());
        }
    }

    #[test]
    fn in_german_every_change_has_a_sentence_of_its_own() {
        speak(Language::German);
        let said: Vec<String> = all().iter().map(words).collect();

        let different: std::collections::BTreeSet<_> = said.iter().collect();
        assert_eq!(different.len(), said.len());
        for (change, said) in all().iter().zip(&said) {
            assert_ne!(*said, change.to_string());
        }
        let mine = GroupChange {
            by: Who::Named("Ben".into()),
            what: Changed::Added(Who::Me),
        };
        assert_eq!(words(&mine), "Ben hat dich hinzugefügt");
    }
}
