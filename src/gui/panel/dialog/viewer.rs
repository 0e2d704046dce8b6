//! A picture, large: nearer and further, the one before and the next.

use std::{sync::Arc, time::Duration};

use egui::{
    Color32, ColorImage, CornerRadius, Frame, Id, Key, Modal, Modifiers, Rect, Sense,
    TextureFilter, TextureHandle, TextureId, TextureOptions, Ui, UiBuilder, Vec2, WidgetInfo,
    accesskit::Role, epaint::RectShape, pos2, vec2,
};

use crate::{
    gui::{
        action::{Action, SoundAction},
        fonts::icon,
        model::{Referred, files::Picture, nav::Dialog, viewed::Seen},
        shot::{Shot, Unseen},
        strings::{Argument, tr, tr_with},
        theme,
        view::View,
        widget::{
            button::{self, Pill},
            hero, text, texture,
        },
    },
    node::{MessageId, view::FileInfo},
};

/// What is shown of the picture, and how near.
#[derive(Default)]
pub(super) struct Stage {
    of: Option<MessageId>,
    /// Points for each pixel; none: as large as there is room.
    zoom: Option<f32>,
    /// From the middle of the room to that of the picture.
    offset: Vec2,
    /// Which of the pictures that follow each other, as the graphics card has it.
    drawn: Option<(usize, TextureHandle)>,
    /// When it began to move, in seconds.
    since: f64,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq)]
enum Wish {
    Fit,
    /// So many times as large.
    Scale(f32),
    Older,
    Newer,
    Copy,
    Save,
    /// In another program.
    Open,
    Close,
}

impl Stage {
    pub(super) fn show(&mut self, ui: &Ui, message: MessageId, view: &mut View<'_>) {
        if self.of != Some(message) {
            *self = Self {
                of: Some(message),
                since: ui.input(|input| input.time),
                ..Self::default()
            };
        }
        let modal = Modal::new(Id::unique("viewer"))
            .frame(Frame::NONE)
            .backdrop_color(view.tokens.chat);
        let response = modal.show(ui.ctx(), |ui| {
            let (_, room) = ui.allocate_space(ui.ctx().content_rect().size());
            self.draw(ui, room, message, view);
        });
        if response.should_close() {
            view.act(Action::CloseDialog);
        }
    }

    fn draw(&mut self, ui: &mut Ui, room: Rect, message: MessageId, view: &mut View<'_>) {
        let Referred::Here(said) = view.model.referred(message) else {
            return view.act(Action::CloseDialog);
        };
        let Some(file) = said.file.clone().filter(|_| !said.deleted) else {
            return view.act(Action::CloseDialog);
        };
        let (bar, stage) = room.split_top_bottom_at_y(room.min.y + BAR);
        let beside = view.model.beside(message);
        let mut wish = keys(ui).or(show_bar(ui, bar, &file, beside, view));
        let viewed = view.model.files.viewed.as_ref();
        match viewed.map(|viewed| &viewed.seen) {
            Some(Seen::Here(shots)) => {
                if let Some((shot, size)) = self.texture(ui, shots, view) {
                    self.show_picture(ui, stage, (shot, size), &file);
                    wish = wish.or_else(|| self.gestures(ui, stage, size));
                    self.zoom_by(wish, stage, size, None);
                } else {
                    let unseen = Unseen::large("view-large");
                    wish = wish.or(refused(ui, stage, &unseen, view));
                }
                if wish == Some(Wish::Copy)
                    && let Some(shot) = shots.first()
                {
                    ui.ctx().copy_image(ColorImage::clone(&shot.picture));
                    view.act(Action::Copied);
                }
            }
            Some(Seen::Refused(unseen)) => wish = wish.or(refused(ui, stage, unseen, view)),
            Some(Seen::Coming) | None => coming(ui, stage, &file, view),
        }
        let [older, newer] = beside.map(|beside| beside.map(|id| Action::Show(Dialog::View(id))));
        let action = match wish {
            Some(Wish::Older) => older,
            Some(Wish::Newer) => newer,
            Some(Wish::Save) => Some(Action::Show(Dialog::Save(message))),
            Some(Wish::Open) => Some(Action::Sound(SoundAction::Watch(message))),
            Some(Wish::Close) => Some(Action::CloseDialog),
            Some(Wish::Fit | Wish::Scale(_) | Wish::Copy) | None => None,
        };
        if let Some(action) = action {
            view.act(action);
        }
    }

