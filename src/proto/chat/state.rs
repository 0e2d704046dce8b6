//! What is remembered of a direct chat beside its messages.

use std::borrow::Cow;

use minicbor::{Decode, Encode};

use super::thread::Thread;
use crate::{
    proto::{
        counters::Counters,
        crypto::kdf,
        id::{ChatId, PersonId},
        secret::Secret,
        time::Timestamp,
    },
    wire::codec::{self, Malformed},
};

/// A chat of two people.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub struct DirectChat {
    /// Which.
    #[n(0)]
    pub id: ChatId,
    /// The other person.
    #[n(1)]
    pub person: PersonId,
    /// The channel secrets in use, best first, at most [`CHANNELS`] (protocol §4.1).
    #[n(2)]
    pub channels: Vec<ChannelSecret>,
    /// The counter of our next message.
    #[n(3)]
    pub next_counter: u32,
    /// Our messages that are not sealed for the other side: no keys yet, or lost ones.
    #[n(4)]
    pub unsealed: Counters,
    /// Up to which of our counters the other has read.
    #[n(5)]
    pub read_by_other: Option<u32>,
    /// What came, and what was read.
    #[n(6)]
    pub thread: Thread,
    /// Our messages that were not deleted with the chat. Without: all that have a counter.
    #[n(7)]
    pub said: Option<Counters>,
}

/// The secret from which a channel's keys come, and its place among others.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ChannelSecret {
    /// Higher is newer.
    #[n(0)]
    pub seq: u64,
    /// `CS` of protocol §5.1.
    #[n(1)]
    pub secret: Secret<32>,
    /// When we learnt it.
    #[n(2)]
    pub since: Timestamp,
}

impl std::fmt::Debug for DirectChat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectChat")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Channels listened to at once: the one in use and the one before it.
pub const CHANNELS: usize = 2;

/// A direct chat's record: runs of counters are what can make it grow.
const MAX_RECORD: usize = 512 * 1024;

impl DirectChat {
    /// A chat without messages or channel.
    pub fn new(id: ChatId, person: PersonId, now: Timestamp) -> Self {
        Self {
            id,
            person,
            channels: Vec::new(),
            next_counter: 0,
            unsealed: Counters::default(),
            read_by_other: None,
            thread: Thread::new(now),
            said: Some(Counters::default()),
        }
    }

    /// Our messages that can be given again.
    pub fn said(&self) -> Cow<'_, Counters> {
        if let Some(said) = &self.said {
            return Cow::Borrowed(said);
        }
        let mut said = Counters::default();
        if let Some(last) = self.next_counter.checked_sub(1) {
            said.insert_run(0, last);
        }
        Cow::Owned(said)
    }

    /// All that was said is deleted here: it is not given again, nor asked for.
    pub fn forget(&mut self) {
        self.unsealed = Counters::default();
        self.said = Some(Counters::default());
        for (device, received) in &self.thread.received {
            let next = received.last().map_or(0, |last| last.saturating_add(1));
            let begin = self.thread.begins.entry(*device).or_default();
            *begin = next.max(*begin);
        }
    }

    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a record.
    pub fn decode(record: &[u8]) -> Result<Self, Malformed> {
        let chat: Self = codec::from_slice(record, MAX_RECORD)?;
        let valid = chat.said.iter().all(Counters::is_valid)
            && chat.unsealed.is_valid()
            && chat.thread.is_valid();
        if valid { Ok(chat) } else { Err(Malformed) }
    }

    /// Takes a channel secret. Highest `seq`, then smallest hash, is the best; the best two are
    /// kept, so that both sides agree whatever crossed. `false` if nothing changed.
    pub fn learn_channel(&mut self, channel: ChannelSecret) -> bool {
        let known = |held: &ChannelSecret| held.seq == channel.seq && held.secret == channel.secret;
        if self.channels.iter().any(known) {
            return false;
        }
        let before = self.channels.clone();
        self.channels.push(channel);
        self.sort_channels();
        self.channels.truncate(CHANNELS);
        self.channels != before
    }

    /// Takes the channel of somebody who may know none of ours: beside the best of ours, whichever of
    /// the two is better. Whether it is new.
    pub fn meet_on(&mut self, channel: ChannelSecret) -> bool {
        let known = |held: &ChannelSecret| held.seq == channel.seq && held.secret == channel.secret;
        if self.channels.iter().any(known) {
            return false;
        }
        self.channels.truncate(CHANNELS.saturating_sub(1));
        self.channels.push(channel);
        self.sort_channels();
        true
    }

    fn sort_channels(&mut self) {
        self.channels.sort_by_key(|held| {
            (
                std::cmp::Reverse(held.seq),
                kdf::hash(&[held.secret.expose()]),
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::id::DeviceId;

    fn chat() -> DirectChat {
        DirectChat::new(ChatId([1; 32]), PersonId([2; 32]), Timestamp(5))
    }

    fn channel(seq: u64, byte: u8) -> ChannelSecret {
        ChannelSecret {
            seq,
            secret: Secret::new([byte; 32]),
            since: Timestamp(0),
        }
    }

    #[test]
    fn channels_agree_whatever_the_order_in_which_they_came() {
        let all = [
            channel(1, 1),
            channel(1, 2),
            channel(2, 3),
            channel(1, 4),
            channel(2, 5),
        ];
        let (mut forth, mut back) = (chat(), chat());

        for one in &all {
            forth.learn_channel(one.clone());
        }
        for one in all.iter().rev() {
            back.learn_channel(one.clone());
        }

        assert_eq!(forth.channels, back.channels);
        assert_eq!(forth.channels.len(), CHANNELS);
        assert!(forth.channels.iter().all(|held| held.seq == 2));
        assert!(!forth.learn_channel(channel(2, 5)));
        assert!(!forth.learn_channel(channel(1, 9)));
    }

    #[test]
    fn the_channel_of_somebody_who_knows_none_of_ours_is_heard_beside_our_best() {
        let mut chat = chat();
        chat.learn_channel(channel(6, 1));
        chat.learn_channel(channel(7, 2));

        assert!(chat.meet_on(channel(1, 3)));

        assert_eq!(chat.channels, [channel(7, 2), channel(1, 3)]);
        assert!(!chat.meet_on(channel(1, 3)));
    }

    #[test]
    fn a_record_round_trips() {
        let mut chat = chat();
        chat.learn_channel(channel(1, 1));
        chat.thread
            .received
            .entry(DeviceId([3; 16]))
            .or_default()
            .insert(4);

        let again = DirectChat::decode(&chat.encode()).unwrap();

        assert_eq!(again.encode(), chat.encode());
        assert_eq!(again.thread.missing(), 4);
    }
}
