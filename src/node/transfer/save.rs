//! Saving a file that is here.

use std::{path::PathBuf, sync::Arc};

use tokio::{sync::oneshot, task::spawn_blocking};

use super::Shared;
use crate::{
    files::{OpenError, Opening, SaveError},
    node::{
        CommandError, ErrorKind, FileId,
        view::{Answer, Transfer, TransferState},
    },
    proto::{chat::content::Manifest, record::FileRow},
};

/// Where a file is to be saved, and who waits for that.
pub(in crate::node) struct Saving {
    pub(in crate::node) manifest: Manifest,
    pub(in crate::node) to: PathBuf,
    /// None once they were told that it comes later.
    pub(in crate::node) waiting: Option<oneshot::Sender<Result<Answer, CommandError>>>,
}

impl Saving {
    pub(super) async fn run(mut self, shared: Arc<Shared>, row: FileRow) {
        let waiting = self.waiting.take();
        let shelf = shared.shelf.clone();
        let saved = spawn_blocking(move || {
            let blob = shelf.find(&row.blob)?.ok_or(OpenError::Missing)?;
            let opening = Opening {
                size: self.manifest.size,
                file_key: &self.manifest.file_key,
                prefix: self.manifest.prefix,
                hash: self.manifest.hash,
            };
            blob.save(&opening, &self.manifest.name, &self.to)
        });
        let saved = match saved.await {
            Ok(saved) => saved.map_err(|error| refusal(&error)),
            Err(_) => Err(CommandError::new(ErrorKind::Storage, "A bug was met.")),
        };
        let saved = saved.map(|path| path.display().to_string());
        let transfer = match &saved {
            Ok(path) => Transfer {
                path: Some(path.clone()),
                ..Transfer::new(row.blob, TransferState::Saved, (row.size, row.size))
            },
            Err(error) => Transfer {
                problem: Some(error.message.clone()),
                ..Transfer::new(row.blob, TransferState::Failed, (row.size, row.size))
            },
        };
        shared.emit(transfer);
        if let Some(waiting) = waiting {
            let file_id = FileId(row.blob);
            let _ = waiting.send(saved.map(|path| Answer::File {
                file_id,
                path: Some(path),
            }));
        }
    }
}

fn refusal(error: &SaveError) -> CommandError {
    let kind = match error {
        SaveError::Taken(_) => ErrorKind::Conflict,
        SaveError::Open(OpenError::Foreign) => ErrorKind::Invalid,
        SaveError::Open(OpenError::Missing) => ErrorKind::NotFound,
        SaveError::Open(OpenError::Disk(_)) | SaveError::Disk(_) => ErrorKind::Storage,
    };
    CommandError::new(kind, format!("The file was not saved: {error}."))
}
