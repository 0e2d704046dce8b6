//! What stands in front of everything: one question or one answer.

mod about;
mod add;
mod attach;
mod confirm;
mod contents;
mod forward;
mod group;
mod invite;
mod keys;
mod link;
mod passphrase;
mod pick;
mod pins;
mod proof;
mod react;
mod recovery;
mod rename;
mod save;
mod viewer;

use std::path::PathBuf;

use egui::{
    Color32, CornerRadius, Frame, Id, Margin, Modal, Rect, Sense, Stroke, Ui, WidgetInfo,
    accesskit::Role, vec2,
};
use zeroize::Zeroize as _;

use crate::{
    gui::{
        action::Action,
        fonts::icon,
        model::nav::Dialog,
        strings::tr,
        theme,
        view::View,
        widget::{
            button,
            field::{self, Field},
            hero, text,
        },
    },
    node::{ChatId, History, PersonId},
};

/// What is written in dialogs, until they close.
#[derive(Default)]
pub struct Dialogs {
    shown: Option<Dialog>,
    fields: Fields,
    /// The field that gets the keyboard, and for how many more frames it asks for it: egui lays a new
    /// dialog out once unseen, and what is unseen loses the keyboard again.
    focus: Option<(&'static str, u8)>,
    /// The picture that is shown large.
    stage: viewer::Stage,
}

/// What is written in the fields of the dialog that is open.
#[derive(Default)]
pub struct Fields {
    /// A name or a link.
    plain: String,
    /// What was handed to it from outside.
    handed: Option<String>,
    /// What a group is for.
    topic: String,
    /// Who is searched.
    search: String,
    /// Who was chosen, in that order.
    chosen: Vec<PersonId>,
    /// What they get of what was said before.
    history: History,
    /// The folder whose name stands in the field, or in which a file is to be saved.
    folder: Option<PathBuf>,
    /// Which chats were chosen, in that order.
    chats: Vec<ChatId>,
    /// The passphrase in force.
    current: String,
    /// A new passphrase.
    new: String,
    /// The same again.
    again: String,
}

impl Drop for Fields {
    fn drop(&mut self) {
        for secret in [&mut self.current, &mut self.new, &mut self.again] {
            secret.zeroize();
        }
    }
}

const WIDTH: f32 = 400.0;

/// A window lower than this is low, in points.
const LOW: f32 = 620.0;

impl Dialogs {
    /// Draws the dialog that is open, if one is.
    pub fn show(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let open = view.model.nav.dialog();
        if self.shown != open {
            self.shown = open;
            if !matches!(open, Some(Dialog::View(_))) {
                self.stage = viewer::Stage::default();
            }
            self.fields = Fields::default();
            for id in [PLAIN, TOPIC, SEARCH, CURRENT, NEW, AGAIN] {
                field::forget(ui, Id::unique(id));
            }
            self.fill(open, view);
            self.focus = first_field(open, view).map(|field| (field, 3));
        }
        let handed = &view.model.handed;
        if open == Some(Dialog::Add) && self.fields.handed != *handed {
            self.fields.handed.clone_from(handed);
            self.fields.plain = handed.clone().unwrap_or_default();
        }
        if let Some((field, frames)) = self.focus {
            ui.memory_mut(|memory| memory.request_focus(Id::unique(field)));
            self.focus = frames.checked_sub(1).map(|frames| (field, frames));
            ui.ctx().request_repaint();
        }
        let Some(dialog) = open else {
            return;
        };
        if let Dialog::View(message) = dialog {
            return self.stage.show(ui, message, view);
        }
        let tokens = view.tokens;
        let frame = Frame::new()
            .fill(tokens.card)
            .corner_radius(CornerRadius::same(24))
            .stroke(Stroke::new(1.0, tokens.border))
            .shadow(theme::dialog_shadow(tokens))
            .inner_margin(Margin::same(32));
        let dim = Color32::from_black_alpha(if tokens.dark { 150 } else { 90 });
        let modal = Modal::new(Id::unique("dialog"))
            .frame(frame)
            .backdrop_color(dim);
        let fields = &mut self.fields;
        let response = modal.show(ui.ctx(), |ui| {
            let room = ui.ctx().content_rect();
            ui.set_width(width(dialog, view).min(room.width() - 96.0));
            ui.spacing_mut().item_spacing = vec2(8.0, 12.0);
            match dialog {
                Dialog::Invite => invite::show(ui, view),
                Dialog::Add => add::show(ui, fields, view),
                Dialog::Link => link::show(ui, view),
                Dialog::Rename => rename::show(ui, fields, view),
                Dialog::Passphrase => passphrase::show(ui, fields, view),
                Dialog::Recovery => recovery::show(ui, fields, view),
                Dialog::Remove(person) => confirm::remove(ui, person, view),
                Dialog::Block(person) => confirm::block(ui, person, view),
                Dialog::Delete { message, mine } => confirm::delete(ui, message, mine, view),
                Dialog::Disappear(chat) => confirm::disappear(ui, chat, view),
                Dialog::NewGroup => group::found(ui, fields, view),
                Dialog::AddMembers(chat) => group::add(ui, fields, chat, view),
                Dialog::Describe(chat) => group::describe(ui, fields, chat, view),
                Dialog::RemoveMember(chat, person) => {
                    confirm::remove_member(ui, chat, person, view);
                }
                Dialog::Leave(chat) => confirm::leave(ui, chat, view),
                Dialog::DeleteChat(chat) => confirm::delete_chat(ui, chat, view),
                Dialog::About(message) => about::show(ui, message, view),
                Dialog::Forward(message) => forward::show(ui, fields, message, view),
                Dialog::React(message) => react::show(ui, fields, message, view),
                Dialog::Pins(chat) => pins::show(ui, chat, view),
                Dialog::Save(message) => save::show(ui, fields, message, view),
                Dialog::Contents(message) => contents::show(ui, message, view),
                Dialog::View(_) => {}
                Dialog::Keys => keys::show(ui, view),
                Dialog::Prove(message) => proof::show(ui, fields, message, view),
                Dialog::Attach(chat) => attach::show(ui, fields, chat, view),
            }
        });
        if response.should_close() {
            view.act(Action::CloseDialog);
        }
    }

