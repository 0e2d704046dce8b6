//! A row of a list: an avatar, a name with marks, a line below, and something on the right.

use egui::{
    Align2, Color32, CornerRadius, Id, Painter, Pos2, Rect, Response, Sense, Shape, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::walk;
use crate::gui::{
    fonts::icon,
    model::Face,
    theme::{self, Tokens},
    widget::{
        avatar, badge, button, text,
        tick::{Inks, Tick},
    },
};

/// What a row shows.
pub struct Row<'a> {
    /// Whose it is.
    pub face: Face<'a>,
    /// Whether they are here.
    pub online: bool,
    /// Whether their safety number was compared.
    pub verified: bool,
    /// The chat makes no noise.
    pub muted: bool,
    /// The chat stays on top.
    pub pinned: bool,
    /// The line below the name.
    pub line: &'a str,
    /// The parts of the line, with those marked that were looked for; none: it is as it is.
    pub marked: &'a [(String, bool)],
    /// Whether the line matters now, such as typing.
    pub lively: bool,
    /// How far my last message has come.
    pub tick: Option<Tick>,
    /// At the right of the name.
    pub time: &'a str,
    /// How many messages are unread.
    pub unread: u32,
    /// Whether I am named in one of them.
    pub named: bool,
    /// How much of what comes or goes there has come, from 0 to 1.
    pub share: Option<f32>,
    /// Whether it is the one that is open.
    pub selected: bool,
    /// The whole row in words.
    pub label: &'a str,
}

impl<'a> Row<'a> {
    /// One without marks: a face, the line below the name, and the whole row in words.
    pub fn new(face: Face<'a>, line: &'a str, label: &'a str) -> Self {
        Self {
            face,
            online: false,
            verified: false,
            muted: false,
            pinned: false,
            line,
            marked: &[],
            lively: false,
            tick: None,
            time: "",
            unread: 0,
            named: false,
            share: None,
            selected: false,
            label,
        }
    }

    /// Draws it in the next place of a list.
    pub fn show(&self, ui: &mut Ui, id: Id) -> Response {
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), theme::row(ui.ctx())));
        let response = ui.interact(rect, id, Sense::click());
        let info = || WidgetInfo::selected(Role::ListBoxOption, true, self.selected, self.label);
        response.widget_info(info);
        walk::step(ui, &response);
        if ui.is_rect_visible(rect) {
            self.paint(ui, rect, &response);
        }
        response
    }

    fn paint(&self, ui: &Ui, rect: Rect, response: &Response) {
        let tokens = theme::tokens(ui.ctx());
        let painter = ui.painter();
        let card = rect.shrink2(vec2(8.0, 0.0));
        let ground = if self.selected {
            tokens.soft
        } else if response.hovered() {
            tokens.hover
        } else {
            tokens.list
        };
        let round = CornerRadius::same(theme::RADIUS);
        painter.rect_filled(card, round, ground);
        if response.has_focus() {
            let stroke = Stroke::new(2.0, tokens.accent_text);
            painter.rect_stroke(card, round, stroke, StrokeKind::Inside);
        }
        let center = pos2(card.min.x + 36.0, card.center().y);
        avatar::paint(painter, center, 48.0, self.face);
        if self.online {
            avatar::paint_presence(painter, center, 48.0, ground, tokens.ok);
        }
        self.paint_name(painter, card, tokens);
        self.paint_line(painter, card, tokens);
    }

    fn paint_name(&self, painter: &Painter, card: Rect, tokens: &Tokens) {
        let (left, right) = (card.min.x + 72.0, card.max.x - 12.0);
        let y = card.center().y - 12.0;
        let waiting = self.unread > 0 && !self.muted;
        let ink = if waiting {
            tokens.accent_text
        } else {
            tokens.text3
        };
        let time = theme::regular(12.0);
        let time = text::put(
            painter,
            pos2(right, y),
            Align2::RIGHT_CENTER,
            self.time,
            time,
            ink,
        );
        let marks = [self.verified, self.muted, self.pinned];
        let marks = marks.iter().filter(|mark| **mark).count();
        #[expect(clippy::cast_precision_loss, reason = "at most three")]
        let room = time.min.x - left - 8.0 - 18.0 * marks as f32;
        let font = theme::semibold(theme::TITLE);
        let width = text::paint_line(
            painter,
            pos2(left, y),
            self.face.name,
            room,
            font,
            tokens.text,
        );
        let mut x = left + width + 6.0;
        if self.verified {
            x += badge::paint_verified(painter, pos2(x, y), 14.0, tokens);
        }
        for (shown, glyph) in [
            (self.muted, icon::BELL_SLASH),
            (self.pinned, icon::PUSH_PIN),
        ] {
            if shown {
                let font = theme::icon(14.0);
                painter.text(pos2(x, y), Align2::LEFT_CENTER, glyph, font, tokens.text3);
                x += 18.0;
            }
        }
    }

    fn paint_line(&self, painter: &Painter, card: Rect, tokens: &Tokens) {
        let (mut left, right) = (card.min.x + 72.0, card.max.x - 12.0);
        let y = card.center().y + 11.0;
        let mut room = right - left;
        if let Some(tick) = self.tick {
            let inks = Inks {
                plain: tokens.text3,
                read: tokens.accent_text,
                failed: tokens.danger,
            };
            tick.paint(painter, pos2(left, y), 16.0, inks);
            left += 20.0;
            room -= 20.0;
        }
        if self.unread > 0 {
            let fill = if self.muted {
                tokens.badge_muted
            } else {
                tokens.accent
            };
            let wide = if self.unread > 9 { 12.0 } else { 9.0 };
            let at = pos2(right - wide, y);
            let width = badge::paint_count(painter, at, self.unread, fill, tokens.on_accent);
            room -= 14.0 + width;
            if self.named {
                let at = pos2(right - width - 14.0, y);
                badge::paint_named(painter, at, tokens);
                room -= 24.0;
            }
        }
        if let Some(share) = self.share {
            // Left of how many are unread.
            paint_ring(painter, pos2(left + room - RING, y), share, tokens);
            room -= 2.0 * RING + 8.0;
        }
        let ink: Color32 = if self.lively {
            tokens.accent_text
        } else {
            tokens.text2
        };
        let font = theme::regular(13.5);
        let at = pos2(left, y);
        if !self.marked.is_empty() {
            let hit = (theme::semibold(13.5), tokens.accent_text);
            text::paint_marked(
                painter,
                at,
                (self.line, self.marked),
                room,
                (font, ink),
                &hit,
            );
            return;
        }
        text::paint_line(painter, at, self.line, room, font, ink);
    }
}

