//! How far a message of mine has come: a picture, and the same in words.

use egui::{Align2, Color32, Painter, Pos2};

use crate::{
    gui::{fonts::icon, strings::tr, theme},
    node::DeliveryState,
};

/// How far a message of mine has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// Not yet on disk, or on our disk only.
    Waiting,
    /// On somebody else's disk.
    Sent,
    /// On the person's disk.
    Delivered,
    /// Seen by the person.
    Read,
    /// It could not be kept.
    Failed,
}

impl From<DeliveryState> for Tick {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Queued => Self::Waiting,
            DeliveryState::Sent => Self::Sent,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Read => Self::Read,
        }
    }
}

impl Tick {
    /// The same in words.
    pub fn words(self) -> String {
        tr(match self {
            Self::Waiting => "tick-waiting",
            Self::Sent => "tick-sent",
            Self::Delivered => "tick-delivered",
            Self::Read => "tick-read",
            Self::Failed => "tick-failed",
        })
    }

    /// Paints it from its left middle.
    pub fn paint(self, painter: &Painter, left_middle: Pos2, size: f32, inks: Inks) {
        let (glyph, font, ink) = match self {
            Self::Waiting => (icon::CLOCK, theme::icon(size - 2.0), inks.plain),
            Self::Sent => (icon::CHECK, theme::icon(size), inks.plain),
            Self::Delivered => (icon::CHECKS, theme::icon(size), inks.plain),
            Self::Read => (icon::CHECKS, theme::icon_bold(size), inks.read),
            Self::Failed => (icon::WARNING_CIRCLE, theme::icon(size), inks.failed),
        };
        painter.text(left_middle, Align2::LEFT_CENTER, glyph, font, ink);
    }
}

/// The colours of ticks on a background.
#[derive(Clone, Copy, Debug)]
pub struct Inks {
    /// Most of them.
    pub plain: Color32,
    /// A message that was read.
    pub read: Color32,
    /// A message that could not be kept.
    pub failed: Color32,
}
