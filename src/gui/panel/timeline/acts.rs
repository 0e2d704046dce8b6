//! What can be done with a message: beside it, in its menu, at its emojis.

use egui::{
    Align2, CornerRadius, Key, Popup, PopupCloseBehavior, Rect, Response, Sense, SetOpenCommand,
    Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2,
};

use crate::{
    gui::{
        action::{Action, MessageAction},
        fonts::icon,
        model::{Model, nav::Dialog},
        strings::tr,
        theme,
        view::View,
        widget::{bubble::Chip, button},
    },
    node::{
        DeliveryState, PersonId,
        view::{FileInfo, FileState, Message, MessageKind, Reaction},
    },
};

/// Emojis that are one click away.
const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🎉"];

/// An emoji under a message, with whose it is.
pub(super) fn chip(of: &Reaction, view: &View<'_>) -> Chip {
    let me = view.model.me.person_id;
    let name = |person: &PersonId| {
        if Some(*person) == me {
            tr("you")
        } else {
            view.model.name_of(*person)
        }
    };
    let people: Vec<String> = of.people.iter().map(name).collect();
    let count = of.people.len();
    Chip {
        words: if count > 1 {
            format!("{} {count}", of.emoji)
        } else {
            of.emoji.clone()
        },
        mine: is_mine(of, view.model),
        people: people.join(", "),
    }
}

/// Puts an emoji of mine at a message, or takes it away.
pub fn react(message: &Message, emoji: &str, model: &Model) -> Action {
    let held = message.reactions.iter().find(|of| of.emoji == emoji);
    let wanted = MessageAction::React {
        emoji: emoji.to_owned(),
        on: !held.is_some_and(|of| is_mine(of, model)),
    };
    Action::On(message.message_id, wanted)
}

fn is_mine(of: &Reaction, model: &Model) -> bool {
    of.people.iter().any(|who| Some(*who) == model.me.person_id)
}

/// What one can do beside a message, while the pointer is on its row.
pub(super) fn show_bar(
    ui: &mut Ui,
    row: Rect,
    bubble: Rect,
    message: &Message,
    view: &mut View<'_>,
) {
    if message.kind == MessageKind::System {
        return;
    }
    let salt = ("acts", message.message_id);
    let ui = ui.new_child(UiBuilder::new().max_rect(row).id_salt(salt));
    let id = ui.scope_id().with("open");
    let was_open = ui.data(|data| data.get_temp(id).unwrap_or(false));
    if !was_open && !ui.rect_contains_pointer(row) {
        return;
    }
    let room = if message.outgoing {
        bubble.min.x - row.min.x
    } else {
        row.max.x - bubble.max.x
    };
    // Where there is little room, the menu has it all.
    let fits = room >= 3.0 * SIDE + 12.0;
    let answers = fits && !message.deleted && may_act(message, view);
    let count = if answers { 3.0 } else { 1.0 };
    let middle = bubble.max.y.min(row.max.y) - bubble.height().min(36.0) / 2.0;
    let left = if message.outgoing {
        bubble.min.x - 8.0 - count * SIDE
    } else {
        bubble.max.x + 8.0
    };
    let mut at = pos2(left + SIDE / 2.0, middle);
    let mut next = || {
        let place = Rect::from_center_size(at, vec2(SIDE - 2.0, SIDE - 2.0));
        at.x += SIDE;
        place
    };
    let mut open = false;
    if answers {
        let faces = small(&ui, next(), icon::SMILEY, &tr("menu-react"));
        let popup = Popup::menu(&faces).close_behavior(PopupCloseBehavior::CloseOnClick);
        open |= popup.is_open();
        popup.show(|ui| quick(ui, message, view));
        if small(&ui, next(), icon::ARROW_BEND_UP_LEFT, &tr("menu-reply")).clicked() {
            view.act(Action::On(message.message_id, MessageAction::Answer));
        }
    }
    let more = small(&ui, next(), icon::DOTS_THREE_VERTICAL, &tr("menu-message"));
    let popup = Popup::menu(&more).close_behavior(PopupCloseBehavior::CloseOnClick);
    open |= popup.is_open();
    popup.show(|ui| items(ui, message, view));
    ui.data_mut(|data| data.insert_temp(id, open));
}

fn small(ui: &Ui, place: Rect, glyph: &str, label: &str) -> Response {
    let look = button::IconLook {
        size: 18.0,
        active: false,
        colour: theme::tokens(ui.ctx()).text3,
    };
    button::icon(ui, place, glyph, label, look)
}

/// The menu of a message that is on disk: a right click, or Enter while it has the focus.
pub(super) fn menu(ui: &Ui, response: &Response, message: &Message, view: &mut View<'_>) {
    context(ui, response).show(|ui| items(ui, message, view));
}

/// That of one that is not yet.
pub(super) fn pending_menu(ui: &Ui, response: &Response, text: &str, view: &mut View<'_>) {
    context(ui, response).show(|ui| copy(ui, text, view));
}

