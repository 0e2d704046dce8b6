//! What an open store is asked.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{error::StoreError, query::Record, store::Store};
use crate::{
    proto::{
        chat::acts,
        counters::Counters,
        id::{ChatId, DeviceId, MessageId, PersonId},
        record::{Class, MessageRow, PageBounds, ReadUpTo, ReceiptTimes, Stored},
    },
    wire::id::FrameId,
};

impl Store {
    /// All records of a class with their keys, ascending by key.
    pub fn records(&self, class: Class) -> Result<Vec<Record>, StoreError> {
        self.query(|database| database.records(class))
    }

    /// One record.
    pub fn record(
        &self,
        class: Class,
        key: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        self.query(|database| database.record(class, key))
    }

    /// Whether a frame was taken in before.
    pub fn seen(&self, frame: &FrameId) -> Result<bool, StoreError> {
        self.query(|database| database.seen(frame))
    }

    /// One message that is shown.
    pub fn message(&self, id: &MessageId) -> Result<Option<Stored>, StoreError> {
        self.query(|database| database.message(id))
    }

    /// Some messages of a chat, in display order. A bound that is not in the chat: none.
    pub fn page(&self, chat: ChatId, bounds: PageBounds) -> Result<Vec<Stored>, StoreError> {
        self.query(|database| database.page(chat, bounds))
    }

    /// The last message of a chat in display order.
    pub fn last(&self, chat: ChatId) -> Result<Option<Stored>, StoreError> {
        let bounds = PageBounds {
            limit: 1,
            ..PageBounds::default()
        };
        self.page(chat, bounds)
            .map(|page| page.into_iter().next_back())
    }

    /// The message of a device with this counter, if it is shown; of several, the first in display
    /// order.
    pub fn message_at(
        &self,
        chat: ChatId,
        device: DeviceId,
        counter: u32,
    ) -> Result<Option<MessageId>, StoreError> {
        let shown = |row: &MessageRow| acts::shape(&row.content) == acts::Shape::Message;
        let row = self.query(|database| database.row_at(&chat, device, counter, shown))?;
        Ok(row.map(|row| row.id))
    }

    /// What a device said with this counter, shown or not; of several, the first in display order.
    pub fn row_at(
        &self,
        chat: ChatId,
        device: DeviceId,
        counter: u32,
    ) -> Result<Option<MessageRow>, StoreError> {
        self.query(|database| database.row_at(&chat, device, counter, |_| true))
    }

    /// By device, the counters of the messages of a chat that are here, or were and are erased.
    pub fn counters(&self, chat: ChatId) -> Result<BTreeMap<DeviceId, Counters>, StoreError> {
        self.query(|database| database.counters(&chat))
    }

    /// A message as it is kept, shown or not, or what is left of it.
    pub fn row(&self, id: &MessageId) -> Result<Option<MessageRow>, StoreError> {
        self.query(|database| database.row_of(id))
    }

    /// What somebody signed of messages that a device of ours wrote in a chat, as far as it may be of the
    /// one with a counter.
    pub fn deliveries(
        &self,
        chat: ChatId,
        device: DeviceId,
        person: PersonId,
        counter: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.query(|database| database.deliveries(&chat, &device, &person, counter))
    }

    /// Whether a message is here, shown or not, or was and is erased.
    pub fn holds(&self, id: &MessageId) -> Result<bool, StoreError> {
        self.query(|database| database.holds(id))
    }

    /// The acts on a message that may count, by id.
    pub fn acts(&self, chat: ChatId, on: MessageId) -> Result<Vec<MessageRow>, StoreError> {
        self.query(|database| database.acts(&chat, &on))
    }

    /// What reading up to a message means; none if it is not in the chat.
    pub fn read_counters(
        &self,
        chat: ChatId,
        up_to: MessageId,
    ) -> Result<Option<ReadUpTo>, StoreError> {
        self.query(|database| database.read_up_to(&chat, &up_to))
    }

    /// How far a message of ours has come with somebody.
    pub fn receipts(
        &self,
        chat: ChatId,
        device: DeviceId,
        counter: u32,
        person: PersonId,
    ) -> Result<ReceiptTimes, StoreError> {
        self.query(|database| database.receipts(&chat, &device, counter, &person))
    }
}
