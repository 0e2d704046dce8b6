//! What the window looks like: every screen, in both themes, beside the pictures in `docs/pictures`.
//!
//! Fonts, clock and people are fixed, and the pictures are drawn without a graphics card, so they are the
//! same on every machine. `BETWIXT_PICTURES=write cargo test --test pictures` makes them anew.

#![cfg(feature = "gui")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::float_cmp,
    clippy::indexing_slicing,
    clippy::many_single_char_names,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used
)]

#[path = "../examples/gallery/mod.rs"]
mod gallery;
#[path = "pictures/paint.rs"]
mod paint;
#[allow(dead_code, reason = "others use the rest")]
#[path = "../src/gui/sample.rs"]
mod sample;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use betwixt::{
    gui::{
        action::{Action, SoundAction},
        app::App,
        appearance::{Accent, Appearance, Ground, ThemeChoice},
        audio::Heard,
        bridge::{FarEnd, Update, bridge},
        calendar::Calendar,
        language::Language,
    },
    node::{self, view::Event},
};
use egui::{
    ColorImage, Context, FontData, RawInput, Rect, Vec2,
    epaint::text::{FallbackRequest, FontInsert, FontPriority, InsertFontFamily},
    vec2,
};
use image::{ExtendedColorType, ImageEncoder as _, codecs::png};

use self::{
    gallery::{Tell, World},
    paint::Painter,
};

/// The screens, each with the name of its pictures.
const SCREENS: [(&str, &str); 33] = [
    ("new", "first-start"),
    ("chat", "conversation"),
    ("group", "group"),
    ("text", "text"),
    ("files", "files"),
    ("folders", "folders"),
    ("contents", "contents"),
    ("nothing", "nothing"),
    ("people", "people"),
    ("person", "person"),
    ("request", "request"),
    ("invited", "invited"),
    ("verify", "verify"),
    ("settings", "settings"),
    ("invite", "invite"),
    ("add", "add"),
    ("recovered", "recovery"),
    ("locked", "locked"),
    ("stopped", "stopped"),
    ("notice", "notice"),
    ("members", "members"),
    ("found", "new-group"),
    ("about", "message-info"),
    ("link", "link"),
    ("search", "search"),
    ("keys", "keys"),
    ("attach", "attach"),
    ("chosen", "chosen"),
    ("album", "album"),
    ("viewer", "viewer"),
    ("sound", "sound"),
    ("recorder", "recorder"),
    ("warned", "warned"),
];

#[test]
fn every_screen_looks_as_in_its_pictures() {
    let mut album = Album::default();
    for (screen, name) in SCREENS {
        for (theme, end) in [(ThemeChoice::Light, "light"), (ThemeChoice::Dark, "dark")] {
            let appearance = Appearance {
                theme,
                ..Appearance::default()
            };
            album.compare(&format!("{name}-{end}"), &take(screen, appearance, WIDE));
        }
    }
    let plum = Appearance {
        theme: ThemeChoice::Light,
        accent: Accent::Plum,
        ground: Ground::Rings,
        ..Appearance::default()
    };
    let teal = Appearance {
        theme: ThemeChoice::Dark,
        accent: Accent::Teal,
        ground: Ground::Dots,
        compact: true,
        ..Appearance::default()
    };
    album.compare("looks-light", &take("chat", plum, WIDE));
    album.compare("looks-dark", &take("group", teal, WIDE));
    let light = Appearance {
        theme: ThemeChoice::Light,
        ..Appearance::default()
    };
    album.compare("narrow-light", &take("chat", light, NARROW));
    for (screen, name, language, theme) in [
        ("chat", "german-light", Language::German, ThemeChoice::Light),
        (
            "settings",
            "german-settings-dark",
            Language::German,
            ThemeChoice::Dark,
        ),
        ("chat", "hebrew-light", Language::Hebrew, ThemeChoice::Light),
        ("chat", "hebrew-dark", Language::Hebrew, ThemeChoice::Dark),
        (
            "settings",
            "hebrew-settings-light",
            Language::Hebrew,
            ThemeChoice::Light,
        ),
        (
            "settings",
            "hebrew-settings-dark",
            Language::Hebrew,
            ThemeChoice::Dark,
        ),
    ] {
        let appearance = Appearance {
            theme,
            language: Some(language),
            ..Appearance::default()
        };
        album.compare(name, &take(screen, appearance, WIDE));
    }
    album.end();
}

