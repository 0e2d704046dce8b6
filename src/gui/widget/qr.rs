//! QR codes, drawn from their squares: dark on white in both themes, as cameras need it.

use egui::{
    Color32, ColorImage, CornerRadius, Id, Rect, Sense, TextureHandle, TextureOptions, Ui,
    WidgetInfo, accesskit::Role, pos2,
};

use crate::gui::theme;

/// The squares of a QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Squares {
    width: usize,
    dark: Vec<bool>,
}

impl Squares {
    /// Reads them out of the drawing that the node gives: one path of `M x y h w v h H x V y`, as the
    /// `qrcode` crate draws it. `None` if it is drawn otherwise.
    pub fn from_svg(svg: &str) -> Option<Self> {
        let size: usize = svg
            .split_once("viewBox=\"0 0 ")?
            .1
            .split([' ', '"'])
            .next()?
            .parse()
            .ok()?;
        let path = svg.split_once(" d=\"")?.1.split('"').next()?;
        let mut rects = Vec::new();
        for part in path.split('M').skip(1) {
            let mut numbers = part
                .split(|c: char| !c.is_ascii_digit())
                .filter(|n| !n.is_empty());
            let mut number = || numbers.next()?.parse::<usize>().ok();
            rects.push((number()?, number()?, number()?, number()?));
        }
        let unit = rects
            .iter()
            .map(|(_, _, width, _)| *width)
            .min()
            .filter(|unit| *unit > 0)?;
        let width = size / unit;
        if width == 0 || width > LARGEST {
            return None;
        }
        let mut dark = vec![false; width * width];
        for (left, top, w, h) in rects {
            for y in top / unit..(top + h) / unit {
                for x in left / unit..(left + w) / unit {
                    *dark.get_mut(y * width + x)? = true;
                }
            }
        }
        Self { width, dark }.without_border()
    }

    /// The card around it is its quiet zone.
    fn without_border(self) -> Option<Self> {
        let first = self.dark.iter().position(|dark| *dark)?;
        let border = first / self.width;
        let width = self
            .width
            .checked_sub(2 * border)
            .filter(|width| *width > 0)?;
        let rows = self.dark.chunks(self.width).skip(border).take(width);
        let dark = rows.flat_map(|row| row.iter().skip(border).take(width).copied());
        Some(Self {
            width,
            dark: dark.collect(),
        })
    }

    fn image(&self) -> ColorImage {
        let ink = |dark: &bool| if *dark { INK } else { Color32::WHITE };
        let pixels = self.dark.iter().map(ink).collect();
        ColorImage::new([self.width, self.width], pixels)
    }
}

/// Draws the code of an SVG in a white card. `label` is its accessible name.
pub fn show(ui: &Ui, rect: Rect, svg: &str, label: &str) {
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
    let tokens = theme::tokens(ui.ctx());
    let round = CornerRadius::same(20);
    ui.painter()
        .add(theme::menu_shadow(tokens).as_shape(rect, round));
    ui.painter().rect_filled(rect, round, Color32::WHITE);
    if let Some(texture) = texture(ui, svg) {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter()
            .image(texture.id(), rect.shrink(22.0), whole, Color32::WHITE);
    }
}

/// Only the last few codes are kept; none is made twice while it is shown.
fn texture(ui: &Ui, svg: &str) -> Option<TextureHandle> {
    let id = Id::unique(("qr", svg));
    let known = ui
        .ctx()
        .data(|data| data.get_temp::<Option<TextureHandle>>(id));
    known.unwrap_or_else(|| {
        let texture = Squares::from_svg(svg).map(|squares| {
            ui.ctx()
                .load_texture("qr", squares.image(), TextureOptions::NEAREST)
        });
        ui.ctx().data_mut(|data| {
            data.remove_by_type::<Option<TextureHandle>>();
            data.insert_temp(id, texture.clone());
        });
        texture
    })
}

/// Modules of the largest code, version 40, with its quiet zone.
const LARGEST: usize = 177 + 8;

const INK: Color32 = Color32::from_rgb(0x12, 0x15, 0x1C);

#[cfg(test)]
mod tests {
    use qrcode::{Color, QrCode, render::svg};

    use super::*;

    #[test]
    fn the_squares_are_those_that_were_drawn() {
        for text in ["BX1:ABC", &"BX1:0123456789".repeat(12)] {
            let code = QrCode::new(text).unwrap();
            let svg = code
                .render::<svg::Color<'_>>()
                .min_dimensions(200, 200)
                .build();

            let squares = Squares::from_svg(&svg).unwrap();

            assert_eq!(squares.width, code.width(), "without its quiet zone");
            let dark = code
                .to_colors()
                .into_iter()
                .map(|color| color == Color::Dark);
            assert_eq!(squares.dark, dark.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_drawing_of_something_else_is_no_code() {
        for svg in [
            "",
            "<svg/>",
            "<svg viewBox=\"0 0 9 9\"><path d=\"M1\"/>",
            "viewBox=\"0 0 9 9\" d=\"M0 0h1v0\"",
        ] {
            assert_eq!(Squares::from_svg(svg), None, "{svg}");
        }
    }
}
