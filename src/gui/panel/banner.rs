//! Honest lines above the messages: what is missing, what is not shown, whose device is not as it
//! should be.

use egui::{Align2, Pos2, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::{
    gui::{
        fonts::icon,
        strings::{Argument, tr, tr_name, tr_with},
        theme,
        view::View,
    },
    node::{
        PersonId,
        view::{ChatSummary, Missing},
    },
};

/// Draws them below each other. Returns their height.
pub fn show(ui: &Ui, left_top: Pos2, width: f32, chat: &ChatSummary, view: &View<'_>) -> f32 {
    let mut top = left_top;
    for (nth, (glyph, words)) in lines(chat, view).into_iter().enumerate() {
        top.y += show_line(ui, nth, top, width, (glyph, &words));
    }
    top.y - left_top.y
}

/// An icon and a sentence each; of very many the first few.
fn lines(chat: &ChatSummary, view: &View<'_>) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(person) = chat.person_id {
        if chat.missing > 0 || !chat.complete {
            lines.push((icon::HOURGLASS, gap(person, &chat.name, chat.missing, view)));
        }
        return lines;
    }
    let Some(info) = view.model.group(chat.chat_id) else {
        return lines;
    };
    for person in &info.forked {
        let words = if view.model.me.person_id == Some(*person) {
            tr("banner-forked-mine")
        } else {
            tr_name("banner-forked", &view.model.name_of(*person))
        };
        lines.push((icon::SHIELD_WARNING, words));
    }
    for Missing {
        person_id, count, ..
    } in &info.after_removal
    {
        let words = counted(
            "banner-after-removal",
            &view.model.name_of(*person_id),
            *count,
        );
        lines.push((icon::PROHIBIT, words));
    }
    for Missing {
        person_id,
        count,
        available,
    } in &info.missing
    {
        let key = if *available {
            "gap-online"
        } else {
            "gap-nobody"
        };
        let words = counted(key, &view.model.name_of(*person_id), *count);
        lines.push((icon::HOURGLASS, words));
    }
    lines.truncate(MOST);
    lines
}

fn gap(person: PersonId, name: &str, missing: u32, view: &View<'_>) -> String {
    let key = if view.model.is_online(person) {
        "gap-online"
    } else {
        "gap-offline"
    };
    counted(key, name, missing)
}

fn counted(key: &str, name: &str, count: u32) -> String {
    let arguments = [
        ("count", Argument::Count(count.into())),
        ("name", Argument::Text(name)),
    ];
    tr_with(key, &arguments)
}

fn show_line(ui: &Ui, nth: usize, left_top: Pos2, width: f32, line: (&str, &str)) -> f32 {
    let tokens = theme::tokens(ui.ctx());
    let (glyph, words) = line;
    let room = width - 2.0 * theme::GUTTER - 26.0;
    let font = theme::medium(theme::SMALL);
    let galley = ui
        .painter()
        .layout(words.to_owned(), font, tokens.warn, room);
    let size = vec2(width, (galley.size().y + 16.0).max(34.0));
    let rect = Rect::from_min_size(left_top, size);
    let response = ui.interact(rect, ui.scope_id().with(("gap", nth)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, words));
    ui.painter().rect_filled(rect, 0.0, tokens.warn_soft);
    let middle = rect.center().y;
    let at = pos2(rect.min.x + theme::GUTTER, middle);
    ui.painter().text(
        at,
        Align2::LEFT_CENTER,
        glyph,
        theme::icon(17.0),
        tokens.warn,
    );
    let at = pos2(
        rect.min.x + theme::GUTTER + 26.0,
        middle - galley.size().y / 2.0,
    );
    ui.painter().galley(at, galley, tokens.warn);
    size.y
}

/// Lines above a chat; more would leave no room for it.
const MOST: usize = 4;
