//! The parts of the window. Each draws from the [`View`](super::view::View) and says there what the
//! person wants; it owns only what it shows.

pub mod banner;
pub mod change;
pub mod chat;
pub mod chats;
pub mod composer;
pub mod dialog;
pub mod empty;
mod found;
pub mod group;
pub mod held;
pub mod list;
pub mod menu;
pub mod notice;
pub mod people;
pub mod person;
pub mod pins;
pub mod rail;
pub mod request;
pub mod row;
pub mod seek;
pub mod settings;
pub mod snippet;
pub mod timeline;
pub mod verify;
pub mod walk;
