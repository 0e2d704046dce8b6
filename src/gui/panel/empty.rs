//! What a new profile sees first: who one is here, and what can be done. Nothing must be.

use egui::{Layout, Pos2, Rect, Ui, UiBuilder, pos2, vec2};

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
    let room = (rect.width() - 48.0).min(620.0);
    let painter = ui.painter();
    let shown = text::put_heading(painter, at, &title, room, font, tokens.text);
    let response = ui.interact(shown, ui.scope_id().with("title"), egui::Sense::hover());
    let info = || {
        let role = egui::accesskit::Role::Heading;
        egui::WidgetInfo::labeled(role, true, &title)
    };
    response.widget_info(info);
    let width = (rect.width() - 48.0).min(440.0);
    let sentence = tr("offer-sentence");
    let font = theme::regular(theme::BODY);
    let at = pos2(middle, (top + 170.0).max(shown.max.y + 13.0));
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
    links(ui, rect, pos2(middle, y + 52.0), view);
}

/// What else can be done, in as many centred rows as the width takes.
fn links(ui: &mut Ui, rect: Rect, middle: Pos2, view: &mut View<'_>) {
    let mut rows: Vec<(f32, Vec<(String, Dialog)>)> = vec![(0.0, Vec::new())];
    for (label, dialog) in [
        (tr("offer-add"), Dialog::Add),
        (tr("offer-passphrase"), Dialog::Passphrase),
        (tr("offer-recovery"), Dialog::Recovery),
    ] {
        let width = quiet_width(ui, &label) + SPACE;
        let fits = |(taken, row): &&mut (f32, Vec<_>)| {
            row.is_empty() || *taken + width <= rect.width() - 16.0
        };
        match rows.last_mut().filter(fits) {
            Some((taken, row)) => {
                *taken += width;
                row.push((label, dialog));
            }
            None => rows.push((width, vec![(label, dialog)])),
        }
    }
    let mut center = middle;
    for (number, (width, row)) in rows.into_iter().enumerate() {
        let place = Rect::from_center_size(center, vec2(width, ROW));
        let mut ui = ui.new_child(
            UiBuilder::new()
                .max_rect(place)
                .id_salt(("offers", number))
                .layout(Layout::left_to_right(egui::Align::Center)),
        );
        ui.spacing_mut().item_spacing.x = SPACE;
        for (label, dialog) in row {
            if button::quiet(&mut ui, &label).clicked() {
                view.act(Action::Show(dialog));
            }
        }
        center.y += ROW;
    }
}

/// Between two links, in points.
const SPACE: f32 = 4.0;

/// How high a row of links is.
const ROW: f32 = 34.0;

fn quiet_width(ui: &Ui, label: &str) -> f32 {
    let font = theme::medium(theme::SMALL + 0.5);
    let ink = theme::tokens(ui.ctx()).text;
    ui.painter()
        .layout_no_wrap(label.to_owned(), font, ink)
        .size()
        .x
        + 20.0
}
