//! Where one writes a line.

use egui::{
    self, Align2, CornerRadius, Frame, Id, Key, Margin, Rect, Response, RichText, Stroke,
    StrokeKind, TextEdit, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

use crate::gui::{mirror, theme};

/// A field for one line.
pub struct Field<'a> {
    /// Its accessible name.
    pub label: &'a str,
    /// Shown while it is empty.
    pub hint: &'a str,
    /// Shown before the text.
    pub icon: Option<&'a str>,
    /// Whether what is written stays hidden.
    pub secret: bool,
    /// The most that fits, in characters.
    pub limit: usize,
}

impl Field<'_> {
    /// Draws it. Says whether Enter was pressed in it.
    pub fn show(&self, ui: &mut Ui, rect: Rect, id: Id, text: &mut String) -> (Response, bool) {
        let tokens = theme::tokens(ui.ctx());
        let round = CornerRadius::same(if rect.height() < 44.0 { 12 } else { 14 });
        let line = Stroke::new(1.0, tokens.border);
        ui.painter()
            .rect(rect, round, tokens.field, line, StrokeKind::Inside);
        let mut left = rect.min.x + 16.0;
        if let Some(icon) = self.icon {
            let at = pos2(rect.min.x + 22.0, rect.center().y);
            let font = theme::icon(17.0);
            ui.painter()
                .text(at, Align2::CENTER_CENTER, icon, font, tokens.text3);
            left = rect.min.x + 40.0;
        }
        let size = if rect.height() < 44.0 { 14.0 } else { 15.5 };
        let inner = Rect::from_min_max(pos2(left, rect.min.y), rect.max - vec2(12.0, 0.0));
        let font = theme::regular(size);
        let hint = RichText::new(self.hint)
            .color(tokens.text3)
            .font(font.clone());
        let edit = TextEdit::singleline(text)
            .id(id)
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .font(font)
            .hint_text(hint)
            .password(self.secret)
            .char_limit(self.limit)
            .desired_width(inner.width())
            .min_size(Vec2::new(0.0, inner.height()))
            .align(Align2::LEFT_CENTER);
        let painter = ui.painter().clone();
        let response = mirror::whole(&painter, inner, || ui.put(inner, edit));
        let role = if self.secret {
            Role::PasswordInput
        } else {
            Role::TextInput
        };
        response.widget_info(|| WidgetInfo::labeled(role, true, self.label));
        if response.has_focus() {
            let stroke = Stroke::new(2.0, tokens.accent_text);
            ui.painter()
                .rect_stroke(rect, round, stroke, StrokeKind::Inside);
        }
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        (response, entered)
    }
}

/// Forgets what egui remembers of a field, such as its undo history: it held a secret.
pub fn forget(ui: &Ui, id: Id) {
    egui::text_edit::TextEditState::default().store(ui.ctx(), id);
}
