//! The engine: inputs in, effects out.

pub mod command;
pub mod effect;
pub mod event;
pub mod input;
