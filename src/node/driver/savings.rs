//! Where files are to be saved once they are here, which outlives the node.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{Driver, files::found};
use crate::{
    node::{
        CommandError, ErrorKind,
        step::Core,
        transfer::{SAVED, Saving},
    },
    proto::{
        chat::content::Attachment,
        id::{FileId, MessageId},
        record::{Class, FileRow, SavingRow, Write},
    },
    store::StoreError,
    wire::codec,
};

impl Driver<'_> {
    /// A file was saved where it was to be, or can never be.
    #[expect(clippy::unused_self, reason = "beside its siblings")]
    pub(super) fn settled(&self, core: &Core, message: MessageId, to: &Path) {
        let Some(mut row) = noted(core, &message) else {
            return;
        };
        row.paths.retain(|path| Path::new(path) != to);
        if let Err(error) = core.store.commit(vec![write(message, &row)]) {
            tracing::warn!(%error, "it is not noted that a file was saved; it may be once more");
        }
    }
}

/// Notes where the file of a message is to be saved. It is on disk when this returns.
pub(super) fn note(
    core: &Core,
    (message, attachment): (MessageId, Box<Attachment>),
    to: &Path,
) -> Result<Saving, CommandError> {
    let mut row = noted(core, &message).unwrap_or_default();
    let text = to.to_string_lossy().into_owned();
    if !row.paths.contains(&text) {
        if row.paths.len() >= SAVED {
            let text = "This file is to be saved in eight places already; wait until it is here.";
            return Err(CommandError::new(ErrorKind::Conflict, text));
        }
        row.paths.push(text);
        let noted = core.store.commit(vec![write(message, &row)]);
        noted.map_err(|error| not_noted(&error))?;
    }
    Ok(Saving {
        message,
        attachment,
        to: to.to_owned(),
        waiting: None,
    })
}

/// A file that is not wanted is saved nowhere.
pub(super) fn drop_all(core: &Core, file: FileId) -> Result<(), CommandError> {
    let named = core.store.naming(&file.0).unwrap_or_default();
    let noted = named.iter().map(|row| row.message);
    let noted = noted.filter(|message| self::noted(core, message).is_some());
    let drops: Vec<Write> = noted
        .map(|message| Write::Delete(Class::Saving, message.0.to_vec()))
        .collect();
    if drops.is_empty() {
        return Ok(());
    }
    let dropped = core.store.commit(drops);
    dropped.map_err(|error| not_noted(&error))
}

/// What was to be saved when the node ended.
pub(super) fn all(core: &Core) -> Vec<(FileRow, Saving)> {
    let mut savings = Vec::new();
    for (key, record) in core.store.records(Class::Saving).unwrap_or_default() {
        let Some(message) = <[u8; 32]>::try_from(key).ok().map(MessageId) else {
            continue;
        };
        let paths = codec::from_slice::<SavingRow>(&record, LONGEST).map(|row| row.paths);
        for path in paths.unwrap_or_default() {
            // Its message may be gone, or be of a file that cannot be.
            if let Ok((row, attachment)) = found(core, &message) {
                let saving = Saving {
                    message,
                    attachment,
                    to: PathBuf::from(path),
                    waiting: None,
                };
                savings.push((row, saving));
            }
        }
    }
    savings
}

/// The files that are to be saved.
pub(super) fn files(savings: &[(FileRow, Saving)]) -> BTreeSet<[u8; 32]> {
    savings.iter().map(|(row, _)| row.blob).collect()
}

/// Where a person wants something, whatever folder is the current one later.
pub(super) fn place(path: String) -> Result<PathBuf, CommandError> {
    let too_long = path.len() > LONGEST_PATH;
    let place = std::path::absolute(path).ok().filter(|_| !too_long);
    place.ok_or_else(|| {
        let text = "Nothing can be saved there: it is no path, or too long.";
        CommandError::new(ErrorKind::Invalid, text)
    })
}

fn noted(core: &Core, message: &MessageId) -> Option<SavingRow> {
    let record = core.store.record(Class::Saving, &message.0).ok()??;
    codec::from_slice(&record, LONGEST).ok()
}

fn write(message: MessageId, row: &SavingRow) -> Write {
    let key = message.0.to_vec();
    if row.paths.is_empty() {
        return Write::Delete(Class::Saving, key);
    }
    Write::Put(Class::Saving, key, Zeroizing::new(codec::to_vec(row)))
}

fn not_noted(error: &StoreError) -> CommandError {
    let text = format!("Where to save the file could not be noted: {error}.");
    CommandError::new(ErrorKind::Storage, text)
}

/// Bytes of one path.
const LONGEST_PATH: usize = 4096;

/// Bytes of one record.
const LONGEST: usize = SAVED * (LONGEST_PATH + 8);
