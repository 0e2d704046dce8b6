//! What is noted of a file, on disk before it is promised.

use std::{fs, io, path::Path};

use minicbor::{Decode, Encode};

use crate::{
    disk::files,
    wire::{
        codec,
        id::{PeerId, TopicKey},
        mailbox::ReaderId,
    },
};

/// One file that is kept, or was until all had it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Note {
    /// Always 1.
    #[n(0)]
    pub(super) version: u8,
    #[n(1)]
    pub(super) topic: TopicKey,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) blob: [u8; 32],
    /// Encrypted bytes.
    #[n(3)]
    pub(super) size: u64,
    /// The client against whom it counts.
    #[n(4)]
    pub(super) payer: PeerId,
    /// How many readers it waits for; 0: it stays until its time is over.
    #[n(5)]
    pub(super) readers: u8,
    /// When it was begun.
    #[n(6)]
    pub(super) began: u64,
    #[n(7)]
    pub(super) until: u64,
    /// Who has all of it.
    #[n(8)]
    pub(super) taken: Vec<Reader>,
}

/// The name of one who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Reader(#[cbor(n(0), with = "minicbor::bytes")] pub(super) ReaderId);

impl Note {
    /// Whether all readers have it: then only the note is left.
    pub(super) fn is_taken(&self) -> bool {
        self.readers > 0 && self.taken.len() >= usize::from(self.readers)
    }

    /// What it counts for: the file, its hashes, and what lies around them.
    pub(super) fn cost(&self) -> u64 {
        let of_file = self.size.saturating_add(self.size / 2048);
        if self.is_taken() {
            NOTE
        } else {
            of_file.saturating_add(NOTE)
        }
    }

    /// Reads a note; none if it is none.
    pub(super) fn read(path: &Path) -> io::Result<Option<Self>> {
        if fs::metadata(path)?.len() > LONGEST {
            return Ok(None);
        }
        let bytes = fs::read(path)?;
        let Some((rest, sum)) = bytes.split_last_chunk::<CHECKSUM>() else {
            return Ok(None);
        };
        if !blake3::hash(rest).as_bytes().starts_with(sum) {
            return Ok(None);
        }
        let note = codec::from_slice::<Self>(rest, rest.len()).ok();
        Ok(note.filter(|note| note.version == 1))
    }

    /// Replaces a note. It is on disk when this returns.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut bytes = codec::to_vec(self);
        let sum = blake3::hash(&bytes);
        bytes.extend(sum.as_bytes().iter().take(CHECKSUM));
        files::replace(path, &bytes)
    }
}

const CHECKSUM: usize = 8;

/// What a note counts for.
const NOTE: u64 = 4096;

/// No note is longer: it names at most 255 readers.
const LONGEST: u64 = 8192;
