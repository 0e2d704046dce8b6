//! What was written and not yet sent.

use crate::{
    gui::strings::{Argument, tr, tr_with},
    node::PersonId,
};

/// The longest text of one message, in bytes of UTF-8.
pub const LONGEST: usize = 16 * 1024;

/// From here on it is said how much is left, in bytes.
const COUNTED: usize = LONGEST - 1024;

/// People named in one message at most (protocol: `message.send`).
const NAMED: usize = 16;

/// What was written and not yet sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) text: String,
    /// Who was chosen from those offered, under which name.
    named: Vec<(PersonId, String)>,
}

impl Draft {
    pub(super) fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            named: Vec::new(),
        }
    }

    /// Whether it can be sent.
    pub(super) fn is_ready(&self) -> bool {
        let text = self.text.trim();
        !text.is_empty() && text.len() <= LONGEST
    }

    /// How much is left, or that it is too much.
    pub(super) fn note(&self) -> Option<String> {
        let length = self.text.trim().len();
        if length <= COUNTED {
            return None;
        }
        Some(if length > LONGEST {
            tr("composer-too-long")
        } else {
            let left = (LONGEST - length) as u64;
            tr_with("composer-left", &[("count", Argument::Count(left))])
        })
    }

    /// Puts words in place of the characters from `from` to `to`. Returns where they end.
    pub(super) fn put(&mut self, from: usize, to: usize, words: &str) -> usize {
        let before: String = self.text.chars().take(from).collect();
        let after: String = self.text.chars().skip(to).collect();
        self.text = format!("{before}{words}{after}");
        from + words.chars().count()
    }

    /// Puts somebody's name there. Returns where it ends.
    pub(super) fn name(&mut self, from: usize, to: usize, person: PersonId, name: &str) -> usize {
        self.named.push((person, name.to_owned()));
        self.put(from, to, &format!("@{name} "))
    }

    /// Who is named in it: those who were chosen and whose name was not taken out again.
    pub(super) fn mentions(&self) -> Vec<PersonId> {
        let mut people = Vec::new();
        for (person, name) in &self.named {
            let stands = self.text.contains(&format!("@{name}"));
            if stands && !people.contains(person) && people.len() < NAMED {
                people.push(*person);
            }
        }
        people
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEN: PersonId = PersonId([3; 32]);

    #[test]
    fn a_name_takes_the_place_of_its_beginning() {
        let mut draft = Draft::of("é @be!");

        let end = draft.name(2, 5, BEN, "Ben");

        assert_eq!((draft.text.as_str(), end), ("é @Ben !", 7));
        assert_eq!(draft.mentions(), [BEN]);
    }

    #[test]
    fn whoever_was_taken_out_again_is_not_named() {
        let mut draft = Draft::of("@");
        draft.name(0, 1, BEN, "Ben");

        draft.text = "never mind".into();

        assert!(draft.mentions().is_empty());
    }
}
