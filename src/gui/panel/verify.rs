//! The safety number of somebody, to be compared with theirs.

use egui::{
    Align2, CornerRadius, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role,
    pos2, vec2,
};

use crate::{
    gui::{
        action::Action,
        model::Face,
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::{
            avatar,
            button::{self, Pill},
            qr, text,
        },
    },
    node::PersonId,
};

/// The height of everything.
const HEIGHT: f32 = 700.0;

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, person: PersonId, view: &mut View<'_>) {
    ui.painter().rect_filled(rect, 0.0, view.tokens.chat);
    let Some(face) = view.model.face(person) else {
        return;
    };
    let mut scrolled = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("verify"));
    scrolled.set_clip_rect(rect.intersect(ui.clip_rect()));
    ScrollArea::vertical()
        .auto_shrink(false)
        .show(&mut scrolled, |ui| {
            let height = HEIGHT.max(rect.height());
            let (_, whole) = ui.allocate_space(vec2(ui.available_width(), height));
            content(ui, whole, person, face, view);
        });
    if button::back(ui, rect) {
        view.act(Action::Back);
    }
}

fn content(ui: &mut Ui, rect: Rect, person: PersonId, face: Face<'_>, view: &mut View<'_>) {
    let tokens = view.tokens;
    let middle = rect.center().x;
    let top = rect.min.y + ((rect.height() - HEIGHT) / 2.0).max(0.0) + 20.0;
    let mine = pos2(middle - 24.0, top + 34.0);
    let theirs = pos2(middle + 24.0, top + 34.0);
    avatar::paint(ui.painter(), mine, 60.0, view.model.my_face());
    ui.painter().circle_filled(theirs, 33.0, tokens.chat);
    avatar::paint(ui.painter(), theirs, 60.0, face);

    let verified = view.model.is_verified(person);
    let title = tr_name(
        if verified {
            "verified-title"
        } else {
            "verify-title"
        },
        face.name,
    );
    let at = pos2(middle, top + 96.0);
    let place = Rect::from_center_size(at, vec2(rect.width().min(480.0), 30.0));
    let response = ui.interact(place, ui.scope_id().with("title"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &title));
    let font = theme::semibold(22.0);
    text::put(
        ui.painter(),
        at,
        Align2::CENTER_CENTER,
        &title,
        font,
        tokens.text,
    );
    let width = (rect.width() - 48.0).min(400.0);
    let font = theme::regular(theme::BODY);
    let at = pos2(middle, top + 116.0);
    text::paint_centred(
        ui.painter(),
        at,
        &tr("verify-sentence"),
        width,
        font,
        tokens.text2,
    );

    let known = view.model.safety.as_ref().filter(|(of, _)| *of == person);
    let Some((_, safety)) = known else {
        let font = theme::regular(theme::SMALL);
        let at = pos2(middle, top + 278.0);
        text::put(
            ui.painter(),
            at,
            Align2::CENTER_CENTER,
            tr("verify-waiting"),
            font,
            tokens.text3,
        );
        return;
    };
    let code = Rect::from_center_size(pos2(middle, top + 278.0), vec2(204.0, 204.0));
    qr::show(ui, code, &safety.qr_svg, &tr("verify-qr"));
    show_digits(ui, pos2(middle, top + 458.0), &safety.number, view);
    show_buttons(ui, pos2(middle, top + 563.0), person, verified, view);
    let at = pos2(middle, top + 604.0);
    let font = theme::regular(theme::SMALL);
    text::paint_centred(
        ui.painter(),
        at,
        &tr("verify-warning"),
        width,
        font,
        tokens.text3,
    );
}

/// Twelve groups of five digits.
fn show_digits(ui: &Ui, center: egui::Pos2, number: &str, view: &View<'_>) {
    let tokens = view.tokens;
    let card = Rect::from_center_size(center, vec2(340.0, 116.0));
    ui.painter()
        .rect_filled(card, CornerRadius::same(16), tokens.field);
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let groups: Vec<String> = digits
        .chunks(5)
        .map(|group| group.iter().collect())
        .collect();
    let response = ui.interact(card, ui.scope_id().with("number"), Sense::hover());
    let label = format!("{}: {}", tr("verify-number"), groups.join(" "));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    let mut at = pos2(card.min.x + 54.0, card.min.y + 27.0);
    for row in groups.chunks(4) {
        for group in row {
            let font = theme::mono(16.0);
            text::put(
                ui.painter(),
                at,
                Align2::CENTER_CENTER,
                group,
                font,
                tokens.text,
            );
            at.x += 77.5;
        }
        at = pos2(card.min.x + 54.0, at.y + 31.0);
    }
}

fn show_buttons(
    ui: &Ui,
    center: egui::Pos2,
    person: PersonId,
    verified: bool,
    view: &mut View<'_>,
) {
    let size = vec2(164.0, 46.0);
    let left = Rect::from_center_size(center - vec2(88.0, 0.0), size);
    let right = Rect::from_center_size(center + vec2(88.0, 0.0), size);
    if verified {
        let wide = left.union(right);
        if button::pill(ui, wide, &tr("verify-clear"), Pill::Plain).clicked() {
            view.act(Action::Verify {
                person,
                same: false,
            });
        }
        return;
    }
    if button::pill(ui, left, &tr("verify-differ"), Pill::Plain).clicked() {
        view.act(Action::Differs(person));
    }
    if button::pill(ui, right, &tr("verify-match"), Pill::Primary).clicked() {
        view.act(Action::Verify { person, same: true });
    }
}
