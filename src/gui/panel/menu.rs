//! What can be done with a chat or a contact.

use egui::Ui;

use crate::{
    gui::{
        action::Action, fonts::icon, model::nav::Dialog, strings::tr, view::View, widget::button,
    },
    node::{PersonId, view::ChatSummary},
};

/// What can be done with a chat.
pub fn of_chat(ui: &mut Ui, chat: &ChatSummary, view: &mut View<'_>) {
    let id = chat.chat_id;
    let (glyph, words) = if chat.pinned {
        (icon::PUSH_PIN_SLASH, "menu-unpin")
    } else {
        (icon::PUSH_PIN, "menu-pin")
    };
    if button::menu_item(ui, glyph, &tr(words), false).clicked() {
        view.act(Action::Pin(id, !chat.pinned));
    }
    let (glyph, words) = if chat.muted {
        (icon::BELL, "menu-unmute")
    } else {
        (icon::BELL_SLASH, "menu-mute")
    };
    if button::menu_item(ui, glyph, &tr(words), false).clicked() {
        view.act(Action::Mute(id, !chat.muted));
    }
    if chat.request.is_none()
        && button::menu_item(ui, icon::HOURGLASS, &tr("menu-disappear"), false).clicked()
    {
        view.act(Action::Show(Dialog::Disappear(id)));
    }
    if let Some(person) = chat.person_id {
        ui.separator();
        of_person(ui, person, view);
    }
}

/// What can be done with somebody.
pub fn of_person(ui: &mut Ui, person: PersonId, view: &mut View<'_>) {
    let Some(contact) = view.model.contacts.get(&person) else {
        return;
    };
    let is_contact = contact.request.is_none();
    if is_contact && button::menu_item(ui, icon::SHIELD_CHECK, &tr("menu-verify"), false).clicked()
    {
        view.act(Action::OpenVerify(person));
    }
    if button::menu_item(ui, icon::USER_MINUS, &tr("menu-remove"), false).clicked() {
        view.act(Action::Show(Dialog::Remove(person)));
    }
    if contact.blocked {
        if button::menu_item(ui, icon::PROHIBIT, &tr("menu-unblock"), false).clicked() {
            view.act(Action::Unblock(person));
        }
    } else if button::menu_item(ui, icon::PROHIBIT, &tr("menu-block"), true).clicked() {
        view.act(Action::Show(Dialog::Block(person)));
    }
}
