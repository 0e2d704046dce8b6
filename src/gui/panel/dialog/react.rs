//! Any emoji for a message.

use egui::{Id, Ui, vec2};

use super::{Fields, SEARCH, head, short};
use crate::{
    gui::{
        action::Action,
        appearance::Appearance,
        fonts::icon,
        model::Referred,
        panel::{snippet, timeline},
        strings::tr,
        view::View,
        widget::emoji::{self, Picked},
    },
    node::MessageId,
};

pub(super) fn show(ui: &mut Ui, fields: &mut Fields, id: MessageId, view: &mut View<'_>) {
    let Referred::Here(message) = view.model.referred(id) else {
        view.act(Action::CloseDialog);
        return;
    };
    let words = short(&snippet::words(message));
    head(ui, icon::SMILEY, &tr("react-title"), &words, view);
    let size = vec2(ui.available_width(), 250.0);
    let now = view.model.appearance;
    let id = Id::unique(SEARCH);
    match emoji::pick(ui, size, id, &mut fields.search, now.skin) {
        Some(Picked::Emoji(emoji)) => view.act(timeline::react(message, &emoji, view.model)),
        Some(Picked::Tone(skin)) => view.act(Action::Look(Appearance { skin, ..now })),
        None => {}
    }
}
