//! What acts do to the rows of messages (ADR 0013): what no longer counts is kept without what it said.
//!
//! A row keeps its place in the order of arrival, its id and its counter, so that nothing comes back
//! and nothing is missing.

use super::{
    error::StoreError,
    query,
    seal::{self, Space},
    timeline,
    write::Stage,
};
use crate::{
    proto::{
        chat::acts::{self, GONE, Shape, TOMBSTONE},
        id::{ChatId, MessageId},
        record::MessageRow,
    },
    wire::codec,
};

/// A row, and its place in the order of arrival.
type Arrived = (u32, MessageRow);

impl Stage<'_> {
    /// A message that is here already comes again. Salvaging meets an erased one as it was and as it
    /// became, in either order.
    pub(super) fn meet_again(&mut self, row: &MessageRow) -> Result<(), StoreError> {
        match acts::shape(&row.content) {
            Shape::Gone => self.erase(&row.id),
            Shape::Message if row.content == TOMBSTONE => match self.find(&row.id)? {
                Some(held) => self.blank(held),
                None => Ok(()),
            },
            Shape::Message | Shape::Act(_) | Shape::Quiet => Ok(()),
        }
    }

    /// Erases what does not count, after a message or an act on it has come.
    pub(super) fn settle(&mut self, chat: &ChatId, id: &MessageId) -> Result<(), StoreError> {
        let on = self.acts_on(chat, id)?;
        if on.is_empty() {
            return Ok(());
        }
        let target = self.find(id)?.filter(|(_, row)| row.chat == *chat);
        let rows: Vec<MessageRow> = on.iter().map(|(_, row)| row.clone()).collect();
        let superfluous = acts::superfluous(target.as_ref().map(|(_, row)| row), &rows);
        if let Some(target) = target
            && acts::is_deleted(&target.1, &rows)
        {
            self.blank(target)?;
        }
        for act in on {
            if superfluous.contains(&act.1.id) {
                self.erase_act(act, id)?;
            }
        }
        Ok(())
    }

    /// Takes a message, and all acts on it, out of the timeline for good.
    pub(super) fn erase(&mut self, id: &MessageId) -> Result<(), StoreError> {
        let Some(found) = self.find(id)? else {
            return Ok(());
        };
        let chat = found.1.chat;
        match acts::shape(&found.1.content) {
            Shape::Message => {
                for act in self.acts_on(&chat, id)? {
                    self.erase_act(act, id)?;
                }
                self.hide(&found)?;
                self.rewrite(found, GONE)
            }
            Shape::Act(on) => self.erase_act(found, &on),
            Shape::Quiet => self.rewrite(found, GONE),
            Shape::Gone => Ok(()),
        }
    }

    /// Where it is noted that an act is on a message.
    pub(super) fn act_key(&self, chat: &ChatId, on: &MessageId, arrival: u32) -> Vec<u8> {
        timeline::row_key(&self.database.sealer.acts_prefix(chat, on), arrival)
    }

    fn erase_act(&mut self, act: Arrived, on: &MessageId) -> Result<(), StoreError> {
        self.drop_row(self.act_key(&act.1.chat, on, act.0))?;
        if let Some((arrival, row)) = self.find(on)?
            && self.staged(&row.chat, arrival).is_none()
        {
            self.unindex(row.chat, Some(arrival))?;
        }
        self.rewrite(act, GONE)
    }

    /// Erases what a message said that is shown.
    fn blank(&mut self, message: Arrived) -> Result<(), StoreError> {
        let content = &message.1.content;
        if content == TOMBSTONE || acts::shape(content) != Shape::Message {
            return Ok(());
        }
        self.rewrite(message, TOMBSTONE)
    }

    /// The row of a message or an act.
    fn find(&self, id: &MessageId) -> Result<Option<Arrived>, StoreError> {
        let Some(at) = self.get(&self.database.sealer.id_key(id))? else {
            return Ok(None);
        };
        let arrival = timeline::arrival_of(&at).ok_or_else(lost)?;
        let row = self.open(&at)?;
        if row.id == *id {
            Ok(Some((arrival, row)))
        } else {
            Err(lost())
        }
    }

    fn acts_on(&self, chat: &ChatId, on: &MessageId) -> Result<Vec<Arrived>, StoreError> {
        let sealer = &self.database.sealer;
        let prefix = sealer.chat_prefix(chat);
        let keys = self.keys_under(&sealer.acts_prefix(chat, on))?;
        let mut acts = Vec::with_capacity(keys.len());
        for key in keys {
            let arrival = timeline::arrival_of(&key).ok_or_else(lost)?;
            acts.push((arrival, self.open(&timeline::row_key(&prefix, arrival))?));
        }
        Ok(acts)
    }

    fn open(&self, at: &[u8]) -> Result<MessageRow, StoreError> {
        let row = self.get(at)?.ok_or_else(lost)?;
        query::open_message_of(&|key| self.get(key), &self.database.sealer, at, &row)
    }

    /// Takes a message out of the display order, in memory and on its page.
    fn hide(&mut self, (arrival, row): &Arrived) -> Result<(), StoreError> {
        if self.staged(&row.chat, *arrival).is_none() {
            let hidden = self.hidden.entry(row.chat).or_default();
            hidden.insert(*arrival, (row.id, row.created));
        }
        let sealer = &self.database.sealer;
        let number = arrival / timeline::PAGE;
        let key = timeline::page_key(&sealer.places_prefix(&row.chat), number);
        let Some(page) = self.get(&key)? else {
            return Ok(());
        };
        let damaged = || StoreError::Damaged("a page of messages does not open".into());
        let page = sealer.open(Space::Places, &key, &page);
        let page = page
            .ok()
            .and_then(|page| timeline::hide_in_page(&page, *arrival));
        let sealed = sealer.seal(Space::Places, &key, &page.ok_or_else(damaged)?)?;
        self.drop_row(key.clone())?;
        self.append(key, sealed);
        Ok(())
    }

    /// Gives a row another content.
    fn rewrite(&mut self, (arrival, mut row): Arrived, content: &[u8]) -> Result<(), StoreError> {
        let sealer = &self.database.sealer;
        let at = timeline::row_key(&sealer.chat_prefix(&row.chat), arrival);
        for index in 0..seal::pieces(codec::to_vec(&row).len()).unwrap_or(1) {
            self.drop_row(sealer.piece_key(&at, index))?;
        }
        self.drop_file(&row)?;
        row.content = content.to_vec();
        let value = codec::to_vec(&row);
        let commit = self.about.commit;
        let rows = sealer.seal_value(Space::Message, &at, &row.id.0, commit, &value)?;
        for (key, row) in rows {
            self.append(key, row);
        }
        if let Some(staged) = self.staged(&row.chat, arrival) {
            *staged = row;
            return Ok(());
        }
        self.rewrites = true;
        self.unindex(row.chat, Some(arrival))
    }

    fn staged(&mut self, chat: &ChatId, arrival: u32) -> Option<&mut MessageRow> {
        let rows = self.messages.get_mut(chat)?.iter_mut();
        rows.rev()
            .find(|(at, _)| *at == arrival)
            .map(|(_, row)| row)
    }
}

fn lost() -> StoreError {
    StoreError::Damaged("a message is not where it should be".into())
}
