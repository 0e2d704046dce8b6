//! The window as somebody uses it who cannot see it: everything is found by what it is called.

mod bed;
mod chat;
mod group_info;
mod groups;
mod keys;
mod people;
mod screens;
mod settings;
