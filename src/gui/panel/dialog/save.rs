//! Saving the file of a message: where. Nothing is replaced, and nothing is opened.

use egui::Ui;

use super::{Fields, PLAIN, head, line, refusal};
use crate::{
    gui::{
        action::{Action, FileAction},
        disk::Folder,
        fonts::icon,
        model::Referred,
        strings::{tr, tr_name},
        view::View,
        widget::button::{self, Pill},
    },
    node::MessageId,
};

pub(super) fn show(ui: &mut Ui, fields: &mut Fields, id: MessageId, view: &mut View<'_>) {
    let file = match view.model.referred(id) {
        Referred::Here(message) => message.file.as_ref(),
        Referred::Unknown | Referred::Asked | Referred::Nowhere => None,
    };
    let Some(file) = file else {
        let words = tr("quote-nowhere");
        return head(ui, icon::FLOPPY_DISK, &tr("save-title"), &words, view);
    };
    if let Some(folder) = view.model.files.folder.as_ref()
        && fields.folder.is_none()
    {
        fields.plain = suggestion(folder, &file.name);
        fields.folder = Some(folder.path.clone());
    }
    let sentence = if file.extension.is_empty() {
        tr("save-sentence-bare")
    } else {
        tr_name("save-sentence", &file.extension)
    };
    head(ui, icon::FLOPPY_DISK, &tr("save-title"), &sentence, view);
    if let Some(path) = place(ui, fields, view) {
        let message = id;
        view.act(Action::File(FileAction::Save { message, path }));
    }
}

/// The field for a place, and the button that saves. Returns the place once it is to be saved there.
pub(super) fn place(ui: &mut Ui, fields: &mut Fields, view: &View<'_>) -> Option<String> {
    let entered = line(ui, PLAIN, &tr("save-place"), false, &mut fields.plain);
    refusal(ui, view.model.dialog.refused.as_deref());
    let path = fields.plain.trim();
    let ready = !path.is_empty() && !view.model.dialog.waiting;
    let kind = if ready { Pill::Primary } else { Pill::Disabled };
    let clicked = button::wide_pill(ui, &tr("save-button"), kind).clicked();
    (ready && (clicked || entered)).then(|| path.to_owned())
}

/// A place that is free, as far as can be seen.
pub(super) fn suggestion(folder: &Folder, name: &str) -> String {
    let taken = |name: &str| folder.rows.iter().any(|row| row.name == name);
    let (stem, end) = match name.rfind('.').filter(|at| *at > 0) {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let numbered = (2..1000).map(|n| format!("{stem} ({n}){end}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let free = names.find(|name| !taken(name));
    let free = free.unwrap_or_else(|| name.to_owned());
    folder.path.join(free).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::disk::Row;

    #[test]
    fn what_is_suggested_is_not_taken() {
        let row = |name: &str| Row {
            name: name.into(),
            size: Some(1),
        };
        let folder = Folder {
            path: "/home/elin".into(),
            rows: vec![row("a.tar.gz"), row("a.tar (2).gz"), row("b")],
        };

        for (name, place) in [
            ("c.txt", "/home/elin/c.txt"),
            ("a.tar.gz", "/home/elin/a.tar (3).gz"),
            ("b", "/home/elin/b (2)"),
        ] {
            assert_eq!(suggestion(&folder, name), place);
        }
    }
}
