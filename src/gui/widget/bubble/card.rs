//! The file in a message: what it is called and truly is, how far it has come, what can be done.

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, Id, Painter, Pos2, Rect, Response, Sense, Shape,
    Stroke, StrokeKind, TextureId, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, text::LayoutJob,
    vec2,
};

use super::sound::{self, Sound};
use crate::{
    gui::{
        fonts::icon,
        strings::{Argument, tr, tr_name, tr_with},
        theme::{self, Tokens},
        widget::{prose::Look, text},
    },
    node::view::FileInfo,
};

/// What is shown of a file. It is as high whatever happens to it.
#[derive(Clone, Debug)]
pub struct Card {
    /// What it is, by its extension.
    pub kind: Kind,
    /// What it is called, with its extension.
    pub name: String,
    /// What a system would go by.
    pub extension: String,
    /// How large it is, or how far it has come, or why not.
    pub line: String,
    /// Whether that is bad news.
    pub bad: bool,
    /// How much of it is here, from 0 to 1, while it comes or goes.
    pub share: Option<f32>,
    /// Whether there is a row of what can be done.
    pub answers: bool,
    /// What can be done.
    pub deeds: Vec<Deed>,
    /// The pixels of its small picture, if it has one.
    pub picture: Option<[u16; 2]>,
    /// What a click on the picture does.
    pub opens: Option<Deed>,
    /// The picture and its size, once it is decoded.
    pub texture: Option<(TextureId, Vec2)>,
    /// How it is heard, if it is a sound.
    pub sound: Option<Sound>,
}

/// What can be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Fetch it.
    Download,
    /// Fetch no more for now.
    Pause,
    /// Go on.
    Resume,
    /// Fetch it after it failed.
    Again,
    /// Not wanted.
    Cancel,
    /// Save it.
    Save,
    /// Show the picture large.
    View,
    /// Show what is in a folder.
    Contents,
    /// Watch the film.
    Watch,
    /// Play the sound, or no further.
    Play,
    /// Play it from there, in thousandths.
    Seek(u16),
    /// Play it faster.
    Faster,
}

impl Deed {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Download => (icon::DOWNLOAD_SIMPLE, "file-download"),
            Self::Pause => (icon::PAUSE, "file-pause"),
            Self::Resume => (icon::PLAY, "file-resume"),
            Self::Again => (icon::ARROWS_CLOCKWISE, "file-again"),
            Self::Cancel => (icon::X, "file-cancel"),
            Self::Save => (icon::FLOPPY_DISK, "file-save"),
            Self::View => (icon::ARROWS_OUT, "view-open"),
            Self::Contents => (icon::FOLDER, "file-contents"),
            Self::Watch => (icon::PLAY, "file-watch"),
            Self::Play => (icon::PLAY, "sound-play"),
            Self::Seek(_) => (icon::PLAY, "sound-place"),
            Self::Faster => (icon::PLAY, "sound-speed"),
        }
    }
}

/// What a file is, by its extension: what it was said to be is only a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something else.
    File,
    /// Sound.
    Audio,
    /// A folder.
    Folder,
    /// Something packed.
    Packed,
    /// A page to read.
    Paper,
    /// A picture.
    Picture,
    /// Something that runs, or makes something run.
    Program,
    /// Text.
    Text,
    /// A moving picture.
    Video,
}

impl Kind {
    /// Of the file of a message.
    pub fn of_file(file: &FileInfo) -> Self {
        match file.folder {
            Some(_) => Self::Folder,
            None => Self::of(&file.extension),
        }
    }

    /// By the extension in small letters.
    pub fn of(extension: &str) -> Self {
        match extension {
            "jpg" | "jpeg" | "png" | "gif" | "webp" | "avif" | "heic" | "bmp" | "tif" | "tiff" => {
                Self::Picture
            }
            "mp3" | "ogg" | "opus" | "wav" | "flac" | "m4a" | "aac" => Self::Audio,
            "mp4" | "m4v" | "webm" | "mkv" | "mov" | "avi" => Self::Video,
            "zip" | "gz" | "xz" | "zst" | "bz2" | "7z" | "rar" | "tar" | "tgz" => Self::Packed,
            "pdf" => Self::Paper,
            "txt" | "md" | "log" | "csv" | "doc" | "docx" | "odt" | "rtf" | "tex" => Self::Text,
            "exe" | "msi" | "com" | "scr" | "bat" | "cmd" | "ps1" | "vbs" | "js" | "jse"
            | "wsf" | "hta" | "lnk" | "pif" | "cpl" | "reg" | "jar" | "sh" | "bash" | "zsh"
            | "fish" | "py" | "pl" | "rb" | "run" | "bin" | "appimage" | "deb" | "rpm"
            | "flatpakref" | "desktop" | "apk" | "dmg" | "pkg" | "app" | "command" | "url"
            | "html" | "htm" | "svg" | "docm" | "xlsm" | "iso" => Self::Program,
            _ => Self::File,
        }
    }

