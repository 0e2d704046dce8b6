//! How the parts of a line look.

use std::ops::Range;

use egui::{Align, FontId, Stroke, TextFormat, text::LayoutJob};

use super::{Links, Look};
use crate::gui::{
    markup::{Block, Style},
    theme,
    widget::{bidi::Piece, text::APART},
};

/// A line or more that look the same throughout, as the text that is seen.
#[derive(Default)]
pub(super) struct Dressed {
    /// What is seen, in the order in which it was written.
    pub(super) text: String,
    /// Its parts, which follow each other.
    parts: Vec<Dress>,
}

/// A part, how it looks, and where it leads.
struct Dress {
    end: usize,
    style: Style,
    name: bool,
    link: Option<String>,
}

impl Dressed {
    /// What is seen of a block.
    pub(super) fn of(text: &str, block: &Block, names: &[String]) -> Self {
        let mut dressed = Self::default();
        for span in &block.spans {
            let words = text.get(span.range.clone()).unwrap_or_default();
            if span.link {
                dressed.push(words, span.style, false, Some(words.to_owned()));
            } else if span.style.code {
                dressed.push(words, span.style, false, None);
            } else {
                dressed.push_names(words, span.style, names);
            }
        }
        dressed
    }

    /// Text as it is.
    pub(super) fn verbatim(text: &str) -> Self {
        let mut dressed = Self::default();
        dressed.push(text, Style::default(), false, None);
        dressed
    }

    fn push(&mut self, words: &str, style: Style, name: bool, link: Option<String>) {
        if words.is_empty() {
            return;
        }
        self.text.push_str(words);
        self.parts.push(Dress {
            end: self.text.len(),
            style,
            name,
            link,
        });
    }

    /// Text in which names stand out.
    fn push_names(&mut self, words: &str, style: Style, names: &[String]) {
        let mut rest = words;
        while let Some((before, name, after)) = next_name(rest, names) {
            self.push(before, style, false, None);
            self.push(name, style, true, None);
            rest = after;
        }
        self.push(rest, style, false, None);
    }

    /// Adds pieces to a job, in the order of sight.
    pub(super) fn append(
        &self,
        pieces: &[Piece],
        job: &mut LayoutJob,
        links: &mut Links,
        look: &Look,
    ) {
        for piece in pieces {
            let first = self
                .parts
                .partition_point(|dress| dress.end <= piece.range.start);
            let mut start = piece.range.start;
            for dress in self.parts.iter().skip(first) {
                let end = dress.end.min(piece.range.end);
                if end <= start {
                    break;
                }
                let part = Piece {
                    range: start..end,
                    mirrored: piece.mirrored,
                };
                let words = part.of(&self.text);
                if let Some(link) = &dress.link {
                    let at = job.text.chars().count();
                    links.push((at..at + words.chars().count(), link.clone()));
                }
                job.append(&words, APART, format(dress, look));
                start = end;
            }
        }
    }

    /// The same in the order in which it was written.
    pub(super) fn job(&self, range: Range<usize>, look: &Look) -> (LayoutJob, Links) {
        let (mut job, mut links) = (LayoutJob::default(), Links::new());
        let piece = Piece {
            range,
            mirrored: false,
        };
        self.append(&[piece], &mut job, &mut links, look);
        (job, links)
    }
}

fn format(dress: &Dress, look: &Look) -> TextFormat {
    let Style {
        bold,
        italic,
        strike,
        code,
    } = dress.style;
    let size = look.font.size;
    let colour = if dress.name || dress.link.is_some() {
        look.link
    } else {
        look.colour
    };
    let underline = if dress.link.is_some() {
        Stroke::new(1.0, look.link.gamma_multiply(0.6))
    } else {
        Stroke::NONE
    };
    TextFormat {
        font_id: if code {
            theme::mono(size - 1.0)
        } else if bold || dress.name {
            FontId::new(size, theme::semibold(size).family)
        } else {
            look.font.clone()
        },
        color: colour,
        italics: italic,
        strikethrough: if strike {
            Stroke::new(1.0, colour)
        } else {
            Stroke::NONE
        },
        background: if code {
            look.code
        } else {
            egui::Color32::TRANSPARENT
        },
        expand_bg: 1.0,
        underline,
        line_height: Some(look.line),
        valign: Align::Center,
        ..TextFormat::default()
    }
}

/// What stands before the first of the names, that name, and what stands after it.
pub(super) fn next_name<'a>(
    text: &'a str,
    names: &[String],
) -> Option<(&'a str, &'a str, &'a str)> {
    let found = names
        .iter()
        .filter_map(|name| Some((text.find(name)?, name.len())));
    // Of two that begin at the same place the longer one is meant.
    let (at, length) = found.min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length)))?;
    let (before, from) = text.split_at_checked(at)?;
    let (name, after) = from.split_at_checked(length).filter(|_| length > 0)?;
    Some((before, name, after))
}
