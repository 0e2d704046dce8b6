//! Saying the same in other chats.

use egui::{
    CornerRadius, Id, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, vec2,
};

use super::{Fields, SEARCH, head, pick, short};
use crate::{
    gui::{
        action::{Action, MessageAction},
        fonts::icon,
        model::Referred,
        panel::{list, row, snippet},
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::{
            avatar,
            button::{self, Pill},
            field::Field,
            text,
        },
    },
    node::{ChatId, MessageId, view::ChatSummary},
};

pub(super) fn show(ui: &mut Ui, fields: &mut Fields, id: MessageId, view: &mut View<'_>) {
    let Referred::Here(message) = view.model.referred(id) else {
        let words = tr("quote-nowhere");
        head(
            ui,
            icon::ARROW_BEND_UP_RIGHT,
            &tr("forward-title"),
            &words,
            view,
        );
        return;
    };
    let words = short(&snippet::words(message));
    head(
        ui,
        icon::ARROW_BEND_UP_RIGHT,
        &tr("forward-title"),
        &words,
        view,
    );
    let (_, place) = ui.allocate_space(vec2(ui.available_width(), 40.0));
    let field = Field {
        label: &tr("forward-search-label"),
        hint: &tr("search-hint"),
        icon: Some(icon::MAGNIFYING_GLASS),
        secret: false,
        limit: 100,
    };
    field.show(ui, place, Id::unique(SEARCH), &mut fields.search);
    let model = view.model;
    let wanted = fields.search.trim().to_lowercase();
    let chats = model.chats.iter();
    let chats = chats.filter(|chat| model.can_write(chat) && list::fits(&chat.name, &wanted));
    let chats: Vec<&ChatSummary> = chats.collect();
    if chats.is_empty() {
        row::sentence(ui, &tr_name("chats-none-found", fields.search.trim()));
    }
    let high = (ui.ctx().content_rect().height() - 470.0).clamp(110.0, 270.0);
    ScrollArea::vertical()
        .id_salt("forward")
        .max_height(high)
        .min_scrolled_height(high)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for chat in chats {
                show_chat(ui, chat, &mut fields.chats, view);
            }
        });
    let ready = !fields.chats.is_empty();
    let look = if ready { Pill::Primary } else { Pill::Disabled };
    if button::wide_pill(ui, &tr("forward-button"), look).clicked() && ready {
        let chats = fields.chats.clone();
        view.act(Action::On(id, MessageAction::Forward(chats)));
    }
}

fn show_chat(ui: &mut Ui, chat: &ChatSummary, chosen: &mut Vec<ChatId>, view: &View<'_>) {
    let tokens = view.tokens;
    let is_chosen = chosen.contains(&chat.chat_id);
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 52.0));
    let id = Id::unique(("forward", chat.chat_id));
    let response = ui.interact(rect, id, Sense::click());
    let label = tr_name("forward-to", &chat.name);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_chosen, &label));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.clicked() {
        if is_chosen {
            chosen.retain(|other| *other != chat.chat_id);
        } else {
            chosen.push(chat.chat_id);
        }
    }
    if !ui.is_rect_visible(rect) {
        return;
    }
    let painter = ui.painter();
    let round = CornerRadius::same(theme::RADIUS);
    if response.hovered() {
        painter.rect_filled(rect, round, tokens.hover);
    }
    if response.has_focus() {
        let stroke = Stroke::new(2.0, tokens.accent_text);
        painter.rect_stroke(rect, round, stroke, StrokeKind::Inside);
    }
    let center = rect.left_center() + vec2(28.0, 0.0);
    avatar::paint(painter, center, 36.0, view.model.chat_face(chat));
    let at = rect.left_center() + vec2(58.0, 0.0);
    let font = theme::medium(theme::TITLE);
    text::paint_line(
        painter,
        at,
        &chat.name,
        rect.width() - 110.0,
        font,
        tokens.text,
    );
    pick::paint_check(ui, rect, is_chosen, tokens);
}
