//! A message.

mod chips;
pub mod quote;

use std::sync::Arc;

use egui::{
    Align, Align2, Color32, CornerRadius, CursorIcon, Galley, Id, OpenUrl, Painter, Pos2, Rect,
    Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2,
    text_selection::LabelSelectionState, vec2,
};

pub use self::{chips::Chip, quote::Quote};
use super::{
    text::{self, Links, Look},
    tick::{Inks, Tick},
};
use crate::gui::{
    strings::tr_name,
    theme::{self, Tokens},
};

/// What is shown of a message.
#[derive(Clone, Debug)]
pub struct Bubble<'a> {
    /// What it says.
    pub text: &'a str,
    /// When, as `14:32`.
    pub time: &'a str,
    /// Whether it is mine, and then how far it has come.
    pub mine: Option<Tick>,
    /// Whether `text` is the window's own word about it rather than the author's.
    pub aside: bool,
    /// Who wrote it, for assistive technology.
    pub author: &'a str,
    /// The colour of the author's name at its top, if that stands there.
    pub byline: Option<Color32>,
    /// The message that it answers.
    pub quote: Option<&'a Quote>,
    /// What in the text names people, as `@Maya`.
    pub names: &'a [String],
    /// Room at its left for the author's avatar, in points.
    pub indent: f32,
    /// Whether its ticks can be clicked.
    pub asks: bool,
    /// Whether the message before is by somebody else, or long ago.
    pub first: bool,
    /// Whether the message after is by somebody else, or much later.
    pub last: bool,
    /// The emojis under it.
    pub chips: &'a [Chip],
}

/// Where its parts are; positions are from the top left of the row.
#[derive(Clone, Debug)]
pub struct Laid {
    /// The height of the row.
    pub height: f32,
    /// The bubble in it.
    pub bubble: Rect,
    text_at: Pos2,
    meta_width: f32,
    large: bool,
}

/// What was done to a message.
pub struct Shown {
    /// The bubble.
    pub response: Response,
    /// Its text, which can be selected.
    pub text: Response,
    /// The emojis under it, in their order.
    pub chips: Vec<Response>,
    /// Its ticks, if they can be clicked.
    pub ticks: Option<Response>,
    /// The message that it answers.
    pub quote: Option<Response>,
}

const PAD_X: f32 = 12.0;
const PAD_Y: f32 = 8.0;
const WIDEST: f32 = 480.0;
const TICK: f32 = 20.0;
const QUOTE_GAP: f32 = 6.0;

