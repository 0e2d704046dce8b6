//! Avatars: a pattern made from somebody's key, with their initials.
//!
//! They help to recognise people. They are no security check: there are twelve hues, so they collide.
//! What is checked is the safety number.

use std::collections::HashMap;

use egui::{
    Align2, Color32, ColorImage, Context, Id, Painter, Pos2, Rect, TextureHandle, TextureOptions,
    pos2, vec2,
};
use sha2::{Digest as _, Sha256};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::{
    gui::{
        model::Face,
        theme::{self, Tokens},
    },
    node::PersonId,
};

/// Paints somebody's avatar, `size` points wide.
pub fn paint(painter: &Painter, center: Pos2, size: f32, face: Face<'_>) {
    let texture = texture(painter.ctx(), size, face);
    let rect = Rect::from_center_size(center, vec2(size, size));
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    painter.image(texture.id(), rect, whole, Color32::WHITE);
    let font = theme::semibold(size * 0.38);
    painter.text(
        center,
        Align2::CENTER_CENTER,
        initials(face.name),
        font,
        Color32::WHITE,
    );
}

/// Paints the dot of somebody who is here, on a background.
pub fn paint_presence(painter: &Painter, center: Pos2, size: f32, ground: Color32, dot: Color32) {
    let at = center + vec2(size, size) * 0.36;
    let radius = (size * 0.11).max(4.0);
    painter.circle_filled(at, radius + 2.2, ground);
    painter.circle_filled(at, radius, dot);
}

/// The colour of somebody's name: the hue of their avatar, readable on messages.
pub fn ink(person: PersonId, avatar: u32, tokens: &Tokens) -> Color32 {
    let hue = chosen(&digest(person, avatar));
    tokens.authors.get(hue).copied().unwrap_or(tokens.text2)
}

/// The first letters of the first and the last word.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next();
    let letters = [first, words.next_back()];
    let letter = |word: &str| word.graphemes(true).next().map(str::to_uppercase);
    letters.into_iter().flatten().filter_map(letter).collect()
}

/// Textures live in the context, and are rendered once for each size.
fn texture(ctx: &Context, size: f32, face: Face<'_>) -> TextureHandle {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size on screen"
    )]
    let pixels = (size * ctx.pixels_per_point()).round().clamp(8.0, 512.0) as usize;
    let key = (face.person, face.avatar, pixels);
    let known = ctx.data_mut(|data| {
        let textures: &mut Textures = data.get_temp_mut_or_default(Id::unique("avatars"));
        textures.get(&key).cloned()
    });
    if let Some(texture) = known {
        return texture;
    }
    let image = render(face.person, face.avatar, pixels);
    let texture = ctx.load_texture("avatar", image, TextureOptions::LINEAR);
    ctx.data_mut(|data| {
        let textures: &mut Textures = data.get_temp_mut_or_default(Id::unique("avatars"));
        if textures.len() >= MOST {
            textures.clear();
        }
        textures.insert(key, texture.clone());
    });
    texture
}

type Textures = HashMap<(PersonId, u32, usize), TextureHandle>;

/// Textures kept. One of 48 points is 9 KiB.
const MOST: usize = 600;

/// Hue in degrees, and lightness such that white initials stay readable.
const HUES: [(f32, f32); 12] = [
    (12.0, 0.57),
    (35.0, 0.57),
    (55.0, 0.58),
    (142.0, 0.55),
    (162.0, 0.54),
    (195.0, 0.55),
    (225.0, 0.56),
    (255.0, 0.56),
    (282.0, 0.55),
    (308.0, 0.55),
    (332.0, 0.56),
    (355.0, 0.57),
];

/// A gradient with three soft blobs, in colours near one hue, cut to a disc.
fn render(person: PersonId, avatar: u32, pixels: usize) -> ColorImage {
    let digest = digest(person, avatar);
    let byte = |at: usize| digest.get(at).copied().unwrap_or_default();
    let part = |at: usize| f32::from(byte(at)) / 255.0;

    let (hue, light) = HUES.get(chosen(&digest)).copied().unwrap_or((225.0, 0.56));
    let side = if byte(16) & 1 == 0 { 1.0 } else { -1.0 };
    let spread = (28.0 + part(2) * 34.0) * side;
    let (sin, cos) = (part(3) * std::f32::consts::TAU).sin_cos();
    let base = oklch(light, 0.15, hue);
    let dark = oklch(light - 0.09, 0.15, away_from_mud(hue + spread));
    let pale = oklch(light + 0.04, 0.13, away_from_mud(hue - spread * 0.8));
    let blobs = [(4, pale), (8, dark), (12, pale)].map(|(at, colour)| {
        let radius = 0.22 + part(at + 2) * 0.28;
        (part(at), part(at + 1), radius, colour)
    });

    let mut image = Vec::with_capacity(pixels * pixels);
    for y in 0..pixels {
        for x in 0..pixels {
            let (u, v) = (place(x, pixels), place(y, pixels));
            let along = (u - 0.5) * cos + (v - 0.5) * sin + 0.5;
            let mut colour = mix(base, dark, smooth(0.0, 1.0, along));
            for (at_u, at_v, radius, blob) in blobs {
                let distance = (u - at_u).hypot(v - at_v);
                let share = 0.75 * (1.0 - smooth(radius * 0.55, radius * 1.25, distance));
                colour = mix(colour, blob, share);
            }
            let from_edge = (0.5 - (u - 0.5).hypot(v - 0.5)) * size_of(pixels);
            image.push(to_srgb(colour, from_edge.clamp(0.0, 1.0)));
        }
    }
    ColorImage::new([pixels, pixels], image)
}

