//! How far a message of mine has come with each person.

use egui::{Rect, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::{head, refusal};
use crate::{
    gui::{
        fonts::icon,
        model::Face,
        panel::row,
        strings::tr,
        theme,
        view::View,
        widget::{
            avatar, text,
            tick::{Inks, Tick},
        },
    },
    node::{
        MessageId,
        view::{PersonReceipt, ReceiptState},
    },
};

pub(super) fn show(ui: &mut Ui, message: MessageId, view: &mut View<'_>) {
    let (title, sentence) = (tr("receipts-title"), tr("receipts-sentence"));
    head(ui, icon::CHECKS, &title, &sentence, view);
    refusal(ui, view.model.dialog.refused.as_deref());
    let known = view.model.receipts.as_ref();
    let Some((_, receipts)) = known.filter(|(of, _)| *of == message) else {
        return;
    };
    if receipts.is_empty() {
        row::sentence(ui, &tr("receipts-nobody"));
    }
    let mut rows: Vec<(String, &PersonReceipt)> = receipts
        .iter()
        .map(|receipt| (view.model.name_of(receipt.person_id), receipt))
        .collect();
    // Whoever read it first, by name.
    rows.sort_by_cached_key(|(name, receipt)| {
        let left = match receipt.state {
            ReceiptState::Read => 0,
            ReceiptState::Delivered => 1,
            ReceiptState::Held => 2,
            ReceiptState::Queued => 3,
        };
        (left, name.to_lowercase())
    });
    let high = (ui.ctx().content_rect().height() - 360.0).clamp(110.0, 380.0);
    ScrollArea::vertical()
        .id_salt("receipts")
        .max_height(high)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (name, receipt) in rows {
                show_receipt(ui, &name, receipt, view);
            }
        });
}

fn show_receipt(ui: &mut Ui, name: &str, receipt: &PersonReceipt, view: &View<'_>) {
    let tokens = view.tokens;
    let size = vec2(ui.available_width(), theme::PERSON);
    let (id, rect) = ui.allocate_space(size);
    let (tick, words) = match receipt.state {
        ReceiptState::Queued => (Tick::Waiting, tr("receipt-queued")),
        ReceiptState::Held => (Tick::Sent, tr("receipt-held")),
        ReceiptState::Delivered => (Tick::Delivered, tr("receipt-delivered")),
        ReceiptState::Read => (Tick::Read, tr("receipt-read")),
    };
    let time = receipt
        .at
        .map_or_else(String::new, |at| view.calendar.short(at, view.now));
    let response = ui.interact(rect, id, Sense::hover());
    let label = if time.is_empty() {
        format!("{name}: {words}")
    } else {
        format!("{name}: {words}, {time}")
    };
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &label));

    let painter = ui.painter();
    let avatar = view.model.face(receipt.person_id);
    let face = Face {
        person: receipt.person_id,
        avatar: avatar.map_or(0, |face| face.avatar),
        name,
    };
    let center = rect.left_center() + vec2(22.0, 0.0);
    avatar::paint(painter, center, 40.0, face);
    let font = theme::regular(theme::SMALL);
    let ink = tokens.text2;
    let time = painter.layout_no_wrap(time, font.clone(), ink);
    let right = rect.max.x - 4.0;
    let at = pos2(right - time.size().x, rect.center().y - time.size().y / 2.0);
    let left = rect.min.x + 54.0;
    let room = at.x - left - 12.0;
    painter.galley(at, time, ink);
    let at = pos2(left, rect.center().y - 9.5);
    let title = theme::semibold(theme::TITLE);
    text::paint_line(painter, at, name, room, title, tokens.text);
    let inks = Inks {
        plain: tokens.text3,
        read: tokens.accent_text,
        failed: tokens.danger,
    };
    let below = Rect::from_min_size(pos2(left, rect.center().y + 10.5), vec2(room, 0.0));
    tick.paint(painter, below.min, 16.0, inks);
    let at = below.min + vec2(21.0, 0.0);
    text::paint_line(painter, at, &words, room - 21.0, font, ink);
}
