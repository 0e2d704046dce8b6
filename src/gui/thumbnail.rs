//! Small pictures of files. They come from strangers: small enough or refused, and never decoded on the
//! window's thread.

use data_encoding::BASE64;
use egui::ColorImage;
use image::RgbaImage;

use crate::{node::view::Preview, picture::read_small};

/// What can be drawn of a small picture, if it is one.
pub fn decode(preview: &Preview) -> Option<ColorImage> {
    if preview.data.len() > TEXT {
        return None;
    }
    let bytes = BASE64.decode(preview.data.as_bytes()).ok()?;
    Some(drawn(&read_small(&bytes)?))
}

/// A picture as it can be drawn.
pub fn drawn(picture: &RgbaImage) -> ColorImage {
    let size = [picture.width(), picture.height()];
    let size = size.map(|side| usize::try_from(side).unwrap_or(0));
    ColorImage::from_rgba_unmultiplied(size, picture)
}

/// Characters of base64: 12 KiB of bytes and some.
const TEXT: usize = 17 << 10;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbImage};

    use super::*;

    fn preview(width: u32, height: u32, format: ImageFormat) -> Preview {
        let mut bytes = Vec::new();
        let picture = DynamicImage::from(RgbImage::from_pixel(width, height, [9, 200, 9].into()));
        picture
            .write_to(&mut Cursor::new(&mut bytes), format)
            .unwrap();
        Preview {
            mime: "image/png".into(),
            width: 640,
            height: 480,
            data: BASE64.encode(&bytes),
        }
    }

    #[test]
    fn a_small_picture_is_decoded() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let picture = decode(&preview(40, 30, format)).unwrap();

            assert_eq!(picture.size, [40, 30]);
        }
    }

    #[test]
    fn what_is_large_or_damaged_or_no_picture_is_not() {
        let large = preview(513, 1, ImageFormat::Png);
        let mut cut = preview(40, 30, ImageFormat::Png);
        cut.data.truncate(60);
        let mut text = cut.clone();
        text.data = BASE64.encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>");
        let mut endless = cut.clone();
        endless.data = "A".repeat(TEXT + 4);

        for none in [large, cut, text, endless] {
            assert_eq!(decode(&none), None);
        }
    }
}
