//! Files of messages, as faces see them.

use data_encoding::BASE64;

use crate::{
    files::{Shelf, Standing, Wish, extension, harmless},
    node::{
        FileId,
        view::{FileInfo, FileState, Preview, Storage, StoredFile},
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
    let mut info = FileInfo {
        file_id: FileId(manifest.blob),
        extension: extension(&name),
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
