//! The chunks of a WebP.

use image::metadata::Orientation;

use super::{
    bytes::{Bytes, Kept, exif},
    kind::Kind,
    look::{Facts, Refusal},
};

/// Reads all chunks of the picture; what follows it is none of it.
pub(super) fn walk(bytes: &[u8], mut kept: Kept) -> Result<(Facts, Vec<u8>), Refusal> {
    let mut facts = Facts::new(Kind::Webp);
    let mut left = Bytes::new(bytes);
    kept.push(left.take(4)?);
    let length = left.u32_le()?;
    kept.push(&[0; 4]);
    let mut left = Bytes::new(left.take(length)?);
    kept.push(left.take(4)?);
    while !left.is_empty() {
        let (name, body) = chunk(&mut left)?;
        match &name {
            b"VP8X" => {
                facts.size = canvas(body)?;
                push(&mut kept, name, &plain(body));
                continue;
            }
            b"ANMF" => {
                let (head, inner) = body.split_at_checked(16).ok_or(Refusal::Damaged)?;
                let inner = frame(&mut facts, inner)?;
                push(&mut kept, name, &[head, &inner].concat());
                continue;
            }
            b"VP8 " | b"VP8L" => {
                if facts.size == [0, 0] {
                    facts.size = size(name, body)?;
                }
                see(&mut facts, name);
            }
            b"EXIF" => facts.read_orientation(body.strip_prefix(b"Exif\0\0").unwrap_or(body)),
            _ => {}
        }
        if matches!(&name, b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ICCP") {
            push(&mut kept, name, body);
        }
    }
    if facts.orientation != Orientation::NoTransforms {
        push(&mut kept, *b"EXIF", &exif(facts.orientation));
    }
    facts.passes = facts.frames;
    Ok((facts, finished(kept, facts.orientation)))
}

/// Says how long it became, and whether it says which side is up.
fn finished(kept: Kept, orientation: Orientation) -> Vec<u8> {
    let mut kept = kept.into_bytes();
    let length = u32::try_from(kept.len().saturating_sub(8)).unwrap_or(u32::MAX);
    if let Some(place) = kept.get_mut(4..8) {
        place.copy_from_slice(&length.to_le_bytes());
    }
    if orientation != Orientation::NoTransforms
        && kept.get(12..16) == Some(b"VP8X")
        && let Some(flags) = kept.get_mut(20)
    {
        *flags |= EXIF;
    }
    kept
}

fn chunk<'a>(left: &mut Bytes<'a>) -> Result<([u8; 4], &'a [u8]), Refusal> {
    let name = left.array()?;
    let length = left.u32_le()?;
    let body = left.take(length)?;
    if length % 2 == 1 && !left.is_empty() {
        left.take(1)?;
    }
    Ok((name, body))
}

fn push(kept: &mut Kept, name: [u8; 4], body: &[u8]) {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    kept.push(&name);
    kept.push(&length.to_le_bytes());
    kept.push(body);
    if !body.len().is_multiple_of(2) {
        kept.push(&[0]);
    }
}

/// One of the pictures that follow each other, without what is not drawn.
fn frame(facts: &mut Facts, inner: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut kept = Kept::up_to(inner.len() + 1);
    let mut left = Bytes::new(inner);
    while !left.is_empty() {
        let (name, body) = chunk(&mut left)?;
        if matches!(&name, b"VP8 " | b"VP8L" | b"ALPH") {
            see(facts, name);
            push(&mut kept, name, body);
        }
    }
    Ok(kept.into_bytes())
}

fn see(facts: &mut Facts, name: [u8; 4]) {
    match &name {
        b"VP8 " => {
            facts.frames = facts.frames.saturating_add(1);
            facts.lossless = false;
        }
        b"VP8L" => facts.frames = facts.frames.saturating_add(1),
        _ => {}
    }
}

/// Without saying that there was anything else in it.
fn plain(body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    if let Some(flags) = body.first_mut() {
        *flags &= !(EXIF | XMP);
    }
    body
}

fn canvas(body: &[u8]) -> Result<[u32; 2], Refusal> {
    let mut body = Bytes::new(body);
    body.take(4)?;
    let mut side = || {
        let [low, middle, high] = body.array()?;
        Ok(u32::from_le_bytes([low, middle, high, 0]) + 1)
    };
    Ok([side()?, side()?])
}

fn size(name: [u8; 4], body: &[u8]) -> Result<[u32; 2], Refusal> {
    let mut body = Bytes::new(body);
    if name == *b"VP8 " {
        body.take(6)?;
        let [w0, w1, h0, h1] = body.array()?;
        return Ok([[w0, w1], [h0, h1]].map(|side| u32::from(u16::from_le_bytes(side) & 0x3fff)));
    }
    body.take(1)?;
    let packed = u32::from_le_bytes(body.array()?);
    Ok([packed & 0x3fff, (packed >> 14) & 0x3fff].map(|side| side + 1))
}

const EXIF: u8 = 0x08;
const XMP: u8 = 0x04;
