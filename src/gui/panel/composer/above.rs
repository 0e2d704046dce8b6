//! What stands above the field: the message that is answered or changed, or how much is left.

use egui::{Align2, CornerRadius, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::{
    gui::{
        action::Action,
        fonts::icon,
        model::Writing,
        panel::snippet,
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::{button, text},
    },
    node::ChatId,
};

/// How high it is, in points.
pub(super) const HEIGHT: f32 = 54.0;

/// Draws it.
pub(super) fn show(ui: &mut Ui, rect: Rect, chat: ChatId, view: &mut View<'_>) {
    let Some(writing) = view.model.writing(chat) else {
        return;
    };
    let tokens = view.tokens;
    let (message, glyph, title, ink) = match writing {
        Writing::Answer(message) => {
            let author = snippet::author(view.model, message);
            let ink = snippet::ink(view.model, message.sender, tokens);
            let title = tr_name("composer-answer", &author);
            (message, icon::ARROW_BEND_UP_LEFT, title, ink)
        }
        Writing::Change(message) => {
            let title = tr("composer-change");
            (message, icon::PENCIL_SIMPLE, title, tokens.accent_text)
        }
    };
    let words = snippet::words(message);
    let response = ui.interact(rect, ui.scope_id().with("about"), Sense::hover());
    let label = format!("{title}: {words}");
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &label));
    let painter = ui.painter();
    let middle = rect.center().y;
    let font = theme::icon(20.0);
    let at = pos2(rect.min.x + 20.0, middle);
    painter.text(at, Align2::CENTER_CENTER, glyph, font, ink);
    let bar = Rect::from_center_size(pos2(rect.min.x + 44.0, middle), vec2(3.0, 34.0));
    painter.rect_filled(bar, CornerRadius::same(2), ink);
    let left = rect.min.x + 56.0;
    let room = rect.max.x - 52.0 - left;
    let font = theme::semibold(theme::SMALL);
    text::paint_line(painter, pos2(left, middle - 9.0), &title, room, font, ink);
    let font = theme::regular(theme::SMALL + 0.5);
    let at = pos2(left, middle + 9.0);
    text::paint_line(painter, at, &words, room, font, tokens.text2);
    let center = pos2(rect.max.x - 22.0, middle);
    let cross = Rect::from_center_size(center, vec2(34.0, 34.0));
    if button::quiet_icon(ui, cross, icon::X, &tr("composer-stop")).clicked() {
        view.act(Action::WriteNew(chat));
    }
}

/// How much is left, or that it is too much.
pub(super) fn show_note(ui: &Ui, field: Rect, note: &str, too_long: bool) {
    let tokens = theme::tokens(ui.ctx());
    let ink = if too_long {
        tokens.danger
    } else {
        tokens.text3
    };
    let place = Rect::from_min_max(pos2(field.min.x, field.min.y - 22.0), field.right_top());
    let response = ui.interact(place, ui.scope_id().with("note"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, note));
    let at = pos2(field.min.x + 16.0, field.min.y - 12.0);
    let font = theme::regular(theme::SMALL);
    text::put(ui.painter(), at, Align2::LEFT_CENTER, note, font, ink);
}
