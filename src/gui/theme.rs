//! Every colour, size and distance of the window (`docs/user-guide.md` shows both themes).

mod accent;

use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Id, Margin, Shadow, Stroke, TextStyle,
    Theme, Visuals, style::ScrollStyle, vec2,
};

use self::accent::table;
use super::{
    appearance::{Appearance, TextSize},
    fonts,
};

/// The colours of one theme, named by what they are for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tokens {
    /// Whether this is the dark theme.
    pub dark: bool,
    /// Background of the rail.
    pub rail: Color32,
    /// Background of the list.
    pub list: Color32,
    /// Background of the chat.
    pub chat: Color32,
    /// Background of fields.
    pub field: Color32,
    /// Background of buttons that are not the most likely.
    pub button: Color32,
    /// Lines.
    pub border: Color32,
    /// Background of dialogs and menus.
    pub card: Color32,
    /// Background of groups of settings.
    pub group: Color32,
    /// Background of what the pointer is over.
    pub hover: Color32,
    /// Text.
    pub text: Color32,
    /// Less important text.
    pub text2: Color32,
    /// Hints and captions.
    pub text3: Color32,
    /// Background of what matters.
    pub accent: Color32,
    /// Text and icons that matter.
    pub accent_text: Color32,
    /// Text on `accent`.
    pub on_accent: Color32,
    /// Background of what is selected.
    pub soft: Color32,
    /// Somebody else's bubble.
    pub bubble_in: Color32,
    /// Time and state in it.
    pub bubble_in_meta: Color32,
    /// Links in it.
    pub bubble_in_link: Color32,
    /// What code stands on in it.
    pub code_in: Color32,
    /// My bubble.
    pub bubble_out: Color32,
    /// Time and state in it.
    pub bubble_out_meta: Color32,
    /// What code stands on in it.
    pub code_out: Color32,
    /// The ticks of a message that was read.
    pub read: Color32,
    /// The mark of a message that was not sent.
    pub failed: Color32,
    /// Background of the badge of a muted chat.
    pub badge_muted: Color32,
    /// The chosen part of a choice.
    pub chosen: Color32,
    /// A switch that is off.
    pub switch_off: Color32,
    /// Background of selected text.
    pub selection: Color32,
    /// It is well.
    pub ok: Color32,
    /// Take care.
    pub warn: Color32,
    /// Background of a warning.
    pub warn_soft: Color32,
    /// It failed, or it destroys.
    pub danger: Color32,
    /// Author names in groups, one for each hue of avatars.
    pub authors: [Color32; 12],
}

/// The light theme.
pub const LIGHT: Tokens = Tokens {
    dark: false,
    rail: rgb(0xEC_EEF3),
    list: rgb(0xF6_F7F9),
    chat: rgb(0xFF_FFFF),
    field: rgb(0xEC_EEF2),
    button: rgb(0xEC_EEF2),
    border: rgb(0xE2_E5EB),
    card: rgb(0xFF_FFFF),
    group: rgb(0xF6_F7F9),
    hover: rgb(0xEC_EEF3),
    text: rgb(0x12_151C),
    text2: rgb(0x54_5C6C),
    text3: rgb(0x5F_697D),
    accent: rgb(0x3B_5BDB),
    accent_text: rgb(0x3B_5BDB),
    on_accent: rgb(0xFF_FFFF),
    soft: rgb(0xE4_E9FD),
    bubble_in: rgb(0xF0_F2F5),
    bubble_in_meta: rgb(0x60_6879),
    bubble_in_link: rgb(0x2F_4FCB),
    code_in: rgb(0xE1_E5EC),
    bubble_out: rgb(0x3B_5BDB),
    bubble_out_meta: rgb(0xE3_E9FF),
    code_out: rgb(0x2F_4AB8),
    read: rgb(0xB4_F1FF),
    failed: rgb(0xFF_E0E0),
    badge_muted: rgb(0x6B_7486),
    chosen: rgb(0xFF_FFFF),
    switch_off: rgb(0x8B_94A6),
    selection: rgb(0xBF_CBFA),
    ok: rgb(0x15_803D),
    warn: rgb(0x99_5700),
    warn_soft: rgb(0xFF_F3DF),
    danger: rgb(0xC9_2A2A),
    authors: [
        rgb(0xB6_3A54),
        rgb(0xB5_3E20),
        rgb(0xA1_5200),
        rgb(0x17_780F),
        rgb(0x00_764F),
        rgb(0x05_7374),
        rgb(0x03_6F8D),
        rgb(0x11_66C0),
        rgb(0x5F_59C2),
        rgb(0x86_4CB2),
        rgb(0xA0_4396),
        rgb(0xB0_3B72),
    ],
};

