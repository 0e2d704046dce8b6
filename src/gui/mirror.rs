//! The window as people have it who read from right to left: the other way round (ADR 0036).
//!
//! Everything is laid out from left to right, and each layer is turned around when all of it is painted: places, not
//! letters or pictures. What the pointer does is turned around before anybody sees it. What has letters under the
//! pointer, or an order of its own, goes to the other side as a [`whole`].

mod turn;

use egui::{
    Context, Event, FullOutput, Id, LayerId, Painter, Plugin, Pos2, RawInput, Rect, Shape, Ui,
    layers::ShapeIdx, vec2,
};

use self::turn::{turn, turned};
use super::strings;

/// Turns the window around while a language is spoken that reads from right to left.
#[derive(Default)]
pub struct Mirror {
    /// Whether this frame is turned around.
    on: bool,
    /// What the left edge and the right one come to together.
    across: f32,
    /// While a button is down: how the pointer went over as it went down.
    held: Option<Way>,
}

/// How a place goes to the other side.
#[derive(Clone, Copy)]
enum Way {
    Turned,
    /// Moved so far, in a whole.
    Moved(f32),
}

/// What goes to the other side as it is.
#[derive(Clone, Copy)]
struct Whole {
    layer: LayerId,
    /// The first of its shapes, and the one after the last.
    shapes: (usize, usize),
    rect: Rect,
    /// What of it is seen.
    seen: Rect,
}

/// All of them: those of the frame that is drawn, and of the one before.
#[derive(Clone, Default)]
struct Wholes {
    now: Vec<Whole>,
    last: Vec<Whole>,
}

/// Draws something that goes to the other side as it is, and stands there as it would here.
pub fn whole<T>(painter: &Painter, rect: Rect, draw: impl FnOnce() -> T) -> T {
    let mark = || painter.add(Shape::Noop).0;
    let first = mark();
    let drawn = draw();
    let shapes = (first, mark());
    let whole = Whole {
        layer: painter.layer_id(),
        shapes,
        rect,
        seen: rect.intersect(painter.clip_rect()),
    };
    with(painter.ctx(), |wholes| wholes.now.push(whole));
    drawn
}

fn with<T>(ctx: &Context, then: impl FnOnce(&mut Wholes) -> T) -> T {
    ctx.data_mut(|data| then(data.get_temp_mut_or_default(Id::unique("wholes"))))
}

