//! The index itself: what is in it of each message, and how far it has come.
//!
//! It holds the words of messages but no message: what was found is read from the database. A message is
//! named by the number of its chat and its place in the order of arrival.

use std::{collections::BTreeMap, io, path::Path, time::Duration};

use minicbor::{Decode, Encode};
use tantivy::{
    IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError,
    Term,
    merge_policy::LogMergePolicy,
    schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
    tokenizer::{PreTokenizedString, Token},
};

use super::{folder::Folder, said::Said, words};
use crate::{
    proto::{
        id::{ChatId, PersonId},
        secret::Secret,
    },
    wire::codec,
};

/// What is known of a message.
pub(super) struct Entry<'a> {
    pub(super) chat: ChatId,
    pub(super) arrival: u32,
    pub(super) sender: PersonId,
    /// Its place in time: `moment`.
    pub(super) at: u64,
    pub(super) said: &'a Said,
}

/// What a message can have. The number is in the index and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Has {
    /// A link to somewhere.
    Link = 1,
    /// A file.
    File = 2,
    /// Somebody who is named in it.
    Mention = 3,
    /// A message that it answers.
    Reply = 4,
    /// A file that is a picture.
    Picture = 5,
    /// A file that is a sound.
    Sound = 6,
    /// A file that is a film.
    Film = 7,
    /// A folder, which is a file too.
    Folder = 8,
}

/// The fields of a message.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) place: Field,
    pub(super) chat: Field,
    pub(super) sender: Field,
    pub(super) at: Field,
    pub(super) has: Field,
    pub(super) text: Field,
}

/// The name of [`Fields::at`], where one is asked for.
pub(super) const AT: &str = "at";

/// The name of [`Fields::place`], where one is asked for.
pub(super) const PLACE: &str = "place";

/// How far the index has come. It is in each of its commits.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(array)]
pub(super) struct Progress {
    /// Of what is kept of a message: [`FORMAT`].
    #[n(0)]
    pub(super) format: u32,
    /// The number of the last commit of the database that it has seen.
    #[n(1)]
    pub(super) commit: u64,
    /// The number that the next chat gets.
    #[n(2)]
    next: u32,
    #[n(3)]
    chats: BTreeMap<ChatId, InChat>,
}

/// The number of a chat, and up to where its messages are in the index.
#[derive(Clone, Copy, Encode, Decode)]
#[cbor(array)]
struct InChat {
    #[n(0)]
    number: u32,
    #[n(1)]
    next: u32,
}

/// Another number where messages would be indexed otherwise: the index is then made anew.
pub(super) const FORMAT: u32 = 2;

/// Longest [`Progress`]: of a million chats.
const LONGEST_PROGRESS: usize = 64 << 20;

/// Memory for messages that are not in a file yet.
const MEMORY: usize = 48 << 20;

/// Parts of the index above this many messages are not put together to larger ones, so that a deleted word
/// costs no more than writing one such part anew.
const LARGE: usize = 20_000;

impl Progress {
    /// The messages of a chat that come next.
    pub(super) fn next(&self, chat: &ChatId) -> u32 {
        self.chats.get(chat).map_or(0, |known| known.next)
    }

    /// The number of a chat, if it has one.
    pub(super) fn number(&self, chat: &ChatId) -> Option<u32> {
        self.chats.get(chat).map(|known| known.number)
    }

    /// The chats by their numbers.
    pub(super) fn by_number(&self) -> BTreeMap<u32, ChatId> {
        let chats = self.chats.iter();
        chats.map(|(chat, known)| (known.number, *chat)).collect()
    }

    /// How many messages have come to the index, those that are gone again among them.
    pub(super) fn count(&self) -> u64 {
        self.chats.values().map(|known| u64::from(known.next)).sum()
    }

    fn number_or_new(&mut self, chat: ChatId) -> u32 {
        let next = self.next;
        let known = self.chats.entry(chat).or_insert(InChat {
            number: next,
            next: 0,
        });
        if known.number == next {
            self.next = next.saturating_add(1);
        }
        known.number
    }
}

/// The index, open to be written.
pub(super) struct Index {
    pub(super) folder: Folder,
    pub(super) fields: Fields,
    pub(super) progress: Progress,
    writer: IndexWriter,
    reader: IndexReader,
    /// Messages added or taken out since the last commit.
    pub(super) changed: usize,
}

