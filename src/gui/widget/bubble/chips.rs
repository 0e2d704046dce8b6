//! The emojis that people put at a message.

use egui::{
    CornerRadius, CursorIcon, Galley, Id, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

use crate::gui::theme::{self, Tokens};

/// An emoji under a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// Which, and how often if more than once.
    pub words: String,
    /// Whether one is mine.
    pub mine: bool,
    /// Whose they are, for assistive technology.
    pub people: String,
}

/// How much a row grows below its bubble, in points.
pub const ROOM: f32 = 24.0;

/// Draws them over the lower edge of a bubble, on the author's side.
pub fn show(
    ui: &Ui,
    chips: &[Chip],
    (bubble, mine): (Rect, bool),
    id: Id,
    tokens: &Tokens,
) -> Vec<Response> {
    let lay = |chip: &Chip| {
        let font = theme::regular(theme::SMALL);
        let words = chip.words.clone();
        ui.painter().layout_no_wrap(words, font, tokens.text)
    };
    let galleys: Vec<_> = chips.iter().map(lay).collect();
    let wide = |galley: &Galley| galley.size().x + 16.0;
    let all: f32 = galleys.iter().map(|galley| wide(galley) + GAP).sum();
    let left = if mine {
        bubble.max.x - all - 4.0
    } else {
        bubble.min.x + 8.0
    };
    let mut at = pos2(left, bubble.max.y - 4.0);
    let mut shown = Vec::new();
    for (nth, (chip, galley)) in chips.iter().zip(galleys).enumerate() {
        let rect = Rect::from_min_size(at, vec2(wide(&galley), HIGH));
        at.x = rect.max.x + GAP;
        shown.push(show_one(ui, chip, rect, id.with(("chip", nth)), tokens));
        let at: Pos2 = rect.center() - galley.size() / 2.0;
        ui.painter().galley(at, galley, tokens.text);
    }
    shown
}

fn show_one(ui: &Ui, chip: &Chip, rect: Rect, id: Id, tokens: &Tokens) -> Response {
    let response = ui.interact(rect, id, Sense::click());
    let label = format!("{}, {}", chip.words, chip.people);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chip.mine, &label));
    let painter = ui.painter();
    // It stands apart from the bubble on which it lies.
    painter.rect_filled(rect.expand(2.0), CornerRadius::same(14), tokens.chat);
    let round = CornerRadius::same(12);
    let fill = if chip.mine { tokens.soft } else { tokens.field };
    painter.rect_filled(rect, round, fill);
    if chip.mine || response.has_focus() {
        let stroke = Stroke::new(1.0, tokens.accent_text);
        painter.rect_stroke(rect, round, stroke, StrokeKind::Inside);
    }
    response
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text(&chip.people)
}

const HIGH: f32 = 24.0;
const GAP: f32 = 5.0;
