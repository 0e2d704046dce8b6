//! What fills the window: one of these at a time.

pub mod home;
pub mod locked;
pub mod starting;
pub mod stopped;
