//! What it takes to make a picture ready to be sent, beside only decoding it: CPU time of the one thread that
//! does it, and the time on the wall.
//!
//! `cargo bench --no-default-features --bench pictures`

#![allow(
    missing_docs,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench"
)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use betwixt::picture;
use image::{RgbImage, codecs::jpeg::JpegEncoder};
use rustix::time::{ClockId, clock_gettime};

fn main() {
    let [width, height] = [5_472, 3_648];
    let photo = photo(width, height);
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 92);
    photo.write_with_encoder(encoder).expect("it is in memory");
    drop(photo);
    let million = f64::from(width * height) / 1e6;
    println!(
        "a JPEG of {million:.0} million pixels, {:.1} MB; the middle of {ROUNDS}:",
        bytes.len() as f64 / 1e6
    );
    report("only decoded", || {
        black_box(image::load_from_memory(&bytes).expect("it is a JPEG"));
    });
    report("looked at, not decoded", || {
        black_box(picture::look(&bytes).expect("it is a JPEG"));
    });
    report("stripped, no pixel another", || {
        black_box(picture::stripped(&bytes).expect("it is a JPEG"));
    });
    report("prepared, as it is sent", || {
        black_box(picture::prepare(&bytes).expect("it is a JPEG"));
    });
    let prepared = picture::prepare(&bytes).expect("it is a JPEG");
    println!(
        "it becomes {:.2} MB, and a small one of {} bytes",
        prepared.bytes.len() as f64 / 1e6,
        prepared.small.map_or(0, |small| small.jpeg.len())
    );
}

fn report(what: &str, mut work: impl FnMut()) {
    let (mut busy, mut wall) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (start, before) = (Instant::now(), cpu());
        work();
        busy.push(cpu().saturating_sub(before));
        wall.push(start.elapsed());
    }
    let middle = |mut all: Vec<Duration>| {
        all.sort_unstable();
        let middle = all.get(ROUNDS / 2).copied().unwrap_or_default();
        middle.as_secs_f64() * 1000.0
    };
    let (busy, wall) = (middle(busy), middle(wall));
    println!("{what:28} {busy:8.1} ms of CPU {wall:8.1} ms");
}

/// CPU time of this thread.
fn cpu() -> Duration {
    let at = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(at.tv_sec as u64, at.tv_nsec as u32)
}

/// Waves and grain: about as large as a photograph.
fn photo(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let (x, y) = (
            f64::from(x) / f64::from(width),
            f64::from(y) / f64::from(height),
        );
        let wave = (x * 40.0).sin() * (y * 33.0).cos() * 60.0 + (x * y * 900.0).sin() * 25.0;
        let grain = f64::from(state % 17) - 8.0;
        let part = |base: f64| (base + wave + grain).clamp(0.0, 255.0) as u8;
        [
            part(120.0 + 60.0 * y),
            part(110.0 + 50.0 * x),
            part(140.0 - 40.0 * y),
        ]
        .into()
    })
}

const ROUNDS: usize = 7;
