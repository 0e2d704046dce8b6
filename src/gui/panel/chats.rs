//! The list of chats, with people nearby below them.

use egui::{
    Align2, Id, Key, Popup, PopupCloseBehavior, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2,
};

use super::{
    menu,
    row::{self, Row},
};
use crate::{
    gui::{
        action::Action,
        fonts::icon,
        model::{Model, is_incoming_request, nav::Place},
        strings::{Argument, tr, tr_count, tr_name, tr_with},
        theme,
        view::View,
        widget::{button, field::Field, tick::Tick},
    },
    node::view::{ChatSummary, Message, NearbyPerson},
};

/// The list of chats.
#[derive(Default)]
pub struct Chats {
    search: String,
}

/// The field in which one searches; Ctrl+K goes there.
pub const SEARCH: &str = "field search chats";

impl Chats {
    /// Draws the list.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
        ui.painter().rect_filled(rect, 0.0, view.tokens.list);
        let title = tr("chats-title");
        let new =
            Rect::from_center_size(pos2(rect.max.x - 34.0, rect.min.y + 36.0), vec2(40.0, 40.0));
        head(ui, rect, &title, view);
        if button::quiet_icon(ui, new, icon::NOTE_PENCIL, &tr("chats-new")).clicked() {
            view.act(Action::Go(Place::People));
        }
        let label = tr("chats-search-label");
        search(ui, rect, &label, Id::unique(SEARCH), &mut self.search);
        let list = below_search(rect);
        let mut ui = ui.new_child(UiBuilder::new().max_rect(list).id_salt("chats"));
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
        let requests = model.incoming();
        if !requests.is_empty() && wanted.is_empty() {
            let words = tr_count("chats-requests", requests.len() as u64);
            if row::strip(ui, icon::HAND_WAVING, &words).clicked() {
                view.act(Action::Go(Place::People));
            }
        }
        let mut shown = 0;
        for chat in model.chats.iter().filter(|chat| !is_incoming_request(chat)) {
            if chat.name.to_lowercase().contains(&wanted) {
                show_chat(ui, chat, view);
                shown += 1;
            }
        }
        if shown == 0 && !wanted.is_empty() {
            row::sentence(ui, &tr_name("chats-none-found", self.search.trim()));
        } else if shown == 0 && model.chats_known {
            row::sentence(ui, &tr("chats-none"));
        }
        let strangers = model.strangers();
        let near: Vec<_> = strangers
            .into_iter()
            .filter(|near| near.name.to_lowercase().contains(&wanted))
            .collect();
        if !near.is_empty() {
            row::heading(ui, &tr("people-nearby"));
            for near in near {
                show_stranger(ui, near, view);
            }
        }
    }
}

/// The title above a list.
pub fn head(ui: &Ui, rect: Rect, title: &str, view: &View<'_>) {
    let at = pos2(rect.min.x + 20.0, rect.min.y + 37.0);
    let font = theme::semibold(22.0);
    ui.painter()
        .text(at, Align2::LEFT_CENTER, title, font, view.tokens.text);
}

/// The field below the title.
pub fn search(ui: &mut Ui, rect: Rect, label: &str, id: Id, text: &mut String) {
    let place = Rect::from_min_max(
        pos2(rect.min.x + 16.0, rect.min.y + 66.0),
        pos2(rect.max.x - 16.0, rect.min.y + 104.0),
    );
    let field = Field {
        label,
        hint: &tr("search-hint"),
        icon: Some(icon::MAGNIFYING_GLASS),
        secret: false,
        limit: 100,
    };
    let (response, _) = field.show(ui, place, id, text);
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
        text.clear();
    }
}

/// Where the rows of a list are.
pub fn below_search(rect: Rect) -> Rect {
    Rect::from_min_max(pos2(rect.min.x, rect.min.y + 114.0), rect.max)
}

fn show_chat(ui: &mut Ui, chat: &ChatSummary, view: &mut View<'_>) {
    let model = view.model;
    let face = model.chat_face(chat);
    let typing = typing_line(model, chat);
    let line = typing
        .clone()
        .unwrap_or_else(|| chat.last.as_ref().map_or_else(String::new, snippet));
    let mine = chat
        .last
        .as_ref()
        .filter(|last| last.outgoing && typing.is_none());
    let time = chat
        .last
        .as_ref()
        .map(|last| view.calendar.short(last.sent_at, view.now));
    let time = time.unwrap_or_default();
    let verified = chat
        .person_id
        .is_some_and(|person| model.is_verified(person));
    let selected = model.nav.chat() == Some(chat.chat_id);
    let tick = mine.map(|last| Tick::from(last.state));
    let row = Row {
        face,
        online: chat.person_id.is_some_and(|person| model.is_online(person)),
        verified,
        muted: chat.muted,
        pinned: chat.pinned,
        line: &line,
        lively: typing.is_some(),
        tick,
        time: &time,
        unread: chat.unread,
        selected,
        label: &label(chat, &line, &time, tick, verified),
    };
    let response = row.show(ui, Id::unique(("chat", chat.chat_id)));
    if response.clicked() {
        view.act(Action::OpenChat(chat.chat_id));
    }
    Popup::context_menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| menu::of_chat(ui, chat, view));
}

/// The row in words: everything that is painted.
fn label(chat: &ChatSummary, line: &str, time: &str, tick: Option<Tick>, verified: bool) -> String {
    let mut parts = vec![chat.name.clone()];
    if verified {
        parts.push(tr("mark-verified"));
    }
    if chat.muted {
        parts.push(tr("mark-muted"));
    }
    if chat.pinned {
        parts.push(tr("mark-pinned"));
    }
    parts.push(line.to_owned());
    parts.extend(tick.map(Tick::words));
    parts.push(time.to_owned());
    if chat.unread > 0 {
        parts.push(tr_count("chats-unread", chat.unread.into()));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// `typing…` or `Maya is typing…`
pub fn typing_line(model: &Model, chat: &ChatSummary) -> Option<String> {
    let who = model.typing.people(chat.chat_id).next()?;
    if chat.person_id.is_some() {
        return Some(tr("typing"));
    }
    let name = model.face(who).map_or("", |face| face.name);
    Some(tr_name("typing-named", name))
}

/// A message in one line.
fn snippet(message: &Message) -> String {
    if message.deleted {
        tr("message-deleted")
    } else if message.text.is_empty() {
        tr("message-newer")
    } else {
        message.text.clone()
    }
}

/// Somebody on this network who is not a contact.
pub fn show_stranger(ui: &mut Ui, near: &NearbyPerson, view: &mut View<'_>) {
    let line = tr("people-nearby-line");
    let arguments = [("name", Argument::Text(&near.name))];
    let row = Row {
        face: crate::gui::model::of_nearby(near),
        online: true,
        verified: false,
        muted: false,
        pinned: false,
        line: &line,
        lively: false,
        tick: None,
        time: "",
        unread: 0,
        selected: view.model.nav.pane() == crate::gui::model::nav::Pane::Person(near.person_id),
        label: &tr_with("people-nearby-label", &arguments),
    };
    if row.show(ui, Id::unique(("near", near.person_id))).clicked() {
        view.act(Action::OpenPerson(near.person_id));
    }
}
