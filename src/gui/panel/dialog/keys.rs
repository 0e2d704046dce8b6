//! What the keys do.

use egui::{
    Align2, Id, Key, KeyboardShortcut, Modifiers, ScrollArea, Sense, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::head;
use crate::gui::{fonts::icon, strings::tr, theme, view::View, widget::text};

/// Keys, and what they do, by its name.
const KEYS: [(&[(Modifiers, Key)], &str); 14] = [
    (
        &[(Modifiers::COMMAND, Key::K), (WITH_SHIFT, Key::F)],
        "keys-search",
    ),
    (&[(Modifiers::COMMAND, Key::F)], "keys-seek"),
    (
        &[
            (Modifiers::NONE, Key::ArrowUp),
            (Modifiers::NONE, Key::ArrowDown),
        ],
        "keys-rows",
    ),
    (&[(Modifiers::NONE, Key::Enter)], "keys-open"),
    (&[(Modifiers::NONE, Key::Escape)], "keys-back"),
    (
        &[
            (Modifiers::ALT, Key::ArrowUp),
            (Modifiers::ALT, Key::ArrowDown),
        ],
        "keys-chats",
    ),
    (&[(Modifiers::SHIFT, Key::Enter)], "keys-line"),
    (&[(Modifiers::NONE, Key::ArrowUp)], "keys-edit"),
    (&[(Modifiers::COMMAND, Key::O)], "keys-attach"),
    (
        &[
            (Modifiers::NONE, Key::PageUp),
            (Modifiers::NONE, Key::PageDown),
        ],
        "keys-scroll",
    ),
    (&[(Modifiers::COMMAND, Key::End)], "keys-end"),
    (&[(Modifiers::COMMAND, Key::N)], "keys-people"),
    (&[(Modifiers::COMMAND, Key::Comma)], "keys-settings"),
    (&[(Modifiers::COMMAND, Key::L)], "keys-lock"),
];

/// With the command key and shift.
const WITH_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

pub(super) fn show(ui: &mut Ui, view: &mut View<'_>) {
    let (title, sentence) = (tr("keys-title"), tr("keys-sentence"));
    head(ui, icon::TERMINAL_WINDOW, &title, &sentence, view);
    let high = (ui.ctx().content_rect().height() - 300.0).clamp(110.0, 420.0);
    ScrollArea::vertical()
        .id_salt("keys")
        .max_height(high)
        .min_scrolled_height(high)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (keys, what) in KEYS {
                show_keys(ui, keys, &tr(what), view);
            }
        });
}

fn show_keys(ui: &mut Ui, keys: &[(Modifiers, Key)], what: &str, view: &View<'_>) {
    let tokens = view.tokens;
    let names = keys.iter().map(|(modifiers, key)| {
        let shortcut = KeyboardShortcut::new(*modifiers, *key);
        ui.ctx().format_shortcut(&shortcut)
    });
    let names = names.collect::<Vec<_>>().join("  ");
    let (_, row) = ui.allocate_space(vec2(ui.available_width(), 34.0));
    let label = format!("{names}: {what}");
    let response = ui.interact(row, Id::unique(("keys", what)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    let painter = ui.painter();
    let font = theme::mono(theme::SMALL);
    text::put(
        painter,
        row.left_center(),
        Align2::LEFT_CENTER,
        &names,
        font,
        tokens.text2,
    );
    let at = pos2(row.min.x + 168.0, row.center().y);
    let room = row.max.x - at.x;
    text::paint_line(
        painter,
        at,
        what,
        room,
        theme::regular(theme::BODY),
        tokens.text,
    );
}
