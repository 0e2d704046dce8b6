//! The bar at the right of the messages. It shows where one is in the whole history, also in the part
//! that is not in memory.

use egui::{CornerRadius, Rect, Response, Sense, Ui, pos2, vec2};

use crate::gui::{model::timeline::Timeline, theme, widget::vlist::VirtualList};

/// The bar.
#[derive(Debug, Default)]
pub struct ScrollBar {
    /// Where on the handle it was grabbed, in points from its top.
    grabbed: Option<f32>,
}

/// Lengths in points, in double precision: a long history has more points than `f32` can tell apart.
struct Lengths {
    /// Messages before those in memory.
    before: f64,
    /// Everything.
    total: f64,
    /// What is above the view.
    above: f64,
    view: f64,
}

impl ScrollBar {
    /// Draws the bar, and moves the list when it is dragged.
    pub fn show(&mut self, ui: &Ui, rect: Rect, list: &mut VirtualList, timeline: &Timeline) {
        let lengths = lengths(rect, list, timeline);
        if lengths.total <= lengths.view {
            return;
        }
        let track = Rect::from_min_max(pos2(rect.max.x - 12.0, rect.min.y), rect.max);
        let response = ui.interact(track, ui.scope_id().with("bar"), Sense::CLICK | Sense::DRAG);
        let handle = handle(track, &lengths);
        self.drag(&response, track, handle, &lengths, list);
        let hot = response.hovered() || response.dragged();
        if !hot && !ui.rect_contains_pointer(rect) {
            return;
        }
        let tokens = theme::tokens(ui.ctx());
        let width = if hot { 7.0 } else { 4.0 };
        let ink = tokens.text3.gamma_multiply(if hot { 0.7 } else { 0.4 });
        let left = pos2(track.max.x - width - 3.0, handle.min.y);
        let shape = Rect::from_min_size(left, vec2(width, handle.height()));
        ui.painter().rect_filled(shape, CornerRadius::same(4), ink);
    }

    fn drag(
        &mut self,
        response: &Response,
        track: Rect,
        handle: Rect,
        lengths: &Lengths,
        list: &mut VirtualList,
    ) {
        let pointer = response
            .interact_pointer_pos()
            .filter(|_| response.dragged());
        let Some(pointer) = pointer else {
            self.grabbed = None;
            return;
        };
        let on_handle = (pointer.y - handle.min.y).clamp(0.0, handle.height());
        let grabbed = *self.grabbed.get_or_insert(on_handle);
        let room = f64::from(track.height() - handle.height()).max(1.0);
        let share = f64::from(pointer.y - track.min.y - grabbed) / room;
        let above = share.clamp(0.0, 1.0) * (lengths.total - lengths.view);
        if share >= 1.0 {
            list.go_to_end();
            return;
        }
        let (row, into) = list.heights().at(above - lengths.before);
        list.go_to(row, -into);
    }
}

fn lengths(rect: Rect, list: &VirtualList, timeline: &Timeline) -> Lengths {
    let heights = list.heights();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let mean = heights.total() / heights.len().max(1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let first = timeline.messages().front().map_or(0, |first| first.seq) as f64;
    let before = if timeline.at_start() {
        0.0
    } else {
        first * mean
    };
    let (row, offset) = list.anchor();
    Lengths {
        before,
        total: before + heights.total(),
        above: before + heights.before(row) - f64::from(offset),
        view: f64::from(rect.height()),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "points on screen")]
fn handle(track: Rect, lengths: &Lengths) -> Rect {
    let share = (lengths.view / lengths.total) as f32;
    let height = (track.height() * share).max(32.0);
    let most = (lengths.total - lengths.view).max(1.0);
    let at = (lengths.above / most).clamp(0.0, 1.0) as f32;
    let top = track.min.y + (track.height() - height) * at;
    Rect::from_min_size(pos2(track.min.x, top), vec2(track.width(), height))
}
