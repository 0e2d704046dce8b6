//! Finds what can be found in the files of a database that no longer opens.
//!
//! Records and messages are sealed so that they prove themselves: each row of theirs that is still
//! somewhere in a file, whatever is broken around it, opens and says what it is and how new it is.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use zeroize::Zeroizing;

use super::seal::{self, CLASSES, LONGEST_ROW, Piece, Sealer, Space};
use crate::{
    proto::record::{Class, MessageRow},
    wire::codec,
};

/// What a whole value turned out to be.
pub(super) enum Carved {
    /// And the number of the commit that wrote it.
    Message(Box<MessageRow>, u64),
    /// Class, key, number of the commit that wrote it, value.
    Record(Class, Vec<u8>, u64, Zeroizing<Vec<u8>>),
}

/// Puts values together from pieces that come in any order.
pub(super) struct Carver<'a> {
    sealer: &'a Sealer,
    waiting: BTreeMap<(Space, Vec<u8>, u64), Vec<Option<Piece>>>,
}

/// Bytes that are read at once, beside the overlap of one row.
const WINDOW: usize = 4 * 1024 * 1024;

/// Values of several pieces that may be incomplete at once.
const WAITING: usize = 64 * 1024;

impl<'a> Carver<'a> {
    pub(super) fn new(sealer: &'a Sealer) -> Self {
        Self {
            sealer,
            waiting: BTreeMap::new(),
        }
    }

    /// Goes through all files of a directory.
    pub(super) fn directory<E: From<io::Error>>(
        &mut self,
        dir: &Path,
        found: &mut dyn FnMut(Carved) -> Result<(), E>,
    ) -> Result<(), E> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.directory(&entry.path(), found)?;
            } else if kind.is_file() {
                self.file(&entry.path(), found)?;
            }
        }
        Ok(())
    }

    /// Goes through one file.
    pub(super) fn file<E: From<io::Error>>(
        &mut self,
        path: &Path,
        found: &mut dyn FnMut(Carved) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut file = File::open(path)?;
        let mut window = Vec::with_capacity(WINDOW + LONGEST_ROW);
        loop {
            let read = (&mut file).take(WINDOW as u64).read_to_end(&mut window)?;
            let last = read < WINDOW;
            // A row that begins in the overlap is found whole in the next window.
            let end = if last {
                window.len()
            } else {
                window.len().saturating_sub(LONGEST_ROW)
            };
            let mut at = 0;
            while at < end {
                let rest = window.get(at..).unwrap_or_default();
                match self.row_at(rest) {
                    Some((len, carved)) => {
                        carved.map_or(Ok(()), &mut *found)?;
                        at += len;
                    }
                    None => at += 1,
                }
            }
            if last {
                return Ok(());
            }
            // `at` may lie behind `end`, when a row reached into the overlap.
            window.drain(..at.min(window.len()));
        }
    }

    /// A row that begins here: its length, and the value that it completes.
    fn row_at(&mut self, bytes: &[u8]) -> Option<(usize, Option<Carved>)> {
        let len = seal::row_len(bytes)?;
        let row = bytes.get(..len)?;
        let spaces = CLASSES.into_iter().map(Space::Record);
        let mut spaces = std::iter::once(Space::Message).chain(spaces);
        let (space, piece) = spaces.find_map(|space| {
            let piece = self.sealer.open_piece(space, row).ok()?;
            Some((space, piece))
        })?;
        Some((len, self.add(space, piece)))
    }

    fn add(&mut self, space: Space, piece: Piece) -> Option<Carved> {
        if piece.count == 1 {
            return whole(space, &[piece]);
        }
        let of = (space, piece.logical.clone(), piece.commit);
        let pieces = self.waiting.entry(of.clone()).or_insert_with(|| {
            std::iter::repeat_with(|| None)
                .take(piece.count.into())
                .collect()
        });
        let at = usize::from(piece.index);
        if let Some(slot) = pieces.get_mut(at) {
            *slot = Some(piece);
        }
        if pieces.iter().any(Option::is_none) {
            if self.waiting.len() > WAITING {
                self.waiting.pop_first();
            }
            return None;
        }
        let pieces: Vec<Piece> = self.waiting.remove(&of)?.into_iter().flatten().collect();
        whole(space, &pieces)
    }
}

/// The number of the newest commit of which something is in a file.
pub(super) fn newest_commit(path: &Path, sealer: &Sealer) -> io::Result<u64> {
    let mut newest = 0;
    let mut see = |carved| -> io::Result<()> {
        let (Carved::Message(_, commit) | Carved::Record(_, _, commit, _)) = carved;
        newest = newest.max(commit);
        Ok(())
    };
    Carver::new(sealer).file(path, &mut see)?;
    Ok(newest)
}

fn whole(space: Space, pieces: &[Piece]) -> Option<Carved> {
    let value = seal::join(pieces)?;
    let first = pieces.first()?;
    let commit = first.commit;
    if let Space::Record(class) = space {
        return Some(Carved::Record(class, first.logical.clone(), commit, value));
    }
    let row = codec::from_slice(&value, seal::LONGEST).ok()?;
    Some(Carved::Message(Box::new(row), commit))
}
