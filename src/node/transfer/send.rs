//! Sealing a file and offering it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{sync::oneshot, task::spawn_blocking};

use super::{
    FileAsk, Shared, folder,
    ready::{How, Problem, Source, ready, ready_in_memory},
};
use crate::{
    files::{SealError, Sealed, Shelf, WalkError, extension},
    node::{
        ChatId, CommandError, ErrorKind, FileId, Reply, now,
        view::{Answer, Content},
    },
    picture::{Refusal, Small},
    proto::chat::content::{Attachment, Manifest, Thumbnail},
    sound,
    wire::limits,
};

/// A file that is to be sent, and who waits for that.
pub(in crate::node) struct Sending {
    pub(in crate::node) chat: ChatId,
    pub(in crate::node) path: PathBuf,
    /// Its bytes, if it is in no file.
    pub(in crate::node) content: Option<Content>,
    pub(in crate::node) caption: String,
    pub(in crate::node) how: How,
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
            content,
            caption,
            how,
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
            let task = spawn_blocking(move || {
                let going_on = |_| !cancelled.load(Ordering::Relaxed);
                if content.is_none() && path.is_dir() {
                    folder::seal(&shelf, &path, going_on)
                } else {
                    seal(&shelf, (&path, content), how, going_on)
                }
            });
            let cancelled = Err(Problem::Seal(SealError::Cancelled));
            task.await.unwrap_or(cancelled)
        };
        let Made {
            mut attachment,
            left_out,
        } = match sealed {
            Ok(made) => made,
            Err(problem) => {
                let _ = waiting.send(Err(refusal(&path, &problem)));
                return;
            }
        };
        let blob = attachment.manifest.blob;
        let list = attachment.folder.as_ref().map(|folder| folder.list.blob);
        attachment.caption = caption;
        if thumbnail.is_some() && list.is_none() {
            attachment.manifest.thumbnail = thumbnail;
        }
        let noting = shared.shelf.clone();
        let all = std::iter::once(blob).chain(list).collect::<Vec<_>>();
        let sent = all.clone();
        // What is said and not noted is kept by no relay; it goes all the same.
        let _ = spawn_blocking(move || {
            for blob in &sent {
                let _ = noting.tell(blob, |told| told.since = now().0);
            }
        })
        .await;
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
                left_out,
            }),
            Ok(Err(refusal)) => Err(refusal),
            Ok(Ok(_)) | Err(_) => {
                let message = "Betwixt stopped before the file was sent; send it again.";
                Err(CommandError::new(ErrorKind::Conflict, message))
            }
        };
        if answer.is_ok() {
            for blob in &all {
                shared.keeping.add(*blob);
            }
        } else {
            let shelf = shared.shelf.clone();
            let _ = spawn_blocking(move || {
                for blob in all {
                    let _ = shelf.remove(&blob);
                }
            })
            .await;
        }
        let _ = waiting.send(answer);
    }
}

/// What is to be said of what was sealed, but for the caption.
pub(super) struct Made {
    pub(super) attachment: Box<Attachment>,
    /// What was in a folder and does not go.
    pub(super) left_out: u32,
}

/// Seals what is to be sent of a file.
fn seal(
    shelf: &Shelf,
    (path, content): (&Path, Option<Content>),
    how: How,
    going_on: impl FnMut(u64) -> bool,
) -> Result<Made, Problem> {
    let ready = match content {
        Some(content) => ready_in_memory(&content.0, how)?,
        None => ready(path, how)?,
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = ready.named(&name);
    let sealed = match ready.source {
        Source::File(file, size) => shelf.seal(file, size, going_on)?,
        Source::Made(bytes) => shelf.seal(bytes.as_slice(), bytes.len() as u64, going_on)?,
    };
    let mut manifest = manifest(sealed, name);
    mime_of(&manifest.name).clone_into(&mut manifest.mime);
    manifest.thumbnail = ready.small.map(thumbnail_of);
    Ok(Made {
        attachment: Box::new(Attachment {
            manifest,
            caption: String::new(),
            media: ready.media,
            folder: None,
        }),
        left_out: 0,
    })
}

/// What is said of a file that was sealed, but for what it is.
pub(super) fn manifest(sealed: Sealed, mut name: String) -> Manifest {
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
        mime: String::new(),
        name,
        thumbnail: None,
    }
}

fn thumbnail_of(small: Small) -> Thumbnail {
    let [width, height] = small
        .size
        .map(|side| u16::try_from(side).unwrap_or(u16::MAX));
    Thumbnail {
        mime: "image/jpeg".to_owned(),
        width,
        height,
        bytes: small.jpeg.into(),
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
        "ogg" | "oga" | "opus" => "audio/ogg",
        "m4a" => "audio/mp4",
        "aac" => "audio/aac",
        "mov" => "video/quicktime",
        "avi" => "video/x-msvideo",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "pdf" => "application/pdf",
        "txt" | "md" | "log" => "text/plain",
        "json" => "application/json",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

fn refusal(path: &Path, problem: &Problem) -> CommandError {
    let path = path.display();
    let error = match problem {
        Problem::Seal(error) => error,
        Problem::Folder(error) => {
            let kind = match error {
                WalkError::TooMuch | WalkError::TooDeep(_) => ErrorKind::TooLarge,
                WalkError::Disk(..) => ErrorKind::Storage,
            };
            return CommandError::new(kind, format!("{path} was not sent: {error}."));
        }
        Problem::Sound(refusal) => {
            let (kind, why) = match refusal {
                sound::Refusal::TooLarge => (
                    ErrorKind::TooLarge,
                    "a voice note has at most a quarter of an hour".to_owned(),
                ),
                sound::Refusal::Unknown | sound::Refusal::Damaged => {
                    (ErrorKind::Invalid, refusal.to_string())
                }
            };
            let message =
                format!("{path} was not sent: {why}. It can be sent as a file, without voice.");
            return CommandError::new(kind, message);
        }
        Problem::Picture(refusal) => {
            let kind = match refusal {
                Refusal::TooLarge | Refusal::TooMuchWork => ErrorKind::TooLarge,
                Refusal::NoPicture | Refusal::Opaque | Refusal::Damaged | Refusal::Uncommon => {
                    ErrorKind::Invalid
                }
            };
            let message = format!(
                "{path} was not sent: {refusal}, so that what else is written in it, such as where it was \
                 taken, would go along. It can be sent as it is (original)."
            );
            return CommandError::new(kind, message);
        }
    };
    let kind = match error {
        SealError::TooLarge => ErrorKind::TooLarge,
        SealError::Changed | SealError::Cancelled => ErrorKind::Conflict,
        SealError::Disk(error) if error.kind() == io::ErrorKind::NotFound => ErrorKind::NotFound,
        SealError::Disk(error) if error.kind() == io::ErrorKind::InvalidInput => {
            let message = format!("{path} is neither a file nor a folder.");
            return CommandError::new(ErrorKind::Invalid, message);
        }
        SealError::NoRoom(_) | SealError::Disk(_) => ErrorKind::Storage,
    };
    CommandError::new(kind, format!("{path} was not sent: {error}."))
}
