//! What a message says: text with marks, links and names, in blocks below each other.
//!
//! How a text is made into blocks is kept from frame to frame, in egui's memory; the galleys are not:
//! the next frame may have another glyph atlas.

mod dress;
mod parts;
mod set;

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use egui::{Color32, Context, FontId, Id, Painter, mutex::Mutex};

pub use self::{
    parts::{Links, Part},
    set::{Set, Touched},
};

/// What is to be shown, and how.
#[derive(Clone, Debug)]
pub struct Prose<'a> {
    /// What was written.
    pub text: &'a str,
    /// What in it names people, as `@Maya`.
    pub names: &'a [String],
    /// How wide it may be, in points.
    pub width: f32,
    /// Whether it is shown as it is: the window's own words.
    pub verbatim: bool,
    /// How often more of it was asked for.
    pub steps: u8,
    /// How it looks.
    pub look: Look,
}

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
    /// What code stands on.
    pub code: Color32,
    /// The colour of what is quoted, and of bullets.
    pub aside: Color32,
}

/// A text made into blocks.
#[derive(Debug, Default)]
pub struct Laid {
    /// The blocks.
    pub parts: Vec<Part>,
    /// Whether the text goes on.
    pub more: bool,
}

/// A text in blocks, made when it is first shown like this.
pub fn lay(painter: &Painter, prose: &Prose<'_>) -> Arc<Laid> {
    let key = key(painter, prose);
    let kept = memory(painter.ctx());
    let mut kept = kept.lock();
    if let Some((text, laid)) = kept.laid.get(&key)
        && text == prose.text
    {
        return laid.clone();
    }
    let (shown, more) = beginning(prose.text, prose.steps);
    let parts = parts::parts(painter, shown, prose);
    let laid = Arc::new(Laid { parts, more });
    if kept.laid.len() >= KEPT {
        kept.laid.clear();
    }
    kept.laid.insert(key, (prose.text.to_owned(), laid.clone()));
    kept.texts += 1;
    kept.letters += shown.len() as u64;
    laid
}

/// How much work it was since the window opened: texts, and bytes of them.
pub fn work(ctx: &Context) -> (u64, u64) {
    let kept = memory(ctx);
    let kept = kept.lock();
    (kept.texts, kept.letters)
}

/// What was made before.
#[derive(Default)]
struct Kept {
    laid: BTreeMap<u64, (String, Arc<Laid>)>,
    texts: u64,
    letters: u64,
}

fn memory(ctx: &Context) -> Arc<Mutex<Kept>> {
    let id = Id::unique("texts");
    ctx.data_mut(|data| data.get_temp_mut_or_default::<Arc<Mutex<Kept>>>(id).clone())
}

fn key(painter: &Painter, prose: &Prose<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let look = &prose.look;
    (prose.text, prose.names, prose.verbatim, prose.steps).hash(&mut hasher);
    (look.colour, look.link, look.code, look.aside).hash(&mut hasher);
    for points in [
        prose.width,
        look.font.size,
        look.line,
        painter.ctx().pixels_per_point(),
    ] {
        points.to_bits().hash(&mut hasher);
    }
    hasher.finish()
}

/// The beginning of a text that is shown at first, and whether it goes on. Each step shows four times
/// as much.
fn beginning(text: &str, steps: u8) -> (&str, bool) {
    let times = 4usize.saturating_pow(u32::from(steps));
    let letters = text.char_indices().nth(LETTERS.saturating_mul(times));
    let lines = LINES.saturating_mul(times);
    let breaks = text.match_indices('\n').nth(lines.saturating_sub(1));
    let ends = [letters.map(|(at, _)| at), breaks.map(|(at, _)| at)];
    let Some(end) = ends.into_iter().flatten().min() else {
        return (text, false);
    };
    let shown = text.get(..end).unwrap_or(text);
    (
        shown,
        !text.get(end..).unwrap_or_default().trim().is_empty(),
    )
}

/// This much of a text is shown at first, in characters.
const LETTERS: usize = 2_000;

/// And this many lines.
const LINES: usize = 40;

/// Texts that are kept; more are not on any screen.
const KEPT: usize = 512;

#[cfg(test)]
mod tests;
