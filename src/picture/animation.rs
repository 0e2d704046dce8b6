//! A picture that moves.

use std::{io::Cursor, time::Duration};

use image::{
    AnimationDecoder, DynamicImage, Frames, ImageDecoder as _, RgbaImage,
    codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder},
};

use super::{
    bounds::Bounds,
    decode::{fitted, limits, refusal},
    kind::Kind,
    look::{Refusal, look},
};

/// One of the pictures that follow each other.
#[derive(Clone, Debug)]
pub struct Frame {
    /// It.
    pub picture: RgbaImage,
    /// How long it stays.
    pub stays: Duration,
}

/// Decodes all pictures of one that moves, with the longer side at most so long. What has more of them, or
/// takes more memory in all than `bounds` has, is refused.
pub fn frames(bytes: &[u8], bounds: &Bounds, side: u32) -> Result<Vec<Frame>, Refusal> {
    let facts = look(bytes)?;
    bounds.check(bytes, &facts)?;
    if facts.frames > FRAMES {
        return Err(Refusal::TooMuchWork);
    }
    let source = Cursor::new(bytes);
    let failed = |error| refusal(&error);
    let coming: Frames<'_> = match facts.kind {
        Kind::Gif => {
            let mut decoder = GifDecoder::new(source).map_err(failed)?;
            decoder.set_limits(limits(bounds)).map_err(failed)?;
            decoder.into_frames()
        }
        Kind::Webp => {
            let mut decoder = WebPDecoder::new(source).map_err(failed)?;
            decoder.set_limits(limits(bounds)).map_err(failed)?;
            decoder.into_frames()
        }
        Kind::Png => {
            let decoder = PngDecoder::with_limits(source, limits(bounds)).map_err(failed)?;
            decoder.apng().map_err(failed)?.into_frames()
        }
        Kind::Jpeg => return Err(Refusal::Uncommon),
    };
    let mut frames = Vec::new();
    let mut memory = 0;
    for frame in coming {
        let frame = frame.map_err(failed)?;
        let stays = Duration::from(frame.delay()).clamp(QUICKEST, SLOWEST);
        let picture = DynamicImage::from(frame.into_buffer());
        let picture = fitted(picture, side)?.into_rgba8();
        memory += picture.as_raw().len() as u64;
        if memory > bounds.memory {
            return Err(Refusal::TooLarge);
        }
        frames.push(Frame { picture, stays });
    }
    if frames.is_empty() {
        return Err(Refusal::Damaged);
    }
    Ok(frames)
}

/// Pictures that follow each other.
const FRAMES: u32 = 2_000;

/// What has no time to stay gets this, as in browsers.
const QUICKEST: Duration = Duration::from_millis(20);

const SLOWEST: Duration = Duration::from_mins(1);
