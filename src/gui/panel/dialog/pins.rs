//! The pinned messages of a chat.

use egui::{
    CornerRadius, Id, Rect, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::head;
use crate::{
    gui::{
        action::{Action, MessageAction},
        fonts::icon,
        model::Referred,
        panel::{row, snippet},
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::{button, text},
    },
    node::{ChatId, MessageId},
};

pub(super) fn show(ui: &mut Ui, chat: ChatId, view: &mut View<'_>) {
    let (title, sentence) = (tr("pins-title"), tr("pins-sentence"));
    head(ui, icon::PUSH_PIN, &title, &sentence, view);
    let pins = view.model.pins(chat);
    if pins.is_empty() {
        row::sentence(ui, &tr("pins-none"));
    }
    let high = (ui.ctx().content_rect().height() - 330.0).clamp(110.0, 420.0);
    ScrollArea::vertical()
        .id_salt("pins")
        .max_height(high)
        .min_scrolled_height(high)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            for pin in pins {
                show_pin(ui, chat, *pin, view);
            }
        });
}

fn show_pin(ui: &mut Ui, chat: ChatId, id: MessageId, view: &mut View<'_>) {
    if view.model.referred(id) == Referred::Unknown {
        view.act(Action::On(id, MessageAction::Find));
    }
    let tokens = view.tokens;
    let quote = snippet::quote(view.model, id, tokens);
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 58.0));
    let response = ui.interact(rect, Id::unique(("pin", id)), Sense::click());
    let label = tr_name("pins-label", &format!("{}: {}", quote.author, quote.words));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let fill = if response.hovered() {
        tokens.hover
    } else {
        tokens.field
    };
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(12), fill);
    let may = view
        .model
        .chat(chat)
        .is_some_and(|chat| view.model.can_write(chat));
    let room = rect.width() - 16.0 - if may { 60.0 } else { 16.0 };
    let at = pos2(rect.min.x + 16.0, rect.min.y + 20.0);
    let font = theme::semibold(theme::SMALL);
    text::paint_line(painter, at, &quote.author, room, font, quote.ink);
    let at = pos2(rect.min.x + 16.0, rect.min.y + 39.0);
    let font = theme::regular(14.0);
    text::paint_line(painter, at, &quote.words, room, font, tokens.text);
    button::focus_ring(painter, &response, rect.shrink(2.0), 10, tokens);
    if response.clicked() {
        view.act(Action::On(id, MessageAction::GoTo));
    }
    if !may {
        return;
    }
    let center = pos2(rect.max.x - 28.0, rect.center().y);
    let place = Rect::from_center_size(center, vec2(36.0, 36.0));
    let ui = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt(id));
    let label = tr("menu-unpin-message");
    if button::quiet_icon(&ui, place, icon::PUSH_PIN_SLASH, &label).clicked() {
        view.act(Action::On(id, MessageAction::Pin(false)));
    }
}
