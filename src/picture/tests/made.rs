//! Pictures for tests, and what cameras and programs write into them.

use image::{
    Delay, DynamicImage, Frame, ImageFormat, RgbImage, RgbaImage, codecs::gif::GifEncoder,
    codecs::jpeg::JpegEncoder,
};

/// What must not leave.
pub(super) const SECRET: &[u8] = b"60.1699 N, 24.9384 E, camera 4711";

pub(super) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// As hard to compress as a photograph.
pub(super) fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let wave = |n: u32| u8::try_from((x * n / 16 + y / 3) % 200).unwrap();
        let grain = u8::try_from(state % 23).unwrap();
        [wave(3) + grain, wave(5) + grain, wave(9) + grain].into()
    })
}

pub(super) fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

pub(super) fn png(picture: &RgbImage) -> Vec<u8> {
    written(picture, ImageFormat::Png)
}

pub(super) fn webp(picture: &RgbImage) -> Vec<u8> {
    written(picture, ImageFormat::WebP)
}

fn written(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(picture.clone())
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// So many pictures, each another.
pub(super) fn gif(frames: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder
        .set_repeat(image::codecs::gif::Repeat::Infinite)
        .unwrap();
    for n in 0..frames {
        let picture = RgbaImage::from_fn(60, 40, |x, _| {
            let is_bar = x / 10 == u32::from(n);
            [if is_bar { 200 } else { 20 }, 90, n, 255].into()
        });
        let delay = Delay::from_numer_denom_ms(100 * (u32::from(n) + 1), 1);
        encoder
            .encode_frame(Frame::from_parts(picture, 0, 0, delay))
            .unwrap();
    }
    drop(encoder);
    bytes
}

/// So many pictures, each another.
pub(super) fn animated_webp(frames: u8) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    // It moves; 60 x 40.
    body.extend(riff(*b"VP8X", &[2, 0, 0, 0, 59, 0, 0, 39, 0, 0]));
    body.extend(riff(*b"ANIM", &[0, 0, 0, 0, 0, 0]));
    for n in 0..frames {
        let picture = RgbImage::from_pixel(60, 40, [n * 50, 90, 10].into());
        let still = webp(&picture);
        let head = [0, 0, 0, 0, 0, 0, 59, 0, 0, 39, 0, 0, 80, 0, 0, 0];
        let inner = [&still[12..], &riff(*b"NOTE", SECRET)].concat();
        body.extend(riff(*b"ANMF", &[&head[..], &inner].concat()));
    }
    riff(*b"RIFF", &body)
}

pub(super) fn riff(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    let padding = &[0][..body.len() % 2];
    [&name[..], &length, body, padding].concat()
}

/// With where it was taken, in each of the places where programs write that; on its side, where a kind of
/// picture can say so.
pub(super) fn tagged(bytes: &[u8]) -> Vec<u8> {
    let exif = [
        &b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"[..],
        SECRET,
    ];
    let exif = exif.concat();
    match super::Kind::of(bytes).unwrap() {
        super::Kind::Jpeg => {
            let mut tagged = bytes[..2].to_vec();
            for (code, head) in [
                (0xe1, &b"Exif\0\0"[..]),
                (0xe1, b"http://ns.adobe.com/xap/1.0/\0"),
                (0xed, b"Photoshop 3.0\0"),
                (0xe2, b"MPF\0"),
                (0xe0, b"JFXX\0"),
                (0xfe, b""),
            ] {
                let rest: &[u8] = if head == b"Exif\0\0" { &exif } else { SECRET };
                let body = [head, rest].concat();
                tagged.extend([0xff, code]);
                tagged.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
                tagged.extend(body);
            }
            [&tagged[..], &bytes[2..], b"\xff\xd8 another one: ", SECRET].concat()
        }
        super::Kind::Png => {
            let mut tagged = bytes[..33].to_vec();
            for (name, body) in [
                (*b"eXIf", &exif[..]),
                (*b"tEXt", SECRET),
                (*b"iTXt", SECRET),
                (*b"caBX", SECRET),
                (*b"tIME", &[7; 7]),
            ] {
                tagged.extend(chunk(name, body));
            }
            [&tagged[..], &bytes[33..], SECRET].concat()
        }
        super::Kind::Gif => {
            let end = bytes.len() - 1;
            let sub = [&[u8::try_from(SECRET.len()).unwrap()], SECRET, &[0]].concat();
            let comment = [b"!\xfe", &sub[..]].concat();
            let xmp = [&b"!\xff\x0bXMP DataXMP"[..], &sub].concat();
            [&bytes[..end], &comment, &xmp, b";", SECRET].concat()
        }
        super::Kind::Webp => {
            let mut body = bytes[8..].to_vec();
            if &body[4..8] != b"VP8X" {
                let head = [0, 0, 0, 0, 43, 1, 0, 199, 0, 0];
                body.splice(4..4, riff(*b"VP8X", &head));
            }
            body[12] |= 0x0c;
            body.extend(riff(*b"EXIF", &exif));
            body.extend(riff(*b"XMP ", SECRET));
            body.extend(riff(*b"HIDE", SECRET));
            [&riff(*b"RIFF", &body)[..], SECRET].concat()
        }
    }
}

pub(super) fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    super::super::png::chunk(name, body)
}
