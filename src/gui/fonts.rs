//! The bundled fonts and the names of the icons.
//!
//! Text is Inter, code and numbers are JetBrains Mono, icons are Phosphor. Scripts that these do not
//! have come from the system through eframe's font provider; emoji likewise, and where the system
//! has none, from the bundled Noto Color Emoji.

use std::sync::Arc;

use egui::{
    Color32, Context, FontData, FontDefinitions, FontFamily, FontId, Painter,
    epaint::text::{FallbackRequest, FontInsert, FontPriority, InsertFontFamily},
};

/// Family of medium weight.
pub const MEDIUM: &str = "medium";
/// Family of semibold weight.
pub const SEMIBOLD: &str = "semibold";
/// Icons drawn as lines.
pub const ICONS: &str = "icons";
/// Icons drawn filled, for what is active.
pub const ICONS_FILL: &str = "icons-fill";
/// Check marks with a heavier stroke.
pub const ICONS_BOLD: &str = "icons-bold";

/// Makes the fonts available.
pub fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
    ctx.add_font_provider(Arc::new(bundled_emoji));
}

/// Loads the system's coloured emoji before any other of its fonts. Of two that have a character the
/// one that came first is used, and many others have the older emoji in black and white.
pub fn load_emoji(painter: &Painter) {
    let families = [
        FontFamily::Proportional,
        FontFamily::Name(MEDIUM.into()),
        FontFamily::Name(SEMIBOLD.into()),
    ];
    for family in families {
        let font = FontId::new(14.0, family);
        let _ = painter.layout_no_wrap(YOUNG_EMOJI.into(), font, Color32::BLACK);
    }
}

/// An emoji that only fonts of emoji have.
const YOUNG_EMOJI: &str = "🥰";

fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    for (name, bytes) in FILES {
        fonts
            .font_data
            .insert(name.into(), Arc::new(FontData::from_static(bytes)));
    }
    let mut family = |family: FontFamily, files: &[&str]| {
        let files = files.iter().map(|&name| name.to_owned()).collect();
        fonts.families.insert(family, files);
    };
    family(FontFamily::Proportional, &["inter", "phosphor"]);
    family(FontFamily::Monospace, &["mono", "inter"]);
    family(FontFamily::Name(MEDIUM.into()), &["inter-medium"]);
    family(FontFamily::Name(SEMIBOLD.into()), &["inter-semibold"]);
    family(FontFamily::Name(ICONS.into()), &["phosphor", "inter"]);
    family(
        FontFamily::Name(ICONS_FILL.into()),
        &["phosphor-fill", "inter"],
    );
    family(
        FontFamily::Name(ICONS_BOLD.into()),
        &["phosphor-bold", "inter"],
    );
    fonts
}

/// Asked after the system's fonts, because it was added after them.
fn bundled_emoji(request: &FallbackRequest<'_>) -> Option<FontInsert> {
    let first = request.cluster.chars().next()?;
    let (name, font) = match first {
        // Digits are Inter's, those of which a sign after them makes a key too.
        ..'\u{2000}' => return None,
        FLAG_LETTER_A..=FLAG_LETTER_Z => ("flags", FLAGS),
        _ => ("emoji", EMOJI),
    };
    let insert = InsertFontFamily {
        family: request.family.clone(),
        priority: FontPriority::Lowest,
    };
    let font = FontData::from_static(font);
    Some(FontInsert::new(name, font, vec![insert]))
}

/// Two of these letters are the flag of a country.
const FLAG_LETTER_A: char = '\u{1f1e6}';
const FLAG_LETTER_Z: char = '\u{1f1ff}';