    /// The key of its word.
    pub fn words(self) -> &'static str {
        match self {
            Self::File | Self::Packed | Self::Paper | Self::Text => "file-kind-file",
            Self::Audio => "file-kind-audio",
            Self::Folder => "file-kind-folder",
            Self::Picture => "file-kind-picture",
            Self::Program => "file-kind-program",
            Self::Video => "file-kind-video",
        }
    }

    /// Its icon.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::File => icon::FILE,
            Self::Audio => icon::FILE_AUDIO,
            Self::Folder => icon::FOLDER,
            Self::Packed => icon::FILE_ZIP,
            Self::Paper => icon::FILE_PDF,
            Self::Picture => icon::FILE_IMAGE,
            Self::Program => icon::TERMINAL_WINDOW,
            Self::Text => icon::FILE_TEXT,
            Self::Video => icon::FILE_VIDEO,
        }
    }
}

/// Between a file and what is said about it.
pub(super) const GAP: f32 = 8.0;

const WIDE: f32 = 316.0;
const ROW: f32 = 48.0;
const ANSWERS: f32 = 38.0;
const DISC: f32 = 44.0;

/// Of a name so much has room, in characters.
const SEEN: usize = 26;

/// The colours on a bubble.
#[derive(Clone, Copy)]
pub(super) struct Inks {
    text: Color32,
    pub(super) quiet: Color32,
    pub(super) ground: Color32,
    pub(super) strong: Color32,
    bad: Color32,
}

impl Card {
    /// How large it is where there is so much room.
    pub(super) fn size(&self, room: f32) -> Vec2 {
        let wide = room.min(WIDE);
        let answers = if self.answers { ANSWERS } else { 0.0 };
        vec2(wide, self.picture_height(wide) + self.rows() + answers)
    }

    /// A voice note is a row to play it, and has no name; another sound has both.
    fn rows(&self) -> f32 {
        match &self.sound {
            Some(sound) if sound.voice => sound::HEIGHT,
            Some(_) => ROW + sound::HEIGHT,
            None => ROW,
        }
    }

    fn is_note(&self) -> bool {
        self.sound.as_ref().is_some_and(|sound| sound.voice)
    }

    fn picture_height(&self, wide: f32) -> f32 {
        self.picture.map_or(0.0, |[width, height]| {
            let high = wide * f32::from(height.max(1)) / f32::from(width.max(1));
            high.clamp(72.0, 220.0).round() + GAP
        })
    }

