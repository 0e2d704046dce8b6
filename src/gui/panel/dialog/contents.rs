//! What is in the folder of a message.

use egui::{Align2, Id, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::head;
use crate::{
    gui::{
        fonts::icon,
        measure,
        model::Referred,
        panel::row,
        strings::{tr, tr_count, tr_name},
        theme,
        view::View,
        widget::{bubble::card::Kind, text},
    },
    node::{MessageId, extension, view::FolderEntry},
};

pub(super) fn show(ui: &mut Ui, id: MessageId, view: &mut View<'_>) {
    let name = match view.model.referred(id) {
        Referred::Here(message) => message.file.as_ref().map(|file| file.name.as_str()),
        Referred::Unknown | Referred::Asked | Referred::Nowhere => None,
    };
    let title = tr_name("contents-title", name.unwrap_or_default());
    let sentence = tr("contents-sentence");
    head(ui, icon::FOLDER, &title, &sentence, view);
    let contents = match &view.model.files.contents {
        None => return row::sentence(ui, &tr("contents-waits")),
        Some(Err(why)) => return row::sentence(ui, why),
        Some(Ok(contents)) => contents,
    };
    if contents.entries.is_empty() {
        row::sentence(ui, &tr("contents-none"));
    }
    let high = (ui.ctx().content_rect().height() - 330.0).clamp(110.0, 420.0);
    ui.scope(|ui| {
        // Rows are as high as is counted on.
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical()
            .id_salt("contents")
            .max_height(high)
            .auto_shrink([false, true])
            .show_rows(ui, ROW, contents.entries.len(), |ui, range| {
                for entry in contents.entries.get(range).unwrap_or_default() {
                    show_entry(ui, entry, view);
                }
            });
    });
    let shown = u64::try_from(contents.entries.len()).unwrap_or(u64::MAX);
    let more = u64::from(contents.count).saturating_sub(shown);
    if more > 0 {
        row::sentence(ui, &tr_count("contents-more", more));
    }
}

/// A row is as far to the right as it is deep.
fn show_entry(ui: &mut Ui, entry: &FolderEntry, view: &View<'_>) {
    let tokens = view.tokens;
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
    let response = ui.interact(rect, Id::unique(("entry", &entry.path)), Sense::hover());
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    let size = entry.size.map(measure::size);
    let label = match &size {
        Some(size) => format!("{}, {size}", entry.path),
        None => tr_name("contents-folder", &entry.path),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    let painter = ui.painter();
    let (glyph, ink) = match entry.size {
        None => (icon::FOLDER, tokens.accent_text),
        Some(_) => (Kind::of(&extension(name)).glyph(), tokens.text2),
    };
    let depth = entry.path.matches('/').count().min(DEEPEST);
    let left = (0..depth).fold(rect.min.x, |left, _| left + 18.0);
    let at = pos2(left + 14.0, rect.center().y);
    painter.text(at, Align2::CENTER_CENTER, glyph, theme::icon(18.0), ink);
    let font = theme::regular(theme::SMALL);
    let at = pos2(rect.max.x - 8.0, rect.center().y);
    let size = size.unwrap_or_default();
    let taken = painter.text(at, Align2::RIGHT_CENTER, size, font, tokens.text3);
    let at = pos2(left + 34.0, rect.center().y);
    let room = taken.min.x - at.x - 12.0;
    let font = theme::regular(theme::BODY);
    text::paint_line(painter, at, name, room, font, tokens.text);
}

/// The height of a row, in points.
const ROW: f32 = 32.0;

/// Deeper ones stand no further to the right.
const DEEPEST: usize = 8;
