//! The people of a group.

use egui::{
    Align2, Color32, CornerRadius, Id, Popup, PopupCloseBehavior, Rect, Response, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, WidgetInfo, accesskit::Role as Part, pos2, vec2,
};

use crate::{
    gui::{
        action::Action,
        fonts::icon,
        model::{Face, nav::Dialog},
        panel::{menu, row, settings},
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::{avatar, badge, button, text},
    },
    node::view::{ChatInfo, Member, Place, Role},
};

/// Draws them, the founder first.
pub(super) fn show(ui: &mut Ui, info: &ChatInfo, view: &mut View<'_>) {
    settings::group::heading(ui, &tr("group-people"));
    if info.place == Place::Member && view.model.rights(info).add() {
        let response = row::strip_in(ui, 0.0, icon::USER_PLUS, &tr("group-add"));
        if response.clicked() {
            view.act(Action::Show(Dialog::AddMembers(info.chat_id)));
        }
        ui.add_space(4.0);
    }
    let mut members: Vec<&Member> = info.members.iter().collect();
    let rank = |member: &Member| (!member.owner, member.role == Role::Member);
    members
        .sort_by_cached_key(|member| (rank(member), member.name.to_lowercase(), member.person_id));
    for member in members {
        show_member(ui, info, member, view);
    }
}

fn show_member(ui: &mut Ui, info: &ChatInfo, member: &Member, view: &mut View<'_>) {
    let person = member.person_id;
    let is_me = view.model.me.person_id == Some(person);
    let is_known = view.model.contacts.contains_key(&person)
        || view
            .model
            .nearby
            .iter()
            .any(|near| near.person_id == person);
    let sense = if is_known && !is_me {
        Sense::click()
    } else {
        Sense::hover()
    };
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), theme::PERSON));
    let id = Id::unique(("member", person));
    let response = ui.interact(rect, id, sense);
    let forked = info.forked.contains(&person);
    let (name, line) = (name(member, view), line(member, forked, view));
    let verified = view.model.is_verified(person);
    let mark = if verified {
        format!(", {}", tr("mark-verified"))
    } else {
        String::new()
    };
    let label = format!("{name}{mark}, {line}");
    response.widget_info(|| WidgetInfo::labeled(Part::ListItem, true, &label));
    if ui.is_rect_visible(rect) {
        let ink = if forked {
            view.tokens.warn
        } else {
            view.tokens.text2
        };
        paint(ui, &response, member, (&name, &line, ink), view);
    }
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.clicked() {
        view.act(Action::OpenPerson(person));
    }
    if menu::for_member(info, member, view.model).is_empty() {
        return;
    }
    let ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(person));
    let place = Rect::from_center_size(pos2(rect.max.x - 28.0, rect.center().y), vec2(36.0, 36.0));
    let label = tr_name("menu-label", &member.name);
    let more = button::quiet_icon(&ui, place, icon::DOTS_THREE_VERTICAL, &label);
    Popup::menu(&more)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .accessible_name(label)
        .show(|ui| menu::of_member(ui, info, member, view));
}

fn paint(
    ui: &Ui,
    response: &Response,
    member: &Member,
    words: (&str, &str, Color32),
    view: &View<'_>,
) {
    let tokens = view.tokens;
    let painter = ui.painter();
    let rect = response.rect;
    let card = rect.shrink2(vec2(0.0, 1.0));
    let round = CornerRadius::same(theme::RADIUS);
    let ground = if response.hovered() && response.sense.senses_click() {
        tokens.hover
    } else {
        tokens.chat
    };
    painter.rect_filled(card, round, ground);
    if response.has_focus() {
        let stroke = Stroke::new(2.0, tokens.accent_text);
        painter.rect_stroke(card, round, stroke, StrokeKind::Inside);
    }
    let face = Face {
        person: member.person_id,
        avatar: member.avatar,
        name: &member.name,
    };
    let center = pos2(card.min.x + 30.0, card.center().y);
    avatar::paint(painter, center, 40.0, face);
    if view.model.is_online(member.person_id) {
        avatar::paint_presence(painter, center, 40.0, ground, tokens.ok);
    }
    let left = card.min.x + 64.0;
    let room = card.max.x - 110.0 - left;
    let at = pos2(left, card.center().y - 9.5);
    let font = theme::semibold(theme::TITLE);
    let width = text::paint_line(painter, at, words.0, room, font, tokens.text);
    let mut mark = at + vec2(width + 6.0, 0.0);
    if view.model.is_verified(member.person_id) {
        mark.x += badge::paint_verified(painter, mark, 15.0, tokens);
    }
    if member.owner {
        let font = theme::icon_fill(15.0);
        painter.text(
            mark,
            Align2::LEFT_CENTER,
            icon::CROWN_SIMPLE,
            font,
            tokens.warn,
        );
    }
    let at = pos2(left, card.center().y + 10.5);
    let font = theme::regular(theme::SMALL);
    text::paint_line(painter, at, words.1, room, font, words.2);
}

fn name(member: &Member, view: &View<'_>) -> String {
    if view.model.me.person_id == Some(member.person_id) {
        tr("you")
    } else {
        member.name.clone()
    }
}

/// What they are in the group, and to me; of somebody whose device was copied, that.
fn line(member: &Member, forked: bool, view: &View<'_>) -> String {
    let model = view.model;
    let person = member.person_id;
    let role = match (member.owner, member.role) {
        (true, _) => tr("member-owner"),
        (false, Role::Admin) => tr("member-admin"),
        (false, Role::Member) => tr("member-plain"),
    };
    if forked {
        return format!("{role} · {}", tr("member-forked"));
    }
    if model.me.person_id == Some(person) {
        return role;
    }
    let contact = model.contacts.get(&person);
    let known = match contact.map(|contact| (contact.blocked, contact.request.is_some())) {
        Some((true, _)) => tr("member-blocked"),
        Some((false, true)) => tr("member-asked"),
        Some((false, false)) => return role,
        None if model.nearby.iter().any(|near| near.person_id == person) => tr("member-nearby"),
        None => tr("member-stranger"),
    };
    format!("{role} · {known}")
}
