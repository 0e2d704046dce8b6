//! Really?

use egui::{Ui, vec2};

use super::head;
use crate::{
    gui::{
        action::Action,
        fonts::icon,
        strings::{tr, tr_name},
        view::View,
        widget::button::{self, Pill},
    },
    node::PersonId,
};

pub(super) fn remove(ui: &mut Ui, person: PersonId, view: &mut View<'_>) {
    let name = view.model.face(person).map_or("", |face| face.name);
    let title = tr_name("remove-title", name);
    head(
        ui,
        icon::USER_MINUS,
        &title,
        &tr_name("remove-sentence", name),
        view,
    );
    if choose(ui, &tr("remove-button"), view) {
        view.act(Action::Remove(person));
    }
}

pub(super) fn block(ui: &mut Ui, person: PersonId, view: &mut View<'_>) {
    let name = view.model.face(person).map_or("", |face| face.name);
    let title = tr_name("block-title", name);
    head(
        ui,
        icon::PROHIBIT,
        &title,
        &tr_name("block-sentence", name),
        view,
    );
    if choose(ui, &tr("block-button"), view) {
        view.act(Action::Block(person));
    }
}

/// Says whether the person is sure.
fn choose(ui: &mut Ui, verb: &str, view: &mut View<'_>) -> bool {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 46.0));
    let (left, right) = rect.split_left_right_at_fraction(0.5);
    let cancel = left.with_max_x(left.max.x - 6.0);
    if button::pill(ui, cancel, &tr("dialog-cancel"), Pill::Plain).clicked() {
        view.act(Action::CloseDialog);
    }
    button::pill(ui, right.with_min_x(right.min.x + 6.0), verb, Pill::Danger).clicked()
}