const WIDE: Vec2 = vec2(960.0, 660.0);
const NARROW: Vec2 = vec2(480.0, 660.0);

/// Draws a screen.
fn take(screen: &str, appearance: Appearance, size: Vec2) -> ColorImage {
    let ctx = Context::default();
    // Asked before the emoji, as the system's fonts are.
    ctx.add_font_provider(Arc::new(scripts));
    let (near, far) = bridge();
    let mut app = App::new(&ctx, near, appearance, Calendar::utc(), || sample::NOW);
    app = app.with_language(Language::English);
    let mut stage = Stage {
        world: World::new(screen, false),
        tell: teller(&far),
        far,
        app,
        painter: Painter::default(),
        time: 0.0,
        ctx,
    };
    let goes_on = stage.world.begin(&stage.tell);
    stage.settle(size);
    if goes_on {
        for action in gallery::script(screen) {
            let ctx = stage.ctx.clone();
            stage.app.perform(&ctx, action);
            stage.settle(size);
        }
        for action in afterwards(screen) {
            let ctx = stage.ctx.clone();
            stage.app.perform(&ctx, action);
            stage.settle(size);
        }
        for heard in heard(screen) {
            (stage.tell)(Update::Heard(heard));
        }
        if ["files", "folders"].contains(&screen) {
            for transfer in stage.world.transfers() {
                (stage.tell)(Update::Event(Event::Transfer(Box::new(transfer))));
            }
        }
    }
    stage.settle(size)
}

fn teller(far: &FarEnd) -> Tell {
    let updates = far.updates.clone();
    Arc::new(move |update| updates.try_send(update).unwrap())
}

/// A window beside its made-up node.
struct Stage {
    ctx: Context,
    app: App,
    far: FarEnd,
    world: World,
    tell: Tell,
    painter: Painter,
    time: f64,
}

impl Stage {
    /// Draws until nothing moves any more.
    fn settle(&mut self, size: Vec2) -> ColorImage {
        let mut last = None;
        for _ in 0..FRAMES {
            // Longer than anything that moves does.
            self.time += 0.25;
            let input = RawInput {
                screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, size)),
                time: Some(self.time),
                // Without the keyboard no caret blinks.
                focused: false,
                ..RawInput::default()
            };
            let (app, ctx) = (&mut self.app, self.ctx.clone());
            let mut output = self.ctx.run_ui(input, |ui| {
                app.receive(&ctx);
                app.draw(ui);
            });
            self.painter.take(&output.textures_delta);
            output.textures_delta.clear();
            let mut asked = false;
            while let Ok(request) = self.far.requests.try_recv() {
                asked = true;
                self.world.answer(request, &self.tell);
            }
            let shapes = output.shapes;
            let scale = output.pixels_per_point;
            let same = last.as_ref() == Some(&shapes);
            last = Some(shapes);
            if same && !asked {
                let primitives = self.ctx.tessellate(last.unwrap_or_default(), scale);
                return self
                    .painter
                    .paint([size.x as usize, size.y as usize], &primitives);
            }
        }
        panic!("it never comes to rest");
    }
}

/// So many frames are enough for whatever is asked and answered.
const FRAMES: usize = 60;

/// The scripts that the bundled fonts do not have, as far as the made-up people write in them.
fn scripts(request: &FallbackRequest<'_>) -> Option<FontInsert> {
    let first = request.cluster.chars().next()?;
    let (name, bytes): (_, &[u8]) = match first {
        '\u{590}'..'\u{600}' => ("hebrew", include_bytes!("pictures/fonts/Hebrew.ttf")),
        '\u{600}'..'\u{700}' => ("arabic", include_bytes!("pictures/fonts/Arabic.ttf")),
        '\u{900}'..'\u{980}' => (
            "devanagari",
            include_bytes!("pictures/fonts/Devanagari.ttf"),
        ),
        '\u{3000}'..'\u{a000}' | '\u{ff00}'..'\u{fff0}' => {
            ("japanese", include_bytes!("pictures/fonts/Japanese.otf"))
        }
        _ => return None,
    };
    let insert = InsertFontFamily {
        family: request.family.clone(),
        priority: FontPriority::Lowest,
    };
    Some(FontInsert::new(
        name,
        FontData::from_static(bytes),
        vec![insert],
    ))
}

