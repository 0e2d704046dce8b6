//! The list of chats, with people nearby below them.

use egui::{Id, Popup, PopupCloseBehavior, Rect, Ui, UiBuilder, WidgetInfo, accesskit::Role, vec2};

use super::{
    found,
    list::{self, List, Menu},
    menu,
    row::{self, Row},
    snippet,
};
use crate::{
    gui::{
        action::{Action, FindAction, GroupAction},
        fonts::icon,
        measure,
        model::{
            Model,
            files::Moving,
            is_incoming_request,
            nav::{Dialog, Pane, Place as Room},
        },
        strings::{Argument, tr, tr_count, tr_name, tr_with},
        view::View,
        widget::{
            button::{self, Pill},
            tick::Tick,
        },
    },
    node::{
        ChatId,
        view::{ChatKind, ChatSummary, Message, MessageKind, Place},
    },
};

/// The list of chats.
#[derive(Default)]
pub struct Chats {
    search: String,
    /// What of it was told.
    told: String,
}

/// The field in which one searches; Ctrl+K goes there.
pub const SEARCH: &str = "field search chats";

impl Chats {
    /// Draws the list. `unsent` is what was written in a chat and not yet sent.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, unsent: Unsent<'_>, view: &mut View<'_>) {
        let list = List {
            title: &tr("chats-title"),
            label: &tr("chats-search-label"),
            search: SEARCH,
            buttons: &[],
            menu: Some(Menu {
                glyph: icon::NOTE_PENCIL,
                label: "chats-add",
                items: &[
                    (icon::CHAT_CIRCLE, "chats-new", Action::Go(Room::People)),
                    (
                        icon::USERS,
                        "chats-new-group",
                        Action::Show(Dialog::NewGroup),
                    ),
                ],
            }),
        };
        // It may be forgotten, or be said elsewhere.
        if self.told != view.model.found.text {
            self.told.clone_from(&view.model.found.text);
            self.search.clone_from(&self.told);
        }
        let rows = |ui: &mut Ui, wanted: &str, view: &mut View<'_>| {
            rows(ui, wanted, unsent, view);
        };
        list.show(ui, rect, &mut self.search, view, rows);
        if self.told != self.search {
            self.told.clone_from(&self.search);
            view.act(Action::Find(FindAction::All(self.told.clone())));
        }
    }
}

/// What was written in a chat and not yet sent.
type Unsent<'a> = &'a dyn Fn(ChatId) -> Option<&'a str>;

fn rows(ui: &mut Ui, wanted: &str, unsent: Unsent<'_>, view: &mut View<'_>) {
    let model = view.model;
    let requests = model.incoming();
    if !requests.is_empty() && wanted.is_empty() {
        let words = tr_count("chats-requests", requests.len() as u64);
        if row::strip(ui, icon::HAND_WAVING, &words).clicked() {
            view.act(Action::Go(Room::People));
        }
    }
    let mut shown = 0;
    for chat in model.chats.iter().filter(|chat| is_invitation(chat)) {
        if list::fits(&chat.name, wanted) {
            show_invitation(ui, chat, view);
            shown += 1;
        }
    }
    for chat in model.chats.iter().filter(|chat| !is_incoming_request(chat)) {
        if list::fits(&chat.name, wanted) && !model.is_declined(chat) {
            show_chat(ui, chat, unsent(chat.chat_id), view);
            shown += 1;
        }
    }
    let mut near = model.strangers();
    if shown == 0 && !wanted.is_empty() {
        row::sentence(ui, &tr_name("chats-none-found", wanted));
    } else if shown == 0 && model.chats_known && near.is_empty() {
        row::sentence(ui, &tr("chats-none-near"));
    } else if shown == 0 && model.chats_known {
        row::sentence(ui, &tr("chats-none"));
    }
    near.retain(|near| list::fits(&near.name, wanted));
    if !near.is_empty() {
        row::heading(ui, &tr("people-nearby"));
        for near in near {
            list::show_stranger(ui, near, view);
        }
    }
    if !wanted.is_empty() {
        found::show(ui, view);
    }
}

