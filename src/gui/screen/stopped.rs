//! The node did not start, or has ended: why, and what to do.

use egui::{Rect, Sense, Ui, ViewportCommand, WidgetInfo, accesskit::Role, vec2};

use crate::gui::{
    action::Action,
    fonts::icon,
    strings::tr,
    theme,
    view::View,
    widget::{
        button::{self, Pill},
        hero,
    },
};

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, why: &str, damaged: bool, view: &mut View<'_>) {
    let tokens = view.tokens;
    let width = 520f32.min(rect.width() - 32.0);
    let next = tr(if damaged {
        "stopped-next-damaged"
    } else {
        "stopped-next"
    });
    let words = format!("{why}\n\n{next}");
    let font = theme::regular(theme::BODY);
    let galley = ui
        .painter()
        .layout(words.clone(), font, tokens.text2, width - 96.0);
    let height = 306.0 + galley.size().y;
    let size = vec2(width, height);
    let card = hero::card(ui, rect, size, icon::WARNING, &tr("stopped-title"));
    let at = card.min + vec2(48.0, 176.0);
    let place = Rect::from_min_size(at, galley.size());
    let response = ui.interact(place, ui.scope_id().with("why"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &words));
    ui.painter().galley(at, galley, tokens.text2);

    let row = Rect::from_min_size(
        card.left_bottom() + vec2(48.0, -94.0),
        vec2(width - 96.0, 46.0),
    );
    let (left, right) = row.split_left_right_at_fraction(0.5);
    let copy = left.with_max_x(left.max.x - 6.0);
    if button::pill(ui, copy, &tr("stopped-copy"), Pill::Plain).clicked() {
        view.act(Action::Copy(why.to_owned()));
    }
    let close = right.with_min_x(right.min.x + 6.0);
    if button::pill(ui, close, &tr("stopped-close"), Pill::Primary).clicked() {
        ui.ctx().send_viewport_cmd(ViewportCommand::Close);
    }
}
