//! The parts from which panels are built. Each paints itself, and names itself to AccessKit.

pub mod avatar;
pub mod badge;
pub mod bidi;
pub mod bubble;
pub mod button;
pub mod emoji;
pub mod field;
pub mod ground;
pub mod heights;
pub mod hero;
pub mod prose;
pub mod qr;
pub mod switch;
pub mod text;
pub mod texture;
pub mod tick;
pub mod vlist;
