//! What kind of picture something is, by its first bytes: names lie.

use image::ImageFormat;

/// A kind of picture that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JPEG.
    Jpeg,
    /// PNG, still or animated.
    Png,
    /// GIF, still or animated.
    Gif,
    /// WebP, still or animated.
    Webp,
}

impl Kind {
    /// What begins with these bytes.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let begins = |with: &[u8]| bytes.starts_with(with);
        if begins(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if begins(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if begins(b"GIF87a") || begins(b"GIF89a") {
            Some(Self::Gif)
        } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            None
        }
    }

    /// The extension that its files have.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
        }
    }

    pub(super) fn format(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::Gif => ImageFormat::Gif,
            Self::Webp => ImageFormat::WebP,
        }
    }
}

/// Whether it is a picture of a kind that cameras write, and out of which nothing can be taken here: HEIF and
/// AVIF, TIFF and what cameras make of it, JPEG XL.
pub fn is_opaque(bytes: &[u8]) -> bool {
    let tiff = [
        &b"II*\0"[..],
        b"MM\0*",
        b"II+\0",
        b"MM\0+",
        b"IIRO",
        b"IIU\0",
    ];
    let raw = [
        &b"FUJIFILMCCD-RAW"[..],
        b"\xff\x0a",
        b"\0\0\0\x0cJXL \r\n\x87\n",
    ];
    let box_of = |brand: &[u8]| bytes.get(4..8) == Some(b"ftyp") && bytes.get(8..12) == Some(brand);
    tiff.iter()
        .chain(&raw)
        .any(|begin| bytes.starts_with(begin))
        || BRANDS.iter().any(|brand| box_of(*brand))
}

/// Of still pictures in the container of MP4.
const BRANDS: [&[u8; 4]; 12] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis",
    b"crx ", b"mif2",
];
