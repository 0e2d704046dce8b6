//! What stands in the rows of a chat: days, the unread divider, messages.

use super::album;
use crate::{
    gui::{
        calendar::Calendar,
        model::timeline::Timeline,
        widget::vlist::{Row, RowKey},
    },
    node::{MessageId, PersonId, Timestamp, view::MessageKind},
};

/// A row of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The beginning of the history.
    Start,
    /// A new day.
    Day(Timestamp),
    /// From here on nothing was read.
    Unread,
    /// What was said before I came ends here.
    Given,
    /// A message.
    Message {
        /// Which of those in memory.
        index: usize,
        /// How many, from that one on: pictures that were sent together.
        count: usize,
        /// Whether it begins a group of one author.
        first: bool,
        /// Whether it ends one.
        last: bool,
    },
    /// A line of the program's own.
    System {
        /// Which of the messages in memory.
        index: usize,
    },
    /// A message of mine that is not yet on disk.
    Pending {
        /// Which of them.
        index: usize,
        /// Whether it begins a group.
        first: bool,
        /// Whether it ends one.
        last: bool,
    },
}

/// Messages of one author lie together when no more time than this is between them.
const TOGETHER: u64 = 10 * 60 * 1000;

/// The rows of what is in memory.
pub fn entries(timeline: &Timeline, calendar: &Calendar) -> Vec<Entry> {
    let messages = timeline
        .messages()
        .iter()
        .enumerate()
        .map(|(index, message)| Said {
            author: (!message.outgoing).then_some(message.sender),
            at: message.sent_at,
            unread: timeline.divider() == Some(message.message_id),
            given: message.given_by.is_some(),
            place: if message.kind == MessageKind::System {
                Place::System(index)
            } else {
                Place::Message(index)
            },
        });
    let pending = timeline
        .pending()
        .iter()
        .enumerate()
        .map(|(index, pending)| Said {
            author: None,
            at: pending.at,
            unread: false,
            given: false,
            place: Place::Pending(index),
        });
    let pending = pending.filter(|_| timeline.at_end());
    let said: Vec<Said> = messages.chain(pending).collect();
    let mut entries = Vec::with_capacity(said.len() + 16);
    if timeline.at_start() {
        entries.push(Entry::Start);
    }
    let given_until = said.iter().rposition(|this| this.given);
    let mut day = None;
    let mut shown = 0;
    for (at, this) in said.iter().enumerate() {
        if at < shown {
            continue;
        }
        let before = at.checked_sub(1).and_then(|before| said.get(before));
        let count = match this.place {
            Place::Message(index) => {
                let pairs = said.iter().zip(said.iter().skip(1)).skip(at);
                let near = pairs.take_while(|(one, next)| together(one, next, calendar));
                album::count(timeline.messages(), index, 1 + near.count())
            }
            Place::System(_) | Place::Pending(_) => 1,
        };
        shown = at + count;
        let ends = said.get(shown - 1).unwrap_or(this);
        let after = said.get(shown);
        let this_day = calendar.day(this.at);
        if day.replace(this_day) != Some(this_day) {
            entries.push(Entry::Day(this.at));
        }
        if this.unread {
            entries.push(Entry::Unread);
        }
        let first = !before.is_some_and(|before| together(before, this, calendar));
        let last = !after.is_some_and(|after| together(ends, after, calendar));
        entries.push(match this.place {
            Place::Message(index) => Entry::Message {
                index,
                count,
                first,
                last,
            },
            Place::System(index) => Entry::System { index },
            Place::Pending(index) => Entry::Pending { index, first, last },
        });
        if given_until.is_some_and(|given| (at..shown).contains(&given)) {
            entries.push(Entry::Given);
        }
    }
    entries
}

struct Said {
    author: Option<PersonId>,
    at: Timestamp,
    unread: bool,
    given: bool,
    place: Place,
}

enum Place {
    Message(usize),
    System(usize),
    Pending(usize),
}

fn together(before: &Said, after: &Said, calendar: &Calendar) -> bool {
    let said = |said: &Said| !matches!(said.place, Place::System(_));
    before.author == after.author
        && said(before)
        && said(after)
        && !after.unread
        && before.given == after.given
        && after.at.since(before.at) <= TOGETHER
        && calendar.day(before.at) == calendar.day(after.at)
}

