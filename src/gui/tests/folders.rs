//! Folders: in messages, looked into, and to be sent.

use egui::{Key, Modifiers};

use super::{
    bed::{CHAT, MadeUp, Window},
    made_up::DOWNLOADS,
};
use crate::{
    gui::sample::{id, incoming, with_file},
    node::view::{FileCommand, FileState, FolderContents, FolderEntry, FolderInfo, Message},
};

fn with(message: Message) -> MadeUp {
    let mut node = MadeUp::default();
    node.chats[0].last = Some(message.clone());
    node.messages.insert(CHAT, vec![message]);
    node
}

/// A folder of two files, as it is offered.
fn trip(state: FileState) -> Message {
    let mut message = with_file(incoming(CHAT, 1000, ""), "Trip", 12_600_000, state);
    let file = message.file.as_mut().unwrap();
    file.extension.clear();
    file.folder = Some(FolderInfo { files: 2 });
    message
}

#[test]
fn a_folder_says_how_many_files_are_in_it_and_shows_them() {
    let mut window = Window::with_chat(with(trip(FileState::Offered)));
    assert!(window.has_part("Folder Trip, 2 files · 13 MB"));

    let entry = |path: &str, size| FolderEntry {
        path: path.into(),
        size,
    };
    window.node.inside = Some(FolderContents {
        count: 7,
        entries: vec![
            entry("deep", None),
            entry("deep/film.mkv", Some(12_599_995)),
            entry("read me.txt", Some(5)),
        ],
    });
    window.click("Show files Trip");

    assert!(window.has_part("What is in Trip"));
    assert!(window.has("Folder deep"));
    assert!(window.has("deep/film.mkv, 13 MB"));
    assert!(window.has_part("4 more"));
    window.press(Modifiers::NONE, Key::Escape);
    window.click("Download Trip");
    let (message_id, path) = (id(1000), None);
    let fetch = FileCommand::Fetch { message_id, path };
    assert_eq!(window.node.file_commands, [fetch]);
}

#[test]
fn a_folder_whose_list_is_not_here_says_so() {
    let mut window = Window::with_chat(with(trip(FileState::Offered)));

    window.click("Show files Trip");

    assert!(window.has("There is no such message."));
}

#[test]
fn a_folder_that_one_walked_to_is_sent_as_one_item() {
    let mut window = Window::with_chat(MadeUp::default());

    window.press(Modifiers::COMMAND, Key::O);
    window.click("Open photos");
    window.click("Send this folder with all that is in it");
    assert!(window.has("photos, 3 files · 2.4 MB"));
    assert!(window.has_part("pictures in it may say where they were taken"));
    window.click("Send file");

    let Some(FileCommand::Send { path, .. }) = window.node.file_commands.last() else {
        panic!("nothing is sent");
    };
    assert_eq!(*path, format!("{DOWNLOADS}/photos"));
}
