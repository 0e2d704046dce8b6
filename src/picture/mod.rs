//! Pictures: what they are, without what a camera wrote into them, smaller, and decoded, all within bounds.
//!
//! Nothing here touches a disk or a clock. All of it takes its time, so it is called on threads on which
//! nobody waits. What is said of a picture's size, frames and passes is read before any decoder sees it
//! ([`look()`]); whatever is not known to be needed to draw it does not stay ([`stripped`]).

mod animation;
mod bounds;
mod bytes;
mod colour;
mod decode;
mod gif;
mod jpeg;
mod kind;
mod look;
mod png;
mod prepare;
mod small;
#[cfg(test)]
mod tests;
mod webp;

pub use animation::{Frame, frames};
pub use bounds::{Bounds, CODE, MINE, SMALL, THEIRS};
pub use decode::{decode, fitted};
pub use kind::{Kind, is_opaque};
pub use look::{Facts, Refusal, look, stripped};
pub use prepare::{Prepared, named, prepare};
pub use small::{MOST as SMALL_BYTES, Small, make_small, read_small};
