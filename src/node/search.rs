//! Answers what somebody looks for, in two halves as other questions: the engine knows who and what is
//! called so, the store finds.

mod language;
mod snippet;

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

pub use self::snippet::Part;
use self::snippet::snippet;
use super::{
    ChatId, CommandError, ErrorKind, MessageId, PersonId, query,
    show::{self, Names, People},
    view::Message,
};
use crate::{
    proto::{engine::Engine, record::Stored, text},
    store::{
        Store, StoreError,
        search::{Ask, Order, Phrase, Search, Standing, pieces},
    },
};

/// What somebody looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchFor {
    /// Words, `prefix*`, `"phrases"`, `from:`, `in:`, `date:`, `before:`, `after:`, `has:`; all must fit. The
    /// last word may go on unless a space follows.
    pub query: String,
    /// Only in this chat.
    #[serde(default)]
    pub chat_id: Option<ChatId>,
    /// Only what this person wrote.
    #[serde(default)]
    pub from: Option<PersonId>,
    /// How many; 20 when not given, at most 100.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Only those that come after this one in the order: the last of the page before.
    #[serde(default)]
    pub before: Option<MessageId>,
    /// Which come first; the best when not given.
    #[serde(default)]
    pub order: ResultOrder,
}

/// Which messages come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultOrder {
    /// Those in which what is looked for is most of what they say; of equal ones the newest. At most 1000.
    #[default]
    Best,
    /// The newest.
    Newest,
}

/// The answer to `search`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// The messages that fit.
    pub found: Vec<Found>,
    /// Whether these are all.
    pub state: SearchState,
}

/// The answer to `search.state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SearchState {
    /// Whether all that was there when it was asked is looked at by a search; false while the index is made or far behind.
    pub complete: bool,
    /// How many messages of all that came to this device are looked at.
    pub indexed: u64,
    /// How many there are.
    pub messages: u64,
}

/// A row of `search`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Found {
    /// The message.
    pub message: Message,
    /// A line of it, with what was looked for.
    pub snippet: Vec<Part>,
}

/// The first half of an answer.
pub(super) struct Wanted(Ask);

/// Messages in an answer when nobody says how many.
const USUAL: usize = 20;

/// Messages in an answer at most.
const MOST: usize = 100;

/// How often it is asked again because something that was found is there no longer.
const ROUNDS: usize = 4;

/// Reads what is looked for, with those who are called so.
pub(super) fn wanted(engine: &Engine, looked_for: &SearchFor) -> Result<Wanted, CommandError> {
    let wanted = language::read(&looked_for.query, &TimeZone::system())?;
    let mut people = looked_for.from.map(|person| BTreeSet::from([person]));
    if !wanted.from.is_empty() {
        let mut called = BTreeSet::new();
        for name in &wanted.from {
            called.extend(people_called(engine, name)?);
        }
        people = Some(within(people, called));
    }
    let mut chats = looked_for.chat_id.map(|chat| BTreeSet::from([chat]));
    if looked_for
        .chat_id
        .is_some_and(|chat| !engine.has_chat(&chat))
    {
        return Err(query::no_chat());
    }
    if !wanted.within.is_empty() {
        let mut called = BTreeSet::new();
        for name in &wanted.within {
            called.extend(chats_called(engine, name)?);
        }
        chats = Some(within(chats, called));
    }
    Ok(Wanted(Ask {
        phrases: wanted.phrases,
        chats,
        people,
        since: wanted.since,
        until: wanted.until,
        has: wanted.has,
        order: match looked_for.order {
            ResultOrder::Best => Order::Best,
            ResultOrder::Newest => Order::Newest,
        },
        after: looked_for.before,
        limit: looked_for.limit.unwrap_or(USUAL).min(MOST),
    }))
}

fn within<T: Ord>(known: Option<BTreeSet<T>>, called: BTreeSet<T>) -> BTreeSet<T> {
    match known {
        Some(known) => known
            .into_iter()
            .filter(|one| called.contains(one))
            .collect(),
        None => called,
    }
}

