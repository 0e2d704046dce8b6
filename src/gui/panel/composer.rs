//! Where one writes: Enter sends, Shift+Enter breaks the line. What was not sent is kept per chat, and
//! apart from it the new text of a message that is being changed.

mod above;
mod draft;
mod mention;
mod recorder;
mod typed;

use std::collections::BTreeMap;

use egui::{
    self, Align2, CornerRadius, CursorIcon, Frame, Id, Key, KeyboardShortcut, Margin, Modifiers,
    Popup, PopupCloseBehavior, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, UiBuilder,
    WidgetInfo,
    accesskit::Role,
    pos2,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
    vec2,
};

pub use self::draft::LONGEST;
use self::{
    draft::Draft,
    mention::{Answer, Offer},
    typed::Typed,
};
use crate::{
    gui::{
        action::{Action, MessageAction},
        appearance::Appearance,
        fonts::icon,
        mirror,
        model::{Model, Writing, nav::Dialog},
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::{
            button,
            emoji::{self, Picked},
        },
    },
    node::{ChatId, MessageId, PersonId},
};

/// Chats whose unsent text is kept.
const DRAFTS: usize = 200;

/// Rows of the field at most.
const ROWS: usize = 8;

const LINE: f32 = 21.0;

/// A chat, and the message in it that is changed, if one is.
type Slot = (ChatId, Option<MessageId>);

/// Where one writes.
#[derive(Default)]
pub struct Composer {
    drafts: BTreeMap<Slot, Draft>,
    was_typing: bool,
    /// Which draft is shown.
    shown: Option<Slot>,
    /// The message that it answers or changes.
    about: Option<MessageId>,
    offer: Option<Offer>,
    /// Where an `@` stands whose offer was dismissed, in characters.
    dismissed: Option<usize>,
    /// Where the cursor stands, in characters.
    cursor: usize,
    emoji: String,
    typed: Typed,
}

/// The field; Escape leaves it and anything typed elsewhere in a chat does not.
pub fn field_id() -> Id {
    Id::unique("composer")
}

impl Composer {
    /// How high it is in a pane of that width.
    pub fn height(&self, ui: &Ui, width: f32, chat: ChatId, model: &Model) -> f32 {
        let draft = self.draft(key(chat, model));
        let above = if model.writing(chat).is_some() {
            above::HEIGHT
        } else {
            0.0
        };
        let note = draft.and_then(Draft::note).map_or(0.0, |_| 22.0);
        field_height(ui, width, draft) + 24.0 + above + note
    }

