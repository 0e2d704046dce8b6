//! The recovery words, shown only when asked for.

use egui::{Align2, CornerRadius, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use zeroize::Zeroizing;

use super::{CURRENT, Fields, head, line, refusal};
use crate::gui::{
    action::Action,
    fonts::icon,
    strings::tr,
    theme,
    view::View,
    widget::button::{self, Pill},
};

pub(super) fn show(ui: &mut Ui, fields: &mut Fields, view: &mut View<'_>) {
    head(
        ui,
        icon::KEY,
        &tr("recovery-title"),
        &tr("recovery-sentence"),
        view,
    );
    match &view.model.recovery {
        Some(words) => revealed(ui, words, view),
        None => hidden(ui, fields, view),
    }
}

fn hidden(ui: &mut Ui, fields: &mut Fields, view: &mut View<'_>) {
    let protected = view.model.me.protected;
    let entered = protected
        && line(
            ui,
            CURRENT,
            &tr("passphrase-current"),
            true,
            &mut fields.current,
        );
    warn(ui, &tr("recovery-warning"));
    refusal(ui, view.model.dialog.refused.as_deref());
    let ready = !view.model.dialog.waiting && (!protected || !fields.current.is_empty());
    let kind = if ready { Pill::Primary } else { Pill::Disabled };
    let clicked = button::wide_pill(ui, &tr("recovery-reveal"), kind).clicked();
    if ready && (clicked || entered) {
        let passphrase = protected.then(|| Zeroizing::new(fields.current.clone()));
        view.act(Action::Recovery { passphrase });
    }
}

fn revealed(ui: &mut Ui, words: &Zeroizing<String>, view: &mut View<'_>) {
    let tokens = view.tokens;
    let list: Vec<&str> = words.split_whitespace().collect();
    let columns = 4;
    let width = ui.available_width();
    let gap = 8.0;
    #[expect(clippy::cast_precision_loss, reason = "four")]
    let cell = (width - gap * (columns - 1) as f32) / columns as f32;
    #[expect(clippy::cast_precision_loss, reason = "six")]
    let height = list.len().div_ceil(columns) as f32 * 42.0;
    let (id, rect) = ui.allocate_space(vec2(width, height));
    let response = ui.interact(rect, id, Sense::hover());
    let label = format!("{}: {}", tr("recovery-words"), list.join(" "));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    for (nth, word) in list.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "at most 24")]
        let (x, y) = ((nth % columns) as f32, (nth / columns) as f32);
        let at = pos2(rect.min.x + x * (cell + gap), rect.min.y + y * 42.0);
        let place = Rect::from_min_size(at, vec2(cell, 36.0));
        ui.painter()
            .rect_filled(place, CornerRadius::same(10), tokens.field);
        let number = (nth + 1).to_string();
        let at = place.left_center() + vec2(24.0, 0.0);
        let font = theme::regular(theme::CAPTION);
        ui.painter()
            .text(at, Align2::RIGHT_CENTER, number, font, tokens.text3);
        let at = place.left_center() + vec2(31.0, 0.0);
        let font = theme::medium(13.5);
        ui.painter()
            .text(at, Align2::LEFT_CENTER, word, font, tokens.text);
    }
    warn(ui, &tr("recovery-warning"));
    let (_, rect) = ui.allocate_space(vec2(width, 46.0));
    let (left, right) = rect.split_left_right_at_fraction(0.35);
    let copy = left.with_max_x(left.max.x - 6.0);
    if button::pill(ui, copy, &tr("recovery-copy"), Pill::Plain).clicked() {
        view.act(Action::CopySecret(words.clone()));
    }
    let done = right.with_min_x(right.min.x + 6.0);
    if button::pill(ui, done, &tr("recovery-done"), Pill::Primary).clicked() {
        view.act(Action::CloseDialog);
    }
}

fn warn(ui: &mut Ui, words: &str) {
    let tokens = theme::tokens(ui.ctx());
    let (id, rect) = ui.allocate_space(vec2(ui.available_width(), 24.0));
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let at = rect.left_center() + vec2(2.0, 0.0);
    let font = theme::icon(18.0);
    ui.painter()
        .text(at, Align2::LEFT_CENTER, icon::EYE_SLASH, font, tokens.warn);
    let at = rect.left_center() + vec2(28.0, 0.0);
    let font = theme::medium(theme::SMALL);
    ui.painter()
        .text(at, Align2::LEFT_CENTER, words, font, tokens.warn);
}
