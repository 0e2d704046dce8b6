//! What is known of a file that was sent: who has it, and which relays keep it for the others.

use std::{fs, io, path::Path};

use minicbor::{Decode, Encode};

use crate::{
    disk::files,
    proto::id::PersonId,
    wire::{codec, id::PeerId},
};

/// Who has a file that was sent, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Told {
    /// When it was sent, in milliseconds since the Unix epoch.
    #[n(0)]
    pub since: u64,
    /// Who said that they have all of it.
    #[n(1)]
    pub took: Vec<PersonId>,
    /// Who else it is for.
    #[n(2)]
    pub lacks: Vec<PersonId>,
    /// Relays that keep it.
    #[n(3)]
    pub kept: Vec<Kept>,
}

/// A relay that keeps a file, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Kept {
    /// Which.
    #[n(0)]
    pub relay: PeerId,
    /// In milliseconds since the Unix epoch, by its clock.
    #[n(1)]
    pub until: u64,
}

impl Told {
    /// Whether somebody may still wait for it.
    pub fn is_open(&self) -> bool {
        !self.lacks.is_empty() || self.took.is_empty()
    }

    /// Somebody has all of it.
    pub fn took(&mut self, person: PersonId) {
        self.lacks.retain(|other| *other != person);
        if !self.took.contains(&person) {
            self.took.push(person);
        }
    }

    /// Until when the relay that keeps it longest does, if any does still.
    pub fn kept_until(&self, now: u64) -> Option<u64> {
        let kept = self.kept.iter().map(|kept| kept.until);
        kept.filter(|until| *until > now).max()
    }

    pub(super) fn read(path: &Path) -> io::Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => Ok(codec::from_slice(&bytes, bytes.len()).ok()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        files::replace(path, &codec::to_vec(self))
    }
}