    /// Draws it. Says what is to be done.
    pub(super) fn show(
        &self,
        ui: &Ui,
        place: Rect,
        id: Id,
        (mine, look): (bool, &Look),
        tokens: &Tokens,
    ) -> Option<Deed> {
        let inks = Inks {
            text: look.colour,
            quiet: look.aside,
            ground: if mine {
                tokens.code_out
            } else {
                tokens.code_in
            },
            strong: if mine {
                tokens.on_accent
            } else {
                tokens.bubble_in_link
            },
            bad: if mine { tokens.failed } else { tokens.danger },
        };
        let above = self.picture_height(place.width());
        let mut opened = None;
        if above > 0.0 {
            let picture = Rect::from_min_size(place.min, vec2(place.width(), above - GAP));
            self.paint_picture(ui.painter(), picture, inks);
            opened = self.open(ui, picture, id, inks);
        }
        let row = Rect::from_min_size(place.min + vec2(0.0, above), vec2(place.width(), ROW));
        let under = place.min.y + above + self.rows();
        if let Some(sound) = &self.sound {
            let low = pos2(place.min.x, under - sound::HEIGHT);
            let low = Rect::from_min_size(low, vec2(place.width(), sound::HEIGHT));
            opened = opened.or(sound.show(ui, low, id, (&self.name, inks)));
        }
        let answers = Rect::from_min_max(pos2(row.min.x, under + 6.0), place.max);
        if self.is_note() {
            if let Some(share) = self.share {
                paint_ring(
                    ui.painter(),
                    row.min + vec2(DISC / 2.0, ROW / 2.0),
                    share,
                    inks,
                );
            }
            return self.show_deeds(ui, answers, id, inks).or(opened);
        }
        let response = ui.interact(row, id.with("file"), Sense::hover());
        let words = format!("{}, {}", self.words(), self.line);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        self.paint_disc(ui.painter(), row.min + vec2(DISC / 2.0, ROW / 2.0), inks);
        if let Some(share) = self.share {
            let disc = Rect::from_min_size(row.min, vec2(DISC, ROW));
            let progress = ui.interact(disc, id.with("progress"), Sense::hover());
            let percent = format!("{:.0}", share * 100.0);
            let both = [
                ("percent", Argument::Text(&percent)),
                ("name", Argument::Text(&self.name)),
            ];
            let words = tr_with("file-progress", &both);
            progress.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &words));
        }
        let left = row.min.x + DISC + 12.0;
        let room = row.max.x - left;
        let middle = row.center().y - if self.bad { 15.0 } else { 10.0 };
        self.paint_name(ui.painter(), pos2(left, middle), room, inks);
        self.paint_line(ui.painter(), pos2(left, middle + 11.0), room, inks);
        if self.bad || self.name.chars().count() > SEEN {
            response.on_hover_text(format!("{}\n{}", self.name, self.line));
        }
        self.show_deeds(ui, answers, id, inks).or(opened)
    }

    /// The picture can be clicked.
    fn open(&self, ui: &Ui, picture: Rect, id: Id, inks: Inks) -> Option<Deed> {
        let deed = self.opens?;
        let response = ui.interact(picture, id.with("picture"), Sense::click());
        let label = tr_name(deed.words().1, &self.name);
        if matches!(deed, Deed::View | Deed::Watch) {
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        }
        if response.has_focus() {
            let line = Stroke::new(2.0, inks.strong);
            let round = CornerRadius::same(10);
            ui.painter()
                .rect_stroke(picture, round, line, StrokeKind::Inside);
        }
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        response.clicked().then_some(deed)
    }

    /// What it is, in words.
    fn words(&self) -> String {
        let kind = tr(self.kind.words());
        let parts = [
            ("kind", Argument::Text(&kind)),
            ("name", Argument::Text(&self.name)),
            ("extension", Argument::Text(&self.extension)),
        ];
        tr_with(
            if self.kind == Kind::Folder {
                "file-named-folder"
            } else if self.extension.is_empty() {
                "file-named-bare"
            } else {
                "file-named"
            },
            &parts,
        )
    }

    /// The name, cut where there is no room, and the extension apart from it, never cut by the name.
    fn paint_name(&self, painter: &Painter, at: Pos2, room: f32, inks: Inks) {
        if !self.extension.is_empty() {
            let font = theme::semibold(theme::CAPTION);
            let job = text::one_line(&self.extension, 110.0, font, inks.strong);
            let galley = painter.layout_job(job);
            let size = vec2(galley.size().x + 12.0, 20.0);
            let room = room - size.x - 8.0;
            let stem = text::one_line(self.stem(), room, theme::semibold(theme::BODY), inks.text);
            let stem = painter.layout_job(stem);
            let left = at.x + stem.size().x + 8.0;
            let pill = Rect::from_min_size(pos2(left, at.y - 10.0), size);
            let (fill, line) = if self.kind == Kind::Program {
                (Color32::TRANSPARENT, Stroke::new(1.5, inks.bad))
            } else {
                (inks.ground, Stroke::NONE)
            };
            let round = CornerRadius::same(6);
            painter.rect(pill, round, fill, line, StrokeKind::Inside);
            let ink = if self.kind == Kind::Program {
                inks.bad
            } else {
                inks.strong
            };
            let inside = pill.center() - galley.size() / 2.0;
            painter.galley_with_override_text_color(inside, galley, ink);
            painter.galley(at - vec2(0.0, stem.size().y / 2.0), stem, inks.text);
            return;
        }
        let font = theme::semibold(theme::BODY);
        text::paint_line(painter, at, &self.name, room, font, inks.text);
    }

    /// How far it is, in a line; bad news in two.
    fn paint_line(&self, painter: &Painter, at: Pos2, room: f32, inks: Inks) {
        let font = theme::regular(theme::SMALL);
        if !self.bad {
            let at = at + vec2(0.0, 10.0);
            text::paint_line(painter, at, &self.line, room, font, inks.quiet);
            return;
        }
        let mut job = LayoutJob::simple(self.line.clone(), font, inks.bad, room);
        job.wrap.max_rows = 2;
        painter.galley(at, painter.layout_job(job), inks.bad);
    }

    fn stem(&self) -> &str {
        let end = self.name.rfind('.').filter(|at| *at > 0);
        let stem = end.and_then(|at| self.name.get(..at));
        stem.filter(|_| !self.extension.is_empty())
            .unwrap_or(&self.name)
    }

    fn paint_disc(&self, painter: &Painter, center: Pos2, inks: Inks) {
        painter.circle_filled(center, DISC / 2.0, inks.ground);
        let (glyph, font) = (self.kind.glyph(), theme::icon(22.0));
        painter.text(center, Align2::CENTER_CENTER, glyph, font, inks.strong);
        if let Some(share) = self.share {
            paint_ring(painter, center, share, inks);
        }
    }

    fn paint_picture(&self, painter: &Painter, place: Rect, inks: Inks) {
        let round = CornerRadius::same(10);
        painter.rect_filled(place, round, inks.ground);
        let Some((texture, size)) = self.texture else {
            let (glyph, font) = (icon::FILE_IMAGE, theme::icon(28.0));
            painter.text(
                place.center(),
                Align2::CENTER_CENTER,
                glyph,
                font,
                inks.quiet,
            );
            return;
        };
        // All of it, as large as there is room.
        let size = size.max(Vec2::splat(1.0));
        let scale = (place.width() / size.x).min(place.height() / size.y);
        let inside = Rect::from_center_size(place.center(), size * scale);
        let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        let shape = egui::epaint::RectShape::filled(inside, round, Color32::WHITE);
        painter.add(shape.with_texture(texture, whole));
    }

    fn show_deeds(&self, ui: &Ui, place: Rect, id: Id, inks: Inks) -> Option<Deed> {
        let mut left = place.min.x;
        let mut wanted = None;
        for deed in &self.deeds {
            let (glyph, words) = deed.words();
            let words = tr(words);
            let font = theme::medium(theme::SMALL);
            let galley = ui
                .painter()
                .layout_no_wrap(words.clone(), font, inks.strong);
            let size = vec2(galley.size().x + 46.0, 32.0);
            let pill = Rect::from_min_size(pos2(left, place.min.y), size);
            left += size.x + 8.0;
            let response = ui.interact(pill, id.with(words.as_str()), Sense::click());
            let both = [
                ("deed", Argument::Text(&words)),
                ("name", Argument::Text(&self.name)),
            ];
            let label = tr_with("file-deed", &both);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
            paint_pill(ui.painter(), &response, inks);
            let at = pos2(pill.min.x + 20.0, pill.center().y);
            let font = theme::icon(16.0);
            ui.painter()
                .text(at, Align2::CENTER_CENTER, glyph, font, inks.strong);
            let at = pos2(pill.min.x + 34.0, pill.center().y - galley.size().y / 2.0);
            ui.painter().galley(at, galley, inks.strong);
            if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                wanted = Some(*deed);
            }
        }
        wanted
    }
}

/// How much of it is here.
fn paint_ring(painter: &Painter, center: Pos2, share: f32, inks: Inks) {
    let ring = Stroke::new(3.0, inks.strong);
    let steps = 48u8;
    let arc = (0..=steps).map(|step| {
        let turn = share * f32::from(step) / f32::from(steps);
        let angle = std::f32::consts::TAU * (turn - 0.25);
        center + (DISC / 2.0 - 1.5) * Vec2::angled(angle)
    });
    painter.add(Shape::line(arc.collect(), ring));
}

fn paint_pill(painter: &Painter, response: &Response, inks: Inks) {
    let round = CornerRadius::same(10);
    painter.rect_filled(response.rect, round, inks.ground);
    if response.hovered() {
        let line = Stroke::new(1.0, inks.strong);
        painter.rect_stroke(response.rect, round, line, StrokeKind::Inside);
    }
    if response.has_focus() {
        let line = Stroke::new(2.0, inks.strong);
        painter.rect_stroke(response.rect, round, line, StrokeKind::Inside);
    }
}