impl Bubble<'_> {
    /// Where its parts are in a row of that width.
    pub fn lay(&self, painter: &Painter, width: f32, tokens: &Tokens) -> (Laid, Text) {
        let widest = (width * 0.72 - theme::GUTTER - self.indent).min(WIDEST) - 2.0 * PAD_X;
        let large = !self.aside && self.quote.is_none() && text::is_few_emoji(self.text);
        let look = self.look(large, tokens);
        let (job, links) = text::wrapped(painter, self.text, widest, self.names, &look);
        let galley = painter.layout_job(job);
        let time = painter.layout_no_wrap(
            self.time.to_owned(),
            theme::regular(theme::CAPTION),
            look.colour,
        );
        let meta_width = time.size().x + if self.mine.is_some() { TICK } else { 0.0 };

        let mut wide = galley.size().x;
        let mut high = galley.size().y;
        let last_line = galley.rows.last().map_or(0.0, |row| row.row.size.x);
        // The time stands below text at the right, and below large emoji.
        if large || galley.job.halign == Align::RIGHT {
            high += 16.0;
        } else if last_line + 10.0 + meta_width <= widest {
            wide = wide.max(last_line + 10.0 + meta_width);
        } else {
            high += 16.0;
        }
        wide = wide.max(meta_width);
        let mut above = 0.0;
        if let Some(ink) = self.byline {
            above += theme::BYLINE;
            wide = wide.max(self.lay_byline(painter, widest, ink).size().x);
        }
        if let Some(quote) = self.quote {
            above += quote::HEIGHT + QUOTE_GAP;
            wide = wide.max(quote.width(painter, widest));
        }
        let size = vec2(
            (wide + 2.0 * PAD_X).ceil(),
            (high + above + 2.0 * PAD_Y).ceil(),
        );
        let top = if self.first { 8.0 } else { 2.0 };
        let left = if self.mine.is_some() {
            width - theme::GUTTER - size.x
        } else {
            theme::GUTTER + self.indent
        };
        let bubble = Rect::from_min_size(pos2(left, top), size);
        let laid = Laid {
            height: bubble.max.y + self.chips_height() + if self.last { 2.0 } else { 0.0 },
            bubble,
            text_at: bubble.min + vec2(PAD_X, PAD_Y + above),
            meta_width,
            large,
        };
        (laid, Text { galley, links })
    }

    /// Draws it, with the top left of its row at `origin`.
    pub fn show(&self, ui: &Ui, origin: Pos2, laid: &Laid, text: Text, id: Id) -> Shown {
        let tokens = theme::tokens(ui.ctx());
        let painter = ui.painter();
        let bubble = laid.bubble.translate(origin.to_vec2());
        let response = ui.interact(bubble, id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Article, true, self.heading()));

        let round = self.round();
        if !laid.large {
            let fill = match (self.mine, self.aside) {
                (Some(_), false) => tokens.bubble_out,
                _ => tokens.bubble_in,
            };
            painter.rect_filled(bubble, round, fill);
        }
        if response.has_focus() {
            let stroke = Stroke::new(2.0, tokens.accent_text);
            let ring = bubble.expand(2.0);
            painter.rect_stroke(ring, CornerRadius::same(20), stroke, StrokeKind::Outside);
        }
        let text_at = laid.text_at + origin.to_vec2();
        let shown = self.show_text(ui, text_at, text, &response, tokens);
        self.show_meta(painter, bubble, laid, tokens);
        self.show_byline(painter, bubble);
        let ticks = self.show_ticks(ui, bubble, laid, response.id);
        let mine = self.mine.is_some();
        Shown {
            quote: self.show_quote(ui, bubble, id, tokens),
            chips: chips::show(ui, self.chips, (bubble, mine), id, tokens),
            response,
            text: shown,
            ticks,
        }
    }

    fn chips_height(&self) -> f32 {
        if self.chips.is_empty() {
            0.0
        } else {
            chips::ROOM
        }
    }

    fn lay_byline(&self, painter: &Painter, room: f32, ink: Color32) -> Arc<Galley> {
        let font = theme::semibold(theme::SMALL);
        painter.layout_job(text::one_line(self.author, room, font, ink))
    }

    fn show_byline(&self, painter: &Painter, bubble: Rect) {
        let Some(ink) = self.byline else {
            return;
        };
        let at = bubble.min + vec2(PAD_X, PAD_Y + theme::BYLINE / 2.0 - 2.0);
        let font = theme::semibold(theme::SMALL);
        let room = bubble.width() - 2.0 * PAD_X + 1.0;
        text::paint_line(painter, at, self.author, room, font, ink);
    }

    fn show_quote(&self, ui: &Ui, bubble: Rect, id: Id, tokens: &Tokens) -> Option<Response> {
        let quote = self.quote?;
        let above = PAD_Y + self.byline.map_or(0.0, |_| theme::BYLINE);
        let at = bubble.min + vec2(8.0, above);
        let rect = Rect::from_min_size(at, vec2(bubble.width() - 16.0, quote::HEIGHT));
        Some(quote.show(ui, rect, id, self.mine.is_some(), tokens))
    }

    /// Where one asks who has it.
    fn show_ticks(&self, ui: &Ui, bubble: Rect, laid: &Laid, id: Id) -> Option<Response> {
        let tick = self.mine.filter(|_| self.asks)?;
        let size = vec2(laid.meta_width + 8.0, 20.0);
        let place = Rect::from_min_size(bubble.max - vec2(size.x + 8.0, 23.0), size);
        let response = ui.interact(place, id.with("ticks"), Sense::click());
        let label = tr_name("receipts-ask", &tick.words());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        if response.has_focus() {
            let stroke = Stroke::new(1.5, theme::tokens(ui.ctx()).on_accent);
            let round = CornerRadius::same(6);
            ui.painter()
                .rect_stroke(place, round, stroke, StrokeKind::Inside);
        }
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        Some(response.on_hover_text(label))
    }

    /// `Maya, 14:32` or `You, 14:32, delivered`.
    fn heading(&self) -> String {
        let state = self
            .mine
            .map_or_else(String::new, |tick| format!(", {}", tick.words()));
        format!("{}, {}{state}", self.author, self.time)
    }

    fn look(&self, large: bool, tokens: &Tokens) -> Look {
        let (size, line) = if large {
            (40.0, 50.0)
        } else {
            (theme::BODY, theme::BODY_LINE)
        };
        let on_accent = self.mine.is_some() && !large && !self.aside;
        Look {
            font: theme::regular(size),
            line,
            colour: match (self.aside, on_accent) {
                (true, _) => tokens.bubble_in_meta,
                (false, true) => tokens.on_accent,
                (false, false) => tokens.text,
            },
            link: if on_accent {
                tokens.on_accent
            } else {
                tokens.bubble_in_link
            },
        }
    }

    /// Bubbles of one author lean on each other on the author's side.
    fn round(&self) -> CornerRadius {
        let (whole, inner) = (18, 6);
        let top = if self.first { whole } else { inner };
        let bottom = if self.last { whole } else { inner };
        let mut round = CornerRadius::same(whole);
        if self.mine.is_some() {
            round.ne = top;
            round.se = bottom;
        } else {
            round.nw = top;
            round.sw = bottom;
        }
        round
    }

    fn show_text(
        &self,
        ui: &Ui,
        at: Pos2,
        text: Text,
        bubble: &Response,
        tokens: &Tokens,
    ) -> Response {
        // Text at the right counts its places from its right edge.
        let at = at - vec2(text.galley.rect.min.x, 0.0);
        let rect = text.galley.rect.translate(at.to_vec2());
        let response = ui.interact(rect, bubble.id.with("text"), Sense::CLICK | Sense::DRAG);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.text));
        if let Some(pointer) = response.hover_pos() {
            let under = text.galley.cursor_from_pos(pointer - at).index.0;
            let link = text.links.iter().find(|(range, _)| range.contains(&under));
            if let Some((_, link)) = link {
                ui.set_cursor_icon(CursorIcon::PointingHand);
                if response.clicked() {
                    ui.ctx().open_url(OpenUrl::new_tab(link));
                }
            }
        }
        let ink = if self.mine.is_some() {
            tokens.on_accent
        } else {
            tokens.text
        };
        LabelSelectionState::label_text_selection(
            ui,
            &response,
            at,
            text.galley,
            ink,
            Stroke::NONE,
        );
        response
    }

    fn show_meta(&self, painter: &Painter, bubble: Rect, laid: &Laid, tokens: &Tokens) {
        let on_accent = self.mine.is_some() && !laid.large && !self.aside;
        let ink = if on_accent {
            tokens.bubble_out_meta
        } else {
            tokens.bubble_in_meta
        };
        let right = bubble.max.x - PAD_X + 1.0;
        let middle = bubble.max.y - 13.0;
        let at = pos2(right - laid.meta_width, middle);
        let font = theme::regular(theme::CAPTION);
        painter.text(at, Align2::LEFT_CENTER, self.time, font, ink);
        if let Some(tick) = self.mine {
            let inks = Inks {
                plain: ink,
                read: if on_accent {
                    tokens.read
                } else {
                    tokens.accent_text
                },
                failed: if on_accent {
                    tokens.failed
                } else {
                    tokens.danger
                },
            };
            tick.paint(painter, pos2(right - 16.0, middle), 16.0, inks);
        }
    }
}

/// The text of a bubble, laid out for this frame. It must not outlive it: the next may have another
/// glyph atlas.
pub struct Text {
    galley: Arc<Galley>,
    links: Links,
}

/// The shape of a message that somebody is writing. `phase` is in seconds; none stands still.
pub fn paint_typing(painter: &Painter, left_top: Pos2, phase: Option<f64>, tokens: &Tokens) {
    let bubble = Rect::from_min_size(left_top, vec2(62.0, 36.0));
    painter.rect_filled(bubble, CornerRadius::same(18), tokens.bubble_in);
    let mut x = bubble.min.x + 19.0;
    for dot in 0..3 {
        #[expect(clippy::cast_possible_truncation, reason = "between 0 and 1")]
        let lift = phase.map_or(0.5, |t| {
            (t * 5.0 - f64::from(dot) * 0.9).sin().max(0.0) as f32
        });
        let rise = if phase.is_some() { 2.5 * lift } else { 0.0 };
        let ink: Color32 = tokens.bubble_in_meta.gamma_multiply(0.45 + 0.55 * lift);
        painter.circle_filled(pos2(x, bubble.center().y - rise), 3.8, ink);
        x += 12.0;
    }
}
