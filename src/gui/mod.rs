//! The window: shows what the node says and asks it for what the person wants. It decides nothing.

pub mod fonts;
pub mod theme;
