//! Messages of a group as their authors signed them, from one member to another (content 16).
//!
//! `records = [chat_id, [[sctx, sig]…], [asked|null, next|null]?]`: whoever gets them checks each author's signature, and needs
//! no key of the epoch in which they were said.

use minicbor::{Decode, Encode};

use super::unnumbered;
use crate::{
    proto::{
        chat::sender_chain::{GroupPlace, message_id},
        id::{ChatId, MessageId},
        record::MessageRow,
    },
    wire::{
        codec::{self, Malformed},
        limits,
        sync::HistoryRecord,
    },
};

/// Some messages of a group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Records {
    /// Which group.
    #[n(0)]
    pub chat: ChatId,
    /// At most [`limits::RECORDS`].
    #[n(1)]
    pub records: Vec<HistoryRecord>,
    /// If they are an answer to a question for history (protocol §4.10).
    #[n(2)]
    pub part: Option<Part>,
}

/// Which part of a history some records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Part {
    /// Before which message was asked for.
    #[n(0)]
    pub asked: Option<MessageId>,
    /// Before which message there may be more.
    #[n(1)]
    pub next: Option<MessageId>,
}

/// Bytes of records in one content, at most.
const PART: usize = 38 * 1024;

/// What a record has beside the content of its message.
pub const RECORD_OVERHEAD: usize = 32 + 32 + 16 + 4 + 64 + 12;

impl Records {
    /// As many of the first rows as fit, and how many those are. What is no message that somebody
    /// signed, was erased, or is longer than all that fit, is left out and counts among them.
    pub fn of(chat: ChatId, rows: &[MessageRow]) -> (Self, usize) {
        let (mut records, mut left, mut taken) = (Vec::new(), PART, 0);
        for row in rows {
            let size = row.content.len().saturating_add(RECORD_OVERHEAD);
            if records.len() >= limits::RECORDS || (size > left && size <= PART) {
                break;
            }
            taken += 1;
            if let Some(record) = record_of(row).filter(|_| size <= PART) {
                left = left.saturating_sub(size);
                records.push(record);
            }
        }
        let part = None;
        (
            Self {
                chat,
                records,
                part,
            },
            taken,
        )
    }

    /// The bytes that content 16 carries.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads them.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let records: Self = codec::from_slice(bytes, limits::CONTENT)?;
        if records.records.len() <= limits::RECORDS {
            Ok(records)
        } else {
            Err(Malformed)
        }
    }
}

/// A message with its author's signature. `None`: nobody signed it, or it was erased.
pub fn record_of(row: &MessageRow) -> Option<HistoryRecord> {
    let signed = row.signed.as_ref()?;
    let (_, counter) = unnumbered(row.counter);
    let place = GroupPlace {
        chat: row.chat,
        epoch: signed.epoch,
        device: row.device,
        counter,
    };
    let context = place.context(&row.content);
    // Of what was erased nothing is left that its author signed.
    let is_whole = message_id(&context) == row.id;
    is_whole.then(|| HistoryRecord {
        context: context.into(),
        signature: Some(signed.signature),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        proto::{
            id::{DeviceId, PersonId},
            record::Signed,
            time::Timestamp,
        },
        wire::sync::OpId,
    };

    const CHAT: ChatId = ChatId([1; 32]);

    fn row(counter: u32, content: Vec<u8>) -> MessageRow {
        let place = GroupPlace {
            chat: CHAT,
            epoch: OpId([2; 32]),
            device: DeviceId([3; 16]),
            counter,
        };
        MessageRow {
            id: message_id(&place.context(&content)),
            chat: CHAT,
            sender: PersonId([4; 32]),
            device: place.device,
            counter: 5 << 16 | counter,
            created: Timestamp(6),
            sent_at: Timestamp(6),
            received_at: Timestamp(6),
            outgoing: false,
            content,
            signed: Some(Signed {
                epoch: place.epoch,
                signature: [7; 64],
                moderates: false,
                reaches_removed: false,
                given_by: None,
            }),
        }
    }

    #[test]
    fn a_record_is_what_its_author_signed_with_the_number_in_its_epoch() {
        let row = row(9, b"hello".to_vec());

        let (records, taken) = Records::of(CHAT, std::slice::from_ref(&row));
        let read = Records::decode(&records.encode()).unwrap();

        assert_eq!((read.records.len(), taken), (1, 1));
        let (place, content) = GroupPlace::split(&read.records[0].context).unwrap();
        assert_eq!((place.counter, content), (9, &b"hello"[..]));
        assert_eq!(message_id(&read.records[0].context), row.id);
        assert_eq!(read.records[0].signature, Some([7; 64]));
    }

    #[test]
    fn what_was_erased_or_nobody_signed_is_left_out() {
        let mut erased = row(1, b"hello".to_vec());
        erased.content = crate::proto::chat::acts::TOMBSTONE.to_vec();
        let mut unsigned = row(2, b"hello".to_vec());
        unsigned.signed = None;

        let (records, taken) = Records::of(CHAT, &[erased, unsigned, row(3, b"kept".to_vec())]);

        assert_eq!((records.records.len(), taken), (1, 3));
    }

    #[test]
    fn what_does_not_fit_waits_and_what_never_fits_is_left_out() {
        let rows = [
            row(1, vec![0; 16_000]),
            row(2, vec![0; limits::CONTENT]),
            row(3, vec![0; 16_000]),
            row(4, vec![0; 16_000]),
        ];

        let (records, taken) = Records::of(CHAT, &rows);

        assert_eq!((records.records.len(), taken), (2, 3));
        assert!(records.encode().len() < limits::CONTENT - 512);
        let many: Vec<_> = (0..100).map(|n| row(n, vec![0])).collect();
        let (records, taken) = Records::of(CHAT, &many);
        assert_eq!(
            (records.records.len(), taken),
            (limits::RECORDS, limits::RECORDS)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(records) = Records::decode(&bytes) {
                prop_assert_eq!(records.encode(), bytes.clone());
            }
            GroupPlace::split(&bytes);
        }
    }
}
