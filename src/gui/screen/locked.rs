//! A locked profile asks for its passphrase.

use egui::{Id, Rect, Sense, Ui, WidgetInfo, accesskit::Role, vec2};
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
        let size = vec2(420f32.min(rect.width() - 32.0), 400.0);
        let card = hero::card(ui, rect, size, icon::LOCK_KEY, &tr("locked-title"));
        let at = card.center_top() + vec2(0.0, 168.0);
        let font = theme::regular(theme::BODY);
        let (words, width) = (tr("locked-sentence"), card.width() - 96.0);
        text::paint_centred(ui.painter(), at, &words, width, font, view.tokens.text2);
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
