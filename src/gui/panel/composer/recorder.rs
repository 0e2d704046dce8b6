//! What is being spoken, in place of what is written: how long it is and how loud, and whether it is sent.

use egui::{
    Align2, CornerRadius, Event, Key, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use crate::{
    gui::{
        action::{Action, SoundAction},
        fonts::icon,
        measure,
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::button,
    },
    node::ChatId,
};

/// The microphone beside the clip.
pub(super) fn microphone(ui: &Ui, field: Rect, chat: ChatId, view: &mut View<'_>) {
    let center = pos2(field.max.x - 91.0, field.max.y - 21.0);
    let place = Rect::from_center_size(center, vec2(34.0, 34.0));
    if view.model.sound.missing {
        let response = ui.interact(place, ui.scope_id().with("deaf"), Sense::hover());
        let label = tr("composer-record");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, false, &label));
        let (font, ink) = (theme::icon(21.0), view.tokens.text3.gamma_multiply(0.6));
        let painter = ui.painter();
        let glyph = icon::MICROPHONE;
        painter.text(center, Align2::CENTER_CENTER, glyph, font, ink);
        response.on_hover_text(tr("sound-none"));
        return;
    }
    let label = tr("composer-record");
    if button::quiet_icon(ui, place, icon::MICROPHONE, &label).clicked() {
        view.act(Action::Sound(SoundAction::Record(chat)));
    }
}

/// Draws what is spoken for a chat, if something is. Enter sends it, Escape forgets it.
pub(super) fn show(ui: &Ui, field: Rect, send: Rect, chat: ChatId, view: &mut View<'_>) -> bool {
    let spoken = view.model.sound.spoken.as_ref();
    let Some(spoken) = spoken.filter(|spoken| spoken.chat == chat) else {
        return false;
    };
    let tokens = view.tokens;
    let painter = ui.painter();
    painter.rect_filled(field, CornerRadius::same(21), tokens.field);
    let middle = field.center().y;
    painter.circle_filled(pos2(field.min.x + 22.0, middle), 6.0, tokens.danger);
    let time = measure::clock(spoken.ms);
    let status = Rect::from_min_max(field.min, pos2(field.min.x + 92.0, field.max.y));
    let response = ui.interact(status, ui.scope_id().with("spoken"), Sense::hover());
    let label = tr_name("recorder-status", &time);
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &label));
    let font = theme::medium(theme::BODY);
    let at = pos2(field.min.x + 38.0, middle);
    painter.text(at, Align2::LEFT_CENTER, &time, font, tokens.text);
    let right = field.max.x - 50.0;
    let mut x = right;
    for level in spoken.levels.iter().rev() {
        if x < field.min.x + 100.0 {
            break;
        }
        let high = 3.0 + (field.height() - 21.0).min(22.0) * f32::from(*level) / 31.0;
        let bar = Rect::from_center_size(pos2(x, middle), vec2(3.0, high));
        painter.rect_filled(bar, CornerRadius::same(1), tokens.accent_text);
        x -= 5.0;
    }
    let center = pos2(field.max.x - 24.0, middle);
    let cross = Rect::from_center_size(center, vec2(34.0, 34.0));
    let discarded = button::quiet_icon(ui, cross, icon::TRASH, &tr("recorder-discard")).clicked();
    let response = ui.interact(send, ui.scope_id().with("sent"), Sense::click());
    let label = tr("recorder-send");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    painter.circle_filled(send.center(), 21.0, tokens.accent);
    let at = send.center() + vec2(1.0, 0.0);
    let font = theme::icon_fill(19.0);
    let (glyph, ink) = (icon::PAPER_PLANE_RIGHT, tokens.on_accent);
    painter.text(at, Align2::CENTER_CENTER, glyph, font, ink);
    button::focus_ring(painter, &response, send, 21, tokens);
    let sent = response.clicked();
    response.on_hover_text(label);
    let focused = ui.memory(egui::Memory::focused).is_some();
    if discarded || take(ui, Key::Escape) {
        view.act(Action::Sound(SoundAction::Discard));
    } else if sent || !focused && take(ui, Key::Enter) {
        view.act(Action::Sound(SoundAction::Send));
    }
    true
}

fn take(ui: &Ui, wanted: Key) -> bool {
    ui.input_mut(|input| {
        let before = input.events.len();
        input.events.retain(|event| {
            !matches!(
                event,
                Event::Key { key, pressed: true, modifiers, .. } if *key == wanted && modifiers.is_none()
            )
        });
        input.events.len() != before
    })
}