const FILES: [(&str, &[u8]); 7] = [
    (
        "inter",
        include_bytes!("../../assets/fonts/Inter-Regular.otf"),
    ),
    (
        "inter-medium",
        include_bytes!("../../assets/fonts/Inter-Medium.otf"),
    ),
    (
        "inter-semibold",
        include_bytes!("../../assets/fonts/Inter-SemiBold.otf"),
    ),
    (
        "mono",
        include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf"),
    ),
    (
        "phosphor",
        include_bytes!("../../assets/fonts/Phosphor-Regular.ttf"),
    ),
    (
        "phosphor-fill",
        include_bytes!("../../assets/fonts/Phosphor-Fill.ttf"),
    ),
    (
        "phosphor-bold",
        include_bytes!("../../assets/fonts/Phosphor-Bold.ttf"),
    ),
];

const EMOJI: &[u8] = include_bytes!("../../assets/fonts/NotoColorEmoji.ttf");
const FLAGS: &[u8] = include_bytes!("../../assets/fonts/NotoColorEmoji-Flags.ttf");

/// The icons by name: code points of Phosphor.
#[allow(missing_docs, reason = "each is named after what it shows")]
pub mod icon {
    pub const ARROWS_OUT: &str = "\u{e0a2}";
    pub const ARROWS_CLOCKWISE: &str = "\u{e094}";
    pub const ARROW_BEND_UP_LEFT: &str = "\u{e024}";
    pub const ARROW_BEND_UP_RIGHT: &str = "\u{e026}";
    pub const ARROW_LEFT: &str = "\u{e058}";
    pub const ARROW_UP: &str = "\u{e08e}";
    pub const BELL: &str = "\u{e0ce}";
    pub const BELL_SLASH: &str = "\u{e0d4}";
    pub const BROADCAST: &str = "\u{e0f2}";
    pub const CARET_DOWN: &str = "\u{e136}";
    pub const CARET_LEFT: &str = "\u{e138}";
    pub const CARET_RIGHT: &str = "\u{e13a}";
    pub const CHATS_CIRCLE: &str = "\u{e17e}";
    pub const CHAT_CIRCLE: &str = "\u{e168}";
    pub const CHECK: &str = "\u{e182}";
    pub const CHECKS: &str = "\u{e53a}";
    pub const CLIPBOARD_TEXT: &str = "\u{e198}";
    pub const CLOCK: &str = "\u{e19a}";
    pub const COPY: &str = "\u{e1ca}";
    pub const CROWN_SIMPLE: &str = "\u{e616}";
    pub const DOTS_THREE_VERTICAL: &str = "\u{e208}";
    pub const DOWNLOAD_SIMPLE: &str = "\u{e20c}";
    pub const EYE: &str = "\u{e220}";
    pub const EYE_SLASH: &str = "\u{e224}";
    pub const FILE: &str = "\u{e230}";
    pub const FILE_AUDIO: &str = "\u{ea20}";
    pub const FILE_IMAGE: &str = "\u{ea24}";
    pub const FILE_PDF: &str = "\u{e702}";
    pub const FILE_TEXT: &str = "\u{e23a}";
    pub const FILE_VIDEO: &str = "\u{ea22}";
    pub const FILE_ZIP: &str = "\u{e958}";
    pub const FLOPPY_DISK: &str = "\u{e248}";
    pub const FOLDER: &str = "\u{e24a}";
    pub const GEAR_SIX: &str = "\u{e272}";
    pub const HAND_WAVING: &str = "\u{e580}";
    pub const HARD_DRIVES: &str = "\u{e2a0}";
    pub const HOURGLASS: &str = "\u{e2b2}";
    pub const INFO: &str = "\u{e2ce}";
    pub const KEY: &str = "\u{e2d6}";
    pub const LINK: &str = "\u{e2e2}";
    pub const LOCK_KEY: &str = "\u{e2fe}";
    pub const LOCK_SIMPLE: &str = "\u{e308}";
    pub const MAGNIFYING_GLASS: &str = "\u{e30c}";
    pub const MAGNIFYING_GLASS_MINUS: &str = "\u{e30e}";
    pub const MAGNIFYING_GLASS_PLUS: &str = "\u{e310}";
    pub const MICROPHONE: &str = "\u{e326}";
    pub const NOTE_PENCIL: &str = "\u{e34c}";
    pub const PAPERCLIP: &str = "\u{e39a}";
    pub const PAPER_PLANE_RIGHT: &str = "\u{e396}";
    pub const PAUSE: &str = "\u{e39e}";
    pub const PENCIL_SIMPLE: &str = "\u{e3b4}";
    pub const PLAY: &str = "\u{e3d0}";
    pub const PLUS: &str = "\u{e3d4}";
    pub const PROHIBIT: &str = "\u{e3de}";
    pub const PUSH_PIN: &str = "\u{e3e2}";
    pub const PUSH_PIN_SLASH: &str = "\u{e3e4}";
    pub const QR_CODE: &str = "\u{e3e6}";
    pub const SEAL_CHECK: &str = "\u{e606}";
    pub const SHIELD_CHECK: &str = "\u{e40c}";
    pub const SHIELD_WARNING: &str = "\u{e412}";
    pub const SIGN_OUT: &str = "\u{e42a}";
    pub const SMILEY: &str = "\u{e436}";
    pub const TERMINAL_WINDOW: &str = "\u{eae8}";
    pub const TRASH: &str = "\u{e4a6}";
    pub const USERS: &str = "\u{e4d6}";
    pub const USER_GEAR: &str = "\u{e4cc}";
    pub const USER_MINUS: &str = "\u{e4ce}";
    pub const USER_PLUS: &str = "\u{e4d0}";
    pub const WARNING: &str = "\u{e4e0}";
    pub const WARNING_CIRCLE: &str = "\u{e4e2}";
    pub const WIFI_HIGH: &str = "\u{e4ea}";
    pub const WIFI_SLASH: &str = "\u{e4f2}";
    pub const X: &str = "\u{e4f6}";
}

