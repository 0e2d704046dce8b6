//! Files that wait until fewer are fetched.

use std::collections::{BTreeMap, VecDeque};

use crate::{node::PersonId, proto::record::FileRow};

/// Files that wait, by who sent them: nobody's keep anybody else's waiting.
#[derive(Default)]
pub(super) struct Queue {
    waiting: BTreeMap<PersonId, VecDeque<FileRow>>,
    len: usize,
}

impl Queue {
    pub(super) fn push(&mut self, row: FileRow) {
        self.waiting.entry(row.sender).or_default().push_back(row);
        self.len += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The next file: of the sender of whom the fewest are fetched, and fewer than so many.
    pub(super) fn next(
        &mut self,
        most: usize,
        fetched: impl Fn(&PersonId) -> usize,
    ) -> Option<FileRow> {
        let fewest = self.waiting.keys().map(|who| (fetched(who), *who)).min()?;
        let (_, sender) = Some(fewest).filter(|(fetched, _)| *fetched < most)?;
        let of = self.waiting.get_mut(&sender)?;
        let row = of.pop_front();
        if of.is_empty() {
            self.waiting.remove(&sender);
        }
        self.len -= usize::from(row.is_some());
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::id::{ChatId, MessageId};

    fn row(sender: u8, blob: u8) -> FileRow {
        FileRow {
            message: MessageId([blob; 32]),
            chat: ChatId([0; 32]),
            sender: PersonId([sender; 32]),
            outgoing: false,
            blob: [blob; 32],
            size: 1,
            sealed_size: 17,
            list: None,
            is_listing: false,
        }
    }

    #[test]
    fn the_sender_of_whom_the_fewest_are_fetched_is_next() {
        let mut queue = Queue::default();
        for blob in 0..5 {
            queue.push(row(1, blob));
        }
        queue.push(row(2, 9));
        let busy = |who: &PersonId| if who.0[0] == 1 { 3 } else { 1 };

        assert_eq!(queue.next(4, busy), Some(row(2, 9)));
        assert_eq!(queue.next(4, busy), Some(row(1, 0)));
        assert_eq!(queue.next(3, busy), None, "of that sender it is enough");
        assert_eq!(queue.len(), 4);
    }
}
