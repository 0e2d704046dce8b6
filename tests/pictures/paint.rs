//! Draws what egui wants drawn, without a graphics card: triangles, by the same rules everywhere.

use std::collections::BTreeMap;

use egui::{
    ClippedPrimitive, Color32, ColorImage, ImageData, Rect, TextureFilter, TextureId,
    TexturesDelta,
    epaint::{ImageDelta, Mesh, Primitive, Vertex},
};

/// What is laid over triangles.
struct Texture {
    image: ColorImage,
    /// Its pixels stay squares when it is made larger.
    squares: bool,
}

/// Keeps textures from frame to frame.
#[derive(Default)]
pub struct Painter {
    textures: BTreeMap<TextureId, Texture>,
}

impl Painter {
    /// Takes what changed of the textures.
    pub fn take(&mut self, delta: &TexturesDelta) {
        for (id, deltas) in &delta.set {
            for delta in deltas {
                self.change(*id, delta);
            }
        }
    }

    fn change(&mut self, id: TextureId, delta: &ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        let Some([left, top]) = delta.pos else {
            let texture = Texture {
                image: image.as_ref().clone(),
                squares: delta.options.magnification == TextureFilter::Nearest,
            };
            self.textures.insert(id, texture);
            return;
        };
        let texture = &mut self.textures.get_mut(&id).unwrap().image;
        for y in 0..image.height() {
            let from = y * image.width();
            let to = (top + y) * texture.width() + left;
            let row = &image.pixels[from..from + image.width()];
            texture.pixels[to..to + image.width()].copy_from_slice(row);
        }
    }

    /// Draws a frame, at one pixel a point.
    pub fn paint(&self, size: [usize; 2], primitives: &[ClippedPrimitive]) -> ColorImage {
        let mut canvas = ColorImage::filled(size, Color32::BLACK);
        for ClippedPrimitive {
            clip_rect,
            primitive,
        } in primitives
        {
            let Primitive::Mesh(mesh) = primitive else {
                panic!("only a graphics card does that");
            };
            self.paint_mesh(&mut canvas, *clip_rect, mesh);
        }
        canvas
    }

    fn paint_mesh(&self, canvas: &mut ColorImage, clip: Rect, mesh: &Mesh) {
        let texture = &self.textures[&mesh.texture_id];
        let bound = |value: f32, most: usize| (value.round().max(0.0) as usize).min(most);
        let clip = [
            bound(clip.min.x, canvas.width()),
            bound(clip.min.y, canvas.height()),
            bound(clip.max.x, canvas.width()),
            bound(clip.max.y, canvas.height()),
        ];
        for corners in mesh.indices.as_chunks::<3>().0 {
            let corners = corners.map(|index| mesh.vertices[index as usize]);
            triangle(canvas, clip, corners, texture);
        }
    }
}

/// Draws those pixels whose middle is inside; of two triangles with a common edge one has it.
fn triangle(
    canvas: &mut ColorImage,
    [left, top, right, bottom]: [usize; 4],
    mut corners: [Vertex; 3],
    texture: &Texture,
) {
    let area = cross(corners[0], corners[1], at(corners[2]));
    if area == 0.0 {
        return;
    }
    if area < 0.0 {
        corners.swap(1, 2);
    }
    let area = area.abs();
    let [a, b, c] = corners;
    let xs = corners.map(|corner| corner.pos.x);
    let ys = corners.map(|corner| corner.pos.y);
    let least = |values: [f32; 3]| values.into_iter().fold(f32::MAX, f32::min);
    let most = |values: [f32; 3]| values.into_iter().fold(f32::MIN, f32::max);
    let from = |value: f32, bound: usize| ((value - 1.0).max(0.0) as usize).max(bound);
    let to = |value: f32, bound: usize| ((value + 1.0).max(0.0) as usize).min(bound);
    let flat = a.uv == b.uv && b.uv == c.uv && a.color == b.color && b.color == c.color;
    let source = flat.then(|| tinted(sample(texture, [a.uv.x, a.uv.y]), channels(a.color)));
    let steps = [(b, c), (c, a), (a, b)].map(|(from, to)| f64::from(from.pos.y - to.pos.y));
    let owned = [(b, c), (c, a), (a, b)].map(|(from, to)| owns(from, to));
    let inside = |weights: [f64; 3]| {
        (0..3).all(|nth| weights[nth] > 0.0 || (weights[nth] == 0.0 && owned[nth]))
    };
    let first = from(least(xs), left);
    let end = to(most(xs), right);
    for y in from(least(ys), top)..to(most(ys), bottom) {
        let middle = [first as f64 + 0.5, y as f64 + 0.5];
        let row = [
            cross(b, c, middle),
            cross(c, a, middle),
            cross(a, b, middle),
        ];
        let weights = |x: usize| {
            let steps = steps.map(|step| step * (x - first) as f64);
            [row[0] + steps[0], row[1] + steps[1], row[2] + steps[2]]
        };
        // What is inside is in one piece: its ends are where edges cross the row, or one pixel beside.
        let (mut begin, mut stop) = (first, end);
        for (weight, step) in row.into_iter().zip(steps) {
            let crossing = first as f64 - weight / step;
            if step > 0.0 {
                begin = begin.max(crossing.max(1.0) as usize - 1);
            } else if step < 0.0 {
                stop = stop.min(crossing.max(0.0) as usize + 2);
            }
        }
        while begin < stop && !inside(weights(begin)) {
            begin += 1;
        }
        while begin < stop && !inside(weights(stop - 1)) {
            stop -= 1;
        }
        let at = y * canvas.size[0];
        if begin >= stop {
            continue;
        }
        let pixels = &mut canvas.pixels[at + begin..at + stop];
        match source {
            Some(source) if source[3] >= 255.0 => pixels.fill(over(source, Color32::BLACK)),
            Some(source) => pixels
                .iter_mut()
                .for_each(|pixel| *pixel = over(source, *pixel)),
            None => {
                for (nth, pixel) in pixels.iter_mut().enumerate() {
                    let share = weights(begin + nth).map(|weight| (weight / area) as f32);
                    *pixel = over(mixed(&corners, share, texture), *pixel);
                }
            }
        }
    }
}

