//! What one clicks: icons, pills, rows of a menu.

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Painter, Rect, Response, Sense, Stroke, StrokeKind,
    Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::text;
use crate::gui::{
    fonts::icon as glyph,
    strings::tr,
    theme::{self, Tokens},
};

/// How an icon button looks.
#[derive(Clone, Copy, Debug)]
pub struct IconLook {
    /// Its size in points.
    pub size: f32,
    /// Whether it stands for what is shown now.
    pub active: bool,
    /// Its colour.
    pub colour: Color32,
}

/// An icon to click; its label is its tooltip and its accessible name.
pub fn icon(ui: &Ui, rect: Rect, icon: &str, label: &str, look: IconLook) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let response = clickable(ui, rect, label);
    let painter = ui.painter();
    let radius = CornerRadius::same(theme::RADIUS);
    if look.active {
        painter.rect_filled(rect, radius, tokens.soft);
    } else if response.hovered() {
        painter.rect_filled(rect, radius, tokens.hover);
    }
    let font = if look.active {
        theme::icon_fill(look.size)
    } else {
        theme::icon(look.size)
    };
    text::put(
        painter,
        rect.center(),
        Align2::CENTER_CENTER,
        icon,
        font,
        look.colour,
    );
    focus_ring(painter, &response, rect, theme::RADIUS, tokens);
    response.on_hover_text(label)
}

/// A quiet icon of the usual size.
pub fn quiet_icon(ui: &Ui, rect: Rect, glyph: &str, label: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let look = IconLook {
        size: 21.0,
        active: false,
        colour: tokens.text2,
    };
    icon(ui, rect, glyph, label, look)
}

/// The arrow at the top of a pane that leads back. What scrolls there goes under it. Says whether it was clicked.
pub fn back(ui: &Ui, pane: Rect) -> bool {
    let place = Rect::from_min_size(pane.min + vec2(16.0, 16.0), vec2(40.0, 40.0));
    let tokens = theme::tokens(ui.ctx());
    ui.painter()
        .circle_filled(place.center(), 20.0, tokens.chat);
    quiet_icon(ui, place, glyph::ARROW_LEFT, &tr("back")).clicked()
}

/// What a pill is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pill {
    /// What one most likely wants.
    Primary,
    /// Something else.
    Plain,
    /// What destroys something.
    Danger,
    /// Not possible now.
    Disabled,
}

/// A wide button with words.
pub fn pill(ui: &Ui, rect: Rect, label: &str, kind: Pill) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let response = if kind == Pill::Disabled {
        let response = ui.interact(rect, ui.scope_id().with(label), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, false, label));
        response
    } else {
        clickable(ui, rect, label)
    };
    let hot = response.hovered();
    let (fill, ink) = match kind {
        Pill::Primary if hot => (shade(tokens.accent), tokens.on_accent),
        Pill::Primary => (tokens.accent, tokens.on_accent),
        Pill::Plain if hot => (shade(tokens.button), tokens.text),
        Pill::Plain => (tokens.button, tokens.text),
        Pill::Danger if hot => (shade(tokens.button), tokens.danger),
        Pill::Danger => (tokens.button, tokens.danger),
        Pill::Disabled => (tokens.button, tokens.text3),
    };
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(theme::RADIUS), fill);
    let font = theme::semibold(theme::TITLE);
    text::put(
        painter,
        rect.center(),
        Align2::CENTER_CENTER,
        label,
        font,
        ink,
    );
    focus_ring(painter, &response, rect, theme::RADIUS, tokens);
    response
}

/// A pill as wide as there is room.
pub fn wide_pill(ui: &mut Ui, label: &str, kind: Pill) -> Response {
    let size = vec2(ui.available_width(), 46.0);
    let (_, rect) = ui.allocate_space(size);
    pill(ui, rect, label, kind)
}

/// Words to click, like a link.
pub fn quiet(ui: &mut Ui, label: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let galley = ui.painter().layout_no_wrap(
        label.to_owned(),
        theme::medium(theme::SMALL + 0.5),
        tokens.accent_text,
    );
    let (_, rect) = ui.allocate_space(galley.size() + vec2(20.0, 14.0));
    let response = clickable(ui, rect, label);
    if response.hovered() {
        ui.painter()
            .rect_filled(rect, CornerRadius::same(10), tokens.hover);
    }
    let at = rect.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, tokens.accent_text);
    focus_ring(ui.painter(), &response, rect, 10, tokens);
    response
}

/// The room of the words in a menu.
pub const MENU_WORDS: f32 = 200.0;

/// A row of a menu.
pub fn menu_item(ui: &mut Ui, glyph: &str, label: &str, danger: bool) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let ink = if danger { tokens.danger } else { tokens.text };
    let (_, rect) = ui.allocate_space(vec2(54.0 + MENU_WORDS, 38.0));
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, label));
    if response.hovered() || response.has_focus() {
        ui.painter()
            .rect_filled(rect, CornerRadius::same(9), tokens.hover);
    }
    let y = rect.center().y;
    let icon_at = pos2(rect.min.x + 22.0, y);
    ui.painter().text(
        icon_at,
        Align2::CENTER_CENTER,
        glyph,
        theme::icon(18.0),
        ink,
    );
    let text_at = pos2(rect.min.x + 42.0, y);
    text::put(
        ui.painter(),
        text_at,
        Align2::LEFT_CENTER,
        label,
        theme::regular(14.0),
        ink,
    );
    focus_ring(ui.painter(), &response, rect.shrink(2.0), 7, tokens);
    if response.clicked() {
        ui.close();
    }
    response
}

/// Shows where the keyboard is.
pub fn focus_ring(painter: &Painter, response: &Response, rect: Rect, radius: u8, tokens: &Tokens) {
    if response.has_focus() {
        painter.rect_stroke(
            rect.expand(2.0),
            CornerRadius::same(radius.saturating_add(2)),
            Stroke::new(2.0, tokens.accent_text),
            StrokeKind::Outside,
        );
    }
}

fn clickable(ui: &Ui, rect: Rect, label: &str) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A little darker, or in the dark a little lighter.
fn shade(colour: Color32) -> Color32 {
    let bright = u16::from(colour.r()) + u16::from(colour.g()) + u16::from(colour.b()) > 200;
    let towards = if bright {
        Color32::BLACK
    } else {
        Color32::WHITE
    };
    colour.lerp_to_gamma(towards, 0.08)
}
