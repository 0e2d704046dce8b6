//! The beginning of the history: with whom, and who can read it.

use egui::{Painter, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2};

use super::rows::in_group;
use crate::gui::{
    model::timeline::Timeline,
    strings::tr_name,
    theme,
    view::View,
    widget::{avatar, text},
};

/// The height of the row.
pub(super) fn height(painter: &Painter, width: f32, view: &View<'_>, timeline: &Timeline) -> f32 {
    let Some(chat) = view.model.chat(timeline.chat()) else {
        return LEAST;
    };
    let words = words(view.model.chat_face(chat).name, view, timeline);
    let font = theme::regular(theme::SMALL);
    let said = text::centred(painter, &words, room(width), font, view.tokens.text3);
    (SENTENCE + said.size().y + 20.0).max(LEAST)
}

/// Draws it.
pub(super) fn show(ui: &Ui, row: Rect, view: &View<'_>, timeline: &Timeline) {
    let Some(chat) = view.model.chat(timeline.chat()) else {
        return;
    };
    let tokens = view.tokens;
    let middle = row.center().x;
    let face = view.model.chat_face(chat);
    avatar::paint(ui.painter(), pos2(middle, row.min.y + 60.0), 72.0, face);
    let font = theme::semibold(theme::SECTION);
    let wide = row.width() - 2.0 * theme::GUTTER;
    let name = text::one_line(face.name, wide, font, tokens.text);
    let name = ui.painter().layout_job(name);
    let at = pos2(middle, row.min.y + 118.0) - name.size() / 2.0;
    ui.painter().galley(at, name, tokens.text);
    let words = words(face.name, view, timeline);
    let response = ui.interact(row, ui.scope_id().with("start"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let top = pos2(middle, row.min.y + SENTENCE);
    let font = theme::regular(theme::SMALL);
    let width = room(row.width());
    text::paint_centred(ui.painter(), top, &words, width, font, tokens.text3);
}

fn words(name: &str, view: &View<'_>, timeline: &Timeline) -> String {
    if in_group(view, timeline) {
        tr_name("start-group", name)
    } else {
        tr_name("start-sentence", name)
    }
}

/// How wide the sentence is.
fn room(row: f32) -> f32 {
    (row - 80.0).min(440.0)
}

/// Where the sentence begins, below the top of the row.
const SENTENCE: f32 = 138.0;

/// The row with a sentence of three lines.
pub(super) const LEAST: f32 = 216.0;
