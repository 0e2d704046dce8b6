use std::sync::Arc;

use egui::{
    Color32, Context, CornerRadius, FontId, Mesh, Rect, Shape, TextureId, epaint::TextShape, pos2,
    vec2,
};

use super::*;
use crate::gui::fonts::{self, icon};

const ACROSS: f32 = 200.0;

#[test]
fn a_place_is_on_the_other_side_and_back_again() {
    let rect = Rect::from_min_max(pos2(10.0, 5.0), pos2(30.0, 9.0));

    let there = turned(rect, ACROSS);

    assert_eq!(
        there,
        Rect::from_min_max(pos2(170.0, 5.0), pos2(190.0, 9.0))
    );
    assert_eq!(turned(there, ACROSS), rect);
}

#[test]
fn corners_go_with_their_edges() {
    let rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(50.0, 10.0));
    let corners = CornerRadius {
        nw: 1,
        ne: 2,
        sw: 3,
        se: 4,
    };
    let mut shape = Shape::rect_filled(rect, corners, Color32::RED);

    turn(&mut shape, ACROSS);

    let Shape::Rect(shape) = shape else { panic!() };
    assert_eq!(shape.rect.x_range(), egui::Rangef::new(150.0, 200.0));
    let CornerRadius { nw, ne, sw, se } = shape.corner_radius;
    assert_eq!([nw, ne, sw, se], [2, 1, 4, 3]);
}

#[test]
fn letters_stay_in_order_and_arrows_turn_round() {
    let ctx = Context::default();
    fonts::install(&ctx);
    ctx.run_ui(RawInput::default(), |ui| {
        let lay = |text: &str, font| ui.painter().layout(text.into(), font, Color32::RED, 60.0);
        let words = lay("a long line of words and x", FontId::proportional(14.0));
        let rows = words.rows.len();
        assert!(rows > 1);
        let before = words.clone();
        let mut shape = TextShape::new(pos2(10.0, 0.0), words, Color32::RED).into();
        turn(&mut shape, ACROSS);
        let Shape::Text(text) = shape else { panic!() };
        for (there, here) in text.galley.rows.iter().zip(&before.rows) {
            let right = text.pos.x + there.pos.x + there.row.size.x;
            assert!(
                (right - (ACROSS - 10.0 - here.pos.x)).abs() < 0.01,
                "at the right"
            );
            assert_eq!(there.row.visuals.mesh, here.row.visuals.mesh, "as it was");
        }

        for (glyph, turns) in [(icon::CARET_RIGHT, true), (icon::CHECK, false)] {
            let galley = lay(glyph, crate::gui::theme::icon(16.0));
            let before = galley.clone();
            let mut shape = TextShape::new(pos2(10.0, 0.0), galley, Color32::RED).into();
            turn(&mut shape, ACROSS);
            let Shape::Text(text) = shape else { panic!() };
            let same = text.galley.rows[0].row == before.rows[0].row;
            assert_eq!(!same, turns, "{glyph}");
        }
    })
    .textures_delta
    .clear();
}

#[test]
fn a_picture_goes_over_as_it_is() {
    let rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(20.0, 10.0));
    let mut mesh = Mesh::with_texture(TextureId::User(7));
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    mesh.add_rect_with_uv(rect, whole, Color32::WHITE);
    let mut shape = Shape::Mesh(Arc::new(mesh.clone()));

    turn(&mut shape, ACROSS);

    mesh.translate(vec2(180.0, 0.0));
    assert_eq!(shape, Shape::Mesh(Arc::new(mesh)));
}
