//! Really open this link?

use egui::{CornerRadius, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

use super::{head, refusal};
use crate::gui::{
    action::Action,
    fonts::icon,
    link::{Doubt, Link},
    strings::{tr, tr_name},
    theme,
    view::View,
    widget::button::{self, Pill},
};

pub(super) fn show(ui: &mut Ui, view: &mut View<'_>) {
    let Some(link) = view.model.link.clone() else {
        return;
    };
    let doubtful =
        link.doubts.contains(&Doubt::LooksLikeAnother) || link.doubts.contains(&Doubt::NameBefore);
    let glyph = if doubtful { icon::WARNING } else { icon::LINK };
    head(ui, glyph, &tr("link-title"), &tr("link-sentence"), view);
    host(ui, &link, view);
    for doubt in &link.doubts {
        let words = match doubt {
            Doubt::LooksLikeAnother => tr("link-alike"),
            Doubt::NameBefore => tr_name("link-before", &link.host),
            Doubt::NotEncrypted => tr("link-plain"),
        };
        refusal(ui, Some(&words));
    }
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 46.0));
    let (left, right) = rect.split_left_right_at_fraction(0.5);
    let cancel = left.with_max_x(left.max.x - 6.0);
    if button::pill(ui, cancel, &tr("menu-copy-link"), Pill::Plain).clicked() {
        view.act(Action::Copy(link.target));
        view.act(Action::CloseDialog);
    }
    let kind = if doubtful {
        Pill::Danger
    } else {
        Pill::Primary
    };
    let open = right.with_min_x(right.min.x + 6.0);
    if button::pill(ui, open, &tr("link-open"), kind).clicked() {
        view.act(Action::OpenLink);
    }
}

/// Where it leads: as it is read, and as the network knows it.
fn host(ui: &mut Ui, link: &Link, view: &View<'_>) {
    let tokens = view.tokens;
    let width = ui.available_width();
    let room = width - 32.0;
    let whole: String = link.target.chars().take(LONGEST).collect();
    let ascii = link
        .ascii
        .as_deref()
        .map(|ascii| tr_name("link-known", ascii));
    let lines = [
        (Some(link.host.clone()), theme::semibold(17.0), tokens.text),
        (ascii, theme::mono(theme::SMALL), tokens.text2),
        (Some(whole), theme::mono(12.0), tokens.text3),
    ];
    let galleys: Vec<_> = lines
        .into_iter()
        .filter_map(|(words, font, ink)| {
            let mut job = egui::text::LayoutJob::simple(words?, font, ink, room);
            job.wrap.break_anywhere = true;
            job.wrap.max_rows = 4;
            Some((ui.painter().layout_job(job), ink))
        })
        .collect();
    let high: f32 = galleys
        .iter()
        .map(|(galley, _)| galley.size().y + 6.0)
        .sum();
    let (id, rect) = ui.allocate_space(vec2(width, high + 18.0));
    let response = ui.interact(rect, id, Sense::hover());
    let label = match &link.ascii {
        Some(ascii) => format!("{}, {ascii}", link.host),
        None => link.host.clone(),
    };
    let label = tr_name("link-leads", &label);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    ui.painter()
        .rect_filled(rect, CornerRadius::same(14), tokens.group);
    let mut at = rect.min + vec2(16.0, 12.0);
    for (galley, ink) in galleys {
        let below = galley.size().y + 6.0;
        ui.painter().galley(at, galley, ink);
        at.y += below;
    }
}

/// Of a link this much is shown, in characters.
const LONGEST: usize = 400;
