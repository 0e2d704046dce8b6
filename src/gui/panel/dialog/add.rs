//! Paste somebody's invite.

use egui::{Ui, vec2};

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

/// A picture of a code instead of a link: one that is chosen, copied, or dropped here.
fn picture(ui: &mut Ui, view: &mut View<'_>) {
    if view.model.dialog.waiting {
        return;
    }
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 46.0));
    let (left, right) = rect.split_left_right_at_fraction(0.5);
    let left = left.with_max_x(left.max.x - 6.0);
    if button::pill(ui, left, &tr("add-chosen"), Pill::Plain).clicked() {
        view.act(Action::ChoosePicture);
    }
    let right = right.with_min_x(right.min.x + 6.0);
    if button::pill(ui, right, &tr("add-copied"), Pill::Plain).clicked() {
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