impl Index {
    /// Opens the index in a directory, or makes it. An error is no reason to lose anything: it can be
    /// made anew.
    pub(super) fn open(dir: &Path, key: Secret<32>) -> Result<Self, TantivyError> {
        let folder = Folder::open(dir, key)?;
        let (schema, fields) = schema();
        let index = tantivy::Index::builder()
            .schema(schema)
            .settings(IndexSettings::default())
            .open_or_create(folder.clone())?;
        let payload = index.load_metas()?.payload;
        let progress = match payload {
            Some(payload) => parse(&payload).ok_or_else(made_otherwise)?,
            None => Progress {
                format: FORMAT,
                ..Progress::default()
            },
        };
        let writer: IndexWriter = index.writer_with_num_threads(1, MEMORY)?;
        let mut policy = LogMergePolicy::default();
        policy.set_max_docs_before_merge(LARGE);
        writer.set_merge_policy(Box::new(policy));
        let reader = index.reader_builder();
        let reader = reader.reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self {
            folder,
            fields,
            progress,
            writer,
            reader,
            changed: 0,
        })
    }

    /// What can be found now: what was committed.
    pub(super) fn searcher(&self) -> Result<Searcher, TantivyError> {
        self.reader.reload()?;
        Ok(self.reader.searcher())
    }

    /// Adds a message; what was known of it before is forgotten.
    pub(super) fn add(&mut self, entry: &Entry<'_>) -> Result<(), TantivyError> {
        let number = self.progress.number_or_new(entry.chat);
        let place = place(number, entry.arrival);
        // Only one that was here before can have to go.
        if entry.arrival < self.progress.next(&entry.chat) {
            let known = Term::from_field_u64(self.fields.place, place);
            self.writer.delete_term(known);
        }
        let mut document = TantivyDocument::default();
        document.add_u64(self.fields.place, place);
        document.add_u64(self.fields.chat, number.into());
        document.add_u64(self.fields.sender, person(&entry.sender));
        document.add_u64(self.fields.at, entry.at);
        for has in &entry.said.has {
            document.add_u64(self.fields.has, *has as u64);
        }
        let terms = words::terms_of_texts([&entry.said.text, &entry.said.name]);
        let token = |(position, text): words::Term| Token {
            position,
            text,
            ..Token::default()
        };
        let text = PreTokenizedString {
            text: String::new(),
            tokens: terms.into_iter().map(token).collect(),
        };
        document.add_pre_tokenized_text(self.fields.text, text);
        self.writer.add_document(document)?;
        self.changed += 1;
        Ok(())
    }

    /// Forgets a message.
    pub(super) fn remove(&mut self, chat: &ChatId, arrival: u32) {
        let Some(number) = self.progress.number(chat) else {
            return;
        };
        let known = Term::from_field_u64(self.fields.place, place(number, arrival));
        self.writer.delete_term(known);
        self.changed += 1;
    }

    /// Forgets a chat. What is said in it from now on is of another number.
    pub(super) fn remove_chat(&mut self, chat: &ChatId) {
        if let Some(known) = self.progress.chats.remove(chat) {
            let term = Term::from_field_u64(self.fields.chat, known.number.into());
            self.writer.delete_term(term);
            self.changed += 1;
        }
    }

    /// All messages of a chat before this place are in the index.
    pub(super) fn came_to(&mut self, chat: ChatId, next: u32) {
        self.progress.number_or_new(chat);
        if let Some(known) = self.progress.chats.get_mut(&chat) {
            known.next = known.next.max(next);
        }
    }

    /// Puts what changed on disk, with how far it has come.
    pub(super) fn commit(&mut self) -> Result<(), TantivyError> {
        let payload = codec::to_vec(&self.progress);
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&data_encoding::BASE64.encode(&payload));
        prepared.commit()?;
        self.changed = 0;
        Ok(())
    }

    /// Whether words of messages that are gone are in its files yet.
    pub(super) fn has_leftovers(&self) -> bool {
        let segments = self.writer.index().searchable_segment_metas();
        segments.is_ok_and(|all| all.iter().any(|segment| segment.num_deleted_docs() > 0))
    }

    /// Writes the parts anew that hold words of messages that are gone, without them; their keys go.
    pub(super) fn purge(&mut self, is_stopped: impl Fn() -> bool) -> Result<(), TantivyError> {
        for segment in self.writer.index().searchable_segment_metas()? {
            if segment.num_deleted_docs() > 0 && !is_stopped() {
                // It may have become part of a larger one meanwhile, and then is whole.
                let _ = self.writer.merge(&[segment.id()]).wait();
            }
        }
        // Who searched before keeps the old files open; on disk they have no name and no key.
        self.searcher()?;
        self.writer.garbage_collect_files().wait()?;
        Ok(())
    }
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        // The words come from us.
        .set_tokenizer("raw")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default().set_indexing_options(indexing);
    let fields = Fields {
        place: schema.add_u64_field(PLACE, INDEXED | FAST),
        chat: schema.add_u64_field("chat", INDEXED),
        sender: schema.add_u64_field("sender", INDEXED),
        at: schema.add_u64_field(AT, FAST),
        has: schema.add_u64_field("has", INDEXED),
        text: schema.add_text_field("text", text),
    };
    (schema.build(), fields)
}

/// A message, by the number of its chat and its place in the order of arrival.
pub(super) fn place(number: u32, arrival: u32) -> u64 {
    u64::from(number) << 32 | u64::from(arrival)
}

/// The number of a chat, and a place in the order of arrival.
pub(super) fn of_place(place: u64) -> (u32, u32) {
    let half = |half: u64| u32::try_from(half).unwrap_or(u32::MAX);
    (half(place >> 32), half(place & u64::from(u32::MAX)))
}

/// Somebody, as far as the index tells them apart: what it finds is looked at again.
pub(super) fn person(person: &PersonId) -> u64 {
    person
        .0
        .first_chunk()
        .copied()
        .map_or(0, u64::from_be_bytes)
}

fn parse(payload: &str) -> Option<Progress> {
    let bytes = data_encoding::BASE64.decode(payload.as_bytes()).ok()?;
    let progress: Progress = codec::from_slice(&bytes, LONGEST_PROGRESS).ok()?;
    (progress.format == FORMAT).then_some(progress)
}

fn made_otherwise() -> TantivyError {
    io::Error::new(io::ErrorKind::InvalidData, "the index is of another form").into()
}

/// How long words of messages that are gone stay in the index's files while the profile is open.
pub(super) const LEFTOVERS: Duration = Duration::from_mins(5);
