//! What can be asked. Queries run beside each other and beside a commit.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{
    database::Database,
    error::StoreError,
    seal::{self, LONGEST, Piece, Sealer, Space},
    timeline::{self, Place, Timeline},
    tree::Tree,
    write,
};
use crate::{
    proto::{
        counters::Counters,
        id::{ChatId, DeviceId, MessageId, PersonId},
        record::{Class, MessageRow, PageBounds, ReadUpTo, ReceiptTimes, Stored},
    },
    wire::{codec, id::FrameId},
};

/// A record: its key and its value.
pub type Record = (Vec<u8>, Zeroizing<Vec<u8>>);

/// Receipts that are looked at to find those of one message.
const DELIVERIES: usize = 256;

/// Rows that are read at once.
const SLICE: usize = 1024;

impl Database {
    pub(super) fn records(&self, class: Class) -> Result<Vec<Record>, StoreError> {
        let prefix = self.sealer.class_prefix(class);
        let tree = self.tree();
        let mut records = Vec::new();
        let mut from = Vec::new();
        loop {
            let rows = tree.rows(&prefix, &from, SLICE)?;
            let Some((last, _)) = rows.last() else { break };
            from = [last.as_slice(), &[0]].concat();
            let more = rows.len() == SLICE;
            for (key, row) in rows {
                // None: removed while we read.
                records.extend(self.open_record(&tree, class, &key, row)?);
            }
            if !more {
                break;
            }
        }
        records.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(records)
    }

    pub(super) fn record(
        &self,
        class: Class,
        key: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let at = self.sealer.record_key(class, key);
        let tree = self.tree();
        let Some(row) = tree.get(&at)? else {
            return Ok(None);
        };
        Ok(self
            .open_record(&tree, class, &at, row)?
            .map(|(_, value)| value))
    }

    fn open_record(
        &self,
        tree: &Tree,
        class: Class,
        at: &[u8],
        mut row: Vec<u8>,
    ) -> Result<Option<Record>, StoreError> {
        let damaged =
            || StoreError::Damaged(format!("a record of class {} does not open", class as u8));
        // A commit may come between the reading of two pieces.
        for _ in 0..COLLISIONS {
            let get = |key: &[u8]| Ok(tree.get(key)?);
            let pieces = read_pieces(&get, &self.sealer, Space::Record(class), at, &row)?;
            if let Some(pieces) = pieces
                && let Some(value) = seal::join(&pieces)
                && let Some(first) = pieces.into_iter().next()
            {
                if self.sealer.record_key(class, &first.logical) != at {
                    return Err(damaged());
                }
                return Ok(Some((first.logical, value)));
            }
            match tree.get(at)? {
                Some(again) => row = again,
                None => return Ok(None),
            }
        }
        Err(damaged())
    }

    /// Receipts of somebody whose highest counter is at or after this one: it is in one of the first, as
    /// receipts are of what came one after the other.
    pub(super) fn deliveries(
        &self,
        chat: &ChatId,
        device: &DeviceId,
        person: &PersonId,
        counter: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let prefix = self.sealer.signed_prefix(chat, device, person);
        let from = self.sealer.signed_key(chat, device, person, counter);
        let mut signed = Vec::new();
        for (key, row) in self.tree().rows(&prefix, &from, DELIVERIES)? {
            let opened = self.sealer.open(Space::Signed, &key, &row);
            let opened =
                opened.map_err(|_| StoreError::Damaged("a signed receipt does not open".into()))?;
            signed.push(opened.to_vec());
        }
        Ok(signed)
    }

    pub(super) fn seen(&self, frame: &FrameId) -> Result<bool, StoreError> {
        Ok(self.tree().has(&self.sealer.seen_key(frame))?)
    }

    pub(super) fn message(&self, id: &MessageId) -> Result<Option<Stored>, StoreError> {
        let Some(row) = self.row_of(id)? else {
            return Ok(None);
        };
        // None: its commit has not returned yet.
        let rank = self.timeline(&row.chat, |order| order.rank(id, row.created))?;
        Ok(rank.map(|rank| stored(row, rank)))
    }