    /// What was written in a chat and not yet sent, if anything.
    pub fn unsent(&self, chat: ChatId) -> Option<&str> {
        let text = self.draft((chat, None))?.text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Whether Escape is for it: there is an offer to dismiss.
    pub fn takes_escape(&self) -> bool {
        self.offer.is_some()
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, chat: ChatId, name: &str, view: &mut View<'_>) {
        let key = self.follow(ui, chat, view.model);
        let high = field_height(ui, rect.width(), self.draft(key));
        let field = Rect::from_min_max(
            pos2(rect.min.x + theme::GUTTER, rect.max.y - 14.0 - high),
            pos2(rect.max.x - theme::GUTTER - 54.0, rect.max.y - 14.0),
        );
        let send = Rect::from_center_size(
            pos2(rect.max.x - theme::GUTTER - 21.0, field.max.y - 21.0),
            vec2(42.0, 42.0),
        );
        if recorder::show(ui, field, send, chat, view) {
            return;
        }
        let top = Rect::from_min_size(
            pos2(field.min.x, rect.min.y),
            vec2(field.width(), above::HEIGHT),
        );
        above::show(ui, top, chat, view);
        if let Some(note) = self.draft(key).and_then(Draft::note) {
            let too_long = self.draft(key).is_some_and(|draft| !draft.is_ready());
            above::show_note(ui, field, &note, too_long);
        }
        self.typed.give_back(ui);
        if view.model.nav.dialog().is_none() && typed::is_for_nobody(ui) {
            focus(ui);
        }
        self.answer_offer(ui, key);
        self.change_last(ui, key, view);
        let enter = self.typed.take_enter(ui);
        if self.field(ui, field, key, name, view) {
            self.tell_typing(key, view);
        }
        self.show_offer(ui, field, key, view);
        self.show_emojis(ui, field, key, view);
        attach(ui, field, key, view);
        let clicked = self.send_button(ui, send, key, view);
        if (enter || clicked) && self.draft(key).is_some_and(Draft::is_ready) {
            self.send(key, view);
            focus(ui);
        }
    }

    /// Forgets everything that was written, as when the profile is locked.
    pub fn forget(&mut self, ctx: &egui::Context) {
        *self = Self::default();
        TextEditState::default().store(ctx, field_id());
    }

    fn draft(&self, key: Slot) -> Option<&Draft> {
        self.drafts.get(&key)
    }

    /// Takes what is written now: another chat, another message to change, an answer begun.
    fn follow(&mut self, ui: &Ui, chat: ChatId, model: &Model) -> Slot {
        let key = key(chat, model);
        let about = model.writing(chat).map(|writing| match writing {
            Writing::Answer(message) | Writing::Change(message) => message.message_id,
        });
        if self.shown == Some(key) {
            if self.about != about {
                focus(ui);
            }
            self.about = about;
            return key;
        }
        self.about = about;
        self.shown = Some(key);
        self.was_typing = false;
        self.offer = None;
        self.dismissed = None;
        // What replaced a text goes once that is done or given up.
        self.drafts
            .retain(|(of, changed), _| *of != chat || changed.is_none() || *changed == key.1);
        if self.drafts.len() > DRAFTS {
            self.drafts
                .retain(|of, draft| *of == key || !draft.text.is_empty());
        }
        let fresh = match model.writing(chat) {
            Some(Writing::Change(message)) => Draft::of(&message.text),
            Some(Writing::Answer(_)) | None => Draft::default(),
        };
        let draft = self.drafts.entry(key).or_insert(fresh);
        put_cursor(ui, draft.text.chars().count());
        focus(ui);
        key
    }

    /// The keys that are for the offer.
    fn answer_offer(&mut self, ui: &Ui, key: Slot) {
        let Some(offer) = &mut self.offer else {
            return;
        };
        // Escape has taken the focus away already.
        let escape = ui.input(|input| input.key_pressed(Key::Escape));
        if !escape && !ui.memory(|memory| memory.has_focus(field_id())) {
            return;
        }
        match offer.take_keys(ui) {
            Some(Answer::Take) => {
                if let Some((person, name)) = offer.chosen().cloned() {
                    self.take(ui, key, person, &name);
                }
            }
            Some(Answer::Dismiss) => {
                self.dismissed = Some(offer.from);
                self.offer = None;
                focus(ui);
            }
            None => {}
        }
    }

    fn take(&mut self, ui: &Ui, key: Slot, person: PersonId, name: &str) {
        let Some(offer) = self.offer.take() else {
            return;
        };
        let draft = self.drafts.entry(key).or_default();
        let end = draft.name(offer.from, offer.to, person, name);
        put_cursor(ui, end);
        focus(ui);
    }

    fn show_offer(&mut self, ui: &Ui, field: Rect, key: Slot, view: &View<'_>) {
        let text = self.draft(key).map_or("", |draft| &draft.text);
        let has_focus = ui.memory(|memory| memory.has_focus(field_id()));
        let before = self.offer.as_ref();
        let offer = Offer::of(text, self.cursor, key.0, view.model, before);
        if offer.as_ref().map(|offer| offer.from) != self.dismissed {
            self.dismissed = None;
        }
        let wanted = |offer: &Offer| self.dismissed != Some(offer.from);
        // A click on it takes the focus for a moment.
        let clicks = ui.input(|input| input.pointer.any_down() || input.pointer.any_released());
        let stays = has_focus || before.is_some() && clicks;
        self.offer = offer.filter(wanted).filter(|_| stays);
        let clicked = self.offer.as_ref().map(|offer| offer.show(ui, field, view));
        if let Some(Some((person, name))) = clicked {
            self.take(ui, key, person, &name);
        }
    }

    /// Up, in an empty field, changes what I said last.
    fn change_last(&self, ui: &Ui, key: Slot, view: &mut View<'_>) {
        let is_empty = self.draft(key).is_none_or(|draft| draft.text.is_empty());
        let is_new = view.model.writing(key.0).is_none();
        if !is_empty || !is_new || !ui.memory(|memory| memory.has_focus(field_id())) {
            return;
        }
        let Some(last) = view.model.last_changeable(view.now) else {
            return;
        };
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowUp)) {
            view.act(Action::On(last, MessageAction::Change));
        }
    }

    fn field(&mut self, ui: &mut Ui, rect: Rect, key: Slot, name: &str, view: &View<'_>) -> bool {
        let tokens = view.tokens;
        ui.painter()
            .rect_filled(rect, CornerRadius::same(21), tokens.field);
        let inner = text_rect(rect);
        let mut ui = ui.new_child(UiBuilder::new().max_rect(inner).id_salt("field"));
        ui.set_clip_rect(inner.expand2(vec2(2.0, 4.0)));
        let offers = self.offer.is_some();
        let draft = self.drafts.entry(key).or_default();
        let hint = RichText::new(tr("composer-hint"))
            .font(theme::regular(theme::BODY))
            .color(tokens.text3);
        let mut layout = |ui: &Ui, text: &dyn egui::TextBuffer, width: f32| {
            let format = egui::TextFormat {
                font_id: theme::regular(theme::BODY),
                color: tokens.text,
                line_height: Some(LINE),
                valign: egui::Align::Center,
                ..egui::TextFormat::default()
            };
            let mut job = egui::text::LayoutJob::single_section(text.as_str().to_owned(), format);
            job.wrap.max_width = width;
            job.keep_trailing_whitespace = true;
            ui.painter().layout_job(job)
        };
        let area = ScrollArea::vertical()
            .auto_shrink(false)
            .max_height(inner.height());
        let painter = ui.painter().clone();
        let show = |ui: &mut Ui| {
            TextEdit::multiline(&mut draft.text)
                .id(field_id())
                .frame(Frame::NONE)
                .margin(Margin::ZERO)
                .desired_rows(1)
                .desired_width(inner.width())
                .hint_text(hint)
                // Tab takes a name that is offered.
                .lock_focus(offers)
                .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter))
                .layouter(&mut layout)
                .show(ui)
        };
        let output = mirror::whole(&painter, inner, || area.show(&mut ui, show));
        if let Some(range) = output.inner.cursor_range {
            self.cursor = range.primary.index.0;
        }
        let response = &output.inner.response.response;
        let label = tr_name("composer-label", name);
        response.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, &label));
        response.changed()
    }

    /// The face at the right of the field, and all emojis.
    fn show_emojis(&mut self, ui: &Ui, field: Rect, key: Slot, view: &mut View<'_>) {
        let center = pos2(field.max.x - 23.0, field.max.y - 21.0);
        let place = Rect::from_center_size(center, vec2(34.0, 34.0));
        let faces = button::quiet_icon(ui, place, icon::SMILEY, &tr("composer-emoji"));
        let popup = Popup::menu(&faces).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let search = &mut self.emoji;
        let now = view.model.appearance;
        let picked = popup.show(|ui| {
            let id = Id::unique("field emoji");
            let writes = ui.memory(egui::Memory::focused);
            if writes.is_none_or(|of| of == field_id() || of == faces.id) {
                ui.memory_mut(|memory| memory.request_focus(id));
            }
            emoji::pick(ui, vec2(324.0, 330.0), id, search, now.skin)
        });
        let emoji = match picked.and_then(|shown| shown.inner) {
            Some(Picked::Emoji(emoji)) => emoji,
            Some(Picked::Tone(skin)) => {
                return view.act(Action::Look(Appearance { skin, ..now }));
            }
            None => return,
        };
        let at = self.cursor;
        let draft = self.drafts.entry(key).or_default();
        let at = at.min(draft.text.chars().count());
        self.cursor = draft.put(at, at, &emoji);
        put_cursor(ui, self.cursor);
        self.emoji.clear();
        Popup::close_all(ui.ctx());
        focus(ui);
    }

    fn tell_typing(&mut self, key: Slot, view: &mut View<'_>) {
        let typing = self
            .draft(key)
            .is_some_and(|draft| !draft.text.trim().is_empty());
        if typing || self.was_typing {
            let chat = key.0;
            view.act(Action::Typing { chat, typing });
        }
        self.was_typing = typing;
    }

    fn send_button(&self, ui: &Ui, rect: Rect, key: Slot, view: &View<'_>) -> bool {
        let tokens = view.tokens;
        let ready = self.draft(key).is_some_and(Draft::is_ready);
        let sense = if ready {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(rect, ui.scope_id().with("send"), sense);
        let (words, glyph, font) = if key.1.is_some() {
            ("composer-keep", icon::CHECK, theme::icon_bold(20.0))
        } else {
            let font = theme::icon_fill(19.0);
            ("composer-send", icon::PAPER_PLANE_RIGHT, font)
        };
        let label = tr(words);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ready, &label));
        let (fill, ink) = match (ready, response.hovered()) {
            (true, true) => (tokens.accent.gamma_multiply(0.9), tokens.on_accent),
            (true, false) => (tokens.accent, tokens.on_accent),
            (false, _) => (tokens.field, tokens.text3),
        };
        ui.painter().circle_filled(rect.center(), 21.0, fill);
        let at = rect.center() + vec2(1.0, 0.0);
        ui.painter()
            .text(at, Align2::CENTER_CENTER, glyph, font, ink);
        button::focus_ring(ui.painter(), &response, rect, 21, tokens);
        let clicked = response.clicked();
        if ready {
            response
                .on_hover_cursor(CursorIcon::PointingHand)
                .on_hover_text(label);
        }
        clicked
    }

    fn send(&mut self, key: Slot, view: &mut View<'_>) {
        let (chat, changed) = key;
        self.was_typing = false;
        if let Some(message) = changed {
            // It stays in the field until it is kept.
            let text = self.draft(key).map_or("", |draft| draft.text.trim());
            let text = text.to_owned();
            view.act(Action::On(message, MessageAction::Rewrite(text)));
            return;
        }
        let draft = self.drafts.remove(&key).unwrap_or_default();
        view.act(Action::Send {
            chat,
            text: draft.text.trim().to_owned(),
            mentions: draft.mentions(),
        });
    }
}

