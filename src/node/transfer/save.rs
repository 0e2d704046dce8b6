//! Saving a file that is here.

use std::{path::PathBuf, sync::Arc};

use tokio::{sync::oneshot, task::spawn_blocking};

use super::{
    FileAsk, Shared,
    read::{listing, opening},
};
use crate::{
    files::{OpenError, SaveError, Shelf},
    node::{
        CommandError, ErrorKind, FileId, MessageId,
        view::{Answer, Transfer, TransferState},
    },
    proto::{chat::content::Attachment, record::FileRow},
};

/// Where a file is to be saved, and who waits for that.
pub(in crate::node) struct Saving {
    /// The message that it is the file of.
    pub(in crate::node) message: MessageId,
    pub(in crate::node) attachment: Box<Attachment>,
    pub(in crate::node) to: PathBuf,
    /// None once they were told that it comes later: then the place is noted on disk.
    pub(in crate::node) waiting: Option<oneshot::Sender<Result<Answer, CommandError>>>,
}

/// A file that was not saved, and is to be later.
pub(super) struct Unsaved {
    pub(super) saving: Saving,
    pub(super) why: String,
}

impl Saving {
    /// Saves it. What is given back is to be tried again.
    pub(super) async fn run(mut self, shared: Arc<Shared>, row: FileRow) -> Option<Unsaved> {
        let waiting = self.waiting.take();
        let shelf = shared.shelf.clone();
        let _turn = match &self.attachment.folder {
            Some(_) => Some(shared.unfolding.lock().await),
            None => None,
        };
        let saved = spawn_blocking(move || {
            let saved = self.save(&shelf, &row);
            (self, saved)
        });
        let Ok((saving, saved)) = saved.await else {
            tracing::error!("a bug was met while a file was saved");
            return None;
        };
        match (saved, waiting) {
            (Err(SaveError::Disk(error) | SaveError::Open(OpenError::Disk(error))), None) => {
                let why = format!("it could not be saved: {error}");
                return Some(Unsaved { saving, why });
            }
            (saved, waiting) => saving.told(&shared, row, saved, waiting).await,
        }
        None
    }

    fn save(&self, shelf: &Shelf, row: &FileRow) -> Result<PathBuf, SaveError> {
        let blob = shelf.find(&row.blob).map_err(OpenError::from)?;
        let blob = blob.ok_or(OpenError::Missing)?;
        let manifest = &self.attachment.manifest;
        match &self.attachment.folder {
            None => blob.save(&opening(manifest), &manifest.name, &self.to),
            Some(folder) => {
                let listing = listing(shelf, folder)?;
                blob.save_folder(&opening(manifest), &listing, &manifest.name, &self.to)
            }
        }
    }

    /// It is over, well or not: tells everybody.
    async fn told(
        self,
        shared: &Shared,
        row: FileRow,
        saved: Result<PathBuf, SaveError>,
        waiting: Option<oneshot::Sender<Result<Answer, CommandError>>>,
    ) {
        let saved = saved.map_err(|error| refusal(&error));
        let saved = saved.map(|path| path.display().to_string());
        if waiting.is_none() {
            let (message, to) = (self.message, self.to);
            let _ = shared.asks.send(FileAsk::Settled { message, to }).await;
        }
        shared.emit(match &saved {
            Ok(path) => Transfer {
                path: Some(path.clone()),
                ..Transfer::new(
                    (row.blob, row.chat),
                    TransferState::Saved,
                    (row.size, row.size),
                )
            },
            Err(error) => Transfer {
                problem: Some(error.message.clone()),
                ..Transfer::new(
                    (row.blob, row.chat),
                    TransferState::Failed,
                    (row.size, row.size),
                )
            },
        });
        if let Some(waiting) = waiting {
            let file_id = FileId(row.blob);
            let _ = waiting.send(saved.map(|path| Answer::File {
                file_id,
                path: Some(path),
            }));
        }
    }

    /// Whether it is another wish for the same. Each of those who wait is answered.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let nobody_waits = self.waiting.is_none() && other.waiting.is_none();
        nobody_waits && self.to == other.to
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
