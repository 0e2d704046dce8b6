//! One shape, on the other side.

use std::sync::Arc;

use egui::{CornerRadius, Galley, Mesh, Rect, Shape, TextureId, epaint::TextShape, pos2, vec2};

use crate::gui::fonts::icon;

/// The same place on the other side.
pub(super) fn turned(rect: Rect, across: f32) -> Rect {
    Rect::from_min_max(
        pos2(across - rect.max.x, rect.min.y),
        pos2(across - rect.min.x, rect.max.y),
    )
}

/// Moves a shape to the other side. Letters and pictures stay as they are.
pub(super) fn turn(shape: &mut Shape, across: f32) {
    match shape {
        Shape::Noop => {}
        Shape::Vec(shapes) => shapes.iter_mut().for_each(|shape| turn(shape, across)),
        Shape::Circle(circle) => circle.center.x = across - circle.center.x,
        Shape::Ellipse(ellipse) => {
            ellipse.center.x = across - ellipse.center.x;
            ellipse.angle = -ellipse.angle;
        }
        Shape::LineSegment { points, .. } => points.iter_mut().for_each(|at| at.x = across - at.x),
        Shape::Path(path) => {
            path.points.iter_mut().for_each(|at| at.x = across - at.x);
            // What is inside stays inside.
            path.points.reverse();
        }
        Shape::Band(band) => {
            band.points.iter_mut().for_each(|at| at.x = across - at.x);
            band.points.reverse();
            band.angle = -band.angle;
        }
        Shape::Rect(rect) => {
            rect.rect = turned(rect.rect, across);
            let CornerRadius { nw, ne, sw, se } = rect.corner_radius;
            rect.corner_radius = CornerRadius {
                nw: ne,
                ne: nw,
                sw: se,
                se: sw,
            };
            rect.angle = -rect.angle;
        }
        Shape::Text(text) => turn_text(text, across),
        Shape::Mesh(mesh) => turn_mesh(Arc::make_mut(mesh), across),
        Shape::QuadraticBezier(curve) => {
            curve.points.iter_mut().for_each(|at| at.x = across - at.x);
        }
        Shape::CubicBezier(curve) => curve.points.iter_mut().for_each(|at| at.x = across - at.x),
        Shape::Callback(callback) => callback.rect = turned(callback.rect, across),
    }
}

/// Each line goes to the other side; its letters stay in their order.
fn turn_text(text: &mut TextShape, across: f32) {
    text.pos.x = across - text.pos.x;
    text.angle = -text.angle;
    let galley = Arc::make_mut(&mut text.galley);
    galley.rect = turned(galley.rect, 0.0);
    galley.mesh_bounds = turned(galley.mesh_bounds, 0.0);
    let points = is_pointing(galley);
    for placed in &mut galley.rows {
        placed.pos.x = -placed.pos.x - placed.row.size.x;
        if points {
            let row = Arc::make_mut(&mut placed.row);
            let wide = row.size.x;
            row.visuals.mesh_bounds = turned(row.visuals.mesh_bounds, wide);
            for vertex in &mut row.visuals.mesh.vertices {
                vertex.pos.x = wide - vertex.pos.x;
            }
        }
    }
}

/// Whether it is an icon that points to a side.
fn is_pointing(galley: &Galley) -> bool {
    POINTING.contains(&galley.text())
}

/// Icons that say where something is or goes.
const POINTING: [&str; 7] = [
    icon::ARROW_BEND_UP_LEFT,
    icon::ARROW_BEND_UP_RIGHT,
    icon::ARROW_LEFT,
    icon::CARET_LEFT,
    icon::CARET_RIGHT,
    icon::PAPER_PLANE_RIGHT,
    icon::SIGN_OUT,
];

/// A picture goes over as it is, a coloured surface turned around.
fn turn_mesh(mesh: &mut Mesh, across: f32) {
    if mesh.texture_id == TextureId::default() {
        for vertex in &mut mesh.vertices {
            vertex.pos.x = across - vertex.pos.x;
        }
    } else {
        let bounds = mesh.calc_bounds();
        mesh.translate(vec2(across - bounds.min.x - bounds.max.x, 0.0));
    }
}
