//! Sealing a folder: what its files say as one file, and the list of them as another.

use std::path::Path;

use super::{
    ready::Problem,
    send::{Made, manifest},
};
use crate::{
    files::{Shelf, Walk, WalkError},
    proto::chat::content::{Attachment, Folder},
    wire::limits,
};

/// Seals all that is in a folder, as it is.
pub(super) fn seal(
    shelf: &Shelf,
    path: &Path,
    mut going_on: impl FnMut(u64) -> bool,
) -> Result<Made, Problem> {
    let walk = Walk::of(path).map_err(Problem::Folder)?;
    let (files, size, left_out) = (walk.files(), walk.size(), walk.left_out());
    let mut bytes = walk.into_bytes();
    let body = shelf.seal(&mut bytes, size, &mut going_on)?;
    let blob = body.blob;
    let list = bytes.into_listing().encode();
    let sealed = if list.len() <= limits::FOLDER_LIST {
        let size = list.len() as u64;
        shelf
            .seal(list.as_slice(), size, going_on)
            .map_err(Problem::Seal)
    } else {
        Err(Problem::Folder(WalkError::TooMuch))
    };
    let list = sealed.inspect_err(|_| {
        let _ = shelf.remove(&blob);
    })?;
    let mut of_folder = manifest(body, name(path));
    MIME.clone_into(&mut of_folder.mime);
    Ok(Made {
        attachment: Box::new(Attachment {
            manifest: of_folder,
            caption: String::new(),
            media: None,
            folder: Some(Folder {
                list: manifest(list, String::new()),
                files,
            }),
        }),
        left_out,
    })
}

/// What a folder is called, also if its path ends in `..`.
fn name(path: &Path) -> String {
    let whole = path.canonicalize();
    let whole = whole.as_deref().unwrap_or(path);
    let own = path.file_name().or(whole.file_name());
    own.unwrap_or_default().to_string_lossy().into_owned()
}

/// What systems say of a folder.
const MIME: &str = "inode/directory";
