//! The rail: chats, people, settings, me.

use egui::{Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::gui::{
    action::Action,
    fonts::icon,
    model::nav::Place,
    strings::{tr, tr_count},
    view::View,
    widget::{avatar, badge, button},
};

/// Draws the rail.
pub fn show(ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
    let tokens = view.tokens;
    ui.painter().rect_filled(rect, 0.0, tokens.rail);
    let unread = view.model.unread();
    let requests = u32::try_from(view.model.incoming().len()).unwrap_or(u32::MAX);
    let top = rect.min.y + 40.0;
    place(ui, rect, top, Place::Chats, icon::CHAT_CIRCLE, unread, view);
    place(
        ui,
        rect,
        top + 54.0,
        Place::People,
        icon::USERS,
        requests,
        view,
    );
    place(
        ui,
        rect,
        rect.max.y - 94.0,
        Place::Settings,
        icon::GEAR_SIX,
        0,
        view,
    );
    me(ui, rect, view);
}

fn place(
    ui: &Ui,
    rail: Rect,
    middle: f32,
    place: Place,
    glyph: &str,
    count: u32,
    view: &mut View<'_>,
) {
    let tokens = view.tokens;
    let active = view.model.nav.place() == place;
    let look = button::IconLook {
        size: 24.0,
        active,
        colour: if active {
            tokens.accent_text
        } else {
            tokens.text2
        },
    };
    let rect = Rect::from_center_size(pos2(rail.center().x, middle), vec2(44.0, 44.0));
    let label = match place {
        Place::Chats => with_count(tr("rail-chats"), "chats-unread", count),
        Place::People => with_count(tr("rail-people"), "people-request-count", count),
        Place::Settings => tr("rail-settings"),
    };
    if button::icon(ui, rect, glyph, &label, look).clicked() {
        view.act(Action::Go(place));
    }
    if count > 0 {
        let at = pos2(rect.max.x - 5.0, rect.min.y + 7.0);
        badge::paint_corner_count(ui.painter(), at, count, tokens.rail, tokens);
    }
}

fn with_count(label: String, key: &str, count: u32) -> String {
    if count == 0 {
        return label;
    }
    format!("{label}, {}", tr_count(key, count.into()))
}

/// My avatar, with the dot of presence if contacts are told that I am here.
fn me(ui: &Ui, rail: Rect, view: &mut View<'_>) {
    let tokens = view.tokens;
    let face = view.model.my_face();
    let center = pos2(rail.center().x, rail.max.y - 40.0);
    let rect = Rect::from_center_size(center, vec2(40.0, 40.0));
    let response = ui.interact(rect, ui.scope_id().with("me"), Sense::click());
    let label = format!("{}: {}", tr("rail-me"), face.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    avatar::paint(ui.painter(), center, 36.0, face);
    if view.model.settings.presence {
        avatar::paint_presence(ui.painter(), center, 36.0, tokens.rail, tokens.ok);
    }
    button::focus_ring(ui.painter(), &response, rect, 20, tokens);
    if response.clicked() {
        view.act(Action::Go(Place::Settings));
    }
    response.on_hover_text(face.name);
}