impl Entry {
    /// The same for the list.
    pub fn row(&self, timeline: &Timeline) -> Row {
        match *self {
            Self::Start => fixed(RowKey::Start, 216),
            Self::Day(at) => fixed(RowKey::Day(at), 46),
            Self::Unread => fixed(RowKey::Unread, 44),
            Self::Given => fixed(RowKey::Given, 44),
            Self::Message {
                index,
                count,
                first,
                last,
            } => {
                let Some(message) = timeline.messages().get(index) else {
                    return fixed(RowKey::Start, 0);
                };
                let edited = message.edited_at.map_or(0, |at| at.0);
                let reaches = u64::from(message.reaches_removed);
                let marks = (edited << 3) | (reaches << 2) | u64::from(message.deleted) << 1;
                let marks = marks | u64::from(!message.reactions.is_empty());
                let marks = (marks << 1) | u64::from(message.reply_to.is_some());
                let marks = (marks << 1) | u64::from(message.file.is_some());
                let marks = (marks << 4) | count as u64;
                Row {
                    key: RowKey::Message(message.message_id),
                    look: look(&message.text, marks, first, last),
                    estimate: estimate(&message.text, first)
                        + message.file.as_ref().map_or(0, |_| FILE),
                }
            }
            Self::System { index } => {
                let Some(message) = timeline.messages().get(index) else {
                    return fixed(RowKey::Start, 0);
                };
                Row {
                    key: RowKey::Message(message.message_id),
                    look: look(&message.text, 0, true, true),
                    estimate: 36,
                }
            }
            Self::Pending { index, first, last } => {
                let Some(pending) = timeline.pending().get(index) else {
                    return fixed(RowKey::Start, 0);
                };
                let failed = u64::from(pending.failed.is_some());
                Row {
                    key: RowKey::Pending(pending.number),
                    look: look(
                        &pending.text,
                        (failed << 1) | u64::from(pending.reply_to.is_some()),
                        first,
                        last,
                    ),
                    estimate: estimate(&pending.text, first)
                        + pending.file.as_ref().map_or(0, |_| FILE),
                }
            }
        }
    }

    /// Whether a message stands there.
    pub fn holds(&self, timeline: &Timeline, wanted: MessageId) -> bool {
        let Self::Message { index, count, .. } = *self else {
            return false;
        };
        let mut all = album::messages(timeline, index, count);
        all.any(|message| message.message_id == wanted)
    }

    /// What tells its bubble from others.
    pub fn id(&self, timeline: &Timeline) -> Option<BubbleId> {
        match *self {
            Self::Message { index, .. } => {
                let message = timeline.messages().get(index)?;
                Some(BubbleId::Message(message.message_id))
            }
            Self::Pending { index, .. } => {
                Some(BubbleId::Pending(timeline.pending().get(index)?.number))
            }
            Self::Start | Self::Day(_) | Self::Unread | Self::Given | Self::System { .. } => None,
        }
    }
}

/// What tells bubbles apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BubbleId {
    /// A message.
    Message(MessageId),
    /// A message of mine that is not yet on disk.
    Pending(u64),
}

fn fixed(key: RowKey, estimate: u16) -> Row {
    Row {
        key,
        look: 0,
        estimate,
    }
}

/// What a file adds to the guess.
const FILE: u16 = 86;

/// Changes with everything on which the height depends.
fn look(text: &str, marks: u64, first: bool, last: bool) -> u64 {
    let flags = (u64::from(first) << 1) | u64::from(last);
    (marks << 26) ^ ((text.len() as u64) << 2) ^ flags
}

