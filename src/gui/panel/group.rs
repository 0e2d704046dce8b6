//! Who is in a group, and what it is: only what one may do is offered.

mod members;

use egui::{Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2};

use super::settings::group::Group;
use crate::{
    gui::{
        action::{Action, GroupAction},
        fonts::icon,
        model::nav::Dialog,
        strings::{tr, tr_count},
        theme,
        view::View,
        widget::{
            avatar,
            button::{self, Pill},
            text,
        },
    },
    node::{
        ChatId,
        view::{ChatInfo, ChatSummary, Place},
    },
};

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, chat: ChatId, view: &mut View<'_>) {
    ui.painter().rect_filled(rect, 0.0, view.tokens.chat);
    let model = view.model;
    if let (Some(row), Some(info)) = (model.chat(chat), model.group(chat)) {
        let mut scrolled = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("group"));
        scrolled.set_clip_rect(rect.intersect(ui.clip_rect()));
        ScrollArea::vertical()
            .id_salt(chat)
            .auto_shrink(false)
            .show(&mut scrolled, |ui| {
                ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
                let width = (rect.width() - 2.0 * theme::GUTTER).min(600.0);
                let left = rect.center().x - width / 2.0;
                let top = ui.min_rect().min.y;
                let column = Rect::from_min_size(pos2(left, top), vec2(width, f32::INFINITY));
                let mut inner = ui.new_child(UiBuilder::new().max_rect(column));
                content(&mut inner, row, info, view);
                let used = inner.min_rect().height();
                ui.allocate_space(vec2(rect.width(), used + 40.0));
            });
    }
    if button::back(ui, rect) {
        view.act(Action::Back);
    }
}

fn content(ui: &mut Ui, row: &ChatSummary, info: &ChatInfo, view: &mut View<'_>) {
    head(ui, row, info, view);
    members::show(ui, info, view);
    settings(ui, row, info, view);
    let id = info.chat_id;
    ui.add_space(24.0);
    if info.place == Place::Member {
        if button::wide_pill(ui, &tr("group-leave"), Pill::Danger).clicked() {
            view.act(Action::Show(Dialog::Leave(id)));
        }
        ui.add_space(10.0);
    }
    if button::wide_pill(ui, &tr("group-delete"), Pill::Danger).clicked() {
        view.act(Action::Show(Dialog::DeleteChat(id)));
    }
}

/// Picture, name, what it is for, how many are in it.
fn head(ui: &mut Ui, row: &ChatSummary, info: &ChatInfo, view: &mut View<'_>) {
    let tokens = view.tokens;
    let width = ui.available_width();
    let (_, top) = ui.allocate_space(vec2(width, 208.0));
    let middle = top.center().x;
    let face = view.model.chat_face(row);
    avatar::paint(ui.painter(), pos2(middle, top.min.y + 80.0), 96.0, face);
    let changes = view.model.rights(info).settings();

    let room = width - 2.0 * PENCIL;
    let font = theme::semibold(24.0);
    let name = text::one_line(&row.name, room, font, tokens.text);
    let galley = ui.painter().layout_job(name);
    let at = pos2(middle - galley.size().x / 2.0, top.min.y + 142.0);
    let place = Rect::from_min_size(at, galley.size());
    let response = ui.interact(place, ui.scope_id().with("name"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &row.name));
    ui.painter().galley(at, galley, tokens.text);
    if changes {
        let center = pos2(place.max.x + PENCIL / 2.0, place.center().y);
        let pencil = Rect::from_center_size(center, vec2(36.0, 36.0));
        let label = tr("group-describe");
        if button::quiet_icon(ui, pencil, icon::PENCIL_SIMPLE, &label).clicked() {
            view.act(Action::Show(Dialog::Describe(info.chat_id)));
        }
    }

    let words = match info.place {
        Place::Member => tr_count("group-members", info.members.len() as u64),
        Place::Invited => tr("group-invited"),
        Place::Gone => tr("group-gone"),
    };
    let font = theme::regular(theme::BODY);
    let at = pos2(middle, top.min.y + 178.0);
    text::paint_centred(ui.painter(), at, &words, width, font, tokens.text2);
    let counted = Rect::from_center_size(at + vec2(0.0, 10.0), vec2(width, 20.0));
    let response = ui.interact(counted, ui.scope_id().with("count"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    topic(ui, info, changes, view);
}

/// What the group is for.
fn topic(ui: &mut Ui, info: &ChatInfo, changes: bool, view: &mut View<'_>) {
    let Some(topic) = &info.topic else {
        if changes {
            ui.vertical_centered(|ui| {
                if button::quiet(ui, &tr("group-topic-add")).clicked() {
                    view.act(Action::Show(Dialog::Describe(info.chat_id)));
                }
            });
        }
        return;
    };
    let tokens = view.tokens;
    let font = theme::regular(theme::BODY);
    let room = ui.available_width() - 48.0;
    let lines = ui
        .painter()
        .layout(topic.clone(), font.clone(), tokens.text, room);
    let height = lines.size().y * 1.2 + 16.0;
    let (id, place) = ui.allocate_space(vec2(ui.available_width(), height));
    let response = ui.interact(place, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, topic));
    let at = place.center_top() + vec2(0.0, 4.0);
    text::paint_centred(ui.painter(), at, topic, room, font, tokens.text);
}

/// What only I see, and who may add people.
fn settings(ui: &mut Ui, row: &ChatSummary, info: &ChatInfo, view: &mut View<'_>) {
    let id = info.chat_id;
    let mut group = Group::new(ui, &tr("group-settings"));
    if group.switch(&tr("menu-mute"), &tr("group-mute-hint"), row.muted) {
        view.act(Action::Mute(id, !row.muted));
    }
    if group.switch(&tr("menu-pin"), &tr("group-pin-hint"), row.pinned) {
        view.act(Action::Pin(id, !row.pinned));
    }
    if info.place == Place::Member {
        let label = tr("group-who-adds");
        let words = [tr("group-who-admins"), tr("group-who-all")];
        let chosen = usize::from(info.members_may_add);
        if view.model.rights(info).settings() {
            let clicked = group.choice(&label, &words, chosen);
            if let Some(clicked) = clicked.filter(|clicked| *clicked != chosen) {
                let may = GroupAction::MembersMayAdd(clicked == 1);
                view.act(Action::InGroup(id, may));
            }
        } else if let Some(word) = words.get(chosen) {
            group.value(&label, word);
        }
    }
    group.end();
}

/// Room for the pencil beside the name.
const PENCIL: f32 = 48.0;
