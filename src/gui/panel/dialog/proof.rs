//! Saving the proof of a message of mine: what it shows, who signed, and where to. Nothing is replaced.

use egui::Ui;

use super::{Fields, about::fact, head, refusal, save};
use crate::{
    gui::{
        action::{Action, MessageAction},
        fonts::icon,
        strings::{tr, tr_count, tr_name},
        view::View,
        widget::button::{self, Pill},
    },
    node::{
        MessageId,
        view::{PersonReceipt, ReceiptState},
    },
};

pub(super) fn show(ui: &mut Ui, fields: &mut Fields, id: MessageId, view: &mut View<'_>) {
    if let Some(folder) = view.model.files.folder.as_ref()
        && fields.folder.is_none()
    {
        fields.plain = save::suggestion(folder, &name(id));
        fields.folder = Some(folder.path.clone());
    }
    let (title, sentence) = (tr("proof-title"), tr("proof-sentence"));
    head(ui, icon::SEAL_CHECK, &title, &sentence, view);
    let known = view.model.receipts.as_ref();
    let receipts = known.filter(|(of, _)| *of == id).map(|(_, all)| &**all);
    match receipts {
        Some(receipts) => signers(ui, receipts, view),
        None => fact(ui, &tr("proof-asking"), ""),
    }
    if view.model.around.chooser {
        refusal(ui, view.model.dialog.refused.as_deref());
        let ready = !view.model.dialog.waiting;
        let kind = if ready { Pill::Primary } else { Pill::Disabled };
        if button::wide_pill(ui, &tr("file-save"), kind).clicked() && ready {
            view.act(Action::On(id, MessageAction::PickProof(name(id))));
        }
    } else if let Some(path) = save::place(ui, fields, view) {
        view.act(Action::On(id, MessageAction::Prove(path)));
    }
}

/// Who signed, and who did not; a relay signs that it keeps it.
fn signers(ui: &mut Ui, receipts: &[PersonReceipt], view: &View<'_>) {
    let mut all: Vec<&PersonReceipt> = receipts.iter().collect();
    all.sort_by_key(|receipt| !is_signed(receipt));
    for receipt in all.iter().take(MOST) {
        let key = if is_signed(receipt) {
            "proof-has"
        } else {
            "proof-open"
        };
        fact(
            ui,
            &tr_name(key, &view.model.name_of(receipt.person_id)),
            "",
        );
    }
    if let Some(more) = all.len().checked_sub(MOST).filter(|more| *more > 0) {
        fact(ui, &tr_count("contents-more", more as u64), "");
    }
    let relays = receipts.iter().map(held_by).max().unwrap_or_default();
    if relays > 0 {
        fact(ui, &tr_count("proof-relays", relays), "");
    }
}

/// People who are named; more have no room.
const MOST: usize = 8;

fn is_signed(receipt: &PersonReceipt) -> bool {
    match receipt.state {
        ReceiptState::Delivered | ReceiptState::Read => true,
        ReceiptState::Queued | ReceiptState::Held => false,
    }
}

fn held_by(receipt: &PersonReceipt) -> u64 {
    receipt.held_by.into()
}

/// What `betwixt prove` calls it too.
fn name(id: MessageId) -> String {
    let id = id.to_string();
    format!("{}.betwixt-proof", id.get(..8).unwrap_or(&id))
}
