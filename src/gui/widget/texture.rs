//! Pictures as the graphics card has them.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use egui::{
    Color32, ColorImage, Context, CornerRadius, Id, Rect, TextureHandle, TextureId, TextureOptions,
    Vec2, epaint::RectShape, mutex::Mutex, pos2,
};

/// What is kept, the oldest first.
#[derive(Default)]
struct Textures {
    kept: BTreeMap<[u8; 32], TextureHandle>,
    order: VecDeque<[u8; 32]>,
    /// How many were made, and in which frame.
    made: (u64, usize),
}

type Shared = Arc<Mutex<Textures>>;

/// A picture, ready to be drawn, and its size. Few are made in a frame: the others are there in the next.
pub fn texture(
    ctx: &Context,
    key: [u8; 32],
    picture: &Arc<ColorImage>,
) -> Option<(TextureId, Vec2)> {
    let shared = ctx.data_mut(|data| data.get_temp_mut_or_default::<Shared>(place()).clone());
    let mut textures = shared.lock();
    if let Some(texture) = textures.kept.get(&key) {
        return Some((texture.id(), texture.size_vec2()));
    }
    let frame = ctx.cumulative_frame_nr();
    let made = match textures.made {
        (of, made) if of == frame => made,
        _ => 0,
    };
    if made >= IN_A_FRAME {
        ctx.request_repaint();
        return None;
    }
    textures.made = (frame, made + 1);
    while textures.kept.len() >= KEPT
        && let Some(oldest) = textures.order.pop_front()
    {
        textures.kept.remove(&oldest);
    }
    let name = "small picture";
    let texture = ctx.load_texture(name, Arc::clone(picture), TextureOptions::LINEAR);
    let drawn = (texture.id(), texture.size_vec2());
    textures.kept.insert(key, texture);
    textures.order.push_back(key);
    Some(drawn)
}

/// A picture that fills a place, cut where it has another shape.
pub fn covering(texture: TextureId, size: Vec2, place: Rect, round: CornerRadius) -> RectShape {
    let size = size.max(Vec2::splat(1.0));
    let scale = (place.width() / size.x).max(place.height() / size.y);
    let part = place.size() / (size * scale);
    let whole = Rect::from_center_size(pos2(0.5, 0.5), part);
    RectShape::filled(place, round, Color32::WHITE).with_texture(texture, whole)
}

/// Forgets all of them, as when the profile is locked.
pub fn forget(ctx: &Context) {
    ctx.data_mut(|data| data.remove::<Shared>(place()));
}

fn place() -> Id {
    Id::unique("small pictures")
}

/// Pictures that are kept.
const KEPT: usize = 128;

/// Pictures that are made in a frame.
const IN_A_FRAME: usize = 3;
