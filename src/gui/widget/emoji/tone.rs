//! The colours of skin that some emojis have.

use serde::{Deserialize, Serialize};

/// A colour of skin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// None in particular: yellow.
    #[default]
    None,
    /// Light.
    Light,
    /// Medium light.
    MediumLight,
    /// Medium.
    Medium,
    /// Medium dark.
    MediumDark,
    /// Dark.
    Dark,
}

impl Tone {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Light,
        Self::MediumLight,
        Self::Medium,
        Self::MediumDark,
        Self::Dark,
    ];

    /// The key of its name.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::None => "tone-none",
            Self::Light => "tone-light",
            Self::MediumLight => "tone-medium-light",
            Self::Medium => "tone-medium",
            Self::MediumDark => "tone-medium-dark",
            Self::Dark => "tone-dark",
        }
    }

    fn modifier(self) -> Option<char> {
        Some(match self {
            Self::None => return None,
            Self::Light => '\u{1f3fb}',
            Self::MediumLight => '\u{1f3fc}',
            Self::Medium => '\u{1f3fd}',
            Self::MediumDark => '\u{1f3fe}',
            Self::Dark => '\u{1f3ff}',
        })
    }

    /// The emoji in this colour, if it has skin.
    pub fn on(self, emoji: &str) -> String {
        let mut signs = emoji.chars();
        let (Some(first), Some(modifier)) = (signs.next(), self.modifier()) else {
            return emoji.to_owned();
        };
        if !SKIN.contains(first) {
            return emoji.to_owned();
        }
        // A modifier says that it is an emoji already.
        let rest = signs.as_str().trim_start_matches('\u{fe0f}');
        format!("{first}{modifier}{rest}")
    }
}

/// Those of the keyboard's emojis that have skin, as Unicode's `Emoji_Modifier_Base` has it.
const SKIN: &str = "👋🤚✋🖖👌🤌✌🤞🤟🤘👈👉👆👇☝👍👎✊👊👏🙌🫶👐🤝🙏✍💪🤷🤦🙋🏃💃🕺🚴";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_skin_takes_its_colour() {
        assert_eq!(Tone::Medium.on("👍"), "👍🏽");
        assert_eq!(Tone::Dark.on("✌️"), "✌🏿");
        assert_eq!(Tone::None.on("✌️"), "✌️");
        for plain in ["😀", "❤️", "🐸", ""] {
            assert_eq!(Tone::Light.on(plain), plain);
        }
    }
}
