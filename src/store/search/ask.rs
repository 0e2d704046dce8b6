//! From a question to the places of the messages that fit.

use std::{collections::BTreeSet, ops::Bound};

use tantivy::{
    DocAddress, DocId, Order as Direction, SegmentReader, TantivyError, Term,
    collector::TopDocs,
    columnar::Column,
    query::{
        AllQuery, BooleanQuery, EmptyQuery, Occur, PhrasePrefixQuery, PhraseQuery, Query,
        RangeQuery, TermQuery,
    },
    schema::IndexRecordOption,
};

use super::{
    View, first_at,
    index::{AT, Has, PLACE, of_place, person},
    moment,
    words::{self, Phrase},
};
use crate::proto::{
    id::{ChatId, MessageId, PersonId},
    record::MessageRow,
    time::Timestamp,
};

/// What is looked for: all of it has to be so.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Words and phrases, all of them.
    pub phrases: Vec<Phrase>,
    /// In one of these chats; none: in any.
    pub chats: Option<BTreeSet<ChatId>>,
    /// By one of these people; none: by anybody.
    pub people: Option<BTreeSet<PersonId>>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// All of these.
    pub has: BTreeSet<Has>,
    /// Which come first.
    pub order: Order,
    /// Only those that come after this one.
    pub after: Option<MessageId>,
    /// At most so many.
    pub limit: usize,
}

/// Which messages come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Those in which what is looked for is most of what they say; of equal ones the newest.
    #[default]
    Best,
    /// The newest.
    Newest,
}

/// A message that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The message.
    pub row: MessageRow,
}

/// A message, by its chat and its place in the order of arrival.
type Found = (ChatId, u32);

/// Best ones that can be gone through one page after the other.
pub const MOST: usize = 1000;

/// Words that a prefix at the end of a phrase may stand for.
const WORDS: u32 = 4096;

/// The places of the messages that fit, the first of them.
pub(super) fn find(
    view: &View,
    ask: &Ask,
    after: Option<&MessageRow>,
) -> Result<Vec<Found>, TantivyError> {
    if ask.limit == 0 || (ask.after.is_some() && after.is_none()) {
        return Ok(Vec::new());
    }
    let documents = match ask.order {
        Order::Newest => {
            let query = query(view, ask, after.map(moment));
            let by_time = TopDocs::with_limit(ask.limit.min(MOST));
            let by_time = by_time.order_by_fast_field::<u64>(AT, Direction::Desc);
            let found = view.searcher.search(&query, &by_time)?;
            found.into_iter().map(|(_, document)| document).collect()
        }
        Order::Best => best(view, ask, after)?,
    };
    let mut places = Vec::with_capacity(documents.len());
    for document in documents {
        let segment = view.searcher.segment_reader(document.segment_ord);
        let place = segment.fast_fields().u64(PLACE)?.first(document.doc_id);
        let (number, arrival) = of_place(place.unwrap_or(u64::MAX));
        let chat = view.chats.get(&number);
        places.extend(chat.map(|chat| (*chat, arrival)));
    }
    Ok(places)
}

/// Documents by how well they fit. The order is the same for each page as long as the index is.
fn best(
    view: &View,
    ask: &Ask,
    after: Option<&MessageRow>,
) -> Result<Vec<DocAddress>, TantivyError> {
    let query = query(view, ask, None);
    let most = if after.is_some() {
        MOST
    } else {
        ask.limit.min(MOST)
    };
    let by_score = TopDocs::with_limit(most).tweak_score(|segment: &SegmentReader| {
        let at: Option<Column<u64>> = segment.fast_fields().u64(AT).ok();
        move |document: DocId, score: f32| {
            let at = at.as_ref().and_then(|at| at.first(document));
            (score, at.unwrap_or(0))
        }
    });
    let found = view.searcher.search(&query, &by_score)?;
    let skip = match after.map(moment) {
        // One that is not among them is after all of them.
        Some(after) => found
            .iter()
            .position(|((_, at), _)| *at == after)
            .map_or(found.len(), |at| at + 1),
        None => 0,
    };
    let page = found.into_iter().skip(skip).take(ask.limit);
    Ok(page.map(|(_, document)| document).collect())
}

fn query(view: &View, ask: &Ask, before: Option<u64>) -> BooleanQuery {
    let mut all: Vec<Box<dyn Query>> = Vec::new();
    all.extend(ask.phrases.iter().map(|phrase| words_query(view, phrase)));
    let fields = view.fields;
    if let Some(chats) = &ask.chats {
        let numbers = view.chats.iter().filter(|(_, chat)| chats.contains(chat));
        let numbers = numbers.map(|(number, _)| u64::from(*number));
        all.push(any_of(
            numbers.map(|n| Term::from_field_u64(fields.chat, n)),
        ));
    }
    if let Some(people) = &ask.people {
        let people = people.iter().map(person);
        all.push(any_of(
            people.map(|n| Term::from_field_u64(fields.sender, n)),
        ));
    }
    for has in &ask.has {
        all.push(any_of([Term::from_field_u64(fields.has, *has as u64)]));
    }
    let since = ask.since.map(|since| first_at(since.0));
    let until = ask.until.map(|until| first_at(until.0));
    let until = [until, before].into_iter().flatten().min();
    if since.is_some() || until.is_some() {
        let term = |at| Term::from_field_u64(fields.at, at);
        all.push(Box::new(RangeQuery::new(
            since.map_or(Bound::Unbounded, |at| Bound::Included(term(at))),
            until.map_or(Bound::Unbounded, |at| Bound::Excluded(term(at))),
        )));
    }
    if all.is_empty() {
        all.push(Box::new(AllQuery));
    }
    BooleanQuery::new(all.into_iter().map(|one| (Occur::Must, one)).collect())
}

fn any_of(terms: impl IntoIterator<Item = Term>) -> Box<dyn Query> {
    let mut terms: Vec<Box<dyn Query>> = terms
        .into_iter()
        .map(|term| -> Box<dyn Query> { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) })
        .collect();
    match terms.len() {
        0 => Box::new(EmptyQuery),
        1 => terms.swap_remove(0),
        _ => Box::new(BooleanQuery::union(terms)),
    }
}

fn words_query(view: &View, phrase: &Phrase) -> Box<dyn Query> {
    let field = view.fields.text;
    let terms = words::terms_of_phrase(&phrase.pieces);
    let mut terms: Vec<(usize, Term)> = terms
        .into_iter()
        .map(|(at, word)| (at, Term::from_field_text(field, &word)))
        .collect();
    match (terms.len(), phrase.is_prefix) {
        (0, _) => Box::new(EmptyQuery),
        (1, false) => {
            let (_, term) = terms.swap_remove(0);
            Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
        }
        (1, true) => {
            let word = phrase.pieces.last().map_or("", |last| &last.folded);
            starting_with(view, word)
        }
        (_, false) => Box::new(PhraseQuery::new_with_offset(terms)),
        (_, true) => {
            let mut query = PhrasePrefixQuery::new_with_offset(terms);
            query.set_max_expansions(WORDS);
            Box::new(query)
        }
    }
}

/// Words from one on, up to the first that does not begin with it.
fn starting_with(view: &View, word: &str) -> Box<dyn Query> {
    let term = |word: &str| Term::from_field_text(view.fields.text, word);
    // No text has this character, and all others come before it.
    let end = [word, "\u{10ffff}"].concat();
    Box::new(RangeQuery::new(
        Bound::Included(term(word)),
        Bound::Excluded(term(&end)),
    ))
}
