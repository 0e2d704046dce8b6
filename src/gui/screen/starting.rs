//! While the node starts.

use egui::{Align2, Rect, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use crate::gui::{
    fonts::icon,
    strings::tr,
    theme,
    view::View,
    widget::{hero, text},
};

/// Draws it.
pub fn show(ui: &Ui, rect: Rect, view: &View<'_>) {
    let tokens = view.tokens;
    ui.painter().rect_filled(rect, 0.0, tokens.list);
    let words = tr("starting");
    let response = ui.interact(rect, ui.scope_id().with("starting"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
    let middle = rect.center();
    hero::paint_icon(
        ui.painter(),
        middle - vec2(0.0, 30.0),
        44.0,
        icon::CHATS_CIRCLE,
        tokens,
    );
    let font = theme::regular(theme::BODY);
    let at = middle + vec2(0.0, 44.0);
    text::put(
        ui.painter(),
        at,
        Align2::CENTER_CENTER,
        words,
        font,
        tokens.text2,
    );
}