    pub(super) fn page(&self, chat: ChatId, bounds: PageBounds) -> Result<Vec<Stored>, StoreError> {
        let before = self.bound(&chat, bounds.before)?;
        let after = self.bound(&chat, bounds.after)?;
        if before.is_some() != bounds.before.is_some() || after.is_some() != bounds.after.is_some()
        {
            return Ok(Vec::new());
        }
        let (first, places) = self.timeline(&chat, |order| {
            let rank = |row: &MessageRow| order.rank(&row.id, row.created);
            let ranked = (
                before.as_ref().and_then(rank),
                after.as_ref().and_then(rank),
            );
            // One may be in the tree and not in the order: its commit has not returned yet.
            if (ranked.0.is_some(), ranked.1.is_some()) != (before.is_some(), after.is_some()) {
                return (0, Vec::new());
            }
            let ranks = bounds.ranks(order.len(), ranked.0, ranked.1);
            (ranks.start, order.ranks(ranks).to_vec())
        })?;
        let prefix = self.sealer.chat_prefix(&chat);
        let tree = self.tree();
        let mut page = Vec::with_capacity(places.len());
        for (rank, place) in (first..).zip(places) {
            page.push(stored(self.row_placed(&tree, &prefix, place)?, rank));
        }
        Ok(page)
    }

    /// What a device said with a counter and that `counts`; of several, the first in display order.
    pub(super) fn row_at(
        &self,
        chat: &ChatId,
        device: DeviceId,
        counter: u32,
        counts: impl Fn(&MessageRow) -> bool,
    ) -> Result<Option<MessageRow>, StoreError> {
        let arrivals = self.timeline(chat, |order| order.arrivals(device, counter))?;
        let prefix = self.sealer.chat_prefix(chat);
        let tree = self.tree();
        let mut first: Option<MessageRow> = None;
        for arrival in arrivals {
            let row = self.row_arrived(&tree, &prefix, arrival)?;
            let place = |row: &MessageRow| (row.created, row.id);
            if counts(&row)
                && first
                    .as_ref()
                    .is_none_or(|first| place(&row) < place(first))
            {
                first = Some(row);
            }
        }
        Ok(first)
    }

    pub(super) fn counters(
        &self,
        chat: &ChatId,
    ) -> Result<BTreeMap<DeviceId, Counters>, StoreError> {
        self.timeline(chat, Timeline::counters)
    }

    /// The acts on a message that may count.
    pub(super) fn acts(
        &self,
        chat: &ChatId,
        on: &MessageId,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let tree = self.tree();
        let prefix = self.sealer.chat_prefix(chat);
        let index = tree.rows(&self.sealer.acts_prefix(chat, on), &[], usize::MAX)?;
        let mut acts = Vec::with_capacity(index.len());
        for (key, _) in index {
            let arrival = timeline::arrival_of(&key).ok_or_else(lost)?;
            acts.push(self.row_arrived(&tree, &prefix, arrival)?);
        }
        acts.sort_unstable_by_key(|act| act.id);
        Ok(acts)
    }

    pub(super) fn read_up_to(
        &self,
        chat: &ChatId,
        up_to: &MessageId,
    ) -> Result<Option<ReadUpTo>, StoreError> {
        let Some(row) = self.row_of(up_to)?.filter(|row| row.chat == *chat) else {
            return Ok(None);
        };
        self.timeline(chat, |order| {
            let (counters, unread_left) = order.read_up_to(order.rank(up_to, row.created)?);
            Some(ReadUpTo {
                counters,
                unread_left,
            })
        })
    }

    pub(super) fn receipts(
        &self,
        chat: &ChatId,
        device: &DeviceId,
        counter: u32,
        person: &PersonId,
    ) -> Result<ReceiptTimes, StoreError> {
        let tree = self.tree();
        let key = self.sealer.delivered_key(chat, device, person, counter);
        let delivered = match tree.get(&key)? {
            Some(row) => Some(write::open_delivered(self, &key, &row)?),
            None => None,
        };
        let key = self.sealer.read_key(chat, device, person);
        let read = match tree.get(&key)? {
            Some(row) => write::open_marks(self, &key, &row)?.read_at(counter),
            None => None,
        };
        Ok(ReceiptTimes { delivered, read })
    }

