//! What a new profile sees first: who one is here, and what can be done. Nothing must be.

use egui::{Align2, Layout, Rect, Ui, UiBuilder, pos2, vec2};

use crate::gui::{
    action::Action,
    model::nav::Dialog,
    strings::{tr, tr_name},
    theme,
    view::View,
    widget::{
        avatar,
        button::{self, Pill},
        text,
    },
};

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
    let tokens = view.tokens;
    ui.painter().rect_filled(rect, 0.0, tokens.chat);
    let face = view.model.my_face();
    let middle = rect.center().x;
    let top = rect.center().y - 210.0;
    avatar::paint(ui.painter(), pos2(middle, top + 52.0), 104.0, face);
    let at = pos2(middle, top + 140.0);
    let title = tr_name("offer-title", face.name);
    let font = theme::semibold(theme::HERO);
    let shown = ui
        .painter()
        .text(at, Align2::CENTER_CENTER, &title, font, tokens.text);
    let response = ui.interact(shown, ui.scope_id().with("title"), egui::Sense::hover());
    let info = || {
        let role = egui::accesskit::Role::Heading;
        egui::WidgetInfo::labeled(role, true, &title)
    };
    response.widget_info(info);
    let width = (rect.width() - 48.0).min(440.0);
    let sentence = tr("offer-sentence");
    let font = theme::regular(theme::BODY);
    let at = pos2(middle, top + 170.0);
    let height = text::paint_centred(ui.painter(), at, &sentence, width, font, tokens.text2);

    let y = at.y + height + 40.0;
    let left = Rect::from_center_size(pos2(middle - 88.0, y), vec2(164.0, 46.0));
    let right = Rect::from_center_size(pos2(middle + 88.0, y), vec2(164.0, 46.0));
    if button::pill(ui, left, &tr("offer-rename"), Pill::Plain).clicked() {
        view.act(Action::Show(Dialog::Rename));
    }
    if button::pill(ui, right, &tr("offer-invite"), Pill::Primary).clicked() {
        view.act(Action::Show(Dialog::Invite));
    }
    let links = Rect::from_center_size(pos2(middle, y + 52.0), vec2(rect.width() - 48.0, 34.0));
    let words = [
        (tr("offer-add"), Dialog::Add),
        (tr("offer-passphrase"), Dialog::Passphrase),
        (tr("offer-recovery"), Dialog::Recovery),
    ];
    let total: f32 = words
        .iter()
        .map(|(label, _)| quiet_width(ui, label) + 4.0)
        .sum();
    let links = links.with_min_x((middle - total / 2.0).max(rect.min.x + 8.0));
    let mut ui = ui.new_child(
        UiBuilder::new()
            .max_rect(links)
            .id_salt("offers")
            .layout(Layout::left_to_right(egui::Align::Center)),
    );
    ui.spacing_mut().item_spacing.x = 4.0;
    for (label, dialog) in words {
        if button::quiet(&mut ui, &label).clicked() {
            view.act(Action::Show(dialog));
        }
    }
}

fn quiet_width(ui: &Ui, label: &str) -> f32 {
    let font = theme::medium(theme::SMALL + 0.5);
    let ink = theme::tokens(ui.ctx()).text;
    ui.painter()
        .layout_no_wrap(label.to_owned(), font, ink)
        .size()
        .x
        + 20.0
}
