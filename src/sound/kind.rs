//! What a file is, by the bytes with which it begins.

/// Whether it is a sound that can be heard here, perhaps.
pub fn is_sound(begin: &[u8]) -> bool {
    match begin {
        [b'O', b'g', b'g', b'S', ..]
        | [b'f', b'L', b'a', b'C', ..]
        | [b'I', b'D', b'3', ..]
        | [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'A',
            b'V',
            b'E',
            ..,
        ]
        | [
            _,
            _,
            _,
            _,
            b'f',
            b't',
            b'y',
            b'p',
            b'M',
            b'4',
            b'A' | b'B',
            ..,
        ] => true,
        // A frame of MPEG's layer III, or of AAC.
        [0xff, second, ..] => second & 0xe6 == 0xe2 || second & 0xf6 == 0xf0,
        _ => false,
    }
}

/// Whether it is a film, perhaps.
pub fn is_film(begin: &[u8]) -> bool {
    match begin {
        // Matroska and WebM, AVI.
        [0x1a, 0x45, 0xdf, 0xa3, ..]
        | [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'A',
            b'V',
            b'I',
            b' ',
            ..,
        ] => true,
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => {
            let pictures = [
                &b"heic"[..],
                b"heix",
                b"hevc",
                b"mif1",
                b"msf1",
                b"avif",
                b"avis",
            ];
            !is_sound(begin) && !pictures.iter().any(|kind| brand.starts_with(kind))
        }
        _ => false,
    }
}
