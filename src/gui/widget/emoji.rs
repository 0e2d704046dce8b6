//! A field in which one searches emojis, and below it those that fit.

mod names;

use egui::{
    Align2, CornerRadius, Id, Rect, ScrollArea, Sense, Ui, Vec2, WidgetInfo, accesskit::Role, vec2,
};

use self::names::EMOJIS;
use super::{button, field::Field};
use crate::gui::{
    fonts::icon,
    strings::{tr, tr_name},
    theme,
};

/// Draws it. Returns what was clicked.
pub fn pick(ui: &mut Ui, size: Vec2, field: Id, search: &mut String) -> Option<&'static str> {
    ui.set_max_width(size.x);
    let (_, place) = ui.allocate_space(vec2(size.x, 40.0));
    let line = Field {
        label: &tr("emoji-search"),
        hint: &tr("search-hint"),
        icon: Some(icon::MAGNIFYING_GLASS),
        secret: false,
        limit: 40,
    };
    let (_, entered) = line.show(ui, place, field, search);
    let wanted = search.trim().to_lowercase();
    let found: Vec<_> = found(&wanted).collect();
    if found.is_empty() {
        let font = theme::regular(theme::SMALL);
        let words = tr_name("emoji-none", search.trim());
        ui.painter().text(
            place.left_bottom() + vec2(4.0, 24.0),
            Align2::LEFT_CENTER,
            words,
            font,
            theme::tokens(ui.ctx()).text3,
        );
    }
    let mut picked = found
        .first()
        .filter(|_| entered && !wanted.is_empty())
        .map(|(emoji, _)| *emoji);
    ScrollArea::vertical()
        .id_salt(field)
        .max_height(size.y - 40.0)
        .min_scrolled_height(size.y - 40.0)
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing = Vec2::ZERO;
            ui.horizontal_wrapped(|ui| {
                for (emoji, name) in found {
                    if show(ui, emoji, name) {
                        picked = Some(emoji);
                    }
                }
            });
        });
    picked
}

fn found(wanted: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let fits = |(_, name): &&(&str, &str)| {
        let words = || name.split(' ');
        wanted
            .split_whitespace()
            .all(|wanted| words().any(|word| word.starts_with(wanted)))
    };
    EMOJIS
        .iter()
        .filter(fits)
        .copied()
        .collect::<Vec<_>>()
        .into_iter()
}

fn show(ui: &mut Ui, emoji: &str, name: &str) -> bool {
    let tokens = theme::tokens(ui.ctx());
    let (id, rect): (Id, Rect) = ui.allocate_space(vec2(SIDE, SIDE));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    let painter = ui.painter();
    if response.hovered() {
        painter.rect_filled(rect, CornerRadius::same(10), tokens.hover);
    }
    let font = theme::regular(22.0);
    painter.text(
        rect.center(),
        Align2::CENTER_CENTER,
        emoji,
        font,
        tokens.text,
    );
    button::focus_ring(painter, &response, rect.shrink(3.0), 8, tokens);
    response.on_hover_text(name).clicked()
}

const SIDE: f32 = 39.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emojis_are_found_by_the_beginnings_of_their_words() {
        let one = |wanted| found(wanted).map(|(emoji, _)| emoji).collect::<Vec<_>>();

        assert_eq!(one("thumbs up"), ["👍"]);
        assert!(one("heart").len() > 5 && one("qqq").is_empty());
        assert_eq!(one("").len(), EMOJIS.len());
    }

    #[test]
    fn every_emoji_stands_once_and_is_short_enough_for_a_reaction() {
        let all: std::collections::BTreeSet<_> = EMOJIS.iter().map(|(emoji, _)| emoji).collect();

        assert_eq!(all.len(), EMOJIS.len());
        assert!(EMOJIS.iter().all(|(emoji, _)| emoji.len() <= 32));
    }
}
