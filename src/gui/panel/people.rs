//! The list of people: requests, people nearby, contacts.

use egui::{Id, Popup, PopupCloseBehavior, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::{
    chats::{below_search, head, search, show_stranger},
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
        widget::button,
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
        ui.painter().rect_filled(rect, 0.0, view.tokens.list);
        head(ui, rect, &tr("people-title"), view);
        let middle = rect.min.y + 36.0;
        let at = |from_right: f32| {
            Rect::from_center_size(pos2(rect.max.x - from_right, middle), vec2(40.0, 40.0))
        };
        if button::quiet_icon(ui, at(78.0), icon::QR_CODE, &tr("people-invite")).clicked() {
            view.act(Action::Show(Dialog::Invite));
        }
        if button::quiet_icon(ui, at(34.0), icon::USER_PLUS, &tr("people-add")).clicked() {
            view.act(Action::Show(Dialog::Add));
        }
        let label = tr("people-search-label");
        search(ui, rect, &label, Id::unique(SEARCH), &mut self.search);
        let list = below_search(rect);
        let mut ui = ui.new_child(UiBuilder::new().max_rect(list).id_salt("people"));
        ui.set_clip_rect(list.intersect(ui.clip_rect()));
        ScrollArea::vertical()
            .auto_shrink(false)
            .show(&mut ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(0.0, 2.0);
                self.rows(ui, view);
            });
    }

    fn rows(&self, ui: &mut Ui, view: &mut View<'_>) {
        let model = view.model;
        let wanted = self.search.trim().to_lowercase();
        let matches = |name: &str| name.to_lowercase().contains(&wanted);

        let requests = model.incoming();
        if requests.iter().any(|contact| matches(&contact.name)) {
            row::heading(ui, &tr("people-requests"));
        }
        for contact in requests
            .into_iter()
            .filter(|contact| matches(&contact.name))
        {
            show_contact(ui, contact, view);
        }

        row::heading(ui, &tr("people-nearby"));
        let near = model.strangers();
        if !model.settings.nearby {
            row::sentence(ui, &tr("people-nearby-off"));
        } else if near.is_empty() {
            row::sentence(ui, &tr("people-nearby-none"));
        }
        for near in near.into_iter().filter(|near| matches(&near.name)) {
            show_stranger(ui, near, view);
        }

        row::heading(ui, &tr("people-contacts"));
        let known = model.known();
        if known.is_empty() {
            row::sentence(ui, &tr("people-contacts-none"));
        }
        for contact in known.into_iter().filter(|contact| matches(&contact.name)) {
            show_contact(ui, contact, view);
        }
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
    let row = Row {
        face: of_contact(contact),
        online: contact.online,
        verified: contact.verified,
        muted: false,
        pinned: false,
        line: &line,
        lively: contact.request == Some(RequestState::Incoming),
        tick: None,
        time: "",
        unread: 0,
        selected,
        label: &format!("{}{verified}, {line}", contact.name),
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
