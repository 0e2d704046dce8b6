//! Any emoji for a message.

use egui::{Id, Ui, vec2};

use super::{Fields, SEARCH, head, short};
use crate::{
    gui::action::Action,
    gui::{
        fonts::icon,
        model::Referred,
        panel::{snippet, timeline},
        strings::tr,
        view::View,
        widget::emoji,
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
    let picked = emoji::pick(ui, size, Id::unique(SEARCH), &mut fields.search);
    if let Some(picked) = picked {
        view.act(timeline::react(message, picked, view.model));
    }
}
