//! My invite: a link and the same as a QR code.

use egui::{Align2, CornerRadius, Rect, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use super::{head, refusal};
use crate::gui::{
    action::Action,
    fonts::icon,
    strings::tr,
    theme,
    view::View,
    widget::{
        button::{self, Pill},
        qr, text,
    },
};

pub(super) fn show(ui: &mut Ui, view: &mut View<'_>) {
    head(
        ui,
        icon::LINK,
        &tr("invite-title"),
        &tr("invite-sentence"),
        view,
    );
    let tokens = view.tokens;
    let model = view.model;
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 244.0));
    let code = Rect::from_center_size(rect.center(), vec2(232.0, 232.0));
    let Some(invite) = &model.invite else {
        let font = theme::regular(theme::SMALL);
        if model.dialog.waiting {
            let at = rect.center();
            text::put(
                ui.painter(),
                at,
                Align2::CENTER_CENTER,
                tr("invite-waiting"),
                font,
                tokens.text3,
            );
        }
        refusal(ui, model.dialog.refused.as_deref());
        return;
    };
    qr::show(ui, code, &invite.qr_svg, &tr("invite-qr"));
    let (id, line) = ui.allocate_space(vec2(ui.available_width(), 44.0));
    let response = ui.interact(line, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &invite.link));
    ui.painter()
        .rect_filled(line, CornerRadius::same(12), tokens.field);
    let at = line.left_center() + vec2(14.0, 0.0);
    let font = theme::mono(12.5);
    text::paint_line(
        ui.painter(),
        at,
        &invite.link,
        line.width() - 28.0,
        font,
        tokens.text2,
    );

    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 46.0));
    let (left, right) = rect.split_left_right_at_fraction(0.4);
    let again = left.with_max_x(left.max.x - 6.0);
    if button::pill(ui, again, &tr("invite-again"), Pill::Plain).clicked() {
        view.act(Action::Invite);
    }
    let copy = right.with_min_x(right.min.x + 6.0);
    if button::pill(ui, copy, &tr("invite-copy"), Pill::Primary).clicked() {
        view.act(Action::Copy(invite.link.clone()));
    }
}
