#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "samples"
)]

use std::{f32::consts::TAU, sync::Arc};

use super::{opus::Opus, *};

/// A tone that begins loud and ends quiet.
fn tone(rate: u32, ms: u32, hertz: f32) -> Vec<f32> {
    let count = rate * ms / 1000;
    (0..count)
        .map(|at| {
            let share = at as f32 / count as f32;
            (at as f32 / rate as f32 * hertz * TAU).sin() * 0.5 * (1.0 - share)
        })
        .collect()
}

/// One channel of 16 bits.
fn wav(rate: u32, samples: &[f32]) -> Arc<[u8]> {
    let data: Vec<u8> = samples
        .iter()
        .flat_map(|loud| ((loud * 32_767.0) as i16).to_le_bytes())
        .collect();
    let size = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend(size(36 + data.len()));
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(size(data.len()));
    file.extend(data);
    file.into()
}

fn opus(samples: &[f32]) -> Arc<[u8]> {
    let mut encoder = Encoder::default();
    // As a device gives them.
    for piece in samples.chunks(441) {
        encoder.push(piece);
    }
    encoder.finish().into()
}

fn all(decoder: &mut Decoder) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some(piece) = decoder.piece() {
        frames.extend(piece);
    }
    frames
}

/// How often the left side goes from below to above zero in a second.
fn pitch(frames: &[Frame], rate: u32) -> f32 {
    let ups = frames
        .windows(2)
        .filter(|pair| pair[0][0] < 0.0 && pair[1][0] >= 0.0);
    ups.count() as f32 * rate as f32 / frames.len() as f32
}

#[test]
fn what_is_spoken_is_heard_again() {
    let samples = tone(RATE, 2_000, 440.0);

    let file = opus(&samples);

    assert!(file.len() < 10_000, "{} bytes", file.len());
    let mut decoder = Decoder::open(file).unwrap();
    assert_eq!(decoder.rate(), RATE);
    let frames = all(&mut decoder);
    assert_eq!(frames.len(), 96_000);
    let middle = &frames[9_600..48_000];
    assert!(
        (pitch(middle, RATE) - 440.0).abs() < 5.0,
        "{}",
        pitch(middle, RATE)
    );
    let loud = middle
        .iter()
        .map(|[left, _]| left.abs())
        .fold(0.0, f32::max);
    assert!((0.3..0.6).contains(&loud), "{loud}");
}

#[test]
fn a_waveform_says_how_loud_each_part_is() {
    let file = opus(&tone(RATE, 10_000, 440.0));

    let heard = hear(file).unwrap();

    assert!(
        heard.duration_ms.abs_diff(10_000) < 30,
        "{}",
        heard.duration_ms
    );
    assert_eq!(heard.waveform.len(), PARTS);
    assert_eq!(heard.waveform.iter().max(), Some(&31));
    assert!(heard.waveform[..8].iter().all(|loud| *loud > 27));
    assert!(heard.waveform[60..].iter().all(|loud| *loud < 9));
}

#[test]
fn silence_looks_like_silence_and_a_moment_has_few_parts() {
    let file = wav(8_000, &vec![0.0; 1_200]);

    let heard = hear(file).unwrap();

    assert_eq!(heard.duration_ms, 150);
    assert_eq!(heard.waveform, [0, 0, 0]);
}

#[test]
fn a_waveform_of_hours_takes_no_more_memory_than_one_of_minutes() {
    let mut waveform = Waveform::new(100);
    let second = vec![[0.16; 2]; 100];
    for _ in 0..20_000 {
        waveform.hear(&second);
    }
    waveform.hear(&vec![[0.4; 2]; 100 * 1_000]);

    let levels = waveform.finish();

    assert_eq!(levels.len(), PARTS);
    assert_eq!((levels[0], levels[PARTS - 1]), (20, 31));
}

#[test]
fn seeking_goes_where_it_is_told_in_every_kind() {
    let samples = tone(RATE, 6_000, 300.0);
    for file in [opus(&samples), wav(RATE, &samples)] {
        let mut decoder = Decoder::open(Arc::clone(&file)).unwrap();
        let whole = all(&mut decoder);

        for wanted in [4_000, 1_000, 0, 5_990] {
            let at = decoder.seek(wanted).unwrap();

            assert!(at.abs_diff(wanted) <= 60, "{at} for {wanted}");
            let rest = all(&mut decoder);
            let from = usize::try_from(at).unwrap() * 48;
            assert!(rest.len().abs_diff(whole.len() - from) < 200);
            // Of the millisecond that it says, it may be any of 48 frames.
            let alike = (0..48).any(|late| {
                let there = whole.get(from + late..).unwrap_or_default();
                let mut pairs = rest.iter().zip(there).take(2_000);
                pairs.all(|(one, other)| (one[0] - other[0]).abs() < 0.03)
            });
            assert!(alike, "at {at}");
        }
        assert_eq!(
            decoder
                .seek(u64::MAX)
                .map(|_| all(&mut decoder).len() < 2_000),
            Some(true)
        );
    }
}

#[test]
fn any_sound_becomes_a_voice_note() {
    for rate in [8_000, 16_000, 44_100, 48_000, 96_000] {
        let file = wav(rate, &tone(rate, 3_000, 500.0));

        let (note, heard) = voice_note(file).unwrap();

        assert!(
            heard.duration_ms.abs_diff(3_000) < 30,
            "{}",
            heard.duration_ms
        );
        let mut decoder = Decoder::open(note.into()).unwrap();
        assert!(decoder.duration_ms().unwrap().abs_diff(3_000) < 30);
        let frames = all(&mut decoder);
        let pitch = pitch(&frames[4_800..96_000], RATE);
        assert!((pitch - 500.0).abs() < 5.0, "{pitch} of {rate}");
    }
}

