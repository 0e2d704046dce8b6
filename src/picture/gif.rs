//! The blocks of a GIF.

use super::{
    bytes::{Bytes, Kept},
    kind::Kind,
    look::{Facts, Refusal},
};

/// Reads all blocks up to the end of the picture; what follows that is none of it.
pub(super) fn walk(bytes: &[u8], mut kept: Kept) -> Result<(Facts, Vec<u8>), Refusal> {
    let mut facts = Facts::new(Kind::Gif);
    let mut left = Bytes::new(bytes);
    kept.push(left.take(6)?);
    let screen: [u8; 7] = left.array()?;
    let [w0, w1, h0, h1, packed, ..] = screen;
    facts.size = [[w0, w1], [h0, h1]].map(|side| u32::from(u16::from_le_bytes(side)));
    kept.push(&screen);
    kept.push(left.take(colours(packed))?);
    loop {
        let whole = left.rest();
        match left.byte()? {
            b'!' => {
                let label = left.byte()?;
                let named = left.rest();
                skip(&mut left)?;
                if stays(label, named) {
                    keep(&mut kept, whole, &left);
                }
            }
            b',' => {
                let frame: [u8; 9] = left.array()?;
                let [.., packed] = frame;
                // Its colours, and how its codes begin.
                left.take(colours(packed) + 1)?;
                skip(&mut left)?;
                facts.frames = facts.frames.saturating_add(1);
                keep(&mut kept, whole, &left);
            }
            b';' => break,
            _ => return Err(Refusal::Damaged),
        }
    }
    kept.push(b";");
    facts.passes = facts.frames;
    Ok((facts, kept.into_bytes()))
}

/// Bytes of a table of colours, if there is one.
fn colours(packed: u8) -> usize {
    if packed & 0x80 == 0 {
        0
    } else {
        3 << ((packed & 7) + 1)
    }
}

/// Goes over pieces that say how long they are, until one is empty.
fn skip(left: &mut Bytes<'_>) -> Result<(), Refusal> {
    loop {
        let length = left.byte()?;
        if length == 0 {
            return Ok(());
        }
        left.take(usize::from(length))?;
    }
}

fn keep(kept: &mut Kept, whole: &[u8], left: &Bytes<'_>) {
    let length = whole.len().saturating_sub(left.rest().len());
    kept.push(whole.get(..length).unwrap_or_default());
}

/// Whether an extension is needed to draw it: how long a frame stays, and how often all of them are shown.
fn stays(label: u8, named: &[u8]) -> bool {
    match label {
        0xf9 => true,
        0xff => named.starts_with(b"\x0bNETSCAPE2.0\x03\x01") && named.get(16) == Some(&0),
        _ => false,
    }
}
