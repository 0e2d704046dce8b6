//! What somebody who is added to a group is given (content 12), and what they make of it.
//!
//! `welcome = [chat_id, number u16, count u16, epoch op_id, seal?, [op…]]`: as many as hold all
//! changes, the first with the seal of the epoch for the newcomer's device. Nobody is in a group
//! because of it: the newcomer sees the group's name, who invites, and who is in it, and may decline.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::Group;
use crate::{
    proto::{
        chat::membership::Op,
        id::{ChatId, DeviceId, PersonId},
    },
    wire::{
        codec::{self, Malformed},
        limits,
        sync::OpId,
    },
};

/// A part of what a newcomer is given.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Welcome {
    /// The group.
    #[n(0)]
    pub chat: ChatId,
    /// Which part, from 0.
    #[n(1)]
    pub number: u16,
    /// How many parts there are.
    #[n(2)]
    pub count: u16,
    /// The epoch in which the newcomer is spoken to.
    #[n(3)]
    pub epoch: OpId,
    /// Its seal for the newcomer's device; in the first part.
    #[n(4)]
    pub seal: Option<Seal>,
    /// Changes of the group, in an order in which each follows what it has to.
    #[n(5)]
    pub ops: Vec<ByteVec>,
}

/// A pairwise message with an epoch's secret.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Seal(#[n(0)] pub ByteVec);

/// Bytes of changes in one part.
const PART: usize = 36 * 1024;

/// The longest seal: with an initiation.
const SEAL: usize = 1024;

impl Welcome {
    /// All parts for a newcomer.
    pub fn parts(group: &Group, epoch: OpId, seal: &[u8]) -> Vec<Self> {
        let mut parts: Vec<Vec<ByteVec>> = Vec::new();
        let mut left = 0;
        for op in group.unknown_to(&[], usize::MAX) {
            let bytes = op.encode();
            if bytes.len() > left || parts.is_empty() {
                parts.push(Vec::new());
                left = PART;
            }
            left = left.saturating_sub(bytes.len().saturating_add(3));
            if let Some(part) = parts.last_mut() {
                part.push(bytes.into());
            }
        }
        let count = u16::try_from(parts.len()).unwrap_or(u16::MAX);
        let numbered = (0..count).zip(parts);
        numbered
            .map(|(number, ops)| Self {
                chat: group.chat(),
                number,
                count,
                epoch,
                seal: (number == 0).then(|| Seal(seal.to_vec().into())),
                ops,
            })
            .collect()
    }

    /// The bytes that content 12 carries.
    pub fn encode(&self) -> Vec<u8> {
        codec::to_vec(self)
    }

    /// Reads them.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let welcome: Self = codec::from_slice(bytes, limits::CONTENT)?;
        let fits = welcome.number < welcome.count
            && welcome.seal.is_some() == (welcome.number == 0)
            && welcome
                .seal
                .as_ref()
                .is_none_or(|seal| seal.0.len() <= SEAL)
            && welcome.ops.iter().all(|op| op.len() <= limits::OP);
        if fits { Ok(welcome) } else { Err(Malformed) }
    }
}

/// Invitations of which parts have come, by who invites and into what.
#[derive(Debug, Default)]
pub struct Invitations {
    coming: BTreeMap<(PersonId, ChatId), Coming>,
}

#[derive(Debug)]
struct Coming {
    epoch: OpId,
    count: u16,
    parts: BTreeMap<u16, Welcome>,
    bytes: usize,
}

/// A group to which one is invited.
#[derive(Debug)]
pub struct Invited {
    /// As whoever invites has it.
    pub group: Group,
    /// The epoch in which the newcomer is spoken to, and its seal.
    pub epoch: OpId,
    /// For this device.
    pub seal: Vec<u8>,
}

impl Invitations {
    /// Takes a part. Gives the group when all have come and hold: whoever invites is in it, and this
    /// device is, and the epoch is one of its changes.
    pub fn take(&mut self, from: PersonId, own: DeviceId, part: Welcome) -> Option<Invited> {
        let key = (from, part.chat);
        let size: usize = part.ops.iter().map(|op| op.len()).sum();
        let another = self
            .coming
            .get(&key)
            .is_none_or(|coming| coming.epoch != part.epoch || coming.count != part.count);
        if another {
            // A newer invitation of the same person takes the place of an older one.
            self.coming.remove(&key);
            if self.coming.len() >= limits::INVITATIONS {
                return None;
            }
            let coming = Coming {
                epoch: part.epoch,
                count: part.count,
                parts: BTreeMap::new(),
                bytes: 0,
            };
            self.coming.insert(key, coming);
        }
        let coming = self.coming.get_mut(&key)?;
        if coming.parts.contains_key(&part.number) {
            return None;
        }
        coming.bytes = coming.bytes.saturating_add(size);
        if coming.bytes > limits::INVITATION {
            self.coming.remove(&key);
            return None;
        }
        coming.parts.insert(part.number, part);
        if coming.parts.len() < usize::from(coming.count) {
            return None;
        }
        let coming = self.coming.remove(&key)?;
        let invited = coming.read()?;
        let (group, chat) = (&invited.group, key.1);
        let in_it = group
            .roster()
            .devices
            .iter()
            .any(|device| device.device == own);
        let holds = group.chat() == chat
            && group.role(&from).is_some()
            && group.counts(&invited.epoch).is_some()
            && in_it;
        holds.then_some(invited)
    }
}

