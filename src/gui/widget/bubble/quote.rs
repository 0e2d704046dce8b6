//! The message that another one answers, inside its bubble.

use egui::{
    Color32, CornerRadius, CursorIcon, Id, Painter, Rect, Response, Sense, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use crate::gui::{
    strings::tr_name,
    theme::{self, Tokens},
    widget::{button, text},
};

/// The message that another one answers.
#[derive(Clone, Debug)]
pub struct Quote {
    /// Who wrote it; nobody if it is not here.
    pub author: String,
    /// The colour of their name.
    pub ink: Color32,
    /// What it says, or why that cannot be shown.
    pub words: String,
}

/// How high it is, in points.
pub const HEIGHT: f32 = 46.0;

impl Quote {
    /// How wide it would be, in points.
    pub fn width(&self, painter: &Painter, widest: f32) -> f32 {
        let wide = |words: &str, font| {
            let job = text::one_line(words, widest - 2.0 * PAD, font, self.ink);
            painter.layout_job(job).size().x
        };
        let name = wide(&self.author, theme::semibold(theme::SMALL));
        let words = wide(&self.words, theme::regular(theme::SMALL));
        name.max(words) + 2.0 * PAD + 2.0
    }

    /// Draws it. A click wants to see the message itself.
    pub fn show(&self, ui: &Ui, rect: Rect, id: Id, mine: bool, tokens: &Tokens) -> Response {
        let response = ui.interact(rect, id.with("quote"), Sense::click());
        let label = tr_name("quote-label", &format!("{}: {}", self.author, self.words));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        let painter = ui.painter();
        let round = CornerRadius::same(10);
        let (fill, bar, name, words) = if mine {
            let fill = Color32::from_black_alpha(52);
            (
                fill,
                tokens.on_accent,
                tokens.on_accent,
                tokens.bubble_out_meta,
            )
        } else {
            (tokens.chat, self.ink, self.ink, tokens.text2)
        };
        painter.rect_filled(rect, round, fill);
        let bar_rect = Rect::from_min_size(rect.min + vec2(7.0, 8.0), vec2(3.0, HEIGHT - 16.0));
        painter.rect_filled(bar_rect, CornerRadius::same(2), bar);
        let left = rect.min.x + PAD + 2.0;
        let room = rect.max.x - left - 10.0;
        if self.author.is_empty() {
            let at = pos2(left, rect.center().y);
            let font = theme::regular(theme::SMALL);
            text::paint_line(painter, at, &self.words, room, font, words);
        } else {
            let at = pos2(left, rect.min.y + 15.0);
            let font = theme::semibold(theme::SMALL);
            text::paint_line(painter, at, &self.author, room, font, name);
            let at = pos2(left, rect.min.y + 32.0);
            let font = theme::regular(theme::SMALL);
            text::paint_line(painter, at, &self.words, room, font, words);
        }
        button::focus_ring(painter, &response, rect.shrink(2.0), 8, tokens);
        response.on_hover_cursor(CursorIcon::PointingHand)
    }
}

/// From its edges to its words, in points.
const PAD: f32 = 15.0;
