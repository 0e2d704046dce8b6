//! Small pictures of files. They come from strangers: small enough or refused, and never decoded on the
//! window's thread.

use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

use data_encoding::BASE64;
use egui::ColorImage;
use image::{
    DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder,
};

use crate::node::{
    extension,
    view::{FileCommand, Preview},
};

/// What can be drawn of a small picture, if it is one.
pub fn decode(preview: &Preview) -> Option<ColorImage> {
    if preview.data.len() > TEXT {
        return None;
    }
    let bytes = BASE64.decode(preview.data.as_bytes()).ok()?;
    let open = || {
        let mut reader = ImageReader::new(Cursor::new(&bytes))
            .with_guessed_format()
            .ok()?;
        let known = matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg));
        let mut limits = Limits::default();
        limits.max_image_width = Some(SIDE);
        limits.max_image_height = Some(SIDE);
        limits.max_alloc = Some(MEMORY);
        reader.limits(limits);
        known.then_some(reader)
    };
    // What it says of its size is looked at before anything is made of it.
    let (width, height) = open()?.into_dimensions().ok()?;
    if width > SIDE || height > SIDE || width == 0 || height == 0 {
        return None;
    }
    let pixels = open()?.decode().ok()?.into_rgba8();
    let size = [
        usize::try_from(pixels.width()).ok()?,
        usize::try_from(pixels.height()).ok()?,
    ];
    Some(ColorImage::from_rgba_unmultiplied(size, &pixels))
}

/// The same command; if it sends a picture, with a small one.
pub async fn added(command: FileCommand) -> FileCommand {
    let FileCommand::Send {
        chat_id,
        path,
        caption,
        original,
        thumbnail: None,
    } = command
    else {
        return command;
    };
    let place = PathBuf::from(&path);
    // A picture that breaks the decoder is sent without.
    let made = tokio::task::spawn_blocking(move || make(&place)).await;
    FileCommand::Send {
        chat_id,
        path,
        caption,
        original,
        thumbnail: made.ok().flatten(),
    }
}

/// A small picture of a file, if that is a picture.
fn make(path: &Path) -> Option<Preview> {
    let name = path.file_name()?.to_str()?;
    if !matches!(extension(name).as_str(), "png" | "jpg" | "jpeg") {
        return None;
    }
    let about = std::fs::metadata(path).ok()?;
    if !about.is_file() || about.len() > LARGEST {
        return None;
    }
    let open = || {
        let mut reader = ImageReader::open(path).ok()?.with_guessed_format().ok()?;
        let known = matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg));
        let mut limits = Limits::default();
        limits.max_alloc = Some(LARGEST_MEMORY);
        reader.limits(limits);
        known.then_some(reader)
    };
    let (width, height) = open()?.into_dimensions().ok()?;
    if u64::from(width) * u64::from(height) > LARGEST_PIXELS {
        return None;
    }
    let mut decoder = open()?.into_decoder().ok()?;
    let orientation = decoder.orientation().ok()?;
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(orientation);
    let [width, height] = [picture.width(), picture.height()];
    [(MADE, 70), (MADE, 45), (MADE / 2, 45)]
        .into_iter()
        .find_map(|(side, quality)| {
            let mut bytes = Vec::new();
            let small = picture.thumbnail(side, side).into_rgb8();
            let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
            small.write_with_encoder(encoder).ok()?;
            (bytes.len() <= BYTES).then(|| Preview {
                mime: "image/jpeg".into(),
                width: u16::try_from(width).unwrap_or(u16::MAX),
                height: u16::try_from(height).unwrap_or(u16::MAX),
                data: BASE64.encode(&bytes),
            })
        })
}

/// Of larger files no small picture is made, in bytes.
const LARGEST: u64 = 64 << 20;

/// Nor of more pixels.
const LARGEST_PIXELS: u64 = 50_000_000;

/// Bytes that decoding my own pictures may take.
const LARGEST_MEMORY: u64 = 256 << 20;

/// The longer side of a small picture that is made, in pixels.
const MADE: u32 = 320;

/// What a message has room for, in bytes.
const BYTES: usize = 12 << 10;

/// The longer side at most, in pixels.
const SIDE: u32 = 512;

/// Bytes that decoding may take.
const MEMORY: u64 = 16 << 20;

/// Characters of base64: 12 KiB of bytes and some.
const TEXT: usize = 17 << 10;

#[cfg(test)]
mod tests {
    use image::RgbImage;

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

    #[tokio::test]
    async fn a_picture_is_sent_with_a_small_one_of_the_same_shape() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lake.png");
        let noise = RgbImage::from_fn(1600, 900, |x, y| {
            let mixed = (x * 7919 + y * 104_729) >> 3;
            let part = |shift: u32| u8::try_from((mixed >> shift) & 255).unwrap();
            [part(0), part(4), part(8)].into()
        });
        noise.save(&path).unwrap();

        let FileCommand::Send { thumbnail, .. } = added(send(&path)).await else {
            panic!("another command")
        };

        let small = thumbnail.unwrap();
        assert_eq!((small.width, small.height), (1600, 900));
        assert!(BASE64.decode(small.data.as_bytes()).unwrap().len() <= BYTES);
        assert!(decode(&small).is_some());
    }

    #[tokio::test]
    async fn what_is_no_picture_is_sent_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.png", "a.txt"] {
            let path = dir.path().join(name);
            std::fs::write(&path, "no picture").unwrap();

            assert_eq!(added(send(&path)).await, send(&path));
        }
    }

    fn send(path: &Path) -> FileCommand {
        FileCommand::Send {
            chat_id: crate::node::ChatId([1; 32]),
            path: path.to_str().unwrap().into(),
            caption: String::new(),
            original: false,
            thumbnail: None,
        }
    }

    #[test]
    fn what_is_large_or_damaged_or_no_picture_is_not() {
        let large = preview(SIDE + 1, 1, ImageFormat::Png);
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
