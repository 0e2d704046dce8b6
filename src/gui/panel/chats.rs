//! The list of chats, with people nearby below them.

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
        model::{Model, is_incoming_request, nav::Place},
        strings::{tr, tr_count, tr_name},
        view::View,
        widget::tick::Tick,
    },
    node::view::{ChatSummary, Message},
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
        let list = List {
            title: &tr("chats-title"),
            label: &tr("chats-search-label"),
            search: SEARCH,
            buttons: &[(icon::NOTE_PENCIL, "chats-new", Action::Go(Place::People))],
        };
        list.show(ui, rect, &mut self.search, view, rows);
    }
}

fn rows(ui: &mut Ui, wanted: &str, view: &mut View<'_>) {
    let model = view.model;
    let requests = model.incoming();
    if !requests.is_empty() && wanted.is_empty() {
        let words = tr_count("chats-requests", requests.len() as u64);
        if row::strip(ui, icon::HAND_WAVING, &words).clicked() {
            view.act(Action::Go(Place::People));
        }
    }
    let mut shown = 0;
    for chat in model.chats.iter().filter(|chat| !is_incoming_request(chat)) {
        if list::fits(&chat.name, wanted) {
            show_chat(ui, chat, view);
            shown += 1;
        }
    }
    if shown == 0 && !wanted.is_empty() {
        row::sentence(ui, &tr_name("chats-none-found", wanted));
    } else if shown == 0 && model.chats_known {
        row::sentence(ui, &tr("chats-none"));
    }
    let mut near = model.strangers();
    near.retain(|near| list::fits(&near.name, wanted));
    if !near.is_empty() {
        row::heading(ui, &tr("people-nearby"));
        for near in near {
            list::show_stranger(ui, near, view);
        }
    }
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
    let label = label(chat, &line, &time, tick, verified);
    let row = Row {
        online: chat.person_id.is_some_and(|person| model.is_online(person)),
        verified,
        muted: chat.muted,
        pinned: chat.pinned,
        lively: typing.is_some(),
        tick,
        time: &time,
        unread: chat.unread,
        selected,
        ..Row::new(face, &line, &label)
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
