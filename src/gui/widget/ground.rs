//! What stands behind messages: nothing, or something drawn.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2};

use crate::gui::appearance::Ground;

/// Draws it over the whole of `rect`. It stays where it is while messages move.
pub fn paint(painter: &Painter, rect: Rect, ground: Ground, ink: Color32) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    match ground {
        Ground::Plain => {}
        Ground::Dots => {
            for at in grid(rect, DOTS) {
                painter.circle_filled(at, 1.6, ink);
            }
        }
        Ground::Waves => waves(&painter, rect, ink),
        Ground::Rings => {
            for (nth, at) in grid(rect, RINGS).into_iter().enumerate() {
                let at = at + scatter(nth);
                let radius = 7.0 + scatter(nth + 1).x.abs();
                painter.circle_stroke(at, radius, Stroke::new(2.0, ink));
            }
        }
    }
}

const DOTS: f32 = 26.0;
const RINGS: f32 = 88.0;
const WAVES: f32 = 30.0;

/// Places so far apart, over a bounded surface.
fn grid(rect: Rect, step: f32) -> Vec<Pos2> {
    let mut places = Vec::new();
    let mut at = rect.min + egui::vec2(step, step) / 2.0;
    while at.y < rect.max.y && places.len() < MOST {
        places.push(at);
        at.x += step;
        if at.x > rect.max.x {
            at = pos2(rect.min.x + step / 2.0, at.y + step);
        }
    }
    places
}

fn waves(painter: &Painter, rect: Rect, ink: Color32) {
    let mut y = rect.min.y;
    while y < rect.max.y + WAVES {
        let mut points = Vec::new();
        let mut x = rect.min.x;
        while x < rect.max.x + 12.0 && points.len() < MOST {
            points.push(pos2(x, y + ((x - rect.min.x) / 34.0).sin() * 7.0));
            x += 12.0;
        }
        painter.add(Shape::line(points, Stroke::new(1.5, ink)));
        y += WAVES;
    }
}

/// The same for the same place, and different for its neighbours.
fn scatter(nth: usize) -> egui::Vec2 {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let turn = (nth % 997) as f32 * 2.399_963;
    egui::vec2(turn.cos(), turn.sin()) * 22.0
}

/// No screen has room for more.
const MOST: usize = 20_000;

#[cfg(test)]
mod tests {
    use egui::vec2;

    use super::*;

    #[test]
    fn what_is_drawn_is_bounded_on_any_surface() {
        let place = |size| Rect::from_min_size(pos2(0.0, 0.0), size);

        assert_eq!(grid(place(vec2(260.0, 52.0)), DOTS).len(), 20);
        assert_eq!(grid(place(vec2(1e6, 1e6)), DOTS).len(), MOST);
        assert!(grid(place(vec2(0.0, 0.0)), DOTS).is_empty());
    }
}
