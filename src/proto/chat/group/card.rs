//! What a member's device tells the others of itself (frame kind 10): its newest prekey, where its
//! node is, and its person's name. Each part is signed by the device, so any member may pass it on.

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::{
    proto::id::PersonId,
    wire::{
        codec::{self, Malformed},
        limits,
    },
};

/// `[person, prekey, node_record, profile]`, each of the three signed (protocol §2.2).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct MemberCard {
    /// Whose device it is.
    #[n(0)]
    pub person: PersonId,
    /// A prekey that many may use.
    #[n(1)]
    pub prekey: ByteVec,
    /// The newest node record.
    #[n(2)]
    pub node_record: ByteVec,
    /// The newest profile card.
    #[n(3)]
    pub profile: ByteVec,
}

impl MemberCard {
    /// The bodies of as few frames as hold all cards.
    pub fn frames(cards: &[Self]) -> Vec<Vec<u8>> {
        let (mut frames, mut part, mut size) = (Vec::new(), Vec::new(), 0usize);
        for card in cards {
            let length = codec::to_vec(card).len();
            if size.saturating_add(length) > FRAME && !part.is_empty() {
                frames.push(codec::to_vec(&std::mem::take(&mut part)));
                size = 0;
            }
            size = size.saturating_add(length);
            part.push(card.clone());
        }
        if !part.is_empty() {
            frames.push(codec::to_vec(&part));
        }
        frames
    }

    /// Reads the body of a frame. No signature is checked.
    pub fn decode_all(body: &[u8]) -> Result<Vec<Self>, Malformed> {
        let cards: Vec<Self> = codec::from_slice(body, limits::FRAME)?;
        let fits = |card: &Self| {
            card.prekey.len() <= limits::PREKEY
                && card.node_record.len() <= limits::NODE_RECORD
                && card.profile.len() <= limits::PROFILE
        };
        if cards.iter().all(fits) {
            Ok(cards)
        } else {
            Err(Malformed)
        }
    }
}

/// Bytes of cards in one frame: the bucket of 16 KiB.
const FRAME: usize = 16_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn many_cards_take_several_frames_and_come_back_in_order() {
        let card = |n: u8| MemberCard {
            person: PersonId([n; 32]),
            prekey: vec![n; 200].into(),
            node_record: vec![n; 600].into(),
            profile: vec![n; 200].into(),
        };
        let cards: Vec<MemberCard> = (0..50).map(card).collect();

        let frames = MemberCard::frames(&cards);

        assert!(frames.len() > 1);
        assert!(frames.iter().all(|frame| frame.len() < 16_384 - 5));
        let read = frames
            .iter()
            .flat_map(|f| MemberCard::decode_all(f).unwrap());
        assert_eq!(read.collect::<Vec<_>>(), cards);
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(cards) = MemberCard::decode_all(&body) {
                prop_assert_eq!(codec::to_vec(&cards), body);
            }
        }
    }
}