    /// The picture of now, and its size in points; none if no screen can show it.
    fn texture(&mut self, ui: &Ui, shots: &[Shot], view: &View<'_>) -> Option<(TextureId, Vec2)> {
        let at = if view.model.appearance.reduce_motion {
            0
        } else {
            let passed = ui.input(|input| input.time) - self.since;
            let (at, left) = now_shown(shots, passed);
            if let Some(left) = left {
                ui.ctx().request_repaint_after(left);
            }
            at
        };
        let picture = &shots.get(at)?.picture;
        let most = ui.input(|input| input.max_texture_side);
        if picture.size.iter().any(|side| *side > most) {
            return None;
        }
        match &mut self.drawn {
            Some((of, _)) if *of == at => {}
            Some((of, texture)) => {
                *of = at;
                texture.set(Arc::clone(picture), LOOK);
            }
            None => {
                let texture = ui.ctx().load_texture("picture", Arc::clone(picture), LOOK);
                self.drawn = Some((at, texture));
            }
        }
        let (_, texture) = self.drawn.as_ref()?;
        Some((texture.id(), texture.size_vec2() / ui.pixels_per_point()))
    }

    fn show_picture(
        &self,
        ui: &Ui,
        stage: Rect,
        (texture, size): (TextureId, Vec2),
        file: &FileInfo,
    ) {
        let scale = self.scale(stage, size);
        let place = Rect::from_center_size(stage.center() + self.offset, size * scale);
        let painter = ui.painter().with_clip_rect(stage);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let shape = RectShape::filled(place, CornerRadius::ZERO, Color32::WHITE);
        painter.add(shape.with_texture(texture, whole));
        let response = ui.interact(stage, Id::unique("picture"), Sense::hover());
        let percent = format!("{:.0}", scale * 100.0);
        let both = [
            ("name", Argument::Text(&file.name)),
            ("percent", Argument::Text(&percent)),
        ];
        let label = tr_with("view-picture", &both);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    }

    /// The wheel, two fingers, and dragging.
    fn gestures(&mut self, ui: &Ui, stage: Rect, size: Vec2) -> Option<Wish> {
        let response = ui.interact(stage, Id::unique("stage"), Sense::click_and_drag());
        self.offset += response.drag_delta();
        if response.double_clicked() {
            return Some(match self.zoom {
                Some(_) => Wish::Fit,
                None => Wish::Scale(1.0 / self.scale(stage, size)),
            });
        }
        let (wheel, pinch, at) = ui.input(|input| {
            let wheel = input.smooth_scroll_delta().y;
            (wheel, input.zoom_delta(), input.pointer.hover_pos())
        });
        let by = pinch * (wheel / WHEEL).exp();
        if (by - 1.0).abs() > f32::EPSILON {
            self.zoom_by(Some(Wish::Scale(by)), stage, size, at);
        }
        None
    }

    fn zoom_by(&mut self, wish: Option<Wish>, stage: Rect, size: Vec2, at: Option<egui::Pos2>) {
        match wish {
            Some(Wish::Fit) => (self.zoom, self.offset) = (None, Vec2::ZERO),
            Some(Wish::Scale(by)) => {
                let before = self.scale(stage, size);
                let after = (before * by).clamp(FURTHEST, NEAREST);
                // What is under the pointer stays there.
                let held = at.map_or(Vec2::ZERO, |at| at - stage.center());
                self.offset = held - (held - self.offset) * (after / before);
                self.zoom = Some(after);
            }
            _ => {}
        }
        // Some of it is always in sight.
        let room = (size * self.scale(stage, size) + stage.size()) / 2.0 - Vec2::splat(EDGE);
        self.offset = self.offset.clamp(-room, room);
    }

