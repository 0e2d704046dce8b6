//! The small picture that comes in a message, before the file itself.

use std::io::Cursor;

use image::{DynamicImage, ImageReader, RgbImage, RgbaImage, codecs::jpeg::JpegEncoder};

use super::{
    bounds::SMALL,
    decode::{fitted, limits},
    kind::Kind,
};

/// A small picture of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Small {
    /// Pixels of the whole picture, upright.
    pub size: [u32; 2],
    /// A JPEG, of at most [`MOST`] bytes.
    pub jpeg: Vec<u8>,
}

/// A small picture of one of that size, which may have been made smaller already.
pub fn make_small(picture: &DynamicImage, size: [u32; 2]) -> Option<Small> {
    let made = [(SIDE, 70), (SIDE, 45), (SIDE / 2, 45)];
    made.into_iter().find_map(|(side, quality)| {
        let small = on_white(fitted(picture.clone(), side).ok()?);
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
        small.write_with_encoder(encoder).ok()?;
        (jpeg.len() <= MOST).then_some(Small { size, jpeg })
    })
}

/// What can be drawn of a small picture that somebody sent, if it is one.
pub fn read_small(bytes: &[u8]) -> Option<RgbaImage> {
    let kind = Kind::of(bytes).filter(|kind| matches!(kind, Kind::Jpeg | Kind::Png))?;
    let facts = super::look(bytes).ok()?;
    SMALL.check(bytes, &facts).ok()?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), kind.format());
    reader.limits(limits(&SMALL));
    Some(reader.decode().ok()?.into_rgba8())
}

/// A JPEG cannot be seen through.
fn on_white(picture: DynamicImage) -> RgbImage {
    let DynamicImage::ImageRgba8(picture) = picture else {
        return picture.into_rgb8();
    };
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for (to, from) in flat.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = from.0;
        let alpha = u32::from(alpha);
        to.0 = [red, green, blue].map(|part| {
            let mixed = (u32::from(part) * alpha + 255 * (255 - alpha)) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        });
    }
    flat
}

/// What a message has room for, in bytes.
pub const MOST: usize = 12 << 10;

/// The longer side at most, in pixels.
const SIDE: u32 = 320;
