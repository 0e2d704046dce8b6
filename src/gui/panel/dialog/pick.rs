//! Choosing people among contacts: who is chosen, a field in which one searches, a list with checks.

use egui::{
    Align2, CornerRadius, Id, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{Fields, SEARCH};
use crate::{
    gui::{
        fonts::icon,
        model::{Face, Model, of_contact},
        panel::{list, row},
        strings::{tr, tr_name},
        theme::{self, Tokens},
        view::View,
        widget::{avatar, badge, field::Field, text},
    },
    node::{PersonId, view::Contact},
};

/// Contacts who can be added: those who accepted, by name.
pub(super) fn contacts(model: &Model, except: impl Fn(PersonId) -> bool) -> Vec<&Contact> {
    let mut contacts = model.known();
    contacts.retain(|contact| contact.request.is_none() && !except(contact.person_id));
    contacts.sort_by_cached_key(|contact| (contact.name.to_lowercase(), contact.person_id));
    contacts
}

/// Draws it. `below` is how high everything below it in the dialog is.
pub(super) fn show(
    ui: &mut Ui,
    fields: &mut Fields,
    people: &[&Contact],
    below: f32,
    view: &View<'_>,
) {
    if people.is_empty() {
        let words = if contacts(view.model, |_| false).is_empty() {
            "pick-nobody"
        } else {
            "pick-all"
        };
        row::sentence(ui, &tr(words));
        return;
    }
    chips(ui, fields, people);
    let (_, place) = ui.allocate_space(vec2(ui.available_width(), 40.0));
    let field = Field {
        label: &tr("pick-search"),
        hint: &tr("search-hint"),
        icon: Some(icon::MAGNIFYING_GLASS),
        secret: false,
        limit: 100,
    };
    field.show(ui, place, Id::unique(SEARCH), &mut fields.search);
    let above = ui.min_rect().height() + ui.spacing().item_spacing.y;
    let room = ui.ctx().content_rect().height() - AROUND;
    let high = (room - above - below).clamp(theme::PERSON, 270.0);
    let wanted = fields.search.trim().to_owned();
    ScrollArea::vertical()
        .id_salt("pick")
        .max_height(high)
        .min_scrolled_height(high)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let mut found = false;
            for contact in people.iter().filter(|c| list::fits(&c.name, &wanted)) {
                found = true;
                let chosen = fields.chosen.contains(&contact.person_id);
                if show_contact(ui, contact, chosen, view.tokens).clicked() {
                    toggle(fields, contact.person_id);
                }
            }
            if !found {
                row::sentence(ui, &tr_name("pick-none", &wanted));
            }
        });
}

fn toggle(fields: &mut Fields, person: PersonId) {
    if fields.chosen.contains(&person) {
        fields.chosen.retain(|chosen| *chosen != person);
    } else {
        fields.chosen.push(person);
    }
}

/// Those who are chosen, in the order in which they were; a click takes one back.
fn chips(ui: &mut Ui, fields: &mut Fields, people: &[&Contact]) {
    if fields.chosen.is_empty() {
        return;
    }
    let mut back = None;
    ScrollArea::vertical()
        .id_salt("chips")
        .max_height(CHIPS)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
                for person in &fields.chosen {
                    let contact = people.iter().find(|contact| contact.person_id == *person);
                    if contact.is_some_and(|contact| chip(ui, of_contact(contact)).clicked()) {
                        back = Some(*person);
                    }
                }
            });
        });
    if let Some(person) = back {
        toggle(fields, person);
    }
}

fn chip(ui: &mut Ui, face: Face<'_>) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let font = theme::medium(theme::SMALL);
    let job = text::one_line(face.name, 150.0, font, tokens.text);
    let galley = ui.painter().layout_job(job);
    let (_, rect) = ui.allocate_space(vec2(galley.size().x + 62.0, 30.0));
    let response = ui.interact(rect, Id::unique(("chip", face.person)), Sense::click());
    let label = tr_name("pick-back", face.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let painter = ui.painter();
    let fill = if response.hovered() {
        tokens.hover
    } else {
        tokens.soft
    };
    let round = CornerRadius::same(15);
    painter.rect_filled(rect, round, fill);
    if response.has_focus() {
        let stroke = Stroke::new(2.0, tokens.accent_text);
        painter.rect_stroke(rect, round, stroke, StrokeKind::Inside);
    }
    avatar::paint(painter, rect.left_center() + vec2(15.0, 0.0), 24.0, face);
    let at = rect.left_center() + vec2(33.0, -galley.size().y / 2.0);
    painter.galley(at, galley, tokens.text);
    let at = rect.right_center() - vec2(16.0, 0.0);
    let font = theme::icon(13.0);
    painter.text(at, Align2::CENTER_CENTER, icon::X, font, tokens.text2);
    response
}

fn show_contact(ui: &mut Ui, contact: &Contact, chosen: bool, tokens: &Tokens) -> Response {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), theme::PERSON - 4.0));
    let id = Id::unique(("pick", contact.person_id));
    let response = ui.interact(rect, id, Sense::click());
    let label = if contact.verified {
        format!("{}, {}", contact.name, tr("mark-verified"))
    } else {
        contact.name.clone()
    };
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, chosen, &label));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let painter = ui.painter();
    let round = CornerRadius::same(theme::RADIUS);
    let ground = if response.hovered() {
        tokens.hover
    } else {
        tokens.card
    };
    painter.rect_filled(rect, round, ground);
    if response.has_focus() {
        let stroke = Stroke::new(2.0, tokens.accent_text);
        painter.rect_stroke(rect, round, stroke, StrokeKind::Inside);
    }
    let center = rect.left_center() + vec2(28.0, 0.0);
    avatar::paint(painter, center, 36.0, of_contact(contact));
    if contact.online {
        avatar::paint_presence(painter, center, 36.0, ground, tokens.ok);
    }
    let at = rect.left_center() + vec2(58.0, 0.0);
    let font = theme::medium(theme::TITLE);
    let room = rect.width() - 58.0 - 70.0;
    let width = text::paint_line(painter, at, &contact.name, room, font, tokens.text);
    if contact.verified {
        badge::paint_verified(painter, at + vec2(width + 6.0, 0.0), 15.0, tokens);
    }
    paint_check(ui, rect, chosen, tokens);
    response
}

pub(super) fn paint_check(ui: &Ui, row: Rect, chosen: bool, tokens: &Tokens) {
    let center = pos2(row.max.x - 24.0, row.center().y);
    let painter = ui.painter();
    if !chosen {
        painter.circle_stroke(center, 10.0, Stroke::new(1.5, tokens.text3));
        return;
    }
    painter.circle_filled(center, 11.0, tokens.accent);
    let font = theme::icon_bold(14.0);
    painter.text(
        center,
        Align2::CENTER_CENTER,
        icon::CHECK,
        font,
        tokens.on_accent,
    );
}

/// The margins of a dialog, and what is left of the window around it.
const AROUND: f32 = 64.0 + 24.0;

/// Height of those who are chosen at most; two rows.
const CHIPS: f32 = 68.0;
