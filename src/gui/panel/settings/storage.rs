//! What files take on this device, and which are the largest.

use egui::Ui;

use super::group::Group;
use crate::{
    gui::{
        action::{Action, FileAction, MessageAction},
        measure,
        model::{Referred, nav::Dialog},
        strings::{Argument, tr, tr_count, tr_with},
        view::View,
    },
    node::view::{FileState, StoredFile},
};

/// Draws it.
pub(super) fn show(ui: &mut Ui, view: &mut View<'_>) {
    let Some(storage) = &view.model.files.storage else {
        return;
    };
    let mut group = Group::new(ui, &tr("settings-storage"));
    let (used, quota) = (measure::size(storage.used), measure::size(storage.quota));
    let both = [
        ("used", Argument::Text(&used)),
        ("quota", Argument::Text(&quota)),
    ];
    group.value(
        &tr("settings-files"),
        &tr_with("settings-files-used", &both),
    );
    for file in storage.files.iter().take(SHOWN) {
        show_file(&mut group, file, view);
    }
    let more = storage.files.len().saturating_sub(SHOWN);
    if more > 0 {
        let words = tr_count("settings-files-count", more as u64);
        group.value(&tr("settings-files-more"), &words);
    }
    group.end();
}

fn show_file(group: &mut Group<'_>, stored: &StoredFile, view: &mut View<'_>) {
    let id = stored.message_id;
    let model = view.model;
    let (name, mine) = match model.referred(id) {
        Referred::Here(message) => {
            let name = message.file.as_ref().map(|file| file.name.clone());
            (name, message.outgoing && !message.deleted)
        }
        Referred::Unknown => {
            view.act(Action::On(id, MessageAction::Find));
            (None, false)
        }
        Referred::Asked | Referred::Nowhere => (None, false),
    };
    let name = name.unwrap_or_else(|| tr("file-kind-file"));
    let chat = model.chat(stored.chat_id).map_or("", |chat| &chat.name);
    let size = measure::size(stored.size);
    let whole = stored.state == FileState::Here;
    let both = [
        ("size", Argument::Text(&size)),
        ("chat", Argument::Text(chat)),
    ];
    let (hint, verb) = if whole {
        ("settings-file-here", "menu-delete")
    } else {
        ("settings-file-partly", "file-cancel")
    };
    if !group.button(&name, &tr_with(hint, &both), &tr(verb)) {
        return;
    }
    view.act(if whole {
        // It goes with its message.
        Action::Show(Dialog::Delete { message: id, mine })
    } else {
        Action::File(FileAction::Cancel(stored.file_id))
    });
}

/// Files that are listed.
const SHOWN: usize = 12;