/// The dark theme.
pub const DARK: Tokens = Tokens {
    dark: true,
    rail: rgb(0x0B_0D12),
    list: rgb(0x14_171E),
    chat: rgb(0x0F_1218),
    field: rgb(0x1E_232D),
    button: rgb(0x26_2C37),
    border: rgb(0x25_2B36),
    card: rgb(0x1A_1E27),
    group: rgb(0x1A_1E27),
    hover: rgb(0x1C_212B),
    text: rgb(0xEC_EFF4),
    text2: rgb(0xA6_AEBD),
    text3: rgb(0x8A_93A5),
    accent: rgb(0x42_62E6),
    accent_text: rgb(0x91_A7FF),
    on_accent: rgb(0xFF_FFFF),
    soft: rgb(0x20_294A),
    bubble_in: rgb(0x21_2631),
    bubble_in_meta: rgb(0x9A_A3B4),
    bubble_in_link: rgb(0x91_A7FF),
    code_in: rgb(0x15_1921),
    bubble_out: rgb(0x3A_56D4),
    bubble_out_meta: rgb(0xE3_E9FF),
    code_out: rgb(0x2C_43AA),
    read: rgb(0xB4_F1FF),
    failed: rgb(0xFF_E0E0),
    badge_muted: rgb(0x6B_7486),
    chosen: rgb(0x33_3A48),
    switch_off: rgb(0x4A_5364),
    selection: rgb(0x33_478F),
    ok: rgb(0x51_CF66),
    warn: rgb(0xFF_C078),
    warn_soft: rgb(0x2E_2415),
    danger: rgb(0xFF_8787),
    authors: [
        rgb(0xF6_8B99),
        rgb(0xF6_9076),
        rgb(0xED_9658),
        rgb(0x74_BB6D),
        rgb(0x49_BF8D),
        rgb(0x1B_BDBD),
        rgb(0x28_B8E5),
        rgb(0x70_ADFB),
        rgb(0xA1_A3FE),
        rgb(0xC5_97ED),
        rgb(0xDF_90D4),
        rgb(0xEF_8BB4),
    ],
};

/// The colours of the theme in force.
pub fn tokens(ctx: &Context) -> &'static Tokens {
    table(ctx.theme(), chosen(ctx).accent)
}

/// How the person wants the window to look.
pub fn chosen(ctx: &Context) -> Appearance {
    ctx.data(|data| data.get_temp(Id::unique("appearance")).unwrap_or_default())
}

/// Makes it look like that.
pub fn choose(ctx: &Context, appearance: Appearance) {
    ctx.data_mut(|data| data.insert_temp(Id::unique("appearance"), appearance));
    for theme in [Theme::Light, Theme::Dark] {
        let tokens = table(theme, appearance.accent);
        ctx.style_mut_of(theme, |style| colour(&mut style.visuals, tokens));
    }
    let time = if appearance.reduce_motion {
        0.0
    } else {
        MOTION
    };
    ctx.all_styles_mut(|style| style.animation_time = time);
    ctx.set_zoom_factor(match appearance.size {
        TextSize::Small => 0.9,
        TextSize::Normal => 1.0,
        TextSize::Large => 1.15,
        TextSize::Larger => 1.3,
    });
}

/// Height of a row in a list, as dense as the person wants them.
pub fn row(ctx: &Context) -> f32 {
    if chosen(ctx).compact {
        ROW_COMPACT
    } else {
        ROW
    }
}

/// Width of the rail, in points; all distances here are in points.
pub const RAIL: f32 = 68.0;
/// Width of the list.
pub const LIST: f32 = 336.0;
/// Height of a header.
pub const HEADER: f32 = 66.0;
/// Height of a row in a list.
pub const ROW: f32 = 68.0;
/// The same where more of them are wanted.
pub const ROW_COMPACT: f32 = 56.0;
/// Space beside messages.
pub const GUTTER: f32 = 24.0;
/// Below this width one pane is shown at a time.
pub const ONE_PANE: f32 = 760.0;
/// The smallest window.
pub const MIN_WINDOW: [f32; 2] = [420.0, 520.0];
/// The window at its first start.
pub const WINDOW: [f32; 2] = [1200.0, 800.0];
/// Messages do not spread further than this on a very wide window.
pub const COLUMN: f32 = 1040.0;
/// An avatar beside a message in a group.
pub const AUTHOR: f32 = 28.0;
/// Room for it, and the space to the message.
pub const AUTHOR_ROOM: f32 = 36.0;
/// Height of the name above a message in a group.
pub const BYLINE: f32 = 20.0;
/// Height of a row for a person in a dialog or a group.
pub const PERSON: f32 = 54.0;
/// Radius of buttons and rows.
pub const RADIUS: u8 = 14;
/// Seconds that a change takes.
pub const MOTION: f32 = 0.15;

