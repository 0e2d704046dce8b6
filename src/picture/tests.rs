mod hostile;
pub(super) mod made;

use image::{
    DynamicImage, GenericImageView as _, ImageEncoder as _, Rgba, RgbaImage,
    codecs::png::PngEncoder, metadata::Orientation,
};

use self::made::{SECRET, animated_webp, contains, gif, jpeg, noise, png, tagged, webp};
use super::*;

/// One of each kind, with what a camera and its programs write into it.
fn tagged_ones() -> [(Kind, Vec<u8>); 6] {
    let photo = noise(300, 200);
    [
        (Kind::Jpeg, tagged(&jpeg(&photo, 90))),
        (Kind::Png, tagged(&png(&photo))),
        (Kind::Gif, tagged(&gif(1))),
        (Kind::Gif, tagged(&gif(5))),
        (Kind::Webp, tagged(&webp(&photo))),
        (Kind::Webp, tagged(&animated_webp(4))),
    ]
}

#[test]
fn nothing_that_was_written_into_a_picture_stays_and_every_pixel_does() {
    for (kind, bytes) in tagged_ones() {
        assert!(contains(&bytes, SECRET), "{kind:?}: it is in there");

        let bare = stripped(&bytes).unwrap();

        assert!(!contains(&bare, SECRET), "{kind:?}");
        assert!(bare.len() + SECRET.len() < bytes.len());
        let (before, after) = (look(&bytes).unwrap(), look(&bare).unwrap());
        assert_eq!(after, before, "{kind:?}: its size, frames and orientation");
        let pixels = |bytes: &[u8]| decode(bytes, &THEIRS, 4096).unwrap().into_rgba8();
        assert_eq!(pixels(&bare), pixels(&bytes), "{kind:?}");
        assert_eq!(
            stripped(&bare).unwrap(),
            bare,
            "{kind:?}: nothing more to take"
        );
    }
}

#[test]
fn what_moves_still_moves() {
    for bytes in [tagged(&gif(5)), tagged(&animated_webp(4))] {
        let prepared = prepare(&bytes).unwrap();

        assert_eq!(prepared.becomes, None);
        assert!(!contains(&prepared.bytes, SECRET));
        let all = |bytes: &[u8]| {
            let frames = frames(bytes, &THEIRS, 4096).unwrap();
            let told = frames.into_iter().map(|frame| (frame.picture, frame.stays));
            told.collect::<Vec<_>>()
        };
        assert!(all(&prepared.bytes) == all(&bytes));
        assert!(all(&bytes).len() > 3);
        assert!(prepared.small.is_some(), "of the first");
    }
}

#[test]
fn a_photograph_becomes_smaller_and_stands_upright_as_a_jpeg() {
    let mut photo = noise(3000, 2000);
    for (x, y, pixel) in photo.enumerate_pixels_mut() {
        if x < 300 && y < 300 {
            pixel.0 = [250, 10, 10];
        }
    }
    let bytes = tagged(&jpeg(&photo, 95));

    let prepared = prepare(&bytes).unwrap();

    assert!(prepared.bytes.len() * 3 < bytes.len());
    assert!(!contains(&prepared.bytes, SECRET));
    let facts = look(&prepared.bytes).unwrap();
    assert_eq!(facts.orientation, Orientation::NoTransforms);
    // Its right side is up: a quarter turn clockwise.
    assert_eq!(facts.size, [1365, 2048]);
    let small = prepared.small.unwrap();
    assert_eq!(small.size, [2000, 3000]);
    assert!(small.jpeg.len() <= SMALL_BYTES);
    let picture = decode(&prepared.bytes, &THEIRS, 4096).unwrap();
    let [red, green, ..] = picture.get_pixel(1300, 60).0;
    assert!(red > 220 && green < 50, "the corner is at the right now");
}

#[test]
fn a_turned_picture_that_is_not_made_smaller_still_says_which_side_is_up() {
    let bytes = tagged(&jpeg(&noise(300, 200), 40));

    let prepared = prepare(&bytes).unwrap();

    assert_eq!(look(&prepared.bytes).unwrap().size, [300, 200], "as it was");
    let shown = decode(&prepared.bytes, &THEIRS, 4096).unwrap();
    assert_eq!(shown.dimensions(), (200, 300));
    assert_eq!(prepared.small.unwrap().size, [200, 300]);
}

#[test]
fn colours_of_another_space_become_those_of_every_screen() {
    let p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let picture = RgbImage::from_pixel(2600, 100, [200, 100, 50].into());
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 100);
    encoder.set_icc_profile(p3.clone()).unwrap();
    let grain = RgbImage::from_fn(2600, 400, |x, y| {
        let part = u8::try_from((x * 31 + y * 17) % 3).unwrap();
        [199 + part, 99 + part, 49 + part].into()
    });
    grain.write_with_encoder(encoder).unwrap();

    let prepared = prepare(&bytes).unwrap();

    assert!(
        look(&prepared.bytes).unwrap().size[0] == 2048,
        "coded again"
    );
    assert!(!contains(&prepared.bytes, b"ICC_PROFILE"));
    // By the matrices of both spaces.
    let near = |pixel: Rgba<u8>| {
        let is_near = |(a, b): (u8, u8)| a.abs_diff(b) <= 3;
        pixel.0.into_iter().zip([215, 93, 31]).all(is_near)
    };
    let sent = decode(&prepared.bytes, &THEIRS, 4096).unwrap();
    assert!(
        near(sent.get_pixel(1000, 40)),
        "{:?}",
        sent.get_pixel(1000, 40)
    );
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(p3).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    let kept = prepare(&bytes).unwrap();
    assert!(
        contains(&kept.bytes, b"iCCP"),
        "where nothing is coded again"
    );
    assert!(near(
        decode(&kept.bytes, &THEIRS, 4096).unwrap().get_pixel(9, 9)
    ));
}

