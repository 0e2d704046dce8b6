//! The line with a pinned message, above the messages.

use egui::{
    Align2, CornerRadius, CursorIcon, Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::snippet;
use crate::{
    gui::{
        action::{Action, MessageAction},
        fonts::icon,
        model::{Referred, nav::Dialog},
        strings::{Argument, tr, tr_name, tr_with},
        theme,
        view::View,
        widget::{button, text},
    },
    node::ChatId,
};

/// Which of the pinned messages is shown.
#[derive(Default)]
pub struct Pins {
    chat: Option<ChatId>,
    at: usize,
}

/// How high the line is, in points.
const HEIGHT: f32 = 50.0;

impl Pins {
    /// Draws it, if something is pinned. Returns its height.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, chat: ChatId, view: &mut View<'_>) -> f32 {
        let pins = view.model.pins(chat);
        if self.chat != Some(chat) || self.at >= pins.len() {
            *self = Self {
                chat: Some(chat),
                at: 0,
            };
        }
        let Some(pin) = pins.get(self.at).copied() else {
            return 0.0;
        };
        if view.model.referred(pin) == Referred::Unknown {
            view.act(Action::On(pin, MessageAction::Find));
        }
        let line = rect.with_max_y(rect.min.y + HEIGHT);
        let mut ui = ui.new_child(UiBuilder::new().max_rect(line).id_salt("pins"));
        let title = self.title(pins.len());
        if self.show_line(&mut ui, line, &title, view) {
            view.act(Action::On(pin, MessageAction::GoTo));
            // The next click shows the one that was pinned before.
            self.at = (self.at + 1) % pins.len().max(1);
        }
        let center = pos2(line.max.x - 36.0, line.center().y);
        let place = Rect::from_center_size(center, vec2(38.0, 38.0));
        if button::quiet_icon(&ui, place, icon::CARET_DOWN, &tr("pins-all")).clicked() {
            view.act(Action::Show(Dialog::Pins(chat)));
        }
        HEIGHT
    }

    fn title(&self, count: usize) -> String {
        if count < 2 {
            return tr("pins-one");
        }
        let arguments = [
            ("number", Argument::Count(self.at as u64 + 1)),
            ("count", Argument::Count(count as u64)),
        ];
        tr_with("pins-nth", &arguments)
    }

    fn show_line(&self, ui: &mut Ui, line: Rect, title: &str, view: &View<'_>) -> bool {
        let tokens = view.tokens;
        let Some(pin) = self
            .chat
            .and_then(|chat| view.model.pins(chat).get(self.at))
        else {
            return false;
        };
        let quote = snippet::quote(view.model, *pin, tokens);
        let words = if quote.author.is_empty() {
            quote.words
        } else {
            format!("{}: {}", quote.author, quote.words)
        };
        let response = ui.interact(line, ui.scope_id().with("pin"), Sense::click());
        let label = tr_name("pins-label", &words);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        let painter = ui.painter();
        if response.hovered() {
            painter.rect_filled(line, 0.0, tokens.hover);
        }
        let border = Stroke::new(1.0, tokens.border);
        painter.hline(line.x_range(), line.max.y, border);
        let middle = line.center().y;
        let left = line.min.x + theme::GUTTER;
        let bar = Rect::from_center_size(pos2(left + 1.5, middle), vec2(3.0, 32.0));
        painter.rect_filled(bar, CornerRadius::same(2), tokens.accent_text);
        let at = pos2(left + 24.0, middle);
        let font = theme::icon(18.0);
        let ink = tokens.accent_text;
        painter.text(at, Align2::CENTER_CENTER, icon::PUSH_PIN, font, ink);
        let left = left + 44.0;
        let room = line.max.x - 70.0 - left;
        let font = theme::semibold(theme::SMALL);
        text::paint_line(painter, pos2(left, middle - 9.0), title, room, font, ink);
        let font = theme::regular(theme::SMALL + 0.5);
        let at = pos2(left, middle + 9.0);
        text::paint_line(painter, at, &words, room, font, tokens.text2);
        button::focus_ring(painter, &response, line.shrink(4.0), 8, tokens);
        response.on_hover_cursor(CursorIcon::PointingHand).clicked()
    }
}
