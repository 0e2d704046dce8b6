//! Layouts of the sealed secrets of an epoch (protocol §4.5): one frame of kind 4 holds
//! `commit[0..16] ‖ first u16 ‖ count u16 ‖ count × (idx u16 ‖ len u16 ‖ pairwise)`.

use crate::{
    proto::{crypto::kdf, id::ChatId},
    wire::{codec::Malformed, limits},
};

/// Some of the seals of an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealChunk {
    /// The first 16 bytes of the epoch's commitment.
    pub commit: [u8; 16],
    /// The place of the first seal among all of them.
    pub first: u16,
    /// The seals, each with its device's place in the roster.
    pub seals: Vec<(u16, Vec<u8>)>,
}

impl SealChunk {
    /// The body of the frame; `None` above what the layout can hold.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = self.commit.to_vec();
        out.extend_from_slice(&self.first.to_be_bytes());
        out.extend_from_slice(&u16::try_from(self.seals.len()).ok()?.to_be_bytes());
        for (index, pairwise) in &self.seals {
            out.extend_from_slice(&index.to_be_bytes());
            out.extend_from_slice(&u16::try_from(pairwise.len()).ok()?.to_be_bytes());
            out.extend_from_slice(pairwise);
        }
        Some(out)
    }

    /// Reads the body of a frame.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        Self::parse(body).ok_or(Malformed)
    }

    fn parse(body: &[u8]) -> Option<Self> {
        let (commit, rest) = body.split_first_chunk::<16>()?;
        let (first, rest) = take_u16(rest)?;
        let (count, mut rest) = take_u16(rest)?;
        if count > limits::ROSTER {
            return None;
        }
        let mut seals = Vec::new();
        for _ in 0..count {
            let (index, after) = take_u16(rest)?;
            let (length, after) = take_u16(after)?;
            let (pairwise, after) = after.split_at_checked(usize::from(length))?;
            seals.push((index, pairwise.to_vec()));
            rest = after;
        }
        rest.is_empty().then_some(Self {
            commit: *commit,
            first,
            seals,
        })
    }
}

fn take_u16(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*number), rest))
}

/// Names all seals of an epoch: `H(concat H(chunk body))`.
pub fn seals_hash<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let hashes: Vec<[u8; 32]> = chunks
        .into_iter()
        .map(|chunk| kdf::hash(&[chunk]))
        .collect();
    kdf::hash(&[hashes.as_flattened()])
}

/// The context in which a seal is a pairwise message:
/// `H(L("seal") ‖ chat_id ‖ commit ‖ roster_hash)`.
pub fn seal_context(chat: &ChatId, commit: &[u8; 32], roster_hash: &[u8; 32]) -> [u8; 32] {
    kdf::hash(&[&kdf::label("seal"), &chat.0, commit, roster_hash])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chunk_as_large_as_a_frame_holds_round_trips() {
        let chunk = chunk(121, 268);

        let body = chunk.encode().unwrap();

        assert!(body.len() + 5 <= 32_768 + 2048);
        assert_eq!(SealChunk::decode(&body), Ok(chunk));
    }

    #[test]
    fn trailing_missing_or_too_many_seals_are_refused() {
        let mut longer = chunk(2, 10).encode().unwrap();
        longer.push(0);
        let mut shorter = chunk(2, 10).encode().unwrap();
        shorter.pop();
        let many = chunk(usize::from(limits::ROSTER) + 1, 1).encode().unwrap();

        for body in [longer, shorter, many] {
            assert_eq!(SealChunk::decode(&body), Err(Malformed));
        }
    }

    #[test]
    fn the_order_of_chunks_enters_their_hash() {
        let (one, two) = (&b"one"[..], &b"two"[..]);

        assert_ne!(seals_hash([one, two]), seals_hash([two, one]));
        assert_ne!(seals_hash([one, two]), seals_hash([&b"onetwo"[..]]));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(chunk) = SealChunk::decode(&body) {
                prop_assert_eq!(chunk.encode(), Some(body));
            }
        }
    }

    fn chunk(seals: usize, length: usize) -> SealChunk {
        SealChunk {
            commit: [1; 16],
            first: 0,
            seals: (0..seals)
                .map(|at| (u16::try_from(at).unwrap(), vec![2; length]))
                .collect(),
        }
    }
}
