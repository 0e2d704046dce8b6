//! What is remembered of a direct chat beside its messages.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::order;
use crate::{
    proto::{
        counters::Counters,
        crypto::kdf,
        id::{ChatId, DeviceId, MessageId, PersonId},
        secret::Secret,
        time::Timestamp,
    },
    wire::{
        codec::{self, Malformed},
        limits,
    },
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
    /// Our last message.
    #[n(4)]
    pub last_own: Option<MessageId>,
    /// The newest messages that no other message we hold refers to, at most [`limits::PARENTS`].
    #[n(5)]
    pub heads: Vec<Head>,
    /// The greatest `created` of any message here, but for those from far ahead: [`order::latest`].
    #[n(6)]
    pub latest: Timestamp,
    /// What came, by author's device.
    #[n(7)]
    pub received: BTreeMap<DeviceId, Counters>,
    /// Our messages that are not sealed for the other side: no keys yet, or lost ones.
    #[n(8)]
    pub unsealed: Counters,
    /// Incoming messages that were not read.
    #[n(9)]
    pub unread: u32,
    /// No notifications.
    #[n(10)]
    pub muted: bool,
    /// On top of the list.
    #[n(11)]
    pub pinned: bool,
    /// Since when.
    #[n(12)]
    pub since: Timestamp,
    /// For each device of the other's: up to which counter we have read.
    #[n(13)]
    pub read: BTreeMap<DeviceId, u32>,
    /// Up to which of our counters the other has read.
    #[n(14)]
    pub read_by_other: Option<u32>,
    /// For devices of the other's that wrote before this chat began here: their first counter that
    /// is for us. What lies before is not missing.
    #[n(15)]
    pub begins: Option<BTreeMap<DeviceId, u32>>,
}

/// A message that nothing refers to yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Head {
    /// Its place in the order.
    #[n(0)]
    pub created: Timestamp,
    /// The message.
    #[n(1)]
    pub id: MessageId,
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
            last_own: None,
            heads: Vec::new(),
            latest: Timestamp(0),
            received: BTreeMap::new(),
            unsealed: Counters::default(),
            unread: 0,
            muted: false,
            pinned: false,
            since: now,
            read: BTreeMap::new(),
            read_by_other: None,
            begins: None,
        }
    }

    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads a record.
    pub fn decode(record: &[u8]) -> Result<Self, Malformed> {
        let chat: Self = codec::from_slice(record, MAX_RECORD)?;
        let valid = chat.unsealed.is_valid() && chat.received.values().all(Counters::is_valid);
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

    /// `created` for a message written now: later than all that was seen (docs/protocol.md, order).
    pub fn created_now(&self, now: Timestamp) -> Timestamp {
        order::created_after(now, self.latest)
    }

    /// Notes a message, taken in `now`, in the causal heads and in the order.
    pub fn add_head(&mut self, head: Head, refers_to: &[MessageId], now: Timestamp) {
        self.latest = order::latest(self.latest, head.created, now);
        self.heads
            .retain(|held| !refers_to.contains(&held.id) && held.id != head.id);
        self.heads.push(head);
        self.heads
            .sort_by_key(|held| std::cmp::Reverse((held.created, held.id)));
        self.heads.truncate(limits::PARENTS);
    }

    /// How many messages of the other's are known to exist and are not here.
    pub fn missing(&self) -> u32 {
        self.received
            .iter()
            .map(|(device, counters)| counters.missing_count(self.begin_of(device)))
            .fold(0, u32::saturating_add)
    }

    /// The first `limit` counters of each device of the other's that are missing.
    pub fn missing_counters(&self, limit: usize) -> Vec<(DeviceId, Vec<u32>)> {
        self.received
            .iter()
            .map(|(device, held)| (*device, held.missing(self.begin_of(device), limit)))
            .filter(|(_, counters)| !counters.is_empty())
            .collect()
    }

    fn begin_of(&self, device: &DeviceId) -> u32 {
        let begin = self.begins.as_ref().and_then(|begins| begins.get(device));
        begin.copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_reply_sorts_after_everything_seen_even_when_the_clock_is_behind() {
        let mut chat = chat();
        let head = Head {
            created: Timestamp(9_000),
            id: MessageId([1; 32]),
        };

        chat.add_head(head, &[], Timestamp(10));

        assert_eq!(chat.created_now(Timestamp(10)), Timestamp(9_001));
        assert_eq!(chat.created_now(Timestamp(10_000)), Timestamp(10_000));
    }

    #[test]
    fn heads_are_what_nothing_refers_to() {
        let mut chat = chat();
        let head = |n: u8| Head {
            created: Timestamp(n.into()),
            id: MessageId([n; 32]),
        };
        chat.add_head(head(1), &[], Timestamp(10));
        chat.add_head(head(2), &[], Timestamp(10));

        chat.add_head(head(3), &[MessageId([1; 32])], Timestamp(10));

        assert_eq!(chat.heads, [head(3), head(2)]);
    }

    #[test]
    fn a_record_round_trips() {
        let mut chat = chat();
        chat.learn_channel(channel(1, 1));
        chat.received
            .entry(DeviceId([3; 16]))
            .or_default()
            .insert(4);

        let again = DirectChat::decode(&chat.encode()).unwrap();

        assert_eq!(again.encode(), chat.encode());
        assert_eq!(again.missing(), 4);
    }

    #[test]
    fn what_was_said_before_the_chat_began_here_is_not_missing() {
        let mut chat = chat();
        let device = DeviceId([3; 16]);
        for counter in [7, 9] {
            chat.received.entry(device).or_default().insert(counter);
        }
        assert_eq!(chat.missing(), 8);

        chat.begins.get_or_insert_default().insert(device, 7);

        assert_eq!(chat.missing(), 1);
        assert_eq!(chat.missing_counters(5), [(device, vec![8])]);
        let again = DirectChat::decode(&chat.encode()).unwrap();
        assert_eq!(again.missing(), 1);
    }
}
