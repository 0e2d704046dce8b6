//! Pixels of a picture: upright, and in colours that every screen has.

use std::io::Cursor;

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, RgbImage, RgbaImage};

use super::{
    bounds::Bounds,
    colour,
    look::{Facts, Refusal, look},
};

/// A picture as it is stored, but for its compression.
pub(super) struct Decoded {
    /// RGB, or RGBA if some of it can be seen through; 8 bits of each.
    pub(super) picture: DynamicImage,
    /// What its colours mean, if that is said.
    pub(super) profile: Option<Vec<u8>>,
}

/// Decodes a picture, of one that moves the first, with its longer side at most so long.
pub fn decode(bytes: &[u8], bounds: &Bounds, side: u32) -> Result<DynamicImage, Refusal> {
    if bytes.len() as u64 > bounds.bytes {
        return Err(Refusal::TooLarge);
    }
    let facts = look(bytes)?;
    let Decoded { picture, profile } = pixels(bytes, &facts, bounds)?;
    let mut picture = fitted(picture, side)?;
    if let Some(profile) = profile {
        // What cannot be understood is shown as if it said nothing.
        colour::to_srgb(&mut picture, &profile);
    }
    picture.apply_orientation(facts.orientation);
    Ok(picture)
}

/// Decodes a picture as it is stored. What it says of its size is looked at before anything is made of it.
pub(super) fn pixels(bytes: &[u8], facts: &Facts, bounds: &Bounds) -> Result<Decoded, Refusal> {
    bounds.check(bytes, facts)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), facts.kind.format());
    reader.limits(limits(bounds));
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    if <[u32; 2]>::from(decoder.dimensions()) != facts.size {
        return Err(Refusal::Damaged);
    }
    let profile = decoder.icc_profile().ok().flatten();
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    let profile = profile.filter(|profile| profile.len() <= PROFILE);
    let picture = plain(picture);
    Ok(Decoded { picture, profile })
}

/// With its longer side at most so long.
pub fn fitted(picture: DynamicImage, side: u32) -> Result<DynamicImage, Refusal> {
    let (width, height) = (picture.width(), picture.height());
    let longer = width.max(height);
    if longer <= side {
        return Ok(picture);
    }
    let scaled = |length: u32| {
        let length = u64::from(length) * u64::from(side) / u64::from(longer);
        u32::try_from(length).unwrap_or(1).max(1)
    };
    let (to_width, to_height) = (scaled(width), scaled(height));
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    let resize = |from: &[u8], to: &mut [u8], kind: PixelType| {
        let from = ImageRef::new(width, height, from, kind).ok()?;
        let mut to = Image::from_slice_u8(to_width, to_height, to, kind).ok()?;
        Resizer::new().resize(&from, &mut to, &options).ok()
    };
    match picture {
        DynamicImage::ImageRgba8(picture) => {
            let mut small = RgbaImage::new(to_width, to_height);
            resize(&picture, &mut small, PixelType::U8x4).ok_or(Refusal::Uncommon)?;
            Ok(small.into())
        }
        picture => {
            let mut small = RgbImage::new(to_width, to_height);
            resize(&picture.into_rgb8(), &mut small, PixelType::U8x3).ok_or(Refusal::Uncommon)?;
            Ok(small.into())
        }
    }
}

/// Eight bits of each colour, and alpha only where something can be seen through.
fn plain(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8().into();
    }
    let picture = picture.into_rgba8();
    if picture.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        return DynamicImage::from(picture).into_rgb8().into();
    }
    picture.into()
}

pub(super) fn limits(bounds: &Bounds) -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(bounds.side);
    limits.max_image_height = Some(bounds.side);
    limits.max_alloc = Some(bounds.memory);
    limits
}

pub(super) fn refusal(error: &ImageError) -> Refusal {
    match error {
        ImageError::Limits(_) => Refusal::TooLarge,
        ImageError::Unsupported(_) => Refusal::Uncommon,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::IoError(_) => Refusal::Damaged,
    }
}

/// What says what colours mean, in bytes: there is a table for each of many.
const PROFILE: usize = 4 << 20;
