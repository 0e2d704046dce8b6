//! Reading a file that is here into memory, to show it.

use std::sync::Arc;

use tokio::{sync::oneshot, task::spawn_blocking};

use super::Shared;
use crate::{
    files::{Listing, OpenError, Opening, Shelf},
    node::{
        CommandError, ErrorKind,
        view::{Answer, Content},
    },
    proto::{
        chat::content::{Folder, Manifest},
        record::FileRow,
    },
};

/// A file that is to be read, and who waits for that.
pub(in crate::node) struct Reading {
    pub(in crate::node) manifest: Manifest,
    pub(in crate::node) waiting: oneshot::Sender<Result<Answer, CommandError>>,
}

impl Reading {
    pub(super) async fn run(self: Box<Self>, shared: Arc<Shared>, row: FileRow) {
        let Self { manifest, waiting } = *self;
        let shelf = shared.shelf.clone();
        let read = spawn_blocking(move || {
            if manifest.size > MOST {
                let message = "This file is too large to be shown; save it.";
                return Err(CommandError::new(ErrorKind::TooLarge, message));
            }
            let opening = opening(&manifest);
            let mut bytes = Vec::new();
            let blob = shelf.find(&row.blob).map_err(OpenError::from);
            blob.and_then(|blob| blob.ok_or(OpenError::Missing))
                .and_then(|blob| blob.open_into(&opening, &mut bytes))
                .map_err(|error| refusal(&error))?;
            Ok(Answer::Content(Content(bytes.into())))
        });
        let bug = |_| Err(CommandError::new(ErrorKind::Storage, "A bug was met."));
        let _ = waiting.send(read.await.unwrap_or_else(bug));
    }
}

/// What is needed to open a file.
pub(super) fn opening(manifest: &Manifest) -> Opening<'_> {
    Opening {
        size: manifest.size,
        file_key: &manifest.file_key,
        prefix: manifest.prefix,
        hash: manifest.hash,
    }
}

/// What is in a folder, if its list is here, and says what its message says.
pub(in crate::node) fn listing(shelf: &Shelf, folder: &Folder) -> Result<Listing, OpenError> {
    let blob = shelf.find(&folder.list.blob)?;
    let blob = blob.ok_or(OpenError::Missing)?;
    let mut bytes = Vec::new();
    blob.open_into(&opening(&folder.list), &mut bytes)?;
    let listing = Listing::decode(&bytes).map_err(|_| OpenError::Foreign)?;
    if usize::try_from(folder.files) == Ok(listing.files.len()) {
        Ok(listing)
    } else {
        Err(OpenError::Foreign)
    }
}

fn refusal(error: &OpenError) -> CommandError {
    let kind = match error {
        OpenError::Missing => ErrorKind::NotFound,
        OpenError::Foreign => ErrorKind::Invalid,
        OpenError::Disk(_) => ErrorKind::Storage,
    };
    CommandError::new(kind, format!("The file cannot be read: {error}."))
}

/// Of a larger file nothing is read into memory, in bytes.
const MOST: u64 = crate::picture::THEIRS.bytes;
