//! Paste somebody's invite.

use egui::Ui;

use super::{Fields, PLAIN, head, line, refusal};
use crate::gui::{
    action::Action,
    fonts::icon,
    scan::Source,
    strings::tr,
    view::View,
    widget::button::{self, Pill},
};

pub(super) fn show(ui: &mut Ui, fields: &mut Fields, view: &mut View<'_>) {
    head(
        ui,
        icon::USER_PLUS,
        &tr("add-title"),
        &tr("add-sentence"),
        view,
    );
    let entered = line(ui, PLAIN, &tr("add-link"), false, &mut fields.plain);
    picture(ui, view);
    refusal(ui, view.model.dialog.refused.as_deref());
    let link = fields.plain.trim();
    let ready = !link.is_empty() && !view.model.dialog.waiting;
    let kind = if ready { Pill::Primary } else { Pill::Disabled };
    let clicked = button::wide_pill(ui, &tr("add-button"), kind).clicked();
    if ready && (clicked || entered) {
        let link = link.to_owned();
        view.act(Action::Add { link });
    }
}

/// A picture of a code instead of a link: the one that was copied, or one that is dropped here.
fn picture(ui: &mut Ui, view: &mut View<'_>) {
    if view.model.dialog.waiting {
        return;
    }
    if button::wide_pill(ui, &tr("add-copied"), Pill::Plain).clicked() {
        view.act(Action::ReadPicture(Source::Clipboard));
    }
    let dropped = ui.input(|input| {
        let file = input.raw.dropped_files.first()?;
        Some(file.path().to_owned())
    });
    if let Some(path) = dropped {
        view.act(Action::ReadPicture(Source::File(path)));
    }
}
