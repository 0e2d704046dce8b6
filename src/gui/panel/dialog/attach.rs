//! Files for a chat: which, by looking through folders, and what to say about them.

use std::path::Path;

use egui::{
    Align2, Context, CornerRadius, Id, Rect, ScrollArea, Sense, Stroke, StrokeKind, TextureId, Ui,
    Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{Fields, PLAIN, TOPIC, head, line, refusal};
use crate::{
    gui::{
        action::{Action, FileAction},
        disk::{Chosen, Folder, Row},
        fonts::icon,
        measure,
        panel::{composer::LONGEST, timeline::how_much},
        strings::{Argument, tr, tr_count, tr_name, tr_with},
        theme,
        view::View,
        weight::Weight,
        widget::{
            bubble::card::Kind,
            button::{self, Pill},
            field::Field,
            switch, text,
            texture::{self, covering},
        },
    },
    node::{ChatId, extension},
};

pub(super) fn show(ui: &mut Ui, fields: &mut Fields, chat: ChatId, view: &mut View<'_>) {
    let name = view.model.chat(chat).map_or("", |row| &row.name);
    let title = tr_name("attach-title", name);
    let sentence = tr("attach-sentence");
    head(ui, icon::PAPERCLIP, &title, &sentence, view);
    let model = view.model;
    if let Some(folder) = &model.files.folder {
        browse(ui, fields, folder, chat, view);
    } else if model.files.chosen.is_empty() {
        if model.around.chooser {
            pick(ui, chat, view);
        }
        place(ui, fields, view);
        refusal(ui, model.dialog.refused.as_deref());
    } else {
        sheet(ui, fields, chat, view);
    }
}

/// The desktop's own window, for files or for a folder.
fn pick(ui: &mut Ui, chat: ChatId, view: &mut View<'_>) {
    for (words, folder) in [("attach-files", false), ("attach-folder", true)] {
        if button::wide_pill(ui, &tr(words), Pill::Plain).clicked() {
            view.act(Action::File(FileAction::Pick { chat, folder }));
        }
    }
}

/// A place to look at.
fn place(ui: &mut Ui, fields: &mut Fields, view: &mut View<'_>) {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 44.0));
    let up = Rect::from_min_size(rect.min, vec2(44.0, 44.0));
    let parent = fields.folder.as_deref().and_then(Path::parent);
    if let Some(parent) = parent
        && button::quiet_icon(ui, up, icon::ARROW_UP, &tr("attach-up")).clicked()
    {
        view.act(Action::File(FileAction::Look(parent.to_owned())));
    }
    let field = Field {
        label: &tr("attach-place"),
        hint: &tr("attach-place"),
        icon: None,
        secret: false,
        limit: 4096,
    };
    let rest = rect.with_min_x(up.max.x + 8.0);
    let (_, entered) = field.show(ui, rest, Id::unique(PLAIN), &mut fields.plain);
    let wanted = fields.plain.trim();
    if entered && !wanted.is_empty() {
        view.act(Action::File(FileAction::Look(wanted.into())));
    }
}

fn browse(ui: &mut Ui, fields: &mut Fields, folder: &Folder, chat: ChatId, view: &mut View<'_>) {
    if fields.folder.as_ref() != Some(&folder.path) {
        fields.plain = folder.path.display().to_string();
        fields.folder = Some(folder.path.clone());
    }
    place(ui, fields, view);
    refusal(ui, view.model.dialog.refused.as_deref());
    let high = (ui.ctx().content_rect().height() - 420.0).clamp(120.0, 330.0);
    ui.scope(|ui| {
        // Rows are as high as is counted on.
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical()
            .id_salt(("folder", &folder.path))
            .max_height(high)
            .min_scrolled_height(high)
            .auto_shrink([false, false])
            .show_rows(ui, ROW, folder.rows.len(), |ui, range| {
                for row in folder.rows.get(range).unwrap_or_default() {
                    if show_row(ui, row, view) {
                        let path = folder.path.join(&row.name);
                        view.act(Action::File(match row.size {
                            None => FileAction::Look(path),
                            Some(_) => FileAction::Choose(chat, vec![path]),
                        }));
                    }
                }
                if folder.rows.is_empty() {
                    crate::gui::panel::row::sentence(ui, &tr("attach-empty"));
                }
            });
    });
    if button::wide_pill(ui, &tr("attach-whole"), Pill::Plain).clicked() {
        let whole = vec![folder.path.clone()];
        view.act(Action::File(FileAction::Choose(chat, whole)));
    }
    if view.model.files.chosen.is_empty() {
        return;
    }
    let words = tr("attach-stop");
    if button::wide_pill(ui, &words, Pill::Plain).clicked() {
        view.act(Action::File(FileAction::StopLooking));
    }
}

fn show_row(ui: &mut Ui, row: &Row, view: &View<'_>) -> bool {
    let tokens = view.tokens;
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
    let response = ui.interact(rect, ui.scope_id().with(&row.name), Sense::click());
    let size = row.size.map(measure::size);
    let label = match &size {
        Some(size) => format!("{}, {size}", row.name),
        None => tr_name("attach-open", &row.name),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    let painter = ui.painter();
    let round = CornerRadius::same(10);
    if response.hovered() {
        painter.rect_filled(rect, round, tokens.hover);
    }
    if response.has_focus() {
        let stroke = Stroke::new(2.0, tokens.accent_text);
        painter.rect_stroke(rect, round, stroke, StrokeKind::Inside);
    }
    let (glyph, ink) = match row.size {
        None => (icon::FOLDER, tokens.accent_text),
        Some(_) => (Kind::of(&extension(&row.name)).glyph(), tokens.text2),
    };
    let at = pos2(rect.min.x + 22.0, rect.center().y);
    painter.text(at, Align2::CENTER_CENTER, glyph, theme::icon(20.0), ink);
    let font = theme::regular(theme::SMALL);
    let at = pos2(rect.max.x - 14.0, rect.center().y);
    let size = size.unwrap_or_default();
    let taken = painter.text(at, Align2::RIGHT_CENTER, size, font, tokens.text3);
    let left = rect.min.x + 44.0;
    let at = pos2(left, rect.center().y);
    let room = taken.min.x - left - 12.0;
    let font = theme::regular(theme::BODY);
    text::paint_line(painter, at, &row.name, room, font, tokens.text);
    response.clicked()
}

/// What was chosen: its names and sizes, and what to say about it.
fn sheet(ui: &mut Ui, fields: &mut Fields, chat: ChatId, view: &mut View<'_>) {
    let model = view.model;
    let high = (ui.ctx().content_rect().height() - 566.0).clamp(60.0, 240.0);
    ScrollArea::vertical()
        .id_salt("chosen")
        .max_height(high)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for file in &model.files.chosen {
                show_chosen(ui, file, view);
            }
        });
    refusal(ui, model.dialog.refused.as_deref());
    if model.files.has_pictures() {
        original(ui, view);
    }
    if model.files.chosen.iter().any(|file| file.folder.is_some()) {
        crate::gui::panel::row::sentence(ui, &tr("attach-as-it-is"));
    }
    let entered = line(ui, TOPIC, &tr("attach-caption"), false, &mut fields.topic);
    let caption = fields.topic.trim();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 46.0));
    let (left, right) = rect.split_left_right_at_fraction(0.4);
    let left = left.with_max_x(left.max.x - 6.0);
    if button::pill(ui, left, &tr("attach-more"), Pill::Plain).clicked() {
        let there = fields.folder.clone().unwrap_or_default();
        view.act(Action::File(if model.around.chooser {
            FileAction::Pick {
                chat,
                folder: false,
            }
        } else {
            FileAction::Look(there)
        }));
    }
    let right = right.with_min_x(right.min.x + 6.0);
    let ready = caption.len() <= LONGEST && !model.files.has_refused();
    let kind = if ready { Pill::Primary } else { Pill::Disabled };
    let verb = tr_count("attach-send", model.files.chosen.len() as u64);
    let clicked = button::pill(ui, right, &verb, kind).clicked();
    if ready && (clicked || entered) {
        let caption = caption.to_owned();
        view.act(Action::File(FileAction::Send { chat, caption }));
    }
}

