//! What the window shows while files are held over it: for whom they are.

use egui::{Align2, Id, LayerId, Order, Rect, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use crate::{
    gui::{fonts::icon, model::nav::Dialog, strings::tr_name, theme, view::View, widget::text},
    node::view::ChatSummary,
};

/// The open chat, if what is dropped goes there.
pub fn taken_by<'a>(view: &View<'a>) -> Option<&'a ChatSummary> {
    let model = view.model;
    let open = model.nav.chat().and_then(|chat| model.chat(chat));
    let chat = open.filter(|chat| model.can_write(chat))?;
    let dialog = model.nav.dialog();
    let free = dialog.is_none_or(|dialog| dialog == Dialog::Attach(chat.chat_id));
    free.then_some(chat)
}

/// Draws it in front of everything.
pub fn show(ui: &Ui, rect: Rect, view: &View<'_>) {
    if ui.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let Some(chat) = taken_by(view) else {
        return;
    };
    let tokens = view.tokens;
    let layer = LayerId::new(Order::Foreground, Id::unique("held"));
    let painter = ui.ctx().layer_painter(layer);
    painter.rect_filled(rect, 0.0, tokens.accent.gamma_multiply(0.92));
    let font = theme::icon(56.0);
    let at = rect.center() - vec2(0.0, 28.0);
    painter.text(
        at,
        Align2::CENTER_CENTER,
        icon::PAPERCLIP,
        font,
        tokens.on_accent,
    );
    let words = tr_name("attach-drop", &chat.name);
    let font = theme::semibold(theme::SECTION);
    let at = rect.center() + vec2(0.0, 34.0);
    let room = rect.width() - 96.0;
    text::put_heading(&painter, at, &words, room, font, tokens.on_accent);
    let response = ui.interact(rect, Id::unique("held-words"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
}