    /// The message that bounds a page, if it is in the chat.
    fn bound(
        &self,
        chat: &ChatId,
        id: Option<MessageId>,
    ) -> Result<Option<MessageRow>, StoreError> {
        match id {
            Some(id) => Ok(self.row_of(&id)?.filter(|row| row.chat == *chat)),
            None => Ok(None),
        }
    }

    /// Whether a message is here, shown or not, or was and is erased.
    pub(super) fn holds(&self, id: &MessageId) -> Result<bool, StoreError> {
        Ok(self.row_of(id)?.is_some())
    }

    /// A message without its place.
    pub(super) fn row_of(&self, id: &MessageId) -> Result<Option<MessageRow>, StoreError> {
        let tree = self.tree();
        let Some(at) = tree.get(&self.sealer.id_key(id))? else {
            return Ok(None);
        };
        let row = tree.get(&at)?.ok_or_else(lost)?;
        let row = open_message(&tree, &self.sealer, &at, &row)?;
        if row.id == *id {
            Ok(Some(row))
        } else {
            Err(lost())
        }
    }

    fn row_placed(
        &self,
        tree: &Tree,
        prefix: &[u8; 16],
        place: Place,
    ) -> Result<MessageRow, StoreError> {
        let row = self.row_arrived(tree, prefix, place.arrival)?;
        if place.is_of(&row) {
            Ok(row)
        } else {
            Err(lost())
        }
    }

    fn row_arrived(
        &self,
        tree: &Tree,
        prefix: &[u8; 16],
        arrival: u32,
    ) -> Result<MessageRow, StoreError> {
        let at = timeline::row_key(prefix, arrival);
        let row = tree.get(&at)?.ok_or_else(lost)?;
        open_message(tree, &self.sealer, &at, &row)
    }
}

/// How often a record is read again because a commit came between its pieces.
const COLLISIONS: usize = 16;

fn lost() -> StoreError {
    StoreError::Damaged("a message is not where it should be".into())
}

fn stored(row: MessageRow, rank: usize) -> Stored {
    Stored {
        row,
        seq: rank.try_into().unwrap_or(u64::MAX),
    }
}

/// Opens the row of a message, and reads its other rows when it has several.
pub(super) fn open_message(
    tree: &Tree,
    sealer: &Sealer,
    at: &[u8],
    row: &[u8],
) -> Result<MessageRow, StoreError> {
    open_message_of(&|key| Ok(tree.get(key)?), sealer, at, row)
}

/// As [`open_message`], where rows are not only those of a tree.
pub(super) fn open_message_of(
    get: &Get<'_>,
    sealer: &Sealer,
    at: &[u8],
    row: &[u8],
) -> Result<MessageRow, StoreError> {
    let damaged = || StoreError::Damaged("a message does not open".into());
    let pieces = read_pieces(get, sealer, Space::Message, at, row)?.ok_or_else(damaged)?;
    let value = seal::join(&pieces).ok_or_else(damaged)?;
    codec::from_slice(&value, LONGEST).map_err(|_| damaged())
}

/// Reads a row.
type Get<'a> = dyn Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError> + 'a;

/// All pieces of a value whose first row is given; none when one is missing.
fn read_pieces(
    get: &Get<'_>,
    sealer: &Sealer,
    space: Space,
    at: &[u8],
    row: &[u8],
) -> Result<Option<Vec<Piece>>, StoreError> {
    let damaged = |_| StoreError::Damaged("a row does not open".into());
    let first = sealer.open_piece(space, row).map_err(damaged)?;
    let count = first.count;
    let mut pieces = vec![first];
    for index in 1..count {
        let Some(row) = get(&sealer.piece_key(at, index))? else {
            return Ok(None);
        };
        pieces.push(sealer.open_piece(space, &row).map_err(damaged)?);
    }
    Ok(Some(pieces))
}
