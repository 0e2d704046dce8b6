//! A locked profile asks for its passphrase.

use egui::{
    Align2, CornerRadius, Id, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role,
    vec2,
};
use zeroize::{Zeroize as _, Zeroizing};

use crate::gui::{
    action::Action,
    fonts::icon,
    strings::tr,
    theme,
    view::View,
    widget::{
        button::{self, Pill},
        field::{self, Field},
        hero, text,
    },
};

/// What is typed, until it is tried.
#[derive(Default)]
pub struct Locked {
    passphrase: String,
    focused: bool,
}

const FIELD: &str = "field unlock";

impl Locked {
    /// Draws it.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, view: &mut View<'_>) {
        let tokens = view.tokens;
        ui.painter().rect_filled(rect, 0.0, tokens.list);
        let size = vec2(420f32.min(rect.width() - 32.0), 400.0);
        let card = Rect::from_center_size(rect.center(), size);
        let round = CornerRadius::same(24);
        ui.painter()
            .add(theme::dialog_shadow(tokens).as_shape(card, round));
        let line = Stroke::new(1.0, tokens.border);
        ui.painter()
            .rect(card, round, tokens.card, line, StrokeKind::Inside);

        let top = card.center_top();
        hero::paint_icon(
            ui.painter(),
            top + vec2(0.0, 76.0),
            36.0,
            icon::LOCK_KEY,
            tokens,
        );
        let title = tr("locked-title");
        let at = top + vec2(0.0, 144.0);
        let font = theme::semibold(24.0);
        let shown = ui
            .painter()
            .text(at, Align2::CENTER_CENTER, &title, font, tokens.text);
        let response = ui.interact(shown, ui.scope_id().with("title"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &title));
        let at = top + vec2(0.0, 168.0);
        let font = theme::regular(theme::BODY);
        let width = card.width() - 96.0;
        text::paint_centred(
            ui.painter(),
            at,
            &tr("locked-sentence"),
            width,
            font,
            tokens.text2,
        );
        self.ask(ui, card, view);
    }

    fn ask(&mut self, ui: &mut Ui, card: Rect, view: &mut View<'_>) {
        let tokens = view.tokens;
        let inner = card.shrink2(vec2(48.0, 0.0));
        let place = Rect::from_min_size(inner.min + vec2(0.0, 226.0), vec2(inner.width(), 48.0));
        let label = tr("locked-passphrase");
        let field = Field {
            label: &label,
            hint: &label,
            icon: None,
            secret: true,
            limit: 1024,
        };
        let id = Id::unique(FIELD);
        if !std::mem::replace(&mut self.focused, true) {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        let (_, entered) = field.show(ui, place, id, &mut self.passphrase);
        if let Some(why) = &view.model.unlock_failed {
            let at = place.left_bottom() + vec2(4.0, 8.0);
            let font = theme::medium(theme::SMALL);
            let galley = ui
                .painter()
                .layout(why.clone(), font, tokens.danger, inner.width() - 8.0);
            let words = Rect::from_min_size(at, galley.size());
            let response = ui.interact(words, ui.scope_id().with("why"), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, why));
            ui.painter().galley(at, galley, tokens.danger);
        }
        let pill = Rect::from_min_size(inner.min + vec2(0.0, 324.0), vec2(inner.width(), 46.0));
        let waiting = view.model.unlocking;
        let ready = !self.passphrase.is_empty() && !waiting;
        let kind = if ready { Pill::Primary } else { Pill::Disabled };
        let verb = tr(if waiting {
            "locked-waiting"
        } else {
            "locked-button"
        });
        let clicked = button::pill(ui, pill, &verb, kind).clicked();
        if ready && (clicked || entered) {
            let passphrase = Zeroizing::new(self.passphrase.clone());
            self.passphrase.zeroize();
            self.passphrase.clear();
            // egui keeps what was typed for undo.
            field::forget(ui, id);
            self.focused = false;
            view.act(Action::Unlock(passphrase));
        }
    }
}
