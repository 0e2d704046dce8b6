//! The list of people: requests, people nearby, contacts.

use egui::{Id, Popup, PopupCloseBehavior, Rect, Ui};

use super::{
    list::{self, List},
    menu,
    row::{self, Row},
};
use crate::{
    gui::{
        action::Action,
        fonts::icon,
        model::{
            nav::{Dialog, Pane},
            of_contact,
        },
        strings::{tr, tr_name},
        view::View,
    },
    node::view::{Contact, RequestState},
};

/// The list of people.
#[derive(Default)]
pub struct People {
    search: String,
}

/// The field in which one searches.
pub const SEARCH: &str = "field search people";

impl People {
    /// Draws the list.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
        let list = List {
            title: &tr("people-title"),
            label: &tr("people-search-label"),
            search: SEARCH,
            buttons: &[
                (icon::QR_CODE, "people-invite", Action::Show(Dialog::Invite)),
                (icon::USER_PLUS, "people-add", Action::Show(Dialog::Add)),
            ],
            menu: None,
        };
        list.show(ui, rect, &mut self.search, view, rows);
    }
}

fn rows(ui: &mut Ui, wanted: &str, view: &mut View<'_>) {
    let model = view.model;
    let mut requests = model.incoming();
    requests.retain(|contact| list::fits(&contact.name, wanted));
    if !requests.is_empty() {
        row::heading(ui, &tr("people-requests"));
    }
    for contact in requests {
        show_contact(ui, contact, view);
    }

    row::heading(ui, &tr("people-nearby"));
    let mut near = model.strangers();
    if !model.settings.nearby {
        row::sentence(ui, &tr("people-nearby-off"));
    } else if near.is_empty() {
        row::sentence(ui, &tr("people-nearby-none"));
    }
    near.retain(|near| list::fits(&near.name, wanted));
    for near in near {
        list::show_stranger(ui, near, view);
    }

    row::heading(ui, &tr("people-contacts"));
    let mut known = model.known();
    if known.is_empty() {
        row::sentence(ui, &tr("people-contacts-none"));
    }
    known.retain(|contact| list::fits(&contact.name, wanted));
    for contact in known {
        show_contact(ui, contact, view);
    }
}

fn show_contact(ui: &mut Ui, contact: &Contact, view: &mut View<'_>) {
    let line = match contact.request {
        Some(RequestState::Incoming) => tr("people-asks"),
        Some(RequestState::Outgoing) => tr("people-asked"),
        None if contact.online => tr("seen-now"),
        None => contact.last_seen.map_or_else(
            || tr("seen-never"),
            |at| view.calendar.last_seen(at, view.now),
        ),
    };
    let person = contact.person_id;
    let chat = view.model.chat_with(person);
    let open = view.model.nav.pane();
    let selected =
        open == Pane::Person(person) || chat.is_some_and(|chat| open == Pane::Chat(chat));
    let verified = if contact.verified {
        format!(", {}", tr("mark-verified"))
    } else {
        String::new()
    };
    let label = format!("{}{verified}, {line}", contact.name);
    let row = Row {
        online: contact.online,
        verified: contact.verified,
        lively: contact.request == Some(RequestState::Incoming),
        selected,
        ..Row::new(of_contact(contact), &line, &label)
    };
    let response = row.show(ui, Id::unique(("contact", person)));
    if response.clicked() {
        view.act(Action::Talk(person));
    }
    let name = tr_name("menu-label", &contact.name);
    Popup::context_menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .accessible_name(name)
        .show(|ui| menu::of_person(ui, person, view));
}
