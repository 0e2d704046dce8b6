//! Text on one line, cut to a width, and which messages are emoji alone.

use std::{ops::Range, sync::Arc};

use egui::{
    Align, Align2, Color32, FontId, Galley, Painter, Pos2, Rect, TextFormat,
    text::{LayoutJob, TextWrapping},
    vec2,
};
use unicode_segmentation::UnicodeSegmentation as _;

use super::bidi;

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
    let galley = painter.layout_job(visual_line(painter, text, width, font, colour));
    let size = galley.size();
    painter.galley(left_middle - vec2(0.0, size.y / 2.0), galley, colour);
    size.x
}

/// Paints a few words of the window's own at an anchor. Returns where they stand.
pub fn put(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    words: impl AsRef<str>,
    font: FontId,
    colour: Color32,
) -> Rect {
    let words = words.as_ref();
    if !bidi::is_needed(words) {
        return painter.text(at, anchor, words, font, colour);
    }
    let galley = painter.layout_job(visual_line(painter, words, f32::INFINITY, font, colour));
    let place = anchor.anchor_size(at, galley.size());
    painter.galley(place.min, galley, colour);
    place
}

/// Paints one line from its left middle, with parts of it marked by another font and colour. A line that
/// has to be put in the order of sight is painted without marks.
pub fn paint_marked(
    painter: &Painter,
    left_middle: Pos2,
    (line, parts): (&str, &[(String, bool)]),
    width: f32,
    (font, colour): (FontId, Color32),
    hit: &(FontId, Color32),
) {
    if bidi::is_needed(line) {
        paint_line(painter, left_middle, line, width, font, colour);
        return;
    }
    let mut job = one_line("", width, font.clone(), colour);
    job.sections.clear();
    for (part, is_hit) in parts {
        let (font_id, color) = if *is_hit {
            hit.clone()
        } else {
            (font.clone(), colour)
        };
        let format = TextFormat {
            font_id,
            color,
            ..TextFormat::default()
        };
        job.append(part, 0.0, format);
    }
    let galley = painter.layout_job(job);
    let up = vec2(0.0, galley.size().y / 2.0);
    painter.galley(left_middle - up, galley, colour);
}

/// A line in the order of sight. One that is too long is cut at its end, which may be at the left.
fn visual_line(
    painter: &Painter,
    text: &str,
    width: f32,
    font: FontId,
    colour: Color32,
) -> LayoutJob {
    let mut job = one_line(text, width, font.clone(), colour);
    if !bidi::is_needed(&job.text) {
        return job;
    }
    let line = std::mem::take(&mut job.text);
    let fits = |text: &str| {
        let galley = painter.layout_no_wrap(text.to_owned(), font.clone(), Color32::BLACK);
        galley.size().x <= width
    };
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
    let format = TextFormat::simple(font, colour);
    job.sections.clear();
    let direction = bidi::direction(&cut).unwrap_or_default();
    for piece in bidi::visual_lines(&cut, direction, |_| true)
        .iter()
        .flatten()
    {
        job.append(&piece.of(&cut), APART, format.clone());
    }
    job
}

/// Adds lines in the order of sight, each as wide as fits.
fn append_visual(
    painter: &Painter,
    job: &mut LayoutJob,
    text: &str,
    width: f32,
    format: &TextFormat,
) {
    let fits = |part: Range<usize>| {
        let words = text.get(part).unwrap_or_default().to_owned();
        let galley = painter.layout_no_wrap(words, format.font_id.clone(), Color32::BLACK);
        galley.size().x <= width
    };
    let direction = bidi::direction(text).unwrap_or_default();
    for (nth, line) in bidi::visual_lines(text, direction, fits).iter().enumerate() {
        if nth > 0 {
            job.append("\n", 0.0, format.clone());
        }
        for piece in line {
            job.append(&piece.of(text), APART, format.clone());
        }
    }
}

/// Pieces with any space between them are shaped apart from each other. This much is not seen.
pub const APART: f32 = 1.0 / 1024.0;

/// Paints lines centred below each other. Returns their height.
pub fn paint_centred(
    painter: &Painter,
    top_middle: Pos2,
    text: &str,
    width: f32,
    font: FontId,
    colour: Color32,
) -> f32 {
    let galley = centred(painter, text, width, font, colour);
    let height = galley.size().y;
    painter.galley(top_middle, galley, colour);
    height
}

/// Lines centred below each other.
pub fn centred(
    painter: &Painter,
    text: &str,
    width: f32,
    font: FontId,
    colour: Color32,
) -> Arc<Galley> {
    let line = font.size * 1.45;
    let mut job = LayoutJob::default();
    let format = TextFormat {
        font_id: font,
        color: colour,
        line_height: Some(line),
        ..TextFormat::default()
    };
    if bidi::is_needed(text) {
        append_visual(painter, &mut job, text, width, &format);
    } else {
        job.append(text, 0.0, format);
        job.wrap.max_width = width;
    }
    job.halign = Align::Center;
    painter.layout_job(job)
}

/// Paints a heading in the middle, its first line around a place; one that is too long takes a second line. Returns
/// where it stands.
pub fn put_heading(
    painter: &Painter,
    at: Pos2,
    words: &str,
    width: f32,
    font: FontId,
    colour: Color32,
) -> Rect {
    let whole = painter.layout_no_wrap(words.to_owned(), font.clone(), colour);
    if whole.size().x <= width {
        return put(painter, at, Align2::CENTER_CENTER, words, font, colour);
    }
    let galley = painter.layout_job(heading(words, width, font, colour));
    let start = at - vec2(0.0, whole.size().y / 2.0);
    let place = galley.rect.translate(start.to_vec2());
    painter.galley(start, galley, colour);
    place
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

/// No line on screen is longer, in characters.
const LONGEST_LINE: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

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
}
