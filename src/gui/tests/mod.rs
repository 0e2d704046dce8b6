//! The window as somebody uses it who cannot see it: everything is found by what it is called.

mod acts;
mod alerts;
mod bed;
mod chat;
mod files;
mod find;
mod folders;
mod group_info;
mod groups;
mod keys;
mod made_up;
mod mirror;
mod people;
mod pick;
mod pictures;
mod proof;
mod refusals;
mod screens;
mod settings;
mod sound;
mod text;
mod tray;
