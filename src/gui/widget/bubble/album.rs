//! Pictures in one message, side by side.

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Id, Rect, Response, Sense, Shape, Stroke,
    StrokeKind, TextureId, Ui, Vec2, WidgetInfo, accesskit::Role, vec2,
};

use super::card::Deed;
use crate::gui::{
    fonts::icon,
    strings::{Argument, tr_with},
    theme::{self, Tokens},
    widget::{prose::Look, texture},
};

/// Pictures that were sent together.
#[derive(Clone, Debug)]
pub struct Album {
    /// Each of them.
    pub cells: Vec<Cell>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Cell {
    /// What it is called.
    pub name: String,
    /// How large it is, or how far it has come, or why not.
    pub line: String,
    /// How much of it is here, from 0 to 1, while it comes or goes.
    pub share: Option<f32>,
    /// What a click on it does.
    pub opens: Option<Deed>,
    /// The small picture and its size, once it is decoded.
    pub texture: Option<(TextureId, Vec2)>,
}

/// What was done to the pictures.
pub struct Touched {
    /// Each of them, in their order.
    pub cells: Vec<Response>,
    /// What is to be done with which.
    pub deed: Option<(usize, Deed)>,
}

impl Album {
    /// How large it is where there is so much room.
    pub(super) fn size(&self, room: f32) -> Vec2 {
        let wide = room.min(WIDE);
        let rows = self.cells.len().div_ceil(self.columns());
        let high = (self.side(wide) + BETWEEN) * points(rows) - BETWEEN;
        vec2(wide, high.max(0.0).round())
    }

    /// Draws all of them.
    pub(super) fn show(
        &self,
        ui: &Ui,
        place: Rect,
        id: Id,
        look: &Look,
        tokens: &Tokens,
    ) -> Touched {
        let side = self.side(place.width());
        let mut touched = Touched {
            cells: Vec::new(),
            deed: None,
        };
        for (at, cell) in self.cells.iter().enumerate() {
            let (row, column) = (at / self.columns(), at % self.columns());
            let step = vec2(points(column), points(row)) * (side + BETWEEN);
            let cell_place = Rect::from_min_size(place.min + step, Vec2::splat(side));
            let response = ui.interact(cell_place, id.with(("cell", at)), Sense::click());
            cell.paint(ui, &response, look, tokens);
            let response = response.on_hover_cursor(CursorIcon::PointingHand);
            if response.clicked()
                && let Some(deed) = cell.opens
            {
                touched.deed = Some((at, deed));
            }
            touched.cells.push(response);
        }
        touched
    }

    fn columns(&self) -> usize {
        if matches!(self.cells.len(), 0..=2 | 4) {
            2
        } else {
            3
        }
    }

    fn side(&self, wide: f32) -> f32 {
        let columns = points(self.columns());
        ((wide - BETWEEN * (columns - 1.0)) / columns).floor()
    }
}

impl Cell {
    fn paint(&self, ui: &Ui, response: &Response, look: &Look, tokens: &Tokens) {
        let both = [
            ("name", Argument::Text(&self.name)),
            ("line", Argument::Text(&self.line)),
        ];
        let words = match self.opens {
            Some(Deed::View) => "album-open",
            Some(Deed::Download) => "album-download",
            _ => "album-picture",
        };
        let label = tr_with(words, &both);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        let (painter, place) = (ui.painter(), response.rect);
        let round = CornerRadius::same(10);
        painter.rect_filled(place, round, look.code);
        if let Some((texture, size)) = self.texture {
            painter.add(texture::covering(texture, size, place, round));
        }
        let shade = Color32::from_black_alpha(120);
        let (middle, white) = (place.center(), Color32::WHITE);
        if let Some(share) = self.share {
            painter.circle_filled(middle, DISC, shade);
            let arc = (0..=32u8).map(|step| {
                let turn = share * f32::from(step) / 32.0 - 0.25;
                middle + (DISC - 4.0) * Vec2::angled(std::f32::consts::TAU * turn)
            });
            painter.add(Shape::line(arc.collect(), Stroke::new(3.0, white)));
        } else if self.opens == Some(Deed::Download) {
            painter.circle_filled(middle, DISC, shade);
            let font = theme::icon(20.0);
            painter.text(
                middle,
                Align2::CENTER_CENTER,
                icon::DOWNLOAD_SIMPLE,
                font,
                white,
            );
        } else if self.texture.is_none() {
            let font = theme::icon(26.0);
            painter.text(
                middle,
                Align2::CENTER_CENTER,
                icon::FILE_IMAGE,
                font,
                look.aside,
            );
        }
        if response.has_focus() {
            let line = Stroke::new(2.0, tokens.accent_text);
            painter.rect_stroke(place, round, line, StrokeKind::Outside);
        }
    }
}

fn points(count: usize) -> f32 {
    f32::from(u8::try_from(count).unwrap_or(u8::MAX))
}

const WIDE: f32 = 360.0;

/// Between two pictures, in points.
const BETWEEN: f32 = 4.0;

/// How large what stands on a picture is.
const DISC: f32 = 20.0;
