//! What is done to messages: edits, deletions, reactions, pins (protocol §5.3, ADR 0013).
//!
//! How a message stands is a function of the message and of the *set* of acts on it ([`resolve`]):
//! neither the order in which they came nor the clock of who looks at them enters. Who may do what
//! follows from signed data alone: the author, and in groups what the author's signature says.
//!
//! Acts that can never count again are [`superfluous`]; a store need not keep what they say.

use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use minicbor::Decoder;

use super::content::{Attachment, Body, Content, Delete, Edit, Pin, React};
use crate::proto::{
    id::{MessageId, PersonId},
    record::MessageRow,
    text,
    time::{DAY, Timestamp},
};

/// How long after it was said a message may be edited.
pub const EDITABLE: u64 = DAY;

/// Emojis of one person at one message.
pub const EMOJIS: usize = 8;

/// Edits by one person of one message, and reactions, that are kept. Older ones no longer count.
pub const KEPT: usize = 64;

/// The content of a message that was deleted for all: it keeps its place and says nothing.
pub const TOMBSTONE: &[u8] = &[];

/// The content of what is gone from this device: no message and no act any more. What was said begins
/// with another byte.
pub const GONE: &[u8] = &[0xf6];

/// What a row is to its chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It is shown: a message, or the place of a deleted one.
    Message,
    /// It changes how another message is shown.
    Act(MessageId),
    /// It changes the chat, and is not shown.
    Quiet,
    /// It was erased here.
    Gone,
}

/// What a content is to its chat. What cannot be read is shown as something of a newer version.
pub fn shape(content: &[u8]) -> Shape {
    if content == GONE {
        return Shape::Gone;
    }
    // Most contents are texts, which need not be read as a whole for this.
    match kind(content) {
        Some(2..=4 | 7 | 15) => match Content::decode(content) {
            Ok(content) => shape_of(&content.body),
            Err(_) => Shape::Message,
        },
        _ => Shape::Message,
    }
}

/// The file that a message has, if it has one.
pub fn attachment(content: &[u8]) -> Option<Box<Attachment>> {
    if !matches!(kind(content), Some(6 | 18 | 20)) {
        return None;
    }
    match Content::decode(content).ok()?.body {
        Body::Attachment(attachment) => Some(attachment),
        _ => None,
    }
}

/// As [`shape`], of a body.
pub fn shape_of(body: &Body) -> Shape {
    match body {
        Body::Edit(edit) => Shape::Act(edit.message),
        Body::Delete(delete) => Shape::Act(delete.message),
        Body::React(react) => Shape::Act(react.message),
        Body::Pin(pin) => Shape::Act(pin.message),
        Body::Timer(_) => Shape::Quiet,
        Body::Text(_)
        | Body::Receipt(_)
        | Body::Attachment(_)
        | Body::ChannelSet(_)
        | Body::ResetNotice
        | Body::RekeyRequest(_)
        | Body::Prekeys(_)
        | Body::Welcome(_)
        | Body::HistoryOffer(_)
        | Body::Records(_)
        | Body::HistoryRequest(_)
        | Body::Profile(_)
        | Body::GroupChange(_)
        | Body::Unknown { .. } => Shape::Message,
    }
}

/// The content of a row of ours as it is sent to who has not got it. In place of one that was erased
/// meanwhile goes one that fills its counter, and takes a message that was deleted for all from those
/// who have it after all.
pub fn as_sent(row: &MessageRow) -> Cow<'_, [u8]> {
    if row.content == TOMBSTONE || row.content == GONE {
        Cow::Owned(in_place_of(row))
    } else {
        Cow::Borrowed(&row.content)
    }
}

fn in_place_of(erased: &MessageRow) -> Vec<u8> {
    let message = if erased.content == TOMBSTONE {
        erased.id
    } else {
        NOTHING
    };
    let content = Content {
        prev: None,
        parents: Vec::new(),
        created: erased.created,
        expire_s: 0,
        body: Body::Delete(Delete { message }),
    };
    content.encode().to_vec()
}

