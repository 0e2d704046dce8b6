//! The colours that matter, in four hues; all else stays.

use egui::Theme;

use super::{DARK, LIGHT, Tokens, rgb};
use crate::gui::appearance::Accent;

/// The colours of a theme.
pub(super) const fn table(theme: Theme, accent: Accent) -> &'static Tokens {
    match (theme, accent) {
        (Theme::Light, Accent::Indigo) => &LIGHT,
        (Theme::Light, Accent::Teal) => &LIGHT_TEAL,
        (Theme::Light, Accent::Plum) => &LIGHT_PLUM,
        (Theme::Light, Accent::Ember) => &LIGHT_EMBER,
        (Theme::Dark, Accent::Indigo) => &DARK,
        (Theme::Dark, Accent::Teal) => &DARK_TEAL,
        (Theme::Dark, Accent::Plum) => &DARK_PLUM,
        (Theme::Dark, Accent::Ember) => &DARK_EMBER,
    }
}

const LIGHT_TEAL: Tokens = Tokens {
    accent: rgb(0x00_7373),
    accent_text: rgb(0x00_7373),
    soft: rgb(0xCE_F0EF),
    bubble_in_link: rgb(0x00_7373),
    bubble_out: rgb(0x00_7373),
    bubble_out_meta: rgb(0xD0_EDEC),
    code_out: rgb(0x00_6364),
    read: rgb(0xE8_EABD),
    selection: rgb(0x97_DDDC),
    ..LIGHT
};

const DARK_TEAL: Tokens = Tokens {
    accent: rgb(0x00_7373),
    accent_text: rgb(0x49_B8B8),
    soft: rgb(0x00_3030),
    bubble_in_link: rgb(0x49_B8B8),
    bubble_out: rgb(0x00_7373),
    bubble_out_meta: rgb(0xD0_EDEC),
    code_out: rgb(0x00_5E5F),
    read: rgb(0xE8_EABD),
    selection: rgb(0x00_5B5C),
    ..DARK
};

const LIGHT_PLUM: Tokens = Tokens {
    accent: rgb(0x9C_42A2),
    accent_text: rgb(0x9C_42A2),
    soft: rgb(0xF8_E4F8),
    bubble_in_link: rgb(0x9C_42A2),
    bubble_out: rgb(0x9C_42A2),
    bubble_out_meta: rgb(0xF4_E3F5),
    code_out: rgb(0x8C_3292),
    read: rgb(0xB6_F1F8),
    selection: rgb(0xE6_BFE7),
    ..LIGHT
};

const DARK_PLUM: Tokens = Tokens {
    accent: rgb(0x9C_42A2),
    accent_text: rgb(0xD1_95D4),
    soft: rgb(0x39_243A),
    bubble_in_link: rgb(0xD1_95D4),
    bubble_out: rgb(0x9C_42A2),
    bubble_out_meta: rgb(0xF4_E3F5),
    code_out: rgb(0x87_2D8E),
    read: rgb(0xB6_F1F8),
    selection: rgb(0x65_3A68),
    ..DARK
};

const LIGHT_EMBER: Tokens = Tokens {
    accent: rgb(0xB0_451A),
    accent_text: rgb(0xB0_451A),
    soft: rgb(0xFF_E4DA),
    bubble_in_link: rgb(0xB0_451A),
    bubble_out: rgb(0xB0_451A),
    bubble_out_meta: rgb(0xFB_E2D9),
    code_out: rgb(0x9F_3501),
    read: rgb(0xB6_F1F8),
    selection: rgb(0xF7_BFAC),
    ..LIGHT
};

const DARK_EMBER: Tokens = Tokens {
    accent: rgb(0xB0_451A),
    accent_text: rgb(0xE8_9477),
    soft: rgb(0x42_2319),
    bubble_in_link: rgb(0xE8_9477),
    bubble_out: rgb(0xB0_451A),
    bubble_out_meta: rgb(0xFB_E2D9),
    code_out: rgb(0x9A_3000),
    read: rgb(0xB6_F1F8),
    selection: rgb(0x75_3A24),
    ..DARK
};
