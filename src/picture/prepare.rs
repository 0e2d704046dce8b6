//! What is sent of a picture, unless somebody wants it as it is.

use std::path::Path;

use image::{
    DynamicImage, ExtendedColorType, ImageEncoder as _,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
};

use super::{
    bounds::MINE,
    colour,
    decode::{Decoded, fitted, pixels},
    kind::Kind,
    look::{Facts, Refusal, look, stripped},
    small::{Small, make_small},
};

/// What is sent of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What they are, if that is another kind than they were.
    pub becomes: Option<Kind>,
    /// A small picture of it.
    pub small: Option<Small>,
}

/// Takes out of a picture what is not needed to draw it, and makes it smaller where that saves enough.
///
/// What moves, and what is too large to be decoded, stays as it is otherwise. What is no picture is refused
/// like one that is damaged: nothing can be said of what is in it.
pub fn prepare(bytes: &[u8]) -> Result<Prepared, Refusal> {
    if bytes.len() as u64 > MINE.bytes {
        return Err(Refusal::TooLarge);
    }
    let facts = look(bytes)?;
    let plain = stripped(bytes)?;
    let decoded = match pixels(bytes, &facts, &MINE) {
        Ok(decoded) => decoded,
        // It is whole, as far as can be said without.
        Err(Refusal::TooLarge | Refusal::TooMuchWork | Refusal::Uncommon) => {
            return Ok(Prepared {
                bytes: plain,
                becomes: None,
                small: None,
            });
        }
        Err(refusal) => return Err(refusal),
    };
    let (picture, understood) = upright(decoded, &facts)?;
    let turned = turned(&facts);
    let small = make_small(&picture, turned);
    let made = (understood && !facts.moves()).then(|| made_smaller(&picture, &plain, &facts));
    Ok(match made.flatten() {
        Some((bytes, kind)) => Prepared {
            bytes,
            becomes: Some(kind).filter(|kind| *kind != facts.kind),
            small,
        },
        None => Prepared {
            bytes: plain,
            becomes: None,
            small,
        },
    })
}

/// The name of what was made of a file, with an extension that is true.
pub fn named(name: &str, becomes: Option<Kind>) -> String {
    let Some(kind) = becomes else {
        return name.to_owned();
    };
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
    format!("{}.{}", stem.unwrap_or(name), kind.extension())
}

/// Small enough, upright, and whether its colours are understood.
fn upright(decoded: Decoded, facts: &Facts) -> Result<(DynamicImage, bool), Refusal> {
    let Decoded { picture, profile } = decoded;
    let mut picture = fitted(picture, SIDE)?;
    let profile = profile.is_none_or(|profile| colour::to_srgb(&mut picture, &profile));
    picture.apply_orientation(facts.orientation);
    Ok((picture, profile && !facts.odd_colours))
}

/// Its size when the right side is up.
fn turned(facts: &Facts) -> [u32; 2] {
    let [width, height] = facts.size;
    if facts.orientation.to_exif() >= 5 {
        return [height, width];
    }
    [width, height]
}

/// The picture in another coding, if that saves enough.
fn made_smaller(picture: &DynamicImage, plain: &[u8], facts: &Facts) -> Option<(Vec<u8>, Kind)> {
    let (bytes, kind) = if picture.color().has_alpha() {
        (as_png(picture)?, Kind::Png)
    } else {
        (as_jpeg(picture)?, Kind::Jpeg)
    };
    // What was kept without loss, like a picture of a screen, is worth more than what was not; and to code
    // again what was coded so costs some of it each time.
    let loses = kind == Kind::Jpeg;
    let most = match (loses, facts.lossless) {
        (true, true) => plain.len() / 2,
        _ => plain.len() / 10 * 9,
    };
    (bytes.len() < most).then_some((bytes, kind))
}

fn as_jpeg(picture: &DynamicImage) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    let (width, height) = (picture.width(), picture.height());
    let pixels = picture.as_rgb8()?;
    encoder
        .write_image(pixels, width, height, ExtendedColorType::Rgb8)
        .ok()?;
    Some(bytes)
}

fn as_png(picture: &DynamicImage) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (compression, filter) = (CompressionType::Default, FilterType::Adaptive);
    let encoder = PngEncoder::new_with_quality(&mut bytes, compression, filter);
    let (width, height) = (picture.width(), picture.height());
    let pixels = picture.as_rgba8()?;
    encoder
        .write_image(pixels, width, height, ExtendedColorType::Rgba8)
        .ok()?;
    Some(bytes)
}

/// The longer side of what is sent, in pixels: more than most screens show.
const SIDE: u32 = 2_048;

/// Of JPEG: what is usual for photographs on screens. 85 is a seventh larger.
const QUALITY: u8 = 80;
