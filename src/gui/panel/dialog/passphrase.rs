//! Set, change or remove the passphrase.

use egui::Ui;
use zeroize::Zeroizing;

use super::{AGAIN, CURRENT, Fields, NEW, head, line, refusal};
use crate::gui::{
    action::Action,
    fonts::icon,
    strings::tr,
    view::View,
    widget::button::{self, Pill},
};

/// A shorter passphrase is guessed too easily, in characters.
const SHORTEST: usize = 8;

pub(super) fn show(ui: &mut Ui, fields: &mut Fields, view: &mut View<'_>) {
    let protected = view.model.me.protected;
    let (title, sentence) = if protected {
        ("passphrase-change-title", "passphrase-change-sentence")
    } else {
        ("passphrase-set-title", "passphrase-set-sentence")
    };
    head(ui, icon::LOCK_KEY, &tr(title), &tr(sentence), view);
    if protected {
        line(
            ui,
            CURRENT,
            &tr("passphrase-current"),
            true,
            &mut fields.current,
        );
    }
    line(ui, NEW, &tr("passphrase-new"), true, &mut fields.new);
    let entered = line(ui, AGAIN, &tr("passphrase-again"), true, &mut fields.again);

    let waiting = view.model.dialog.waiting;
    let complaint = complaint(fields);
    let refused = view.model.dialog.refused.as_deref();
    refusal(ui, complaint.as_deref().or(refused));
    let ready = !waiting && complaint.is_none() && !fields.again.is_empty();
    let kind = if ready { Pill::Primary } else { Pill::Disabled };
    let verb = if waiting {
        "passphrase-waiting"
    } else {
        "passphrase-button"
    };
    let clicked = button::wide_pill(ui, &tr(verb), kind).clicked();
    let current = || protected.then(|| Zeroizing::new(fields.current.clone()));
    if ready && (clicked || entered) {
        view.act(Action::Passphrase {
            current: current(),
            new: Some(Zeroizing::new(fields.new.clone())),
        });
    }
    let can_remove = protected && !waiting && fields.new.is_empty() && !fields.current.is_empty();
    if protected {
        let kind = if can_remove {
            Pill::Danger
        } else {
            Pill::Disabled
        };
        if button::wide_pill(ui, &tr("passphrase-remove"), kind).clicked() {
            view.act(Action::Passphrase {
                current: current(),
                new: None,
            });
        }
    }
}

fn complaint(fields: &Fields) -> Option<String> {
    if fields.new.is_empty() || fields.again.is_empty() {
        None
    } else if fields.new != fields.again {
        Some(tr("passphrase-differs"))
    } else if fields.new.chars().count() < SHORTEST {
        Some(tr("passphrase-short"))
    } else {
        None
    }
}
