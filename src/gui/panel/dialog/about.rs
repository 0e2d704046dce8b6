//! All that is known of a message: when, what it said before, how far it has come with each person.

use egui::{
    Align2, CornerRadius, Rect, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{head, refusal, short};
use crate::{
    gui::{
        fonts::icon,
        model::{Face, Referred},
        panel::{row, settings, snippet},
        strings::{tr, tr_name},
        theme,
        view::View,
        widget::{
            avatar, text,
            tick::{Inks, Tick},
        },
    },
    node::{
        MessageId,
        view::{Edition, Message, PersonReceipt, ReceiptState},
    },
};

pub(super) fn show(ui: &mut Ui, id: MessageId, view: &mut View<'_>) {
    let Referred::Here(message) = view.model.referred(id) else {
        head(
            ui,
            icon::INFO,
            &tr("about-title"),
            &tr("quote-nowhere"),
            view,
        );
        return;
    };
    let sentence = short(&snippet::words(message));
    head(ui, icon::INFO, &tr("about-title"), &sentence, view);
    refusal(ui, view.model.dialog.refused.as_deref());
    let high = (ui.ctx().content_rect().height() - 330.0).clamp(110.0, 420.0);
    ScrollArea::vertical()
        .id_salt("about")
        .max_height(high)
        .min_scrolled_height(high)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            times(ui, message, view);
            editions(ui, id, view);
            if message.outgoing && !message.deleted {
                receipts(ui, id, view);
            }
        });
}

/// When it was said, when it came here, who deleted it.
fn times(ui: &mut Ui, message: &Message, view: &View<'_>) {
    let when = |at| view.calendar.in_full(at, view.now);
    fact(ui, &tr("about-said"), &when(message.sent_at));
    if !message.outgoing {
        fact(
            ui,
            &tr("about-author"),
            &snippet::author(view.model, message),
        );
        fact(ui, &tr("about-came"), &when(message.received_at));
    }
    if let Some(person) = message.given_by {
        let words = tr_name("about-given", &view.model.name_of(person));
        fact(ui, &words, "");
    }
    if let Some(at) = message.edited_at {
        fact(ui, &tr("about-edited"), &when(at));
    }
    if let Some(person) = message.deleted_by {
        let name = if view.model.me.person_id == Some(person) {
            tr("you")
        } else {
            view.model.name_of(person)
        };
        fact(ui, &tr("about-deleted-by"), &name);
    }
}

/// A name at the left, a value at the right; or a sentence.
pub(super) fn fact(ui: &mut Ui, name: &str, value: &str) {
    let tokens = theme::tokens(ui.ctx());
    let (id, rect) = ui.allocate_space(vec2(ui.available_width(), 30.0));
    let response = ui.interact(rect, id, Sense::hover());
    let label = if value.is_empty() {
        name.to_owned()
    } else {
        format!("{name}: {value}")
    };
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &label));
    let font = theme::regular(14.0);
    let painter = ui.painter();
    let drawn = text::put(
        painter,
        rect.left_center(),
        Align2::LEFT_CENTER,
        name,
        font.clone(),
        tokens.text2,
    );
    let room = rect.max.x - drawn.max.x - 16.0;
    let job = text::one_line(value, room, font, tokens.text);
    let galley = painter.layout_job(job);
    let at = pos2(
        rect.max.x - galley.size().x,
        rect.center().y - galley.size().y / 2.0,
    );
    painter.galley(at, galley, tokens.text);
}

/// What it said before, the newest first; the text of now stands in the chat.
fn editions(ui: &mut Ui, id: MessageId, view: &View<'_>) {
    let known = view.model.history.as_ref().filter(|(of, _)| *of == id);
    let Some((_, editions)) = known.filter(|(_, editions)| editions.len() > 1) else {
        return;
    };
    settings::group::heading(ui, &tr("about-before"));
    for edition in editions.iter().rev().skip(1) {
        show_edition(ui, edition, view);
    }
}

fn show_edition(ui: &mut Ui, edition: &Edition, view: &View<'_>) {
    let tokens = view.tokens;
    let width = ui.available_width();
    let galley = ui.painter().layout(
        edition.text.clone(),
        theme::regular(14.0),
        tokens.text,
        width - 24.0,
    );
    let (id, rect) = ui.allocate_space(vec2(width, galley.size().y + 42.0));
    let card = rect.with_max_y(rect.max.y - 6.0);
    let response = ui.interact(card, id, Sense::hover());
    let time = view.calendar.in_full(edition.at, view.now);
    let label = format!("{time}: {}", edition.text);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &label));
    let painter = ui.painter();
    painter.rect_filled(card, CornerRadius::same(12), tokens.field);
    painter.galley(card.min + vec2(12.0, 8.0), galley, tokens.text);
    let at = pos2(card.min.x + 12.0, card.max.y - 13.0);
    let font = theme::regular(theme::CAPTION);
    text::put(painter, at, Align2::LEFT_CENTER, time, font, tokens.text2);
}

/// How far it has come with each.
fn receipts(ui: &mut Ui, id: MessageId, view: &View<'_>) {
    let known = view.model.receipts.as_ref();
    let Some((_, receipts)) = known.filter(|(of, _)| *of == id) else {
        return;
    };
    settings::group::heading(ui, &tr("receipts-title"));
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
    for (name, receipt) in rows {
        show_receipt(ui, &name, receipt, view);
    }
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