    /// What stands in the fields of a dialog at first.
    fn fill(&mut self, open: Option<Dialog>, view: &View<'_>) {
        let model = view.model;
        match open {
            Some(Dialog::Rename) => self.fields.plain.clone_from(&model.me.name),
            Some(Dialog::Describe(chat)) => {
                if let Some(row) = model.chat(chat) {
                    self.fields.plain.clone_from(&row.name);
                }
                let topic = model.group(chat).and_then(|info| info.topic.clone());
                self.fields.topic = topic.unwrap_or_default();
            }
            _ => {}
        }
    }
}

/// The recovery words need more room.
fn width(dialog: Dialog, view: &View<'_>) -> f32 {
    match dialog {
        Dialog::Recovery if view.model.recovery.is_some() => 480.0,
        Dialog::Save(_)
        | Dialog::Attach(_)
        | Dialog::Contents(_)
        | Dialog::Keys
        | Dialog::Prove(_) => 480.0,
        Dialog::Invite
        | Dialog::Add
        | Dialog::Link
        | Dialog::Rename
        | Dialog::Passphrase
        | Dialog::Recovery
        | Dialog::NewGroup
        | Dialog::AddMembers(_)
        | Dialog::Describe(_)
        | Dialog::RemoveMember(..)
        | Dialog::Leave(_)
        | Dialog::DeleteChat(_)
        | Dialog::About(_)
        | Dialog::Forward(_)
        | Dialog::React(_)
        | Dialog::Pins(_)
        | Dialog::View(_)
        | Dialog::Remove(_)
        | Dialog::Block(_)
        | Dialog::Delete { .. }
        | Dialog::Disappear(_) => WIDTH,
    }
}

const PLAIN: &str = "field plain";
const TOPIC: &str = "field topic";
const SEARCH: &str = "field search members";
const CURRENT: &str = "field current";
const NEW: &str = "field new";
const AGAIN: &str = "field again";

fn first_field(dialog: Option<Dialog>, view: &View<'_>) -> Option<&'static str> {
    let protected = view.model.me.protected;
    match dialog? {
        Dialog::Add | Dialog::Rename | Dialog::NewGroup | Dialog::Describe(_) | Dialog::Save(_) => {
            Some(PLAIN)
        }
        Dialog::Prove(_) => (!view.model.around.chooser).then_some(PLAIN),
        Dialog::AddMembers(_) | Dialog::Forward(_) | Dialog::React(_) => Some(SEARCH),
        Dialog::Passphrase => Some(if protected { CURRENT } else { NEW }),
        Dialog::Recovery => protected.then_some(CURRENT),
        Dialog::Invite
        | Dialog::Link
        | Dialog::Remove(_)
        | Dialog::Block(_)
        | Dialog::Delete { .. }
        | Dialog::Disappear(_)
        | Dialog::RemoveMember(..)
        | Dialog::Leave(_)
        | Dialog::DeleteChat(_)
        | Dialog::About(_)
        | Dialog::Attach(_)
        | Dialog::Contents(_)
        | Dialog::View(_)
        | Dialog::Keys
        | Dialog::Pins(_) => None,
    }
}

/// The picture, title and sentence with which a dialog begins, and the cross that closes it. A low window
/// has no room for the picture.
fn head(ui: &mut Ui, glyph: &str, title: &str, sentence: &str, view: &mut View<'_>) {
    let tokens = view.tokens;
    let width = ui.available_width();
    let font = theme::regular(theme::BODY);
    let lines = ui
        .painter()
        .layout(sentence.to_owned(), font.clone(), tokens.text2, width);
    let text_height = lines.size().y.max(20.0) * 1.12;
    let picture = if ui.ctx().content_rect().height() < LOW {
        0.0
    } else {
        72.0
    };
    // Without the picture the cross stands beside it.
    let room = if picture > 0.0 { width } else { width - 40.0 };
    let named = ui.painter().layout_job(text::heading(
        title,
        room,
        theme::semibold(22.0),
        tokens.text,
    ));
    let below = picture + 2.0 + named.size().y.max(27.0);
    let (id, rect) = ui.allocate_space(vec2(width, below + 11.0 + text_height));
    let response = ui.interact(rect, id, Sense::hover());
    let label = format!("{title}. {sentence}");
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &label));
    let top = rect.center_top();
    if picture > 0.0 {
        hero::paint_icon(ui.painter(), top + vec2(0.0, 32.0), 32.0, glyph, tokens);
    }
    let at = top + vec2(0.0, picture + 2.0);
    ui.painter().galley(at, named, tokens.text);
    let at = top + vec2(0.0, below + 7.0);
    text::paint_centred(ui.painter(), at, sentence, width, font, tokens.text2);
    let cross = Rect::from_center_size(rect.right_top() + vec2(2.0, -2.0), vec2(36.0, 36.0));
    if button::quiet_icon(ui, cross, icon::X, &tr("dialog-close")).clicked() {
        view.act(Action::CloseDialog);
    }
}

/// The beginning of a message: it can be long.
fn short(words: &str) -> String {
    let mut short: String = words.chars().take(SHORT).collect();
    if words.chars().nth(SHORT).is_some() {
        short.push('…');
    }
    short
}

/// Of a message a dialog shows this much, in characters.
const SHORT: usize = 140;

/// A field as wide as the dialog. Says whether Enter was pressed in it.
fn line(ui: &mut Ui, id: &str, label: &str, secret: bool, text: &mut String) -> bool {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 48.0));
    let field = Field {
        label,
        hint: label,
        icon: None,
        secret,
        limit: 4096,
    };
    field.show(ui, rect, Id::unique(id), text).1
}

/// Why it was refused, if it was.
fn refusal(ui: &mut Ui, words: Option<&str>) {
    let Some(words) = words else {
        return;
    };
    let tokens = theme::tokens(ui.ctx());
    let font = theme::medium(theme::SMALL);
    let width = ui.available_width();
    let galley = ui
        .painter()
        .layout(words.to_owned(), font, tokens.danger, width);
    let (id, rect) = ui.allocate_space(galley.size());
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, words));
    ui.painter().galley(rect.min, galley, tokens.danger);
}
