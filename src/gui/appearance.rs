//! How the window looks on this device: `window.toml` in the profile. Nothing in it is secret.

use std::{fs, io::Write as _, path::Path};

use serde::{Deserialize, Serialize};

use super::{alert::Alerts, language::Language, widget::emoji::Tone};

/// What the person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Appearance {
    /// What it speaks; none: as the system.
    pub language: Option<Language>,
    /// Light or dark.
    pub theme: ThemeChoice,
    /// The hue of what matters.
    pub accent: Accent,
    /// How large everything is.
    pub size: TextSize,
    /// What stands behind messages.
    pub ground: Ground,
    /// Rows lie closer together.
    pub compact: bool,
    /// Nothing moves that need not.
    pub reduce_motion: bool,
    /// After how many minutes without use the profile locks; never if it is 0.
    pub lock_after: u16,
    /// It locks when the desktop does, or sleeps.
    pub lock_with_desktop: bool,
    /// The colour of emojis that have skin.
    pub skin: Tone,
    /// Closing the window leaves the program in the desktop's tray.
    pub close_to_tray: bool,
    /// Minimising it does.
    pub minimise_to_tray: bool,
    /// The program starts when somebody logs in.
    pub at_login: bool,
    /// The computer does not fall asleep by itself while the program runs.
    pub stay_reachable: bool,
    /// The offer of a first start was dismissed.
    pub greeted: bool,
    /// Of what the person is told while they do not look.
    pub alerts: Alerts,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// As the system says; light where it says nothing.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The hue of what matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Accent {
    /// Blue.
    #[default]
    Indigo,
    /// Between green and blue.
    Teal,
    /// Purple.
    Plum,
    /// Orange.
    Ember,
}

impl Accent {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Indigo, Self::Teal, Self::Plum, Self::Ember];
}

/// How large everything is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextSize {
    /// Smaller than most.
    Small,
    /// As most want it.
    #[default]
    Normal,
    /// Larger.
    Large,
    /// Larger still.
    Larger,
}

impl TextSize {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Small, Self::Normal, Self::Large, Self::Larger];
}

/// What stands behind messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ground {
    /// Nothing.
    #[default]
    Plain,
    /// Dots.
    Dots,
    /// Waves.
    Waves,
    /// Rings, here and there.
    Rings,
}

impl Ground {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Dots, Self::Waves, Self::Rings];
}

impl Appearance {
    /// What was stored in a profile; the default where that is nothing, or makes no sense.
    pub fn load(profile: &Path) -> Self {
        let text = fs::read_to_string(profile.join(FILE)).unwrap_or_default();
        toml::from_str(&text).unwrap_or_default()
    }

    /// Stores it. Errors come from the file system.
    pub fn save(&self, profile: &Path) -> std::io::Result<()> {
        let text = toml::to_string(self).map_err(std::io::Error::other)?;
        let scratch = profile.join(format!("{FILE}.new"));
        let mut file = fs::File::create(&scratch)?;
        file.write_all(text.as_bytes())?;
        fs::rename(scratch, profile.join(FILE))
    }
}

/// The file in the profile.
const FILE: &str = "window.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_comes_back() {
        let profile = tempfile::tempdir().unwrap();
        let chosen = Appearance {
            language: Some(Language::German),
            theme: ThemeChoice::Dark,
            accent: Accent::Plum,
            size: TextSize::Larger,
            ground: Ground::Waves,
            compact: true,
            reduce_motion: true,
            close_to_tray: true,
            skin: Tone::Medium,
            lock_after: 15,
            lock_with_desktop: true,
            alerts: Alerts {
                quiet: true,
                silent_until: 1_741_703_520_000,
                ..Alerts::default()
            },
            ..Appearance::default()
        };

        chosen.save(profile.path()).unwrap();

        assert_eq!(Appearance::load(profile.path()), chosen);
    }

    #[test]
    fn a_damaged_file_is_the_default() {
        let profile = tempfile::tempdir().unwrap();
        fs::write(profile.path().join(FILE), "theme = 7").unwrap();

        assert_eq!(Appearance::load(profile.path()), Appearance::default());
    }
}
