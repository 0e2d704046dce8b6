//! QR codes in pictures: of a file, or of the clipboard. Pictures come from strangers, so they are small
//! enough or refused, and read on a thread of their own.

use std::{fs::File, io::Read as _, path::PathBuf};

use image::{GrayImage, imageops};

use super::strings::tr;
use crate::picture::{self, CODE};

/// Where a picture is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In a file.
    File(PathBuf),
    /// In the clipboard.
    Clipboard,
}

/// Why no code was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is too large, in bytes or in pixels.
    TooLarge,
    /// It is no picture, or a damaged one.
    NoPicture,
    /// It shows no code.
    NoCode,
    /// There is no picture in the clipboard.
    NothingCopied,
    /// The desktop has no window to choose files.
    NoChooser,
    /// Nobody wants it any more.
    GivenUp,
}

impl Refusal {
    /// A sentence, if it needs one.
    pub fn words(self) -> Option<String> {
        Some(match self {
            Self::GivenUp => return None,
            Self::NoChooser => tr("scan-chooser"),
            Self::TooLarge => tr("scan-large"),
            Self::NoPicture => tr("scan-picture"),
            Self::NoCode => tr("scan-code"),
            Self::NothingCopied => tr("scan-copied"),
        })
    }
}

/// What the code in a picture says. Takes its time.
pub fn read(source: Source) -> Result<String, Refusal> {
    // A picture that breaks the reader breaks no more than this.
    let reader = std::thread::spawn(move || match source {
        Source::File(path) => from_file(&path),
        Source::Clipboard => from_clipboard(),
    });
    reader.join().unwrap_or(Err(Refusal::NoPicture))
}

