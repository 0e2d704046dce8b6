//! Text of messages: links, emoji alone, one line cut to a width.

use std::{borrow::Cow, ops::Range};

use egui::{
    Align, Color32, FontId, Painter, Pos2, Stroke, TextFormat,
    text::{LayoutJob, TextWrapping},
    vec2,
};
use unicode_segmentation::UnicodeSegmentation as _;

use super::bidi;
use crate::gui::theme;

/// How a text looks.
#[derive(Clone, Debug)]
pub struct Look {
    /// Its font and size.
    pub font: FontId,
    /// The distance of its lines in points.
    pub line: f32,
    /// Its colour.
    pub colour: Color32,
    /// The colour of links in it.
    pub link: Color32,
}

/// Parts of a text that are links, as characters.
pub type Links = Vec<(Range<usize>, String)>;

/// A text with links and `names`, wrapped to a width. Text that reads from right to left stands at
/// the right.
pub fn wrapped(
    painter: &Painter,
    text: &str,
    width: f32,
    names: &[String],
    look: &Look,
) -> (LayoutJob, Links) {
    if !bidi::is_needed(text) {
        return wrapped_as_it_is(text, width, names, look);
    }
    let fits = |words: &str| {
        let galley = painter.layout_no_wrap(words.to_owned(), look.font.clone(), look.colour);
        galley.size().x <= width
    };
    let lines = bidi::visual_lines(text, fits).join("\n");
    let (mut job, links) = wrapped_as_it_is(&lines, width, names, look);
    if bidi::reads_right_to_left(text) {
        job.halign = Align::RIGHT;
    }
    (job, links)
}

fn wrapped_as_it_is(text: &str, width: f32, names: &[String], look: &Look) -> (LayoutJob, Links) {
    let mut job = LayoutJob {
        wrap: TextWrapping {
            max_width: width,
            ..TextWrapping::default()
        },
        ..LayoutJob::default()
    };
    let plain = TextFormat {
        font_id: look.font.clone(),
        color: look.colour,
        line_height: Some(look.line),
        valign: Align::Center,
        ..TextFormat::default()
    };
    let mut links = Links::new();
    let mut characters = 0;
    for (part, is_link) in parts(text) {
        let length = part.chars().count();
        if is_link {
            let format = TextFormat {
                color: look.link,
                underline: Stroke::new(1.0, look.link.gamma_multiply(0.6)),
                ..plain.clone()
            };
            job.append(part, 0.0, format);
            links.push((characters..characters + length, part.to_owned()));
        } else {
            append_names(&mut job, part, names, &plain, look.link);
        }
        characters += length;
    }
    (job, links)
}

/// Text in which names stand out.
fn append_names(
    job: &mut LayoutJob,
    text: &str,
    names: &[String],
    plain: &TextFormat,
    ink: Color32,
) {
    let mut rest = text;
    while let Some((before, name, after)) = next_name(rest, names) {
        job.append(before, 0.0, plain.clone());
        let format = TextFormat {
            font_id: FontId::new(plain.font_id.size, theme::semibold(theme::BODY).family),
            color: ink,
            ..plain.clone()
        };
        job.append(name, 0.0, format);
        rest = after;
    }
    job.append(rest, 0.0, plain.clone());
}

/// What stands before the first of the names, that name, and what stands after it.
fn next_name<'a>(text: &'a str, names: &[String]) -> Option<(&'a str, &'a str, &'a str)> {
    let found = names
        .iter()
        .filter_map(|name| Some((text.find(name)?, name.len())));
    // Of two that begin at the same place the longer one is meant.
    let (at, length) = found.min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length)))?;
    let (before, from) = text.split_at_checked(at)?;
    let (name, after) = from.split_at_checked(length)?;
    Some((before, name, after))
}

/// One line, cut with an ellipsis where it is too long. Line breaks become spaces.
pub fn one_line(text: &str, width: f32, font: FontId, colour: Color32) -> LayoutJob {
    let text: String = text
        .chars()
        .take(LONGEST_LINE)
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    let mut job = LayoutJob::simple_singleline(text, font, colour);
    job.wrap = TextWrapping {
        max_width: width.max(0.0),
        max_rows: 1,
        break_anywhere: true,
        overflow_character: Some('…'),
    };
    job
}

/// A heading in the middle, in at most two lines.
pub fn heading(text: &str, width: f32, font: FontId, colour: Color32) -> LayoutJob {
    let mut job = one_line(text, width, font, colour);
    job.break_on_newline = true;
    job.wrap.max_rows = 2;
    job.wrap.break_anywhere = false;
    job.halign = Align::Center;
    job
}

/// Paints one line from its left middle. Returns its width.
pub fn paint_line(
    painter: &Painter,
    left_middle: Pos2,
    text: &str,
    width: f32,
    font: FontId,
    colour: Color32,
) -> f32 {
    let text = visual_line(painter, text, width, &font);
    let galley = painter.layout_job(one_line(&text, width, font, colour));
    let size = galley.size();
    painter.galley(left_middle - vec2(0.0, size.y / 2.0), galley, colour);
    size.x
}

