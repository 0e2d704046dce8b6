//! A text made into blocks that each have one direction.

use std::ops::Range;

use egui::{
    Align, Painter,
    text::{LayoutJob, TextWrapping},
};

use super::{Look, Prose, dress::Dressed};
use crate::gui::{
    markup::{self, Block, Kind, Span},
    widget::bidi::{self, Direction},
};

/// Parts of a job that are links, as characters.
pub type Links = Vec<(Range<usize>, String)>;

/// Lines of one kind that read the same way.
#[derive(Clone, Debug)]
pub struct Part {
    /// What they are.
    pub kind: Lines,
    /// Which way they read.
    pub direction: Direction,
    /// What is seen, in the order in which it was written.
    pub words: String,
    /// How it is laid out.
    pub job: LayoutJob,
    /// Where it leads.
    pub links: Links,
}

/// What lines are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lines {
    /// Text.
    Plain,
    /// What somebody else said.
    Quote,
    /// Code.
    Code,
    /// An item of a list, with what stands before it.
    Item(String),
}

/// Room beside the text of a part, in points: a bar, a bullet, a number, an edge.
pub(super) fn inset(kind: &Lines) -> f32 {
    match kind {
        Lines::Plain => 0.0,
        Lines::Quote => 12.0,
        Lines::Code => 10.0,
        Lines::Item(marker) if marker.len() > 3 => 32.0,
        Lines::Item(_) => 22.0,
    }
}

/// The blocks of a text.
pub(super) fn parts(painter: &Painter, text: &str, prose: &Prose<'_>) -> Vec<Part> {
    if prose.verbatim {
        let dressed = Dressed::verbatim(text);
        let direction = bidi::direction(text).unwrap_or_default();
        return vec![part(painter, &dressed, Lines::Plain, direction, prose)];
    }
    let mut parts = Vec::new();
    for block in markup::parse(text) {
        let kind = match &block.kind {
            Kind::Plain => Lines::Plain,
            Kind::Quote => Lines::Quote,
            Kind::Code => Lines::Code,
            Kind::Item(None) => Lines::Item("•".into()),
            Kind::Item(Some(number)) => {
                Lines::Item(text.get(number.clone()).unwrap_or_default().into())
            }
        };
        for (direction, block) in by_direction(text, block) {
            let dressed = Dressed::of(text, &block, prose.names);
            parts.push(part(painter, &dressed, kind.clone(), direction, prose));
        }
    }
    parts
}

/// Lines that read to different sides stand at different sides, so they are parts of their own. Code
/// always reads to the right.
fn by_direction(text: &str, block: Block) -> Vec<(Direction, Block)> {
    let words = |span: &Span| text.get(span.range.clone()).unwrap_or_default().to_owned();
    let all: String = block.spans.iter().map(words).collect();
    if block.kind == Kind::Code || !bidi::is_needed(&all) {
        return vec![(Direction::Right, block)];
    }
    let mut out: Vec<(Direction, Block)> = Vec::new();
    let mut line: Vec<Span> = Vec::new();
    let mut last = None;
    let mut end = |line: &mut Vec<Span>| {
        let said: String = line.iter().map(words).collect();
        // A line without letters reads as the one before it.
        let direction = bidi::direction(&said).or(last).unwrap_or_default();
        last = Some(direction);
        let spans = std::mem::take(line);
        match out.last_mut() {
            Some((before, block)) if *before == direction => block.spans.extend(spans),
            _ => out.push((
                direction,
                Block {
                    kind: block.kind.clone(),
                    spans,
                },
            )),
        }
    };
    for span in block.spans {
        let is_break = text.get(span.range.clone()) == Some("\n");
        line.push(span);
        if is_break {
            end(&mut line);
        }
    }
    if !line.is_empty() {
        end(&mut line);
    }
    // The break before lines that are parts of their own is the part itself.
    let count = out.len();
    for (_, block) in out.iter_mut().take(count.saturating_sub(1)) {
        block.spans.pop();
    }
    out
}

fn part(
    painter: &Painter,
    dressed: &Dressed,
    kind: Lines,
    direction: Direction,
    prose: &Prose<'_>,
) -> Part {
    let sides = if kind == Lines::Code { 2.0 } else { 1.0 };
    let width = (prose.width - sides * inset(&kind)).max(40.0);
    let mut look = prose.look.clone();
    match kind {
        Lines::Quote => look.colour = look.aside,
        // The whole block stands on it.
        Lines::Code => look.code = egui::Color32::TRANSPARENT,
        Lines::Plain | Lines::Item(_) => {}
    }
    let (mut job, links) = if bidi::is_needed(&dressed.text) && kind != Lines::Code {
        in_order(painter, dressed, direction, width, &look)
    } else {
        dressed.job(0..dressed.text.len(), &look)
    };
    job.wrap = TextWrapping {
        max_width: width,
        break_anywhere: kind == Lines::Code,
        ..TextWrapping::default()
    };
    if direction == Direction::Left {
        job.halign = Align::RIGHT;
    }
    Part {
        kind,
        direction,
        words: dressed.text.clone(),
        job,
        links,
    }
}

/// Lines in the order of sight.
fn in_order(
    painter: &Painter,
    dressed: &Dressed,
    direction: Direction,
    width: f32,
    look: &Look,
) -> (LayoutJob, Links) {
    let fits = |range: Range<usize>| {
        let (mut job, _) = dressed.job(range, look);
        job.wrap.max_width = f32::INFINITY;
        painter.layout_job(job).size().x <= width
    };
    let (mut job, mut links) = (LayoutJob::default(), Links::new());
    for (nth, line) in bidi::visual_lines(&dressed.text, direction, fits)
        .iter()
        .enumerate()
    {
        if nth > 0 {
            let format = egui::TextFormat {
                font_id: look.font.clone(),
                line_height: Some(look.line),
                ..egui::TextFormat::default()
            };
            job.append("\n", 0.0, format);
        }
        dressed.append(line, &mut job, &mut links, look);
    }
    (job, links)
}