#[test]
fn what_is_opus_already_is_not_coded_again_and_loses_what_is_written_into_it() {
    let plain = opus(&tone(RATE, 3_000, 440.0));
    let mut noted = plain.to_vec();
    let at = noted
        .windows(7)
        .position(|bytes| bytes == b"Betwixt")
        .unwrap();
    noted[at..at + 7].copy_from_slice(b"at home");
    // The checksum of the page of which that is a part.
    let page = noted[..at]
        .windows(4)
        .rposition(|bytes| bytes == b"OggS")
        .unwrap();
    noted[page + 22..page + 26].fill(0);
    let length = 27 + 1 + usize::from(noted[page + 27]);
    let crc = noted[page..page + length].iter().fold(0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    });
    noted[page + 22..page + 26].copy_from_slice(&crc.to_le_bytes());

    let (note, heard) = voice_note(noted.into()).unwrap();

    assert_eq!(*note, *plain);
    assert_eq!(Ok(heard), hear(plain));
}

#[test]
fn a_voice_note_has_an_end() {
    let long = vec![0.0; usize::try_from(NOTE_MS + 1_000).unwrap() * 8];

    assert_eq!(
        voice_note(wav(8_000, &long)).map(|_| ()),
        Err(Refusal::TooLarge)
    );
}

#[test]
fn what_is_played_faster_is_shorter_and_as_high_as_before() {
    for rate in [8_000, 44_100, 48_000] {
        let frames: Vec<Frame> = (0..rate * 4)
            .map(|at| [(at as f32 / rate as f32 * 200.0 * TAU).sin() * 0.5; 2])
            .collect();
        for speed in [Speed::One, Speed::OneAndAHalf, Speed::Two] {
            let mut stretch = Stretch::new(rate, speed);

            let pieces = frames.chunks(960).flat_map(|piece| stretch.push(piece));
            let heard: Vec<Frame> = pieces.collect();

            let wanted = frames.len() as f32 / speed.factor();
            assert!(
                (heard.len() as f32 / wanted - 1.0).abs() < 0.03,
                "{speed:?}"
            );
            let pitch = pitch(&heard, rate);
            assert!(
                (pitch - 200.0).abs() < 4.0,
                "{pitch} at {speed:?} of {rate}"
            );
            let jump = heard.windows(2).map(|pair| (pair[0][0] - pair[1][0]).abs());
            let jump = jump.fold(0.0, f32::max);
            let usual = 0.5 * TAU * 200.0 / rate as f32;
            assert!(
                jump < usual * 1.6,
                "a click of {jump} at {speed:?} of {rate}"
            );
        }
    }
}

#[test]
fn every_speed_comes_after_another() {
    let speeds = [Speed::One, Speed::OneAndAHalf, Speed::Two];

    assert_eq!(
        speeds.map(Speed::next),
        [Speed::OneAndAHalf, Speed::Two, Speed::One]
    );
}

#[test]
fn what_is_no_sound_or_half_of_one_is_refused_or_ends_early() {
    let file = opus(&tone(RATE, 2_000, 440.0));
    let hear = |bytes: &[u8]| hear(bytes.into());

    assert_eq!(
        hear(b"a text of some length, and no sound"),
        Err(Refusal::Unknown)
    );
    assert_eq!(hear(b"OggS, it says"), Err(Refusal::Damaged));
    assert_eq!(hear(&file[..60]), Err(Refusal::Damaged));
    let half = hear(&file[..file.len() / 2])
        .map(|heard| heard.duration_ms)
        .ok();
    assert!(half.is_none_or(|ms| ms < 1_500), "{half:?}");
}

/// Each of these says that it has more than it has.
#[test]
fn a_header_that_promises_much_gets_little() {
    let mut file = wav(RATE, &tone(RATE, 100, 440.0)).to_vec();
    file[40..44].copy_from_slice(&u32::MAX.to_le_bytes());

    let heard = hear(file.into());

    assert!(heard.ok().is_none_or(|heard| heard.duration_ms <= 100));
}

#[test]
fn opus_in_ogg_is_told_from_what_else_is_in_ogg() {
    let file = opus(&tone(RATE, 100, 440.0));
    assert!(Opus::open(&file).is_ok());
    let other = Arc::from(&b"OggS\0\x02"[..]);
    assert_eq!(Opus::open(&other).err(), Some(Refusal::Unknown));
}

#[test]
fn kinds_are_told_by_their_first_bytes() {
    for sound in [
        &b"OggS\0"[..],
        b"fLaC\0",
        b"ID3\x04",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"\0\0\0\x20ftypM4A ",
        b"\xff\xfb\x90\x64",
        b"\xff\xf1\x50\x80",
    ] {
        assert!(is_sound(sound) && !is_film(sound), "{sound:?}");
    }
    for film in [
        &b"\x1a\x45\xdf\xa3"[..],
        b"RIFF\x24\0\0\0AVI LIST",
        b"\0\0\0\x20ftypisom",
        b"\0\0\0\x14ftypqt  ",
    ] {
        assert!(is_film(film) && !is_sound(film), "{film:?}");
    }
    for other in [
        &b"\xff\xfeh\0i\0"[..],
        b"\xff\xd8\xff\xe0",
        b"\0\0\0\x18ftypheic",
        b"RIFF\x24\0\0\0WEBPVP8 ",
        b"",
    ] {
        assert!(!is_film(other) && !is_sound(other), "{other:?}");
    }
}
