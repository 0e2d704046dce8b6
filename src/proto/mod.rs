//! What it all means: identity, sessions, chats, delivery, the [`engine`].
//!
//! Pure: a function of state, input, time and chance. Nothing here reads a clock, a disk or a socket.

pub mod counters;
pub mod engine;
pub mod id;
pub mod outbox;
pub mod rate;
pub mod record;
pub mod time;
