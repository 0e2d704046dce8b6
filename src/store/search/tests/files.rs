//! Files and folders among what is found.

use super::*;
use crate::proto::{
    chat::content::{Attachment, Folder, Manifest, Media},
    secret::Secret,
};

#[test]
fn files_are_found_by_what_they_are_called_and_what_is_said_about_them() {
    let (_dir, store, search) = saying(&["a heron"]);
    let photo = file(1, "Heron_nest-2026.final.JPG", "image/jpeg", "seen at dawn");
    let mut folder = file(2, "Reed bank", "", "");
    folder.folder = Some(Folder {
        list: file(9, "", "", "").manifest,
        files: 3,
    });
    let mut voice = file(3, "", "", "");
    voice.media = Some(Media::Sound {
        duration_ms: 1,
        waveform: Vec::new(),
        voice: true,
    });
    let film = file(4, "bank.mkv", "Video/x-matroska", "");
    let plain = file(5, "bank.pdf", "application/pdf", "https://example.org");
    let files = [photo, folder, voice, film, plain];
    let files = (1..).zip(files).map(|(n, file)| send(n, file));
    store.commit(files.collect()).unwrap();

    assert_eq!(finds(&search, &["heron"]), [1, 0]);
    assert_eq!(finds(&search, &["nest"]), [1]);
    assert_eq!(finds(&search, &["nest 2026 final jpg"]), [1]);
    assert_eq!(finds(&search, &["heron_nest-2026.fin*"]), [1]);
    assert_eq!(finds(&search, &["dawn", "nest"]), [1]);
    assert_eq!(finds(&search, &["dawn heron"]), [0_u32; 0], "no phrase");
    assert_eq!(finds(&search, &["reed"]), [2]);
    assert_eq!(finds(&search, &["bank"]), [5, 4, 2]);
    let having = |has| {
        let has = BTreeSet::from([has]);
        let ask = Ask { has, ..asking(&[]) };
        found(&search, &ask)
    };
    assert_eq!(having(Has::File), [5, 4, 3, 2, 1]);
    assert_eq!(having(Has::Picture), [1]);
    assert_eq!(having(Has::Folder), [2]);
    assert_eq!(having(Has::Sound), [3]);
    assert_eq!(having(Has::Film), [4]);
    assert_eq!(having(Has::Link), [5]);
}

/// A file that Bob sent, and what he said about it.
fn file(n: u32, name: &str, mime: &str, caption: &str) -> Attachment {
    let manifest = |name: &str, mime: &str| Manifest {
        blob: [1; 32],
        size: u64::from(n),
        sealed_size: 100,
        file_key: Secret::new([2; 32]),
        prefix: [3; 19],
        hash: [4; 32],
        mime: mime.into(),
        name: name.into(),
        thumbnail: None,
    };
    Attachment {
        manifest: manifest(name, mime),
        caption: caption.into(),
        media: None,
        folder: None,
    }
}

fn send(n: u32, file: Attachment) -> Write {
    say(MessageRow {
        sent_at: Timestamp(u64::from(n) * 1000),
        ..act(n, Body::Attachment(Box::new(file)))
    })
}