impl Plugin for Mirror {
    fn debug_name(&self) -> &'static str {
        "mirror"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        self.on = strings::spoken().reads_left();
        if !self.on {
            return;
        }
        let zoom = ctx.zoom_factor();
        if let Some(screen) = input.screen_rect {
            self.across = (screen.min.x + screen.max.x) / zoom;
        }
        let wholes = with(ctx, |wholes| wholes.last.clone());
        for event in &mut input.events {
            match event {
                Event::PointerMoved(at) | Event::Touch { pos: at, .. } => {
                    *at = self.place(ctx, &wholes, *at, zoom);
                }
                Event::PointerButton { pos, pressed, .. } => {
                    if *pressed {
                        let at = Pos2::new(pos.x / zoom, pos.y / zoom);
                        self.held = Some(self.way(ctx, &wholes, at));
                    }
                    *pos = self.place(ctx, &wholes, *pos, zoom);
                    if !*pressed {
                        self.held = None;
                    }
                }
                Event::MouseMoved(by) => by.x = -by.x,
                _ => {}
            }
        }
    }

    fn on_begin_pass(&mut self, ui: &mut Ui) {
        with(ui.ctx(), |wholes| wholes.now.clear());
    }

    fn on_end_pass(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx();
        let wholes = with(ctx, |wholes| {
            wholes.last.clone_from(&wholes.now);
            wholes.last.clone()
        });
        if !self.on {
            return;
        }
        let mut layers: Vec<LayerId> = ctx.memory(|memory| memory.layer_ids().collect());
        layers.push(LayerId::background());
        layers.push(LayerId::debug());
        layers.sort_unstable_by_key(|layer| (layer.order, layer.id.value()));
        layers.dedup();
        for layer in layers {
            let mut of_layer: Vec<&Whole> =
                wholes.iter().filter(|whole| whole.layer == layer).collect();
            of_layer.sort_unstable_by_key(|whole| whole.shapes);
            self.turn_layer(ctx, layer, &of_layer);
        }
    }

    fn output_hook(&mut self, ctx: &Context, output: &mut FullOutput) {
        if !self.on {
            return;
        }
        let wholes = with(ctx, |wholes| wholes.last.clone());
        let other_side = |rect: Rect| {
            let inside = wholes.iter().find(|whole| whole.rect.contains_rect(rect));
            match inside {
                Some(whole) => rect.translate(vec2(self.of(whole.rect), 0.0)),
                None => turned(rect, self.across),
            }
        };
        let output = &mut output.platform_output;
        if let Some(ime) = &mut output.ime {
            ime.rect = other_side(ime.rect);
            ime.cursor_rect = other_side(ime.cursor_rect);
        }
        let tree = output.accesskit_update.as_mut();
        for (_, node) in tree.into_iter().flat_map(|tree| &mut tree.nodes) {
            if let Some(bounds) = node.bounds() {
                node.set_bounds(of_node(bounds, other_side));
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "places on screen")]
fn of_node(
    bounds: egui::accesskit::Rect,
    other_side: impl Fn(Rect) -> Rect,
) -> egui::accesskit::Rect {
    let min = Pos2::new(bounds.x0 as f32, bounds.y0 as f32);
    let rect = Rect::from_min_max(min, Pos2::new(bounds.x1 as f32, bounds.y1 as f32));
    let there = other_side(rect);
    egui::accesskit::Rect {
        x0: there.min.x.into(),
        x1: there.max.x.into(),
        ..bounds
    }
}

impl Mirror {
    /// How far a whole moves.
    fn of(&self, rect: Rect) -> f32 {
        self.across - rect.min.x - rect.max.x
    }

    /// Where the pointer is for those who laid the window out.
    fn place(&self, ctx: &Context, wholes: &[Whole], raw: Pos2, zoom: f32) -> Pos2 {
        let at = Pos2::new(raw.x / zoom, raw.y / zoom);
        let held = self.held;
        let x = match held.unwrap_or_else(|| self.way(ctx, wholes, at)) {
            Way::Moved(by) => at.x - by,
            Way::Turned => self.across - at.x,
        };
        Pos2::new(x * zoom, raw.y)
    }

    /// How what is under the pointer went over.
    fn way(&self, ctx: &Context, wholes: &[Whole], at: Pos2) -> Way {
        let layer = ctx.layer_id_at(Pos2::new(self.across - at.x, at.y));
        let mut under = wholes.iter().rev().filter(|whole| {
            let above = layer.is_some_and(|layer| layer != whole.layer);
            !above && turned(whole.seen, self.across).contains(at)
        });
        let under = under.next();
        under.map_or(Way::Turned, |whole| Way::Moved(self.of(whole.rect)))
    }

    fn turn_layer(&self, ctx: &Context, layer: LayerId, wholes: &[&Whole]) {
        ctx.graphics_mut(|graphics| {
            let Some(list) = graphics.get_mut(layer) else {
                return;
            };
            let mut wholes = wholes.iter().peekable();
            for at in 0..list.next_idx().0 {
                while wholes.next_if(|whole| whole.shapes.1 <= at).is_some() {}
                let inside = wholes.peek().filter(|whole| whole.shapes.0 <= at);
                list.mutate_shape(ShapeIdx(at), |clipped| {
                    clipped.clip_rect = turned(clipped.clip_rect, self.across);
                    match inside {
                        Some(whole) => clipped.shape.translate(vec2(self.of(whole.rect), 0.0)),
                        None => turn(&mut clipped.shape, self.across),
                    }
                });
            }
        });
    }
}

#[cfg(test)]
mod tests;
