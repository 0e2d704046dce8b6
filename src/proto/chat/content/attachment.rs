//! Kinds 6, 18 and 20: a file, one that is heard or watched, and a folder (protocol §7).

use std::fmt;

use minicbor::{Decode, Encode, bytes::ByteVec};

use super::media::Media;
use crate::{proto::secret::Secret, wire::limits};

/// `[manifest, caption]`, as kind 18 `[manifest, caption, media]`, as kind 20 `[manifest, caption, null, folder]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Attachment {
    /// The file; of a folder what all its files say, one after the other, and what it is called.
    #[n(0)]
    pub manifest: Manifest,
    /// What is said about it, as in a text message.
    #[n(1)]
    pub caption: String,
    /// How long it is and how it looks, if it is a sound or a film.
    #[n(2)]
    pub media: Option<Media>,
    /// If it is a folder, what is in it.
    #[n(3)]
    pub folder: Option<Folder>,
}

/// What is in a folder: `[list, files]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Folder {
    /// The file that lists it, of at most [`limits::FOLDER_LIST`] bytes, without name, kind or picture.
    #[n(0)]
    pub list: Manifest,
    /// How many files are in it, at most [`limits::FOLDER_ENTRIES`].
    #[n(1)]
    pub files: u32,
}

/// Where a file is, how to open it, and what it claims to be.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Manifest {
    /// Its name among holders: [`crate::wire::blob::blob_id`].
    #[cbor(n(0), with = "minicbor::bytes")]
    pub blob: [u8; 32],
    /// Bytes of the file.
    #[n(1)]
    pub size: u64,
    /// Bytes of it as it is carried: padded and encrypted.
    #[n(2)]
    pub sealed_size: u64,
    /// Opens its chunks.
    #[n(3)]
    pub file_key: Secret<32>,
    /// Begins the nonce of each chunk.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub prefix: [u8; 19],
    /// BLAKE3 of the file.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// What it claims to be, at most [`limits::MIME`] bytes.
    #[n(6)]
    pub mime: String,
    /// What it claims to be called, at most [`limits::FILE_NAME`] bytes.
    #[n(7)]
    pub name: String,
    /// A small picture of it.
    #[n(8)]
    pub thumbnail: Option<Thumbnail>,
}

/// A small picture: `[mime, width, height, bytes]`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Thumbnail {
    /// Its format, at most [`limits::MIME`] bytes.
    #[n(0)]
    pub mime: String,
    /// Pixels of the whole picture.
    #[n(1)]
    pub width: u16,
    /// Pixels of the whole picture.
    #[n(2)]
    pub height: u16,
    /// At most [`limits::THUMBNAIL`].
    #[n(3)]
    pub bytes: ByteVec,
}

impl Attachment {
    /// Whether it can be sent.
    pub(crate) fn within_limits(&self) -> bool {
        let folder = self.folder.as_ref();
        let media = self.media.as_ref();
        self.manifest.within_limits()
            && self.caption.len() <= limits::TEXT
            && folder.is_none_or(Folder::within_limits)
            && media.is_none_or(Media::within_limits)
    }
}

impl Folder {
    fn within_limits(&self) -> bool {
        let Manifest {
            size,
            mime,
            name,
            thumbnail,
            ..
        } = &self.list;
        usize::try_from(*size).is_ok_and(|size| size <= limits::FOLDER_LIST)
            && usize::try_from(self.files).is_ok_and(|files| files <= limits::FOLDER_ENTRIES)
            && self.list.within_limits()
            && mime.is_empty()
            && name.is_empty()
            && thumbnail.is_none()
    }
}

impl Manifest {
    fn within_limits(&self) -> bool {
        let thumbnail = self.thumbnail.as_ref().is_none_or(|thumbnail| {
            thumbnail.mime.len() <= limits::MIME && thumbnail.bytes.len() <= limits::THUMBNAIL
        });
        thumbnail
            && self.mime.len() <= limits::MIME
            && self.name.len() <= limits::FILE_NAME
            && self.size <= limits::FILE
            && self.sealed_size <= limits::BLOB
    }
}

/// Shows that it is one, and nothing of it.
impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attachment")
    }
}
