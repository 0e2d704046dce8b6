//! What stands in place of the composer: a contact request to answer, or a block to take back.

use egui::{CornerRadius, FontId, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::{
    gui::{
        action::{Action, GroupAction},
        model::{Model, is_incoming_request, nav::Dialog},
        strings::{Argument, tr, tr_name, tr_with},
        theme,
        view::View,
        widget::button::{self, Pill},
    },
    node::view::{ChatKind, ChatSummary, Place},
};

/// What there is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They asked for contact.
    Incoming,
    /// I hear nothing more of them.
    Blocked,
    /// I am invited to a group.
    Invited,
    /// I am no longer in the group.
    Gone,
}

/// Whether there is something to answer before one can write.
pub fn kind(chat: &ChatSummary, model: &Model) -> Option<Kind> {
    let contact = chat
        .person_id
        .and_then(|person| model.contacts.get(&person));
    if contact.is_some_and(|contact| contact.blocked) {
        Some(Kind::Blocked)
    } else if model.place_in(chat.chat_id) == Place::Gone {
        Some(Kind::Gone)
    } else if is_incoming_request(chat) && chat.kind == ChatKind::Group {
        Some(Kind::Invited)
    } else if is_incoming_request(chat) {
        Some(Kind::Incoming)
    } else {
        None
    }
}

/// How high it is in a pane of that width.
pub fn height(ui: &Ui, width: f32, kind: Kind, chat: &ChatSummary, view: &View<'_>) -> f32 {
    let words = words(kind, chat, view.model);
    let text = ui
        .painter()
        .layout(words, font(), theme::tokens(ui.ctx()).text, room(width));
    text.size().y + 106.0
}

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, kind: Kind, chat: &ChatSummary, view: &mut View<'_>) {
    let tokens = view.tokens;
    let card = rect
        .shrink2(vec2(theme::GUTTER, 0.0))
        .with_max_y(rect.max.y - 16.0);
    ui.painter()
        .rect_filled(card, CornerRadius::same(16), tokens.group);
    let words = words(kind, chat, view.model);
    let galley = ui
        .painter()
        .layout(words.clone(), font(), tokens.text, room(rect.width()));
    let text = Rect::from_min_size(card.min + vec2(20.0, 16.0), galley.size());
    let response = ui.interact(text, ui.scope_id().with("words"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    ui.painter().galley(text.min, galley, tokens.text);

    let answers = answers(kind, chat);
    let width = ((card.width() - 64.0) / 3.0).min(150.0);
    let mut at = pos2(card.min.x + 20.0, card.max.y - 57.0);
    for (words, kind, action) in answers {
        let place = Rect::from_min_size(at, vec2(width, 42.0));
        if button::pill(ui, place, &tr(words), kind).clicked() {
            view.act(action);
        }
        at.x += width + 12.0;
    }
}

/// The words on each button by their name, how it looks, and what a click means.
fn answers(kind: Kind, chat: &ChatSummary) -> Vec<(&'static str, Pill, Action)> {
    let id = chat.chat_id;
    match (kind, chat.person_id) {
        (Kind::Incoming, Some(person)) => vec![
            ("request-accept", Pill::Primary, Action::Accept(person)),
            ("request-decline", Pill::Plain, Action::Remove(person)),
            (
                "request-block",
                Pill::Danger,
                Action::Show(Dialog::Block(person)),
            ),
        ],
        (Kind::Blocked, Some(person)) => {
            vec![("menu-unblock", Pill::Plain, Action::Unblock(person))]
        }
        (Kind::Invited, _) => {
            let in_group = |action| Action::InGroup(id, action);
            vec![
                ("request-accept", Pill::Primary, in_group(GroupAction::Join)),
                (
                    "request-decline",
                    Pill::Plain,
                    in_group(GroupAction::Decline),
                ),
            ]
        }
        (Kind::Gone, _) => {
            vec![(
                "group-delete",
                Pill::Plain,
                Action::Show(Dialog::DeleteChat(id)),
            )]
        }
        (Kind::Incoming | Kind::Blocked, None) => Vec::new(),
    }
}

fn words(kind: Kind, chat: &ChatSummary, model: &Model) -> String {
    match kind {
        Kind::Incoming => tr_name("request-words", &chat.name),
        Kind::Blocked => tr_name("blocked-words", &chat.name),
        Kind::Gone => tr("gone-words"),
        Kind::Invited => {
            let info = model.group(chat.chat_id);
            let people = info.map_or_else(String::new, |info| model.people_line(info));
            let by = info.and_then(|info| info.invited_by);
            let by = by.map(|person| model.name_of(person));
            let arguments = [
                ("name", Argument::Text(&chat.name)),
                ("people", Argument::Text(&people)),
                ("by", Argument::Text(by.as_deref().unwrap_or_default())),
            ];
            tr_with(
                by.as_ref().map_or("invited-words", |_| "invited-words-by"),
                &arguments,
            )
        }
    }
}

fn font() -> FontId {
    theme::regular(theme::BODY)
}

fn room(width: f32) -> f32 {
    width - 2.0 * theme::GUTTER - 40.0
}
