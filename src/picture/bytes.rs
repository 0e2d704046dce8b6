//! Reading the parts of a picture, and keeping some of them.

use super::look::Refusal;

/// Bytes that are read one after the other. Where there are too few, the picture is damaged.
pub(super) struct Bytes<'a> {
    left: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub(super) fn new(left: &'a [u8]) -> Self {
        Self { left }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let (taken, left) = self.left.split_at_checked(count).ok_or(Refusal::Damaged)?;
        self.left = left;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (taken, left) = self.left.split_first_chunk().ok_or(Refusal::Damaged)?;
        self.left = left;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Refusal> {
        self.array().map(|[byte]| byte)
    }

    /// Big-endian, as a length.
    pub(super) fn u16_be(&mut self) -> Result<usize, Refusal> {
        self.array().map(u16::from_be_bytes).map(usize::from)
    }

    pub(super) fn u32_be(&mut self) -> Result<usize, Refusal> {
        let value = u32::from_be_bytes(self.array()?);
        usize::try_from(value).map_err(|_| Refusal::Damaged)
    }

    pub(super) fn u32_le(&mut self) -> Result<usize, Refusal> {
        let value = u32::from_le_bytes(self.array()?);
        usize::try_from(value).map_err(|_| Refusal::Damaged)
    }

    /// What is left, without reading it.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.left
    }
}

/// What stays of a picture, if anybody wants to know.
pub(super) struct Kept(Option<Vec<u8>>);

impl Kept {
    /// Nobody wants to know.
    pub(super) fn nothing() -> Self {
        Self(None)
    }

    /// So much at most.
    pub(super) fn up_to(most: usize) -> Self {
        Self(Some(Vec::with_capacity(most)))
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Some(kept) = &mut self.0 {
            kept.extend_from_slice(bytes);
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.unwrap_or_default()
    }
}

/// The least EXIF that says which side is up.
pub(super) fn exif(orientation: image::metadata::Orientation) -> [u8; 26] {
    let mut exif = *b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0";
    if let Some(value) = exif.get_mut(18) {
        *value = orientation.to_exif();
    }
    exif
}
