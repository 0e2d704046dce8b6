//! Files of messages, as faces see them.

use std::path::PathBuf;

use data_encoding::BASE64;

use crate::{
    files::{Layout, OpenError, Shelf, Standing, Wish, extension, harmless},
    node::{
        CommandError, ErrorKind, FileId, now,
        query::no_message,
        transfer::listing,
        view::{
            Answer, ContentsOf, FileInfo, FileState, FolderContents, FolderEntry, FolderInfo,
            Preview, Storage, StoredFile,
        },
    },
    proto::{
        chat::{
            acts,
            content::{Media, Thumbnail},
        },
        record::{FileRow, MessageRow},
        text,
    },
    store::{Store, StoreError},
};

/// The file of a message, and how much of it is here.
pub(super) fn info(store: &Store, row: &MessageRow) -> Result<Option<FileInfo>, StoreError> {
    let Some(attachment) = acts::attachment(&row.content) else {
        return Ok(None);
    };
    let manifest = attachment.manifest;
    let shelf = store.shelf()?;
    let state = state(&shelf, &manifest.blob);
    let have = match state {
        FileState::Here => manifest.size,
        FileState::Offered | FileState::Cancelled => 0,
        FileState::Fetching | FileState::Paused => shelf.bytes(&manifest.blob).min(manifest.size),
    };
    let name = harmless(&manifest.name);
    let told = shelf.told(&manifest.blob).filter(|_| row.outgoing);
    let told = told.unwrap_or_default();
    let mut info = FileInfo {
        file_id: FileId(manifest.blob),
        extension: match attachment.folder {
            Some(_) => String::new(),
            None => extension(&name),
        },
        name,
        size: manifest.size,
        mime: text::shown_text(&manifest.mime),
        state,
        have,
        thumbnail: manifest.thumbnail.as_ref().map(preview),
        duration_ms: None,
        waveform: None,
        voice: false,
        width: None,
        height: None,
        folder: attachment.folder.map(|folder| FolderInfo {
            files: folder.files,
        }),
        kept_until: told.kept_until(now().0).filter(|_| !told.lacks.is_empty()),
        waiting_for: told.lacks,
    };
    match attachment.media {
        Some(Media::Sound {
            duration_ms,
            waveform,
            voice,
        }) => {
            info.duration_ms = known(duration_ms);
            info.waveform = Some(waveform).filter(|waveform| !waveform.is_empty());
            info.voice = voice;
        }
        Some(Media::Film {
            duration_ms,
            width,
            height,
        }) => {
            info.duration_ms = known(duration_ms);
            info.width = Some(width);
            info.height = Some(height);
        }
        None => {}
    }
    Ok(Some(info))
}

fn known(duration_ms: u32) -> Option<u32> {
    Some(duration_ms).filter(|duration| *duration > 0)
}

/// What is in the folder of a message, as far as that is asked.
pub(in crate::node) fn contents(store: &Store, part: &ContentsOf) -> Result<Answer, CommandError> {
    let refused = |kind, text: &str| CommandError::new(kind, text);
    let unreadable = |error: StoreError| {
        let text = format!("The folder cannot be read: {error}.");
        CommandError::new(ErrorKind::Storage, text)
    };
    let stored = store.message(&part.message_id).map_err(unreadable)?;
    let row = stored.ok_or_else(no_message)?.row;
    let folder = acts::attachment(&row.content).and_then(|attachment| attachment.folder);
    let folder = folder.ok_or_else(|| {
        let text = "There is no folder in this message.";
        refused(ErrorKind::Invalid, text)
    })?;
    let shelf = store.shelf().map_err(unreadable)?;
    let listing = listing(&shelf, &folder).map_err(|error| match error {
        OpenError::Missing => {
            let text = "What is in the folder is known once the folder begins to come.";
            refused(ErrorKind::NotFound, text)
        }
        OpenError::Foreign => {
            let text = "The folder is not what its message says.";
            refused(ErrorKind::Invalid, text)
        }
        OpenError::Disk(error) => {
            let text = format!("The folder cannot be read: {error}.");
            CommandError::new(ErrorKind::Storage, text)
        }
    })?;
    let Layout { folders, files } = listing.layout();
    let folders = folders.into_iter().map(|path| (path, None));
    let sizes = listing.files.iter().map(|file| Some(file.size));
    let mut all: Vec<(PathBuf, Option<u64>)> = files.into_iter().zip(sizes).collect();
    all.extend(folders);
    // By parts of paths, so that what is in a folder follows it.
    all.sort();
    let limit = part.limit.unwrap_or(USUAL).min(MOST_LISTED);
    let from = usize::try_from(part.from).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(Answer::Contents(FolderContents {
        count: u32::try_from(all.len()).unwrap_or(u32::MAX),
        entries: all
            .into_iter()
            .skip(from)
            .take(limit)
            .map(|(path, size)| FolderEntry {
                path: path.to_string_lossy().into_owned(),
                size,
            })
            .collect(),
    }))
}

/// What files take, the largest first.
pub(in crate::node) fn storage(store: &Store) -> Result<Storage, StoreError> {
    let shelf = store.shelf()?;
    let mut rows: Vec<FileRow> = store.files()?;
    rows.sort_by_key(|row| (std::cmp::Reverse(row.size), row.blob));
    rows.dedup_by_key(|row| row.blob);
    let stored = |row: &FileRow| StoredFile {
        file_id: FileId(row.blob),
        message_id: row.message,
        chat_id: row.chat,
        size: row.size,
        state: state(&shelf, &row.blob),
    };
    let here = |file: &StoredFile| file.state != FileState::Offered;
    Ok(Storage {
        used: shelf.used(),
        quota: shelf.quota(),
        files: rows.iter().map(stored).filter(here).take(MOST).collect(),
    })
}

fn state(shelf: &Shelf, blob: &[u8; 32]) -> FileState {
    match shelf.standing(blob) {
        None => FileState::Offered,
        Some(Standing::Whole) => FileState::Here,
        Some(Standing::Part(Wish::Wanted)) => FileState::Fetching,
        Some(Standing::Part(Wish::Paused)) => FileState::Paused,
        Some(Standing::Part(Wish::Cancelled)) => FileState::Cancelled,
    }
}

fn preview(thumbnail: &Thumbnail) -> Preview {
    Preview {
        mime: text::shown_text(&thumbnail.mime),
        width: thumbnail.width,
        height: thumbnail.height,
        data: BASE64.encode(&thumbnail.bytes),
    }
}

/// Files that are listed.
const MOST: usize = 1000;

/// Entries of a folder that are listed when nobody says how many, and at most.
const USUAL: u32 = 1000;
const MOST_LISTED: u32 = 5000;
