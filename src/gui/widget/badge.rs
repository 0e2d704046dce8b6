//! Counts and marks.

use egui::{Align2, Color32, CornerRadius, Painter, Pos2, Rect, vec2};

use crate::gui::{
    fonts::icon,
    theme::{self, Tokens},
};

/// A count in a coloured capsule around a point. Returns its width.
pub fn paint_count(
    painter: &Painter,
    center: Pos2,
    count: u32,
    fill: Color32,
    ink: Color32,
) -> f32 {
    let galley = painter.layout_no_wrap(count_text(count), theme::semibold(11.0), ink);
    let size = vec2((galley.size().x + 11.0).max(19.0), 19.0);
    let rect = Rect::from_center_size(center, size);
    painter.rect_filled(rect, CornerRadius::same(10), fill);
    painter.galley(rect.center() - galley.size() / 2.0, galley, ink);
    size.x
}

/// A count over the corner of an icon, with a gap to it.
pub fn paint_corner_count(painter: &Painter, center: Pos2, count: u32, gap: Color32, t: &Tokens) {
    let galley = painter.layout_no_wrap(count_text(count), theme::semibold(11.0), t.on_accent);
    let size = vec2((galley.size().x + 11.0).max(19.0), 19.0);
    let rect = Rect::from_center_size(center, size);
    painter.rect_filled(rect.expand(2.0), CornerRadius::same(12), gap);
    paint_count(painter, center, count, t.accent, t.on_accent);
}

/// Paints that I am named there.
pub fn paint_named(painter: &Painter, center: Pos2, tokens: &Tokens) {
    painter.circle_filled(center, 9.5, tokens.accent);
    let font = theme::semibold(theme::CAPTION);
    let at = center - vec2(0.0, 0.5);
    painter.text(at, Align2::CENTER_CENTER, "@", font, tokens.on_accent);
}

/// The mark of somebody whose safety number was compared. Returns its width with its gap.
pub fn paint_verified(painter: &Painter, left_middle: Pos2, size: f32, tokens: &Tokens) -> f32 {
    let font = theme::icon_fill(size);
    let ink = tokens.accent_text;
    painter.text(
        left_middle,
        Align2::LEFT_CENTER,
        icon::SEAL_CHECK,
        font,
        ink,
    );
    size + 4.0
}

fn count_text(count: u32) -> String {
    if count > 999 {
        "999+".to_owned()
    } else {
        count.to_string()
    }
}