/// Whether pictures go with all that is in them.
fn original(ui: &mut Ui, view: &mut View<'_>) {
    let tokens = view.tokens;
    let on = view.model.files.original;
    let (_, row) = ui.allocate_space(vec2(ui.available_width(), 46.0));
    let [wide, high] = switch::SIZE;
    let room = row.width() - wide - 16.0;
    let at = pos2(row.min.x + 2.0, row.center().y - 10.0);
    let label = tr("attach-original");
    let font = theme::medium(theme::BODY);
    text::paint_line(ui.painter(), at, &label, room, font, tokens.text);
    let at = pos2(row.min.x + 2.0, row.center().y + 10.0);
    let hint = tr(if on {
        "attach-original-on"
    } else {
        "attach-original-off"
    });
    let font = theme::regular(theme::SMALL);
    text::paint_line(ui.painter(), at, &hint, room, font, tokens.text2);
    let words = Rect::from_min_max(row.min, pos2(row.min.x + room, row.max.y));
    let response = ui.interact(words, Id::unique("original hint"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &hint));
    let center = pos2(row.max.x - wide / 2.0 - 2.0, row.center().y);
    let place = Rect::from_center_size(center, vec2(wide, high));
    if switch::switch(ui, place, &label, on).clicked() {
        view.act(Action::File(FileAction::Original(!on)));
    }
}