#[cfg(test)]
mod tests {
    use egui::RawInput;

    use super::*;

    #[test]
    fn every_named_icon_is_in_the_fonts() {
        let ctx = Context::default();
        ctx.set_fonts(definitions());
        ctx.run_ui(RawInput::default(), |_| {})
            .textures_delta
            .clear();
        let source = include_str!("fonts.rs");
        let icons = source.split("\\u{e").skip(1).filter_map(|rest| {
            let code = u32::from_str_radix(&format!("e{}", rest.split('}').next()?), 16).ok()?;
            char::from_u32(code)
        });

        let mut count = 0;
        for icon in icons {
            count += 1;
            for family in [ICONS, ICONS_FILL] {
                let font = FontId::new(20.0, FontFamily::Name(family.into()));
                assert!(
                    ctx.fonts_mut(|fonts| fonts.has_glyph(&font, icon)),
                    "{family}: {icon:?}"
                );
            }
        }

        assert!(count > 40, "{count}");
    }

    #[test]
    fn emoji_show_without_any_system_font() {
        let ctx = Context::default();
        install(&ctx);
        ctx.run_ui(RawInput::default(), |_| {})
            .textures_delta
            .clear();

        let shown = ctx.fonts_mut(|fonts| fonts.has_glyph(&FontId::proportional(14.0), '😀'));

        assert!(shown);
    }

    #[test]
    fn emoji_are_coloured_without_any_system_font() {
        let ctx = Context::default();
        install(&ctx);
        let mut colours = Vec::new();
        let emoji = ["😀", "👍🏽", "👩\u{200d}👩\u{200d}👧", "🇩🇪", "🫩", "❤\u{fe0f}"];
        ctx.run_ui(RawInput::default(), |ui| {
            for emoji in emoji {
                let font = FontId::proportional(20.0);
                let galley = ui
                    .painter()
                    .layout_no_wrap(emoji.into(), font, Color32::BLACK);
                let glyphs = galley.rows.iter().flat_map(|row| &row.glyphs);
                let drawn = glyphs.filter(|glyph| !glyph.uv_rect.is_nothing());
                colours.push(drawn.map(|glyph| glyph.is_color).collect::<Vec<_>>());
            }
        })
        .textures_delta
        .clear();

        // One drawing each, and in colour.
        let wanted = vec![vec![true]; emoji.len()];
        assert_eq!(colours, wanted);
    }
}