/// The pictures in the documents.
#[derive(Default)]
struct Album {
    wrong: Vec<String>,
}

impl Album {
    fn compare(&mut self, name: &str, drawn: &ColorImage) {
        let path = pictures().join(format!("{name}.png"));
        if std::env::var_os("BETWIXT_PICTURES").is_some_and(|wish| wish == "write") {
            return write(&path, drawn);
        }
        let differs = match image::open(&path) {
            Ok(known) => differing(&known.to_rgb8(), drawn),
            Err(error) => Err(error.to_string()),
        };
        match differs {
            Ok(count) if count <= MOST_DIFFERING => {}
            other => {
                let seen = target().join(format!("{name}.png"));
                write(&seen, drawn);
                let seen = seen.display();
                self.wrong.push(format!("{name}: {other:?}, see {seen}"));
            }
        }
    }

    fn end(self) {
        assert_eq!(self.wrong, Vec::<String>::new());
    }
}

/// How many pixels differ by more than one can see.
fn differing(known: &image::RgbImage, drawn: &ColorImage) -> Result<usize, String> {
    if [known.width() as usize, known.height() as usize] != drawn.size {
        return Err("another size".into());
    }
    let pixels = known.pixels().zip(&drawn.pixels);
    let differs = pixels.filter(|(known, drawn)| {
        let drawn = [drawn.r(), drawn.g(), drawn.b()];
        let mut channels = known.0.iter().zip(drawn);
        channels.any(|(known, drawn)| known.abs_diff(drawn) > MOST_OFF)
    });
    Ok(differs.count())
}

/// What a channel may be off: 2 by how pictures are kept, and machines round sines and roots differently.
const MOST_OFF: u8 = 6;

/// Pixels that may be off by more: fewer than a letter has.
const MOST_DIFFERING: usize = 12;

fn write(path: &Path, picture: &ColorImage) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // A quarter of the levels takes two thirds of the room, and is at most 2 off.
    let kept = |channel: u8| u8::try_from((u16::from(channel) + 2) / 4 * 4).unwrap_or(u8::MAX);
    let colours = |pixel: &egui::Color32| [pixel.r(), pixel.g(), pixel.b()].map(kept);
    let bytes: Vec<u8> = picture.pixels.iter().flat_map(colours).collect();
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let file = fs::File::create(path).unwrap();
    png::PngEncoder::new_with_quality(file, png::CompressionType::Best, png::FilterType::NoFilter)
        .write_image(&bytes, width, height, ExtendedColorType::Rgb8)
        .unwrap();
}

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures")
}

/// Where pictures go that are not as they should be.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures")
}

#[test]
fn a_letter_that_moves_is_a_difference() {
    let mut drawn = ColorImage::filled([40, 40], egui::Color32::WHITE);
    let known = image::RgbImage::from_pixel(40, 40, image::Rgb([255; 3]));
    assert_eq!(differing(&known, &drawn), Ok(0));

    for at in 0..13 {
        drawn.pixels[at] = egui::Color32::from_gray(255 - MOST_OFF - 1);
    }

    assert!(differing(&known, &drawn).unwrap() > MOST_DIFFERING);
    assert!(differing(&image::RgbImage::new(40, 41), &drawn).is_err());
}

/// What is heard of sound on a screen of it.
fn heard(screen: &str) -> Vec<Heard> {
    match screen {
        "sound" => vec![Heard::At(sample::id(3_000_000), 17_000, Some(42_000))],
        "recorder" => {
            let spoken = (1u64..).zip(gallery::waveform(5));
            let spoken = spoken.map(|(at, loud)| Heard::Spoken(at * 100 + 1_000, loud));
            spoken.collect()
        }
        _ => Vec::new(),
    }
}

/// What is done once a screen is there.
fn afterwards(screen: &str) -> Vec<Action> {
    match screen {
        "sound" => vec![Action::Sound(SoundAction::Play(sample::id(3_000_000)))],
        _ => Vec::new(),
    }
}