fn context<'a>(ui: &Ui, response: &Response) -> Popup<'a> {
    let popup = Popup::context_menu(response).close_behavior(PopupCloseBehavior::CloseOnClick);
    if response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        popup.open_memory(SetOpenCommand::Bool(true))
    } else {
        popup
    }
}

/// Selecting text ends where the view ends, so every message can be copied whole.
fn copy(ui: &mut Ui, text: &str, view: &mut View<'_>) {
    if button::menu_item(ui, icon::COPY, &tr("menu-copy"), false).clicked() {
        view.act(Action::Copy(text.to_owned()));
    }
}

/// Whether the others would take what I do with a message.
fn may_act(message: &Message, view: &View<'_>) -> bool {
    let chat = view.model.chat(message.chat_id);
    chat.is_some_and(|chat| view.model.can_write(chat))
}

fn items(ui: &mut Ui, message: &Message, view: &mut View<'_>) {
    let id = message.message_id;
    let has_text = !message.deleted && !message.text.is_empty();
    let may_act = may_act(message, view) && !message.deleted;
    let item =
        |ui: &mut Ui, glyph, words| button::menu_item(ui, glyph, &tr(words), false).clicked();
    if may_act {
        quick(ui, message, view);
        ui.separator();
        if item(ui, icon::ARROW_BEND_UP_LEFT, "menu-reply") {
            view.act(Action::On(id, MessageAction::Answer));
        }
    }
    if Model::can_change(message, view.now) && may_act && item(ui, icon::PENCIL_SIMPLE, "menu-edit")
    {
        view.act(Action::On(id, MessageAction::Change));
    }
    let is_here = |file: &FileInfo| file.state == FileState::Here;
    if message.file.as_ref().is_some_and(is_here) && item(ui, icon::FLOPPY_DISK, "file-save") {
        view.act(Action::Show(Dialog::Save(id)));
    }
    if has_text {
        // Only words can be said again.
        if message.file.is_none() && item(ui, icon::ARROW_BEND_UP_RIGHT, "menu-forward") {
            view.act(Action::Show(Dialog::Forward(id)));
        }
        copy(ui, &message.text, view);
    }
    if may_act {
        let pinned = view.model.pins(message.chat_id).contains(&id);
        let (glyph, words) = if pinned {
            (icon::PUSH_PIN_SLASH, "menu-unpin-message")
        } else {
            (icon::PUSH_PIN, "menu-pin-message")
        };
        if item(ui, glyph, words) {
            view.act(Action::On(id, MessageAction::Pin(!pinned)));
        }
    }
    // What nobody signed proves nothing.
    let is_signed = message.outgoing && !message.deleted && message.state != DeliveryState::Queued;
    if is_signed && item(ui, icon::SEAL_CHECK, "menu-proof") {
        view.act(Action::On(id, MessageAction::AskProof));
    }
    if item(ui, icon::INFO, "menu-about") {
        view.act(Action::Show(Dialog::About(id)));
    }
    ui.separator();
    let mine = message.outgoing && !message.deleted;
    if button::menu_item(ui, icon::TRASH, &tr("menu-delete"), true).clicked() {
        view.act(Action::Show(Dialog::Delete { message: id, mine }));
    }
}

/// The usual emojis, and the way to all the others.
fn quick(ui: &mut Ui, message: &Message, view: &mut View<'_>) {
    let tokens = theme::tokens(ui.ctx());
    let (_, strip) = ui.allocate_space(vec2(36.0 * 7.0 + 8.0, 42.0));
    let mut at = pos2(strip.min.x + 22.0, strip.center().y);
    for emoji in QUICK {
        let rect = Rect::from_center_size(at, vec2(34.0, 34.0));
        at.x += 36.0;
        let held = message.reactions.iter().find(|of| of.emoji == emoji);
        let mine = held.is_some_and(|of| is_mine(of, view.model));
        let response = ui.interact(rect, ui.scope_id().with(emoji), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, mine, emoji));
        let painter = ui.painter();
        if mine || response.hovered() {
            let fill = if mine { tokens.soft } else { tokens.hover };
            painter.rect_filled(rect, CornerRadius::same(10), fill);
        }
        let font = theme::regular(21.0);
        painter.text(
            rect.center(),
            Align2::CENTER_CENTER,
            emoji,
            font,
            tokens.text,
        );
        button::focus_ring(painter, &response, rect.shrink(2.0), 8, tokens);
        if response.clicked() {
            view.act(react(message, emoji, view.model));
            ui.close();
        }
    }
    let rect = Rect::from_center_size(at, vec2(34.0, 34.0));
    if button::quiet_icon(ui, rect, icon::PLUS, &tr("menu-more-emojis")).clicked() {
        view.act(Action::Show(Dialog::React(message.message_id)));
        ui.close();
    }
}

/// The side of a button beside a message, in points.
const SIDE: f32 = 32.0;
