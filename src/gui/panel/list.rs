//! A list beside the rail: a title, buttons, a field in which one searches, and rows.

use egui::{
    Align2, Id, Key, Popup, PopupCloseBehavior, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2,
};

use super::{row::Row, walk};
use crate::{
    gui::{
        action::Action,
        fonts::icon,
        model::{nav::Pane, of_nearby},
        strings::{Argument, tr, tr_with},
        theme,
        view::View,
        widget::{button, field::Field, text},
    },
    node::view::NearbyPerson,
};

/// What stands above the rows.
pub struct List<'a> {
    /// The title.
    pub title: &'a str,
    /// What one searches, in words.
    pub label: &'a str,
    /// The field in which one searches.
    pub search: &'static str,
    /// Icon, words by their name, and what a click means; from left to right.
    pub buttons: &'a [(&'a str, &'a str, Action)],
    /// At the right of them, several things that can be begun.
    pub menu: Option<Menu<'a>>,
}

/// A button that shows a menu.
pub struct Menu<'a> {
    /// Its icon.
    pub glyph: &'a str,
    /// Its words, by their name.
    pub label: &'a str,
    /// Icon, words by their name, and what a click means.
    pub items: &'a [(&'a str, &'a str, Action)],
}

impl List<'_> {
    /// Draws it, and below it the rows for what is searched.
    pub fn show(
        &self,
        ui: &mut Ui,
        rect: Rect,
        text: &mut String,
        view: &mut View<'_>,
        rows: impl FnOnce(&mut Ui, &str, &mut View<'_>),
    ) {
        ui.painter().rect_filled(rect, 0.0, view.tokens.list);
        let at = pos2(rect.min.x + 20.0, rect.min.y + 37.0);
        let font = theme::semibold(22.0);
        text::put(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            self.title,
            font,
            view.tokens.text,
        );
        let last = pos2(rect.max.x - 34.0, rect.min.y + 36.0);
        let left = vec2(44.0, 0.0);
        let mut at = self.buttons.iter().skip(1).fold(last, |at, _| at - left);
        for (glyph, words, action) in self.buttons {
            let place = Rect::from_center_size(at, vec2(40.0, 40.0));
            if button::quiet_icon(ui, place, glyph, &tr(words)).clicked() {
                view.act(action.clone());
            }
            at += left;
        }
        if let Some(menu) = &self.menu {
            menu.show(ui, Rect::from_center_size(last, vec2(40.0, 40.0)), view);
        }
        self.field(ui, rect, text);
        let below = rect.with_min_y(rect.min.y + 114.0);
        let mut ui = ui.new_child(UiBuilder::new().max_rect(below).id_salt(self.search));
        ui.set_clip_rect(below.intersect(ui.clip_rect()));
        ScrollArea::vertical()
            .auto_shrink(false)
            .show(&mut ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(0.0, 2.0);
                walk::begin(ui);
                rows(ui, text.trim(), view);
                walk::end(ui, Id::unique(self.search));
            });
    }

    fn field(&self, ui: &mut Ui, rect: Rect, text: &mut String) {
        let place = Rect::from_min_max(
            pos2(rect.min.x + 16.0, rect.min.y + 66.0),
            pos2(rect.max.x - 16.0, rect.min.y + 104.0),
        );
        let field = Field {
            label: self.label,
            hint: &tr("search-hint"),
            icon: Some(icon::MAGNIFYING_GLASS),
            secret: false,
            limit: 100,
        };
        let (response, _) = field.show(ui, place, Id::unique(self.search), text);
        if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
            text.clear();
        }
    }
}

impl Menu<'_> {
    fn show(&self, ui: &Ui, rect: Rect, view: &mut View<'_>) {
        let label = tr(self.label);
        let response = button::quiet_icon(ui, rect, self.glyph, &label);
        Popup::menu(&response)
            .close_behavior(PopupCloseBehavior::CloseOnClick)
            .accessible_name(label)
            .show(|ui| {
                for (glyph, words, action) in self.items {
                    if button::menu_item(ui, glyph, &tr(words), false).clicked() {
                        view.act(action.clone());
                    }
                }
            });
    }
}

/// Whether a name has what is searched.
pub fn fits(name: &str, wanted: &str) -> bool {
    name.to_lowercase().contains(&wanted.to_lowercase())
}

/// Somebody on this network who is not a contact.
pub fn show_stranger(ui: &mut Ui, near: &NearbyPerson, view: &mut View<'_>) {
    let line = tr("people-nearby-line");
    let arguments = [("name", Argument::Text(&near.name))];
    let label = tr_with("people-nearby-label", &arguments);
    let row = Row {
        online: true,
        selected: view.model.nav.pane() == Pane::Person(near.person_id),
        ..Row::new(of_nearby(near), &line, &label)
    };
    if row.show(ui, Id::unique(("near", near.person_id))).clicked() {
        view.act(Action::OpenPerson(near.person_id));
    }
}
