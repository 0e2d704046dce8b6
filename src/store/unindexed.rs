//! What the search index reads of the database: messages as they arrived, and what it has to forget.
//!
//! The index is not written with a commit but after it. Of what comes it knows by the order of arrival
//! how far it is; of what goes or is changed in its place a row says so, which is in the same commit, and
//! which goes when the index is on disk without it.

use minicbor::{Decode, Encode};

use super::{
    database::{Database, lock},
    error::StoreError,
    query,
    seal::{Sealer, Space},
    store::Open,
    timeline,
    write::Stage,
};
use crate::{
    proto::{
        id::{ChatId, MessageId},
        record::{Class, MessageRow},
        secret::Secret,
    },
    wire::codec,
};

/// What the search index has to forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unindexed {
    pub(super) chat: ChatId,
    /// Its place in the order of arrival; none when it is the whole chat as it was.
    pub(super) arrival: Option<u32>,
    key: Vec<u8>,
    /// As it is sealed: another one if it has to be forgotten once more.
    row: Vec<u8>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Body {
    #[n(0)]
    chat: ChatId,
    #[n(1)]
    arrival: Option<u32>,
}

/// Longest body.
const LONGEST: usize = 64;

impl Sealer {
    /// With which the keys of all notes begin.
    fn unindexed_prefix(&self) -> [u8; 8] {
        self.blind(Space::Unindexed, &[b"all"])
    }

    fn unindexed_key(&self, chat: &ChatId, arrival: Option<u32>) -> Vec<u8> {
        let arrival = arrival.map(u32::to_be_bytes);
        let arrival = arrival.as_ref().map_or(&[][..], <[u8; 4]>::as_slice);
        let own = self.blind::<16>(Space::Unindexed, &[&chat.0, arrival]);
        [self.unindexed_prefix().as_slice(), &own].concat()
    }

    /// The key of the search index.
    pub(super) fn search_key(&self) -> Secret<32> {
        Secret::new(self.blind(Space::Unindexed, &[b"search index"]))
    }
}

impl Stage<'_> {
    /// The search index has to look at a message again that was committed before, or to forget a chat.
    pub(super) fn unindex(&mut self, chat: ChatId, arrival: Option<u32>) -> Result<(), StoreError> {
        let sealer = &self.database.sealer;
        let key = sealer.unindexed_key(&chat, arrival);
        let body = codec::to_vec(&Body { chat, arrival });
        let row = sealer.seal(Space::Unindexed, &key, &body)?;
        self.drop_row(key.clone())?;
        self.append(key, row);
        self.unindexes = true;
        Ok(())
    }
}

impl Database {
    /// Some of what the search index has to forget.
    pub(super) fn unindexed(&self, limit: usize) -> Result<Vec<Unindexed>, StoreError> {
        let prefix = self.sealer.unindexed_prefix();
        let rows = self.tree().rows(&prefix, &[], limit)?;
        let mut all = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            let damaged = || StoreError::Damaged("a note for the search does not open".into());
            let opened = self.sealer.open(Space::Unindexed, &key, &row);
            let body = opened.map_err(|_| damaged())?;
            let body: Body = codec::from_slice(&body, LONGEST).map_err(|_| damaged())?;
            all.push(Unindexed {
                chat: body.chat,
                arrival: body.arrival,
                key,
                row,
            });
        }
        Ok(all)
    }

    /// A message by its place in the order of arrival, shown or not; none if there is none.
    pub(super) fn arrived(
        &self,
        chat: &ChatId,
        arrival: u32,
    ) -> Result<Option<MessageRow>, StoreError> {
        let tree = self.tree();
        let at = timeline::row_key(&self.sealer.chat_prefix(chat), arrival);
        let Some(row) = tree.get(&at)? else {
            return Ok(None);
        };
        query::open_message(&tree, &self.sealer, &at, &row).map(Some)
    }

    /// Where a message is in the order of arrival.
    pub(super) fn arrival(&self, id: &MessageId) -> Result<Option<u32>, StoreError> {
        let at = self.tree().get(&self.sealer.id_key(id))?;
        Ok(at.as_deref().and_then(timeline::arrival_of))
    }
}

impl Open {
    /// Number of the last commit.
    pub(super) fn commit_number(&self) -> u64 {
        lock(&self.writer).about.commit
    }

    /// Messages of a chat as they arrived, from a place on. None of a commit that is not on disk yet: it
    /// may never be, and then another message takes its place.
    pub(super) fn arrivals(
        &self,
        chat: &ChatId,
        from: u32,
        limit: usize,
    ) -> Result<Vec<(u32, MessageRow)>, StoreError> {
        let _no_commit = lock(&self.writer);
        let tree = self.database.tree();
        let sealer = &self.database.sealer;
        let prefix = sealer.chat_prefix(chat);
        let mut arrivals = Vec::new();
        for (key, row) in tree.rows(&prefix, &timeline::row_key(&prefix, from), limit)? {
            let Some(arrival) = timeline::arrival_of(&key) else {
                continue;
            };
            arrivals.push((arrival, query::open_message(&tree, sealer, &key, &row)?));
        }
        Ok(arrivals)
    }

    /// How many messages came in a chat, those that are gone among them.
    pub(super) fn came(&self, chat: &ChatId) -> Result<u32, StoreError> {
        let prefix = self.database.sealer.chat_prefix(chat);
        let end = timeline::row_key(&prefix, u32::MAX);
        let last = self.database.tree().rows_before(Some(&end), 1)?;
        let last = last.first().filter(|(key, _)| key.starts_with(&prefix));
        let last = last.and_then(|(key, _)| timeline::arrival_of(key));
        Ok(last.map_or(0, |last| last.saturating_add(1)))
    }

    /// All chats that there may be messages of.
    pub(super) fn chats(&self) -> Result<Vec<ChatId>, StoreError> {
        let mut chats = Vec::new();
        for class in [Class::Chat, Class::Group] {
            let records = self.database.records(class)?;
            let ids = records.iter().map(|(key, _)| key.as_slice().try_into());
            chats.extend(ids.filter_map(|id| id.ok().map(ChatId)));
        }
        Ok(chats)
    }

    /// The search index is on disk without these.
    pub(super) fn indexed(&self, forgotten: &[Unindexed]) -> Result<(), StoreError> {
        if forgotten.is_empty() {
            return Ok(());
        }
        let mut writer = lock(&self.writer);
        self.database.tree().healthy()?;
        let mut stage = Stage::new(&self.database, writer.about);
        for Unindexed { key, row, .. } in forgotten {
            if stage.get(key)?.as_ref() == Some(row) {
                stage.drop_row(key.clone())?;
            }
        }
        let flags = writer.flags();
        self.save(&mut writer, stage, flags)
    }
}
