//! Sealing a file and offering it.

use std::{
    fs::File,
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{sync::oneshot, task::spawn_blocking};

use super::{FileAsk, Shared};
use crate::{
    files::{SealError, Sealed, Shelf, extension},
    node::{ChatId, CommandError, ErrorKind, FileId, Reply, view::Answer},
    proto::chat::content::{Attachment, Manifest, Thumbnail},
    wire::limits,
};

/// A file that is to be sent, and who waits for that.
pub(in crate::node) struct Sending {
    pub(in crate::node) chat: ChatId,
    pub(in crate::node) path: PathBuf,
    pub(in crate::node) caption: String,
    pub(in crate::node) thumbnail: Option<Thumbnail>,
    pub(in crate::node) waiting: oneshot::Sender<Result<Answer, CommandError>>,
}

/// Says that nobody waits for the sealing any more, when it is dropped.
struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Sending {
    pub(super) async fn run(self: Box<Self>, shared: Arc<Shared>) {
        let Self {
            chat,
            path,
            caption,
            thumbnail,
            waiting,
        } = *self;
        let cancelled = Arc::new(AtomicBool::new(false));
        let _cancel = Cancel(Arc::clone(&cancelled));
        let sealed = {
            let Ok(_turn) = Arc::clone(&shared.sealing).acquire_owned().await else {
                return;
            };
            let (shelf, path) = (shared.shelf.clone(), path.clone());
            let task = spawn_blocking(move || seal(&shelf, &path, &cancelled));
            task.await.unwrap_or(Err(SealError::Cancelled))
        };
        let sealed = match sealed {
            Ok(sealed) => sealed,
            Err(error) => {
                let _ = waiting.send(Err(refusal(&path, &error)));
                return;
            }
        };
        let blob = sealed.blob;
        let attachment = Box::new(Attachment {
            manifest: manifest(sealed, &path, thumbnail),
            caption,
        });
        let (answer, answered) = oneshot::channel();
        let offer = FileAsk::Offer {
            chat,
            attachment,
            answer,
        };
        let _ = shared.asks.send(offer).await;
        let answer = match answered.await {
            Ok(Ok(Reply::Sent { message_id, .. })) => Ok(Answer::FileSent {
                message_id,
                file_id: FileId(blob),
            }),
            Ok(Err(refusal)) => Err(refusal),
            Ok(Ok(_)) | Err(_) => {
                let message = "Betwixt stopped before the file was sent; send it again.";
                Err(CommandError::new(ErrorKind::Conflict, message))
            }
        };
        if answer.is_err() {
            let shelf = shared.shelf.clone();
            let _ = spawn_blocking(move || shelf.remove(&blob)).await;
        }
        let _ = waiting.send(answer);
    }
}

fn seal(shelf: &Shelf, path: &Path, cancelled: &AtomicBool) -> Result<Sealed, SealError> {
    // A pipe would be waited for.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits();
    let file = File::options()
        .read(true)
        .custom_flags(i32::try_from(nonblocking).unwrap_or(0))
        .open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
    }
    shelf.seal(file, about.len(), |_| !cancelled.load(Ordering::Relaxed))
}

fn manifest(sealed: Sealed, path: &Path, thumbnail: Option<Thumbnail>) -> Manifest {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut name = name.into_owned();
    while name.len() > limits::FILE_NAME {
        name.remove(0);
    }
    Manifest {
        blob: sealed.blob,
        size: sealed.size,
        sealed_size: sealed.sealed_size,
        file_key: sealed.file_key,
        prefix: sealed.prefix,
        hash: sealed.hash,
        mime: mime_of(&name).to_owned(),
        name,
        thumbnail,
    }
}

/// What a name says that a file is. Others do not rely on it.
fn mime_of(name: &str) -> &'static str {
    match extension(name).as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        "mkv" => "video/x-matroska",
        "mp3" => "audio/mpeg",
        "ogg" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "pdf" => "application/pdf",
        "txt" | "md" | "log" => "text/plain",
        "json" => "application/json",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

fn refusal(path: &Path, error: &SealError) -> CommandError {
    let kind = match error {
        SealError::TooLarge => ErrorKind::TooLarge,
        SealError::Changed | SealError::Cancelled => ErrorKind::Conflict,
        SealError::Disk(error) if error.kind() == io::ErrorKind::NotFound => ErrorKind::NotFound,
        SealError::Disk(error) if error.kind() == io::ErrorKind::InvalidInput => {
            let message = format!("{} is not a file; send files one by one.", path.display());
            return CommandError::new(ErrorKind::Invalid, message);
        }
        SealError::NoRoom(_) | SealError::Disk(_) => ErrorKind::Storage,
    };
    CommandError::new(kind, format!("{} was not sent: {error}.", path.display()))
}
