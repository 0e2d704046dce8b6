//! The automation interface: JSON-RPC 2.0, one object a line (`docs/rpc.md`).
//!
//! [`serve()`] speaks it on any pair of byte streams; [`socket`] offers it to the same user's other
//! processes. What can be asked is what [`crate::node`] can be asked: the types are the interface.

mod call;
mod discover;
mod error;
mod line;
mod lines;
mod serve;
#[cfg(unix)]
pub mod socket;

pub use discover::document;
pub use line::{Entry, Id, Line, parse_line};
pub use lines::{Lines, ReadLine};
pub use serve::{Ended, serve};
