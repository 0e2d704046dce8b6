//! Pictures that are made to do harm: refused with a sentence, soon, and without much memory.

use std::time::{Duration, Instant};

use super::{
    super::*,
    made::{animated_webp, chunk, gif, jpeg, noise, png, riff, tagged, webp},
};

/// A PNG that says it is so large, with little in it.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let head = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, 6, 0, 0, 0],
    ]
    .concat();
    // What follows is as compressed as can be: zeros without end.
    let zeros = png(&image::RgbImage::new(4000, 1000));
    let data = zeros
        .windows(4)
        .position(|window| window == b"IDAT")
        .unwrap();
    let data = &zeros[data + 4..zeros.len() - 16];
    let parts = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(*b"IHDR", &head),
        chunk(*b"IDAT", data),
        chunk(*b"IEND", b""),
    ];
    parts.concat()
}

/// A JPEG that says it is so large.
fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg(&noise(64, 64), 80);
    let frame = bytes
        .windows(2)
        .position(|window| window == [0xff, 0xc0])
        .unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// A GIF of so many pictures on a large screen.
fn gif_of(frames: usize, side: u16) -> Vec<u8> {
    let side = side.to_le_bytes();
    let mut bytes = [&b"GIF89a"[..], &side, &side, &[0x80, 0, 0], &[0; 6]].concat();
    for _ in 0..frames {
        bytes.extend(b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    bytes.push(b';');
    bytes
}

/// A WebP that says it is so large.
fn webp_of(side: u32) -> Vec<u8> {
    let [a, b, c, _] = (side - 1).to_le_bytes();
    let still = webp(&noise(16, 16));
    let head = riff(*b"VP8X", &[0, 0, 0, 0, a, b, c, a, b, c]);
    riff(*b"RIFF", &[b"WEBP", &head[..], &still[12..]].concat())
}

/// A JPEG whose pixels are gone over and over.
fn scans(count: usize) -> Vec<u8> {
    let whole = jpeg_of(5000, 5000);
    let scan = whole
        .windows(2)
        .position(|window| window == [0xff, 0xda])
        .unwrap();
    let end = whole.len() - 2;
    [
        &whole[..scan],
        &whole[scan..end].repeat(count),
        &whole[end..],
    ]
    .concat()
}

#[test]
fn what_is_made_to_do_harm_is_refused_soon_and_without_much_memory() {
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let corpus = [
        ("a PNG of 65535 x 65535", png_of(65_535, 65_535)),
        ("a PNG of 2^31 pixels a side", png_of(1 << 31, 1 << 31)),
        ("a PNG of no width", png_of(0, 10)),
        ("a PNG of other bytes than it says", png_of(6_000, 6_000)),
        ("a JPEG of 65535 x 65535", jpeg_of(65_535, 65_535)),
        ("a JPEG of no height", jpeg_of(100, 0)),
        ("a JPEG of 10000 scans", scans(10_000)),
        ("a WebP of 2^24 a side", webp_of(1 << 24)),
        ("a WebP of another size inside", webp_of(4_000)),
        ("half a PNG", cut(png(&noise(200, 200)))),
        ("half a JPEG", cut(jpeg(&noise(200, 200), 80))),
        ("half a GIF", cut(gif(4))),
        ("half a WebP", cut(webp(&noise(200, 200)))),
        ("half a WebP that moves", cut(animated_webp(4))),
        ("a GIF without end", b"GIF89a\x01\0\x01\0\0\0\0".repeat(100)),
        ("a JPEG of nothing", b"\xff\xd8\xff\xd9".to_vec()),
        (
            "a JPEG of fillers",
            [b"\xff\xd8".to_vec(), vec![0xff; 8 << 20]].concat(),
        ),
        (
            "no picture",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
        ),
    ];
    for (name, bytes) in corpus {
        let start = Instant::now();

        let refusal = decode(&bytes, &THEIRS, 4096);

        let refusal = refusal.expect_err(name);
        assert!(refusal.to_string().len() > 10, "a sentence");
        assert!(start.elapsed() < SOON, "{name}: {:?}", start.elapsed());
        assert!(frames(&bytes, &THEIRS, 4096).is_err(), "{name}");
        assert!(read_small(&bytes).is_none(), "{name}");
        let start = Instant::now();
        // Its owner may send it, if that is safe without looking at its pixels.
        let _ = prepare(&bytes);
        assert!(start.elapsed() < SOON, "{name}: {:?}", start.elapsed());
    }
    assert!(most_memory() < MEMORY, "{} kB", most_memory());
}

#[test]
fn a_million_frames_are_not_played() {
    for (frames_of, side) in [(1_000_000, 1), (3_000, 4_000)] {
        let bytes = gif_of(frames_of, side);
        let start = Instant::now();

        let refusal = frames(&bytes, &THEIRS, 1024).unwrap_err();

        assert_eq!(refusal, Refusal::TooMuchWork);
        assert!(
            prepare(&bytes).is_ok(),
            "without its pixels being looked at"
        );
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    }
    // What is within the number, and not within the memory.
    let large = frames(&gif_of(100, 2_000), &THEIRS, 2_000);
    assert_eq!(large.unwrap_err(), Refusal::TooLarge);
    assert!(most_memory() < MEMORY, "{} kB", most_memory());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    #[test]
    fn a_damaged_picture_is_refused_or_read(
        which in 0_usize..6,
        places in proptest::collection::vec((0_usize..1 << 16, 0_u8..=255), 1..8),
        cut in proptest::option::of(0_usize..1 << 12),
    ) {
        let photo = noise(24, 18);
        let mut bytes = match which {
            0 => tagged(&jpeg(&photo, 80)),
            1 => tagged(&png(&photo)),
            2 => tagged(&gif(3)),
            3 => tagged(&animated_webp(2)),
            4 => webp(&photo),
            _ => jpeg(&photo, 10),
        };
        for (place, to) in places {
            let length = bytes.len();
            bytes[place % length] = to;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut);
        }

        let _ = (decode(&bytes, &THEIRS, 64), frames(&bytes, &THEIRS, 64), prepare(&bytes));
        let _ = read_small(&bytes);
        if let (Ok(facts), Ok(bare)) = (look(&bytes), stripped(&bytes)) {
            assert_eq!(look(&bare), Ok(facts));
            assert_eq!(stripped(&bare).as_ref(), Ok(&bare));
        }
    }
}

/// What this process has taken at most, in kB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}

/// On a machine that has much else to do, and unoptimised.
const SOON: Duration = Duration::from_secs(20);

/// All tests of a process together, in kB.
const MEMORY: u64 = 2_000_000;
