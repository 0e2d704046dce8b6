//! The middle of a screen that has little to show: a picture, a title, a sentence.

use egui::{
    Align2, CornerRadius, Painter, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
    accesskit::Role, vec2,
};

use super::{
    button::{self, Pill},
    text,
};
use crate::gui::theme::{self, Tokens};

/// An icon in a soft circle.
pub fn paint_icon(painter: &Painter, center: Pos2, radius: f32, icon: &str, tokens: &Tokens) {
    painter.circle_filled(center, radius, tokens.soft);
    let font = theme::icon(radius * 0.92);
    text::put(
        painter,
        center,
        Align2::CENTER_CENTER,
        icon,
        font,
        tokens.accent_text,
    );
}

/// An icon, a title, a sentence and a button in the middle of a rectangle. Says whether the button
/// was clicked.
pub fn show(ui: &Ui, rect: Rect, icon: &str, words: &Words<'_>) -> bool {
    let tokens = theme::tokens(ui.ctx());
    let middle = rect.center();
    let painter = ui.painter();
    paint_icon(painter, middle - vec2(0.0, 76.0), 44.0, icon, tokens);
    let font = theme::semibold(theme::SECTION);
    text::put(
        painter,
        middle - vec2(0.0, 6.0),
        Align2::CENTER_CENTER,
        words.title,
        font,
        tokens.text,
    );
    let width = (rect.width() - 48.0).min(520.0);
    let font = theme::regular(theme::BODY);
    let top = middle + vec2(0.0, 12.0);
    let height = text::paint_centred(painter, top, words.sentence, width, font, tokens.text2);
    let Some(label) = words.button else {
        return false;
    };
    let size = Vec2::new(pill_width(ui, label), 44.0);
    let button = Rect::from_center_size(middle + vec2(0.0, 12.0 + height + 42.0), size);
    button::pill(ui, button, label, Pill::Primary).clicked()
}

/// A card in the middle of an otherwise empty window, with an icon and a title. Returns where it is;
/// there is room from 168 points below its top.
pub fn card(ui: &Ui, window: Rect, size: Vec2, icon: &str, title: &str) -> Rect {
    let tokens = theme::tokens(ui.ctx());
    let painter = ui.painter();
    painter.rect_filled(window, 0.0, tokens.list);
    let card = Rect::from_center_size(window.center(), size);
    let round = CornerRadius::same(24);
    painter.add(theme::dialog_shadow(tokens).as_shape(card, round));
    let line = Stroke::new(1.0, tokens.border);
    painter.rect(card, round, tokens.card, line, StrokeKind::Inside);
    let top = card.center_top();
    paint_icon(painter, top + vec2(0.0, 76.0), 36.0, icon, tokens);
    let at = top + vec2(0.0, 144.0);
    let font = theme::semibold(24.0);
    let shown = text::put(painter, at, Align2::CENTER_CENTER, title, font, tokens.text);
    let response = ui.interact(shown, ui.scope_id().with("title"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    card
}

/// What a hero says.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Its title.
    pub title: &'a str,
    /// What there is to know.
    pub sentence: &'a str,
    /// What one can do.
    pub button: Option<&'a str>,
}

/// How wide a pill with these words is.
pub fn pill_width(ui: &Ui, label: &str) -> f32 {
    let font = theme::semibold(theme::TITLE);
    let tokens = theme::tokens(ui.ctx());
    let galley = ui
        .painter()
        .layout_no_wrap(label.to_owned(), font, tokens.text);
    (galley.size().x + 56.0).max(140.0)
}
