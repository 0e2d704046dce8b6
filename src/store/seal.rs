//! How a row is sealed (protocol §8.2), and under which name it lies.
//!
//! A row's key is a MAC, so that it tells nothing; its value is
//! `ver ‖ mark ‖ length ‖ nonce ‖ XChaCha20-Poly1305`, under a key of its space.
//!
//! What must be found again in a database that no longer opens (records and messages) carries inside
//! its sealing what it is and how new it is, and is bound to its space only. `mark ‖ length` make it
//! findable in the raw file (`carve.rs`). Whoever asks for such a row compares what is inside with
//! what was asked for, so that rows still cannot be exchanged. Everything else is bound to its key.
//!
//! sled keeps up to 24 rows in one page, and a page of more than 128 KiB in a file of its own, which
//! it never syncs. Longer values are therefore split, so that there never is such a page.

use std::{
    io,
    sync::{PoisonError, RwLock},
};

use zeroize::Zeroizing;

use super::vault;
pub(super) use crate::proto::record::CLASSES;
use crate::proto::{
    crypto::{aead, kdf},
    id::{ChatId, DeviceId, MessageId, PersonId},
    record::Class,
    secret::Secret,
};
use crate::wire::id::FrameId;

/// What a row is. The number enters keys and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    /// A record; the numbers of [`Class`], which stay below 64.
    Record(Class),
    /// A message, by chat and arrival.
    Message,
    /// From a message id to its row.
    ById,
    /// Places of [`super::timeline::PAGE`] messages in the display order, by chat and arrival.
    Places,
    /// When a message of ours reached somebody's disk.
    Delivered,
    /// How far somebody has read.
    Read,
    /// A frame that was taken in.
    Seen,
    /// What the database knows of itself.
    About,
    /// Records outside the database.
    Backup,
    /// Which acts are on a message, by message and arrival.
    Acts,
    /// What somebody's devices signed that they have of one device's messages.
    Signed,
    /// What the search index has to forget.
    Unindexed,
    /// Which file a message has.
    File,
}

impl Space {
    fn number(self) -> u8 {
        match self {
            Self::Record(class) => class as u8,
            Self::Message => 64,
            Self::ById => 65,
            Self::Places => 66,
            Self::Delivered => 67,
            Self::Read => 68,
            Self::Seen => 69,
            Self::About => 70,
            Self::Backup => 71,
            Self::Acts => 72,
            Self::Signed => 73,
            Self::Unindexed => 80,
            Self::File => 74,
        }
    }

    /// Whether it is sealed under the ratchet-state key.
    fn is_ratchet(self) -> bool {
        matches!(
            self,
            Self::Record(Class::Sessions | Class::Prekey | Class::Epoch | Class::Aside)
        )
    }
}

/// Longest piece of a value that lies in one row.
pub(super) const PIECE: usize = 5 * 1024;

/// Longest value.
pub(super) const LONGEST: usize = 250 * PIECE;

/// Values above this are padded, so that their length tells less.
const PADDED_ABOVE: usize = 12 * 1024;
const PADDING_STEP: usize = 4 * 1024;
const VERSION: u8 = 1;
const MARK: u8 = 0xb7;
const HEAD: usize = 4;
const NONCE: usize = 24;

/// What a sealed row takes more than what is in it.
pub(super) const OVERHEAD: usize = HEAD + NONCE + aead::TAG;

/// Longest sealed row.
pub(super) const LONGEST_ROW: usize = PIECE + OVERHEAD + 512;

/// A row that does not open, or holds something else than what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// A piece of a value, as it lies in one row, with what makes it findable.
#[derive(Debug)]
pub(super) struct Piece {
    /// The number of the commit that wrote it.
    pub(super) commit: u64,
    /// Which piece, from 0.
    pub(super) index: u8,
    /// How many there are.
    pub(super) count: u8,
    /// The whole value without padding. Only the first piece says it.
    pub(super) len: usize,
    /// The record's key; of messages empty when there is but one piece, else the id.
    pub(super) logical: Vec<u8>,
    /// The bytes.
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// The keys of all rows.
pub(super) struct Sealer {
    index: Secret<32>,
    spaces: Vec<(Space, Secret<32>)>,
    ratchet: RwLock<Ratchet>,
}

/// The ratchet-state keys (protocol §8.4). While they change, rows may be under either.
struct Ratchet {
    current: Secret<32>,
    previous: Option<Secret<32>>,
}

impl Sealer {
    /// Derives the keys.
    pub(super) fn new(records: &Secret<32>, ratchet: Secret<32>) -> Self {
        let own = [
            Space::Message,
            Space::Places,
            Space::Delivered,
            Space::Read,
            Space::About,
            Space::Backup,
            Space::Signed,
            Space::Unindexed,
            Space::File,
        ];
        let all = CLASSES.map(Space::Record);
        let spaces = all.iter().chain(&own).map(|space| {
            let label = format!("vault-{}", space.number());
            (*space, kdf::derive(&label, records.expose(), b"", b""))
        });
        Self {
            index: kdf::derive("vault-idx", records.expose(), b"", b""),
            spaces: spaces.collect(),
            ratchet: RwLock::new(Ratchet {
                current: ratchet,
                previous: None,
            }),
        }
    }

