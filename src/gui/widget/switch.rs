//! On or off, and one of a few.

use egui::{
    Align2, Color32, CornerRadius, Rect, Response, Sense, Shadow, Ui, WidgetInfo, accesskit::Role,
    pos2, vec2,
};

use super::{button::focus_ring, text};
use crate::gui::theme;

/// The size of a switch in points.
pub const SIZE: [f32; 2] = [46.0, 27.0];

/// A switch. Clicking it is the caller's to act on.
pub fn switch(ui: &Ui, rect: Rect, label: &str, on: bool) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, label));
    let share = ui.ctx().animate_bool(response.id, on);
    let fill = tokens.switch_off.lerp_to_gamma(tokens.accent, share);
    let radius = CornerRadius::same(14);
    ui.painter().rect_filled(rect, radius, fill);
    let travel = rect.width() - rect.height();
    let knob = pos2(
        rect.min.x + rect.height() / 2.0 + share * travel,
        rect.center().y,
    );
    ui.painter().circle_filled(knob, 10.5, Color32::WHITE);
    focus_ring(ui.painter(), &response, rect, 14, tokens);
    response
}

/// A row of words of which one is chosen. Returns the one that was clicked.
pub fn choice(ui: &Ui, rect: Rect, label: &str, words: &[String], chosen: usize) -> Option<usize> {
    let tokens = theme::tokens(ui.ctx());
    ui.painter()
        .rect_filled(rect, CornerRadius::same(12), tokens.field);
    let inner = rect.shrink(3.0);
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let width = inner.width() / words.len().max(1) as f32;
    let mut clicked = None;
    let mut left = inner.min.x;
    for (at, word) in words.iter().enumerate() {
        let part = Rect::from_min_size(pos2(left, inner.min.y), vec2(width, inner.height()));
        left += width;
        let response = ui.interact(part, ui.scope_id().with((label, at)), Sense::click());
        let name = format!("{label}: {word}");
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, at == chosen, &name));
        if at == chosen {
            let shadow = Shadow {
                offset: [0, 1],
                blur: 4,
                spread: 0,
                color: Color32::from_black_alpha(36),
            };
            ui.painter()
                .add(shadow.as_shape(part, CornerRadius::same(10)));
            ui.painter()
                .rect_filled(part, CornerRadius::same(10), tokens.chosen);
        }
        let ink = if at == chosen {
            tokens.text
        } else {
            tokens.text2
        };
        let font = theme::medium(13.5);
        text::put(
            ui.painter(),
            part.center(),
            Align2::CENTER_CENTER,
            word,
            font,
            ink,
        );
        focus_ring(ui.painter(), &response, part, 10, tokens);
        if response.clicked() {
            clicked = Some(at);
        }
    }
    clicked
}
