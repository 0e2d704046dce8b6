//! An open chat: who, the messages, where one writes.

use egui::{
    Align2, Context, Popup, PopupCloseBehavior, Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::{
    banner, chats::typing_line, composer::Composer, menu, pins::Pins, request, seek::Seeking,
    timeline::Messages,
};
use crate::{
    gui::{
        action::{Action, FindAction, GroupAction},
        fonts::icon,
        model::nav::Place as Room,
        strings::{tr, tr_count, tr_name},
        theme,
        view::View,
        widget::{avatar, badge, button, hero, text},
    },
    node::{
        ChatId,
        view::{ChatInfo, ChatKind, ChatSummary, Place, RequestState},
    },
};

/// An open chat.
#[derive(Default)]
pub struct Chat {
    messages: Messages,
    composer: Composer,
    pins: Pins,
    seeking: Seeking,
}

impl Chat {
    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, chat: ChatId, view: &mut View<'_>) {
        ui.painter().rect_filled(rect, 0.0, view.tokens.chat);
        let model = view.model;
        let Some(row) = model.chat(chat) else {
            return;
        };
        let head = Rect::from_min_size(rect.min, vec2(rect.width(), theme::HEADER));
        let mut head_ui = ui.new_child(UiBuilder::new().max_rect(head).id_salt("head"));
        show_head(&mut head_ui, head, row, view);
        let mut top = head.max.y + 1.0;
        top += self.seeking.show(ui, rect.with_min_y(top), chat, view);
        top += self.pins.show(ui, rect.with_min_y(top), chat, view);
        top += banner::show(ui, pos2(rect.min.x, top), rect.width(), row, view);

        let column = column(rect);
        let answer = request::kind(row, model);
        let height = match answer {
            Some(kind) => request::height(ui, column.width(), kind, row, view),
            None => self.composer.height(ui, column.width(), chat, model),
        };
        let bottom = rect.max.y - height;
        let body = Rect::from_min_max(pos2(rect.min.x, top), pos2(rect.max.x, bottom));
        if model
            .timeline
            .as_ref()
            .is_some_and(crate::gui::model::timeline::Timeline::is_opening)
        {
            let font = theme::regular(theme::SMALL);
            let ink = view.tokens.text3;
            text::put(
                ui.painter(),
                body.center(),
                Align2::CENTER_CENTER,
                tr("chat-opening"),
                font,
                ink,
            );
        }
        self.messages.show(ui, body, view);
        let foot_rect = Rect::from_min_max(pos2(column.min.x, bottom), column.max);
        let mut foot_ui = ui.new_child(UiBuilder::new().max_rect(foot_rect).id_salt("foot"));
        match answer {
            Some(kind) => request::show(&mut foot_ui, foot_rect, kind, row, view),
            None => self
                .composer
                .show(&mut foot_ui, foot_rect, chat, &row.name, view),
        }
    }

    /// What was written in a chat and not yet sent, if anything.
    pub fn unsent(&self, chat: ChatId) -> Option<&str> {
        self.composer.unsent(chat)
    }

    /// Whether Escape is for what is being written.
    pub fn takes_escape(&self) -> bool {
        self.composer.takes_escape()
    }

    /// Forgets everything that was written.
    pub fn forget(&mut self, ctx: &Context) {
        self.messages = Messages::default();
        self.seeking = Seeking::default();
        self.composer.forget(ctx);
        crate::gui::widget::texture::forget(ctx);
    }
}

/// What is written in does not spread over a very wide window either.
fn column(rect: Rect) -> Rect {
    let width = rect.width().min(theme::COLUMN);
    Rect::from_center_size(rect.center(), vec2(width, rect.height()))
}