/// No message.
const NOTHING: MessageId = MessageId([0; 32]);

/// How a message stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Who deleted it for all.
    pub deleted_by: Option<PersonId>,
    /// What it was edited to, oldest first: the last one is its text.
    pub edits: Vec<Edition>,
    /// In the order in which the first of each was set.
    pub reactions: Vec<Reactions>,
}

/// A later text of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// What it says.
    pub text: String,
    /// When it was said, as far as that can be believed.
    pub at: Timestamp,
}

/// One emoji at a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reactions {
    /// Which.
    pub emoji: String,
    /// Whose, in the order in which they were set.
    pub people: Vec<PersonId>,
}

/// How a message stands after acts on it; acts on others, or of another chat, count for nothing.
pub fn resolve(target: &MessageRow, acts: &[MessageRow]) -> Resolved {
    let sorted = Sorted::of(Some(target), acts);
    if let Some((_, row)) = sorted.deletes.first_key_value() {
        return Resolved {
            deleted_by: Some(row.sender),
            ..Resolved::default()
        };
    }
    let in_time = |(row, _): &&(&MessageRow, Edit)| is_editable(target.created, row.created);
    let edition = |(row, edit): &(&MessageRow, Edit)| Edition {
        text: edit.text.clone(),
        at: row.sent_at,
    };
    Resolved {
        deleted_by: None,
        edits: sorted.edits.values().filter(in_time).map(edition).collect(),
        reactions: sorted.reactions(),
    }
}

/// Which of the acts on a message count for nothing now and later, whatever comes. Without the
/// message, because it is not here yet, less is known.
pub fn superfluous(target: Option<&MessageRow>, acts: &[MessageRow]) -> BTreeSet<MessageId> {
    let sorted = Sorted::of(target, acts);
    let kept = sorted.kept();
    let all = acts.iter().map(|act| act.id);
    all.filter(|id| !kept.contains(id)).collect()
}

/// Whether acts delete a message for all.
pub fn is_deleted(target: &MessageRow, acts: &[MessageRow]) -> bool {
    !Sorted::of(Some(target), acts).deletes.is_empty()
}

/// Whether somebody who says so `at` may edit a message of their own.
pub fn is_editable(created: Timestamp, at: Timestamp) -> bool {
    created <= at && at <= created.plus(EDITABLE)
}

/// By the author's `created`, then by name: the order in which acts count.
type Place = (Timestamp, MessageId);

/// The acts that count, as far as can be told.
#[derive(Default)]
struct Sorted<'a> {
    /// With the message, at most one, which is the first.
    deletes: BTreeMap<Place, &'a MessageRow>,
    edits: BTreeMap<Place, (&'a MessageRow, Edit)>,
    reacts: BTreeMap<Place, (PersonId, React)>,
    pins: BTreeMap<Place, PersonId>,
}

impl<'a> Sorted<'a> {
    fn of(target: Option<&MessageRow>, acts: &'a [MessageRow]) -> Self {
        let mut sorted = Self::default();
        if target.is_some_and(|target| target.content == GONE) {
            return sorted;
        }
        let on = target.map(|target| (target.chat, target.id));
        for row in acts {
            let Ok(content) = Content::decode(&row.content) else {
                continue;
            };
            let Shape::Act(message) = shape_of(&content.body) else {
                continue;
            };
            if on.is_none_or(|on| on == (row.chat, message)) {
                sorted.add(target, row, content.body);
            }
        }
        sorted.keep_what_counts(target);
        sorted
    }

    fn add(&mut self, target: Option<&MessageRow>, row: &'a MessageRow, body: Body) {
        let place = (row.created, row.id);
        let is_author = target.is_none_or(|target| target.sender == row.sender);
        let moderates = row.signed.is_some_and(|signed| signed.moderates);
        match body {
            Body::Edit(edit) if is_author => {
                self.edits.insert(place, (row, edit));
            }
            Body::Delete(_) if is_author || moderates => {
                self.deletes.insert(place, row);
            }
            Body::React(react) if text::is_emoji(&react.emoji) => {
                self.reacts.insert(place, (row.sender, react));
            }
            Body::Pin(Pin { .. }) => {
                self.pins.insert(place, row.sender);
            }
            // Without the right, or no act: `of` gives none of those.
            _ => {}
        }
    }