    fn scale(&self, stage: Rect, size: Vec2) -> f32 {
        self.zoom.unwrap_or_else(|| fitting(stage.size(), size))
    }
}

/// As large as there is room, and no larger than it is.
fn fitting(room: Vec2, size: Vec2) -> f32 {
    let room = room - Vec2::splat(2.0 * EDGE);
    let size = size.max(Vec2::splat(1.0));
    (room.x / size.x).min(room.y / size.y).clamp(FURTHEST, 1.0)
}

/// Which of the pictures that follow each other is shown after so many seconds, and until when.
fn now_shown(shots: &[Shot], passed: f64) -> (usize, Option<Duration>) {
    if shots.len() < 2 {
        return (0, None);
    }
    let all: f64 = shots.iter().map(|shot| shot.stays.as_secs_f64()).sum();
    let mut left = passed.max(0.0) % all.max(0.02);
    for (at, shot) in shots.iter().enumerate() {
        let stays = shot.stays.as_secs_f64();
        if left < stays {
            return (at, Some(Duration::from_secs_f64(stays - left)));
        }
        left -= stays;
    }
    (shots.len() - 1, Some(Duration::from_millis(20)))
}

fn keys(ui: &Ui) -> Option<Wish> {
    ui.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        let wishes = [
            (Key::ArrowLeft, Wish::Older),
            (Key::ArrowRight, Wish::Newer),
            (Key::Plus, Wish::Scale(STEP)),
            (Key::Equals, Wish::Scale(STEP)),
            (Key::Minus, Wish::Scale(1.0 / STEP)),
            (Key::Num0, Wish::Fit),
        ];
        let wish = wishes.into_iter().find(|(key, _)| pressed(*key));
        let copies = |event: &egui::Event| matches!(event, egui::Event::Copy);
        let copy = input.events.iter().any(copies).then_some(Wish::Copy);
        wish.map(|(_, wish)| wish).or(copy)
    })
}

/// What it is called, and what can be done.
fn show_bar(
    ui: &Ui,
    bar: Rect,
    file: &FileInfo,
    [older, newer]: [Option<MessageId>; 2],
    view: &View<'_>,
) -> Option<Wish> {
    let buttons = [
        (Some(Wish::Close), icon::X, "dialog-close"),
        (Some(Wish::Save), icon::FLOPPY_DISK, "file-save"),
        (Some(Wish::Copy), icon::COPY, "view-copy"),
        (Some(Wish::Fit), icon::ARROWS_OUT, "view-fit"),
        (
            Some(Wish::Scale(STEP)),
            icon::MAGNIFYING_GLASS_PLUS,
            "view-in",
        ),
        (
            Some(Wish::Scale(1.0 / STEP)),
            icon::MAGNIFYING_GLASS_MINUS,
            "view-out",
        ),
        (newer.map(|_| Wish::Newer), icon::CARET_RIGHT, "view-newer"),
        (older.map(|_| Wish::Older), icon::CARET_LEFT, "view-older"),
    ];
    let mut right = bar.max.x - 12.0;
    let mut wanted = None;
    for (wish, glyph, words) in buttons {
        let Some(wish) = wish else {
            continue;
        };
        let size = vec2(40.0, 40.0);
        let place = Rect::from_center_size(pos2(right - 20.0, bar.center().y), size);
        right -= 44.0;
        if button::quiet_icon(ui, place, glyph, &tr(words)).clicked() {
            wanted = Some(wish);
        }
    }
    let at = pos2(bar.min.x + theme::GUTTER, bar.center().y);
    let font = theme::semibold(theme::TITLE);
    let room = right - at.x - 12.0;
    text::paint_line(ui.painter(), at, &file.name, room, font, view.tokens.text);
    wanted
}