fn from_file(path: &std::path::Path) -> Result<String, Refusal> {
    let read = || {
        // What is no file may never end.
        if !std::fs::metadata(path)?.is_file() {
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        let mut bytes = Vec::new();
        File::open(path)?
            .take(CODE.bytes + 1)
            .read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    in_bytes(&read().map_err(|_| Refusal::NoPicture)?)
}

/// What the code in a picture says.
fn in_bytes(bytes: &[u8]) -> Result<String, Refusal> {
    let decoded = picture::decode(bytes, &CODE, CODE.side).map_err(|refusal| match refusal {
        picture::Refusal::TooLarge | picture::Refusal::TooMuchWork => Refusal::TooLarge,
        picture::Refusal::NoPicture
        | picture::Refusal::Opaque
        | picture::Refusal::Damaged
        | picture::Refusal::Uncommon => Refusal::NoPicture,
    })?;
    code(&decoded.into_luma8())
}

fn from_clipboard() -> Result<String, Refusal> {
    let copied = arboard::Clipboard::new()
        .and_then(|mut clipboard| clipboard.get_image())
        .map_err(|_| Refusal::NothingCopied)?;
    if copied.width as u64 * copied.height as u64 > CODE.pixels {
        return Err(Refusal::TooLarge);
    }
    let side = |side: usize| u32::try_from(side).map_err(|_| Refusal::TooLarge);
    let grey = copied
        .bytes
        .chunks_exact(4)
        .map(|pixel| match pixel {
            [red, green, blue, alpha] => on_white([*red, *green, *blue], *alpha),
            _ => 255,
        })
        .collect();
    let (width, height) = (side(copied.width)?, side(copied.height)?);
    code(&GrayImage::from_raw(width, height, grey).ok_or(Refusal::NoPicture)?)
}

/// How bright a pixel is on white paper.
fn on_white(colour: [u8; 3], alpha: u8) -> u8 {
    let bright = colour.iter().map(|part| u32::from(*part)).sum::<u32>() / 3;
    let alpha = u32::from(alpha);
    u8::try_from((bright * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255)
}

/// What the first readable code says; a large picture is looked at made smaller, too.
fn code(picture: &GrayImage) -> Result<String, Refusal> {
    let longer = picture.width().max(picture.height()).max(1);
    for side in [longer.min(LOOKED_AT), longer.min(LOOKED_AT) / 2] {
        let scaled = |length: u32| (u64::from(length) * u64::from(side) / u64::from(longer)).max(1);
        let size = [picture.width(), picture.height()].map(scaled);
        let [width, height] = size.map(|length| u32::try_from(length).unwrap_or(1));
        let smaller = imageops::resize(picture, width, height, imageops::FilterType::Triangle);
        let (width, height) = (width as usize, height as usize);
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            let place = (u32::try_from(x).ok(), u32::try_from(y).ok());
            let (Some(x), Some(y)) = place else {
                return 255;
            };
            smaller
                .get_pixel_checked(x, y)
                .map_or(255, |pixel| pixel.0[0])
        });
        let found = prepared
            .detect_grids()
            .into_iter()
            .take(CODES)
            .find_map(|grid| grid.decode().ok());
        if let Some((_, text)) = found {
            return Ok(text);
        }
    }
    Err(Refusal::NoCode)
}

/// The longer side with which it is looked at.
const LOOKED_AT: u32 = 1_600;

/// Codes of one picture that are tried.
const CODES: usize = 8;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, Luma};
    use qrcode::{Color, QrCode};

    use super::*;

    const TEXT: &str = "BX1:ABCDEFGHIJKLMNOP0123456789";

    /// A picture of a code, with a margin.
    fn picture(text: &str, dot: u32) -> GrayImage {
        let code = QrCode::new(text).unwrap();
        let side = u32::try_from(code.width()).unwrap();
        let colours = code.to_colors();
        GrayImage::from_fn((side + 8) * dot, (side + 8) * dot, |x, y| {
            let (x, y) = ((x / dot).wrapping_sub(4), (y / dot).wrapping_sub(4));
            let dark = x < side && y < side && colours[(y * side + x) as usize] == Color::Dark;
            Luma([if dark { 20 } else { 235 }])
        })
    }

    fn bytes(picture: GrayImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageLuma8(picture)
            .write_to(&mut bytes, format)
            .unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_code_is_read_from_png_and_jpeg_large_and_small() {
        for dot in [4, 9, 60] {
            for format in [ImageFormat::Png, ImageFormat::Jpeg] {
                let bytes = bytes(picture(TEXT, dot), format);
                assert_eq!(in_bytes(&bytes).as_deref(), Ok(TEXT), "{dot} {format:?}");
            }
        }
    }

    #[test]
    fn a_file_is_read_and_what_is_no_file_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("code.png");
        std::fs::write(&file, bytes(picture(TEXT, 6), ImageFormat::Png)).unwrap();

        assert_eq!(read(Source::File(file)).as_deref(), Ok(TEXT));
        for odd in [
            "/dev/zero".into(),
            directory.path().to_owned(),
            directory.path().join("none"),
        ] {
            assert_eq!(read(Source::File(odd)), Err(Refusal::NoPicture));
        }
    }

    #[test]
    fn hostile_pictures_are_refused() {
        let png = bytes(picture(TEXT, 6), ImageFormat::Png);
        // Claims a side of a million pixels.
        let mut bomb = png.clone();
        bomb[16..24].copy_from_slice(&[0, 15, 66, 64, 0, 15, 66, 64]);
        let crc = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        let empty = bytes(
            GrayImage::from_pixel(300, 300, Luma([255])),
            ImageFormat::Png,
        );

        assert!(matches!(
            in_bytes(&bomb),
            Err(Refusal::TooLarge | Refusal::NoPicture)
        ));
        assert_eq!(in_bytes(&vec![0; 17 * 1024 * 1024]), Err(Refusal::TooLarge));
        assert_eq!(in_bytes(&empty), Err(Refusal::NoCode));
        for odd in [&b""[..], b"GIF89a", b"<svg/>", &png[..png.len() / 2]] {
            assert_eq!(in_bytes(odd), Err(Refusal::NoPicture));
        }
    }

    #[test]
    fn a_picture_without_a_ground_lies_on_white() {
        assert_eq!(on_white([0, 0, 0], 0), 255);
        assert_eq!(on_white([0, 0, 0], 255), 0);
    }

    fn crc(bytes: &[u8]) -> u32 {
        let step = |crc: u32, byte: &u8| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 {
                    (crc >> 1) ^ 0xEDB8_8320
                } else {
                    crc >> 1
                }
            })
        };
        !bytes.iter().fold(!0, step)
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn a_damaged_picture_is_refused_or_read(at in 8usize..600, to in 0u8..=255) {
            let mut png = bytes(picture("BX1:A", 2), ImageFormat::Png);
            if let Some(byte) = png.get_mut(at) {
                *byte = to;
            }
            let _ = in_bytes(&png);
        }
    }
}