/// Size of captions; these are sizes of text in points.
pub const CAPTION: f32 = 11.5;
/// Size of less important text.
pub const SMALL: f32 = 13.0;
/// Size of text.
pub const BODY: f32 = 14.5;
/// Distance of lines of text.
pub const BODY_LINE: f32 = 20.0;
/// Size of titles.
pub const TITLE: f32 = 15.0;
/// Size of headings of sections.
pub const SECTION: f32 = 20.0;
/// Size of the largest headings.
pub const HERO: f32 = 28.0;

/// Plain text.
pub fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Slightly stronger text.
pub fn medium(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(fonts::MEDIUM.into()))
}

/// Strong text.
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(fonts::SEMIBOLD.into()))
}

/// Numbers and code.
pub fn mono(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// An icon drawn as lines.
pub fn icon(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(fonts::ICONS.into()))
}

/// An icon drawn filled.
pub fn icon_fill(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(fonts::ICONS_FILL.into()))
}

/// A heavier check mark.
pub fn icon_bold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(fonts::ICONS_BOLD.into()))
}

/// The shadow of dialogs.
pub fn dialog_shadow(tokens: &Tokens) -> Shadow {
    shadow(12, 40, if tokens.dark { 140 } else { 40 })
}

/// The shadow of menus and of what floats.
pub fn menu_shadow(tokens: &Tokens) -> Shadow {
    shadow(6, 20, if tokens.dark { 120 } else { 32 })
}

/// Gives egui's own widgets both themes.
pub fn install(ctx: &Context) {
    ctx.options_mut(|options| options.fallback_theme = Theme::Light);
    for (theme, tokens) in [(Theme::Light, &LIGHT), (Theme::Dark, &DARK)] {
        ctx.style_mut_of(theme, |style| {
            style.text_styles = [
                (TextStyle::Heading, semibold(SECTION)),
                (TextStyle::Body, regular(BODY)),
                (TextStyle::Monospace, mono(SMALL)),
                (TextStyle::Button, medium(14.0)),
                (TextStyle::Small, regular(CAPTION)),
            ]
            .into();
            style.spacing.item_spacing = vec2(8.0, 8.0);
            style.spacing.button_padding = vec2(14.0, 8.0);
            style.spacing.window_margin = Margin::same(16);
            style.spacing.menu_margin = Margin::same(6);
            style.spacing.scroll = ScrollStyle::floating();
            style.spacing.scroll.bar_width = 8.0;
            style.spacing.scroll.floating_width = 4.0;
            style.spacing.scroll.dormant_handle_opacity = 0.0;
            style.spacing.scroll.active_handle_opacity = 0.25;
            style.spacing.scroll.interact_handle_opacity = 0.45;
            style.spacing.scroll.dormant_background_opacity = 0.0;
            style.spacing.scroll.active_background_opacity = 0.0;
            style.spacing.scroll.interact_background_opacity = 0.0;
            style.animation_time = MOTION;
            style.interaction.tooltip_delay = 0.4;
            colour(&mut style.visuals, tokens);
        });
    }
}

fn colour(visuals: &mut Visuals, tokens: &Tokens) {
    visuals.dark_mode = tokens.dark;
    visuals.panel_fill = tokens.chat;
    visuals.window_fill = tokens.card;
    visuals.extreme_bg_color = tokens.field;
    visuals.faint_bg_color = tokens.list;
    visuals.override_text_color = Some(tokens.text);
    visuals.hyperlink_color = tokens.bubble_in_link;
    visuals.selection.bg_fill = tokens.selection;
    visuals.selection.stroke = Stroke::new(1.5, tokens.accent_text);
    visuals.window_corner_radius = CornerRadius::same(16);
    visuals.menu_corner_radius = CornerRadius::same(12);
    visuals.window_stroke = Stroke::new(1.0, tokens.border);
    visuals.window_shadow = dialog_shadow(tokens);
    visuals.popup_shadow = menu_shadow(tokens);
    visuals.text_cursor.stroke = Stroke::new(2.0, tokens.accent_text);
    // A cursor that blinks draws the window twice a second for nothing.
    visuals.text_cursor.blink = false;
    let widgets = &mut visuals.widgets;
    for widget in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        widget.corner_radius = CornerRadius::same(10);
        widget.fg_stroke = Stroke::new(1.0, tokens.text);
        widget.bg_stroke = Stroke::NONE;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, tokens.border);
    for (widget, fill) in [
        (&mut widgets.inactive, tokens.field),
        (&mut widgets.hovered, tokens.hover),
        (&mut widgets.active, tokens.soft),
    ] {
        widget.weak_bg_fill = fill;
        widget.bg_fill = fill;
    }
}

fn shadow(down: i8, blur: u8, alpha: u8) -> Shadow {
    Shadow {
        offset: [0, down],
        blur,
        spread: 0,
        color: Color32::from_black_alpha(alpha),
    }
}

const fn rgb(code: u32) -> Color32 {
    let [_, red, green, blue] = code.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

#[cfg(test)]
mod tests;
