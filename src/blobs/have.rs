//! The note of what is surely here of a file.

use std::{fs, io};

use super::{
    bits::Bits,
    blob::{Paths, Wish},
};
use crate::{disk, wire::blob::Shape};

/// What is surely here of a file that is not whole.
pub(crate) fn read_have(paths: &Paths) -> io::Result<Option<(Wish, Shape, Bits)>> {
    let bytes = match fs::read(paths.have()) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    Ok(parse_have(&bytes))
}

fn parse_have(bytes: &[u8]) -> Option<(Wish, Shape, Bits)> {
    let (rest, sum) = bytes.split_last_chunk::<CHECKSUM>()?;
    if !blake3::hash(rest).as_bytes().starts_with(sum) {
        return None;
    }
    let ([version, wish], rest) = rest.split_first_chunk::<2>()?;
    let (size, bits) = rest.split_first_chunk::<8>()?;
    let wish = match (version, wish) {
        (1, 0) => Wish::Wanted,
        (1, 1) => Wish::Paused,
        (1, 2) => Wish::Cancelled,
        _ => return None,
    };
    let shape = Shape::of(u64::from_be_bytes(*size))?;
    Some((wish, shape, Bits::read(shape.chunks(), bits)?))
}

/// Replaces the note.
pub(crate) fn write_have(paths: &Paths, wish: Wish, shape: Shape, have: &Bits) -> io::Result<()> {
    let wish = match wish {
        Wish::Wanted => 0,
        Wish::Paused => 1,
        Wish::Cancelled => 2,
    };
    let mut bytes = vec![1, wish];
    bytes.extend(shape.size().to_be_bytes());
    bytes.extend(have.bytes());
    let sum = blake3::hash(&bytes);
    bytes.extend(sum.as_bytes().iter().take(CHECKSUM));
    disk::files::replace(&paths.have(), &bytes)
}

const CHECKSUM: usize = 8;
