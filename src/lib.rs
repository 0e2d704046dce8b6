//! Betwixt: a peer-to-peer, end-to-end encrypted chat with no central server.
//!
//! The layers, from the bottom up, and what each may name, are in `docs/architecture.md`;
//! a test in `tests/layers.rs` holds them.

mod blobs;
pub mod cli;
pub mod config;
mod disk;
pub mod files;
#[cfg(feature = "gui")]
pub mod gui;
pub mod net;
pub mod node;
pub mod picture;
pub mod proto;
pub mod relay;
pub mod rpc;
mod sim;
pub mod sound;
pub mod store;
pub mod wire;
