//! What can be done with a chat or a contact.

use egui::Ui;

use crate::{
    gui::{
        action::{Action, GroupAction},
        fonts::icon,
        model::{Model, nav::Dialog},
        strings::tr,
        view::View,
        widget::button,
    },
    node::{
        GroupRole, PersonId,
        view::{ChatInfo, ChatSummary, Member, Place, Role},
    },
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
    let is_open = chat.request.is_none() && view.model.place_in(id) == Place::Member;
    if is_open && button::menu_item(ui, icon::HOURGLASS, &tr("menu-disappear"), false).clicked() {
        view.act(Action::Show(Dialog::Disappear(id)));
    }
    ui.separator();
    match chat.person_id {
        Some(person) => of_person(ui, person, view),
        None => of_group(ui, chat, view),
    }
}

fn of_group(ui: &mut Ui, chat: &ChatSummary, view: &mut View<'_>) {
    let id = chat.chat_id;
    if button::menu_item(ui, icon::USERS, &tr("group-info"), false).clicked() {
        view.act(Action::InGroup(id, GroupAction::Open));
    }
    let is_member = view.model.place_in(id) == Place::Member && chat.request.is_none();
    if is_member && button::menu_item(ui, icon::SIGN_OUT, &tr("group-leave"), true).clicked() {
        view.act(Action::Show(Dialog::Leave(id)));
    }
    if button::menu_item(ui, icon::TRASH, &tr("group-delete"), true).clicked() {
        view.act(Action::Show(Dialog::DeleteChat(id)));
    }
}

/// What can be done with somebody in a group, if anything.
pub fn of_member(ui: &mut Ui, info: &ChatInfo, member: &Member, view: &mut View<'_>) {
    let (chat, person) = (info.chat_id, member.person_id);
    for (wanted, glyph, words, danger) in for_member(info, member, view.model) {
        if button::menu_item(ui, glyph, &tr(words), danger).clicked() {
            view.act(match wanted {
                Wanted::Talk => Action::Talk(person),
                Wanted::Verify => Action::OpenVerify(person),
                Wanted::Greet => Action::Greet(person),
                Wanted::Role(role) => Action::InGroup(chat, GroupAction::SetRole(person, role)),
                Wanted::Remove => Action::Show(Dialog::RemoveMember(chat, person)),
            });
        }
    }
}

/// Something that can be done with a member.
#[derive(Clone, Copy)]
pub enum Wanted {
    /// Opens the chat with them.
    Talk,
    /// Shows their safety number.
    Verify,
    /// Asks them to become a contact.
    Greet,
    /// Makes them an admin, or a plain member again.
    Role(GroupRole),
    /// Removes them.
    Remove,
}

/// Icon, words by their name, and whether it destroys, of everything that may be done.
pub fn for_member(
    info: &ChatInfo,
    member: &Member,
    model: &Model,
) -> Vec<(Wanted, &'static str, &'static str, bool)> {
    let person = member.person_id;
    let mut items = Vec::new();
    if model.me.person_id == Some(person) {
        return items;
    }
    let contact = model.contacts.get(&person);
    if contact.is_some_and(|contact| contact.request.is_none()) {
        items.push((Wanted::Talk, icon::CHAT_CIRCLE, "person-talk", false));
        items.push((Wanted::Verify, icon::SHIELD_CHECK, "menu-verify", false));
    } else if model
        .strangers()
        .iter()
        .any(|near| near.person_id == person)
    {
        items.push((Wanted::Greet, icon::USER_PLUS, "member-greet", false));
    }
    let rights = model.rights(info);
    if rights.role(member) {
        let (role, words) = match member.role {
            Role::Member => (GroupRole::Admin, "member-promote"),
            Role::Admin => (GroupRole::Member, "member-demote"),
        };
        items.push((Wanted::Role(role), icon::USER_GEAR, words, false));
    }
    if rights.remove(member) {
        items.push((Wanted::Remove, icon::USER_MINUS, "member-remove", true));
    }
    items
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
