//! What a picture says of itself, and what of it stays when all else is taken out. No decoder is needed.

use image::metadata::Orientation;

use super::{bytes::Kept, gif, jpeg, kind::Kind, png, webp};

/// What a picture says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its kind.
    pub kind: Kind,
    /// Width and height in pixels, as they are stored.
    pub size: [u32; 2],
    /// Pictures that follow each other; one of what stands still.
    pub frames: u32,
    /// How often a decoder goes over its pixels: frames, or the scans of a JPEG.
    pub passes: u32,
    /// Which side is up.
    pub orientation: Orientation,
    /// Whether it was kept without loss.
    pub lossless: bool,
    /// Whether its colours are said in a way that is not understood here.
    pub odd_colours: bool,
}

impl Facts {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            size: [0, 0],
            frames: 0,
            passes: 0,
            orientation: Orientation::NoTransforms,
            lossless: kind != Kind::Jpeg,
            odd_colours: false,
        }
    }

    /// Whether it moves.
    pub fn moves(&self) -> bool {
        self.frames > 1
    }

    pub(super) fn read_orientation(&mut self, exif: &[u8]) {
        if let Some(orientation) = Orientation::from_exif_chunk(exif) {
            self.orientation = orientation;
        }
    }
}

/// Why a picture is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is none.
    #[error("it is no picture")]
    NoPicture,
    /// It is none of those that are understood.
    #[error("it is a picture of a kind out of which nothing can be taken")]
    Opaque,
    /// It is damaged, or pretends to be what it is not.
    #[error("the picture is damaged")]
    Damaged,
    /// It is understood but for something that is not done.
    #[error("the picture is of an uncommon kind")]
    Uncommon,
    /// It is too large.
    #[error("the picture is too large")]
    TooLarge,
    /// To decode it would take too long.
    #[error("the picture would take too long to read")]
    TooMuchWork,
}

/// What a picture says of itself.
pub fn look(bytes: &[u8]) -> Result<Facts, Refusal> {
    walk(bytes, Kept::nothing()).map(|(facts, _)| facts)
}

/// A picture with nothing in it but what is needed to draw it, and which side is up. No pixel is another.
pub fn stripped(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let kept = Kept::up_to(bytes.len().saturating_add(64));
    walk(bytes, kept).map(|(_, kept)| kept)
}

fn walk(bytes: &[u8], kept: Kept) -> Result<(Facts, Vec<u8>), Refusal> {
    let (facts, kept) = match Kind::of(bytes).ok_or(Refusal::NoPicture)? {
        Kind::Jpeg => jpeg::walk(bytes, kept)?,
        Kind::Png => png::walk(bytes, kept)?,
        Kind::Gif => gif::walk(bytes, kept)?,
        Kind::Webp => webp::walk(bytes, kept)?,
    };
    if facts.size.contains(&0) || facts.frames == 0 {
        return Err(Refusal::Damaged);
    }
    Ok((facts, kept))
}
