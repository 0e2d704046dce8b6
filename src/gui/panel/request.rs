//! What stands in place of the composer: a contact request to answer, or a block to take back.

use egui::{CornerRadius, FontId, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::{
    gui::{
        action::Action,
        model::{Model, is_incoming_request, nav::Dialog},
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::button::{self, Pill},
    },
    node::view::ChatSummary,
};

/// What there is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They asked for contact.
    Incoming,
    /// I hear nothing more of them.
    Blocked,
}

/// Whether there is something to answer before one can write.
pub fn kind(chat: &ChatSummary, model: &Model) -> Option<Kind> {
    let contact = chat
        .person_id
        .and_then(|person| model.contacts.get(&person));
    if contact.is_some_and(|contact| contact.blocked) {
        Some(Kind::Blocked)
    } else if is_incoming_request(chat) {
        Some(Kind::Incoming)
    } else {
        None
    }
}

/// How high it is in a pane of that width.
pub fn height(ui: &Ui, width: f32, kind: Kind, chat: &ChatSummary) -> f32 {
    let words = words(kind, chat);
    let text = ui
        .painter()
        .layout(words, font(), theme::tokens(ui.ctx()).text, room(width));
    text.size().y + 106.0
}

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, kind: Kind, chat: &ChatSummary, view: &mut View<'_>) {
    let Some(person) = chat.person_id else {
        return;
    };
    let tokens = view.tokens;
    let card = rect
        .shrink2(vec2(theme::GUTTER, 0.0))
        .with_max_y(rect.max.y - 16.0);
    ui.painter()
        .rect_filled(card, CornerRadius::same(16), tokens.group);
    let words = words(kind, chat);
    let galley = ui
        .painter()
        .layout(words.clone(), font(), tokens.text, room(rect.width()));
    let text = Rect::from_min_size(card.min + vec2(20.0, 16.0), galley.size());
    let response = ui.interact(text, ui.scope_id().with("words"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    ui.painter().galley(text.min, galley, tokens.text);

    let middle = card.max.y - 36.0;
    match kind {
        Kind::Incoming => {
            let width = ((card.width() - 64.0) / 3.0).min(150.0);
            let left = card.min.x + 20.0;
            let at = |nth: f32| {
                let x = left + nth * (width + 12.0) + width / 2.0;
                Rect::from_center_size(pos2(x, middle), vec2(width, 42.0))
            };
            if button::pill(ui, at(0.0), &tr("request-accept"), Pill::Primary).clicked() {
                view.act(Action::Accept(person));
            }
            if button::pill(ui, at(1.0), &tr("request-decline"), Pill::Plain).clicked() {
                view.act(Action::Remove(person));
            }
            if button::pill(ui, at(2.0), &tr("request-block"), Pill::Danger).clicked() {
                view.act(Action::Show(Dialog::Block(person)));
            }
        }
        Kind::Blocked => {
            let place =
                Rect::from_min_size(pos2(card.min.x + 20.0, middle - 21.0), vec2(150.0, 42.0));
            if button::pill(ui, place, &tr("menu-unblock"), Pill::Plain).clicked() {
                view.act(Action::Unblock(person));
            }
        }
    }
}

fn words(kind: Kind, chat: &ChatSummary) -> String {
    match kind {
        Kind::Incoming => tr_name("request-words", &chat.name),
        Kind::Blocked => tr_name("blocked-words", &chat.name),
    }
}

fn font() -> FontId {
    theme::regular(theme::BODY)
}

fn room(width: f32) -> f32 {
    width - 2.0 * theme::GUTTER - 40.0
}
