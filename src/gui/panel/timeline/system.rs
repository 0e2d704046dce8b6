//! What the program says itself among messages: who was added or left, and who can read a message
//! beyond those who should.

use std::sync::Arc;

use egui::{
    Align, Align2, CornerRadius, Galley, Painter, Rect, Sense, Ui, WidgetInfo, accesskit::Role,
    pos2, text::LayoutJob, vec2,
};

use crate::{
    gui::{
        fonts::icon,
        panel::change,
        strings::tr,
        theme::{self, Tokens},
        view::View,
    },
    node::view::Message,
};

/// The height of a line of the program's own.
pub(super) fn height(painter: &Painter, width: f32, message: &Message, tokens: &Tokens) -> f32 {
    lay(painter, width, &words(message), tokens).size().y + 22.0
}

/// Draws it, in the middle.
pub(super) fn show(ui: &Ui, row: Rect, message: &Message, view: &View<'_>) {
    let tokens = view.tokens;
    let words = words(message);
    let galley = lay(ui.painter(), row.width(), &words, tokens);
    let pill = Rect::from_center_size(row.center(), galley.size() + vec2(28.0, 10.0));
    let id = ui.scope_id().with(("system", message.message_id));
    let response = ui.interact(pill, id, Sense::hover());
    let time = view.calendar.time(message.sent_at);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    ui.painter()
        .rect_filled(pill, CornerRadius::same(13), tokens.bubble_in);
    let at = pos2(pill.center().x, pill.min.y + 5.0);
    ui.painter().galley(at, galley, tokens.text2);
    response.on_hover_text(time);
}

/// Said of a message that reaches people who were removed; its height with its distance.
pub(super) fn reach_height(
    painter: &Painter,
    width: f32,
    message: &Message,
    tokens: &Tokens,
) -> f32 {
    lay_reach(painter, width, message, tokens).size().y + 10.0
}

/// Draws it below the bubble.
pub(super) fn show_reach(ui: &Ui, row: Rect, bubble: Rect, message: &Message, tokens: &Tokens) {
    let galley = lay_reach(ui.painter(), row.width(), message, tokens);
    let size = galley.size() + vec2(22.0, 0.0);
    let left = if message.outgoing {
        bubble.max.x - size.x - 4.0
    } else {
        bubble.min.x + 4.0
    };
    // Below the emojis, if there are any.
    let place = Rect::from_min_size(pos2(left, row.max.y - size.y - 5.0), size);
    let id = ui.scope_id().with(("reach", message.message_id));
    let response = ui.interact(place, id, Sense::hover());
    let words = reach_words(message);
    response.widget_info(|| WidgetInfo::labeled(Role::Note, true, &words));
    let at = pos2(place.min.x + 8.0, place.min.y + 8.0);
    let font = theme::icon(15.0);
    ui.painter()
        .text(at, Align2::CENTER_CENTER, icon::WARNING, font, tokens.warn);
    ui.painter()
        .galley(place.min + vec2(22.0, 0.0), galley, tokens.warn);
}

fn words(message: &Message) -> String {
    if let Some(change) = &message.change {
        change::words(change)
    } else if message.text.is_empty() {
        tr("message-newer")
    } else {
        message.text.clone()
    }
}

fn reach_words(message: &Message) -> String {
    if message.outgoing {
        tr("reaches-removed-mine")
    } else {
        tr("reaches-removed")
    }
}

fn lay(painter: &Painter, width: f32, words: &str, tokens: &Tokens) -> Arc<Galley> {
    let font = theme::medium(12.0);
    let mut job = LayoutJob::simple(
        words.to_owned(),
        font,
        tokens.text2,
        (width - 96.0).min(WIDEST),
    );
    job.halign = Align::Center;
    painter.layout_job(job)
}

fn lay_reach(painter: &Painter, width: f32, message: &Message, tokens: &Tokens) -> Arc<Galley> {
    let font = theme::medium(theme::CAPTION + 0.5);
    let room = (width * 0.72 - theme::GUTTER - theme::AUTHOR_ROOM - 22.0).min(WIDEST - 90.0);
    painter.layout(reach_words(message), font, tokens.warn, room)
}

/// A line does not spread further, in points.
const WIDEST: f32 = 480.0;