fn show_head(ui: &mut Ui, rect: Rect, chat: &ChatSummary, view: &mut View<'_>) {
    let tokens = view.tokens;
    let line = Stroke::new(1.0, tokens.border);
    ui.painter().hline(rect.x_range(), rect.max.y, line);
    let middle = rect.center().y;
    let mut left = rect.min.x + theme::GUTTER;
    if view.narrow {
        let back = Rect::from_center_size(pos2(rect.min.x + 30.0, middle), vec2(40.0, 40.0));
        if button::quiet_icon(ui, back, icon::ARROW_LEFT, &tr("back")).clicked() {
            view.act(Action::Back);
        }
        left = rect.min.x + 58.0;
    }
    let face = view.model.chat_face(chat);
    avatar::paint(ui.painter(), pos2(left + 20.0, middle), 40.0, face);

    let icon_at = |from_right: f32| {
        Rect::from_center_size(pos2(rect.max.x - from_right, middle), vec2(40.0, 40.0))
    };
    let more = button::quiet_icon(
        ui,
        icon_at(36.0),
        icon::DOTS_THREE_VERTICAL,
        &tr("chat-more"),
    );
    Popup::menu(&more)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .accessible_name(tr_name("menu-label", &chat.name))
        .show(|ui| menu::of_chat(ui, chat, view));
    let person = chat.person_id.filter(|_| chat.request.is_none());
    if let Some(person) = person
        && button::quiet_icon(ui, icon_at(80.0), icon::SHIELD_CHECK, &tr("chat-verify")).clicked()
    {
        view.act(Action::OpenVerify(person));
    }
    let group = chat.kind == ChatKind::Group;
    // While somebody is asked, nothing stands between.
    let seek_at = if group || person.is_some() {
        124.0
    } else {
        80.0
    };
    if button::quiet_icon(
        ui,
        icon_at(seek_at),
        icon::MAGNIFYING_GLASS,
        &tr("seek-open"),
    )
    .clicked()
    {
        let seek = FindAction::In(chat.chat_id);
        view.act(Action::Find(seek));
    }
    if group && button::quiet_icon(ui, icon_at(80.0), icon::USERS, &tr("group-info")).clicked() {
        view.act(Action::InGroup(chat.chat_id, GroupAction::Open));
    }

    let verified = chat
        .person_id
        .is_some_and(|person| view.model.is_verified(person));
    let (status, lively) = status(chat, view);
    let text_left = left + 52.0;
    let room = rect.max.x - 154.0 - text_left;
    let font = theme::semibold(theme::TITLE);
    let at = pos2(text_left, middle - 9.0);
    let disappears = chat.disappear_after_s > 0;
    let marks = [verified, disappears].map(|shown| if shown { 24.0 } else { 0.0 });
    let left = room - marks.iter().sum::<f32>();
    let width = text::paint_line(ui.painter(), at, face.name, left, font, tokens.text);
    let mut mark = at + vec2(width + 6.0, 0.0);
    if verified {
        mark.x += badge::paint_verified(ui.painter(), mark, 16.0, tokens) + 2.0;
    }
    if disappears {
        let font = theme::icon(16.0);
        let ink = tokens.text3;
        ui.painter()
            .text(mark, Align2::LEFT_CENTER, icon::HOURGLASS, font, ink);
    }
    let ink = if lively {
        tokens.accent_text
    } else {
        tokens.text2
    };
    let font = theme::regular(theme::SMALL);
    let at = pos2(text_left, middle + 12.0);
    text::paint_line(ui.painter(), at, &status, room, font, ink);

    let name = Rect::from_min_max(
        pos2(left, rect.min.y + 6.0),
        pos2(text_left + room, rect.max.y - 6.0),
    );
    let response = ui.interact(name, ui.scope_id().with("who"), Sense::click());
    let mut label = chat.name.clone();
    for (is_so, words) in [(verified, "mark-verified"), (disappears, "mark-disappears")] {
        if is_so {
            label = format!("{label}, {}", tr(words));
        }
    }
    let label = format!("{label}, {status}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    button::focus_ring(ui.painter(), &response, name, 10, tokens);
    if !response.clicked() {
        return;
    }
    match chat.person_id {
        Some(person) => view.act(Action::OpenPerson(person)),
        None => view.act(Action::InGroup(chat.chat_id, GroupAction::Open)),
    }
}

/// Whether they type, are here, or when they were; and whether that matters now.
fn status(chat: &ChatSummary, view: &View<'_>) -> (String, bool) {
    if let Some(typing) = typing_line(view.model, chat) {
        return (typing, true);
    }
    if chat.kind == ChatKind::Group {
        return (members_line(chat, view), false);
    }
    let contact = chat
        .person_id
        .and_then(|person| view.model.contacts.get(&person));
    let Some(contact) = contact else {
        return (String::new(), false);
    };
    let words = match (contact.request, contact.online, contact.last_seen) {
        (Some(RequestState::Outgoing), ..) => tr("seen-request"),
        (Some(RequestState::Incoming), ..) => tr("people-asks"),
        (None, true, _) => tr("seen-now"),
        (None, false, Some(at)) => view.calendar.last_seen(at, view.now),
        (None, false, None) => tr("seen-never"),
    };
    (words, false)
}

/// How many are in a group, or that I no longer am.
fn members_line(chat: &ChatSummary, view: &View<'_>) -> String {
    let Some(info) = view.model.group(chat.chat_id) else {
        return String::new();
    };
    match info.place {
        Place::Gone => tr("group-gone"),
        Place::Invited => tr("group-invited"),
        Place::Member => members(info, view),
    }
}

/// How many are in it, and how many of them are here.
fn members(info: &ChatInfo, view: &View<'_>) -> String {
    let count = tr_count("group-members", info.members.len() as u64);
    let others = info.members.iter().map(|member| member.person_id);
    let online = others
        .filter(|person| view.model.is_online(*person))
        .count();
    if online == 0 {
        return count;
    }
    format!("{count} · {}", tr_count("group-online", online as u64))
}

/// Draws what stands beside the list while nothing is chosen.
pub fn show_nothing(ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
    ui.painter().rect_filled(rect, 0.0, view.tokens.chat);
    let words = hero::Words {
        title: &tr("empty-title"),
        sentence: &tr("empty-sentence"),
        button: Some(&tr("empty-button")),
    };
    if hero::show(ui, rect, icon::CHATS_CIRCLE, &words) {
        view.act(Action::Go(Room::People));
    }
}
