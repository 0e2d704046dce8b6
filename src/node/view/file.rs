//! Files, as faces see them and ask for them.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::node::{ChatId, FileId, MessageId, PersonId};

/// What is to be done with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", content = "params", deny_unknown_fields)]
pub enum FileCommand {
    /// Seals a file, or all that is in a folder, and says in a chat that it can be had.
    #[serde(rename = "file.send")]
    Send {
        /// Where.
        chat_id: ChatId,
        /// The file or folder, on the machine where the node runs.
        path: String,
        /// What to say about it, at most 16 KiB.
        #[serde(default)]
        caption: String,
        /// As it is, even if it is a picture. Of a picture goes otherwise only what is needed to draw it, made
        /// smaller where that saves enough.
        #[serde(default)]
        original: bool,
        /// It is a sound, and goes as a voice note: as Opus, at most a quarter of an hour.
        #[serde(default)]
        voice: bool,
        /// A small picture of it; of a picture one is made if none is given.
        #[serde(default)]
        thumbnail: Option<Preview>,
        /// Its bytes, if it is in no file; then `path` is what it is called. Only for the window.
        #[serde(skip)]
        content: Option<Content>,
    },
    /// Reads the file of a message that is here, to show it. Only for the window.
    #[serde(skip)]
    Read {
        /// Which message.
        message_id: MessageId,
    },
    /// Fetches the file of a message, and goes on with one that was paused or cancelled.
    #[serde(rename = "file.fetch")]
    Fetch {
        /// Which message.
        message_id: MessageId,
        /// Where to save it once it is here: a directory, or a name that is not taken.
        #[serde(default)]
        path: Option<String>,
    },
    /// Fetches no more of a file for now. What is here stays.
    #[serde(rename = "file.pause")]
    Pause {
        /// Which.
        file_id: FileId,
    },
    /// Goes on with a file that was paused.
    #[serde(rename = "file.resume")]
    Resume {
        /// Which.
        file_id: FileId,
    },
    /// Fetches no more of a file, and keeps nothing of it.
    #[serde(rename = "file.cancel")]
    Cancel {
        /// Which.
        file_id: FileId,
    },
}

/// Bytes of a file that are in memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Content(pub Arc<[u8]>);

/// Shows that it is one, and nothing of it.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content")
    }
}

/// A small picture of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// Its format.
    pub mime: String,
    /// Pixels of the whole picture.
    pub width: u16,
    /// Pixels of the whole picture.
    pub height: u16,
    /// Its bytes in base64, at most 12 KiB of them.
    pub data: String,
}

/// How much of a file is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Nothing; it can be fetched.
    Offered,
    /// It is being fetched, as soon as somebody who has it is connected.
    Fetching,
    /// Some of it, perhaps; the rest waits for `file.resume`.
    Paused,
    /// Nothing, and it is not wanted.
    Cancelled,
    /// All of it.
    Here,
}

/// The file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileInfo {
    /// Which.
    pub file_id: FileId,
    /// What its author calls it, made harmless.
    pub name: String,
    /// What the name says that it is, in small letters: what a system would go by.
    pub extension: String,
    /// Bytes, as its author says.
    pub size: u64,
    /// What its author says that it is.
    pub mime: String,
    /// How much is here.
    pub state: FileState,
    /// Bytes that are here.
    pub have: u64,
    /// A small picture of it.
    pub thumbnail: Option<Preview>,
    /// How long it is, if it is a sound or a film and its author knew.
    pub duration_ms: Option<u32>,
    /// How loud a sound is in equal parts of it, at most 64, each from 0 to 31.
    pub waveform: Option<Vec<u8>>,
    /// Whether it is a sound that was spoken for this chat.
    pub voice: bool,
    /// Pixels of a film.
    pub width: Option<u16>,
    /// Pixels of a film.
    pub height: Option<u16>,
    /// If it is a folder, what is said of it.
    #[serde(default)]
    pub folder: Option<FolderInfo>,
    /// Of a file that was sent from here: who is not known to have it.
    #[serde(default)]
    pub waiting_for: Vec<PersonId>,
    /// Of a file that was sent from here: until when a relay keeps it for them, in milliseconds since the Unix
    /// epoch.
    #[serde(default)]
    pub kept_until: Option<u64>,
}

/// What is said of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FolderInfo {
    /// How many files are in it, as its author says.
    pub files: u32,
}

/// Which part of what is in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentsOf {
    /// The message.
    pub message_id: MessageId,
    /// How many entries come before, 0 if left out.
    #[serde(default)]
    pub from: u32,
    /// At most so many entries: 1000, and at most 5000, if left out.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// Result of `file.contents`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FolderContents {
    /// How many files and folders are in it.
    pub count: u32,
    /// Those that were asked for, by path.
    pub entries: Vec<FolderEntry>,
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FolderEntry {
    /// Where it is saved, from the folder on, by harmless names with `/` between them.
    pub path: String,
    /// Bytes of a file; null for a folder.
    pub size: Option<u64>,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// It comes.
    Fetching,
    /// The rest is to come later.
    Paused,
    /// It is not wanted.
    Cancelled,
    /// It cannot be had or saved now, or be given to those who are not there, and is tried again by itself.
    Waiting,
    /// It was not saved, and will not be.
    Failed,
    /// All of it is here.
    Here,
    /// It was saved.
    Saved,
    /// We give it to somebody.
    Giving,
    /// Somebody has all of it.
    Given,
    /// A relay is given it, for those who are not there.
    Keeping,
    /// A relay keeps it for those who are not there.
    Kept,
}

/// How far a file has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transfer {
    /// Which.
    pub file_id: FileId,
    /// A chat in which it was offered.
    pub chat_id: ChatId,
    /// Bytes that are here; while it is given: that were given.
    pub have: u64,
    /// Of so many.
    pub size: u64,
    /// What happens.
    pub state: TransferState,
    /// Bytes a second.
    pub rate: u64,
    /// To whom it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// Where it was saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Until when a relay keeps it, in milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// Of a file that was sent from here and waits, or is kept: who is not known to have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_for: Vec<PersonId>,
}

impl Transfer {
    pub(in crate::node) fn new(
        (blob, chat_id): ([u8; 32], ChatId),
        state: TransferState,
        (have, size): (u64, u64),
    ) -> Self {
        Self {
            file_id: FileId(blob),
            chat_id,
            have,
            size,
            state,
            rate: 0,
            person_id: None,
            path: None,
            problem: None,
            until: None,
            waiting_for: Vec::new(),
        }
    }
}

/// Result of `file.list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Storage {
    /// Bytes that all files take on this device.
    pub used: u64,
    /// What they may take.
    pub quota: u64,
    /// The files of which something is here, the largest first, at most 1000.
    pub files: Vec<StoredFile>,
}

/// A file of which something is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoredFile {
    /// Which.
    pub file_id: FileId,
    /// A message that it came with.
    pub message_id: MessageId,
    /// The chat of that message.
    pub chat_id: ChatId,
    /// Its size.
    pub size: u64,
    /// How much is here.
    pub state: FileState,
}
