//! How mailboxes lie on the disk: under the keys that they have on the wire, and nothing else.
//!
//! ```text
//! A                        → Store: which database this is
//! M ‖ topic                → Meta: the log of a topic
//! F ‖ topic ‖ seq ‖ piece  → a frame, in pieces; the first one begins with Head
//! I ‖ topic ‖ frame id     → its place
//! L ‖ topic ‖ client       → Leased
//! R ‖ topic ‖ reader       → how far a reader has come
//! ```

use minicbor::{Decode, Encode};

use crate::wire::{
    codec,
    id::{FrameId, PeerId, TopicKey},
    mailbox::ReaderId,
};

/// sled keeps up to 16 rows in a page and does not sync pages above 128 KiB (ADR 0010).
const PIECE: usize = 5 * 1024;

/// The key of [`Store`].
pub(super) const STORE: &[u8] = b"A";

/// The beginnings of keys.
pub(super) const META: &[u8] = b"M";
pub(super) const LEASE: &[u8] = b"L";
pub(super) const READER: &[u8] = b"R";

/// What this database is called: places in it mean nothing in another one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Store {
    /// Always 1.
    #[n(0)]
    pub(super) version: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) instance: [u8; 16],
}

/// The log of a topic: it holds the places after `floor`, up to `head`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Meta {
    #[n(0)]
    pub(super) head: u64,
    #[n(1)]
    pub(super) floor: u64,
    /// Bytes of all its frames.
    #[n(2)]
    pub(super) bytes: u64,
    /// Whose quota it is counted against: who leased it first, or who holds a lease since.
    #[n(3)]
    pub(super) payer: PeerId,
}

/// A lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Leased {
    /// Milliseconds since 1970.
    #[n(0)]
    pub(super) until: u64,
    #[n(1)]
    pub(super) readers: u8,
}

/// What is known of a frame without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// When it came, by our clock.
    pub(super) received: u64,
    pub(super) id: FrameId,
    pub(super) len: usize,
}

/// Bytes of a [`Head`].
const HEAD: usize = 8 + 32 + 4;

pub(super) fn meta(topic: &TopicKey) -> Vec<u8> {
    [META, &topic.0].concat()
}

pub(super) fn known(topic: &TopicKey, id: &FrameId) -> Vec<u8> {
    [b"I", &topic.0[..], &id.0].concat()
}

pub(super) fn lease(topic: &TopicKey, client: &PeerId) -> Vec<u8> {
    [LEASE, &topic.0, &client.0].concat()
}

pub(super) fn reader(topic: &TopicKey, reader: &ReaderId) -> Vec<u8> {
    [READER, &topic.0, reader].concat()
}

/// What all pieces of all frames of a topic begin with.
pub(super) fn frames(topic: &TopicKey) -> Vec<u8> {
    [b"F", &topic.0[..]].concat()
}

/// What all pieces of one frame begin with.
pub(super) fn frame(topic: &TopicKey, seq: u64) -> Vec<u8> {
    [b"F", &topic.0[..], &seq.to_be_bytes()].concat()
}

/// The rows of a frame.
pub(super) fn split(
    topic: &TopicKey,
    seq: u64,
    head: &Head,
    bytes: &[u8],
) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut whole = Vec::with_capacity(HEAD + bytes.len());
    whole.extend_from_slice(&head.received.to_be_bytes());
    whole.extend_from_slice(&head.id.0);
    // A frame is far shorter.
    let len = u32::try_from(head.len).unwrap_or(u32::MAX);
    whole.extend_from_slice(&len.to_be_bytes());
    whole.extend_from_slice(bytes);
    let pieces = whole.chunks(PIECE).enumerate();
    pieces
        .map(|(n, piece)| (piece_key(topic, seq, n), piece.to_vec()))
        .collect()
}

/// The keys of a frame of this length.
pub(super) fn keys(topic: &TopicKey, seq: u64, len: usize) -> Vec<Vec<u8>> {
    let pieces = (HEAD + len).div_ceil(PIECE);
    (0..pieces).map(|n| piece_key(topic, seq, n)).collect()
}

fn piece_key(topic: &TopicKey, seq: u64, piece: usize) -> Vec<u8> {
    let mut key = frame(topic, seq);
    // A frame has ten at most.
    key.push(u8::try_from(piece).unwrap_or(u8::MAX));
    key
}

/// What the first piece of a frame says.
pub(super) fn head(first: &[u8]) -> Option<Head> {
    let (received, rest) = first.split_first_chunk::<8>()?;
    let (id, rest) = rest.split_first_chunk::<32>()?;
    let (len, _) = rest.split_first_chunk::<4>()?;
    Some(Head {
        received: u64::from_be_bytes(*received),
        id: FrameId(*id),
        len: usize::try_from(u32::from_be_bytes(*len)).ok()?,
    })
}

/// The bytes of a frame from its pieces, if all are there.
pub(super) fn join(pieces: &[Vec<u8>]) -> Option<Vec<u8>> {
    let head = head(pieces.first()?)?;
    let whole = pieces.concat();
    let bytes = whole.get(HEAD..)?;
    (bytes.len() == head.len).then(|| bytes.to_vec())
}

/// The place in the key of a piece.
pub(super) fn seq_of(key: &[u8]) -> Option<u64> {
    let seq = key.get(33..41)?.first_chunk()?;
    Some(u64::from_be_bytes(*seq))
}

/// The topic in a key.
pub(super) fn topic_of(key: &[u8]) -> Option<TopicKey> {
    Some(TopicKey(*key.get(1..33)?.first_chunk()?))
}

/// What stands in a key behind the topic.
pub(super) fn rest_of<const N: usize>(key: &[u8]) -> Option<[u8; N]> {
    <[u8; N]>::try_from(key.get(33..)?).ok()
}

/// Reads a small row.
pub(super) fn decode<T>(bytes: &[u8]) -> Option<T>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    codec::from_slice(bytes, 1024).ok()
}
