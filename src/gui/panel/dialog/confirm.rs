//! Really?

use egui::{Ui, vec2};

use super::head;
use crate::{
    gui::{
        action::{Action, GroupAction, MessageAction},
        fonts::icon,
        strings::{Argument, tr, tr_name, tr_with},
        view::View,
        widget::button::{self, Pill},
    },
    node::{ChatId, DeleteFor, MessageId, PersonId, view::Place},
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

pub(super) fn delete(ui: &mut Ui, message: MessageId, mine: bool, view: &mut View<'_>) {
    let chat = view.model.nav.chat();
    let sentence = match (mine, chat.is_some_and(|chat| view.model.is_group(chat))) {
        (false, _) => "delete-sentence",
        (true, false) => "delete-sentence-mine",
        (true, true) => "delete-sentence-mine-group",
    };
    head(ui, icon::TRASH, &tr("delete-title"), &tr(sentence), view);
    let row = |ui: &mut Ui, words: &str, from: DeleteFor, view: &mut View<'_>| {
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 46.0));
        if button::pill(ui, rect, words, Pill::Danger).clicked() {
            view.act(Action::On(message, MessageAction::Delete(from)));
        }
    };
    if mine {
        row(ui, &tr("delete-all"), DeleteFor::All, view);
    }
    row(ui, &tr("delete-me"), DeleteFor::Me, view);
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 46.0));
    if button::pill(ui, rect, &tr("dialog-cancel"), Pill::Plain).clicked() {
        view.act(Action::CloseDialog);
    }
}

/// After how many seconds messages may disappear, with the words for it.
const TIMES: [(u32, &str); 6] = [
    (0, "disappear-never"),
    (60, "disappear-minute"),
    (60 * 60, "disappear-hour"),
    (24 * 60 * 60, "disappear-day"),
    (7 * 24 * 60 * 60, "disappear-week"),
    (28 * 24 * 60 * 60, "disappear-month"),
];

pub(super) fn disappear(ui: &mut Ui, chat: ChatId, view: &mut View<'_>) {
    let now = view.model.chat(chat).map_or(0, |row| row.disappear_after_s);
    let sentence = if view.model.is_group(chat) {
        "disappear-sentence-group"
    } else {
        "disappear-sentence"
    };
    let (title, sentence) = (tr("disappear-title"), tr(sentence));
    head(ui, icon::HOURGLASS, &title, &sentence, view);
    for (seconds, words) in TIMES {
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 40.0));
        let look = if seconds == now {
            Pill::Primary
        } else {
            Pill::Plain
        };
        if button::pill(ui, rect, &tr(words), look).clicked() {
            view.act(Action::Disappear(chat, seconds));
        }
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

pub(super) fn delete_chat(ui: &mut Ui, chat: ChatId, view: &mut View<'_>) {
    let name = view.model.chat(chat).map_or("", |row| &row.name);
    let title = tr_name("delete-chat-title", name);
    let gone = view.model.place_in(chat) == Place::Gone;
    let sentence = tr(if gone {
        "delete-chat-sentence-gone"
    } else {
        "delete-chat-sentence"
    });
    head(ui, icon::TRASH, &title, &sentence, view);
    if choose(ui, &tr("delete-chat-button"), view) {
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