/// How large it is, and what would be sent of it; or why that cannot be, which is bad news.
fn weighed(file: &Chosen, view: &View<'_>) -> (String, bool) {
    let size = how_much(file.folder, file.size);
    let files = &view.model.files;
    match files.weight(&file.path) {
        Some(Weight::Refused(why)) if !files.original => (why.clone(), true),
        Some(Weight::Picture { size: less, .. }) if !files.original => {
            let less = measure::size(*less);
            if less == size {
                return (size, false);
            }
            let both = [
                ("less", Argument::Text(&less)),
                ("size", Argument::Text(&size)),
            ];
            (tr_with("attach-less", &both), false)
        }
        Some(Weight::Whole | Weight::Picture { .. } | Weight::Refused(_)) | None => (size, false),
    }
}

fn show_chosen(ui: &mut Ui, file: &Chosen, view: &mut View<'_>) {
    let tokens = view.tokens;
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 56.0));
    let id = Id::unique(("chosen", &file.path));
    let response = ui.interact(rect, id, Sense::hover());
    let (size, bad) = weighed(file, view);
    let both = [
        ("name", Argument::Text(&file.name)),
        ("size", Argument::Text(&size)),
    ];
    let label = tr_with("attach-chosen", &both);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    let painter = ui.painter();
    let middle = rect.center().y;
    let disc = pos2(rect.min.x + 20.0, middle);
    if let Some((texture, size)) = seen(ui.ctx(), file, view) {
        let place = Rect::from_center_size(disc, vec2(40.0, 40.0));
        painter.add(covering(texture, size, place, CornerRadius::same(8)));
    } else {
        painter.circle_filled(disc, 20.0, tokens.soft);
        let kind = match file.folder {
            Some(_) => Kind::Folder,
            None => Kind::of(&extension(&file.name)),
        };
        let glyph = kind.glyph();
        let font = theme::icon(20.0);
        painter.text(disc, Align2::CENTER_CENTER, glyph, font, tokens.accent_text);
    }
    let (left, room) = (rect.min.x + 52.0, rect.width() - 52.0 - 44.0);
    let at = pos2(left, middle - 10.0);
    let font = theme::medium(theme::TITLE);
    text::paint_line(painter, at, &file.name, room, font, tokens.text);
    let at = pos2(left, middle + 11.0);
    let font = theme::regular(theme::SMALL);
    let ink = if bad { tokens.danger } else { tokens.text2 };
    text::paint_line(painter, at, &size, room, font, ink);
    let cross = Rect::from_center_size(pos2(rect.max.x - 18.0, middle), vec2(36.0, 36.0));
    let label = tr_name("attach-without", &file.name);
    if button::quiet_icon(ui, cross, icon::X, &label).clicked() {
        view.act(Action::File(FileAction::Unchoose(file.path.clone())));
    }
}

/// What a chosen picture looks like, once that is known.
fn seen(ctx: &Context, file: &Chosen, view: &View<'_>) -> Option<(TextureId, Vec2)> {
    let Some(Weight::Picture {
        seen: Some(seen), ..
    }) = view.model.files.weight(&file.path)
    else {
        return None;
    };
    let key = blake3::hash(file.path.as_os_str().as_encoded_bytes());
    texture::texture(ctx, *key.as_bytes(), seen)
}

/// The height of a row of a folder, in points.
const ROW: f32 = 40.0;