/// How much of something is there: so much of a circle.
fn paint_ring(painter: &Painter, center: Pos2, share: f32, tokens: &Tokens) {
    painter.circle_stroke(center, RING, Stroke::new(2.5, tokens.soft));
    let steps = 40u8;
    let arc = (0..=steps).map(|step| {
        let turn = share.clamp(0.0, 1.0) * f32::from(step) / f32::from(steps);
        center + RING * Vec2::angled(std::f32::consts::TAU * (turn - 0.25))
    });
    painter.add(Shape::line(
        arc.collect(),
        Stroke::new(2.5, tokens.accent_text),
    ));
}

/// Half as wide as the ring, in points.
const RING: f32 = 7.0;

/// A line in a list that leads somewhere else.
pub fn strip(ui: &mut Ui, glyph: &str, words: &str) -> Response {
    strip_in(ui, 16.0, glyph, words)
}

/// The same, so far from the edges of where it stands.
pub fn strip_in(ui: &mut Ui, inset: f32, glyph: &str, words: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 52.0));
    let card = rect.shrink2(vec2(inset, 4.0));
    let response = ui.interact(card, ui.scope_id().with(words), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, words));
    walk::step(ui, &response);
    let fill = if response.hovered() {
        tokens.hover
    } else {
        tokens.soft
    };
    let painter = ui.painter();
    painter.rect_filled(card, CornerRadius::same(12), fill);
    button::focus_ring(painter, &response, card, 12, tokens);
    let ink = tokens.accent_text;
    let at = card.left_center() + vec2(24.0, 0.0);
    painter.text(at, Align2::CENTER_CENTER, glyph, theme::icon(20.0), ink);
    let at = card.left_center() + vec2(46.0, 0.0);
    text::put(
        painter,
        at,
        Align2::LEFT_CENTER,
        words,
        theme::medium(14.0),
        ink,
    );
    let at = card.right_center() - vec2(18.0, 0.0);
    painter.text(
        at,
        Align2::CENTER_CENTER,
        icon::CARET_RIGHT,
        theme::icon(16.0),
        ink,
    );
    response
}

/// The heading of a part of a list.
pub fn heading(ui: &mut Ui, words: &str) {
    let tokens = theme::tokens(ui.ctx());
    let (id, rect) = ui.allocate_space(vec2(ui.available_width(), 34.0));
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, words));
    let at = pos2(rect.min.x + 20.0, rect.center().y + 3.0);
    let font = theme::semibold(theme::SMALL);
    text::put(
        ui.painter(),
        at,
        Align2::LEFT_CENTER,
        words,
        font,
        tokens.text2,
    );
}

/// A quiet sentence in a list.
pub fn sentence(ui: &mut Ui, words: &str) {
    let tokens = theme::tokens(ui.ctx());
    let width = ui.available_width() - 40.0;
    let galley = ui.painter().layout(
        words.to_owned(),
        theme::regular(theme::SMALL),
        tokens.text3,
        width,
    );
    let (id, rect) = ui.allocate_space(vec2(ui.available_width(), galley.size().y + 12.0));
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let at = pos2(rect.min.x + 20.0, rect.min.y + 4.0);
    ui.painter().galley(at, galley, tokens.text3);
}
