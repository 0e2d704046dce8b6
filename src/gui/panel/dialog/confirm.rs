//! Really?

use egui::{Ui, vec2};

use super::head;
use crate::{
    gui::{
        action::{Action, GroupAction},
        fonts::icon,
        strings::{Argument, tr, tr_name, tr_with},
        view::View,
        widget::button::{self, Pill},
    },
    node::{ChatId, PersonId, view::Place},
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

pub(super) fn remove_member(ui: &mut Ui, chat: ChatId, person: PersonId, view: &mut View<'_>) {
    let name = view.model.name_of(person);
    let group = view.model.chat(chat).map_or("", |row| &row.name);
    let arguments = [
        ("name", Argument::Text(&name)),
        ("group", Argument::Text(group)),
    ];
    let title = tr_with("remove-member-title", &arguments);
    let sentence = tr_name("remove-member-sentence", &name);
    head(ui, icon::USER_MINUS, &title, &sentence, view);
    if choose(ui, &tr("remove-button"), view) {
        view.act(Action::InGroup(chat, GroupAction::Remove(person)));
    }
}

pub(super) fn leave(ui: &mut Ui, chat: ChatId, view: &mut View<'_>) {
    let name = view.model.chat(chat).map_or("", |row| &row.name);
    let title = tr_name("leave-title", name);
    head(ui, icon::SIGN_OUT, &title, &tr("leave-sentence"), view);
    if choose(ui, &tr("leave-button"), view) {
        view.act(Action::InGroup(chat, GroupAction::Leave));
    }
}

pub(super) fn delete(ui: &mut Ui, chat: ChatId, view: &mut View<'_>) {
    let name = view.model.chat(chat).map_or("", |row| &row.name);
    let title = tr_name("delete-title", name);
    let gone = view.model.place_in(chat) == Place::Gone;
    let sentence = tr(if gone {
        "delete-sentence-gone"
    } else {
        "delete-sentence"
    });
    head(ui, icon::TRASH, &title, &sentence, view);
    if choose(ui, &tr("delete-button"), view) {
        view.act(Action::InGroup(chat, GroupAction::Delete));
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
