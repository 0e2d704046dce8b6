//! Blocks below each other, laid out for one frame.

use std::sync::Arc;

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Galley, Id, Painter, Pos2, Rect, Response, Sense,
    Stroke, Ui, WidgetInfo, accesskit::Role, pos2, text_selection::LabelSelectionState, vec2,
};

use super::{
    Laid, Look,
    parts::{Lines, Part, inset},
};
use crate::gui::widget::bidi::Direction;

/// Blocks laid out for this frame. It must not outlive it: the next may have another glyph atlas.
pub struct Set {
    laid: Arc<Laid>,
    galleys: Vec<Arc<Galley>>,
    /// How wide the widest is, in points.
    pub width: f32,
    /// How high all are.
    pub height: f32,
    /// How wide the last line is, if something fits at its right.
    pub last_line: Option<f32>,
}

/// What was done to a text.
pub struct Touched {
    /// Its blocks.
    pub blocks: Vec<Response>,
    /// The link that was clicked.
    pub link: Option<String>,
}

const CODE_PAD: f32 = 7.0;

impl Set {
    /// Lays blocks out.
    pub fn new(painter: &Painter, laid: Arc<Laid>) -> Self {
        let galleys: Vec<_> = laid
            .parts
            .iter()
            .map(|part| painter.layout_job(part.job.clone()))
            .collect();
        let (mut width, mut height) = (0.0f32, 0.0);
        let mut last_line = None;
        let mut before = None;
        for (part, galley) in laid.parts.iter().zip(&galleys) {
            let side = inset(&part.kind);
            let sides = if part.kind == Lines::Code { 2.0 } else { 1.0 };
            width = width.max(galley.size().x + sides * side);
            height += gap(before, part) + galley.size().y + pad(part) * 2.0;
            let end = galley.rows.last().map_or(0.0, |row| row.row.size.x);
            let beside = part.direction == Direction::Right && part.kind != Lines::Code;
            last_line = beside.then_some(side + end);
            before = Some(part);
        }
        Self {
            laid,
            galleys,
            width,
            height,
            last_line,
        }
    }

    /// Draws them in `room`, from its top. `ink` is the colour of a selection's text.
    pub fn show(self, ui: &Ui, room: Rect, id: Id, ink: Color32, look: &Look) -> Touched {
        let mut touched = Touched {
            blocks: Vec::new(),
            link: None,
        };
        let mut top = room.min.y;
        let mut before = None;
        for (nth, (part, galley)) in self.laid.parts.iter().zip(self.galleys).enumerate() {
            top += gap(before, part);
            before = Some(part);
            let high = galley.size().y + 2.0 * pad(part);
            let place = Rect::from_min_size(pos2(room.min.x, top), vec2(room.width(), high));
            top += high;
            beside(ui.painter(), place, part, look);
            let left = match part.direction {
                Direction::Right => place.min.x + inset(&part.kind),
                Direction::Left => place.max.x - inset(&part.kind) - galley.size().x,
            };
            let at = pos2(left, place.min.y + pad(part));
            // Text at the right counts its places from its right edge.
            let at = at - vec2(galley.rect.min.x, 0.0);
            let response = block(
                ui,
                at,
                galley,
                part,
                id.with(("text", nth)),
                ink,
                &mut touched.link,
            );
            touched.blocks.push(response);
        }
        touched
    }
}

fn block(
    ui: &Ui,
    at: Pos2,
    galley: Arc<Galley>,
    part: &Part,
    id: Id,
    ink: Color32,
    clicked: &mut Option<String>,
) -> Response {
    let rect = galley.rect.translate(at.to_vec2());
    let response = ui.interact(rect, id, Sense::CLICK | Sense::DRAG);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &part.words));
    if let Some(pointer) = response.hover_pos() {
        let under = galley.cursor_from_pos(pointer - at).index.0;
        let link = part.links.iter().find(|(range, _)| range.contains(&under));
        if let Some((_, link)) = link {
            ui.set_cursor_icon(CursorIcon::PointingHand);
            if response.clicked() {
                *clicked = Some(link.clone());
            }
        }
    }
    LabelSelectionState::label_text_selection(ui, &response, at, galley, ink, Stroke::NONE);
    response
}

/// What stands beside or behind a block.
fn beside(painter: &Painter, place: Rect, part: &Part, look: &Look) {
    let edge = |wide: f32| match part.direction {
        Direction::Right => Rect::from_min_size(place.min, vec2(wide, place.height())),
        Direction::Left => {
            let min = pos2(place.max.x - wide, place.min.y);
            Rect::from_min_size(min, vec2(wide, place.height()))
        }
    };
    match &part.kind {
        Lines::Plain => {}
        Lines::Quote => {
            let bar = edge(3.0);
            painter.rect_filled(bar, CornerRadius::same(2), look.aside);
        }
        Lines::Code => {
            painter.rect_filled(place, CornerRadius::same(8), look.code);
        }
        Lines::Item(marker) => {
            let room = edge(inset(&part.kind) - 6.0);
            let middle = place.min.y + look.line / 2.0;
            let (at, anchor) = match part.direction {
                Direction::Right => (pos2(room.max.x, middle), Align2::RIGHT_CENTER),
                Direction::Left => (pos2(room.min.x, middle), Align2::LEFT_CENTER),
            };
            painter.text(at, anchor, marker, look.font.clone(), look.aside);
        }
    }
}

fn pad(part: &Part) -> f32 {
    if part.kind == Lines::Code {
        CODE_PAD
    } else {
        0.0
    }
}

fn gap(before: Option<&Part>, part: &Part) -> f32 {
    let Some(before) = before else {
        return 0.0;
    };
    match (&before.kind, &part.kind) {
        // Lines of one text that read to different sides.
        (Lines::Plain, Lines::Plain) | (Lines::Quote, Lines::Quote) => 0.0,
        (Lines::Item(_), Lines::Item(_)) => 2.0,
        _ => 6.0,
    }
}
