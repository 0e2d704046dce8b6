//! A field in which one searches emojis, and below it those that were taken lately and those that fit.

mod german;
mod names;
mod tone;

use egui::{
    Align2, CornerRadius, Id, Rect, ScrollArea, Sense, Ui, Vec2, WidgetInfo, accesskit::Role, vec2,
};

pub use self::tone::Tone;
use self::{german::GERMAN, names::EMOJIS};
use super::{button, field::Field, text};
use crate::gui::{
    fonts::icon,
    language::Language,
    strings::{spoken, tr, tr_name},
    theme,
};

/// What is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// An emoji.
    Emoji(String),
    /// The colour of skin for those that have it, from now on.
    Tone(Tone),
}

/// Draws it. Returns what was clicked.
pub fn pick(ui: &mut Ui, size: Vec2, field: Id, search: &mut String, tone: Tone) -> Option<Picked> {
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
    let found = found(&wanted);
    if found.is_empty() {
        let font = theme::regular(theme::SMALL);
        let words = tr_name("emoji-none", search.trim());
        text::put(
            ui.painter(),
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
    let chosen = tones(ui, tone);
    ScrollArea::vertical()
        .id_salt(field)
        .max_height(size.y - 80.0)
        .min_scrolled_height(size.y - 80.0)
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing = Vec2::ZERO;
            if wanted.is_empty() {
                picked = rows(ui, &recent(ui), tone).or(picked);
            }
            picked = rows(ui, &found, tone).or(picked);
        });
    if let Some(picked) = picked {
        remember(ui, picked);
    }
    let picked = picked.map(|picked| Picked::Emoji(tone.on(picked)));
    picked.or(chosen.map(Picked::Tone))
}

/// A hand in each colour. Returns another one that was chosen.
fn tones(ui: &mut Ui, chosen: Tone) -> Option<Tone> {
    let mut clicked = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing = Vec2::ZERO;
        for tone in Tone::ALL {
            let hand = tone.on(HAND);
            let label = tr_name("tone-label", &tr(tone.key()));
            if show(ui, &hand, &label, Some(tone == chosen)) && tone != chosen {
                clicked = Some(tone);
            }
        }
    });
    clicked
}

const HAND: &str = "✋";

type Emoji = (&'static str, &'static str);

/// Draws some, and a little room below them.
fn rows(ui: &mut Ui, emojis: &[Emoji], tone: Tone) -> Option<&'static str> {
    let mut picked = None;
    if emojis.is_empty() {
        return picked;
    }
    ui.horizontal_wrapped(|ui| {
        for (emoji, name) in emojis {
            if show(ui, &tone.on(emoji), name, None) {
                picked = Some(*emoji);
            }
        }
    });
    ui.add_space(8.0);
    picked
}

/// Those that were taken lately, the last one first. They go with the window, or when it locks.
fn recent(ui: &Ui) -> Vec<Emoji> {
    let taken: Vec<&'static str> = ui
        .data(|data| data.get_temp(recent_id()))
        .unwrap_or_default();
    let known = |taken: &&str| named().find(|(emoji, _)| emoji == taken);
    taken.iter().filter_map(known).collect()
}

fn remember(ui: &Ui, picked: &'static str) {
    ui.data_mut(|data| {
        let taken: &mut Vec<&'static str> = data.get_temp_mut_or_default(recent_id());
        taken.retain(|emoji| *emoji != picked);
        taken.insert(0, picked);
        taken.truncate(RECENT);
    });
}

fn recent_id() -> Id {
    Id::unique("recent emojis")
}

fn found(wanted: &str) -> Vec<Emoji> {
    let fits = |(_, name): &Emoji| {
        let words = || name.split(' ');
        wanted
            .split_whitespace()
            .all(|wanted| words().any(|word| word.starts_with(wanted)))
    };
    named().filter(fits).collect()
}

/// All of them, with their words in the language that is spoken.
fn named() -> impl Iterator<Item = Emoji> {
    let words = match spoken() {
        Language::German => GERMAN,
        // Of Hebrew there is only a start.
        Language::English | Language::Hebrew => &[],
    };
    let words = words
        .iter()
        .copied()
        .map(Some)
        .chain(std::iter::repeat(None));
    let both = EMOJIS.iter().zip(words);
    both.map(|((emoji, name), words)| (*emoji, words.unwrap_or(name)))
}

/// Draws one; of a choice, whether it is chosen.
fn show(ui: &mut Ui, emoji: &str, name: &str, chosen: Option<bool>) -> bool {
    let tokens = theme::tokens(ui.ctx());
    let (id, rect): (Id, Rect) = ui.allocate_space(vec2(SIDE, SIDE));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| match chosen {
        Some(chosen) => WidgetInfo::selected(Role::RadioButton, true, chosen, name),
        None => WidgetInfo::labeled(Role::Button, true, name),
    });
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    let painter = ui.painter();
    if response.hovered() || chosen == Some(true) {
        painter.rect_filled(rect, CornerRadius::same(10), tokens.hover);
    }
    let font = theme::regular(22.0);
    text::put(
        painter,
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

/// Those that were taken lately, at most; one row.
const RECENT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::strings::speak;

    #[test]
    fn emojis_are_found_by_the_beginnings_of_their_words() {
        let one = |wanted| -> Vec<&str> { found(wanted).iter().map(|(emoji, _)| *emoji).collect() };

        assert_eq!(one("thumbs up"), ["👍"]);
        assert!(one("heart").len() > 5 && one("qqq").is_empty());
        assert_eq!(one("").len(), EMOJIS.len());
    }

    #[test]
    fn in_german_they_have_german_words() {
        assert_eq!(GERMAN.len(), EMOJIS.len());
        speak(Language::German);

        let one = |wanted| -> Vec<&str> { found(wanted).iter().map(|(emoji, _)| *emoji).collect() };

        assert_eq!(one("daumen hoch"), ["👍"]);
        assert_eq!(one("schmetterling"), ["🦋"]);
        assert!(one("herz").len() > 5 && one("thumbs").is_empty());
    }

    #[test]
    fn every_emoji_stands_once_and_is_short_enough_for_a_reaction() {
        let all: std::collections::BTreeSet<_> = EMOJIS.iter().map(|(emoji, _)| emoji).collect();

        assert_eq!(all.len(), EMOJIS.len());
        assert!(EMOJIS.iter().all(|(emoji, _)| emoji.len() <= 32));
    }
}