impl Coming {
    fn read(self) -> Option<Invited> {
        let seal = self.parts.get(&0)?.seal.clone()?;
        let all = self.parts.into_values().flat_map(|part| part.ops);
        let mut ops = all.map(|op| Op::decode(&op).ok());
        let mut group = Group::begin(ops.next()??).ok()?;
        for op in ops {
            group.apply(op?);
        }
        Some(Invited {
            group,
            epoch: self.epoch,
            seal: seal.0.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::tests::{Person, do_it, found, people, rename},
        *,
    };

    /// A group of some size into which the last was just added, and its last change.
    fn invited(members: u64) -> (Person, Person, Group, OpId) {
        let [alice, newcomer] = people();
        let mut group = found(&alice);
        for seed in 0..members {
            do_it(&mut group, &alice, Person::new(seed + 100).added());
        }
        do_it(&mut group, &alice, newcomer.added());
        let last = do_it(&mut group, &alice, rename("Herons")).id();
        (alice, newcomer, group, last)
    }

    fn sent(group: &Group, epoch: OpId) -> Vec<Welcome> {
        let parts = Welcome::parts(group, epoch, &[7; 400]);
        let read = parts.iter().map(|part| {
            let bytes = part.encode();
            assert!(bytes.len() <= limits::CONTENT - 1024);
            Welcome::decode(&bytes).unwrap()
        });
        read.collect()
    }

    #[test]
    fn a_newcomer_sees_the_group_once_all_parts_have_come_in_any_order() {
        let (alice, newcomer, group, epoch) = invited(150);
        let mut parts = sent(&group, epoch);
        assert!(parts.len() > 1);
        parts.reverse();
        let last = parts.pop().unwrap();
        let mut invitations = Invitations::default();
        for part in parts {
            let doubled = part.clone();
            assert!(
                invitations
                    .take(alice.id(), newcomer.device.id(), part)
                    .is_none()
            );
            assert!(
                invitations
                    .take(alice.id(), newcomer.device.id(), doubled)
                    .is_none()
            );
        }

        let seen = invitations
            .take(alice.id(), newcomer.device.id(), last)
            .unwrap();

        assert_eq!(seen.group.members(), group.members());
        assert_eq!(seen.group.settings().name, "Herons");
        assert_eq!((seen.epoch, seen.seal), (epoch, vec![7; 400]));
        assert!(invitations.coming.is_empty());
    }

    #[test]
    fn who_is_not_in_the_group_invites_nobody_and_nobody_is_invited_who_was_not_added() {
        let (alice, newcomer, group, epoch) = invited(0);
        let stranger = Person::new(50);
        let take = |from: &Person, to: &Person, epoch| {
            let mut invitations = Invitations::default();
            let mut parts = sent(&group, epoch);
            invitations.take(from.id(), to.device.id(), parts.remove(0))
        };

        assert!(take(&alice, &newcomer, epoch).is_some());
        assert!(take(&stranger, &newcomer, epoch).is_none());
        assert!(take(&alice, &stranger, epoch).is_none());
        assert!(take(&alice, &newcomer, OpId([9; 32])).is_none());
    }

    #[test]
    fn half_invitations_are_bounded() {
        let (alice, newcomer, group, epoch) = invited(0);
        let part = |chat: u8, number, bytes: usize| Welcome {
            chat: ChatId([chat; 32]),
            number,
            count: 1000,
            epoch,
            seal: (number == 0).then(|| Seal(vec![7].into())),
            ops: vec![vec![1; limits::OP].into(); bytes / limits::OP],
        };
        let mut invitations = Invitations::default();
        let mut take = |part| invitations.take(alice.id(), newcomer.device.id(), part);
        for number in 0..500 {
            assert!(take(part(1, number, PART)).is_none());
        }
        for chat in 0..50 {
            assert!(take(part(chat, 0, PART)).is_none());
        }
        assert_eq!(group.members().len(), 2);
        assert!(invitations.coming.len() <= limits::INVITATIONS);
        let held: usize = invitations.coming.values().map(|coming| coming.bytes).sum();
        assert!(held <= limits::INVITATIONS * limits::INVITATION);
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(welcome) = Welcome::decode(&bytes) {
                prop_assert_eq!(welcome.encode(), bytes);
            }
        }
    }
}