/// The small picture, until the large one is there.
fn coming(ui: &Ui, stage: Rect, file: &FileInfo, view: &View<'_>) {
    if let Picture::Here(picture) = view.model.files.picture(file.file_id)
        && let Some((texture, size)) = texture::texture(ui.ctx(), file.file_id.0, picture)
    {
        let said = file.thumbnail.as_ref();
        let whole = said.map_or(size, |said| vec2(said.width.into(), said.height.into()));
        let whole = whole / ui.pixels_per_point();
        let size = whole * fitting(stage.size(), whole);
        let place = Rect::from_center_size(stage.center(), size);
        let shape = texture::covering(texture, size, place, CornerRadius::ZERO);
        ui.painter().with_clip_rect(stage).add(shape);
        return;
    }
    sentence(ui, stage, &tr("view-coming"), view.tokens.text2);
}

/// Why it is not shown, and what else can be done with it.
fn refused(ui: &mut Ui, stage: Rect, unseen: &Unseen, view: &View<'_>) -> Option<Wish> {
    let ink = if unseen.large {
        view.tokens.text2
    } else {
        view.tokens.danger
    };
    sentence(ui, stage, &unseen.why, ink);
    let mut deeds = vec![("file-save", Pill::Primary, Wish::Save)];
    if unseen.large {
        deeds.push(("view-elsewhere", Pill::Plain, Wish::Open));
    }
    let mut middle = stage.center() + vec2(0.0, 110.0);
    let mut wanted = None;
    // What stands above is called the same.
    let ui = ui.new_child(UiBuilder::new().max_rect(stage).id_salt("deeds"));
    for (words, kind, wish) in deeds {
        let label = tr(words);
        let size = vec2(hero::pill_width(&ui, &label), 44.0);
        let place = Rect::from_center_size(middle, size);
        if button::pill(&ui, place, &label, kind).clicked() {
            wanted = Some(wish);
        }
        middle.y += 54.0;
    }
    wanted
}

fn sentence(ui: &Ui, stage: Rect, words: &str, ink: Color32) {
    let width = stage.width().min(420.0);
    let font = theme::regular(theme::BODY);
    let response = ui.interact(stage, Id::unique("no picture"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    text::paint_centred(ui.painter(), stage.center(), words, width, font, ink);
}

/// Smooth at any size.
const LOOK: TextureOptions = TextureOptions {
    mipmap_mode: Some(TextureFilter::Linear),
    ..TextureOptions::LINEAR
};

/// The height of what stands above the picture, in points.
const BAR: f32 = 60.0;

/// So much stays free around it, or of it in sight.
const EDGE: f32 = 24.0;

/// One step nearer.
const STEP: f32 = 1.25;

/// Points of the wheel for being nearer by e.
const WHEEL: f32 = 300.0;

const FURTHEST: f32 = 0.02;
const NEAREST: f32 = 16.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_begins_again_and_says_when_the_next_is_due() {
        let shot = |millis| Shot {
            picture: Arc::new(ColorImage::filled([1, 1], Color32::BLACK)),
            stays: Duration::from_millis(millis),
        };
        let shots = [shot(100), shot(300)];

        let at = |passed| now_shown(&shots, passed).0;
        assert_eq!(
            [at(0.0), at(0.05), at(0.2), at(0.39), at(0.41)],
            [0, 0, 1, 1, 0]
        );
        let (_, left) = now_shown(&shots, 0.2);
        assert!((left.unwrap().as_secs_f64() - 0.2).abs() < 0.001);
        assert_eq!(now_shown(&shots[..1], 9.0), (0, None), "it stands still");
    }

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let stage = Rect::from_min_size(pos2(0.0, 0.0), vec2(1000.0, 800.0));
        let size = vec2(2000.0, 1000.0);
        let mut shown = Stage::default();
        let under = |shown: &Stage| {
            let middle = stage.center() + shown.offset;
            (pos2(700.0, 300.0) - middle) / shown.scale(stage, size)
        };
        let before = under(&shown);

        let at = Some(pos2(700.0, 300.0));
        shown.zoom_by(Some(Wish::Scale(2.0)), stage, size, at);

        assert!((under(&shown) - before).length() < 0.5);
        shown.zoom_by(Some(Wish::Fit), stage, size, None);
        assert!(shown.zoom.is_none() && shown.offset == Vec2::ZERO);
    }
}