fn at(vertex: Vertex) -> [f64; 2] {
    [f64::from(vertex.pos.x), f64::from(vertex.pos.y)]
}

/// Twice the area of the triangle from an edge to a point.
fn cross(from: Vertex, to: Vertex, [x, y]: [f64; 2]) -> f64 {
    let ([from_x, from_y], [to_x, to_y]) = (at(from), at(to));
    (to_x - from_x) * (y - from_y) - (to_y - from_y) * (x - from_x)
}

/// Whether an edge is at the top or on the left.
fn owns(from: Vertex, to: Vertex) -> bool {
    to.pos.y < from.pos.y || (to.pos.y == from.pos.y && to.pos.x > from.pos.x)
}

fn channels(colour: Color32) -> [f32; 4] {
    colour.to_array().map(f32::from)
}

fn mixed(corners: &[Vertex; 3], share: [f32; 3], texture: &Texture) -> [f32; 4] {
    let mut uv = [0.0; 2];
    let mut colour = [0.0; 4];
    for (corner, share) in corners.iter().zip(share) {
        uv[0] += corner.uv.x * share;
        uv[1] += corner.uv.y * share;
        for (sum, channel) in colour.iter_mut().zip(channels(corner.color)) {
            *sum += channel * share;
        }
    }
    tinted(sample(texture, uv), colour)
}

/// The four pixels around a place, by how near they are; of squares the one there.
fn sample(texture: &Texture, [u, v]: [f32; 2]) -> [f32; 4] {
    let Texture {
        image: texture,
        squares,
    } = texture;
    let (x, y) = (
        u * texture.width() as f32 - 0.5,
        v * texture.height() as f32 - 0.5,
    );
    let (left, top) = (x.floor(), y.floor());
    let pixel = |x: f32, y: f32| {
        let x = (x.max(0.0) as usize).min(texture.width() - 1);
        let y = (y.max(0.0) as usize).min(texture.height() - 1);
        channels(texture.pixels[y * texture.width() + x])
    };
    let (across, down) = (x - left, y - top);
    if *squares {
        return pixel((x + 0.5).floor(), (y + 0.5).floor());
    }
    if across == 0.0 && down == 0.0 {
        return pixel(left, top);
    }
    let mut found = [0.0; 4];
    for (dx, dy, share) in [
        (0.0, 0.0, (1.0 - across) * (1.0 - down)),
        (1.0, 0.0, across * (1.0 - down)),
        (0.0, 1.0, (1.0 - across) * down),
        (1.0, 1.0, across * down),
    ] {
        for (sum, channel) in found.iter_mut().zip(pixel(left + dx, top + dy)) {
            *sum += channel * share;
        }
    }
    found
}

fn tinted(texel: [f32; 4], colour: [f32; 4]) -> [f32; 4] {
    let mut tinted = texel;
    for (channel, by) in tinted.iter_mut().zip(colour) {
        *channel *= by / 255.0;
    }
    tinted
}

/// Lays a colour, which is multiplied by its alpha already, over another one.
fn over(source: [f32; 4], below: Color32) -> Color32 {
    let keeps = 1.0 - source[3] / 255.0;
    let mut mixed = channels(below);
    for (channel, source) in mixed.iter_mut().zip(source) {
        *channel = source + *channel * keeps;
    }
    let [red, green, blue, alpha] = mixed.map(|channel| channel.round().min(255.0) as u8);
    Color32::from_rgba_premultiplied(red, green, blue, alpha)
}