    /// Bounds what one person can have kept, so that the bound does not depend on the order of arrival
    /// either: of each person what is newest. What came too late counts for the bound, because only
    /// the message tells that it did.
    fn keep_what_counts(&mut self, target: Option<&MessageRow>) {
        let is_here = target.is_some();
        let is_erased = target.is_some_and(|target| target.content == TOMBSTONE);
        // Of a deletion the first counts. As long as it is not known who wrote the message, one by
        // its author and one by a moderator are two.
        let mut first = BTreeSet::new();
        self.deletes.retain(|_, row| {
            let right = row.signed.is_some_and(|signed| signed.moderates);
            first.insert((!is_here).then_some((row.sender, right)))
        });
        if is_erased || is_here && !self.deletes.is_empty() {
            self.edits.clear();
            self.reacts.clear();
            self.pins.clear();
        }
        let newest = newest(
            self.edits
                .iter()
                .map(|(place, (row, _))| (row.sender, *place)),
        );
        self.edits.retain(|place, _| newest.contains(place));
        let mut seen = BTreeSet::new();
        let last = self.reacts.iter().rev();
        let last = last.filter(|(_, (person, react))| seen.insert((*person, react.emoji.clone())));
        let newest = self::newest(last.map(|(place, (person, _))| (*person, *place)));
        self.reacts.retain(|place, _| newest.contains(place));
        let mut seen = BTreeSet::new();
        let last = self.pins.iter().rev();
        let last = last.filter(|(_, person)| seen.insert(**person));
        let last: BTreeSet<Place> = last.map(|(place, _)| *place).collect();
        self.pins.retain(|place, _| last.contains(place));
    }

    fn kept(&self) -> BTreeSet<MessageId> {
        let places = self.deletes.keys().chain(self.edits.keys());
        let places = places.chain(self.reacts.keys()).chain(self.pins.keys());
        places.map(|(_, id)| *id).collect()
    }

    fn reactions(&self) -> Vec<Reactions> {
        let on = self.reacts.iter().filter(|(_, (_, react))| react.on);
        let mut of = BTreeMap::<PersonId, usize>::new();
        let mut shown = BTreeSet::new();
        for (place, (person, _)) in on.clone().rev() {
            let count = of.entry(*person).or_default();
            *count = count.saturating_add(1);
            if *count <= EMOJIS {
                shown.insert(*place);
            }
        }
        let mut all: Vec<Reactions> = Vec::new();
        for (_, (person, react)) in on.filter(|(place, _)| shown.contains(place)) {
            match all.iter_mut().find(|held| held.emoji == react.emoji) {
                Some(held) => held.people.push(*person),
                None => all.push(Reactions {
                    emoji: react.emoji.clone(),
                    people: vec![*person],
                }),
            }
        }
        all
    }
}

/// The newest [`KEPT`] of each person.
fn newest(acts: impl Iterator<Item = (PersonId, Place)>) -> BTreeSet<Place> {
    let mut of = BTreeMap::<PersonId, Vec<Reverse<Place>>>::new();
    for (person, place) in acts {
        of.entry(person).or_default().push(Reverse(place));
    }
    let mut kept = BTreeSet::new();
    for mut places in of.into_values() {
        places.sort_unstable();
        kept.extend(places.into_iter().take(KEPT).map(|Reverse(place)| place));
    }
    kept
}

/// The kind of a content, from its first bytes.
fn kind(content: &[u8]) -> Option<u16> {
    let mut decoder = Decoder::new(content);
    decoder.array().ok()?;
    decoder.u16().ok()
}

#[cfg(test)]
mod tests;