fn digest(person: PersonId, avatar: u32) -> [u8; 32] {
    let hash = Sha256::new_with_prefix(person.0);
    hash.chain_update(avatar.to_le_bytes()).finalize().into()
}

/// Which of the hues.
fn chosen(digest: &[u8; 32]) -> usize {
    let [low, high, ..] = *digest;
    usize::from(u16::from_le_bytes([low, high])) % HUES.len()
}

#[expect(clippy::cast_precision_loss, reason = "a size on screen")]
fn size_of(pixels: usize) -> f32 {
    pixels as f32
}

fn place(pixel: usize, pixels: usize) -> f32 {
    (size_of(pixel) + 0.5) / size_of(pixels)
}

/// Ottosson, "A perceptual color space for image processing", 2020; to linear sRGB.
#[expect(clippy::many_single_char_names, reason = "the paper's names")]
fn oklch(light: f32, chroma: f32, hue: f32) -> [f32; 3] {
    let (sin, cos) = hue.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let l = (light + 0.396_337_8 * a + 0.215_803_76 * b).powi(3);
    let m = (light - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (light - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
    .map(|channel| channel.clamp(0.0, 1.0))
}

/// Dark yellows look like mud; the neighbouring hues do not.
fn away_from_mud(hue: f32) -> f32 {
    let hue = hue.rem_euclid(360.0);
    if !(70.0..130.0).contains(&hue) {
        hue
    } else if hue < 100.0 {
        62.0
    } else {
        140.0
    }
}

fn mix(from: [f32; 3], to: [f32; 3], share: f32) -> [f32; 3] {
    let [r, g, b] = from;
    let [to_r, to_g, to_b] = to;
    [
        r + (to_r - r) * share,
        g + (to_g - g) * share,
        b + (to_b - b) * share,
    ]
}

fn smooth(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 255"
)]
fn to_srgb(linear: [f32; 3], alpha: f32) -> Color32 {
    let [r, g, b] = linear.map(|x| {
        let x = if x <= 0.003_130_8 {
            12.92 * x
        } else {
            1.055 * x.powf(1.0 / 2.4) - 0.055
        };
        (x * 255.0).round() as u8
    });
    Color32::from_rgba_unmultiplied(r, g, b, (alpha * 255.0).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Elin Karlsson"), "EK");
        assert_eq!(initials("quiet heron of the lake"), "QL");
        assert_eq!(initials("Maya"), "M");
        assert_eq!(initials("田中 愛子"), "田愛");
        assert_eq!(initials("  "), "");
    }

    #[test]
    fn an_avatar_depends_on_the_person_and_its_number_and_nothing_else() {
        let person = PersonId([7; 32]);

        assert_eq!(render(person, 0, 16), render(person, 0, 16));
        assert_ne!(render(person, 0, 16), render(person, 1, 16));
        assert_ne!(render(person, 0, 16), render(PersonId([8; 32]), 0, 16));
    }

    #[test]
    fn white_initials_are_readable_on_every_avatar() {
        let linear = |channel: u8| {
            let x = f64::from(channel) / 255.0;
            if x <= 0.040_45 {
                x / 12.92
            } else {
                ((x + 0.055) / 1.055).powf(2.4)
            }
        };
        for key in 0..600u32 {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&key.to_le_bytes());
            let image = render(PersonId(id), 0, 24);
            // Where the initials stand: the middle third.
            for y in 8..16 {
                for x in 5..19 {
                    let p = image.pixels[y * 24 + x];
                    let light =
                        0.2126 * linear(p.r()) + 0.7152 * linear(p.g()) + 0.0722 * linear(p.b());
                    assert!(1.05 / (light + 0.05) >= 3.0, "key {key}");
                }
            }
        }
    }
}
