//! Change my name.

use egui::Ui;

use super::{Fields, PLAIN, head, line};
use crate::gui::{
    action::Action,
    fonts::icon,
    strings::tr,
    view::View,
    widget::button::{self, Pill},
};

pub(super) fn show(ui: &mut Ui, fields: &mut Fields, view: &mut View<'_>) {
    head(
        ui,
        icon::PENCIL_SIMPLE,
        &tr("rename-title"),
        &tr("rename-sentence"),
        view,
    );
    let entered = line(ui, PLAIN, &tr("rename-name"), false, &mut fields.plain);
    let name = fields.plain.trim();
    let ready = !name.is_empty() && name != view.model.me.name;
    let kind = if ready { Pill::Primary } else { Pill::Disabled };
    let clicked = button::wide_pill(ui, &tr("rename-button"), kind).clicked();
    if ready && (clicked || entered) {
        let name = name.to_owned();
        view.act(Action::Rename(name));
    }
}
