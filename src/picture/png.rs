//! The chunks of a PNG.

use image::metadata::Orientation;

use super::{
    bytes::{Bytes, Kept, exif},
    kind::Kind,
    look::{Facts, Refusal},
};

/// Reads all chunks up to the end of the picture; what follows that is none of it.
pub(super) fn walk(bytes: &[u8], mut kept: Kept) -> Result<(Facts, Vec<u8>), Refusal> {
    let mut facts = Facts::new(Kind::Png);
    let mut left = Bytes::new(bytes);
    kept.push(left.take(8)?);
    let mut still = false;
    loop {
        let whole = left.rest();
        let length = left.u32_be()?;
        let name: [u8; 4] = left.array()?;
        let body = left.take(length)?;
        left.take(4)?;
        if facts.size == [0, 0] && name != *b"IHDR" {
            return Err(Refusal::Damaged);
        }
        match &name {
            b"IHDR" => {
                let mut body = Bytes::new(body);
                let sides = [body.u32_be()?, body.u32_be()?];
                facts.size = sides.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
            }
            b"IDAT" => still = true,
            b"fcTL" => facts.frames = facts.frames.saturating_add(1),
            b"eXIf" => facts.read_orientation(body),
            // Anything but what everybody means without it.
            b"cICP" => facts.odd_colours = body != [1, 13, 0, 1],
            _ => {}
        }
        if STAYS.contains(&&name) {
            // A chunk, its length, name and checksum.
            kept.push(whole.get(..length.saturating_add(12)).unwrap_or_default());
        } else if name.first().is_some_and(u8::is_ascii_uppercase) {
            // Without it the picture means something else.
            return Err(Refusal::Uncommon);
        }
        if name == *b"IEND" {
            break;
        }
    }
    let mut kept = kept.into_bytes();
    if facts.orientation != Orientation::NoTransforms && !kept.is_empty() {
        kept.splice(FIRST..FIRST, chunk(*b"eXIf", &exif(facts.orientation)));
    }
    facts.frames = facts.frames.max(u32::from(still));
    facts.passes = facts.frames;
    Ok((facts, kept))
}

pub(super) fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let named = [&name[..], body].concat();
    let sum = checksum(&named).to_be_bytes();
    [&length.to_be_bytes()[..], &named, &sum].concat()
}

/// CRC-32, of few bytes.
fn checksum(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), bit);
    !bytes.iter().fold(!0, byte)
}

/// What is needed to draw it, in its colours, and at its pace.
const STAYS: [&[u8; 4]; 17] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
    b"bKGD", b"cICP", b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT",
];

/// Where the second chunk begins: the first is always as long.
const FIRST: usize = 8 + 25;