use image::RgbImage;

#[test]
fn what_can_be_seen_through_stays_so() {
    let glass = RgbaImage::from_fn(2500, 300, |x, y| {
        let part = |n: u32| u8::try_from((x * 7919 + y * 104_729) * n % 251).unwrap();
        [part(1), part(3), part(7), if x < 1000 { 0 } else { 128 }].into()
    });
    let mut bytes = Vec::new();
    glass
        .write_with_encoder(PngEncoder::new(&mut bytes))
        .unwrap();

    let prepared = prepare(&bytes).unwrap();

    assert_eq!(prepared.becomes, None);
    let shown = decode(&prepared.bytes, &THEIRS, 4096).unwrap();
    assert_eq!(shown.width(), 2048);
    let alphas = [10, 2000].map(|x| shown.get_pixel(x, 100).0[3]);
    assert_eq!(alphas, [0, 128]);
    let small = read_small(&prepared.small.unwrap().jpeg).unwrap();
    assert!(small.get_pixel(10, 10).0[0] > 240, "it lies on white");
}

#[test]
fn a_picture_of_a_screen_stays_sharp_and_a_photograph_in_png_does_not_stay_large() {
    let screen = RgbImage::from_fn(1920, 1080, |x, y| {
        let dark = (x / 3) % 5 == 0 && (y / 7) % 4 != 0;
        [if dark { 20 } else { 250 }; 3].into()
    });
    let prepared = prepare(&png(&screen)).unwrap();
    let shown = decode(&prepared.bytes, &THEIRS, 4096).unwrap();
    assert_eq!(shown, DynamicImage::from(screen));

    let photo = prepare(&png(&noise(1600, 1200))).unwrap();
    assert_eq!(photo.becomes, Some(Kind::Jpeg));
    assert_eq!(named("Lake.PNG", photo.becomes), "Lake.jpg");
    assert_eq!(named("a.tar.png", photo.becomes), "a.tar.jpg");
    assert_eq!(named("photo.JPEG", None), "photo.JPEG");
}

#[test]
fn what_is_no_picture_or_one_that_nothing_can_be_taken_out_of_is_told_apart() {
    for (bytes, kind) in [
        (&b"%PDF-1.7"[..], None),
        (b"", None),
        (b"\xff\xd8\xff\xe0", Some(Kind::Jpeg)),
        (b"RIFF\0\0\0\0WEBPVP8 ", Some(Kind::Webp)),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
    ] {
        assert_eq!(Kind::of(bytes), kind);
        assert!(!is_opaque(bytes));
    }
    for bytes in [
        &b"\0\0\0\x18ftypheic\0\0\0\0"[..],
        b"\0\0\0\x1cftypavif",
        b"II*\0\x08\0\0\0",
        b"MM\0*\0\0\0\x08",
        b"\xff\x0a\0",
    ] {
        assert!(is_opaque(bytes) && Kind::of(bytes).is_none());
    }
    assert!(!is_opaque(b"\0\0\0\x18ftypmp42"), "a film is no picture");
    assert_eq!(prepare(b"%PDF-1.7"), Err(Refusal::NoPicture));
}

#[test]
fn a_small_picture_is_small_whatever_it_is_of() {
    for (width, height) in [(1, 1), (4000, 3), (3, 4000), (1600, 900)] {
        let photo = DynamicImage::from(noise(width, height));
        let small = make_small(&photo, [width, height]).unwrap();

        assert!(small.jpeg.len() <= SMALL_BYTES);
        let read = read_small(&small.jpeg).unwrap();
        assert!(read.width() <= 320 && read.height() <= 320);
    }
}

/// Seeds of the fuzzer, made by another program: with fewer colours, more bits, interlaced, in inks.
#[test]
fn pictures_of_another_program_are_read_stripped_and_look_the_same() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/picture");
    let mut count = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let pixels = |bytes: &[u8]| decode(bytes, &THEIRS, 4096).map(DynamicImage::into_rgba8);

        let bare = stripped(&bytes).unwrap();

        let shown = pixels(&bytes);
        assert!(shown.is_ok(), "{}: {shown:?}", path.display());
        assert_eq!(pixels(&bare), shown, "{}", path.display());
        for note in [&b"at home"[..], b"60.17 N"] {
            assert!(!contains(&bare, note), "{}", path.display());
        }
        let sent = prepare(&bytes).unwrap();
        assert!(sent.small.is_some() && pixels(&sent.bytes).is_ok());
        count += 1;
    }
    assert!(count > 8);
}
