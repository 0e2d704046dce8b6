//! Who somebody is, and what one can do.

use egui::{
    Align2, Rect, ScrollArea, Sense, Ui, UiBuilder, Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

use crate::{
    gui::{
        action::Action,
        fonts::icon,
        model::{Face, nav::Dialog},
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::{
            avatar, badge,
            button::{self, Pill},
            text,
        },
    },
    node::PersonId,
};

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, person: PersonId, view: &mut View<'_>) {
    ui.painter().rect_filled(rect, 0.0, view.tokens.chat);
    let Some(face) = view.model.face(person) else {
        return show_gone(ui, rect, view);
    };
    let mut scrolled = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("person"));
    scrolled.set_clip_rect(rect.intersect(ui.clip_rect()));
    ScrollArea::vertical()
        .auto_shrink(false)
        .show(&mut scrolled, |ui| {
            let height = 520f32.max(rect.height());
            let (_, whole) = ui.allocate_space(vec2(ui.available_width(), height));
            content(ui, whole, person, face, view);
        });
    if button::back(ui, rect) {
        view.act(Action::Back);
    }
}

fn show_gone(ui: &Ui, rect: Rect, view: &mut View<'_>) {
    let words = crate::gui::widget::hero::Words {
        title: &tr("person-gone-title"),
        sentence: &tr("person-gone-sentence"),
        button: Some(&tr("back")),
    };
    if crate::gui::widget::hero::show(ui, rect, icon::WIFI_SLASH, &words) {
        view.act(Action::Back);
    }
}

fn content(ui: &mut Ui, rect: Rect, person: PersonId, face: Face<'_>, view: &mut View<'_>) {
    let tokens = view.tokens;
    let middle = rect.center().x;
    let top = rect.center().y - 230.0;
    let contact = view.model.contacts.get(&person);
    avatar::paint(ui.painter(), pos2(middle, top + 56.0), 112.0, face);

    let at = pos2(middle, top + 142.0);
    let font = theme::semibold(24.0);
    let painter = ui.painter();
    let room = rect.width() - 96.0;
    let name = text::one_line(face.name, room, font, tokens.text);
    let name = painter.layout_job(name);
    let at = at - name.size() / 2.0;
    let place = Rect::from_min_size(at, name.size());
    painter.galley(at, name, tokens.text);
    let name = place;
    let response = ui.interact(name, ui.scope_id().with("name"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, face.name));
    let verified = contact.is_some_and(|contact| contact.verified);
    if verified {
        let at = name.right_center() + vec2(8.0, 0.0);
        badge::paint_verified(ui.painter(), at, 20.0, tokens);
    }
    let words = match contact {
        None => tr("person-nearby"),
        Some(contact) if contact.blocked => tr("person-blocked"),
        Some(contact) if contact.request.is_some() => tr("people-asked"),
        Some(contact) if contact.online => tr("seen-now"),
        Some(contact) => contact.last_seen.map_or_else(
            || tr("seen-never"),
            |at| view.calendar.last_seen(at, view.now),
        ),
    };
    let width = (rect.width() - 48.0).min(420.0);
    let at = pos2(middle, top + 162.0);
    let font = theme::regular(theme::BODY);
    text::paint_centred(ui.painter(), at, &words, width, font, tokens.text2);

    let short = short_id(person);
    let font = theme::mono(theme::SMALL);
    let at = pos2(middle, top + 204.0);
    ui.painter()
        .text(at, Align2::CENTER_CENTER, short, font, tokens.text3);

    let size = Vec2::new(width.min(300.0), 46.0);
    let place = |nth: f32| Rect::from_center_size(pos2(middle, top + 258.0 + nth * 56.0), size);
    let Some(contact) = contact else {
        if button::pill(ui, place(0.0), &tr("person-greet"), Pill::Primary).clicked() {
            view.act(Action::Greet(person));
        }
        let at = pos2(middle, place(1.0).min.y - 2.0);
        let words = tr_name("person-greet-hint", face.name);
        let font = theme::regular(theme::SMALL);
        text::paint_centred(ui.painter(), at, &words, width, font, tokens.text3);
        return;
    };
    if contact.blocked {
        if button::pill(ui, place(0.0), &tr("menu-unblock"), Pill::Primary).clicked() {
            view.act(Action::Unblock(person));
        }
        return;
    }
    if button::pill(ui, place(0.0), &tr("person-talk"), Pill::Primary).clicked() {
        view.act(Action::Talk(person));
    }
    if button::pill(ui, place(1.0), &tr("menu-verify"), Pill::Plain).clicked() {
        view.act(Action::OpenVerify(person));
    }
    if button::pill(ui, place(2.0), &tr("menu-remove"), Pill::Plain).clicked() {
        view.act(Action::Show(Dialog::Remove(person)));
    }
    if button::pill(ui, place(3.0), &tr("menu-block"), Pill::Danger).clicked() {
        view.act(Action::Show(Dialog::Block(person)));
    }
}

/// The beginning of somebody's id, in groups: enough to tell people apart by eye, never to trust.
pub fn short_id(person: PersonId) -> String {
    let text = person.to_string();
    let groups: Vec<&str> = (0..4)
        .filter_map(|nth| text.get(nth * 4..nth * 4 + 4))
        .collect();
    groups.join("·")
}