fn show_chat(ui: &mut Ui, chat: &ChatSummary, unsent: Option<&str>, view: &mut View<'_>) {
    let model = view.model;
    let face = model.chat_face(chat);
    let typing = typing_line(model, chat);
    let gone = model.place_in(chat.chat_id) == Place::Gone;
    let moving = model.files.moving(chat.chat_id);
    let selected = match model.nav.pane() {
        Pane::Chat(open) | Pane::Group(open) => open == chat.chat_id,
        Pane::Empty | Pane::Person(_) | Pane::Verify(_) | Pane::Settings => false,
    };
    let is_quiet = typing.is_none() && moving.is_none() && !gone;
    // Of the open chat it stands in the field.
    let draft = unsent.filter(|_| is_quiet && !selected).map(draft);
    let marked = draft.as_deref().unwrap_or_default();
    let line = match (&typing, moving) {
        (Some(typing), _) => typing.clone(),
        (None, Some(moving)) => moving_line(moving),
        (None, None) if gone => tr("group-gone"),
        (None, None) if !marked.is_empty() => {
            marked.iter().map(|(part, _)| part.as_str()).collect()
        }
        (None, None) => chat.last.as_ref().map_or_else(
            || members(model, chat),
            |last| snippet(model, chat.kind, last),
        ),
    };
    let mine = chat.last.as_ref().filter(|last| {
        let is_said = last.outgoing && last.kind != MessageKind::System;
        is_said && is_quiet && draft.is_none()
    });
    let time = chat
        .last
        .as_ref()
        .map(|last| view.calendar.short(last.sent_at, view.now));
    let time = time.unwrap_or_default();
    let verified = chat
        .person_id
        .is_some_and(|person| model.is_verified(person));
    let tick = mine.map(|last| Tick::from(last.state));
    let mut label = label(chat, &line, &time, tick, verified);
    if chat.unread > 0 && model.named.contains(&chat.chat_id) {
        label = format!("{label}, {}", tr("chats-named"));
    }
    let row = Row {
        online: chat.person_id.is_some_and(|person| model.is_online(person)),
        verified,
        muted: chat.muted,
        pinned: chat.pinned,
        lively: typing.is_some() || moving.is_some(),
        share: moving.map(|moving| measure::share(moving.have, moving.size)),
        marked,
        tick,
        time: &time,
        unread: chat.unread,
        named: chat.unread > 0 && model.named.contains(&chat.chat_id),
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

/// That something was written and not sent, and its beginning.
fn draft(unsent: &str) -> Vec<(String, bool)> {
    let one_line = |c: char| if c.is_whitespace() { ' ' } else { c };
    let beginning = unsent.chars().take(100).map(one_line).collect();
    vec![
        (format!("{} ", tr("chats-draft")), true),
        (beginning, false),
    ]
}

/// How far a file has come, how fast, and how long that takes.
fn moving_line(moving: Moving) -> String {
    let Moving { have, size, rate } = moving;
    let percent = measure::percent(have, size).to_string();
    let both = [
        ("percent", Argument::Text(&percent)),
        ("size", Argument::Text(&measure::size(size))),
    ];
    let line = tr_with("file-percent", &both);
    if rate == 0 {
        return line;
    }
    let left = measure::left(size.saturating_sub(have), rate);
    format!("{line} · {} · {left}", measure::rate(rate))
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

/// `typing…`, or in a group who is.
pub fn typing_line(model: &Model, chat: &ChatSummary) -> Option<String> {
    let mut people = model.typing.people(chat.chat_id);
    let first = people.next()?;
    if chat.person_id.is_some() {
        return Some(tr("typing"));
    }
    let first = model.name_of(first);
    Some(match (people.next(), people.count()) {
        (None, _) => tr_name("typing-named", &first),
        (Some(second), 0) => {
            let second = model.name_of(second);
            let both = [
                ("name", Argument::Text(&first)),
                ("other", Argument::Text(&second)),
            ];
            tr_with("typing-both", &both)
        }
        (Some(_), more) => tr_count("typing-many", more as u64 + 2),
    })
}

/// Of a chat in which nothing was said: that, or how many are in the group.
fn members(model: &Model, chat: &ChatSummary) -> String {
    if chat.kind == ChatKind::Direct {
        return tr("chats-nothing");
    }
    let info = model.group(chat.chat_id);
    info.map_or_else(String::new, |info| {
        tr_count("group-members", info.members.len() as u64)
    })
}

/// A message in one line; in a group, with whose it is.
fn snippet(model: &Model, kind: ChatKind, message: &Message) -> String {
    let words = snippet::words(message);
    let theirs = !message.outgoing && message.kind != MessageKind::System;
    if kind == ChatKind::Group && theirs {
        return format!("{}: {words}", model.name_of(message.sender));
    }
    words
}

fn is_invitation(chat: &ChatSummary) -> bool {
    chat.kind == ChatKind::Group && is_incoming_request(chat)
}

/// An invitation to a group, with its answers.
fn show_invitation(ui: &mut Ui, chat: &ChatSummary, view: &mut View<'_>) {
    let info = view.model.group(chat.chat_id);
    let by = info.and_then(|info| info.invited_by);
    let line = by.map_or_else(
        || tr("group-invited"),
        |by| tr_name("group-invited-by", &view.model.name_of(by)),
    );
    let label = format!("{}, {line}", chat.name);
    let row = Row {
        lively: true,
        selected: view.model.nav.chat() == Some(chat.chat_id),
        ..Row::new(view.model.chat_face(chat), &line, &label)
    };
    if row.show(ui, Id::unique(("chat", chat.chat_id))).clicked() {
        view.act(Action::OpenChat(chat.chat_id));
    }
    let (_, place) = ui.allocate_space(vec2(ui.available_width(), 46.0));
    let ui = ui.new_child(UiBuilder::new().max_rect(place).id_salt(chat.chat_id));
    let answers = [
        ("request-accept", Pill::Primary, GroupAction::Join),
        ("request-decline", Pill::Plain, GroupAction::Decline),
    ];
    let size = vec2(112.0, 36.0);
    let mut at = place.min + vec2(80.0, 2.0);
    for (words, kind, answer) in answers {
        let verb = tr(words);
        let response = button::pill(&ui, Rect::from_min_size(at, size), &verb, kind);
        let name = format!("{verb}: {}", chat.name);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if response.clicked() {
            view.act(Action::InGroup(chat.chat_id, answer));
        }
        at.x += size.x + 8.0;
    }
}
