//! What there is to find of a message: what it says, what its file is called, and what it has.

use super::index::Has;
use crate::{
    files::harmless,
    proto::{
        chat::{
            acts,
            content::{Attachment, Body, Content, Media},
        },
        record::MessageRow,
        text,
    },
};

/// What a message says, as it is shown, and what it has.
pub(super) struct Said {
    /// Its text; of a file, what is said about it.
    pub(super) text: String,
    /// What its file or folder is called.
    pub(super) name: String,
    pub(super) has: Vec<Has>,
}

/// What there is to find of a message with the acts on it; none of what is deleted, and of the program's own
/// lines.
pub(super) fn said(row: &MessageRow, acts: &[MessageRow]) -> Option<Said> {
    let content = Content::decode(&row.content).ok()?;
    let resolved = acts::resolve(row, acts);
    if resolved.deleted_by.is_some() {
        return None;
    }
    let mut has = Vec::new();
    let mut name = String::new();
    let first = match content.body {
        Body::Text(said) => {
            has.extend((!said.mentions.is_empty()).then_some(Has::Mention));
            has.extend(said.reply_to.map(|_| Has::Reply));
            said.text
        }
        Body::Attachment(file) => {
            has.push(Has::File);
            has.extend(kind(&file));
            name = harmless(&file.manifest.name);
            file.caption
        }
        _ => return None,
    };
    let text = resolved.edits.into_iter().next_back();
    let text = text.map_or(first, |edit| edit.text);
    let text = text::shown_text(&text);
    if has_link(&text) {
        has.push(Has::Link);
    }
    Some(Said { text, name, has })
}

/// What a file is, as its author says.
fn kind(file: &Attachment) -> Option<Has> {
    if file.folder.is_some() {
        return Some(Has::Folder);
    }
    match &file.media {
        Some(Media::Sound { .. }) => return Some(Has::Sound),
        Some(Media::Film { .. }) => return Some(Has::Film),
        None => {}
    }
    let (kind, _) = file.manifest.mime.split_once('/')?;
    let kinds = [
        ("image", Has::Picture),
        ("audio", Has::Sound),
        ("video", Has::Film),
    ];
    let known = kinds.into_iter();
    let mut known = known.filter(|(called, _)| kind.eq_ignore_ascii_case(called));
    known.next().map(|(_, has)| has)
}

/// Whether there is an address in a text.
fn has_link(text: &str) -> bool {
    let starts = ["https://", "http://", "www.", "betwixt:"];
    text.split_whitespace().any(|word| {
        let word = word.trim_start_matches(|char: char| !char.is_alphanumeric());
        starts.iter().any(|start| {
            let head = word.get(..start.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(start)) && word.len() > start.len()
        })
    })
}