/// The clip beside the face, and the microphone: files and what is spoken, unless a message is being changed.
fn attach(ui: &Ui, field: Rect, key: Slot, view: &mut View<'_>) {
    if key.1.is_some() {
        return;
    }
    let center = pos2(field.max.x - 57.0, field.max.y - 21.0);
    let place = Rect::from_center_size(center, vec2(34.0, 34.0));
    if button::quiet_icon(ui, place, icon::PAPERCLIP, &tr("composer-attach")).clicked() {
        view.act(Action::Show(Dialog::Attach(key.0)));
    }
    recorder::microphone(ui, field, key.0, view);
}

/// Which draft a chat shows.
fn key(chat: ChatId, model: &Model) -> Slot {
    match model.writing(chat) {
        Some(Writing::Change(message)) => (chat, Some(message.message_id)),
        Some(Writing::Answer(_)) | None => (chat, None),
    }
}

fn focus(ui: &Ui) {
    ui.memory_mut(|memory| memory.request_focus(field_id()));
}

fn put_cursor(ui: &Ui, at: usize) {
    let mut state = TextEditState::default();
    let range = CCursorRange::one(CCursor::new(at));
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), field_id());
}

/// Where the text stands in the field, beside the clip and the face.
fn text_rect(field: Rect) -> Rect {
    Rect::from_min_max(
        field.min + vec2(18.0, 10.0),
        field.max - vec2(18.0 + FACE, 10.0),
    )
}

fn field_height(ui: &Ui, width: f32, draft: Option<&Draft>) -> f32 {
    let text_width = width - 2.0 * theme::GUTTER - 54.0 - 36.0 - FACE;
    let galley = ui.painter().layout(
        draft.map_or_else(String::new, |draft| draft.text.clone()),
        theme::regular(theme::BODY),
        theme::tokens(ui.ctx()).text,
        text_width,
    );
    let rows = galley.rows.len().clamp(1, ROWS);
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let height = 21.0 + LINE * rows as f32;
    height
}

/// Room for the microphone, the clip and the face at the right of the field, in points.
const FACE: f32 = 94.0;