/// A guess from the length, until it is measured.
fn estimate(text: &str, first: bool) -> u16 {
    let lines = text.len() / 62 + text.bytes().filter(|byte| *byte == b'\n').count();
    let lines = u16::try_from(lines.min(400)).unwrap_or(400);
    38 + 20 * lines + if first { 6 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gui::{
            model::timeline::{Pending, Side},
            sample::{NOW, id, incoming, outgoing, system},
        },
        node::{ChatId, view::Message},
    };

    const CHAT: ChatId = ChatId([2; 32]);

    fn timeline(messages: Vec<Message>, unread: u32) -> Timeline {
        let mut timeline = Timeline::new(CHAT, unread);
        let asked = timeline.ask(Side::Latest).unwrap();
        timeline.loaded(Side::Latest, asked.limit.unwrap(), messages);
        timeline
    }

    #[test]
    fn messages_of_one_author_lie_together_until_another_speaks() {
        let timeline = timeline(
            vec![
                incoming(CHAT, 990, "a"),
                incoming(CHAT, 991, "b"),
                outgoing(CHAT, 992, "c"),
            ],
            0,
        );

        let entries = entries(&timeline, &Calendar::utc());

        assert!(matches!(
            entries[..],
            [
                Entry::Start,
                Entry::Day(_),
                Entry::Message {
                    index: 0,
                    count: 1,
                    first: true,
                    last: false
                },
                Entry::Message {
                    index: 1,
                    count: 1,
                    first: false,
                    last: true
                },
                Entry::Message {
                    index: 2,
                    count: 1,
                    first: true,
                    last: true
                },
            ]
        ));
    }

    #[test]
    fn a_line_of_the_programs_own_parts_messages_and_belongs_to_nobody() {
        let said = vec![
            incoming(CHAT, 990, "a"),
            system(CHAT, 991, "Maya added you"),
            incoming(CHAT, 992, "b"),
        ];
        let timeline = timeline(said, 1);

        let entries = entries(&timeline, &Calendar::utc());

        let alone = |entry: Entry| {
            matches!(
                entry,
                Entry::Message {
                    first: true,
                    last: true,
                    ..
                }
            )
        };
        assert!(alone(entries[2]) && alone(entries[5]));
        assert_eq!(entries[3..5], [Entry::System { index: 1 }, Entry::Unread]);
    }

    #[test]
    fn a_long_pause_a_new_day_and_the_divider_part_messages() {
        let timeline = timeline(
            vec![
                incoming(CHAT, 0, "a"),
                incoming(CHAT, 11, "b"),
                incoming(CHAT, 990, "c"),
                incoming(CHAT, 991, "d"),
            ],
            1,
        );

        let entries = entries(&timeline, &Calendar::utc());

        let alone = |entry: &&Entry| {
            matches!(
                entry,
                Entry::Message {
                    first: true,
                    last: true,
                    ..
                }
            )
        };
        assert_eq!(entries.iter().filter(alone).count(), 4);
        let divider = entries
            .iter()
            .position(|entry| *entry == Entry::Unread)
            .unwrap();
        assert!(matches!(
            entries[divider + 1],
            Entry::Message { index: 3, .. }
        ));
        assert_eq!(
            entries
                .iter()
                .filter(|entry| matches!(entry, Entry::Day(_)))
                .count(),
            2
        );
    }

    #[test]
    fn what_was_said_before_i_came_ends_with_a_line_of_its_own() {
        let mut given = incoming(CHAT, 990, "a");
        given.given_by = Some(given.sender);
        let mut last = incoming(CHAT, 992, "c");
        last.given_by = Some(last.sender);
        let said = vec![
            given,
            system(CHAT, 991, "Ben left"),
            last,
            incoming(CHAT, 993, "d"),
        ];
        let timeline = timeline(said, 4);

        let entries = entries(&timeline, &Calendar::utc());

        let alone = |index| Entry::Message {
            index,
            count: 1,
            first: true,
            last: true,
        };
        let wanted = [
            Entry::Start,
            Entry::Day(timeline.messages()[0].sent_at),
            alone(0),
            Entry::System { index: 1 },
            alone(2),
            Entry::Given,
            Entry::Unread,
            alone(3),
        ];
        assert_eq!(entries, wanted, "what was given is not unread");
    }

    #[test]
    fn what_i_just_said_stands_last() {
        let mut timeline = timeline(vec![outgoing(CHAT, 1000, "a")], 0);
        timeline.say(Pending {
            number: 1,
            text: "b".into(),
            reply_to: None,
            mentions: Vec::new(),
            file: None,
            at: NOW,
            stored: None,
            failed: None,
        });

        let entries = entries(&timeline, &Calendar::utc());

        let last = Entry::Pending {
            index: 0,
            first: false,
            last: true,
        };
        assert_eq!(entries.last(), Some(&last));
        assert_eq!(entries[2].id(&timeline), Some(BubbleId::Message(id(1000))));
    }

    #[test]
    fn the_look_changes_with_what_changes_the_height() {
        let looks = [
            look("a", 0, true, true),
            look("ab", 0, true, true),
            look("a", 1, true, true),
            look("a", 0, false, true),
            look("a", 0, true, false),
        ];

        for (at, one) in looks.iter().enumerate() {
            assert!(!looks[at + 1..].contains(one));
        }
    }
}
