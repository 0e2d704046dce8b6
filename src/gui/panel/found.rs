//! Messages that were found, below the chats and people that are called so.

use egui::{Id, Ui};
use unicode_segmentation::UnicodeSegmentation as _;

use super::row::{self, Row};
use crate::{
    gui::{
        action::{Action, FindAction},
        fonts::icon,
        strings::{tr, tr_count},
        view::View,
    },
    node::{Found, view::ChatKind},
};

/// Draws what was found, or why there is nothing.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let look = &view.model.found;
    if look.text.trim().is_empty() {
        return;
    }
    row::heading(ui, &tr("found-messages"));
    if let Some(refused) = &look.refused {
        row::sentence(ui, refused);
    } else if let Some(percent) = look.indexed {
        row::sentence(ui, &tr_count("found-indexing", percent.into()));
    } else if look.found.is_empty() && look.waiting {
        row::sentence(ui, &tr("found-searching"));
    } else if look.found.is_empty() {
        row::sentence(ui, &tr("found-nothing"));
        row::sentence(ui, &tr("found-help"));
    }
    for found in &look.found {
        show_found(ui, found, view);
    }
    if look.more && row::strip(ui, icon::MAGNIFYING_GLASS, &tr("found-more")).clicked() {
        view.act(Action::Find(FindAction::MoreOfAll));
    }
}

fn show_found(ui: &mut Ui, found: &Found, view: &mut View<'_>) {
    let message = &found.message;
    let Some(chat) = view.model.chat(message.chat_id) else {
        return;
    };
    let mut parts: Vec<(String, bool)> = Vec::new();
    if message.outgoing {
        parts.push((format!("{}: ", tr("you")), false));
    } else if chat.kind == ChatKind::Group {
        parts.push((format!("{}: ", view.model.name_of(message.sender)), false));
    }
    for (nth, part) in found.snippet.iter().enumerate() {
        let text = if nth == 0 && !part.hit {
            end_of(&part.text)
        } else {
            part.text.clone()
        };
        parts.push((text, part.hit));
    }
    let line: String = parts.iter().map(|(text, _)| text.as_str()).collect();
    let time = view.calendar.short(message.sent_at, view.now);
    let label = [chat.name.as_str(), &line, &time].join(", ");
    let row = Row {
        time: &time,
        marked: &parts,
        ..Row::new(view.model.chat_face(chat), &line, &label)
    };
    let id = Id::unique(("found", message.message_id));
    if row.show(ui, id).clicked() {
        let open = FindAction::Open(message.chat_id, message.message_id);
        view.act(Action::Find(open));
    }
}

/// The end of what stands before a hit, so that the hit is in sight.
fn end_of(text: &str) -> String {
    let letters: Vec<(usize, &str)> = text.grapheme_indices(true).collect();
    let Some(from) = letters.len().checked_sub(BEFORE).filter(|from| *from > 0) else {
        return text.to_owned();
    };
    let mut rest = letters.iter().skip(from);
    // At the beginning of a word, if one begins there.
    let word = rest.clone().find(|(_, letter)| *letter == " ");
    let at = word.map(|(at, _)| at + 1);
    let at = at.filter(|at| *at < text.len());
    let at = at.or_else(|| rest.next().map(|(at, _)| *at));
    format!(
        "…{}",
        text.get(at.unwrap_or_default()..).unwrap_or_default()
    )
}

/// Letters that stand before a hit.
const BEFORE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_hit_is_short() {
        assert_eq!(end_of("I saw "), "I saw ");
        assert_eq!(
            end_of("@Elin Karlsson can you please bring "),
            "…please bring "
        );
        assert_eq!(
            end_of(&"語".repeat(50)),
            format!("…{}", "語".repeat(BEFORE))
        );
        assert_eq!(end_of(""), "");
    }
}
