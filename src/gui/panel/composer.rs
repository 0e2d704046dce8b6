//! Where one writes: Enter sends, Shift+Enter breaks the line. What was not sent is kept per chat.

use std::collections::BTreeMap;

use egui::{
    self, Align2, CornerRadius, CursorIcon, Event, Frame, Id, Key, KeyboardShortcut, Margin,
    Modifiers, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use crate::{
    gui::{
        action::Action,
        fonts::icon,
        strings::{Argument, tr, tr_name, tr_with},
        theme,
        view::View,
        widget::button,
    },
    node::ChatId,
};

/// The longest text of one message, in bytes of UTF-8.
pub const LONGEST: usize = 16 * 1024;

/// From here on the composer says how much is left, in bytes.
const COUNTED: usize = LONGEST - 1024;

/// Chats whose unsent text is kept.
const DRAFTS: usize = 200;

/// Rows of the field at most.
const ROWS: usize = 8;

const LINE: f32 = 21.0;

/// Where one writes.
#[derive(Default)]
pub struct Composer {
    drafts: BTreeMap<ChatId, String>,
    was_typing: bool,
    focus_on: Option<ChatId>,
}

/// The field; Escape leaves it and anything typed elsewhere in a chat does not.
pub fn field_id() -> Id {
    Id::unique("composer")
}

impl Composer {
    /// How high it is in a pane of that width.
    pub fn height(&self, ui: &Ui, width: f32, chat: ChatId) -> f32 {
        self.field_height(ui, width, chat)
            + 24.0
            + if self.note(chat).is_some() { 22.0 } else { 0.0 }
    }

    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, chat: ChatId, name: &str, view: &mut View<'_>) {
        let field_height = self.field_height(ui, rect.width(), chat);
        let field = Rect::from_min_max(
            pos2(rect.min.x + theme::GUTTER, rect.max.y - 14.0 - field_height),
            pos2(rect.max.x - theme::GUTTER - 54.0, rect.max.y - 14.0),
        );
        if let Some(note) = self.note(chat) {
            let too_long = self.draft(chat).len() > LONGEST;
            let ink = if too_long {
                view.tokens.danger
            } else {
                view.tokens.text3
            };
            let place = Rect::from_min_max(pos2(field.min.x, rect.min.y), field.right_top());
            let response = ui.interact(place, ui.scope_id().with("note"), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &note));
            let at = pos2(field.min.x + 16.0, field.min.y - 12.0);
            let font = theme::regular(theme::SMALL);
            ui.painter().text(at, Align2::LEFT_CENTER, &note, font, ink);
        }
        let enter = take_enter(ui);
        let changed = self.field(ui, field, chat, name, view);
        if changed {
            self.tell_typing(chat, view);
        }
        let send = Rect::from_center_size(
            pos2(rect.max.x - theme::GUTTER - 21.0, field.max.y - 21.0),
            vec2(42.0, 42.0),
        );
        let clicked = self.send_button(ui, send, chat, view);
        if (enter || clicked) && self.is_ready(chat) {
            self.send(chat, view);
            ui.memory_mut(|memory| memory.request_focus(field_id()));
        }
    }

    /// Forgets everything that was written, as when the profile is locked.
    pub fn forget(&mut self, ctx: &egui::Context) {
        *self = Self::default();
        egui::text_edit::TextEditState::default().store(ctx, field_id());
    }

    fn draft(&self, chat: ChatId) -> &str {
        self.drafts.get(&chat).map_or("", String::as_str)
    }

    fn is_ready(&self, chat: ChatId) -> bool {
        let draft = self.draft(chat);
        !draft.trim().is_empty() && draft.trim().len() <= LONGEST
    }

    /// How much is left, or that it is too much.
    fn note(&self, chat: ChatId) -> Option<String> {
        let length = self.draft(chat).trim().len();
        if length <= COUNTED {
            return None;
        }
        Some(if length > LONGEST {
            tr("composer-too-long")
        } else {
            let left = (LONGEST - length) as u64;
            tr_with("composer-left", &[("count", Argument::Count(left))])
        })
    }

    fn field_height(&self, ui: &Ui, width: f32, chat: ChatId) -> f32 {
        let text_width = width - 2.0 * theme::GUTTER - 54.0 - 36.0;
        let draft = self.draft(chat);
        let galley = ui.painter().layout(
            draft.to_owned(),
            theme::regular(theme::BODY),
            theme::tokens(ui.ctx()).text,
            text_width,
        );
        let rows = galley.rows.len().clamp(1, ROWS);
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let height = 21.0 + LINE * rows as f32;
        height
    }

    fn field(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        chat: ChatId,
        name: &str,
        view: &View<'_>,
    ) -> bool {
        let tokens = view.tokens;
        ui.painter()
            .rect_filled(rect, CornerRadius::same(21), tokens.field);
        let inner = rect.shrink2(vec2(18.0, 10.0));
        let mut ui = ui.new_child(UiBuilder::new().max_rect(inner).id_salt("field"));
        ui.set_clip_rect(inner.expand2(vec2(2.0, 4.0)));
        if self.focus_on != Some(chat) {
            self.focus_on = Some(chat);
            self.was_typing = false;
            egui::text_edit::TextEditState::default().store(ui.ctx(), field_id());
            ui.memory_mut(|memory| memory.request_focus(field_id()));
        }
        if self.drafts.len() > DRAFTS {
            self.drafts
                .retain(|of, draft| *of == chat || !draft.is_empty());
        }
        let draft = self.drafts.entry(chat).or_default();
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
        let output = area.show(&mut ui, |ui| {
            TextEdit::multiline(draft)
                .id(field_id())
                .frame(Frame::NONE)
                .margin(Margin::ZERO)
                .desired_rows(1)
                .desired_width(inner.width())
                .hint_text(hint)
                .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter))
                .layouter(&mut layout)
                .show(ui)
        });
        let response = &output.inner.response.response;
        let label = tr_name("composer-label", name);
        response.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, &label));
        response.changed()
    }

    fn tell_typing(&mut self, chat: ChatId, view: &mut View<'_>) {
        let typing = !self.draft(chat).trim().is_empty();
        if typing || self.was_typing {
            view.act(Action::Typing { chat, typing });
        }
        self.was_typing = typing;
    }

    fn send_button(&self, ui: &Ui, rect: Rect, chat: ChatId, view: &View<'_>) -> bool {
        let tokens = view.tokens;
        let ready = self.is_ready(chat);
        let sense = if ready {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(rect, ui.scope_id().with("send"), sense);
        let label = tr("composer-send");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ready, &label));
        let (fill, ink) = match (ready, response.hovered()) {
            (true, true) => (tokens.accent.gamma_multiply(0.9), tokens.on_accent),
            (true, false) => (tokens.accent, tokens.on_accent),
            (false, _) => (tokens.field, tokens.text3),
        };
        ui.painter().circle_filled(rect.center(), 21.0, fill);
        let at = rect.center() + vec2(1.0, 0.0);
        let font = theme::icon_fill(19.0);
        ui.painter().text(
            at,
            Align2::CENTER_CENTER,
            icon::PAPER_PLANE_RIGHT,
            font,
            ink,
        );
        button::focus_ring(ui.painter(), &response, rect, 21, tokens);
        let clicked = response.clicked();
        if ready {
            response
                .on_hover_cursor(CursorIcon::PointingHand)
                .on_hover_text(label);
        }
        clicked
    }

    fn send(&mut self, chat: ChatId, view: &mut View<'_>) {
        let draft = self.drafts.remove(&chat).unwrap_or_default();
        let text = draft.trim().to_owned();
        self.was_typing = false;
        view.act(Action::Send { chat, text });
    }
}

/// Takes Enter away from the field. The modifiers of the event itself count: Shift may be released
/// again by the end of the frame, and `consume_key` takes Shift+Enter for Enter.
fn take_enter(ui: &Ui) -> bool {
    if !ui.memory(|memory| memory.has_focus(field_id())) {
        return false;
    }
    ui.input_mut(|input| {
        let before = input.events.len();
        input.events.retain(|event| {
            !matches!(
                event,
                Event::Key { key: Key::Enter, pressed: true, modifiers, .. } if modifiers.is_none()
            )
        });
        input.events.len() != before
    })
}
