//! What must be so, and the book in which is written what was said, so that it can be checked.
//!
//! What a step can show is checked at that step; what needs time to come about is checked when
//! everything is healed (`healed.rs`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::RangeInclusive,
};

use super::{host::Host, release::ByMessage};
use crate::proto::{
    chat::{
        acts::{GONE, TOMBSTONE},
        direct,
        group::unnumbered,
    },
    engine::{Engine, event::DeliveryState},
    id::{ChatId, DeviceId, MessageId, PersonId},
    record::{MessageRow, Write},
    time::Timestamp,
};

/// Stands in every text that is said, and nowhere on the way.
pub const MARK: &str = "sim-said-";

/// What must be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// O1: what was answered to its author is in the author's history.
    Answered,
    /// O2: what is shown delivered is on the recipient's disk.
    Delivered,
    /// O3: nothing is there twice, altered, or under a wrong author.
    Genuine,
    /// Nobody holds what was said to others.
    Readers,
    /// What crosses the network cannot be read on the way.
    Sealed,
    /// O4: once all is healed, all who were to have it have the same.
    Agree,
    /// O4: once all is healed, nothing waits and nobody misses anything.
    Complete,
    /// A host starts from what it committed.
    Loads,
    /// What a host says can be decoded.
    Decodes,
    /// Everybody gets to know each other, and the groups come about.
    Setup,
    /// Nothing panics.
    Panics,
}

/// A rule that does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub rule: Rule,
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.text)
    }
}

/// What somebody said, as they committed it.
pub struct Said {
    pub sender: PersonId,
    pub device: DeviceId,
    pub chat: ChatId,
    counter: u32,
    created: Timestamp,
    content: Vec<u8>,
    /// Who was in the group, as far as the author knew.
    pub readers: BTreeSet<PersonId>,
}

/// The book, and the first violation.
#[derive(Default)]
pub struct Ledger {
    pub said: ByMessage<Said>,
    pub people: BTreeMap<PersonId, usize>,
    /// Who was given what was said before.
    pub with_history: BTreeSet<(ChatId, PersonId)>,
    /// Whom somebody tried to add or remove, or who left.
    pub moved: BTreeSet<(ChatId, PersonId)>,
    violation: Option<Violation>,
}

impl Ledger {
    pub fn joins(&mut self, person: PersonId, host: usize) {
        self.people.insert(person, host);
    }

    pub fn is_whole(&self) -> bool {
        self.violation.is_none()
    }

    pub fn violation(self) -> Option<Violation> {
        self.violation
    }

    /// Only the first counts: others may follow from it.
    pub fn broken(&mut self, rule: Rule, text: String) {
        if self.violation.is_none() {
            self.violation = Some(Violation { rule, text });
        }
    }

    /// A host is about to commit.
    pub fn commits(&mut self, host: usize, held: &Host, batch: &[Write]) {
        for write in batch {
            if let Write::Message(row) = write {
                if row.outgoing && !self.said.contains_key(&row.id) {
                    self.says(held, row);
                }
                self.takes(host, held, row);
            }
        }
    }

    fn says(&mut self, held: &Host, row: &MessageRow) {
        let group = held.engine.as_ref().and_then(|it| it.group(&row.chat));
        let readers = group.map(|group| group.members.iter().map(|it| it.person).collect());
        let said = Said {
            sender: row.sender,
            device: row.device,
            chat: row.chat,
            counter: row.counter,
            created: row.created,
            content: row.content.clone(),
            readers: readers.unwrap_or_default(),
        };
        self.said.insert(row.id, said);
    }

    /// A host takes in what somebody said.
    fn takes(&mut self, host: usize, held: &Host, row: &MessageRow) {
        let id = hex(row.id);
        let Some(said) = self.said.get(&row.id) else {
            let text = format!("host {host} takes {id}, which nobody said");
            self.broken(Rule::Genuine, text);
            return;
        };
        let whole = row.content == said.content;
        let emptied = row.content == TOMBSTONE || row.content == GONE;
        let between = direct::chat_id(&said.sender, &held.person) == said.chat;
        // In a group each device numbers by its own log: the epochs, and the lines of changes.
        let of_group = is_line(row) || unnumbered(row.counter).1 == unnumbered(said.counter).1;
        let numbered = row.counter == said.counter || (!between && of_group);
        let same = row.sender == said.sender
            && row.device == said.device
            && row.chat == said.chat
            && numbered
            && row.created == said.created;
        if !same || !(whole || emptied) {
            let text = format!("host {host} takes {id} otherwise than it was said");
            self.broken(Rule::Genuine, text);
            return;
        }
        let may = held.person == said.sender
            || between
            || said.readers.contains(&held.person)
            || self.with_history.contains(&(said.chat, held.person));
        if !may && !is_line(row) {
            let text = format!("host {host} reads {id}, which was not said to it");
            self.broken(Rule::Readers, text);
        }
    }

    /// A face is shown how far messages came.
    pub fn shown(
        &mut self,
        hosts: &[Host],
        host: usize,
        (chat, person): (ChatId, PersonId),
        counters: RangeInclusive<u32>,
        state: DeliveryState,
    ) {
        if state < DeliveryState::Delivered {
            return;
        }
        let Some(author) = hosts.get(host) else {
            return;
        };
        let recipient = self.people.get(&person).and_then(|it| hosts.get(*it));
        let Some(recipient) = recipient.filter(|held| !held.was_set_back) else {
            return;
        };
        for counter in counters {
            let Some(row) = author.disk.row_at(chat, author.device, counter) else {
                continue;
            };
            let to_them = row.chat == direct::chat_id(&author.person, &person)
                || self
                    .said
                    .get(&row.id)
                    .is_some_and(|said| said.readers.contains(&person));
            // What came after its author had gone is kept aside until somebody refers to it.
            let moved = self.moved.contains(&(chat, author.person));
            let is_aside = |engine: &Engine| engine.is_aside(&chat, &row.id);
            let is_aside = moved && recipient.engine.as_ref().is_none_or(is_aside);
            if to_them && !is_aside && !recipient.disk.holds(&row.id) {
                let id = hex(row.id);
                let text = format!("host {host} shows {id} as {state:?}, and it is not there");
                self.broken(Rule::Delivered, text);
            }
        }
    }

    /// What was answered to a host is on its disk.
    pub fn answered_are_there(&mut self, host: usize, held: &Host) {
        if held.was_set_back {
            return;
        }
        let lost = held.answered.iter().find(|id| !held.disk.holds(id));
        if let Some(id) = lost {
            let text = format!(
                "host {host} was told that {} is said, and lost it",
                hex(*id)
            );
            self.broken(Rule::Answered, text);
        }
    }
}

/// Whether this is the line of a change, which is of no device: each member makes it from the
/// signed change, and whoever is removed is told of that too.
fn is_line(row: &MessageRow) -> bool {
    row.device == DeviceId([0; 16])
}

/// The first bytes of an id.
pub fn hex(id: MessageId) -> String {
    let [a, b, c, d, ..] = id.0;
    format!("{a:02x}{b:02x}{c:02x}{d:02x}")
}
