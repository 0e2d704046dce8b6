//! Pictures as they are drawn large, and as they come from the clipboard. To make them takes its time, so
//! never on the window's thread.

use std::{io::Cursor, sync::Arc, time::Duration};

use egui::ColorImage;
use image::{ImageFormat, RgbaImage};

use super::{
    disk::{Chosen, Found},
    strings::tr,
    thumbnail::drawn,
};
use crate::{
    node::view::Content,
    picture::{self, Refusal, THEIRS},
};

/// One of the pictures that follow each other; of what stands still the only one.
#[derive(Clone, Debug, PartialEq)]
pub struct Shot {
    /// It.
    pub picture: Arc<ColorImage>,
    /// How long it stays.
    pub stays: Duration,
}

/// Why a picture is not drawn here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// As a sentence.
    pub why: String,
    /// Whether it is only too large, so that another program may show it.
    pub large: bool,
}

impl Unseen {
    /// It is too large.
    pub fn large(words: &str) -> Self {
        let (why, large) = (tr(words), true);
        Self { why, large }
    }

    /// It is none, as far as can be seen.
    pub fn none() -> Self {
        let (why, large) = (tr("view-none"), false);
        Self { why, large }
    }
}

impl From<Refusal> for Unseen {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLarge | Refusal::TooMuchWork => Self::large("view-too-large"),
            Refusal::NoPicture | Refusal::Opaque | Refusal::Damaged | Refusal::Uncommon => {
                Self::none()
            }
        }
    }
}

/// What can be drawn of a picture, or why not.
pub fn shots(bytes: &[u8]) -> Result<Vec<Shot>, Unseen> {
    let shot = |picture: &RgbaImage, stays| Shot {
        picture: Arc::new(drawn(picture)),
        stays,
    };
    let moves = picture::look(bytes).is_ok_and(|facts| facts.moves());
    if moves && let Ok(frames) = picture::frames(bytes, &THEIRS, MOVING) {
        let shots = frames.iter().map(|frame| shot(&frame.picture, frame.stays));
        return Ok(shots.collect());
    }
    let still = picture::decode(bytes, &THEIRS, STILL)?;
    Ok(vec![shot(&still.into_rgba8(), Duration::MAX)])
}

/// A picture from the clipboard as something that can be sent.
pub fn kept(picture: &ColorImage, number: u64) -> Option<Found> {
    let [width, height] = picture.size.map(u32::try_from);
    let (width, height) = (width.ok()?, height.ok()?);
    if u64::from(width) * u64::from(height) > THEIRS.pixels {
        return None;
    }
    let pixels = picture.pixels.iter();
    let pixels = pixels
        .flat_map(egui::Color32::to_srgba_unmultiplied)
        .collect();
    let mut bytes = Cursor::new(Vec::new());
    RgbaImage::from_raw(width, height, pixels)?
        .write_to(&mut bytes, ImageFormat::Png)
        .ok()?;
    let bytes = bytes.into_inner();
    let name = format!("picture-{number}.png");
    Some(Found::File(Chosen {
        path: name.clone().into(),
        name,
        size: bytes.len() as u64,
        folder: None,
        original: false,
        voice: false,
        content: Some(Content(bytes.into())),
    }))
}

/// The longer side of what stands still, in pixels: it may be looked at closely.
const STILL: u32 = 4_096;

/// The longer side of what moves: there is more of it.
const MOVING: u32 = 1_024;

#[cfg(test)]
mod tests {
    use egui::Color32;

    use super::*;

    #[test]
    fn what_is_in_the_clipboard_can_be_sent_and_looks_the_same() {
        let mut picture = ColorImage::filled([30, 20], Color32::from_rgb(200, 40, 9));
        picture.pixels[5] = Color32::TRANSPARENT;

        let Some(Found::File(file)) = kept(&picture, 7) else {
            panic!("it is small")
        };

        assert_eq!(file.name, "picture-7.png");
        let shots = shots(&file.content.unwrap().0).unwrap();
        assert_eq!(*shots[0].picture, picture);
    }

    #[test]
    fn what_is_no_picture_says_so() {
        assert_eq!(shots(b"no picture"), Err(Unseen::none()));
    }
}
