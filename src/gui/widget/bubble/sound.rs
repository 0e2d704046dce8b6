//! A sound in a message: how it looks, where it is, and what plays it.

use egui::{
    Align2, CornerRadius, CursorIcon, Id, Key, Rect, Response, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::card::{Deed, Inks};
use crate::gui::{
    fonts::icon,
    strings::{tr, tr_name},
    theme,
};

/// What is shown of a sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// How loud equal parts of it are, from 0 to 31.
    pub waveform: Vec<u8>,
    /// Whether it is a voice note, which has no name worth showing.
    pub voice: bool,
    /// Whether it is heard now.
    pub plays: bool,
    /// How much of it was heard, from 0 to 1.
    pub share: f32,
    /// Where it is, or how long it is.
    pub time: String,
    /// How fast, while it is heard or waits.
    pub speed: Option<&'static str>,
    /// Why it cannot be played, if so.
    pub silent: Option<String>,
}

/// How high it is.
pub(super) const HEIGHT: f32 = 48.0;

const DISC: f32 = 44.0;
const SPEED: f32 = 42.0;

impl Sound {
    /// Draws it. Says what is to be done.
    pub(super) fn show(
        &self,
        ui: &Ui,
        place: Rect,
        id: Id,
        (name, inks): (&str, Inks),
    ) -> Option<Deed> {
        let disc = Rect::from_min_size(place.min + vec2(0.0, 2.0), vec2(DISC, DISC));
        let played = self.show_disc(ui, disc, id, (name, inks));
        let mut right = place.max.x;
        let mut faster = None;
        if let Some(speed) = self.speed {
            let pill = Rect::from_min_max(
                pos2(right - SPEED, place.center().y - 13.0),
                pos2(right, place.center().y + 13.0),
            );
            right -= SPEED + 8.0;
            faster = show_speed(ui, pill, id, speed, inks);
        }
        let left = place.min.x + DISC + 12.0;
        let wave = Rect::from_min_max(
            pos2(left, place.min.y + 3.0),
            pos2(right, place.min.y + 29.0),
        );
        let sought = self.show_wave(ui, wave, id, (name, inks));
        let at = pos2(left, place.max.y - 9.0);
        let font = theme::regular(theme::CAPTION);
        ui.painter()
            .text(at, Align2::LEFT_CENTER, &self.time, font, inks.quiet);
        played.or(faster).or(sought)
    }

    fn show_disc(&self, ui: &Ui, disc: Rect, id: Id, (name, inks): (&str, Inks)) -> Option<Deed> {
        let enabled = self.silent.is_none();
        let sense = if enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(disc, id.with("play"), sense);
        let (glyph, words) = if self.plays {
            (icon::PAUSE, "sound-pause")
        } else {
            (icon::PLAY, "sound-play")
        };
        let label = if self.voice {
            tr_name(words, &tr("sound-note"))
        } else {
            tr_name(words, name)
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &label));
        let painter = ui.painter();
        painter.circle_filled(disc.center(), DISC / 2.0, inks.ground);
        let ink = if enabled { inks.strong } else { inks.quiet };
        let font = theme::icon_fill(20.0);
        painter.text(disc.center(), Align2::CENTER_CENTER, glyph, font, ink);
        ring(ui, &response, disc, inks);
        if let Some(why) = &self.silent {
            response.on_hover_text(why);
            return None;
        }
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        response.clicked().then_some(Deed::Play)
    }

    /// A click goes to that place; the arrows of the keyboard go a little on and back.
    fn show_wave(&self, ui: &Ui, wave: Rect, id: Id, (name, inks): (&str, Inks)) -> Option<Deed> {
        let enabled = self.silent.is_none();
        let sense = if enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(wave, id.with("wave"), sense);
        let note = tr("sound-note");
        let label = tr_name("sound-place", if self.voice { &note } else { name });
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::Slider, enabled, &label);
            info.value = Some(f64::from(self.share) * 100.0);
            info
        });
        self.paint_wave(ui, wave, inks);
        ring(ui, &response, wave.expand(3.0), inks);
        if !enabled {
            return None;
        }
        let mut to = None;
        if response.has_focus() {
            ui.input_mut(|input| {
                for (key, step) in [(Key::ArrowRight, STEP), (Key::ArrowLeft, -STEP)] {
                    if input.consume_key(egui::Modifiers::NONE, key) {
                        to = Some(self.share + step);
                    }
                }
            });
        }
        if response.clicked()
            && let Some(at) = response.interact_pointer_pos()
        {
            to = Some((at.x - wave.min.x) / wave.width());
        }
        response.on_hover_cursor(CursorIcon::PointingHand);
        to.map(|share| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "bounded"
            )]
            let thousandths = (share.clamp(0.0, 1.0) * 1000.0) as u16;
            Deed::Seek(thousandths)
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 64")]
    fn paint_wave(&self, ui: &Ui, wave: Rect, inks: Inks) {
        let painter = ui.painter();
        if self.waveform.is_empty() {
            let rail = Rect::from_center_size(wave.center(), vec2(wave.width(), 4.0));
            painter.rect_filled(rail, CornerRadius::same(2), inks.ground);
            let width = wave.width() * self.share;
            let done = Rect::from_min_size(rail.min, vec2(width, 4.0));
            painter.rect_filled(done, CornerRadius::same(2), inks.strong);
            return;
        }
        // As many bars as there is room for, each as loud as the part of the sound where it stands.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a width"
        )]
        let bars = (wave.width() / BAR).max(1.0) as usize;
        for bar in 0..bars {
            let part = bar * self.waveform.len() / bars;
            let level = self.waveform.get(part).copied().unwrap_or(0);
            let high = 3.0 + (wave.height() - 3.0) * f32::from(level.min(31)) / 31.0;
            let middle = pos2(wave.min.x + (bar as f32 + 0.5) * BAR, wave.center().y);
            let heard = (bar as f32 + 0.5) / bars as f32 <= self.share;
            let ink = if heard {
                inks.strong
            } else {
                inks.quiet.gamma_multiply(0.55)
            };
            let line = Rect::from_center_size(middle, vec2(BAR - 1.5, high));
            painter.rect_filled(line, CornerRadius::same(1), ink);
        }
    }
}

fn show_speed(ui: &Ui, pill: Rect, id: Id, speed: &str, inks: Inks) -> Option<Deed> {
    let response = ui.interact(pill, id.with("speed"), Sense::click());
    let label = tr_name("sound-speed", speed);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let painter = ui.painter();
    painter.rect_filled(pill, CornerRadius::same(13), inks.ground);
    let font = theme::semibold(theme::CAPTION);
    painter.text(
        pill.center(),
        Align2::CENTER_CENTER,
        speed,
        font,
        inks.strong,
    );
    ring(ui, &response, pill, inks);
    let response = response.on_hover_text(label);
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    response.clicked().then_some(Deed::Faster)
}

fn ring(ui: &Ui, response: &Response, place: Rect, inks: Inks) {
    if response.has_focus() {
        let line = Stroke::new(2.0, inks.strong);
        let round = CornerRadius::same(14);
        ui.painter()
            .rect_stroke(place, round, line, StrokeKind::Outside);
    }
}

/// From one bar to the next, in points.
const BAR: f32 = 4.0;

/// The arrows of the keyboard go so far.
const STEP: f32 = 0.05;