/// A line in the order of sight. One that is too long is cut at its end, which may be at the left.
fn visual_line<'a>(painter: &Painter, text: &'a str, width: f32, font: &FontId) -> Cow<'a, str> {
    if !bidi::is_needed(text) {
        return Cow::Borrowed(text);
    }
    let fits = |text: &str| {
        let galley = painter.layout_no_wrap(text.to_owned(), font.clone(), Color32::BLACK);
        galley.size().x <= width
    };
    let line = text.replace(['\n', '\r'], " ");
    let cut = if fits(&line) {
        line
    } else {
        let ends: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
        let kept =
            ends.partition_point(|end| fits(&format!("{}…", line.get(..*end).unwrap_or_default())));
        let end = ends
            .get(kept.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        format!("{}…", line.get(..end).unwrap_or_default().trim_end())
    };
    Cow::Owned(bidi::visual_lines(&cut, |_| true).concat())
}

/// Paints lines centred below each other. Returns their height.
pub fn paint_centred(
    painter: &Painter,
    top_middle: Pos2,
    text: &str,
    width: f32,
    font: FontId,
    colour: Color32,
) -> f32 {
    let line = font.size * 1.45;
    let mut job = LayoutJob::default();
    let format = TextFormat {
        font_id: font,
        color: colour,
        line_height: Some(line),
        ..TextFormat::default()
    };
    job.append(text, 0.0, format);
    job.wrap.max_width = width;
    job.halign = Align::Center;
    let galley = painter.layout_job(job);
    let height = galley.size().y;
    painter.galley(top_middle, galley, colour);
    height
}

/// Whether a text is one to three emoji and nothing else; then it is shown large.
pub fn is_few_emoji(text: &str) -> bool {
    if text.len() > 120 {
        return false;
    }
    let mut count = 0;
    for cluster in text
        .graphemes(true)
        .filter(|cluster| !cluster.trim().is_empty())
    {
        if !is_emoji(cluster) {
            return false;
        }
        count += 1;
    }
    (1..=3).contains(&count)
}

fn is_emoji(cluster: &str) -> bool {
    let pictures = |c: char| {
        matches!(c, '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f300}'..='\u{1faff}')
            || matches!(
                c,
                '\u{231a}'
                    | '\u{231b}'
                    | '\u{2b50}'
                    | '\u{2b55}'
                    | '\u{2705}'
                    | '\u{274c}'
                    | '\u{2728}'
                    | '\u{26a1}'
            )
    };
    let first = cluster.chars().next().is_some_and(pictures);
    first || cluster.contains('\u{fe0f}') && !cluster.starts_with(|c: char| c.is_ascii())
}

/// The parts of a text, in order, and which of them are links.
fn parts(text: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = link_start(rest) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'));
        let link = from.get(..end.unwrap_or(from.len())).unwrap_or(from);
        let link = link.trim_end_matches(['.', ',', ')', '!', '?', ';', ':', '\'']);
        let (link, after) = from.split_at(link.len());
        parts.push((before, false));
        parts.push((link, true));
        rest = after;
    }
    parts.push((rest, false));
    parts.retain(|(part, _)| !part.is_empty());
    parts
}

/// Where a link begins: at the start of a word, with something after the slashes.
fn link_start(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = ["https://", "http://"]
            .iter()
            .filter_map(|scheme| rest.find(scheme))
            .min()?;
        let start = from + at;
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        let after = text.get(start..).and_then(|text| text.split_once("://"));
        let named = after.is_some_and(|(_, name)| name.starts_with(char::is_alphanumeric));
        if named && !before.is_some_and(char::is_alphanumeric) {
            return Some(start);
        }
        from = start + 4;
    }
}

/// No line on screen is longer, in characters.
const LONGEST_LINE: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_end_before_the_punctuation_of_the_sentence() {
        assert_eq!(
            parts("see https://osm.example/r/8842, or http://a.example."),
            [
                ("see ", false),
                ("https://osm.example/r/8842", true),
                (", or ", false),
                ("http://a.example", true),
                (".", false),
            ]
        );
    }

    #[test]
    fn what_only_looks_like_a_link_is_text() {
        for text in [
            "xhttps://a.example",
            "https://",
            "http:// a",
            "ftp://a.example",
            "",
        ] {
            assert!(parts(text).iter().all(|(_, link)| !link), "{text}");
        }
    }

    #[test]
    fn of_two_names_that_begin_alike_the_longer_one_is_meant() {
        let names = ["@Ben".to_owned(), "@Ben Okafor".to_owned()];

        let found = next_name("hi @Ben Okafor!", &names);

        assert_eq!(found, Some(("hi ", "@Ben Okafor", "!")));
        assert_eq!(next_name("hi Ben", &names), None);
    }

    #[test]
    fn a_few_emoji_alone_are_large() {
        for text in ["😀", "👨‍👩‍👧‍👦 🇳🇴", "❤️", "👍🏽👍🏽👍🏽"]
        {
            assert!(is_few_emoji(text), "{text}");
        }
        for text in ["", "1", "#️⃣ ok", "😀😀😀😀", "yes 😀", "12:30"] {
            assert!(!is_few_emoji(text), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_parts_of_any_text_are_the_text(text in ".*|(.{0,4}https?://.{0,9}){0,4}") {
            let joined: String = parts(&text).iter().map(|(part, _)| *part).collect();
            proptest::prop_assert_eq!(joined, text);
        }
    }
}