    /// From now on seals under another ratchet-state key, and opens under both.
    pub(super) fn change_ratchet_key(&self, next: Secret<32>) {
        let mut ratchet = self.ratchet.write().unwrap_or_else(PoisonError::into_inner);
        ratchet.previous = Some(std::mem::replace(&mut ratchet.current, next));
    }

    /// Forgets the ratchet-state key before the current one.
    pub(super) fn drop_previous_ratchet_key(&self) {
        let mut ratchet = self.ratchet.write().unwrap_or_else(PoisonError::into_inner);
        ratchet.previous = None;
    }

    /// Seals a row that is found by its key only.
    pub(super) fn seal(&self, space: Space, key: &[u8], body: &[u8]) -> io::Result<Vec<u8>> {
        self.seal_raw(space, key, body)
    }

    /// Opens what [`Sealer::seal`] sealed.
    pub(super) fn open(
        &self,
        space: Space,
        key: &[u8],
        row: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        self.open_raw(space, key, row).ok_or(Unreadable)
    }

    /// Seals a value as one or more rows, the first under `key`.
    pub(super) fn seal_value(
        &self,
        space: Space,
        key: &[u8],
        logical: &[u8],
        commit: u64,
        value: &[u8],
    ) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut padded = Zeroizing::new(Vec::new());
        let mut body = value;
        if value.len() > PADDED_ABOVE {
            padded.reserve_exact(value.len() + PADDING_STEP);
            padded.extend_from_slice(value);
            padded.resize(value.len().next_multiple_of(PADDING_STEP), 0);
            body = &padded;
        }
        let count = pieces(value.len()).ok_or(io::ErrorKind::InvalidInput)?;
        let logical = if space == Space::Message && count == 1 {
            &[]
        } else {
            logical
        };
        let mut rows = Vec::with_capacity(count.into());
        for index in 0..count {
            let from = (usize::from(index) * PIECE).min(body.len());
            let (_, rest) = body.split_at(from);
            let (piece, _) = rest.split_at(rest.len().min(PIECE));
            let plain = plain_piece(commit, index, count, value.len(), logical, piece)?;
            rows.push((
                self.piece_key(key, index),
                self.seal_raw(space, &[], &plain)?,
            ));
        }
        Ok(rows)
    }

    /// Opens one row of [`Sealer::seal_value`].
    pub(super) fn open_piece(&self, space: Space, row: &[u8]) -> Result<Piece, Unreadable> {
        let plain = self.open_raw(space, &[], row).ok_or(Unreadable)?;
        parse_piece(&plain).ok_or(Unreadable)
    }

