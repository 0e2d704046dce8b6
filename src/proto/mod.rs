//! What it all means: identity, sessions, chats, delivery, the [`engine`].
//!
//! Pure: a function of state, input, time and chance. Nothing here reads a clock, a disk or a socket.

pub mod card;
pub mod channel;
pub mod chat;
pub mod contact;
pub mod counters;
pub mod crypto;
pub mod delivery;
pub mod engine;
pub mod expiry;
pub mod handshake;
pub mod id;
pub mod identity;
pub mod invite;
pub mod name;
pub mod outbox;
pub mod prekey;
pub mod proof;
pub mod qr;
pub mod rate;
pub mod record;
pub mod safety;
pub mod secret;
pub mod session;
pub mod text;
pub mod time;
pub mod words;

#[cfg(test)]
mod known;
#[cfg(test)]
mod people;
