//! What the window says by itself: a notice above everything, and toasts at the bottom.

use egui::{Align2, CornerRadius, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::gui::{action::Action, fonts::icon, strings::tr, theme, view::View, widget::button};

/// Draws the notice at the top of a rectangle. Returns its height.
pub fn show_notice(ui: &mut Ui, rect: Rect, view: &mut View<'_>) -> f32 {
    let Some(notice) = view.model.notices.last() else {
        return 0.0;
    };
    let tokens = view.tokens;
    let words = format!("{} {}", notice.text, notice.next);
    let room = rect.width() - 108.0;
    let font = theme::medium(theme::SMALL);
    let galley = ui.painter().layout(words.clone(), font, tokens.text, room);
    let bar = Rect::from_min_size(rect.min, vec2(rect.width(), galley.size().y + 22.0));
    ui.painter().rect_filled(bar, 0.0, tokens.warn_soft);
    let response = ui.interact(bar, ui.scope_id().with("notice"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &words));
    let at = pos2(bar.min.x + 28.0, bar.center().y);
    let font = theme::icon(20.0);
    ui.painter()
        .text(at, Align2::CENTER_CENTER, icon::WARNING, font, tokens.warn);
    let at = pos2(bar.min.x + 52.0, bar.min.y + 11.0);
    ui.painter().galley(at, galley, tokens.text);
    let close = Rect::from_center_size(pos2(bar.max.x - 28.0, bar.center().y), vec2(32.0, 32.0));
    if button::quiet_icon(ui, close, icon::X, &tr("notice-dismiss")).clicked() {
        view.act(Action::DismissNotice);
    }
    bar.height()
}

/// Draws the toasts above the bottom of a rectangle.
pub fn show_toasts(ui: &Ui, rect: Rect, view: &View<'_>) {
    let tokens = view.tokens;
    let mut bottom = rect.max.y - 92.0;
    for (nth, toast) in view.model.toasts.iter().enumerate().rev() {
        let (glyph, ink) = if toast.failed {
            (icon::WARNING_CIRCLE, tokens.danger)
        } else {
            (icon::INFO, tokens.accent_text)
        };
        let room = (rect.width() - 120.0).min(480.0);
        let font = theme::medium(theme::SMALL + 0.5);
        let galley = ui
            .painter()
            .layout(toast.text.clone(), font, tokens.text, room);
        let size = galley.size() + vec2(60.0, 22.0);
        let card = Rect::from_min_size(pos2(rect.center().x - size.x / 2.0, bottom - size.y), size);
        let response = ui.interact(card, ui.scope_id().with(("toast", nth)), Sense::hover());
        let role = if toast.failed {
            Role::Alert
        } else {
            Role::Status
        };
        response.widget_info(|| WidgetInfo::labeled(role, true, &toast.text));
        let round = CornerRadius::same(14);
        ui.painter()
            .add(theme::menu_shadow(tokens).as_shape(card, round));
        let line = egui::Stroke::new(1.0, tokens.border);
        let inside = egui::StrokeKind::Inside;
        ui.painter().rect(card, round, tokens.card, line, inside);
        let at = pos2(card.min.x + 24.0, card.center().y);
        ui.painter()
            .text(at, Align2::CENTER_CENTER, glyph, theme::icon(19.0), ink);
        ui.painter()
            .galley(card.min + vec2(44.0, 11.0), galley, tokens.text);
        bottom = card.min.y - 8.0;
    }
}
