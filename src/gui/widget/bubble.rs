//! A message.

pub mod album;
pub mod card;
mod chips;
pub mod quote;
pub mod sound;

use std::sync::Arc;

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Galley, Id, Painter, Pos2, Rect, Response, Sense,
    Stroke, StrokeKind, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

pub use self::{
    album::Album,
    card::{Card, Deed},
    chips::Chip,
    quote::Quote,
};
use super::{
    prose::{self, Look, Prose},
    text,
    tick::{Inks, Tick},
};
use crate::gui::{
    mirror,
    strings::{tr, tr_name},
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
    /// The file that it brings.
    pub file: Option<&'a Card>,
    /// The pictures that it brings, in place of a file.
    pub album: Option<&'a Album>,
    /// What in the text names people, as `@Maya`.
    pub names: &'a [String],
    /// How often more of its text was asked for.
    pub steps: u8,
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
    text_height: f32,
    meta_width: f32,
    large: bool,
    more: bool,
}

/// What was done to a message.
pub struct Shown {
    /// The bubble.
    pub response: Response,
    /// Its text, which can be selected, block by block.
    pub text: Vec<Response>,
    /// The link in it that was clicked.
    pub link: Option<String>,
    /// Where more of its text is asked for.
    pub more: Option<Response>,
    /// The emojis under it, in their order.
    pub chips: Vec<Response>,
    /// Its ticks, if they can be clicked.
    pub ticks: Option<Response>,
    /// The message that it answers.
    pub quote: Option<Response>,
    /// What is to be done with its file, or with which of its pictures.
    pub deed: Option<(usize, Deed)>,
    /// Its pictures, in their order.
    pub cells: Vec<Response>,
}

const PAD_X: f32 = 12.0;
const PAD_Y: f32 = 8.0;
const WIDEST: f32 = 480.0;
const TICK: f32 = 20.0;
const QUOTE_GAP: f32 = 6.0;
const MORE: f32 = 26.0;

impl Bubble<'_> {
    /// Where its parts are in a row of that width.
    pub fn lay(&self, painter: &Painter, width: f32, tokens: &Tokens) -> (Laid, prose::Set) {
        let widest = (width * 0.72 - theme::GUTTER - self.indent).min(WIDEST) - 2.0 * PAD_X;
        let brings = self.file.is_some() || self.album.is_some();
        let alone = self.quote.is_none() && !brings;
        let large = !self.aside && alone && text::is_few_emoji(self.text);
        let bare = brings && self.text.is_empty();
        let look = self.look(large, tokens);
        let written = prose::lay(
            painter,
            &Prose {
                text: self.text,
                names: self.names,
                width: widest,
                verbatim: self.aside,
                steps: self.steps,
                look: look.clone(),
            },
        );
        let more = written.more;
        let set = prose::Set::new(painter, written);
        let time = painter.layout_no_wrap(
            self.time.to_owned(),
            theme::regular(theme::CAPTION),
            look.colour,
        );
        let meta_width = time.size().x + if self.mine.is_some() { TICK } else { 0.0 };

        let mut wide = set.width;
        let text_height = if bare { 0.0 } else { set.height };
        let mut high = text_height + if more { MORE } else { 0.0 };
        // The time stands beside the last line where there is room, and below large emoji.
        let beside = set.last_line.filter(|_| !large && !more && !bare);
        match beside.map(|end| end + 10.0 + meta_width) {
            Some(line) if line <= widest => wide = wide.max(line),
            _ => high += 16.0,
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
        if let Some(size) = self.brought(widest) {
            wide = wide.max(size.x);
            above += size.y + if bare { 2.0 } else { card::GAP };
        }
        let size = vec2(
            (wide + 2.0 * PAD_X).ceil(),
            (high + above + 2.0 * PAD_Y).ceil(),
        );
        let top = match (self.first, theme::chosen(painter.ctx()).compact) {
            (true, false) => 8.0,
            (true, true) => 5.0,
            (false, _) => 2.0,
        };
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
            text_height,
            meta_width,
            large,
            more,
        };
        (laid, set)
    }

    /// Draws it, with the top left of its row at `origin`.
    pub fn show(&self, ui: &Ui, origin: Pos2, laid: &Laid, text: prose::Set, id: Id) -> Shown {
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
        // Written from left to right or from right to left, it has its own order inside.
        mirror::whole(painter, bubble, || {
            self.show_inside(ui, bubble, (origin, laid), text, response)
        })
    }

    fn show_inside(
        &self,
        ui: &Ui,
        bubble: Rect,
        (origin, laid): (Pos2, &Laid),
        text: prose::Set,
        response: Response,
    ) -> Shown {
        let (painter, id) = (ui.painter(), response.id);
        let tokens = theme::tokens(ui.ctx());
        let text_at = laid.text_at + origin.to_vec2();
        let size = vec2(bubble.width() - 2.0 * PAD_X, laid.text_height);
        let room = Rect::from_min_size(text_at, size);
        let look = self.look(laid.large, tokens);
        let touched = text.show(ui, room, id, look.colour, &look);
        self.show_meta(painter, bubble, laid, tokens);
        self.show_byline(painter, bubble);
        let ticks = self.show_ticks(ui, bubble, laid, response.id);
        let mine = self.mine.is_some();
        let mut top = PAD_Y + self.byline.map_or(0.0, |_| theme::BYLINE);
        top += self.quote.map_or(0.0, |_| quote::HEIGHT + QUOTE_GAP);
        let at = bubble.min + vec2(PAD_X, top);
        let size = self.brought(bubble.width() - 2.0 * PAD_X);
        let place = Rect::from_min_size(at, size.unwrap_or_default());
        let shown = self
            .album
            .map(|album| album.show(ui, place, id, &look, tokens));
        let (cells, deed) = shown.map_or_else(Default::default, |it| (it.cells, it.deed));
        let file = self.file;
        let of_file = file.and_then(|file| file.show(ui, place, id, (mine, &look), tokens));
        Shown {
            deed: deed.or(of_file.map(|deed| (0, deed))),
            cells,
            quote: self.show_quote(ui, bubble, id, tokens),
            chips: chips::show(ui, self.chips, (bubble, mine), id, tokens),
            more: laid.more.then(|| show_more(ui, room, id, &look)),
            response,
            text: touched.blocks,
            link: touched.link,
            ticks,
        }
    }

    /// The size of the file or the pictures that it brings.
    fn brought(&self, room: f32) -> Option<Vec2> {
        let album = self.album.map(|album| album.size(room));
        album.or_else(|| self.file.map(|file| file.size(room)))
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
            code: if on_accent {
                tokens.code_out
            } else {
                tokens.code_in
            },
            aside: if on_accent {
                tokens.bubble_out_meta
            } else {
                tokens.bubble_in_meta
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
        text::put(painter, at, Align2::LEFT_CENTER, self.time, font, ink);
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

/// Where more of a long text is asked for, below it.
fn show_more(ui: &Ui, text: Rect, id: Id, look: &Look) -> Response {
    let words = tr("message-more");
    let font = theme::medium(theme::SMALL);
    let galley = ui.painter().layout_no_wrap(words.clone(), font, look.link);
    let at = text.left_bottom() + vec2(0.0, 5.0);
    let place = Rect::from_min_size(at, galley.size());
    let response = ui.interact(place.expand(3.0), id.with("more"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
    let line = Stroke::new(1.0, look.link);
    if response.hovered() || response.has_focus() {
        let under = place.x_range();
        ui.painter().hline(under, place.max.y, line);
    }
    ui.painter().galley(at, galley, look.link);
    response.on_hover_cursor(CursorIcon::PointingHand)
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
