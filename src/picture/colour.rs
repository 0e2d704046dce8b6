//! What colours mean.

use image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Makes the colours of a picture those of sRGB; whether what was said of them is understood.
pub(super) fn to_srgb(picture: &mut DynamicImage, profile: &[u8]) -> bool {
    let layout = match picture {
        DynamicImage::ImageRgba8(_) => Layout::Rgba,
        _ => Layout::Rgb,
    };
    let Ok(from) = ColorProfile::new_from_slice(profile) else {
        return false;
    };
    if from.color_space != DataColorSpace::Rgb {
        return false;
    }
    let to = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let Ok(transform) = from.create_transform_8bit(layout, &to, layout, options) else {
        return false;
    };
    let pixels: &mut [u8] = match picture {
        DynamicImage::ImageRgba8(picture) => picture,
        DynamicImage::ImageRgb8(picture) => picture,
        _ => return false,
    };
    let before = pixels.to_vec();
    transform.transform(&before, pixels).is_ok()
}
