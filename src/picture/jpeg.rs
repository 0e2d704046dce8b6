//! The segments of a JPEG.

use image::metadata::Orientation;

use super::{
    bytes::{Bytes, Kept, exif},
    kind::Kind,
    look::{Facts, Refusal},
};

/// Reads all segments up to the end of the picture; what follows that is none of it.
pub(super) fn walk(bytes: &[u8], mut kept: Kept) -> Result<(Facts, Vec<u8>), Refusal> {
    let mut facts = Facts::new(Kind::Jpeg);
    let mut left = Bytes::new(bytes);
    kept.push(left.take(2)?);
    loop {
        match marker(&mut left)? {
            0xd9 => break,
            // They stand alone, and mean nothing here.
            0x01 | 0xd0..=0xd8 => {}
            code => {
                let length = left.u16_be()?.checked_sub(2).ok_or(Refusal::Damaged)?;
                let body = left.take(length)?;
                facts = read(facts, code, body)?;
                if stays(code, body) {
                    push(&mut kept, code, body);
                }
                if code == 0xda {
                    let scan = scan_length(left.rest());
                    kept.push(left.take(scan)?);
                }
            }
        }
    }
    kept.push(&[0xff, 0xd9]);
    let mut kept = kept.into_bytes();
    if facts.orientation != Orientation::NoTransforms && !kept.is_empty() {
        let mut segment = Kept::up_to(64);
        push(
            &mut segment,
            0xe1,
            &[b"Exif\0\0", &exif(facts.orientation)[..]].concat(),
        );
        kept.splice(2..2, segment.into_bytes());
    }
    // What has several scans of several components is one picture all the same.
    facts.frames = u32::from(facts.passes > 0);
    Ok((facts, kept))
}

fn marker(left: &mut Bytes<'_>) -> Result<u8, Refusal> {
    if left.byte()? != 0xff {
        return Err(Refusal::Damaged);
    }
    loop {
        match left.byte()? {
            // As many as one likes may fill it up.
            0xff => {}
            0 => return Err(Refusal::Damaged),
            code => return Ok(code),
        }
    }
}

fn read(mut facts: Facts, code: u8, body: &[u8]) -> Result<Facts, Refusal> {
    match code {
        0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
            if facts.size != [0, 0] {
                return Err(Refusal::Damaged);
            }
            let mut body = Bytes::new(body);
            body.take(1)?;
            let (height, width) = (body.u16_be()?, body.u16_be()?);
            facts.size = [width, height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        }
        0xda => facts.passes = facts.passes.saturating_add(1),
        0xe1 => {
            if let Some(exif) = body.strip_prefix(b"Exif\0\0") {
                facts.read_orientation(exif);
            }
        }
        _ => {}
    }
    Ok(facts)
}

/// Whether a segment is needed to draw the picture.
fn stays(code: u8, body: &[u8]) -> bool {
    match code {
        // Tables, frames and scans.
        0xc0..=0xcf | 0xda..=0xdd => true,
        // How wide a pixel is, unless a small picture comes with it.
        0xe0 => body.starts_with(b"JFIF\0") && body.get(12..) == Some(&[0, 0]),
        // Its colours.
        0xe2 => body.starts_with(b"ICC_PROFILE\0"),
        0xee => body.starts_with(b"Adobe") && body.len() == 12,
        _ => false,
    }
}

fn push(kept: &mut Kept, code: u8, body: &[u8]) {
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    kept.push(&[0xff, code]);
    kept.push(&length.to_be_bytes());
    kept.push(body);
}

/// How long the coded pixels of a scan are: up to the next marker.
fn scan_length(bytes: &[u8]) -> usize {
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    let is_end =
        |(byte, next): (&u8, &u8)| *byte == 0xff && !matches!(next, 0 | 0xd0..=0xd7 | 0xff);
    pairs.into_iter().position(is_end).unwrap_or(bytes.len())
}