    /// Seals a file beside the database.
    pub(super) fn seal_file(&self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let nonce: [u8; NONCE] = vault::random()?;
        let seal = |key: &Secret<32>| aead::xseal(key, &nonce, b"file", plain);
        let sealed = self
            .with_key(Space::Backup, seal)
            .ok_or(io::ErrorKind::Unsupported)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Sealer::seal_file`] sealed.
    pub(super) fn open_file(&self, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        self.with_key(Space::Backup, |key| {
            aead::xopen(key, nonce, b"file", sealed)
        })?
    }

    fn seal_raw(&self, space: Space, key: &[u8], plain: &[u8]) -> io::Result<Vec<u8>> {
        let nonce: [u8; NONCE] = vault::random()?;
        let ad = [&[space.number()], key].concat();
        let sealed = self.with_key(space, |key| aead::xseal(key, &nonce, &ad, plain));
        let sealed = sealed.ok_or(io::ErrorKind::Unsupported)?;
        let len = u16::try_from(HEAD + NONCE + sealed.len());
        let len = len.map_err(|_| io::ErrorKind::InvalidInput)?.to_be_bytes();
        Ok([&[VERSION, MARK], len.as_slice(), &nonce, &sealed].concat())
    }

    fn open_raw(&self, space: Space, key: &[u8], row: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let rest = row.get(..row_len(row)?)?.get(HEAD..)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
        let ad = [&[space.number()], key].concat();
        let open = |key: &Secret<32>| aead::xopen(key, nonce, &ad, sealed);
        if let Some(opened) = self.with_key(space, open)? {
            return Some(opened);
        }
        if !space.is_ratchet() {
            return None;
        }
        let ratchet = self.ratchet.read().unwrap_or_else(PoisonError::into_inner);
        open(ratchet.previous.as_ref()?)
    }

    fn with_key<T>(&self, space: Space, use_key: impl FnOnce(&Secret<32>) -> T) -> Option<T> {
        if space.is_ratchet() {
            let ratchet = self.ratchet.read().unwrap_or_else(PoisonError::into_inner);
            return Some(use_key(&ratchet.current));
        }
        let (_, key) = self.spaces.iter().find(|(of, _)| *of == space)?;
        Some(use_key(key))
    }

    /// Where a record lies: a part that its class has in common, so that they can be gone through,
    /// and a part of its own.
    pub(super) fn record_key(&self, class: Class, logical: &[u8]) -> Vec<u8> {
        let own = self.blind::<16>(Space::Record(class), &[b"record", logical]);
        [self.class_prefix(class).as_slice(), &own].concat()
    }

    /// With which the keys of all records of a class begin.
    pub(super) fn class_prefix(&self, class: Class) -> [u8; 8] {
        self.blind(Space::Record(class), &[b"class"])
    }

    /// With which the keys of all messages of a chat begin; the place of arrival, 8 bytes, follows.
    pub(super) fn chat_prefix(&self, chat: &ChatId) -> [u8; 16] {
        self.blind(Space::Message, &[&chat.0])
    }

    /// As [`Sealer::chat_prefix`], for pages of places.
    pub(super) fn places_prefix(&self, chat: &ChatId) -> [u8; 16] {
        self.blind(Space::Places, &[&chat.0])
    }

    /// With which the keys of all acts on a message begin; their places in the order of arrival,
    /// 8 bytes, follow.
    pub(super) fn acts_prefix(&self, chat: &ChatId, on: &MessageId) -> [u8; 16] {
        self.blind(Space::Acts, &[&chat.0, &on.0])
    }

    /// Where the key of a message's row lies.
    pub(super) fn id_key(&self, id: &MessageId) -> [u8; 16] {
        self.blind(Space::ById, &[&id.0])
    }

    /// Where it is noted that a frame was taken in.
    pub(super) fn seen_key(&self, frame: &FrameId) -> [u8; 16] {
        self.blind(Space::Seen, &[&frame.0])
    }

    /// Where it is noted that a message of ours is on somebody's disk: the counters of one device
    /// lie side by side.
    pub(super) fn delivered_key(
        &self,
        chat: &ChatId,
        device: &DeviceId,
        person: &PersonId,
        counter: u32,
    ) -> Vec<u8> {
        let prefix = self.delivered_prefix(chat, device, person);
        [prefix.as_slice(), &counter.to_be_bytes()].concat()
    }

    /// With what all keys of [`Sealer::delivered_key`] for one device and person begin.
    pub(super) fn delivered_prefix(
        &self,
        chat: &ChatId,
        device: &DeviceId,
        person: &PersonId,
    ) -> [u8; 16] {
        self.blind(Space::Delivered, &[&chat.0, &device.0, &person.0])
    }

    /// Where it lies what somebody signed of messages of ours, by the highest counter among them.
    pub(super) fn signed_key(
        &self,
        chat: &ChatId,
        device: &DeviceId,
        person: &PersonId,
        counter: u32,
    ) -> Vec<u8> {
        let prefix = self.signed_prefix(chat, device, person);
        [prefix.as_slice(), &counter.to_be_bytes()].concat()
    }

    /// With what all keys of [`Sealer::signed_key`] for one device and person begin.
    pub(super) fn signed_prefix(
        &self,
        chat: &ChatId,
        device: &DeviceId,
        person: &PersonId,
    ) -> [u8; 16] {
        self.blind(Space::Signed, &[&chat.0, &device.0, &person.0])
    }

    /// Where it is noted how far somebody has read.
    pub(super) fn read_key(&self, chat: &ChatId, device: &DeviceId, who: &PersonId) -> [u8; 16] {
        self.blind(Space::Read, &[&chat.0, &device.0, &who.0])
    }

    /// Where the database keeps what it knows of itself.
    pub(super) fn about_key(&self) -> [u8; 16] {
        self.blind(Space::About, &[])
    }

    /// Where a piece of a value lies whose first piece lies at `key`.
    pub(super) fn piece_key(&self, key: &[u8], index: u8) -> Vec<u8> {
        if index == 0 {
            return key.to_vec();
        }
        self.blind::<16>(Space::Backup, &[b"piece", key, &[index]])
            .to_vec()
    }

    pub(super) fn blind<const N: usize>(&self, space: Space, parts: &[&[u8]]) -> [u8; N] {
        let number = [space.number()];
        let mut all: Vec<&[u8]> = vec![&number];
        all.extend_from_slice(parts);
        let mac = kdf::hmac(self.index.expose(), &all);
        let mut out = [0; N];
        for (to, from) in out.iter_mut().zip(mac) {
            *to = from;
        }
        out
    }
}

/// How many rows a value of `len` bytes takes; none when it is too long.
pub(super) fn pieces(len: usize) -> Option<u8> {
    let padded = if len > PADDED_ABOVE {
        len.next_multiple_of(PADDING_STEP)
    } else {
        len
    };
    if padded > LONGEST {
        return None;
    }
    u8::try_from(padded.div_ceil(PIECE).max(1)).ok()
}

/// The length that a row says it has, if it begins as one of ours.
pub(super) fn row_len(row: &[u8]) -> Option<usize> {
    let (head, _) = row.split_first_chunk::<HEAD>()?;
    let [VERSION, MARK, high, low] = *head else {
        return None;
    };
    let len = usize::from(u16::from_be_bytes([high, low]));
    (OVERHEAD..=LONGEST_ROW).contains(&len).then_some(len)
}

/// `count ‖ index ‖ commit ‖ len ‖ length of logical ‖ logical ‖ body`; `len` in the first of several.
fn plain_piece(
    commit: u64,
    index: u8,
    count: u8,
    len: usize,
    logical: &[u8],
    body: &[u8],
) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(body.len() + logical.len() + 16));
    plain.extend([count, index]);
    plain.extend(commit.to_be_bytes());
    if count > 1 && index == 0 {
        let len = u32::try_from(len).map_err(|_| io::ErrorKind::InvalidInput)?;
        plain.extend(len.to_be_bytes());
    }
    plain.push(u8::try_from(logical.len()).map_err(|_| io::ErrorKind::InvalidInput)?);
    plain.extend_from_slice(logical);
    plain.extend_from_slice(body);
    Ok(plain)
}

fn parse_piece(plain: &[u8]) -> Option<Piece> {
    let ([count, index], rest) = plain.split_first_chunk::<2>()?;
    let (commit, rest) = rest.split_first_chunk::<8>()?;
    let (len, rest) = if *count > 1 && *index == 0 {
        let (len, rest) = rest.split_first_chunk::<4>()?;
        (usize::try_from(u32::from_be_bytes(*len)).ok()?, rest)
    } else {
        (0, rest)
    };
    let (logical_len, rest) = rest.split_first()?;
    let (logical, body) = rest.split_at_checked((*logical_len).into())?;
    if index >= count || body.len() > PIECE || len > usize::from(*count) * PIECE {
        return None;
    }
    Some(Piece {
        commit: u64::from_be_bytes(*commit),
        index: *index,
        count: *count,
        len: if *count == 1 { body.len() } else { len },
        logical: logical.to_vec(),
        body: Zeroizing::new(body.to_vec()),
    })
}

/// Puts pieces together, in their order; `None` when they are not all of one value.
pub(super) fn join(pieces: &[Piece]) -> Option<Zeroizing<Vec<u8>>> {
    let (first, _) = pieces.split_first()?;
    let fits = |(at, piece): (usize, &Piece)| {
        usize::from(piece.index) == at
            && piece.count == first.count
            && piece.commit == first.commit
            && piece.logical == first.logical
    };
    if pieces.len() != usize::from(first.count) || !pieces.iter().enumerate().all(fits) {
        return None;
    }
    let mut value = Zeroizing::new(Vec::with_capacity(pieces.len() * PIECE));
    for piece in pieces {
        value.extend_from_slice(&piece.body);
    }
    (first.len <= value.len()).then(|| value.truncate(first.len))?;
    Some(value)
}

#[cfg(test)]
mod tests;