fn people_called(engine: &Engine, name: &str) -> Result<Vec<PersonId>, CommandError> {
    let me = engine.person();
    if ["me", "myself", "you"].contains(&name.to_lowercase().as_str()) {
        return Ok(vec![me]);
    }
    if let Ok(person) = name.parse() {
        return Ok(vec![person]);
    }
    let mut called: Vec<PersonId> = Names::of(engine)
        .iter()
        .filter(|(_, of)| is_called(of, name))
        .map(|(person, _)| *person)
        .collect();
    called.extend(is_called(&show::own_name(engine), name).then_some(me));
    if called.is_empty() {
        let message = format!("Nobody here is called {}.", text::shown_text(name));
        return Err(CommandError::new(ErrorKind::NotFound, message));
    }
    Ok(called)
}

fn chats_called(engine: &Engine, name: &str) -> Result<Vec<ChatId>, CommandError> {
    let names = Names::of(engine);
    let direct = engine.chats().into_iter();
    let direct = direct.map(|chat| (chat.chat, names.name(&chat.person)));
    let groups = engine.groups().into_iter();
    let groups = groups.map(|group| (group.chat, text::shown_text(&group.name)));
    let id = name.parse().ok();
    let called = direct.chain(groups);
    let called = called.filter(|(chat, of)| Some(*chat) == id || is_called(of, name));
    let called: Vec<ChatId> = called.map(|(chat, _)| chat).collect();
    if called.is_empty() {
        let message = format!("No chat here is called {}.", text::shown_text(name));
        return Err(CommandError::new(ErrorKind::NotFound, message));
    }
    Ok(called)
}

/// Whether words of a name begin so.
fn is_called(name: &str, wanted: &str) -> bool {
    let phrase = Phrase::of(wanted, true);
    phrase.is_some_and(|phrase| !phrase.places_in(&pieces(name)).is_empty())
}

impl Wanted {
    /// The second half. It reads the disk.
    pub(super) fn answer(
        self,
        store: &Store,
        search: &Search,
        people: &People,
    ) -> Result<Results, StoreError> {
        let Self(mut ask) = self;
        let mut results = Results::default();
        results.state.complete = true;
        let limit = ask.limit;
        for _ in 0..ROUNDS {
            ask.limit = limit.saturating_sub(results.found.len());
            let (hits, standing) = search.find(&ask)?;
            let complete = results.state.complete && standing.complete;
            results.state = SearchState {
                complete,
                ..standing.into()
            };
            let is_all = hits.len() < ask.limit;
            ask.after = hits.last().map(|hit| hit.row.id);
            for hit in hits {
                let found = show_hit(store, people, &ask, hit.row.id)?;
                results.found.extend(found);
            }
            if is_all || results.found.len() >= limit || ask.after.is_none() {
                break;
            }
        }
        Ok(results)
    }
}

impl Results {
    /// What was found.
    pub(super) fn serialize_found<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.found.serialize(to)
    }
}

impl From<Standing> for SearchState {
    fn from(standing: Standing) -> Self {
        Self {
            complete: standing.complete,
            indexed: standing.indexed,
            messages: standing.messages,
        }
    }
}

/// A message that was found, unless it is no longer what the index says.
fn show_hit(
    store: &Store,
    people: &People,
    ask: &Ask,
    id: MessageId,
) -> Result<Option<Found>, StoreError> {
    let Some(stored) = store.message(&id)? else {
        return Ok(None);
    };
    if !fits(ask, &stored) {
        return Ok(None);
    }
    let message = show::message(store, people, stored)?;
    if message.deleted {
        return Ok(None);
    }
    let name = message.file.as_ref().map_or("", |file| &file.name);
    let snippet = snippet(name, &message.text, &ask.phrases);
    Ok(snippet.map(|snippet| Found { message, snippet }))
}

/// The index knows people and times a little less exactly.
fn fits(ask: &Ask, stored: &Stored) -> bool {
    let row = &stored.row;
    let is_by = |people: &BTreeSet<PersonId>| people.contains(&row.sender);
    let is_in = |chats: &BTreeSet<ChatId>| chats.contains(&row.chat);
    ask.people.as_ref().is_none_or(is_by)
        && ask.chats.as_ref().is_none_or(is_in)
        && ask.since.is_none_or(|since| row.sent_at >= since)
        && ask.until.is_none_or(|until| row.sent_at < until)
}
